/* Shapes inside of a manifest's line: see manifest_feature.h. */
#include "label/manifest_feature.h"

#include <math.h>

#include "base/num.h"
#include "label/coords.h"
#include "label/decimal.h"
#include "label/sample.h"

static const char shape_key[] = "@modelarts:shape", feature_key[] = "@modelarts:feature";

static const struct shape {
	const char *name;
	enum ann_field field;
	size_t min, max; /* points */
	const char *wrong;
} shapes[] = {
	{ "bndbox", ANN_BBOX, 2, 2, "a bndbox is two points, [[x0,y0],[x1,y1]]" },
	{ "polygon", ANN_POLYGON, 3, SIZE_MAX, "a polygon is three points or more, [[x,y],...]" },
	{ "polyline", ANN_POLYLINE, 2, SIZE_MAX, "a polyline is two points or more, [[x,y],...]" },
	{ "line", ANN_LINE, 2, 2, "a line is two points, [[x0,y0],[x1,y1]]" },
	{ "dashed", ANN_LINE, 2, 2, "a dashed line is two points, [[x0,y0],[x1,y1]]" },
	{ "point", ANN_POINT, 1, 1, "a point is [[x,y]]" },
	{ "circle", ANN_CIRCLE, 0, 0, "a circle is [[cx,cy],[r]] or [cx,cy,r]" },
};

#define DASHED 4 /* its index */
#define POINT 5
#define CIRCLE 6

static bool
wrong(struct feature *f, struct span at, const char *why)
{
	if (!f->wrong) {
		f->wrong = why;
		f->at = f->inside.n > 0 ? f->outer : at;
	}
	return false;
}

/* ---- reading ---- */

bool
feature_find(struct feature *f, struct span property)
{
	struct span object = property;

	buf_reset(&f->inside);
	if (!property.p || !memmem(property.p, property.n, feature_key, sizeof(feature_key) - 1))
		return false;
	if (json_type_of(property) == JSON_STRING) {
		json_decode(&f->inside, json_unquote(property));
		object = span_trim(buf_span(&f->inside));
		if (!json_valid(object))
			return false;
	}
	if (json_type_of(object) != JSON_OBJECT)
		return false;
	f->outer = property;
	f->property = object;
	f->raw = json_member(object, feature_key);
	f->name = json_member(object, shape_key);
	return f->raw.p && json_type_of(f->raw) != JSON_NULL;
}

static bool
add_number(struct feature *f, struct span raw)
{
	double v;

	if (json_type_of(raw) != JSON_NUMBER || !num_parse(raw, &v))
		return wrong(f, raw, "@modelarts:feature must hold numbers");
	jw_raw(&f->flat, raw);
	return true;
}

/* [x,y] */
static bool
add_row(struct feature *f, struct span row)
{
	struct json j;
	struct span raw;
	size_t n = 0;

	json_begin_valid(&j, row);
	json_array(&j);
	for (; json_item(&j) && json_value(&j, &raw); n++)
		if (!add_number(f, raw))
			return false;
	if (f->rows < 2)
		f->row[f->rows] = n;
	f->pairs = f->pairs && n == 2;
	f->rows++;
	return true;
}

/* All numbers as a flat list. */
static bool
flatten(struct feature *f)
{
	struct span list = f->raw, item;
	struct json j;

	if (json_type_of(list) == JSON_STRING)
		list = json_value_text(list, &f->text);
	if (!json_valid(list) || json_type_of(list) != JSON_ARRAY)
		return wrong(f, f->raw, "@modelarts:feature must be a list of points");
	f->rows = f->bare = 0;
	f->pairs = true;
	buf_reset(&f->flat);
	jw_open(&f->flat, '[');
	json_begin_valid(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &item)) {
		bool row = json_type_of(item) == JSON_ARRAY;

		if (!(row ? add_row(f, item) : add_number(f, item))) {
			if (list.p != f->raw.p)
				f->at = f->inside.n > 0 ? f->outer : f->raw;
			return false;
		}
		f->bare += !row;
	}
	jw_close(&f->flat, ']');
	return true;
}

static bool
is_circle(const struct feature *f)
{
	return (f->rows == 0 && f->bare == 3) ||
	       (f->rows == 2 && f->bare == 0 && f->row[0] == 2 && f->row[1] == 1);
}

/* The shape by its name; without one, what its points leave no doubt about. */
static const struct shape *
shape_of(struct feature *f)
{
	struct span name = json_unquote(f->name);

	if (f->name.p && json_type_of(f->name) != JSON_NULL) {
		for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
			if (span_is(name, shapes[i].name))
				return &shapes[i];
		wrong(f, f->name,
		    "@modelarts:shape must be bndbox, polygon, circle, line, dashed, point or polyline");
		return NULL;
	}
	if (is_circle(f))
		return &shapes[CIRCLE];
	if (f->bare == 0 && f->rows == 1 && f->pairs)
		return &shapes[POINT];
	wrong(f, f->raw,
	    "@modelarts:feature needs @modelarts:shape: its points may be more than one shape");
	return NULL;
}

/* x0 y0 x1 y1 of the flat list as x y w h. */
static bool
read_box(struct feature *f)
{
	struct span v[4];
	double d[4];

	number_texts(buf_span(&f->flat), v, 4);
	for (int i = 0; i < 4; i++)
		num_parse(v[i], &d[i]);
	if (!isfinite(d[2] - d[0]) || !isfinite(d[3] - d[1]))
		return wrong(f, f->raw, "the bndbox is too large");
	if (d[0] > d[2] || d[1] > d[3])
		return wrong(f, f->raw,
		    "the points of a bndbox must be the top left, then the bottom right one: x0 is not above x1, y0 not above y1");
	jw_open(&f->value, '[');
	jw_raw(&f->value, v[0]);
	jw_raw(&f->value, v[1]);
	for (int i = 2; i < 4; i++) {
		buf_addc(&f->value, ',');
		decimal_sum(&f->value, v[i], -1, v[i - 2], 0);
	}
	jw_close(&f->value, ']');
	return true;
}

static bool
read_circle(struct feature *f)
{
	struct span v[3];
	double r = 0;

	number_texts(buf_span(&f->flat), v, 3);
	if (num_parse(v[2], &r) && r < 0)
		return wrong(f, f->raw, "the radius of a circle must not be negative");
	jw_raw(&f->value, buf_span(&f->flat));
	return true;
}

static bool
read_value(struct feature *f, const struct shape *s)
{
	if (s->field == ANN_CIRCLE
		? !is_circle(f)
		: f->bare > 0 || !f->pairs || f->rows < s->min || f->rows > s->max)
		return wrong(f, f->raw, s->wrong);
	buf_reset(&f->value);
	if (s->field == ANN_BBOX)
		return read_box(f);
	if (s->field == ANN_CIRCLE)
		return read_circle(f);
	if (s->field == ANN_POLYGON)
		jw_open(&f->value, '[');
	jw_raw(&f->value, buf_span(&f->flat));
	if (s->field == ANN_POLYGON)
		jw_close(&f->value, ']');
	return true;
}

static bool
is_empty_object(struct span raw)
{
	return span_trim((struct span){ raw.p + 1, raw.n - 2 }).n == 0;
}

bool
feature_read(struct feature *f)
{
	const struct json_change gone[2] = { { shape_key, SPAN_NONE }, { feature_key, SPAN_NONE } };
	const struct shape *s = NULL;

	f->wrong = NULL;
	f->n = 0;
	if (!flatten(f) || !(s = shape_of(f)) || !read_value(f, s))
		return false;
	f->shape = s->field;
	f->field[f->n++] = (struct json_change){ ann_field_name[s->field], buf_span(&f->value) };
	if (s == &shapes[DASHED])
		f->field[f->n++] = (struct json_change){ "dashed", SPAN("true") };
	buf_reset(&f->rest);
	json_edit(&f->rest, f->property, gone, 2);
	f->property = is_empty_object(buf_span(&f->rest)) ? SPAN_NONE : buf_span(&f->rest);
	return true;
}

/* ---- writing ---- */

struct span
feature_kept(const struct annotation *a)
{
	struct span kept;
	enum json_type type;

	if (a->n <= (size_t)__builtin_popcountll(a->has)) /* the fields, and no more */
		return SPAN_NONE;
	kept = ann_member(a, "manifest");
	type = json_type_of(kept);
	return (type == JSON_OBJECT || type == JSON_STRING) &&
		       memmem(kept.p, kept.n, feature_key, sizeof(feature_key) - 1)
		   ? kept
		   : SPAN_NONE;
}

static bool
has(const struct annotation *a, enum ann_field field)
{
	return a->v[field].p && json_type_of(a->v[field]) != JSON_NULL;
}

/* The one shape that says it; a bbox beside it is only its box. ANN_FIELDS: none, or two. */
static enum ann_field
main_shape(const struct annotation *a)
{
	static const enum ann_field fine[] = { ANN_POLYGON, ANN_POLYLINE, ANN_LINE, ANN_POINT,
		ANN_CIRCLE };

	static const enum ann_field none[] = { ANN_RBOX, ANN_RLE, ANN_MASK, ANN_KEYPOINTS };
	enum ann_field found = ANN_FIELDS;

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (has(a, none[i]))
			return ANN_FIELDS;
	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		if (has(a, fine[i])) {
			if (found != ANN_FIELDS)
				return ANN_FIELDS;
			found = fine[i];
		}
	return found == ANN_FIELDS && has(a, ANN_BBOX) ? ANN_BBOX : found;
}

static bool
is_dashed(const struct annotation *a)
{
	return json_type_of(ann_member(a, "dashed")) == JSON_TRUE;
}

/* Its numbers; of a polygon, those of the first ring. */
static struct span
numbers_of(const struct annotation *a, enum ann_field field)
{
	struct span rest = a->v[field], ring;

	if (field != ANN_POLYGON)
		return rest;
	return coords_ring(&rest, &ring) ? ring : SPAN_NONE;
}

static const struct shape *
shape_named(const struct annotation *a, enum ann_field field)
{
	if (field == ANN_LINE && is_dashed(a))
		return &shapes[DASHED];
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (shapes[i].field == field)
			return &shapes[i];
	return NULL;
}

bool
feature_fits(const struct annotation *a)
{
	enum ann_field field = main_shape(a);
	const struct shape *s = shape_named(a, field);
	enum json_type property = json_type_of(a->v[ANN_PROPERTY]);
	size_t n;

	if (!s || ann_is_ratio(a) || (property != JSON_NONE && property != JSON_OBJECT))
		return false;
	n = number_texts(numbers_of(a, field), NULL, 0);
	if (field == ANN_CIRCLE)
		return n == 3;
	return n != SIZE_MAX && n % 2 == 0 && n / 2 >= s->min && n / 2 <= s->max;
}

/* Does the kept property still say what the annotation says? */
static bool
agrees(struct feature *f, const struct annotation *a, struct span kept)
{
	enum ann_field field = main_shape(a);

	return feature_find(f, kept) && feature_read(f) && f->shape == field &&
	       is_dashed(a) == (f->n == 2) && span_eq(f->field[0].value, a->v[field]) &&
	       (f->property.p ? span_eq(f->property, a->v[ANN_PROPERTY]) : !a->v[ANN_PROPERTY].p);
}

/* x y w h as [[x0,y0],[x1,y1]]. */
static void
write_box(struct buf *b, struct span bbox)
{
	struct span v[4];

	number_texts(bbox, v, 4);
	buf_addf(b, "[[%.*s,%.*s],[", SPAN_ARG(v[0]), SPAN_ARG(v[1]));
	decimal_sum(b, v[0], 1, v[2], 0);
	buf_addc(b, ',');
	decimal_sum(b, v[1], 1, v[3], 0);
	buf_adds(b, "]]");
}

static void
write_value(struct buf *b, struct span flat, enum ann_field field)
{
	struct span v[3];

	if (field == ANN_BBOX) {
		write_box(b, flat);
	} else if (field == ANN_CIRCLE) {
		number_texts(flat, v, 3);
		buf_addf(b, "[[%.*s,%.*s],[%.*s]]", SPAN_ARG(v[0]), SPAN_ARG(v[1]), SPAN_ARG(v[2]));
	} else {
		coords_pair(b, flat, 2);
	}
}

struct span
feature_property(struct feature *f, const struct annotation *a)
{
	enum ann_field field = main_shape(a);
	struct span kept = feature_kept(a), property = a->v[ANN_PROPERTY];
	struct json_change c[2];

	if (agrees(f, a, kept))
		return kept;
	buf_reset(&f->text);
	buf_addf(&f->text, "\"%s\"", shape_named(a, field)->name);
	buf_reset(&f->value);
	write_value(&f->value, numbers_of(a, field), field);
	c[0] = (struct json_change){ shape_key, buf_span(&f->text) };
	c[1] = (struct json_change){ feature_key, buf_span(&f->value) };
	buf_reset(&f->rest);
	json_edit(&f->rest, property.p ? property : SPAN("{}"), c, 2);
	return buf_span(&f->rest);
}

void
feature_release(struct feature *f)
{
	buf_release(&f->inside);
	buf_release(&f->text);
	buf_release(&f->flat);
	buf_release(&f->value);
	buf_release(&f->rest);
}
