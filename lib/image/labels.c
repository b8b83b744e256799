/* Geometry of a record under turning and scaling: see labels.h. */
#include "image/labels.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "image/mask_move.h"

/* Digits behind the point: enough for ratios, few enough that 500 - 12.3 is 487.7. */
#define DECIMALS 9

bool
labels_map_is_identity(const struct label_map *m)
{
	return !m->turn.transpose && !m->turn.mirror_x && !m->turn.mirror_y && m->sx == 1 &&
	       m->sy == 1;
}

static void
move_point(const struct label_map *m, double *x, double *y)
{
	double a = m->turn.transpose ? *y : *x, b = m->turn.transpose ? *x : *y;

	*x = (m->turn.mirror_x ? m->w - a : a) * m->sx;
	*y = (m->turn.mirror_y ? m->h - b : b) * m->sy;
}

static void
add_number(struct buf *out, double v)
{
	num_add_trimmed(out, v, DECIMALS);
}

static void
add_list(struct buf *out, const double *v, size_t n)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(out, ',');
		add_number(out, v[i]);
	}
	buf_addc(out, ']');
}

/* ---- one shape each: raw JSON in, raw JSON out; false: it makes no sense ---- */

static bool
move_bbox(const struct label_map *m, struct span raw, struct buf *out)
{
	double v[4], x1, y1;

	if (json_numbers(raw, v, 4) != 4)
		return false;
	x1 = v[0] + v[2];
	y1 = v[1] + v[3];
	move_point(m, &v[0], &v[1]);
	move_point(m, &x1, &y1);
	add_list(
	    out, (double[]){ fmin(v[0], x1), fmin(v[1], y1), fabs(x1 - v[0]), fabs(y1 - v[1]) }, 4);
	return true;
}

/* The angle runs clockwise from the x axis to the side w. */
static bool
move_rbox(const struct label_map *m, struct span raw, struct buf *out)
{
	double v[5], c, s;

	if (json_numbers(raw, v, 5) != 5)
		return false;
	move_point(m, &v[0], &v[1]);
	if (m->turn.transpose)
		v[4] = 90 - v[4];
	if (m->turn.mirror_x != m->turn.mirror_y)
		v[4] = -v[4];
	if (m->sx != 1 || m->sy != 1) {
		c = cos(v[4] * M_PI / 180);
		s = sin(v[4] * M_PI / 180);
		v[2] *= hypot(c * m->sx, s * m->sy);
		v[3] *= hypot(s * m->sx, c * m->sy);
		if (m->sx != m->sy)
			v[4] = atan2(s * m->sy, c * m->sx) * 180 / M_PI;
	}
	add_list(out, v, 5);
	return true;
}

static bool
move_circle(const struct label_map *m, struct span raw, struct buf *out)
{
	double v[3];

	if (json_numbers(raw, v, 3) != 3)
		return false;
	move_point(m, &v[0], &v[1]);
	v[2] *= sqrt(m->sx * m->sy);
	add_list(out, v, 3);
	return true;
}

/* A flat list of points of `stride` numbers. A keypoint that is not labelled stays at 0, 0. */
static bool
move_flat(const struct label_map *m, struct span raw, size_t stride, struct buf *out)
{
	size_t n = json_numbers(raw, NULL, 0);
	double *v;

	if (n == SIZE_MAX || n % stride != 0)
		return false;
	v = xreallocarray(NULL, n + 1, sizeof(*v));
	json_numbers(raw, v, n);
	for (size_t i = 0; i < n; i += stride)
		if (stride < 3 || v[i + 2] != 0 || v[i] != 0 || v[i + 1] != 0)
			move_point(m, &v[i], &v[i + 1]);
	add_list(out, v, n);
	free(v);
	return true;
}

static bool
move_polygon(const struct label_map *m, struct span raw, struct buf *out)
{
	struct span ring;
	struct json j;
	bool first = true;

	if (json_type_of(raw) != JSON_ARRAY)
		return false;
	json_begin(&j, raw);
	json_array(&j);
	buf_addc(out, '[');
	while (json_item(&j) && json_value(&j, &ring)) {
		if (!first)
			buf_addc(out, ',');
		first = false;
		if (!move_flat(m, ring, 2, out))
			return false;
	}
	buf_addc(out, ']');
	return true;
}

static bool
move_area(const struct label_map *m, struct span raw, struct buf *out)
{
	double v;

	if (!num_parse(raw, &v))
		return false;
	add_number(out, v * m->sx * m->sy);
	return true;
}

static bool
move_shape(const struct label_map *m, enum ann_field field, struct span raw, struct buf *out)
{
	switch (field) {
	case ANN_BBOX:
		return move_bbox(m, raw, out);
	case ANN_RBOX:
		return move_rbox(m, raw, out);
	case ANN_POLYGON:
		return move_polygon(m, raw, out);
	case ANN_RLE:
		return mask_move(raw, m->turn, m->sx, m->sy, out);
	case ANN_KEYPOINTS:
		return move_flat(m, raw, 3, out);
	case ANN_POLYLINE:
	case ANN_LINE:
	case ANN_POINT:
		return move_flat(m, raw, 2, out);
	case ANN_CIRCLE:
		return move_circle(m, raw, out);
	case ANN_AREA:
		return move_area(m, raw, out);
	default:
		return true;
	}
}

/* ---- records ---- */

static const enum ann_field moved[] = { ANN_BBOX, ANN_RBOX, ANN_POLYGON, ANN_RLE, ANN_MASK,
	ANN_KEYPOINTS, ANN_POLYLINE, ANN_LINE, ANN_POINT, ANN_CIRCLE, ANN_AREA };

static bool
is_null(struct span raw)
{
	return raw.p == NULL || json_type_of(raw) == JSON_NULL;
}

/* A ratio is of the turned frame's sides, and scaling does not change it. */
static struct label_map
map_for(const struct label_map *m, const struct annotation *a)
{
	struct label_map ratio = { .turn = m->turn, .w = 1, .h = 1, .sx = 1, .sy = 1 };

	return ann_is_ratio(a) ? ratio : *m;
}

static bool
move_mask(const struct label_map *m, struct span raw, struct buf *out, struct buf *why)
{
	if (m->mask)
		return m->mask(m->ctx, m, raw, out, why);
	buf_adds(why, "a label's mask is another picture, which is not turned or resized");
	return false;
}

static bool
move_annotation(const struct annotation *a, const struct label_map *map, struct buf *scratch,
    struct buf *out, struct buf *why)
{
	struct label_map m = map_for(map, a);
	struct json_change change[ARRAY_LEN(moved)];
	size_t at[ARRAY_LEN(moved) + 1], n = 0;

	buf_reset(scratch);
	for (size_t i = 0; i < ARRAY_LEN(moved); i++) {
		struct span raw = a->v[moved[i]];

		if (is_null(raw) || (moved[i] == ANN_AREA && m.sx == 1 && m.sy == 1))
			continue;
		at[n] = scratch->n;
		if (!(moved[i] == ANN_MASK ? move_mask(map, raw, scratch, why)
					   : move_shape(&m, moved[i], raw, scratch))) {
			if (why->n == 0)
				buf_addf(
				    why, "a label's %s makes no sense", ann_field_name[moved[i]]);
			return false;
		}
		change[n++].key = ann_field_name[moved[i]];
	}
	at[n] = scratch->n;
	for (size_t i = 0; i < n; i++)
		change[i].value = (struct span){ scratch->p + at[i], at[i + 1] - at[i] };
	json_edit(out, a->raw, change, n);
	return true;
}

bool
labels_move(const struct record *r, const struct label_map *m, struct buf *out, struct buf *why)
{
	struct span list = r->v[REC_ANNOTATION];
	const char *from = list.p;
	struct annotation a = { .n = 0 };
	struct buf scratch = BUF_INIT;
	struct ann_iter it;
	bool fine = true;

	ann_begin(&it, r);
	while (fine && ann_next(&it, &a)) {
		buf_add(out, from, (size_t)(a.raw.p - from));
		fine = move_annotation(&a, m, &scratch, out, why);
		from = a.raw.p + a.raw.n;
	}
	buf_add(out, from, (size_t)(list.p + list.n - from));
	ann_release(&a);
	buf_release(&scratch);
	return fine;
}

/* ---- which frame? ---- */

struct evidence {
	bool geometry; /* there is any in pixels or ratios */
	bool leaves_raw, leaves_upright;
};

/* Labels at the edge may leave the frame by a pixel. */
static void
look_at(const struct annotation *a, double w, double h, struct evidence *e)
{
	struct box box;

	if (!is_null(a->v[ANN_RLE]) || !is_null(a->v[ANN_MASK]))
		e->geometry = true;
	if (!ann_box(a, &box))
		return;
	e->geometry = true;
	if (ann_is_ratio(a))
		return;
	e->leaves_raw |= box.x + box.w > w + 1 || box.y + box.h > h + 1;
	e->leaves_upright |= box.x + box.w > h + 1 || box.y + box.h > w + 1;
}

static struct evidence
gather(const struct record *r, double w, double h)
{
	struct evidence e = { false, false, false };
	struct annotation a = { .n = 0 };
	struct ann_iter it;

	ann_begin(&it, r);
	while (ann_next(&it, &a))
		look_at(&a, w, h, &e);
	ann_release(&a);
	return e;
}

enum label_space
labels_space(const struct record *r, uint32_t w, uint32_t h, int orientation)
{
	struct evidence e = gather(r, w, h);
	double rw, rh;

	if (!e.geometry)
		return SPACE_RAW;
	if (!turn_of(orientation).transpose || w == h)
		return SPACE_AUTO;
	/* some tools write the raw size beside upright boxes, so boxes count for more than the size */
	if (e.leaves_raw != e.leaves_upright)
		return e.leaves_raw ? SPACE_UPRIGHT : SPACE_RAW;
	if (!rec_size(r, &rw, &rh))
		return SPACE_AUTO;
	if (rw == w && rh == h)
		return SPACE_RAW;
	return rw == h && rh == w ? SPACE_UPRIGHT : SPACE_AUTO;
}
