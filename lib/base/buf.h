/*
 * A growable string of bytes.
 *
 *	struct buf b = BUF_INIT;
 *	buf_adds(&b, "x=");
 *	buf_addf(&b, "%d", 3);
 *	use(b.p, b.n);		p is NUL-terminated after every call
 *	buf_release(&b);
 *
 * A buf that is all zero is a valid empty one (p may then be NULL: use
 * buf_str() where a string is wanted).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "base/span.h"

struct buf {
	char *p;
	size_t n;   /* bytes in use, without the final NUL */
	size_t cap; /* bytes allocated */
};

#define BUF_INIT \
	{ \
		NULL, 0, 0 \
	}

/* Room for `extra` more bytes and a NUL. */
void buf_grow(struct buf *b, size_t extra);
void buf_release(struct buf *b);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* The string itself, which the caller now owns; the buf is empty again. */
char *buf_detach(struct buf *b);

static inline void
buf_reserve(struct buf *b, size_t extra)
{
	if (b->cap - b->n <= extra)
		buf_grow(b, extra);
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	buf_reserve(b, n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

static inline void
buf_addc(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->p[b->n++] = c;
	b->p[b->n] = '\0';
}

static inline void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void
buf_addspan(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

static inline void
buf_cut(struct buf *b, size_t n) /* shorten to n bytes */
{
	if (n < b->n) {
		b->n = n;
		b->p[n] = '\0';
	}
}

static inline void
buf_reset(struct buf *b)
{
	buf_cut(b, 0);
}

static inline const char *
buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

static inline struct span
buf_span(const struct buf *b)
{
	return (struct span){ buf_str(b), b->n };
}

#endif
