/*
 * encode.h: a picture as a file, in each of the kinds the samples have.
 */
#ifndef DS_SAMPLES_ENCODE_H
#define DS_SAMPLES_ENCODE_H

#include "picture.h"

#include <stdio.h>

enum kind {
	JPEG_COLOUR,
	JPEG_GREY,
	JPEG_PROGRESSIVE,
	PNG_RGB,
	PNG_GREY,
	PNG_PALETTE,
	PNG_ALPHA,
	PNG_16_BIT,
	BMP_24_BIT,
	BMP_PALETTE,
	KINDS
};

/* "jpg", "png" or "bmp", and the number of channels the kind keeps. */
const char *kind_extension(enum kind kind);
int kind_depth(enum kind kind);

/* Write the picture. An error of the library ends the program; look at ferror(out) for the rest. */
void encode(FILE *out, const struct picture *p, enum kind kind);

#endif
