/*
 * Which sample goes to which side: exact in total, even over the classes, stable, the same on every
 * machine.
 *
 * What is placed is a unit: samples that must stay together (most often just one). Every unit has a hash
 * of its key, and the hash alone says where it would go: that is the prior. Units that an earlier version
 * placed are locked and never move. The others are then moved, those nearest to the threshold first, as
 * long as a move brings the classes nearer to their targets; then the total is made exact, and at last two units are
 * swapped where that is still better. There are
 * only whole numbers, no random generator, and the result depends on the set of units and not on the
 * order in which they came.
 *
 * Sides are cut off one after the other from the last (TEST, then EVAL); side 0 keeps the rest. K-fold is the
 * same with K sides of one weight.
 *
 * Cost: sort, and a few sweeps over the units; about 30 bytes a unit besides what the caller holds.
 */
#ifndef STORE_SPLIT_H
#define STORE_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "store/ratio.h"

enum { SIDE_FREE = -1 }; /* lock: may go anywhere */

/*
 * n units in the order of their keys (which settles ties). A feature is something that each side shall have its
 * share of: features 0 .. classes-1 are classes (counted in samples), which shall be on every side when
 * there are units enough; those behind have half the weight and no such floor (a class counted in boxes).
 * Unit i has features feature[start[i]] .. feature[start[i+1]-1], each once, amount[] times.
 */
struct split_units {
	size_t n;
	const uint64_t *hash;
	const uint32_t *size; /* samples in the unit; NULL: 1 each */
	const int8_t *lock;   /* side, or SIDE_FREE; NULL: all free */
	const size_t *start;  /* n + 1 offsets; NULL: no features */
	const uint32_t *feature;
	const uint32_t *amount; /* NULL: 1 each */
	size_t features, classes;
};

/* What came of it, for one side. */
struct split_side {
	uint64_t target, got; /* samples */
	uint64_t locked;      /* of got */
	uint64_t free;        /* samples that could still have been placed here or not */
	unsigned sweeps;
	uint64_t moves; /* units that left the side of their hash */
};

/* Set side[0 .. n-1]. `report` has ratio->sides elements. */
void split(const struct split_units *u, const struct ratio *ratio, int8_t *side,
    struct split_side *report);

/* The first 64 bits of SHA-256(seed, 0x00, key), most significant byte first. */
uint64_t split_hash(struct span seed, struct span key);

/* The side by the hash alone: needs to know nothing of the others, so shards agree. */
int split_by_hash(const struct ratio *ratio, uint64_t hash);

/*
 * One pass, memory only for the classes: each sample goes to the side that is furthest behind in its
 * classes. Depends on the order of the samples, and no class is guaranteed to be on every side.
 */
struct split_stream;

struct split_stream *split_stream_new(const struct ratio *ratio);
/* Place a sample that has these features (numbers from 0, each once); `lock` is only counted. */
int split_stream_place(struct split_stream *s, const uint32_t *feature, size_t n, int lock);
void split_stream_free(struct split_stream *s);

#endif
