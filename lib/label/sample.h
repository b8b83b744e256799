/*
 * One sample taken apart, as writers look at it.
 */
#ifndef LABEL_SAMPLE_H
#define LABEL_SAMPLE_H

#include "record/record.h"

/* A view of the record; lives as long as that, or until the next sample_take(). */
struct sample {
	const struct record *rec;
	struct annotation *ann; /* in order */
	size_t n, cap;
	bool annotated;       /* false: nobody looked; n is 0 */
	double width, height; /* 0: unknown */
};

/* Start with an all-zero sample, which is reused. */
void sample_take(struct sample *s, const struct record *r);
void sample_release(struct sample *s);

/*
 * The box of an annotation in pixels: bbox, else the hull of its other shapes;
 * "unit":"ratio" is multiplied by the sample's size. False: it has no geometry, or the
 * size that it needs is unknown.
 */
bool sample_box(const struct sample *s, const struct annotation *a, struct box *box);

/* Its size in whole pixels. False: unknown, or beyond what a picture can have. */
bool sample_extent(const struct sample *s, uint32_t *width, uint32_t *height);

/* Has the annotation any shape (else it is a class of the whole sample)? */
bool ann_has_shape(const struct annotation *a);

/* The texts of the numbers of a flat JSON list, at most max; their count in the list, SIZE_MAX when it is none. */
size_t number_texts(struct span list, struct span *v, size_t max);

/* A number as JSON wants it: its own text when that will do, else rewritten. False: no number. */
bool write_number_text(struct buf *b, struct span text);

#endif
