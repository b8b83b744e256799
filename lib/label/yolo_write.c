/*
 * Writing YOLO sets as Ultralytics reads them: images/SPLIT/, labels/SPLIT/, data.yaml. See yolo.h.
 *
 * An annotation becomes a row of the form that it has: with a bbox a box; a polygon alone, or one that came
 * from a row, a polygon; keypoints that came from a row, a pose. With --yolo-task segment all are polygons.
 */
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "json/write.h"
#include "label/coords.h"
#include "label/export.h"
#include "label/find.h"
#include "label/splits.h"
#include "label/yolo.h"

#define DECIMALS 6

static const char *const split_folder[SPLITS] = { "", "/train", "/val", "/test" };

struct writing {
	struct exporter *ex;
	bool has[SPLITS];
	struct buf rows, shape, images, member, text;
	struct span word[YOLO_WORDS];
	double v[YOLO_WORDS];
};

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
	return a->v[ANN_KEYPOINTS].p ? YOLO_POSE : a->v[ANN_POLYGON].p ? YOLO_POLYGON : YOLO_BOX;
}

/* The numbers of the row as it was, if they still say what the shapes say; SPAN_NONE. */
static struct span
own_numbers(struct writing *w, const struct sample *s, const struct annotation *a)
{
	static const enum ann_field fields[] = { ANN_BBOX, ANN_POLYGON, ANN_KEYPOINTS };
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
put_ratio(struct writing *w, double v)
{
	int decimals = w->ex->opt->decimals;

	buf_addc(&w->rows, ' ');
	num_add_fixed(&w->rows, v, decimals >= 0 ? decimals : DECIMALS);
}

static bool
put_box(struct writing *w, const struct sample *s, const struct annotation *a)
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
put_corners(struct writing *w, const struct sample *s, const struct annotation *a)
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

/* Points of an outline, x and y in turn. */
struct outline {
	double *xy;
	size_t n, cap; /* of points */
};

static void
add_point(struct outline *o, double x, double y)
{
	o->xy = grow(o->xy, &o->cap, 2 * (o->n + 1), sizeof(*o->xy));
	o->xy[2 * o->n] = x;
	o->xy[2 * o->n + 1] = y;
	o->n++;
}

/* The nearest points of two outlines; of very large ones the first. */
static void
nearest(const struct outline *a, const double *b, size_t n, size_t *i, size_t *j)
{
	double best = INFINITY;

	*i = *j = 0;
	if (a->n > 100000000 / n)
		return;
	for (size_t k = 0; k < a->n; k++)
		for (size_t l = 0; l < n; l++) {
			double d = hypot(a->xy[2 * k] - b[2 * l], a->xy[2 * k + 1] - b[2 * l + 1]);

			if (d < best) {
				best = d;
				*i = k;
				*j = l;
			}
		}
}

/* Another part, joined by a bridge without width: a row is one outline. */
static void
join_part(struct outline *o, const double *part, size_t n)
{
	struct outline joined = { NULL, 0, 0 };
	size_t i, j;

	nearest(o, part, n, &i, &j);
	for (size_t k = 0; k <= i; k++)
		add_point(&joined, o->xy[2 * k], o->xy[2 * k + 1]);
	for (size_t k = 0; k <= n; k++)
		add_point(&joined, part[2 * ((j + k) % n)], part[2 * ((j + k) % n) + 1]);
	for (size_t k = i; k < o->n; k++)
		add_point(&joined, o->xy[2 * k], o->xy[2 * k + 1]);
	free(o->xy);
	*o = joined;
}

static void
add_ring(struct outline *o, struct span ring)
{
	size_t n = json_numbers(ring, NULL, 0);
	bool first = o->n == 0;
	double *xy;

	if (n == SIZE_MAX || n < 6 || n % 2)
		return;
	xy = xreallocarray(NULL, n, sizeof(*xy));
	json_numbers(ring, xy, n);
	for (size_t i = 0; first && i < n; i += 2)
		add_point(o, xy[i], xy[i + 1]);
	if (!first)
		join_part(o, xy, n / 2);
	free(xy);
}

static bool
put_polygon(struct writing *w, const struct sample *s, const struct annotation *a)
{
	bool ratio = ann_is_ratio(a);
	struct outline o = { NULL, 0, 0 };
	struct span rest = a->v[ANN_POLYGON], ring;
	size_t rings = 0;

	while (coords_ring(&rest, &ring)) {
		add_ring(&o, ring);
		rings++;
	}
	if (rings > 1)
		export_loss(w->ex, s, "annotation.polygon-parts-joined", 1);
	for (size_t i = 0; i < o.n; i++) {
		put_ratio(w, ratio ? o.xy[2 * i] : o.xy[2 * i] / s->width);
		put_ratio(w, ratio ? o.xy[2 * i + 1] : o.xy[2 * i + 1] / s->height);
	}
	free(o.xy);
	return o.n > 0;
}

/* ---- samples ---- */

static bool
put_shape(struct writing *w, struct sample *s, const struct annotation *a)
{
	bool segment = w->ex->opt->yolo_task == YOLO_TASK_SEGMENT, row = ann_member(a, "yolo").p;
	struct span own = row && !segment ? own_numbers(w, s, a) : SPAN_NONE;

	if (own.p) {
		buf_addc(&w->rows, ' ');
		buf_addspan(&w->rows, own);
		return true;
	}
	if (!ann_has_shape(a))
		return false; /* the class of a whole picture: counted by the frame */
	if (!export_size(w->ex, s)) {
		export_loss(w->ex, s, "annotation.box-without-size", 1);
		return false;
	}
	if (a->v[ANN_KEYPOINTS].p)
		export_loss(w->ex, s, "annotation.keypoints", 1);
	if (a->v[ANN_POLYGON].p && (segment || row || !a->v[ANN_BBOX].p) && put_polygon(w, s, a))
		return true;
	if (a->v[ANN_POLYGON].p)
		export_loss(w->ex, s, "annotation.polygon", 1);
	return segment ? put_corners(w, s, a) : put_box(w, s, a);
}

static bool
put_row(struct writing *w, struct sample *s, const struct annotation *a)
{
	size_t before = w->rows.n;
	long class = export_class(w->ex, s, a);

	if (class >= 0) {
		num_add_i64(&w->rows, class);
		if (put_shape(w, s, a)) {
			if (a->v[ANN_CONFIDENCE].p) {
				buf_addc(&w->rows, ' ');
				buf_addspan(&w->rows, a->v[ANN_CONFIDENCE]);
			}
			buf_addc(&w->rows, '\n');
			return true;
		}
	}
	buf_cut(&w->rows, before);
	return false;
}

static void
yolo_sample(struct exporter *ex, struct sample *s)
{
	struct writing *w = ex->state;
	int split = split_of(ex, s);
	uint64_t written = 0;
	struct span stem;

	w->has[split] = true;
	buf_reset(&w->rows);
	for (size_t i = 0; i < s->n; i++)
		written += put_row(w, s, &s->ann[i]);
	export_unwritten(ex, s, written);
	buf_reset(&w->images);
	buf_addf(&w->images, "images%s", split_folder[split]);
	stem = export_stem(ex, s, w->images.p);
	buf_reset(&w->member);
	buf_addf(&w->member, "labels%s/%.*s.txt", split_folder[split], SPAN_ARG(stem));
	export_picture(ex, s, w->images.p, stem);
	if (s->annotated)
		export_file(ex, buf_span(&w->member), buf_span(&w->rows));
}

/* ---- data.yaml ---- */

/* A name as a YAML scalar: bare when it can be nothing else than a string, else in JSON's quotes. */
static void
put_name(struct buf *b, const char *name)
{
	static const char *const words[] = { "y", "n", "yes", "no", "true", "false", "on", "off",
		"null" };
	const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_- ";
	size_t n = strlen(name);
	bool bare = n > 0 && n == strspn(name, letters) && name[0] > '9' && name[n - 1] != ' ';

	for (size_t i = 0; bare && i < ARRAY_LEN(words); i++)
		bare = strcasecmp(name, words[i]) != 0;
	if (bare)
		buf_adds(b, name);
	else
		diag_json_string(b, span_str(name));
}

/* Members of data.yaml that were there at import: JSON is YAML too. */
static void
put_more(struct buf *b, struct span more)
{
	struct span key, value;
	struct json j;

	if (json_type_of(more) != JSON_OBJECT)
		return;
	json_begin(&j, more);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value))
		buf_addf(b, "\"%.*s\": %.*s\n", SPAN_ARG(key), SPAN_ARG(value));
}

/* Ultralytics wants a train and a val split; where there is one only it is both. */
static void
put_splits(struct writing *w, struct buf *b)
{
	int train = w->has[SPLIT_TRAIN] || w->has[SPLIT_NONE] ? SPLIT_TRAIN
		    : w->has[SPLIT_EVAL]                      ? SPLIT_EVAL
							      : SPLIT_TEST;

	if (train == SPLIT_TRAIN && !w->has[SPLIT_TRAIN])
		train = SPLIT_NONE;
	buf_addf(b, "train: images%s\n", split_folder[train]);
	buf_addf(b, "val: images%s\n", split_folder[w->has[SPLIT_EVAL] ? SPLIT_EVAL : train]);
	if (w->has[SPLIT_TEST])
		buf_addf(b, "test: images%s\n", split_folder[SPLIT_TEST]);
}

static void
yolo_finish(struct exporter *ex)
{
	struct writing *w = ex->state;
	struct buf *bufs[] = { &w->rows, &w->shape, &w->images, &w->member, &w->text };
	struct buf *b = &w->text;

	buf_reset(b);
	put_splits(w, b);
	buf_addf(b, "nc: %zu\nnames:\n", ex->dataset.n);
	for (size_t i = 0; i < ex->dataset.n; i++) {
		buf_addf(b, "  %zu: ", i);
		put_name(b, ex->dataset.classes[i].name);
		buf_addc(b, '\n');
	}
	put_more(b, dataset_member(&ex->dataset, "yolo"));
	export_file(ex, SPAN("data.yaml"), buf_span(b));
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	free(w);
	ex->state = NULL;
}

static void
yolo_begin(struct exporter *ex)
{
	struct writing *w = xcalloc(1, sizeof(*w));

	w->ex = ex;
	ex->state = w;
}

const struct label_writer yolo_writer = {
	.needs_classes = true,
	.begin = yolo_begin,
	.sample = yolo_sample,
	.finish = yolo_finish,
};
