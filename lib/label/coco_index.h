/*
 * The first pass over a COCO file: where its images and annotations are. Only coco*.c use it.
 *
 * Annotations are not grouped by image, and there are more of them than memory has room for. So
 * the file is read as a stream once, and of each annotation only its place is kept (20
 * bytes, and about 16 for its id); the second pass reads their texts image by image.
 */
#ifndef LABEL_COCO_INDEX_H
#define LABEL_COCO_INDEX_H

#include "archive/tree.h"
#include "base/hashset.h"
#include "base/strmap.h"
#include "label/linepos.h"

struct importer;

struct coco_image {
	uint64_t offset : 63;   /* of its object in the file */
	uint64_t string_id : 1; /* its id is a string */
	uint32_t length;        /* 0: annotations name it, but it is not listed */
	uint32_t first, n;      /* of its annotations: by_image[first] to by_image[first + n - 1] */
};

struct coco_annotation {
	uint64_t offset : 63;
	uint64_t string_id : 1; /* image_id is a string */
	uint32_t length;
	uint32_t image; /* index; while the file is read it may be an id (coco_index.c) */
};

/* Members of annotations; of the ones before COCO_IMAGE_ID it is counted how many have them. */
enum coco_key {
	COCO_AREA,
	COCO_BBOX,
	COCO_CATEGORY_ID,
	COCO_ID,
	COCO_ISCROWD,
	COCO_COUNTED,
	COCO_IMAGE_ID = COCO_COUNTED,
	COCO_SEGMENTATION,
	COCO_KEYPOINTS,
	COCO_CAPTION,
	COCO_SCORE,
	COCO_OTHER,
};

enum coco_key coco_key(struct span key);

struct coco_index {
	const char *name; /* of the file, for messages; the caller's */
	struct tree_file file;
	struct linepos lines;
	struct strmap ids;   /* text of the id -> index into image */
	uint32_t *small_ids; /* the same for ids that are small numbers: index + 1, 0: none */
	size_t small_cap;
	struct coco_image *image;
	size_t images, images_cap;
	uint32_t *order; /* indices of the images as they are listed */
	size_t listed, listed_cap;
	struct coco_annotation *ann; /* in the order of the file */
	size_t n, cap;
	uint32_t *by_image; /* indices of the annotations: those of one image beside each other */
	struct hashset seen_ids; /* of annotations ... */
	uint64_t *seen_bits;     /* ... and of those that are small numbers, a bit each */
	size_t seen_cap;
	uint64_t have[COCO_COUNTED];
	struct buf categories, info, licenses; /* raw JSON; empty: not there */
	uint64_t categories_at;                /* their offset */
	struct buf extra;                      /* other members of the top level, as an object */
	bool results;                          /* the file is a bare list of detections */
	bool has_annotations;                  /* there is a list of them */
	uint64_t bad_images, bad_annotations;
};

/*
 * Read the file; what is wrong with it is said. False: nothing can be made of it, or the rest of
 * it: what came before is there.
 */
bool coco_index_read(
    struct coco_index *x, struct importer *im, const struct node *n, const char *name);
void coco_index_release(struct coco_index *x);

/* Texts of the file, which are read mostly forward. Start with an all-zero window. */
struct coco_window {
	struct buf text;
	uint64_t at;
};

/* Valid until the next call with this window. */
struct span coco_text(
    const struct coco_index *x, struct coco_window *w, uint64_t offset, uint32_t length);

#endif
