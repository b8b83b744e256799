/* Writing LabelMe: see labelme.c. */
#include "label/labelme.h"

#include <math.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"
#include "base/strmap.h"
#include "label/coords.h"
#include "label/geometry.h"
#include "label/mask.h"
#include "record/rle.h"

/* A shape and its place among the others. */
struct placed {
	size_t place, at, n;
};

struct writer {
	struct buf shapes, flags, out, scratch, pixels;
	struct placed *placed;
	size_t n, cap;
	bool *taken;
	size_t takens;
	struct corners corners;
	struct strmap groups; /* of the sample: class and group of its polygons */
	struct buf group;     /* of the annotation; empty: none */
	uint64_t last_group;  /* the largest number that is taken */
};

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	buf_release(&w->shapes);
	buf_release(&w->flags);
	buf_release(&w->out);
	buf_release(&w->scratch);
	buf_release(&w->pixels);
	buf_release(&w->group);
	strmap_release(&w->groups);
	corners_release(&w->corners);
	free(w->placed);
	free(w->taken);
}

static struct span
private_of(const struct annotation *a)
{
	return ann_member(a, "labelme");
}

static int
version_of(struct span sample_private)
{
	struct span v = json_unquote(json_member(sample_private, "version"));

	return v.n && v.p[0] >= '0' && v.p[0] <= '9' && (v.n == 1 || v.p[1] == '.') ? v.p[0] - '0'
										    : 5;
}

static void
add_point(struct buf *b, const struct label_options *opt, double x, double y)
{
	jw_open(b, '[');
	coord_number(b, opt, x);
	buf_addc(b, ',');
	coord_number(b, opt, y);
	jw_close(b, ']');
}

static void
write_rectangle(struct buf *b, const struct corners *c)
{
	jw_open(b, '[');
	for (int i = 0; i < 4; i += 2) {
		jw_open(b, '[');
		jw_raw(b, c->v[i]);
		jw_raw(b, c->v[i + 1]);
		jw_close(b, ']');
	}
	jw_close(b, ']');
}

/* The points that rode along, when they still mean the same circle or box. */
static bool
kept_points(const struct annotation *a, struct span *points)
{
	double p[8], c[3], r[5], again[5];
	struct buf flat = BUF_INIT;
	bool same = false;
	long n;

	*points = json_member(private_of(a), "points");
	n = points->p ? coords_flatten(&flat, *points, NULL) : -1;
	if (n > 0 && n <= 4 && json_numbers(buf_span(&flat), p, 8) == (size_t)n * 2) {
		if (n == 2 && json_numbers(a->v[ANN_CIRCLE], c, 3) == 3)
			same = c[0] == p[0] && c[1] == p[1] &&
			       fabs(hypot(p[2] - p[0], p[3] - p[1]) - c[2]) < 1e-9 * (1 + c[2]);
		else if (n == 4 && json_numbers(a->v[ANN_RBOX], r, 5) == 5) {
			rbox_from_corners(p, again);
			same = true;
			for (int i = 0; i < 5; i++)
				same = same && fabs(again[i] - r[i]) < 1e-6;
		}
	}
	buf_release(&flat);
	return same;
}

/* The mask as points and PNG. */
static bool
write_mask(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *mask)
{
	struct writer *w = ex->state;
	struct span kept = json_member(private_of(a), "mask");
	struct span points = json_member(private_of(a), "points");
	struct buf again = BUF_INIT;
	uint32_t box[4];
	bool same, made;

	same = labelme_mask_to_rle(&again, kept, points, s->width, s->height) &&
	       rle_same(buf_span(&again), a->v[ANN_RLE]);
	buf_reset(&again);
	if (same) {
		buf_addspan(mask, kept);
		jw_raw(&w->shapes, points);
	}
	made = !same && mask_rle_to_png(&again, a->v[ANN_RLE], box, false);
	if (made) {
		buf_addc(mask, '"');
		base64_encode(mask, buf_span(&again));
		buf_addc(mask, '"');
	}
	buf_release(&again);
	if (!made)
		return same;
	jw_open(&w->shapes, '[');
	add_point(&w->shapes, ex->opt, box[0], box[1]);
	add_point(&w->shapes, ex->opt, box[0] + box[2] - 1, box[1] + box[3] - 1);
	jw_close(&w->shapes, ']');
	return true;
}

/* Its points (a polygon: those of `ring`); the shape_type, NULL: it has no geometry. */
static const char *
write_points(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct buf *mask)
{
	struct writer *w = ex->state;
	struct buf *b = &w->shapes;
	struct span points;
	double v[5], p[8];

	if (ring.p)
		return coords_pair(b, ring, 2) >= 0 ? "polygon" : NULL;
	if (a->v[ANN_RLE].p)
		return write_mask(ex, s, a, mask) ? "mask" : NULL;
	if (kept_points(a, &points)) {
		jw_raw(b, points);
		return a->v[ANN_CIRCLE].p ? "circle" : "oriented_rectangle";
	}
	if (json_numbers(a->v[ANN_RBOX], v, 5) == 5) {
		rbox_corners(v, p);
		jw_open(b, '[');
		for (int i = 0; i < 8; i += 2)
			add_point(b, ex->opt, p[i], p[i + 1]);
		jw_close(b, ']');
		return "oriented_rectangle";
	}
	if (json_numbers(a->v[ANN_CIRCLE], v, 3) == 3) {
		jw_open(b, '[');
		add_point(b, ex->opt, v[0], v[1]);
		add_point(b, ex->opt, v[0] + v[2], v[1]);
		jw_close(b, ']');
		return "circle";
	}
	if (coords_pair(b, a->v[ANN_LINE], 2) == 2)
		return "line";
	if (coords_pair(b, a->v[ANN_POLYLINE], 2) >= 0)
		return "linestrip";
	if (coords_pair(b, a->v[ANN_POINT], 2) == 1)
		return "point";
	if (coords_pair(b, a->v[ANN_KEYPOINTS], 3) >= 0)
		return "points";
	if (!coords_corners(ex, s, a, &w->corners))
		return NULL;
	write_rectangle(b, &w->corners);
	return "rectangle";
}

static void
member_or_null(struct buf *b, const char *key, struct span v)
{
	jw_member_raw(b, key, v.p ? v : SPAN("null"));
}

/* Members of the private object that labelme does not know. */
static void
write_others(struct buf *b, struct span private, struct buf *scratch)
{
	static const char *const known[] = { "points", "mask", "description", "at" };
	struct span v[ARRAY_LEN(known)];

	buf_reset(scratch);
	json_pick(private, known, v, ARRAY_LEN(known), scratch);
	if (scratch->n)
		jw_raw(b, buf_span(scratch));
}

/* One shape; false: it has no geometry. */
static bool
write_shape(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, int version)
{
	struct writer *w = ex->state;
	struct buf *b = &w->shapes, mask = BUF_INIT;
	struct span private = private_of(a), description = json_member(private, "description");
	size_t at = b->n;
	const char *type;

	jw_open(b, '{');
	write_others(b, private, &w->scratch);
	jw_member_raw(b, "label", export_name(ex, s, a));
	jw_key(b, "points");
	type = write_points(ex, s, a, ring, &mask);
	member_or_null(b, "group_id", w->group.n ? buf_span(&w->group) : SPAN_NONE);
	if (version >= 5 || description.p)
		member_or_null(b, "description", description);
	if (type)
		jw_member_str(b, "shape_type", type);
	jw_member_raw(b, "flags", a->v[ANN_PROPERTY].p ? a->v[ANN_PROPERTY] : SPAN("{}"));
	if (version >= 5 || mask.n)
		member_or_null(b, "mask", mask.n ? buf_span(&mask) : SPAN_NONE);
	jw_close(b, '}');
	buf_release(&mask);
	if (!type) {
		buf_cut(b, at);
		return false;
	}
	w->placed = grow(w->placed, &w->cap, w->n + 1, sizeof(*w->placed));
	w->placed[w->n++] = (struct placed){ SIZE_MAX, at, b->n - at };
	return true;
}

/* The place that part i of an annotation had; SIZE_MAX: the next free one. */
static size_t
place_of(const struct annotation *a, size_t i)
{
	struct span list = json_member(private_of(a), "at");
	size_t n = list.p ? json_numbers(list, NULL, 0) : SIZE_MAX, place = SIZE_MAX;
	double *v;

	if (n == SIZE_MAX || i >= n)
		return SIZE_MAX;
	v = xreallocarray(NULL, n, sizeof(*v));
	json_numbers(list, v, n);
	if (v[i] >= 0 && v[i] < 1e6)
		place = (size_t)v[i];
	free(v);
	return place;
}

static int
by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* Shapes with a place go there, the others fill the gaps in their order. */
static void
arrange(struct writer *w)
{
	size_t top = w->n, free_ = 0;

	for (size_t i = 0; i < w->n; i++)
		if (w->placed[i].place != SIZE_MAX && w->placed[i].place >= top)
			top = w->placed[i].place + 1;
	w->taken = grow(w->taken, &w->takens, top + 1, 1);
	memset(w->taken, 0, top + 1);
	for (size_t i = 0; i < w->n; i++)
		if (w->placed[i].place != SIZE_MAX)
			w->taken[w->placed[i].place] = true;
	for (size_t i = 0; i < w->n; i++) {
		if (w->placed[i].place != SIZE_MAX)
			continue;
		while (free_ < top && w->taken[free_])
			free_++;
		w->placed[i].place = free_++;
	}
	if (w->n)
		qsort(w->placed, w->n, sizeof(*w->placed), by_place);
}

/* ---- groups: polygons of one class and group are the parts of one object ---- */

/* Begin a sample: nobody has a group yet, and new ones come behind those that are there. */
static void
begin_groups(struct writer *w, const struct sample *s)
{
	uint64_t id;

	strmap_release(&w->groups);
	w->groups = (struct strmap)STRMAP_INIT;
	w->last_group = 0;
	for (size_t i = 0; i < s->n; i++)
		if (num_parse_u64(s->ann[i].v[ANN_GROUP], &id) && id > w->last_group)
			w->last_group = id;
}

/* Had no polygon of this class the group before? */
static bool
is_new_group(struct writer *w, const struct annotation *a)
{
	bool is_new;

	buf_reset(&w->scratch);
	buf_addspan(&w->scratch, a->v[ANN_NAME]);
	buf_addspan(&w->scratch, a->v[ANN_GROUP]);
	strmap_put(&w->groups, buf_span(&w->scratch), 0, &is_new);
	return is_new;
}

static size_t
count_parts(const struct annotation *a)
{
	struct span rest = a->v[ANN_POLYGON], ring;
	size_t parts = 0;

	for (size_t i = 0; coords_ring(&rest, &ring); i++)
		parts += !coords_is_hole(a, i);
	return parts;
}

/*
 * The annotation's group: its own, but not where its polygon would become a part of another one
 * (that is a loss); a new one for a polygon of several parts.
 */
static void
choose_group(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct span format = json_unquote(dataset_member(&ex->dataset, "format"));
	struct writer *w = ex->state;
	bool own = a->v[ANN_GROUP].p && json_type_of(a->v[ANN_GROUP]) != JSON_NULL;

	buf_reset(&w->group);
	if (own && json_type_of(a->v[ANN_POLYGON]) == JSON_ARRAY && !span_is(format, "labelme") &&
	    !is_new_group(w, a)) {
		export_loss(ex, s, "annotation.group", 1);
		own = false;
	}
	if (own)
		buf_addspan(&w->group, a->v[ANN_GROUP]);
	else if (count_parts(a) > 1)
		num_add_u64(&w->group, ++w->last_group);
}

/* False: nothing of it has a place here. */
static bool
write_annotation(
    struct exporter *ex, const struct sample *s, const struct annotation *a, int version)
{
	struct span rest = a->v[ANN_POLYGON], ring;
	struct writer *w = ex->state;
	bool any = false;

	if (coords_bbox_differs(a))
		export_loss(ex, s, "annotation.bbox", 1);
	if (!ann_has_shape(a) && json_type_of(a->v[ANN_NAME]) == JSON_STRING) {
		jw_key_raw(&w->flags, json_unquote(a->v[ANN_NAME]));
		jw_raw(&w->flags, SPAN("true"));
		return true;
	}
	choose_group(ex, s, a);
	if (json_type_of(rest) != JSON_ARRAY) {
		any = write_shape(ex, s, a, SPAN_NONE, version);
		if (any)
			w->placed[w->n - 1].place = place_of(a, 0);
		return any;
	}
	for (size_t part = 0; coords_ring(&rest, &ring); part++)
		if (!coords_is_hole(a, part) && write_shape(ex, s, a, ring, version)) {
			w->placed[w->n - 1].place = place_of(a, part);
			any = true;
		}
	return any;
}

/* The flags that came with the picture, when those that are set are still its classes. */
static struct span
kept_flags(struct writer *w, struct span private)
{
	struct span flags = json_member(private, "flags"), key, v;
	struct json j;

	if (json_type_of(flags) != JSON_OBJECT)
		return SPAN_NONE;
	buf_reset(&w->scratch);
	json_begin(&j, flags);
	json_object(&j);
	jw_open(&w->scratch, '{');
	while (json_key(&j, &key) && json_value(&j, &v))
		if (json_type_of(v) == JSON_TRUE) {
			jw_key_raw(&w->scratch, key);
			jw_raw(&w->scratch, v);
		}
	jw_close(&w->scratch, '}');
	return span_eq(buf_span(&w->scratch), buf_span(&w->flags)) ? flags : SPAN_NONE;
}

static void
write_extent(struct buf *b, const char *key, struct span text, double measured)
{
	jw_key(b, key);
	if (json_type_of(text) == JSON_NUMBER)
		jw_raw(b, text);
	else if (measured > 0)
		jw_number(b, measured);
	else
		jw_null(b);
}

static void
write_file(struct exporter *ex, const struct sample *s, struct span private, struct span picture)
{
	static const char *const known[] = { "version", "flags" };
	struct span v[2], flags = kept_flags(ex->state, private);
	struct writer *w = ex->state;
	struct buf b = BUF_INIT;

	buf_reset(&w->scratch);
	json_pick(private, known, v, 2, &w->scratch);
	jw_open(&b, '{');
	jw_member_raw(&b, "version", v[0].p ? v[0] : SPAN("\"5.0.0\""));
	jw_member_raw(&b, "flags", flags.p ? flags : buf_span(&w->flags));
	jw_key(&b, "shapes");
	jw_open(&b, '[');
	for (size_t i = 0; i < w->n; i++) {
		struct span shape = { w->shapes.p + w->placed[i].at, w->placed[i].n };

		jw_raw(&b, *shape.p == ',' ? span_of(shape.p + 1, shape.p + shape.n) : shape);
	}
	jw_close(&b, ']');
	jw_member_string(&b, "imagePath", picture);
	jw_key(&b, "imageData");
	jw_null(&b);
	write_extent(&b, "imageHeight", s->rec->v[REC_HEIGHT], s->height);
	write_extent(&b, "imageWidth", s->rec->v[REC_WIDTH], s->width);
	if (w->scratch.n)
		jw_raw(&b, buf_span(&w->scratch));
	jw_close(&b, '}');
	buf_reset(&w->out);
	jw_indent(&w->out, buf_span(&b), 2);
	buf_release(&b);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span private = rec_member(s->rec, "labelme"), stem, picture;
	struct buf member = BUF_INIT;
	int version = version_of(private);
	struct annotation a;
	uint64_t written = 0;

	export_size(ex, s);
	buf_reset(&w->shapes);
	buf_reset(&w->flags);
	w->n = 0;
	begin_groups(w, s);
	jw_open(&w->flags, '{');
	for (size_t i = 0; i < s->n; i++)
		written += coords_pixels(ex, s, &s->ann[i], &a, &w->pixels) &&
			   write_annotation(ex, s, &a, version);
	jw_close(&w->flags, '}');
	arrange(w);
	stem = export_stem(ex, s, "");
	picture = export_picture(ex, s, "", stem);
	write_file(ex, s, private, picture);
	buf_addf(&member, "%.*s.json", SPAN_ARG(stem));
	export_file(ex, buf_span(&member), buf_span(&w->out));
	export_unwritten(ex, s, written);
	buf_release(&member);
}

const struct label_writer labelme_writer = {
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};
