/*
 * Memory and sizes.
 *
 * Owns: the policy for lack of memory. The allocators here never return
 * NULL: when the machine has no memory the program says so and ends with
 * status 2 (see diag.h: die()), because "bad data" must never be said when
 * the machine was at fault. Every pointer is released with free(3).
 *
 * size_add() and size_mul() saturate at SIZE_MAX, a size that no allocator
 * can give, so a sum of untrusted sizes ends as "out of memory" and never
 * as a short buffer.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline size_t
size_add(size_t a, size_t b)
{
	size_t r;

	return __builtin_add_overflow(a, b, &r) ? SIZE_MAX : r;
}

static inline size_t
size_mul(size_t a, size_t b)
{
	size_t r;

	return __builtin_mul_overflow(a, b, &r) ? SIZE_MAX : r;
}

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *p, size_t count, size_t size);
void *xmemdup(const void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n); /* adds the final NUL */

/* printf into a new string. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Make room for at least `need` elements of `size` bytes in the array `p`
 * whose capacity is *cap; capacity at least doubles. Returns the array.
 *
 *	a = grow(a, &cap, n + 1, sizeof(*a));
 *	a[n++] = x;
 */
void *grow(void *p, size_t *cap, size_t need, size_t size);

#endif
