/* Small documents as cJSON trees: json/doc.h. */
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "json/doc.h"
#include "tap.h"

static void
test_document(void)
{
	static const char text[] = "{\n \"Id\": 9007199254740993,\n \"id\": [1, 1.10],\n"
				   " \"s\": \"\\ud83d\\ude00 \\\\u0000\"\n}";
	struct json_doc d;
	cJSON *s;

	ok(json_doc_parse(&d, span_str(text), "f"), "a document");
	ok(cJSON_IsArray(json_doc_member(d.root, "id")), "case counts");
	ok(json_doc_member(d.root, "ID") == NULL, "always");
	s = json_doc_member(d.root, "s");
	is_str(cJSON_GetStringValue(s), "\xf0\x9f\x98\x80 \\u0000", "a string");
	ok(span_is(json_doc_number(&d, "/Id"), "9007199254740993"), "all digits of a number");
	ok(span_is(json_doc_number(&d, "/id/1"), "1.10"), "as they came");
	ok(json_doc_number(&d, "/s").p == NULL && json_doc_number(&d, "/x").p == NULL, "no number");
	ok(json_doc_pos(&d, "/id/1").line == 3 && json_doc_pos(&d, "/id/1").col == 12, "a place");
	ok(json_doc_pos(&d, "/none").line == 0, "no place");
	is_str(json_doc_pos(&d, "").file, "f", "the file");
	json_doc_release(&d);
	json_doc_release(&d);
}

static void
refuses(const char *text, const char *want)
{
	struct diag_sink said = { .status = 0 };
	struct json_doc d;
	bool good;

	diag_sink(&said);
	good = json_doc_parse(&d, span_str(text), "f");
	diag_sink(NULL);
	ok(!good && d.root == NULL && d.tree.n == 0, "%s is refused", text);
	is_str(buf_str(&said.text), want, "with its place");
	diag_sink_release(&said);
}

static void
test_refusals(void)
{
	struct buf deep = BUF_INIT;
	struct json_doc d;

	refuses("[1] x", "f:1:5: error: text after the value [json]\n");
	refuses("[01]", "f:1:3: error: a number cannot start with 0 and another digit [json]\n");
	refuses(
	    "{\"a\":\n\"x\\u0000y\"}", "f:2:1: error: a string cannot hold \\u0000 here [json]\n");
	refuses("{\"a\\u0000\":1}", "f:1:2: error: a string cannot hold \\u0000 here [json]\n");
	refuses("[\"\\ud800\",\n\"\\udc00\",\"\\ud800\\n\",\"\\ud83d\\ude00\"]",
	    "f:1:2: error: half a surrogate pair is no character [json]\n"
	    "f:2:1: error: half a surrogate pair is no character [json]\n"
	    "f:2:10: error: half a surrogate pair is no character [json]\n");
	for (int i = 0; i < JSON_DEPTH; i++)
		buf_addc(&deep, '[');
	for (int i = 0; i < JSON_DEPTH; i++)
		buf_addc(&deep, ']');
	ok(json_doc_parse(&d, buf_span(&deep), "f"),
	    "what the scanner takes is not too deep for cJSON");
	json_doc_release(&d);
	buf_release(&deep);
}

static void
test_read(void)
{
	char path[] = "/tmp/json-doc-XXXXXX";
	struct diag_sink said = { .status = 0 };
	struct json_doc d;
	int fd = mkstemp(path);

	ok(fd >= 0 && write_all(fd, "\xef\xbb\xbf{\"a\":1}\n", 11) == 0, "a file");
	close(fd);
	ok(json_doc_read(&d, path, 100), "is read, whatever stands before it");
	ok(json_doc_pos(&d, "/a").col == 6, "columns count from behind the mark");
	json_doc_release(&d);
	diag_sink(&said);
	ok(!json_doc_read(&d, path, 10), "a larger one than the limit");
	ok(!json_doc_read(&d, "/nonexistent", 10), "none at all");
	diag_sink(NULL);
	is_int(said.status, STATUS_TROUBLE, "are trouble");
	unlink(path);
	diag_sink_release(&said);
}

int
main(void)
{
	test_document();
	test_refusals();
	test_read();
	return done_testing();
}
