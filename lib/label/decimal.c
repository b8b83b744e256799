/* Exact decimal sums: see decimal.h. */
#include "label/decimal.h"

#include "base/num.h"

#define DIGITS_MAX 30

/* An exponent of at most two digits, or none. */
static bool
parse_exponent(struct span s, int *value)
{
	bool minus = s.n > 0 && s.p[0] == '-';

	if (s.n > 0 && (minus || s.p[0] == '+'))
		s.p++, s.n--;
	if (s.n < 1 || s.n > 2)
		return false;
	*value = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*value = *value * 10 + (s.p[i] - '0');
	}
	if (minus)
		*value = -*value;
	return true;
}

/* Digits with at most one point; *scale counts those behind it. */
static bool
parse_digits(struct span s, __int128 *digits, int *scale)
{
	size_t seen = 0;
	bool point = false;
	uint64_t low = 0; /* the first 18 digits: most numbers have no more */

	*digits = 0;
	*scale = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*scale += point;
		if (seen < 18)
			low = low * 10 + (uint64_t)(s.p[i] - '0');
		else
			*digits = (seen == 18 ? (__int128)low : *digits) * 10 + (s.p[i] - '0');
		if ((low > 0 || *digits > 0) && ++seen > DIGITS_MAX)
			return false;
	}
	if (seen <= 18)
		*digits = (__int128)low;
	return *scale <= DIGITS_MAX && s.n > (size_t)point;
}

bool
decimal_parse(struct span s, struct decimal *d)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	int exponent = 0;

	if (s.n > 0 && (minus || s.p[0] == '+'))
		s.p++, s.n--;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == 'e' || s.p[i] == 'E') {
			if (!parse_exponent(span_of(s.p + i + 1, s.p + s.n), &exponent))
				return false;
			s.n = i;
		}
	if (!parse_digits(s, &d->digits, &d->scale))
		return false;
	d->scale -= exponent;
	for (; d->scale < 0; d->scale++) {
		if (d->digits > (__int128)1 << 98)
			return false;
		d->digits *= 10;
	}
	if (minus)
		d->digits = -d->digits;
	return d->scale <= DIGITS_MAX;
}

/* The same value with `scale` digits behind the point. */
static bool
widen(struct decimal *d, int scale)
{
	const __int128 limit = (__int128)1 << 120;

	for (; d->scale < scale; d->scale++) {
		if (d->digits > limit / 10 || d->digits < -limit / 10)
			return false;
		d->digits *= 10;
	}
	return d->digits <= limit && d->digits >= -limit;
}

bool
decimal_add(struct decimal a, struct decimal b, struct decimal *sum)
{
	int scale = a.scale > b.scale ? a.scale : b.scale;

	if (!widen(&a, scale) || !widen(&b, scale))
		return false;
	*sum = (struct decimal){ a.digits + b.digits, scale };
	return true;
}

bool
decimal_sub(struct decimal a, struct decimal b, struct decimal *difference)
{
	b.digits = -b.digits;
	return decimal_add(a, b, difference);
}

/* The digits of v before `end`, a point in front of the last `*behind` of them. */
static char *
write_digits(char *end, uint64_t v, int *behind)
{
	do {
		*--end = (char)('0' + (int)(v % 10));
		v /= 10;
		if (--*behind == 0)
			*--end = '.';
	} while (v > 0);
	return end;
}

void
decimal_write(struct buf *out, struct decimal d)
{
	char text[64], *p = text + sizeof(text);
	unsigned __int128 rest = (unsigned __int128)(d.digits < 0 ? -d.digits : d.digits);
	int behind = d.scale;

	while (rest > UINT64_MAX) {
		*--p = (char)('0' + (int)(rest % 10));
		rest /= 10;
		if (--behind == 0)
			*--p = '.';
	}
	p = write_digits(p, (uint64_t)rest, &behind);
	while (behind >= 0)
		p = write_digits(p, 0, &behind);
	if (d.digits < 0)
		*--p = '-';
	buf_add(out, p, (size_t)(text + sizeof(text) - p));
}

/* A whole number of up to 9 digits as most files have them, written in the usual way. */
static bool
small_int(struct span s, int64_t *value)
{
	int64_t v = 0;

	if (s.n == 0 || s.n > 9 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*value = v;
	return true;
}

static const int64_t power10[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	1000000000 };

/* A decimal of up to 9 digits behind and before the point together, without exponent. */
static bool
short_decimal(struct span s, int64_t *digits, int *scale)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	size_t i = minus, point = s.n;
	int64_t v = 0;

	if (s.n - minus < 1 || s.n - minus > 10)
		return false;
	for (; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			v = v * 10 + (s.p[i] - '0');
		else if (s.p[i] == '.' && point == s.n)
			point = i;
		else
			return false;
	if (point == s.n ? s.n - minus > 9 : s.n - minus < 2)
		return false;
	*scale = point == s.n ? 0 : (int)(s.n - point - 1);
	*digits = minus ? -v : v;
	return true;
}

/* decimal_sum() of such decimals: at most 10^9 * 10^9 each. */
static bool
short_sum(struct buf *out, struct span a, int sign, struct span b, int n)
{
	int64_t x, y;
	int i, k, scale;

	if (!short_decimal(a, &x, &i) || !short_decimal(b, &y, &k))
		return false;
	scale = i > k ? i : k;
	x = x * power10[scale - i] + sign * y * power10[scale - k] + n * power10[scale];
	decimal_write(out, (struct decimal){ x, scale });
	return true;
}

bool
decimal_is_small_int(struct span s)
{
	int64_t v;

	return small_int(s, &v);
}

int
decimal_plain(struct span s)
{
	int64_t digits;
	int scale;

	if (s.n == 0 || s.p[0] < '0' || s.p[0] > '9' || s.p[s.n - 1] == '.' ||
	    (s.n > 1 && s.p[0] == '0' && s.p[1] != '.') || !short_decimal(s, &digits, &scale))
		return -1;
	return scale;
}

bool
decimal_sum(struct buf *out, struct span a, int sign, struct span b, int n)
{
	struct decimal x, y, sum;
	double u, v;
	int64_t i, k;

	if (small_int(a, &i) && small_int(b, &k)) {
		num_add_i64(out, i + sign * k + n);
		return true;
	}
	if (short_sum(out, a, sign, b, n))
		return true;
	if (decimal_parse(a, &x) && decimal_parse(b, &y) &&
	    (sign < 0 ? decimal_sub(x, y, &sum) : decimal_add(x, y, &sum)) &&
	    decimal_add(sum, decimal_int(n), &sum)) {
		decimal_write(out, sum);
		return true;
	}
	if (!num_parse(a, &u) || !num_parse(b, &v))
		return false;
	num_add(out, u + sign * v + n);
	return true;
}
