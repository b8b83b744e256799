/* A set of hashes: see hashset.h. Open addressing, at most three quarters full. */
#include "base/hashset.h"

#include <stdlib.h>

#include "base/mem.h"

static size_t
slot_of(const struct hashset *s, uint64_t hash)
{
	size_t i = (size_t)hash & (s->slots - 1);

	while (s->slot[i] && s->slot[i] != hash)
		i = (i + 1) & (s->slots - 1);
	return i;
}

static void
make_larger(struct hashset *s)
{
	uint64_t *old = s->slot;
	size_t n = s->slots;

	s->slots = n ? size_mul(n, 2) : 1024;
	s->slot = xcalloc(s->slots, sizeof(*s->slot));
	for (size_t i = 0; i < n; i++)
		if (old[i])
			s->slot[slot_of(s, old[i])] = old[i];
	free(old);
}

bool
hashset_has(const struct hashset *s, uint64_t hash)
{
	return s->slots > 0 && s->slot[slot_of(s, hash ? hash : 1)] != 0;
}

bool
hashset_add(struct hashset *s, uint64_t hash)
{
	size_t i;

	if (s->n >= s->slots / 4 * 3)
		make_larger(s);
	hash = hash ? hash : 1;
	i = slot_of(s, hash);
	if (s->slot[i])
		return false;
	s->slot[i] = hash;
	s->n++;
	return true;
}

void
hashset_release(struct hashset *s)
{
	free(s->slot);
	*s = (struct hashset){ .slot = NULL };
}
