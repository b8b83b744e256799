/*
 * Shapes as numbers: turned boxes, rectangles around points.
 */
#ifndef LABEL_GEOMETRY_H
#define LABEL_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>

/* The corners of [cx, cy, w, h, degrees clockwise], clockwise from what was its top left. */
void rbox_corners(const double r[5], double corner[8]);

/* The other way round, of a rectangle. */
void rbox_from_corners(const double corner[8], double r[5]);

/*
 * The smallest rectangle, however turned, around n points (x and y in turn), clockwise from the
 * corner that is nearest to the top left. False: no points.
 */
bool tight_rectangle(const double *xy, size_t n, double corner[8]);

/*
 * Does the ring of n points cross itself? Edges that only touch do not. Of a ring of which that would take too long to
 * tell (tens of millions of pairs of edges beside each other) the answer is yes.
 */
bool ring_crosses_itself(const double *xy, size_t n);

/* n points on an ellipse (cx, cy, rx, ry, degrees clockwise), clockwise from its right end. */
void ellipse_points(const double e[5], double *xy, size_t n);

#endif
