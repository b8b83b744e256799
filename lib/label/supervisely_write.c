/* Writing Supervisely: see supervisely.c. */
#include "label/supervisely.h"

#include <stdlib.h>

#include "base/base64.h"
#include "label/coords.h"
#include "label/geometry.h"
#include "label/mask.h"
#include "label/splits.h"
#include "record/rle.h"

struct writer {
	struct buf out, scratch, tags;
	struct corners box;
};

static void
member_or(struct buf *b, const char *key, struct span v, const char *otherwise)
{
	jw_member_raw(b, key, v.p ? v : span_str(otherwise));
}

static void
write_points(struct buf *b, struct span exterior, struct span interior)
{
	jw_key(b, "points");
	jw_open(b, '{');
	jw_member_raw(b, "exterior", exterior);
	jw_member_raw(b, "interior", interior);
	jw_close(b, '}');
}

/* One polygon and the holes that follow it. */
static bool
write_polygon(
    const struct annotation *a, struct span *rest, struct span ring, size_t *index, struct buf *b)
{
	struct buf exterior = BUF_INIT, interior = BUF_INIT;
	struct span ahead = *rest, hole;
	bool ok = coords_pair(&exterior, ring, 2) > 0;

	jw_open(&interior, '[');
	while (coords_ring(&ahead, &hole) && coords_is_hole(a, *index)) {
		coords_pair(&interior, hole, 2);
		*rest = ahead;
		++*index;
	}
	jw_close(&interior, ']');
	jw_member_str(b, "geometryType", "polygon");
	write_points(b, buf_span(&exterior), buf_span(&interior));
	buf_release(&exterior);
	buf_release(&interior);
	return ok;
}

static bool
write_list(struct buf *b, const char *type, struct span flat, size_t stride)
{
	struct buf exterior = BUF_INIT;
	bool ok = coords_pair(&exterior, flat, stride) > 0;

	if (ok) {
		jw_member_str(b, "geometryType", type);
		write_points(b, buf_span(&exterior), SPAN("[]"));
	}
	buf_release(&exterior);
	return ok;
}

static bool
write_bitmap(const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct span kept = json_member(ann_member(a, "supervisely"), "bitmap");
	struct buf again = BUF_INIT, packed = BUF_INIT, text = BUF_INIT;
	uint32_t box[4];
	bool same = kept.p && supervisely_bitmap_to_rle(&again, kept, s->width, s->height) &&
		    rle_same(buf_span(&again), a->v[ANN_RLE]),
	     ok = same;

	jw_member_str(b, "geometryType", "bitmap");
	buf_reset(&again);
	if (same) {
		jw_member_raw(b, "bitmap", kept);
	} else if ((ok = mask_rle_to_png(&again, a->v[ANN_RLE], box, true))) {
		zlib_deflate(&packed, buf_span(&again));
		base64_encode(&text, buf_span(&packed));
		jw_key(b, "bitmap");
		jw_open(b, '{');
		jw_member_string(b, "data", buf_span(&text));
		buf_addf(b, ",\"origin\":[%u,%u]", box[0], box[1]);
		jw_close(b, '}');
	}
	buf_release(&again);
	buf_release(&packed);
	buf_release(&text);
	return ok;
}

/* The nodes that came, when they are where the keypoints are; else numbered ones. */
static bool
write_nodes(const struct annotation *a, struct buf *b)
{
	struct span kept = json_member(ann_member(a, "supervisely"), "nodes"), *v;
	size_t n = number_texts(a->v[ANN_KEYPOINTS], NULL, 0);
	struct buf again = BUF_INIT, want = BUF_INIT;

	if (n == SIZE_MAX || n % 3)
		return false;
	jw_member_str(b, "geometryType", "graph");
	jw_key(&want, "keypoints");
	jw_raw(&want, a->v[ANN_KEYPOINTS]);
	if (kept.p && supervisely_read_nodes(&again, kept) &&
	    span_eq(buf_span(&again), buf_span(&want))) {
		jw_member_raw(b, "nodes", kept);
	} else {
		v = xreallocarray(NULL, n + 1, sizeof(*v));
		number_texts(a->v[ANN_KEYPOINTS], v, n);
		jw_key(b, "nodes");
		jw_open(b, '{');
		for (size_t i = 0; i < n; i += 3) {
			jw_raw(b, SPAN(""));
			buf_addf(b, "\"%zu\":{\"loc\":[%.*s,%.*s]}", i / 3, SPAN_ARG(v[i]),
			    SPAN_ARG(v[i + 1]));
		}
		jw_close(b, '}');
		free(v);
	}
	buf_release(&again);
	buf_release(&want);
	return true;
}

/* The points of a rectangle that came with it, when they still are its box. */
static bool
write_box(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct span kept =
	    json_member(json_member(ann_member(a, "supervisely"), "points"), "exterior");
	struct writer *w = ex->state;
	struct buf made = BUF_INIT, again = BUF_INIT;
	struct span c[4];
	bool same;

	if (!coords_box(ex, s, a, &w->box))
		return false;
	supervisely_make_rectangle(&made, w->box.v);
	buf_reset(&w->scratch);
	same = kept.p && coords_flatten(&w->scratch, kept, NULL) == 2 &&
	       number_texts(buf_span(&w->scratch), c, 4) == 4 &&
	       supervisely_write_rectangle(&again, c) &&
	       span_ends(buf_span(&again), a->v[ANN_BBOX]);
	jw_member_str(b, "geometryType", "rectangle");
	write_points(b, same ? kept : buf_span(&made), SPAN("[]"));
	buf_release(&made);
	buf_release(&again);
	return true;
}

/* Geometry of anything but polygons. */
static bool
write_geometry(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	double r[5], p[8];

	if (a->v[ANN_RLE].p)
		return write_bitmap(s, a, b);
	if (a->v[ANN_POLYLINE].p || a->v[ANN_LINE].p)
		return write_list(
		    b, "line", a->v[a->v[ANN_POLYLINE].p ? ANN_POLYLINE : ANN_LINE], 2);
	if (a->v[ANN_POINT].p)
		return write_list(b, "point", a->v[ANN_POINT], 2);
	if (a->v[ANN_KEYPOINTS].p)
		return write_nodes(a, b);
	if (json_numbers(a->v[ANN_RBOX], r, 5) == 5 && !ann_is_ratio(a)) {
		struct buf flat = BUF_INIT;
		bool ok;

		rbox_corners(r, p);
		jw_open(&flat, '[');
		for (int i = 0; i < 8; i++) {
			jw_raw(&flat, SPAN(""));
			coord_number(&flat, ex->opt, p[i]);
		}
		jw_close(&flat, ']');
		ok = write_list(b, "polygon", buf_span(&flat), 2);
		buf_release(&flat);
		return ok;
	}
	return write_box(ex, s, a, b);
}

/* {"a":1} as [{"name":"a","value":1}]; the tags that came, when they say the same. */
static void
write_property(struct buf *b, const struct annotation *a)
{
	struct span kept = json_member(ann_member(a, "supervisely"), "tags"), key, value;
	struct buf again = BUF_INIT, want = BUF_INIT;
	struct json j;
	bool plain;

	jw_key(b, "tags");
	supervisely_write_tags(&again, kept, &plain);
	if (a->v[ANN_PROPERTY].p) {
		jw_key(&want, "property");
		jw_raw(&want, a->v[ANN_PROPERTY]);
	}
	if (kept.p && span_eq(buf_span(&again), buf_span(&want))) {
		jw_raw(b, kept);
	} else {
		jw_open(b, '[');
		json_begin(&j, a->v[ANN_PROPERTY].p ? a->v[ANN_PROPERTY] : SPAN("{}"));
		for (json_object(&j); json_key(&j, &key) && json_value(&j, &value);) {
			jw_open(b, '{');
			jw_key(b, "name");
			jw_raw_string(b, key);
			jw_member_raw(b, "value", value);
			jw_close(b, '}');
		}
		jw_close(b, ']');
	}
	buf_release(&again);
	buf_release(&want);
}

/* Members that no one here knows. */
static void
write_rest(struct buf *b, struct span private, const char *const *known, size_t n)
{
	struct buf rest = BUF_INIT;
	struct span v[8];

	json_pick(private, known, v, n, &rest);
	if (rest.n)
		jw_raw(b, buf_span(&rest));
	buf_release(&rest);
}

/* What goes with a shape; closes the object. */
static void
finish_object(const struct annotation *a, struct buf *b)
{
	static const char *const known[] = { "points", "bitmap", "nodes", "tags" };
	struct span private = ann_member(a, "supervisely"), points = json_member(private, "points");
	struct span bitmap = json_member(private, "bitmap");

	if (points.p && (a->v[ANN_RLE].p || a->v[ANN_KEYPOINTS].p))
		jw_member_raw(b, "points", points);
	if (bitmap.p && !a->v[ANN_RLE].p)
		jw_member_raw(b, "bitmap", bitmap);
	if (a->v[ANN_ID].p)
		jw_member_raw(b, "id", a->v[ANN_ID]);
	if (a->v[ANN_ANNOTATED_BY].p)
		jw_member_raw(b, "labelerLogin", a->v[ANN_ANNOTATED_BY]);
	if (a->v[ANN_CREATION_TIME].p)
		jw_member_raw(b, "createdAt", a->v[ANN_CREATION_TIME]);
	write_property(b, a);
	write_rest(b, private, known, ARRAY_LEN(known));
	jw_close(b, '}');
}

static void
open_object(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	jw_open(b, '{');
	jw_member_raw(b, "classTitle", export_name(ex, s, a));
}

static bool
write_object(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct span rest = a->v[ANN_POLYGON], ring;
	size_t begin = b->n, i = 0;
	bool any = false;

	if (coords_bbox_differs(a))
		export_loss(ex, s, "annotation.bbox", 1);
	if (json_type_of(rest) != JSON_ARRAY) {
		open_object(ex, s, a, b);
		if (!write_geometry(ex, s, a, b)) {
			buf_cut(b, begin);
			return false;
		}
		finish_object(a, b);
		return true;
	}
	while (coords_ring(&rest, &ring)) {
		i++;
		if (coords_is_hole(a, i - 1))
			continue; /* of nothing */
		if (any && !coords_is_hole(a, i - 1))
			export_loss(ex, s, "annotation.polygon-parts", 1);
		begin = b->n;
		open_object(ex, s, a, b);
		if (write_polygon(a, &rest, ring, &i, b)) {
			finish_object(a, b);
			any = true;
		} else {
			buf_cut(b, begin);
		}
	}
	return any;
}

/* Classes of the picture. */
static void
write_tag(const struct annotation *a, struct buf *b)
{
	struct span value = json_member(a->v[ANN_PROPERTY], "value");

	jw_open(b, '{');
	jw_member_raw(b, "name", a->v[ANN_NAME]);
	member_or(b, "value", value, "null");
	write_rest(b, ann_member(a, "supervisely"), NULL, 0);
	jw_close(b, '}');
}

static void
write_size(struct buf *b, const struct sample *s)
{
	jw_key(b, "size");
	jw_open(b, '{');
	jw_key(b, "height");
	jw_number(b, s->height);
	jw_key(b, "width");
	jw_number(b, s->width);
	jw_close(b, '}');
}

static uint64_t
write_document(struct exporter *ex, struct sample *s, struct buf *b)
{
	static const char *const known[] = { "dataset" };
	struct writer *w = ex->state;
	struct buf objects = BUF_INIT, pixels = BUF_INIT;
	uint64_t written = 0;

	buf_reset(&w->tags);
	for (size_t i = 0; i < s->n; i++) {
		struct annotation a;

		if (!coords_pixels(ex, s, &s->ann[i], &a, &pixels))
			continue;
		if (!ann_has_shape(&a) && a.v[ANN_NAME].p) {
			write_tag(&a, &w->tags);
			written++;
		} else {
			written += write_object(ex, s, &a, &objects);
		}
	}
	buf_release(&pixels);
	jw_open(b, '{');
	write_rest(b, rec_member(s->rec, "supervisely"), known, 1);
	write_size(b, s);
	jw_key(b, "tags");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&w->tags));
	jw_close(b, ']');
	jw_key(b, "objects");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&objects));
	jw_close(b, ']');
	jw_close(b, '}');
	buf_release(&objects);
	return written;
}

/* DATASET: what it came from, unless its split is another one now; else the split. */
static void
dataset_dir(struct exporter *ex, const struct sample *s, struct buf *dir)
{
	struct span kept = json_member(rec_member(s->rec, "supervisely"), "dataset");
	struct writer *w = ex->state;
	struct span name = json_value_text(kept, &w->scratch);
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);
	int split = split_of(ex, s);
	const char *said;

	buf_addspan(dir, name);
	buf_addc(dir, '/');
	said = split_of_path(buf_span(dir));
	buf_reset(dir);
	if (name.n && !memchr(name.p, '/', name.n) && name.p[0] != '.' &&
	    (!usage.n || (said && span_is(usage, said))))
		buf_addspan(dir, name);
	else
		buf_adds(dir, split ? split_dir(split) : "dataset");
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct buf dir = BUF_INIT, img = BUF_INIT, member = BUF_INIT, b = BUF_INIT;
	struct writer *w = ex->state;
	struct span picture;

	if (!export_size(ex, s))
		export_loss(ex, s, "sample.size-unknown", 1);
	dataset_dir(ex, s, &dir);
	buf_addf(&img, "%s/img", buf_str(&dir));
	picture = export_picture(ex, s, buf_str(&img), export_stem(ex, s, buf_str(&img)));
	buf_addf(&member, "%s/ann/%.*s.json", buf_str(&dir), SPAN_ARG(picture));
	export_unwritten(ex, s, write_document(ex, s, &b));
	buf_reset(&w->out);
	jw_indent(&w->out, buf_span(&b), 4);
	export_file(ex, buf_span(&member), buf_span(&w->out));
	buf_release(&dir);
	buf_release(&img);
	buf_release(&member);
	buf_release(&b);
}

/* A class as meta.json has it: shape and colour are needed. */
static void
put_class(struct buf *b, const struct class_def *c)
{
	static const char *const key[] = { "name", "shape", "color" };
	struct buf rest = BUF_INIT;
	struct span v[3];

	json_pick(span_str(c->raw), key, v, 3, &rest);
	jw_open(b, '{');
	jw_member_string(b, "title", span_str(c->name));
	member_or(b, "shape", json_type_of(v[1]) == JSON_STRING ? v[1] : SPAN_NONE, "\"any\"");
	if (json_type_of(v[2]) == JSON_STRING) {
		jw_member_raw(b, "color", v[2]);
	} else {
		jw_key(b, "color");
		buf_addf(
		    b, "\"#%06x\"", (unsigned)(hash_bytes(c->name, strlen(c->name)) & 0xffffff));
	}
	if (rest.n)
		jw_raw(b, buf_span(&rest));
	jw_close(b, '}');
	buf_release(&rest);
}

static void
finish(struct exporter *ex)
{
	struct span kept = dataset_member(&ex->dataset, "supervisely");
	struct writer *w = ex->state;
	struct buf b = BUF_INIT;

	jw_open(&b, '{');
	jw_key(&b, "classes");
	jw_open(&b, '[');
	for (size_t i = 0; i < ex->dataset.n; i++)
		put_class(&b, &ex->dataset.classes[i]);
	jw_close(&b, ']');
	if (!json_member(kept, "tags").p)
		jw_member_raw(&b, "tags", SPAN("[]"));
	write_rest(&b, kept, NULL, 0);
	jw_close(&b, '}');
	buf_reset(&w->out);
	jw_indent(&w->out, buf_span(&b), 4);
	export_file(ex, SPAN("meta.json"), buf_span(&w->out));
	buf_release(&b);
	buf_release(&w->out);
	buf_release(&w->scratch);
	buf_release(&w->tags);
	corners_release(&w->box);
}

const struct label_writer supervisely_writer = {
	.needs_classes = true,
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};
