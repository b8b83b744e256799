/*
 * The Croissant 1.1 description (JSON-LD) of a packed version.
 *
 * Source: MLCommons, "Croissant Format Specification", version 1.1.
 */
#ifndef STORE_CROISSANT_H
#define STORE_CROISSANT_H

#include "base/sha256.h"
#include "store/describe.h"

/* What a version does not know of itself; NULL: not said. */
struct croissant_about {
	const char *name, *license, *url, *creator;
};

/* Files of the package, in the order of their names. */
struct croissant_file {
	char *name;
	uint64_t bytes;
	unsigned char digest[SHA256_SIZE];
	const char *type; /* encodingFormat */
};

struct croissant_files {
	struct croissant_file *v;
	size_t n, cap;
};

void croissant_add(struct croissant_files *f, const char *name, uint64_t bytes,
    const unsigned char *digest, const char *type);
void croissant_release(struct croissant_files *f);

/*
 * Append the description. `records` names the file of records (JSON Lines) in the package; NULL: the files are shards
 * (tar) with a .json a sample.
 */
void croissant_write(struct buf *b, const struct version_info *v,
    const struct croissant_about *about, const struct croissant_files *files, const char *records);

#endif
