/* The outlines of masks: see rle_write_polygon() in rle.h. */
#include <stdlib.h>

#include "json/write.h"
#include "record/rle.h"

/* ---- parts: pixels that touch along an edge ---- */

/* Pixels of one column that lie without a gap. */
struct strip {
	uint64_t at;   /* of the first, column by column */
	uint32_t n;    /* of them */
	uint32_t part; /* another strip of the same part; of its first one that strip itself */
};

struct strips {
	struct strip *v;
	size_t n, cap;
};

static void
cut_strips(struct strips *s, const struct rle *r)
{
	uint64_t at = 0;

	for (size_t i = 0; i < r->n; at += r->run[i++]) {
		uint64_t p = at, end = at + r->run[i];

		while ((i & 1) && p < end) {
			uint64_t stop = (p / r->h + 1) * r->h, to = end < stop ? end : stop;

			s->v = grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
			s->v[s->n] = (struct strip){ p, (uint32_t)(to - p), (uint32_t)s->n };
			s->n++;
			p = to;
		}
	}
}

static uint32_t
part_of(struct strips *s, uint32_t i)
{
	while (s->v[i].part != i) {
		s->v[i].part = s->v[s->v[i].part].part;
		i = s->v[i].part;
	}
	return i;
}

/* Strips of neighbouring columns that share a row are of one part. Both lists are in order. */
static void
join_strips(struct strips *s, uint32_t h)
{
	size_t left = 0;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t from = s->v[i].at, to = from + s->v[i].n;

		while (left < i && s->v[left].at + s->v[left].n + h <= from)
			left++;
		for (size_t k = left; k < i && s->v[k].at + h < to; k++) {
			uint32_t a = part_of(s, (uint32_t)k), b = part_of(s, (uint32_t)i);

			s->v[a > b ? a : b].part = a > b ? b : a;
		}
	}
}

/* The part that the pixel is of. */
static uint32_t
part_at(struct strips *s, uint64_t pixel)
{
	size_t low = 0, high = s->n;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (s->v[middle].at <= pixel)
			low = middle;
		else
			high = middle;
	}
	return part_of(s, (uint32_t)low);
}

/* ---- walking around them ---- */

/* A bitmap with a frame of empty pixels, so that no neighbour is outside. */
struct field {
	uint8_t *cell; /* 1 filled, 2 its top edge was walked */
	size_t w, h;
	uint32_t x, y; /* of cell 1, 1 in the mask */
};

static bool
filled(const struct field *f, size_t x, size_t y)
{
	return f->cell[y * f->w + x] & 1;
}

enum { EAST, SOUTH, WEST, NORTH };

/*
 * Walk the outline that begins with the top edge of cell x, y, with the filled pixels on the right
 * hand; corners are written. Where two pixels touch at a corner only, they stay apart.
 */
static void
walk(const struct field *f, struct buf *b, size_t x0, size_t y0)
{
	/* the cells ahead on the right and on the left of a corner, by direction */
	static const int rx[] = { 0, -1, -1, 0 }, ry[] = { 0, 0, -1, -1 };
	static const int lx[] = { 0, 0, -1, -1 }, ly[] = { -1, 0, 0, -1 };
	static const int sx[] = { 1, 0, -1, 0 }, sy[] = { 0, 1, 0, -1 };
	size_t x = x0, y = y0;
	int dir = EAST, last = NORTH;

	jw_open(b, '[');
	do {
		if (dir != last) {
			jw_u64(b, f->x + x - 1);
			jw_u64(b, f->y + y - 1);
		}
		last = dir;
		if (dir == EAST)
			f->cell[y * f->w + x] |= 2;
		x += (size_t)(ptrdiff_t)sx[dir];
		y += (size_t)(ptrdiff_t)sy[dir];
		if (!filled(f, x + (size_t)(ptrdiff_t)rx[dir], y + (size_t)(ptrdiff_t)ry[dir]))
			dir = (dir + 1) & 3;
		else if (filled(f, x + (size_t)(ptrdiff_t)lx[dir], y + (size_t)(ptrdiff_t)ly[dir]))
			dir = (dir + 3) & 3;
	} while (x != x0 || y != y0 || dir != EAST);
	jw_close(b, ']');
}

static bool
open_field(struct field *f, const struct rle *r)
{
	uint32_t box[4];
	uint8_t *bits;

	rle_box(r, box);
	bits = rle_bits(r, box);
	if (!bits)
		return false;
	*f = (struct field){ .w = box[2] + 2u, .h = box[3] + 2u, .x = box[0], .y = box[1] };
	f->cell = xcalloc(f->w, f->h);
	for (size_t y = 0; y < box[3]; y++)
		memcpy(f->cell + (y + 1) * f->w + 1, bits + y * box[2], box[2]);
	free(bits);
	return true;
}

/* ---- rings in order: a part's outer one, then its holes ---- */

struct ring {
	uint64_t part;     /* the parts in the order in which they were met */
	size_t number;     /* of the ring, as it was met */
	size_t begin, end; /* of its text */
};

struct rings {
	struct ring *v;
	size_t n, cap;
	struct buf text;
};

static int
by_part(const void *a, const void *b)
{
	const struct ring *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* From the top down, the first ring of a part is its outer one. */
static void
collect_rings(struct rings *out, const struct field *f, struct strips *s, const struct rle *r)
{
	uint64_t *met = xcalloc(s->n + 1, sizeof(*met)), parts = 0;

	for (size_t y = 1; y < f->h; y++)
		for (size_t x = 1; x < f->w; x++) {
			struct ring ring = { .number = out->n, .begin = out->text.n };
			uint32_t part;

			if (f->cell[y * f->w + x] != 1 || filled(f, x, y - 1))
				continue;
			part = part_at(s, (f->x + x - 1) * r->h + f->y + y - 1);
			if (!met[part])
				met[part] = ++parts;
			walk(f, &out->text, x, y);
			ring.part = met[part];
			ring.end = out->text.n;
			out->v = grow(out->v, &out->cap, out->n + 1, sizeof(*out->v));
			out->v[out->n++] = ring;
		}
	free(met);
}

static void
write_rings(struct buf *b, struct buf *holes, struct rings *rings)
{
	if (rings->n)
		qsort(rings->v, rings->n, sizeof(*rings->v), by_part);
	jw_open(b, '[');
	for (size_t i = 0; i < rings->n; i++) {
		const struct ring *v = &rings->v[i];
		struct span text = span_of(rings->text.p + v->begin, rings->text.p + v->end);

		jw_raw(b, text.p[0] == ',' ? span_of(text.p + 1, text.p + text.n) : text);
		if (holes && i > 0 && v->part == rings->v[i - 1].part)
			jw_u64(holes, i);
	}
	jw_close(b, ']');
}

bool
rle_write_polygon(struct buf *b, struct buf *holes, const struct rle *r)
{
	struct strips strips = { .v = NULL };
	struct rings rings = { .v = NULL };
	struct field f;

	if (!open_field(&f, r))
		return false;
	cut_strips(&strips, r);
	join_strips(&strips, r->h);
	collect_rings(&rings, &f, &strips, r);
	if (holes)
		jw_open(holes, '[');
	write_rings(b, holes, &rings);
	if (holes)
		jw_close(holes, ']');
	free(f.cell);
	free(strips.v);
	free(rings.v);
	buf_release(&rings.text);
	return true;
}
