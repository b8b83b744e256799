/*
 * The contents of a version's files, kept in the store by their SHA-256.
 *
 * Everything new is written under a temporary name (a shared copy where the file system can, else a real
 * one, a hard link on request), synced at once, renamed, and synced again. So an object that has its name
 * is whole, whatever happened. A hard link to a file that was there when the last sync began gets its name at once.
 *
 * STORE/objects/stat remembers which file (device, inode, size, times) had which content, so the next
 * snapshot reads only what changed. It may be removed at any time.
 */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "base/sha256.h"
#include "store/pool.h"
#include "store/store.h"

struct snapshot_options {
	bool link;     /* hard links: an edit of the file in place would damage the object */
	bool paranoid; /* read all files, also those that look unchanged */
	int jobs;
};

/* What a file holds. */
struct content {
	unsigned char digest[SHA256_SIZE];
	uint64_t bytes;
	bool known; /* false: it is no file (a URI, a text) */
};

/* What the masks of samples hold: in the order of the samples, and of the different masks of each (files.h). */
struct side_content {
	size_t sample;
	struct content content;
};

struct side_contents {
	struct side_content *v;
	size_t n, cap;
};

struct snapshot_counts {
	uint64_t files, bytes;       /* of all samples */
	uint64_t added, added_bytes; /* new objects */
	uint64_t unread;             /* files that were not read because they had not changed */
	uint64_t no_file;            /* sources that are no files */
};

/* Objects that are written and do not have their names yet. */
struct staged {
	unsigned char (*v)[SHA256_SIZE];
	size_t n, cap;
};

/*
 * Take the files of all samples of a pool into the store: content[i] of each sample, those of its masks in `sides`
 * (the caller frees sides->v), and what is new under temporary names. False: a file could not be read or is not what its record says; each was said.
 */
bool snapshot_take(const struct store *s, const struct work *w, const struct pool *p,
    const struct snapshot_options *o, struct content *content, struct side_contents *sides,
    struct staged *staged, struct snapshot_counts *counts);

/* Sync, give them their names, sync. Dies when it cannot. */
void snapshot_publish(const struct store *s, const struct work *w, const struct snapshot_options *o,
    struct staged *staged);

/* Remove what was not published and free `staged`. */
void snapshot_drop(const struct store *s, const struct work *w, const struct snapshot_options *o,
    struct staged *staged);

#endif
