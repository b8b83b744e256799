/* Shapes as numbers: see geometry.h. */
#include "label/geometry.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
rbox_corners(const double r[5], double corner[8])
{
	double c = cos(r[4] * (M_PI / 180)) / 2, s = sin(r[4] * (M_PI / 180)) / 2;

	for (int i = 0; i < 4; i++) {
		double x = (i == 1 || i == 2 ? 1 : -1) * r[2], y = (i >= 2 ? 1 : -1) * r[3];

		corner[2 * i] = r[0] + x * c - y * s;
		corner[2 * i + 1] = r[1] + x * s + y * c;
	}
}

void
rbox_from_corners(const double p[8], double r[5])
{
	r[0] = (p[0] + p[2] + p[4] + p[6]) / 4;
	r[1] = (p[1] + p[3] + p[5] + p[7]) / 4;
	r[2] = hypot(p[2] - p[0], p[3] - p[1]);
	r[3] = hypot(p[4] - p[2], p[5] - p[3]);
	r[4] = atan2(p[3] - p[1], p[2] - p[0]) * (180 / M_PI);
}

static int
by_x_y(const void *a, const void *b)
{
	const double *p = a, *q = b;

	if (p[0] != q[0])
		return p[0] < q[0] ? -1 : 1;
	return (p[1] > q[1]) - (p[1] < q[1]);
}

/* Does b lie on the left of, or on, the way from a to c? */
static bool
turns_left(const double *a, const double *b, const double *c)
{
	return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0;
}

/* Andrew's monotone chain: the convex hull of the points at p (sorted here); their number. */
static size_t
convex_hull(double *p, size_t n, double *hull)
{
	size_t k = 0;

	qsort(p, n, 2 * sizeof(*p), by_x_y);
	for (size_t i = 0; i < n; i++) {
		while (k >= 2 && turns_left(hull + 2 * (k - 2), hull + 2 * (k - 1), p + 2 * i))
			k--;
		memcpy(hull + 2 * k++, p + 2 * i, 2 * sizeof(*p));
	}
	for (size_t i = n - 1, low = k + 1; i-- > 0;) {
		while (k >= low && turns_left(hull + 2 * (k - 2), hull + 2 * (k - 1), p + 2 * i))
			k--;
		memcpy(hull + 2 * k++, p + 2 * i, 2 * sizeof(*p));
	}
	return k > 1 ? k - 1 : k;
}

/* The rectangle around the hull with a side along (ux, uy); its area. */
static double
rectangle_along(const double *hull, size_t n, double ux, double uy, double corner[8])
{
	double lo[2] = { INFINITY, INFINITY }, hi[2] = { -INFINITY, -INFINITY };

	for (size_t i = 0; i < n; i++) {
		double u = hull[2 * i] * ux + hull[2 * i + 1] * uy;
		double v = hull[2 * i + 1] * ux - hull[2 * i] * uy;

		lo[0] = fmin(lo[0], u);
		hi[0] = fmax(hi[0], u);
		lo[1] = fmin(lo[1], v);
		hi[1] = fmax(hi[1], v);
	}
	for (int i = 0; i < 4; i++) {
		double u = i == 1 || i == 2 ? hi[0] : lo[0], v = i >= 2 ? hi[1] : lo[1];

		corner[2 * i] = u * ux - v * uy;
		corner[2 * i + 1] = u * uy + v * ux;
	}
	return (hi[0] - lo[0]) * (hi[1] - lo[1]);
}

/* Begin with the corner nearest to the top left. */
static void
turn_corners(double p[8])
{
	double first[8];
	int best = 0;

	for (int i = 1; i < 4; i++)
		if (p[2 * i] + p[2 * i + 1] < p[2 * best] + p[2 * best + 1])
			best = i;
	for (int i = 0; i < 8; i++)
		first[i] = p[(i + 2 * best) % 8];
	memcpy(p, first, sizeof(first));
}

bool
tight_rectangle(const double *xy, size_t n, double corner[8])
{
	double *p, *hull, best = INFINITY, one[8];
	size_t k;

	if (n == 0)
		return false;
	p = xreallocarray(NULL, n, 2 * sizeof(*p));
	hull = xreallocarray(NULL, 2 * n + 2, 2 * sizeof(*hull));
	memcpy(p, xy, n * 2 * sizeof(*p));
	k = convex_hull(p, n, hull);
	rectangle_along(hull, k, 1, 0, corner);
	for (size_t i = 0; i < k; i++) {
		size_t j = (i + 1) % k;
		double dx = hull[2 * j] - hull[2 * i], dy = hull[2 * j + 1] - hull[2 * i + 1];
		double length = hypot(dx, dy), area;

		if (length == 0)
			continue;
		area = rectangle_along(hull, k, dx / length, dy / length, one);
		if (area < best) {
			best = area;
			memcpy(corner, one, sizeof(one));
		}
	}
	turn_corners(corner);
	free(p);
	free(hull);
	return true;
}

void
ellipse_points(const double e[5], double *xy, size_t n)
{
	double c = cos(e[4] * (M_PI / 180)), s = sin(e[4] * (M_PI / 180));

	for (size_t i = 0; i < n; i++) {
		double t = 2 * M_PI * (double)i / (double)n, x = e[2] * cos(t), y = e[3] * sin(t);

		xy[2 * i] = e[0] + x * c - y * s;
		xy[2 * i + 1] = e[1] + x * s + y * c;
	}
}

/* ---- rings ---- */

/* An edge of a ring, its ends sorted by x. */
struct edge {
	double x0, x1, y0, y1; /* what it spans */
	double from[2], to[2];
	size_t at; /* its number along the ring */
};

static int
by_left(const void *a, const void *b)
{
	const struct edge *e = a, *f = b;

	if (e->x0 != f->x0)
		return e->x0 < f->x0 ? -1 : 1;
	return (e->at > f->at) - (e->at < f->at);
}

/* On which side of the edge is the point: below 0, 0 or above it. */
static double
side_of(const struct edge *e, const double p[2])
{
	return (e->to[0] - e->from[0]) * (p[1] - e->from[1]) -
	       (e->to[1] - e->from[1]) * (p[0] - e->from[0]);
}

/* Both ends of each on different sides of the other: a point that both have inside. */
static bool
edges_cross(const struct edge *e, const struct edge *f)
{
	return side_of(e, f->from) * side_of(e, f->to) < 0 &&
	       side_of(f, e->from) * side_of(f, e->to) < 0;
}

static struct edge *
edges_of(const double *xy, size_t n)
{
	struct edge *edge = xreallocarray(NULL, n, sizeof(*edge));

	for (size_t i = 0; i < n; i++) {
		const double *p = xy + 2 * i, *q = xy + 2 * ((i + 1) % n);

		edge[i] = (struct edge){ fmin(p[0], q[0]), fmax(p[0], q[0]), fmin(p[1], q[1]),
			fmax(p[1], q[1]), { p[0], p[1] }, { q[0], q[1] }, i };
	}
	qsort(edge, n, sizeof(*edge), by_left);
	return edge;
}

bool
ring_crosses_itself(const double *xy, size_t n)
{
	uint64_t pairs = 0, enough = 30000000;
	struct edge *edge;
	bool crosses = false;

	if (n < 4)
		return false;
	edge = edges_of(xy, n);
	for (size_t i = 0; i < n && !crosses; i++)
		for (size_t k = i + 1; k < n && !crosses && edge[k].x0 <= edge[i].x1; k++)
			crosses = ++pairs > enough ||
				  (edge[k].y0 <= edge[i].y1 && edge[i].y0 <= edge[k].y1 &&
				      edges_cross(&edge[i], &edge[k]));
	free(edge);
	return crosses;
}
