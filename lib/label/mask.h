/*
 * Masks that are pictures: PNG files with a number a pixel (palette index, grey level), and the
 * small PNGs that LabelMe and Supervisely put into their JSON.
 *
 * Decoding trusts nothing: at most MASK_PIXELS_MAX pixels, chunks of bounded size, libpng's errors
 * never leave here. Lack of memory ends the program, it is no fault of the data.
 */
#ifndef LABEL_MASK_H
#define LABEL_MASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/rle.h"

#define MASK_PIXELS_MAX ((uint64_t)1 << 28)

struct mask {
	uint32_t w, h;
	uint8_t *v; /* a byte a pixel, row by row; the holder frees it */
};

/*
 * Decode a PNG: palette index or grey level of each pixel; of a picture with transparency 0
 * where it is transparent, else 1; of a coloured one 0 where it is black. False: no PNG, damaged,
 * too large; *why says it.
 */
bool mask_read_png(struct span png, struct mask *m, const char **why);

/* A number a pixel. */
struct id_mask {
	uint32_t w, h;
	uint32_t *v; /* row by row; the holder frees it */
};

/*
 * Decode a PNG into numbers: palette index or grey level (to 16 bits), or, of a coloured one,
 * R + 256 G + 65536 B as in panoptic COCO. `colours`: of palettes and grey levels the colours are
 * taken, too. Transparency is passed over. False: as above.
 */
bool mask_read_ids(struct span png, bool colours, struct id_mask *m, const char **why);

/*
 * Does this PNG say by its colours what its pixels are, and not by their numbers? A coloured one does, and one
 * with a palette in which `number` has another colour than this, and some number has it.
 */
bool mask_is_by_colour(struct span png, uint32_t number, const uint8_t rgb[3]);

/* Append a PNG of 8 bit grey levels. */
void mask_write_png(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h);

/* An empty one to paint on. False: too large, or without extent. */
bool mask_start(struct id_mask *m, uint32_t w, uint32_t h);
/* Give the pixels of `r`, which has the same size, this number. How many had another one. */
uint64_t mask_paint(struct id_mask *m, const struct rle *r, uint32_t number);

/* Append a palette PNG of numbers below 256 in these colours. */
void mask_write_palette(struct buf *out, const struct id_mask *m, const uint8_t rgb[256][3]);
/* Append a PNG of one bit a pixel, not 0 white. */
void mask_write_bits(struct buf *out, const struct id_mask *m);

/* Colour number i of Pascal VOC: the bits of i, dealt out to red, green and blue. */
void mask_voc_colour(unsigned i, uint8_t rgb[3]);

/* Append an RGB PNG of numbers below 2^24. */
void mask_write_ids(struct buf *out, const struct id_mask *m);

/* Append a PNG of 0 and 1 (not 0) with a palette in which 0 is transparent. */
void mask_write_bitmap(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h);

/* PNG bytes (its pixels that are not 0, top left at x, y) as the RLE of a record. False: no PNG. */
bool mask_png_to_rle(
    struct buf *b, struct span png, double x, double y, double width, double height);

/*
 * The pixels of a record's RLE as PNG bytes, cut to their box (x y w h). `bitmap`: with a palette.
 * False: it is no RLE, or empty, or too large.
 */
bool mask_rle_to_png(struct buf *png, struct span rle, uint32_t box[4], bool bitmap);

/* zlib streams. `max`: bytes that may come out. False: damaged or larger. */
bool zlib_inflate(struct buf *out, struct span in, size_t max);
void zlib_deflate(struct buf *out, struct span in);

#endif
