/* Rings joined by bridges: against all pairs of points, one after the other. */
#include "label/bridge.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tap.h"

static uint32_t state = 2463534242u;

static unsigned
below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

/* The outline so far, a[0 ... n-1], with a ring b of m points. */
static void
join_plainly(double *a, size_t n, const double *b, size_t m)
{
	const size_t point = 2 * sizeof(*a);
	size_t i = 0, j = 0;
	double best = INFINITY;

	for (size_t k = 0; k < n; k++)
		for (size_t l = 0; l < m; l++) {
			double x = a[2 * k] - b[2 * l], y = a[2 * k + 1] - b[2 * l + 1];

			if (x * x + y * y < best) {
				best = x * x + y * y;
				i = k;
				j = l;
			}
		}
	memmove(a + 2 * (i + m + 2), a + 2 * i, (n - i) * point);
	memcpy(a + 2 * (i + 1), b + 2 * j, (m - j) * point);
	memcpy(a + 2 * (i + 1 + m - j), b, (j + 1) * point);
}

/* Rings of points near each other, in a picture of so many pixels: the smaller, the more ties. */
static bool
random_rings(struct bridge *b, unsigned rings, unsigned most, unsigned size)
{
	double *want = xreallocarray(NULL, rings, (most + 5) * 2 * sizeof(*want)), *ring;
	size_t n = 0;
	bool same;

	ring = xreallocarray(NULL, most + 3, 2 * sizeof(*ring));
	bridge_reset(b);
	for (unsigned r = 0; r < rings; r++) {
		size_t m = 3 + below(most);
		unsigned x = below(size), y = below(size), near = 1 + size / 8;

		for (size_t i = 0; i < m; i++) {
			ring[2 * i] = x + below(near) + (most > 50 ? below(10) / 10.0 : 0);
			ring[2 * i + 1] = y + below(near);
		}
		bridge_ring(b, ring, m);
		if (r > 0)
			join_plainly(want, n, ring, m);
		else
			memcpy(want, ring, m * 2 * sizeof(*ring));
		n += r > 0 ? m + 2 : m;
	}
	same = b->n == n && memcmp(bridge_outline(b), want, n * 2 * sizeof(*want)) == 0;
	free(want);
	free(ring);
	return same;
}

static void
known(struct bridge *b)
{
	static const double left[] = { 0, 0, 2, 0, 2, 2, 0, 2 }, right[] = { 9, 9, 5, 0, 5, 2 };
	static const double want[] = { 0, 0, 2, 0, 5, 0, 5, 2, 9, 9, 5, 0, 2, 0, 2, 2, 0, 2 };
	static const double far[] = { -1e308, 0, -1e308, 1, -1e308, 2 },
			    beyond[] = { 1e308, 0, 1e308, 1, 1e308, 2 };

	bridge_reset(b);
	is_int(b->n, 0, "no ring");
	ok(bridge_outline(b) != NULL, "is an outline of no points");
	bridge_ring(b, left, 4);
	ok(b->n == 4 && memcmp(bridge_outline(b), left, sizeof(left)) == 0, "one is itself");
	bridge_ring(b, right, 3);
	ok(b->n == 9 && memcmp(bridge_outline(b), want, sizeof(want)) == 0,
	    "another is walked around between both sides of the bridge");
	bridge_reset(b);
	bridge_ring(b, far, 3);
	bridge_ring(b, beyond, 3);
	is_int(b->n, 8, "rings whose distance is no number are joined too");
}

int
main(void)
{
	struct bridge b = { .n = 0 };
	bool same[4] = { true, true, true, true };

	known(&b);
	for (int i = 0; i < 200; i++) {
		same[0] = random_rings(&b, 1 + below(60), 6, 20) && same[0];
		same[1] = random_rings(&b, 1 + below(60), 12, 400) && same[1];
		same[2] = random_rings(&b, 1 + below(5), 200, 1000) && same[2];
		same[3] = random_rings(&b, 2, 40, 4) && same[3];
	}
	ok(same[0], "many small rings, many of the same distance");
	ok(same[1], "many small rings far apart");
	ok(same[2], "large rings of fractions");
	ok(same[3], "rings on each other");
	bridge_release(&b);
	return done_testing();
}
