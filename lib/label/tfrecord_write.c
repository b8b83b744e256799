/* Writing TFRecord files of tf.train.Example: see tfrecord.h. */
#include "label/tfrecord.h"

#include <stdlib.h>

#include "archive/sink.h"
#include "archive/tfrecord.h"
#include "base/base64.h"
#include "base/diag.h"
#include "base/num.h"
#include "base/path.h"
#include "base/sha256.h"
#include "label/coords.h"
#include "label/pbtxt.h"
#include "label/splits.h"
#include "record/picsize.h"

#define SHARDS_MAX 10000

struct writer {
	uint64_t shards;                 /* of each split; 1: no shards */
	struct sink_file **file[SPLITS]; /* of each shard, opened when it is needed */
	uint64_t samples[SPLITS];
	long *label; /* numbers of the classes by their index */
	size_t labels, cap;
	bool own_ids; /* those of the header are kept */
	long last;    /* the highest number given */
	struct tf_maker m;
	struct corners corners;
	struct buf picture, example, text, scratch;
	struct picsize size; /* of the picture; all 0: there is none */
};

static void
begin(struct exporter *ex)
{
	struct writer *w = ex->state;

	w->shards = ex->opt->shard_count ? ex->opt->shard_count : 1;
	if (w->shards > SHARDS_MAX)
		die("--shard-count: tfrecord has at most %d shards", SHARDS_MAX);
}

/* ---- files ---- */

static struct out *
out_of(struct exporter *ex, int split)
{
	static const char *const name[SPLITS] = { "data", "train", "val", "test" };
	struct writer *w = ex->state;
	uint64_t shard = w->samples[split]++ % w->shards;
	char *path;

	if (!w->file[split])
		w->file[split] = xcalloc(w->shards, sizeof(*w->file[split]));
	if (!w->file[split][shard]) {
		path = w->shards == 1
			   ? xasprintf("%s.record", name[split])
			   : xasprintf("%s.record-%05llu-of-%05llu", name[split],
				 (unsigned long long)shard, (unsigned long long)w->shards);
		w->file[split][shard] = sink_file_new(ex->sink, path);
		if (!w->file[split][shard])
			die("cannot write %s:", path);
		free(path);
	}
	return sink_file_out(w->file[split][shard]);
}

/* A split with fewer samples than shards has them all the same: readers count. */
static void
close_files(struct exporter *ex)
{
	struct writer *w = ex->state;

	for (int split = 0; split < SPLITS; split++) {
		if (!w->file[split])
			continue;
		while (w->samples[split] < w->shards)
			out_of(ex, split);
		for (uint64_t i = 0; i < w->shards; i++)
			if (sink_file_close(w->file[split][i]) != 0)
				die("cannot write a TFRecord file:");
		free(w->file[split]);
	}
}

/* ---- class numbers ---- */

/* A whole number from 1 on; 0: it has none. */
static long
own_id(const struct class_def *c)
{
	uint64_t id;

	return c->id && num_parse_u64(span_str(c->id), &id) && id > 0 && id <= INT32_MAX ? (long)id
											 : 0;
}

/* Numbers from 1 on: those of the header when all of its classes have one, else their places. */
static long
number_of(struct exporter *ex, size_t class)
{
	struct writer *w = ex->state;
	const struct dataset *d = &ex->dataset;

	if (w->labels == 0) {
		w->own_ids = true;
		for (size_t i = 0; i < d->n; i++)
			w->own_ids = w->own_ids && own_id(&d->classes[i]) > 0;
	}
	for (size_t i = w->labels; i <= class; i++) {
		long id = w->own_ids ? own_id(&d->classes[i]) : 0;

		for (size_t k = 0; k < w->labels; k++)
			id = w->label[k] == id ? 0 : id;
		w->label = grow(w->label, &w->cap, i + 1, sizeof(*w->label));
		w->label[i] = id ? id : w->last + 1;
		w->last = w->label[i] > w->last ? w->label[i] : w->last;
		w->labels = i + 1;
	}
	return w->label[class];
}

static void
write_map(struct exporter *ex)
{
	struct buf text = BUF_INIT;

	if (sink_is_one(ex->sink) || ex->dataset.n == 0)
		return;
	for (size_t i = 0; i < ex->dataset.n; i++) {
		const struct class_def *c = &ex->dataset.classes[i];

		pbtxt_add(&text, span_str(c->raw), span_str(c->name), number_of(ex, i));
	}
	export_file(ex, SPAN("label_map.pbtxt"), buf_span(&text));
	buf_release(&text);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	close_files(ex);
	write_map(ex);
	free(w->label);
	tf_maker_release(&w->m);
	corners_release(&w->corners);
	buf_release(&w->picture);
	buf_release(&w->example);
	buf_release(&w->text);
	buf_release(&w->scratch);
}

/* ---- features that rode along ---- */

static bool
make_bytes(struct writer *w, struct span key, struct span value)
{
	struct span text =
	    json_type_of(value) == JSON_OBJECT ? json_member(value, "base64") : value;

	if (json_type_of(text) != JSON_STRING)
		return false;
	text = json_value_text(text, &w->scratch);
	if (json_type_of(value) == JSON_OBJECT) {
		buf_reset(&w->text);
		if (!base64_decode(&w->text, text))
			return false;
		text = buf_span(&w->text);
	}
	tf_make_bytes(&w->m, key, text);
	return true;
}

static bool
make_value(struct writer *w, struct span key, enum tf_kind kind, struct span value)
{
	int64_t whole;
	double number;

	if (kind == TF_BYTES)
		return make_bytes(w, key, value);
	if (kind == TF_INTS) {
		if (!num_parse_i64(value, &whole))
			return false;
		tf_make_int(&w->m, key, whole);
		return true;
	}
	if (span_is(value, "\"NaN\""))
		number = strtod("nan", NULL);
	else if (span_is(value, "\"Infinity\"") || span_is(value, "\"-Infinity\""))
		number = strtod(value.p[1] == '-' ? "-inf" : "inf", NULL);
	else if (!num_parse(value, &number))
		return false;
	tf_make_float(&w->m, key, (float)number);
	return true;
}

/* {"int64":[3]}, or with `one` {"int64":3} */
static bool
make_feature(struct writer *w, struct span key, struct span object, bool one)
{
	struct span value;
	bool good = true;
	struct json j;

	for (int kind = TF_BYTES; kind <= TF_INTS; kind++) {
		struct span list = json_member(object, tf_kind_name[kind]);

		if (!list.p)
			continue;
		if (one)
			return make_value(w, key, (enum tf_kind)kind, list);
		if (json_type_of(list) != JSON_ARRAY)
			return false;
		tf_make_empty(&w->m, key, (enum tf_kind)kind);
		json_begin(&j, list);
		json_array(&j);
		while (json_item(&j) && json_value(&j, &value))
			good = make_value(w, key, (enum tf_kind)kind, value) && good;
		return good;
	}
	return false;
}

static const char *const computed[] = { "image/encoded", "image/width", "image/height",
	"image/source_id", "image/class/text", "image/class/label", TF_BBOX "xmin", TF_BBOX "ymin",
	TF_BBOX "xmax", TF_BBOX "ymax", TF_OBJECT "class/text", TF_OBJECT "class/label",
	TF_OBJECT "difficult", TF_OBJECT "truncated", TF_OBJECT "is_crowd", TF_OBJECT "area",
	TF_OBJECT "view" };

static bool
is_computed(struct span key)
{
	for (size_t i = 0; i < ARRAY_LEN(computed); i++)
		if (span_is(key, computed[i]))
			return true;
	return false;
}

/* The features of a "tfrecord" member; those that are made from the record are not wanted. */
static void
make_kept(struct exporter *ex, const struct sample *s, struct span kept, bool one, const char *loss)
{
	struct writer *w = ex->state;
	struct buf name = BUF_INIT;
	struct span key, value;
	struct json j;

	if (json_type_of(kept) != JSON_OBJECT)
		return;
	json_begin(&j, kept);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		struct span text = json_text(key, &name);

		if (one && !span_starts(text, SPAN(TF_OBJECT)))
			continue; /* label, text */
		if (!is_computed(text) && json_type_of(value) == JSON_OBJECT &&
		    !make_feature(w, text, value, one))
			export_loss(ex, s, loss, 1);
	}
	buf_release(&name);
}

/* ---- boxes ---- */

static void
make_text(struct writer *w, const char *key, struct span text)
{
	tf_make_bytes(&w->m, span_str(key), text);
}

/* Four floats. False: no geometry, or the size that is needed is unknown. */
static bool
make_box(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	static const char *const key[] = { TF_BBOX "xmin", TF_BBOX "ymin", TF_BBOX "xmax",
		TF_BBOX "ymax" };
	struct writer *w = ex->state;
	double v[4];

	if (ann_is_ratio(a) ? !coords_ratio_corners(ex, s, a, &w->corners)
			    : !coords_corners(ex, s, a, &w->corners))
		return false;
	if (!ann_is_ratio(a) && !export_size(ex, s)) {
		export_loss(ex, s, "annotation.box-without-size", 1);
		return false;
	}
	for (int i = 0; i < 4; i++) {
		if (!num_parse(w->corners.v[i], &v[i]))
			return false;
		if (!ann_is_ratio(a))
			v[i] /= i % 2 ? s->height : s->width;
	}
	for (int i = 0; i < 4; i++)
		tf_make_float(&w->m, span_str(key[i]), (float)v[i]);
	return true;
}

/* Name and number under PREFIX/text and PREFIX/label. */
static void
make_class(
    struct exporter *ex, const struct sample *s, const struct annotation *a, const char *prefix)
{
	struct writer *w = ex->state;
	struct span kept = ann_member(a, "tfrecord"), name, number = SPAN_NONE, code;
	char *text = xasprintf("%s/text", prefix), *label = xasprintf("%s/label", prefix);
	long class = export_class(ex, s, a);
	int64_t own;

	name = class >= 0 ? span_str(ex->dataset.classes[class].name) : SPAN("");
	if (span_eq(json_value_text(json_member(kept, "text"), &w->scratch), name))
		number = json_member(kept, "label");
	code = class >= 0 ? json_member(span_str(ex->dataset.classes[class].raw), "pbtxt-name")
			  : SPAN_NONE;
	if (code.p && span_eq(json_member(kept, "pbtxt-name"), code))
		make_text(w, text, json_value_text(code, &w->scratch));
	else
		make_text(w, text, name);
	if (!num_parse_i64(number, &own))
		own = class >= 0 ? number_of(ex, (size_t) class) : 0;
	tf_make_int(&w->m, span_str(label), own);
	free(text);
	free(label);
}

/* What a flag is; -1: unknown. A value that is neither 0 nor 1 rode along. */
static int64_t
flag_of(const struct annotation *a, enum ann_field field, const char *key)
{
	struct span kept = json_member(json_member(ann_member(a, "tfrecord"), key), "int64");
	int64_t v;

	return kept.p && num_parse_i64(kept, &v) ? v : ann_flag(a, field);
}

/* The boxes of a sample, in order. */
struct boxes {
	const struct annotation **a;
	size_t n, cap;
};

/* A list has a value for each box, so what is not known of some becomes `none`. */
static void
make_flags(struct exporter *ex, const struct sample *s, const struct boxes *x)
{
	static const struct {
		enum ann_field field;
		const char *key, *loss;
	} flags[] = {
		{ ANN_DIFFICULT, TF_OBJECT "difficult", "annotation.difficult-unknown" },
		{ ANN_TRUNCATED, TF_OBJECT "truncated", "annotation.truncated-unknown" },
		{ ANN_ISCROWD, TF_OBJECT "is_crowd", "annotation.iscrowd-unknown" },
	};
	struct writer *w = ex->state;

	for (size_t f = 0; f < ARRAY_LEN(flags); f++) {
		size_t known = 0;

		for (size_t i = 0; i < x->n; i++)
			known += flag_of(x->a[i], flags[f].field, flags[f].key) >= 0;
		for (size_t i = 0; known && i < x->n; i++) {
			int64_t v = flag_of(x->a[i], flags[f].field, flags[f].key);

			tf_make_int(&w->m, span_str(flags[f].key), v < 0 ? 0 : v);
		}
		if (known && known < x->n)
			export_loss(ex, s, flags[f].loss, x->n - known);
	}
}

static void
make_areas(struct exporter *ex, const struct sample *s, const struct boxes *x)
{
	struct writer *w = ex->state;
	struct box box;
	size_t known = 0;
	double v;

	for (size_t i = 0; i < x->n; i++)
		known += ann_number(x->a[i], ANN_AREA, &v);
	for (size_t i = 0; known && i < x->n; i++) {
		if (!ann_number(x->a[i], ANN_AREA, &v))
			v = sample_box(s, x->a[i], &box) ? box.w * box.h : 0;
		tf_make_float(&w->m, SPAN(TF_OBJECT "area"), (float)v);
	}
	if (known && known < x->n)
		export_loss(ex, s, "annotation.area-unknown", x->n - known);
}

/* The pose; other properties have no place. */
static struct span
pose_of(struct exporter *ex, const struct sample *s, const struct annotation *a, bool count)
{
	struct span pose = SPAN_NONE, key, value;
	struct buf code = BUF_INIT;
	struct json j;

	if (json_type_of(a->v[ANN_PROPERTY]) != JSON_OBJECT)
		return SPAN_NONE;
	json_begin(&j, a->v[ANN_PROPERTY]);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (json_key_is(key, "pose") && json_type_of(value) == JSON_STRING) {
			pose = value;
		} else if (count) {
			buf_reset(&code);
			buf_addf(&code, "annotation.property.%.*s", SPAN_ARG(key));
			export_loss(ex, s, buf_str(&code), 1);
		}
	}
	buf_release(&code);
	return pose;
}

static void
make_views(struct exporter *ex, const struct sample *s, const struct boxes *x)
{
	struct writer *w = ex->state;
	size_t known = 0;

	for (size_t i = 0; i < x->n; i++)
		known += pose_of(ex, s, x->a[i], true).p != NULL;
	for (size_t i = 0; known && i < x->n; i++) {
		struct span pose = pose_of(ex, s, x->a[i], false);

		make_text(
		    w, TF_OBJECT "view", pose.p ? json_value_text(pose, &w->scratch) : SPAN(""));
	}
}

/* Features with a value a box: all boxes have to have one. */
static void
make_more(struct exporter *ex, const struct sample *s, const struct boxes *x)
{
	struct writer *w = ex->state;

	for (size_t i = 0; i < x->n; i++)
		make_kept(ex, s, ann_member(x->a[i], "tfrecord"), true, "annotation.tfrecord");
	for (size_t i = w->m.n; i-- > 0;)
		if (span_starts(span_str(w->m.v[i].key), SPAN(TF_OBJECT)) && w->m.v[i].n != x->n &&
		    !is_computed(span_str(w->m.v[i].key))) {
			export_loss(ex, s, "annotation.tfrecord", w->m.v[i].n);
			tf_maker_drop(&w->m, i);
		}
}

static void
make_no_objects(struct writer *w)
{
	for (int i = 0; i < 4; i++)
		tf_make_empty(&w->m,
		    span_str((const char *[]){
			TF_BBOX "xmin", TF_BBOX "ymin", TF_BBOX "xmax", TF_BBOX "ymax" }[i]),
		    TF_FLOATS);
	tf_make_empty(&w->m, SPAN(TF_OBJECT "class/text"), TF_BYTES);
	tf_make_empty(&w->m, SPAN(TF_OBJECT "class/label"), TF_INTS);
}

static void
make_objects(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct boxes x = { .n = 0 };
	uint64_t classes = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		if (!ann_has_shape(a) && a->v[ANN_NAME].p && classes == 0) {
			make_class(ex, s, a, "image/class");
			classes++;
		} else if (make_box(ex, s, a)) {
			make_class(ex, s, a, TF_OBJECT "class");
			x.a = grow(x.a, &x.cap, x.n + 1, sizeof(*x.a));
			x.a[x.n++] = a;
		}
	}
	make_more(ex, s, &x);
	make_flags(ex, s, &x);
	make_areas(ex, s, &x);
	make_views(ex, s, &x);
	if (s->annotated && x.n + classes == 0)
		make_no_objects(w);
	export_unwritten(ex, s, x.n + classes);
	free(x.a);
}

/* ---- the sample ---- */

static void
make_picture(struct exporter *ex, struct sample *s, struct span kept)
{
	struct writer *w = ex->state;
	unsigned char digest[SHA256_SIZE];

	w->size = (struct picsize){ .width = 0 };
	buf_reset(&w->picture);
	if (!export_picture_bytes(ex, s, &w->picture))
		return;
	if (picsize_bytes(buf_span(&w->picture), &w->size) != PICSIZE_OK)
		w->size = (struct picsize){ .width = 0 };
	if (!(s->width > 0 && s->height > 0)) {
		s->width = w->size.width;
		s->height = w->size.height;
	}
	tf_make_bytes(&w->m, SPAN("image/encoded"), buf_span(&w->picture));
	if (w->size.kind)
		make_text(w, "image/format", span_str(tf_picture_format(w->size.kind)));
	if (json_member(kept, "image/key/sha256").p) {
		sha256_bytes(w->picture.p, w->picture.n, digest);
		buf_reset(&w->scratch);
		sha256_hex(&w->scratch, digest);
		make_text(w, "image/key/sha256", buf_span(&w->scratch));
	}
}

/* Features of the sample that rode along and were not made otherwise. */
static void
make_rest(struct exporter *ex, struct sample *s, struct span kept)
{
	struct writer *w = ex->state;
	struct tf_maker rest = { .n = 0 }, made = w->m;

	w->m = rest;
	make_kept(ex, s, kept, false, "sample.tfrecord");
	rest = w->m;
	w->m = made;
	for (size_t i = 0; i < rest.n; i++) {
		if (tf_maker_find(&w->m, span_str(rest.v[i].key)))
			continue;
		w->m.v = grow(w->m.v, &w->m.cap, w->m.n + 1, sizeof(*w->m.v));
		w->m.v[w->m.n++] = rest.v[i];
		rest.v[i--] = rest.v[--rest.n];
	}
	tf_maker_release(&rest);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span kept = rec_member(s->rec, "tfrecord"), id, source;
	int split = split_of(ex, s);
	struct out *out;

	if (sink_is_one(ex->sink)) {
		if (split != SPLIT_NONE && !split_in_name(ex, json_unquote(s->rec->v[REC_USAGE])))
			export_loss(ex, s, "sample.usage", 1);
		split = SPLIT_NONE;
	}
	tf_maker_reset(&w->m);
	make_picture(ex, s, kept);
	if (s->width >= 1 && s->height >= 1) {
		tf_make_int(&w->m, SPAN("image/width"), (int64_t)s->width);
		tf_make_int(&w->m, SPAN("image/height"), (int64_t)s->height);
	}
	id = rec_string(s->rec, REC_ID, &w->scratch);
	if (id.n)
		make_text(w, "image/source_id", id);
	make_objects(ex, s);
	make_rest(ex, s, kept);
	source = rec_string(s->rec, REC_SOURCE, &w->scratch);
	if (!tf_maker_find(&w->m, SPAN("image/filename")))
		make_text(w, "image/filename", path_base_span(source));
	buf_reset(&w->example);
	tf_maker_write(&w->m, &w->example);
	out = out_of(ex, split);
	tfrecord_add(&out->b, buf_span(&w->example));
	out_tick(out);
}

const struct label_writer tfrecord_writer = {
	.needs_classes = true,
	.begin = begin,
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};
