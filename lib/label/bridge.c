/* Rings joined to one outline: see bridge.h. */
#include "label/bridge.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SLICE_MAX 16 /* points of a slice */
#define PAIRS_MAX \
	20000000 /* of points for one outline: then the nearest that was found has to do */
#define END SIZE_MAX

struct bounds {
	double x0, y0, x1, y1;
};

/* Points of a ring that follow each other. The outline is a list of slices, in which the ends of bridges overlap. */
struct bridge_slice {
	size_t from, n;
	struct bounds bounds;
	double distance; /* to the ring that is joined */
	size_t next;
};

void
bridge_reset(struct bridge *b)
{
	b->n = b->points = b->slices = b->looked = 0;
}

void
bridge_release(struct bridge *b)
{
	free(b->xy);
	free(b->slice);
	free(b->outline);
	*b = (struct bridge){ .n = 0 };
}

static void
widen(struct bounds *b, const struct bounds *more)
{
	b->x0 = more->x0 < b->x0 ? more->x0 : b->x0;
	b->y0 = more->y0 < b->y0 ? more->y0 : b->y0;
	b->x1 = more->x1 > b->x1 ? more->x1 : b->x1;
	b->y1 = more->y1 > b->y1 ? more->y1 : b->y1;
}

static struct bounds
point_bounds(const double *p)
{
	return (struct bounds){ p[0], p[1], p[0], p[1] };
}

/* Points from ... from + n - 1; its index. */
static size_t
add_slice(struct bridge *b, size_t from, size_t n, size_t next)
{
	struct bounds bounds = point_bounds(b->xy + 2 * from);

	for (size_t i = from + 1; i < from + n; i++) {
		struct bounds point = point_bounds(b->xy + 2 * i);

		widen(&bounds, &point);
	}
	b->slice = grow(b->slice, &b->slice_cap, b->slices + 1, sizeof(*b->slice));
	b->slice[b->slices] = (struct bridge_slice){ from, n, bounds, 0, next };
	return b->slices++;
}

static inline double
larger(double a, double b)
{
	return a > b ? a : b;
}

/* The square of the least distance of points within. No two are nearer: rounding keeps the order of sums. */
static inline double
distance(const struct bounds *a, const struct bounds *b)
{
	double x = larger(larger(b->x0 - a->x1, a->x0 - b->x1), 0);
	double y = larger(larger(b->y0 - a->y1, a->y0 - b->y1), 0);

	return x * x + y * y;
}

/* The nearest points of the outline and of a ring. */
struct nearest {
	double best;         /* the square of the distance */
	size_t slice, point; /* of the outline */
	size_t ring_slice, ring_point;
};

/* Point k of slice s, and the ring's points. */
static void
look_from(struct bridge *b, size_t s, size_t k, size_t ring, struct nearest *near)
{
	const double *p = b->xy + 2 * k;
	struct bounds here = point_bounds(p);

	for (size_t t = ring; t < b->slices; t++) {
		const struct bridge_slice *v = &b->slice[t];

		if (distance(&here, &v->bounds) >= near->best || b->looked > PAIRS_MAX)
			continue;
		b->looked += v->n;
		for (size_t i = v->from; i < v->from + v->n; i++) {
			double x = p[0] - b->xy[2 * i], y = p[1] - b->xy[2 * i + 1];
			double d = x * x + y * y;

			if (d < near->best)
				*near = (struct nearest){ d, s, k, t, i };
		}
	}
}

static void
look_from_slice(struct bridge *b, size_t s, size_t ring, struct nearest *near)
{
	const struct bridge_slice *v = &b->slice[s];

	for (size_t k = v->from; k < v->from + v->n; k++)
		look_from(b, s, k, ring, near);
}

/* How far the slices of the outline are from what is within `all`; the nearest. */
static size_t
measure_slices(struct bridge *b, size_t ring, const struct bounds *all)
{
	size_t nearest = 0;
	double best = INFINITY;

	for (size_t s = 0; s < ring; s++) {
		double d = distance(&b->slice[s].bounds, all);

		b->slice[s].distance = d;
		if (d < best) {
			best = d;
			nearest = s;
		}
	}
	return nearest;
}

/*
 * The outline begins with slice 0; the ring's are the last ones, from `ring` on, and lie within `all`. How near the
 * likely slice is tells which ones need no look, but the first of those that are as near is to be found.
 */
static struct nearest
find_nearest(struct bridge *b, size_t ring, const struct bounds *all)
{
	/* some points, should all be too far apart for a number */
	struct nearest near = { INFINITY, 0, b->slice[0].from, ring, b->slice[ring].from };

	look_from_slice(b, measure_slices(b, ring, all), ring, &near);
	near.best = nextafter(near.best, INFINITY);
	for (size_t s = 0; s != END; s = b->slice[s].next)
		if (b->slice[s].distance < near.best)
			look_from_slice(b, s, ring, &near);
	return near;
}

/*
 * Slice s ends with the bridge at point i of it, the ring's slices from there around to its point j follow, and the
 * rest of s with point i again.
 */
static void
splice(struct bridge *b, const struct nearest *at, size_t ring)
{
	size_t last = b->slices - 1, i = at->point, j = at->ring_point, t = at->ring_slice;
	struct bridge_slice s = b->slice[at->slice], turn = b->slice[t];
	size_t rest = add_slice(b, i, s.from + s.n - i, s.next);
	size_t back = add_slice(b, turn.from, j + 1 - turn.from, rest);

	b->slice[at->slice].n = i + 1 - s.from;
	b->slice[at->slice].next = t;
	b->slice[t].from = j;
	b->slice[t].n = turn.from + turn.n - j;
	if (t > ring)
		b->slice[t - 1].next = back;
	b->slice[last].next = t > ring ? ring : back;
}

static void
add_points(struct bridge *b, const double *xy, size_t n)
{
	b->xy = grow(b->xy, &b->xy_cap, 2 * (b->points + n), sizeof(*b->xy));
	memcpy(b->xy + 2 * b->points, xy, 2 * n * sizeof(*xy));
	b->points += n;
}

void
bridge_ring(struct bridge *b, const double *xy, size_t n)
{
	size_t from = b->points, ring = b->slices;
	struct nearest near;
	struct bounds all;

	add_points(b, xy, n);
	for (size_t i = 0; i < n; i += SLICE_MAX)
		add_slice(b, from + i, n - i < SLICE_MAX ? n - i : SLICE_MAX, b->slices + 1);
	b->n += ring ? n + 2 : n;
	if (ring == 0) {
		b->slice[b->slices - 1].next = END;
		return;
	}
	all = b->slice[ring].bounds;
	for (size_t t = ring + 1; t < b->slices; t++)
		widen(&all, &b->slice[t].bounds);
	near = find_nearest(b, ring, &all);
	splice(b, &near, ring);
}

const double *
bridge_outline(struct bridge *b)
{
	size_t n = 0;

	b->outline = grow(b->outline, &b->outline_cap, 2 * b->n + 1, sizeof(*b->outline));
	for (size_t s = b->slices ? 0 : END; s != END; s = b->slice[s].next) {
		const struct bridge_slice *v = &b->slice[s];

		memcpy(b->outline + 2 * n, b->xy + 2 * v->from, 2 * v->n * sizeof(*b->xy));
		n += v->n;
	}
	return b->outline;
}
