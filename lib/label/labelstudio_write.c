/* Records to Label Studio's tasks: see labelstudio.c. */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "base/utf8.h"
#include "label/coords.h"
#include "label/labelstudio_make.h"
#include "record/rle.h"

struct writer {
	struct sink_file *file;
	struct buf results, text, scratch, pixels;
	struct ls_frame frame;
	uint64_t made; /* ids */
};

/* ---- values ---- */

/* The words that a span of characters covers. */
static void
write_covered(struct buf *b, const struct annotation *a, struct span text)
{
	size_t at = 0, from = 0, n;
	double v[2];
	uint32_t c;

	if (!text.p || json_numbers(a->v[ANN_SPAN], v, 2) != 2 ||
	    span_is(a->v[ANN_UNIT], "\"utf-16\""))
		return;
	for (double k = 0; at < text.n && k < v[1]; k++, at += n ? n : 1) {
		if (k <= v[0])
			from = at;
		n = utf8_decode(text.p + at, text.n - at, &c);
	}
	jw_member_string(b, "text", span_of(text.p + from, text.p + at));
}

bool
ls_make_value(struct buf *b, const struct annotation *a, struct span ring, const struct ls_frame *f,
    const struct label_options *opt, const char **type)
{
	struct span names = json_member(ann_member(a, "labelstudio"), "names"), first;
	size_t begin = b->n;
	struct json j;

	/* a polygon of one ring that is not given part by part */
	if (!ring.p && a->v[ANN_POLYGON].p) {
		struct span rest = a->v[ANN_POLYGON];

		coords_ring(&rest, &ring);
	}
	jw_open(b, '{');
	if (!ls_write_value(b, a, ring, f, opt, type)) {
		buf_cut(b, begin);
		return false;
	}
	write_covered(b, a, f->text);
	first = SPAN_NONE;
	if (json_type_of(names) ==
	    JSON_ARRAY) { /* several labels, as long as the first is the same */
		json_begin(&j, names);
		json_array(&j);
		if (json_item(&j))
			json_value(&j, &first);
	}
	if (a->v[ANN_NAME].p) {
		jw_key(b, *type);
		if (first.p && span_eq(first, a->v[ANN_NAME])) {
			jw_raw(b, names);
		} else {
			jw_open(b, '[');
			jw_raw(b, a->v[ANN_NAME]);
			jw_close(b, ']');
		}
	}
	jw_close(b, '}');
	return true;
}

/* ---- results ---- */

static bool
same_field(const struct annotation *a, const struct annotation *b, enum ann_field f)
{
	if (!a->v[f].p || !b->v[f].p)
		return !a->v[f].p && !b->v[f].p;
	return span_eq(a->v[f], b->v[f]) || (f == ANN_RLE && rle_same(a->v[f], b->v[f]));
}

/* The value that rode along, when reading it would give this annotation again. */
static struct span
kept_value(struct writer *w, const struct annotation *a, struct span type)
{
	struct span value = json_member(ann_member(a, "labelstudio"), "value");
	struct buf again = BUF_INIT;
	struct annotation b = { .m = NULL };
	const char *why;
	bool same;

	if (!value.p || !type.p)
		return SPAN_NONE;
	jw_open(&again, '{');
	same = ls_read_value(&again, json_unquote(type), value, &w->frame, &why);
	jw_close(&again, '}');
	same = same && ann_parse(&b, buf_span(&again));
	for (int f = 0; same && f <= ANN_TEXT; f++)
		same = same_field(a, &b, (enum ann_field)f);
	ann_release(&b);
	buf_release(&again);
	if (same && a->v[ANN_NAME].p) {
		struct span list = ls_labels(json_unquote(type), value), first;
		struct json j;

		json_begin(&j, list.p ? list : SPAN("[]"));
		json_array(&j);
		same = json_item(&j) && json_value(&j, &first) && span_eq(first, a->v[ANN_NAME]);
	}
	return same ? value : SPAN_NONE;
}

/* from_name, to_name and what else came with the result. */
static void
write_rest(
    struct writer *w, struct buf *b, const struct annotation *a, const char *from, const char *to)
{
	static const char *const known[] = { "type", "value", "names" };
	struct span private = ann_member(a, "labelstudio"), v[3];

	buf_reset(&w->scratch);
	json_pick(private, known, v, 3, &w->scratch);
	if (!json_member(private, "from_name").p && from)
		jw_member_str(b, "from_name", from);
	if (!json_member(private, "to_name").p && to)
		jw_member_str(b, "to_name", to);
	if (w->scratch.n)
		jw_raw(b, buf_span(&w->scratch));
}

static void
write_id(struct writer *w, struct buf *b, const struct annotation *a)
{
	if (a->v[ANN_ID].p) {
		jw_member_raw(b, "id", a->v[ANN_ID]);
		return;
	}
	jw_key(b, "id");
	jw_raw(b, SPAN(""));
	buf_addf(b, "\"r%llu\"", (unsigned long long)++w->made);
}

static const char *
target_of(const struct writer *w, const struct annotation *a)
{
	return a->v[ANN_TIME].p ? "audio" : w->frame.text.p ? "text" : "image";
}

static void
write_result(struct exporter *ex, const struct annotation *a, struct span value, struct span type)
{
	struct writer *w = ex->state;
	struct buf *b = &w->results;
	bool picture = w->frame.width > 0 && !w->frame.text.p && !a->v[ANN_TIME].p;

	jw_open(b, '{');
	if (picture && ann_has_shape(a)) {
		jw_key(b, "original_width");
		jw_number(b, w->frame.width);
		jw_key(b, "original_height");
		jw_number(b, w->frame.height);
	}
	jw_member_raw(b, "value", value);
	write_id(w, b, a);
	write_rest(w, b, a,
	    span_is(type, "\"choices\"")    ? "choice"
	    : span_is(type, "\"textarea\"") ? "transcription"
					    : "label",
	    target_of(w, a));
	jw_member_raw(b, "type", type);
	if (a->v[ANN_CONFIDENCE].p)
		jw_member_raw(b, "score", a->v[ANN_CONFIDENCE]);
	jw_close(b, '}');
}

static void
write_relation(struct writer *w, const struct annotation *a)
{
	struct buf *b = &w->results;

	jw_open(b, '{');
	jw_member_raw(b, "from_id", a->v[ANN_FROM]);
	jw_member_raw(b, "to_id", a->v[ANN_TO]);
	jw_member_str(b, "type", "relation");
	write_rest(w, b, a, NULL, NULL);
	if (a->v[ANN_NAME].p) {
		jw_key(b, "labels");
		jw_open(b, '[');
		jw_raw(b, a->v[ANN_NAME]);
		jw_close(b, ']');
	}
	jw_close(b, '}');
}

/* One result of an annotation (of a polygon: of one ring). */
static bool
make_result(struct exporter *ex, const struct annotation *a, struct span ring)
{
	struct writer *w = ex->state;
	struct span private = ann_member(a, "labelstudio"), type = json_member(private, "type"),
		    kept;
	struct buf value = BUF_INIT, made_type = BUF_INIT;
	const char *made;
	bool ok;

	if (type.p && json_type_of(a->v[ANN_PROPERTY]) == JSON_OBJECT && !ann_has_shape(a)) {
		char *name = xstrndup(type.p + 1, type.n - 2);

		kept = json_member(a->v[ANN_PROPERTY], name);
		free(name);
	} else {
		kept = kept_value(w, a, type);
	}
	if (kept.p) {
		write_result(ex, a, kept, type);
		return true;
	}
	ok = ls_make_value(&value, a, ring, &w->frame, ex->opt, &made);
	if (ok) {
		buf_addf(&made_type, "\"%s\"", made);
		write_result(ex, a, buf_span(&value), buf_span(&made_type));
	}
	buf_release(&value);
	buf_release(&made_type);
	return ok;
}

static bool
is_choice(const struct annotation *a)
{
	return a->v[ANN_NAME].p && !ann_has_shape(a) && !a->v[ANN_TEXT].p && !a->v[ANN_FROM].p;
}

/* Choices with one id were one result. */
static size_t
make_choices(struct exporter *ex, const struct sample *s, size_t i)
{
	const struct annotation *a = &s->ann[i];
	struct writer *w = ex->state;
	struct buf value = BUF_INIT;
	size_t n = 0;

	jw_open(&value, '{');
	jw_key(&value, "choices");
	jw_open(&value, '[');
	while (i + n < s->n && is_choice(&s->ann[i + n]) &&
	       (n == 0 || (a->v[ANN_ID].p && span_eq(a->v[ANN_ID], s->ann[i + n].v[ANN_ID]))))
		jw_raw(&value, s->ann[i + n++].v[ANN_NAME]);
	jw_close(&value, ']');
	jw_close(&value, '}');
	write_result(ex, a, buf_span(&value), SPAN("\"choices\""));
	buf_release(&value);
	(void)w;
	return n;
}

/* All results of a sample; the number of annotations that have one. */
static uint64_t
make_results(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	uint64_t written = 0;

	buf_reset(&w->results);
	for (size_t i = 0; i < s->n; i++) {
		struct annotation pixel, *a = &pixel;
		struct span rest, ring;
		bool any = false;
		size_t part = 0;

		if (!coords_pixels(ex, s, &s->ann[i], a, &w->pixels))
			continue;
		rest = a->v[ANN_POLYGON];
		if (a->v[ANN_FROM].p && a->v[ANN_TO].p) {
			write_relation(w, a);
			written++;
			continue;
		}
		if (is_choice(a)) {
			size_t n = make_choices(ex, s, i);

			written += n;
			i += n - 1;
			continue;
		}
		if (coords_bbox_differs(a))
			export_loss(ex, s, "annotation.bbox", 1);
		if (json_type_of(rest) != JSON_ARRAY)
			any = make_result(ex, a, SPAN_NONE);
		else
			while (coords_part(a, &rest, &part, &ring))
				any |= make_result(ex, a, ring);
		written += any;
	}
	return written;
}

/* ---- tasks ---- */

/* "annotations":[{"result":[...]}] of a task that had none. */
static void
write_annotations(struct writer *w, struct buf *b, const struct sample *s)
{
	jw_key(b, "annotations");
	jw_open(b, '[');
	if (s->annotated) {
		jw_open(b, '{');
		jw_key(b, "result");
		jw_open(b, '[');
		buf_addspan(b, buf_span(&w->results));
		jw_close(b, ']');
		jw_close(b, '}');
	}
	jw_close(b, ']');
}

/* The list of annotations with the new results in their place. */
static void
write_list(struct writer *w, struct buf *b, struct span list, uint64_t taken)
{
	struct json_change change = { "result", SPAN_NONE };
	struct buf results = BUF_INIT;
	struct span one;
	struct json j;
	uint64_t n = 0;

	buf_addc(&results, '[');
	buf_addspan(&results, buf_span(&w->results));
	buf_addc(&results, ']');
	change.value = buf_span(&results);
	json_begin(&j, list);
	json_array(&j);
	jw_open(b, '[');
	for (; json_item(&j) && json_value(&j, &one); n++) {
		jw_raw(b, SPAN(""));
		if (n == taken)
			json_edit(b, one, &change, 1);
		else
			buf_addspan(b, one);
	}
	jw_close(b, ']');
	buf_release(&results);
}

/* The task as it came, with the results that it has now. */
static void
write_kept(
    struct writer *w, struct buf *b, const struct sample *s, struct span task, uint64_t taken)
{
	bool done = !s->annotated;
	struct span k, v;
	struct json j;

	json_begin(&j, task);
	json_object(&j);
	jw_open(b, '{');
	while (json_key(&j, &k) && json_value(&j, &v)) {
		bool list = (span_is(k, "annotations") || span_is(k, "completions")) &&
			    json_type_of(v) == JSON_ARRAY && taken != UINT64_MAX;

		jw_key_raw(b, k);
		if (list)
			write_list(w, b, v, taken);
		else
			jw_raw(b, v);
		done = done || list;
	}
	if (!done)
		write_annotations(w, b, s);
	jw_close(b, '}');
}

static void
write_new(struct exporter *ex, struct buf *b, const struct sample *s, struct span source)
{
	struct writer *w = ex->state;
	struct span id = json_unquote(s->rec->v[REC_ID]);
	struct buf name = BUF_INIT;
	uint64_t number;

	for (size_t i = 0; i < s->n; i++)
		if (s->ann[i].v[ANN_ANNOTATED_BY].p)
			export_loss(ex, s, "annotation.annotated-by", 1);
	jw_open(b, '{');
	if (id.p && num_parse_u64(id, &number)) /* a task's is a number */
		jw_member_u64(b, "id", number);
	jw_key(b, "data");
	jw_open(b, '{');
	if (w->frame.text.p) {
		jw_member_string(b, "text", w->frame.text);
	} else if (path_is_uri(source)) {
		jw_member_string(b, "image", source);
	} else {
		buf_adds(&name, "images/");
		buf_addspan(&name, export_picture(ex, s, "images", export_stem(ex, s, "images")));
		jw_member_string(b,
		    path_has_ext(buf_span(&name), "wav|mp3|flac|ogg|m4a|aac") ? "audio" : "image",
		    buf_span(&name));
	}
	jw_close(b, '}');
	write_annotations(w, b, s);
	jw_close(b, '}');
	buf_release(&name);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct span private = rec_member(s->rec, "labelstudio"), task, source;
	struct writer *w = ex->state;
	uint64_t taken = UINT64_MAX;
	struct buf *b;
	bool is_new = !w->file;

	if (is_new)
		w->file = sink_file_new(ex->sink, "tasks.json");
	if (!w->file)
		die("cannot write tasks.json:");
	b = &sink_file_out(w->file)->b;
	buf_adds(b, is_new ? "[\n" : ",\n");
	source = json_value_text(s->rec->v[REC_SOURCE], &w->text);
	w->frame = (struct ls_frame){ .text = SPAN_NONE };
	if (span_starts(source, SPAN("content://")))
		w->frame.text = span_of(source.p + 10, source.p + source.n);
	else
		export_size(ex, s);
	w->frame.width = s->width;
	w->frame.height = s->height;
	export_unwritten(ex, s, make_results(ex, s));
	task = json_member(private, "task");
	num_parse_u64(
	    json_member(private, "taken").p ? json_member(private, "taken") : SPAN(""), &taken);
	if (json_type_of(task) == JSON_OBJECT && ex->opt->images != IMAGES_NONE && !w->frame.text.p)
		export_loss(ex, s, "picture.remote", 1); /* the task says where its picture is */
	if (json_type_of(task) == JSON_OBJECT)
		write_kept(w, b, s, task, taken);
	else
		write_new(ex, b, s, source);
	out_tick(sink_file_out(w->file));
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (w->file) {
		buf_adds(&sink_file_out(w->file)->b, "\n]\n");
		if (sink_file_close(w->file) != 0)
			die("cannot write tasks.json:");
	}
	buf_release(&w->results);
	buf_release(&w->text);
	buf_release(&w->scratch);
	buf_release(&w->pixels);
}

const struct label_writer ls_writer = {
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};
