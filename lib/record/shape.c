/* Boxes of annotations: the geometry that every room needs. See record.h. */
#include <math.h>
#include <stdlib.h>

#include "record/record.h"
#include "record/rle.h"

bool
ann_bbox(const struct annotation *a, struct box *box)
{
	double v[4];

	if (json_numbers(a->v[ANN_BBOX], v, 4) != 4)
		return false;
	*box = (struct box){ v[0], v[1], v[2], v[3] };
	return true;
}

struct hull {
	double x0, y0, x1, y1;
	bool any;
};

static void
hull_add(struct hull *h, double x, double y)
{
	if (!h->any)
		*h = (struct hull){ x, y, x, y, true };
	h->x0 = fmin(h->x0, x);
	h->y0 = fmin(h->y0, y);
	h->x1 = fmax(h->x1, x);
	h->y1 = fmax(h->y1, y);
}

/* Points of a flat list with `stride` numbers each; with stride 3 those of v 0 do not count. */
static void
hull_points(struct hull *h, struct span flat, size_t stride)
{
	double few[256], *v = few;
	size_t n = json_numbers(flat, few, ARRAY_LEN(few));

	if (n == SIZE_MAX)
		return;
	if (n > ARRAY_LEN(few)) {
		v = xreallocarray(NULL, n, sizeof(*v));
		json_numbers(flat, v, n);
	}
	for (size_t i = 0; i + stride <= n; i += stride)
		if (stride < 3 || v[i + 2] > 0)
			hull_add(h, v[i], v[i + 1]);
	if (v != few)
		free(v);
}

static void
hull_rings(struct hull *h, struct span rings)
{
	struct span ring;
	struct json j;

	if (json_type_of(rings) != JSON_ARRAY)
		return;
	json_begin(&j, rings);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &ring))
		hull_points(h, ring, 2);
}

static void
hull_rbox(struct hull *h, struct span rbox)
{
	double v[5], c, s;

	if (json_numbers(rbox, v, 5) != 5)
		return;
	c = cos(v[4] * (M_PI / 180)) / 2;
	s = sin(v[4] * (M_PI / 180)) / 2;
	for (int i = 0; i < 4; i++) {
		double w = (i & 1 ? 1 : -1) * v[2], t = (i & 2 ? 1 : -1) * v[3];

		hull_add(h, v[0] + w * c - t * s, v[1] + w * s + t * c);
	}
}

/* The box of the pixels that are set. */
static void
hull_rle(struct hull *h, struct span json)
{
	struct rle r = { .run = NULL };
	uint32_t box[4];

	if (!rle_parse(&r, json)) {
		rle_box(&r, box);
		if (box[2] > 0) {
			hull_add(h, box[0], box[1]);
			hull_add(h, (double)box[0] + box[2], (double)box[1] + box[3]);
		}
	}
	rle_release(&r);
}

bool
ann_box(const struct annotation *a, struct box *box)
{
	static const enum ann_field flat[] = { ANN_POLYLINE, ANN_LINE, ANN_POINT };
	struct hull h = { 0, 0, 0, 0, false };
	double c[3];

	if (ann_bbox(a, box))
		return true;
	hull_rbox(&h, a->v[ANN_RBOX]);
	hull_rings(&h, a->v[ANN_POLYGON]);
	for (size_t i = 0; i < ARRAY_LEN(flat); i++)
		hull_points(&h, a->v[flat[i]], 2);
	hull_points(&h, a->v[ANN_KEYPOINTS], 3);
	if (json_numbers(a->v[ANN_CIRCLE], c, 3) == 3) {
		hull_add(&h, c[0] - c[2], c[1] - c[2]);
		hull_add(&h, c[0] + c[2], c[1] + c[2]);
	}
	if (!h.any && json_type_of(a->v[ANN_RLE]) == JSON_OBJECT && !ann_is_ratio(a))
		hull_rle(&h, a->v[ANN_RLE]);
	if (h.any)
		*box = (struct box){ h.x0, h.y0, h.x1 - h.x0, h.y1 - h.y0 };
	return h.any;
}
