/* What supervisely_read.c and supervisely_write.c share: see supervisely.c. */
#ifndef LABEL_SUPERVISELY_H
#define LABEL_SUPERVISELY_H

#include "archive/tree.h"
#include "label/export.h"
#include "label/import.h"

enum { ID, CLASS, TYPE, POINTS, BITMAP, NODES, TAGS, LOGIN, CREATED, KEYS };

/* The members of an object that are known. */
extern const char *const supervisely_object_key[KEYS];

/* Is it a file of a picture: DATASET/ann/x.json, or the one file that was given? */
bool supervisely_is_annotation(const struct tree *t, const struct node *n);

/* ---- for both, since a writer looks at what would come back ---- */

/* The two points that a bbox gives. */
void supervisely_make_rectangle(struct buf *b, const struct span v[4]);
/* A rectangle's x, y, w, h; its last pixels are inside. */
bool supervisely_write_rectangle(struct buf *b, const struct span c[4]);
/* A bitmap's data and origin as an RLE behind b's text. */
bool supervisely_bitmap_to_rle(struct buf *b, struct span bitmap, double width, double height);
/* A graph: {"name":{"loc":[x,y]},...}. */
bool supervisely_read_nodes(struct buf *b, struct span nodes);
/* [{"name":"a","value":1}] as {"a":1}; *plain: that is all that the tags say. */
void supervisely_write_tags(struct buf *b, struct span tags, bool *plain);

void supervisely_read(struct importer *im);
extern const struct label_writer supervisely_writer;

#endif
