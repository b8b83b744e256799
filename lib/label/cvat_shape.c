/* The elements of shapes and tags in CVAT's XML as annotations: see cvat_shape.h. */
#include "label/cvat_shape.h"

#include <math.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/num.h"
#include "json/write.h"
#include "label/coords.h"
#include "record/rle.h"

bool
cvat_bad_shape(struct cvat_shapes *r, const struct xml_node *n, const char *what)
{
	error_at(xml_pos(r->x, n), "cvat-shape", "%s", what);
	r->im->bad_annotations++;
	return false;
}

/* ---- geometry ---- */

/* "x,y;x,y" as a flat list, `v` behind each point. Points, or -1. */
static long
write_points(struct buf *b, struct span points, const char *v)
{
	struct span point, x;
	long n = 0;

	jw_open(b, '[');
	while (span_cut(&points, ';', &point)) {
		if (!span_cut(&point, ',', &x) || !point.p || !write_number_text(b, span_trim(x)) ||
		    !write_number_text(b, span_trim(point)))
			return -1;
		if (v)
			jw_raw(b, span_str(v));
		n++;
	}
	jw_close(b, ']');
	return n;
}

static bool
read_attrs(struct cvat_shapes *r, const struct xml_node *n, const char *const *key, struct span *v,
    size_t count)
{
	double number;

	for (size_t i = 0; i < count; i++) {
		v[i] = xml_attr(r->x, n, key[i]);
		if (!v[i].p || !num_parse(v[i], &number))
			return false;
	}
	return true;
}

static bool
read_box(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	static const char *const key[] = { "xtl", "ytl", "xbr", "ybr" };
	struct span c[4], rotation = xml_attr(r->x, n, "rotation");
	double v[4], degrees = 0;

	if (!read_attrs(r, n, key, c, 4))
		return cvat_bad_shape(r, n, "a box needs the numbers xtl, ytl, xbr and ybr");
	if (rotation.p && !num_parse(rotation, &degrees))
		return cvat_bad_shape(r, n, "rotation should be a number");
	if (degrees == 0)
		return coords_read_corners(b, c);
	for (int i = 0; i < 4; i++)
		num_parse(c[i], &v[i]);
	jw_key(b, "rbox");
	jw_open(b, '[');
	jw_number(b, (v[0] + v[2]) / 2);
	jw_number(b, (v[1] + v[3]) / 2);
	jw_number(b, fabs(v[2] - v[0]));
	jw_number(b, fabs(v[3] - v[1]));
	write_number_text(b, rotation);
	jw_close(b, ']');
	jw_key(b, "corners");
	jw_open(b, '[');
	for (int i = 0; i < 4; i++)
		write_number_text(b, c[i]);
	jw_close(b, ']');
	return true;
}

static bool
read_ellipse(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	static const char *const key[] = { "cx", "cy", "rx", "ry" };
	struct span e[5], rotation = xml_attr(r->x, n, "rotation");

	if (!read_attrs(r, n, key, e, 4))
		return cvat_bad_shape(r, n, "an ellipse needs the numbers cx, cy, rx and ry");
	e[4] = rotation.p ? rotation : SPAN("0");
	return coords_write_ellipse(b, e) || cvat_bad_shape(r, n, "rotation should be a number");
}

/* Runs by row of the rectangle as a bitmap; NULL: they do not fill it. */
static uint8_t *
row_runs(struct span counts, size_t size)
{
	uint8_t *bits = xcalloc(size + 1, 1);
	struct span word;
	uint64_t run;
	size_t at = 0;
	bool bit = false;

	for (; span_cut(&counts, ',', &word); bit = !bit) {
		if (!num_parse_u64(span_trim(word), &run) || run > size - at) {
			free(bits);
			return NULL;
		}
		memset(bits + at, bit, run);
		at += run;
	}
	if (at == size)
		return bits;
	free(bits);
	return NULL;
}

static bool
read_mask(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	static const char *const key[] = { "left", "top", "width", "height" };
	struct rle rle = { .run = NULL };
	uint8_t *bits;
	struct span c[4];
	double v[4];
	bool ok;

	if (!read_attrs(r, n, key, c, 4) || r->width <= 0 || r->height <= 0)
		return cvat_bad_shape(
		    r, n, "a mask needs left, top, width, height, and a picture with a size");
	for (int i = 0; i < 4; i++)
		num_parse(c[i], &v[i]);
	if (!(v[2] >= 0 && v[3] >= 0 && v[2] * v[3] <= (double)RLE_BITS_MAX && v[2] < 1e9 &&
		v[3] < 1e9 && fabs(v[0]) < 1e9 && fabs(v[1]) < 1e9))
		return cvat_bad_shape(r, n, "the mask is too large");
	bits = row_runs(xml_attr(r->x, n, "rle"), (size_t)v[2] * (size_t)v[3]);
	if (!bits)
		return cvat_bad_shape(r, n, "the sum of the mask's rle is not width * height");
	ok = rle_from_bits(&rle, (uint64_t)r->height, (uint64_t)r->width, bits, (int64_t)v[0],
	    (int64_t)v[1], (uint32_t)v[2], (uint32_t)v[3]);
	jw_key(b, "rle");
	if (ok)
		rle_write(b, &rle, true);
	rle_release(&rle);
	free(bits);
	return ok || cvat_bad_shape(r, n, "the picture is too large for a mask");
}

/* Points of a skeleton, with what is seen of them, and their names. */
static bool
read_skeleton(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	struct buf names = BUF_INIT;
	bool ok = true;

	jw_key(b, "keypoints");
	jw_open(b, '[');
	for (const struct xml_node *c = xml_child(r->x, n); c && ok; c = xml_next(r->x, c)) {
		struct span point = xml_attr(r->x, c, "points"), x;
		bool away = span_is(xml_attr(r->x, c, "outside"), "1");

		if (!span_is(xml_name(r->x, c), "points"))
			continue;
		ok = span_cut(&point, ',', &x) && point.p && write_number_text(b, x) &&
		     write_number_text(b, point);
		jw_u64(b, away ? 0 : span_is(xml_attr(r->x, c, "occluded"), "1") ? 1 : 2);
		jw_string(&names, xml_attr(r->x, c, "label"));
	}
	jw_close(b, ']');
	jw_key(b, "cvat-points");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&names));
	jw_close(b, ']');
	buf_release(&names);
	return ok || cvat_bad_shape(r, n, "the points of a skeleton should be \"x,y\"");
}

static const char *const cuboid_key[] = { "xtl1", "ytl1", "xbl1", "ybl1", "xtr1", "ytr1", "xbr1",
	"ybr1", "xtl2", "ytl2", "xbl2", "ybl2", "xtr2", "ytr2", "xbr2", "ybr2" };

static bool
read_cuboid(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	struct span v[16];

	if (!read_attrs(r, n, cuboid_key, v, 16))
		return cvat_bad_shape(r, n, "a cuboid needs its 8 corners");
	jw_key(b, "keypoints");
	jw_open(b, '[');
	for (int i = 0; i < 16; i++) {
		write_number_text(b, v[i]);
		if (i % 2)
			jw_u64(b, 2);
	}
	jw_close(b, ']');
	return true;
}

static bool
read_point_list(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	struct span name = xml_name(r->x, n), points = xml_attr(r->x, n, "points");
	bool polygon = span_is(name, "polygon"), cloud = span_is(name, "points");
	bool one = cloud && points.n && !memchr(points.p, ';', points.n);
	long k;

	jw_key(b, polygon ? "polygon" : one ? "point" : cloud ? "keypoints" : "polyline");
	if (polygon)
		jw_open(b, '[');
	k = write_points(b, points, cloud && !one ? "2" : NULL);
	if (polygon)
		jw_close(b, ']');
	return k > 0 || cvat_bad_shape(r, n, "points should be \"x,y;x,y\"");
}

static bool
read_shape(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	struct span name = xml_name(r->x, n);

	if (span_is(name, "tag"))
		return true;
	if (span_is(name, "box"))
		return read_box(r, b, n);
	if (span_is(name, "polygon") || span_is(name, "polyline") || span_is(name, "points"))
		return read_point_list(r, b, n);
	if (span_is(name, "mask"))
		return read_mask(r, b, n);
	if (span_is(name, "ellipse"))
		return read_ellipse(r, b, n);
	if (span_is(name, "skeleton"))
		return read_skeleton(r, b, n);
	if (span_is(name, "cuboid"))
		return read_cuboid(r, b, n);
	return cvat_bad_shape(r, n,
	    "unknown shape; CVAT has box, polygon, polyline, points, ellipse, cuboid, mask, "
	    "skeleton, tag");
}

/* ---- attributes ---- */

enum { TEXT, CHECKBOX, NUMBER };

void
cvat_add_type(struct cvat_shapes *r, struct span label, const struct xml_node *attribute)
{
	struct span type = xml_find_text(r->x, attribute, "input_type");
	bool is_new;

	buf_reset(&r->scratch);
	buf_addspan(&r->scratch, label);
	buf_addc(&r->scratch, '\n');
	buf_addspan(&r->scratch, xml_find_text(r->x, attribute, "name"));
	strmap_put(&r->types, buf_span(&r->scratch),
	    span_is(type, "checkbox") ? CHECKBOX
	    : span_is(type, "number") ? NUMBER
				      : TEXT,
	    &is_new);
}

static void
write_value(
    struct cvat_shapes *r, struct buf *b, struct span label, struct span name, struct span value)
{
	struct strmap_entry *e;

	buf_reset(&r->scratch);
	buf_addspan(&r->scratch, label);
	buf_addc(&r->scratch, '\n');
	buf_addspan(&r->scratch, name);
	e = strmap_find(&r->types, buf_span(&r->scratch));
	if (e && e->value == CHECKBOX && (span_is(value, "true") || span_is(value, "false")))
		jw_raw(b, value);
	else if (e && e->value == NUMBER && json_type_of(value) == JSON_NUMBER && json_valid(value))
		jw_raw(b, value);
	else
		jw_string(b, value);
}

static void
write_property(struct cvat_shapes *r, struct buf *b, const struct xml_node *n, struct span label)
{
	bool any = false;

	for (const struct xml_node *c = xml_child(r->x, n); c; c = xml_next(r->x, c)) {
		struct span name = xml_attr(r->x, c, "name");

		if (!span_is(xml_name(r->x, c), "attribute") || !name.p)
			continue;
		if (!any) {
			jw_key(b, "property");
			jw_open(b, '{');
		}
		any = true;
		jw_key_span(b, name);
		write_value(r, b, label, name, xml_text(r->x, c));
	}
	if (any)
		jw_close(b, '}');
}

/* Attributes that a shape's own numbers and the fields of records cover. */
static bool
is_covered(struct span name)
{
	static const char words[] =
	    "|label|occluded|group_id|xtl|ytl|xbr|ybr|rotation|points|cx|cy|rx|ry|rle|left|top|width|"
	    "height|frame|";
	char key[40];

	if (name.n > 30)
		return false;
	key[0] = '|';
	memcpy(key + 1, name.p, name.n);
	key[name.n + 1] = '|';
	key[name.n + 2] = '\0';
	if (strstr(words, key))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(cuboid_key); i++)
		if (span_is(name, cuboid_key[i]))
			return true;
	return false;
}

static void
write_attributes(struct cvat_shapes *r, struct buf *b, const struct xml_node *n)
{
	for (const struct xml_node *a = xml_attrs(r->x, n); a; a = xml_next(r->x, a)) {
		if (is_covered(xml_name(r->x, a)))
			continue;
		jw_key_span(b, xml_name(r->x, a));
		jw_string(b, xml_text(r->x, a));
	}
}

/* z_order, source, a mask's rectangle, the kind of what is not told by its shape, the track. */
static void
write_private(
    struct cvat_shapes *r, struct buf *b, const struct xml_node *n, const struct xml_node *track)
{
	static const char *const rectangle[] = { "left", "top", "width", "height" };
	size_t begin = b->n, empty;

	jw_key(b, "cvat");
	jw_open(b, '{');
	empty = b->n;
	write_attributes(r, b, n);
	if (span_is(xml_name(r->x, n), "cuboid") || span_is(xml_name(r->x, n), "skeleton"))
		jw_member_string(b, "shape", xml_name(r->x, n));
	for (int i = 0; span_is(xml_name(r->x, n), "mask") && i < 4; i++)
		jw_member_string(b, rectangle[i], xml_attr(r->x, n, rectangle[i]));
	if (track) {
		jw_key(b, "track");
		jw_open(b, '{');
		for (const struct xml_node *a = xml_attrs(r->x, track); a; a = xml_next(r->x, a))
			if (!span_is(xml_name(r->x, a), "label")) {
				jw_key_span(b, xml_name(r->x, a));
				jw_string(b, xml_text(r->x, a));
			}
		jw_close(b, '}');
	}
	if (b->n == empty)
		buf_cut(b, begin);
	else
		jw_close(b, '}');
}

static void
note_blanks(struct cvat_shapes *r, const struct xml_node *n)
{
	for (const struct xml_node *a = xml_attrs(r->x, n); a; a = xml_next(r->x, a)) {
		struct span whole = xml_whole_text(r->x, a);

		if (!span_is(xml_name(r->x, a), "label"))
			continue;
		if (xml_text(r->x, a).n < whole.n)
			import_class_blanks(r->im, xml_pos(r->x, n), whole);
		break;
	}
}

bool
cvat_read_shape(
    struct cvat_shapes *r, struct buf *b, const struct xml_node *n, const struct xml_node *track)
{
	struct span label = xml_attr(r->x, track ? track : n, "label");
	struct span occluded = xml_attr(r->x, n, "occluded"), group = xml_attr(r->x, n, "group_id");
	size_t begin = b->n;

	jw_open(b, '{');
	note_blanks(r, track ? track : n);
	if (label.p)
		jw_member_string(b, "name", label);
	if (!read_shape(r, b, n)) {
		buf_cut(b, begin);
		return false;
	}
	if (span_is(occluded, "0") || span_is(occluded, "1"))
		jw_member_bool(b, "occluded", occluded.p[0] == '1');
	else if (occluded.n > 0)
		warning_at(xml_pos(r->x, n), "cvat",
		    "\"occluded\" should be 0 or 1, not '%.*s': left out", SPAN_ARG(occluded));
	if (group.n) {
		jw_key(b, "group");
		if (!write_number_text(b, group))
			jw_string(b, group);
	}
	write_property(r, b, n, label);
	write_private(r, b, n, track);
	jw_close(b, '}');
	return true;
}

void
cvat_shapes_release(struct cvat_shapes *r)
{
	strmap_release(&r->types);
	buf_release(&r->scratch);
}
