/*
 * Colours to sRGB: ICC profiles (through lcms2, where it was built in),
 * PNG's gamma, transparency.
 */
#ifndef IMAGE_COLOUR_H
#define IMAGE_COLOUR_H

#include "image/image.h"

/* Transforms that were made, by profile; one a thread. */
struct colours;

struct colours *colours_new(void);
void colours_free(struct colours *c);

enum profile_use {
	PROFILE_NONE,    /* there is none, or it means sRGB */
	PROFILE_CONVERT, /* the pixels have to be converted */
	PROFILE_IGNORED, /* broken, not for such pixels, or no lcms2 */
};

enum colour_model { MODEL_RGB, MODEL_GREY, MODEL_INKS }; /* inks: CMYK, 255 = none */

/* What a profile asks for. A profile counts as sRGB when its name says so or it changes no colour by 2 or more. */
enum profile_use colours_profile(struct colours *c, struct span icc, enum colour_model model);

/*
 * Make the pixels of `im` sRGB with im->icc or im->gamma, and three channels; what was done goes to
 * `notes`. Pixels of MODEL_INKS without a profile are multiplied out.
 */
void colours_convert(struct colours *c, struct image *im, enum colour_model model, uint32_t *notes);

/* Lay a picture with alpha over a background; one that is opaque everywhere only loses the channel. */
void image_flatten(struct image *im, const unsigned char background[3], uint32_t *notes);

/* "lcms2 2.14", or NULL when it is not built in. */
const char *colours_library(void);

#endif
