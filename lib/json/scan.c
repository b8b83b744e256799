/*
 * The inner loop of the scanner: see scan.h.
 *
 * One pass over the bytes; the kinds of the open containers are kept in a bit set, so
 * nesting costs no stack. The kernels of fast.h pass over plain text and lists of
 * numbers; everything else, and every error, is found here byte by byte.
 */
#include "json/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "json/fast.h"
#include "json/json.h"

/* What is open, one bit a level: 1 = object. */
struct nest {
	uint64_t bits[JSON_DEPTH / 64];
	unsigned depth, max;
	bool object; /* the innermost is one: the last bit again */
};

struct scan {
	const char *p, *end;
	const char *why;
};

static enum scan_result
bad(struct scan *s, const char *at, const char *why)
{
	s->p = at;
	s->why = why;
	return SCAN_BAD;
}

/* Bytes that need a look inside a string: quote, backslash, control, not ASCII. */
static bool
is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

static enum scan_result
scan_escape(struct scan *s)
{
	const char *p = s->p;

	if (s->end - p < 2)
		return SCAN_MORE;
	if (p[1] != 'u') {
		if (p[1] == '\0' || !strchr("\"\\/bfnrt", p[1]))
			return bad(s, p, "no such escape in a string");
		s->p += 2;
		return SCAN_DONE;
	}
	for (int i = 2; i < 6; i++) {
		if (p + i >= s->end)
			return SCAN_MORE;
		if (!((p[i] >= '0' && p[i] <= '9') || ((p[i] | 32) >= 'a' && (p[i] | 32) <= 'f')))
			return bad(s, p, "\\u needs four hex digits");
	}
	s->p += 6;
	return SCAN_DONE;
}

static inline bool
is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Are the `left` bytes at p the beginning of a character that the end of the text cut? */
static bool
is_cut(const char *p, size_t left)
{
	unsigned char c = (unsigned char)*p;
	size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2, i = 1;

	if (c < 0xc2 || c > 0xf4 || left >= want)
		return false;
	while (i < left && is_tail(p[i]))
		i++;
	return i == left;
}

/* Pass over plain characters of three bytes, as Chinese is: U+1000 to U+CFFF, U+E000 to U+FFFF. */
static const char *
skip_three_bytes(const char *p, const char *end)
{
	while (end - p >= 3 && (unsigned char)*p > 0xe0 && (unsigned char)*p < 0xf0 &&
	       *p != '\xed' && is_tail(p[1]) && is_tail(p[2]))
		p += 3;
	return p;
}

static enum scan_result
scan_utf8(struct scan *s)
{
	const char *p = s->p;
	size_t left, n;

	s->p = skip_three_bytes(p, s->end);
	if (s->p > p)
		return SCAN_DONE;
	left = (size_t)(s->end - p);
	n = utf8_length(p, left);
	if (n == 0)
		return is_cut(s->p, left) ? SCAN_MORE : bad(s, s->p, "invalid UTF-8");
	s->p += n;
	return SCAN_DONE;
}

/* The rest of a string that is not all plain. */
static enum scan_result
scan_string_rest(struct scan *s)
{
	enum scan_result r;

	for (;;) {
		s->p = fast_plain(s->p, s->end);
		while (s->p < s->end && !is_special((unsigned char)*s->p))
			s->p++;
		if (s->p == s->end)
			return SCAN_MORE;
		if (*s->p == '"') {
			s->p++;
			return SCAN_DONE;
		}
		if (*s->p == '\\')
			r = scan_escape(s);
		else if ((unsigned char)*s->p >= 0x80)
			r = scan_utf8(s);
		else
			return bad(s, s->p, "control character in a string");
		if (r != SCAN_DONE)
			return r;
	}
}

/* s->p is at the opening quote. */
static inline enum scan_result
scan_string(struct scan *s)
{
	const char *p = fast_plain(s->p + 1, s->end);

	if (p < s->end && *p == '"') {
		s->p = p + 1;
		return SCAN_DONE;
	}
	s->p = p;
	return scan_string_rest(s);
}

static inline bool
digit(const char *p, const char *end)
{
	return p < end && (unsigned char)(*p - '0') < 10;
}

static enum scan_result
scan_number(struct scan *s)
{
	const char *p = s->p, *end = s->end;

	s->p = fast_number(p, end);
	if (s->p != p)
		return SCAN_DONE;

	if (*p == '-')
		p++;
	if (p == end)
		return SCAN_MORE;
	if (*p == '0') {
		p++;
		if (digit(p, end))
			return bad(s, p, "a number cannot start with 0 and another digit");
	} else if (digit(p, end)) {
		while (digit(++p, end))
			continue;
	} else {
		return bad(s, p,
		    *p == 'I' ? "a digit should be here; Infinity is not JSON"
			      : "a digit should be here");
	}
	if (p < end && *p == '.') {
		if (++p == end)
			return SCAN_MORE;
		if (!digit(p, end))
			return bad(s, p, "a digit should follow the point");
		while (digit(++p, end))
			continue;
	}
	if (p < end && (*p | 32) == 'e') {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if (p == end)
			return SCAN_MORE;
		if (!digit(p, end))
			return bad(s, p, "a digit should be in the exponent");
		while (digit(++p, end))
			continue;
	}
	s->p = p;
	return SCAN_DONE;
}

static enum scan_result
scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word), left = (size_t)(s->end - s->p);

	if (memcmp(s->p, word, left < n ? left : n) != 0)
		return bad(s, s->p, scan_no_value(*s->p));
	if (left < n)
		return SCAN_MORE;
	s->p += n;
	return SCAN_DONE;
}

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline void
skip_blank(struct scan *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

/* A key and its colon. */
static enum scan_result
scan_key(struct scan *s)
{
	enum scan_result r;

	if (s->p == s->end)
		return SCAN_MORE;
	if (*s->p != '"')
		return bad(s, s->p, "a key in double quotes should be here");
	r = scan_string(s);
	if (r != SCAN_DONE)
		return r;
	skip_blank(s);
	if (s->p == s->end)
		return SCAN_MORE;
	if (*s->p != ':')
		return bad(s, s->p, "':' should be here");
	s->p++;
	skip_blank(s);
	return SCAN_DONE;
}

static void
push(struct nest *n, bool object)
{
	unsigned d = n->depth++;
	uint64_t bit = (uint64_t)1 << (d % 64);

	if (object)
		n->bits[d / 64] |= bit;
	else
		n->bits[d / 64] &= ~bit;
	n->object = object;
}

static void
pop(struct nest *n)
{
	unsigned d = --n->depth - 1; /* at the bottom: any bit will do */

	n->object = n->bits[d / 64 % ARRAY_LEN(n->bits)] >> (d % 64) & 1;
}

/* After '{' or '[': the first key, or the end at once. Sets *closed. */
static enum scan_result
enter(struct scan *s, struct nest *n, bool *closed)
{
	bool object = *s->p == '{';

	*closed = false;
	if (n->depth >= n->max)
		return bad(s, s->p, TOO_DEEP);
	s->p++;
	skip_blank(s);
	if (s->p == s->end)
		return SCAN_MORE;
	if (*s->p == (object ? '}' : ']')) {
		s->p++;
		*closed = true;
		return SCAN_DONE;
	}
	push(n, object);
	return object ? scan_key(s) : SCAN_DONE;
}

/* Behind a value: close containers, and find the next value. Done when nothing is open. */
static enum scan_result
leave(struct scan *s, struct nest *n)
{
	while (n->depth > 0) {
		bool object = n->object;

		skip_blank(s);
		if (s->p == s->end)
			return SCAN_MORE;
		if (*s->p == ',') {
			s->p++;
			skip_blank(s);
			return object ? scan_key(s) : SCAN_DONE;
		}
		if (*s->p != (object ? '}' : ']'))
			return bad(s, s->p,
			    object ? "',' or '}' should be here" : "',' or ']' should be here");
		s->p++;
		pop(n);
	}
	return SCAN_DONE;
}

static enum scan_result
scan_scalar(struct scan *s)
{
	switch (*s->p) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return scan_number(s);
	default:
		return bad(s, s->p, scan_no_value(*s->p));
	}
}

/* The value at s->p, or its beginning when it is a container with something in it. */
static enum scan_result
scan_one(struct scan *s, struct nest *n, bool *entered)
{
	const char *p = s->p;
	bool closed;
	enum scan_result r;

	*entered = false;
	if (*p == '{' || *p == '[') {
		r = enter(s, n, &closed);
		*entered = !closed;
		return r;
	}
	/* in a list, as many numbers as can be had at once */
	if (!n->object && n->depth > 0 && *p <= '9')
		s->p = fast_numbers(p, s->end);
	return s->p == p ? scan_scalar(s) : SCAN_DONE;
}

static enum scan_result
scan_container(struct scan *s, unsigned depth)
{
	struct nest n = { .depth = 0, .max = depth };
	enum scan_result r;
	bool entered;

	do {
		if (s->p == s->end)
			return SCAN_MORE;
		r = scan_one(s, &n, &entered);
		if (r == SCAN_DONE && !entered)
			r = leave(s, &n);
	} while (r == SCAN_DONE && n.depth > 0);
	return r;
}

enum scan_result
scan_value(const char *p, const char *end, unsigned depth, const char **stop, const char **why)
{
	struct scan s = { p, end, NULL };
	enum scan_result r;

	if (p == end)
		r = SCAN_MORE;
	else if (*p == '{' || *p == '[')
		r = scan_container(&s, depth < JSON_DEPTH ? depth : JSON_DEPTH);
	else
		r = scan_scalar(&s);
	*stop = s.p;
	*why = s.why;
	return r;
}

/* ---- text that was accepted before ---- */

/* Behind the string whose opening quote is at p; NULL: it has no end. */
static inline const char *
skip_string(const char *p, const char *end)
{
	for (p++; (p = fast_quote(p, end)) < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && ++p == end)
			break;
	}
	return NULL;
}

/* Behind the container that opens at p: where as many brackets are closed as were opened. */
static const char *
skip_container(const char *p, const char *end)
{
	unsigned depth = 0;

	while (p && (p = fast_bracket(p, end)) < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p++;
	}
	return NULL;
}

const char *
skip_value(const char *p, const char *end)
{
	if (p == end)
		return NULL;
	if (*p == '"')
		return skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_container(p, end);
	while ((p = fast_word_end(p, end)) < end) {
		if (*p == ',' || *p == ']' || *p == '}' || is_blank(*p))
			break;
		p++;
	}
	return p;
}

bool
skip_member(const char **p, const char *end, struct span *key, struct span *value)
{
	const char *q = *p < end && **p == '"' ? skip_string(*p, end) : NULL, *after;

	if (q == NULL)
		return false;
	*key = span_of(*p + 1, q - 1);
	while (q < end && is_blank(*q))
		q++;
	if (q == end || *q++ != ':')
		return false;
	while (q < end && is_blank(*q))
		q++;
	after = skip_value(q, end);
	if (after == NULL)
		return false;
	*value = span_of(q, after);
	*p = after;
	return true;
}

size_t
count_numbers(const char *p, const char *end)
{
	size_t commas = 0;

	while (p < end && is_blank(*p))
		p++;
	if (p == end)
		return 0;
	p = fast_commas(p, end, &commas);
	if (p == NULL)
		return SIZE_MAX;
	for (; p < end; p++) {
		if (*p == '"' || ((unsigned char)*p >= '[' && *p != 'e'))
			return SIZE_MAX;
		commas += *p == ',';
	}
	return commas + 1;
}
