/*
 * Unique names for the files of an export.
 *
 * Remembers 64-bit hashes instead of names (16 bytes a name or less): two names with one hash
 * would only give a number to a name that needed none.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include "base/buf.h"

struct name_set {
	uint64_t *slot; /* 0 = free */
	size_t slots, n;
};

/*
 * Append to `out` a name for `stem` that was not given before in this scope: the stem itself,
 * else "stem-2", "stem-3" ... Makes a file name of it: no '/', never empty, "." or "..".
 */
void names_take(struct name_set *set, struct span scope, struct span stem, struct buf *out);
void names_release(struct name_set *set);

#endif
