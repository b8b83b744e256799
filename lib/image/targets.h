/*
 * Names of the new files: below the output folder, one for each source, the
 * same on every run.
 *
 * A record whose `id` is the end of its source's path (without extension) is
 * named by it, since that is its path below the dataset's root; any other by
 * the whole path of its source, without "/", "." and ".." parts, or by its
 * member path in an archive. The extension becomes .jpg. Where that name is
 * taken, "-2", "-3" ... follow.
 */
#ifndef IMAGE_TARGETS_H
#define IMAGE_TARGETS_H

#include "base/buf.h"
#include "base/hashset.h"

struct targets {
	struct hashset given; /* eight bytes a name; a clash of hashes only costs a needless "-2" */
};

/* Append the member path for a source; `id` may be SPAN_NONE. In the order of the stream. */
void targets_name(struct targets *t, struct span source, struct span id, struct buf *out);
void targets_release(struct targets *t);

#endif
