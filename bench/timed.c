/*
 * timed.c: runs a shell command some times and prints the best run:
 *
 *	timed RUNS LIMIT PREPARE COMMAND	->	WALL USER SYSTEM MEGABYTES STATUS
 *
 * PREPARE is run before each, outside the clock. A run that takes longer than LIMIT seconds is
 * killed with all its processes, and the status is 124; once all runs and PREPAREs together took an
 * eighth of LIMIT there is no further one. USER and SYSTEM are of the command and all it waited for;
 * megabytes are the largest resident set of one of its processes; the status is the worst of all
 * runs. The command's own output goes nowhere.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMED_OUT = 124 };

static int stop; /* the signal that told us to stop */

struct run {
	double wall, user, system, megabytes;
	int status;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* A group of its own, so that a pipeline can be killed as a whole; with the signal mask as it was. */
static void
become(const char *command, const sigset_t *mask)
{
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* Whether the child comes to its end by itself: before the limit (0: none), and before we are told to
 * stop. The signals are blocked, so none is missed. */
static int
child_ends(const sigset_t *signals, int limit)
{
	struct timespec t = { .tv_sec = limit };
	int s = limit == 0 ? sigwaitinfo(signals, NULL) : sigtimedwait(signals, NULL, &t);

	if (s > 0 && s != SIGCHLD)
		stop = s;
	return s == SIGCHLD;
}

/* The command's exit status, its processes' times in *u. */
static int
run_command(const char *command, int limit, struct rusage *u)
{
	sigset_t signals, before;
	int status, late;
	pid_t pid;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	pid = fork();
	if (pid == 0)
		become(command, &before);
	setpgid(pid, pid);
	late = pid > 0 && !child_ends(&signals, limit);
	if (late)
		kill(-pid, SIGKILL);
	if (pid < 0 || wait4(pid, &status, 0, u) < 0) {
		perror("timed");
		exit(2);
	}
	sigtimedwait(&signals, NULL, &(struct timespec){ 0 }); /* that of the child we killed */
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (stop)
		raise(stop);
	if (late)
		return TIMED_OUT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct run
run_once(const char *command, int limit)
{
	struct run r;
	struct rusage u;
	double start = now();

	r.status = run_command(command, limit, &u);
	r.wall = now() - start;
	r.user = seconds(u.ru_utime);
	r.system = seconds(u.ru_stime);
	r.megabytes = (double)u.ru_maxrss / 1024;
	return r;
}

int
main(int argc, char **argv)
{
	struct run best = { 0 }, r;
	int worst = 0, runs = argc == 5 ? atoi(argv[1]) : 0, limit = argc == 5 ? atoi(argv[2]) : 0;
	double start = now();

	if (runs < 1 || limit < 1) {
		fputs("usage: timed RUNS LIMIT PREPARE COMMAND\n", stderr);
		return 2;
	}
	for (int i = 0; i < runs && (now() - start) * 8 < limit && worst != TIMED_OUT; i++) {
		run_once(argv[3], 0);
		r = run_once(argv[4], limit);
		worst = r.status > worst ? r.status : worst;
		if (i == 0 || r.wall < best.wall)
			best = r;
	}
	printf(
	    "%.3f %.3f %.3f %.1f %d\n", best.wall, best.user, best.system, best.megabytes, worst);
	return 0;
}
