/*
 * Taking things out of a store: versions, and objects that no version needs.
 */
#ifndef STORE_MANAGE_H
#define STORE_MANAGE_H

#include "store/store.h"

/*
 * Delete a version: it is moved aside by one rename, a tombstone keeps its number from being given again, then its files
 * go. Refused (rule "in-use", status 1) when it is the current one, the parent of another or tagged, unless `force`;
 * then tags go too and the newest other version becomes the current one. The store must be open for
 * STORE_EXCLUSIVE. False: not deleted; said so.
 */
bool store_delete(const struct store *s, const char *name, bool force);

struct gc_result {
	uint64_t kept, garbage; /* objects */
	uint64_t bytes;         /* of the garbage */
	uint64_t areas;         /* work areas that were left behind */
};

/*
 * Find the objects that no version refers to; remove them only with `remove`. False: a version could not be read,
 * so nothing was removed; said so.
 */
bool store_gc(const struct store *s, bool remove, struct gc_result *result);

#endif
