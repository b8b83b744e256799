/*
 * The scanner and all that stands on it. The first byte says where a stream is cut, the
 * rest is the text. Whatever the bytes are:
 *
 *	passing over, walking, reading as a stream and indexing give the same verdict at the same place;
 *	a tree has the scanner's values, and each of its nodes is found by its pointer and its place;
 *	a string that was decoded and written again decodes to the same;
 *	an edit gives valid JSON, and the same edit again changes nothing.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json/tree.h"
#include "json/write.h"
#include "fuzz.h"

/* The values of the text, taken one by one. */
static size_t
walk(struct json *j)
{
	struct span raw;
	size_t n = 1;

	switch (json_peek(j)) {
	case JSON_OBJECT:
		json_object(j);
		while (json_key(j, &raw))
			n += walk(j);
		break;
	case JSON_ARRAY:
		json_array(j);
		while (json_item(j))
			n += walk(j);
		break;
	default:
		json_value(j, &raw);
	}
	return n;
}

static void
must_agree(const struct json *a, const struct json *b)
{
	must_hold((a->error == NULL) == (b->error == NULL));
	if (a->error == NULL)
		return;
	must_hold(strcmp(a->error, b->error) == 0);
	must_hold(a->error_pos.line == b->error_pos.line && a->error_pos.col == b->error_pos.col);
}

/* A socket that keeps packets apart: each read gives one piece. */
static void
check_stream(const struct json *want, struct span text, size_t cut)
{
	struct input in;
	struct json j;
	int fd[2];

	if (text.n > 32768)
		return; /* may not fit the socket's buffer */
	must_hold(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd) == 0);
	if (cut > 0)
		must_hold(send(fd[1], text.p, cut, 0) == (ssize_t)cut);
	if (text.n > cut)
		must_hold(send(fd[1], text.p + cut, text.n - cut, 0) == (ssize_t)(text.n - cut));
	close(fd[1]);
	input_fd(&in, fd[0], "fuzz");
	json_stream(&j, &in);
	json_skip(&j);
	json_end(&j);
	must_agree(want, &j);
	input_close(&in);
}

static void
check_string(struct span raw)
{
	struct buf text = BUF_INIT, written = BUF_INIT, again = BUF_INIT;

	json_decode(&text, raw);
	jw_string(&written, buf_span(&text));
	must_hold(json_valid(buf_span(&written)));
	json_decode(&again, json_unquote(buf_span(&written)));
	must_hold(span_eq(buf_span(&text), buf_span(&again)));
	buf_release(&text);
	buf_release(&written);
	buf_release(&again);
}

static void
check_edit(struct span object)
{
	static const struct json_change change[] = { { "a", { "[1]", 3 } }, { "b", { NULL, 0 } },
		{ "", { "null", 4 } } };
	struct buf once = BUF_INIT, twice = BUF_INIT;

	json_edit(&once, object, NULL, 0);
	must_hold(span_eq(buf_span(&once), object));
	buf_reset(&once);
	json_edit(&once, object, change, 3);
	must_hold(json_valid(buf_span(&once)));
	must_hold(span_is(json_member(buf_span(&once), "a"), "[1]"));
	must_hold(span_is(json_member(buf_span(&once), ""), "null"));
	must_hold(json_member(buf_span(&once), "b").p == NULL);
	json_edit(&twice, buf_span(&once), change, 3);
	must_hold(span_eq(buf_span(&once), buf_span(&twice)));
	buf_release(&once);
	buf_release(&twice);
}

/* Is it, and all that it is in, the first of its name? Only then its pointer leads to it. */
static bool
is_first(const struct json_tree *t, const struct json_node *n)
{
	struct buf key = BUF_INIT;
	bool first = true;

	for (; first && json_node_parent(n); n = json_node_parent(n))
		if (json_node_raw_key(n).p)
			first =
			    json_tree_get_span(t, json_node_parent(n), json_node_key(n, &key)) == n;
	buf_release(&key);
	return first;
}

static void
check_node(const struct json_tree *t, const struct json_node *n)
{
	struct buf pointer = BUF_INIT;
	struct pos at = json_tree_pos(t, n);

	must_hold(json_type_of(json_node_raw(n)) == n->type);
	must_hold(at.line >= 1 && at.col >= 1);
	json_node_pointer(n, &pointer);
	must_hold((json_tree_at(t, buf_span(&pointer)) == n) == is_first(t, n));
	if (n->type == JSON_STRING)
		check_string(json_unquote(json_node_raw(n)));
	if (json_node_raw_key(n).p)
		check_string(json_node_raw_key(n));
	if (n->type == JSON_OBJECT)
		check_edit(json_node_raw(n));
	buf_release(&pointer);
}

static void
check_tree(const struct json *want, struct span text, size_t values)
{
	struct diag_sink sink = { .status = 0 };
	struct json_tree t;
	bool good;

	diag_sink(&sink);
	good = json_tree_parse(&t, text, "fuzz");
	diag_sink(NULL);
	diag_sink_release(&sink);
	must_hold(good == (want->error == NULL));
	if (!good)
		return;
	must_hold(t.n == values);
	for (size_t i = 0; i < t.n && i < 100; i++)
		check_node(&t, &t.root[i]);
	json_tree_release(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data + 1, size - 1 };
	struct json skipped, walked;
	size_t values;

	if (size == 0)
		return 0;
	json_begin(&skipped, text);
	json_skip(&skipped);
	json_end(&skipped);
	json_begin(&walked, text);
	values = walk(&walked);
	json_end(&walked);
	must_agree(&skipped, &walked);
	must_hold(json_valid(text) == (skipped.error == NULL));
	check_tree(&skipped, text, values);
	if (text.n < 3 || memcmp(text.p, "\xef\xbb\xbf", 3) != 0) /* a stream may begin so */
		check_stream(&skipped, text, data[0] * text.n / 255);
	return 0;
}
