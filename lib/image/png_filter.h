/*
 * PNG's row filters undone, for png_plain.c.
 *
 * Source: PNG specification, 9.2.
 */
#ifndef IMAGE_PNG_FILTER_H
#define IMAGE_PNG_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Undo filter number `filter` of a row of `n` bytes with `bpp` bytes a pixel (1 to 4): from `in` and
 * the row above, `up` (zeros for the first), to `out`. Four bytes behind `in` and `up` may be
 * read. False: there is no such filter.
 */
bool png_unfilter(int filter, const unsigned char *in, const unsigned char *up, unsigned char *out,
    size_t n, size_t bpp);

#endif
