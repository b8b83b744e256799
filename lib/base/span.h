/*
 * A span is a piece of somebody else's bytes: pointer and length, no NUL.
 * It owns nothing and lives as long as the buffer that it points into.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p; /* NULL: there is none (absent, not empty) */
	size_t n;
};

#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })
#define SPAN_NONE ((struct span){ NULL, 0 })
/* for printf: "%.*s", SPAN_ARG(s) */
#define SPAN_ARG(s) (int)(s).n, (s).p

static inline struct span
span_str(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

static inline struct span
span_of(const char *begin, const char *end)
{
	return (struct span){ begin, (size_t)(end - begin) };
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
span_is(struct span a, const char *s)
{
	if (a.n > 0 && s &&
	    a.p[0] != s[0]) /* most are told apart here, where tables are searched */
		return false;
	return span_eq(a, span_str(s));
}

/* bytewise order, the order of everything that is sorted in this project */
static inline int
span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool
span_starts(struct span a, struct span prefix)
{
	return a.n >= prefix.n && memcmp(a.p, prefix.p, prefix.n) == 0;
}

static inline bool
span_ends(struct span a, struct span suffix)
{
	return a.n >= suffix.n && memcmp(a.p + a.n - suffix.n, suffix.p, suffix.n) == 0;
}

static inline bool
char_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* without blanks, tabs, CR and LF at both ends */
static inline struct span
span_trim(struct span a)
{
	while (a.n > 0 && char_is_blank(a.p[0]))
		a.p++, a.n--;
	while (a.n > 0 && char_is_blank(a.p[a.n - 1]))
		a.n--;
	return a;
}

/*
 * Cut the next piece off *rest at `sep` (the separator is dropped).
 *	while (span_cut(&rest, ',', &piece)) ...
 * Gives every piece, empty ones too; false when nothing is left.
 */
static inline bool
span_cut(struct span *rest, char sep, struct span *piece)
{
	const char *q;

	if (rest->p == NULL)
		return false;
	q = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	if (q == NULL) {
		*piece = *rest;
		*rest = SPAN_NONE;
		return true;
	}
	*piece = span_of(rest->p, q);
	*rest = span_of(q + 1, rest->p + rest->n);
	return true;
}

/* the next word between blanks and tabs; false at the end */
static inline bool
span_word(struct span *rest, struct span *word)
{
	const char *p = rest->p, *end, *q;

	if (p == NULL)
		return false;
	end = p + rest->n;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	if (p == end)
		return false;
	for (q = p; q < end && *q != ' ' && *q != '\t' && *q != '\r'; q++)
		continue;
	*word = span_of(p, q);
	*rest = span_of(q, end);
	return true;
}

#endif
