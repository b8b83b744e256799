/*
 * The RLE of Label Studio's brush: the rle-pack scheme of thi.ng over the RGBA bytes of a picture.
 *
 * A bit stream, highest bit first: 32 bits number of words, 5 bits word size - 1, four times 4 bits
 * size of run lengths - 1; then until all words are there 1 bit (1: one word repeated), 2 bits
 * which size, run length - 1, and the word or words. A pixel is set when its alpha is not 0.
 */
#ifndef LABEL_BRUSH_H
#define LABEL_BRUSH_H

#include "record/rle.h"

/* From the JSON list of bytes. NULL, or what is wrong. */
const char *brush_decode(struct rle *r, struct span list, uint32_t width, uint32_t height);

/* Write the JSON list of bytes. False: too large. */
bool brush_encode(struct buf *b, const struct rle *r);

#endif
