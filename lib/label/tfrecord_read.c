/*
 * TFRecord files of tf.train.Example to records: see tfrecord.h.
 *
 * Files and their shards, and of each record the picture and what rides with the sample. Classes are
 * tfrecord_classes.c's, annotations tfrecord_object.c's, features tfrecord_feature.c's.
 */
#include "label/tfrecord.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive/tfrecord.h"
#include "base/num.h"
#include "base/path.h"
#include "label/find.h"
#include "label/tfrecord_feature.h"
#include "label/tfrecord_object.h"
#include "label/usage.h"

struct reader {
	struct tfrecord_reading now; /* the record */
	struct name_set put;         /* names of pictures below `extract` */
	/* of the file */
	const struct node *node;
	const char *usage;
	struct name_set names;
	/* of the record */
	struct picsize size; /* of the picture in it; all 0: unknown */
	struct buf member, source, kept, list;
	bool said_unknown, said_stream;
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

/* ---- the sample ---- */

/* Put the picture down below `extract`; r->source. */
static bool
put_picture(struct reader *r, struct span bytes)
{
	struct span base = path_base_span(buf_span(&r->member));
	struct span stem = path_stem(base), dir = span_of(r->member.p, base.p);
	struct buf path = BUF_INIT;
	bool good;

	buf_addspan(&path, dir);
	names_take(&r->put, span_of(dir.p, dir.p + dir.n), stem, &path);
	buf_addspan(&path, span_of(stem.p + stem.n, base.p + base.n));
	good = tree_put(r->now.im->tree, buf_str(&path), bytes, pos_file(r->now.file), &r->source);
	buf_release(&path);
	return good;
}

/* The picture stays in its record, as a member of the file; r->source. */
static void
name_picture(struct reader *r)
{
	const struct tree *t = r->now.im->tree;

	if (!r->said_stream && strcmp(t->name, "<stdin>") == 0)
		note_at(pos_file(r->now.file), "tfrecord",
		    "the pictures are in the stream: --extract puts them down");
	r->said_stream = true;
	tree_source(t, r->node, &r->source);
	buf_adds(&r->source, "!/");
	buf_addspan(&r->source, buf_span(&r->member));
}

/* The record has no picture: its name tells where one should be; r->source. */
static void
name_absent(struct reader *r)
{
	struct buf path = BUF_INIT;

	path_join(&path, find_dir(span_str(r->node->path)), buf_span(&r->member));
	tree_source_at(r->now.im->tree, buf_span(&path), &r->source);
	buf_release(&path);
}

/* Put the picture down, or say where it lies: r->source. False: left out, said so. */
static bool
find_source(struct reader *r)
{
	const struct tf_feature *f = tf_example_find(&r->now.e, "image/encoded", TF_BYTES);
	struct tf_value v;

	if (f && f->n > 1)
		return tfrecord_bad(
		    &r->now, "image/encoded has %zu values: which is the picture?", f->n);
	buf_reset(&r->source);
	buf_reset(&r->member);
	tf_example_member(&r->now.e, r->now.in.number, &r->names, &r->member);
	r->size = (struct picsize){ .width = 0 };
	if (!tf_first(f, &v) || v.bytes.n == 0) {
		name_absent(r);
		return true;
	}
	if (picsize_bytes(v.bytes, &r->size) != PICSIZE_OK)
		r->size = (struct picsize){ .width = 0 };
	if (tree_extracts(r->now.im->tree))
		return put_picture(r, v.bytes);
	name_picture(r);
	return true;
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
		return v.bytes.n > 0 && tfrecord_is_text(v.bytes);
	if (span_is(f->key, "image/format"))
		return r->size.width && tf_format_is(v.bytes, r->size.kind);
	return span_is(f->key, "image/class/text");
}

/* What rides with the sample; and finds what rides with the annotations. */
static void
keep_features(struct reader *r, struct tfrecord_objects *o)
{
	buf_reset(&r->kept);
	for (size_t i = 0; i < r->now.e.n; i++) {
		const struct tf_feature *f = &r->now.e.v[i];

		if (tfrecord_objects_take(o, f) || is_derived(r, f) ||
		    (span_is(f->key, "image/class/label") && f->kind == TF_INTS && f->n == 1))
			continue;
		tfrecord_write_feature(&r->kept, f);
	}
}

static double
side(const struct reader *r, const char *key, uint32_t measured)
{
	int64_t said = tfrecord_int(&r->now.e, key);

	return said > 0 && said <= INT32_MAX ? (double)said : measured;
}

static void
give_sample(struct reader *r, struct tfrecord_objects *o)
{
	struct buf *b = import_record(r->now.im);
	double width = side(r, "image/width", r->size.width);
	double height = side(r, "image/height", r->size.height);
	struct span id = tfrecord_bytes(&r->now.e, "image/source_id");
	uint64_t n;

	keep_features(r, o);
	if (!id.n || !tfrecord_is_text(id))
		id = path_stem(buf_span(&r->member));
	import_begin_sample(b, buf_span(&r->source), id, width, height);
	if (r->usage)
		jw_member_str(b, "usage", r->usage);
	buf_reset(&r->list);
	jw_open(&r->list, '[');
	n = tfrecord_class_write(&r->now, &r->list);
	n += tfrecord_objects_write(&r->now, &r->list, o, width, height);
	jw_close(&r->list, ']');
	if (n > 0 || o->listed) {
		jw_key(b, "annotation");
		buf_addspan(b, buf_span(&r->list));
	}
	tfrecord_write_kept(b, &r->kept);
	jw_close(b, '}');
	import_sample(r->now.im, pos_file(r->now.file), buf_span(b), n);
}

static void
read_record(struct reader *r, struct span data)
{
	struct tfrecord_objects o = { .n = 0 };
	const char *why;

	if (!tf_example_parse(&r->now.e, data, &why))
		tfrecord_bad(&r->now, "%s", why);
	else if (tfrecord_objects_begin(&r->now, &o) && find_source(r)) {
		if (r->now.e.unknown && !r->said_unknown)
			warning_at(pos_file(r->now.file), "tfrecord",
			    "record %" PRIu64
			    " has fields that tf.train.Example does not have: left "
			    "out",
			    r->now.in.number);
		r->said_unknown = r->said_unknown || r->now.e.unknown;
		give_sample(r, &o);
		tfrecord_objects_release(&o);
		return;
	}
	tfrecord_objects_release(&o);
	r->now.im->bad_samples++;
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
	uint64_t bad = r->now.im->bad_samples;
	struct span data;
	struct input in;

	r->now.im->files++;
	if (!tree_input(r->now.im->tree, n, &in)) {
		r->now.im->bad_files++;
		return;
	}
	r->now.file = in.name;
	r->node = n;
	r->usage = usage_of_path(span_str(n->path));
	r->now.in = (struct tfrecord){ .in = &in, .max = r->now.im->opt->max_text };
	if (is_compressed(&in)) {
		error_at(
		    pos_file(r->now.file), "tfrecord", "the file is compressed: unpack it first");
		r->now.im->bad_files++;
		input_close(&in);
		return;
	}
	while ((result = tfrecord_next(&r->now.in, &data)) != TFRECORD_END) {
		if (result == TFRECORD_GOOD) {
			read_record(r, data);
		} else {
			tfrecord_bad(&r->now, "%s", r->now.in.why);
			r->now.im->bad_samples++;
		}
	}
	if (r->now.im->bad_samples > bad)
		r->now.im->bad_files++;
	names_release(&r->names);
	input_close(&in);
}

void
tfrecord_read(struct importer *im)
{
	struct reader r = { .now = { .im = im } };

	tfrecord_classes_begin(&r.now.classes, im);
	if (!im->tree->single)
		check_shards(im->tree);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->single || is_named(span_str(im->tree->node[i].path)))
			read_file(&r, &im->tree->node[i]);
	tfrecord_classes_end(&r.now.classes);
	tfrecord_reading_release(&r.now);
	names_release(&r.put);
	buf_release(&r.member);
	buf_release(&r.source);
	buf_release(&r.kept);
	buf_release(&r.list);
}
