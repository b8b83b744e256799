/*
 * The shares of a split, exactly: whole numbers, because 0.8 is no binary fraction.
 *
 * A side is where a sample goes. Sides are numbered; side 0 is the one that takes what the others leave
 * (TRAIN). A usage is the side's name in a record.
 */
#ifndef STORE_RATIO_H
#define STORE_RATIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum usage {
	USAGE_NONE = -1,
	USAGE_TRAIN,
	USAGE_EVAL,
	USAGE_TEST,
	USAGE_INFERENCE,
	USAGES,
};

extern const char *const usage_name[USAGES]; /* "TRAIN" ... */

/* The usage of that name, without regard to case (manifests have "train" too); USAGE_NONE otherwise. */
enum usage usage_parse(struct span text);

enum { SIDES_MAX = 100 };

struct ratio {
	uint64_t weight[SIDES_MAX]; /* of each side; side i takes weight[i] / total */
	uint64_t total;             /* sum of the weights, at least 1 */
	int sides;
};

/*
 * The share of TRAIN as a decimal number, "0.8": ModelArts' train_evaluate_sample_ratio. From 0 to 1, at
 * most nine decimals. Two sides, TRAIN and EVAL. False: it is no such number.
 */
bool ratio_parse(struct ratio *r, struct span text);

/*
 * "train=0.7,eval=0.2,test=0.1": shares by name that add up to 1. False, and *why says what is
 * wrong.
 */
bool ratio_parse_list(struct ratio *r, struct span text, const char **why);

/* k folds of one size; k from 2 to SIDES_MAX. */
void ratio_folds(struct ratio *r, int k);

/* The weight of side `side` and all after it. */
uint64_t ratio_from(const struct ratio *r, int side);

/*
 * How many of n belong to `side`: the sides from here on get their common share, rounded half up, so
 * each is less than one sample off and all of them add up to n.
 */
uint64_t ratio_target(const struct ratio *r, int side, uint64_t n);

#endif
