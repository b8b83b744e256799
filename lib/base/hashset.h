/*
 * A set of 64-bit hashes (hash_bytes()): "was this name there before?" at about 16 bytes a name.
 *
 * Two names with one hash are taken for the same: one chance in 10^7 among a million names. Use a
 * strmap where that would do harm.
 */
#ifndef BASE_HASHSET_H
#define BASE_HASHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hashset {
	uint64_t *slot; /* 0 = free */
	size_t n, slots;
};

/* True when it is new. */
bool hashset_add(struct hashset *s, uint64_t hash);
bool hashset_has(const struct hashset *s, uint64_t hash);
void hashset_release(struct hashset *s);

#endif
