/*
 * picture.h: what the fuzz targets of the picture decoders share: a file goes through the whole
 * cleaning, and what comes out must be a clean JPEG that a second run passes on bit for bit.
 */
#ifndef DS_TESTS_FUZZ_PICTURE_H
#define DS_TESTS_FUZZ_PICTURE_H

#include <string.h>

#include "fuzz.h"
#include "image/clean.h"

static const struct clean_options picture_options = {
	.lim = { .pixels = 1 << 20, .scans = 50, .keep_rows = 100 },
	.encoding = { .quality = 90, .h = 2, .v = 2 },
	.cmyk = CMYK_PLAIN,
	.background = { 255, 255, 255 },
	.measure = true,
};

/* What takes as much as there is of a picture. */
static const struct clean_options lenient_options = {
	.lim = { .pixels = 1 << 20, .scans = 50, .keep_rows = 1, .keep_damaged = true },
	.encoding = { .quality = 90, .h = 2, .v = 2 },
	.cmyk = CMYK_INVERTED,
	.background = { 0, 0, 255 },
	.always_encode = true,
	.fit_w = 300,
	.fit_h = 200,
};

static inline void
fuzz_options(struct span file, const struct clean_options *options)
{
	struct clean_result first, again;
	struct bench *a, *b;

	a = bench_new(options);
	clean_picture(a, file, SPAN("x"), &first);
	must_hold((first.action == CLEAN_REJECTED) == (first.f.code != NULL));
	if (first.action != CLEAN_REJECTED) {
		b = bench_new(&picture_options);
		must_hold(first.new_w > 0 && first.new_h > 0);
		must_hold(!options->measure || first.signals.aspect > 0);
		clean_picture(b, first.bytes, SPAN("x"), &again);
		must_hold(again.action == CLEAN_PASSED);
		must_hold(again.w == first.new_w && again.h == first.new_h);
		must_hold(again.bytes.p == first.bytes.p && again.bytes.n == first.bytes.n);
		bench_free(b);
	}
	bench_free(a);
}

static inline void
fuzz_picture(const uint8_t *data, size_t size, enum image_kind kind)
{
	struct span file = { (const char *)data, size };

	if (size == 0 || image_kind_of(file) != kind)
		return;
	fuzz_options(file, &picture_options);
	fuzz_options(file, &lenient_options);
}

#endif
