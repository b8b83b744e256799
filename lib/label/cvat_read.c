/* CVAT XML to records: see cvat.c. */
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/num.h"
#include "base/path.h"
#include "base/strmap.h"
#include "label/coords.h"
#include "label/cvat.h"
#include "label/find.h"
#include "label/gather.h"
#include "label/xml.h"
#include "record/rle.h"

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct xml *x;
	struct buf text, annotations, outside, scratch, id;
	struct strmap types; /* "label\nattribute" -> type */
	const struct node *node;
	const char *file;
	double width, height; /* of the current picture */
	struct gather frames, away;
};

enum { TEXT, CHECKBOX, NUMBER };

/* ---- the header ---- */

static void
add_type(struct reader *r, struct span label, const struct xml_node *attribute)
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

/* Children that are text as string members. */
static void
write_texts(struct reader *r, struct buf *b, const struct xml_node *n)
{
	for (const struct xml_node *c = xml_child(r->x, n); c; c = xml_next(r->x, c)) {
		if (xml_child(r->x, c) || span_is(xml_name(r->x, c), "attributes"))
			continue;
		jw_key_span(b, xml_name(r->x, c));
		jw_string(b, xml_text(r->x, c));
	}
}

static void
write_label(struct reader *r, struct buf *b, const struct xml_node *label)
{
	const struct xml_node *list = xml_find(r->x, label, "attributes"), *a;
	struct span name = xml_find_text(r->x, label, "name");

	jw_open(b, '{');
	write_texts(r, b, label);
	a = list ? xml_child(r->x, list) : NULL;
	if (a) {
		jw_key(b, "attributes");
		jw_open(b, '[');
		for (; a; a = xml_next(r->x, a)) {
			add_type(r, name, a);
			jw_open(b, '{');
			write_texts(r, b, a);
			jw_close(b, '}');
		}
		jw_close(b, ']');
	}
	jw_close(b, '}');
}

/* meta/task, project or job (whatever comes first with labels). */
static const struct xml_node *
find_labels(struct reader *r, const struct xml_node *meta)
{
	const struct xml_node *labels = NULL;

	if (meta)
		for (const struct xml_node *c = xml_child(r->x, meta); c && !labels;
		     c = xml_next(r->x, c))
			labels = xml_find(r->x, c, "labels");
	return labels;
}

/* The text of <meta> as it stands, when the file is UTF-8. */
static void
write_meta(struct reader *r, struct buf *b)
{
	const char *begin = memmem(r->text.p, r->text.n, "<meta>", 6), *end;

	end = begin ? memmem(begin, (size_t)(r->text.p + r->text.n - begin), "</meta>", 7) : NULL;
	if (!end)
		return;
	jw_key(b, "cvat");
	jw_open(b, '{');
	jw_member_string(b, "meta", span_of(begin, end + 7));
	jw_close(b, '}');
}

static void
write_header(struct reader *r, const struct xml_node *root)
{
	const struct xml_node *meta = xml_find(r->x, root, "meta"), *labels = find_labels(r, meta);
	struct buf *b = import_header(r->im);

	if (labels) {
		jw_key(b, "classes");
		jw_open(b, '[');
		for (const struct xml_node *c = xml_child(r->x, labels); c; c = xml_next(r->x, c))
			if (xml_find(r->x, c, "name"))
				write_label(r, b, c);
		jw_close(b, ']');
	}
	write_meta(r, b);
	import_header_end(r->im);
}

/* ---- shapes ---- */

static bool
bad(struct reader *r, const struct xml_node *n, const char *what)
{
	error_at(xml_pos(r->x, n), "cvat-shape", "%s", what);
	r->im->bad_annotations++;
	return false;
}

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
read_attrs(struct reader *r, const struct xml_node *n, const char *const *key, struct span *v,
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
read_box(struct reader *r, struct buf *b, const struct xml_node *n)
{
	static const char *const key[] = { "xtl", "ytl", "xbr", "ybr" };
	struct span c[4], rotation = xml_attr(r->x, n, "rotation");
	double v[4], degrees = 0;

	if (!read_attrs(r, n, key, c, 4))
		return bad(r, n, "a box needs the numbers xtl, ytl, xbr and ybr");
	if (rotation.p && !num_parse(rotation, &degrees))
		return bad(r, n, "rotation should be a number");
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
read_ellipse(struct reader *r, struct buf *b, const struct xml_node *n)
{
	static const char *const key[] = { "cx", "cy", "rx", "ry" };
	struct span e[5], rotation = xml_attr(r->x, n, "rotation");

	if (!read_attrs(r, n, key, e, 4))
		return bad(r, n, "an ellipse needs the numbers cx, cy, rx and ry");
	e[4] = rotation.p ? rotation : SPAN("0");
	return coords_write_ellipse(b, e) || bad(r, n, "rotation should be a number");
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
read_mask(struct reader *r, struct buf *b, const struct xml_node *n)
{
	static const char *const key[] = { "left", "top", "width", "height" };
	struct rle rle = { .run = NULL };
	uint8_t *bits;
	struct span c[4];
	double v[4];
	bool ok;

	if (!read_attrs(r, n, key, c, 4) || r->width <= 0 || r->height <= 0)
		return bad(
		    r, n, "a mask needs left, top, width, height, and a picture with a size");
	for (int i = 0; i < 4; i++)
		num_parse(c[i], &v[i]);
	if (!(v[2] >= 0 && v[3] >= 0 && v[2] * v[3] <= (double)RLE_BITS_MAX && v[2] < 1e9 &&
		v[3] < 1e9 && fabs(v[0]) < 1e9 && fabs(v[1]) < 1e9))
		return bad(r, n, "the mask is too large");
	bits = row_runs(xml_attr(r->x, n, "rle"), (size_t)v[2] * (size_t)v[3]);
	if (!bits)
		return bad(r, n, "the sum of the mask's rle is not width * height");
	ok = rle_from_bits(&rle, (uint64_t)r->height, (uint64_t)r->width, bits, (int64_t)v[0],
	    (int64_t)v[1], (uint32_t)v[2], (uint32_t)v[3]);
	jw_key(b, "rle");
	if (ok)
		rle_write(b, &rle, true);
	rle_release(&rle);
	free(bits);
	return ok || bad(r, n, "the picture is too large for a mask");
}

/* Points of a skeleton, with what is seen of them, and their names. */
static bool
read_skeleton(struct reader *r, struct buf *b, const struct xml_node *n)
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
	return ok || bad(r, n, "the points of a skeleton should be \"x,y\"");
}

static const char *const cuboid_key[] = { "xtl1", "ytl1", "xbl1", "ybl1", "xtr1", "ytr1", "xbr1",
	"ybr1", "xtl2", "ytl2", "xbl2", "ybl2", "xtr2", "ytr2", "xbr2", "ybr2" };

static bool
read_cuboid(struct reader *r, struct buf *b, const struct xml_node *n)
{
	struct span v[16];

	if (!read_attrs(r, n, cuboid_key, v, 16))
		return bad(r, n, "a cuboid needs its 8 corners");
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
read_point_list(struct reader *r, struct buf *b, const struct xml_node *n)
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
	return k > 0 || bad(r, n, "points should be \"x,y;x,y\"");
}

static bool
read_shape(struct reader *r, struct buf *b, const struct xml_node *n)
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
	return bad(r, n,
	    "unknown shape; CVAT has box, polygon, polyline, points, ellipse, cuboid, mask, "
	    "skeleton, tag");
}

/* ---- what goes with a shape ---- */

static void
write_value(struct reader *r, struct buf *b, struct span label, struct span name, struct span value)
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
write_property(struct reader *r, struct buf *b, const struct xml_node *n, struct span label)
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
write_attributes(struct reader *r, struct buf *b, const struct xml_node *n)
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
    struct reader *r, struct buf *b, const struct xml_node *n, const struct xml_node *track)
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

/* One shape as an annotation behind b's text. */
static bool
give_shape(struct reader *r, struct buf *b, const struct xml_node *n, const struct xml_node *track)
{
	struct span label = xml_attr(r->x, track ? track : n, "label");
	struct span occluded = xml_attr(r->x, n, "occluded"), group = xml_attr(r->x, n, "group_id");
	size_t begin = b->n;

	jw_open(b, '{');
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

/* ---- samples ---- */

/* The picture, where CVAT's exports have it. */
static struct span
source_of(struct reader *r, struct span name, struct span subset, struct picsize *size)
{
	struct span dir = find_dir(span_str(r->node->path));
	struct buf below = BUF_INIT;
	struct span source;

	path_join(&below, dir, SPAN("images"));
	if (subset.n) {
		buf_addc(&below, '/');
		buf_addspan(&below, subset);
	}
	if (pictures_find_at(&r->pictures, buf_span(&below), name)) {
		source = pictures_source(&r->pictures, buf_span(&below), name, size);
	} else {
		buf_reset(&below);
		path_join(&below, dir, SPAN("images"));
		source = pictures_source(&r->pictures,
		    pictures_find_at(&r->pictures, buf_span(&below), name) ? buf_span(&below) : dir,
		    name, size);
	}
	buf_release(&below);
	return source;
}

static const char *
usage_of(struct span subset)
{
	static const struct {
		const char *word, *usage;
	} words[] = { { "train", "TRAIN" }, { "training", "TRAIN" }, { "val", "EVAL" },
		{ "valid", "EVAL" }, { "validation", "EVAL" }, { "test", "TEST" } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].word) == subset.n &&
		    strncasecmp(words[i].word, subset.p, subset.n) == 0)
			return words[i].usage;
	return NULL;
}

static void
read_image(struct reader *r, const struct xml_node *image)
{
	struct span name = xml_attr(r->x, image, "name"), subset = xml_attr(r->x, image, "subset");
	struct span width = xml_attr(r->x, image, "width"),
		    height = xml_attr(r->x, image, "height");
	struct buf *b = import_record(r->im);
	struct picsize size;
	struct span source;
	uint64_t n = 0;

	if (!name.n) {
		error_at(xml_pos(r->x, image), "cvat", "an image needs a name");
		r->im->bad_samples++;
		return;
	}
	source = source_of(r, name, subset, &size);
	if (!num_parse(width, &r->width) || !num_parse(height, &r->height) || r->width <= 0 ||
	    r->height <= 0) {
		r->width = size.width;
		r->height = size.height;
	}
	buf_reset(&r->annotations);
	for (const struct xml_node *c = xml_child(r->x, image); c; c = xml_next(r->x, c))
		n += give_shape(r, &r->annotations, c, NULL);
	buf_reset(&r->id);
	path_join(&r->id, subset.n ? subset : SPAN(""), path_stem(name));
	import_begin_sample(b, source, buf_span(&r->id), r->width, r->height);
	if (subset.p && usage_of(subset))
		jw_member_str(b, "usage", usage_of(subset));
	jw_key(b, "annotation");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&r->annotations));
	jw_close(b, ']');
	jw_key(b, "cvat");
	jw_open(b, '{');
	for (const struct xml_node *a = xml_attrs(r->x, image); a; a = xml_next(r->x, a)) {
		struct span key = xml_name(r->x, a);

		if (span_is(key, "name") || span_is(key, "width") || span_is(key, "height"))
			continue;
		jw_key_span(b, key);
		jw_string(b, xml_text(r->x, a));
	}
	if (memchr(name.p, '/', name.n))
		jw_member_string(b, "name", name);
	jw_close(b, '}');
	jw_close(b, '}');
	import_sample(r->im, xml_pos(r->x, image), buf_span(b), n);
}

/* The shapes of a track go to their frames. */
static void
read_track(struct reader *r, const struct xml_node *track)
{
	for (const struct xml_node *c = xml_child(r->x, track); c; c = xml_next(r->x, c)) {
		struct span frame = xml_attr(r->x, c, "frame");
		bool away = span_is(xml_attr(r->x, c, "outside"), "1"), is_new;
		uint64_t number;
		size_t group;

		if (span_is(xml_name(r->x, c), "attribute"))
			continue;
		if (!num_parse_u64(frame, &number)) {
			bad(r, c, "a shape of a track needs its frame, a whole number");
			continue;
		}
		buf_reset(&r->annotations);
		if (!give_shape(r, &r->annotations, c, track))
			continue;
		buf_reset(&r->id);
		num_add_u64(&r->id, number);
		group = gather_group(&r->frames, buf_span(&r->id), &is_new);
		gather_group(&r->away, buf_span(&r->id), &is_new);
		gather_add(away ? &r->away : &r->frames, group, buf_span(&r->annotations));
	}
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
give_frame(struct reader *r, uint64_t number)
{
	struct buf *b = import_record(r->im), name = BUF_INIT, key = BUF_INIT;
	struct span dir = find_dir(span_str(r->node->path)), source;
	struct picsize size;
	bool is_new;
	size_t group;

	num_add_u64(&key, number);
	group = gather_group(&r->frames, buf_span(&key), &is_new);
	buf_addf(&name, "frame_%06llu", (unsigned long long)number);
	source = source_of(r, buf_span(&name), SPAN(""), &size);
	if (!size.width) {
		buf_adds(&name, ".png");
		source = pictures_source(&r->pictures, dir, buf_span(&name), NULL);
	}
	import_begin_sample(b, source, path_stem(buf_span(&name)),
	    r->width > 0 ? r->width : size.width, r->height > 0 ? r->height : size.height);
	jw_key(b, "annotation");
	jw_open(b, '[');
	gather_read(&r->frames, group, b);
	jw_close(b, ']');
	if (r->away.group[group].count) {
		jw_key(b, "cvat-outside");
		jw_open(b, '[');
		gather_read(&r->away, group, b);
		jw_close(b, ']');
	}
	jw_key(b, "cvat");
	jw_open(b, '{');
	jw_member_string(b, "frame", buf_span(&key));
	jw_close(b, '}');
	jw_close(b, '}');
	import_sample(r->im, pos_file(tree_name(r->im->tree, r->node)), buf_span(b),
	    r->frames.group[group].count);
	buf_release(&name);
	buf_release(&key);
}

static void
give_frames(struct reader *r)
{
	size_t n = r->frames.n;
	uint64_t *number = xreallocarray(NULL, n + 1, sizeof(*number));

	for (size_t i = 0; i < n; i++)
		num_parse_u64(r->frames.keys.e[i].key, &number[i]);
	if (n)
		qsort(number, n, sizeof(*number), by_number);
	for (size_t i = 0; i < n; i++)
		give_frame(r, number[i]);
	free(number);
}

/* The size of a video's frames: meta/task/original_size. */
static void
take_size(struct reader *r, const struct xml_node *root)
{
	const struct xml_node *meta = xml_find(r->x, root, "meta"), *size = NULL;

	r->width = r->height = 0;
	for (const struct xml_node *c = meta ? xml_child(r->x, meta) : NULL; c && !size;
	     c = xml_next(r->x, c))
		size = xml_find(r->x, c, "original_size");
	if (size) {
		num_parse(xml_find_text(r->x, size, "width"), &r->width);
		num_parse(xml_find_text(r->x, size, "height"), &r->height);
	}
}

static void
read_document(struct reader *r, const struct xml_node *root)
{
	gather_init(&r->frames);
	gather_init(&r->away);
	write_header(r, root);
	for (const struct xml_node *c = xml_child(r->x, root); c; c = xml_next(r->x, c))
		if (span_is(xml_name(r->x, c), "image"))
			read_image(r, c);
	take_size(r, root);
	for (const struct xml_node *c = xml_child(r->x, root); c; c = xml_next(r->x, c))
		if (span_is(xml_name(r->x, c), "track"))
			read_track(r, c);
	give_frames(r);
	gather_release(&r->frames);
	gather_release(&r->away);
}

static void
read_file(struct reader *r, const struct node *node)
{
	const struct xml_node *root;

	r->im->files++;
	r->node = node;
	buf_reset(&r->text);
	root = tree_read(r->im->tree, node, &r->text)
		   ? xml_parse(r->x, buf_span(&r->text), tree_name(r->im->tree, node),
			 r->im->opt->encoding)
		   : NULL;
	if (root && span_is(xml_name(r->x, root), "annotations")) {
		read_document(r, root);
		return;
	}
	r->im->bad_files++;
	if (root)
		error_at(
		    xml_pos(r->x, root), "cvat", "no CVAT file: its root is not <annotations>");
}

void
cvat_read(struct importer *im)
{
	struct reader r = { .im = im, .x = xml_new() };

	pictures_init(&r.pictures, im->tree);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->single || path_has_ext(span_str(im->tree->node[i].path), "xml"))
			read_file(&r, &im->tree->node[i]);
	xml_free(r.x);
	pictures_release(&r.pictures);
	strmap_release(&r.types);
	buf_release(&r.text);
	buf_release(&r.annotations);
	buf_release(&r.outside);
	buf_release(&r.scratch);
	buf_release(&r.id);
}
