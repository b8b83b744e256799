/* decimal.c: sums of number texts, digit for digit. */
#include "label/decimal.h"

#include "tap.h"

static void
check(const char *a, int sign, const char *b, int n, const char *want)
{
	struct buf out = BUF_INIT;
	bool good = decimal_sum(&out, span_str(a), sign, span_str(b), n);

	is_str(good ? buf_str(&out) : "no number", want, "%s %c %s + %d", a, sign < 0 ? '-' : '+',
	    b, n);
	buf_release(&out);
}

static uint64_t state = 1;

static unsigned
rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static struct span
random_text(char text[16])
{
	static const char bytes[] = "0123456789012345678901234567890123456789..-+e";
	unsigned n = rnd(13);

	for (unsigned i = 0; i < n; i++)
		text[i] = bytes[rnd(sizeof(bytes) - 1)];
	return (struct span){ text, n };
}

/* The short cuts of decimal_sum() against the long way that its parts are. */
static void
check_random(void)
{
	struct buf got = BUF_INIT, want = BUF_INIT;
	size_t decimals = 0, wrong = 0;

	for (int i = 0; i < 400000; i++) {
		char text[2][16];
		struct span a = random_text(text[0]), b = random_text(text[1]);
		int sign = rnd(2) ? 1 : -1, n = (int)rnd(3) - 1;
		struct decimal x, y, sum;

		if (!decimal_parse(a, &x) || !decimal_parse(b, &y) ||
		    !(sign < 0 ? decimal_sub(x, y, &sum) : decimal_add(x, y, &sum)) ||
		    !decimal_add(sum, decimal_int(n), &sum))
			continue;
		decimals++;
		buf_reset(&got);
		buf_reset(&want);
		decimal_write(&want, sum);
		wrong +=
		    !decimal_sum(&got, a, sign, b, n) || !span_eq(buf_span(&got), buf_span(&want));
	}
	ok(decimals > 10000, "%zu pairs of decimals", decimals);
	is_int(wrong, 0, "their sums are those of the long way");
	buf_release(&got);
	buf_release(&want);
}

/* A number of up to 7 digits, mostly in the usual form. */
static void
random_number(struct buf *out)
{
	static const char *const before[] = { "", "", "", "0", "-" };
	static const char *const behind[] = { "", ".", ".0", ".5", ".25", ".250", ".00", ".07" };

	buf_reset(out);
	buf_addf(out, "%s%u%s", before[rnd(ARRAY_LEN(before))], rnd(3000),
	    behind[rnd(ARRAY_LEN(behind))]);
}

/* What decimal_plain() promises: near - base and far - near + base give both again, and so their texts. */
static void
check_plain(void)
{
	struct buf near = BUF_INIT, far = BUF_INIT, x = BUF_INIT, w = BUF_INIT, back = BUF_INIT;
	size_t wrong = 0, seen = 0;

	for (int i = 0; i < 20000; i++) {
		struct span a, b;
		int base = i & 1;

		random_number(&near);
		random_number(&far);
		a = buf_span(&near);
		b = buf_span(&far);
		if (decimal_plain(a) < 0 || decimal_plain(b) < decimal_plain(a))
			continue;
		seen++;
		buf_reset(&x), buf_reset(&w);
		decimal_sum(&x, a, 1, SPAN("0"), -base);
		decimal_sum(&w, b, -1, a, base);
		buf_reset(&back);
		wrong += !decimal_sum(&back, buf_span(&x), 1, SPAN("0"), base) ||
			 !span_eq(buf_span(&back), a);
		buf_reset(&back);
		wrong += !decimal_sum(&back, buf_span(&x), 1, buf_span(&w), 0) ||
			 !span_eq(buf_span(&back), b);
	}
	ok(seen > 2000, "%zu pairs in the usual form", seen);
	is_int(wrong, 0, "come back as they were");
	buf_release(&near);
	buf_release(&far);
	buf_release(&x);
	buf_release(&w);
	buf_release(&back);
}

int
main(void)
{
	static const char *const unusual[] = { "", "-1", "+1", ".5", "1.", "01", "00.5", "1e2",
		"1234567890", "12345.67890", "x", "1.2.3", " 1" };

	check_random();
	check_plain();
	check("1", 1, "0", -1, "0");
	check("0", 1, "0", -1, "-1");
	check("999999999", 1, "999999999", 1, "1999999999");
	check("45.70000076293945", 1, "0", -1, "44.70000076293945");
	check("44.70000076293945", 1, "0", 1, "45.70000076293945");
	check("60.5", -1, "1.10", 1, "60.40");
	check("0.10", 1, "60.40", 0, "60.50");
	check("1.10", 1, "0", -1, "0.10");
	check("-0.05", 1, "0", 0, "-0.05");
	check("+7", 1, "007", 0, "14");
	check(".5", 1, "1.", 0, "1.5");
	check("1e2", 1, "0", 0, "100");
	check("1.5e-3", 1, "0", 0, "0.0015");
	check("123456789012345678901234567890", 1, "1", 0, "123456789012345678901234567891");
	check("123456789012345678", 1, "0", 1, "123456789012345679");
	check("1234567890123456789", 1, "0", 1, "1234567890123456790");
	check("0.000000000000000000001", 1, "0", 0, "0.000000000000000000001");
	check("18446744073709551616.5", 1, "0", 0, "18446744073709551616.5");
	check("000000000000000000000000000000000007", 1, "0", 1, "8");
	check("0.05", 1, "0", -1, "-0.95");
	check("0.1", 1, "0.2", 0, "0.3");
	check("1e300", 1, "1", 0, "1e+300");
	check("1e400", 1, "1", 0, "no number");
	check("x", 1, "1", 0, "no number");
	check("", 1, "1", 0, "no number");
	check("1,5", 1, "1", 0, "no number");
	ok(decimal_is_small_int(span_str("0")), "0 is small");
	ok(!decimal_is_small_int(span_str("01")), "01 is not in the usual form");
	ok(!decimal_is_small_int(span_str("1234567890")), "ten digits are many");
	is_int(decimal_plain(SPAN("0.50")), 2, "two digits behind the point");
	is_int(decimal_plain(SPAN("123456789")), 0, "none");
	for (size_t i = 0; i < ARRAY_LEN(unusual); i++)
		is_int(decimal_plain(span_str(unusual[i])), -1, "'%s' is not in the usual form",
		    unusual[i]);
	return done_testing();
}
