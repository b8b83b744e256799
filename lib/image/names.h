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
#ifndef IMAGE_NAMES_H
#define IMAGE_NAMES_H

#include "base/buf.h"

struct names {
	uint64_t *slot; /* hashes of the names given, 0 = free: eight bytes a name */
	size_t slots, n;
};

#define NAMES_INIT \
	{ \
		NULL, 0, 0 \
	}

/* Append the member path for a source; `id` may be SPAN_NONE. In the order of the stream. */
void names_give(struct names *names, struct span source, struct span id, struct buf *out);
void names_release(struct names *names);

#endif
