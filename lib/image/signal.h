/*
 * Quality signals and a fingerprint of a picture, from its luma at 1/8 of its
 * size. That small picture costs nothing for a JPEG that was scanned (its DC
 * values are it), and a mean over blocks of 8 x 8 for decoded pixels.
 *
 * Sharpness cannot be seen at 1/8: for a scanned JPEG it is the mean position
 * of the last coefficient of a block (0 to 63), which finds blur almost as
 * well as the full picture; for others it is not given.
 */
#ifndef IMAGE_SIGNAL_H
#define IMAGE_SIGNAL_H

#include <stdint.h>

#include "image/image.h"

struct signals {
	double brightness;  /* mean, 0 to 1 */
	double contrast;    /* standard deviation, 0 to 0.5 */
	double entropy;     /* of the grey levels, 0 to 8 bits */
	double dark, light; /* the 99th and the 5th percentile, 0 to 1 */
	double detail;      /* see above; -1: not known */
	double aspect;      /* shorter side by longer side */
	uint64_t
	    hash; /* difference hash: 8 x 8 bits, is a pixel darker than its right neighbour? */
};

/* Marks that signals give; thresholds are for 1/8 luma. signal_mark_name() has their words. */
enum signal_mark {
	MARK_DARK = 1 << 0,    /* 99th percentile below 0.32 */
	MARK_LIGHT = 1 << 1,   /* 5th percentile above 0.95 */
	MARK_UNIFORM = 1 << 2, /* entropy below 1 bit, or contrast below 0.01 */
	MARK_BLURRY = 1 << 3,  /* detail below 4 */
	MARK_ASPECT = 1 << 4,  /* aspect below 0.35 */
};

#define SIGNAL_MARKS 5

const char *signal_mark_name(int bit);

/* Luma of an RGB image at 1/`block` of its size (8, or 1), as an image of one channel. */
void signal_small(const struct image *im, uint32_t block, struct image *small);
/* The same for a band of a picture of w x h: make room first, then give the bands, y being the first row of each. */
void signal_begin(uint32_t w, uint32_t h, uint32_t block, struct image *small);
void signal_rows(const struct image *im, uint32_t block, uint32_t y, struct image *small);

/* Signals of a small grey picture; full_w x full_h is the size of the whole one. */
void signals_measure(
    const struct image *small, uint32_t full_w, uint32_t full_h, double detail, struct signals *s);

unsigned signals_marks(const struct signals *s);

#endif
