/* Reading the manifests of SageMaker: see sagemaker.c. */
#include "label/sagemaker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "archive/source.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/jsonl.h"
#include "label/mask.h"

static const char *const line_size[] = { "width", "depth", "height" };

struct reader {
	struct strmap classes; /* name -> its number in the class map */
	struct source_reader *sources;
	struct buf text, key, name, picture, mask, png;
	uint64_t away; /* masks that are not here */
	char *first_away;
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
	end_annotation(b, job, several, raw, jsonl_is_plain(raw, sagemaker_box_key, 5));
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
	end_annotation(b, job, several, raw, jsonl_is_plain(raw, sagemaker_entity_key, 3));
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

/* "#2ca02c" */
static bool
read_hex(struct span raw, uint8_t rgb[3])
{
	struct span text = json_unquote(raw);
	unsigned v = 0;

	if (json_type_of(raw) != JSON_STRING || text.n != 7 || text.p[0] != '#')
		return false;
	for (size_t i = 1; i < 7; i++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, text.p[i] | 32);

		if (!at)
			return false;
		v = v << 4 | (unsigned)(at - digits);
	}
	for (int i = 0; i < 3; i++)
		rgb[i] = (uint8_t)(v >> (16 - 8 * i));
	return true;
}

/*
 * What the record says of the mask, in r->mask, and its bytes in r->png; these are empty when it is not here,
 * which is counted.
 */
static void
find_mask(struct jsonl *j, const struct job *job)
{
	struct reader *r = j->state;
	struct span name = jsonl_string(job->value, &r->name);
	struct span source = pictures_source(&j->pictures, j->dir, name, NULL), a, m;

	if (span_eq(source, buf_span(&r->picture)))
		source = name; /* that has the same name and is the picture */
	buf_reset(&r->mask);
	buf_addspan(&r->mask, source);
	buf_reset(&r->png);
	if (source_is_member(buf_str(&r->mask), &a, &m))
		return; /* an archive is read forward only */
	if (!r->sources)
		r->sources = source_reader_new(0);
	if (!path_is_uri(source) && source_read(r->sources, buf_str(&r->mask), &r->png) == 0)
		return;
	buf_reset(&r->png);
	if (r->away++ == 0)
		r->first_away = xstrdup(buf_str(&r->mask));
}

/* The pixels of a class: those of its number, or, where that is how the PNG says it, of its colour. */
static void
write_mask(struct buf *b, const struct reader *r, uint64_t value, struct span entry)
{
	uint8_t rgb[3];

	jw_key(b, "mask");
	jw_open(b, '{');
	jw_member_string(b, "source", buf_span(&r->mask));
	jw_member_u64(b, "value", value);
	if (read_hex(json_member(entry, "hex-color"), rgb) && value <= UINT32_MAX &&
	    mask_is_by_colour(buf_span(&r->png), (uint32_t)value, rgb)) {
		jw_key(b, "color");
		jw_open(b, '[');
		for (int i = 0; i < 3; i++)
			jw_u64(b, rgb[i]);
		jw_close(b, ']');
	}
	jw_member_str(b, "kind", "class");
	jw_close(b, '}');
}

static bool
is_background(struct span name)
{
	static const char word[] = "background";

	return name.n == strlen(word) && strncasecmp(name.p, word, name.n) == 0;
}

/* A mask: one annotation for each colour that is not the background. */
static uint64_t
give_mask(struct jsonl *j, struct buf *b, const struct job *job, bool several)
{
	struct span map = json_member(job->metadata, "internal-color-map"), key, raw, name;
	struct reader *r = j->state;
	struct json items;
	uint64_t n = 0, v;

	find_mask(j, job);
	json_begin(&items, json_type_of(map) == JSON_OBJECT ? map : SPAN("{}"));
	json_object(&items);
	while (json_key(&items, &key) && json_value(&items, &raw)) {
		name = json_member(raw, "class-name");
		if (json_type_of(name) != JSON_STRING || !num_parse_u64(key, &v)) {
			jsonl_bad_annotation(
			    j, raw, "a colour needs a number and a \"class-name\"");
			continue;
		}
		if (is_background(json_unquote(name)))
			continue;
		strmap_put(&r->classes, json_value_text(name, &r->name), v, NULL);
		jw_open(b, '{');
		jw_member_raw(b, "name", name);
		write_mask(b, r, v, raw);
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
			sagemaker_edit(&value, job[i].value, "annotations", SPAN("[]"));
		} else {
			sagemaker_edit(&next, json_member(job[i].value, "annotations"), "entities",
			    SPAN("[]"));
			sagemaker_edit(&value, job[i].value, "annotations", buf_span(&next));
			buf_reset(&next);
		}
		if (json_member(job[i].metadata, boxes ? "objects" : "entities").p)
			sagemaker_edit(
			    &metadata, job[i].metadata, boxes ? "objects" : "entities", SPAN("[]"));
		else
			buf_addspan(&metadata, job[i].metadata);
		json_decode(&names, job[i].name);
		c[0] = (struct json_change){ buf_str(&names), buf_span(&value) };
		sagemaker_edit(&next, buf_span(&whole), c[0].key, c[0].value);
		buf_reset(&names);
		json_decode(&names, job[i].metadata_name);
		buf_reset(&whole);
		sagemaker_edit(&whole, buf_span(&next), buf_str(&names), buf_span(&metadata));
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
		buf_reset(&r->picture);
		buf_addspan(&r->picture, pictures_source(&j->pictures, j->dir, name, &size));
		import_begin_sample(b, buf_span(&r->picture), SPAN_NONE, 0, 0);
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
	size_t jobs = sagemaker_find_jobs(line, job, MAX_JOBS), labelled = 0;
	uint64_t n = 0;
	size_t begin;

	if (!begin_sample(j, b, line, job, jobs))
		return false;
	begin = b->n;
	jw_key(b, "annotation");
	jw_open(b, '[');
	for (size_t i = 0; i < jobs; i++) {
		labelled +=
		    job[i].kind != OTHER && !json_member(job[i].metadata, "failure-reason").p;
		n += give_job(j, b, &job[i], jobs > 1);
	}
	jw_close(b, ']');
	if (labelled + n == 0) /* all jobs failed, or there are none: nobody looked */
		buf_cut(b, begin);
	write_template(b, line, job, jobs);
	jw_close(b, '}');
	import_sample(j->im, j->at, buf_span(b), n);
	return true;
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
say_away(const struct importer *im, const struct reader *r)
{
	if (r->away > 0)
		note_at(pos_file(im->tree->name), "mask",
		    "%llu %s not here, first '%s'; the records refer to %s",
		    COUNTED(r->away, "mask is", "masks are"), r->first_away,
		    r->away == 1 ? "it" : "them");
}

void
sagemaker_read(struct importer *im)
{
	struct reader r = { .classes = STRMAP_INIT };
	struct buf *bufs[] = { &r.text, &r.key, &r.name, &r.picture, &r.mask, &r.png };

	import_header(im);
	import_header_end(im);
	jsonl_read(im, "manifest|json|jsonl", sagemaker_looks_like, give_line, &r);
	write_classes(im, &r.classes);
	say_away(im, &r);
	strmap_release(&r.classes);
	source_reader_free(r.sources);
	free(r.first_away);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}
