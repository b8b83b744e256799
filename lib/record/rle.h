/*
 * Masks as runs, and their forms in label files.
 *
 * A record holds a mask as COCO does, {"size":[h,w],"counts":...}: pixels column by column, runs
 * that begin with zeros; `counts` is a list of lengths, or a string in which each length is a
 * signed number (from the fourth run on the difference to the run two before) in groups of 5
 * bits, lowest first, bit 5 for "more follows", plus 48. Other orders, bitmaps and polygons are
 * turned into that and back here.
 *
 * Rules from cocodataset/cocoapi, common/maskApi.c. Nothing here trusts a size: a mask has at
 * most 2^32-1 pixels as runs, and at most RLE_BITS_MAX when it must be a bitmap.
 */
#ifndef RECORD_RLE_H
#define RECORD_RLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define RLE_BITS_MAX ((uint64_t)1 << 28)

struct rle {
	uint32_t h, w;
	uint32_t *run; /* run[0] zeros, run[1] ones ...; the sum is h * w */
	size_t n, cap;
};

void rle_release(struct rle *r);
/* An empty one of this size, to be filled with rle_push(). False: too large. */
bool rle_start(struct rle *r, uint64_t h, uint64_t w);
/* `length` more pixels of value `bit`. */
void rle_push(struct rle *r, bool bit, uint32_t length);

/* From the JSON of a record. NULL, or what is wrong with it. */
const char *rle_parse(struct rle *r, struct span json);
/* The same mask (whatever the form of the counts)? */
bool rle_same(struct span a, struct span b);
/* The whole JSON object. */
void rle_write(struct buf *b, const struct rle *r, bool compressed);
/* Only the counts of the compressed form, as they stand in a JSON string. */
void rle_write_string(struct buf *b, const struct rle *r);

uint64_t rle_area(const struct rle *r);
/* x y w h of the pixels that are set; all 0 when there are none. */
void rle_box(const struct rle *r, uint32_t box[4]);

/*
 * A rectangle of the mask as one byte a pixel (0, 1), row by row; the caller frees it. NULL: too
 * large. box as rle_box() gives it.
 */
uint8_t *rle_bits(const struct rle *r, const uint32_t box[4]);

/*
 * The mask of size h, w in which the pixels (row by row, not 0: set) of a bw * bh bitmap lie with
 * their top left at x, y; what is outside is cut off. False: too large.
 */
bool rle_from_bits(struct rle *r, uint64_t h, uint64_t w, const uint8_t *bits, int64_t x, int64_t y,
    uint32_t bw, uint32_t bh);

/* A polygon (n points, x and y in turn) as COCO fills it. False: too large. */
bool rle_from_polygon(struct rle *r, uint32_t h, uint32_t w, const double *xy, size_t n);
/* r becomes the union with b, or what of r is not in b; both have the same size. */
void rle_merge(struct rle *r, const struct rle *b);
void rle_cut(struct rle *r, const struct rle *b);

/*
 * The outlines along the edges of pixels as the value of "polygon": outer rings clockwise, each
 * followed by its holes, counterclockwise; `holes` (may be NULL) gets the list of their indices.
 * COCO's rule fills them to the same mask again. False: too large.
 */
bool rle_write_polygon(struct buf *b, struct buf *holes, const struct rle *r);

#endif
