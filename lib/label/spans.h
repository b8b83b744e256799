/*
 * Offsets into texts: characters (code points), UTF-16 units and bytes. Records count characters
 * ("unit":"codepoint") and may say another unit.
 */
#ifndef LABEL_SPANS_H
#define LABEL_SPANS_H

#include "record/record.h"

enum span_unit { UNIT_CODEPOINT, UNIT_UTF16, UNIT_BYTE };

/* "codepoint" (also when there is none), "utf-16", "byte": the raw JSON value of "unit". */
enum span_unit span_unit_of(struct span raw);

/*
 * The byte at which offset `at` of `text` lies. False: it is behind the end, or no whole
 * character begins there.
 */
bool span_to_byte(struct span text, double at, enum span_unit unit, size_t *byte);
/* The other way; `byte` begins a character or is the end. */
uint64_t span_from_byte(struct span text, size_t byte, enum span_unit unit);

/* The annotation's span as bytes [v[0], v[1]) of the text. False: it has none that lies in it. */
bool span_bytes(const struct annotation *a, struct span text, size_t v[2]);

#endif
