/* A set of hashes: see hashset.h. Open addressing, at most three quarters full. */
#include "base/hashset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Hashes that differ only in their last bits lie apart. */
static uint64_t
mix(uint64_t hash)
{
	hash *= 0x9e3779b97f4a7c15u;
	return hash ? hash : 1;
}

static size_t
slot_of(const struct hashset *s, uint64_t mixed)
{
	size_t i = (size_t)(mixed >> s->shift);

	while (s->slot[i] && s->slot[i] != mixed)
		i = (i + 1) & (s->slots - 1);
	return i;
}

/* Slots are in order, so the larger table is filled from front to back. */
static void
make_larger(struct hashset *s)
{
	uint64_t *old = s->slot;
	size_t n = s->slots;

	s->slots = n ? size_mul(n, 2) : 256;
	s->shift = n ? s->shift - 1 : 64 - 8;
	s->slot = xcalloc(s->slots, sizeof(*s->slot));
	for (size_t i = 0; i < n; i++)
		if (old[i])
			s->slot[slot_of(s, old[i])] = old[i];
	free(old);
}

bool
hashset_has(const struct hashset *s, uint64_t hash)
{
	return s->slots > 0 && s->slot[slot_of(s, mix(hash))] != 0;
}

void
hashset_expect(const struct hashset *s, uint64_t hash)
{
	if (s->slots > 0)
		__builtin_prefetch(&s->slot[mix(hash) >> s->shift], 1);
}

bool
hashset_add(struct hashset *s, uint64_t hash)
{
	size_t i;

	if (s->n >= s->slots / 4 * 3)
		make_larger(s);
	i = slot_of(s, mix(hash));
	if (s->slot[i])
		return false;
	s->slot[i] = mix(hash);
	s->n++;
	return true;
}

void
hashset_release(struct hashset *s)
{
	free(s->slot);
	*s = (struct hashset){ .slot = NULL };
}

/* ---- hashing ---- */

static uint64_t
fold(uint64_t a, uint64_t b)
{
	__uint128_t r = (__uint128_t)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t
word_at(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Two hashes side by side, of multipliers that have nothing in common. */
struct lanes {
	uint64_t a, b;
};

static void
take_word(struct lanes *h, uint64_t w)
{
	h->a = fold(h->a ^ w, 0xd6e8feb86659fd93u);
	h->b = fold(h->b + w, 0x9fb21c651e98df25u);
}

uint64_t
hash_seeded(uint64_t seed, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	struct lanes h = { 0x9e3779b97f4a7c15u * (seed + 1) ^ n, (seed ^ 0xc2b2ae3d27d4eb4fu) - n };
	size_t left = n;
	uint64_t w = 0;

	for (; left >= 8; p += 8, left -= 8)
		take_word(&h, word_at(p));
	if (left > 0 && n >= 8) /* the last word, of which a part was taken */
		take_word(&h, word_at(p + left - 8));
	for (size_t i = 0; n < 8 && i < left; i++)
		w |= (uint64_t)p[i] << (8 * i);
	if (n < 8)
		take_word(&h, w);
	return fold(h.a, 0xe7037ed1a0b428dbu) ^ fold(h.b, 0xa0761d6478bd642fu);
}
