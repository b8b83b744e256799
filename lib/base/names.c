/* Unique names: see names.h. */
#include "base/names.h"

#include <stdlib.h>

#include "base/strmap.h"

static void insert(struct name_set *set, uint64_t hash);

static void
widen(struct name_set *set)
{
	struct name_set bigger = { .slots = set->slots ? set->slots * 2 : 1024 };

	bigger.slot = xcalloc(bigger.slots, sizeof(*bigger.slot));
	for (size_t i = 0; i < set->slots; i++)
		if (set->slot[i])
			insert(&bigger, set->slot[i]);
	free(set->slot);
	*set = bigger;
}

static void
insert(struct name_set *set, uint64_t hash)
{
	size_t i = hash & (set->slots - 1);

	while (set->slot[i])
		i = (i + 1) & (set->slots - 1);
	set->slot[i] = hash;
	set->n++;
}

/* True when it was new. */
static bool
take(struct name_set *set, struct span scope, struct span name)
{
	uint64_t hash =
	    hash_bytes(scope.p, scope.n) * 0x9e3779b97f4a7c15u ^ hash_bytes(name.p, name.n);

	if (hash == 0)
		hash = 1;
	if (set->n * 2 >= set->slots)
		widen(set);
	for (size_t i = hash & (set->slots - 1); set->slot[i]; i = (i + 1) & (set->slots - 1))
		if (set->slot[i] == hash)
			return false;
	insert(set, hash);
	return true;
}

void
names_take(struct name_set *set, struct span scope, struct span stem, struct buf *out)
{
	size_t start = out->n, end;

	for (size_t i = 0; i < stem.n; i++)
		buf_addc(out, stem.p[i] == '/' || stem.p[i] == '\0' ? '_' : stem.p[i]);
	if (stem.n == 0 || span_is(stem, ".") || span_is(stem, ".."))
		buf_adds(out, "_");
	end = out->n;
	for (unsigned i = 2; !take(set, scope, span_of(out->p + start, out->p + out->n)); i++) {
		buf_cut(out, end);
		buf_addf(out, "-%u", i);
	}
}

void
names_release(struct name_set *set)
{
	free(set->slot);
	*set = (struct name_set){ NULL, 0, 0 };
}
