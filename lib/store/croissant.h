/*
 * The Croissant description of a packed version.
 */
#ifndef STORE_CROISSANT_H
#define STORE_CROISSANT_H

#include "base/sha256.h"
#include "record/croissant.h"
#include "store/describe.h"

/* Files of the package, in the order of their names. */
struct packed_file {
	char *name;
	uint64_t bytes;
	unsigned char digest[SHA256_SIZE];
	const char *type; /* encodingFormat */
};

struct packed_files {
	struct packed_file *v;
	size_t n, cap;
};

void packed_add(struct packed_files *f, const char *name, uint64_t bytes,
    const unsigned char *digest, const char *type);
void packed_release(struct packed_files *f);

/*
 * Append the description; of `about` version and date are the version's, and the description, too, when there is none.
 * `records` names the file of records (JSON Lines) in the package; NULL: the files are shards
 * (tar) with a .json a sample.
 */
void version_croissant(struct buf *b, const struct version_info *v,
    const struct croissant_about *about, const struct packed_files *files, const char *records);

#endif
