/*
 * A set of 64-bit hashes: "was this name there before?" at 11 to 21 bytes a name, without holding the names.
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
	uint64_t *slot; /* 0 = free; in the order of what the hashes are mixed to */
	size_t n, slots;
	unsigned shift; /* of that to its slot */
};

/* True when it is new. */
bool hashset_add(struct hashset *s, uint64_t hash);
bool hashset_has(const struct hashset *s, uint64_t hash);
/* It is asked for soon: a large set lies far from the processor. */
void hashset_expect(const struct hashset *s, uint64_t hash);
void hashset_release(struct hashset *s);

/* A hash of bytes, for sets in memory: machines may differ in it. Another `seed` gives another one. */
uint64_t hash_seeded(uint64_t seed, const void *p, size_t n);

#endif
