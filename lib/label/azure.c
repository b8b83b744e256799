/*
 * Azure Machine Learning's JSON Lines for vision.
 *
 *	{"image_url":"azureml://..","image_details":{"format":"jpg","width":"400px","height":"258px"},
 *	 "label":"cat"}						a class
 *	"label":["cat","dog"]					classes
 *	"label":[{"label":"cat","topX":..,"topY":..,"bottomX":..,"bottomY":..,"isCrowd":0}]	boxes
 *	"label":[{"label":"cat","isCrowd":0,"polygon":[[x1,y1,..]]}]	polygons, a list a part
 *
 * Coordinates are parts of width and height, far edges outside. Widths may be numbers or end in "px".
 *
 * Source: Azure Machine Learning, "Data schemas to train computer vision models with AutoML".
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/formats.h"
#include "label/jsonl.h"

enum { URL, DETAILS, LABEL, KEYS };

static const char *const keys[KEYS] = { "image_url", "image_details", "label" };
static const char *const detail_keys[] = { "format", "width", "height" };

enum { NAME, X0, Y0, X1, Y1, CROWD, BOX_KEYS };

static const char *const box_keys[BOX_KEYS] = { "label", "topX", "topY", "bottomX", "bottomY",
	"isCrowd" };
static const char *const polygon_keys[] = { "label", "isCrowd", "polygon" };

/* ---- reading ---- */

static bool
end_annotation(struct buf *b, struct span raw, bool plain)
{
	if (!plain) {
		jw_key(b, "azure");
		jw_raw(b, raw);
	}
	jw_close(b, '}');
	return true;
}

static void
write_crowd(struct buf *b, struct span crowd)
{
	int flag = crowd.p ? json_flag(crowd) : -1;

	if (flag >= 0)
		jw_member_bool(b, "iscrowd", flag);
}

/* "isCrowd" as we write it: 0 or 1. */
static bool
crowd_is_plain(struct span crowd)
{
	return !crowd.p || span_is(crowd, "0") || span_is(crowd, "1");
}

static bool
give_object(struct jsonl *j, struct buf *b, struct span raw)
{
	struct span v[BOX_KEYS], polygon = json_member(raw, "polygon"), ring, rest = polygon;
	size_t begin = b->n;
	bool plain;

	json_pick(raw, box_keys, v, BOX_KEYS, NULL);
	if (json_type_of(v[NAME]) != JSON_STRING)
		return jsonl_bad_annotation(j, raw, "an object needs a \"label\"");
	jw_open(b, '{');
	jw_member_raw(b, "name", v[NAME]);
	plain = crowd_is_plain(v[CROWD]);
	if (polygon.p) {
		size_t rings = 0, bad = 0, points;

		while (coords_ring(&rest, &ring)) {
			points = json_numbers(ring, NULL, 0);
			rings++;
			bad += points == SIZE_MAX || points % 2 || points == 0;
		}
		if (rings == 0 || bad > 0) {
			buf_cut(b, begin);
			return jsonl_bad_annotation(
			    j, raw, "\"polygon\" should be lists [x1,y1,x2,y2,...]");
		}
		jw_key(b, "polygon");
		jw_compact(b, polygon);
		plain = plain && jsonl_is_plain(raw, polygon_keys, 3);
	} else if (coords_read_corners(b, v + X0)) {
		plain = plain && jsonl_is_plain(raw, box_keys, BOX_KEYS);
	} else {
		buf_cut(b, begin);
		return jsonl_bad_annotation(
		    j, raw, "an object needs topX, topY, bottomX, bottomY or a polygon");
	}
	write_crowd(b, v[CROWD]);
	jw_member_str(b, "unit", "ratio");
	return end_annotation(b, raw, plain);
}

static bool
give_label(struct jsonl *j, struct buf *b, struct span raw)
{
	if (json_type_of(raw) == JSON_OBJECT)
		return give_object(j, b, raw);
	if (json_type_of(raw) != JSON_STRING)
		return jsonl_bad_annotation(j, raw, "a label should be a string or an object");
	jw_open(b, '{');
	jw_member_raw(b, "name", raw);
	jw_close(b, '}');
	return true;
}

static uint64_t
give_labels(struct jsonl *j, struct buf *b, struct span label)
{
	struct json items;
	struct span raw;
	uint64_t n = 0;

	if (!label.p || json_type_of(label) == JSON_NULL)
		return 0;
	jw_key(b, "annotation");
	jw_open(b, '[');
	if (json_type_of(label) == JSON_ARRAY) {
		json_begin(&items, label);
		json_array(&items);
		while (json_item(&items) && json_value(&items, &raw))
			n += give_label(j, b, raw);
	} else {
		n = give_label(j, b, label);
	}
	jw_close(b, ']');
	return n;
}

/* 400, "400" and "400px". */
static struct span
pixels(struct span details, const char *key)
{
	struct span text =
	    json_type_of(details) == JSON_OBJECT ? json_member(details, key) : SPAN_NONE;
	double v;

	if (json_type_of(text) == JSON_STRING)
		text = json_unquote(text);
	if (span_ends(text, SPAN("px")))
		text.n -= 2;
	return text.p && num_parse(text, &v) && v > 0 ? text : SPAN_NONE;
}

static void
write_size(struct jsonl *j, struct buf *b, struct span details, const struct picsize *size)
{
	struct span width = pixels(details, "width"), height = pixels(details, "height");

	for (int i = 1; i < 3; i++) {
		struct span text = json_type_of(details) == JSON_OBJECT
				       ? json_member(details, detail_keys[i])
				       : SPAN_NONE;

		if (text.p && json_type_of(text) != JSON_NULL && !(i == 1 ? width : height).p)
			warning_at(jsonl_pos(j, text), "azure",
			    "\"%s\" should be a number of pixels, as \"400px\"; it is not used",
			    detail_keys[i]);
	}

	if (width.p && height.p) {
		jw_key(b, "width");
		write_number_text(b, width);
		jw_key(b, "height");
		write_number_text(b, height);
	} else if (size->width > 0) {
		jw_member_u64(b, "width", size->width);
		jw_member_u64(b, "height", size->height);
	}
}

/* What a line made from the record alone says of the picture. */
static void
write_details(struct buf *b, struct span source, double width, double height)
{
	jw_open(b, '{');
	jw_member_string(b, "format", path_ext(source));
	for (int i = 0; i < 2 && width > 0; i++) {
		jw_key(b, detail_keys[i + 1]);
		jw_raw(b, SPAN("\""));
		num_add(b, i ? height : width);
		buf_adds(b, "px\"");
	}
	jw_close(b, '}');
}

/* Would the record alone give this line? */
static bool
follows(struct span line, const struct span v[KEYS], struct span url, struct span source)
{
	struct span width = pixels(v[DETAILS], "width"), height = pixels(v[DETAILS], "height");
	struct buf details = BUF_INIT;
	double w = 0, h = 0;
	bool same = jsonl_is_plain(line, keys, KEYS) && span_eq(url, source) && width.p &&
		    height.p && num_parse(width, &w) && num_parse(height, &h) &&
		    json_type_of(v[LABEL]) != JSON_NULL;

	write_details(&details, source, w, h);
	/* a list of one class comes back as a list */
	same =
	    same && span_eq(buf_span(&details), v[DETAILS]) && !span_starts(v[LABEL], SPAN("[\""));
	buf_release(&details);
	return same;
}

static bool
give_line(struct jsonl *j, struct span line)
{
	struct buf *b = import_record(j->im), text = BUF_INIT;
	struct span v[KEYS], url, source;
	struct picsize size;
	uint64_t n;

	json_pick(line, keys, v, KEYS, NULL);
	url = jsonl_string(v[URL], &text);
	if (!url.n) {
		buf_release(&text);
		return jsonl_bad(j, line, "a line needs an \"image_url\"");
	}
	source = pictures_source(&j->pictures, j->dir, url, &size);
	import_begin_sample(b, source, SPAN_NONE, 0, 0);
	jsonl_write_id(j, b);
	write_size(j, b, v[DETAILS], &size);
	n = give_labels(j, b, v[LABEL]);
	if (!follows(line, v, url, source)) {
		bool list = json_type_of(v[LABEL]) == JSON_ARRAY;

		jw_key(b, "azure");
		jw_raw(b, SPAN(""));
		json_edit(b, line, &(struct json_change){ "label", SPAN("[]") }, list);
	}
	jw_close(b, '}');
	import_sample(j->im, j->at, buf_span(b), n);
	buf_release(&text);
	return true;
}

static bool
looks_like(struct span head)
{
	return span_starts(span_trim(head), SPAN("{")) && find_has(head, "\"image_url\"");
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
	return find_score(t, "jsonl|json", looks_like, 90, "lines with \"image_url\"", why);
}

/* ---- writing ---- */

struct writer {
	struct sink_file *file;
	struct corners box;
	struct buf list, polygon, text, details;
};

static void
begin(struct exporter *ex)
{
	struct writer *w = ex->state;

	w->file = jsonl_open(ex, "jsonl");
}

/* Its polygon as parts of width and height, ring by ring, in w->polygon. */
static bool
ratio_polygon(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span rest = a->v[ANN_POLYGON], ring;
	size_t index = 0;

	if (!ann_is_ratio(a) && !export_size(ex, s)) {
		export_loss(ex, s, "annotation.polygon-without-size", 1);
		return false;
	}
	buf_reset(&w->polygon);
	if (ann_is_ratio(a)) {
		buf_addspan(&w->polygon, rest);
		return true;
	}
	jw_open(&w->polygon, '[');
	while (coords_part(a, &rest, &index, &ring)) {
		struct json j;
		struct span number;
		double v = 0;
		bool y = false;

		json_begin(&j, ring);
		json_array(&j);
		jw_open(&w->polygon, '[');
		for (; json_item(&j) && json_number(&j, &number); y = !y) {
			num_parse(number, &v);
			jw_raw(&w->polygon, SPAN(""));
			coord_number(&w->polygon, ex->opt, v / (y ? s->height : s->width));
		}
		jw_close(&w->polygon, ']');
	}
	jw_close(&w->polygon, ']');
	return true;
}

static bool
add_object(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span template = jsonl_ann_template(ex, a), old = json_member(template, "isCrowd");
	int flag = ann_flag(a, ANN_ISCROWD);
	struct json_change c[BOX_KEYS] = { { "label", a->v[ANN_NAME] } };
	struct json_change crowd = { "isCrowd", flag > 0 ? SPAN("1") : SPAN("0") };
	size_t n = 1;

	if (a->v[ANN_POLYGON].p) {
		if (!ratio_polygon(ex, s, a))
			return false;
		if (flag >= 0)
			c[n++] = crowd;
		c[n++] = (struct json_change){ "polygon", buf_span(&w->polygon) };
	} else {
		if (!coords_ratio_corners(ex, s, a, &w->box))
			return false;
		for (; n <= Y1; n++)
			c[n] = (struct json_change){ box_keys[n], w->box.v[n - X0] };
		if (flag >= 0)
			c[n++] = crowd;
	}
	for (size_t i = 0; i < n; i++) /* "false" stays "false" */
		if (c[i].value.p == crowd.value.p && old.p && json_flag(old) == flag)
			c[i].value = old;
	jw_raw(&w->list, SPAN(""));
	json_edit(&w->list, template, c, n);
	return true;
}

static bool
add_annotation(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;

	if (!a->v[ANN_NAME].p) {
		export_loss(ex, s, "annotation.without-class", 1);
		return false;
	}
	if (ann_has_shape(a))
		return add_object(ex, s, a);
	jw_raw(&w->list, a->v[ANN_NAME]);
	return true;
}

/* A class alone is a string, everything else a list. */
static void
close_list(struct writer *w, const struct sample *s, struct span template)
{
	struct buf list = BUF_INIT;
	bool alone = s->n == 1 && !ann_has_shape(&s->ann[0]) && w->list.n > 0 &&
		     json_type_of(json_member(template, "label")) != JSON_ARRAY;

	if (alone)
		return;
	buf_addf(&list, "[%s]", buf_str(&w->list));
	buf_reset(&w->list);
	buf_addspan(&w->list, buf_span(&list));
	buf_release(&list);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span template = jsonl_template(ex, s), old = json_member(template, "image_url");
	struct span kept = jsonl_string(old, &w->text), url = jsonl_picture(ex, s, kept);
	struct json_change c[KEYS];
	struct buf quoted = BUF_INIT;
	struct out *out = sink_file_out(w->file);
	uint64_t written = 0;
	size_t n = 0;

	if (kept.p && span_eq(url, kept))
		buf_addspan(&quoted, old);
	else
		jw_string(&quoted, url);
	c[n++] = (struct json_change){ "image_url", buf_span(&quoted) };
	if (!old.p) {
		export_size(ex, s);
		buf_reset(&w->details);
		write_details(&w->details, url, s->width, s->height);
		c[n++] = (struct json_change){ "image_details", buf_span(&w->details) };
	}
	buf_reset(&w->list);
	for (size_t i = 0; i < s->n; i++)
		written += add_annotation(ex, s, &s->ann[i]);
	close_list(w, s, template);
	if (s->annotated)
		c[n++] = (struct json_change){ "label", buf_span(&w->list) };
	json_edit(&out->b, template, c, n);
	buf_addc(&out->b, '\n');
	out_tick(out);
	export_unwritten(ex, s, written);
	buf_release(&quoted);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	jsonl_close(w->file);
	corners_release(&w->box);
	buf_release(&w->list);
	buf_release(&w->polygon);
	buf_release(&w->text);
	buf_release(&w->details);
}

static const struct label_writer writer = { false, begin, write_sample, finish,
	sizeof(struct writer) };

const struct label_format label_azure = {
	.name = "azure",
	.aliases = "azure-ml|azureml",
	.title = "Azure Machine Learning: JSON Lines, parts of width and height",
	.own_digits = true,
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_POLYGON) | HOLDS_PARTS | HOLDS(ANN_NAME) |
		 HOLDS(ANN_ISCROWD) | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_UNLABELLED |
		 HOLDS_NEGATIVE | HOLDS_SIZE,
	.single = "jsonl",
	.keeps = "azure|corners",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
