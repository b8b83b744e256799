/*
 * LabelMe: a JSON file a picture, as labelme 2 to 5 write it.
 *
 * Rules from wkentaro/labelme, labelme/_label_file.py and examples/instance_segmentation/labelme2coco.py:
 * pixels from the top left corner of the picture as EXIF turns it, far edges exclusive, any
 * number of digits, points may lie outside. Shapes of one label and one group_id are the parts of one
 * object. Keys that labelme does not know are kept.
 *
 * What has no place in a record rides in the member "labelme" of the sample (version, flags, other
 * keys) and of the annotation (points whose order matters, the PNG of a mask, description,
 * other keys, `at`: the places of an object's parts among the shapes). imageData, the picture
 * in base64, is passed over.
 */
#include <math.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/geometry.h"
#include "label/mask.h"
#include "record/rle.h"

enum { S_LABEL, S_POINTS, S_GROUP, S_DESCRIPTION, S_TYPE, S_FLAGS, S_MASK, S_KEYS };

static const char *const shape_key[S_KEYS] = { "label", "points", "group_id", "description",
	"shape_type", "flags", "mask" };

/* ---- reading ---- */

/* One shape, or several polygons that are one object. Spans are in reader.text. */
struct object {
	size_t v[S_KEYS], n[S_KEYS]; /* n 0: absent */
	size_t rest, rest_n;
	size_t next; /* part of the same object, from 1; 0: none */
	size_t place;
	bool part; /* belongs to an earlier one */
	struct pos pos;
};

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct buf text; /* of the shapes of one file */
	struct object *object;
	size_t n, cap;
	struct strmap groups; /* label and group -> last part */
	struct buf top, flags, path, annotations, scratch, id;
	double width, height;
	uint64_t images; /* imageData passed over, the picture is here */
};

static struct span
value(const struct reader *r, const struct object *o, int key)
{
	return o->n[key] ? (struct span){ r->text.p + o->v[key], o->n[key] } : SPAN_NONE;
}

static struct span
rest_of(const struct reader *r, const struct object *o)
{
	return (struct span){ r->text.p + o->rest, o->rest_n };
}

static bool
is_null(struct span v)
{
	return !v.p || json_type_of(v) == JSON_NULL;
}

static bool
same_but_points(const struct reader *r, const struct object *a, const struct object *b)
{
	for (int i = 0; i < S_KEYS; i++)
		if (i != S_POINTS && !span_eq(value(r, a, i), value(r, b, i)))
			return false;
	return span_eq(rest_of(r, a), rest_of(r, b));
}

static bool
is_polygon(const struct reader *r, const struct object *o)
{
	struct span type = value(r, o, S_TYPE);

	return is_null(type) || span_is(type, "\"polygon\"");
}

/* Chain the polygons of one label and group. */
static void
join_parts(struct reader *r)
{
	strmap_release(&r->groups);
	r->groups = (struct strmap)STRMAP_INIT;
	for (size_t i = 0; i < r->n; i++) {
		struct object *o = &r->object[i], *last;
		struct strmap_entry *e;
		bool is_new;

		if (is_null(value(r, o, S_GROUP)) || !is_polygon(r, o))
			continue;
		buf_reset(&r->scratch);
		buf_addspan(&r->scratch, value(r, o, S_LABEL));
		buf_addspan(&r->scratch, value(r, o, S_GROUP));
		e = strmap_put(&r->groups, buf_span(&r->scratch), i, &is_new);
		last = &r->object[e->value];
		if (is_new || !same_but_points(r, last, o))
			continue;
		last->next = i + 1;
		o->part = true;
		e->value = i;
	}
}

static void
take_shape(struct reader *r, struct span raw, struct pos pos)
{
	struct object o = { .pos = pos, .place = r->n };
	struct buf line = BUF_INIT;
	struct span v[S_KEYS];

	buf_reset(&r->scratch);
	jw_compact(&line, raw);
	json_pick(buf_span(&line), shape_key, v, S_KEYS, &r->scratch);
	for (int i = 0; i < S_KEYS; i++) {
		o.v[i] = r->text.n;
		o.n[i] = v[i].n;
		buf_addspan(&r->text, v[i]);
	}
	o.rest = r->text.n;
	o.rest_n = r->scratch.n;
	buf_addspan(&r->text, buf_span(&r->scratch));
	buf_release(&line);
	r->object = grow(r->object, &r->cap, r->n + 1, sizeof(*r->object));
	r->object[r->n++] = o;
}

static bool
bad_shape(struct reader *r, const struct object *o, const char *what)
{
	error_at(o->pos, "labelme-shape", "%s", what);
	r->im->bad_annotations++;
	return false;
}

/* Two points as four texts. */
static bool
two_points(struct buf *scratch, struct span points, struct span c[4])
{
	buf_reset(scratch);
	return coords_flatten(scratch, points, NULL) == 2 &&
	       number_texts(buf_span(scratch), c, 4) == 4;
}

static bool
read_circle(struct reader *r, struct buf *b, struct span points)
{
	struct span c[4];
	double v[4];

	if (!two_points(&r->scratch, points, c))
		return false;
	for (int i = 0; i < 4; i++)
		num_parse(c[i], &v[i]);
	jw_key(b, "circle");
	jw_open(b, '[');
	jw_raw(b, c[0]);
	jw_raw(b, c[1]);
	jw_number(b, hypot(v[2] - v[0], v[3] - v[1]));
	jw_close(b, ']');
	return true;
}

/* Four corners in order along the sides as centre, sides and angle. */
static bool
read_oriented(struct reader *r, struct buf *b, struct span points)
{
	double v[8], box[5];

	buf_reset(&r->scratch);
	if (coords_flatten(&r->scratch, points, NULL) != 4 ||
	    json_numbers(buf_span(&r->scratch), v, 8) != 8)
		return false;
	jw_key(b, "rbox");
	jw_open(b, '[');
	rbox_from_corners(v, box);
	for (int i = 0; i < 5; i++)
		jw_number(b, box[i]);
	jw_close(b, ']');
	return true;
}

/* A mask is a PNG of what is inside its two corners: as an RLE behind `b`. */
static bool
mask_to_rle(struct buf *b, struct span mask, struct span points, double width, double height)
{
	struct buf text = BUF_INIT, png = BUF_INIT;
	struct span c[4], base64 = json_value_text(mask, &text);
	double v[2];
	bool ok = base64.p && base64_decode(&png, base64) && two_points(&text, points, c) &&
		  num_parse(c[0], &v[0]) && num_parse(c[1], &v[1]) &&
		  mask_png_to_rle(b, buf_span(&png), v[0], v[1], width, height);

	buf_release(&text);
	buf_release(&png);
	return ok;
}

static bool
read_mask(struct reader *r, struct buf *b, const struct object *o)
{
	jw_key(b, "rle");
	return mask_to_rle(b, value(r, o, S_MASK), value(r, o, S_POINTS), r->width, r->height) ||
	       bad_shape(
		   r, o, "a mask needs 2 points, a PNG in base64, and imageWidth and imageHeight");
}

static bool
read_polygon(struct reader *r, struct buf *b, const struct object *o)
{
	jw_key(b, "polygon");
	jw_open(b, '[');
	for (;; o = &r->object[o->next - 1]) {
		if (coords_flatten(b, value(r, o, S_POINTS), NULL) < 0)
			return bad_shape(r, o, "points must be a list of [x,y]");
		if (!o->next)
			break;
	}
	jw_close(b, ']');
	return true;
}

static bool
read_flat(struct reader *r, struct buf *b, const struct object *o, const char *key, long want,
    const char *v)
{
	long n;

	jw_key(b, key);
	n = coords_flatten(b, value(r, o, S_POINTS), v);
	if (n < 0)
		return bad_shape(r, o, "points must be a list of [x,y]");
	return n == want || want < 0 ||
	       bad_shape(r, o, "wrong number of points for its shape_type");
}

/* The shape's geometry. *keep: its points must ride along to come back as they are. */
static bool
read_geometry(struct reader *r, struct buf *b, const struct object *o, bool *keep)
{
	struct span type = json_unquote(value(r, o, S_TYPE)), points = value(r, o, S_POINTS), c[4];

	*keep = false;
	if (is_polygon(r, o))
		return read_polygon(r, b, o);
	if (span_is(type, "rectangle"))
		return (two_points(&r->scratch, points, c) && coords_read_corners(b, c)) ||
		       bad_shape(r, o, "a rectangle needs 2 points");
	if (span_is(type, "line"))
		return read_flat(r, b, o, "line", 2, NULL);
	if (span_is(type, "linestrip"))
		return read_flat(r, b, o, "polyline", -1, NULL);
	if (span_is(type, "point"))
		return read_flat(r, b, o, "point", 1, NULL);
	if (span_is(type, "points"))
		return read_flat(r, b, o, "keypoints", -1, "2");
	*keep = true;
	if (span_is(type, "circle"))
		return read_circle(r, b, points) || bad_shape(r, o, "a circle needs 2 points");
	if (span_is(type, "oriented_rectangle"))
		return read_oriented(r, b, points) ||
		       bad_shape(r, o, "an oriented rectangle needs 4 points");
	if (span_is(type, "mask"))
		return read_mask(r, b, o);
	return bad_shape(r, o,
	    "unknown shape_type; labelme has polygon, rectangle, oriented_rectangle, circle, "
	    "line, linestrip, point, points, mask");
}

/* The places of the parts, unless they follow each other. */
static void
write_places(const struct reader *r, struct buf *b, const struct object *o)
{
	const struct object *p = o;
	bool gap = false;

	for (; p->next; p = &r->object[p->next - 1])
		gap = gap || p->next != p->place + 2;
	if (!gap)
		return;
	jw_key(b, "at");
	jw_open(b, '[');
	for (p = o;; p = &r->object[p->next - 1]) {
		jw_u64(b, p->place);
		if (!p->next)
			break;
	}
	jw_close(b, ']');
}

static void
write_private(const struct reader *r, struct buf *b, const struct object *o, bool keep)
{
	struct span description = value(r, o, S_DESCRIPTION);
	size_t begin = b->n, empty;

	jw_key(b, "labelme");
	jw_open(b, '{');
	empty = b->n;
	if (keep)
		jw_member_raw(b, "points", value(r, o, S_POINTS));
	if (!is_null(value(r, o, S_MASK)))
		jw_member_raw(b, "mask", value(r, o, S_MASK));
	if (!is_null(description))
		jw_member_raw(b, "description", description);
	write_places(r, b, o);
	if (o->rest_n)
		jw_raw(b, rest_of(r, o));
	if (b->n == empty)
		buf_cut(b, begin);
	else
		jw_close(b, '}');
}

static bool
give_object(struct reader *r, const struct object *o)
{
	struct span label = value(r, o, S_LABEL), flags = value(r, o, S_FLAGS);
	struct buf *b = &r->annotations;
	size_t begin = b->n;
	bool keep;

	jw_open(b, '{');
	if (json_type_of(label) == JSON_STRING)
		jw_member_raw(b, "name", label);
	else if (!is_null(label))
		bad_shape(r, o, "a label must be a string");
	if ((!is_null(label) && json_type_of(label) != JSON_STRING) ||
	    !read_geometry(r, b, o, &keep)) {
		buf_cut(b, begin);
		return false;
	}
	if (!is_null(value(r, o, S_GROUP)))
		jw_member_raw(b, "group", value(r, o, S_GROUP));
	import_type(r->im, o->pos, "flags", flags, JSON_OBJECT);
	if (json_type_of(flags) == JSON_OBJECT && flags.n > 2)
		jw_member_raw(b, "property", flags);
	write_private(r, b, o, keep);
	jw_close(b, '}');
	return true;
}

/* Flags that are set are classes of the whole picture. */
static size_t
give_flags(struct reader *r)
{
	struct span key, v, flags = buf_span(&r->flags);
	struct json j;
	size_t n = 0;

	if (json_type_of(flags) != JSON_OBJECT)
		return 0;
	json_begin(&j, flags);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &v)) {
		if (json_type_of(v) != JSON_TRUE)
			continue;
		jw_open(&r->annotations, '{');
		jw_key(&r->annotations, "name");
		jw_raw_string(&r->annotations, key);
		jw_close(&r->annotations, '}');
		n++;
	}
	return n;
}

static bool
read_shapes(struct reader *r, struct json *j, const char *file)
{
	struct span raw;

	if (!json_array(j))
		return false;
	while (json_item(j)) {
		if (json_peek(j) != JSON_OBJECT)
			return json_fail(j, "a shape should be an object");
		if (json_value(j, &raw))
			take_shape(r, raw, json_pos(j, raw.p, file));
	}
	return j->error == NULL;
}

/* The next value, when it is of the type that this member must have. */
static bool
next_of_type(struct reader *r, struct json *j, const char *member, enum json_type type,
    const char *file, struct span *raw)
{
	return json_value(j, raw) &&
	       import_type(r->im, json_pos(j, raw->p, file), member, *raw, type);
}

static void
read_size(struct reader *r, struct json *j, const char *member, const char *file, double *value_)
{
	struct span raw;

	if (next_of_type(r, j, member, JSON_NUMBER, file, &raw) && json_type_of(raw) == JSON_NUMBER)
		num_parse(raw, value_);
}

/* One member of the file. *data: the picture is in it. */
static void
read_member(struct reader *r, struct json *j, struct span key, const char *file, bool *data)
{
	struct span raw;

	if (span_is(key, "shapes")) {
		read_shapes(r, j, file);
	} else if (span_is(key, "imageData")) {
		*data = json_peek(j) == JSON_STRING;
		if (*data) /* it may be large: nothing of it is held */
			json_skip(j);
		else
			next_of_type(r, j, "imageData", JSON_STRING, file, &raw);
	} else if (span_is(key, "imageWidth")) {
		read_size(r, j, "imageWidth", file, &r->width);
	} else if (span_is(key, "imageHeight")) {
		read_size(r, j, "imageHeight", file, &r->height);
	} else if (span_is(key, "flags")) {
		if (next_of_type(r, j, "flags", JSON_OBJECT, file, &raw) && !r->flags.n)
			jw_compact(&r->flags, raw);
	} else if (span_is(key, "imagePath")) {
		if (next_of_type(r, j, "imagePath", JSON_STRING, file, &raw) && !r->path.n)
			jw_compact(&r->path, raw);
	} else {
		buf_reset(&r->scratch);
		buf_addspan(&r->scratch, key);
		if (json_value(j, &raw)) {
			jw_key_raw(&r->top, buf_span(&r->scratch));
			jw_compact(&r->top, raw);
		}
	}
}

static void
forget(struct reader *r)
{
	r->n = 0;
	r->width = r->height = 0;
	buf_reset(&r->text);
	buf_reset(&r->top);
	buf_reset(&r->flags);
	buf_reset(&r->path);
	buf_reset(&r->annotations);
}

/* The version, flags with those that are not set, other keys. */
static void
write_sample_private(struct reader *r, struct buf *b)
{
	jw_key(b, "labelme");
	jw_open(b, '{');
	if (r->top.n)
		jw_raw(b, buf_span(&r->top));
	if (r->flags.n)
		jw_member_raw(b, "flags", buf_span(&r->flags));
	jw_close(b, '}');
}

static void
give_sample(struct reader *r, const struct node *node, bool data)
{
	struct span file = span_str(node->path), dir = find_dir(file), name, source;
	struct buf *b = import_record(r->im);
	struct picsize size;
	uint64_t n;

	join_parts(r);
	name = json_value_text(buf_span(&r->path), &r->id);
	source =
	    pictures_source(&r->pictures, dir, name.p && name.n ? name : path_stem(file), &size);
	if (data && !size.width)
		warning_at(pos_file(tree_name(r->im->tree, node)), "labelme-image",
		    "the picture is only in imageData, which is left out");
	r->images += data && size.width;
	if (r->width <= 0 || r->height <= 0) {
		r->width = size.width;
		r->height = size.height;
	}
	n = give_flags(r);
	for (size_t i = 0; i < r->n; i++)
		if (!r->object[i].part)
			n += give_object(r, &r->object[i]);
	import_begin_sample(b, source, path_stem(file), r->width, r->height);
	jw_key(b, "annotation");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&r->annotations));
	jw_close(b, ']');
	write_sample_private(r, b);
	jw_close(b, '}');
	import_sample(r->im, buf_span(b), n);
}

static void
read_file(struct reader *r, const struct node *node)
{
	bool shapes = false, data = false;
	struct input in;
	struct span key;
	struct json j;

	r->im->files++;
	if (!tree_input(r->im->tree, node, &in)) {
		r->im->bad_files++;
		return;
	}
	forget(r);
	json_stream(&j, &in);
	if (json_object(&j))
		while (json_key(&j, &key)) {
			shapes = shapes || span_is(key, "shapes");
			read_member(r, &j, key, in.name, &data);
		}
	if (!json_end(&j)) {
		json_error(&j, in.name);
		r->im->bad_files++;
	} else if (!shapes) {
		error_at(pos_file(in.name), "labelme", "no labelme file: it has no \"shapes\"");
		r->im->bad_files++;
	} else {
		give_sample(r, node, data);
	}
	input_close(&in);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };

	pictures_init(&r.pictures, im->tree);
	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->single || path_has_ext(span_str(im->tree->node[i].path), "json"))
			read_file(&r, &im->tree->node[i]);
	if (r.images)
		note_at(POS_NONE, "labelme-image",
		    "imageData of %zu files left out; the pictures are here", (size_t)r.images);
	pictures_release(&r.pictures);
	strmap_release(&r.groups);
	free(r.object);
	buf_release(&r.text);
	buf_release(&r.top);
	buf_release(&r.flags);
	buf_release(&r.path);
	buf_release(&r.annotations);
	buf_release(&r.scratch);
	buf_release(&r.id);
}

static bool
looks_like(struct span head)
{
	return find_has(head, "\"shapes\"") &&
	       (find_has(head, "\"flags\"") || find_has(head, "\"imagePath\"") ||
		   find_has(head, "\"shape_type\""));
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "json", looks_like, 90, "with \"shapes\" and \"flags\"", why);
}

/* ---- writing ---- */

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
};

static void
begin(struct exporter *ex)
{
	ex->state = xcalloc(1, sizeof(struct writer));
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	buf_release(&w->shapes);
	buf_release(&w->flags);
	buf_release(&w->out);
	buf_release(&w->scratch);
	buf_release(&w->pixels);
	corners_release(&w->corners);
	free(w->placed);
	free(w->taken);
	free(w);
	ex->state = NULL;
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

	same = mask_to_rle(&again, kept, points, s->width, s->height) &&
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
	jw_member_raw(b, "label", a->v[ANN_NAME].p ? a->v[ANN_NAME] : SPAN("\"\""));
	jw_key(b, "points");
	type = write_points(ex, s, a, ring, &mask);
	member_or_null(b, "group_id", a->v[ANN_GROUP]);
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

static const struct label_writer writer = {
	.begin = begin,
	.sample = write_sample,
	.finish = finish,
};

const struct label_format label_labelme = {
	.name = "labelme",
	.title = "LabelMe: a JSON file a picture",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_RLE) |
		 HOLDS(ANN_KEYPOINTS) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) |
		 HOLDS(ANN_CIRCLE) | HOLDS(ANN_NAME) | HOLDS(ANN_GROUP) | HOLDS(ANN_PROPERTY) |
		 HOLDS_PARTS | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_NEGATIVE | HOLDS_SIZE,
	.keeps = "labelme|corners",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
