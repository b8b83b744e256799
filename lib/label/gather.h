/*
 * Texts gathered by key: the annotations of pictures whose rows are scattered over a file, or over
 * several. Beyond 32 MiB the texts lie in a file without a name; memory holds the keys and 24
 * bytes a run of texts of one key.
 */
#ifndef LABEL_GATHER_H
#define LABEL_GATHER_H

#include "base/strmap.h"
#include "base/buf.h"

struct gather_group {
	size_t first, last; /* chunks, from 1; 0: none yet */
	uint64_t count;     /* texts */
};

struct gather {
	struct strmap keys; /* in order of appearance; its value is the group's index */
	struct gather_group *group;
	size_t n, cap;
	struct gather_chunk *chunk;
	size_t chunks, chunk_cap;
	struct buf recent; /* not in the file yet */
	uint64_t written;  /* bytes in the file */
	int fd;
};

void gather_init(struct gather *g);
void gather_release(struct gather *g);

/* The group of a key, which is made when it is new. */
size_t gather_group(struct gather *g, struct span key, bool *is_new);
/* One more text; a comma goes between two of a group. */
void gather_add(struct gather *g, size_t group, struct span text);
/* Append all texts of a group. */
void gather_read(const struct gather *g, size_t group, struct buf *out);

#endif
