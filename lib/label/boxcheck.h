/*
 * Boxes that say what no box should: no extent, a negative one, or a place outside of the picture; and polygons of fewer
 * than three points.
 *
 * The frame around readers (import.h) looks at each sample of the formats whose reader does not do so itself. Such a box
 * stays as it is, and is a warning at its sample's place.
 */
#ifndef LABEL_BOXCHECK_H
#define LABEL_BOXCHECK_H

#include "base/diag.h"
#include "label/sample.h"

struct boxcheck {
	struct record rec;
	struct sample sample;
	struct buf name;
	uint64_t said; /* warnings so far */
};

/* [box]; from the hundredth on they are only counted. */
void boxcheck_sample(struct boxcheck *c, struct span record, struct pos at);
/* Say what was only counted, and start anew. */
void boxcheck_end(struct boxcheck *c, const char *dataset);

#endif
