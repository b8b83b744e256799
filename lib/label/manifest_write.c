/* Writing ModelArts manifests: see manifest.h. */
#include <math.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/diag.h"
#include "base/names.h"
#include "base/num.h"
#include "base/path.h"
#include "label/export.h"
#include "label/manifest.h"
#include "label/manifest_feature.h"
#include "label/spans.h"
#include "label/modelarts_masks.h"
#include "label/voc_xml.h"

struct manifest_writer {
	char *folder;
	struct name_set names;
	struct voc_rules rules;
	struct sample sample; /* of manifest_line() */
	struct buf list, property, text, loc, value;
	struct feature feature;
	struct offsets offsets; /* of span_in_characters() */
	struct span gap;        /* between the annotation and the one before it */
	bool changed;           /* the list differs from the record's */
};

struct manifest_writer *
manifest_writer_new(const char *folder)
{
	struct manifest_writer *w = xcalloc(1, sizeof(*w));

	w->folder = xstrdup(folder);
	w->rules = (struct voc_rules){ .modelarts = true, .fill = true, .decimals = 6 };
	return w;
}

void
manifest_writer_free(struct manifest_writer *w)
{
	if (!w)
		return;
	free(w->folder);
	names_release(&w->names);
	sample_release(&w->sample);
	buf_release(&w->list);
	buf_release(&w->property);
	buf_release(&w->text);
	buf_release(&w->loc);
	buf_release(&w->value);
	feature_release(&w->feature);
	offsets_release(&w->offsets);
	free(w);
}

static bool
has_geometry(const struct annotation *a)
{
	for (int f = 0; f < ANN_SPAN; f++)
		if (a->v[f].p)
			return true;
	return false;
}

/* Was its shape in the line, and can be there again? */
static bool
in_line(const struct annotation *a)
{
	return has_geometry(a) && feature_kept(a).p && feature_fits(a);
}

/* Does it belong into a VOC file? */
static bool
in_file(const struct annotation *a)
{
	return has_geometry(a) && !in_line(a);
}

bool
manifest_needs_file(const struct record *r)
{
	struct annotation a = { .m = NULL };
	struct ann_iter it;
	bool found = false;

	ann_begin(&it, r);
	while (!found && ann_next(&it, &a))
		found = in_file(&a);
	ann_release(&a);
	return found;
}

/* The next annotation follows. */
static void
separate(struct manifest_writer *w)
{
	if (w->list.n > 1)
		buf_addspan(&w->list, w->gap);
}

/* ---- annotations of the line itself ---- */

/* A span of another unit in characters, as two number texts in w->value. False: its text is not here. */
static bool
span_in_characters(struct manifest_writer *w, const struct sample *s, const struct annotation *a,
    struct span span[2])
{
	struct span text = rec_string(s->rec, REC_SOURCE, &w->text);
	size_t v[2], half;

	if (!span_starts(text, SPAN("content://")))
		return false;
	offsets_set(&w->offsets, span_of(text.p + strlen("content://"), text.p + text.n));
	if (!offsets_of(&w->offsets, a, v))
		return false;
	num_add_u64(&w->value, offsets_count(&w->offsets, v[0], UNIT_CODEPOINT));
	half = w->value.n;
	num_add_u64(&w->value, offsets_count(&w->offsets, v[1], UNIT_CODEPOINT));
	span[0] = span_of(w->value.p, w->value.p + half);
	span[1] = span_of(w->value.p + half, w->value.p + w->value.n);
	return true;
}

/* The fields as reserved keys of "property"; the changes to it. */
static size_t
reserved_keys(struct manifest_writer *w, const struct sample *s, const struct annotation *a,
    struct json_change *c)
{
	struct span span[2];
	double time[2];
	size_t n = 0;

	buf_reset(&w->value);
	if (span_unit_of(a->v[ANN_UNIT]) != UNIT_CODEPOINT && span_in_characters(w, s, a, span)) {
		c[n++] = (struct json_change){ "@modelarts:start_index", span[0] };
		c[n++] = (struct json_change){ "@modelarts:end_index", span[1] };
	} else if (number_texts(a->v[ANN_SPAN], span, 2) == 2) {
		c[n++] = (struct json_change){ "@modelarts:start_index", span[0] };
		c[n++] = (struct json_change){ "@modelarts:end_index", span[1] };
	}
	if (a->v[ANN_FROM].p && a->v[ANN_TO].p) {
		c[n++] = (struct json_change){ "@modelarts:from", a->v[ANN_FROM] };
		c[n++] = (struct json_change){ "@modelarts:to", a->v[ANN_TO] };
	}
	if (json_numbers(a->v[ANN_TIME], time, 2) == 2) {
		size_t half;

		buf_addc(&w->value, '"');
		manifest_time_write(&w->value, time[0]);
		buf_adds(&w->value, "\"\"");
		half = w->value.n - 1;
		manifest_time_write(&w->value, time[1]);
		buf_addc(&w->value, '"');
		c[n++] = (struct json_change){ "@modelarts:start_time",
			span_of(w->value.p, w->value.p + half) };
		c[n++] = (struct json_change){ "@modelarts:end_time",
			span_of(w->value.p + half, w->value.p + w->value.n) };
	}
	if (json_type_of(a->v[ANN_SPEAKER]) == JSON_STRING)
		c[n++] = (struct json_change){ "@modelarts:source", a->v[ANN_SPEAKER] };
	if (json_type_of(a->v[ANN_TEXT]) == JSON_STRING)
		c[n++] = (struct json_change){ "@modelarts:content", a->v[ANN_TEXT] };
	return n;
}

static bool
has_type(const struct annotation *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (span_is(a->m[i].key, "type"))
			return true;
	return false;
}

/* (without geometry) Is there something of a shape that was taken away? */
static bool
had_shape(const struct annotation *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (span_is(a->m[i].key, "manifest"))
			return feature_kept(a).p != NULL;
	return false;
}

/* The key of `n` bytes at `at` of the buf becomes "property", which is longer than those that are moved to it. */
static void
rename_to_property(struct buf *b, size_t at, size_t n)
{
	const struct span name = SPAN("property");

	buf_add(b, name.p, name.n - n); /* as much as it will be longer */
	memmove(b->p + at + name.n, b->p + at + n, b->n - at - name.n);
	memcpy(b->p + at, name.p, name.n);
}

/* Members that move to the property, in the order of reserved_keys(); those of a feature. */
static const char *const text_members[] = { "span", "unit", "from", "to", "time", "text",
	"speaker" };
static const char *const feature_members[] = { "bbox", "polygon", "polyline", "line", "point",
	"circle", "dashed", "manifest" };

/* The annotation with its property, which takes the place of the first member that moved there when it is new. */
static void
add_with_property(struct manifest_writer *w, const struct annotation *a, struct json_change *c,
    size_t n, const char *const *moved, size_t nmoved)
{
	struct span property = buf_span(&w->property);
	const struct member *first = NULL;
	size_t start = w->list.n;

	for (size_t i = 0; i < a->n && !first && !a->v[ANN_PROPERTY].p; i++)
		for (size_t k = 0; k < nmoved; k++)
			if (span_is(a->m[i].key, moved[k]))
				first = &a->m[i];
	for (size_t k = 0; k < nmoved; k++)
		c[n++] = (struct json_change){ moved[k],
			first && span_is(first->key, moved[k]) ? property : SPAN_NONE };
	if (!first)
		c[n++] = (struct json_change){ "property", property };
	json_edit_members(&w->list, a->raw, a->m, a->n, c, n);
	if (first)
		rename_to_property(
		    &w->list, start + (size_t)(first->key.p - a->raw.p), first->key.n);
}

/* An annotation that stays in the line: with its type, and reserved keys in its property. */
static void
add_plain(struct manifest_writer *w, const struct sample *s, const struct annotation *a)
{
	struct span property = a->v[ANN_PROPERTY];
	struct json_change keys[9], c[11];
	size_t n = 0, k = reserved_keys(w, s, a, keys);

	if (property.p && json_type_of(property) != JSON_OBJECT)
		k = 0; /* JSON in a string: what it says is in there already */
	separate(w);
	buf_reset(&w->text);
	if (had_shape(a))
		c[n++] = (struct json_change){ "manifest", SPAN_NONE };
	if (k == 0 && n == 0 && has_type(a)) {
		buf_addspan(&w->list, a->raw);
		return;
	}
	w->changed = true;
	if (!has_type(a)) {
		buf_addf(&w->text, "\"%s\"", manifest_type(s, a));
		c[n++] = (struct json_change){ "type", buf_span(&w->text) };
	}
	if (k == 0) {
		json_edit_members(&w->list, a->raw, a->m, a->n, c, n);
		return;
	}
	buf_reset(&w->property);
	json_edit(&w->property, property.p ? property : SPAN("{}"), keys, k);
	add_with_property(w, a, c, n, text_members, ARRAY_LEN(text_members));
}

/* An annotation whose shape goes back to its property. */
static void
add_feature(struct manifest_writer *w, const struct sample *s, const struct annotation *a)
{
	struct json_change c[ARRAY_LEN(feature_members) + 2];
	size_t n = 0;

	w->changed = true;
	separate(w);
	buf_reset(&w->text);
	if (!has_type(a)) {
		buf_addf(&w->text, "\"%s\"", manifest_type(s, a));
		c[n++] = (struct json_change){ "type", buf_span(&w->text) };
	}
	buf_reset(&w->property);
	buf_addspan(&w->property, feature_property(&w->feature, a));
	add_with_property(w, a, c, n, feature_members, ARRAY_LEN(feature_members));
}

/* ---- the annotation that stands for the VOC file ---- */

/* What the line said when it was read, SPAN_NONE: it was none. */
static struct span
template_of(const struct sample *s)
{
	struct span list = rec_member(s->rec, "manifest"), first = SPAN_NONE;
	struct json j;

	if (json_type_of(list) != JSON_ARRAY)
		return SPAN_NONE;
	json_begin(&j, list);
	json_array(&j);
	if (json_item(&j))
		json_value(&j, &first);
	return json_type_of(first) == JSON_OBJECT ? first : SPAN_NONE;
}

/* The first of the file's annotations that has this field says it for all. */
static struct span
said_by_one(const struct sample *s, enum ann_field f)
{
	for (size_t i = 0; i < s->n; i++)
		if (in_file(&s->ann[i]) && s->ann[i].v[f].p)
			return s->ann[i].v[f];
	return SPAN_NONE;
}

static const char *
file_type(const struct sample *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->ann[i].v[ANN_MASK].p || s->ann[i].v[ANN_RLE].p)
			return "\"modelarts/image_segmentation\"";
	return "\"modelarts/object_detection\"";
}

/* w->loc is the name of the file. */
static void
add_file_annotation(struct manifest_writer *w, const struct sample *s)
{
	struct span template = template_of(s);
	struct json_change c[5];
	size_t n = 0;

	w->changed = true;
	buf_reset(&w->text);
	buf_adds(&w->text, "\"./");
	buf_reset(&w->value);
	jw_string(&w->value, buf_span(&w->loc));
	buf_addspan(&w->text, span_of(w->value.p + 1, w->value.p + w->value.n));
	separate(w);
	if (!template.p) {
		c[n++] = (struct json_change){ "type", span_str(file_type(s)) };
		c[n++] = (struct json_change){ "annotated-by", said_by_one(s, ANN_ANNOTATED_BY) };
		c[n++] = (struct json_change){ "creation-time", said_by_one(s, ANN_CREATION_TIME) };
		c[n++] = (struct json_change){ "annotation-format", SPAN("\"PASCAL VOC\"") };
		template = SPAN("{}");
	} else {
		c[n++] = (struct json_change){ "annotation_loc", SPAN_NONE };
	}
	c[n++] = (struct json_change){ "annotation-loc", buf_span(&w->text) };
	json_edit(&w->list, template, c, n);
}

/* ---- the line ---- */

/* "annotation/STEM.xml" in w->loc. */
static void
name_file(struct manifest_writer *w, struct span source)
{
	buf_reset(&w->loc);
	path_join(&w->loc, span_str(w->folder), SPAN(""));
	names_take(&w->names, SPAN(""), path_stem(path_base_span(source)), &w->loc);
	buf_adds(&w->loc, ".xml");
}

/* The list of the line. Returns whether a VOC file belongs to it. */
static bool
add_annotations(struct manifest_writer *w, const struct sample *s, struct span source)
{
	bool file = false;

	w->changed = false;
	buf_reset(&w->list);
	buf_addc(&w->list, '[');
	for (size_t i = 0; i < s->n; i++) {
		w->gap = i ? manifest_gap(s->rec->line, &s->ann[i - 1], &s->ann[i]) : SPAN(",");
		if (!has_geometry(&s->ann[i])) {
			add_plain(w, s, &s->ann[i]);
		} else if (in_line(&s->ann[i])) {
			add_feature(w, s, &s->ann[i]);
		} else if (!file) {
			file = true;
			name_file(w, source);
			add_file_annotation(w, s);
		}
	}
	w->gap = SPAN(",");
	if (s->annotated && s->n == 0 && template_of(s).p) {
		file = true;
		name_file(w, source);
		add_file_annotation(w, s);
	}
	buf_addc(&w->list, ']');
	return file;
}

/* The VOC file: all but the shapes that are in the line. */
static void
write_file(struct manifest_writer *w, const struct sample *s, struct span filename,
    struct buf *side, struct voc_written *written)
{
	struct sample part = *s;
	size_t lines = 0;

	for (size_t i = 0; i < s->n; i++)
		lines += in_line(&s->ann[i]);
	if (lines == 0) {
		voc_xml_write(side, s, &w->rules, SPAN("NA"), filename, written);
		return;
	}
	part.ann = xreallocarray(NULL, s->n + 1, sizeof(*part.ann));
	part.n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (!in_line(&s->ann[i]))
			part.ann[part.n++] = s->ann[i];
	voc_xml_write(side, &part, &w->rules, SPAN("NA"), filename, written);
	free(part.ann);
}

uint64_t
manifest_sample_line(struct manifest_writer *w, const struct sample *s, const char *source,
    struct buf *line, struct buf *side_name, struct buf *side)
{
	struct json_change c[7];
	struct buf text = BUF_INIT, quoted = BUF_INIT;
	struct span from = source ? span_str(source) : rec_string(s->rec, REC_SOURCE, &text);
	struct voc_written written = { 0, 0 };
	uint64_t shapes = 0;
	size_t n = 0;

	if (source) {
		jw_str(&quoted, source);
		c[n++] = (struct json_change){ "source", buf_span(&quoted) };
	}
	if (rec_member(s->rec, "voc").p)
		c[n++] = (struct json_change){ "voc", SPAN_NONE };
	if (rec_member(s->rec, "manifest").p)
		c[n++] = (struct json_change){ "manifest", SPAN_NONE };
	for (size_t i = 0; i < s->n; i++)
		shapes += in_file(&s->ann[i]);
	if (add_annotations(w, s, from.p ? from : SPAN(""))) {
		buf_addspan(side_name, buf_span(&w->loc));
		write_file(w, s, path_base_span(from), side, &written);
		c[n++] = (struct json_change){ "width", SPAN_NONE };
		c[n++] = (struct json_change){ "height", SPAN_NONE };
	}
	if (w->changed)
		c[n++] = (struct json_change){ "annotation", buf_span(&w->list) };
	if (n > 0)
		json_edit_members(line, s->rec->line, s->rec->m, s->rec->n, c, n);
	else
		buf_addspan(line, s->rec->line);
	buf_release(&text);
	buf_release(&quoted);
	return shapes - written.objects;
}

void
manifest_line(
    void *writer, const struct record *r, struct buf *line, struct buf *side_name, struct buf *side)
{
	struct manifest_writer *w = writer;

	sample_take(&w->sample, r);
	manifest_sample_line(w, &w->sample, NULL, line, side_name, side);
}

/* ---- the writer of ds-export ---- */

struct writing {
	struct manifest_writer *writer;
	struct sink_file *manifest;
	struct buf side_name, side, source, mask;
};

static void
begin(struct exporter *ex)
{
	struct writing *w = ex->state;

	w->writer = manifest_writer_new("annotation");
	if (ex->opt->decimals >= 0)
		w->writer->rules.decimals = ex->opt->decimals;
}

/* NAME.manifest: the first header's name, if one came before the first sample. */
static void
open_manifest(struct exporter *ex, struct writing *w)
{
	struct span name = json_value_text(dataset_member(&ex->dataset, "name"), &w->source);
	struct buf path = BUF_INIT;
	struct name_set none = { NULL, 0, 0 };

	names_take(&none, SPAN(""), name.n > 0 ? name : SPAN("dataset"), &path);
	buf_adds(&path, ".manifest");
	w->manifest = sink_file_new(ex->sink, buf_str(&path));
	if (!w->manifest)
		die("cannot write %s:", buf_str(&path));
	names_release(&none);
	buf_release(&path);
}

static struct out *
manifest_out(struct exporter *ex, struct writing *w)
{
	if (!w->manifest)
		open_manifest(ex, w);
	return sink_file_out(w->manifest);
}

/* What the line says of a picture that was brought along; NULL: as the record says. */
static const char *
place_picture(struct exporter *ex, struct writing *w, const struct sample *s)
{
	struct buf text = BUF_INIT;
	struct span source = rec_string(s->rec, REC_SOURCE, &text);
	bool stays = ex->opt->images == IMAGES_NONE || path_is_uri(source);
	struct span name;

	buf_release(&text);
	if (stays)
		return NULL;
	name = export_picture(ex, s, "data", export_stem(ex, s, ""));
	buf_reset(&w->source);
	buf_adds(&w->source, "./data/");
	buf_addspan(&w->source, name);
	return buf_str(&w->source);
}

/* Are the two times whole milliseconds, which is all that the manifest has room for? */
static bool
is_milliseconds(const struct annotation *a)
{
	double time[2];

	if (json_numbers(a->v[ANN_TIME], time, 2) != 2)
		return true;
	for (int i = 0; i < 2; i++)
		if (time[i] < 0 || time[i] >= 360000 ||
		    fabs(time[i] * 1000 - round(time[i] * 1000)) > 1e-6)
			return false;
	return true;
}

/* Spans of another unit that cannot be told in characters: their numbers are written as they are. */
static void
lose_units(struct exporter *ex, struct manifest_writer *w, const struct sample *s)
{
	struct span span[2];

	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		buf_reset(&w->value);
		if (a->v[ANN_SPAN].p && span_unit_of(a->v[ANN_UNIT]) != UNIT_CODEPOINT &&
		    !span_in_characters(w, s, a, span))
			export_loss(ex, s, "annotation.unit", 1);
	}
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writing *w = ex->state;
	struct out *out = manifest_out(ex, w);
	const char *source = place_picture(ex, w, s);
	bool shapes = false;
	uint64_t lost;

	reshape_to_pixels(ex, s);
	for (size_t i = 0; i < s->n; i++)
		if (!is_milliseconds(&s->ann[i]))
			export_loss(ex, s, "annotation.time-finer-than-ms", 1);
	lose_units(ex, w->writer, s);
	for (size_t i = 0; i < s->n; i++)
		if (in_file(&s->ann[i])) {
			shapes = true;
			export_lose_members(ex, s, &s->ann[i]);
		}
	if (shapes)
		export_size(ex, s);
	buf_reset(&w->mask);
	if (shapes) /* a name for each line of classes would cost much */
		modelarts_masks_write(ex, s, "annotation", export_stem(ex, s, ""), "./", &w->mask);
	w->writer->rules.mask_source = buf_span(&w->mask);
	w->writer->rules.segmented = w->mask.n > 0;
	buf_reset(&w->side_name);
	buf_reset(&w->side);
	lost = manifest_sample_line(w->writer, s, source, &out->b, &w->side_name, &w->side);
	buf_addc(&out->b, '\n');
	out_tick(out);
	if (lost > 0)
		export_unwritten(ex, s, s->n - lost);
	if (s->annotated && s->n == 0 && w->side_name.n == 0)
		export_loss(ex, s, "sample.negative", 1);
	if (w->side_name.n > 0)
		export_file(ex, buf_span(&w->side_name), buf_span(&w->side));
}

static void
finish(struct exporter *ex)
{
	struct writing *w = ex->state;

	manifest_out(ex, w);
	if (sink_file_close(w->manifest) != 0)
		die("cannot write the manifest:");
	manifest_writer_free(w->writer);
	buf_release(&w->side_name);
	buf_release(&w->side);
	buf_release(&w->source);
	buf_release(&w->mask);
}

const struct label_writer manifest_label_writer = { false, begin, write_sample, finish,
	sizeof(struct writing) };
