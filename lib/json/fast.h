/*
 * The vector kernels of the scanner: they pass over what is plain and valid, 16 or 64
 * bytes at a time. For scan.c and tree.c only.
 *
 * A kernel is help, never the judge: it stops where it is not sure, and the scalar code
 * of scan.c goes on from there and finds what is wrong. Without SSE2 the kernels stop at
 * once, so the scanner is the same with and without them, and only slower.
 *
 * The last ones are for text that was found valid before: they look for its end only.
 */
#ifndef JSON_FAST_H
#define JSON_FAST_H

#include <stdint.h>

#if defined(__SSE2__) && !defined(SCAN_SCALAR)

#include <emmintrin.h>

/* ---- strings ---- */

/*
 * The first byte from p on that is a quote, a backslash, a control character or not
 * ASCII; or a place less than 16 bytes before `end`.
 */
static inline const char *
fast_plain(const char *p, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);

	for (; end - p >= 16; p += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i special = _mm_or_si128(_mm_cmpeq_epi8(c, quote), _mm_cmpeq_epi8(c, slash));
		unsigned mask;

		special = _mm_or_si128(special, _mm_cmpeq_epi8(_mm_min_epu8(c, control), c));
		/* movemask takes the top bits, and that of c itself says "not ASCII" */
		mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(special, c));
		if (mask)
			return p + __builtin_ctz(mask);
	}
	return p;
}

/* ---- lists of numbers ---- */

/* 64 bytes. The masks made of them have bit i for byte i. */
struct block {
	__m128i v[4];
};

static inline struct block
block_load(const char *p)
{
	const __m128i *v = (const __m128i *)(const void *)p;

	return (struct block){ { _mm_loadu_si128(v), _mm_loadu_si128(v + 1), _mm_loadu_si128(v + 2),
	    _mm_loadu_si128(v + 3) } };
}

static inline uint64_t
block_mask(__m128i a, __m128i b, __m128i c, __m128i d)
{
	uint64_t low = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
	uint64_t high = (uint32_t)_mm_movemask_epi8(c) | (uint32_t)_mm_movemask_epi8(d) << 16;

	return low | high << 32;
}

static inline uint64_t
block_is(struct block b, char c)
{
	__m128i x = _mm_set1_epi8(c);

	return block_mask(_mm_cmpeq_epi8(b.v[0], x), _mm_cmpeq_epi8(b.v[1], x),
	    _mm_cmpeq_epi8(b.v[2], x), _mm_cmpeq_epi8(b.v[3], x));
}

static inline __m128i
is_digit16(__m128i c)
{
	__m128i d = _mm_sub_epi8(c, _mm_set1_epi8('0'));

	return _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d);
}

static inline uint64_t
block_digits(struct block b)
{
	return block_mask(
	    is_digit16(b.v[0]), is_digit16(b.v[1]), is_digit16(b.v[2]), is_digit16(b.v[3]));
}

static inline uint64_t
block_blanks(struct block b)
{
	return block_is(b, ' ') | block_is(b, '\n') | block_is(b, '\r') | block_is(b, '\t');
}

/*
 * Where RFC 8259 is broken in a list of numbers without exponents, such as "1.5, -20,3"
 * whose first byte is behind a comma or '['. All rules look at neighbours, so a shift by
 * one brings "the byte before" under each byte; runs are followed by the carry of an
 * addition: (bit at the start of a run) + run has a bit behind its end.
 */
static inline uint64_t
numbers_wrong(
    uint64_t digit, uint64_t zero, uint64_t point, uint64_t minus, uint64_t comma, uint64_t blank)
{
	uint64_t start = ((comma << 1 | 1) + blank) & ~blank; /* behind a comma and its blanks */
	uint64_t body = digit | point | minus;
	uint64_t wrong;

	wrong = start & ~(digit | minus);        /* a number should be here */
	wrong |= minus & ~start;                 /* 1-2 */
	wrong |= (minus << 1) & ~digit;          /* -. */
	wrong |= digit & ~(body << 1) & ~start;  /* 1 2 */
	wrong |= point & ~(digit << 1);          /* .5 */
	wrong |= (point << 1) & ~digit;          /* 5. */
	wrong |= ((point << 1) + digit) & point; /* 1.2.3: a fraction ends at a point */
	wrong |= (((start | minus << 1) & zero) << 1) & digit; /* 01 */
	return wrong;
}

/* The place behind the number at p, when it is a plain one of less than 16 bytes; or p. */
static inline const char *
fast_number(const char *p, const char *end)
{
	__m128i c;
	uint64_t digit, zero, point, minus, after;

	if (end - p < 16)
		return p;
	c = _mm_loadu_si128((const __m128i *)(const void *)p);
	digit = (unsigned)_mm_movemask_epi8(is_digit16(c));
	zero = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('0')));
	point = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('.')));
	minus = *p == '-';
	after = ~(digit | point | minus);
	after &= -after; /* the first byte behind it */
	if (after > 0x8000 ||
	    (numbers_wrong(digit, zero, point, minus, 0, 0) & (after | (after - 1))))
		return p;
	after = (uint64_t)__builtin_ctzll(after);
	return (p[after] | 32) == 'e' ? p : p + after;
}

/*
 * p is where a number of an array should be. Returns the ',' or ']' behind the last
 * number that is complete and valid beyond doubt, or p.
 */
static inline const char *
fast_numbers(const char *p, const char *end)
{
	const char *sure = p;

	while (end - p >= 64) {
		struct block b = block_load(p);
		uint64_t digit = block_digits(b), zero = block_is(b, '0'), blank = 0;
		uint64_t point = block_is(b, '.'), minus = block_is(b, '-'),
			 comma = block_is(b, ',');
		uint64_t other = ~(digit | point | minus | comma), last, stop;

		if (other && p[__builtin_ctzll(other)] <= ' ') {
			blank = block_blanks(b);
			other &= ~blank;
		}
		stop = other & -other; /* the first byte of another kind, such as the ']' */
		last = stop;
		if (!stop || p[__builtin_ctzll(stop)] != ']') {
			comma &= stop - 1;
			if (!comma)
				break;
			last = (uint64_t)1 << (63 - __builtin_clzll(comma));
		}
		if (numbers_wrong(digit, zero, point, minus, comma, blank) & (last | (last - 1)))
			break;
		sure = p + __builtin_ctzll(last);
		if (stop)
			break;
		p = sure + 1;
	}
	return sure;
}

/* ---- valid text ---- */

/* The first quote or backslash from p on, or a place less than 16 bytes before `end`. */
static inline const char *
fast_quote(const char *p, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');

	for (; end - p >= 16; p += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
		unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmpeq_epi8(c, quote), _mm_cmpeq_epi8(c, slash)));

		if (mask)
			return p + __builtin_ctz(mask);
	}
	return p;
}

/* The first comma, closing bracket or white space from p on, or a place as above. */
static inline const char *
fast_word_end(const char *p, const char *end)
{
	const __m128i comma = _mm_set1_epi8(','), blank = _mm_set1_epi8(' ');
	const __m128i close = _mm_set1_epi8('}'), bit = _mm_set1_epi8(']' ^ '}');

	for (; end - p >= 16; p += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i stop = _mm_or_si128(
		    _mm_cmpeq_epi8(c, comma), _mm_cmpeq_epi8(_mm_or_si128(c, bit), close));
		unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(c, blank), c)));

		if (mask)
			return p + __builtin_ctz(mask);
	}
	return p;
}

/*
 * Count the commas of a flat list, from p to a place less than 16 bytes before `end`, which is
 * returned; NULL: there is something else than numbers in it. (That has a quote, or a letter or
 * bracket from '[' on; numbers have only 'e' there.)
 */
static inline const char *
fast_commas(const char *p, const char *end, size_t *commas)
{
	const __m128i comma = _mm_set1_epi8(','), quote = _mm_set1_epi8('"');
	const __m128i high = _mm_set1_epi8('['), e = _mm_set1_epi8('e');
	const __m128i zero = _mm_setzero_si128();

	while (end - p >= 16) {
		const char *stop =
		    end - p > 255 * 16 ? p + 255 * 16 : end; /* a byte counts to 255 */
		__m128i n = zero, other = zero;

		for (; stop - p >= 16; p += 16) {
			__m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
			__m128i letter = _mm_andnot_si128(
			    _mm_cmpeq_epi8(c, e), _mm_cmpeq_epi8(_mm_max_epu8(c, high), c));

			n = _mm_sub_epi8(n, _mm_cmpeq_epi8(c, comma));
			other = _mm_or_si128(other, _mm_or_si128(letter, _mm_cmpeq_epi8(c, quote)));
		}
		if (_mm_movemask_epi8(other))
			return NULL;
		n = _mm_sad_epu8(n, zero);
		*commas += (size_t)_mm_extract_epi16(n, 0) + (size_t)_mm_extract_epi16(n, 4);
	}
	return p;
}

/* The first bracket or quote from p on, or a place less than 64 bytes before `end`. */
static inline const char *
fast_bracket(const char *p, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"'), bit = _mm_set1_epi8('[' ^ '{');
	const __m128i open = _mm_set1_epi8('{'), close = _mm_set1_epi8('}');

	for (; end - p >= 64; p += 64) {
		struct block b = block_load(p);
		__m128i hit[4];
		uint64_t mask;

		for (int i = 0; i < 4; i++) {
			__m128i c = _mm_or_si128(b.v[i], bit);

			hit[i] = _mm_or_si128(_mm_cmpeq_epi8(b.v[i], quote),
			    _mm_or_si128(_mm_cmpeq_epi8(c, open), _mm_cmpeq_epi8(c, close)));
		}
		mask = block_mask(hit[0], hit[1], hit[2], hit[3]);
		if (mask)
			return p + __builtin_ctzll(mask);
	}
	return p;
}

#else

static inline const char *
fast_plain(const char *p, const char *end)
{
	(void)end;
	return p;
}

static inline const char *
fast_number(const char *p, const char *end)
{
	(void)end;
	return p;
}

static inline const char *
fast_numbers(const char *p, const char *end)
{
	(void)end;
	return p;
}

static inline const char *
fast_quote(const char *p, const char *end)
{
	(void)end;
	return p;
}

static inline const char *
fast_word_end(const char *p, const char *end)
{
	(void)end;
	return p;
}

static inline const char *
fast_commas(const char *p, const char *end, size_t *commas)
{
	(void)end, (void)commas;
	return p;
}

static inline const char *
fast_bracket(const char *p, const char *end)
{
	(void)end;
	return p;
}

#endif

/* Behind the closing quote of the string at p when it is plain ASCII without escapes; else NULL. */
static inline const char *
fast_string(const char *p, const char *end)
{
	const char *q = fast_plain(p + 1, end);

	return q < end && *q == '"' ? q + 1 : NULL;
}

#endif
