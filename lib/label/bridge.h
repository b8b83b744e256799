/*
 * Rings joined to one outline: a row of YOLO has one, a polygon may have several parts.
 *
 * Each further ring is joined by a bridge without width between its point and the point of the outline that are
 * nearest to each other; both points then stand in the outline twice. Of pairs that are equally near it is the one
 * whose point comes first in the outline so far, and then in the ring. Distances are compared as doubles.
 */
#ifndef LABEL_BRIDGE_H
#define LABEL_BRIDGE_H

#include <stddef.h>

struct bridge_slice;

struct bridge {
	size_t n; /* points of the outline */

	/* bridge.c's own */
	double *xy; /* points of the rings, as they came */
	size_t points, xy_cap;
	struct bridge_slice *slice;
	size_t slices, slice_cap;
	double *outline;
	size_t outline_cap;
	size_t looked; /* pairs of points */
};

/* No rings; what was allocated is kept. */
void bridge_reset(struct bridge *b);
void bridge_release(struct bridge *b);

/* Another ring of n > 0 points, x and y in turn. */
void bridge_ring(struct bridge *b, const double *xy, size_t n);

/* The outline: b->n points, x and y in turn. Of `b`, until the next call. */
const double *bridge_outline(struct bridge *b);

#endif
