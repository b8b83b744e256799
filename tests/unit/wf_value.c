/* wf_value.c: do values compare as workflow/value.h says: exactly, and by type? */
#include "tap.h"

#include "base/buf.h"
#include "workflow/value.h"

static void
order_is(const char *a, const char *b, int want)
{
	int got = 99, back = 99;

	ok(decimal_compare(span_str(a), span_str(b), &got) &&
		decimal_compare(span_str(b), span_str(a), &back),
	    "%s and %s can be compared", a, b);
	is_int((got > 0) - (got < 0), want, "%s against %s", a, b);
	is_int((back > 0) - (back < 0), -want, "%s against %s", b, a);
}

static void
test_decimals(void)
{
	int order;

	order_is("0.1", "0.1", 0);
	order_is("0.1", "0.10", 0);
	order_is("0.1", "1e-1", 0);
	order_is("0.1", "0.1000000000000000055511151231257827", -1);
	order_is("9007199254740993", "9007199254740992", 1);
	order_is("9007199254740993", "9007199254740993.0", 0);
	order_is("18446744073709551616", "18446744073709551615", 1);
	order_is("0", "-0", 0);
	order_is("0.000", "0e99", 0);
	order_is("0", "-1e-400", 1);
	order_is("0", "1e-400", -1);
	order_is("1e400", "1e401", -1);
	order_is("-1e400", "-1e401", 1);
	order_is("100", "1e2", 0);
	order_is("100", "1E+2", 0);
	order_is("1.5", "15e-1", 0);
	order_is("0.015", "1.5e-2", 0);
	order_is("12", "9", 1);
	order_is("-12", "9", -1);
	order_is("-12", "-9", -1);
	order_is("1.23", "1.2300001", -1);
	order_is("10.01", "10.1", -1);
	ok(!decimal_compare(span_str("1e9999999999999999999"), span_str("1"), &order),
	    "an exponent of 19 digits is not compared");
	ok(!decimal_compare(span_str("1"), span_str("123e9223372036854775807"), &order),
	    "nor one that runs over");
	ok(decimal_compare(span_str("0e9999999999999999999"), span_str("0"), &order) && order == 0,
	    "zero has no exponent");
}

/* want: 't', 'f', 'u'; doubtful: a reason is given */
static void
verdict_is(const char *a, const char *op, const char *b, char want, int reason)
{
	struct value x = VALUE_INIT, y = VALUE_INIT;
	struct buf why = BUF_INIT;
	enum verdict v;

	value_set_json(&x, span_str(a));
	value_set_json(&y, span_str(b));
	v = value_compare(compare_op_of(span_str(op)), &x, &y, &why);
	is_int("ftu"[v], want, "%s %s %s", a, op, b);
	is_int(why.n != 0, reason, "%s %s %s gives %s reason: %s", a, op, b, reason ? "a" : "no",
	    buf_str(&why));
	value_release(&x);
	value_release(&y);
	buf_release(&why);
}

static void
test_types(void)
{
	verdict_is("1", "==", "1.0", 't', 0);
	verdict_is("true", "==", "1", 'f', 1);
	verdict_is("true", "!=", "1", 't', 1);
	verdict_is("\"1\"", "==", "1", 'f', 1);
	verdict_is("true", "==", "true", 't', 0);
	verdict_is("true", ">", "false", 'u', 1);
	verdict_is("null", "==", "null", 't', 0);
	verdict_is("\"a\"", "<", "\"b\"", 't', 0);
	verdict_is("\"B\"", "<", "\"a\"", 't', 0);
	verdict_is("\"a\"", "<", "1", 'u', 1);
	verdict_is("[1,2]", "<", "[1,3]", 'u', 1);
	verdict_is("[1,2]", "==", "[1.0,2]", 't', 0);
	verdict_is("[1,2]", "==", "[1]", 'f', 0);
	verdict_is("[1,[true]]", "!=", "[1,[false]]", 't', 0);
	verdict_is("{\"a\":1}", "==", "{\"a\":1}", 'u', 1);
	verdict_is("0.1", "in", "[0.7,0.10]", 't', 0);
	verdict_is("0.75", "in", "[0.7,0.8]", 'f', 0);
	verdict_is("true", "in", "[1]", 'f', 0);
	verdict_is("1", "in", "[]", 'f', 0);
	verdict_is("1", "in", "1", 'u', 1);
	verdict_is("\"dev\"", "in", "[\"dev\",\"test\"]", 't', 0);
	verdict_is("\"dev\"", "in", "\"development\"", 't', 1);
	verdict_is("\"a\\u0000b\"", "==", "\"a\\u0000c\"", 'f', 0);
}

static void
test_arguments(void)
{
	static const char *const in[] = { "5", "1.10", "true", "True", "[1,2]", "\"5\"", "a b", "",
		"{\"a\":1}" };

	static const enum value_type type[] = { VALUE_NUMBER, VALUE_NUMBER, VALUE_BOOL,
		VALUE_STRING, VALUE_LIST, VALUE_STRING, VALUE_STRING, VALUE_STRING, VALUE_STRING };

	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct value v = VALUE_INIT, copy = VALUE_INIT;
		struct buf text = BUF_INIT;

		value_set_argument(&v, span_str(in[i]));
		is_int(v.type, type[i], "'%s' is %s", in[i], value_type_name(type[i]));
		value_copy(&copy, &v);
		value_release(&v);
		value_write(&text, &copy);
		if (v.type == VALUE_NUMBER || v.type == VALUE_LIST)
			is_str(buf_str(&text), in[i], "it is written as it came");
		value_release(&copy);
		buf_release(&text);
	}
}

int
main(void)
{
	test_decimals();
	test_types();
	test_arguments();
	return done_testing();
}
