/* Documents as trees: what json/tree.h promises. */
#include <stdlib.h>

#include "base/diag.h"
#include "json/tree.h"
#include "tap.h"

static struct json_tree
parse(const char *text)
{
	struct json_tree t;

	ok(json_tree_parse(&t, span_str(text), "t.json"), "%.40s is a document", text);
	return t;
}

static const char *
raw(const struct json_node *n)
{
	static char s[200];

	if (!n)
		return NULL;
	snprintf(s, sizeof(s), "%.*s", SPAN_ARG(json_node_raw(n)));
	return s;
}

static void
test_walk(void)
{
	struct json_tree t = parse(" {\"a\": [1, {\"b\":null}, []], \"\":true ,\"c\":\"x\"} ");
	const struct json_node *a = json_tree_get(&t, t.root, "a"), *n;

	is_int(t.n, 8, "eight values");
	is_int(t.root->count, 3, "three members");
	is_str(raw(a), "[1, {\"b\":null}, []]", "text of an array");
	is_int(a->count, 3, "its elements");
	n = json_node_first(a);
	is_str(raw(n), "1", "first element");
	is_int(n->key_n, 0, "its index");
	n = json_node_next(n);
	is_str(raw(n), "{\"b\":null}", "second element");
	is_int(n->key_n, 1, "its index");
	ok(json_node_parent(n) == a, "its parent");
	n = json_node_next(n);
	is_int(json_node_type(n), JSON_ARRAY, "third element");
	ok(json_node_first(n) == NULL, "which is empty");
	ok(json_node_next(n) == NULL, "and the last");
	is_str(raw(json_node_next(a)), "true", "the sibling of the array");
	ok(json_node_parent(t.root) == NULL && json_node_next(t.root) == NULL, "the root is alone");
	ok(json_node_next(NULL) == NULL && json_node_first(NULL) == NULL &&
		json_tree_get(&t, NULL, "a") == NULL && json_node_type(NULL) == JSON_NONE,
	    "NULL is no node");
	ok(json_tree_get(&t, a, "b") == NULL, "an array has no members");
	is_str(raw(json_tree_get(&t, t.root, "")), "true", "the empty key");
	json_tree_release(&t);
}

static void
test_scalars(void)
{
	struct json_tree t = parse("7.50");
	double v;

	ok(json_node_number(t.root, &v) && v == 7.5, "a number alone");
	is_str(raw(t.root), "7.50", "keeps its text");
	json_tree_release(&t);
	t = parse("\"a\\u00e9\"");
	ok(json_node_is(t.root, "a\xc3\xa9"), "a string alone is decoded");
	ok(!json_node_is(t.root, "a"), "and is nothing else");
	json_tree_release(&t);
	t = parse("[]");
	is_int(t.n, 1, "an empty array is one node");
	json_tree_release(&t);
}

static void
test_keys(void)
{
	struct json_tree t = parse("{\"a\\u0062\":1,\"ab\":2,\"a\\\\u0062\":3,\"A\\u0042\":4}");
	struct buf scratch = BUF_INIT;

	is_str(raw(json_tree_get(&t, t.root, "ab")), "1", "an escaped key, the first of two");
	is_str(raw(json_tree_get(&t, t.root, "a\\u0062")), "3", "a key with a backslash in it");
	is_str(raw(json_tree_get(&t, t.root, "AB")), "4", "case counts");
	ok(json_tree_get(&t, t.root, "aB") == NULL, "case counts");
	ok(span_is(json_node_key(t.root + 1, &scratch), "ab"), "the decoded key");
	json_tree_release(&t);
	buf_release(&scratch);
}

/* Objects on both sides of the limit where look-up changes its way. */
static void
test_big_object(size_t count)
{
	struct buf b = BUF_INIT, key = BUF_INIT;
	const struct json_node *o, *p;
	struct json_tree t;
	size_t good = 0;

	buf_adds(&b, "[");
	for (int k = 0; k < 2; k++) {
		buf_adds(&b, k ? ",{" : "{");
		for (size_t i = 0; i < count; i++)
			buf_addf(&b, "%s\"k%zu\":%zu", i ? "," : "", i * 7919 % count,
			    i * 7919 % count + (size_t)k);
		buf_adds(&b, ",\"k0\":\"again\",\"\\u006b1\":\"again\"}");
	}
	buf_adds(&b, "]");
	ok(json_tree_parse(&t, buf_span(&b), "t.json"), "two objects of %zu members", count + 2);
	o = json_node_first(t.root);
	p = json_node_next(o);
	for (size_t i = 0; i < count; i++) {
		double x, y;

		buf_reset(&key);
		buf_addf(&key, "k%zu", i);
		good += json_node_number(json_tree_get(&t, o, buf_str(&key)), &x) && x == (double)i;
		good += json_node_number(json_tree_get(&t, p, buf_str(&key)), &y) &&
			y == (double)(i + 1);
	}
	is_int(good, 2 * count, "every member is found, the first of duplicates");
	ok(!json_tree_get(&t, o, "k") && !json_tree_get(&t, p, "l") && !json_tree_get(&t, o, "") &&
		!json_tree_get(&t, p, "k0 "),
	    "others are not");
	json_tree_release(&t);
	buf_release(&b);
	buf_release(&key);
}

static void
test_pointers(void)
{
	/* the document of RFC 6901, section 5 */
	struct json_tree t =
	    parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
		  "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");
	static const char *const way[][2] = { { "/foo", "[\"bar\",\"baz\"]" },
		{ "/foo/0", "\"bar\"" }, { "/foo/1", "\"baz\"" }, { "/", "0" }, { "/a~1b", "1" },
		{ "/c%d", "2" }, { "/e^f", "3" }, { "/g|h", "4" }, { "/i\\j", "5" },
		{ "/k\"l", "6" }, { "/ ", "7" }, { "/m~0n", "8" }, { "/foo/2", NULL },
		{ "/foo/00", NULL }, { "/foo/-", NULL }, { "/foo/", NULL }, { "foo", NULL },
		{ "/foo/0/x", NULL }, { "/none", NULL } };
	struct buf b = BUF_INIT;

	ok(json_tree_at(&t, SPAN("")) == t.root, "\"\" is the whole document");
	for (size_t i = 0; i < ARRAY_LEN(way); i++) {
		const struct json_node *n = json_tree_at(&t, span_str(way[i][0]));

		is_str(raw(n), way[i][1], "%s", way[i][0]);
		buf_reset(&b);
		json_node_pointer(n, &b);
		if (n)
			is_str(buf_str(&b), way[i][0], "and back");
	}
	json_tree_release(&t);
	buf_release(&b);
}

static void
test_positions(void)
{
	struct json_tree t = parse("{\n  \"a\": [1,\n 22],\r\n\"b\"\n:\n 3}");
	struct pos at = json_tree_pos(&t, json_tree_at(&t, SPAN("/a/1")));

	is_str(at.file, "t.json", "the file");
	ok(at.line == 3 && at.col == 2, "/a/1 is at 3:2");
	at = json_tree_pos(&t, json_tree_at(&t, SPAN("/b")));
	ok(at.line == 6 && at.col == 2, "/b is at 6:2");
	at = json_tree_key_pos(&t, json_tree_at(&t, SPAN("/b")));
	ok(at.line == 4 && at.col == 1, "its key at 4:1");
	at = json_tree_key_pos(&t, json_tree_at(&t, SPAN("/a/0")));
	ok(at.line == 2 && at.col == 9, "the key of an element is the element");
	at = json_tree_pos(&t, t.root);
	ok(at.line == 1 && at.col == 1, "the root at 1:1");
	at = json_tree_pos(&t, NULL);
	ok(at.file && at.line == 0, "nothing is in the file");
	json_tree_release(&t);
}

/* Every place of texts longer than a block, against counting from the start. */
static void
test_far_positions(size_t line_length)
{
	struct buf b = BUF_INIT;
	struct json_tree t;
	size_t line = 1, start = 0, wrong = 0;

	buf_adds(&b, "[0");
	while (b.n < 20000) {
		buf_adds(&b, ",1");
		if (b.n % line_length < 2)
			buf_addc(&b, '\n');
	}
	buf_adds(&b, "]\n");
	ok(json_tree_parse(&t, buf_span(&b), "t.json"), "a text of %zu bytes", b.n);
	for (size_t i = 0; i < b.n; i++) {
		struct pos at = json_tree_pos_of(&t, b.p + i);

		wrong += at.line != line || at.col != i - start + 1;
		if (b.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	is_int(wrong, 0, "lines of %zu bytes: every position is right", line_length);
	json_tree_release(&t);
	buf_release(&b);
}

static void
refuses(const char *text, const char *message)
{
	struct diag_sink sink = { .status = 0 };
	struct json_tree t;

	diag_sink(&sink);
	ok(!json_tree_parse(&t, span_str(text), "t.json"), "%.40s is refused", text);
	diag_sink(NULL);
	is_str(buf_str(&sink.text), message, "with its place");
	ok(t.root == NULL && t.n == 0, "and leaves an empty tree");
	diag_sink_release(&sink);
}

static void
test_errors(void)
{
	struct buf deep = BUF_INIT;
	struct json_tree t;

	refuses("", "t.json:1:1: error: the text ends where a value should be [json]\n");
	refuses("{\"a\":1,\n \"b\" 2}", "t.json:2:6: error: ':' should be here [json]\n");
	refuses("[1,]", "t.json:1:4: error: a value should be here [json]\n");
	refuses("[1]\n]", "t.json:2:1: error: text after the value [json]\n");
	refuses("{\"a\":tru}", "t.json:1:6: error: a value should be here [json]\n");
	for (int i = 0; i < JSON_DEPTH; i++)
		buf_addc(&deep, '[');
	for (int i = 0; i < JSON_DEPTH; i++)
		buf_addc(&deep, ']');
	ok(json_tree_parse(&t, buf_span(&deep), "t.json"), "%d levels are a tree", JSON_DEPTH);
	is_int(t.n, JSON_DEPTH, "of so many nodes");
	buf_reset(&deep);
	json_node_pointer(t.root + t.n - 1, &deep);
	is_int(deep.n, 2 * (JSON_DEPTH - 1), "with a long pointer");
	json_tree_release(&t);
	buf_release(&deep);
}

int
main(void)
{
	test_walk();
	test_scalars();
	test_keys();
	test_big_object(10);
	test_big_object(14);
	test_big_object(15);
	test_big_object(1000);
	test_pointers();
	test_positions();
	test_far_positions(7);
	test_far_positions(4096);
	test_far_positions(100000);
	test_errors();
	return done_testing();
}
