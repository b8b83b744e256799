/*
 * Temporary files and folders: see tmpfiles.h.
 *
 * The list is a fixed chain of entries that are never freed while a handler
 * could walk it; an entry is "in use" when its path pointer is set. So the
 * signal handler needs no lock and calls only async-signal-safe functions
 * for files; a folder is removed by a walk with openat/unlinkat over
 * getdents, which fdopendir(3) does not promise to be safe in a handler, but
 * the process ends right after it.
 *
 * Other threads go on while one ends the program. So the list changes only
 * inside a gate: who ends the program shuts it and waits until all are out.
 */
#include "base/tmpfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

struct tmpfile_entry {
	struct tmpfile_entry *next;
	_Atomic(char *) path;
	pid_t owner; /* a forked child removes nothing */
};

static _Atomic(struct tmpfile_entry *) entries;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The gate: how many threads are in it (this one `inside` times), and is it shut? */
static atomic_int within;
static _Thread_local int inside;
static atomic_bool ending;

void
tmpfiles_enter(void)
{
	atomic_fetch_add(&within, 1);
	if (inside++ > 0 || !atomic_load(&ending))
		return;
	atomic_fetch_sub(&within, 1);
	for (;;)
		pause(); /* another thread is ending the program */
}

void
tmpfiles_leave(void)
{
	inside--;
	atomic_fetch_sub(&within, 1);
}

/* Called in signal handlers too. Not for ever: a thread may hang in open(2). */
static void
shut_gate(void)
{
	struct timespec moment = { 0, 1000000 };

	atomic_store(&ending, true);
	for (int i = 0; i < 1000 && atomic_load(&within) > inside; i++)
		nanosleep(&moment, NULL);
	inside++; /* who ends the program may pass */
}

struct tmpfile_entry *
tmpfiles_add(const char *path)
{
	struct tmpfile_entry *e;
	char *copy = xstrdup(path);

	tmpfiles_enter();
	pthread_mutex_lock(&lock);
	for (e = entries; e && atomic_load(&e->path); e = e->next)
		continue;
	if (e == NULL) {
		e = xcalloc(1, sizeof(*e));
		e->next = entries;
		atomic_store(&entries, e);
	}
	e->owner = getpid();
	atomic_store(&e->path, copy);
	pthread_mutex_unlock(&lock);
	tmpfiles_leave();
	return e;
}

void
tmpfiles_forget(struct tmpfile_entry *e)
{
	char *path;

	tmpfiles_enter();
	pthread_mutex_lock(&lock);
	path = atomic_exchange(&e->path, NULL);
	pthread_mutex_unlock(&lock);
	free(path);
	tmpfiles_leave();
}

static void
remove_tree(int dirfd, const char *name)
{
	struct dirent *d;
	DIR *dir;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || (errno != EISDIR && errno != EPERM))
		return;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			remove_tree(fd, d->d_name);
	closedir(dir);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

void
tmpfiles_remove(const char *path)
{
	remove_tree(AT_FDCWD, path);
}

/* ".NAME.PID-SERIAL.tmp"; `mark` is ".PID-" */
static bool
is_temporary(const char *name, const char *mark)
{
	size_t n = strlen(name);

	return name[0] == '.' && n > 4 && strcmp(name + n - 4, ".tmp") == 0 && strstr(name, mark);
}

static void
sweep(int dirfd, const char *name, const char *mark, int depth)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (is_temporary(d->d_name, mark))
			remove_tree(fd, d->d_name);
		else if (depth > 0 && d->d_type != DT_REG && strcmp(d->d_name, ".") &&
			 strcmp(d->d_name, ".."))
			sweep(fd, d->d_name, mark, depth - 1);
	closedir(dir);
}

void
tmpfiles_sweep(const char *dir, long pid)
{
	char *mark = xasprintf(".%lx-", pid);

	sweep(AT_FDCWD, dir, mark, 64);
	free(mark);
}

/* `last`: nothing comes after it, and free(3) may not be called in a signal handler. */
static void
remove_watched(bool last)
{
	struct tmpfile_entry *e;
	pid_t me = getpid();

	for (e = atomic_load(&entries); e; e = e->next) {
		char *path = atomic_load(&e->path);

		if (path && e->owner == me) {
			remove_tree(AT_FDCWD, path);
			atomic_store(&e->path, NULL);
			if (!last)
				free(path);
		}
	}
}

void
tmpfiles_clean(void)
{
	remove_watched(false);
}

void
tmpfiles_exit(int status)
{
	shut_gate();
	remove_watched(true);
	_exit(status);
}

static void
on_signal(int sig)
{
	shut_gate();
	remove_watched(true);
	signal(sig, SIG_DFL);
	raise(sig);
}

void
tmpfiles_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU };
	struct sigaction sa, old;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = (int)SA_RESETHAND;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(sigs); i++)
		if (sigaction(sigs[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(sigs[i], &sa, NULL); /* what the parent ignores stays ignored */
	/* a file that may not grow any more is an error of write(2), not a reason to die unclean */
	signal(SIGXFSZ, SIG_IGN);
}
