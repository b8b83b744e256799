/*
 * Sources and ids of an import that come twice.
 *
 * A picture listed twice is two samples, of which one is rarely meant; two samples of one id cannot be told apart later.
 * Both stay, and that is said, whatever the format: the frame (import.h) asks here for every sample that it gives.
 * Texts that are their own source ("content://...") may well be equal and are not looked at.
 *
 * Remembered are hashes of 64 bits, not names: 11 to 21 bytes a name, up to a limit (--max-names). Two names share one by
 * chance in one of 10^7 imports of a million samples; that is a wrong warning, and no more.
 */
#ifndef LABEL_TWICE_H
#define LABEL_TWICE_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/hashset.h"
#include "base/span.h"

struct twice {
	struct hashset seen;

	struct twice_name {
		struct span text; /* p NULL: there is none */
		uint64_t hash;
		struct buf decoded;
	} name[2]; /* source and id of the sample that is looked at */

	int what;           /* the one that was there before */
	uint64_t said;      /* warnings so far */
	uint64_t forgotten; /* names that were too many to remember */
};

/*
 * Take the source and the id of a sample: JSON values that live until twice_say(); p NULL: it has none. What comes
 * between this and twice_check() is time for the memory of a large set to come near.
 */
void twice_take(struct twice *t, struct span source, struct span id);
/* Remember these, at most `max` names in all. False: one of them was there before; twice_say() says so. */
bool twice_check(struct twice *t, uint64_t max);
/* [twice]; from the hundredth on they are only counted. */
void twice_say(struct twice *t, struct pos at);
/* Say what was only counted, and forget all. */
void twice_end(struct twice *t, const char *dataset, uint64_t max);

#endif
