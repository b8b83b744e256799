/*
 * A line of the stream. When it is a record:
 *
 *	written without a change it is what it was, and it is one line;
 *	written with changes it is a record again, with those values and all others untouched,
 *	and the same changes again change nothing;
 *	its annotations can all be looked at;
 *	a header merged and written is a header that merges to the same, without a word.
 */
#include <string.h>

#include "record/dataset.h"
#include "record/record.h"
#include "fuzz.h"

static const struct json_change change[] = { { "usage", { "\"EVAL\"", 6 } },
	{ "width", { NULL, 0 } }, { "sha256", { "\"\\u00e9\"", 8 } } };

static bool
is_changed(struct span key)
{
	for (size_t i = 0; i < 3; i++)
		if (json_key_is(key, change[i].key))
			return true;
	return false;
}

/* All members of `a` that are not changed, in order, are those of `b`. */
static void
must_keep(const struct record *a, const struct record *b)
{
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (is_changed(a->m[i].key))
			continue;
		while (k < b->n && is_changed(b->m[k].key))
			k++;
		must_hold(k < b->n);
		must_hold(span_eq(a->m[i].key, b->m[k].key));
		must_hold(span_eq(a->m[i].value, b->m[k].value));
		k++;
	}
}

static void
check_edit(const struct record *r)
{
	struct out once = { .fd = -1, .name = "fuzz" }, twice = { .fd = -1, .name = "fuzz" };
	struct record again = { .n = 0 };
	struct span line;

	if (r->line.n > OUT_BLOCK / 2)
		return; /* it would be written to nowhere */
	rec_write(&once, r, NULL, 0);
	must_hold(once.b.n == r->line.n + 1 && memcmp(once.b.p, r->line.p, r->line.n) == 0);
	buf_reset(&once.b);
	rec_write(&once, r, change, 3);
	line = span_trim(buf_span(&once.b));
	must_hold(rec_parse(&again, line, POS_NONE));
	must_hold(span_is(again.v[REC_USAGE], "\"EVAL\""));
	must_hold(span_is(again.v[REC_SHA256], "\"\\u00e9\""));
	must_hold(again.v[REC_WIDTH].p == NULL);
	must_keep(r, &again);
	rec_write(&twice, &again, change, 3);
	must_hold(span_eq(buf_span(&once.b), buf_span(&twice.b)));
	rec_release(&again);
	buf_release(&once.b);
	buf_release(&twice.b);
}

static void
check_annotations(const struct record *r)
{
	struct annotation a = { .n = 0 };
	struct buf scratch = BUF_INIT;
	struct ann_iter it;
	struct box box;
	double number;

	ann_begin(&it, r);
	while (ann_next(&it, &a)) {
		must_hold(json_valid(a.raw));
		must_hold(rec_pos(r, a.raw).col >= rec_pos(r, r->line).col);
		ann_box(&a, &box);
		for (int f = 0; f < ANN_FIELDS; f++) {
			ann_string(&a, (enum ann_field)f, &scratch);
			ann_flag(&a, (enum ann_field)f);
			ann_number(&a, (enum ann_field)f, &number);
		}
	}
	ann_release(&a);
	buf_release(&scratch);
}

static void
check_header(const struct record *r, struct diag_sink *sink)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	struct record again = { .n = 0 };
	struct dataset d, e;

	dataset_init(&d);
	dataset_init(&e);
	dataset_merge(&d, r);
	dataset_write(&d, &once);
	buf_reset(&sink->text);
	must_hold(rec_parse(&again, span_trim(buf_span(&once)), POS_NONE) && again.header);
	dataset_merge(&e, &again);
	must_hold(sink->text.n == 0);
	dataset_write(&e, &twice);
	must_hold(span_eq(buf_span(&once), buf_span(&twice)));
	dataset_release(&d);
	dataset_release(&e);
	rec_release(&again);
	buf_release(&once);
	buf_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink sink = { .status = 0 };
	struct record r = { .n = 0 };
	struct span line = { (const char *)data, size };

	if (size && memchr(data, '\n', size))
		line.n = (size_t)((const char *)memchr(data, '\n', size) - line.p);
	diag_sink(&sink);
	if (rec_parse(&r, line, pos_at("fuzz", 1, 1))) {
		must_hold(sink.text.n == 0);
		check_edit(&r);
		check_annotations(&r);
		if (r.header)
			check_header(&r, &sink);
	} else {
		must_hold(sink.count[DIAG_ERROR] == 1);
	}
	diag_sink(NULL);
	diag_sink_release(&sink);
	rec_release(&r);
	return 0;
}
