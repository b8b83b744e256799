/*
 * The fast way for plain PNG files: see png_plain() in png.h.
 *
 * 8 bits, not interlaced, grey, RGB, RGBA or palette without transparency:
 * unpacked as a whole by libdeflate. Wherever anything is odd (a checksum, the amount of data,
 * an index beyond the palette) it declines, and libpng says what is wrong.
 */
#include "image/png.h"

#include "base/diag.h"
#include "base/mem.h"
#include "image/bytes.h"
#include "image/png_filter.h"

#if HAVE_DEFLATE

#include <libdeflate.h>

enum { GREY = 0, RGB = 2, PALETTE = 3, RGBA = 6 };

#define SLACK 16                        /* bytes that png_unfilter() may read behind a row */
#define UNPACKED_MAX ((size_t)64 << 20) /* what is larger goes through libpng, row by row */

static size_t
bytes_of(int colour)
{
	return colour == RGB ? 3 : colour == RGBA ? 4 : 1;
}

static bool
is_plain(const struct png_chunks *c)
{
	bool kind = c->colour == GREY || c->colour == RGB || c->colour == RGBA ||
		    (c->colour == PALETTE && c->palette.p);
	bool gamma = c->gamma && !c->srgb && (c->gamma < 43182 || c->gamma > 47728);

	return kind && c->depth == 8 && !c->interlaced && !c->transparent && !c->profile &&
	       !gamma && c->end && c->standard;
}

/* Are all checksums right? Joins the IDAT chunks in `z` when there are several. */
static bool
gather(struct span file, const struct png_chunks *c, struct buf *z, struct span *data)
{
	const unsigned char *p = (const unsigned char *)file.p;

	*data = SPAN_NONE;
	buf_reset(z);
	for (size_t at = 8; at < c->end;) {
		size_t n = be32(p + at);

		if (libdeflate_crc32(0, p + at + 4, n + 4) != be32(p + at + 8 + n))
			return false;
		if (memcmp(p + at + 4, "IDAT", 4) == 0) {
			if (data->p && z->n == 0)
				buf_addspan(z, *data);
			if (data->p)
				buf_add(z, p + at + 8, n);
			else
				*data = (struct span){ file.p + at + 8, n };
		}
		at += 12 + n;
	}
	if (z->n > 0)
		*data = buf_span(z);
	return data->p != NULL;
}

static bool
inflate_all(struct span data, struct buf *out, size_t size)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	enum libdeflate_result r;
	size_t got = 0;

	if (d == NULL)
		die("out of memory");
	buf_reset(out);
	buf_reserve(out, size + SLACK);
	r = libdeflate_zlib_decompress(d, data.p, data.n, out->p, size, &got);
	libdeflate_free_decompressor(d);
	return r == LIBDEFLATE_SUCCESS && got == size;
}

/*
 * Unpacked rows, each behind the number of its filter, to the pixels of a band. `up` is the row above,
 * and afterwards the last one: a copy, since the pixels are given away.
 */
static bool
unfilter_band(unsigned char *packed, unsigned char *up, struct image *im, size_t bpp)
{
	size_t n = im->w * bpp;
	const unsigned char *above = up;

	for (uint32_t y = 0; y < im->h; y++, packed += n + 1) {
		unsigned char *out = bpp >= 3 ? image_row(im, y) : packed + 1;

		if (!png_unfilter(packed[0], packed + 1, above, out, n, bpp))
			return false;
		above = out;
	}
	memcpy(up, above, n);
	return true;
}

/* One byte a pixel to three. False: an index is beyond the palette. */
static bool
expand_band(const unsigned char *packed, struct image *im, const struct png_chunks *c)
{
	unsigned char table[256][3];
	size_t colours = c->colour == PALETTE ? c->palette.n / 3 : 256;
	unsigned char most = 0;

	for (size_t i = 0; i < 256; i++)
		memset(table[i], (int)i, 3);
	if (c->colour == PALETTE)
		memcpy(table, c->palette.p, colours * 3);
	for (uint32_t y = 0; y < im->h; y++, packed += im->w + 1) {
		unsigned char *q = image_row(im, y);

		for (uint32_t x = 0; x < im->w; x++, q += 3) {
			unsigned char i = packed[1 + x];

			most = i > most ? i : most;
			memcpy(q, table[i], 3);
		}
	}
	return most < colours;
}

static bool
give_bands(unsigned char *packed, unsigned char *up, const struct png_chunks *c, struct image *im)
{
	size_t bpp = bytes_of(c->colour);
	int channels = bpp == 4 ? 4 : 3;
	uint32_t band = image_begin(im, c->w, c->h, channels, true);

	for (uint32_t y = 0; y < c->h; y += band) {
		image_band(im, band, y, c->h, channels);
		if (!unfilter_band(packed, up, im, bpp) || (bpp < 3 && !expand_band(packed, im, c)))
			return false;
		packed += (c->w * bpp + 1) * im->h;
		image_give(im);
	}
	image_end(im, c->h);
	return true;
}

bool
png_plain(struct span file, const struct png_chunks *c, struct image *im)
{
	size_t row = c->w * bytes_of(c->colour) + 1;
	struct buf *z = &im->room[0], *raw = &im->room[1];
	struct span data;

	if (!is_plain(c) || (c->colour == PALETTE && c->palette.n > 768) ||
	    row * c->h > UNPACKED_MAX)
		return false;
	/* deflate makes at most 1032 bytes of one */
	if (!gather(file, c, z, &data) || data.n < row * c->h / 1040)
		return false;
	if (!inflate_all(data, raw, row * c->h))
		return false;
	buf_reset(z);
	buf_reserve(z, row + SLACK);
	memset(z->p, 0, row + SLACK);
	return give_bands((unsigned char *)raw->p, (unsigned char *)z->p, c, im);
}

const char *
png_plain_library(void)
{
	return "libdeflate " LIBDEFLATE_VERSION_STRING;
}

#else

bool
png_plain(struct span file, const struct png_chunks *c, struct image *im)
{
	(void)file;
	(void)c;
	(void)im;
	return false;
}

const char *
png_plain_library(void)
{
	return NULL;
}

#endif
