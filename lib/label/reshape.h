/*
 * Shapes that a target has no place for become shapes that it has: masks outlines, outlines masks,
 * and boxes those of the shapes (--mask-to, --bbox-from).
 *
 * Without a wish:
 *	pixels of a file (mask), where there is no place for these: runs (rle)
 *	runs, where there is no place for these: a polygon along the edges of the pixels, which
 *	COCO's rule fills to the same pixels again
 *	a turned box (rbox), where there is no place for it but one for polygons: its four
 *	corners [annotation.rbox-as-polygon]
 *	a polygon with holes, where there is no place for holes but one for runs: runs, filled
 *	by COCO's rule; edges within a pixel are lost [annotation.polygon-as-rle]
 *
 * With --decimals pixels of other formats are rounded, for targets that hold pixels.
 */
#ifndef LABEL_RESHAPE_H
#define LABEL_RESHAPE_H

#include "label/mask.h"
#include "label/sample.h"
#include "record/rle.h"

struct exporter;

struct reshaper {
	struct buf *text; /* of each annotation that was rewritten */
	size_t n;
	char *source; /* of the mask that was read last */
	bool colours;
	struct id_mask mask;
	struct rle rle, ring, part;
	struct buf value, holes, box, png;
};

void reshaper_release(struct reshaper *r);

/* Rewrite the sample's annotations. What is rewritten lives until the next sample. */
void reshape_sample(struct exporter *ex, struct sample *s);

/*
 * The pixels of an annotation (rle, mask or polygon; a mask by its colour, which other objects may have, too, only
 * where there is no polygon) into ex->reshaper.rle; they live until the next
 * call. False: it has none, or they cannot be had (that was said or counted).
 */
bool reshape_pixels(struct exporter *ex, struct sample *s, const struct annotation *a);

/* Shapes in parts of width and height as pixels, for formats without such a unit. */
void reshape_to_pixels(struct exporter *ex, struct sample *s);

/*
 * Is it a mask of a class ("kind":"class"): all of its pixels in the picture, however many objects they are?
 * What becomes of it elsewhere looks like one object [annotation.class-mask].
 */
bool mask_is_of_class(const struct annotation *a);

/* Give annotation i this "mask", raw JSON. */
void reshape_set_mask(struct exporter *ex, struct sample *s, size_t i, struct span mask);

/* Annotation i, which is the pixels of a file, with these as runs. */
void reshape_mask(struct exporter *ex, struct sample *s, size_t i);

#endif
