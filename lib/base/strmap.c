/* A map from strings to numbers: see strmap.h. */
#include "base/strmap.h"

#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"

#define BLOCK_SIZE ((size_t)64 * 1024)

struct strmap_block {
	struct strmap_block *next;
	size_t used, size;
	char bytes[];
};

static uint64_t
mix(uint64_t a, uint64_t b)
{
	__uint128_t r = (__uint128_t)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t
hash_seeded(uint64_t seed, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t h = 0x9e3779b97f4a7c15u ^ seed ^ n;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t w = 0;

		for (int i = 0; i < 8; i++) /* little-endian on every machine; one load on most */
			w |= (uint64_t)p[i] << (8 * i);
		h = mix(h ^ w, 0xd6e8feb86659fd93u);
	}
	for (uint64_t w = n; n > 0; p++, n--) {
		w = w << 8 | *p;
		if (n == 1)
			h = mix(h ^ w, 0xa0761d6478bd642fu);
	}
	return mix(h, 0xe7037ed1a0b428dbu);
}

uint64_t
hash_bytes(const void *bytes, size_t n)
{
	return hash_seeded(0, bytes, n);
}

/*
 * Nobody outside knows at what address the first slots were given, so nobody can choose
 * keys that collide. What a map holds and in what order does not depend on it.
 */
static uint64_t
hash_key(const struct strmap *m, struct span key)
{
	return hash_seeded(m->seed, key.p, key.n);
}

static char *
keep(struct strmap *m, struct span key)
{
	struct strmap_block *b = m->blocks;
	char *p;

	if (b == NULL || b->size - b->used <= key.n) {
		size_t size = key.n >= BLOCK_SIZE ? size_add(key.n, 1) : BLOCK_SIZE;

		b = xmalloc(size_add(sizeof(*b), size));
		*b = (struct strmap_block){ .next = m->blocks, .size = size };
		m->blocks = b;
	}
	p = b->bytes + b->used;
	if (key.n > 0)
		memcpy(p, key.p, key.n);
	p[key.n] = '\0';
	b->used += key.n + 1;
	return p;
}

static size_t
find_slot(const struct strmap *m, struct span key, uint64_t hash)
{
	size_t i = hash & (m->slots - 1);

	while (m->slot[i]) {
		const struct strmap_entry *e = &m->e[m->slot[i] - 1];

		if (e->hash == hash && span_eq(e->key, key))
			break;
		i = (i + 1) & (m->slots - 1);
	}
	return i;
}

static void
rehash(struct strmap *m)
{
	m->slots = m->slots ? m->slots * 2 : 16;
	free(m->slot);
	m->slot = xcalloc(m->slots, sizeof(*m->slot));
	if (m->n == 0)
		m->seed = mix((uintptr_t)m->slot, 0x9e3779b97f4a7c15u);
	for (size_t k = 0; k < m->n; k++) {
		size_t i = m->e[k].hash & (m->slots - 1);

		while (m->slot[i])
			i = (i + 1) & (m->slots - 1);
		m->slot[i] = (uint32_t)(k + 1);
	}
}

struct strmap_entry *
strmap_find(const struct strmap *m, struct span key)
{
	size_t i;

	if (m->slots == 0)
		return NULL;
	i = find_slot(m, key, hash_key(m, key));
	return m->slot[i] ? &m->e[m->slot[i] - 1] : NULL;
}

struct strmap_entry *
strmap_put(struct strmap *m, struct span key, uint64_t value, bool *is_new)
{
	uint64_t hash;
	size_t i;

	if ((m->n + 1) * 4 > m->slots * 3)
		rehash(m);
	hash = hash_key(m, key);
	i = find_slot(m, key, hash);
	if (is_new)
		*is_new = m->slot[i] == 0;
	if (m->slot[i])
		return &m->e[m->slot[i] - 1];
	if (m->n >= UINT32_MAX - 1)
		die("more than %u different names", UINT32_MAX - 1);
	m->e = grow(m->e, &m->cap, m->n + 1, sizeof(*m->e));
	m->e[m->n] = (struct strmap_entry){ { keep(m, key), key.n }, value, hash };
	m->slot[i] = (uint32_t)++m->n;
	return &m->e[m->n - 1];
}

void
strmap_release(struct strmap *m)
{
	while (m->blocks) {
		struct strmap_block *next = m->blocks->next;

		free(m->blocks);
		m->blocks = next;
	}
	free(m->e);
	free(m->slot);
	*m = (struct strmap)STRMAP_INIT;
}
