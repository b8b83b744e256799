/*
 * The orientation tag of EXIF metadata.
 *
 * Source: EXIF 2.32, 4.6.4 (tag 0x0112 of IFD0, values 1 to 8); TIFF 6.0 for
 * the frame.
 */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include "base/span.h"

/*
 * `tiff` is what stands after "Exif\0\0" in a JPEG, or in PNG's eXIf: 1 to 8, and 1 when
 * there is none or it makes no sense. *at (may be NULL) is the offset of its value, 0: none.
 */
int exif_orientation(struct span tiff, size_t *at);

/* Set the orientation to 1, where there is one. */
void exif_set_upright(char *tiff, size_t n);

#endif
