/*
 * Shapes inside of a manifest's line, as ModelArts' REST API gives them: the reserved keys of an
 * annotation's property
 *
 *	"@modelarts:shape":"bndbox","@modelarts:feature":[[x0,y0],[x1,y1]]
 *
 * Source: ModelArts API, samples' labels; huawei-clouds/modelarts-dataset-sdk. Pixels, origin at the top left.
 *
 *	bndbox			[[x0,y0],[x1,y1]]
 *	polygon, polyline	[[x,y],...]
 *	line, dashed		[[x0,y0],[x1,y1]]
 *	point			[[x,y]]
 *	circle			[[cx,cy],[r]] or [cx,cy,r]
 *
 * Reading makes it the annotation's own shape, takes both keys out of the property and keeps that, as it came, in the
 * annotation's member "manifest". Writing gives the kept one back as long as it says the same, and else makes a
 * new one: a shape that was changed on the way is never written with the numbers from before.
 */
#ifndef LABEL_MANIFEST_FEATURE_H
#define LABEL_MANIFEST_FEATURE_H

#include "record/record.h"

/* Start with an all-zero one, which is reused; spans live until the next call. */
struct feature {
	struct json_change field[2]; /* the shape as a field of annotations, and "dashed" */
	size_t n;
	struct span property; /* without the two keys; SPAN_NONE: nothing is left */
	const char *wrong;    /* what is wrong with it ... */
	struct span at;       /* ... and where */
	/* private */
	enum ann_field shape;
	struct span outer, raw, name; /* the property; values of the two keys */
	size_t rows, bare;            /* points; numbers that are in none */
	size_t row[2];                /* numbers of the first two points */
	bool pairs;                   /* all points have two */
	struct buf inside, text, flat, value, rest;
};

/* Has a raw property, which may be a string with JSON inside, a feature? */
bool feature_find(struct feature *f, struct span property);

/* What feature_find() found as `field` and `property`. False: f->wrong. */
bool feature_read(struct feature *f);

/* The kept property of an annotation that had a feature; SPAN_NONE: it had none. */
struct span feature_kept(const struct annotation *a);

/* Can a feature say the annotation's shape as it is now? (No pixels, no two shapes.) */
bool feature_fits(const struct annotation *a);

/* The property of an annotation that fits, with its feature. */
struct span feature_property(struct feature *f, const struct annotation *a);

void feature_release(struct feature *f);

#endif
