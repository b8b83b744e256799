/* Numbers as text: base/num.h against strtod and printf on many random values. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "tap.h"

static uint64_t state = 1;

static uint64_t
rnd(uint64_t n)
{
	state ^= state << 13; /* xorshift */
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static bool
same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* ---- reading ---- */

static void
reads(const char *text, double want)
{
	double v = 0;

	ok(num_parse(span_str(text), &v), "\"%s\" is a number", text);
	ok(same(v, want), "and has its value");
}

static void
test_parse(void)
{
	static const char *const bad[] = { "", "+", "-", ".", "-.", "e5", "1e", "1e+", "1 ", " 1",
		"1..2", "0x10", "nan", "NaN", "inf", "-Infinity", "1e400", "-1e400", "1,5", "1f",
		"--1", "+-1" };
	double v;

	reads("0", 0);
	reads("-0", -0.0);
	reads("12.50", 12.5);
	reads("+1", 1);
	reads(".5", .5);
	reads("-1.", -1);
	reads("007", 7);
	reads("1E+2", 100);
	reads("1e-400", 0);
	reads("4.9e-324", 4.9e-324);
	reads("1.7976931348623157e308", DBL_MAX);
	reads("9007199254740993", 9007199254740992.0); /* half-way: to even */
	reads("9007199254740993.0000000001", 9007199254740994.0);
	reads("0.30000000000000004", 0.30000000000000004);
	reads("18446744073709551615", 18446744073709551615.0);
	reads("18446744073709551616", 18446744073709551616.0);
	reads("0000000000000000000000001.5", 1.5);
	reads(
	    "1.50000000000000000000000000000000000000000000000000000000000000000000000000000", 1.5);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!num_parse(span_str(bad[i]), &v), "\"%s\" is none", bad[i]);
	is_int(num_prefix(SPAN("1.5,2"), &v), 3, "a number at the beginning");
	is_int(num_prefix(SPAN("x1"), &v), 0, "none at the beginning");
}

static void
random_decimal(char *s)
{
	int whole = (int)rnd(20), fraction = (int)rnd(20);

	if (rnd(3) == 0)
		*s++ = '-';
	for (int i = 0; i < whole; i++)
		*s++ = (char)('0' + rnd(10));
	if (fraction || !whole)
		*s++ = '.';
	for (int i = 0; i < fraction + !whole; i++)
		*s++ = (char)('0' + rnd(10));
	*s = '\0';
	if (rnd(5) == 0)
		sprintf(s, "e%d", (int)rnd(700) - 350);
}

static void
test_parse_random(void)
{
	const int cases = 1000000;
	int wrong = 0;
	char s[64];

	for (int i = 0; i < cases; i++) {
		double want, v;

		random_decimal(s);
		want = strtod(s, NULL);
		if (num_parse(span_str(s), &v) != (bool)isfinite(want) ||
		    (isfinite(want) && !same(v, want)))
			if (wrong++ < 5)
				printf("# %s\n", s);
	}
	is_int(wrong, 0, "%d random decimals are read as strtod reads them", cases);
}

/* Decimals that lie exactly between two doubles, or next to it. */
static void
test_parse_halfway(void)
{
	const int cases = 200000;
	int wrong = 0;
	char s[64];

	for (int i = 0; i < cases; i++) {
		int bits = 1 + (int)rnd(10);
		uint64_t odd = ((((uint64_t)1 << 52) | rnd((uint64_t)1 << 52)) << 1 | 1);
		double want, v;

		/* odd has 54 bits; below the point are `bits` of them */
		snprintf(s, sizeof(s), "%.*Lf", bits, (long double)odd / (long double)(1u << bits));
		if (rnd(2))
			s[strlen(s) - 1] = (char)('0' + rnd(10));
		want = strtod(s, NULL);
		wrong += !num_parse(span_str(s), &v) || !same(v, want);
	}
	is_int(wrong, 0, "%d half-way cases are rounded as strtod does", cases);
}

static void
test_integers(void)
{
	uint64_t u;
	int64_t i;

	ok(num_parse_u64(SPAN("18446744073709551615"), &u) && u == UINT64_MAX, "the largest");
	ok(!num_parse_u64(SPAN("18446744073709551616"), &u), "one more");
	ok(!num_parse_u64(SPAN("99999999999999999999"), &u), "much more");
	ok(num_parse_u64(SPAN("007"), &u) && u == 7, "leading zeros");
	ok(!num_parse_u64(SPAN(""), &u) && !num_parse_u64(SPAN("-1"), &u) &&
		!num_parse_u64(SPAN("1.0"), &u) && !num_parse_u64(SPAN("+1"), &u) &&
		!num_parse_u64(SPAN_NONE, &u),
	    "no whole numbers");
	ok(num_parse_i64(SPAN("-9223372036854775808"), &i) && i == INT64_MIN, "the least");
	ok(num_parse_i64(SPAN("9223372036854775807"), &i) && i == INT64_MAX, "the largest");
	ok(num_parse_i64(SPAN("+5"), &i) && i == 5, "with a plus");
	ok(!num_parse_i64(SPAN("-9223372036854775809"), &i) &&
		!num_parse_i64(SPAN("9223372036854775808"), &i) && !num_parse_i64(SPAN("-"), &i) &&
		!num_parse_i64(SPAN("--1"), &i) && !num_parse_i64(SPAN("+-1"), &i),
	    "out of range, or no numbers");
}

/* ---- writing ---- */

static const char *
shortest(double v)
{
	static struct buf b;

	buf_reset(&b);
	num_add(&b, v);
	return buf_str(&b);
}

static size_t
digits_of(const char *s)
{
	size_t n = 0, zeros = 0;

	for (; *s && *s != 'e'; s++) {
		if (*s < '0' || *s > '9' || (n == 0 && *s == '0'))
			continue;
		n++;
		zeros = *s == '0' ? zeros + 1 : 0;
	}
	return n - zeros;
}

/* Is there a text of fewer digits that reads back? */
static bool
is_shortest(double v, const char *text)
{
	char s[40];
	size_t n = digits_of(text);

	if (n <= 1)
		return true;
	snprintf(s, sizeof(s), "%.*e", (int)n - 2, v);
	return strtod(s, NULL) != v;
}

static double
random_double(int kind)
{
	static const double ten[] = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6 };
	uint64_t bits = rnd(UINT64_MAX);
	double v;

	switch (kind) {
	case 0: /* any double */
		memcpy(&v, &bits, sizeof(v));
		return isfinite(v) ? v : 1;
	case 1: /* a coordinate with some decimals */
		return (double)rnd(100000000) / ten[rnd(7)];
	case 2: /* what arithmetic makes of it */
		return (double)rnd(100000) / (double)(1 + rnd(10000)) * 640;
	case 3: /* a ratio */
		return (double)rnd(1000000) / (double)(1000000 + rnd(1000));
	default: /* a whole number */
		return (double)(int64_t)rnd((uint64_t)1 << (1 + rnd(62)));
	}
}

static void
test_add_random(void)
{
	const int cases = 50000;

	for (int kind = 0; kind < 5; kind++) {
		int lossy = 0, longer = 0;

		for (int i = 0; i < cases; i++) {
			double v = random_double(kind), back = 0;
			const char *s = shortest(v);

			if ((!num_parse(span_str(s), &back) || back != v || strtod(s, NULL) != v) &&
			    lossy++ < 5)
				printf("# %.17g gives %s\n", v, s);
			if (!is_shortest(v, s) && longer++ < 5)
				printf("# %.17g gives %s, which is not the shortest\n", v, s);
		}
		is_int(lossy, 0, "%d doubles of kind %d read back as they were", cases, kind);
		is_int(longer, 0, "and no shorter text does");
	}
}

static void
test_add(void)
{
	is_str(shortest(0), "0", "zero");
	is_str(shortest(-0.0), "0", "minus zero");
	is_str(shortest(0.1), "0.1", "a tenth");
	is_str(shortest(-12.5), "-12.5", "a negative one");
	is_str(shortest(0.1 + 0.2), "0.30000000000000004", "not quite 0.3");
	is_str(shortest(1e6), "1000000", "no exponent at 1e6");
	is_str(shortest(123456789012345.0), "123456789012345", "nor below 1e15");
	is_str(shortest(0.00001), "0.00001", "nor at 1e-5");
	is_str(shortest(1e22), "1e+22", "a large power");
	is_str(shortest(5e-324), "5e-324", "the least");
	is_str(shortest(DBL_MAX), "1.7976931348623157e+308", "the largest");
	is_str(shortest(NAN), "null", "no number");
	is_str(shortest(-INFINITY), "null", "nor infinity");
}

static const char *
fixed(double v, int decimals, bool trim)
{
	static struct buf b;

	buf_reset(&b);
	(trim ? num_add_trimmed : num_add_fixed)(&b, v, decimals);
	return buf_str(&b);
}

static void
test_fixed(void)
{
	is_str(fixed(0.5, 0, false), "1", "half goes away from zero");
	is_str(fixed(-0.5, 0, false), "-1", "on both sides");
	is_str(fixed(2.5, 0, false), "3", "2.5");
	is_str(fixed(0.125, 2, false), "0.13", "0.125");
	is_str(fixed(-0.125, 2, false), "-0.13", "-0.125");
	is_str(fixed(1.005, 2, false), "1.00", "1.005 lies below the half");
	is_str(fixed(0.49999999999999994, 0, false), "0", "just below a half");
	is_str(fixed(562949953421311.25, 1, false), "562949953421311.3", "a large half");
	is_str(fixed(4503599627370495.5, 0, false), "4503599627370496", "the largest half");
	is_str(fixed(4503599627370497.0, 9, false), "4503599627370497.000000000", "above it");
	is_str(fixed(-0.0001, 3, false), "0.000", "no minus zero");
	is_str(fixed(12, 3, false), "12.000", "zeros are kept");
	is_str(fixed(0, 6, false), "0.000000", "zero");
	is_str(fixed(1e300, 2, true)[0] == '1' ? "1" : "0", "1", "a huge number");
	is_str(fixed(0.5, 6, true), "0.5", "zeros are trimmed");
	is_str(fixed(10, 6, true), "10", "not those of 10");
	is_str(fixed(-0.0000001, 6, true), "0", "nothing left");
	is_str(fixed(0.1234567, 6, true), "0.123457", "rounded");
	is_str(fixed(NAN, 2, false), "null", "no number");
}

/*
 * Does v * 10^decimals lie exactly between two whole numbers? Twice the product,
 * 5^decimals * 2^(decimals + 1) * v, is then odd, and what is odd there is 2^(decimals + 1) * v.
 */
static bool
is_tie(double v, int decimals)
{
	double twice = ldexp(fabs(v), decimals + 1);

	return twice == floor(twice) && fmod(twice, 2) == 1;
}

static void
test_fixed_random(void)
{
	const int cases = 400000;
	int wrong = 0, ties = 0;
	char s[400];

	for (int i = 0; i < cases; i++) {
		int decimals = (int)rnd(10);
		double v = rnd(2) ? random_double((int)rnd(5))
				  : (double)rnd(1 << 20) / (double)(1 << rnd(12));

		if (rnd(2))
			v = -v;
		if (is_tie(v, decimals)) { /* printf takes the even one; we go away from zero */
			ties++;
			v = nextafter(v, v * 2);
		}
		snprintf(s, sizeof(s), "%.*f", decimals, v);
		if (s[0] == '-' && strspn(s + 1, "0.") == strlen(s + 1))
			memmove(s, s + 1, strlen(s)); /* -0.00 */
		if (strcmp(fixed(v, decimals, false), s) != 0 && wrong++ < 5)
			printf("# %.20g with %d decimals: %s, printf has %s\n", v, decimals,
			    fixed(v, decimals, false), s);
	}
	ok(ties > 100, "%d ties", ties);
	is_int(wrong, 0, "%d random values are rounded as printf rounds them", cases);
}

/* Floats: the text reads back as the same float, and no shorter one of %g does. */
static void
test_float(void)
{
	static const float some[] = { 0.1F, 1.0F / 3, 53.0F / 375, 1e-7F, 1e-45F, 3.4028235e38F,
		16777216, 0.3F, 1234567.9F, -2.5F };
	static const char *const text[] = { "0.1", "0.33333334", "0.14133333", "1e-07", "1e-45",
		"3.4028235e+38", "16777216", "0.3", "1234567.9", "-2.5" };
	struct buf b = BUF_INIT;
	size_t wrong = 0, longer = 0;

	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		buf_reset(&b);
		num_add_float(&b, some[i]);
		is_str(buf_str(&b), text[i], "float %zu", i);
	}
	for (size_t i = 0; i < 200000; i++) {
		uint32_t bits = (uint32_t)rnd(1u << 16) << 16 | (uint32_t)rnd(1u << 16);
		char s[400];
		float v;

		memcpy(&v, &bits, sizeof(v));
		if (!isfinite(v) || v == 0)
			continue;
		buf_reset(&b);
		num_add_float(&b, v);
		wrong += strtof(buf_str(&b), NULL) != v;
		snprintf(s, sizeof(s), "%.*g", (int)digits_of(buf_str(&b)) - 1, (double)v);
		longer += fabsf(v) < 1e7F && digits_of(buf_str(&b)) > 1 && strtof(s, NULL) == v;
	}
	is_int(wrong, 0, "random floats read back");
	is_int(longer, 0, "none has a digit too many");
	buf_release(&b);
}

int
main(void)
{
	test_parse();
	test_float();
	test_parse_random();
	test_parse_halfway();
	test_integers();
	test_add();
	test_add_random();
	test_fixed();
	test_fixed_random();
	return done_testing();
}
