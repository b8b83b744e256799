/* Turning pixels upright: see turn.h. */
#include "image/turn.h"

struct turn
turn_of(int orientation)
{
	static const struct turn turn[9] = { [2] = { false, true, false },
		[3] = { false, true, true },
		[4] = { false, false, true },
		[5] = { true, false, false },
		[6] = { true, true, false },
		[7] = { true, true, true },
		[8] = { true, false, true } };

	return turn[orientation >= 1 && orientation <= 8 ? orientation : 1];
}

/* The rows of `to` that come from row y of `from`, for a turn that keeps rows rows. */
static void
turn_row(const struct image *from, struct image *to, struct turn t, uint32_t y)
{
	size_t ch = (size_t)from->channels;
	const unsigned char *s = image_row(from, y);
	unsigned char *q = image_row(to, t.mirror_y ? from->h - 1 - y : y);

	if (!t.mirror_x) {
		memcpy(q, s, from->w * ch);
		return;
	}
	q += (from->w - 1) * ch;
	for (uint32_t x = 0; x < from->w; x++, s += ch, q -= ch)
		memcpy(q, s, ch);
}

/* Columns become rows, in squares that fit the cache. */
#define TILE 64

static void
turn_tile(const struct image *from, struct image *to, struct turn t, uint32_t x0, uint32_t y0)
{
	size_t ch = (size_t)from->channels;
	uint32_t x1 = from->w - x0 < TILE ? from->w : x0 + TILE;
	uint32_t y1 = from->h - y0 < TILE ? from->h : y0 + TILE;

	for (uint32_t x = x0; x < x1; x++) {
		unsigned char *q = image_row(to, t.mirror_y ? to->h - 1 - x : x);

		for (uint32_t y = y0; y < y1; y++)
			memcpy(q + (t.mirror_x ? to->w - 1 - y : y) * ch,
			    image_row(from, y) + x * ch, ch);
	}
}

void
image_turn(struct image *im, int orientation, struct image *spare)
{
	struct turn t = turn_of(orientation);
	struct buf px;

	if (!t.transpose && !t.mirror_x && !t.mirror_y)
		return;
	if (t.transpose) {
		image_size(spare, im->h, im->w, im->channels);
		for (uint32_t y = 0; y < im->h; y += TILE)
			for (uint32_t x = 0; x < im->w; x += TILE)
				turn_tile(im, spare, t, x, y);
	} else {
		image_size(spare, im->w, im->h, im->channels);
		for (uint32_t y = 0; y < im->h; y++)
			turn_row(im, spare, t, y);
	}
	px = im->px;
	im->px = spare->px;
	spare->px = px;
	im->w = spare->w;
	im->h = spare->h;
	im->orientation = 1;
}
