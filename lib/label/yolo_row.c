/* The geometry of YOLO rows: see yolo.h. */
#include <math.h>

#include "json/write.h"
#include "label/geometry.h"
#include "label/yolo.h"

/* A number without the noise of doubles: 0.133333 of 15 less half of 0.2 is 1.999995, and no more. */
static void
put_number(struct buf *b, double v)
{
	double rounded = round(v * 1e9) / 1e9;

	jw_number(b, fabs(v - rounded) <= 1e-14 * fmax(fabs(v), 64) ? rounded : v);
}

static void
put_list(struct buf *b, const double *v, size_t n, double width, double height)
{
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++)
		put_number(b, v[i] * (i % 2 ? height : width));
	jw_close(b, ']');
}

/* Centre and size become the corner that is nearest to the origin, and size. */
static void
put_box(struct buf *b, const double *v, double width, double height)
{
	const double box[4] = { v[0] - v[2] / 2, v[1] - v[3] / 2, v[2], v[3] };

	jw_key(b, "bbox");
	put_list(b, box, 4, width, height);
}

/* Without a visibility a point at the origin is one that is not there. */
static void
put_keypoints(
    struct buf *b, const double *v, size_t n, unsigned numbers, double width, double height)
{
	jw_key(b, "keypoints");
	jw_open(b, '[');
	for (size_t i = 0; i + numbers <= n; i += numbers) {
		put_number(b, v[i] * width);
		put_number(b, v[i + 1] * height);
		jw_number(b, numbers == 3 ? v[i + 2] : v[i] == 0 && v[i + 1] == 0 ? 0 : 2);
	}
	jw_close(b, ']');
}

/* The corners of a rectangle; false: they are none, within a hundredth of a pixel. */
static bool
put_turned(struct buf *b, const double *v, double width, double height)
{
	double p[8], again[8], r[5];

	for (int i = 0; i < 8; i++)
		p[i] = v[i] * (i % 2 ? height : width);
	rbox_from_corners(p, r);
	rbox_corners(r, again);
	for (int i = 0; i < 8; i++)
		if (!(fabs(p[i] - again[i]) <= 0.01))
			return false;
	jw_key(b, "rbox");
	put_list(b, r, 5, 1, 1);
	return true;
}

void
yolo_put_shape(struct buf *b, enum yolo_kind kind, const double *v, size_t n, unsigned numbers,
    double width, double height)
{
	bool ratio = width <= 0 || height <= 0;
	double w = ratio ? 1 : width, h = ratio ? 1 : height;

	if (kind == YOLO_TURNED && !ratio && put_turned(b, v, w, h))
		return;
	if (kind == YOLO_POLYGON || kind == YOLO_TURNED) {
		jw_key(b, "polygon");
		jw_open(b, '[');
		put_list(b, v, n, w, h);
		jw_close(b, ']');
	} else {
		put_box(b, v, w, h);
	}
	if (kind == YOLO_POSE)
		put_keypoints(b, v + 4, n - 4, numbers, w, h);
	if (ratio)
		jw_member_str(b, "unit", "ratio");
}
