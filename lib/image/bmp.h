/*
 * Windows and OS/2 bitmaps to pixels.
 *
 * Reads every variant that the BMP Suite calls good, and the questionable
 * ones that have a meaning: 1 to 32 bits, bit fields of any width, RLE4,
 * RLE8, RLE24, top-down, OS/2 headers of any length, V4 and V5 headers with
 * alpha and colour profile. A JPEG or PNG inside a BMP is handed back to the
 * caller. Not read: Huffman 1D and 64 bits a pixel.
 *
 * Source: Microsoft's BITMAPINFOHEADER to BITMAPV5HEADER; OS/2 2.0
 * BITMAPINFOHEADER2.
 */
#ifndef IMAGE_BMP_H
#define IMAGE_BMP_H

#include "image/image.h"

enum bmp_result { BMP_BAD, BMP_DECODED, BMP_EMBEDDED };

/* BMP_EMBEDDED: *inner is the JPEG or PNG file within. */
enum bmp_result bmp_decode(struct span file, const struct image_limits *lim, struct image *im,
    struct span *inner, struct finding *f);

#endif
