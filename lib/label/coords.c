/* Coordinates as text: see coords.h. */
#include "label/coords.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "label/decimal.h"
#include "label/geometry.h"

static bool
sum_is(struct buf *b, struct span a, struct span w, struct span want)
{
	size_t at = b->n;
	bool same =
	    decimal_sum(b, a, 1, w, 0) && span_eq((struct span){ b->p + at, b->n - at }, want);

	buf_cut(b, at);
	return same;
}

/* The far edge minus the near one, behind b's text, with its comma. */
static struct span
add_width(struct buf *b, struct span near, struct span far)
{
	size_t at;

	buf_addc(b, ',');
	at = b->n;
	decimal_sum(b, far, -1, near, 0);
	return (struct span){ b->p + at, b->n - at };
}

bool
coords_read_corners(struct buf *b, const struct span c[4])
{
	struct span lo[2], hi[2], w;
	bool exact = true;
	double u, v;

	buf_reserve(b, 256 + 4 * (c[0].n + c[1].n + c[2].n + c[3].n));
	for (int i = 0; i < 2; i++) {
		if (!num_parse(c[i], &u) || !num_parse(c[i + 2], &v))
			return false;
		lo[i] = c[u <= v ? i : i + 2];
		hi[i] = c[u <= v ? i + 2 : i];
		exact = exact && u <= v;
	}
	jw_key(b, "bbox");
	jw_open(b, '[');
	write_number_text(b, lo[0]);
	write_number_text(b, lo[1]);
	for (int i = 0; i < 2; i++) {
		w = add_width(b, lo[i], hi[i]);
		exact = exact && sum_is(b, lo[i], w, hi[i]);
	}
	jw_close(b, ']');
	if (exact)
		return true;
	jw_key(b, "corners");
	jw_open(b, '[');
	for (int i = 0; i < 4; i++)
		write_number_text(b, c[i]);
	jw_close(b, ']');
	return true;
}

struct span
ann_member(const struct annotation *a, const char *key)
{
	for (size_t i = 0; i < a->n; i++)
		if (span_is(a->m[i].key, key))
			return a->m[i].value;
	return SPAN_NONE;
}

/* "corners", when they still say what the bbox says. */
static bool
kept_corners(const struct annotation *a, struct span v[4])
{
	struct span raw = ann_member(a, "corners");
	struct box box;
	double c[4];

	if (!raw.p || !ann_bbox(a, &box) || json_numbers(raw, c, 4) != 4)
		return false;
	for (int i = 0; i < 2; i++) {
		double at = i ? box.y : box.x, size = i ? box.h : box.w;
		double slack = 1e-9 * (1 + fabs(at) + fabs(size));

		if (fabs(fmin(c[i], c[i + 2]) - at) > slack ||
		    fabs(fmax(c[i], c[i + 2]) - at - size) > slack)
			return false;
	}
	return number_texts(raw, v, 4) == 4;
}

void
coord_number(struct buf *b, const struct label_options *opt, double v)
{
	if (opt->decimals >= 0)
		num_add_fixed(b, v, opt->decimals);
	else
		num_add(b, v);
}

/* The texts of x, y, w, h: those of the record in pixels, else computed ones. */
bool
coords_box(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct corners *c)
{
	size_t at[5] = { 0 };
	struct box box;

	if (!ann_is_ratio(a) && number_texts(a->v[ANN_BBOX], c->v, 4) == 4)
		return ann_bbox(a, &box); /* false: one is beyond all numbers */
	if (!export_box(ex, s, a, &box))
		return false;
	buf_reset(&c->b);
	for (int i = 0; i < 4; i++) {
		coord_number(&c->b, ex->opt, (const double[]){ box.x, box.y, box.w, box.h }[i]);
		at[i + 1] = c->b.n;
	}
	for (int i = 0; i < 4; i++)
		c->v[i] = (struct span){ c->b.p + at[i], at[i + 1] - at[i] };
	return true;
}

bool
coords_corners(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct corners *c)
{
	size_t at[3];
	struct box box;

	if (!ann_is_ratio(a) && kept_corners(a, c->v))
		return true;
	if (ann_is_ratio(a) || !a->v[ANN_BBOX].p) { /* computed: add before rounding */
		if (!export_box(ex, s, a, &box))
			return false;
		buf_reset(&c->b);
		jw_open(&c->b, '[');
		for (int i = 0; i < 4; i++) {
			if (i)
				buf_addc(&c->b, ',');
			coord_number(&c->b, ex->opt,
			    (const double[]){ box.x, box.y, box.x + box.w, box.y + box.h }[i]);
		}
		jw_close(&c->b, ']');
		return number_texts(buf_span(&c->b), c->v, 4) == 4;
	}
	if (!coords_box(ex, s, a, c))
		return false;
	buf_reset(&c->b);
	for (int i = 0; i < 2; i++) {
		at[i] = c->b.n;
		decimal_sum(&c->b, c->v[i], 1, c->v[i + 2], 0);
	}
	at[2] = c->b.n;
	for (int i = 0; i < 2; i++)
		c->v[i + 2] = (struct span){ c->b.p + at[i], at[i + 1] - at[i] };
	return true;
}

bool
coords_ratio_corners(
    struct exporter *ex, struct sample *s, const struct annotation *a, struct corners *c)
{
	struct annotation same = *a;
	size_t at[5] = { 0 };
	struct box box;

	if (ann_is_ratio(a)) {
		same.v[ANN_UNIT] = SPAN_NONE;
		return coords_corners(ex, s, &same, c);
	}
	if (!export_size(ex, s) || !export_box(ex, s, a, &box))
		return false;
	buf_reset(&c->b);
	for (int i = 0; i < 4; i++) {
		double v = i % 2 ? box.y + (i > 1 ? box.h : 0) : box.x + (i > 1 ? box.w : 0);

		coord_number(&c->b, ex->opt, v / (i % 2 ? s->height : s->width));
		at[i + 1] = c->b.n;
	}
	for (int i = 0; i < 4; i++)
		c->v[i] = (struct span){ c->b.p + at[i], at[i + 1] - at[i] };
	return true;
}

void
corners_release(struct corners *c)
{
	buf_release(&c->b);
}

long
coords_flatten(struct buf *b, struct span pairs, const char *v)
{
	struct span p[3], pair;
	size_t begin = b->n;
	struct json j;
	long n = 0;

	if (json_type_of(pairs) != JSON_ARRAY)
		return -1;
	json_begin(&j, pairs);
	json_array(&j);
	jw_open(b, '[');
	while (json_item(&j) && json_value(&j, &pair)) {
		if (number_texts(pair, p, 3) != 2) {
			buf_cut(b, begin);
			return -1;
		}
		jw_raw(b, p[0]);
		jw_raw(b, p[1]);
		if (v)
			jw_raw(b, span_str(v));
		n++;
	}
	jw_close(b, ']');
	return n;
}

long
coords_pair(struct buf *b, struct span flat, size_t stride)
{
	size_t n = number_texts(flat, NULL, 0);
	struct span *v;

	if (n == SIZE_MAX || n % stride)
		return -1;
	v = xreallocarray(NULL, n + 1, sizeof(*v));
	number_texts(flat, v, n);
	jw_open(b, '[');
	for (size_t i = 0; i < n; i += stride) {
		jw_open(b, '[');
		jw_raw(b, v[i]);
		jw_raw(b, v[i + 1]);
		jw_close(b, ']');
	}
	jw_close(b, ']');
	free(v);
	return (long)(n / stride);
}

bool
coords_ring(struct span *rest, struct span *ring)
{
	const char *end, *p = rest->p, *q;

	if (!p)
		return false;
	end = p + rest->n;
	while (p < end && *p != '[')
		p++;
	if (rest->n && p == rest->p && json_type_of(*rest) == JSON_ARRAY)
		for (p++; p < end && *p != '[' && *p != ']'; p++)
			continue;
	if (p >= end || *p != '[')
		return false;
	q = memchr(p, ']', (size_t)(end - p));
	*ring = span_of(p, q ? q + 1 : end);
	*rest = span_of(ring->p + ring->n, end);
	return true;
}

bool
coords_is_hole(const struct annotation *a, size_t index)
{
	struct span holes = ann_member(a, "holes");
	size_t n = holes.p ? json_numbers(holes, NULL, 0) : SIZE_MAX;
	bool found = false;
	double *v;

	if (n == SIZE_MAX)
		return false;
	v = xreallocarray(NULL, n + 1, sizeof(*v));
	json_numbers(holes, v, n);
	for (size_t i = 0; i < n && !found; i++)
		found = v[i] == (double)index;
	free(v);
	return found;
}

bool
coords_part(const struct annotation *a, struct span *rest, size_t *index, struct span *ring)
{
	while (coords_ring(rest, ring))
		if (!coords_is_hole(a, (*index)++))
			return true;
	return false;
}

bool
coords_bbox_differs(const struct annotation *a)
{
	struct annotation rest = *a;
	struct box box, hull;

	rest.v[ANN_BBOX] = SPAN_NONE;
	if (!ann_bbox(a, &box) || !ann_box(&rest, &hull))
		return false;
	return fabs(box.x - hull.x) > 0.01 || fabs(box.y - hull.y) > 0.01 ||
	       fabs(box.w - hull.w) > 0.01 || fabs(box.h - hull.h) > 0.01;
}

struct span
coords_word(struct exporter *ex, const struct sample *s, const struct annotation *a,
    const char *nameless, struct buf *scratch)
{
	struct span name = ann_string(a, ANN_NAME, scratch);
	bool changed = false;

	if (!name.n) {
		export_loss(ex, s, "annotation.without-class", 1);
		return span_str(nameless);
	}
	if (name.p != scratch->p) {
		buf_reset(scratch);
		buf_addspan(scratch, name);
	}
	for (size_t i = 0; i < scratch->n; i++)
		if ((unsigned char)scratch->p[i] <= ' ') {
			scratch->p[i] = '_';
			changed = true;
		}
	if (changed)
		export_loss(ex, s, "annotation.blank-in-name", 1);
	return buf_span(scratch);
}

double *
coords_polygon(const struct sample *s, const struct annotation *a, size_t *n)
{
	bool ratio = ann_is_ratio(a);
	struct span rest = a->v[ANN_POLYGON], ring;
	size_t cap = 0, k = 0;
	double *v = NULL;

	while (coords_ring(&rest, &ring)) {
		size_t m = json_numbers(ring, NULL, 0);

		if (m == SIZE_MAX || m % 2)
			continue;
		v = grow(v, &cap, k + m + 1, sizeof(*v));
		json_numbers(ring, v + k, m);
		for (size_t i = 0; ratio && i < m; i++)
			v[k + i] *= i % 2 ? s->height : s->width;
		k += m;
	}
	*n = k / 2;
	return v;
}

bool
coords_half(struct buf *b, struct span x, int sign, struct span w)
{
	struct decimal a, half, sum;
	double u, v;

	if (decimal_parse(x, &a) && decimal_parse(w, &half)) {
		half.digits *= 5 * sign;
		half.scale++;
		if (decimal_add(a, half, &sum)) {
			for (; sum.scale > 0 && sum.digits % 10 == 0; sum.scale--)
				sum.digits /= 10;
			decimal_write(b, sum);
			return true;
		}
	}
	if (!num_parse(x, &u) || !num_parse(w, &v))
		return false;
	num_add(b, u + sign * v / 2);
	return true;
}

#define ELLIPSE_POINTS 48

bool
coords_write_ellipse(struct buf *b, const struct span e[5])
{
	double v[5], xy[2 * ELLIPSE_POINTS];

	for (int i = 0; i < 5; i++)
		if (!num_parse(e[i], &v[i]))
			return false;
	ellipse_points(v, xy, ELLIPSE_POINTS);
	jw_key(b, "polygon");
	jw_open(b, '[');
	jw_open(b, '[');
	for (size_t i = 0; i < ARRAY_LEN(xy); i++) {
		jw_raw(b, SPAN(""));
		num_add_trimmed(b, xy[i], 3);
	}
	jw_close(b, ']');
	jw_close(b, ']');
	jw_key(b, "ellipse");
	jw_open(b, '[');
	for (int i = 0; i < 5; i++)
		write_number_text(b, e[i]);
	jw_close(b, ']');
	return true;
}

bool
coords_ellipse(const struct annotation *a, struct span e[5])
{
	double v[5], want[2 * ELLIPSE_POINTS], got[2 * ELLIPSE_POINTS];
	struct span rest = a->v[ANN_POLYGON], ring, list = ann_member(a, "ellipse");

	if (!list.p || json_numbers(list, v, 5) != 5 || number_texts(list, e, 5) != 5 ||
	    !coords_ring(&rest, &ring) || json_numbers(ring, got, ARRAY_LEN(got)) != ARRAY_LEN(got))
		return false;
	ellipse_points(v, want, ELLIPSE_POINTS);
	for (size_t i = 0; i < ARRAY_LEN(got); i++)
		if (fabs(got[i] - want[i]) > 0.01)
			return false;
	return true;
}

/* Numbers times width and height in turn; of keypoints every third stays. Rings are gone into. */
static void
scale_numbers(struct buf *b, const struct sample *s, struct span list, size_t stride)
{
	const char *p = list.p, *end = list.p + list.n, *q;
	size_t i = 0;
	double v;

	while (p < end) {
		for (q = p; q < end && !strchr("[], \t\r\n", *q); q++)
			continue;
		if (q > p) {
			num_parse(span_of(p, q), &v);
			num_add(b, i % stride == 0   ? v * s->width
				   : i % stride == 1 ? v * s->height
						     : v);
			i++;
		}
		if (q < end) {
			buf_addc(b, *q);
			i = *q == '[' || *q == ']' ? 0 : i;
		}
		p = q + 1;
	}
}

bool
coords_pixels(struct exporter *ex, struct sample *s, const struct annotation *a,
    struct annotation *out, struct buf *text)
{
	static const enum ann_field shapes[] = { ANN_BBOX, ANN_POLYGON, ANN_POLYLINE, ANN_LINE,
		ANN_POINT, ANN_KEYPOINTS };

	size_t at[ARRAY_LEN(shapes) + 1] = { 0 };

	*out = *a;
	if (!ann_is_ratio(a))
		return true;
	if (!export_size(ex, s)) {
		export_loss(ex, s, "annotation.box-without-size", 1);
		return false;
	}
	buf_reset(text);
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		if (json_type_of(a->v[shapes[i]]) == JSON_ARRAY)
			scale_numbers(text, s, a->v[shapes[i]], shapes[i] == ANN_KEYPOINTS ? 3 : 2);
		at[i + 1] = text->n;
	}
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (at[i + 1] > at[i])
			out->v[shapes[i]] = (struct span){ text->p + at[i], at[i + 1] - at[i] };
	out->v[ANN_UNIT] = SPAN_NONE;
	return true;
}
