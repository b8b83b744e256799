/*
 * What the files of the COCO family share: coco.c (the table's entry, and detecting), coco_read.c, coco_write.c.
 *
 * How COCO is held in records (labels.md 6; ds-formats(7)): every member of an image and of an
 * annotation stands in the record in its own order, with its own text, under
 * the record's name for it:
 *
 *	image       id, width, height as they are; all others under their own names
 *	annotation  category_id -> "name"; image_id is left out, it is the sample's id;
 *	            segmentation -> "polygon" (a list of rings) or "rle" (an object);
 *	            caption -> "text"; score -> "confidence"; all others under their own names
 *
 * A member whose name means something else in a record goes by "coco:NAME", and so does a value that
 * is not of the kind that the record's field must be. The header has classes (the
 * categories as they are), info, licenses, and under "coco" other members of the top level.
 */
#ifndef LABEL_COCO_H
#define LABEL_COCO_H

#include "label/label.h"

struct exporter;
struct importer;

/* Panoptic COCO is a format of its own: the same files, with segments (coco_panoptic.h). */
int coco_panoptic_detect(const struct tree *tree, struct buf *why);

/* Do these first bytes of a JSON file look like one of COCO? */
bool coco_is_file(struct span head);

void coco_read(struct importer *im);
int coco_detect(const struct tree *tree, struct buf *why);

/* What COCO holds of this stream: annotations without a shape only when they were COCO's already. */
uint64_t coco_holds(const struct exporter *ex);

extern const struct label_writer coco_writer, coco_panoptic_writer;

#endif
