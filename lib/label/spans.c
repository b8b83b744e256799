/* Offsets into texts: see spans.h. */
#include "label/spans.h"

#include <stdlib.h>

#include "base/utf8.h"

#define BLOCK 1024

enum span_unit
span_unit_of(struct span raw)
{
	if (span_is(raw, "\"utf-16\""))
		return UNIT_UTF16;
	return span_is(raw, "\"byte\"") ? UNIT_BYTE : UNIT_CODEPOINT;
}

/* Go over the character at *m. */
static void
step(struct span text, struct offsets_mark *m)
{
	uint32_t c = 0;
	size_t n = utf8_decode(text.p + m->byte, text.n - m->byte, &c);

	m->byte += n ? n : 1;
	m->codepoints++;
	m->units += c > 0xffff ? 2 : 1;
}

void
offsets_set(struct offsets *o, struct span text)
{
	struct offsets_mark m = { 0, 0, 0 };

	o->text = text;
	o->n = 0;
	for (;;) {
		if (o->n == 0 || m.byte >= o->mark[o->n - 1].byte + BLOCK) {
			o->mark = grow(o->mark, &o->cap, o->n + 1, sizeof(*o->mark));
			o->mark[o->n++] = m;
		}
		if (m.byte >= text.n)
			return;
		step(text, &m);
	}
}

void
offsets_release(struct offsets *o)
{
	free(o->mark);
	*o = (struct offsets){ .mark = NULL };
}

static uint64_t
counted(const struct offsets_mark *m, enum span_unit unit)
{
	return unit == UNIT_BYTE ? m->byte : unit == UNIT_UTF16 ? m->units : m->codepoints;
}

/* The last mark at or before `at`. */
static struct offsets_mark
find_mark(const struct offsets *o, double at, enum span_unit unit)
{
	size_t low = 0, high = o->n;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if ((double)counted(&o->mark[middle], unit) <= at)
			low = middle;
		else
			high = middle;
	}
	return o->mark[low];
}

bool
offsets_byte(const struct offsets *o, double at, enum span_unit unit, size_t *byte)
{
	struct offsets_mark m = find_mark(o, at, unit);

	while (m.byte < o->text.n && (double)counted(&m, unit) < at)
		step(o->text, &m);
	*byte = m.byte;
	return (double)counted(&m, unit) == at;
}

uint64_t
offsets_count(const struct offsets *o, size_t byte, enum span_unit unit)
{
	struct offsets_mark m = find_mark(o, (double)byte, UNIT_BYTE);

	while (m.byte < byte && m.byte < o->text.n)
		step(o->text, &m);
	return counted(&m, unit);
}

bool
offsets_of(const struct offsets *o, const struct annotation *a, size_t v[2])
{
	enum span_unit unit = span_unit_of(a->v[ANN_UNIT]);
	double at[2];

	return json_numbers(a->v[ANN_SPAN], at, 2) == 2 && at[0] <= at[1] &&
	       offsets_byte(o, at[0], unit, &v[0]) && offsets_byte(o, at[1], unit, &v[1]);
}
