/* Reading LabelMe: see labelme.c. */
#include "label/labelme.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/geometry.h"
#include "label/recode.h"

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
	json_pick(buf_span(&line), labelme_shape_key, v, S_KEYS, &r->scratch);
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

static bool
read_circle(struct reader *r, struct buf *b, struct span points)
{
	struct span c[4];
	double v[4];

	if (!labelme_two_points(&r->scratch, points, c))
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

static bool
read_mask(struct reader *r, struct buf *b, const struct object *o)
{
	jw_key(b, "rle");
	return labelme_mask_to_rle(
		   b, value(r, o, S_MASK), value(r, o, S_POINTS), r->width, r->height) ||
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
		return (labelme_two_points(&r->scratch, points, c) && coords_read_corners(b, c)) ||
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
	import_sample(r->im, pos_file(tree_name(r->im->tree, node)), buf_span(b), n);
}

static void
read_file(struct reader *r, const struct node *node)
{
	bool shapes = false, data = false;
	struct input in;
	struct span key;
	struct json j;

	r->im->files++;
	if (!recode_input(r->im, node, &in)) {
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

void
labelme_read(struct importer *im)
{
	struct reader r = { .im = im };

	pictures_init(&r.pictures, im->tree);
	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->single || path_has_ext(span_str(im->tree->node[i].path), "json"))
			read_file(&r, &im->tree->node[i]);
	if (r.images)
		note_at(POS_NONE, "labelme-image", "imageData of %llu %s",
		    COUNTED(r.images, "file left out; the picture is here",
			"files left out; the pictures are here"));
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
