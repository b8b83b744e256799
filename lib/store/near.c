/* Near duplicates by perceptual hashes: see near.h. */
#include "store/near.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

#if defined(__x86_64__)
#define POPCNT __attribute__((target("popcnt")))
#else
#define POPCNT
#endif

static inline bool
has_popcnt(void)
{
#if defined(__x86_64__)
	return __builtin_cpu_supports("popcnt");
#else
	return true;
#endif
}

/* The same loop twice: with the processor's instruction and without. */
#define NEAREST(name, attribute) \
	attribute static struct near name(uint64_t x, const uint64_t *y, size_t ny, unsigned max) \
	{ \
		struct near best = { 0, 255 }; \
		unsigned least = max + 1; \
\
		for (size_t j = 0; j < ny; j++) { \
			unsigned d = (unsigned)__builtin_popcountll(x ^ y[j]); \
\
			if (d < least) { \
				least = d; \
				best = (struct near){ (uint32_t)j, (uint8_t)d }; \
			} \
		} \
		return best; \
	}

NEAREST(nearest_fast, POPCNT)
NEAREST(nearest_plain, )

void
near_search(const uint64_t *x, size_t nx, const uint64_t *y, size_t ny, unsigned max,
    struct near *out, int threads)
{
	struct near (*nearest)(uint64_t, const uint64_t *, size_t, unsigned) =
	    has_popcnt() ? nearest_fast : nearest_plain;

#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
	for (size_t i = 0; i < nx; i++)
		out[i] = nearest(x[i], y, ny, max);
}

/* ---- groups ---- */

struct hashed {
	uint64_t hash;
	uint32_t index;
};

static int
hashed_cmp(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The next after `from` that is near; n when there is none. */
#define NEXT_NEAR(name, attribute) \
	attribute static size_t name( \
	    uint64_t x, const struct hashed *u, size_t from, size_t n, unsigned max) \
	{ \
		while (from < n && (unsigned)__builtin_popcountll(x ^ u[from].hash) > max) \
			from++; \
		return from; \
	}

NEXT_NEAR(next_fast, POPCNT)
NEXT_NEAR(next_plain, )

static void
join_one(const struct hashed *u, size_t i, unsigned max,
    void (*join)(void *ctx, uint32_t i, uint32_t j), void *ctx)
{
	size_t (*next)(uint64_t, const struct hashed *, size_t, size_t, unsigned) =
	    has_popcnt() ? next_fast : next_plain;

	for (size_t j = next(u[i].hash, u, 0, i, max); j < i;
	     j = next(u[i].hash, u, j + 1, i, max)) {
#pragma omp critical(near_join)
		join(ctx, u[i].index, u[j].index);
	}
}

void
near_join(const uint64_t *x, size_t n, unsigned max,
    void (*join)(void *ctx, uint32_t i, uint32_t j), void *ctx, int threads)
{
	struct hashed *u = xreallocarray(NULL, n + 1, sizeof(*u));
	size_t unique = 0;

	for (size_t i = 0; i < n; i++)
		u[i] = (struct hashed){ x[i], (uint32_t)i };
	qsort(u, n, sizeof(*u), hashed_cmp);
	for (size_t i = 0; i < n; i++) /* equal ones need no search, and may be many */
		if (unique && u[unique - 1].hash == u[i].hash)
			join(ctx, u[unique - 1].index, u[i].index);
		else
			u[unique++] = u[i];
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
	for (size_t i = 0; i < unique; i++)
		join_one(u, i, max, join, ctx);
	free(u);
}
