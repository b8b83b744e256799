/*
 * picture.h: the paper and the brushes of the samples: 8-bit RGB pictures, textured backgrounds,
 * four shapes.
 *
 * Integer arithmetic and one random generator, so that every machine draws the same pixels.
 */
#ifndef DS_SAMPLES_PICTURE_H
#define DS_SAMPLES_PICTURE_H

#include <stdint.h>

struct picture {
	int w, h;
	uint8_t *rgb; /* w * h * 3 bytes, top row first; owned */
};

/* The pixels a shape covers, both ends included, counted from 0. */
struct box {
	int x0, y0, x1, y1;
};

enum shape { CIRCLE, SQUARE, TRIANGLE, STAR, SHAPES };

extern const char *const shape_names[SHAPES];

/* A number from lo to hi, both included. The state is never 0. */
int random_in(uint32_t *state, int lo, int hi);

/*
 * A picture with a textured background. Ends the program when there is no memory; free with
 * picture_release().
 */
void picture_init(struct picture *p, int w, int h, uint32_t *state);
void picture_release(struct picture *p);

/* The box of the shape around (cx, cy), r pixels to each side, cut off at the picture's edge. */
struct box shape_box(const struct picture *p, enum shape shape, int cx, int cy, int r);

void draw_shape(struct picture *p, enum shape shape, int cx, int cy, int r, const uint8_t rgb[3]);

#endif
