/*
 * Buffered input from a file, a pipe or memory, line by line or as a
 * sliding window.
 *
 * Reading blocks only after standard output was flushed, so a live pipeline
 * never waits for records that sit in a buffer. A read error (not a bad
 * record: the machine) ends the program with status 2.
 */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"

/* What ends a line. */
enum input_ends {
	INPUT_LF,    /* LF and CR LF */
	INPUT_GUESS, /* LF and CR LF; CR when the first window has no LF but CRs (old Macs) */
	INPUT_ANY,   /* LF, CR LF, and a CR by itself */
};

struct input {
	int fd;     /* -1: memory */
	char *name; /* for messages: the path, or <stdin> */
	char *base; /* the window: bytes [r, w) are unread */
	size_t r, w, cap;
	uint64_t offset; /* of base[0] in the stream */
	uint64_t line;   /* number of the line that was returned last */
	size_t line_max; /* longer lines are left out: INPUT_LINE_MAX, or as the caller sets it */
	enum input_ends ends; /* INPUT_LF, or as the caller sets it */
	bool eof;             /* nothing after base[w] */
	bool range;           /* a piece of a file that is not ours to close: */
	uint64_t at;          /* where its unread rest begins */
	uint64_t left;        /* bytes of it */
};

/* Open `path`, "-" for standard input. False: said so (status 2). */
bool input_open(struct input *in, const char *path);
/* Read from a descriptor, which input_close() closes. */
void input_fd(struct input *in, int fd, const char *name);
/* Read `size` bytes at `offset` of a descriptor that stays the caller's (by pread(2)). */
void input_range(struct input *in, int fd, uint64_t offset, uint64_t size, const char *name);
/* Read from memory, which must outlive the input. */
void input_memory(struct input *in, struct span bytes, const char *name);
void input_close(struct input *in);

/*
 * The next line without its line end (see in->ends), valid until the next call.
 * False at the end. A last line without LF counts. A line longer than
 * in->line_max bytes is reported and skipped.
 */
bool input_line(struct input *in, struct span *line);
/* The same for pieces that end with `sep` (NUL for `find -print0`); a CR before it stays. */
bool input_piece(struct input *in, char sep, struct span *piece);
#define INPUT_LINE_MAX ((size_t)1 << 30)

/* Position of the line returned last, at byte offset `at` of it. */
static inline struct pos
input_pos(const struct input *in, size_t at)
{
	return pos_at(in->name, in->line, at + 1);
}

/*
 * Read more behind what is unread. The unread bytes may move to the front
 * of the window (which may grow). Returns false at the end of the stream.
 */
bool input_more(struct input *in);

/* Append a whole file, at most `max` bytes, or what a descriptor gives. 0, or -1 with errno (EFBIG). */
int fd_read(int fd, size_t max, struct buf *out);
int file_read(int dirfd, const char *path, size_t max, struct buf *out);

#endif
