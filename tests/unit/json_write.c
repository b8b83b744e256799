/* Writing and changing JSON: json/write.h, and the decoding side of json/json.h. */
#include <stdlib.h>

#include "base/buf.h"
#include "json/json.h"
#include "json/write.h"
#include "tap.h"

/* ---- writing ---- */

static void
test_writer(void)
{
	struct buf b = BUF_INIT;

	jw_open(&b, '{');
	jw_member_str(&b, "a", "x\"\\/\b\f\n\r\t\x01\x7f");
	jw_member_u64(&b, "b", UINT64_MAX);
	jw_key(&b, "c");
	jw_open(&b, '[');
	jw_i64(&b, INT64_MIN);
	jw_number(&b, 0.1);
	jw_null(&b);
	jw_open(&b, '[');
	jw_close(&b, ']');
	jw_open(&b, '{');
	jw_close(&b, '}');
	jw_raw(&b, SPAN("1.50"));
	jw_close(&b, ']');
	jw_member_bool(&b, "d", true);
	jw_key_span(&b, SPAN("k\"\n"));
	jw_bool(&b, false);
	jw_key_raw(&b, SPAN("r\\u00e9"));
	jw_raw_string(&b, SPAN("\\n"));
	jw_member_raw(&b, "e", SPAN("{}"));
	jw_close(&b, '}');
	is_str(buf_str(&b),
	    "{\"a\":\"x\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\",\"b\":18446744073709551615,"
	    "\"c\":[-9223372036854775808,0.1,null,[],{},1.50],\"d\":true,\"k\\\"\\n\":false,"
	    "\"r\\u00e9\":\"\\n\",\"e\":{}}",
	    "every kind of value, with its commas");
	ok(json_valid(buf_span(&b)), "is JSON");
	buf_reset(&b);
	jw_u64(&b, 1);
	buf_addc(&b, '\n');
	jw_u64(&b, 2);
	is_str(buf_str(&b), "1\n2", "no comma behind a line end");
	buf_reset(&b);
	jw_string(&b, SPAN("a,"));
	jw_string(&b, SPAN("["));
	jw_string(&b, SPAN(""));
	is_str(buf_str(&b), "\"a,\",\"[\",\"\"", "what is in a string is no state");
	buf_reset(&b);
	jw_string(&b, SPAN("\xff\xe4\xb8\xad\xe4\xb8\xed\xa0\x80\0"));
	is_str(buf_str(&b),
	    "\"\xef\xbf\xbd\xe4\xb8\xad\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\u0000\"",
	    "invalid bytes become U+FFFD, NUL an escape");
	buf_release(&b);
}

/* ---- decoding ---- */

static void
decodes(struct span raw, struct span want)
{
	struct buf b = BUF_INIT;

	json_decode(&b, raw);
	ok(span_eq(buf_span(&b), want), "%.*s is decoded", SPAN_ARG(raw));
	buf_release(&b);
}

static void
test_decode(void)
{
	struct buf b = BUF_INIT;
	struct span s = SPAN("plain"), t;

	decodes(SPAN("\\\"\\\\\\/\\b\\f\\n\\r\\t"), SPAN("\"\\/\b\f\n\r\t"));
	decodes(SPAN("a\\u00E9\\u4e2dz"), SPAN("a\xc3\xa9\xe4\xb8\xadz"));
	decodes(SPAN("\\ud83d\\uDE00"), SPAN("\xf0\x9f\x98\x80"));
	decodes(SPAN("a\\u0000b"), SPAN("a\0b"));
	decodes(SPAN("\\ud800"), SPAN("\xef\xbf\xbd"));
	decodes(SPAN("\\udc00\\ud800x"), SPAN("\xef\xbf\xbd\xef\xbf\xbdx"));
	decodes(SPAN("\\ud800\\u0041"), SPAN("\xef\xbf\xbd"
					     "A"));
	decodes(SPAN("\\ud83d\\ud83d\\ude00"), SPAN("\xef\xbf\xbd\xf0\x9f\x98\x80"));
	decodes(SPAN(""), SPAN(""));
	ok(json_text(s, &b).p == s.p, "nothing is copied without need");
	t = json_value_text(SPAN("\"a\\tb\""), &b);
	ok(span_is(t, "a\tb"), "a value is decoded without its quotes");
	ok(json_value_text(SPAN("\"\""), &b).p != NULL, "an empty string is one");
	ok(json_value_text(SPAN("12"), &b).p == NULL, "a number is none");
	ok(json_value_text(SPAN_NONE, &b).p == NULL, "nothing is none");
	/* what is written is read back */
	for (unsigned c = 0; c < 0x11000; c += c < 0x1000 ? 1 : 251) {
		struct buf text = BUF_INIT, json = BUF_INIT;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		buf_addf(&json, "\"\\u%04x\"", c & 0xffff);
		json_decode(&text, json_unquote(buf_span(&json)));
		buf_reset(&json);
		jw_string(&json, buf_span(&text));
		if (!span_eq(json_value_text(buf_span(&json), &b), buf_span(&text)))
			ok(0, "\\u%04x comes back", c);
		buf_release(&text);
		buf_release(&json);
	}
	buf_release(&b);
}

static void
test_members(void)
{
	struct span o = SPAN("{\"a\":1,\"\\u0062\": [2] ,\"a\":3,\"\":{}}");

	ok(span_is(json_member(o, "a"), "1"), "the first of duplicates");
	ok(span_is(json_member(o, "b"), "[2]"), "a key with an escape");
	ok(span_is(json_member(o, ""), "{}"), "the empty key");
	ok(json_member(o, "c").p == NULL, "one that is not there");
	ok(json_member(SPAN("[1]"), "a").p == NULL, "no object");
	ok(json_member(SPAN_NONE, "a").p == NULL, "nothing");
}

static void
test_key_is(void)
{
	ok(json_key_is(SPAN("ab"), "ab") && json_key_is(SPAN(""), "") &&
		json_key_is(SPAN("a\\u0062"), "ab") && json_key_is(SPAN("a\\\\b"), "a\\b") &&
		json_key_is(SPAN("\\u0061"), "a"),
	    "the same names");
	ok(!json_key_is(SPAN("ab"), "a") && !json_key_is(SPAN("a"), "ab") &&
		!json_key_is(SPAN("ac"), "ab") && !json_key_is(SPAN(""), "a") &&
		!json_key_is(SPAN("a"), "") && !json_key_is(SPAN("a\\u0062"), "a\\u0062") &&
		!json_key_is(SPAN("a\\u0000b"), "a") && !json_key_is(SPAN("a\\u0062c"), "ab"),
	    "others");
}

static void
test_numbers(void)
{
	double v[3] = { 0, 0, 0 };

	is_int(json_numbers(SPAN("[1, -2.5,\n3e2 ]"), v, 3), 3, "three numbers");
	ok(v[0] == 1 && v[1] == -2.5 && v[2] == 300, "are these");
	is_int(json_numbers(SPAN("[1,2,3,4]"), v, 3), 4, "more than there is room for");
	is_int(json_numbers(SPAN("[]"), v, 3), 0, "none");
	is_int(json_numbers(SPAN("[1,\"2\"]"), v, 3), SIZE_MAX, "a string among them");
	is_int(json_numbers(SPAN("[1,null]"), v, 3), SIZE_MAX, "null among them");
	is_int(json_numbers(SPAN("[[1]]"), v, 3), SIZE_MAX, "a list among them");
	is_int(json_numbers(SPAN("[1e999]"), v, 3), SIZE_MAX, "one that is too large");
	is_int(json_numbers(SPAN("1"), v, 3), SIZE_MAX, "no list");
	is_int(json_numbers(SPAN_NONE, v, 3), SIZE_MAX, "nothing");
}

/* ---- changing ---- */

static void
edits(const char *object, const struct json_change *c, size_t n, const char *want)
{
	struct buf b = BUF_INIT;

	json_edit(&b, span_str(object), c, n);
	is_str(buf_str(&b), want, "%s", object);
	buf_release(&b);
}

#define REMOVE(key) \
	{ \
		key, \
		{ \
			NULL, 0 \
		} \
	}
#define SET(key, value) \
	{ \
		key, \
		{ \
			value, sizeof(value) - 1 \
		} \
	}

static void
test_edit(void)
{
	static const struct json_change set[] = { SET("b", "0") }, drop[] = { REMOVE("b") },
					two[] = { SET("a", "0"), REMOVE("c") },
					more[] = { SET("x", "[]"), REMOVE("y"), SET("z", "{}") };

	edits("{\"a\":1}", NULL, 0, "{\"a\":1}");
	edits(" { } ", NULL, 0, " { } ");
	edits("{\"b\":1}", set, 1, "{\"b\":0}");
	edits("{\"a\":1,\"b\" : 2 ,\"c\":3}", set, 1, "{\"a\":1,\"b\" : 0 ,\"c\":3}");
	edits("{}", set, 1, "{\"b\":0}");
	edits("{ \n}", set, 1, "{\"b\":0 \n}");
	edits("{ \"a\":1\n}", set, 1, "{ \"a\":1,\"b\":0\n}");
	edits("{\"b\":1,\"a\":2,\"b\":3}", set, 1, "{\"b\":0,\"a\":2}");
	edits("{\"\\u0062\":1}", set, 1, "{\"\\u0062\":0}");
	edits("{\"b\":1}", drop, 1, "{}");
	edits("{ \"b\":1 }", drop, 1, "{ }");
	edits("{\"b\":1,\"a\":2}", drop, 1, "{\"a\":2}");
	edits("{ \"b\":1 , \"a\":2 }", drop, 1, "{ \"a\":2 }");
	edits("{\"a\":1, \"b\":2, \"c\":3}", drop, 1, "{\"a\":1, \"c\":3}");
	edits("{\"a\":1, \"b\":2}", drop, 1, "{\"a\":1}");
	edits("{\"b\":1,\"b\":2,\"a\":[\",\"],\"b\":3}", drop, 1, "{\"a\":[\",\"]}");
	edits("{\"b\":[\"b\",{\"b\":1}],\"c\":{\"b\":2}}", drop, 1, "{\"c\":{\"b\":2}}");
	edits("{\"a\":1}", drop, 1, "{\"a\":1}");
	edits("{\"c\":9,\"a\":1}", two, 2, "{\"a\":0}");
	edits("{\"c\":9}", two, 2, "{\"a\":0}");
	edits("{}", more, 3, "{\"x\":[],\"z\":{}}");
	edits("{\"y\":1,\"k\":1.50,\"z\":2}", more, 3, "{\"k\":1.50,\"z\":{},\"x\":[]}");
}

/* ---- changing: any object, any change, against a model ---- */

static uint64_t state = 1;

static unsigned
rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

struct model {
	struct member m[16];
	size_t n;
};

static const char *const keys[] = { "a", "b", "c", "d", "e,", "f}" };
static const char *const raw_keys[] = { "a", "b", "c", "\\u0064", "e,", "f}" };
static const char *const values[] = { "1", "1.50", "\",\"", "[1,2]", "{\"a\":1}", "null", "\"}\"" };

static void
random_object(struct buf *b)
{
	static const char *const blanks[] = { "", "", "", " ", "\n\t" };

	buf_reset(b);
	buf_addc(b, '{');
	for (unsigned i = 0, n = rnd(5); i < n; i++)
		buf_addf(b, "%s%s\"%s\"%s:%s%s%s", i ? "," : "", blanks[rnd(5)], raw_keys[rnd(6)],
		    blanks[rnd(5)], blanks[rnd(5)], values[rnd(7)], blanks[rnd(5)]);
	buf_addf(b, "%s}", blanks[rnd(5)]);
}

/* What the members should be after the changes. */
static void
apply(struct model *w, const struct member *m, size_t n, const struct json_change *c, size_t nc)
{
	bool done[6] = { false };

	w->n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < nc && !json_key_is(m[i].key, c[k].key))
			k++;
		if (k == nc) {
			w->m[w->n++] = m[i];
		} else if (c[k].value.p && !done[k]) {
			w->m[w->n++] = (struct member){ m[i].key, c[k].value };
			done[k] = true;
		}
	}
	for (size_t k = 0; k < nc; k++)
		if (c[k].value.p && !done[k])
			w->m[w->n++] = (struct member){ span_str(c[k].key), c[k].value };
}

static bool
same_members(struct span object, const struct model *w)
{
	struct member *m = NULL;
	size_t n = 0, cap = 0;
	struct json j;
	bool same;

	json_begin(&j, object);
	same = json_members(&j, &m, &n, &cap) && json_end(&j) && n == w->n;
	for (size_t i = 0; same && i < n; i++)
		same = span_eq(m[i].key, w->m[i].key) && span_eq(m[i].value, w->m[i].value);
	free(m);
	return same;
}

static void
test_edit_random(void)
{
	struct buf b = BUF_INIT, out = BUF_INIT, twice = BUF_INIT;
	size_t wrong = 0, cases = 50000, cap = 0;
	struct member *m = NULL;

	for (size_t i = 0; i < cases; i++) {
		struct json_change c[6];
		struct model want;
		size_t nc = 0, n = 0;
		struct json j;

		random_object(&b);
		for (size_t k = 0; k < 6; k++)
			if (rnd(3) == 0)
				c[nc++] = (struct json_change){ keys[k],
					rnd(2) ? span_str(values[rnd(7)]) : SPAN_NONE };
		json_begin(&j, buf_span(&b));
		json_members(&j, &m, &n, &cap);
		apply(&want, m, n, c, nc);
		buf_reset(&out);
		json_edit(&out, buf_span(&b), c, nc);
		buf_reset(&twice);
		json_edit(&twice, buf_span(&out), c, nc);
		if (!same_members(buf_span(&out), &want) ||
		    !span_eq(buf_span(&out), buf_span(&twice)))
			if (wrong++ < 5)
				printf("# %s gives %s, then %s\n", buf_str(&b), buf_str(&out),
				    buf_str(&twice));
	}
	is_int(wrong, 0, "%zu random objects and changes: the right members, and once is enough",
	    cases);
	free(m);
	buf_release(&b);
	buf_release(&out);
	buf_release(&twice);
}

/* ---- laying out, picking apart ---- */

static void
lays_out(const char *json, const char *want)
{
	struct buf b = BUF_INIT;

	jw_indent(&b, span_str(json), 2);
	is_str(buf_str(&b), want, "%s laid out", json);
	buf_release(&b);
}

static void
test_pick(void)
{
	static const char *const wanted[] = { "b", "x" };
	struct buf rest = BUF_INIT;
	struct span v[2];

	json_pick(SPAN("{\"a\":1, \"b\":[2],\"c\" : \"}\",\"b\":3}"), wanted, v, 2, &rest);
	ok(span_is(v[0], "[2]"), "the first of two");
	ok(v[1].p == NULL, "one that is not there");
	is_str(buf_str(&rest), "\"a\":1,\"c\":\"}\"", "the others");
	json_pick(SPAN("[1]"), wanted, v, 2, NULL);
	ok(!v[0].p && !v[1].p, "no object, no members");
	buf_release(&rest);
}

static void
test_indent(void)
{
	lays_out("{}", "{}");
	lays_out("[ ]", "[]");
	lays_out("{\"a\":[1,2],\"b\":{},\"c\":\"x,\\\":[\"}",
	    "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": \"x,\\\":[\"\n}");
	lays_out("[[],[\"\\\\\"]]", "[\n  [],\n  [\n    \"\\\\\"\n  ]\n]");
	lays_out("1.50", "1.50");
}

static void
compact(const char *json, const char *want)
{
	struct buf b = BUF_INIT;

	jw_compact(&b, span_str(json));
	is_str(buf_str(&b), want, "%s on one line", json);
	buf_release(&b);
}

int
main(void)
{
	compact(" { \"a b\" :\n[ 1 , \"\\\" x\" ] } ", "{\"a b\":[1,\"\\\" x\"]}");
	compact("1.50", "1.50");
	compact("\"\\\\\"", "\"\\\\\"");
	test_writer();
	test_decode();
	test_members();
	test_key_is();
	test_numbers();
	test_edit();
	test_edit_random();
	test_indent();
	test_pick();
	return done_testing();
}
