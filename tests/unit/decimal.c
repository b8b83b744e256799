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

int
main(void)
{
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
	return done_testing();
}
