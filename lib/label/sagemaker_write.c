/* Writing the manifests of SageMaker: see sagemaker.c. */
#include "label/sagemaker.h"

#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "label/coords.h"
#include "label/jsonl.h"

#define OWN(name) name, name SAGEMAKER_METADATA

/* The jobs of records that were not made by a job. */
static const struct {
	const char *name, *metadata, *type;
} own_job[KINDS] = {
	[BOXES] = { OWN("bounding-box"), "object-detection" },
	[CLASS] = { OWN("category"), "image-classification" },
	[CLASSES] = { OWN("categories"), "image-classification-multilabel" },
	[ENTITIES] = { OWN("entities"), "text-span" },
	[MASK] = { OWN("mask-ref"), "semantic-segmentation" },
};

struct writer {
	struct sink_file *file;
	bool paints;   /* masks, of this sample */
	size_t *which; /* annotations of a mask */
	size_t which_cap;
	struct corners box;
	struct buf text, list, objects, map, value, metadata, line, next, name;
};

static struct out *
writer_out(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (!w->file)
		w->file = jsonl_open(ex, "manifest");
	return sink_file_out(w->file);
}

static bool
has_pixels(const struct annotation *a)
{
	return json_type_of(a->v[ANN_RLE]) == JSON_OBJECT ||
	       json_type_of(a->v[ANN_MASK]) == JSON_OBJECT;
}

/*
 * Are masks painted of this sample? Not where a file has no place beside it, and not, unless somebody wishes it,
 * where some objects have outlines only: the mask would say that these are not there.
 */
static bool
paints(const struct exporter *ex, const struct sample *s)
{
	bool outlines = false;

	for (size_t i = 0; i < s->n; i++)
		outlines |=
		    json_type_of(s->ann[i].v[ANN_POLYGON]) == JSON_ARRAY && !has_pixels(&s->ann[i]);
	return !sink_is_one(ex->sink) && (ex->opt->mask_to != MASK_TO_AS_HELD || !outlines);
}

/* Pixels that are not painted are boxes. */
static void
lose_pixels(struct exporter *ex, struct sample *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!has_pixels(&s->ann[i]) || mask_is_of_class(&s->ann[i]))
			continue;
		export_loss(
		    ex, s, s->ann[i].v[ANN_RLE].p ? "annotation.rle" : "annotation.mask", 1);
		reshape_mask(ex, s, i);
	}
}

static enum kind
kind_of_annotation(const struct writer *w, const struct annotation *a)
{
	if (mask_is_of_class(a) || (w->paints && has_pixels(a)))
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
job_of(const struct writer *w, const struct annotation *a, const struct job *job, size_t n)
{
	struct span wanted = json_unquote(ann_member(a, "job"));
	enum kind kind = kind_of_annotation(w, a);

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
	sagemaker_edit(&changed, map, buf_str(&w->name), a->v[ANN_NAME]);
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
	c[0] = (struct json_change){ sagemaker_box_key[0], buf_span(&w->name) };
	c[1] = (struct json_change){ sagemaker_box_key[1], w->box.v[2] };
	c[2] = (struct json_change){ sagemaker_box_key[2], w->box.v[1] };
	c[3] = (struct json_change){ sagemaker_box_key[3], w->box.v[3] };
	c[4] = (struct json_change){ sagemaker_box_key[4], w->box.v[0] };
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
	struct json_change c[3] = { { sagemaker_entity_key[0], a->v[ANN_NAME] } };

	if (!a->v[ANN_NAME].p || number_texts(a->v[ANN_SPAN], v, 2) != 2)
		return false;
	c[1] = (struct json_change){ sagemaker_entity_key[1], v[0] };
	c[2] = (struct json_change){ sagemaker_entity_key[2], v[1] };
	jw_raw(&w->list, SPAN(""));
	json_edit(&w->list, template, c, 3);
	add_confidence(&w->objects, a);
	return true;
}

/* A colour of the map of a mask that stays. */
static void
add_mask(struct writer *w, const struct annotation *a)
{
	struct span value = json_member(a->v[ANN_MASK], "value"), old;
	struct json_change c[2] = { { "class-name", a->v[ANN_NAME] },
		{ "confidence", a->v[ANN_CONFIDENCE] } };
	struct buf entry = BUF_INIT, map = BUF_INIT, key = BUF_INIT;

	buf_addspan(&key, value);
	old = json_member(buf_span(&w->map), buf_str(&key));
	json_edit(
	    &entry, json_type_of(old) == JSON_OBJECT ? old : SPAN("{}"), c, c[1].value.p ? 2 : 1);
	sagemaker_edit(&map, buf_span(&w->map), buf_str(&key), buf_span(&entry));
	buf_reset(&w->map);
	buf_addspan(&w->map, buf_span(&map));
	buf_release(&entry);
	buf_release(&map);
	buf_release(&key);
}

/* Are they classes of one PNG, so that it can stay as it is? Its source, as text. */
static bool
is_one_mask(struct writer *w, const struct sample *s, size_t n)
{
	struct span first = SPAN_NONE, mask, source;
	uint64_t v;

	for (size_t i = 0; i < n; i++) {
		mask = s->ann[w->which[i]].v[ANN_MASK];
		source = json_member(mask, "source");
		if (!mask_is_of_class(&s->ann[w->which[i]]) || !s->ann[w->which[i]].v[ANN_NAME].p ||
		    json_type_of(source) != JSON_STRING ||
		    !num_parse_u64(json_member(mask, "value"), &v) ||
		    (first.p && !span_eq(first, source)))
			return false;
		first = source;
	}
	buf_reset(&w->text);
	if (n > 0)
		json_decode(&w->text, json_unquote(first));
	return n > 0;
}

/* The mask of job i in w->value, its classes in w->map. Returns how many annotations are on it. */
static uint64_t
write_mask_job(struct exporter *ex, struct sample *s, const struct job *job, size_t i, size_t jobs)
{
	struct writer *w = ex->state;
	struct buf kept = BUF_INIT;
	uint64_t n = 0;

	for (size_t k = 0; k < s->n; k++)
		if (job_of(w, &s->ann[k], job, jobs) == (int)i) {
			w->which = grow(w->which, &w->which_cap, n + 1, sizeof(*w->which));
			w->which[n++] = k;
		}
	if (is_one_mask(w, s, n)) {
		if (!sagemaker_copy_mask(
			ex, s, jsonl_string(job[i].value, &kept), buf_span(&w->text), &w->value))
			n = 0;
		for (size_t k = 0; k < n; k++)
			add_mask(w, &s->ann[w->which[k]]);
	} else if (n > 0 && !sink_is_one(ex->sink)) {
		buf_reset(&w->map);
		n = sagemaker_paint_mask(ex, s, w->which, n, &w->value, &w->map);
	} else if (n > 0) {
		export_loss(ex, s, "annotation.mask", n);
		n = 0;
	}
	buf_release(&kept);
	return n;
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
	sagemaker_edit(&w->text, json_type_of(inner) == JSON_OBJECT ? inner : SPAN("{}"),
	    "entities", buf_span(&w->list));
	sagemaker_edit(&w->value, old, "annotations", buf_span(&w->text));
}

/* Does the metadata have that list, or does it say anything? */
static bool
keeps_list(const struct writer *w, const struct job *job, const char *key)
{
	return json_member(job->metadata, key).p || find_has(buf_span(&w->objects), ":");
}

/* What of the metadata follows from the annotations. */
static void
job_metadata(struct writer *w, const struct job *job, const struct annotation *class)
{
	struct json_change c[2] = { { "class-map", buf_span(&w->map) },
		{ "objects", buf_span(&w->objects) } };
	size_t n = 2;

	if (job->kind == BOXES) {
		n = keeps_list(w, job, "objects") ? 2 : 1;
	} else if (job->kind == ENTITIES) {
		c[0] = (struct json_change){ "entities", buf_span(&w->objects) };
		n = keeps_list(w, job, "entities");
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
	if (job[i].kind == MASK) {
		n = write_mask_job(ex, s, job, i, jobs);
		if (n > 0)
			job_metadata(w, &job[i], NULL);
		return n;
	}
	for (size_t k = 0; k < s->n; k++)
		if (job_of(w, &s->ann[k], job, jobs) == (int)i &&
		    add_annotation(ex, s, &s->ann[k], job[i].kind)) {
			n++;
			class = &s->ann[k];
		}
	if (n == 0 && job[i].kind == CLASS)
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
	json_decode(&metadata, job->metadata_name);
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
	return (struct job){ span_str(own_job[kind].name), span_str(own_job[kind].metadata),
		SPAN_NONE, buf_span(text), kind };
}

/* Jobs for what the template's do not take. */
static size_t
add_jobs(const struct writer *w, const struct sample *s, struct job *job, size_t n,
    struct buf text[KINDS])
{
	size_t classes = 0;

	for (size_t i = 0; i < s->n; i++)
		classes += kind_of_annotation(w, &s->ann[i]) == CLASS;
	for (size_t i = 0; i < s->n && n < MAX_JOBS + KINDS; i++) {
		enum kind kind = kind_of_annotation(w, &s->ann[i]);

		if (kind == CLASS && classes > 1)
			kind = CLASSES;
		if (kind != OTHER && job_of(w, &s->ann[i], job, n) < 0)
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
		sagemaker_edit(&w->line, template, key, buf_span(&quoted));
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
	w->paints = paints(ex, s);
	if (!w->paints)
		lose_pixels(ex, s);
	n = sagemaker_find_jobs(template, job, MAX_JOBS);
	n = add_jobs(w, s, job, n, text);
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
	free(w->which);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}

const struct label_writer sagemaker_writer = { true, NULL, write_sample, finish,
	sizeof(struct writer) };
