/*
 * The eight orientations of EXIF as operations: what has to be done to the
 * stored picture to see it upright.
 *
 * Every one is a transposition (or not) followed by mirroring left and right
 * (or not) and top and bottom (or not); the same three flags turn pixels,
 * coefficients, masks and labels.
 */
#ifndef IMAGE_TURN_H
#define IMAGE_TURN_H

#include <stdbool.h>

#include "image/image.h"

struct turn {
	bool transpose; /* first: (x, y) becomes (y, x) */
	bool mirror_x;  /* then x becomes width - x, in the new width */
	bool mirror_y;
};

struct turn turn_of(int orientation);

/* Turn the pixels of `im`; `spare` is room to work in, and holds the old pixels afterwards. */
void image_turn(struct image *im, int orientation, struct image *spare);

#endif
