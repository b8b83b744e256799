/*
 * Labels that follow the pixels: what turning and resizing a picture does to
 * the geometry of its record.
 *
 * Every shape is moved by the map of a point: transpose, mirror, scale, each
 * axis by the exact ratio of the sizes. The whole picture is kept, so what lay
 * inside its frame lies inside afterwards and nothing is clipped; a box that
 * leaves the frame leaves it as before. Left and right keypoints keep their
 * names: it was the picture that was stored mirrored, not the scene.
 */
#ifndef IMAGE_LABELS_H
#define IMAGE_LABELS_H

#include "image/image.h"
#include "image/turn.h"
#include "record/record.h"

enum label_space { SPACE_AUTO, SPACE_RAW, SPACE_UPRIGHT };

struct label_map {
	struct turn turn;
	double w, h;   /* of the picture, turned, before it was scaled */
	double sx, sy; /* scale of each axis */
	/*
	 * Moves a mask that is a picture of its own: appends the new value of "mask". NULL: a label
	 * that has one cannot follow.
	 */
	bool (*mask)(void *ctx, const struct label_map *m, struct span raw, struct buf *out,
	    struct buf *why);
	void *ctx;
};

/*
 * In which frame is the geometry of a record whose picture is stored as w x h with this EXIF
 * orientation: SPACE_RAW, SPACE_UPRIGHT, or SPACE_AUTO when that cannot be told. A record without
 * geometry is SPACE_RAW.
 */
enum label_space labels_space(const struct record *r, uint32_t w, uint32_t h, int orientation);

bool labels_map_is_identity(const struct label_map *m);

/*
 * Append the record's annotation list with its geometry moved; all that is not geometry stays as
 * it is, byte for byte. False: a shape could not be moved (an RLE or a number that makes no sense);
 * *why says what is wrong.
 */
bool labels_move(
    const struct record *r, const struct label_map *m, struct buf *out, struct buf *why);

#endif
