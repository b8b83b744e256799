/* Pixels, limits and findings that all codecs share: see image.h. */
#include "image/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"

void
image_size(struct image *im, uint32_t w, uint32_t h, int channels)
{
	size_t n = size_mul(size_mul(w, h), (size_t)channels);

	im->w = w;
	im->h = h;
	im->channels = channels;
	if (im->px.cap <= n) {
		buf_release(&im->px); /* the old pixels need no copying */
		buf_reserve(&im->px, n);
	}
	im->px.n = n;
}

uint32_t
image_begin(struct image *im, uint32_t w, uint32_t h, int channels, bool in_order)
{
	im->w = w;
	im->h = h;
	im->channels = channels;
	im->giving = in_order && im->taker && im->taker->begin(im->taker, im);
	return im->giving ? IMAGE_BAND : h;
}

void
image_band(struct image *im, uint32_t band, uint32_t y, uint32_t h, int channels)
{
	image_size(im, im->w, h - y < band ? h - y : band, channels);
}

void
image_give(struct image *im)
{
	if (im->giving)
		im->taker->take(im->taker, im);
}

void
image_end(struct image *im, uint32_t h)
{
	im->h = h;
}

void
image_release(struct image *im)
{
	buf_release(&im->px);
	buf_release(&im->icc);
	buf_release(&im->room[0]);
	buf_release(&im->room[1]);
}

const char *
image_note_name(int bit)
{
	static const char *const name[IMAGE_NOTES] = { "renamed", "progressive", "arithmetic",
		"grey", "cmyk", "rgb-coded", "turned", "icc-converted", "icc-ignored",
		"gamma-applied", "alpha-flattened", "depth-reduced", "animated", "trailing-bytes",
		"end-missing", "extraneous-bytes", "checksum-ignored", "palette-index", "truncated",
		"damaged", "subsampling", "resized", "tiny", "large", "fourth-channel",
		"size-differs", "stripped", "extended" };

	return name[bit];
}

bool
image_reject(struct finding *f, const char *code, const char *fmt, ...)
{
	va_list ap;

	if (f->code)
		return false;
	f->code = code;
	va_start(ap, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, ap);
	va_end(ap);
	return false;
}

double
image_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool
image_late(const struct image_limits *lim, struct finding *f)
{
	if (lim->deadline == 0 || image_clock() < lim->deadline)
		return false;
	image_reject(
	    f, "too-slow", "decoding takes longer than --max-time %g seconds", lim->seconds);
	return true;
}

bool
image_check_size(uint64_t w, uint64_t h, const struct image_limits *lim, struct finding *f)
{
	if (w == 0 || h == 0)
		return image_reject(f, "no-size", "its width or height is 0");
	if (w > 65500 || h > 65500)
		return image_reject(f, "too-large",
		    "%llu x %llu pixels; libjpeg takes at most 65500 a side", (unsigned long long)w,
		    (unsigned long long)h);
	if (w * h > lim->pixels)
		return image_reject(f, "too-large",
		    "%llu x %llu pixels are more than --max-pixels %llu", (unsigned long long)w,
		    (unsigned long long)h, (unsigned long long)lim->pixels);
	return true;
}
