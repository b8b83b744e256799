/*
 * Diagnostics and the exit status.
 *
 * Owns: everything that a program says on stderr, its form, and what it
 * means for the exit status. One line each,
 *
 *	file:line:col: error: message [rule]
 *
 * or, after diag_json(true), the same as one JSON object a line:
 *
 *	{"file":"a.xml","line":3,"column":7,"level":"error","message":"...","rule":"voc-box"}
 *
 * Control characters and invalid UTF-8 from outside are escaped, so a file
 * name cannot move the cursor or fake a message. The line is written by one
 * write(2).
 *
 * Exit status: 0 done; 1 done, but errors (or findings) were reported; 2
 * could not do it. It only ever rises.
 *
 * Threads: diag() may be called by workers. A worker of ordered.h has its
 * own sink, which is emptied in input order, so messages do not depend on
 * timing.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	STATUS_OK = 0,
	STATUS_FINDINGS = 1, /* done, but the answer is no or something was left out */
	STATUS_TROUBLE = 2,  /* could not do it: usage, I/O, memory */
};

enum diag_level {
	DIAG_NOTE,
	DIAG_WARNING,
	DIAG_ERROR, /* raises the status to 1 */
};

/* Where: file NULL = no place at all, line 0 = the file, col 0 = the line. */
struct pos {
	const char *file;
	uint64_t line; /* from 1 */
	uint64_t col;  /* from 1, in bytes */
};

#define POS_NONE ((struct pos){ NULL, 0, 0 })

static inline struct pos
pos_file(const char *file)
{
	return (struct pos){ file, 0, 0 };
}

static inline struct pos
pos_at(const char *file, uint64_t line, uint64_t col)
{
	return (struct pos){ file, line, col };
}

/*
 * Say something. `rule` is the stable code that people filter by (may be
 * NULL). An error says what is wrong and what would be right.
 */
void diag(enum diag_level level, struct pos at, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5), cold));
void vdiag(enum diag_level level, struct pos at, const char *rule, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0), cold));

#define error_at(at, rule, ...) diag(DIAG_ERROR, (at), (rule), __VA_ARGS__)
#define warning_at(at, rule, ...) diag(DIAG_WARNING, (at), (rule), __VA_ARGS__)
#define note_at(at, rule, ...) diag(DIAG_NOTE, (at), (rule), __VA_ARGS__)

/*
 * Trouble: the message "prog: error: ..." and status 2. trouble() goes on
 * (a file of many could not be opened); die() ends the program, removing
 * what is half written. A format that ends in ':' gets errno's text.
 */
void trouble(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn, cold));

/* Plain information, "prog: message"; silenced by -q. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));

/*
 * A count and the words that follow it, which differ for 1: two arguments for "%llu %s".
 *
 *	say("%llu %s no usage", COUNTED(n, "sample has", "samples have"));
 */
#define COUNTED(n, one, many) (unsigned long long)(n), ((n) == 1 ? (one) : (many))

/* How much is said. Set once, by tool.c, before threads start. */
void diag_program(const char *name);
const char *diag_program_name(void);
void diag_json(bool on);
void diag_quiet(bool on);  /* no notes, no say() */
void diag_strict(bool on); /* the first error ends the run with status 1 */
bool diag_is_strict(void);
bool diag_is_quiet(void);

void status_raise(int status);
int status_get(void);
uint64_t diag_count(enum diag_level level); /* said so far */

/*
 * A sink keeps the messages of one job until their turn comes. While a sink
 * is set for a thread, diag() and trouble() append to it; diag_flush()
 * writes it out, counts it, raises the status and empties it. A sink that is
 * all zero is a valid empty one. diag_sink(NULL) ends the redirection.
 */
struct diag_sink {
	struct buf text;
	uint64_t count[3];
	int status;
};

struct diag_sink *diag_sink(struct diag_sink *sink); /* returns the one before */
void diag_flush(struct diag_sink *sink);
void diag_sink_release(struct diag_sink *sink);

/* Append text that is safe to show: control bytes and bad UTF-8 as \xNN. */
void diag_escape(struct buf *out, struct span text);

/* Append a JSON string literal with quotes; invalid UTF-8 becomes U+FFFD. */
void diag_json_string(struct buf *out, struct span text);

#endif
