/* The annotations of a line of a ModelArts manifest: see manifest_annotation.h. */
#include "label/manifest_annotation.h"

#include <fcntl.h>
#include <inttypes.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/num.h"
#include "base/path.h"
#include "label/find.h"
#include "label/import.h"
#include "label/manifest.h"

/* ---- VOC files ---- */

/* A manifest that was given as a file: what it names lies beside it. */
static bool
read_beside(struct manifest_reading *r, struct span path, struct buf *out)
{
	struct buf clean = BUF_INIT;
	bool found = false;

	while (path.n > 0 && !found) {
		buf_reset(&clean);
		buf_reset(&r->path);
		if (path_member(&clean, path)) {
			tree_source_at(r->im->tree, buf_span(&clean), &r->path);
			found =
			    file_read(AT_FDCWD, buf_str(&r->path), r->im->opt->max_text, out) == 0;
		}
		if (!found && !memchr(path.p, '/', path.n))
			break;
		while (!found && path.n > 0 && path.p[0] != '/')
			path.p++, path.n--;
		while (!found && path.n > 0 && path.p[0] == '/')
			path.p++, path.n--;
	}
	buf_release(&clean);
	return found;
}

bool
manifest_read_located(struct manifest_reading *r, struct span loc, struct buf *out)
{
	const struct node *n;

	loc = find_below_host(loc);
	if (r->im->tree->single)
		return read_beside(r, loc, out);
	n = find_tail(r->im->tree, span_str(r->dir), loc);
	buf_reset(&r->path);
	if (!n || n->size > r->im->opt->max_text)
		return false;
	buf_adds(&r->path, tree_name(r->im->tree, n));
	return tree_read(r->im->tree, n, out);
}

/* The PNG that <mask_source> names, found like the VOC file. */
static void
locate_mask(void *ctx, struct span name, struct buf *source)
{
	const struct manifest_reading *r = ctx;
	const struct node *n = find_tail(r->im->tree, span_str(r->dir), name);

	if (n)
		tree_source(r->im->tree, n, source);
}

/* ---- annotations ---- */

/* The next annotation follows. */
static void
separate(struct manifest_reading *r)
{
	if (r->list.n > 1)
		buf_addspan(&r->list, r->gap);
}

static void
add_raw(struct manifest_reading *r, struct span raw)
{
	separate(r);
	buf_addspan(&r->list, raw);
	r->n++;
}

/* annotated-by and creation-time of the line hold for each object of the file. */
static void
add_objects(struct manifest_reading *r, const struct annotation *a)
{
	struct json_change who[2] = { { "annotated-by", a->v[ANN_ANNOTATED_BY] },
		{ "creation-time", a->v[ANN_CREATION_TIME] } };
	struct json_change change[2];
	size_t n = 0;
	struct span raw;
	struct json j;

	for (size_t i = 0; i < 2; i++)
		if (who[i].value.p)
			change[n++] = who[i];
	json_begin(&j, buf_span(&r->page.annotations));
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw)) {
		if (r->list.n > 1)
			buf_addc(&r->list, ',');
		json_edit(&r->list, raw, change, n);
		r->n++;
	}
}

static void
take_page(struct manifest_reading *r)
{
	buf_reset(&r->voc);
	buf_addspan(&r->voc, buf_span(&r->page.rest));
	buf_reset(&r->width);
	buf_reset(&r->height);
	if (r->page.width.n > 0 && r->page.height.n > 0) {
		write_number_text(&r->width, r->page.width);
		write_number_text(&r->height, r->page.height);
	}
}

/* An annotation of a type with a VOC file. */
static void
read_file_annotation(struct manifest_reading *r, const struct annotation *a, struct span loc_raw)
{
	struct span loc = json_value_text(loc_raw, &r->text);
	struct importer *im = r->im;

	buf_reset(&r->bytes);
	if (!loc.p || loc.n == 0) {
		error_at(rec_pos(&r->rec, a->raw), "manifest",
		    "an annotation of this type needs \"annotation-loc\"");
	} else if (!manifest_read_located(r, loc, &r->bytes)) {
		error_at(rec_pos(&r->rec, loc_raw), "manifest-loc",
		    "the file '%.*s' is not here, not by a tail of its path either", SPAN_ARG(loc));
	} else if (!voc_xml_read(&r->page, r->xml, &r->rules, buf_span(&r->bytes),
		       buf_str(&r->path), SPAN(""))) {
		im->files++;
		im->bad_files++;
	} else {
		im->files++;
		im->bad_annotations += r->page.bad;
		import_class_blanks_met(im, &r->page.blanks);
		if (r->kept.n > 1)
			warning_at(rec_pos(&r->rec, a->raw), "manifest",
			    "the sample has a second VOC file; the objects of both become one list");
		r->changed = true;
		jw_raw(&r->kept, a->raw);
		take_page(r);
		add_objects(r, a);
		return;
	}
	add_raw(r, a->raw); /* it still says where its labels are */
}

static bool
is_empty_object(struct span raw)
{
	return raw.n >= 2 && span_trim((struct span){ raw.p + 1, raw.n - 2 }).n == 0;
}

/* Append the annotation with `fields` at the end and its property changed to `property`. */
static void
append_fields(struct manifest_reading *r, const struct annotation *a,
    const struct json_change *fields, size_t nfields, struct span property)
{
	struct json_change change[6];
	size_t k = 0;

	for (; k < nfields; k++)
		change[k] = fields[k];
	change[k] = (struct json_change){ "property", property };
	json_edit_members(&r->list, a->raw, a->m, a->n, change, k + 1);
}

/*
 * The same with the fields in the place of the property, which follows them when there is something left in it:
 * the writer finds its place again. False: the annotation has one of the fields already.
 */
static bool
put_fields(struct manifest_reading *r, const struct annotation *a, const struct json_change *fields,
    size_t nfields, struct span property)
{
	const struct member *at = NULL;
	struct span before, colon; /* as the property has them, with their blanks */

	for (size_t i = 0; i < a->n; i++) {
		if (!at && span_is(a->m[i].key, "property"))
			at = &a->m[i];
		for (size_t k = 0; k < nfields; k++)
			if (json_key_is(a->m[i].key, fields[k].key))
				return false;
	}
	if (!at)
		return false;
	before = span_of(at > a->m ? at[-1].value.p + at[-1].value.n : a->raw.p + 1, at->key.p - 1);
	colon = span_of(at->key.p + at->key.n, at->value.p); /* with the quote before it */
	buf_addspan(&r->list, span_of(a->raw.p, at->key.p - 1));
	for (size_t k = 0; k < nfields + (property.p != NULL); k++) {
		if (k > 0 && at == a->m)
			buf_addc(&r->list, ',');
		if (k > 0)
			buf_addspan(&r->list, before);
		buf_addc(&r->list, '"');
		buf_adds(&r->list, k < nfields ? fields[k].key : "property");
		buf_addspan(&r->list, colon);
		buf_addspan(&r->list, k < nfields ? fields[k].value : property);
	}
	buf_addspan(&r->list, span_of(at->value.p + at->value.n, a->raw.p + a->raw.n));
	return true;
}

/* The annotation with `fields` set (raw JSON) and this as its property; SPAN_NONE: it has none any more. */
static void
add_changed(struct manifest_reading *r, const struct annotation *a,
    const struct json_change *fields, size_t nfields, struct span property)
{
	separate(r);
	if (!put_fields(r, a, fields, nfields, property))
		append_fields(r, a, fields, nfields, property);
	r->n++;
	r->changed = true;
}

/* The same with those keys of its property gone. */
static void
add_moved(struct manifest_reading *r, const struct annotation *a, const struct json_change *fields,
    size_t nfields, const char *const *keys)
{
	struct json_change gone[5];
	struct buf property = BUF_INIT;
	struct span rest;
	size_t n = 0;

	for (; keys[n]; n++)
		gone[n] = (struct json_change){ keys[n], SPAN_NONE };
	json_edit(&property, a->v[ANN_PROPERTY], gone, n);
	rest = buf_span(&property);
	if (is_empty_object(rest))
		rest = SPAN_NONE;
	add_changed(r, a, fields, nfields, rest);
	buf_release(&property);
}

/* A number, also as a string. */
static struct span
index_text(struct span raw)
{
	struct span text = json_type_of(raw) == JSON_STRING ? json_unquote(raw) : raw;
	uint64_t v;

	return text.p && num_parse_u64(text, &v) ? text : SPAN_NONE;
}

/* Has the text characters above U+FFFF? The manifest's rules do not say whether they count as one or, in UTF-16, as two. */
static bool
is_ambiguous(struct span text)
{
	bool above = false;

	for (size_t i = 0; i < text.n; i++)
		above |= (unsigned char)text.p[i] >= 0xf0;
	return above;
}

/* An entity should lie in its text, when that is here. */
static void
check_entity(
    struct manifest_reading *r, const struct annotation *a, struct span start, struct span end)
{
	struct span source = rec_string(&r->rec, REC_SOURCE, &r->text);
	uint64_t from = 0, to = 0;
	size_t byte;

	if (!span_starts(source, SPAN("content://")))
		return;
	source = span_of(source.p + strlen("content://"), source.p + source.n);
	if (!r->has_offsets) {
		buf_reset(&r->content);
		buf_addspan(&r->content, source);
		offsets_set(&r->offsets, buf_span(&r->content));
		r->has_offsets = true;
		if (is_ambiguous(source) && r->ambiguous++ == 0)
			r->first_ambiguous = rec_pos(&r->rec, a->raw);
	}
	num_parse_u64(start, &from);
	num_parse_u64(end, &to);
	if (from >= to || !offsets_byte(&r->offsets, (double)to, UNIT_CODEPOINT, &byte))
		warning_at(rec_pos(&r->rec, a->raw), "manifest-span",
		    "the entity from %" PRIu64 " to %" PRIu64
		    " does not lie in the text, which has %" PRIu64 " characters%s",
		    from, to, offsets_count(&r->offsets, source.n, UNIT_CODEPOINT),
		    from < to && offsets_byte(&r->offsets, (double)to, UNIT_UTF16, &byte)
			? "; it does when it is counted in UTF-16 units"
			: "");
}

static void
read_entity(struct manifest_reading *r, const struct annotation *a)
{
	static const char *const keys[] = { "@modelarts:start_index", "@modelarts:end_index",
		NULL };
	struct span start = index_text(json_member(a->v[ANN_PROPERTY], keys[0]));
	struct span end = index_text(json_member(a->v[ANN_PROPERTY], keys[1]));
	struct json_change fields[2] = { { "span", SPAN_NONE }, { "unit", SPAN("\"codepoint\"") } };

	if (!start.p || !end.p) {
		warning_at(rec_pos(&r->rec, a->raw), "manifest",
		    "an entity needs @modelarts:start_index and @modelarts:end_index");
		add_raw(r, a->raw);
		return;
	}
	buf_reset(&r->value);
	buf_addf(&r->value, "[%.*s,%.*s]", SPAN_ARG(start), SPAN_ARG(end));
	check_entity(r, a, start, end);
	fields[0].value = buf_span(&r->value);
	add_moved(r, a, fields, 2, keys);
}

static void
read_triplet(struct manifest_reading *r, const struct annotation *a)
{
	static const char *const keys[] = { "@modelarts:from", "@modelarts:to", NULL };
	struct json_change fields[2] = { { "from", json_member(a->v[ANN_PROPERTY], keys[0]) },
		{ "to", json_member(a->v[ANN_PROPERTY], keys[1]) } };

	if (fields[0].value.p && fields[1].value.p) {
		add_moved(r, a, fields, 2, keys);
		return;
	}
	warning_at(rec_pos(&r->rec, a->raw), "manifest",
	    "a relation needs @modelarts:from and @modelarts:to");
	add_raw(r, a->raw);
}

/* What was said, and by whom: the fields, and the keys they had in the property. Their number. */
static size_t
take_words(const struct annotation *a, struct json_change *fields, const char **keys)
{
	static const char *const field[] = { "text", "speaker" };
	static const char *const reserved[] = { "@modelarts:content", "@modelarts:source" };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(field); i++) {
		struct span value = json_member(a->v[ANN_PROPERTY], reserved[i]);

		if (json_type_of(value) != JSON_STRING)
			continue;
		keys[n] = reserved[i];
		fields[n++] = (struct json_change){ field[i], value };
	}
	return n;
}

static void
read_content(struct manifest_reading *r, const struct annotation *a)
{
	const char *keys[3] = { NULL };
	struct json_change fields[2];
	size_t n = take_words(a, fields, keys);

	if (n > 0)
		add_moved(r, a, fields, n, keys);
	else
		add_raw(r, a->raw);
}

/* Two times as [start,end]; they come back as the same texts when these have three digits. */
static bool
read_times(struct span start, struct span end, struct buf *list)
{
	buf_addc(list, '[');
	if (!manifest_time_parse(start, list))
		return false;
	buf_addc(list, ',');
	if (!manifest_time_parse(end, list))
		return false;
	buf_addc(list, ']');
	return true;
}

static void
read_segment(struct manifest_reading *r, const struct annotation *a)
{
	const char *keys[5] = { "@modelarts:start_time", "@modelarts:end_time" };
	struct json_change fields[3] = { { "time", SPAN_NONE } };
	struct span start = json_unquote(json_member(a->v[ANN_PROPERTY], keys[0]));
	struct span end = json_unquote(json_member(a->v[ANN_PROPERTY], keys[1]));

	buf_reset(&r->value);
	if (!start.p || !end.p || !read_times(start, end, &r->value)) {
		warning_at(rec_pos(&r->rec, a->raw), "manifest",
		    "a speech paragraph needs @modelarts:start_time and @modelarts:end_time as hh:mm:ss.SSS");
		add_raw(r, a->raw);
		return;
	}
	fields[0].value = buf_span(&r->value);
	add_moved(r, a, fields, 1 + take_words(a, fields + 1, keys + 2), keys);
}

/* A shape in the line itself. One that is bad is left out, for without it it would be a class of the whole picture. */
static void
read_feature(struct manifest_reading *r, const struct annotation *a)
{
	struct feature *f = &r->feature;
	struct json_change fields[3];

	if (!feature_read(f)) {
		error_at(rec_pos(&r->rec, f->at), "manifest-feature", "%s", f->wrong);
		r->im->bad_annotations++;
		r->changed = true;
		return;
	}
	for (size_t i = 0; i < f->n; i++)
		fields[i] = f->field[i];
	fields[f->n] = (struct json_change){ "manifest", a->v[ANN_PROPERTY] };
	add_changed(r, a, fields, f->n + 1, f->property);
}

static struct span
member_of(const struct annotation *a, const char *key, const char *other)
{
	for (size_t i = 0; i < a->n; i++)
		if (span_is(a->m[i].key, key) || span_is(a->m[i].key, other))
			return a->m[i].value;
	return SPAN_NONE;
}

/* Do fields of records come from the property of this type? */
static bool
has_reserved_keys(struct span type)
{
	static const char *const types[] = { "modelarts/text_entity", "modelarts/text_triplet",
		"modelarts/audio_content", "modelarts/audio_segmentation" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (span_is(type, types[i]))
			return true;
	return false;
}

/* Is there an underscore in a key? Hardly ever. */
static bool
has_old_key(const struct annotation *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->m[i].key.n > 10 && memchr(a->m[i].key.p, '_', a->m[i].key.n))
			return true;
	return false;
}

/*
 * The annotation as the rest of this file expects it: keys in the spelling of the specification (the SDK
 * reads others too), and the property of a type that has reserved keys as an object (old manifests
 * have it as a string with JSON inside).
 */
static const struct annotation *
modern(struct manifest_reading *r, const struct annotation *a, struct span type)
{
	static const char *const key[][2] = { { "annotated_by", "annotated-by" },
		{ "creation_time", "creation-time" },
		{ "annotation_format", "annotation-format" } };
	struct json_change c[2 * ARRAY_LEN(key) + 1];
	struct span inside = SPAN_NONE;
	size_t n = 0, keys = has_old_key(a) ? ARRAY_LEN(key) : 0;

	for (size_t i = 0; i < keys; i++) {
		struct span old = member_of(a, key[i][0], key[i][0]);

		if (!old.p || member_of(a, key[i][1], key[i][1]).p)
			continue;
		c[n++] = (struct json_change){ key[i][0], SPAN_NONE };
		c[n++] = (struct json_change){ key[i][1], old };
	}
	buf_reset(&r->inside);
	if (json_type_of(a->v[ANN_PROPERTY]) == JSON_STRING && has_reserved_keys(type)) {
		json_decode(&r->inside, json_unquote(a->v[ANN_PROPERTY]));
		inside = span_trim(buf_span(&r->inside));
		if (json_type_of(inside) == JSON_OBJECT && json_valid(inside))
			c[n++] = (struct json_change){ "property", inside };
	}
	if (n == 0)
		return a;
	buf_reset(&r->respelt);
	json_edit(&r->respelt, a->raw, c, n);
	r->changed = true;
	return ann_parse(&r->other, buf_span(&r->respelt)) ? &r->other : a;
}

/* Is its shape in the line? What a VOC file says goes before that. */
static bool
is_feature(struct manifest_reading *r, const struct annotation *a, struct span type)
{
	return (!type.p || manifest_type_has_file(type)) && !ann_has_shape(a) &&
	       !member_of(a, "annotation-loc", "annotation_loc").p &&
	       feature_find(&r->feature, a->v[ANN_PROPERTY]);
}

static void
read_annotation(struct manifest_reading *r, const struct annotation *a)
{
	struct span type = json_unquote(member_of(a, "type", "type"));
	bool object;

	a = modern(r, a, type);
	type = json_unquote(member_of(a, "type", "type"));
	object = json_type_of(a->v[ANN_PROPERTY]) == JSON_OBJECT;

	if (is_feature(r, a, type))
		read_feature(r, a);
	else if (manifest_type_has_file(type) && !ann_has_shape(a))
		read_file_annotation(r, a, member_of(a, "annotation-loc", "annotation_loc"));
	else if (object && span_is(type, "modelarts/text_entity"))
		read_entity(r, a);
	else if (object && span_is(type, "modelarts/text_triplet"))
		read_triplet(r, a);
	else if (object && span_is(type, "modelarts/audio_content"))
		read_content(r, a);
	else if (object && span_is(type, "modelarts/audio_segmentation"))
		read_segment(r, a);
	else
		add_raw(r, a->raw);
}

static size_t
items_of(struct span list)
{
	struct json j;
	size_t n = 0;

	if (json_type_of(list) != JSON_ARRAY)
		return 0;
	json_begin(&j, list);
	json_array(&j);
	for (; json_item(&j) && json_skip(&j); n++)
		continue;
	return n;
}

void
manifest_read_annotations(struct manifest_reading *r)
{
	buf_reset(&r->list);
	buf_reset(&r->kept);
	buf_reset(&r->voc);
	buf_reset(&r->width);
	buf_reset(&r->height);
	r->n = 0;
	r->changed = r->has_offsets = false;
	buf_addc(&r->list, '[');
	buf_addc(&r->kept, '[');
	for (size_t i = 0; i < r->sample.n; i++) {
		r->gap = i ? manifest_gap(r->rec.line, &r->sample.ann[i - 1], &r->sample.ann[i])
			   : SPAN(",");
		read_annotation(r, &r->sample.ann[i]);
	}
	buf_addc(&r->list, ']');
	buf_addc(&r->kept, ']');
	r->changed |= items_of(r->rec.v[REC_ANNOTATION]) != r->sample.n; /* some are no objects */
}

void
manifest_note_ambiguous(struct manifest_reading *r)
{
	if (r->ambiguous > 0)
		note_at(r->first_ambiguous, "manifest-span",
		    "%" PRIu64
		    " texts with entities have characters above U+FFFF, first here: each is "
		    "counted as one, and ModelArts does not say whether it does so",
		    r->ambiguous);
	r->ambiguous = 0;
}

void
manifest_reading_init(struct manifest_reading *r, struct importer *im)
{
	*r = (struct manifest_reading){ .im = im, .xml = xml_new() };
	r->rules = (struct voc_rules){
		.base = im->opt->voc_base > 0, .modelarts = true, .encoding = im->opt->encoding
	};
	r->page.locate = im->tree->single ? NULL : locate_mask;
	r->page.locate_ctx = r;
}

void
manifest_reading_release(struct manifest_reading *r)
{
	struct buf *bufs[] = { &r->line, &r->source, &r->list, &r->kept, &r->voc, &r->width,
		&r->height, &r->text, &r->value, &r->path, &r->bytes, &r->inside, &r->respelt,
		&r->content };

	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	ann_release(&r->other);
	feature_release(&r->feature);
	offsets_release(&r->offsets);
	rec_release(&r->rec);
	sample_release(&r->sample);
	voc_page_release(&r->page);
	xml_free(r->xml);
}
