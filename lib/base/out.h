/*
 * Buffered output to a descriptor.
 *
 * Writers append to out->b with the buf functions and call out_tick() at the
 * end of each record; it writes when enough has gathered. A write error
 * ends the program with status 2: output that is cut short is never called
 * done. A reader that went away (EPIPE) ends it quietly with status 2.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct out {
	struct buf b; /* what is not written yet */
	int fd;
	const char *name; /* for messages; not owned */
	uint64_t written; /* bytes */
	bool closed;
};

/* A new out on `fd`, which out_close() closes. */
void out_init(struct out *o, int fd, const char *name);

/* Standard output, one in the program. */
struct out *out_stdout(void);

void out_flush(struct out *o);
void out_close(struct out *o); /* flush, close, release the buffer */

#define OUT_BLOCK (64 * 1024)

static inline void
out_tick(struct out *o)
{
	if (o->b.n >= OUT_BLOCK)
		out_flush(o);
}

/* Write all of it to fd; 0, or -1 with errno. */
int write_all(int fd, const void *p, size_t n);

#endif
