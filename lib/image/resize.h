/*
 * Shrinking pictures.
 *
 * Each new pixel is the mean of the old ones below a bicubic bell (Catmull-Rom)
 * as wide as the new pixel, so nothing aliases. In whole numbers, so the same
 * on every machine.
 */
#ifndef IMAGE_RESIZE_H
#define IMAGE_RESIZE_H

#include "image/image.h"

/*
 * The size of w x h when it must fit into fit_w x fit_h (0: any): never larger than it is, at least
 * 1, its shape kept to the nearest pixel. True when it has to shrink.
 */
bool fit_size(
    uint32_t w, uint32_t h, uint32_t fit_w, uint32_t fit_h, uint32_t *new_w, uint32_t *new_h);

/* Shrink to w x h (both no larger than they are). `spare` is room to work in. Three channels. */
void image_shrink(struct image *im, uint32_t w, uint32_t h, struct image *spare);

#endif
