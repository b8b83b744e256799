/*
 * The line of a sample as the release has it: with its usage or fold, and with what its files hold.
 */
#ifndef STORE_RELEASED_H
#define STORE_RELEASED_H

#include "record/files.h"
#include "store/snapshot.h"

struct released {
	const struct pool *p;
	const struct content *content;     /* of each sample; NULL: no snapshot */
	const struct side_contents *sides; /* of masks */
	bool folds;                        /* samples have folds */
	bool clear_hard;                   /* drop hard and hard-coefficient */
	/* inside */
	struct buf line;
	struct named_files files;
};

/* Append the line of a sample; `line` is what it was. Nothing but these members changes. */
void released_add(struct released *r, const struct pooled *s, struct span line, struct buf *out);
void released_release(struct released *r);

#endif
