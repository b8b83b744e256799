/*
 * Writing YOLO sets as Ultralytics reads them: images/SPLIT/, labels/SPLIT/, data.yaml. See yolo.h.
 *
 * An annotation becomes a row of the form that it has: with a bbox a box; a polygon or rbox alone, or one that
 * came from a row, an outline; keypoints, where the header says how many a row has, a pose. With --yolo-task all
 * rows are of one form.
 */
#include <stdlib.h>
#include <strings.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "json/write.h"
#include "label/coords.h"
#include "label/splits.h"
#include "label/yolo_make.h"

static const char *const split_folder[SPLITS] = { "", "/train", "/val", "/test" };

struct writing {
	struct exporter *ex;
	struct yolo_making make;
	bool has[SPLITS];
	bool shape_known; /* make.points */
	uint64_t mixed;   /* label files */
	struct buf images, member, text;
};

/* ---- kpt_shape ---- */

/* How many keypoints the classes have: the names that COCO gives them. */
static unsigned
points_of_classes(const struct dataset *d)
{
	size_t most = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct span names = json_member(span_str(d->classes[i].raw), "keypoints"), name;
		struct json j;
		size_t n = 0;

		if (json_type_of(names) != JSON_ARRAY)
			continue;
		json_begin(&j, names);
		json_array(&j);
		while (json_item(&j) && json_value(&j, &name))
			n++;
		most = n > most ? n : most;
	}
	return most <= YOLO_POINTS ? (unsigned)most : YOLO_POINTS;
}

/* From data.yaml as it was; where poses are wanted also from the classes, or the first annotation. */
static void
find_shape(struct writing *w, const struct sample *s)
{
	struct span own = json_member(dataset_member(&w->ex->dataset, "yolo"), "kpt_shape");
	enum yolo_task task = w->ex->opt->yolo_task;
	double v[2];

	if (w->shape_known || (task != YOLO_TASK_GIVEN && task != YOLO_TASK_POSE))
		return;
	if (json_numbers(own, v, 2) == 2 && v[0] >= 1 && v[0] <= YOLO_POINTS &&
	    (v[1] == 2 || v[1] == 3)) {
		w->make.points = (unsigned)v[0];
		w->make.numbers = (unsigned)v[1];
	} else if (task == YOLO_TASK_POSE) {
		w->make.points = points_of_classes(&w->ex->dataset);
		w->make.numbers = 3;
	}
	for (size_t i = 0; task == YOLO_TASK_POSE && !w->make.points && i < s->n; i++) {
		size_t n = json_numbers(s->ann[i].v[ANN_KEYPOINTS], NULL, 0);

		if (n != SIZE_MAX && n / 3 <= YOLO_POINTS)
			w->make.points = (unsigned)(n / 3);
	}
	w->shape_known = w->make.points || task != YOLO_TASK_POSE;
}

/* ---- samples ---- */

static bool
put_row(struct writing *w, struct sample *s, const struct annotation *a)
{
	struct buf *rows = &w->make.rows;
	size_t before = rows->n;
	long class = export_class(w->ex, s, a);

	if (class >= 0) {
		num_add_i64(rows, class);
		if (yolo_make_shape(&w->make, s, a)) {
			if (a->v[ANN_CONFIDENCE].p) {
				buf_addc(rows, ' ');
				buf_addspan(rows, a->v[ANN_CONFIDENCE]);
			}
			buf_addc(rows, '\n');
			return true;
		}
	}
	buf_cut(rows, before);
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
	find_shape(w, s);
	w->make.boxes = w->make.outlines = false;
	buf_reset(&w->make.rows);
	for (size_t i = 0; i < s->n; i++)
		written += put_row(w, s, &s->ann[i]);
	export_unwritten(ex, s, written);
	w->mixed += w->make.boxes && w->make.outlines;
	buf_reset(&w->images);
	buf_addf(&w->images, "images%s", split_folder[split]);
	stem = export_stem(ex, s, w->images.p);
	buf_reset(&w->member);
	buf_addf(&w->member, "labels%s/%.*s.txt", split_folder[split], SPAN_ARG(stem));
	export_picture(ex, s, w->images.p, stem);
	if (s->annotated)
		export_file(ex, buf_span(&w->member), buf_span(&w->make.rows));
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

/* "left_eye" and "right_eye" change places in a mirror. */
static bool
mirrored(struct span name, struct buf *out)
{
	static const char *const side[] = { "left", "right", "Left", "Right" };

	for (size_t i = 0; i < ARRAY_LEN(side); i++) {
		const char *at = memmem(name.p, name.n, side[i], strlen(side[i]));

		if (!at)
			continue;
		buf_reset(out);
		buf_add(out, name.p, (size_t)(at - name.p));
		buf_adds(out, side[i ^ 1]);
		buf_addspan(out, span_of(at + strlen(side[i]), name.p + name.n));
		return true;
	}
	return false;
}

static size_t
place_of(struct span *names, size_t n, struct span name)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(names[i], name))
			return i;
	return n;
}

/* Where each point of the class goes in a mirror; false: some names do not pair. */
static bool
put_flip(struct buf *b, struct span names)
{
	struct span name[YOLO_POINTS], raw;
	struct buf other = BUF_INIT;
	bool good = true;
	struct json j;
	size_t n = 0;

	json_begin(&j, names);
	json_array(&j);
	while (n < YOLO_POINTS && json_item(&j) && json_value(&j, &raw))
		name[n++] = json_unquote(raw);
	buf_adds(b, "flip_idx: [");
	for (size_t i = 0; i < n && good; i++) {
		size_t to = i;

		if (name[i].p && mirrored(name[i], &other))
			to = place_of(name, n, buf_span(&other));
		good = name[i].p && to < n;
		buf_addf(b, i ? ", %zu" : "%zu", to);
	}
	buf_adds(b, "]\n");
	buf_release(&other);
	return good;
}

static struct span
point_names(const struct dataset *d, size_t i)
{
	struct span names = json_member(span_str(d->classes[i].raw), "keypoints");

	return json_type_of(names) == JSON_ARRAY ? names : SPAN_NONE;
}

/* kpt_shape, flip_idx and kpt_names, unless data.yaml had them at import. */
static void
put_poses(struct writing *w, struct buf *b)
{
	const struct dataset *d = &w->ex->dataset;
	struct span more = dataset_member(d, "yolo");
	bool any = false;

	if (!w->make.points)
		return;
	if (!json_member(more, "kpt_shape").p)
		buf_addf(b, "kpt_shape: [%u, %u]\n", w->make.points, w->make.numbers);
	for (size_t i = 0; i < d->n && !any && !json_member(more, "flip_idx").p; i++) {
		size_t before = b->n;

		any = point_names(d, i).p != NULL;
		if (any && !put_flip(b, point_names(d, i)))
			buf_cut(b, before);
	}
	any = false;
	for (size_t i = 0; i < d->n && !json_member(more, "kpt_names").p; i++) {
		if (!point_names(d, i).p)
			continue;
		if (!any)
			buf_adds(b, "kpt_names:\n");
		any = true;
		buf_addf(b, "  %zu: ", i);
		buf_addspan(b, point_names(d, i));
		buf_addc(b, '\n');
	}
}

/* Does a member of data.yaml speak of poses, where there are none? */
static bool
is_of_poses(const struct writing *w, struct span key)
{
	return !w->make.points &&
	       (span_is(key, "kpt_shape") || span_is(key, "flip_idx") || span_is(key, "kpt_names"));
}

/* Members of data.yaml that were there at import: JSON is YAML too. */
static void
put_more(const struct writing *w, struct buf *b, struct span more)
{
	struct span key, value;
	struct json j;

	if (json_type_of(more) != JSON_OBJECT)
		return;
	json_begin(&j, more);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value))
		if (!is_of_poses(w, key))
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
	struct buf *bufs[] = { &w->images, &w->member, &w->text };
	struct buf *b = &w->text;

	buf_reset(b);
	put_splits(w, b);
	buf_addf(b, "nc: %zu\nnames:\n", ex->dataset.n);
	for (size_t i = 0; i < ex->dataset.n; i++) {
		buf_addf(b, "  %zu: ", i);
		put_name(b, ex->dataset.classes[i].name);
		buf_addc(b, '\n');
	}
	put_poses(w, b);
	put_more(w, b, dataset_member(&ex->dataset, "yolo"));
	export_file(ex, SPAN("data.yaml"), buf_span(b));
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	yolo_making_release(&w->make);
	if (w->mixed)
		warning_at(POS_NONE, "yolo-mixed",
		    "%llu %s boxes and outlines, and Ultralytics would take the boxes for polygons of "
		    "two points (--yolo-task makes all rows alike)",
		    COUNTED(w->mixed, "label file has", "label files have"));
}

static void
yolo_begin(struct exporter *ex)
{
	struct writing *w = ex->state;

	w->ex = w->make.ex = ex;
	w->make.task = ex->opt->yolo_task;
}

const struct label_writer yolo_writer = {
	.needs_classes = true,
	.begin = yolo_begin,
	.sample = yolo_sample,
	.finish = yolo_finish,
	.state = sizeof(struct writing),
};
