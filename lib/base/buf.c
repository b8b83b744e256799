/* A growable string of bytes: see buf.h. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"

void
buf_grow(struct buf *b, size_t extra)
{
	size_t need = size_add(size_add(b->n, extra), 1);

	if (need < 64)
		need = 64;
	b->p = grow(b->p, &b->cap, need, 1);
	b->p[b->n] = '\0';
}

void
buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT;
}

char *
buf_detach(struct buf *b)
{
	char *s;

	buf_reserve(b, 0);
	s = b->p;
	*b = (struct buf)BUF_INIT;
	return s;
}

void
buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	buf_reserve(b, 63);
	n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	if (n < 0)
		die("cannot format a message");
	if ((size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n);
		vsnprintf(b->p + b->n, b->cap - b->n, fmt, again);
	}
	b->n += (size_t)n;
	va_end(again);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}
