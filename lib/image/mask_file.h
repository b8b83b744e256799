/*
 * Masks that are pictures of their own: a PNG whose samples are numbers of
 * classes or objects and not colours. It is turned and scaled like the
 * picture it belongs to; every sample keeps its value, so the nearest one is
 * taken and none are mixed.
 */
#ifndef IMAGE_MASK_FILE_H
#define IMAGE_MASK_FILE_H

#include "image/image.h"
#include "image/turn.h"

/*
 * Append a PNG of the same kind (palette, grey, RGB ...; 8 or 16 bits) turned and
 * then scaled. False: it is no PNG that can be read; *f says why.
 */
bool mask_file_move(struct span file, struct turn turn, double sx, double sy,
    const struct image_limits *lim, struct buf *out, struct finding *f);

#endif
