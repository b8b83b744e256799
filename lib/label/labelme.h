/* What labelme_read.c and labelme_write.c share: see labelme.c. */
#ifndef LABEL_LABELME_H
#define LABEL_LABELME_H

#include "archive/tree.h"
#include "label/export.h"
#include "label/import.h"

enum { S_LABEL, S_POINTS, S_GROUP, S_DESCRIPTION, S_TYPE, S_FLAGS, S_MASK, S_KEYS };

/* The members of a shape that are known, in the order in which labelme writes them. */
extern const char *const labelme_shape_key[S_KEYS];

/* ---- for both, since a writer looks at what would come back ---- */

/* A mask is a PNG of what is inside its two corners: as an RLE behind `b`. */
bool labelme_mask_to_rle(
    struct buf *b, struct span mask, struct span points, double width, double height);

/* Two points as four texts. */
bool labelme_two_points(struct buf *scratch, struct span points, struct span c[4]);

void labelme_read(struct importer *im);
extern const struct label_writer labelme_writer;

#endif
