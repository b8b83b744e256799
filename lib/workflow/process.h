/*
 * One command, run for a step: in a process group of its own, with a limit of time, its
 * output in a log.
 *
 * The log stays locked as long as any process of the command has it open. So a run that was
 * killed can be found out about: process_end_stray() ends what it left behind.
 */
#ifndef WORKFLOW_PROCESS_H
#define WORKFLOW_PROCESS_H

#include <stdint.h>

#include "base/buf.h"

struct process {
	const char *const *argv; /* NULL at the end */
	const char *const *env;  /* "NAME=VALUE" to add; NULL at the end */
	const char *cwd;         /* NULL: where we are */
	const char *log;         /* appended to */
	const char *input;       /* standard input; NULL: nothing */
	const char *output; /* standard output goes here instead of to the log; NULL: the log */
	double limit;       /* seconds; 0: none */
	void (*started)(void *ctx, long group); /* called in it just before; may be NULL */
	void *ctx;
};

struct process_end {
	int code;       /* exit status; 126/127 when it could not be started */
	int signal;     /* it died of, or 0 */
	bool timed_out; /* the limit was reached: TERM to the group, KILL 10 s later */
	int stopped_by; /* a signal to us, passed on to the group; 0: none */
};

/* False: it could not be started; said so (status 2). */
bool process_run(const struct process *p, struct process_end *end);

/*
 * If processes of group `group` still hold the lock on `log`, end them. False: they are
 * still there after 10 seconds; said so.
 */
bool process_end_stray(const char *log, long group);

#endif
