/*
 * YOLO sets as darknet and ModelArts read them: obj.data, obj.names, train.txt and valid.txt, and pictures with
 * their label files beside them in obj_train_data/ and obj_valid_data/. Reading is that of yolo.h.
 *
 * Source: ModelArts, "Specifications for Importing Data from an OBS Directory" (the format string "YOLO"): there
 * are these two splits and no other one, each list names all pictures of its folder, rows are boxes.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "label/formats.h"
#include "label/splits.h"
#include "label/yolo_make.h"

enum { TRAIN, VALID, LISTS };

static const char *const folder[LISTS] = { "obj_train_data", "obj_valid_data" };
static const char *const list_name[LISTS] = { "train.txt", "valid.txt" };

struct writing {
	struct yolo_making make;
	struct sink_file *list[LISTS];
	struct buf text;
};

static void
begin(struct exporter *ex)
{
	struct writing *w = ex->state;

	w->make.ex = ex;
	w->make.task = YOLO_TASK_DETECT;
}

/* The rows of a sample in w->make.rows. How many. */
static uint64_t
make_rows(struct exporter *ex, struct writing *w, struct sample *s)
{
	struct buf *rows = &w->make.rows;
	uint64_t n = 0;

	buf_reset(rows);
	for (size_t i = 0; i < s->n; i++) {
		size_t before = rows->n;
		long class = export_class(ex, s, &s->ann[i]);

		if (class >= 0)
			num_add_i64(rows, class);
		if (class >= 0 && yolo_make_shape(&w->make, s, &s->ann[i])) {
			buf_addc(rows, '\n');
			n++;
		} else {
			buf_cut(rows, before);
		}
	}
	return n;
}

static void
add_to_list(struct exporter *ex, struct writing *w, int to, struct span picture)
{
	struct out *out;

	if (!w->list[to])
		w->list[to] = sink_file_new(ex->sink, list_name[to]);
	if (!w->list[to])
		die("cannot write %s:", list_name[to]);
	out = sink_file_out(w->list[to]);
	buf_addf(&out->b, "%s/%.*s\n", folder[to], SPAN_ARG(picture));
	out_tick(out);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writing *w = ex->state;
	int split = split_of(ex, s);
	int to = split == SPLIT_EVAL || split == SPLIT_TEST ? VALID : TRAIN;
	struct span stem = export_stem(ex, s, folder[to]);

	if (split == SPLIT_TEST)
		export_loss(ex, s, "sample.usage", 1);
	export_unwritten(ex, s, make_rows(ex, w, s));
	buf_reset(&w->text);
	buf_addf(&w->text, "%s/%.*s.txt", folder[to], SPAN_ARG(stem));
	add_to_list(ex, w, to, export_picture(ex, s, folder[to], stem));
	if (s->annotated)
		export_file(ex, buf_span(&w->text), buf_span(&w->make.rows));
}

/* A class a line; a line end in a name would be two. */
static void
write_names(struct exporter *ex, struct writing *w)
{
	buf_reset(&w->text);
	for (size_t i = 0; i < ex->dataset.n; i++) {
		for (const char *p = ex->dataset.classes[i].name; *p; p++)
			buf_addc(&w->text, *p == '\n' || *p == '\r' ? ' ' : *p);
		if (strpbrk(ex->dataset.classes[i].name, "\r\n"))
			warning_at(POS_NONE, "darknet",
			    "the name of class %zu has a line end: a blank instead", i);
		buf_addc(&w->text, '\n');
	}
	export_file(ex, SPAN("obj.names"), buf_span(&w->text));
}

static void
finish(struct exporter *ex)
{
	struct writing *w = ex->state;
	bool has[LISTS] = { w->list[TRAIN] || !w->list[VALID], w->list[VALID] };

	if (has[TRAIN] && !w->list[TRAIN])
		w->list[TRAIN] = sink_file_new(ex->sink, list_name[TRAIN]);
	for (int i = 0; i < LISTS; i++)
		if (has[i] && (!w->list[i] || sink_file_close(w->list[i]) != 0))
			die("cannot write %s:", list_name[i]);
	write_names(ex, w);
	buf_reset(&w->text);
	buf_addf(&w->text, "classes = %zu\n", ex->dataset.n);
	if (has[TRAIN])
		buf_adds(&w->text, "train = train.txt\n");
	if (has[VALID])
		buf_adds(&w->text, "valid = valid.txt\n");
	buf_adds(&w->text, "names = obj.names\nbackup = backup/\n");
	export_file(ex, SPAN("obj.data"), buf_span(&w->text));
	buf_release(&w->text);
	yolo_making_release(&w->make);
}

static const struct label_writer writer = { true, begin, write_sample, finish,
	sizeof(struct writing) };

const struct label_format label_darknet = {
	.name = "darknet",
	.aliases = "ModelArts YOLO 1.0",
	.title = "YOLO as darknet and ModelArts have it: obj.data, obj.names, lists",
	.own_digits = true,
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS_UNLABELLED | HOLDS_NEGATIVE |
		 HOLDS_USAGE | HOLDS_CLASS_LIST | HOLDS_BOX_FIRST,
	.keeps = "yolo|category_id",
	.detect = NULL, /* yolo finds it and reads the same */
	.read = yolo_read,
	.writer = &writer,
};
