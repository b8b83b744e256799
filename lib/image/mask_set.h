/*
 * The masks of one record that are files of their own: read, moved like the
 * picture (mask_file.h) and named beside its new file, STEM-mask-1.png, -2 ...
 * Labels that share a mask share its new file.
 */
#ifndef IMAGE_MASK_SET_H
#define IMAGE_MASK_SET_H

#include "image/image.h"
#include "image/labels.h"
#include "image/output.h"

struct moved_mask {
	char *source, *name; /* of the old file; of the new one, for output.h */
	struct buf bytes;    /* of the new one */
};

/* Start with an all-zero one; the fields above the line are the caller's to set. */
struct mask_set {
	const struct output *output;
	const struct image_limits *lim;
	uint64_t max_bytes;  /* of one old file */
	struct span picture; /* name of the picture's new file */
	/* ---- */
	struct moved_mask *v;
	size_t n, cap;
};

/*
 * label_map.mask (labels.h), with the set as its ctx: append the "mask" with its new file as
 * source. False: it cannot be moved; *why says so. Only a failing machine ends the program.
 */
bool mask_set_move(
    void *set, const struct label_map *m, struct span raw, struct buf *out, struct buf *why);

/* Forget the masks, keeping the room; or give that back, too. */
void mask_set_reset(struct mask_set *s);
void mask_set_release(struct mask_set *s);

#endif
