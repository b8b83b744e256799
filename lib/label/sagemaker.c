/*
 * SageMaker Ground Truth's augmented manifest: JSON Lines, each label in the attribute of a job.
 *
 *	{"source-ref":"s3://b/1.jpg",
 *	 "JOB":{"annotations":[{"class_id":0,"width":4,"top":2,"height":3,"left":1}],"image_size":[{..}]},
 *	 "JOB-metadata":{"class-map":{"0":"cat"},"objects":[{"confidence":0.9}],"type":"groundtruth/..",..}}
 *
 * Jobs have any name: a job is a member that has another one called NAME-metadata beside it, and what
 * it labels is seen from its value: boxes, entities of a text, a class (a number), several classes
 * (a list), a mask (a URI). Boxes are in pixels from the top left corner, far edges outside.
 *
 * Source: Amazon SageMaker AI, "Labeling job output data". Order of members as the service writes them.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "label/coords.h"
#include "label/formats.h"
#include "label/jsonl.h"

enum kind { BOXES, CLASS, CLASSES, ENTITIES, MASK, KINDS, OTHER = KINDS };

#define METADATA "-metadata"

static const char *const line_size[] = { "width", "depth", "height" };
static const char *const box_keys[] = { "class_id", "width", "top", "height", "left" };
static const char *const entity_keys[] = { "label", "startOffset", "endOffset" };

/* A job of a line. */
struct job {
	struct span name; /* raw, without quotes */
	struct span value, metadata;
	enum kind kind;
};

static enum kind
kind_of(struct span value)
{
	struct span annotations;

	switch (json_type_of(value)) {
	case JSON_NUMBER:
		return CLASS;
	case JSON_ARRAY:
		return CLASSES;
	case JSON_STRING:
		return span_ends(value, SPAN(".png\"")) ? MASK : CLASS;
	case JSON_OBJECT:
		annotations = json_member(value, "annotations");
		if (json_type_of(annotations) == JSON_ARRAY)
			return BOXES;
		return json_type_of(annotations) == JSON_OBJECT ? ENTITIES : OTHER;
	default:
		return OTHER;
	}
}

/* The jobs of a line, in order; their number. */
static size_t
find_jobs(struct span line, struct job *job, size_t max)
{
	struct member *m = NULL;
	size_t n = 0, cap = 0, jobs = 0;
	struct json j;

	json_begin(&j, line);
	json_members(&j, &m, &n, &cap);
	for (size_t i = 0; i < n && jobs < max; i++)
		for (size_t k = 0; k < n; k++)
			if (m[k].key.n == m[i].key.n + strlen(METADATA) &&
			    span_starts(m[k].key, m[i].key) &&
			    span_ends(m[k].key, SPAN(METADATA)) &&
			    json_type_of(m[k].value) == JSON_OBJECT) {
				job[jobs++] = (struct job){ m[i].key, m[i].value, m[k].value,
					kind_of(m[i].value) };
				break;
			}
	free(m);
	return jobs;
}

enum { MAX_JOBS = 24 };

/* `object` with one member changed, appended to `b`. */
static void
edit_member(struct buf *b, struct span object, const char *key, struct span value)
{
	json_edit(b, object, &(struct json_change){ key, value }, 1);
}

/* ---- reading ---- */

struct reader {
	struct strmap classes; /* name -> its number in the class map */
	struct buf text, key, name;
};

static void
write_member_number(struct buf *b, const char *key, struct span text)
{
	if (!text.p)
		return;
	jw_key(b, key);
	if (!write_number_text(b, text))
		jw_null(b);
}

/* The class of a number by the job's map, as a JSON string; SPAN_NONE: it is not in there. */
static struct span
class_name(struct reader *r, const struct job *job, struct span id)
{
	struct span map = json_member(job->metadata, "class-map"), number, name;
	uint64_t v;

	buf_reset(&r->key);
	number = json_type_of(id) == JSON_STRING ? json_unquote(id) : id;
	buf_addspan(&r->key, number);
	name = json_member(map, buf_str(&r->key));
	if (json_type_of(name) != JSON_STRING)
		return SPAN_NONE;
	if (num_parse_u64(number, &v))
		strmap_put(&r->classes, json_value_text(name, &r->name), v, NULL);
	return name;
}

/* What ties an annotation to its job, where there are several, and to how it was written. */
static void
end_annotation(struct buf *b, const struct job *job, bool several, struct span raw, bool plain)
{
	if (several) {
		jw_key(b, "job");
		jw_raw_string(b, job->name);
	}
	if (!plain) {
		jw_key(b, "sagemaker");
		jw_compact(b, raw);
	}
	jw_close(b, '}');
}

/* The numbers of a member, also when they are strings. */
static struct span
number_member(struct span object, const char *key)
{
	struct span raw = json_member(object, key);

	return json_type_of(raw) == JSON_STRING ? json_unquote(raw) : raw;
}

static bool
give_box(struct jsonl *j, struct buf *b, const struct job *job, struct span raw, struct span object,
    bool several)
{
	static const char *const order[] = { "left", "top", "width", "height" };
	struct span c[4], id = json_member(raw, "class_id"), name;
	double v;

	for (size_t i = 0; i < 4; i++) {
		c[i] = number_member(raw, order[i]);
		if (!c[i].p || !num_parse(c[i], &v))
			return jsonl_bad_annotation(
			    j, raw, "a box needs the numbers left, top, width and height");
	}
	name = class_name(j->state, job, id);
	if (!name.p)
		return jsonl_bad_annotation(
		    j, raw, "the \"class_id\" of a box should be in the job's \"class-map\"");
	jw_open(b, '{');
	jw_member_raw(b, "name", name);
	jw_key(b, "bbox");
	jw_open(b, '[');
	for (size_t i = 0; i < 4; i++)
		write_number_text(b, c[i]);
	jw_close(b, ']');
	write_member_number(b, "confidence", number_member(object, "confidence"));
	end_annotation(b, job, several, raw, jsonl_is_plain(raw, box_keys, 5));
	return true;
}

static bool
give_entity(struct jsonl *j, struct buf *b, const struct job *job, struct span raw,
    struct span object, bool several)
{
	struct span name = json_member(raw, "label"), from = number_member(raw, "startOffset"),
		    to = number_member(raw, "endOffset");
	uint64_t v;

	if (json_type_of(name) != JSON_STRING || !num_parse_u64(from, &v) || !num_parse_u64(to, &v))
		return jsonl_bad_annotation(
		    j, raw, "an entity needs label, startOffset and endOffset");
	jw_open(b, '{');
	jw_member_raw(b, "name", name);
	jw_key(b, "span");
	jw_open(b, '[');
	write_number_text(b, from);
	write_number_text(b, to);
	jw_close(b, ']');
	jw_member_str(b, "unit", "codepoint");
	write_member_number(b, "confidence", number_member(object, "confidence"));
	end_annotation(b, job, several, raw, jsonl_is_plain(raw, entity_keys, 3));
	return true;
}

/* Boxes or entities, each with its object of the metadata. */
static uint64_t
give_list(struct jsonl *j, struct buf *b, const struct job *job, bool several)
{
	bool boxes = job->kind == BOXES;
	struct span list = json_member(job->value, "annotations"), raw, object;
	struct span objects = json_member(job->metadata, boxes ? "objects" : "entities");
	struct json items, meta;
	uint64_t n = 0;
	bool more;

	if (!boxes)
		list = json_member(list, "entities");
	import_type(
	    j->im, jsonl_pos(j, objects), boxes ? "objects" : "entities", objects, JSON_ARRAY);
	json_begin(&items, list.p ? list : SPAN("[]"));
	json_begin(&meta, json_type_of(objects) == JSON_ARRAY ? objects : SPAN("[]"));
	json_array(&items);
	more = json_array(&meta);
	while (json_item(&items) && json_value(&items, &raw)) {
		object = SPAN_NONE;
		more = more && json_item(&meta) && json_value(&meta, &object);
		import_type(j->im, jsonl_pos(j, object), boxes ? "objects" : "entities", object,
		    JSON_OBJECT);
		if (json_type_of(object) != JSON_OBJECT)
			object = SPAN("{}");
		import_type(j->im, jsonl_pos(j, object), "confidence",
		    json_member(object, "confidence"), JSON_NUMBER);
		if (json_type_of(raw) != JSON_OBJECT)
			jsonl_bad_annotation(j, raw, "an annotation should be an object");
		else
			n += boxes ? give_box(j, b, job, raw, object, several)
				   : give_entity(j, b, job, raw, object, several);
	}
	return n;
}

static void
give_class_of(
    struct buf *b, const struct job *job, struct span name, struct span confidence, bool several)
{
	jw_open(b, '{');
	jw_member_raw(b, "name", name);
	write_member_number(b, "confidence", confidence);
	end_annotation(b, job, several, SPAN("{}"), true);
}

/* The class of the whole sample: its name is in the metadata. */
static uint64_t
give_class(struct jsonl *j, struct buf *b, const struct job *job, bool several)
{
	struct reader *r = j->state;
	struct span name = json_member(job->metadata, "class-name");
	uint64_t v;

	if (json_type_of(name) != JSON_STRING)
		name = class_name(r, job, job->value);
	if (!name.p)
		return jsonl_bad_annotation(
		    j, job->value, "a class needs its \"class-name\" in the metadata");
	if (num_parse_u64(job->value, &v))
		strmap_put(&r->classes, json_value_text(name, &r->name), v, NULL);
	give_class_of(b, job, name, number_member(job->metadata, "confidence"), several);
	return 1;
}

static uint64_t
give_classes(struct jsonl *j, struct buf *b, const struct job *job, bool several)
{
	struct reader *r = j->state;
	struct span confidence = json_member(job->metadata, "confidence-map"), raw, name;
	struct json items;
	uint64_t n = 0;

	json_begin(&items, job->value);
	json_array(&items);
	while (json_item(&items) && json_value(&items, &raw)) {
		name = class_name(r, job, raw);
		if (name.p)
			give_class_of(
			    b, job, name, number_member(confidence, buf_str(&r->key)), several);
		else
			jsonl_bad_annotation(
			    j, raw, "a class should be in the job's \"class-map\"");
		n += name.p != NULL;
	}
	return n;
}

/* A mask: one annotation for each colour that is not the background. */
static uint64_t
give_mask(struct jsonl *j, struct buf *b, const struct job *job, bool several)
{
	struct span map = json_member(job->metadata, "internal-color-map"), key, raw, name;
	struct json items;
	uint64_t n = 0, v;

	json_begin(&items, json_type_of(map) == JSON_OBJECT ? map : SPAN("{}"));
	json_object(&items);
	while (json_key(&items, &key) && json_value(&items, &raw)) {
		name = json_member(raw, "class-name");
		if (json_type_of(name) != JSON_STRING || !num_parse_u64(key, &v)) {
			jsonl_bad_annotation(
			    j, raw, "a colour needs a number and a \"class-name\"");
			continue;
		}
		if (span_is(json_unquote(name), "BACKGROUND"))
			continue;
		jw_open(b, '{');
		jw_member_raw(b, "name", name);
		jw_key(b, "mask");
		jw_open(b, '{');
		jw_member_raw(b, "source", job->value);
		jw_member_u64(b, "value", v);
		jw_close(b, '}');
		write_member_number(b, "confidence", number_member(raw, "confidence"));
		end_annotation(b, job, several, SPAN("{}"), true);
		n++;
	}
	return n;
}

static uint64_t
give_job(struct jsonl *j, struct buf *b, const struct job *job, bool several)
{
	switch (job->kind) {
	case BOXES:
	case ENTITIES:
		return give_list(j, b, job, several);
	case CLASS:
		return give_class(j, b, job, several);
	case CLASSES:
		return give_classes(j, b, job, several);
	case MASK:
		return give_mask(j, b, job, several);
	default:
		return 0;
	}
}

/* The line without its boxes and entities. */
static void
write_template(struct buf *b, struct span line, const struct job *job, size_t n)
{
	struct buf value = BUF_INIT, metadata = BUF_INIT, names = BUF_INIT, whole = BUF_INIT;
	struct buf next = BUF_INIT;

	buf_addspan(&whole, line);
	for (size_t i = 0; i < n; i++) {
		bool boxes = job[i].kind == BOXES;
		struct json_change c[2];

		if (!boxes && job[i].kind != ENTITIES)
			continue;
		buf_reset(&value);
		buf_reset(&metadata);
		buf_reset(&names);
		buf_reset(&next);
		if (boxes) {
			edit_member(&value, job[i].value, "annotations", SPAN("[]"));
		} else {
			edit_member(&next, json_member(job[i].value, "annotations"), "entities",
			    SPAN("[]"));
			edit_member(&value, job[i].value, "annotations", buf_span(&next));
			buf_reset(&next);
		}
		edit_member(&metadata, job[i].metadata, boxes ? "objects" : "entities", SPAN("[]"));
		json_decode(&names, job[i].name);
		c[0] = (struct json_change){ buf_str(&names), buf_span(&value) };
		edit_member(&next, buf_span(&whole), c[0].key, c[0].value);
		buf_adds(&names, METADATA);
		buf_reset(&whole);
		edit_member(&whole, buf_span(&next), buf_str(&names), buf_span(&metadata));
	}
	jw_key(b, "sagemaker");
	jw_raw(b, buf_span(&whole)); /* blanks and all: it was one line */
	buf_release(&value);
	buf_release(&metadata);
	buf_release(&names);
	buf_release(&whole);
	buf_release(&next);
}

/* Width and height that a job with boxes gives. */
static void
write_size(struct buf *b, const struct job *job, size_t n, const struct picsize *size)
{
	for (size_t i = 0; i < n; i++) {
		struct span list = json_member(job[i].value, "image_size"), first = SPAN_NONE;
		struct span width, height;
		double v;
		struct json j;

		if (job[i].kind != BOXES || json_type_of(list) != JSON_ARRAY)
			continue;
		json_begin(&j, list);
		json_array(&j);
		if (!json_item(&j) || !json_value(&j, &first) || json_type_of(first) != JSON_OBJECT)
			continue;
		width = number_member(first, line_size[0]);
		height = number_member(first, line_size[2]);
		if (!num_parse(width, &v) || v <= 0 || !num_parse(height, &v) || v <= 0)
			continue;
		write_member_number(b, "width", width);
		write_member_number(b, "height", height);
		return;
	}
	if (size->width > 0) {
		jw_member_u64(b, "width", size->width);
		jw_member_u64(b, "height", size->height);
	}
}

/* Begin the record: a picture or a text. False: it has neither. */
static bool
begin_sample(struct jsonl *j, struct buf *b, struct span line, const struct job *job, size_t n)
{
	struct reader *r = j->state;
	struct span name = jsonl_string(json_member(line, "source-ref"), &r->text);
	struct picsize size = { 0 };

	if (name.n) {
		import_begin_sample(
		    b, pictures_source(&j->pictures, j->dir, name, &size), SPAN_NONE, 0, 0);
		jsonl_write_id(j, b);
		write_size(b, job, n, &size);
		return true;
	}
	name = jsonl_string(json_member(line, "source"), &r->text);
	if (!name.p)
		return jsonl_bad(j, line, "a line needs \"source-ref\" or \"source\", a string");
	jsonl_begin_text(b, name);
	jsonl_write_id(j, b);
	return true;
}

static bool
give_line(struct jsonl *j, struct span line)
{
	struct buf *b = import_record(j->im);
	struct job job[MAX_JOBS];
	size_t jobs = find_jobs(line, job, MAX_JOBS), labelled = 0;
	uint64_t n = 0;

	if (!begin_sample(j, b, line, job, jobs))
		return false;
	for (size_t i = 0; i < jobs; i++)
		labelled +=
		    job[i].kind != OTHER && !json_member(job[i].metadata, "failure-reason").p;
	if (labelled) {
		jw_key(b, "annotation");
		jw_open(b, '[');
		for (size_t i = 0; i < jobs; i++)
			n += give_job(j, b, &job[i], jobs > 1);
		jw_close(b, ']');
	}
	write_template(b, line, job, jobs);
	jw_close(b, '}');
	import_sample(j->im, buf_span(b), n);
	return true;
}

static bool
looks_like(struct span head)
{
	return span_starts(span_trim(head), SPAN("{")) &&
	       (find_has(head, "\"source-ref\"") ||
		   (find_has(head, METADATA "\"") && find_has(head, "\"groundtruth/")));
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct strmap_entry *)a)->value;
	uint64_t y = ((const struct strmap_entry *)b)->value;

	return (x > y) - (x < y);
}

/* The classes come behind the samples: they are scattered over the lines. */
static void
write_classes(struct importer *im, struct strmap *classes)
{
	struct buf *b;

	if (classes->n == 0)
		return;
	qsort(classes->e, classes->n, sizeof(*classes->e), by_number);
	b = import_header(im);
	jw_key(b, "classes");
	jw_open(b, '[');
	for (size_t i = 0; i < classes->n; i++) {
		jw_open(b, '{');
		jw_member_string(b, "name", classes->e[i].key);
		if (i == 0 || classes->e[i].value != classes->e[i - 1].value)
			jw_member_u64(b, "id", classes->e[i].value);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	import_header_end(im);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .classes = STRMAP_INIT };

	import_header(im);
	import_header_end(im);
	jsonl_read(im, "manifest|json|jsonl", looks_like, give_line, &r);
	write_classes(im, &r.classes);
	strmap_release(&r.classes);
	buf_release(&r.text);
	buf_release(&r.key);
	buf_release(&r.name);
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "manifest|json|jsonl", looks_like, 90,
	    "lines with \"source-ref\" or \"groundtruth/", why);
}

/* ---- writing ---- */

/* The jobs of records that were not made by a job. */
static const struct {
	const char *name, *type;
} own_job[KINDS] = {
	[BOXES] = { "bounding-box", "object-detection" },
	[CLASS] = { "category", "image-classification" },
	[CLASSES] = { "categories", "image-classification-multilabel" },
	[ENTITIES] = { "entities", "text-span" },
	[MASK] = { "mask-ref", "semantic-segmentation" },
};

struct writer {
	struct sink_file *file;
	struct corners box;
	struct buf text, list, objects, map, value, metadata, line, next, name;
};

static void
begin(struct exporter *ex)
{
	ex->state = xcalloc(1, sizeof(struct writer));
}

static struct out *
writer_out(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (!w->file)
		w->file = jsonl_open(ex, "manifest");
	return sink_file_out(w->file);
}

static enum kind
kind_of_annotation(const struct annotation *a)
{
	if (a->v[ANN_MASK].p)
		return MASK;
	if (a->v[ANN_SPAN].p)
		return ENTITIES;
	if (ann_has_shape(a))
		return BOXES;
	return a->v[ANN_NAME].p ? CLASS : OTHER;
}

static bool
fits(enum kind job, enum kind a)
{
	return job == a || (job == CLASSES && a == CLASS);
}

/* The index of the job that the annotation belongs to; -1: none takes it. */
static int
job_of(const struct annotation *a, const struct job *job, size_t n)
{
	struct span wanted = json_unquote(ann_member(a, "job"));
	enum kind kind = kind_of_annotation(a);

	for (size_t i = 0; wanted.p && i < n; i++)
		if (span_eq(job[i].name, wanted) && fits(job[i].kind, kind))
			return (int)i;
	for (size_t i = 0; i < n; i++)
		if (fits(job[i].kind, kind))
			return (int)i;
	return -1;
}

/* The number of a class in w->name: the key of the map that says its name, else a new one in it. */
static void
class_number(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span map = buf_span(&w->map), key, value;
	struct buf changed = BUF_INIT;
	struct json j;
	long id;

	buf_reset(&w->name);
	json_begin(&j, map);
	json_object(&j);
	while (w->name.n == 0 && json_key(&j, &key) && json_value(&j, &value))
		if (span_eq(value, a->v[ANN_NAME]))
			buf_addspan(&w->name, key);
	if (w->name.n > 0)
		return;
	id = export_class(ex, s, a);
	for (id = id < 0 ? 0 : id;; id++) {
		buf_reset(&w->name);
		num_add_u64(&w->name, (uint64_t)id);
		if (!json_member(map, buf_str(&w->name)).p)
			break;
	}
	edit_member(&changed, map, buf_str(&w->name), a->v[ANN_NAME]);
	buf_reset(&w->map);
	buf_addspan(&w->map, buf_span(&changed));
	buf_release(&changed);
}

/* {"confidence":0.9}, or {} without one */
static void
add_confidence(struct buf *b, const struct annotation *a)
{
	jw_open(b, '{');
	if (a->v[ANN_CONFIDENCE].p)
		jw_member_raw(b, "confidence", a->v[ANN_CONFIDENCE]);
	jw_close(b, '}');
}

static bool
add_box(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span template = jsonl_ann_template(ex, a);
	struct json_change c[5];

	if (!a->v[ANN_NAME].p) {
		export_loss(ex, s, "annotation.without-class", 1);
		return false;
	}
	if (!coords_box(ex, s, a, &w->box))
		return false;
	class_number(ex, s, a);
	c[0] = (struct json_change){ box_keys[0], buf_span(&w->name) };
	c[1] = (struct json_change){ box_keys[1], w->box.v[2] };
	c[2] = (struct json_change){ box_keys[2], w->box.v[1] };
	c[3] = (struct json_change){ box_keys[3], w->box.v[3] };
	c[4] = (struct json_change){ box_keys[4], w->box.v[0] };
	jw_raw(&w->list, SPAN(""));
	json_edit(&w->list, template, c, 5);
	add_confidence(&w->objects, a);
	return true;
}

static bool
add_entity(struct exporter *ex, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span v[2], template = jsonl_ann_template(ex, a);
	struct json_change c[3] = { { entity_keys[0], a->v[ANN_NAME] } };

	if (!a->v[ANN_NAME].p || number_texts(a->v[ANN_SPAN], v, 2) != 2)
		return false;
	c[1] = (struct json_change){ entity_keys[1], v[0] };
	c[2] = (struct json_change){ entity_keys[2], v[1] };
	jw_raw(&w->list, SPAN(""));
	json_edit(&w->list, template, c, 3);
	add_confidence(&w->objects, a);
	return true;
}

/* A colour of the mask's map. */
static bool
add_mask(struct exporter *ex, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span value = json_member(a->v[ANN_MASK], "value"), old;
	struct span source = json_member(a->v[ANN_MASK], "source");
	struct json_change c[2] = { { "class-name", a->v[ANN_NAME] },
		{ "confidence", a->v[ANN_CONFIDENCE] } };
	struct buf entry = BUF_INIT, map = BUF_INIT, key = BUF_INIT;

	if (!value.p || !source.p || !a->v[ANN_NAME].p ||
	    (w->list.n > 0 && !span_eq(buf_span(&w->list), source)))
		return false; /* a line has one mask */
	buf_reset(&w->list);
	buf_addspan(&w->list, source);
	buf_addspan(&key, value);
	old = json_member(buf_span(&w->map), buf_str(&key));
	json_edit(
	    &entry, json_type_of(old) == JSON_OBJECT ? old : SPAN("{}"), c, c[1].value.p ? 2 : 1);
	edit_member(&map, buf_span(&w->map), buf_str(&key), buf_span(&entry));
	buf_reset(&w->map);
	buf_addspan(&w->map, buf_span(&map));
	buf_release(&entry);
	buf_release(&map);
	buf_release(&key);
	return true;
}

/* A class of the sample: a number in the list. Of a job with one class only the first fits. */
static bool
add_class(struct exporter *ex, const struct sample *s, const struct annotation *a, enum kind kind)
{
	struct writer *w = ex->state;

	if (kind == CLASS && w->list.n > 0)
		return false;
	class_number(ex, s, a);
	jw_raw(&w->list, buf_span(&w->name));
	if (kind == CLASSES && a->v[ANN_CONFIDENCE].p) {
		jw_key_span(&w->objects, buf_span(&w->name));
		jw_raw(&w->objects, a->v[ANN_CONFIDENCE]);
	}
	return true;
}

static bool
add_annotation(
    struct exporter *ex, const struct sample *s, const struct annotation *a, enum kind kind)
{
	switch (kind) {
	case BOXES:
		return add_box(ex, s, a);
	case ENTITIES:
		return add_entity(ex, a);
	case MASK:
		return add_mask(ex, a);
	default:
		return add_class(ex, s, a, kind);
	}
}

/* "[...]" or "{...}" around a list. */
static void
bracket(struct buf *b, char open)
{
	struct buf whole = BUF_INIT;

	jw_open(&whole, open);
	buf_addspan(&whole, buf_span(b));
	jw_close(&whole, open == '[' ? ']' : '}');
	buf_reset(b);
	buf_addspan(b, buf_span(&whole));
	buf_release(&whole);
}

/* The value with its list of boxes, and the size of the picture when it says none. */
static void
box_value(struct exporter *ex, struct sample *s, const struct job *job)
{
	struct writer *w = ex->state;
	struct json_change c[2] = { { "annotations", buf_span(&w->list) },
		{ "image_size", { 0 } } };
	struct span old = json_type_of(job->value) == JSON_OBJECT ? job->value : SPAN("{}");
	bool size = !json_member(old, "image_size").p && export_size(ex, s);

	if (size) {
		buf_reset(&w->text);
		buf_adds(&w->text, "[{\"width\":");
		num_add(&w->text, s->width);
		buf_adds(&w->text, ",\"depth\":3,\"height\":");
		num_add(&w->text, s->height);
		buf_adds(&w->text, "}]");
		c[1].value = buf_span(&w->text);
	}
	json_edit(&w->value, old, c, size ? 2 : 1);
}

static void
entity_value(struct writer *w, const struct job *job)
{
	struct span old = json_type_of(job->value) == JSON_OBJECT ? job->value : SPAN("{}");
	struct span inner = json_member(old, "annotations");

	buf_reset(&w->text);
	edit_member(&w->text, json_type_of(inner) == JSON_OBJECT ? inner : SPAN("{}"), "entities",
	    buf_span(&w->list));
	edit_member(&w->value, old, "annotations", buf_span(&w->text));
}

/* What of the metadata follows from the annotations. */
static void
job_metadata(struct writer *w, const struct job *job, const struct annotation *class)
{
	struct json_change c[2] = { { "class-map", buf_span(&w->map) },
		{ "objects", buf_span(&w->objects) } };
	size_t n = 2;

	if (job->kind == ENTITIES) {
		c[0] = (struct json_change){ "entities", buf_span(&w->objects) };
		n = 1;
	} else if (job->kind == MASK) {
		c[0].key = "internal-color-map";
		n = 1;
	} else if (job->kind == CLASSES) {
		c[1].key = "confidence-map";
		n = w->objects.n > 2 || json_member(job->metadata, "confidence-map").p ? 2 : 1;
	} else if (job->kind == CLASS) {
		c[0] = (struct json_change){ "class-name", class ? class->v[ANN_NAME] : SPAN_NONE };
		c[1] = (struct json_change){ "confidence",
			class ? class->v[ANN_CONFIDENCE] : SPAN_NONE };
	}
	json_edit(&w->metadata, job->metadata, c, n);
}

/* The map of a job: its own, or an empty one. */
static void
take_map(struct writer *w, const struct job *job)
{
	struct span map =
	    json_member(job->metadata, job->kind == MASK ? "internal-color-map" : "class-map");

	buf_reset(&w->map);
	if (job->kind == CLASS && json_type_of(job->value) == JSON_NUMBER)
		buf_addf(&w->map, "{\"%.*s\":%.*s}", SPAN_ARG(job->value),
		    SPAN_ARG(json_member(job->metadata, "class-name")));
	else
		buf_addspan(&w->map, json_type_of(map) == JSON_OBJECT ? map : SPAN("{}"));
}

/* Put the annotations of job i into the line. Returns their number. */
static uint64_t
write_job(struct exporter *ex, struct sample *s, const struct job *job, size_t i, size_t jobs)
{
	struct writer *w = ex->state;
	const struct annotation *class = NULL;
	uint64_t n = 0;

	buf_reset(&w->list);
	buf_reset(&w->objects);
	buf_reset(&w->value);
	buf_reset(&w->metadata);
	take_map(w, &job[i]);
	for (size_t k = 0; k < s->n; k++)
		if (job_of(&s->ann[k], job, jobs) == (int)i &&
		    add_annotation(ex, s, &s->ann[k], job[i].kind)) {
			n++;
			class = &s->ann[k];
		}
	if (n == 0 && (job[i].kind == CLASS || job[i].kind == MASK))
		return 0;
	if (job[i].kind == BOXES || job[i].kind == ENTITIES || job[i].kind == CLASSES)
		bracket(&w->list, '[');
	bracket(&w->objects, job[i].kind == CLASSES ? '{' : '[');
	if (job[i].kind == BOXES)
		box_value(ex, s, &job[i]);
	else if (job[i].kind == ENTITIES)
		entity_value(w, &job[i]);
	else
		buf_addspan(&w->value, buf_span(&w->list));
	job_metadata(w, &job[i], class);
	return n;
}

/* Put value and metadata of the job into w->line. */
static void
put_job(struct writer *w, const struct job *job)
{
	struct json_change c[2];
	struct buf name = BUF_INIT, metadata = BUF_INIT;

	if (w->value.n == 0)
		return;
	json_decode(&name, job->name);
	buf_addspan(&metadata, buf_span(&name));
	buf_adds(&metadata, METADATA);
	c[0] = (struct json_change){ buf_str(&name), buf_span(&w->value) };
	c[1] = (struct json_change){ buf_str(&metadata), buf_span(&w->metadata) };
	buf_reset(&w->next);
	json_edit(&w->next, buf_span(&w->line), c, 2);
	buf_reset(&w->line);
	buf_addspan(&w->line, buf_span(&w->next));
	buf_release(&name);
	buf_release(&metadata);
}

/* A job of our own for annotations of this kind; `text` has to outlive it. */
static struct job
new_job(const struct sample *s, enum kind kind, struct buf *text)
{
	const char *type = own_job[kind].type;

	if (jsonl_is_text(s) && kind == CLASS)
		type = "text-classification";
	if (jsonl_is_text(s) && kind == CLASSES)
		type = "text-classification-multilabel";
	buf_reset(text);
	buf_addf(text, "{\"job-name\":\"labeling-job/%s\",", own_job[kind].name);
	if (kind == BOXES || kind == CLASSES)
		buf_adds(text, "\"class-map\":{},");
	buf_adds(text, "\"human-annotated\":\"yes\",");
	if (kind == BOXES || kind == ENTITIES)
		buf_addf(text, "\"%s\":[],", kind == BOXES ? "objects" : "entities");
	buf_addf(text,
	    "\"creation-date\":\"1970-01-01T00:00:00.000000\",\"type\":\"groundtruth/%s\"}", type);
	return (struct job){ span_str(own_job[kind].name), SPAN_NONE, buf_span(text), kind };
}

/* Jobs for what the template's do not take. */
static size_t
add_jobs(const struct sample *s, struct job *job, size_t n, struct buf text[KINDS])
{
	size_t classes = 0;

	for (size_t i = 0; i < s->n; i++)
		classes += kind_of_annotation(&s->ann[i]) == CLASS;
	for (size_t i = 0; i < s->n && n < MAX_JOBS + KINDS; i++) {
		enum kind kind = kind_of_annotation(&s->ann[i]);

		if (kind == CLASS && classes > 1)
			kind = CLASSES;
		if (kind != OTHER && job_of(&s->ann[i], job, n) < 0)
			job[n++] = new_job(s, kind, &text[kind]);
	}
	if (s->annotated && n == 0 && !jsonl_is_text(s))
		job[n++] = new_job(s, BOXES, &text[BOXES]);
	return n;
}

/* w->line: the template with its source. */
static bool
begin_line(struct exporter *ex, const struct sample *s, struct span template)
{
	struct writer *w = ex->state;
	bool text = jsonl_is_text(s);
	const char *key = text ? "source" : "source-ref";
	struct span kept = jsonl_string(json_member(template, key), &w->text), source;
	struct buf quoted = BUF_INIT;

	source = text ? jsonl_text(ex, s, &w->text) : jsonl_picture(ex, s, kept);
	buf_reset(&w->line);
	if (!source.p)
		return false;
	jw_string(&quoted, source);
	if (span_eq(source, kept))
		buf_addspan(&w->line, template);
	else
		edit_member(&w->line, template, key, buf_span(&quoted));
	buf_release(&quoted);
	return true;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span template = jsonl_template(ex, s);
	struct job job[MAX_JOBS + KINDS];
	struct buf text[KINDS] = { BUF_INIT };
	struct out *out;
	uint64_t written = 0;
	size_t n;

	if (!begin_line(ex, s, template)) {
		export_left_out(ex, s);
		return;
	}
	n = find_jobs(template, job, MAX_JOBS);
	n = add_jobs(s, job, n, text);
	for (size_t i = 0; i < n; i++)
		if (job[i].kind != OTHER) {
			written += write_job(ex, s, job, i, n);
			put_job(w, &job[i]);
		}
	out = writer_out(ex);
	buf_addspan(&out->b, buf_span(&w->line));
	buf_addc(&out->b, '\n');
	out_tick(out);
	export_unwritten(ex, s, written);
	for (size_t i = 0; i < KINDS; i++)
		buf_release(&text[i]);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;
	struct buf *bufs[] = { &w->text, &w->list, &w->objects, &w->map, &w->value, &w->metadata,
		&w->line, &w->next, &w->name };

	writer_out(ex);
	jsonl_close(w->file);
	corners_release(&w->box);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	free(w);
	ex->state = NULL;
}

static const struct label_writer writer = { true, begin, write_sample, finish };

const struct label_format label_sagemaker = {
	.name = "sagemaker",
	.aliases = "groundtruth|ground-truth|augmented-manifest",
	.title = "SageMaker augmented manifest: JSON Lines, an attribute a job",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_MASK) | HOLDS(ANN_SPAN) | HOLDS(ANN_NAME) |
		 HOLDS(ANN_CONFIDENCE) | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_UNLABELLED |
		 HOLDS_NEGATIVE | HOLDS_SIZE,
	.single = "manifest",
	.keeps = "sagemaker|job",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
