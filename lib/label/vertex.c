/*
 * Vertex AI's import files: JSON Lines.
 *
 *	{"imageGcsUri":"gs://b/1.jpg",
 *	 "boundingBoxAnnotations":[{"displayName":"cat","xMin":0.1,"yMin":0.2,"xMax":0.3,"yMax":0.4}],
 *	 "dataItemResourceLabels":{"aiplatform.googleapis.com/ml_use":"training"}}
 *	{"imageGcsUri":..,"classificationAnnotation":{"displayName":"cat"}}	or classificationAnnotations, a list
 *	{"textContent":"..","textSegmentAnnotations":[{"startOffset":0,"endOffset":5,"displayName":"x"}]}
 *
 * Coordinates are parts of width and height, far edges outside.
 *
 * Source: Vertex AI, "Prepare image (text) training data"; its schemas in cloud-samples.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "label/coords.h"
#include "label/formats.h"
#include "label/jsonl.h"

#define ML_USE "aiplatform.googleapis.com/ml_use"

static const struct {
	const char *word, *usage;
} uses[] = { { "training", "TRAIN" }, { "validation", "EVAL" }, { "test", "TEST" } };

enum { IMAGE, TEXT, TEXT_FILE, BOXES, CLASS, CLASSES, SEGMENTS, LABELS, KEYS };

static const char *const keys[KEYS] = { "imageGcsUri", "textContent", "textGcsUri",
	"boundingBoxAnnotations", "classificationAnnotation", "classificationAnnotations",
	"textSegmentAnnotations", "dataItemResourceLabels" };

enum { NAME, X0, Y0, X1, Y1, BOX_KEYS };

static const char *const box_keys[BOX_KEYS] = { "displayName", "xMin", "yMin", "xMax", "yMax" };
static const char *const segment_keys[] = { "startOffset", "endOffset", "displayName" };

/* ---- reading ---- */

/* The end of an annotation that was written as `raw`. */
static bool
end_annotation(struct buf *b, struct span raw, const char *const *known, size_t n)
{
	if (!jsonl_is_plain(raw, known, n)) {
		jw_key(b, "vertex");
		jw_raw(b, raw);
	}
	jw_close(b, '}');
	return true;
}

static bool
give_box(struct jsonl *j, struct buf *b, struct span raw)
{
	struct span v[BOX_KEYS];
	size_t begin = b->n;

	json_pick(raw, box_keys, v, BOX_KEYS, NULL);
	if (json_type_of(v[NAME]) != JSON_STRING)
		return jsonl_bad_annotation(j, raw, "a box needs a \"displayName\"");
	jw_open(b, '{');
	jw_member_raw(b, "name", v[NAME]);
	if (!coords_read_corners(b, v + X0)) {
		buf_cut(b, begin);
		return jsonl_bad_annotation(
		    j, raw, "a box needs the numbers xMin, yMin, xMax and yMax");
	}
	jw_member_str(b, "unit", "ratio");
	return end_annotation(b, raw, box_keys, BOX_KEYS);
}

static bool
give_class(struct jsonl *j, struct buf *b, struct span raw)
{
	struct span name = json_member(raw, "displayName");

	if (json_type_of(name) != JSON_STRING)
		return jsonl_bad_annotation(j, raw, "a class needs a \"displayName\"");
	jw_open(b, '{');
	jw_member_raw(b, "name", name);
	return end_annotation(b, raw, box_keys, 1);
}

static bool
give_segment(struct jsonl *j, struct buf *b, struct span raw)
{
	struct span v[3];
	uint64_t n;

	json_pick(raw, segment_keys, v, 3, NULL);
	if (json_type_of(v[2]) != JSON_STRING || !num_parse_u64(v[0], &n) ||
	    !num_parse_u64(v[1], &n))
		return jsonl_bad_annotation(
		    j, raw, "a segment needs startOffset, endOffset and displayName");
	jw_open(b, '{');
	jw_member_raw(b, "name", v[2]);
	jw_key(b, "span");
	jw_open(b, '[');
	write_number_text(b, v[0]);
	write_number_text(b, v[1]);
	jw_close(b, ']');
	jw_member_str(b, "unit", "codepoint");
	return end_annotation(b, raw, segment_keys, 3);
}

static uint64_t
give_list(struct jsonl *j, struct buf *b, struct span list,
    bool (*give)(struct jsonl *j, struct buf *b, struct span raw))
{
	struct span raw;
	struct json items;
	uint64_t n = 0;

	if (!list.p)
		return 0;
	if (json_type_of(list) != JSON_ARRAY)
		return jsonl_bad_annotation(j, list, "the annotations should be a list");
	json_begin(&items, list);
	json_array(&items);
	while (json_item(&items) && json_value(&items, &raw))
		n += json_type_of(raw) == JSON_OBJECT
			 ? give(j, b, raw)
			 : jsonl_bad_annotation(j, raw, "an annotation should be an object");
	return n;
}

static uint64_t
give_annotations(struct jsonl *j, struct buf *b, const struct span v[KEYS])
{
	uint64_t n = 0;

	if (!v[BOXES].p && !v[CLASS].p && !v[CLASSES].p && !v[SEGMENTS].p)
		return 0;
	jw_key(b, "annotation");
	jw_open(b, '[');
	if (json_type_of(v[CLASS]) == JSON_OBJECT)
		n += give_class(j, b, v[CLASS]);
	else if (v[CLASS].p)
		jsonl_bad_annotation(j, v[CLASS], "an annotation should be an object");
	n += give_list(j, b, v[CLASSES], give_class);
	n += give_list(j, b, v[BOXES], give_box);
	n += give_list(j, b, v[SEGMENTS], give_segment);
	jw_close(b, ']');
	return n;
}

/* Begin the record. False: the line has no picture and no text. */
static bool
begin_sample(struct jsonl *j, struct buf *b, struct span line, const struct span v[KEYS])
{
	struct buf text = BUF_INIT;
	struct span name = jsonl_string(v[v[IMAGE].p ? IMAGE : TEXT_FILE], &text);
	struct picsize size;

	if (name.n) {
		name = pictures_source(&j->pictures, j->dir, name, &size);
		import_begin_sample(b, name, SPAN_NONE, 0, 0);
		jsonl_write_id(j, b);
		if (size.width > 0) {
			jw_member_u64(b, "width", size.width);
			jw_member_u64(b, "height", size.height);
		}
	} else if ((name = jsonl_string(v[TEXT], &text)).p) {
		jsonl_begin_text(b, name);
		jsonl_write_id(j, b);
	} else {
		jsonl_bad(j, line, "a line needs imageGcsUri, textContent or textGcsUri");
	}
	buf_release(&text);
	return name.p != NULL;
}

/* The usage that the labels say; NULL: none, or one in a word that is not Vertex'. */
static const char *
usage_of_labels(struct span labels)
{
	struct span use = json_type_of(labels) == JSON_OBJECT
			      ? json_unquote(json_member(labels, ML_USE))
			      : SPAN_NONE;

	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		if (span_is(use, uses[i].word))
			return uses[i].usage;
	return NULL;
}

static void
write_usage(struct jsonl *j, struct buf *b, struct span labels)
{
	const char *usage = usage_of_labels(labels);
	struct span use =
	    json_type_of(labels) == JSON_OBJECT ? json_member(labels, ML_USE) : SPAN_NONE;

	if (usage)
		jw_member_str(b, "usage", usage);
	else if (use.p)
		warning_at(jsonl_pos(j, use), "vertex",
		    "%.*s is no split, which may be \"training\", \"validation\" or \"test\": the "
		    "sample has none",
		    SPAN_ARG(use));
	else if (labels.p)
		import_type(j->im, jsonl_pos(j, labels), keys[LABELS], labels, JSON_OBJECT);
}

/* The line without what was taken out of its lists. */
static void
write_template(struct buf *b, struct span line, const struct span v[KEYS])
{
	static const int emptied[] = { BOXES, CLASSES, SEGMENTS };
	struct json_change c[4];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(emptied); i++)
		if (v[emptied[i]].p)
			c[n++] = (struct json_change){ keys[emptied[i]], SPAN("[]") };
	if (v[CLASS].p)
		c[n++] = (struct json_change){ keys[CLASS], SPAN("{}") };
	jw_key(b, "vertex");
	jw_raw(b, SPAN(""));
	json_edit(b, line, c, n);
}

/* Would the record alone give this line? */
static bool
follows(struct span line, const struct span v[KEYS], struct span source)
{
	static const char *const use[] = { ML_USE };
	struct buf text = BUF_INIT, again = BUF_INIT;
	bool same =
	    jsonl_is_plain(line, keys, KEYS) && !v[TEXT_FILE].p &&
	    (!v[LABELS].p || (usage_of_labels(v[LABELS]) && jsonl_is_plain(v[LABELS], use, 1)));

	if (v[IMAGE].p)
		jw_string(&again, source);
	else
		jw_string(&again, jsonl_string(v[TEXT], &text));
	same = same && span_eq(buf_span(&again), v[v[IMAGE].p ? IMAGE : TEXT]);
	buf_release(&again);
	buf_release(&text);
	return same;
}

static bool
give_line(struct jsonl *j, struct span line)
{
	struct buf *b = import_record(j->im), source = BUF_INIT;
	struct span v[KEYS];
	uint64_t n;

	json_pick(line, keys, v, KEYS, NULL);
	if (!begin_sample(j, b, line, v))
		return false;
	buf_addspan(&source, buf_span(&j->pictures.source));
	write_usage(j, b, v[LABELS]);
	n = give_annotations(j, b, v);
	if (!follows(line, v, buf_span(&source)))
		write_template(b, line, v);
	jw_close(b, '}');
	import_sample(j->im, j->at, buf_span(b), n);
	buf_release(&source);
	return true;
}

static bool
looks_like(struct span head)
{
	return span_starts(span_trim(head), SPAN("{")) &&
	       (find_has(head, "\"imageGcsUri\"") || find_has(head, "\"textContent\"") ||
		   find_has(head, "\"textGcsUri\""));
}

static void
read_tree(struct importer *im)
{
	import_header(im);
	import_header_end(im);
	jsonl_read(im, "jsonl|json", looks_like, give_line, NULL);
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "jsonl|json", looks_like, 90, "lines with \"imageGcsUri\"", why);
}

/* ---- writing ---- */

struct writer {
	struct sink_file *file;
	struct corners box;
	struct buf list[KEYS], text, labels, value;
};

static void
begin(struct exporter *ex)
{
	struct writer *w = ex->state;

	w->file = jsonl_open(ex, "jsonl");
}

/* Append one annotation to the list of its kind. */
static bool
add_annotation(struct exporter *ex, struct sample *s, const struct annotation *a, int class)
{
	struct writer *w = ex->state;
	struct span name = a->v[ANN_NAME], template = jsonl_ann_template(ex, a), v[2];
	struct json_change c[BOX_KEYS] = { { "displayName", name } };
	struct buf *b = &w->list[class];

	if (!name.p) {
		export_loss(ex, s, "annotation.without-class", 1);
		return false;
	}
	if (a->v[ANN_SPAN].p) {
		if (number_texts(a->v[ANN_SPAN], v, 2) != 2)
			return false;
		for (int i = 0; i < 3; i++)
			c[i] = (struct json_change){ segment_keys[i], i < 2 ? v[i] : name };
		b = &w->list[SEGMENTS];
		jw_raw(b, SPAN(""));
		json_edit(b, template, c, 3);
		return true;
	}
	if (ann_has_shape(a)) {
		if (!coords_ratio_corners(ex, s, a, &w->box))
			return false;
		for (int i = X0; i <= Y1; i++)
			c[i] = (struct json_change){ box_keys[i], w->box.v[i - X0] };
		b = &w->list[BOXES];
		jw_raw(b, SPAN(""));
		json_edit(b, template, c, BOX_KEYS);
		return true;
	}
	jw_raw(b, SPAN(""));
	json_edit(b, template, c, 1);
	return true;
}

/* Is the class a member by itself? As the line had it, else when there is only one. */
static int
class_key(const struct sample *s, struct span template)
{
	size_t classes = 0;

	for (size_t i = 0; i < s->n; i++)
		classes += !ann_has_shape(&s->ann[i]);
	if (json_member(template, keys[CLASSES]).p || classes > 1)
		return CLASSES;
	return CLASS;
}

/* dataItemResourceLabels with the usage in it. */
static struct span
resource_labels(struct exporter *ex, const struct sample *s, struct span template)
{
	struct writer *w = ex->state;
	struct span old = json_member(template, keys[LABELS]);
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);
	const char *word = NULL;

	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		if (span_is(usage, uses[i].usage))
			word = uses[i].word;
	if (usage.n && !word)
		export_loss(ex, s, "sample.usage", 1);
	if (!word)
		return old;
	buf_reset(&w->text);
	buf_reset(&w->labels);
	jw_str(&w->text, word);
	json_edit(&w->labels, json_type_of(old) == JSON_OBJECT ? old : SPAN("{}"),
	    &(struct json_change){ ML_USE, buf_span(&w->text) }, 1);
	return buf_span(&w->labels);
}

/* The changed members: lists that have something, or that the line had. */
static size_t
changes(struct writer *w, const struct sample *s, struct span template, struct json_change *c)
{
	size_t n = 0;

	for (int k = BOXES; k <= SEGMENTS; k++) {
		bool there = json_member(template, keys[k]).p != NULL;
		struct buf list = BUF_INIT;

		if (w->list[k].n == 0 && k != CLASS && there)
			c[n++] = (struct json_change){ keys[k], SPAN("[]") };
		else if (w->list[k].n == 0 && k == BOXES && s->annotated && s->n == 0 &&
			 span_is(template, "{}") && !jsonl_is_text(s))
			c[n++] = (struct json_change){ keys[k], SPAN("[]") };
		if (w->list[k].n == 0)
			continue;
		if (k != CLASS) {
			buf_addf(&list, "[%s]", buf_str(&w->list[k]));
			buf_reset(&w->list[k]);
			buf_addspan(&w->list[k], buf_span(&list));
		}
		c[n++] = (struct json_change){ keys[k], buf_span(&w->list[k]) };
		buf_release(&list);
	}
	return n;
}

/* The change of the member that holds the text or the name of the picture. False: there is no text. */
static bool
source_change(struct exporter *ex, struct sample *s, struct span template, struct json_change *c)
{
	struct writer *w = ex->state;
	int key = json_member(template, keys[TEXT_FILE]).p                    ? TEXT_FILE
		  : jsonl_is_text(s) && !json_member(template, keys[IMAGE]).p ? TEXT
									      : IMAGE;
	struct span old = json_member(template, keys[key]);
	struct span kept = jsonl_string(old, &w->text), now;

	now = key == TEXT ? jsonl_text(ex, s, &w->labels) : jsonl_picture(ex, s, kept);
	if (!now.p)
		return false;
	buf_reset(&w->value);
	if (kept.p && span_eq(now, kept))
		buf_addspan(&w->value, old);
	else
		jw_string(&w->value, now);
	*c = (struct json_change){ keys[key], buf_span(&w->value) };
	return true;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span template = jsonl_template(ex, s), labels;
	struct json_change c[KEYS];
	struct out *out = sink_file_out(w->file);
	int class = class_key(s, template);
	uint64_t written = 0;
	size_t n = 1;

	for (int k = 0; k < KEYS; k++)
		buf_reset(&w->list[k]);
	if (!source_change(ex, s, template, &c[0])) {
		export_left_out(ex, s);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		written += add_annotation(ex, s, &s->ann[i], class);
	n += changes(w, s, template, c + 1);
	labels = resource_labels(ex, s, template);
	if (labels.p)
		c[n++] = (struct json_change){ keys[LABELS], labels };
	json_edit(&out->b, template, c, n);
	buf_addc(&out->b, '\n');
	out_tick(out);
	export_unwritten(ex, s, written);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	jsonl_close(w->file);
	corners_release(&w->box);
	for (int k = 0; k < KEYS; k++)
		buf_release(&w->list[k]);
	buf_release(&w->text);
	buf_release(&w->labels);
	buf_release(&w->value);
}

static const struct label_writer writer = { false, begin, write_sample, finish,
	sizeof(struct writer) };

const struct label_format label_vertex = {
	.name = "vertex",
	.aliases = "vertex-ai",
	.title = "Vertex AI: JSON Lines, parts of width and height",
	.own_digits = true,
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_SPAN) | HOLDS(ANN_NAME) | HOLDS_CLASS | HOLDS_CLASSES |
		 HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_USAGE,
	.single = "jsonl",
	.keeps = "vertex|corners",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
