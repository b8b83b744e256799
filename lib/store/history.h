/*
 * What the ancestors of a version did with each sample: its ledger.
 *
 * V00n/ledger.jsonl has one line for every key that any ancestor of V00n held, in the order of
 * keys, and the first version in which it had each usage:
 *
 *	{"key":"000005","TRAIN":"V001"}
 *	{"key":"000009","EVAL":"V001","TRAIN":"V003"}
 *
 * It is the parent's ledger and the parent's records put together, so it says nothing of V00n itself, and
 * it stays true when ancestors are deleted.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "store/pool.h"

struct past {
	struct buf key;
	int usage;       /* in the parent; what it was last when the parent has it no more */
	int fold;        /* in the parent, -1: none */
	uint8_t ever;    /* bit 1 << usage: some ancestor had it so */
	struct buf line; /* of the new ledger, without line end */
};

struct history;

/*
 * Read the version folder `dir` of the version `name`, whose samples are known by `key`.
 * NULL: said so.
 */
struct history *history_open(const char *dir, const char *name, const char *key);
/* The next key in order; false at the end. history_bad() tells whether it was all readable. */
bool history_next(struct history *h, struct past *past);
bool history_bad(const struct history *h);
void history_close(struct history *h);
void past_release(struct past *past);

/* One line of a ledger: its key and the usages it had. False: it is none. */
bool ledger_parse(struct span line, struct buf *key, uint8_t *ever);

/* Set past and ever of a sorted pool's samples and write the new ledger. */
bool history_apply(struct history *h, struct pool *p, struct out *ledger);

#endif
