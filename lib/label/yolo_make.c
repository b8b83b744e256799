/* Rows of YOLO label files from annotations: see yolo_make.h. */
#include "label/yolo_make.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "json/write.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/geometry.h"

#define DECIMALS 6
#define OUTLINE_MAX ((YOLO_WORDS - 1) / 2) /* points that a reader takes */

void
yolo_making_release(struct yolo_making *m)
{
	buf_release(&m->rows);
	buf_release(&m->shape);
	bridge_release(&m->outline);
}

/* ---- rows that came from rows ---- */

/* The next number of a JSON text; false at its end. */
static bool
next_number(struct span *rest, double *v)
{
	const char *p = rest->p, *end = rest->p + rest->n, *q;

	while (p < end && strchr("[], \t", *p))
		p++;
	for (q = p; q < end && !strchr("[], \t", *q); q++)
		continue;
	*rest = span_of(q, end);
	return q > p && num_parse(span_of(p, q), v);
}

/* Do two values hold the same numbers in order? */
static bool
same_numbers(struct span a, struct span b)
{
	double x = 0, y = 0;
	bool more;

	if (!a.p || !b.p)
		return a.p == b.p;
	if (span_eq(a, b))
		return true;
	do {
		more = next_number(&a, &x);
		if (next_number(&b, &y) != more || (more && x != y))
			return false;
	} while (more);
	return true;
}

static enum yolo_kind
kind_of(const struct annotation *a)
{
	return a->v[ANN_KEYPOINTS].p ? YOLO_POSE
	       : a->v[ANN_POLYGON].p ? YOLO_POLYGON
	       : a->v[ANN_RBOX].p    ? YOLO_TURNED
				     : YOLO_BOX;
}

/* The numbers of the row as it was, if they still say what the shapes say; SPAN_NONE. */
static struct span
own_numbers(struct yolo_making *w, const struct sample *s, const struct annotation *a)
{
	static const enum ann_field fields[] = { ANN_BBOX, ANN_POLYGON, ANN_KEYPOINTS, ANN_RBOX };
	struct span text = json_unquote(ann_member(a, "yolo")), object;
	size_t n = text.p ? row_split(text, w->word, YOLO_WORDS) : 0, points;
	bool ratio = ann_is_ratio(a);
	unsigned numbers = 3;

	if (n < 4 || n > YOLO_WORDS)
		return SPAN_NONE;
	for (size_t i = 0; i < n; i++)
		if (!num_parse(w->word[i], &w->v[i]))
			return SPAN_NONE;
	points = json_numbers(a->v[ANN_KEYPOINTS], NULL, 0);
	if (points != SIZE_MAX && points >= 3 && (n - 4) / (points / 3) == 2)
		numbers = 2;
	buf_reset(&w->shape);
	jw_open(&w->shape, '{');
	yolo_put_shape(
	    &w->shape, kind_of(a), w->v, n, numbers, ratio ? 0 : s->width, ratio ? 0 : s->height);
	jw_close(&w->shape, '}');
	object = buf_span(&w->shape);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!same_numbers(json_member(object, ann_field_name[fields[i]]), a->v[fields[i]]))
			return SPAN_NONE;
	return text;
}

/* ---- rows that are computed ---- */

static void
put_ratio(struct yolo_making *w, double v)
{
	int decimals = w->ex->opt->decimals;

	buf_addc(&w->rows, ' ');
	num_add_fixed(&w->rows, v, decimals >= 0 ? decimals : DECIMALS);
}

static bool
put_box(struct yolo_making *w, const struct sample *s, const struct annotation *a)
{
	struct box box;

	if (!export_box(w->ex, s, a, &box))
		return false;
	put_ratio(w, (box.x + box.w / 2) / s->width);
	put_ratio(w, (box.y + box.h / 2) / s->height);
	put_ratio(w, box.w / s->width);
	put_ratio(w, box.h / s->height);
	return true;
}

/* The corners of the box, where a polygon is wanted. */
static bool
put_corners(struct yolo_making *w, const struct sample *s, const struct annotation *a)
{
	struct box box;

	if (!export_box(w->ex, s, a, &box))
		return false;
	for (int i = 0; i < 4; i++) {
		put_ratio(w, (box.x + (i == 1 || i == 2 ? box.w : 0)) / s->width);
		put_ratio(w, (box.y + (i >= 2 ? box.h : 0)) / s->height);
	}
	return true;
}

/* Put the rings together. False: there is none, or they have more points than a reader takes. */
static bool
join_rings(struct yolo_making *w, struct span rings, size_t *parts)
{
	struct span ring;

	bridge_reset(&w->outline);
	for (*parts = 0; coords_ring(&rings, &ring); ++*parts) {
		size_t n = json_numbers(ring, w->v, YOLO_WORDS);

		if (n == SIZE_MAX || n < 6 || n % 2)
			continue;
		if (n > YOLO_WORDS)
			return false;
		bridge_ring(&w->outline, w->v, n / 2);
		if (w->outline.n > OUTLINE_MAX)
			return false;
	}
	return w->outline.n > 0;
}

static bool
put_polygon(struct yolo_making *w, const struct sample *s, const struct annotation *a)
{
	bool ratio = ann_is_ratio(a);
	const double *xy;
	size_t parts;

	if (!join_rings(w, a->v[ANN_POLYGON], &parts))
		return false;
	if (parts > 1)
		export_loss(w->ex, s, "annotation.polygon-parts-joined", 1);
	xy = bridge_outline(&w->outline);
	for (size_t i = 0; i < w->outline.n; i++) {
		put_ratio(w, ratio ? xy[2 * i] : xy[2 * i] / s->width);
		put_ratio(w, ratio ? xy[2 * i + 1] : xy[2 * i + 1] / s->height);
	}
	return true;
}

/* ---- turned boxes ---- */

/* Four points as they are; others, the smallest rectangle around them. */
static bool
corners_of_polygon(
    struct yolo_making *w, const struct sample *s, const struct annotation *a, double p[8])
{
	size_t n;
	double *xy = coords_polygon(s, a, &n);
	bool ok = n > 0;

	if (n == 4) {
		memcpy(p, xy, 8 * sizeof(*p));
	} else if (n > 0) {
		ok = tight_rectangle(xy, n, p);
		export_loss(w->ex, s, "annotation.polygon-as-rbox", 1);
	}
	free(xy);
	return ok;
}

static bool
corners_of_rbox(const struct sample *s, const struct annotation *a, double p[8])
{
	double r[5];

	if (json_numbers(a->v[ANN_RBOX], r, 5) != 5)
		return false;
	rbox_corners(r, p);
	for (int i = 0; ann_is_ratio(a) && i < 8; i++)
		p[i] *= i % 2 ? s->height : s->width;
	return true;
}

static bool
put_turned(struct yolo_making *w, const struct sample *s, const struct annotation *a)
{
	double p[8];

	if (!corners_of_rbox(s, a, p) && !corners_of_polygon(w, s, a, p))
		return put_corners(w, s, a);
	for (int i = 0; i < 8; i++)
		put_ratio(w, p[i] / (i % 2 ? s->height : s->width));
	return true;
}

/* ---- poses ---- */

/* A box and all its points; those that the annotation does not have are zeros. */
static bool
put_pose(struct yolo_making *w, const struct sample *s, const struct annotation *a)
{
	size_t n = json_numbers(a->v[ANN_KEYPOINTS], w->v, YOLO_WORDS);
	bool ratio = ann_is_ratio(a), hidden = false;

	if (n == SIZE_MAX || n > YOLO_WORDS)
		n = 0;
	if (!put_box(w, s, a))
		return false;
	for (size_t i = 0; i < w->points; i++) {
		bool there = 3 * i + 2 < n;
		double x = there ? w->v[3 * i] : 0, y = there ? w->v[3 * i + 1] : 0;

		put_ratio(w, ratio ? x : x / s->width);
		put_ratio(w, ratio ? y : y / s->height);
		if (w->numbers == 3)
			buf_addf(&w->rows, " %d", there ? (int)w->v[3 * i + 2] : 0);
		hidden = hidden || (there && w->v[3 * i + 2] == 1);
	}
	if (n > 3 * (size_t)w->points)
		export_loss(w->ex, s, "annotation.keypoints-beyond-shape", 1);
	if (hidden && w->numbers == 2)
		export_loss(w->ex, s, "annotation.keypoints-visibility", 1);
	return true;
}

/* ---- which row ---- */

/* What the row of this annotation has to be. */
static enum yolo_kind
wanted(const struct yolo_making *w, const struct annotation *a)
{
	bool row = ann_member(a, "yolo").p;

	switch (w->task) {
	case YOLO_TASK_DETECT:
		return YOLO_BOX;
	case YOLO_TASK_SEGMENT:
		return YOLO_POLYGON;
	case YOLO_TASK_POSE:
		return YOLO_POSE;
	case YOLO_TASK_OBB:
		return YOLO_TURNED;
	default:
		break;
	}
	if (w->points && a->v[ANN_KEYPOINTS].p)
		return YOLO_POSE;
	if (a->v[ANN_POLYGON].p && (row || !a->v[ANN_BBOX].p))
		return YOLO_POLYGON;
	return a->v[ANN_RBOX].p && !a->v[ANN_BBOX].p ? YOLO_TURNED : YOLO_BOX;
}

/* The row as it was, when it is of that kind. */
static bool
put_own(
    struct yolo_making *w, const struct sample *s, const struct annotation *a, enum yolo_kind kind)
{
	enum yolo_kind own = kind_of(a);
	struct span text;
	size_t n;

	if (!ann_member(a, "yolo").p ||
	    (own != kind && !(own == YOLO_POLYGON && kind == YOLO_TURNED)))
		return false;
	text = own_numbers(w, s, a);
	n = text.p ? row_split(text, w->word, YOLO_WORDS) : 0;
	if (!text.p || (kind == YOLO_TURNED && n != 8) ||
	    (kind == YOLO_POSE && n != 4 + (size_t)w->points * w->numbers))
		return false;
	buf_addc(&w->rows, ' ');
	buf_addspan(&w->rows, text);
	return true;
}

/* Shapes that the format holds and the row of that kind leaves out. */
static void
lose_shapes(
    struct yolo_making *w, const struct sample *s, const struct annotation *a, enum yolo_kind kind)
{
	uint64_t holds = w->ex->holds;

	if ((holds & HOLDS(ANN_KEYPOINTS)) && a->v[ANN_KEYPOINTS].p && kind != YOLO_POSE)
		export_loss(w->ex, s, "annotation.keypoints", 1);
	if ((holds & HOLDS(ANN_POLYGON)) && a->v[ANN_POLYGON].p && kind != YOLO_POLYGON &&
	    kind != YOLO_TURNED)
		export_loss(w->ex, s, "annotation.polygon", 1);
	if ((holds & HOLDS(ANN_RBOX)) && a->v[ANN_RBOX].p && kind != YOLO_TURNED)
		export_loss(w->ex, s, "annotation.rbox", 1);
}

bool
yolo_make_shape(struct yolo_making *w, struct sample *s, const struct annotation *a)
{
	enum yolo_kind kind = wanted(w, a);
	size_t before = w->rows.n;

	w->boxes |= kind == YOLO_BOX;
	w->outlines |= kind == YOLO_POLYGON || kind == YOLO_TURNED;
	if (put_own(w, s, a, kind))
		return true;
	if (!ann_has_shape(a))
		return false; /* the class of a whole picture: counted by the frame */
	if (!export_size(w->ex, s)) {
		export_loss(w->ex, s, "annotation.box-without-size", 1);
		return false;
	}
	if (kind == YOLO_POLYGON && a->v[ANN_POLYGON].p) {
		if (put_polygon(w, s, a)) {
			lose_shapes(w, s, a, kind);
			return true;
		}
		buf_cut(&w->rows, before);
		kind = w->task == YOLO_TASK_SEGMENT ? YOLO_TURNED : YOLO_BOX;
	}
	lose_shapes(w, s, a, kind);
	switch (kind) {
	case YOLO_POLYGON:
	case YOLO_TURNED:
		return put_turned(w, s, a);
	case YOLO_POSE:
		return put_pose(w, s, a);
	default:
		return put_box(w, s, a);
	}
}
