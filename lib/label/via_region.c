/* Regions of the VGG Image Annotator: see via.h. */
#include "label/via.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/num.h"

/* ---- reading ---- */

struct span
via_class_key(struct span attributes, struct span wanted)
{
	static const char *const usual[] = { "class", "label", "name", "type", "category",
		"object" };
	size_t best = ARRAY_LEN(usual), n = 0;
	struct span key, value, found = SPAN_NONE, only = SPAN_NONE;
	struct json j;

	if (json_type_of(attributes) != JSON_OBJECT)
		return SPAN_NONE;
	json_begin(&j, attributes);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (json_type_of(value) != JSON_STRING)
			continue;
		if (wanted.n && span_eq(key, wanted))
			return key;
		only = key;
		n++;
		for (size_t i = 0; i < best; i++)
			if (strlen(usual[i]) == key.n && strncasecmp(usual[i], key.p, key.n) == 0) {
				found = key;
				best = i;
			}
	}
	return found.p ? found : n == 1 ? only : SPAN_NONE;
}

/* Members of an object but one, on one line; nothing when there are none. */
static void
others(struct buf *b, struct span object, struct span drop)
{
	struct span key, value;
	struct json j;

	if (json_type_of(object) != JSON_OBJECT)
		return;
	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (drop.p && span_eq(key, drop))
			continue;
		jw_raw(b, b->n ? SPAN("") : SPAN("{"));
		jw_key_raw(b, key);
		jw_compact(b, value);
	}
	if (b->n)
		jw_close(b, '}');
}

static bool
flat_member(struct buf *b, const char *key, const struct span *v, size_t n)
{
	jw_key(b, key);
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++)
		if (!write_number_text(b, v[i]))
			return false;
	jw_close(b, ']');
	return true;
}

/* x and y lists of one length as one flat list. */
static bool
read_points(struct buf *b, struct span xs, struct span ys)
{
	size_t n = number_texts(xs, NULL, 0);
	struct span *x, *y;

	if (n == SIZE_MAX || number_texts(ys, NULL, 0) != n)
		return false;
	x = xreallocarray(NULL, n + 1, sizeof(*x));
	y = xreallocarray(NULL, n + 1, sizeof(*y));
	number_texts(xs, x, n);
	number_texts(ys, y, n);
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++) {
		jw_raw(b, x[i]);
		jw_raw(b, y[i]);
	}
	jw_close(b, ']');
	free(x);
	free(y);
	return true;
}

enum { NAME, X, Y, WIDTH, HEIGHT, CX, CY, R, RX, RY, THETA, ALL_X, ALL_Y, SHAPE_KEYS };

static const char *const shape_key[SHAPE_KEYS] = { "name", "x", "y", "width", "height", "cx", "cy",
	"r", "rx", "ry", "theta", "all_points_x", "all_points_y" };

static bool
read_ellipse(struct buf *b, const struct span *v)
{
	struct span e[5] = { v[CX], v[CY], v[RX], v[RY], SPAN("0") };
	struct buf degrees = BUF_INIT;
	double theta = 0;
	bool ok;

	if (v[THETA].p && !num_parse(v[THETA], &theta))
		return false;
	num_add(&degrees, theta * (180 / M_PI));
	e[4] = buf_span(&degrees);
	ok = coords_write_ellipse(b, e);
	buf_release(&degrees);
	return ok;
}

static bool
read_shape(struct buf *b, const struct span *v, const char **why)
{
	struct span name = json_unquote(v[NAME]);
	bool ok;

	*why = "the shape lacks a number";
	if (span_is(name, "rect"))
		return flat_member(b, "bbox", v + X, 4);
	if (span_is(name, "circle"))
		return flat_member(b, "circle", v + CX, 3);
	if (span_is(name, "point"))
		return flat_member(b, "point", v + CX, 2);
	if (span_is(name, "ellipse"))
		return read_ellipse(b, v);
	*why = "all_points_x and all_points_y must be lists of one length";
	if (span_is(name, "polyline")) {
		jw_key(b, "polyline");
		return read_points(b, v[ALL_X], v[ALL_Y]);
	}
	if (span_is(name, "polygon")) {
		jw_key(b, "polygon");
		jw_open(b, '[');
		ok = read_points(b, v[ALL_X], v[ALL_Y]);
		jw_close(b, ']');
		return ok;
	}
	*why = "unknown shape; VIA has rect, circle, ellipse, polygon, polyline, point";
	return false;
}

/* {"KEY":"class", others}: what is written of a class and a property. */
static void
join_attributes(struct buf *b, struct span key, struct span name, struct span property)
{
	jw_open(b, '{');
	if (name.p) {
		jw_key_raw(b, key);
		jw_raw(b, name);
	}
	if (json_type_of(property) == JSON_OBJECT && property.n > 2)
		jw_raw(b, span_of(property.p + 1, property.p + property.n - 1));
	jw_close(b, '}');
}

/* What would not come back of itself: unknown members of the shape, attributes in another order. */
static void
write_private(struct buf *b, struct span rest, struct span raw, struct span again)
{
	bool same = span_eq(raw, again);

	if (same && !rest.n)
		return;
	jw_key(b, "via");
	jw_open(b, '{');
	if (rest.n)
		jw_compact(b, rest);
	if (!same)
		jw_member_raw(b, "region_attributes", raw);
	jw_close(b, '}');
}

bool
via_read_region(struct buf *b, struct span shape, struct span attributes, struct span class_key,
    const char **why)
{
	struct buf rest = BUF_INIT, raw = BUF_INIT, again = BUF_INIT, property = BUF_INIT;
	struct span v[SHAPE_KEYS], key, name = SPAN_NONE;
	size_t begin = b->n;
	bool ok;

	jw_compact(&raw, json_type_of(attributes) == JSON_OBJECT ? attributes : SPAN("{}"));
	key = via_class_key(buf_span(&raw), class_key);
	if (key.p) {
		struct json j;

		json_begin(&j, span_of(key.p + key.n + 2, raw.p + raw.n));
		json_value(&j, &name);
	}
	json_pick(shape, shape_key, v, SHAPE_KEYS, &rest);
	jw_open(b, '{');
	if (name.p)
		jw_member_raw(b, "name", name);
	ok = read_shape(b, v, why);
	others(&property, buf_span(&raw), key);
	if (property.n)
		jw_member_raw(b, "property", buf_span(&property));
	join_attributes(&again, class_key.n ? class_key : SPAN("class"), name, buf_span(&property));
	write_private(b, buf_span(&rest), buf_span(&raw), buf_span(&again));
	jw_close(b, '}');
	if (!ok)
		buf_cut(b, begin);
	buf_release(&rest);
	buf_release(&raw);
	buf_release(&again);
	buf_release(&property);
	return ok;
}

/* ---- writing ---- */

/* Every second element of a flat list, from `first` on. */
static void
write_every_second(struct buf *b, const char *key, struct span flat, size_t first)
{
	size_t n = number_texts(flat, NULL, 0);
	struct span *v;

	jw_key(b, key);
	jw_open(b, '[');
	if (n != SIZE_MAX) {
		v = xreallocarray(NULL, n + 1, sizeof(*v));
		number_texts(flat, v, n);
		for (size_t i = first; i < n; i += 2)
			jw_raw(b, v[i]);
		free(v);
	}
	jw_close(b, ']');
}

static void
write_points(struct buf *b, const char *name, struct span flat)
{
	jw_member_str(b, "name", name);
	write_every_second(b, "all_points_x", flat, 0);
	write_every_second(b, "all_points_y", flat, 1);
}

static void
write_numbers(struct buf *b, const char *name, int first, const struct span *v, int n)
{
	jw_member_str(b, "name", name);
	for (int i = 0; i < n; i++)
		jw_member_raw(b, shape_key[first + i], v[i]);
}

static void
write_ellipse(struct buf *b, const struct span e[5])
{
	double degrees = 0;

	write_numbers(b, "ellipse", CX, e, 2);
	jw_member_raw(b, "rx", e[2]);
	jw_member_raw(b, "ry", e[3]);
	jw_key(b, "theta");
	num_parse(e[4], &degrees);
	jw_number(b, degrees * (M_PI / 180));
}

/* The geometry as members of shape_attributes. */
static bool
write_shape(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct buf *b)
{
	struct corners box = { .b = BUF_INIT };
	struct span v[5];
	bool ok = true;

	if (coords_ellipse(a, v))
		write_ellipse(b, v);
	else if (ring.p && number_texts(ring, NULL, 0) % 2)
		ok = false;
	else if (ring.p)
		write_points(b, "polygon", ring);
	else if (number_texts(a->v[ANN_CIRCLE], v, 3) == 3)
		write_numbers(b, "circle", CX, v, 3);
	else if (number_texts(a->v[ANN_POINT], v, 2) == 2)
		write_numbers(b, "point", CX, v, 2);
	else if (a->v[ANN_POLYLINE].p || a->v[ANN_LINE].p)
		write_points(b, "polyline", a->v[a->v[ANN_POLYLINE].p ? ANN_POLYLINE : ANN_LINE]);
	else if ((ok = coords_box(ex, s, a, &box)))
		write_numbers(b, "rect", X, box.v, 4);
	corners_release(&box);
	return ok;
}

/* The attributes as they came, when they still say class and property. */
static struct span
kept_attributes(const struct annotation *a, struct span private, struct span class_key)
{
	struct span raw = json_member(private, "region_attributes"), key, name = SPAN_NONE;
	struct buf property = BUF_INIT;
	struct json j;
	bool same;

	if (!raw.p)
		return SPAN_NONE;
	key = via_class_key(raw, class_key);
	if (key.p) {
		json_begin(&j, span_of(key.p + key.n + 2, raw.p + raw.n));
		json_value(&j, &name);
	}
	others(&property, raw, key);
	same = span_eq(name, a->v[ANN_NAME]) && span_eq(buf_span(&property), a->v[ANN_PROPERTY]);
	buf_release(&property);
	return same ? raw : SPAN_NONE;
}

bool
via_write_region(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct span class_key, struct buf *shape, struct buf *attributes)
{
	static const char *const known[] = { "region_attributes" };
	struct span private = ann_member(a, "via"), kept, v[1];
	struct buf rest = BUF_INIT;

	jw_open(shape, '{');
	if (!write_shape(ex, s, a, ring, shape))
		return false;
	json_pick(private, known, v, 1, &rest);
	if (rest.n)
		jw_raw(shape, buf_span(&rest));
	buf_release(&rest);
	jw_close(shape, '}');
	kept = kept_attributes(a, private, class_key);
	if (kept.p)
		buf_addspan(attributes, kept);
	else
		join_attributes(attributes, class_key, a->v[ANN_NAME], a->v[ANN_PROPERTY]);
	return true;
}
