/*
 * Offsets into texts: characters (code points), UTF-16 units and bytes. Records count characters
 * ("unit":"codepoint") and may say another unit.
 *
 * A text is gone through once, and then any number of offsets can be looked up in it.
 */
#ifndef LABEL_SPANS_H
#define LABEL_SPANS_H

#include "record/record.h"

enum span_unit { UNIT_CODEPOINT, UNIT_UTF16, UNIT_BYTE };

/* "codepoint" (also when there is none), "utf-16", "byte": the raw JSON value of "unit". */
enum span_unit span_unit_of(struct span raw);

/* Start with an all-zero one, which is reused. */
struct offsets {
	struct span text; /* not owned */

	struct offsets_mark {
		size_t byte;
		uint64_t codepoints, units; /* before that byte */
	} * mark;                           /* one about each KiB, in order */

	size_t n, cap;
};

void offsets_set(struct offsets *o, struct span text);
void offsets_release(struct offsets *o);

/*
 * The byte at which offset `at` lies. False: it is behind the end, or no whole character begins
 * there.
 */
bool offsets_byte(const struct offsets *o, double at, enum span_unit unit, size_t *byte);
/* The other way; `byte` begins a character or is the end. */
uint64_t offsets_count(const struct offsets *o, size_t byte, enum span_unit unit);

/* The annotation's span as bytes [v[0], v[1]) of the text. False: it has none that lies in it. */
bool offsets_of(const struct offsets *o, const struct annotation *a, size_t v[2]);

#endif
