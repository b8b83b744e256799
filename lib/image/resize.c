/* Shrinking: see resize.h. */
#include "image/resize.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define ONE (1 << 14) /* weights are in units of 1/ONE and sum up to ONE */

/* Which old pixels make a new one: weights of old[first] ... old[first + n - 1]. */
struct taps {
	uint32_t first, n;
	int32_t *weight;
};

bool
fit_size(uint32_t w, uint32_t h, uint32_t fit_w, uint32_t fit_h, uint32_t *new_w, uint32_t *new_h)
{
	/* compare w / fit_w with h / fit_h without division */
	bool by_w = fit_w && w > fit_w, by_h = fit_h && h > fit_h;

	*new_w = w;
	*new_h = h;
	if (by_w && by_h)
		by_w = (uint64_t)w * fit_h >= (uint64_t)h * fit_w;
	if (by_w) {
		*new_w = fit_w;
		*new_h = (uint32_t)(((uint64_t)h * fit_w + w / 2) / w);
	} else if (by_h) {
		*new_h = fit_h;
		*new_w = (uint32_t)(((uint64_t)w * fit_h + h / 2) / h);
	}
	*new_w = *new_w ? *new_w : 1;
	*new_h = *new_h ? *new_h : 1;
	return *new_w != w || *new_h != h;
}

/* Catmull-Rom: cubic convolution with a = -1/2 (Keys 1981). */
static double
bell(double x)
{
	x = fabs(x);
	if (x < 1)
		return (1.5 * x - 2.5) * x * x + 1;
	return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* Weights for new pixel i, rounded so that their sum is exact: flat colours stay what they are. */
static void
make_taps(struct taps *t, uint32_t i, uint32_t from, uint32_t to)
{
	double scale = (double)from / to, middle = (i + 0.5) * scale, reach = 2 * scale, sum = 0;
	double first = floor(middle - reach + 0.5), last = ceil(middle + reach - 0.5);
	int32_t total = 0;
	uint32_t best = 0;

	t->first = first < 0 ? 0 : (uint32_t)first;
	t->n = (last > from ? from : (uint32_t)last) - t->first;
	t->weight = xcalloc(t->n, sizeof(*t->weight));
	for (uint32_t k = 0; k < t->n; k++)
		sum += bell((t->first + k + 0.5 - middle) / scale);
	for (uint32_t k = 0; k < t->n; k++) {
		t->weight[k] =
		    (int32_t)lrint(bell((t->first + k + 0.5 - middle) / scale) / sum * ONE);
		total += t->weight[k];
		best = t->weight[k] > t->weight[best] ? k : best;
	}
	t->weight[best] += ONE - total;
}

static struct taps *
all_taps(uint32_t from, uint32_t to)
{
	struct taps *t = xcalloc(to, sizeof(*t));

	for (uint32_t i = 0; i < to; i++)
		make_taps(&t[i], i, from, to);
	return t;
}

static void
free_taps(struct taps *t, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(t[i].weight);
	free(t);
}

static unsigned char
from_sum(int32_t v)
{
	v = (v + ONE / 2) >> 14;
	return (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void
shrink_rows(const struct image *from, struct image *to, const struct taps *taps)
{
	for (uint32_t y = 0; y < from->h; y++) {
		const unsigned char *row = image_row(from, y);
		unsigned char *q = image_row(to, y);

		for (uint32_t x = 0; x < to->w; x++, q += 3) {
			const struct taps *t = &taps[x];
			const unsigned char *s = row + 3 * (size_t)t->first;
			int32_t r = 0, g = 0, b = 0;

			for (uint32_t k = 0; k < t->n; k++, s += 3) {
				r += t->weight[k] * s[0];
				g += t->weight[k] * s[1];
				b += t->weight[k] * s[2];
			}
			q[0] = from_sum(r);
			q[1] = from_sum(g);
			q[2] = from_sum(b);
		}
	}
}

static void
shrink_columns(const struct image *from, struct image *to, const struct taps *taps)
{
	size_t n = (size_t)from->w * 3;
	int32_t *sum = xcalloc(n, sizeof(*sum));

	for (uint32_t y = 0; y < to->h; y++) {
		const struct taps *t = &taps[y];
		unsigned char *q = image_row(to, y);

		memset(sum, 0, n * sizeof(*sum));
		for (uint32_t k = 0; k < t->n; k++) {
			const unsigned char *s = image_row(from, t->first + k);

			for (size_t i = 0; i < n; i++)
				sum[i] += t->weight[k] * s[i];
		}
		for (size_t i = 0; i < n; i++)
			q[i] = from_sum(sum[i]);
	}
	free(sum);
}

void
image_shrink(struct image *im, uint32_t w, uint32_t h, struct image *spare)
{
	struct taps *across = all_taps(im->w, w), *down = all_taps(im->h, h);

	image_size(spare, w, im->h, 3);
	shrink_rows(im, spare, across);
	image_size(im, w, h, 3);
	shrink_columns(spare, im, down);
	free_taps(across, w);
	free_taps(down, h);
}
