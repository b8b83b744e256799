/*
 * Temporary files and folders that must not outlive the program.
 *
 * Owns: the list of names to remove when the program ends before they were
 * renamed into place: by die(), by exit(3), or by SIGINT, SIGTERM, SIGHUP.
 * After a signal the default action is restored and the signal raised
 * again, so the parent sees the true cause.
 */
#ifndef BASE_TMPFILES_H
#define BASE_TMPFILES_H

struct tmpfile_entry;

/*
 * What makes a watched file does so between these two, so that the thread that ends the program can
 * wait for it and finds every file. Once it is ending, tmpfiles_enter() does not return.
 */
void tmpfiles_enter(void);
void tmpfiles_leave(void);

/* Watch `path` (a file, or a folder with everything in it). Thread safe. */
struct tmpfile_entry *tmpfiles_add(const char *path);
/* It is in place now, or gone: forget it. */
void tmpfiles_forget(struct tmpfile_entry *e);
/* Remove `path`, a file or a folder with everything in it, if it is there. */
void tmpfiles_remove(const char *path);
/* Remove what a process that was killed, `pid`, has left below `dir` under names of tmp_beside(). */
void tmpfiles_sweep(const char *dir, long pid);
/* Remove all that is watched and end the program at once (_exit). */
void tmpfiles_exit(int status) __attribute__((noreturn));
/* Remove all that is watched. Called by tool_end(). */
void tmpfiles_clean(void);
/* Install the signal handlers; called once by tool_begin(). */
void tmpfiles_signals(void);

#endif
