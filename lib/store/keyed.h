/*
 * Records in the order of their keys: the records of a version are so already; any others are sorted through
 * a spool file first.
 */
#ifndef STORE_KEYED_H
#define STORE_KEYED_H

#include "store/pool.h"

struct keyed {
	struct record r;        /* the sample last given */
	struct span key;        /* its key */
	struct dataset dataset; /* the headers that were seen so far */
	char *field;            /* what the key is */
	uint64_t n;             /* samples so far */
	bool bad;               /* something was left out, or out of order; said so */
	/* inside */
	struct rec_reader in;
	char *path;
	bool sorted;
	struct pool pool;
	struct buf scratch, last, line;
};

/* The file of a version. An out-of-order key is reported (rule "order"). */
void keyed_open_sorted(struct keyed *k, const char *path, const char *field);
/* Any records, sorted through a spool file in `tmpdir`: read to their end now. False: said so. */
bool keyed_open_any(struct keyed *k, const char *path, const char *field, const char *tmpdir);
/*
 * An operand (record/operand.h): a version by its own key, anything else by `field`. A `field` other than
 * the version's key sorts the version anew; NULL: the version's, else "id".
 */
bool keyed_open(struct keyed *k, const char *operand, const char *field, const char *tmpdir);
/* The next sample. */
bool keyed_next(struct keyed *k);
void keyed_close(struct keyed *k);

#endif
