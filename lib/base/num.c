/* Numbers as text: see num.h. */
#include "base/num.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double power10[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static const uint64_t power10_u64[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000,
	100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
	100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
	1000000000000000000, 10000000000000000000u };

/* The parts of a decimal number: digits * 10^exponent. */
struct decimal {
	uint64_t digits;
	int exponent;
	bool negative;
	bool exact; /* `digits` holds all of them: there are at most 19 */
};

/* Take in digits; a 20th may overflow, and then `digits` is not used. */
static inline const char *
scan_digits(const char *p, const char *end, uint64_t *digits)
{
	for (; p < end && (unsigned char)(*p - '0') < 10; p++)
		*digits = *digits * 10 + (uint64_t)(*p - '0');
	return p;
}

/* The end of an exponent whose digits begin at p, NULL when there are none. Far ones are cut. */
static const char *
scan_exponent(const char *p, const char *end, int *exponent)
{
	bool negative = false;
	const char *begin;
	int e = 0;

	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (begin = p; p < end && (unsigned char)(*p - '0') < 10; p++)
		e = e < 100000 ? e * 10 + (*p - '0') : e;
	*exponent += negative ? -e : e;
	return p > begin ? p : NULL;
}

/* The end of the number at p, NULL when there is none. */
static inline const char *
scan_decimal(const char *p, const char *end, struct decimal *d)
{
	const char *whole, *point;
	size_t seen;

	*d = (struct decimal){ .digits = 0 };
	if (p < end && (*p == '-' || *p == '+'))
		d->negative = *p++ == '-';
	whole = p;
	p = scan_digits(p, end, &d->digits);
	seen = (size_t)(p - whole);
	if (p < end && *p == '.') {
		point = p;
		p = scan_digits(p + 1, end, &d->digits);
		d->exponent = (int)(point + 1 - p);
		seen += (size_t)(p - point - 1);
	}
	if (seen == 0)
		return NULL;
	d->exact = seen <= 19;
	return p < end && (*p | 32) == 'e' ? scan_exponent(p + 1, end, &d->exponent) : p;
}

/* strtod on a copy: the span has no NUL. We never call setlocale(), so '.' is the point. */
static double
parse_slow(struct span s)
{
	char small[64], *copy = s.n < sizeof(small) ? small : xmalloc(size_add(s.n, 1));
	double value;

	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	value = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	return value;
}

/*
 * digits / 10^k, correctly rounded, for k up to 19: both are made 64 bits wide, and the
 * quotient has then 64 bits too. Whether anything is left of it decides between two
 * neighbours when it lies half-way.
 */
static double
divide(uint64_t digits, int k)
{
	int shift = __builtin_clzll(digits), shift10 = __builtin_clzll(power10_u64[k]);
	uint64_t n = digits << shift, t = power10_u64[k] << shift10, q, rest, bits;
	int exponent = shift10 - shift - 64 + (n >= t); /* of q */
	unsigned __int128 wide = (unsigned __int128)n << (n >= t ? 63 : 64);
	double value;

	q = (uint64_t)(wide / t);
	rest = (q & 0x7ff) << 1 | (wide % t != 0); /* what does not fit into 53 bits */
	bits = (q >> 11) + (rest > 0x800 || (rest == 0x800 && (q >> 11 & 1)));
	/* the highest bit of the fraction is not stored: it adds one to the exponent */
	bits += (uint64_t)(exponent + 11 + 1023 + 52 - 1) << 52;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline double
decimal_value(const struct decimal *d, struct span s)
{
	double v;

	if (!d->exact || d->exponent < -22 || d->exponent > 22)
		return parse_slow(s);
	if (d->digits <= (uint64_t)1 << 53) {
		/* both factors are exact doubles, so there is one rounding: Clinger's fast path */
		v = (double)d->digits;
		v = d->exponent < 0 ? v / power10[-d->exponent] : v * power10[d->exponent];
	} else if (d->exponent <= 0 && d->exponent >= -19) {
		v = divide(d->digits, -d->exponent);
	} else {
		return parse_slow(s);
	}
	return d->negative ? -v : v;
}

size_t
num_prefix(struct span s, double *value)
{
	const char *end = s.p + s.n;
	struct decimal d;

	end = scan_decimal(s.p, end, &d);
	if (end == NULL)
		return 0;
	s.n = (size_t)(end - s.p);
	*value = decimal_value(&d, s);
	return isfinite(*value) ? s.n : 0;
}

bool
num_parse(struct span s, double *value)
{
	return s.n > 0 && num_prefix(s, value) == s.n;
}

bool
num_parse_u64(struct span s, uint64_t *value)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)(s.p[i] - '0') > 9 || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	*value = v;
	return true;
}

bool
num_parse_i64(struct span s, int64_t *value)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (negative || (s.n > 0 && s.p[0] == '+'))
		s.p++, s.n--;
	if (!num_parse_u64(s, &v) || v > (uint64_t)INT64_MAX + negative)
		return false;
	*value = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

void
num_add_u64(struct buf *b, uint64_t v)
{
	char s[20];
	size_t n = sizeof(s);

	do
		s[--n] = (char)('0' + v % 10);
	while (v /= 10);
	buf_add(b, s + n, sizeof(s) - n);
}

void
num_add_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_addc(b, '-');
	num_add_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* m / 10^decimals as text */
static void
add_scaled(struct buf *b, bool negative, unsigned __int128 m, int decimals, bool trim)
{
	uint64_t one = power10_u64[decimals], whole, fraction;
	char s[44], *p = s + sizeof(s);

	if (m <= UINT64_MAX) {
		whole = (uint64_t)m / one;
		fraction = (uint64_t)m % one;
	} else {
		whole = (uint64_t)(m / one);
		fraction = (uint64_t)(m % one);
	}
	for (; trim && decimals > 0 && fraction % 10 == 0; fraction /= 10)
		decimals--;
	for (int i = 0; i < decimals; i++, fraction /= 10)
		*--p = (char)('0' + fraction % 10);
	if (decimals > 0)
		*--p = '.';
	do
		*--p = (char)('0' + whole % 10);
	while (whole /= 10);
	if (negative && m > 0)
		*--p = '-';
	buf_add(b, p, (size_t)(s + sizeof(s) - p));
}

/*
 * |value| * 10^decimals as a whole number, rounded half away from zero. A double below
 * 2^53 is mantissa / 2^shift, and the product fits 128 bits, so nothing is lost before
 * the one rounding.
 */
static unsigned __int128
scale(double value, int decimals)
{
	const uint64_t hidden = (uint64_t)1 << 52; /* the highest bit is not stored */
	uint64_t bits, mantissa;
	int exponent, shift;
	unsigned __int128 product;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int)(bits >> 52 & 0x7ff);
	mantissa = (bits & (hidden - 1)) | hidden;
	shift = 1023 + 52 - exponent;
	product = (unsigned __int128)mantissa * power10_u64[decimals];
	if (shift == 0)
		return product;
	return shift > 127 ? 0 : ((product >> (shift - 1)) + 1) >> 1;
}

static void
add_fixed(struct buf *b, double value, int decimals, bool trim)
{
	if (!isfinite(value))
		buf_adds(b, "null");
	else if (fabs(value) < 9007199254740992.0)
		add_scaled(b, value < 0, scale(value, decimals), decimals, trim);
	else /* a whole number */
		buf_addf(b, "%.*f", trim ? 0 : decimals, value);
}

void
num_add_fixed(struct buf *b, double value, int decimals)
{
	add_fixed(b, value, decimals, false);
}

void
num_add_trimmed(struct buf *b, double value, int decimals)
{
	add_fixed(b, value, decimals, true);
}

void
num_add(struct buf *b, double value)
{
	double a = fabs(value);
	char s[40];

	if (!isfinite(value)) {
		buf_adds(b, "null"); /* JSON has no word for it; callers check first */
		return;
	}
	if (a == 0) {
		buf_addc(b, '0');
		return;
	}
	/*
	 * When m is a whole number below 2^53 and m / 10^k gives the value back, then
	 * the text "m with k decimals" does too (one correctly rounded division), and the
	 * least such k is the shortest text.
	 */
	for (int k = 0; k <= 17 && a >= 1e-5; k++) {
		double m = a * power10[k];
		uint64_t whole;

		if (!(m < 9007199254740992.0))
			break;
		whole =
		    (uint64_t)(m < 4503599627370496.0 ? m + 0.5 : m); /* from 2^52 on it is whole */
		if ((double)whole / power10[k] == a) {
			add_scaled(b, value < 0, whole, k, false);
			return;
		}
	}
	/* %.15g gives every shorter decimal back (and drops its zeros), but for subnormals */
	for (int digits = a < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		snprintf(s, sizeof(s), "%.*g", digits, value);
		if (strtod(s, NULL) == value)
			break;
	}
	buf_adds(b, s);
}

void
num_add_float(struct buf *b, float value)
{
	double a = fabs((double)value);
	char s[40];

	if (!isfinite(value) || a == 0) {
		num_add(b, (double)value);
		return;
	}
	for (int k = 0; k <= 17 && a >= 1e-5; k++) { /* as in num_add() */
		double m = a * power10[k];
		uint64_t whole = m < 9007199254740992.0 ? (uint64_t)(m + 0.5) : 0;

		if (whole == 0 && m >= 1)
			break;
		if ((float)((double)whole / power10[k]) == (float)a) {
			add_scaled(b, value < 0, whole, k, false);
			return;
		}
	}
	for (int digits = 1; digits <= 9; digits++) {
		snprintf(s, sizeof(s), "%.*g", digits, (double)value);
		if ((float)strtod(s, NULL) == value)
			break;
	}
	buf_adds(b, s);
}
