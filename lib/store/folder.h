/*
 * The files of a version while it is made: plain new files in a work area, and their checksums.
 */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "base/out.h"
#include "base/sha256.h"

struct folder_sum {
	char *name;
	unsigned char digest[SHA256_SIZE];
};

struct folder {
	char *dir;
	struct folder_sum *sum;
	size_t n, cap;
	bool many; /* synced all at once in folder_sync() and not one by one */
};

bool folder_open(struct folder *f, const char *dir);
void folder_release(struct folder *f);

/* Begin a file; folder_end() syncs it, notes its checksum in `digest` (may be NULL) and closes it. Both die on errors. */
void folder_begin(struct folder *f, const char *name, struct out *out);
void folder_end(struct folder *f, const char *name, struct out *out, unsigned char *digest);

void folder_rename(struct folder *f, const char *from, const char *to);

/* A whole file; `name` may have folders, which are made. */
void folder_put(struct folder *f, const char *name, struct span content);
/* It is not part of the version (any more). */
void folder_drop(struct folder *f, const char *name);

/* Write SHA256SUMS of all files, version.json last, and sync everything. */
void folder_seal(struct folder *f);

/* May a file of a version have this name? A relative path without ".." and control characters. */
bool folder_name_ok(struct span name);

#endif
