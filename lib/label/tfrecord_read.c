/* Reading TFRecord files of tf.train.Example: see tfrecord.h. */
#include "label/tfrecord.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "archive/tfrecord.h"
#include "base/base64.h"
#include "base/num.h"
#include "base/path.h"
#include "base/utf8.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/pbtxt.h"
#include "label/usage.h"

struct reader {
	struct importer *im;
	struct dataset classes; /* of the label map, or as the records tell them */
	bool map;               /* there is a label map */
	uint64_t learned;       /* classes that the records told */
	struct name_set put;    /* names of pictures below `extract` */
	/* of the file */
	const char *file;
	const struct node *node;
	const char *usage;
	struct name_set names;
	/* of the record */
	struct tfrecord in;
	struct tf_example e;
	struct picsize size; /* of the picture in it; all 0: unknown */
	struct buf member, source, kept, text, list;
	bool said_unknown, said_pixels, said_stream;
};

/* ---- files ---- */

/* "x.record-00003-of-00010": cuts the tail off *base. */
static bool
cut_shard(struct span *base, uint64_t *number, uint64_t *total)
{
	const char *p = base->p + base->n;

	if (base->n < 16 || !num_parse_u64((struct span){ p - 5, 5 }, total) ||
	    memcmp(p - 9, "-of-", 4) != 0 || !num_parse_u64((struct span){ p - 14, 5 }, number) ||
	    p[-15] != '-')
		return false;
	base->n -= 15;
	return true;
}

static bool
is_named(struct span path)
{
	struct span base = path_base_span(path);
	uint64_t number, total;

	cut_shard(&base, &number, &total);
	return path_has_ext(base, "record|records|tfrecord|tfrecords|tfrec");
}

int
tfrecord_detect(const struct tree *t, struct buf *why)
{
	struct buf head = BUF_INIT;
	const char *first = NULL;

	for (size_t i = 0, looked = 0; i < t->n && !first && looked < 8; i++) {
		if (!t->single && !is_named(span_str(t->node[i].path)))
			continue;
		looked++;
		buf_reset(&head);
		if (tree_head(t, &t->node[i], TFRECORD_HEAD, &head) && tfrecord_is(buf_span(&head)))
			first = t->node[i].path;
	}
	buf_release(&head);
	if (!first)
		return 0;
	buf_addf(why, "%s begins with a record and its check sum", first);
	return t->single ? 95 : 55; /* beside other label files it is what was made of them */
}

/* Name shards that are not here: of each set, at its first file. */
static void
check_shards(const struct tree *t)
{
	struct strmap sets = STRMAP_INIT;

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path), set = path;
		uint64_t number, total, have = 0;
		bool is_new;

		if (!cut_shard(&set, &number, &total))
			continue;
		strmap_put(&sets, span_of(path.p, path.p + set.n), 0, &is_new);
		for (size_t k = i; is_new && k < t->n; k++) {
			struct span other = span_str(t->node[k].path);

			if (!span_starts(other, set))
				break;
			have += other.n == path.n && cut_shard(&other, &number, &number);
		}
		if (is_new && have < total)
			warning_at(pos_file(tree_name(t, &t->node[i])), "shards",
			    "%" PRIu64 " of the %" PRIu64 " files of this set are not here",
			    total - have, total);
	}
	strmap_release(&sets);
}

/* ---- the label map ---- */

static void
take_classes(struct reader *r, struct span list)
{
	struct record header = { .m = NULL };
	struct buf line = BUF_INIT;

	jw_open(&line, '{');
	jw_key(&line, "dataset");
	jw_open(&line, '{');
	jw_member_raw(&line, "classes", list);
	jw_close(&line, '}');
	jw_close(&line, '}');
	if (rec_parse(&header, buf_span(&line), pos_file(r->file)))
		dataset_merge(&r->classes, &header);
	r->map = true;
	rec_release(&header);
	buf_release(&line);
}

static void
read_map(struct reader *r, struct span text, const char *name)
{
	struct buf list = BUF_INIT;

	r->file = name;
	if (pbtxt_read(&list, text, name))
		take_classes(r, buf_span(&list));
	else
		r->im->bad_files++;
	buf_release(&list);
}

/* --label-map, else all .pbtxt files of the tree. */
static void
read_maps(struct reader *r)
{
	const struct tree *t = r->im->tree;
	const char *option = r->im->opt->label_map;
	struct buf text = BUF_INIT;

	if (option && file_read(AT_FDCWD, option, r->im->opt->max_text, &text) != 0)
		die("%s:", option);
	if (option)
		read_map(r, buf_span(&text), option);
	for (size_t i = 0; !option && !t->single && i < t->n; i++) {
		if (!path_has_ext(span_str(t->node[i].path), "pbtxt"))
			continue;
		buf_reset(&text);
		r->im->files++;
		if (tree_read(t, &t->node[i], &text)) {
			char *name = xstrdup(tree_name(t, &t->node[i]));

			read_map(r, buf_span(&text), name);
			free(name);
		}
	}
	buf_release(&text);
}

static void
write_classes(struct buf *b, const struct dataset *d)
{
	jw_key(b, "classes");
	jw_open(b, '[');
	for (size_t i = 0; i < d->n; i++)
		jw_raw(b, span_str(d->classes[i].raw));
	jw_close(b, ']');
}

static int
by_id(const void *a, const void *b)
{
	const struct class_def *x = a, *y = b;
	double u = 0, v = 0;

	num_parse(span_str(x->id ? x->id : "0"), &u);
	num_parse(span_str(y->id ? y->id : "0"), &v);
	return u != v ? (u > v) - (u < v) : strcmp(x->name, y->name);
}

/* The class list that the records told, behind them. */
static void
give_learned(struct reader *r)
{
	struct buf *b;

	if (r->map || r->learned == 0)
		return;
	qsort(r->classes.classes, r->classes.n, sizeof(*r->classes.classes), by_id);
	b = import_header(r->im);
	write_classes(b, &r->classes);
	import_header_end(r->im);
}

/* Remember name and number. True: the number follows from the name. */
static bool
learn(struct reader *r, struct span name, int64_t label)
{
	struct buf id = BUF_INIT, list = BUF_INIT;
	long known = dataset_class(&r->classes, name);
	bool same;

	num_add_i64(&id, label);
	if (known < 0 && !r->map && label >= 0 && !strmap_find(&r->classes.by_id, buf_span(&id))) {
		jw_open(&list, '[');
		jw_open(&list, '{');
		jw_member_string(&list, "name", name);
		jw_member_raw(&list, "id", buf_span(&id));
		jw_close(&list, '}');
		jw_close(&list, ']');
		take_classes(r, buf_span(&list));
		r->map = false;
		r->learned++;
		known = dataset_class(&r->classes, name);
	}
	same = known >= 0 && r->classes.classes[known].id &&
	       span_is(buf_span(&id), r->classes.classes[known].id);
	buf_release(&id);
	buf_release(&list);
	return same;
}

/* ---- features ---- */

static struct pos
here(const struct reader *r)
{
	return pos_file(r->file);
}

__attribute__((format(printf, 2, 3))) static bool
wrong(struct reader *r, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	error_at(here(r), "tfrecord", "record %" PRIu64 " at byte %" PRIu64 ": %s", r->in.number,
	    r->in.at, buf_str(&text));
	buf_release(&text);
	return false;
}

static const struct tf_feature *
feature(const struct reader *r, const char *key, enum tf_kind kind)
{
	return tf_example_find(&r->e, key, kind);
}

static struct span
first_bytes(const struct reader *r, const char *key)
{
	struct tf_value v;

	return tf_first(feature(r, key, TF_BYTES), &v) ? v.bytes : SPAN_NONE;
}

static int64_t
first_int(const struct reader *r, const char *key)
{
	struct tf_value v;

	return tf_first(feature(r, key, TF_INTS), &v) ? v.whole : 0;
}

static bool
is_text(struct span s)
{
	return utf8_valid(s) && !memchr(s.p, '\0', s.n);
}

static void
write_value(struct buf *b, const struct tf_feature *f, const struct tf_value *v)
{
	switch (f->kind) {
	case TF_BYTES:
		if (is_text(v->bytes)) {
			jw_string(b, v->bytes);
			break;
		}
		jw_open(b, '{');
		jw_key(b, "base64");
		buf_addc(b, '"');
		base64_encode(b, v->bytes);
		buf_addc(b, '"');
		jw_close(b, '}');
		break;
	case TF_FLOATS:
		jw_raw(b, SPAN(""));
		if (isfinite(v->number))
			num_add_float(b, v->number);
		else
			buf_addf(b, "\"%s\"",
			    isnan(v->number) ? "NaN"
			    : v->number > 0  ? "Infinity"
					     : "-Infinity");
		break;
	default:
		jw_i64(b, v->whole);
	}
}

/* {"int64":[3]} */
static void
write_feature(struct buf *b, const struct tf_feature *f)
{
	struct tf_values it = { .of = f };
	struct tf_value v;

	jw_key_span(b, f->key);
	jw_open(b, '{');
	if (tf_kind_name[f->kind]) {
		jw_key(b, tf_kind_name[f->kind]);
		jw_open(b, '[');
		while (tf_values_next(&it, &v))
			write_value(b, f, &v);
		jw_close(b, ']');
	}
	jw_close(b, '}');
}

/* Features of the layout with a value a box. */
static const struct {
	const char *key;
	enum tf_kind kind;
} object_feature[] = {
	{ TF_BBOX "xmin", TF_FLOATS },
	{ TF_BBOX "ymin", TF_FLOATS },
	{ TF_BBOX "xmax", TF_FLOATS },
	{ TF_BBOX "ymax", TF_FLOATS },
	{ TF_OBJECT "class/text", TF_BYTES },
	{ TF_OBJECT "class/label", TF_INTS },
	{ TF_OBJECT "difficult", TF_INTS },
	{ TF_OBJECT "truncated", TF_INTS },
	{ TF_OBJECT "is_crowd", TF_INTS },
	{ TF_OBJECT "area", TF_FLOATS },
	{ TF_OBJECT "view", TF_BYTES },
};

enum { X0, Y0, X1, Y1, TEXT, LABEL, DIFFICULT, TRUNCATED, CROWD, AREA, VIEW, OBJECT_FEATURES };

/* The lists of the boxes, walked together. */
struct objects {
	struct tf_values it[OBJECT_FEATURES];
	struct tf_value v[OBJECT_FEATURES]; /* of this box */
	bool has[OBJECT_FEATURES];
	size_t n;
	struct tf_values *more; /* features that ride with the annotations */
	size_t more_n, more_cap;
};

static bool
is_object_feature(struct span key)
{
	for (size_t i = 0; i < OBJECT_FEATURES; i++)
		if (span_is(key, object_feature[i].key))
			return true;
	return false;
}

/* Find the lists. False: their lengths do not fit, which was said. */
static bool
begin_objects(struct reader *r, struct objects *o)
{
	const char *counted = NULL;

	for (size_t i = 0; i < OBJECT_FEATURES; i++) {
		const struct tf_feature *any = feature(r, object_feature[i].key, TF_NONE);
		const struct tf_feature *f =
		    any && any->kind == object_feature[i].kind ? any : NULL;

		if (!f && any && any->kind != TF_NONE)
			return wrong(r, "%s should be a list of %s", object_feature[i].key,
			    tf_kind_name[object_feature[i].kind]);
		if (!f || (f->n == 0 && i > Y1))
			continue;
		if (!counted) {
			o->n = f->n;
			counted = object_feature[i].key;
		}
		if (f->n != o->n)
			return wrong(r, "%s has %zu values, %s has %zu", object_feature[i].key,
			    f->n, counted, o->n);
		o->it[i].of = f;
	}
	for (size_t i = X0; i <= Y1; i++)
		if (!o->it[i].of != !o->it[X0].of)
			return wrong(r, "a box needs xmin, ymin, xmax and ymax");
	return true;
}

/* ---- annotations ---- */

/* The pixels for a part f of `size`: the fewest decimals that give the float again. */
static void
write_pixels(struct buf *b, float f, double size)
{
	for (int decimals = 0; decimals <= 9; decimals++) {
		size_t at = b->n;
		double v;

		num_add_trimmed(b, (double)f * size, decimals);
		if (num_parse((struct span){ b->p + at, b->n - at }, &v) && (float)(v / size) == f)
			return;
		buf_cut(b, at);
	}
	num_add(b, (double)f * size);
}

static bool
write_box(struct reader *r, struct buf *b, const struct objects *o, double width, double height)
{
	size_t at[5] = { 0 };
	struct span c[4];
	bool ratio = !(width > 0 && height > 0), huge = true;

	buf_reset(&r->text);
	for (int i = 0; i < 4; i++) {
		float f = o->v[X0 + i].number;

		if (!isfinite(f))
			return wrong(r, "a coordinate of a box is no finite number");
		huge = huge && f > 1.5F;
		if (ratio)
			num_add_float(&r->text, f);
		else
			write_pixels(&r->text, f, i % 2 ? height : width);
		at[i + 1] = r->text.n;
	}
	for (int i = 0; i < 4; i++)
		c[i] = (struct span){ r->text.p + at[i], at[i + 1] - at[i] };
	coords_read_corners(b, c);
	if (ratio)
		jw_member_str(b, "unit", "ratio");
	if (huge && !r->said_pixels)
		warning_at(here(r), "tfrecord-pixels",
		    "record %" PRIu64 ": a box beyond 1.5: coordinates should be parts of width "
		    "and height, these seem to be pixels",
		    r->in.number);
	r->said_pixels = r->said_pixels || huge;
	return true;
}

/* The name: the text, else what the label map calls the number, else "class_7". */
static struct span
class_name(struct reader *r, struct span text, bool has_label, int64_t label)
{
	struct strmap_entry *e;

	if (text.n && utf8_valid(text))
		return text;
	if (text.n)
		wrong(r, "the name of a class is not UTF-8");
	if (!has_label || (text.p && label == 0)) /* nobody's number */
		return SPAN_NONE;
	buf_reset(&r->text);
	num_add_i64(&r->text, label);
	e = strmap_find(&r->classes.by_id, buf_span(&r->text));
	if (e)
		return span_str(r->classes.classes[e->value].name);
	buf_reset(&r->text);
	buf_addf(&r->text, "class_%" PRId64, label);
	return buf_span(&r->text);
}

/* A flag that is 0 or 1; another value rides. */
static void
write_flag(struct buf *b, struct buf *kept, const struct objects *o, int i, const char *key)
{
	if (!o->has[i])
		return;
	if (o->v[i].whole == 0 || o->v[i].whole == 1) {
		jw_key(b, key);
		if (i == CROWD)
			jw_i64(b, o->v[i].whole);
		else
			jw_bool(b, o->v[i].whole == 1);
		return;
	}
	jw_key(kept, object_feature[i].key);
	buf_addf(kept, "{\"int64\":%" PRId64 "}", o->v[i].whole);
}

/* Everything but the box. */
static void
write_object(struct reader *r, struct buf *b, struct objects *o)
{
	struct buf *kept = &r->kept;
	struct tf_value v;

	write_flag(b, kept, o, DIFFICULT, "difficult");
	write_flag(b, kept, o, TRUNCATED, "truncated");
	write_flag(b, kept, o, CROWD, "iscrowd");
	if (o->has[AREA] && isfinite(o->v[AREA].number)) {
		jw_key(b, "area");
		num_add_float(b, o->v[AREA].number);
	}
	if (o->has[VIEW] && o->v[VIEW].bytes.n && is_text(o->v[VIEW].bytes)) {
		jw_key(b, "property");
		jw_open(b, '{');
		jw_member_string(b, "pose", o->v[VIEW].bytes);
		jw_close(b, '}');
	}
	for (size_t i = 0; i < o->more_n; i++) {
		if (!tf_values_next(&o->more[i], &v))
			continue;
		jw_key_span(kept, o->more[i].of->key);
		jw_open(kept, '{');
		jw_key(kept, tf_kind_name[o->more[i].of->kind]);
		write_value(kept, o->more[i].of, &v);
		jw_close(kept, '}');
	}
}

/* A number that is not that of the name in the class list. It is worth something only with this name. */
static void
keep_label(struct buf *b, struct span name, int64_t label)
{
	jw_key(b, "label");
	jw_i64(b, label);
	jw_member_string(b, "text", name);
}

static bool
give_object(struct reader *r, struct buf *b, struct objects *o, double width, double height)
{
	size_t begin = b->n;
	struct span name = class_name(
	    r, o->has[TEXT] ? o->v[TEXT].bytes : SPAN_NONE, o->has[LABEL], o->v[LABEL].whole);

	buf_reset(&r->kept);
	jw_open(b, '{');
	if (name.p)
		jw_member_string(b, "name", name);
	if (o->has[LABEL] && name.p && !learn(r, name, o->v[LABEL].whole))
		keep_label(&r->kept, name, o->v[LABEL].whole);
	if (o->has[X0] && !write_box(r, b, o, width, height)) {
		buf_cut(b, begin);
		r->im->bad_annotations++;
		return false;
	}
	write_object(r, b, o);
	if (r->kept.n) {
		jw_key(b, "tfrecord");
		jw_open(b, '{');
		buf_addspan(b, buf_span(&r->kept));
		jw_close(b, '}');
	}
	jw_close(b, '}');
	return true;
}

static uint64_t
give_objects(struct reader *r, struct buf *b, struct objects *o, double width, double height)
{
	uint64_t n = 0;

	for (size_t k = 0; k < o->n; k++) {
		for (int i = 0; i < OBJECT_FEATURES; i++)
			o->has[i] = tf_values_next(&o->it[i], &o->v[i]);
		n += give_object(r, b, o, width, height);
	}
	return n;
}

/* image/class/...: a class of the whole picture. */
static uint64_t
give_class(struct reader *r, struct buf *b)
{
	const struct tf_feature *label = feature(r, "image/class/label", TF_INTS);
	struct span text = first_bytes(r, "image/class/text"), name;
	int64_t number = first_int(r, "image/class/label");
	bool has = label && label->n > 0;

	if (!text.n && !has)
		return 0;
	name = class_name(r, text, has, number);
	if (!name.p)
		return 0;
	jw_open(b, '{');
	jw_member_string(b, "name", name);
	if (has && !learn(r, name, number)) {
		jw_key(b, "tfrecord");
		jw_open(b, '{');
		keep_label(b, name, number);
		jw_close(b, '}');
	}
	jw_close(b, '}');
	return 1;
}

/* ---- the sample ---- */

/* Put the picture down, or say where it lies: r->source. False: left out, said so. */
static bool
find_source(struct reader *r)
{
	const struct tree *t = r->im->tree;
	const struct tf_feature *f = feature(r, "image/encoded", TF_BYTES);
	struct buf path = BUF_INIT;
	struct tf_value v;
	bool good = true;

	if (f && f->n > 1)
		return wrong(r, "image/encoded has %zu values: which is the picture?", f->n);
	buf_reset(&r->source);
	buf_reset(&r->member);
	tf_example_member(&r->e, r->in.number, &r->names, &r->member);
	r->size = (struct picsize){ .width = 0 };
	if (!tf_first(f, &v) || v.bytes.n == 0) {
		path_join(&path, find_dir(span_str(r->node->path)), buf_span(&r->member));
		tree_source_at(t, buf_span(&path), &r->source);
	} else {
		if (picsize_bytes(v.bytes, &r->size) != PICSIZE_OK)
			r->size = (struct picsize){ .width = 0 };
		if (tree_extracts(t)) {
			struct span base = path_base_span(buf_span(&r->member));
			struct span stem = path_stem(base), dir = span_of(r->member.p, base.p);

			buf_addspan(&path, dir);
			names_take(&r->put, span_of(dir.p, dir.p + dir.n), stem, &path);
			buf_addspan(&path, span_of(stem.p + stem.n, base.p + base.n));
			good = tree_put(t, buf_str(&path), v.bytes, here(r), &r->source);
		} else {
			if (!r->said_stream && strcmp(t->name, "<stdin>") == 0)
				note_at(here(r), "tfrecord",
				    "the pictures are in the stream: --extract puts them down");
			r->said_stream = true;
			tree_source(t, r->node, &r->source);
			buf_adds(&r->source, "!/");
			buf_addspan(&r->source, buf_span(&r->member));
		}
	}
	buf_release(&path);
	return good;
}

/* Would the writer say the same of the picture by itself? */
static bool
is_derived(const struct reader *r, const struct tf_feature *f)
{
	struct tf_value v;

	if (f->n != 1 || !tf_first(f, &v))
		return false;
	if (span_is(f->key, "image/encoded"))
		return true;
	if (span_is(f->key, "image/width") || span_is(f->key, "image/height"))
		return f->kind == TF_INTS && v.whole > 0;
	if (f->kind != TF_BYTES)
		return false;
	if (span_is(f->key, "image/filename"))
		return span_eq(v.bytes, path_base_span(buf_span(&r->source)));
	if (span_is(f->key, "image/source_id"))
		return v.bytes.n > 0 && is_text(v.bytes);
	if (span_is(f->key, "image/format"))
		return r->size.width && tf_format_is(v.bytes, r->size.kind);
	return span_is(f->key, "image/class/text");
}

/* What rides with the sample; and finds what rides with the annotations. */
static void
keep_features(struct reader *r, struct objects *o)
{
	buf_reset(&r->kept);
	for (size_t i = 0; i < r->e.n; i++) {
		const struct tf_feature *f = &r->e.v[i];

		if (is_object_feature(f->key) || is_derived(r, f) ||
		    (span_is(f->key, "image/class/label") && f->kind == TF_INTS && f->n == 1))
			continue;
		if (f->kind && f->n == o->n && o->n > 0 && span_starts(f->key, SPAN(TF_OBJECT))) {
			o->more = grow(o->more, &o->more_cap, o->more_n + 1, sizeof(*o->more));
			o->more[o->more_n++] = (struct tf_values){ .of = f };
			continue;
		}
		write_feature(&r->kept, f);
	}
}

static double
side(const struct reader *r, const char *key, uint32_t measured)
{
	int64_t said = first_int(r, key);

	return said > 0 && said <= INT32_MAX ? (double)said : measured;
}

static void
give_sample(struct reader *r, struct objects *o)
{
	struct buf *b = import_record(r->im), kept = BUF_INIT;
	double width = side(r, "image/width", r->size.width);
	double height = side(r, "image/height", r->size.height);
	struct span id = first_bytes(r, "image/source_id");
	uint64_t n;

	keep_features(r, o);
	buf_addspan(&kept, buf_span(&r->kept));
	if (!id.n || !is_text(id))
		id = path_stem(buf_span(&r->member));
	import_begin_sample(b, buf_span(&r->source), id, width, height);
	if (r->usage)
		jw_member_str(b, "usage", r->usage);
	buf_reset(&r->list);
	jw_open(&r->list, '[');
	n = give_class(r, &r->list);
	n += give_objects(r, &r->list, o, width, height);
	jw_close(&r->list, ']');
	if (n > 0 || o->it[X0].of || o->n > 0) {
		jw_key(b, "annotation");
		buf_addspan(b, buf_span(&r->list));
	}
	if (kept.n) {
		jw_key(b, "tfrecord");
		jw_open(b, '{');
		buf_addspan(b, buf_span(&kept));
		jw_close(b, '}');
	}
	jw_close(b, '}');
	import_sample(r->im, here(r), buf_span(b), n);
	buf_release(&kept);
}

static void
read_record(struct reader *r, struct span data)
{
	struct objects o = { .n = 0 };
	const char *why;

	if (!tf_example_parse(&r->e, data, &why))
		wrong(r, "%s", why);
	else if (begin_objects(r, &o) && find_source(r)) {
		if (r->e.unknown && !r->said_unknown)
			warning_at(here(r), "tfrecord",
			    "record %" PRIu64
			    " has fields that tf.train.Example does not have: left "
			    "out",
			    r->in.number);
		r->said_unknown = r->said_unknown || r->e.unknown;
		give_sample(r, &o);
		free(o.more);
		return;
	}
	free(o.more);
	r->im->bad_samples++;
}

/* gzip, or a zlib stream, as TensorFlow can make them. */
static bool
is_compressed(struct input *in)
{
	while (in->w - in->r < TFRECORD_HEAD && input_more(in))
		continue;
	return in->w - in->r >= 2 &&
	       (memcmp(in->base + in->r, "\x1f\x8b", 2) == 0 ||
		   memcmp(in->base + in->r, "\x78\x9c", 2) == 0) &&
	       !tfrecord_is(span_of(in->base + in->r, in->base + in->w));
}

static void
read_file(struct reader *r, const struct node *n)
{
	enum tfrecord_result result;
	uint64_t bad = r->im->bad_samples;
	struct span data;
	struct input in;

	r->im->files++;
	if (!tree_input(r->im->tree, n, &in)) {
		r->im->bad_files++;
		return;
	}
	r->file = in.name;
	r->node = n;
	r->usage = usage_of_path(span_str(n->path));
	r->in = (struct tfrecord){ .in = &in, .max = r->im->opt->max_text };
	if (is_compressed(&in)) {
		error_at(here(r), "tfrecord", "the file is compressed: unpack it first");
		r->im->bad_files++;
		input_close(&in);
		return;
	}
	while ((result = tfrecord_next(&r->in, &data)) != TFRECORD_END) {
		if (result == TFRECORD_GOOD) {
			read_record(r, data);
		} else {
			wrong(r, "%s", r->in.why);
			r->im->bad_samples++;
		}
	}
	if (r->im->bad_samples > bad)
		r->im->bad_files++;
	names_release(&r->names);
	input_close(&in);
}

void
tfrecord_read(struct importer *im)
{
	struct reader r = { .im = im };
	struct buf *bufs[] = { &r.member, &r.source, &r.kept, &r.text, &r.list };
	struct buf *b;

	dataset_init(&r.classes);
	read_maps(&r);
	b = import_header(im);
	if (r.map)
		write_classes(b, &r.classes);
	import_header_end(im);
	if (!im->tree->single)
		check_shards(im->tree);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->single || is_named(span_str(im->tree->node[i].path)))
			read_file(&r, &im->tree->node[i]);
	give_learned(&r);
	dataset_release(&r.classes);
	tf_example_release(&r.e);
	names_release(&r.put);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}
