/*
 * Sets of hashes: "was this name there before?" without holding the names.
 *
 * Two names with one hash are taken for the same. Of 64-bit hashes (hash_bytes(), about 16 bytes a name) that is one
 * chance in 10^7 among a million names; use a strmap where that would do harm. Of 128 bits (twice the memory) it is one
 * in 10^26, which does not happen.
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

struct hash128 {
	uint64_t a, b;
};

struct hashset128 {
	struct hash128 *slot; /* all zero = free */
	size_t n, slots;
	unsigned shift; /* of a hash's first half to its slot */
};

/* A hash of bytes, for sets in memory: machines may differ in it. Another `seed` gives another one. */
struct hash128 hash128_bytes(uint64_t seed, const void *p, size_t n);

/* It is asked for soon: a large set lies far from the processor. */
void hashset128_expect(const struct hashset128 *s, struct hash128 hash);
bool hashset128_add(struct hashset128 *s, struct hash128 hash);
bool hashset128_has(const struct hashset128 *s, struct hash128 hash);
void hashset128_release(struct hashset128 *s);

#endif
