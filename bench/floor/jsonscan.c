/*
 * jsonscan.c: how fast each way of reading JSON in memory is, in megabytes a second of CPU time.
 *
 *	jsonscan FILE [WAY]
 *
 * Without WAY all of them in one table, the best of three runs each; with one only that, once
 * (for `perf`). The ways: memcpy and memchr are what memory gives; skip checks and passes over;
 * values takes every value; numbers reads the lists of numbers as doubles; tree indexes the
 * document; cjson is the library that most programs use. A file of JSON Lines has records
 * (rec_parse), annotations (each one looked at) and edit (one member changed) instead.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cJSON.h>

#include "json/tree.h"
#include "record/record.h"

static size_t
way_memcpy(struct span text)
{
	char *copy = xmemdup(text.p, text.n);
	size_t n = (size_t)copy[text.n / 2];

	free(copy);
	return n;
}

static size_t
way_memchr(struct span text)
{
	const char *p = text.p, *end = text.p + text.n;
	size_t n = 0;

	for (; (p = memchr(p, '\1', (size_t)(end - p))) != NULL; p++)
		n++;
	return n;
}

static size_t
way_skip(struct span text)
{
	return json_valid(text);
}

static size_t
values(struct json *j, bool numbers)
{
	double v[4096];
	struct json ahead = *j;
	struct span raw;
	size_t n = 1;

	switch (json_peek(j)) {
	case JSON_OBJECT:
		json_object(j);
		while (json_key(j, &raw))
			n += values(j, numbers);
		return n;
	case JSON_ARRAY:
		if (numbers && json_array(&ahead) && json_item(&ahead) &&
		    json_peek(&ahead) == JSON_NUMBER && json_value(j, &raw))
			return json_numbers(raw, v, ARRAY_LEN(v));
		json_array(j);
		while (json_item(j))
			n += values(j, numbers);
		return n;
	default:
		return json_value(j, &raw);
	}
}

static size_t
way_values(struct span text)
{
	struct json j;

	json_begin(&j, text);
	return values(&j, false);
}

static size_t
way_numbers(struct span text)
{
	struct json j;

	json_begin(&j, text);
	return values(&j, true);
}

static size_t
way_tree(struct span text)
{
	struct json_tree t;
	size_t n;

	if (!json_tree_parse(&t, text, "text"))
		return 0;
	n = t.n;
	json_tree_release(&t);
	return n;
}

static size_t
way_cjson(struct span text)
{
	cJSON *root = cJSON_ParseWithLength(text.p, text.n);
	size_t n = root != NULL;

	cJSON_Delete(root);
	return n;
}

/* Every record; its annotations when `each`, and written with a change when `out`. */
static size_t
records(struct span text, bool each, struct out *out)
{
	static const struct json_change change = { "usage", { "\"TRAIN\"", 7 } };
	struct annotation a = { .n = 0 };
	struct record r = { .n = 0 };
	struct ann_iter it;
	struct input in;
	struct span line;
	size_t n = 0;

	input_memory(&in, text, "text");
	while (input_line(&in, &line)) {
		n += rec_parse(&r, line, input_pos(&in, 0));
		if (out)
			rec_write(out, &r, &change, 1);
		if (!each)
			continue;
		ann_begin(&it, &r);
		while (ann_next(&it, &a))
			n++;
	}
	input_close(&in);
	ann_release(&a);
	rec_release(&r);
	return n;
}

static size_t
way_records(struct span text)
{
	return records(text, false, NULL);
}

static size_t
way_annotations(struct span text)
{
	return records(text, true, NULL);
}

static size_t
way_edit(struct span text)
{
	struct out out;
	size_t n;

	out_init(&out, open("/dev/null", O_WRONLY), "/dev/null");
	n = records(text, false, &out);
	out_close(&out);
	return n;
}

static const struct way {
	const char *name;
	size_t (*run)(struct span text);
	bool lines; /* for JSON Lines, else for one document */
	bool any;   /* for both */
} ways[] = {
	{ "memcpy", way_memcpy, false, true },
	{ "memchr", way_memchr, false, true },
	{ "skip", way_skip, false, false },
	{ "values", way_values, false, false },
	{ "numbers", way_numbers, false, false },
	{ "tree", way_tree, false, false },
	{ "cjson", way_cjson, false, false },
	{ "records", way_records, true, false },
	{ "annotations", way_annotations, true, false },
	{ "edit", way_edit, true, false },
};

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
measure(const struct way *w, struct span text, int runs)
{
	double best = 1e9;
	size_t n = 0;

	for (int i = 0; i < runs; i++) {
		double start = cpu_seconds(), took;

		n = w->run(text);
		took = cpu_seconds() - start;
		best = took < best ? took : best;
	}
	printf("%-12s %8.0f MB/s  (%zu)\n", w->name, (double)text.n / 1e6 / best, n);
}

int
main(int argc, char **argv)
{
	struct buf text = BUF_INIT;
	bool lines;

	if (argc < 2 || file_read(AT_FDCWD, argv[1], SIZE_MAX / 2, &text) != 0) {
		fprintf(stderr, "usage: jsonscan FILE [WAY]\n");
		return 2;
	}
	lines = !json_valid(buf_span(&text));
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		if (argc > 2 ? strcmp(argv[2], ways[i].name) != 0
			     : !ways[i].any && ways[i].lines != lines)
			continue;
		measure(&ways[i], buf_span(&text), argc > 2 ? 1 : 3);
	}
	buf_release(&text);
	return 0;
}
