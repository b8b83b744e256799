/*
 * Where the pictures of a COCO file are: coco_pictures.c, for the reader.
 *
 * A file names them without their folder. They lie beside it, or where COCO and its followers put them: for
 * annotations/instances_train2017.json in ../train2017/, ../images/train2017/, images/, ../images/, ../, data/ and so
 * on. Where the first one is found, there are all; when it is nowhere they are taken to be beside the file.
 */
#ifndef LABEL_COCO_PICTURES_H
#define LABEL_COCO_PICTURES_H

#include "archive/tree.h"

/* All of it is private. */
struct coco_pictures {
	const struct tree *tree;
	const char *file;   /* as a member path */
	struct span folder; /* of it */
	char *base;         /* where pictures are, beside `folder`; NULL: not looked for yet */
	struct buf source;
};

void coco_pictures_init(struct coco_pictures *p, const struct tree *t, const struct node *file);
void coco_pictures_release(struct coco_pictures *p);

/* Append the source of the picture of that name. */
void coco_picture_source(struct coco_pictures *p, struct span name, struct buf *out);

/*
 * The source of a PNG of segments (coco_panoptic.h): it lies in the folder that the file is named like, or beside
 * the file. The caller frees it.
 */
char *coco_segment_picture(struct coco_pictures *p, struct span name);

#endif
