/*
 * Panoptic COCO: one annotation a picture, with a PNG in which a pixel of segment `id` is
 * R + 256 G + 65536 B = id, 0 is nothing; and a list of the segments (cocodataset.org, format-data, 4;
 * panopticapi). Parts of coco_read.c and coco_write.c.
 *
 * A segment is an annotation with a mask, {"source":PNG,"value":id}; written, anything with pixels is one. A
 * PNG that says the same as the segments is copied, else one is painted; where two overlap the later one has the
 * pixel [annotation.mask-overlap].
 */
#ifndef LABEL_COCO_PANOPTIC_H
#define LABEL_COCO_PANOPTIC_H

#include "archive/tree.h"
#include "label/export.h"

/* Is the JSON of these first bytes panoptic? */
bool coco_is_panoptic(const struct tree *t, const struct node *n);

/* The id in the file's categories of an annotation's class, as JSON. False: it has none (counted). */
typedef bool coco_category(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *out);

/*
 * Append the annotation of a sample, and write its PNG to FOLDER/NAME.png. *written: annotations that
 * are in it. False: there is nothing to write.
 */
bool coco_panoptic_write(struct exporter *ex, struct sample *s, const char *folder,
    struct span image_id, coco_category *category, struct buf *out, uint64_t *written);

#endif
