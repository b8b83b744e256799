/*
 * splits.c: how long the split alone takes: `splits SAMPLES CLASSES`, a row of a Markdown table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/split.h"

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t
next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	uint64_t z = *state;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* About three classes a sample, some rare. */
static void
fill(struct split_units *u, uint64_t *hash, size_t *start, uint32_t *feature)
{
	uint64_t state = 1;
	size_t z = 0;

	for (size_t i = 0; i < u->n; i++) {
		unsigned n = (unsigned)(next(&state) % 7);

		hash[i] = next(&state);
		start[i] = z;
		for (unsigned k = 0; k < n; k++) {
			double v = (double)(next(&state) >> 11) / 9007199254740992.0;
			uint32_t c = (uint32_t)(v * v * v * (double)u->features);
			size_t m = start[i];

			while (m < z && feature[m] != c)
				m++;
			if (m == z)
				feature[z++] = c;
		}
	}
	start[u->n] = z;
}

static void
measure(size_t n, size_t classes)
{
	struct split_units u = { .n = n, .features = classes, .classes = classes };
	uint64_t *hash = malloc(n * sizeof(*hash));
	size_t *start = malloc((n + 1) * sizeof(*start));
	uint32_t *feature = malloc(7 * n * sizeof(*feature));
	int8_t *side = malloc(n);
	struct split_side report[2];
	struct ratio r;
	double best = 1e9;

	if (!hash || !start || !feature || !side || !ratio_parse(&r, SPAN("0.8")))
		exit(2);
	fill(&u, hash, start, feature);
	u.hash = hash;
	u.start = start;
	u.feature = feature;
	for (int run = 0; run < 3; run++) {
		double t = now();

		split(&u, &r, side, report);
		t = now() - t;
		best = t < best ? t : best;
	}
	printf("| %zu | %zu | %.3f | %llu | %llu |\n", n, classes, best,
	    (unsigned long long)report[1].got, (unsigned long long)report[1].target);
	free(hash);
	free(start);
	free(feature);
	free(side);
}

int
main(int argc, char **argv)
{
	size_t n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	size_t classes = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (n == 0 || classes == 0) {
		fputs("usage: splits SAMPLES CLASSES\n", stderr);
		return 2;
	}
	measure(n, classes);
	return 0;
}
