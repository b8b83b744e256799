/* The outlines of masks: see rle_write_polygon() in rle.h. */
#include <stdlib.h>

#include "json/write.h"
#include "record/rle.h"

#define OUTLINE_MAX ((size_t)1 << 24) /* strips, columns, rows */

/* ---- parts: pixels that touch along an edge ---- */

/* Pixels of one column that lie without a gap. */
struct strip {
	uint32_t x, top, bottom; /* rows top ... bottom - 1 */
	uint32_t part; /* another strip of the same part; of its first one that strip itself */
	bool walked;   /* its top edge is in a ring */
};

/* Column by column, from the top down. */
struct strips {
	struct strip *v;
	size_t n, cap;
	uint32_t box[4];  /* around them */
	uint32_t *column; /* the first strip of each column of the box, and the end */
};

static void
strips_release(struct strips *s)
{
	free(s->v);
	free(s->column);
}

/* Behind the last one; without a gap it is the same strip. */
static void
add_strip(struct strips *s, uint32_t x, uint32_t top, uint32_t bottom)
{
	struct strip *last = s->n ? &s->v[s->n - 1] : NULL;

	if (last && last->x == x && last->bottom == top) {
		last->bottom = bottom;
		return;
	}
	s->v = grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n] = (struct strip){ x, top, bottom, (uint32_t)s->n, false };
	s->n++;
}

static bool
cut_strips(struct strips *s, const struct rle *r)
{
	uint64_t at = 0;

	for (size_t i = 0; i < r->n; at += r->run[i++]) {
		uint64_t p = at, end = at + r->run[i];

		while ((i & 1) && p < end) {
			uint64_t x = p / r->h, next = (x + 1) * r->h, to = end < next ? end : next;

			if (s->n >= OUTLINE_MAX)
				return false;
			add_strip(
			    s, (uint32_t)x, (uint32_t)(p - x * r->h), (uint32_t)(to - x * r->h));
			p = to;
		}
	}
	return true;
}

static void
index_columns(struct strips *s)
{
	size_t i = 0;

	s->column = xreallocarray(NULL, (size_t)s->box[2] + 1, sizeof(*s->column));
	for (uint32_t c = 0; c <= s->box[2]; c++) {
		while (i < s->n && s->v[i].x - s->box[0] < c)
			i++;
		s->column[c] = (uint32_t)i;
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

/* Strips of neighbouring columns that share a row are of one part. */
static void
join_strips(struct strips *s)
{
	size_t left = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct strip *v = &s->v[i];

		while (s->v[left].x + 1 < v->x ||
		       (s->v[left].x + 1 == v->x && s->v[left].bottom <= v->top))
			left++;
		for (size_t k = left; s->v[k].x < v->x && s->v[k].top < v->bottom; k++) {
			uint32_t a = part_of(s, (uint32_t)k), b = part_of(s, (uint32_t)i);

			s->v[a > b ? a : b].part = a > b ? b : a;
		}
	}
}

static bool
open_strips(struct strips *s, const struct rle *r)
{
	rle_box(r, s->box);
	if (s->box[2] > OUTLINE_MAX || s->box[3] > OUTLINE_MAX || !cut_strips(s, r))
		return false;
	index_columns(s);
	join_strips(s);
	return true;
}

/* ---- walking around them ---- */

/* The first strip of column x that ends below row y; *end is the end of the column. */
static size_t
strip_from(const struct strips *s, int64_t x, int64_t y, size_t *end)
{
	int64_t c = x - s->box[0];
	size_t low, high;

	*end = 0;
	if (c < 0 || c >= s->box[2])
		return 0;
	low = s->column[c];
	*end = high = s->column[c + 1];
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->v[middle].bottom <= y)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
filled(const struct strips *s, int64_t x, int64_t y)
{
	size_t end, i = strip_from(s, x, y, &end);

	return i < end && s->v[i].top <= y;
}

/* Down the edge with pixels on its left (the picture's) only: to where these end, or others begin. */
static int64_t
go_south(const struct strips *s, int64_t x, int64_t y)
{
	size_t end, in = strip_from(s, x - 1, y, &end), out = strip_from(s, x, y, &end);
	int64_t stop = s->v[in].bottom;

	return out < end && s->v[out].top < stop ? s->v[out].top : stop;
}

/* Up the edge with pixels on its right only. */
static int64_t
go_north(const struct strips *s, int64_t x, int64_t y)
{
	size_t end, in = strip_from(s, x, y - 1, &end), out = strip_from(s, x - 1, y - 1, &end);
	int64_t stop = s->v[in].top;
	bool above = end > 0 && out > s->column[x - 1 - s->box[0]];

	return above && s->v[out - 1].bottom > stop ? s->v[out - 1].bottom : stop;
}

enum { EAST, SOUTH, WEST, NORTH };

/*
 * Walk the outline that begins with the top edge of a strip, with the filled pixels on the right
 * hand; corners are written. Where two pixels touch at a corner only, they stay apart.
 */
static void
walk(struct strips *s, struct buf *b, const struct strip *from)
{
	/* the pixels ahead on the right and on the left of a corner, by direction */
	static const int rx[] = { 0, -1, -1, 0 }, ry[] = { 0, 0, -1, -1 };
	static const int lx[] = { 0, 0, -1, -1 }, ly[] = { -1, 0, 0, -1 };
	int64_t x = from->x, y = from->top;
	int dir = EAST, last = NORTH;
	size_t end;

	jw_open(b, '[');
	do {
		if (dir != last) {
			jw_u64(b, (uint64_t)x);
			jw_u64(b, (uint64_t)y);
		}
		last = dir;
		switch (dir) {
		case EAST:
			s->v[strip_from(s, x, y, &end)].walked = true;
			x++;
			break;
		case SOUTH:
			y = go_south(s, x, y);
			break;
		case WEST:
			x--;
			break;
		default:
			y = go_north(s, x, y);
			break;
		}
		if (!filled(s, x + rx[dir], y + ry[dir]))
			dir = (dir + 1) & 3;
		else if (filled(s, x + lx[dir], y + ly[dir]))
			dir = (dir + 3) & 3;
	} while (x != from->x || y != from->top || dir != EAST);
	jw_close(b, ']');
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

/* Strips by their top, and then by column: those of one row are together. */
static uint32_t *
sort_by_row(const struct strips *s)
{
	uint32_t *end = xcalloc((size_t)s->box[3] + 1, sizeof(*end)); /* of each row's strips */
	uint32_t *order = xreallocarray(NULL, s->n + 1, sizeof(*order));

	for (size_t i = 0; i < s->n; i++)
		end[s->v[i].top - s->box[1]]++;
	for (uint32_t y = 1; y < s->box[3]; y++)
		end[y] += end[y - 1];
	for (size_t i = s->n; i-- > 0;)
		order[--end[s->v[i].top - s->box[1]]] = (uint32_t)i;
	free(end);
	return order;
}

/* From the top down, the first ring of a part is its outer one. Each ring has the top edge of a strip. */
static void
collect_rings(struct rings *out, struct strips *s)
{
	uint64_t *met = xcalloc(s->n + 1, sizeof(*met)), parts = 0;
	uint32_t *order = sort_by_row(s);

	for (size_t i = 0; i < s->n; i++) {
		struct ring ring = { .number = out->n, .begin = out->text.n };
		uint32_t part = part_of(s, order[i]);

		if (s->v[order[i]].walked)
			continue;
		if (!met[part])
			met[part] = ++parts;
		walk(s, &out->text, &s->v[order[i]]);
		ring.part = met[part];
		ring.end = out->text.n;
		out->v = grow(out->v, &out->cap, out->n + 1, sizeof(*out->v));
		out->v[out->n++] = ring;
	}
	free(order);
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
	bool ok = open_strips(&strips, r);

	if (ok) {
		collect_rings(&rings, &strips);
		if (holes)
			jw_open(holes, '[');
		write_rings(b, holes, &rings);
		if (holes)
			jw_close(holes, ']');
	}
	strips_release(&strips);
	free(rings.v);
	buf_release(&rings.text);
	return ok;
}
