/* Picking members apart and laying text out. */
#include "json/json.h"
#include "json/write.h"
#include "tap.h"

static void
indent(const char *json, const char *want)
{
	struct buf b = BUF_INIT;

	jw_indent(&b, span_str(json), 2);
	is_str(buf_str(&b), want, "%s laid out", json);
	buf_release(&b);
}

static void
pick(void)
{
	static const char *const keys[] = { "b", "x" };
	struct buf rest = BUF_INIT;
	struct span v[2];

	json_pick(SPAN("{\"a\":1, \"b\":[2],\"c\" : \"}\",\"b\":3}"), keys, v, 2, &rest);
	ok(span_is(v[0], "[2]"), "the first of two");
	ok(v[1].p == NULL, "one that is not there");
	is_str(buf_str(&rest), "\"a\":1,\"c\":\"}\"", "the others");
	json_pick(SPAN("[1]"), keys, v, 2, NULL);
	ok(!v[0].p && !v[1].p, "no object, no members");
	buf_release(&rest);
}

int
main(void)
{
	indent("{}", "{}");
	indent("[ ]", "[]");
	indent("{\"a\":[1,2],\"b\":{},\"c\":\"x,\\\":[\"}",
	    "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": \"x,\\\":[\"\n}");
	indent("[[],[\"\\\\\"]]", "[\n  [],\n  [\n    \"\\\\\"\n  ]\n]");
	indent("1.50", "1.50");
	pick();
	return done_testing();
}
