/* Writing WebDataset shards: see webdataset.h. */
#include "label/webdataset.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "archive/shards.h"
#include "base/base64.h"
#include "base/diag.h"
#include "base/path.h"
#include "record/files.h"

#define SAMPLES_MAX 10000
#define BYTES_MAX ((uint64_t)1 << 30)
#define SHARDS_MAX 1000 /* all are open at once */

enum { OF_NONE, OF_TRAIN, OF_EVAL, OF_TEST, SIDES };

static const char *const side_usage[SIDES] = { NULL, "TRAIN", "EVAL", "TEST" };
static const char *const side_name[SIDES] = { "data", "train", "val", "test" };

struct writer {
	uint64_t shards; /* of each side, to which samples go in turn; 1: one after the other */
	struct shards *row[SIDES]; /* so many; NULL: not begun */
	uint64_t samples[SIDES];
	struct strmap names;
	struct buf header, text, scratch;
	size_t header_classes, header_members; /* what of the dataset the header has */
};

static void
begin(struct exporter *ex)
{
	struct writer *w = ex->state;

	w->shards = ex->opt->shard_count ? ex->opt->shard_count : 1;
	if (!sink_is_folder(ex->sink) && (w->shards > 1 || ex->opt->shard_size))
		die("shards of webdataset are files of a folder: give one with -o");
	if (w->shards > SHARDS_MAX)
		die("--shard-count: webdataset has at most %d shards", SHARDS_MAX);
	w->names = (struct strmap)STRMAP_INIT;
}

static void
check(int r, const char *what)
{
	if (r != 0)
		die("cannot write %s:", what);
}

/* ---- shards ---- */

/* The header record for __dataset__, as far as it is known by now. */
static void
make_header(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (w->header.n && w->header_classes == ex->dataset.n &&
	    w->header_members == ex->dataset.members.n)
		return;
	w->header_classes = ex->dataset.n;
	w->header_members = ex->dataset.members.n;
	buf_reset(&w->header);
	dataset_write(&ex->dataset, &w->header);
}

static void
begin_side(struct exporter *ex, int side)
{
	struct writer *w = ex->state;

	w->row[side] = xcalloc(w->shards, sizeof(*w->row[side]));
	for (uint64_t i = 0; i < w->shards; i++) {
		struct shards *x = &w->row[side][i];

		*x = (struct shards){ .into = ex->sink, .names = &w->names };
		if (w->shards == 1) {
			x->max_bytes = ex->opt->shard_size ? ex->opt->shard_size : BYTES_MAX;
			x->max_samples = ex->opt->shard_size ? 0 : SAMPLES_MAX;
		}
		shards_begin(x, sink_is_folder(ex->sink) ? side_name[side] : NULL, i);
	}
}

/* The shards that the sample goes to. An archive is one shard of all. */
static struct shards *
row_of(struct exporter *ex, const struct sample *s)
{
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);
	struct writer *w = ex->state;
	int side = OF_NONE;

	for (int i = OF_TRAIN; i < SIDES && sink_is_folder(ex->sink); i++)
		if (span_is(usage, side_usage[i]))
			side = i;
	if (!w->row[side])
		begin_side(ex, side);
	return &w->row[side][w->samples[side]++ % w->shards];
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	make_header(ex);
	for (int side = 0; side < SIDES; side++) {
		for (uint64_t i = 0; w->row[side] && i < w->shards; i++) {
			w->row[side][i].header = buf_span(&w->header);
			check(shards_end(&w->row[side][i]), "a shard");
			shards_release(&w->row[side][i]);
		}
		free(w->row[side]);
	}
	strmap_release(&w->names);
	buf_release(&w->header);
	buf_release(&w->text);
	buf_release(&w->scratch);
}

/* ---- members ---- */

/* The extension of a source in lower case, "bin" when it has none. */
static struct span
kind_of(struct writer *w, struct span source)
{
	struct span ext = path_ext(source);

	buf_reset(&w->scratch);
	for (size_t i = 0; i < ext.n; i++)
		buf_addc(&w->scratch, (char)tolower((unsigned char)ext.p[i]));
	return w->scratch.n ? buf_span(&w->scratch) : SPAN("bin");
}

static void
add_member(struct shards *x, struct span kind, struct span bytes)
{
	if (shards_add(x, kind, bytes) == 0)
		return;
	if (errno != EEXIST && errno != EINVAL)
		die("cannot write a shard:");
}

/* A member that rode along. False: it is none that can be written. */
static bool
add_kept(struct exporter *ex, struct shards *x, struct span kind, struct span value)
{
	struct span base64 = json_member(value, "base64"), source = json_member(value, "source");
	struct buf bytes = BUF_INIT, text = BUF_INIT;
	bool good = true;

	if (json_type_of(value) == JSON_STRING) {
		add_member(x, kind, json_value_text(value, &text));
	} else if (json_type_of(base64) == JSON_STRING) {
		good = base64_decode(&bytes, json_value_text(base64, &text));
		if (good)
			add_member(x, kind, buf_span(&bytes));
	} else if (json_type_of(source) == JSON_STRING && ex->opt->images != IMAGES_NONE) {
		struct span path = json_value_text(source, &text);
		char *copy = xstrndup(path.p, path.n);

		good = sink_add_source(shards_sink(x), shards_path(x, kind), copy, SINK_COPY) == 0;
		free(copy);
	} else {
		good = false;
	}
	buf_release(&bytes);
	buf_release(&text);
	return good;
}

/* Members that rode along; of json only that it is there is told. */
static void
add_rest(struct exporter *ex, const struct sample *s, struct shards *x)
{
	struct span kept = rec_member(s->rec, "webdataset"), key, value;
	struct buf kind = BUF_INIT;
	struct json j;

	if (json_type_of(kept) != JSON_OBJECT)
		return;
	json_begin(&j, kept);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		struct span name = json_text(key, &kind);

		if (!span_is(name, "json") && !add_kept(ex, x, name, value))
			export_loss(ex, s, "sample.webdataset", 1);
	}
	buf_release(&kind);
}

/* Are all members of the record such as a sample without a record would give? */
static bool
is_plain(const struct sample *s, const struct writer *w, const struct shards *x)
{
	static const char *const known[] = { "source", "id", "width", "height", "usage",
		"annotation", "webdataset" };
	size_t said = (w->text.n > 0) + (w->scratch.n > 0);
	struct span id = json_unquote(s->rec->v[REC_ID]);

	if (!span_eq(id, span_of(x->path.p, x->path.p + x->stem)))
		return false;

	for (size_t i = 0; i < s->rec->n; i++) {
		bool found = false;

		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			found = found || json_key_is(s->rec->m[i].key, known[k]);
		if (!found)
			return false;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->ann[i].n != 1)
			return false;
	return s->n == said;
}

/* The annotations that are left of it (--classes). */
static void
write_list(struct buf *b, const struct sample *s)
{
	jw_open(b, '[');
	for (size_t i = 0; i < s->n; i++)
		jw_raw(b, s->ann[i].raw);
	jw_close(b, ']');
}

/* The masks of a record on their way into a shard. */
struct masks {
	struct named_files named;
	char **member; /* what each source is called in the shard; NULL: it is not there */
};

static void
put_mask(void *ctx, struct buf *out, size_t i)
{
	const struct masks *m = ctx;
	const struct named_file *file = &m->named.v[i];

	files_put_object(out, file, m->member[file->number]);
}

/* "mask-1.png" of a sample. */
static void
add_mask(struct exporter *ex, const struct sample *s, struct shards *x, struct masks *m, size_t i)
{
	const struct named_file *file = &m->named.v[i];
	struct buf text = BUF_INIT, kind = BUF_INIT;
	struct span source = json_value_text(file->source, &text), ext = path_ext(source);
	char *path = xstrndup(source.p, source.n);

	buf_addf(&kind, "mask-%zu.", file->number);
	buf_addspan(&kind, ext.n ? ext : SPAN("bin"));
	if (path_is_uri(source))
		export_loss(ex, s, "picture.remote", 1);
	else if (sink_add_source(
		     shards_sink(x), shards_path(x, buf_span(&kind)), path, SINK_COPY) == 0)
		m->member[file->number] = xstrdup(shards_path(x, buf_span(&kind)));
	else
		error_at(rec_pos(s->rec, s->rec->v[REC_SOURCE]), "picture",
		    "cannot take the mask '%s': %s", path, strerror(errno));
	free(path);
	buf_release(&text);
	buf_release(&kind);
}

/* Put the files of masks beside the picture; the line then names these. */
static void
add_masks(struct exporter *ex, const struct sample *s, struct shards *x, struct buf *line)
{
	struct masks m = { .member = NULL };
	struct buf out = BUF_INIT;

	files_find(&m.named, buf_span(line));
	m.member = xcalloc(m.named.sources + 1, sizeof(*m.member));
	for (size_t i = 1; i < m.named.n; i++)
		if (m.named.v[i].first && ex->opt->images != IMAGES_NONE)
			add_mask(ex, s, x, &m, i);
	if (m.named.n > 1) {
		files_replace(&out, buf_span(line), &m.named, put_mask, &m);
		buf_reset(line);
		buf_addspan(line, buf_span(&out));
	}
	for (size_t i = 0; i <= m.named.sources; i++)
		free(m.member[i]);
	free(m.member);
	files_release(&m.named);
	buf_release(&out);
}

/* The record without what has members of its own; a foreign json stays in it. */
static void
add_record(struct exporter *ex, const struct sample *s, struct shards *x, struct span foreign)
{
	struct buf list = BUF_INIT, line = BUF_INIT, kept = BUF_INIT;
	struct json_change c[2] = { { "webdataset", SPAN_NONE } };
	size_t n = 1;

	if (foreign.p) {
		jw_open(&kept, '{');
		jw_member_raw(&kept, "json", foreign);
		jw_close(&kept, '}');
		c[0].value = buf_span(&kept);
	}
	if (ex->closed_classes && s->annotated) {
		write_list(&list, s);
		c[n++] = (struct json_change){ "annotation", buf_span(&list) };
	}
	json_edit(&line, s->rec->line, c, n);
	add_masks(ex, s, x, &line);
	add_member(x, SPAN("json"), buf_span(&line));
	buf_release(&list);
	buf_release(&line);
	buf_release(&kept);
}

static bool
kept_has(const struct sample *s, const char *kind)
{
	return json_member(rec_member(s->rec, "webdataset"), kind).p != NULL;
}

/* The source's name; of a text its id. */
static struct span
key_of(struct exporter *ex, const struct sample *s)
{
	struct span source = json_unquote(s->rec->v[REC_SOURCE]), id = SPAN_NONE;

	if (span_starts(source, SPAN(WDS_CONTENT)))
		id = rec_string(s->rec, REC_ID, &ex->scratch);
	return id.n ? id : export_stem(ex, s, "");
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct span source = rec_string(s->rec, REC_SOURCE, &ex->scratch), foreign;
	struct buf copy = BUF_INIT;
	struct shards *x = row_of(ex, s);
	struct writer *w = ex->state;

	make_header(ex);
	x->header = buf_span(&w->header);
	buf_addspan(&copy, source);
	check(shards_sample(x, key_of(ex, s)), "a shard");
	if (!span_starts(buf_span(&copy), SPAN(WDS_CONTENT)))
		export_picture_to(
		    ex, s, shards_sink(x), shards_path(x, kind_of(w, buf_span(&copy))));
	add_rest(ex, s, x);
	webdataset_cls(&w->text, s, &ex->dataset);
	webdataset_txt(&w->scratch, s);
	if (w->text.n && !kept_has(s, "cls"))
		add_member(x, SPAN("cls"), buf_span(&w->text));
	if (w->scratch.n && !kept_has(s, "txt"))
		add_member(x, SPAN("txt"), buf_span(&w->scratch));
	else if (span_starts(buf_span(&copy), SPAN(WDS_CONTENT)))
		add_member(x, SPAN("txt"), span_of(copy.p + strlen(WDS_CONTENT), copy.p + copy.n));
	foreign = json_member(rec_member(s->rec, "webdataset"), "json");
	if (foreign.p && is_plain(s, w, x))
		add_member(x, SPAN("json"), foreign);
	else
		add_record(ex, s, x, foreign);
	buf_release(&copy);
}

const struct label_writer webdataset_writer = {
	.needs_classes = true,
	.begin = begin,
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};
