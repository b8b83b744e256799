/*
 * A map from strings to numbers: class names to indices, file names to records.
 *
 * Keys are copied into blocks that the map owns; they keep their address
 * until strmap_release(), and a NUL follows each. Entries are numbered in order of insertion, so
 * iterating over 0..n-1 is deterministic.
 */
#ifndef BASE_STRMAP_H
#define BASE_STRMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct strmap_entry {
	struct span key;
	uint64_t value;
	uint64_t hash; /* private: another one in each run */
};

struct strmap {
	struct strmap_entry *e; /* in order of insertion */
	size_t n, cap;
	uint32_t *slot; /* index + 1 into e, 0 = free */
	size_t slots;   /* power of two */
	struct strmap_block *blocks;
	uint64_t seed; /* of the hashes */
};

#define STRMAP_INIT \
	{ \
		NULL, 0, 0, NULL, 0, NULL, 0 \
	}

/* The entry of `key`, NULL when there is none. Valid until the next insertion. */
struct strmap_entry *strmap_find(const struct strmap *m, struct span key);

/* The entry of `key`, made with value `value` when it is new (*is_new may be NULL). */
struct strmap_entry *strmap_put(struct strmap *m, struct span key, uint64_t value, bool *is_new);

void strmap_release(struct strmap *m);

/* A 64-bit hash of bytes, the same on every machine; not for secrets. */
uint64_t hash_bytes(const void *p, size_t n);

#endif
