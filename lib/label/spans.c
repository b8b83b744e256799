/* Offsets into texts: see spans.h. */
#include "label/spans.h"

#include "base/utf8.h"

enum span_unit
span_unit_of(struct span raw)
{
	if (span_is(raw, "\"utf-16\""))
		return UNIT_UTF16;
	return span_is(raw, "\"byte\"") ? UNIT_BYTE : UNIT_CODEPOINT;
}

/* The character at byte i: its length, and what it counts. */
static size_t
step(struct span text, size_t i, enum span_unit unit, uint64_t *counts)
{
	uint32_t c;
	size_t n = utf8_decode(text.p + i, text.n - i, &c);

	if (n == 0) {
		*counts = 1;
		return 1;
	}
	*counts = unit == UNIT_BYTE ? n : unit == UNIT_UTF16 && c > 0xffff ? 2 : 1;
	return n;
}

bool
span_to_byte(struct span text, double at, enum span_unit unit, size_t *byte)
{
	uint64_t seen = 0, counts;
	size_t i = 0;

	while (i < text.n && (double)seen < at) {
		i += step(text, i, unit, &counts);
		seen += counts;
	}
	*byte = i;
	return (double)seen == at;
}

uint64_t
span_from_byte(struct span text, size_t byte, enum span_unit unit)
{
	uint64_t seen = 0, counts;

	for (size_t i = 0; i < byte && i < text.n; seen += counts)
		i += step(text, i, unit, &counts);
	return seen;
}

bool
span_bytes(const struct annotation *a, struct span text, size_t v[2])
{
	enum span_unit unit = span_unit_of(a->v[ANN_UNIT]);
	double at[2];

	return json_numbers(a->v[ANN_SPAN], at, 2) == 2 && at[0] <= at[1] &&
	       span_to_byte(text, at[0], unit, &v[0]) && span_to_byte(text, at[1], unit, &v[1]);
}
