/* Quality signals: see signal.h. */
#include "image/signal.h"

#include <math.h>

#include "base/mem.h"

const char *
signal_mark_name(int bit)
{
	static const char *const name[SIGNAL_MARKS] = { "dark", "light", "uniform", "blurry",
		"odd-aspect" };

	return name[bit];
}

/* BT.601, in units of 1/65536, as JPEG has it. */
static uint32_t
luma_sum(const unsigned char *p, uint32_t n)
{
	uint32_t r = 0, g = 0, b = 0;

	for (uint32_t i = 0; i < n; i++, p += 3) {
		r += p[0];
		g += p[1];
		b += p[2];
	}
	return (uint32_t)(((uint64_t)r * 19595 + (uint64_t)g * 38470 + (uint64_t)b * 7471) >> 10);
}

void
signal_begin(uint32_t w, uint32_t h, uint32_t block, struct image *small)
{
	image_size(small, (w + block - 1) / block, (h + block - 1) / block, 1);
}

void
signal_rows(const struct image *im, uint32_t block, uint32_t from, struct image *small)
{
	for (uint32_t y = 0; block * y < im->h; y++)
		for (uint32_t x = 0; x < small->w; x++) {
			uint32_t left = im->w - block * x, below = im->h - block * y;
			uint32_t w = left < block ? left : block, h = below < block ? below : block;
			uint64_t sum = 0; /* in units of 1/64 */

			for (uint32_t j = 0; j < h; j++)
				sum += luma_sum(
				    image_row(im, block * y + j) + 3 * (size_t)block * x, w);
			image_row(small, from / block + y)[x] =
			    (unsigned char)((sum / (w * h) + 32) >> 6);
		}
}

void
signal_small(const struct image *im, uint32_t block, struct image *small)
{
	signal_begin(im->w, im->h, block, small);
	signal_rows(im, block, 0, small);
}

static int
percentile(const uint64_t histogram[256], uint64_t n, double share)
{
	uint64_t seen = 0;

	for (int i = 0; i < 256; i++) {
		seen += histogram[i];
		if ((double)seen >= share * (double)n)
			return i;
	}
	return 255;
}

static void
measure_levels(const uint64_t histogram[256], uint64_t n, struct signals *s)
{
	double sum = 0, squares = 0, total = (double)n;

	s->entropy = 0;
	for (int i = 0; i < 256; i++) {
		double p = (double)histogram[i] / total;

		sum += p * i;
		squares += p * i * i;
		if (p > 0)
			s->entropy -= p * log2(p);
	}
	s->brightness = sum / 255;
	s->contrast = sqrt(fmax(0, squares - sum * sum)) / 255;
	s->dark = percentile(histogram, n, 0.99) / 255.0;
	s->light = percentile(histogram, n, 0.05) / 255.0;
}

/* Mean of cell (x, y) of a grid of 9 x 8. */
static uint32_t
cell(const unsigned char *grey, uint32_t w, uint32_t h, uint32_t x, uint32_t y)
{
	uint32_t x0 = x * w / 9, x1 = (x + 1) * w / 9, y0 = y * h / 8, y1 = (y + 1) * h / 8,
		 sum = 0;

	x1 = x1 > x0 ? x1 : x0 + 1;
	y1 = y1 > y0 ? y1 : y0 + 1;
	for (uint32_t j = y0; j < y1; j++)
		for (uint32_t i = x0; i < x1; i++)
			sum += grey[(size_t)j * w + i];
	return sum * 16 / ((x1 - x0) * (y1 - y0));
}

static uint64_t
difference_hash(const unsigned char *grey, uint32_t w, uint32_t h)
{
	uint64_t hash = 0;

	for (uint32_t y = 0; y < 8; y++) {
		uint32_t left = cell(grey, w, h, 0, y);

		for (uint32_t x = 1; x < 9; x++) {
			uint32_t right = cell(grey, w, h, x, y);

			hash = hash << 1 | (left < right);
			left = right;
		}
	}
	return hash;
}

void
signals_measure(
    const struct image *small, uint32_t full_w, uint32_t full_h, double detail, struct signals *s)
{
	const unsigned char *grey = image_row(small, 0);
	uint64_t histogram[256] = { 0 }, n = (uint64_t)small->w * small->h;

	for (uint64_t i = 0; i < n; i++)
		histogram[grey[i]]++;
	measure_levels(histogram, n, s);
	s->detail = detail;
	s->aspect =
	    (double)(full_w < full_h ? full_w : full_h) / (full_w < full_h ? full_h : full_w);
	s->hash = difference_hash(grey, small->w, small->h);
}

unsigned
signals_marks(const struct signals *s)
{
	unsigned marks = 0;

	marks |= s->dark < 0.32 ? MARK_DARK : 0;
	marks |= s->light > 0.95 ? MARK_LIGHT : 0;
	marks |= s->entropy < 1 || s->contrast < 0.01 ? MARK_UNIFORM : 0;
	marks |= s->detail >= 0 && s->detail < 4 ? MARK_BLURRY : 0;
	marks |= s->aspect < 0.35 ? MARK_ASPECT : 0;
	return marks;
}
