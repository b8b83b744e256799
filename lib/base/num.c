/* Numbers as text: see num.h. */
#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double power10[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/*
 * The parts of a decimal number. Up to 19 digits fit `digits`; `exact` says that none was lost.
 */
struct decimal {
	uint64_t digits;
	int exponent; /* value = digits * 10^exponent */
	bool negative, exact;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
scan_digits(const char *p, const char *end, struct decimal *d, int *seen, bool fraction)
{
	for (; p < end && is_digit(*p); p++, (*seen)++) {
		if (d->digits < UINT64_MAX / 10 - 1) {
			d->digits = d->digits * 10 + (uint64_t)(*p - '0');
			d->exponent -= fraction;
		} else {
			d->exact = false;
			d->exponent += !fraction;
		}
	}
	return p;
}

static bool
scan_decimal(struct span s, struct decimal *d)
{
	const char *p = s.p, *end = s.p + s.n;
	int seen = 0, e = 0, e_seen = 0;
	bool e_negative = false;

	*d = (struct decimal){ .exact = true };
	if (p < end && (*p == '-' || *p == '+'))
		d->negative = *p++ == '-';
	p = scan_digits(p, end, d, &seen, false);
	if (p < end && *p == '.')
		p = scan_digits(p + 1, end, d, &seen, true);
	if (seen == 0)
		return false;
	if (p < end && (*p == 'e' || *p == 'E')) {
		if (++p < end && (*p == '-' || *p == '+'))
			e_negative = *p++ == '-';
		for (; p < end && is_digit(*p); p++, e_seen++)
			e = e < 100000 ? e * 10 + (*p - '0') : e;
		if (e_seen == 0)
			return false;
		d->exponent += e_negative ? -e : e;
	}
	return p == end;
}

/* strtod on a copy: the span has no NUL. We never call setlocale(), so '.' is the point. */
static bool
parse_slow(struct span s, double *value)
{
	char small[64], *copy = s.n < sizeof(small) ? small : malloc(s.n + 1);

	if (copy == NULL)
		return false;
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	*value = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	return isfinite(*value);
}

bool
num_parse(struct span s, double *value)
{
	struct decimal d;
	double v;

	if (!scan_decimal(s, &d))
		return false;
	/* both factors are exact doubles, so one rounding: Clinger's fast path */
	if (!d.exact || d.digits > (1ull << 53) || d.exponent < -22 || d.exponent > 22)
		return parse_slow(s, value);
	v = (double)d.digits;
	v = d.exponent < 0 ? v / power10[-d.exponent] : v * power10[d.exponent];
	*value = d.negative ? -v : v;
	return true;
}

bool
num_parse_u64(struct span s, uint64_t *value)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) || __builtin_mul_overflow(v, 10u, &v) ||
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
add_scaled(struct buf *b, bool negative, uint64_t m, int decimals, bool trim)
{
	char s[24];
	size_t n = sizeof(s);

	while (trim && decimals > 0 && m % 10 == 0) {
		m /= 10;
		decimals--;
	}
	if (negative && m > 0)
		buf_addc(b, '-');
	for (int i = 0; i < decimals; i++, m /= 10)
		s[--n] = (char)('0' + m % 10);
	if (decimals > 0)
		s[--n] = '.';
	do
		s[--n] = (char)('0' + m % 10);
	while (m /= 10);
	buf_add(b, s + n, sizeof(s) - n);
}

static void
add_fixed(struct buf *b, double value, int decimals, bool trim)
{
	double a = fabs(value), m = a * power10[decimals];

	if (!(m < 9e15)) {
		buf_addf(b, "%.*f", decimals, value);
		return;
	}
	/*
	 * a * 10^d is rounded once; the error can only matter when the product is within
	 * one ulp of a half, and then fma() tells on which side the true product lies.
	 */
	double low = floor(m), rest = (m - low) - 0.5;
	bool up = rest > 0 || (rest == 0 && fma(a, power10[decimals], -m) >= 0);

	add_scaled(b, value < 0, (uint64_t)low + up, decimals, trim);
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
		double m = nearbyint(a * power10[k]);

		if (m > 9007199254740992.0)
			break;
		if (m / power10[k] == a) {
			add_scaled(b, value < 0, (uint64_t)m, k, false);
			return;
		}
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(s, sizeof(s), "%.*g", digits, value);
		if (strtod(s, NULL) == value)
			break;
	}
	buf_adds(b, s);
}
