/*
 * The annotations of COCO as those of records: coco_annotation.c, for coco_read.c. What becomes of each member: coco.h.
 *
 * An annotation is left out, and counted, only when its class or its box makes no sense; any other value that is not
 * what COCO says is kept as it is, and said.
 */
#ifndef LABEL_COCO_ANNOTATION_H
#define LABEL_COCO_ANNOTATION_H

#include <string.h>

#include "json/write.h"
#include "label/coco.h"
#include "label/coco_index.h"
#include "label/coco_pictures.h"
#include "record/rle.h"

struct coco_category {
	char *name;  /* raw JSON */
	bool shared; /* two categories have this name: category_id is kept beside it */
};

/* A COCO file on its way to records. The reader sets what is not private. */
struct coco_reading {
	struct importer *im;
	struct coco_index x;
	struct coco_pictures pictures;
	struct coco_category *category;
	size_t n, cap;
	struct strmap ids;           /* text of a category's id -> index */
	bool unnamed;                /* there are no categories: ids are names */
	double width, height;        /* of this image; 0: unknown */
	bool optional[COCO_COUNTED]; /* most annotations have no such member */
	bool lines;                  /* the text that is looked at has several lines */

	/* private */
	struct coco_window anns;
	struct buf row;  /* one value on one line */
	struct buf text; /* the reader's as well, between calls */
	struct rle rle;  /* the mask that is looked at */
};

void coco_reading_release(struct coco_reading *r);

/* Append an annotation of the image, or the segments that it has; their number. */
uint64_t coco_put_annotation(struct coco_reading *r, struct buf *b, const struct coco_annotation *c,
    const struct coco_image *i);

/* ---- for members of images, too ---- */

/* A place in the file. */
struct pos coco_pos(struct coco_reading *r, uint64_t offset);

/* Line ends (and the white space around them) stand only in pretty files. */
static inline bool
coco_has_lines(struct span raw)
{
	return memchr(raw.p, '\n', raw.n) || memchr(raw.p, '\r', raw.n);
}

/* A value of the text that is looked at, on one line (r->lines: it may have several). Until the next call. */
static inline struct span
coco_one_line(struct coco_reading *r, struct span raw)
{
	if (!r->lines || !coco_has_lines(raw))
		return raw;
	buf_reset(&r->row);
	jw_compact(&r->row, raw);
	return buf_span(&r->row);
}

/* Append a member as it is, as "coco:KEY" when its name is `foreign`: it means something else in records. */
void coco_copy_member(
    struct coco_reading *r, struct buf *b, struct span key, struct span value, bool foreign);

/* A name of records (one of the n), or one that stands for such a name. */
static inline bool
coco_is_taken(struct span key, const char *const *taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (key.n > 0 && taken[i][0] == key.p[0] && span_is(key, taken[i]))
			return true;
	return span_starts(key, SPAN("coco:"));
}

#endif
