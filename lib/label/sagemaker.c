/*
 * Amazon SageMaker Ground Truth: the augmented manifest, JSON Lines.
 *
 *	{"source-ref":"s3://b/1.jpg","LABEL":{...},"LABEL-metadata":{"type":"groundtruth/...",...}}
 *
 * Source: SageMaker developer guide, "Output Data" and "Augmented manifest file". Read and written are
 * object detection (integer pixels from 0: left, top, width, height) and classes of images and
 * texts, one or several. LABEL is of the user's choice. It, the metadata and the depth are kept in the
 * sample's member "sagemaker"; further pairs of labels and everything else ride along as they are.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/num.h"
#include "base/path.h"
#include "label/export.h"
#include "label/find.h"
#include "label/import.h"

#define CONTENT "content://"

/* ---- reading ---- */

static bool
is_ours(struct span head)
{
	return find_has(head, "\"source-ref\"") || find_has(head, "\"groundtruth/");
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, t->single ? "manifest|jsonl|json|txt|" : "manifest|jsonl", is_ours, 90,
	    "a manifest of SageMaker", why);
}

struct reading {
	struct importer *im;
	struct strmap ids;   /* class id as text -> index of its name */
	struct strmap names; /* in the order they were met */
	struct member *m;    /* of the line */
	size_t n, cap;
	struct buf text, list, source, key;
	uint64_t annotations;
};

enum task { TASK_NONE, TASK_BOXES, TASK_CLASS, TASK_CLASSES };

static enum task
task_of(struct span metadata)
{
	struct span type = json_type_of(metadata) == JSON_OBJECT
			       ? json_unquote(json_member(metadata, "type"))
			       : SPAN_NONE;

	if (span_is(type, "groundtruth/object-detection"))
		return TASK_BOXES;
	if (span_is(type, "groundtruth/image-classification") ||
	    span_is(type, "groundtruth/text-classification"))
		return TASK_CLASS;
	if (span_ends(type, SPAN("-classification-multilabel")))
		return TASK_CLASSES;
	return TASK_NONE;
}

static struct span
line_member(const struct reading *r, struct span key)
{
	for (size_t i = 0; i < r->n; i++)
		if (span_eq(r->m[i].key, key))
			return r->m[i].value;
	return SPAN_NONE;
}

/* The first key that has a "KEY-metadata" of a task that we know. */
static enum task
find_label(struct reading *r, struct span *label, struct span *metadata)
{
	static const struct span tail = { "-metadata", 9 };

	for (size_t i = 0; i < r->n; i++) {
		enum task task;

		if (!span_ends(r->m[i].key, tail))
			continue;
		*label = (struct span){ r->m[i].key.p, r->m[i].key.n - tail.n };
		*metadata = r->m[i].value;
		task = task_of(*metadata);
		if (task != TASK_NONE && line_member(r, *label).p)
			return task;
	}
	*label = *metadata = SPAN_NONE;
	return TASK_NONE;
}

/* The name of class `id` (its text); one that the line's map does not have is called class_ID. */
static struct span
class_name(struct reading *r, struct span metadata, struct span id, struct pos at)
{
	struct span map = json_member(metadata, "class-map"), name = SPAN_NONE;
	struct strmap_entry *e;
	uint64_t index;

	buf_reset(&r->key);
	buf_addspan(&r->key, id);
	if (json_type_of(map) == JSON_OBJECT)
		name = json_value_text(json_member(map, buf_str(&r->key)), &r->text);
	if (!name.p)
		name = json_value_text(json_member(metadata, "class-name"), &r->text);
	if (!name.p) {
		warning_at(at, "sagemaker", "class %.*s is not in the class-map", SPAN_ARG(id));
		buf_reset(&r->text);
		buf_addf(&r->text, "class_%.*s", SPAN_ARG(id));
		name = buf_span(&r->text);
	}
	index = strmap_put(&r->names, name, r->names.n, NULL)->value;
	e = strmap_put(&r->ids, id, index, NULL);
	if (e->value != index)
		warning_at(at, "class-clash", "class %.*s was called '%s' before", SPAN_ARG(id),
		    r->names.e[e->value].key.p);
	return name;
}

/* Confidence number i of "objects":[{"confidence":..}]. */
static struct span
confidence_of(struct span metadata, size_t i)
{
	struct span raw, list = json_member(metadata, "objects");
	struct json j;

	if (json_type_of(list) != JSON_ARRAY)
		return SPAN_NONE;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		if (i-- == 0)
			return json_type_of(raw) == JSON_OBJECT ? json_member(raw, "confidence")
								: SPAN_NONE;
	return SPAN_NONE;
}

static void
add_box(struct reading *r, struct span box, struct span metadata, size_t i, struct pos at)
{
	static const char *const side[4] = { "left", "top", "width", "height" };
	struct span id =
	    json_type_of(box) == JSON_OBJECT ? json_member(box, "class_id") : SPAN_NONE;
	struct span confidence = confidence_of(metadata, i), v[4];

	for (int k = 0; k < 4; k++) {
		v[k] = id.p ? json_member(box, side[k]) : SPAN_NONE;
		if (json_type_of(v[k]) == JSON_NUMBER)
			continue;
		error_at(at, "sagemaker",
		    "a box needs the numbers class_id, left, top, width and height");
		r->im->bad_annotations++;
		return;
	}
	jw_open(&r->list, '{');
	jw_member_string(&r->list, "name", class_name(r, metadata, id, at));
	jw_key(&r->list, "bbox");
	jw_open(&r->list, '[');
	for (int k = 0; k < 4; k++)
		jw_raw(&r->list, v[k]);
	jw_close(&r->list, ']');
	if (json_type_of(confidence) == JSON_NUMBER)
		jw_member_raw(&r->list, "confidence", confidence);
	jw_close(&r->list, '}');
	r->annotations++;
}

static void
add_class(struct reading *r, struct span id, struct span metadata, struct pos at)
{
	struct span confidence = json_member(metadata, "confidence");
	struct span map = json_member(metadata, "confidence-map");

	jw_open(&r->list, '{');
	jw_member_string(&r->list, "name", class_name(r, metadata, id, at));
	if (json_type_of(map) == JSON_OBJECT)
		confidence = json_member(map, buf_str(&r->key)); /* which class_name() set */
	if (json_type_of(confidence) == JSON_NUMBER)
		jw_member_raw(&r->list, "confidence", confidence);
	jw_close(&r->list, '}');
	r->annotations++;
}

/* The annotations of the label in r->list. */
static void
read_label(
    struct reading *r, enum task task, struct span value, struct span metadata, struct pos at)
{
	struct span raw, list = value;
	size_t i = 0;
	struct json j;

	buf_reset(&r->list);
	buf_addc(&r->list, '[');
	if (task == TASK_BOXES)
		list = json_type_of(value) == JSON_OBJECT ? json_member(value, "annotations")
							  : SPAN_NONE;
	if (task == TASK_CLASS && json_type_of(value) == JSON_NUMBER) {
		add_class(r, value, metadata, at);
	} else if (json_type_of(list) == JSON_ARRAY) {
		json_begin(&j, list);
		json_array(&j);
		for (; json_item(&j) && json_value(&j, &raw); i++)
			if (task == TASK_BOXES)
				add_box(r, raw, metadata, i, at);
			else
				add_class(r, raw, metadata, at);
	} else {
		error_at(at, "sagemaker", "the label does not have the form of its type");
		r->im->bad_annotations++;
	}
	buf_addc(&r->list, ']');
}

/* The first entry of image_size. */
static struct span
size_member(struct span value, const char *key)
{
	struct span list =
	    json_type_of(value) == JSON_OBJECT ? json_member(value, "image_size") : SPAN_NONE;
	struct span first;
	struct json j;

	if (json_type_of(list) != JSON_ARRAY)
		return SPAN_NONE;
	json_begin(&j, list);
	json_array(&j);
	if (!json_item(&j) || !json_value(&j, &first) || json_type_of(first) != JSON_OBJECT)
		return SPAN_NONE;
	first = json_member(first, key);
	return json_type_of(first) == JSON_NUMBER ? first : SPAN_NONE;
}

/* "source": a reference, or the text itself. False: the line has neither. */
static bool
read_source(struct reading *r)
{
	struct span ref = json_value_text(line_member(r, SPAN("source-ref")), &r->text);
	struct span text = SPAN_NONE;

	buf_reset(&r->source);
	if (ref.p && !path_is_uri(ref) && !(ref.n && ref.p[0] == '/')) {
		tree_source_at(r->im->tree, ref, &r->source);
	} else if (ref.p) {
		buf_addspan(&r->source, ref);
	} else {
		text = json_value_text(line_member(r, SPAN("source")), &r->text);
		buf_adds(&r->source, CONTENT);
		buf_addspan(&r->source, text);
	}
	return ref.p || text.p;
}

static void
give(struct reading *r, enum task task, struct span label, struct span metadata)
{
	struct span value = label.p ? line_member(r, label) : SPAN_NONE;
	struct span depth = size_member(value, "depth"), w = size_member(value, "width"),
		    h = size_member(value, "height");
	struct buf *b = import_record(r->im);

	jw_open(b, '{');
	jw_member_string(b, "source", buf_span(&r->source));
	if (w.p && h.p) {
		jw_member_raw(b, "width", w);
		jw_member_raw(b, "height", h);
	}
	for (size_t i = 0; i < r->n; i++) {
		struct span key = r->m[i].key;

		if (span_is(key, "source-ref") || span_is(key, "source") || span_eq(key, label) ||
		    (label.p && key.n == label.n + 9 && span_starts(key, label)))
			continue;
		jw_key_raw(b, key);
		jw_raw(b, r->m[i].value);
	}
	if (task != TASK_NONE) {
		jw_key(b, "sagemaker");
		jw_open(b, '{');
		jw_key(b, "label");
		jw_raw_string(b, label);
		if (depth.p)
			jw_member_raw(b, "depth", depth);
		jw_member_raw(b, "metadata", metadata);
		jw_close(b, '}');
		jw_member_raw(b, "annotation", buf_span(&r->list));
	}
	jw_close(b, '}');
	import_sample(r->im, buf_span(b), task != TASK_NONE ? r->annotations : 0);
}

static void
read_line(struct reading *r, struct span line, struct pos at)
{
	struct span label, metadata;
	struct member m;
	enum task task;
	struct json j;

	json_begin_at(&j, line, at.line, 1);
	r->n = 0;
	r->annotations = 0;
	if (json_object(&j))
		while (json_key(&j, &m.key) && json_value(&j, &m.value)) {
			r->m = grow(r->m, &r->cap, r->n + 1, sizeof(*r->m));
			r->m[r->n++] = m;
		}
	if (!json_end(&j)) {
		if (!j.error)
			json_fail(&j, "text after the object");
		json_error(&j, at.file);
		r->im->bad_samples++;
		return;
	}
	if (!read_source(r)) {
		error_at(at, "sagemaker", "a line needs \"source-ref\" or \"source\"");
		r->im->bad_samples++;
		return;
	}
	task = find_label(r, &label, &metadata);
	if (task != TASK_NONE)
		read_label(r, task, line_member(r, label), metadata, at);
	give(r, task, label, metadata);
}

static int
by_number(const void *a, const void *b)
{
	struct span x = ((const struct strmap_entry *)a)->key;
	struct span y = ((const struct strmap_entry *)b)->key;

	if (x.n != y.n)
		return x.n < y.n ? -1 : 1;
	return span_cmp(x, y);
}

/* The classes are known at the end: a second header has them, by their numbers. */
static void
class_header(struct reading *r)
{
	struct buf *b = import_header(r->im);

	jw_key(b, "classes");
	jw_open(b, '[');
	if (r->ids.n > 1)
		qsort(r->ids.e, r->ids.n, sizeof(*r->ids.e), by_number);
	for (size_t i = 0; i < r->ids.n; i++) {
		const struct strmap_entry *e = &r->ids.e[i];

		jw_open(b, '{');
		jw_member_string(b, "name", r->names.e[e->value].key);
		jw_member_raw(b, "id", e->key);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	import_header_end(r->im);
}

static void
read_tree(struct importer *im)
{
	struct reading r = { .im = im };
	struct input in;
	struct span line;

	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++) {
		const struct node *n = &im->tree->node[i];

		if (!im->tree->single && !path_has_ext(span_str(n->path), "manifest|jsonl"))
			continue;
		if (!tree_input(im->tree, n, &in))
			continue;
		im->files++;
		while (input_line(&in, &line))
			if (span_trim(line).n > 0)
				read_line(&r, line, input_pos(&in, 0));
		input_close(&in);
	}
	class_header(&r);
	strmap_release(&r.ids);
	strmap_release(&r.names);
	buf_release(&r.text);
	buf_release(&r.list);
	buf_release(&r.source);
	buf_release(&r.key);
	free(r.m);
}

/* ---- writing ---- */

struct writing {
	struct sink_file *file;
	struct buf text, key, map, objects, label, source;
	struct strmap used; /* class numbers of the line */
};

/* The number of a class: its id in the list when that is a number, else its place. */
static void
class_id(struct exporter *ex, long class, struct buf *out)
{
	const char *id = ex->dataset.classes[class].id;
	uint64_t v;

	if (id && num_parse_u64(span_str(id), &v))
		num_add_u64(out, v);
	else
		num_add_u64(out, (uint64_t) class);
}

/* Note the class for the line's class-map. */
static void
map_class(struct exporter *ex, struct writing *w, long class)
{
	bool is_new;

	buf_reset(&w->key);
	class_id(ex, class, &w->key);
	strmap_put(&w->used, buf_span(&w->key), 0, &is_new);
	if (is_new)
		jw_member_str(&w->map, buf_str(&w->key), ex->dataset.classes[class].name);
}

static void
add_confidence(struct buf *b, const struct annotation *a)
{
	jw_open(b, '{');
	if (json_type_of(a->v[ANN_CONFIDENCE]) == JSON_NUMBER)
		jw_member_raw(b, "confidence", a->v[ANN_CONFIDENCE]);
	jw_close(b, '}');
}

static bool
write_box(struct exporter *ex, struct writing *w, struct sample *s, const struct annotation *a)
{
	static const char *const side[4] = { "left", "top", "width", "height" };
	struct span v[4];
	struct box box;
	long class;
	bool own = !ann_is_ratio(a) && number_texts(a->v[ANN_BBOX], v, 4) == 4;

	if (!own && !export_box(ex, s, a, &box))
		return false;
	class = export_class(ex, s, a);
	if (class < 0)
		return false;
	map_class(ex, w, class);
	jw_open(&w->label, '{');
	jw_member_raw(&w->label, "class_id", buf_span(&w->key));
	for (int i = 0; i < 4; i++) {
		const double n[4] = { box.x, box.y, box.w, box.h };

		jw_key(&w->label, side[i]);
		if (own)
			jw_raw(&w->label, v[i]);
		else
			jw_number(&w->label, n[i]);
	}
	jw_close(&w->label, '}');
	add_confidence(&w->objects, a);
	return true;
}

/* The value of the label for boxes, in w->label. Returns how many are in it. */
static uint64_t
write_boxes(struct exporter *ex, struct writing *w, struct sample *s, struct span depth)
{
	uint64_t n = 0;

	export_size(ex, s);
	buf_adds(&w->label, "{\"annotations\":[");
	for (size_t i = 0; i < s->n; i++)
		n += write_box(ex, w, s, &s->ann[i]);
	jw_close(&w->label, ']');
	jw_key(&w->label, "image_size");
	jw_open(&w->label, '[');
	if (s->width > 0 && s->height > 0) {
		jw_open(&w->label, '{');
		jw_key(&w->label, "width");
		jw_number(&w->label, s->width);
		jw_key(&w->label, "height");
		jw_number(&w->label, s->height);
		jw_member_raw(&w->label, "depth", depth.p ? depth : SPAN("3"));
		jw_close(&w->label, '}');
	}
	buf_adds(&w->label, "]}");
	return n;
}

/* The value for classes: a number, or a list of them. */
static uint64_t
write_classes(struct exporter *ex, struct writing *w, struct sample *s, bool several)
{
	uint64_t n = 0;

	if (several)
		buf_addc(&w->label, '[');
	for (size_t i = 0; i < s->n && (several || n == 0); i++) {
		long class = ann_has_shape(&s->ann[i]) ? -1 : export_class(ex, s, &s->ann[i]);

		if (class < 0)
			continue;
		map_class(ex, w, class);
		jw_raw(&w->label, buf_span(&w->key));
		n++;
	}
	if (several)
		buf_addc(&w->label, ']');
	return n;
}

/* The metadata: what it was, with the parts that follow from the annotations made new. */
static void
write_metadata(
    struct writing *w, const struct sample *s, enum task task, struct span old, struct buf *out)
{
	static const char *const type[] = { "", "\"groundtruth/object-detection\"",
		"\"groundtruth/image-classification\"",
		"\"groundtruth/image-classification-multilabel\"" };
	bool was = task_of(old) == task;
	struct json_change c[7];
	struct buf name = BUF_INIT;
	size_t n = 0;

	if (task == TASK_BOXES)
		c[n++] = (struct json_change){ "objects", buf_span(&w->objects) };
	if (task == TASK_CLASS) {
		jw_string(&name, ann_string(&s->ann[0], ANN_NAME, &w->text));
		c[n++] = (struct json_change){ "class-name", buf_span(&name) };
		if (s->ann[0].v[ANN_CONFIDENCE].p)
			c[n++] = (struct json_change){ "confidence", s->ann[0].v[ANN_CONFIDENCE] };
	} else {
		c[n++] = (struct json_change){ "class-map", buf_span(&w->map) };
	}
	if (!was) {
		c[n++] = (struct json_change){ "type", span_str(type[task]) };
		c[n++] = (struct json_change){ "human-annotated", SPAN("\"yes\"") };
		c[n++] =
		    (struct json_change){ "creation-date", SPAN("\"1970-01-01T00:00:00.000000\"") };
		c[n++] = (struct json_change){ "job-name", SPAN("\"labeling-job/dsutils\"") };
	}
	json_edit(out, was ? old : SPAN("{}"), c, n);
	buf_release(&name);
}

static enum task
task_for(const struct sample *s, struct span old)
{
	enum task was = task_of(old);
	size_t classes = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (ann_has_shape(&s->ann[i]))
			return TASK_BOXES;
		classes += s->ann[i].v[ANN_NAME].p != NULL;
	}
	if (classes == 0)
		return was == TASK_CLASSES ? was : TASK_BOXES;
	return classes > 1 || was == TASK_CLASSES ? TASK_CLASSES : TASK_CLASS;
}

static struct out *
manifest_out(struct exporter *ex, struct writing *w)
{
	if (!w->file)
		w->file = sink_file_new(ex->sink, "output.manifest");
	if (!w->file)
		die("cannot write output.manifest:");
	return sink_file_out(w->file);
}

static void
write_source(struct exporter *ex, struct writing *w, const struct sample *s, struct buf *b)
{
	struct span source = rec_string(s->rec, REC_SOURCE, &w->source);

	if (span_starts(source, SPAN(CONTENT))) {
		jw_member_string(
		    b, "source", span_of(source.p + strlen(CONTENT), source.p + source.n));
	} else if (ex->opt->images == IMAGES_NONE || path_is_uri(source)) {
		jw_member_string(b, "source-ref", source);
	} else {
		struct span name = export_picture(ex, s, "images", export_stem(ex, s, ""));

		buf_reset(&w->text);
		buf_adds(&w->text, "images/");
		buf_addspan(&w->text, name);
		jw_member_string(b, "source-ref", buf_span(&w->text));
	}
}

/* LABEL and LABEL-metadata. */
static void
write_label(struct exporter *ex, struct writing *w, struct sample *s, struct buf *b)
{
	struct span kept = rec_member(s->rec, "sagemaker");
	bool have = json_type_of(kept) == JSON_OBJECT;
	struct span old = have ? json_member(kept, "metadata") : SPAN_NONE;
	struct span label = have ? json_unquote(json_member(kept, "label")) : SPAN_NONE;
	enum task task = task_for(s, old);
	uint64_t n;

	buf_reset(&w->label);
	buf_reset(&w->map);
	buf_reset(&w->objects);
	strmap_release(&w->used);
	buf_addc(&w->map, '{');
	buf_addc(&w->objects, '[');
	if (task == TASK_BOXES)
		n = write_boxes(ex, w, s, have ? json_member(kept, "depth") : SPAN_NONE);
	else
		n = write_classes(ex, w, s, task == TASK_CLASSES);
	export_unwritten(ex, s, n);
	buf_addc(&w->map, '}');
	buf_addc(&w->objects, ']');
	jw_key_raw(b, label.p ? label : SPAN("label"));
	jw_raw(b, buf_span(&w->label));
	buf_reset(&w->key);
	buf_addspan(&w->key, label.p ? label : SPAN("label"));
	buf_adds(&w->key, "-metadata");
	jw_key_raw(b, buf_span(&w->key));
	write_metadata(w, s, task, old, b);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writing *w = ex->state;
	struct out *out = manifest_out(ex, w);
	struct buf *b = &out->b;

	jw_open(b, '{');
	write_source(ex, w, s, b);
	for (size_t i = 0; i < s->rec->n; i++) {
		struct span key = s->rec->m[i].key;
		bool known = span_is(key, "sagemaker");

		for (int f = 0; f < REC_FIELDS; f++)
			known = known || span_is(key, rec_field_name[f]);
		if (known)
			continue;
		jw_key_raw(b, key);
		jw_raw(b, s->rec->m[i].value);
	}
	if (s->annotated)
		write_label(ex, w, s, b);
	jw_close(b, '}');
	buf_addc(b, '\n');
	out_tick(out);
}

static void
begin(struct exporter *ex)
{
	ex->state = xcalloc(1, sizeof(struct writing));
}

static void
finish(struct exporter *ex)
{
	struct writing *w = ex->state;

	manifest_out(ex, w);
	if (sink_file_close(w->file) != 0)
		die("cannot write output.manifest:");
	buf_release(&w->text);
	buf_release(&w->key);
	buf_release(&w->map);
	buf_release(&w->objects);
	buf_release(&w->label);
	buf_release(&w->source);
	strmap_release(&w->used);
	free(w);
}

static const struct label_writer writer = { true, begin, write_sample, finish };

const struct label_format label_sagemaker = {
	.name = "sagemaker",
	.aliases = "groundtruth",
	.title = "SageMaker Ground Truth: augmented manifest of boxes or classes",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS(ANN_CONFIDENCE) | HOLDS_CLASS |
		 HOLDS_CLASSES | HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_SIZE | HOLDS_SAMPLE_MORE,
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
