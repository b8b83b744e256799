/*
 * Classified texts in the folder forms of ModelArts: a text a line.
 *
 *	"text classification 1.0"		x.txt, and x_result.txt with the labels of the same line
 *	"text classification combine 1.0"	one file: text, separator, labels
 *
 * Source: ModelArts, "Specifications for Importing Data from an OBS Directory": the separators are TAB
 * and ',' unless chosen, text is UTF-8 or GBK. (Its older texts print "classfication".)
 *
 * A record has the text in its source, "content://THE TEXT".
 */
#include <inttypes.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "archive/source.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/path.h"
#include "label/export.h"
#include "label/import.h"
#include "label/text.h"
#include "label/recode.h"

#define CONTENT "content://"

static char
text_separator(const struct label_options *o)
{
	return o->text_separator ? o->text_separator : '\t';
}

static char
label_separator(const struct label_options *o)
{
	return o->label_separator ? o->label_separator : ',';
}

/* ---- reading ---- */

/* A text file read by lines, in UTF-8. */
struct lines {
	struct input in;
	const char *encoding;
	struct buf utf8;
	bool said;
};

static bool
lines_open(struct lines *l, const struct importer *im, const struct node *n)
{
	*l = (struct lines){ .encoding = im->opt->encoding };
	return recode_rows(im, n, &l->in);
}

static void
lines_close(struct lines *l)
{
	input_close(&l->in);
	buf_release(&l->utf8);
}

/* The next line. What is not UTF-8 is GBK, the other encoding of these forms. */
static bool
lines_next(struct lines *l, struct span *line)
{
	const char *encoding = l->encoding;
	struct span raw;
	size_t bad;

	if (!input_line(&l->in, &raw))
		return false;
	*line = text_utf8(raw, encoding, &l->utf8, &bad);
	if (line->p)
		return true;
	if (!l->said)
		note_at(input_pos(&l->in, bad), "encoding", "not UTF-8; read as GBK");
	l->said = true;
	*line = text_utf8(raw, "GB18030", &l->utf8, &bad);
	if (!line->p) {
		error_at(input_pos(&l->in, bad), "encoding", "neither UTF-8 nor GBK");
		*line = SPAN("");
	}
	return true;
}

/* "annotation":[...] for labels with separators between; empty: nobody labelled it. Their number. */
static uint64_t
labels_json(struct buf *b, struct span labels, char separator)
{
	struct span label;
	uint64_t n = 0;

	if (span_trim(labels).n == 0)
		return 0;
	jw_key(b, "annotation");
	jw_open(b, '[');
	while (span_cut(&labels, separator, &label)) {
		label = span_trim(label);
		if (label.n == 0)
			continue;
		jw_open(b, '{');
		jw_member_string(b, "name", label);
		jw_close(b, '}');
		n++;
	}
	jw_close(b, ']');
	return n;
}

static void
give_text(struct importer *im, const struct node *file, uint64_t line, struct span text,
    struct span labels)
{
	struct buf source = BUF_INIT, id = BUF_INIT, *b = import_record(im);
	uint64_t n;

	buf_adds(&source, CONTENT);
	buf_addspan(&source, text);
	buf_addspan(&id, path_stem(span_str(file->path)));
	buf_addf(&id, ".%09" PRIu64, line);
	import_begin_sample(b, buf_span(&source), buf_span(&id), 0, 0);
	n = labels_json(b, labels, label_separator(im->opt));
	jw_close(b, '}');
	import_sample(im, pos_at(tree_name(im->tree, file), line, 1), buf_span(b), n);
	buf_release(&source);
	buf_release(&id);
}

/* Equal but for blanks? (Names of result files are seen with stray ones.) */
static bool
same_but_blanks(struct span a, struct span b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && a.p[i] == ' ')
			i++;
		while (k < b.n && b.p[k] == ' ')
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (a.p[i++] != b.p[k++])
			return false;
	}
}

static bool
is_result(const struct node *n)
{
	return span_ends(span_str(n->path), SPAN("_result.txt"));
}

static const struct node *
find_result(const struct tree *t, const struct node *text)
{
	struct span stem = path_stem(span_str(text->path));

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path);

		if (is_result(&t->node[i]) &&
		    same_but_blanks(stem, (struct span){ path.p, path.n - strlen("_result.txt") }))
			return &t->node[i];
	}
	return NULL;
}

static void
read_pair(struct importer *im, const struct node *text, const struct node *result)
{
	struct lines t, r;
	struct span line, labels = SPAN("");
	bool more = lines_open(&r, im, result);

	if (more && lines_open(&t, im, text)) {
		im->files += 2;
		while (lines_next(&t, &line)) {
			more = more && lines_next(&r, &labels);
			give_text(im, text, t.in.line, line, more ? labels : SPAN(""));
		}
		if (more && lines_next(&r, &labels))
			warning_at(input_pos(&r.in, 0), "modelarts-text",
			    "labels for a line that the text does not have");
		else if (!more)
			warning_at(pos_file(r.in.name), "modelarts-text",
			    "%llu %s of labels for %llu %s", COUNTED(r.in.line, "line", "lines"),
			    COUNTED(t.in.line, "text", "texts"));
		lines_close(&t);
	}
	lines_close(&r);
}

static void
read_alone(struct importer *im, const struct node *text)
{
	struct lines t;
	struct span line;

	if (!lines_open(&t, im, text))
		return;
	im->files++;
	while (lines_next(&t, &line))
		give_text(im, text, t.in.line, line, SPAN(""));
	lines_close(&t);
}

static void
header(struct importer *im)
{
	import_header(im);
	import_header_end(im);
}

static void
read_pairs(struct importer *im)
{
	header(im);
	for (size_t i = 0; i < im->tree->n; i++) {
		const struct node *n = &im->tree->node[i], *result;

		if (!path_has_ext(span_str(n->path), "txt") || is_result(n))
			continue;
		result = find_result(im->tree, n);
		if (result)
			read_pair(im, n, result);
		else
			read_alone(im, n);
	}
}

static int
detect_pairs(const struct tree *t, struct buf *why)
{
	for (size_t i = 0; i < t->n; i++)
		if (is_result(&t->node[i])) {
			buf_addf(why, "%s", t->node[i].path);
			return 60;
		}
	return 0;
}

/* The separator that counts is the last one: labels do not hold it, texts may. */
static void
read_combined(struct importer *im)
{
	header(im);
	for (size_t i = 0; i < im->tree->n; i++) {
		const struct node *n = &im->tree->node[i];
		struct lines t;
		struct span line;

		if (!im->tree->single && !path_has_ext(span_str(n->path), "txt|csv"))
			continue;
		if (!lines_open(&t, im, n))
			continue;
		im->files++;
		while (lines_next(&t, &line)) {
			const char *cut =
			    line.n ? memrchr(line.p, text_separator(im->opt), line.n) : NULL;

			if (cut)
				give_text(im, n, t.in.line, span_of(line.p, cut),
				    span_of(cut + 1, line.p + line.n));
			else
				give_text(im, n, t.in.line, line, SPAN(""));
		}
		lines_close(&t);
	}
}

/* ---- writing ---- */

struct writing {
	bool combined;
	struct sink_file *text, *result;
	struct buf bytes, line, name;
};

static void
begin(struct exporter *ex, bool combined)
{
	struct writing *w = ex->state;

	w->combined = combined;
}

static void
begin_pairs(struct exporter *ex)
{
	begin(ex, false);
}

static void
begin_combined(struct exporter *ex)
{
	begin(ex, true);
}

static struct sink_file *
new_file(struct exporter *ex, struct writing *w, const char *tail)
{
	struct span name = json_value_text(dataset_member(&ex->dataset, "name"), &w->name);
	struct name_set none = { NULL, 0, 0 };
	struct buf path = BUF_INIT;
	struct sink_file *f;

	names_take(&none, SPAN(""), name.n > 0 ? name : SPAN("dataset"), &path);
	buf_adds(&path, tail);
	f = sink_file_new(ex->sink, buf_str(&path));
	if (!f)
		die("cannot write %s:", buf_str(&path));
	names_release(&none);
	buf_release(&path);
	return f;
}

static void
open_files(struct exporter *ex, struct writing *w)
{
	if (w->text)
		return;
	w->text = new_file(ex, w, ".txt");
	if (!w->combined)
		w->result = new_file(ex, w, "_result.txt");
}

/* The text of a sample: in its source, or in the file that that names. p NULL: it was said why. */
static struct span
text_of(struct exporter *ex, struct writing *w, const struct sample *s)
{
	struct span source = rec_string(s->rec, REC_SOURCE, &w->name);
	char *path;
	int r;

	if (span_starts(source, SPAN(CONTENT)))
		return span_of(source.p + strlen(CONTENT), source.p + source.n);
	buf_reset(&w->bytes);
	if (!ex->sources)
		ex->sources = source_reader_new(0);
	path = xstrndup(source.p, source.n);
	r = path_has_ext(source, "txt") ? source_read(ex->sources, path, &w->bytes) : -1;
	if (r != 0)
		error_at(rec_pos(s->rec, s->rec->v[REC_SOURCE]), "modelarts-text",
		    "'%s' is no text that can be read: content://... or a .txt file", path);
	free(path);
	return r == 0 ? span_trim(buf_span(&w->bytes)) : SPAN_NONE;
}

/* Append text without `separator` and line ends, which would end it: blanks instead, and a loss. */
static void
add_clean(struct exporter *ex, const struct sample *s, struct buf *out, struct span text,
    char separator, const char *code)
{
	bool changed = false;

	for (size_t i = 0; i < text.n; i++) {
		bool bad =
		    text.p[i] == '\n' || text.p[i] == '\r' || (separator && text.p[i] == separator);

		changed = changed || bad;
		buf_addc(out, bad ? ' ' : text.p[i]);
	}
	if (changed)
		export_loss(ex, s, code, 1);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writing *w = ex->state;
	char between = label_separator(ex->opt);
	struct span text = text_of(ex, w, s);
	uint64_t n = 0;
	struct out *out;

	if (!text.p) {
		export_left_out(ex, s);
		return;
	}
	buf_reset(&w->line);
	add_clean(ex, s, &w->line, text, 0, "sample.line-ends");
	open_files(ex, w);
	out = sink_file_out(w->text);
	buf_addspan(&out->b, buf_span(&w->line));
	buf_addc(&out->b, w->combined ? text_separator(ex->opt) : '\n');
	if (!w->combined)
		out = sink_file_out(w->result);
	for (size_t i = 0; i < s->n; i++) {
		struct span name = ann_string(&s->ann[i], ANN_NAME, &w->bytes);

		if (!name.p || ann_has_shape(&s->ann[i]))
			continue;
		if (n++ > 0)
			buf_addc(&out->b, between);
		add_clean(ex, s, &out->b, name, between, "class.separator");
	}
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
finish(struct exporter *ex)
{
	struct writing *w = ex->state;

	open_files(ex, w);
	if (sink_file_close(w->text) != 0 || (w->result && sink_file_close(w->result) != 0))
		die("cannot write the texts:");
	buf_release(&w->bytes);
	buf_release(&w->line);
	buf_release(&w->name);
}

static const struct label_writer pair_writer = { false, begin_pairs, write_sample, finish,
	sizeof(struct writing) };
static const struct label_writer combined_writer = { false, begin_combined, write_sample, finish,
	sizeof(struct writing) };

#define TEXT_HOLDS (HOLDS(ANN_NAME) | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_UNLABELLED)

const struct label_format label_modelarts_text = {
	.name = "modelarts-text",
	.aliases = "ModelArts text classification 1.0|ModelArts text classfication 1.0",
	.title = "ModelArts texts: x.txt a text a line, x_result.txt its labels",
	.holds = TEXT_HOLDS,
	.detect = detect_pairs,
	.read = read_pairs,
	.writer = &pair_writer,
};

const struct label_format label_modelarts_text_combine = {
	.name = "modelarts-text-combine",
	.aliases = "ModelArts text classification combine 1.0|"
		   "ModelArts text classfication combine 1.0",
	.title = "ModelArts texts: text, TAB, labels a line",
	.holds = TEXT_HOLDS,
	.detect = NULL, /* any text file looks like it */
	.read = read_combined,
	.writer = &combined_writer,
};
