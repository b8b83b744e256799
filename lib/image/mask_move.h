/*
 * Masks of records (record/rle.h), turned and scaled with their picture.
 */
#ifndef IMAGE_MASK_MOVE_H
#define IMAGE_MASK_MOVE_H

#include "base/buf.h"
#include "image/turn.h"

/*
 * Append the raw JSON of a mask turned, then scaled by the nearest pixel, in the form in which it
 * came. False when it makes no sense: the runs do not add up to the size, or are no numbers.
 */
bool mask_move(struct span raw, struct turn turn, double sx, double sy, struct buf *out);

#endif
