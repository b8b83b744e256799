/*
 * Writing COCO: see coco.h.
 *
 * A file a split, annotations/instances_SPLIT.json, or one file for all. Images are
 * written as they come; annotations wait in a temporary file, for COCO keeps them
 * in a list of their own. Memory holds 16 bytes an id.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/sink.h"
#include "base/file.h"
#include "base/hashset.h"
#include "base/num.h"
#include "base/path.h"
#include "json/write.h"
#include "label/coco.h"
#include "label/coco_panoptic.h"
#include "label/coords.h"
#include "label/export.h"
#include "label/formats.h"
#include "label/geometry.h"
#include "label/splits.h"
#include "label/usage.h"
#include "record/rle.h"

/* Ids in use in a file, and the last one given to somebody without. */
struct ids {
	struct hashset used;
	uint64_t last;
};

/* One file on its way. */
struct part {
	char *split;
	struct sink_file *file;
	struct out spool; /* annotations */
	struct ids image_ids, annotation_ids;
	uint64_t images, annotations;
	bool has_info;
};

struct writing {
	struct exporter *ex;
	const char *kind; /* "instances", "panoptic" */
	struct part *part;
	size_t n, cap;
	struct buf b;        /* the object being written */
	struct buf id, text; /* scratch: of the image; of others */
	struct buf name;     /* of the picture's file */
	uint64_t crossed;    /* polygons that cross themselves, whose area was counted in pixels */
};

/* ---- ids ---- */

static bool
is_integer(struct span raw)
{
	int64_t v;

	return num_parse_i64(raw, &v);
}

/* Append `own` when it is an id that nobody has yet, else a new one. False: a new one took its place. */
static bool
take_id(struct ids *ids, struct span own, bool strings, struct buf *out)
{
	size_t before = out->n;
	bool usable = own.p && (is_integer(own) || (strings && json_type_of(own) == JSON_STRING));

	if (usable && hashset_add(&ids->used, hash_bytes(own.p, own.n))) {
		buf_addspan(out, own);
		return true;
	}
	do {
		buf_cut(out, before);
		num_add_u64(out, ++ids->last);
	} while (!hashset_add(&ids->used, hash_bytes(out->p + before, out->n - before)));
	return !own.p;
}

/* Did the records come from COCO? Then nothing is added that was not there. */
static bool
from_coco(const struct exporter *ex)
{
	return span_is(json_unquote(dataset_member(&ex->dataset, "format")), "coco");
}

uint64_t
coco_holds(const struct exporter *ex)
{
	return ex->format->holds | (from_coco(ex) ? HOLDS_CLASS | HOLDS_CLASSES : 0);
}

/* ---- files ---- */

static void
open_part(struct writing *w, struct part *p)
{
	struct buf path = BUF_INIT;
	int fd = file_spool();

	buf_addf(&path, "annotations/%s_%s.json", w->kind, p->split);
	p->file = sink_file_new(w->ex->sink, path.p);
	if (p->file == NULL || fd < 0)
		die("cannot write %s:", path.p);
	out_init(&p->spool, fd, "temporary file");
	buf_release(&path);
}

static void
add_member(struct out *o, const char *key, struct span value)
{
	if (!value.p)
		return;
	buf_addf(&o->b, "\"%s\":", key);
	buf_addspan(&o->b, value);
	buf_addc(&o->b, ',');
}

static void
begin_part(struct writing *w, struct part *p)
{
	struct out *o = sink_file_out(p->file);
	struct span info = dataset_member(&w->ex->dataset, "info");
	struct span licenses = dataset_member(&w->ex->dataset, "licenses");

	buf_addc(&o->b, '{');
	add_member(o, "info", info);
	add_member(o, "licenses", licenses);
	p->has_info = info.p || licenses.p;
	buf_adds(&o->b, "\"images\":[");
}

static struct part *
part_named(struct writing *w, const char *split)
{
	struct part *p;

	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->part[i].split, split) == 0)
			return &w->part[i];
	w->part = grow(w->part, &w->cap, w->n + 1, sizeof(*w->part));
	p = &w->part[w->n++];
	*p = (struct part){ .split = xstrdup(split) };
	open_part(w, p);
	begin_part(w, p);
	return p;
}

/* The file of the sample's split. */
static struct part *
part_of(struct writing *w, const struct sample *s)
{
	struct span usage = rec_string(s->rec, REC_USAGE, &w->text);

	if (!sink_is_one(w->ex->sink))
		return part_named(w, usage.p ? usage_split(usage) : "default");
	if (usage.p && !split_in_name(w->ex, usage))
		export_loss(w->ex, s, "sample.usage", 1);
	return part_named(w, "");
}

/* ---- categories ---- */

/* The id of a class: its own number, else its place in the list, counted from 1. COCO's own may be strings. */
static void
category_id(const struct exporter *ex, size_t i, struct buf *out)
{
	const struct dataset *d = &ex->dataset;
	struct span own = d->classes[i].id ? span_str(d->classes[i].id) : SPAN_NONE;
	uint64_t id = i + 1;

	if (own.p && (is_integer(own) || (from_coco(ex) && json_type_of(own) == JSON_STRING))) {
		buf_addspan(out, own);
		return;
	}
	/* detections come without a list of categories: there the number is the name */
	own = span_str(d->classes[i].name);
	if (from_coco(ex) && is_integer(own) && !strmap_find(&d->by_id, own)) {
		buf_addspan(out, own);
		return;
	}
	for (size_t at = out->n;; id += d->n) { /* another class may have this number */
		buf_cut(out, at);
		num_add_u64(out, id);
		if (!strmap_find(&d->by_id, span_of(out->p + at, out->p + out->n)))
			return;
	}
}

static void
add_category(const struct exporter *ex, size_t i, struct buf *out)
{
	const struct class_def *c = &ex->dataset.classes[i];
	struct buf id = BUF_INIT;
	struct json_change change = { "id", SPAN_NONE };

	category_id(ex, i, &id);
	change.value = buf_span(&id);
	if (c->id && span_is(change.value, c->id))
		buf_adds(out, c->raw);
	else
		json_edit(out, span_str(c->raw), &change, 1);
	buf_release(&id);
}

/* ---- annotations ---- */

/* Numbers of a list (of lists) that are ratios, as pixels: x by the width, y by the height, of `stride`. */
static void
put_pixels(struct buf *b, struct span list, const struct sample *s, size_t stride)
{
	const char *p = list.p, *end = list.p + list.n, *q;
	size_t i = 0;
	double v;

	for (; p < end; p = q) {
		for (q = p; q < end && strchr("+-.0123456789eE", *q); q++)
			continue;
		if (q > p && num_parse(span_of(p, q), &v)) {
			num_add(b, i % stride == 0   ? v * s->width
				   : i % stride == 1 ? v * s->height
						     : v);
			i++;
		} else if (q == p) {
			if (*p == '[')
				i = 0;
			buf_addc(b, *p);
			q++;
		}
	}
}

static void
put_shape(struct writing *w, const struct sample *s, const struct annotation *a, const char *key,
    struct span value, size_t stride)
{
	jw_key(&w->b, key);
	if (ann_is_ratio(a) && s->width > 0)
		put_pixels(&w->b, value, s, stride);
	else
		buf_addspan(&w->b, value);
}

static void
put_class(struct writing *w, const struct sample *s, const struct annotation *a)
{
	long class = export_class(w->ex, s, a);

	if (class < 0)
		return;
	jw_key(&w->b, "category_id");
	category_id(w->ex, (size_t) class, &w->b);
}

static void
put_image_id(struct writing *w)
{
	jw_member_raw(&w->b, "image_id", buf_span(&w->id));
}

static void
put_annotation_id(struct writing *w, struct part *p, const struct sample *s, struct span own)
{
	jw_key(&w->b, "id");
	if (!take_id(&p->annotation_ids, own, from_coco(w->ex), &w->b))
		export_loss(w->ex, s, "annotation.id", 1);
}

/* A member without a meaning of its own: as it is, under the name that it had in COCO. */
static void
put_other(struct writing *w, struct span key, struct span value)
{
	if (span_starts(key, SPAN("coco:")))
		key = span_of(key.p + 5, key.p + key.n);
	jw_key_raw(&w->b, key);
	buf_addspan(&w->b, value);
}

static bool
is_other_shape(struct span key)
{
	static const enum ann_field fields[] = { ANN_RBOX, ANN_MASK, ANN_POLYLINE, ANN_LINE,
		ANN_POINT, ANN_CIRCLE, ANN_SPAN, ANN_TIME, ANN_UNIT, ANN_FROM, ANN_TO };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (span_is(key, ann_field_name[fields[i]]))
			return true;
	return false;
}

/* A shape that is none: a reader of COCO would stumble over it. */
static bool
is_broken(struct span key, struct span value)
{
	if (json_type_of(value) == JSON_NULL)
		return false;
	if (span_is(key, "bbox"))
		return json_numbers(value, NULL, 0) != 4;
	return (span_is(key, "polygon") || span_is(key, "keypoints")) &&
	       json_type_of(value) != JSON_ARRAY;
}

/* One member in COCO's words. `image_id` says whether that was written. */
static void
put_member(struct writing *w, struct part *p, const struct sample *s, const struct annotation *a,
    const struct member *m, bool *image_id)
{
	struct span key = m->key, value = m->value;

	if (is_broken(key, value)) {
		export_loss(w->ex, s, "annotation.broken-shape", 1);
	} else if (span_is(key, "bbox")) {
		if (!*image_id)
			put_image_id(w);
		*image_id = true;
		put_shape(w, s, a, "bbox", value, 2);
	} else if (span_is(key, "id")) {
		put_annotation_id(w, p, s, value);
		if (!*image_id)
			put_image_id(w);
		*image_id = true;
	} else if (span_is(key, "name")) {
		put_class(w, s, a);
	} else if (span_is(key, "polygon")) {
		put_shape(w, s, a, "segmentation", value, 2);
	} else if (span_is(key, "rle")) {
		if (!a->v[ANN_POLYGON].p)
			jw_member_raw(&w->b, "segmentation", value);
	} else if (span_is(key, "keypoints")) {
		put_shape(w, s, a, "keypoints", value, 3);
	} else if (span_is(key, "text")) {
		jw_member_raw(&w->b, "caption", value);
	} else if (span_is(key, "confidence")) {
		jw_member_raw(&w->b, "score", value);
	} else if (!is_other_shape(key) && !(span_is(key, "category_id") && a->v[ANN_NAME].p)) {
		put_other(w, key, value);
	}
}

/* Of n points, whichever way round they go. */
static double
sum_area(const double *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0, j = n - 1; i < n; j = i++)
		sum += v[2 * j] * v[2 * i + 1] - v[2 * i] * v[2 * j + 1];
	return fabs(sum) / 2;
}

/* The sum of a ring that crosses itself says nothing: half of it counts against the other. Its pixels do. */
static bool
filled_area(const struct sample *s, const double *v, size_t n, double *area)
{
	double w = s->width, h = s->height;
	struct rle r = { .run = NULL };
	bool good;

	for (size_t i = 0; i < n && !(s->width > 0 && s->height > 0); i++) {
		w = fmax(w, ceil(v[2 * i]));
		h = fmax(h, ceil(v[2 * i + 1]));
	}
	good = w > 0 && h > 0 && w < 1e6 && h < 1e6 &&
	       rle_from_polygon(&r, (uint32_t)h, (uint32_t)w, v, n);
	if (good)
		*area = (double)rle_area(&r);
	rle_release(&r);
	return good;
}

/* The area of a ring in pixels. */
static double
ring_area(struct writing *w, const struct sample *s, const struct annotation *a, struct span ring)
{
	size_t n = json_numbers(ring, NULL, 0);
	double *v, area;
	bool ratio = ann_is_ratio(a), filled;

	if (n == SIZE_MAX || n < 6)
		return 0;
	v = xreallocarray(NULL, n, sizeof(*v));
	json_numbers(ring, v, n);
	area = sum_area(v, n / 2) * (ratio ? s->width * s->height : 1);
	if (ring_crosses_itself(v, n / 2)) {
		for (size_t i = 0; ratio && i < n; i++)
			v[i] *= i % 2 ? s->height : s->width;
		filled = filled_area(s, v, n / 2, &area);
		if (w->crossed++ < 10)
			note_at(rec_pos(s->rec, a->raw), "self-crossing",
			    "the polygon crosses itself: its area is %s",
			    filled ? "that of the pixels in it" : "not to be relied on");
	}
	free(v);
	return area;
}

static double
pixels_of(struct span rle)
{
	struct rle r = { .run = NULL };
	double area = rle_parse(&r, rle) ? 0 : (double)rle_area(&r);

	rle_release(&r);
	return area;
}

static double
area_of(
    struct writing *w, const struct sample *s, const struct annotation *a, const struct box *box)
{
	double sum = 0;
	struct span rest = a->v[ANN_POLYGON], ring;

	if (json_type_of(a->v[ANN_RLE]) == JSON_OBJECT)
		return pixels_of(a->v[ANN_RLE]);
	if (json_type_of(a->v[ANN_POLYGON]) != JSON_ARRAY)
		return box->w * box->h;
	for (size_t i = 0; coords_ring(&rest, &ring); i++)
		sum += coords_is_hole(a, i) ? -ring_area(w, s, a, ring) : ring_area(w, s, a, ring);
	return sum;
}

/* Keypoints that are labelled. */
static uint64_t
points_seen(struct span keypoints)
{
	size_t n = json_numbers(keypoints, NULL, 0);
	uint64_t seen = 0;
	double *v;

	if (n == SIZE_MAX)
		return 0;
	v = xreallocarray(NULL, n + 1, sizeof(*v));
	json_numbers(keypoints, v, n);
	for (size_t i = 2; i < n; i += 3)
		seen += v[i] > 0;
	free(v);
	return seen;
}

static void
put_area(struct writing *w, double area)
{
	jw_raw(&w->b, SPAN("")); /* which puts the comma */
	if (w->ex->opt->decimals >= 0)
		num_add_trimmed(&w->b, area, w->ex->opt->decimals);
	else
		num_add(&w->b, area);
}

/* What readers of COCO want and the record's format did not have. */
static void
put_expected(struct writing *w, const struct sample *s, const struct annotation *a)
{
	struct box box;

	if (a->v[ANN_TEXT].p || from_coco(w->ex))
		return;
	if (export_box(w->ex, s, a, &box)) {
		if (!a->v[ANN_BBOX].p) {
			jw_key(&w->b, "bbox");
			jw_open(&w->b, '[');
			jw_number(&w->b, box.x);
			jw_number(&w->b, box.y);
			jw_number(&w->b, box.w);
			jw_number(&w->b, box.h);
			jw_close(&w->b, ']');
		}
		if (!a->v[ANN_AREA].p) {
			jw_key(&w->b, "area");
			put_area(w, area_of(w, s, a, &box));
		}
	}
	if (a->v[ANN_KEYPOINTS].p && !ann_member(a, "num_keypoints").p) {
		jw_key(&w->b, "num_keypoints");
		jw_u64(&w->b, points_seen(a->v[ANN_KEYPOINTS]));
	}
	if (!a->v[ANN_POLYGON].p && !a->v[ANN_RLE].p)
		jw_member_raw(&w->b, "segmentation", SPAN("[]"));
	if (!a->v[ANN_ISCROWD].p)
		jw_member_raw(&w->b, "iscrowd", SPAN("0"));
}

static bool
can_hold(const struct annotation *a)
{
	static const enum ann_field fields[] = { ANN_BBOX, ANN_RBOX, ANN_POLYGON, ANN_RLE,
		ANN_KEYPOINTS, ANN_POLYLINE, ANN_LINE, ANN_POINT, ANN_CIRCLE, ANN_TEXT };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (a->v[fields[i]].p)
			return true;
	return false;
}

static void
spool_annotation(struct writing *w, struct part *p)
{
	if (p->annotations++ > 0)
		buf_addc(&p->spool.b, ',');
	buf_addspan(&p->spool.b, buf_span(&w->b));
	out_tick(&p->spool);
}

static bool
write_annotation(
    struct writing *w, struct part *p, const struct sample *s, const struct annotation *a)
{
	bool image_id = false;

	if (!can_hold(a) && !from_coco(w->ex))
		return false;
	buf_reset(&w->b);
	jw_open(&w->b, '{');
	if (!a->v[ANN_ID].p) {
		if (!from_coco(w->ex)) /* panoptic annotations and detections have none */
			put_annotation_id(w, p, s, SPAN_NONE);
		put_image_id(w);
		image_id = true;
	}
	for (size_t i = 0; i < a->n; i++)
		put_member(w, p, s, a, &a->m[i], &image_id);
	put_expected(w, s, a);
	jw_close(&w->b, '}');
	spool_annotation(w, p);
	return true;
}

/* ---- images ---- */

static struct span
file_name(struct writing *w, const struct sample *s, const struct part *p)
{
	struct span own = json_value_text(rec_member(s->rec, "file_name"), &w->name), stem, name;
	struct buf dir = BUF_INIT, clean = BUF_INIT;
	bool default_split = strcmp(p->split, "default") == 0 || p->split[0] == '\0';

	path_join(&dir, SPAN("images"), default_split ? SPAN("") : span_str(p->split));
	stem = own.p && memchr(own.p, '/', own.n) && path_member(&clean, path_stem(own))
		   ? buf_span(&clean)
		   : export_stem(w->ex, s, p->split);
	name = export_picture(w->ex, s, buf_str(&dir), stem);
	buf_release(&dir);
	buf_release(&clean);
	return name;
}

/* Is the member not COCO's, or written by us? */
static bool
is_ours(struct span key)
{
	static const char *const ours[] = { "source", "usage", "sha256", "bytes", "hard",
		"hard-coefficient", "annotation", "dataset" };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (span_is(key, ours[i]))
			return true;
	return false;
}

static void
put_size(struct writing *w, struct sample *s)
{
	if (s->rec->v[REC_WIDTH].p || rec_member(s->rec, "coco:width").p)
		return;
	if (!export_size(w->ex, s)) {
		if (!from_coco(w->ex))
			export_loss(w->ex, s, "sample.size", 1);
		return;
	}
	jw_key(&w->b, "width");
	jw_number(&w->b, s->width);
	jw_key(&w->b, "height");
	jw_number(&w->b, s->height);
}

static void
write_image(struct writing *w, struct part *p, struct sample *s)
{
	struct span name = file_name(w, s, p);
	struct out *o = sink_file_out(p->file);

	buf_reset(&w->id);
	if (!take_id(&p->image_ids, s->rec->v[REC_ID], from_coco(w->ex), &w->id) &&
	    from_coco(w->ex))
		export_loss(w->ex, s, "sample.id", 1);
	buf_reset(&w->b);
	jw_open(&w->b, '{');
	if (!s->rec->v[REC_ID].p)
		jw_member_raw(&w->b, "id", buf_span(&w->id));
	if (!rec_member(s->rec, "file_name").p && !rec_member(s->rec, "coco_url").p)
		jw_member_string(&w->b, "file_name", name);
	for (size_t i = 0; i < s->rec->n; i++) {
		const struct member *m = &s->rec->m[i];

		if (span_is(m->key, "id"))
			jw_member_raw(&w->b, "id", buf_span(&w->id));
		else if (span_is(m->key, "file_name"))
			jw_member_string(&w->b, "file_name", name);
		else if (!is_ours(m->key))
			put_other(w, m->key, m->value);
	}
	put_size(w, s);
	jw_close(&w->b, '}');
	if (p->images++ > 0)
		buf_addc(&o->b, ',');
	buf_addspan(&o->b, buf_span(&w->b));
	out_tick(o);
}

/* ---- the writer ---- */

static void
coco_begin(struct exporter *ex)
{
	struct writing *w = ex->state;

	w->ex = ex;
	w->kind = ex->format == &label_coco_panoptic ? "panoptic" : "instances";
}

static void
coco_sample(struct exporter *ex, struct sample *s)
{
	struct writing *w = ex->state;
	struct part *p = part_of(w, s);
	uint64_t written = 0;

	write_image(w, p, s);
	for (size_t i = 0; i < s->n; i++)
		written += write_annotation(w, p, s, &s->ann[i]);
	export_unwritten(ex, s, written);
}

/* ---- panoptic ---- */

static bool
segment_category(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *out)
{
	long class = export_class(ex, s, a);

	if (class >= 0)
		category_id(ex, (size_t) class, out);
	return class >= 0;
}

static void
panoptic_sample(struct exporter *ex, struct sample *s)
{
	struct writing *w = ex->state;
	struct part *p = part_of(w, s);
	struct buf folder = BUF_INIT;
	uint64_t written = 0;

	write_image(w, p, s);
	buf_addf(&folder, "annotations/panoptic_%s", p->split);
	buf_reset(&w->b);
	if (coco_panoptic_write(
		ex, s, buf_str(&folder), buf_span(&w->id), segment_category, &w->b, &written))
		spool_annotation(w, p);
	export_unwritten(ex, s, written);
	buf_release(&folder);
}

/* The annotations that wait in the spool. */
static void
copy_spool(struct part *p, struct out *o)
{
	const size_t block = 256 * 1024;
	ssize_t n;

	out_flush(&p->spool);
	if (lseek(p->spool.fd, 0, SEEK_SET) != 0)
		die("temporary file:");
	do {
		buf_reserve(&o->b, block);
		n = read(p->spool.fd, o->b.p + o->b.n, block);
		if (n < 0 && errno != EINTR)
			die("temporary file:");
		o->b.n += n > 0 ? (size_t)n : 0;
		out_tick(o);
	} while (n != 0);
	out_close(&p->spool);
}

static void
end_part(struct writing *w, struct part *p)
{
	struct out *o = sink_file_out(p->file);
	const struct dataset *d = &w->ex->dataset;
	struct span extra = dataset_member(d, "coco");

	buf_adds(&o->b, "],\"annotations\":[");
	copy_spool(p, o);
	buf_adds(&o->b, "],");
	if (!p->has_info) {
		add_member(o, "info", dataset_member(d, "info"));
		add_member(o, "licenses", dataset_member(d, "licenses"));
	}
	if (json_type_of(extra) == JSON_OBJECT && extra.n > 2) {
		buf_add(&o->b, extra.p + 1, extra.n - 2);
		buf_addc(&o->b, ',');
	}
	buf_adds(&o->b, "\"categories\":[");
	for (size_t i = 0; i < d->n; i++) {
		if (i > 0)
			buf_addc(&o->b, ',');
		add_category(w->ex, i, &o->b);
	}
	buf_adds(&o->b, "]}\n");
	if (sink_file_close(p->file) != 0)
		die("cannot write annotations/%s_%s.json:", w->kind, p->split);
	hashset_release(&p->image_ids.used);
	hashset_release(&p->annotation_ids.used);
	free(p->split);
}

static void
coco_finish(struct exporter *ex)
{
	struct writing *w = ex->state;
	struct buf *bufs[] = { &w->b, &w->id, &w->text, &w->name };

	if (w->n == 0)
		part_named(w, "default"); /* no samples are a dataset too */
	for (size_t i = 0; i < w->n; i++)
		end_part(w, &w->part[i]);
	free(w->part);
	if (w->crossed > 10)
		note_at(POS_NONE, "self-crossing", "%" PRIu64 " polygons in all cross themselves",
		    w->crossed);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}

const struct label_writer coco_writer = {
	.needs_classes = true,
	.begin = coco_begin,
	.sample = coco_sample,
	.finish = coco_finish,
	.state = sizeof(struct writing),
};

const struct label_writer coco_panoptic_writer = {
	.needs_classes = true,
	.begin = coco_begin,
	.sample = panoptic_sample,
	.finish = coco_finish,
	.state = sizeof(struct writing),
};
