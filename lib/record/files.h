/*
 * The files that a sample names: its source, and the masks of its annotations.
 */
#ifndef RECORD_FILES_H
#define RECORD_FILES_H

#include "base/buf.h"

/* Raw JSON values, inside the line; SPAN_NONE: absent. */
struct named_file {
	struct span source, sha256, bytes;
	struct span object; /* of a mask: {"source":..., ...}; of the sample itself: SPAN_NONE */
	size_t number; /* of its source: the same sources of a sample have one number, from 0 */
	bool first;    /* of its number */
};

/* v[0] is the sample's own file. Start with an all-zero one. */
struct named_files {
	struct named_file *v;
	size_t n, cap;
	size_t sources; /* different ones */
};

/* Find the files in the line of a sample; it must outlive the result. */
void files_find(struct named_files *f, struct span line);
void files_release(struct named_files *f);

/* Append the line with what put(ctx, out, i) appends in the place of the object of v[i], for each i from 1. */
void files_replace(struct buf *out, struct span line, const struct named_files *f,
    void (*put)(void *ctx, struct buf *out, size_t i), void *ctx);

/* For put(): the object of `file`, whose source is now called `name`; as it was when that is NULL. */
void files_put_object(struct buf *out, const struct named_file *file, const char *name);

#endif
