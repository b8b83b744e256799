/*
 * The inner loop of the scanner: one JSON value in memory, checked strictly.
 * For json.c and tree.c only.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include "base/span.h"

#define TOO_DEEP "nested too deep: the limit is 512 levels"

enum scan_result {
	SCAN_DONE, /* *stop is behind the value */
	SCAN_MORE, /* the text ended inside the value */
	SCAN_BAD,  /* *stop is the byte at fault, *why says what is wrong */
};

/*
 * Scan the value that starts at p (no white space before it), with at most
 * `depth` levels of nesting. A number that reaches `end` is SCAN_DONE with
 * *stop == end when it is complete as it stands: the caller knows whether
 * more digits may follow.
 */
enum scan_result scan_value(
    const char *p, const char *end, unsigned depth, const char **stop, const char **why);

/* What is wrong where a value should be and the byte `c` is: Python writes NaN, Infinity, None. */
static inline const char *
scan_no_value(char c)
{
	return c == 'N' || c == 'I' || c == 'T' || c == 'F'
		   ? "a value should be here; NaN, Infinity, None, True and False are not JSON"
		   : "a value should be here";
}

/*
 * The place behind the value that starts at p, in text that scan_value() has accepted: only its
 * end is looked for. NULL: the text ends before it (then it is not such a text).
 */
const char *skip_value(const char *p, const char *end);

/*
 * The same for a member: *p is at its key's quote, and then behind its value. The key is
 * given without its quotes. False: what is there is no member.
 */
bool skip_member(const char **p, const char *end, struct span *key, struct span *value);

/* How many values the inside of a flat list of numbers has, which was accepted; SIZE_MAX: it is none. */
size_t count_numbers(const char *p, const char *end);

#endif
