/*
 * The plan of a release: which samples belong together, what is fixed already, and where the others go.
 */
#ifndef STORE_PLAN_H
#define STORE_PLAN_H

#include "store/pool.h"
#include "store/split.h"

enum usage_policy {
	USAGE_AUTO,    /* with a parent or without a ratio as KEEP, else as RESET */
	USAGE_KEEP,    /* the parent's usage, else the input's */
	USAGE_RESET,   /* forget both: a fresh split */
	USAGE_REQUIRE, /* every sample brings its own */
};

enum split_rule {
	SPLIT_EXACT,
	SPLIT_STREAM, /* split_stream_place() */
	SPLIT_HASH,   /* split_by_hash() */
};

struct plan_options {
	struct ratio ratio; /* sides 0: nothing is placed */
	bool folds;         /* the sides are folds, not usages */
	enum split_rule rule;
	enum usage_policy usage;
	bool apart;      /* samples that nobody labelled get no usage */
	bool stratify;   /* by class */
	bool boxes;      /* by annotations of a class too */
	bool hard;       /* hard samples are a class */
	bool parent;     /* there is a parent version: past and ever are set */
	bool past_folds; /* it has as many folds: past_fold is set */
};

/* What happened, for the report. Samples. */
struct plan_result {
	struct split_side side[SIDES_MAX];
	uint64_t units;
	uint64_t overruled; /* have the parent's usage, though the input said something else */
	uint64_t cleared;   /* usage in the input that was not kept */
	uint64_t reentered; /* EVAL or TEST in an ancestor, TRAIN now */
	uint64_t spoiled;   /* TRAIN in an ancestor, EVAL or TEST now */
	uint64_t refolded;  /* were in another fold of the parent, or of the input */
	uint64_t conflicts; /* units with samples fixed on two sides */
	uint64_t held;      /* samples without usage because either side would leak */
	uint64_t missing;   /* USAGE_REQUIRE: without usage */
};

/*
 * Set usage (or fold) of every sample of a sorted pool.
 */
void plan_release(struct pool *p, const struct plan_options *o, struct plan_result *result);

/*
 * Each sample by itself, in the order of the input: by its hash, with `stream` (SPLIT_STREAM) by what came before, or not
 * at all. Adds to the result.
 */
void plan_each(struct pool *p, const struct plan_options *o, struct split_stream *stream,
    struct plan_result *result);

/* The policy that AUTO means. */
enum usage_policy plan_usage(const struct plan_options *o);

/* What a sample is fixed to before the split; USAGE_NONE: free. Sets s->out when it takes no part. */
int plan_lock(struct pooled *s, const struct plan_options *o);

/*
 * How many samples that test look like one that trains: their "phash" differs in at most `distance` bits. The first
 * `named` are warned about (rule "near-leak").
 */
uint64_t plan_near_leaks(const struct pool *p, unsigned distance, unsigned named);

/* Root of the samples that belong together, one number a sample; the caller frees it. */
uint32_t *plan_bind(const struct pool *p);

#endif
