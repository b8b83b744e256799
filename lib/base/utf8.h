/*
 * UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Bytes of the character at p (1 to 4), 0 when it is not valid UTF-8 or n is 0. */
size_t utf8_length(const char *p, size_t n);

/* Decode one character; *c is set. Returns its length, 0 when invalid. */
size_t utf8_decode(const char *p, size_t n, uint32_t *c);

/* Append the character c (a Unicode scalar value). */
void utf8_add(struct buf *b, uint32_t c);

/* The offset of the first invalid byte, or n when all is valid. */
size_t utf8_check(const char *p, size_t n);

static inline bool
utf8_valid(struct span s)
{
	return utf8_check(s.p, s.n) == s.n;
}

#endif
