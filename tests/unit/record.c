/* The record stream: record/record.h and record/dataset.h. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/dataset.h"
#include "record/record.h"
#include "tap.h"

/* ---- what was said ---- */

static struct diag_sink said;

static void
listen(void)
{
	buf_reset(&said.text);
	diag_sink(&said);
}

static const char *
heard(void)
{
	diag_sink(NULL);
	return buf_str(&said.text);
}

static const char *
text(struct span s)
{
	static char copy[4][200];
	static int k;
	char *c = copy[k++ % 4];

	if (!s.p)
		return NULL;
	snprintf(c, sizeof(copy[0]), "%.*s", SPAN_ARG(s));
	return c;
}

/* ---- lines ---- */

static void
test_parse(void)
{
	static const char line[] =
	    "{\"source\":\"a\\u002ejpg\",\"x\":1.10,\"id\":7,\"width\":500,\"height\":3.75e2,"
	    "\"\\u0075sage\":\"TRAIN\",\"annotation\":[],\"bytes\":18446744073709551615,\"id\":8}";
	struct buf scratch = BUF_INIT;
	struct record r = { .n = 0 };
	double w, h;

	ok(rec_parse(&r, span_str(line), pos_at("f", 3, 1)), "a sample");
	ok(!r.header, "is no header");
	is_int(r.n, 9, "nine members");
	is_str(text(rec_string(&r, REC_SOURCE, &scratch)), "a.jpg", "source is decoded");
	is_str(text(rec_string(&r, REC_ID, &scratch)), "7", "a number's text; the first of two");
	is_str(text(rec_string(&r, REC_USAGE, &scratch)), "TRAIN", "a key with an escape");
	ok(rec_size(&r, &w, &h) && w == 500 && h == 375, "the size");
	is_str(text(rec_member(&r, "x")), "1.10", "an unknown member");
	ok(rec_member(&r, "y").p == NULL, "one that is not there");
	ok(rec_annotated(&r), "it was looked at");
	ok(rec_string(&r, REC_SHA256, &scratch).p == NULL, "an absent field");
	is_int(rec_pos(&r, r.v[REC_SOURCE]).col, 11, "where source stands");
	is_int(rec_pos(&r, r.v[REC_SOURCE]).line, 3, "in its line");
	is_int(rec_pos(&r, SPAN("elsewhere")).col, 1, "what is not of the record is at its start");
	ok(rec_parse(&r, SPAN("  {\"source\":\"b\"} "), pos_at("f", 4, 1)), "blanks around");
	is_int(rec_pos(&r, r.v[REC_SOURCE]).col, 13, "count for the column");
	ok(!rec_annotated(&r), "never labelled");
	ok(!rec_size(&r, &w, &h), "no size");
	ok(rec_parse(&r, SPAN("{\"source\":\"b\",\"annotation\":null}"), POS_NONE), "null");
	ok(!rec_annotated(&r), "is not labelled");
	ok(rec_parse(&r, SPAN("{\"dataset\":{}}"), POS_NONE) && r.header, "a header");
	rec_release(&r);
	buf_release(&scratch);
}

/* Every known name is found, also written with an escape; its neighbours are not. */
static void
test_names(void)
{
	struct annotation a = { .n = 0 };
	struct record r = { .n = 0 };
	struct buf b = BUF_INIT;
	size_t found = 0, other = 0;

	for (int f = 0; f < ANN_FIELDS; f++) {
		const char *name = ann_field_name[f];

		buf_reset(&b);
		buf_addf(&b, "{\"%s\":1}", name);
		found += ann_parse(&a, buf_span(&b)) && a.v[f].p != NULL;
		buf_reset(&b);
		buf_addf(&b, "{\"\\u%04x%s\":1}", name[0], name + 1);
		found += ann_parse(&a, buf_span(&b)) && a.v[f].p != NULL;
		buf_reset(&b);
		buf_addf(&b, "{\"%sx\":1,\"%.*s\":1,\"X%s\":1,\"X%s\":1}", name,
		    (int)strlen(name) - 1, name, name, name + 1);
		ann_parse(&a, buf_span(&b));
		other += a.v[f].p != NULL;
	}
	is_int(found, 2 * ANN_FIELDS, "every field of an annotation is found");
	is_int(other, 0, "and nothing else");
	found = 0;
	listen();
	for (int f = 0; f < REC_FIELDS; f++) {
		buf_reset(&b);
		buf_addf(&b, "{\"%s\":null}", rec_field_name[f]);
		rec_parse(&r, buf_span(&b), POS_NONE);
		found += r.v[f].p != NULL;
	}
	heard();
	is_int(found, REC_FIELDS, "every field of a record is found");
	ann_release(&a);
	rec_release(&r);
	buf_release(&b);
}

static void
refuses(const char *line, const char *message)
{
	struct record r = { .n = 0 };
	bool good;

	listen();
	good = rec_parse(&r, span_str(line), pos_at("f", 2, 1));
	is_str(heard(), message, "%s", line);
	ok(!good, "is refused");
	rec_release(&r);
}

static void
test_bad_lines(void)
{
	refuses("", "f:2:1: error: the text ends where a value should be [json]\n");
	refuses("[1]", "f:2:1: error: an object should be here [json]\n");
	refuses("{\"source\":\"a\"} x", "f:2:16: error: text after the value [json]\n");
	refuses(" {\"source\":\"a\",}",
	    "f:2:16: error: a key in double quotes should be here [json]\n");
	refuses("{\"source\":1}", "f:2:11: error: \"source\" must be a string [record]\n");
	refuses("{\"source\":\"a\",\"width\":\"1\"}",
	    "f:2:23: error: \"width\" must be a number [record]\n");
	refuses("{\"source\":\"a\",\"annotation\":{}}",
	    "f:2:28: error: \"annotation\" must be a list [record]\n");
	refuses("{\"source\":\"a\",\"usage\":3}",
	    "f:2:23: error: \"usage\" must be a string [record]\n");
	refuses("{\"dataset\":\"voc\"}", "f:2:12: error: \"dataset\" must be an object [record]\n");
	refuses("{}",
	    "f:2:1: error: a record needs \"source\" (a sample) or \"dataset\" (a header) "
	    "[record]\n");
	refuses("{\"source\":null}",
	    "f:2:1: error: a record needs \"source\" (a sample) or \"dataset\" (a header) [record]\n");
}

static void
test_write(void)
{
	static const struct json_change change[] = { { "usage", { "\"EVAL\"", 6 } } };
	struct record r = { .n = 0 };
	char got[200] = "";
	struct out out;
	FILE *f = tmpfile();

	out_init(&out, dup(fileno(f)), "test");
	rec_parse(&r, SPAN(" {\"source\" : \"a\", \"n\":1.10, \"usage\":\"TRAIN\"}\t"), POS_NONE);
	rec_write(&out, &r, NULL, 0);
	rec_write(&out, &r, change, 1);
	out_close(&out);
	ok(pread(fileno(f), got, sizeof(got) - 1, 0) > 0, "two lines");
	is_str(got,
	    "{\"source\" : \"a\", \"n\":1.10, \"usage\":\"TRAIN\"}\n"
	    "{\"source\" : \"a\", \"n\":1.10, \"usage\":\"EVAL\"}\n",
	    "the first as it came, the second with its change");
	fclose(f);
	rec_release(&r);
}

/* ---- annotations ---- */

static void
test_annotations(void)
{
	struct annotation a = { .n = 0 };
	struct record r = { .n = 0 };
	struct buf scratch = BUF_INIT;
	struct ann_iter it;
	double v;

	rec_parse(&r,
	    SPAN("{\"source\":\"a\",\"annotation\":[ {\"name\":\"d\\u006fg\",\"bbox\":[1,2,3,4],"
		 "\"id\":9,\"difficult\":true,\"truncated\":\"0\",\"occluded\":2,\"iscrowd\":null,"
		 "\"confidence\":0.5,\"zz\":[]} , 5 , {} ]}"),
	    pos_at("f", 1, 1));
	ann_begin(&it, &r);
	ok(ann_next(&it, &a), "the first annotation");
	is_int(a.n, 9, "its members");
	is_str(text(ann_string(&a, ANN_NAME, &scratch)), "dog", "its name");
	is_str(text(ann_string(&a, ANN_ID, &scratch)), "9", "its id");
	ok(ann_number(&a, ANN_CONFIDENCE, &v) && v == 0.5, "its confidence");
	is_int(ann_flag(&a, ANN_DIFFICULT), 1, "difficult");
	is_int(ann_flag(&a, ANN_TRUNCATED), 0, "not truncated");
	is_int(ann_flag(&a, ANN_OCCLUDED), 1, "occluded");
	is_int(ann_flag(&a, ANN_ISCROWD), -1, "null is unknown");
	is_int(ann_flag(&a, ANN_GROUP), -1, "absent is unknown");
	ok(!ann_is_ratio(&a), "in pixels");
	is_int(rec_pos(&r, a.raw).col, 30, "where it stands");
	listen();
	ok(ann_next(&it, &a), "the third");
	is_str(heard(),
	    "f:1:162: error: an annotation must be an object; this one is left out [record]\n",
	    "what is between is reported");
	is_int(a.n, 0, "is empty");
	ok(a.v[ANN_NAME].p == NULL, "nothing is left of the first");
	ok(!ann_next(&it, &a) && !ann_next(&it, &a), "no more");
	ok(ann_parse(&a, SPAN("{\"unit\":\"ratio\"}")) && ann_is_ratio(&a), "one by itself");
	ann_release(&a);
	rec_release(&r);
	buf_release(&scratch);
}

static void
boxes(const char *json, double x, double y, double w, double h)
{
	struct annotation a = { .n = 0 };
	struct box box = { 0, 0, 0, 0 };

	ok(ann_parse(&a, span_str(json)) && ann_box(&a, &box), "%s has a box", json);
	ok(fabs(box.x - x) < 1e-9 && fabs(box.y - y) < 1e-9 && fabs(box.w - w) < 1e-9 &&
		fabs(box.h - h) < 1e-9,
	    "which is this one");
	ann_release(&a);
}

static void
no_box(const char *json)
{
	struct annotation a = { .n = 0 };
	struct box box;

	ok(ann_parse(&a, span_str(json)) && !ann_box(&a, &box), "%s has no box", json);
	ann_release(&a);
}

static void
test_boxes(void)
{
	struct buf b = BUF_INIT;

	boxes("{\"bbox\":[1.5,2,3,4],\"polygon\":[[0,0,9,9]]}", 1.5, 2, 3, 4);
	boxes("{\"polygon\":[[5,5,7,5,7,9],[1,8,2,8,2,9]]}", 1, 5, 6, 4);
	boxes("{\"rbox\":[10,10,4,2,0]}", 8, 9, 4, 2);
	boxes("{\"rbox\":[10,10,4,2,90]}", 9, 8, 2, 4);
	boxes("{\"rbox\":[0,0,2,2,45]}", -M_SQRT2, -M_SQRT2, 2 * M_SQRT2, 2 * M_SQRT2);
	boxes("{\"keypoints\":[1,1,2,0,0,0,5,3,1]}", 1, 1, 4, 2);
	boxes("{\"polyline\":[1,2,-3,4]}", -3, 2, 4, 2);
	boxes("{\"line\":[1,2,3,4]}", 1, 2, 2, 2);
	boxes("{\"point\":[3,4]}", 3, 4, 0, 0);
	boxes("{\"circle\":[3,4,2]}", 1, 2, 4, 4);
	no_box("{}");
	no_box("{\"name\":\"cat\"}");
	no_box("{\"bbox\":[1,2,3]}");
	no_box("{\"bbox\":[1,2,3,\"4\"]}");
	no_box("{\"bbox\":null,\"polygon\":[]}");
	no_box("{\"polygon\":[[1]]}");
	no_box("{\"keypoints\":[1,1,0]}");
	no_box("{\"rle\":{\"size\":[2,2],\"counts\":[4]}}");
	/* more points than fit on the stack */
	buf_adds(&b, "{\"polyline\":[0,0");
	for (int i = 1; i <= 1000; i++)
		buf_addf(&b, ",%d,%d", i, -i);
	buf_adds(&b, "]}");
	boxes(buf_str(&b), 0, -1000, 1000, 1000);
	buf_release(&b);
}

/* ---- files ---- */

static char *
file_of(struct span content)
{
	const char *tmp = getenv("TMPDIR");
	char *path = xasprintf("%s/record-test-XXXXXX", tmp ? tmp : "/tmp");
	int fd = mkstemp(path);

	if (fd < 0 || write_all(fd, content.p, content.n) < 0)
		abort();
	close(fd);
	return path;
}

static void
test_reader(void)
{
	char *files[] = {
		file_of(SPAN("\xef\xbb\xbf{\"source\":\"a\"}\r\n\n{\"source\":\"b\"}\nno\n  \t\n")),
		file_of(SPAN("")),
		file_of(SPAN("{\"source\":\"c\"}")),
	};
	struct buf all = BUF_INIT, want = BUF_INIT, scratch = BUF_INIT;
	struct record r = { .n = 0 };
	struct rec_reader in;

	listen();
	rec_open(&in, files, 3);
	while (rec_next(&in, &r))
		buf_addf(&all, "%s:%d:%d ", text(rec_string(&r, REC_SOURCE, &scratch)),
		    (int)r.pos.line, (int)r.pos.col);
	rec_close(&in);
	buf_addf(&want, "%s:4:1: error: an object should be here [json]\n", files[0]);
	is_str(heard(), buf_str(&want), "the bad line is reported");
	is_str(buf_str(&all), "a:1:1 b:3:1 c:1:1 ", "the others are read, from all files");
	is_int(in.read, 4, "four lines");
	is_int(in.bad, 1, "one of them bad");
	for (int i = 0; i < 3; i++) {
		unlink(files[i]);
		free(files[i]);
	}
	rec_release(&r);
	buf_release(&all);
	buf_release(&want);
	buf_release(&scratch);
}

/* ---- the dataset ---- */

/* Merge headers, each the content of "dataset"; what was said, and the merged header. */
static void
merges(const char *const *headers, size_t n, const char *message, const char *want)
{
	struct buf line = BUF_INIT, out = BUF_INIT;
	struct record r = { .n = 0 };
	struct dataset d;

	dataset_init(&d);
	listen();
	for (size_t i = 0; i < n; i++) {
		buf_reset(&line);
		buf_addf(&line, "{\"dataset\":%s}", headers[i]);
		if (!rec_parse(&r, buf_span(&line), pos_at("f", i + 1, 1)))
			abort();
		dataset_merge(&d, &r);
	}
	is_str(heard(), message, "said when merging %s", headers[n - 1]);
	dataset_write(&d, &out);
	is_str(buf_str(&out), want, "the merged header");
	ok(json_valid(span_trim(buf_span(&out))), "is JSON");
	rec_release(&r);
	dataset_release(&d);
	buf_release(&line);
	buf_release(&out);
}

#define MERGE(said, want, ...) \
	merges((const char *const[]){ __VA_ARGS__ }, \
	    ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })), said, want)

static void
test_merge(void)
{
	MERGE("",
	    "{\"dataset\":{\"name\":\"v\",\"info\":{\"y\":1.0},\"classes\":[{\"name\":\"a\",\"id\":1}]}}\n",
	    "{\"name\":\"v\",\"classes\":[{\"name\":\"a\",\"id\":1}],\"info\":{\"y\":1.0}}");
	MERGE("", "{\"dataset\":{\"classes\":[]}}\n", "{}");
	MERGE("", "{\"dataset\":{\"classes\":[]}}\n", "{\"classes\":null}", "{}");
	/* the same twice is not worth a word */
	MERGE("", "{\"dataset\":{\"name\":\"v\",\"classes\":[{\"name\":\"a\",\"id\":1}]}}\n",
	    "{\"name\":\"v\",\"classes\":[{\"name\":\"a\",\"id\":1}]}",
	    "{\"name\":\"v\",\"classes\":[{\"id\":1,\"name\":\"\\u0061\"}]}");
	/* new things are added, wherever they are */
	MERGE("",
	    "{\"dataset\":{\"l\":1,\"m\":2,\"classes\":[{\"name\":\"a\",\"id\":1,\"c\":\"red\"},"
	    "{\"name\":\"b\"}]}}\n",
	    "{\"l\":1,\"classes\":[{\"name\":\"a\"}]}",
	    "{\"classes\":[\"b\",{\"name\":\"a\",\"id\":1,\"c\":\"red\"}],\"m\":2}");
	/* what differs is reported, and the first stays */
	MERGE("f:2:52: warning: \"id\" of class \"a\" is 2 here and 1 before; the first stays "
	      "[class-clash]\n"
	      "f:2:20: warning: \"name\" of the dataset is \"w\" here and \"v\" before; the first "
	      "stays [header-clash]\n",
	    "{\"dataset\":{\"name\":\"v\",\"classes\":[{\"name\":\"a\",\"id\":1}]}}\n",
	    "{\"name\":\"v\",\"classes\":[{\"name\":\"a\",\"id\":1}]}",
	    "{\"name\":\"w\",\"classes\":[{\"name\":\"a\",\"id\":2}]}");
	/* two of one name in one header stay two, also when they come again */
	MERGE("",
	    "{\"dataset\":{\"classes\":[{\"name\":\"a\",\"id\":1},{\"name\":\"a\",\"id\":7}]}}\n",
	    "{\"classes\":[{\"name\":\"a\",\"id\":1},{\"name\":\"a\",\"id\":7}]}",
	    "{\"classes\":[{\"name\":\"a\",\"id\":1},{\"name\":\"a\",\"id\":7}]}");
	/* one id, two names: also when the second name is there already */
	MERGE("f:2:41: warning: id 1 of class \"b\" is that of \"a\" before; \"b\" gets none "
	      "[class-clash]\n",
	    "{\"dataset\":{\"classes\":[{\"name\":\"a\",\"id\":1},{\"name\":\"b\",\"k\":[1]}]}}\n",
	    "{\"classes\":[{\"name\":\"a\",\"id\":1}]}",
	    "{\"classes\":[{\"name\":\"b\",\"id\":1,\"k\":[1]}]}");
	MERGE("f:2:41: warning: id 1 of class \"b\" is that of \"a\" before; \"b\" gets none "
	      "[class-clash]\n",
	    "{\"dataset\":{\"classes\":[{\"name\":\"a\",\"id\":1},{\"name\":\"b\"}]}}\n",
	    "{\"classes\":[{\"name\":\"a\",\"id\":1},{\"name\":\"b\"}]}",
	    "{\"classes\":[{\"name\":\"b\",\"id\":1}]}");
	MERGE("f:1:24: error: a class must be an object with a \"name\"; this one is left out "
	      "[class]\n"
	      "f:1:26: error: a class must be an object with a \"name\"; this one is left out "
	      "[class]\n",
	    "{\"dataset\":{\"classes\":[]}}\n", "{\"classes\":[1,{\"id\":2}]}");
	MERGE("f:1:23: error: \"classes\" must be a list [class]\n",
	    "{\"dataset\":{\"classes\":[]}}\n", "{\"classes\":{\"a\":1}}");
	/* a long value is not printed whole */
	MERGE(
	    "f:2:17: warning: \"i\" of the dataset is \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb... "
	    "here and 1 before; the first stays [header-clash]\n",
	    "{\"dataset\":{\"i\":1,\"classes\":[]}}\n", "{\"i\":1}",
	    "{\"i\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}");
}

static void
test_classes(void)
{
	char *path = file_of(SPAN("cat\r\n\n dog \ncat\nb\xff\nbird"));
	struct buf want = BUF_INIT, out = BUF_INIT;
	struct dataset d;

	dataset_init(&d);
	ok(!d.seen, "nothing yet");
	listen();
	ok(dataset_load_classes(&d, path), "a list of classes");
	buf_addf(&want,
	    "%s:4:1: error: class \"cat\" is there twice [class]\n"
	    "%s:5:2: error: a class name must be UTF-8; this line is left out [class]\n",
	    path, path);
	is_str(heard(), buf_str(&want), "with two bad lines");
	is_int(d.n, 3, "three names");
	is_int(dataset_class(&d, SPAN("dog")), 1, "in order, trimmed");
	is_int(dataset_class(&d, SPAN("cow")), -1, "no cow");
	is_int(dataset_add_class(&d, SPAN("cow\"")), 3, "a new one goes to the end");
	is_int(dataset_add_class(&d, SPAN("cat")), 0, "a known one keeps its place");
	dataset_write(&d, &out);
	is_str(buf_str(&out),
	    "{\"dataset\":{\"classes\":[{\"name\":\"cat\"},{\"name\":\"dog\"},{\"name\":\"bird\"},"
	    "{\"name\":\"cow\\\"\"}]}}\n",
	    "as a header");
	ok(dataset_member(&d, "name").p == NULL, "no other member");
	listen();
	ok(!dataset_load_classes(&d, "/nonexistent/x"), "no file");
	ok(strstr(heard(), "cannot open /nonexistent/x: No such file"), "is said");
	unlink(path);
	free(path);
	dataset_release(&d);
	buf_release(&want);
	buf_release(&out);
}

/* A header with many members must not take quadratic time. */
static void
test_large_header(void)
{
	struct buf line = BUF_INIT;
	struct record r = { .n = 0 };
	struct dataset d;

	buf_adds(&line, "{\"dataset\":{\"k\":0");
	for (int i = 0; i < 200000; i++)
		buf_addf(&line, ",\"key%d\":%d", i, i);
	buf_adds(&line, "}}");
	dataset_init(&d);
	alarm(60);
	ok(rec_parse(&r, buf_span(&line), POS_NONE), "a header with 200000 members");
	dataset_merge(&d, &r);
	dataset_merge(&d, &r);
	alarm(0);
	is_str(text(dataset_member(&d, "key199999")), "199999", "is merged");
	dataset_release(&d);
	rec_release(&r);
	buf_release(&line);
}

int
main(void)
{
	test_parse();
	test_names();
	test_bad_lines();
	test_write();
	test_annotations();
	test_boxes();
	test_reader();
	test_merge();
	test_classes();
	test_large_header();
	diag_sink_release(&said);
	return done_testing();
}
