/*
 * PNG to pixels.
 *
 * libpng reads every kind; 8-bit pictures without interlacing go through
 * png_plain.c where libdeflate is there, for the same pixels in half the
 * time. 16 bits become 8 by rounding, palettes and few bits are expanded, a
 * transparent colour becomes alpha. bKGD is ignored. Of an animation the
 * default image is read.
 *
 * A picture whose last chunk (IEND) is missing, or in which the checksum of
 * a chunk that carries no pixels is wrong, is taken, with a note.
 *
 * Source: PNG specification, third edition (W3C).
 */
#ifndef IMAGE_PNG_H
#define IMAGE_PNG_H

#include "image/image.h"

bool png_decode(
    struct span file, const struct image_limits *lim, struct image *im, struct finding *f);

/* ---- for png*.c ---- */

/* What the chunks say, before any is unpacked. */
struct png_chunks {
	uint32_t w, h;
	int depth, colour; /* as in IHDR */
	bool interlaced, animated;
	bool transparent, profile, srgb; /* tRNS, iCCP, sRGB are there */
	bool standard;       /* compression and filter methods are the only ones there are */
	uint32_t gamma;      /* gAMA times 100000; 0: none */
	struct span palette; /* PLTE; p NULL: none */
	bool idat;
	bool idat_cut;    /* the file ends in an IDAT */
	struct span exif; /* eXIf; p NULL: none */
	size_t end;       /* of IEND; 0: it is missing */
};

/*
 * The fast way for plain kinds. False: it is no such kind, or something is odd about it: then
 * libpng shall look.
 */
bool png_plain(struct span file, const struct png_chunks *c, struct image *im);

/* "libdeflate 1.14", or NULL when it is not built in. */
const char *png_plain_library(void);

#endif
