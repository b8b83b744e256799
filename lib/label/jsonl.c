/* Label files of one JSON object a line: see jsonl.h. */
#include "label/jsonl.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "archive/source.h"
#include "base/names.h"
#include "base/num.h"
#include "base/path.h"
#include "label/recode.h"

#define CONTENT "content://"

/* ---- reading ---- */

struct pos
jsonl_pos(const struct jsonl *j, struct span value)
{
	bool inside = value.p >= j->line.p && value.p <= j->line.p + j->line.n;

	return pos_at(
	    j->at.file, j->at.line, j->at.col + (inside ? (uint64_t)(value.p - j->line.p) : 0));
}

bool
jsonl_bad(const struct jsonl *j, struct span value, const char *what)
{
	error_at(jsonl_pos(j, value), j->im->format->name, "%s", what);
	return false;
}

bool
jsonl_bad_annotation(const struct jsonl *j, struct span value, const char *what)
{
	j->im->bad_annotations++;
	return jsonl_bad(j, value, what);
}

void
jsonl_write_id(const struct jsonl *j, struct buf *b)
{
	struct buf id = BUF_INIT;

	buf_addspan(&id, path_stem(span_str(j->path)));
	buf_addf(&id, ".%09" PRIu64, j->at.line);
	jw_member_string(b, "id", buf_span(&id));
	buf_release(&id);
}

bool
jsonl_is_plain(struct span object, const char *const *keys, size_t n)
{
	struct span key;
	struct json j;
	size_t next = 0;

	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &key)) {
		while (next < n && !json_key_is(key, keys[next]))
			next++;
		if (next++ >= n)
			return false;
		json_skip(&j);
	}
	return true;
}

/* Are they equal but for white space between tokens? */
static bool
same_but_blanks(struct span a, struct span b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	bool same;

	jw_compact(&x, a);
	jw_compact(&y, b);
	same = span_eq(buf_span(&x), buf_span(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

bool
jsonl_is_compact(struct span object, const char *const *keys, size_t n)
{
	struct buf compact = BUF_INIT;
	bool same = jsonl_is_plain(object, keys, n);

	if (same) {
		jw_compact(&compact, object);
		same = span_eq(buf_span(&compact), object);
	}
	buf_release(&compact);
	return same;
}

struct span
jsonl_string(struct span value, struct buf *scratch)
{
	return json_type_of(value) == JSON_STRING ? json_value_text(value, scratch) : SPAN_NONE;
}

static void
read_line(struct jsonl *j, bool (*object)(struct jsonl *j, struct span object))
{
	struct span raw;
	struct json scan;

	json_begin_at(&scan, j->line, j->at.line, j->at.col);
	if (json_peek(&scan) != JSON_OBJECT && json_peek(&scan) != JSON_NONE)
		json_fail(&scan, "a line should be an object");
	if (json_value(&scan, &raw) && json_end(&scan)) {
		if (!object(j, raw))
			j->im->bad_samples++;
		return;
	}
	json_error(&scan, j->at.file);
	j->im->bad_samples++;
}

static void
read_file(
    struct jsonl *j, const struct node *node, bool (*object)(struct jsonl *j, struct span object))
{
	struct input in;
	struct span line;

	j->im->files++;
	if (!recode_input(j->im, node, &in)) {
		j->im->bad_files++;
		return;
	}
	j->path = node->path;
	j->dir = find_dir(span_str(node->path));
	while (input_line(&in, &line)) {
		bool mark = in.line == 1 && span_starts(line, SPAN("\xef\xbb\xbf"));

		if (mark)
			line = span_of(line.p + 3, line.p + line.n);
		j->line = line;
		j->at = input_pos(&in, mark ? 3 : 0);
		if (span_trim(line).n > 0)
			read_line(j, object);
	}
	input_close(&in);
}

void
jsonl_read(struct importer *im, const char *extensions, bool (*is)(struct span head),
    bool (*object)(struct jsonl *j, struct span object), void *state)
{
	struct jsonl j = { .im = im, .state = state };

	pictures_init(&j.pictures, im->tree);
	for (size_t i = 0; i < im->tree->n; i++)
		if (find_is_ours(im, &im->tree->node[i], extensions, is))
			read_file(&j, &im->tree->node[i], object);
	pictures_release(&j.pictures);
}

/* ---- writing ---- */

void
jsonl_name(const struct exporter *ex, const char *extension, struct buf *out)
{
	struct buf scratch = BUF_INIT;
	struct span name = json_value_text(dataset_member(&ex->dataset, "name"), &scratch);
	struct name_set none = { NULL, 0, 0 };

	names_take(&none, SPAN(""), name.n > 0 ? name : SPAN("dataset"), out);
	buf_addf(out, ".%s", extension);
	names_release(&none);
	buf_release(&scratch);
}

struct sink_file *
jsonl_open(struct exporter *ex, const char *extension)
{
	struct buf path = BUF_INIT;
	struct sink_file *f;

	jsonl_name(ex, extension, &path);
	f = sink_file_new(ex->sink, buf_str(&path));
	if (!f)
		die("cannot write %s:", buf_str(&path));
	buf_release(&path);
	return f;
}

void
jsonl_close(struct sink_file *f)
{
	if (sink_file_close(f) != 0)
		die("cannot write the labels:");
}

static struct span
object_or_empty(struct span value)
{
	return json_type_of(value) == JSON_OBJECT ? value : SPAN("{}");
}

struct span
jsonl_template(const struct exporter *ex, const struct sample *s)
{
	return object_or_empty(rec_member(s->rec, ex->format->name));
}

struct span
jsonl_ann_template(const struct exporter *ex, const struct annotation *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (span_is(a->m[i].key, ex->format->name))
			return object_or_empty(a->m[i].value);
	return SPAN("{}");
}

static bool
same_string(struct span a, struct span b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	bool same = span_eq(json_value_text(a, &x), json_value_text(b, &y));

	buf_release(&x);
	buf_release(&y);
	return same;
}

struct span
jsonl_keep(struct span old, struct span now)
{
	enum json_type type = json_type_of(now);
	double x, y;
	bool same = false;

	if (!old.p || json_type_of(old) != type)
		return now;
	if (type == JSON_STRING)
		same = same_string(old, now);
	else if (type == JSON_NUMBER)
		same = num_parse(old, &x) && num_parse(now, &y) && x == y;
	else
		same = same_but_blanks(old, now);
	return same ? old : now;
}

/* Where the file of a sample is brought to. */
static const char *
media_folder(struct span source)
{
	return path_has_ext(source, "wav|mp3|flac|ogg|opus|m4a|aac|sph") ? "audio" : "images";
}

struct span
jsonl_media(struct exporter *ex, const struct sample *s, struct span kept, const char *dir)
{
	struct span source = rec_string(s->rec, REC_SOURCE, &ex->scratch), name;
	struct buf path = BUF_INIT, folder = BUF_INIT;

	if (ex->opt->images == IMAGES_NONE || path_is_uri(source)) {
		bool same = kept.p && span_eq(path_base_span(kept), path_base_span(source));

		buf_addspan(&path, same ? kept : source);
	} else {
		const char *kind = media_folder(source);

		path_join(&folder, span_str(dir), span_str(kind));
		name =
		    export_picture(ex, s, buf_str(&folder), export_stem(ex, s, buf_str(&folder)));
		buf_addf(&path, "%s/", kind);
		buf_addspan(&path, name);
	}
	buf_reset(&ex->picture);
	buf_addspan(&ex->picture, buf_span(&path));
	buf_release(&path);
	buf_release(&folder);
	return buf_span(&ex->picture);
}

struct span
jsonl_picture(struct exporter *ex, const struct sample *s, struct span kept)
{
	return jsonl_media(ex, s, kept, "");
}

/* ---- texts ---- */

bool
jsonl_is_text(const struct sample *s)
{
	struct span source = json_unquote(s->rec->v[REC_SOURCE]);

	return span_starts(source, SPAN(CONTENT)) || path_has_ext(source, "txt");
}

void
jsonl_begin_text(struct buf *b, struct span text)
{
	struct buf source = BUF_INIT;

	buf_adds(&source, CONTENT);
	buf_addspan(&source, text);
	import_begin_sample(b, buf_span(&source), SPAN_NONE, 0, 0);
	buf_release(&source);
}

struct span
jsonl_text(struct exporter *ex, const struct sample *s, struct buf *scratch)
{
	struct span source = rec_string(s->rec, REC_SOURCE, scratch);
	char *path;
	int r = -1;

	if (span_starts(source, SPAN(CONTENT)))
		return span_of(source.p + strlen(CONTENT), source.p + source.n);
	if (!ex->sources)
		ex->sources = source_reader_new(0);
	path = xstrndup(source.p, source.n);
	buf_reset(scratch);
	if (path_has_ext(span_str(path), "txt"))
		r = source_read(ex->sources, path, scratch);
	if (r != 0)
		error_at(rec_pos(s->rec, s->rec->v[REC_SOURCE]), ex->format->name,
		    "'%s' is no text that can be read: content://... or a .txt file", path);
	free(path);
	return r == 0 ? buf_span(scratch) : SPAN_NONE;
}
