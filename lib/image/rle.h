/*
 * Masks as run lengths (COCO's RLE), turned and scaled.
 *
 * {"size":[h,w],"counts":...}: runs of 0 and 1 in turn, beginning with 0, down
 * the columns. `counts` is a list of numbers, or a string in which each number
 * (from the fourth on: its difference to the one two before it) is written in groups of five bits,
 * lowest first, plus 48, with 32 for "more follows".
 *
 * Source: cocoapi, common/maskApi.c (rleToString, rleFrString).
 */
#ifndef IMAGE_RLE_H
#define IMAGE_RLE_H

#include "base/buf.h"
#include "image/turn.h"

/*
 * Append the raw JSON of a mask turned, then scaled by the nearest pixel, in the form in which it
 * came. False when it makes no sense: the runs do not add up to the size, or are no numbers.
 */
bool rle_move(struct span raw, struct turn turn, double sx, double sy, struct buf *out);

#endif
