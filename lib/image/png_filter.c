/*
 * Undoing PNG's filters: see png_filter.h.
 *
 * Sub, Average and Paeth depend on the pixel to the left, so their speed is
 * the time from one pixel to the next: with SSE2 a whole pixel is one step,
 * three times as fast as byte by byte.
 */
#include "image/png_filter.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH };

static void
undo_up(const unsigned char *in, const unsigned char *up, unsigned char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)(in[i] + up[i]);
}

/* ---- byte by byte, for any pixel ---- */

static unsigned char
paeth(int a, int b, int c)
{
	int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);

	return (unsigned char)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

static void
undo_bytes(int filter, const unsigned char *in, const unsigned char *up, unsigned char *out,
    size_t n, size_t bpp)
{
	for (size_t i = 0; i < n; i++) {
		int a = i < bpp ? 0 : out[i - bpp], b = up[i], c = i < bpp ? 0 : up[i - bpp];
		int guess = filter == FILTER_SUB       ? a
			    : filter == FILTER_AVERAGE ? (a + b) / 2
						       : paeth(a, b, c);

		out[i] = (unsigned char)(in[i] + guess);
	}
}

/* ---- a pixel of three or four bytes at once ---- */

#ifdef __SSE2__

static inline __m128i
load(const unsigned char *p)
{
	int v;

	memcpy(&v, p, 4);
	return _mm_cvtsi32_si128(v);
}

static inline void
store(unsigned char *p, __m128i x, size_t bpp)
{
	int v = _mm_cvtsi128_si32(x);

	memcpy(p, &v, bpp);
}

static inline void
sub_pixels(const unsigned char *in, unsigned char *out, size_t n, size_t bpp)
{
	__m128i a = _mm_setzero_si128();

	for (size_t i = 0; i < n; i += bpp) {
		a = _mm_add_epi8(a, load(in + i));
		store(out + i, a, bpp);
	}
}

static inline void
average_pixels(
    const unsigned char *in, const unsigned char *up, unsigned char *out, size_t n, size_t bpp)
{
	const __m128i one = _mm_set1_epi8(1);
	__m128i a = _mm_setzero_si128();

	for (size_t i = 0; i < n; i += bpp) {
		__m128i b = load(up + i);
		/* _mm_avg rounds up; PNG rounds down */
		__m128i mean =
		    _mm_sub_epi8(_mm_avg_epu8(a, b), _mm_and_si128(_mm_xor_si128(a, b), one));

		a = _mm_add_epi8(load(in + i), mean);
		store(out + i, a, bpp);
	}
}

static inline __m128i
magnitude(__m128i x)
{
	return _mm_max_epi16(x, _mm_sub_epi16(_mm_setzero_si128(), x));
}

static inline __m128i
choose(__m128i mask, __m128i yes, __m128i no)
{
	return _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no));
}

static inline void
paeth_pixels(
    const unsigned char *in, const unsigned char *up, unsigned char *out, size_t n, size_t bpp)
{
	const __m128i zero = _mm_setzero_si128(), low = _mm_set1_epi16(255);
	__m128i a = zero, c = zero; /* 16 bits a byte */

	for (size_t i = 0; i < n; i += bpp) {
		__m128i b = _mm_unpacklo_epi8(load(up + i), zero);
		__m128i x = _mm_unpacklo_epi8(load(in + i), zero);
		__m128i pa = _mm_sub_epi16(b, c), pb = _mm_sub_epi16(a, c);
		__m128i pc = magnitude(_mm_add_epi16(pa, pb)), least;

		pa = magnitude(pa);
		pb = magnitude(pb);
		least = _mm_min_epi16(pc, _mm_min_epi16(pa, pb));
		a = choose(_mm_cmpeq_epi16(least, pa), a, choose(_mm_cmpeq_epi16(least, pb), b, c));
		a = _mm_and_si128(_mm_add_epi16(a, x), low);
		c = b;
		store(out + i, _mm_packus_epi16(a, a), bpp);
	}
}

/* A constant `bpp` lets the compiler make one tight loop of each call. */
static void
undo_pixels(int filter, const unsigned char *in, const unsigned char *up, unsigned char *out,
    size_t n, size_t bpp)
{
	switch (filter) {
	case FILTER_SUB:
		bpp == 3 ? sub_pixels(in, out, n, 3) : sub_pixels(in, out, n, 4);
		break;
	case FILTER_AVERAGE:
		bpp == 3 ? average_pixels(in, up, out, n, 3) : average_pixels(in, up, out, n, 4);
		break;
	default:
		bpp == 3 ? paeth_pixels(in, up, out, n, 3) : paeth_pixels(in, up, out, n, 4);
	}
}

#else

static void
undo_pixels(int filter, const unsigned char *in, const unsigned char *up, unsigned char *out,
    size_t n, size_t bpp)
{
	undo_bytes(filter, in, up, out, n, bpp);
}

#endif

bool
png_unfilter(int filter, const unsigned char *in, const unsigned char *up, unsigned char *out,
    size_t n, size_t bpp)
{
	if (filter > FILTER_PAETH)
		return false;
	if (filter == FILTER_NONE)
		memmove(out, in, n);
	else if (filter == FILTER_UP)
		undo_up(in, up, out, n);
	else if (bpp >= 3)
		undo_pixels(filter, in, up, out, n, bpp);
	else
		undo_bytes(filter, in, up, out, n, bpp);
	return true;
}
