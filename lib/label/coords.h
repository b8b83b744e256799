/*
 * Coordinates between the forms of label files and those of records, as text: a number that is
 * not computed keeps its digits, and a far edge becomes a width and comes back digit for digit
 * (decimal.h).
 *
 * Where the sum would come back in other digits (12.5 + 0.25 against "12.750"), or corners were
 * given in another order, an annotation carries them beside its bbox, as
 *
 *	"corners":[x0,y0,x1,y1]
 *
 * Writers of corners prefer these as long as they say the same as the bbox.
 */
#ifndef LABEL_COORDS_H
#define LABEL_COORDS_H

#include "label/export.h"

/* Write the members bbox (and corners) for x0 y0 x1 y1. False: one is no number. */
bool coords_read_corners(struct buf *b, const struct span c[4]);

/* The four texts of a box; they live until the next call with the same struct. */
struct corners {
	struct span v[4]; /* x0 y0 x1 y1 or x y w h */
	struct buf b;
};

/*
 * The corners of an annotation's box in pixels (export_box()), in the texts they came with. False:
 * it has none.
 */
bool coords_corners(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct corners *c);
/* The same as x, y, w, h. */
bool coords_box(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct corners *c);
/*
 * Its corners as parts of width and height. False: it has none, or the size that is needed is
 * unknown.
 */
bool coords_ratio_corners(
    struct exporter *ex, struct sample *s, const struct annotation *a, struct corners *c);
void corners_release(struct corners *c);

/* [[x,y],...] as flat [x,y,...]; `v` (may be NULL) goes behind each pair. Points, or -1. */
long coords_flatten(struct buf *b, struct span pairs, const char *v);
/* Flat [x,y,...] with `stride` numbers a point as [[x,y],...]. Points, or -1. */
long coords_pair(struct buf *b, struct span flat, size_t stride);

/*
 * The annotation in pixels: itself, or, of one in parts of width and height, a copy whose shapes
 * were multiplied; their text is in `text`, the members are those of `a`. False: the size is not known
 * (that was counted).
 */
bool coords_pixels(struct exporter *ex, struct sample *s, const struct annotation *a,
    struct annotation *out, struct buf *text);

/* A number that was computed: with --decimals, else shortest. */
void coord_number(struct buf *b, const struct label_options *opt, double v);

/*
 * x + w/2 (sign 1) or x - w/2 (sign -1), exact where the digits allow it, without zeros at the end.
 * False: no numbers.
 */
bool coords_half(struct buf *b, struct span x, int sign, struct span w);

/*
 * An ellipse (cx, cy, rx, ry, degrees clockwise): records have none, so it is a polygon of 48 points
 * and keeps its numbers beside it, as "ellipse":[...]. False: one is no number.
 */
bool coords_write_ellipse(struct buf *b, const struct span e[5]);
/* The ellipse of an annotation, when its polygon still is that. */
bool coords_ellipse(const struct annotation *a, struct span e[5]);

/* The class as one word: blanks become underscores (a loss); one that has none is `nameless`. */
struct span coords_word(struct exporter *ex, const struct sample *s, const struct annotation *a,
    const char *nameless, struct buf *scratch);

/* All points of its polygon in pixels, x and y in turn; *n of them. NULL: none. free() it. */
double *coords_polygon(const struct sample *s, const struct annotation *a, size_t *n);

/* A member beside the known fields; SPAN_NONE: it has none. */
struct span ann_member(const struct annotation *a, const char *key);

/* Walk the rings of a polygon: false at the end. Begin with *rest = the polygon's raw value. */
bool coords_ring(struct span *rest, struct span *ring);
/* Is ring number `index` (from 0) of its polygon a hole? The member "holes" lists them. */
bool coords_is_hole(const struct annotation *a, size_t index);
/*
 * The same without holes, for formats in which each ring is a shape of its own. Begin with
 * *index = 0.
 */
bool coords_part(const struct annotation *a, struct span *rest, size_t *index, struct span *ring);

/* Does its bbox say something else than the hull of its other shapes? (a loss where one is kept) */
bool coords_bbox_differs(const struct annotation *a);

#endif
