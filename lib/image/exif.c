/* EXIF orientation: see exif.h. */
#include "image/exif.h"

#include "image/bytes.h"

enum { TAG_ORIENTATION = 0x112, TYPE_BYTE = 1, TYPE_SHORT = 3, TYPE_LONG = 4 };

struct tiff {
	const unsigned char *p;
	size_t n;
	bool little;
};

static uint32_t
get16(const struct tiff *t, size_t at)
{
	return t->little ? le16(t->p + at) : be16(t->p + at);
}

static uint32_t
get32(const struct tiff *t, size_t at)
{
	return t->little ? le32(t->p + at) : be32(t->p + at);
}

static uint32_t
entry_value(const struct tiff *t, size_t at)
{
	if (get32(t, at + 4) != 1)
		return 0;
	switch (get16(t, at + 2)) {
	case TYPE_BYTE:
		return t->p[at + 8];
	case TYPE_SHORT:
		return get16(t, at + 8);
	case TYPE_LONG:
		return get32(t, at + 8);
	default:
		return 0;
	}
}

int
exif_orientation(struct span tiff, size_t *at)
{
	struct tiff t = { (const unsigned char *)tiff.p, tiff.n, span_starts(tiff, SPAN("II")) };
	size_t entry;

	if (at)
		*at = 0;
	if (t.n < 14 || !(t.little || span_starts(tiff, SPAN("MM"))) || get16(&t, 2) != 42)
		return 1;
	entry = get32(&t, 4);
	if (entry < 8 || entry > t.n - 2)
		return 1;
	for (uint32_t n = get16(&t, entry), i = 0; i < n; i++) {
		size_t e = entry + 2 + 12 * (size_t)i;
		uint32_t v;

		if (e + 12 > t.n)
			break;
		if (get16(&t, e) != TAG_ORIENTATION)
			continue;
		v = entry_value(&t, e);
		if (at)
			*at = e + 8;
		return v >= 1 && v <= 8 ? (int)v : 1;
	}
	return 1;
}

void
exif_set_upright(char *tiff, size_t n)
{
	size_t at;

	exif_orientation((struct span){ tiff, n }, &at);
	if (at == 0)
		return;
	/* 1 as a number of two bytes, and then of four */
	memset(tiff + at, 0, 4);
	if (tiff[0] == 'I')
		tiff[at] = 1;
	else
		tiff[at + (tiff[at - 5] == TYPE_LONG ? 3 : tiff[at - 5] == TYPE_BYTE ? 0 : 1)] = 1;
}
