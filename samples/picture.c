/*
 * picture.c: backgrounds and shapes, pixel by pixel.
 */
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>

const char *const shape_names[SHAPES] = { "circle", "square", "triangle", "star" };

struct corner {
	int x, y; /* thousandths of the radius, from the centre */
};

static const struct corner square[] = { { -1000, -1000 }, { 1000, -1000 }, { 1000, 1000 },
	{ -1000, 1000 } };
static const struct corner triangle[] = { { 0, -1000 }, { 1000, 1000 }, { -1000, 1000 } };
static const struct corner star[] = { { 0, -1000 }, { 225, -309 }, { 951, -309 }, { 363, 118 },
	{ 588, 809 }, { 0, 382 }, { -588, 809 }, { -363, 118 }, { -951, -309 }, { -225, -309 } };

static const struct {
	const struct corner *corners;
	int n;
} outlines[SHAPES] = {
	[SQUARE] = { square, 4 },
	[TRIANGLE] = { triangle, 3 },
	[STAR] = { star, 10 },
};

int
random_in(uint32_t *state, int lo, int hi)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return lo + (int)(*state % (uint32_t)(hi - lo + 1));
}

static uint8_t
clamp(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* How much brighter the texture makes this pixel. */
static int
texture(int kind, int x, int y)
{
	switch (kind) {
	case 0: /* checks */
		return (x / 16 + y / 16) % 2 ? 14 : -14;
	case 1: /* stripes */
		return (x + y) / 12 % 2 ? 12 : -12;
	case 2: /* weave */
		return x % 8 < 4 ? y % 8 * 3 - 10 : 10 - y % 8 * 3;
	default: /* slope */
		return (x - y) / 6;
	}
}

static void
paint_background(struct picture *p, uint32_t *state)
{
	int base[3], kind = random_in(state, 0, 3), x, y, c;
	uint8_t *px = p->rgb;

	for (c = 0; c < 3; c++)
		base[c] = random_in(state, 120, 200);
	for (y = 0; y < p->h; y++) {
		for (x = 0; x < p->w; x++) {
			int light = texture(kind, x, y) + random_in(state, -6, 6);

			for (c = 0; c < 3; c++)
				*px++ = clamp(base[c] + light);
		}
	}
}

void
picture_init(struct picture *p, int w, int h, uint32_t *state)
{
	p->w = w;
	p->h = h;
	p->rgb = calloc((size_t)w * (size_t)h, 3);
	if (!p->rgb) {
		perror("draw");
		exit(2);
	}
	paint_background(p, state);
}

void
picture_release(struct picture *p)
{
	free(p->rgb);
	p->rgb = NULL;
}

/* Is the point inside the outline? Counts the edges a ray to the right crosses. */
static int
inside_outline(const struct corner *c, int n, int x, int y)
{
	int i, j, in = 0;

	for (i = 0, j = n - 1; i < n; j = i++) {
		long side;

		if ((c[i].y > y) == (c[j].y > y))
			continue;
		side =
		    (long)(c[j].x - c[i].x) * (y - c[i].y) - (long)(x - c[i].x) * (c[j].y - c[i].y);
		if ((side > 0) == (c[j].y > c[i].y))
			in = !in;
	}
	return in;
}

/*
 * Does the shape of radius r cover the pixel at (dx, dy) from its centre? Its middle is looked
 * at.
 */
static int
covers(enum shape shape, int dx, int dy, int r)
{
	if (shape == CIRCLE)
		return dx * dx + dy * dy <= r * r;
	return inside_outline(
	    outlines[shape].corners, outlines[shape].n, dx * 1000 / r, dy * 1000 / r);
}

static void
widen(struct box *b, int x, int y)
{
	b->x0 = x < b->x0 ? x : b->x0;
	b->y0 = y < b->y0 ? y : b->y0;
	b->x1 = x > b->x1 ? x : b->x1;
	b->y1 = y > b->y1 ? y : b->y1;
}

struct box
shape_box(const struct picture *p, enum shape shape, int cx, int cy, int r)
{
	struct box b = { p->w, p->h, -1, -1 };
	int x, y;

	for (y = cy - r; y <= cy + r; y++)
		for (x = cx - r; x <= cx + r; x++)
			if (x >= 0 && y >= 0 && x < p->w && y < p->h &&
			    covers(shape, x - cx, y - cy, r))
				widen(&b, x, y);
	return b;
}

void
draw_shape(struct picture *p, enum shape shape, int cx, int cy, int r, const uint8_t rgb[3])
{
	struct box b = shape_box(p, shape, cx, cy, r);
	int x, y, c;

	for (y = b.y0; y <= b.y1; y++)
		for (x = b.x0; x <= b.x1; x++)
			for (c = 0; c < 3 && covers(shape, x - cx, y - cy, r); c++)
				p->rgb[((size_t)y * (size_t)p->w + (size_t)x) * 3 + (size_t)c] =
				    rgb[c];
}
