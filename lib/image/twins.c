/*
 * Duplicates: see twins.h.
 *
 * Near ones are found by the pigeonhole principle: when two hashes of 64 bits
 * differ in at most d bits, then of d + 1 pieces that both are cut into, one
 * is equal. So there is a table for each piece, from its value to the hashes
 * that have it.
 */
#include "image/twins.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/strmap.h"

#define PIECES_MAX 16
#define WALK_MAX 4096 /* pictures looked at in one list: pages of one colour all have one hash */

struct item {
	uint64_t hash;
	char *name;
	uint32_t next[PIECES_MAX]; /* the item before it in each piece's list, plus 1; 0: none */
};

struct twins {
	unsigned distance;
	struct strmap exact; /* digest -> item */
	struct item *item;
	size_t n, cap;
	struct strmap piece[PIECES_MAX]; /* value -> head of its list, plus 1 */
};

struct twins *
twins_new(unsigned distance)
{
	struct twins *t = xcalloc(1, sizeof(*t));

	t->distance = distance < PIECES_MAX ? distance : PIECES_MAX - 1;
	return t;
}

void
twins_free(struct twins *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->item[i].name);
	for (unsigned i = 0; i < PIECES_MAX; i++)
		strmap_release(&t->piece[i]);
	strmap_release(&t->exact);
	free(t->item);
	free(t);
}

static uint64_t
piece_of(const struct twins *t, uint64_t hash, unsigned i)
{
	unsigned pieces = t->distance + 1, from = 64 * i / pieces, to = 64 * (i + 1) / pieces;

	hash >>= from;
	return to - from == 64 ? hash : hash & (((uint64_t)1 << (to - from)) - 1);
}

static struct span
key_of(const uint64_t *piece)
{
	return (struct span){ (const char *)piece, sizeof(*piece) };
}

/* The nearest of the items that share piece i; the earliest of equal ones. */
static void
look(const struct twins *t, uint64_t hash, unsigned i, size_t *best, int *distance)
{
	uint64_t piece = piece_of(t, hash, i);
	const struct strmap_entry *e = strmap_find(&t->piece[i], key_of(&piece));

	size_t at = e ? e->value : 0;

	for (int left = WALK_MAX; at != 0 && left > 0; at = t->item[at - 1].next[i], left--) {
		int d = __builtin_popcountll(t->item[at - 1].hash ^ hash);

		if (d < *distance || (d == *distance && at - 1 < *best)) {
			*distance = d;
			*best = at - 1;
		}
	}
}

static void
remember(struct twins *t, uint64_t hash, const char *name)
{
	struct item *it;

	t->item = grow(t->item, &t->cap, t->n + 1, sizeof(*t->item));
	it = &t->item[t->n++];
	*it = (struct item){ .hash = hash, .name = xstrdup(name) };
	for (unsigned i = 0; i <= t->distance; i++) {
		uint64_t piece = piece_of(t, hash, i);
		bool is_new;
		struct strmap_entry *e = strmap_put(&t->piece[i], key_of(&piece), t->n, &is_new);

		it->next[i] = is_new ? 0 : (uint32_t)e->value;
		e->value = t->n;
	}
}

struct twin
twins_ask(struct twins *t, const unsigned char digest[SHA256_SIZE], uint64_t hash, const char *name)
{
	bool is_new;
	struct strmap_entry *e = strmap_put(
	    &t->exact, (struct span){ (const char *)digest, SHA256_SIZE }, t->n, &is_new);
	int distance = (int)t->distance + 1;
	size_t best = SIZE_MAX;

	if (!is_new)
		return (struct twin){ t->item[e->value].name, -1 };
	for (unsigned i = 0; i <= t->distance; i++)
		look(t, hash, i, &best, &distance);
	/* a twin of a twin is remembered too: it has the digest's place in the list */
	remember(t, hash, name);
	if (distance > (int)t->distance)
		return (struct twin){ NULL, 0 };
	return (struct twin){ t->item[best].name, distance };
}
