/* Running a command in its own process group: see process.h. */
#include "workflow/process.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"

#define GRACE 10 /* seconds between TERM and KILL */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the child ---- */

static void
redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags, 0666);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(126);
	if (fd != to)
		close(fd);
}

/* The log is opened before the rest, so that what goes wrong is to be read there. */
static void __attribute__((noreturn))
child(const struct process *p, const sigset_t *mask, pid_t parent)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126); /* it was killed before the line above */
	redirect(p->log, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
	flock(STDERR_FILENO, LOCK_EX | LOCK_NB);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (p->output)
		redirect(p->output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
	redirect(p->input ? p->input : "/dev/null", O_RDONLY, STDIN_FILENO);
	if (p->cwd && chdir(p->cwd) != 0) {
		dprintf(STDERR_FILENO, "cannot enter %s: %s\n", p->cwd, strerror(errno));
		_exit(126);
	}
	for (const char *const *e = p->env; e && *e; e++)
		putenv((char *)(uintptr_t)*e);
	/* here, and not in the parent: whenever somebody is killed, what runs has been noted */
	if (p->started)
		p->started(p->ctx, getpid());
	for (int s = 1; s < 32; s++)
		signal(s, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(p->argv[0], (char *const *)(uintptr_t)p->argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", p->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* ---- waiting ---- */

/* The signals that we wait for; blocked as long as the command runs. */
static sigset_t
watched(void)
{
	static const int sig[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(sig); i++)
		sigaddset(&set, sig[i]);
	return set;
}

/* Wait for one of `set` until `until`; 0 when the time is up. */
static int
wait_signal(const sigset_t *set, double until)
{
	double rest = until - now();
	struct timespec t = { 0, 0 };

	if (rest > 0) {
		rest = rest > 1e6 ? 1e6 : rest;
		t.tv_sec = (time_t)rest;
		t.tv_nsec = (long)((rest - floor(rest)) * 1e9);
	}
	for (;;) {
		int sig = sigtimedwait(set, NULL, &t);

		if (sig > 0)
			return sig;
		if (errno != EINTR)
			return now() < until ? SIGCHLD : 0;
	}
}

static bool
has_ended(pid_t pid, struct process_end *end)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	if (WIFSIGNALED(status))
		end->signal = WTERMSIG(status);
	else
		end->code = WEXITSTATUS(status);
	return true;
}

static void
wait_child(pid_t pid, double limit, const sigset_t *set, struct process_end *end)
{
	double until = limit > 0 ? now() + limit : HUGE_VAL;
	bool asked = false;

	while (!has_ended(pid, end)) {
		int sig = wait_signal(set, until);

		if (sig == SIGCHLD)
			continue;
		if (asked) {
			kill(-pid, SIGKILL);
			until = HUGE_VAL;
			continue;
		}
		asked = true;
		end->timed_out = sig == 0;
		end->stopped_by = sig;
		kill(-pid, sig ? sig : SIGTERM);
		kill(-pid, SIGCONT);
		until = now() + GRACE;
	}
	if (asked)
		kill(-pid, SIGKILL); /* what is left of the group */
}

bool
process_run(const struct process *p, struct process_end *end)
{
	sigset_t set = watched(), before;
	pid_t pid, self = getpid();

	*end = (struct process_end){ .code = 0 };
	signal(SIGCHLD, SIG_DFL); /* ignored, it would leave us nothing to wait for */
	sigprocmask(SIG_BLOCK, &set, &before);
	pid = fork();
	if (pid == 0)
		child(p, &before, self);
	if (pid > 0) {
		setpgid(pid, pid);
		wait_child(pid, p->limit, &set, end);
	} else {
		trouble("cannot start a process:");
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid > 0;
}

bool
process_end_stray(const char *log, long group)
{
	int fd = open(log, O_RDONLY | O_CLOEXEC);
	double until = now() + GRACE;
	bool free_now = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (!free_now)
		say("processes of an earlier run are still there; ending them");
	for (; !free_now && now() < until; usleep(20000)) {
		if (group > 1)
			kill((pid_t)-group, SIGKILL);
		free_now = flock(fd, LOCK_EX | LOCK_NB) == 0;
	}
	if (fd >= 0)
		close(fd);
	if (!free_now)
		trouble("%s is still held by processes of an earlier run; end them first", log);
	return free_now;
}
