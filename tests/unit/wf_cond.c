/* wf_cond.c: expressions and condition objects, read and evaluated against a small set of values. */
#include "tap.h"

#include "workflow/cond.h"
#include "workflow/expr.h"
#include "workflow/metrics.h"

static const char metrics_text[] =
    "[{\"key\":\"accuracy\",\"title\":\"a\",\"type\":\"float\",\"data\":{\"value\":0.93}},\n"
    " {\"key\":\"loss\",\"title\":\"l\",\"type\":\"float\",\"data\":{\"value\":0.31}},\n"
    " {\"key\":\"both\",\"title\":\"b\",\"type\":\"float\",\"data\":{\"value\":1}},\n"
    " {\"key\":\"top-1 acc\",\"title\":\"t\",\"type\":\"float\",\"data\":{\"value\":7}},\n"
    " {\"key\":\"broken\",\"title\":\"x\",\"type\":\"float\",\"data\":{\"value\":\"1\"}},\n"
    " {\"key\":\"chart\",\"title\":\"c\",\"type\":\"line chart\",\"data\":{}}]";

static struct metrics_set set;

static enum lookup
parameter(void *ctx, struct span name, struct value *value, struct buf *why)
{
	(void)ctx;
	if (span_is(name, "deploy"))
		value_set_bool(value, true);
	else if (span_is(name, "both"))
		value_set_number(value, SPAN("1"));
	else if (span_is(name, "limit"))
		value_set_number(value, SPAN("0.930"));
	else {
		buf_addf(why, "no parameter '%.*s'", SPAN_ARG(name));
		return LOOKUP_ABSENT;
	}
	return LOOKUP_FOUND;
}

static const struct cond_env env = { &set, parameter, metrics_set_find };

static char
verdict_letter(struct cond *c)
{
	return c ? "ftu"[cond_eval(c, &env)] : '-';
}

/* 't', 'f', 'u', or '-': it is no expression */
static void
expr_is(const char *text, char want)
{
	struct diag_sink quiet = { .status = 0 };
	struct diag_sink *before = diag_sink(&quiet);
	struct cond *c = expr_parse(span_str(text), "expression");

	is_int(verdict_letter(c), want, "%s", text);
	cond_free(c);
	diag_sink(before);
	diag_sink_release(&quiet);
}

static void
test_expressions(void)
{
	expr_is("accuracy >= 0.8 && (loss < 1.5 || f1 in [0.7, 0.8])", 't');
	expr_is("accuracy >= 0.8 and (loss < 1.5 or f1 in [0.7, 0.8])", 't');
	expr_is("f1 > 0", 'u');
	expr_is("f1 > 0 || true", 't');
	expr_is("f1 > 0 && false", 'f');
	expr_is("f1 > 0 && true", 'u');
	expr_is("!(f1 > 0)", 'u');
	expr_is("accuracy == .93", 't');
	expr_is("accuracy == param:limit", 't');
	expr_is("accuracy==limit", 't');
	expr_is("deploy", 't');
	expr_is("!deploy || !!deploy", 't');
	expr_is("not deploy", 'f');
	expr_is("accuracy", 'u');
	expr_is("both == 1", 'u');
	expr_is("param:both == 1", 't');
	expr_is("chart == 1", 'u');
	expr_is("broken == 1", 'u');
	expr_is("`top-1 acc` > 6.9", 't');
	expr_is("nofile:accuracy > 0", 'u');
	expr_is("$ref/parameters/deploy == true", 't');
	expr_is("$ref/consumptions/train/metrics/loss == 0.31", 't');
	expr_is("loss not in [0.3, loss]", 'f');
	expr_is("loss in []", 'f');
	expr_is("'a\"b' == \"a\\\"b\"", 't');
	expr_is("true || false && false", 't');
	expr_is("(((true)))", 't');
}

static void
test_syntax_errors(void)
{
	static const char *const bad[] = { "", "a", "a >", "a > > 1", "a = 1", "a <> 1", "a & b",
		"(a > 1", "a > 1)", "a in [1", "a in [1,]", "a > 1 b", "1 < a < 2", "01 == 1",
		"1. == 1", "1e == 1", "1st > 2", "+1 == 1", "'a", "\"\\x\" == 1", "`a", "`` > 1",
		"param: > 1", "in > 1", "(a > 1) == true", "a not b", "$ref/nothing/x == 1",
		"$ref/data/x == 1", "a \x01 b", "\xff == 1", "a > 1; b", "{}" };
	char deep[1000];

	for (size_t i = 2; i < ARRAY_LEN(bad); i++)
		expr_is(bad[i], '-');
	expr_is(bad[0], '-');
	memset(deep, '(', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	expr_is(deep, '-');
	memset(deep, '!', sizeof(deep) - 1);
	expr_is(deep, '-');
	memset(deep, '[', sizeof(deep) - 1);
	expr_is(deep, '-');
}

/* Read a condition object, evaluate it; its messages are in `text`. */
static char
object_verdict(const char *raw, struct diag_sink *said)
{
	struct diag_sink *before = diag_sink(said);
	struct cond *c = cond_read(span_str(raw), pos_at("c.json", 1, 1));
	char v = verdict_letter(c);

	cond_free(c);
	diag_sink(before);
	return v;
}

static void
object_is(const char *raw, char want, const char *message)
{
	struct diag_sink said = { .status = 0 };

	is_int(object_verdict(raw, &said), want, "%s", raw);
	if (message)
		is_str(buf_str(&said.text), message, "its message");
	diag_sink_release(&said);
}

static void
test_objects(void)
{
	object_is("[]", 't', "");
	object_is("{\"type\":\"==\",\"left\":\"$ref/parameters/deploy\",\"right\":true}", 't', "");
	object_is("[{\"type\":\">=\",\"left\":\"$ref/consumptions/e/m/accuracy\",\"right\":0.9},\n"
		  " {\"type\":\"or\",\"left\":{\"type\":\"<\",\"left\":{\"input_data\":"
		  "\"$ref/consumptions/e/m\",\"json_key\":\"loss\"},\"right\":0.2},\n"
		  "  \"right\":{\"type\":\"in\",\"left\":\"dev\",\"right\":[\"dev\",\"test\"]}}]",
	    't', "");
	object_is(
	    "[{\"type\":\"==\",\"left\":1,\"right\":2},{\"type\":\"==\",\"left\":1,\"right\":1}]",
	    'f', "");
	object_is("{\"type\":\"in\",\"left\":1,\"right\":[\"$ref/parameters/both\"]}", 't', "");
	object_is("{\"type\":\"=\",\"left\":1,\"right\":1}", '-',
	    "c.json:1:9: error: unknown operator '='; did you mean '=='? [T08]\n");
	object_is("[{\"type\":\"==\",\n\"left\":1}]", '-',
	    "c.json:1:2: error: the condition has no \"right\" [C10]\n");
	object_is(
	    "{\"type\":\"or\",\"left\":true,\"right\":\n {\"type\":\"==\",\"left\":1,\"right\":1}}",
	    '-',
	    "c.json:1:21: error: 'or' joins two conditions, "
	    "{\"type\":...,\"left\":...,\"right\":...} [C08]\n");
	object_is(
	    "{\"type\":\"==\",\"left\":{\"type\":\"==\",\"left\":1,\"right\":1},\"right\":true}",
	    '-',
	    "c.json:1:21: error: a condition stands here as an operand; only 'or' joins "
	    "conditions [C09]\n");
	object_is("{\"type\":\">\",\"left\":true,\n\"right\":1}", '-',
	    "c.json:1:20: error: '>' has no meaning for a bool [C11]\n");
	object_is("{\"type\":\"in\",\"left\":1,\n\"right\":1}", '-',
	    "c.json:2:9: error: the right side of 'in' has to be a list, not a number [C11]\n");
	object_is("{\"type\":\"==\",\"left\":\"$ref/storages/x/y\",\"right\":1}", '-', NULL);
	object_is("{\"type\":\"==\",\"left\":\"$ref/parmeters/x\",\"right\":1}", '-', NULL);
	object_is("{\"type\":\"==\",\"left\":{\"json_key\":\"a\"},\"right\":1}", '-', NULL);
	object_is("{\"type\":\"==\",\"left\":{},\"right\":1}", '-', NULL);
	object_is("3", '-', NULL);
	object_is("[[]]", '-', NULL);
}

static void
test_deep_objects(void)
{
	struct diag_sink said = { .status = 0 };
	struct buf text = BUF_INIT;

	for (int i = 0; i < 100; i++)
		buf_adds(&text,
		    "{\"type\":\"or\",\"right\":{\"type\":\"==\",\"left\":1,\"right\":2},\"left\":");
	buf_adds(&text, "{\"type\":\"==\",\"left\":1,\"right\":1}");
	for (int i = 0; i < 100; i++)
		buf_addc(&text, '}');
	is_int(object_verdict(buf_str(&text), &said), '-', "100 levels of 'or' are refused");
	buf_release(&text);
	diag_sink_release(&said);
}

static void
test_trace(void)
{
	struct cond *c = expr_parse(SPAN("accuracy >= 0.9 && (f1 < 1 || deploy)"), "expression");
	struct buf out = BUF_INIT;

	cond_eval(c, &env);
	cond_trace(&out, c);
	is_str(buf_str(&out),
	    "{\"op\":\"&&\",\"conditions\":["
	    "{\"op\":\">=\",\"left\":{\"metric\":\"accuracy\",\"value\":0.93},"
	    "\"right\":{\"value\":0.9},\"result\":true},"
	    "{\"op\":\"||\",\"conditions\":["
	    "{\"op\":\"<\",\"left\":{\"name\":\"f1\",\"value\":null,"
	    "\"why\":\"'f1' is no parameter, and no metrics file has a metric 'f1'\"},\"right\":{\"value\":1},\"result\":null},"
	    "{\"op\":\"is true\",\"left\":{\"parameter\":\"deploy\",\"value\":true},\"result\":true}"
	    "],\"result\":true}],\"result\":true}",
	    "the trace is whole");
	buf_reset(&out);
	cond_metric_list(&out, c);
	is_str(buf_str(&out), "[{\"key\":\"accuracy\",\"value\":0.93}]", "the metrics looked at");
	buf_release(&out);
	cond_free(c);
}

int
main(void)
{
	struct diag_sink said = { .status = 0 };

	diag_sink(&said);
	set.source = xcalloc(1, sizeof(*set.source));
	set.n = set.cap = 1;
	set.source->name = xstrdup("");
	if (!metrics_parse(&set.source->metrics, span_str(metrics_text), pos_at("m.json", 1, 1),
		DIAG_WARNING, NULL))
		return 1;
	diag_sink(NULL);
	is_str(buf_str(&said.text),
	    "m.json:5:61: warning: the value of a metric of type float has to be a number, not \"1\" "
	    "[M02]\n",
	    "a broken metric is named");
	diag_sink_release(&said);
	test_expressions();
	test_syntax_errors();
	test_objects();
	test_deep_objects();
	test_trace();
	metrics_set_release(&set);
	return done_testing();
}
