/*
 * Audacity's labels: a text file a recording.
 *
 *	1.500000	2.250000	so it goes
 *	\	100.000000	2000.000000
 *	3.000000	3.000000	a point
 *
 * Seconds, TABs between; a line that begins with '\' gives the lowest and highest frequency (Hz) of the label
 * before it. Old files have points of one number. x.txt belongs to x.wav beside it.
 *
 * Source: Audacity manual, "Importing and Exporting Labels"; LabelStruct::Import() and Export().
 *
 * A label is an annotation with `time`, its words are the `text`, frequencies the member `frequency`.
 * Rows that would not come back byte for byte ride in the member `audacity` of the sample; they are written
 * again as long as they say the same as the annotations.
 */
#include <stdlib.h>
#include <unistd.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/export.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/recode.h"

#define HEAD 4096
#define SOUNDS "wav|flac|mp3|ogg|opus|m4a|aac|aup|aup3"

/* ---- rows ---- */

/* A row taken apart: what it is, and where it is wrong. */
struct row {
	bool frequency;    /* the row is one of frequencies */
	struct span v[2];  /* numbers */
	struct span words; /* of the label */
	const char *wrong; /* NULL: all is well */
	struct span at;
};

static struct row
take_row(struct span line)
{
	struct row row = { .words = SPAN("") };
	struct span rest = line, first, second;
	double a, b;

	span_cut(&rest, '\t', &first);
	row.frequency = span_is(first, "\\");
	if (row.frequency && !span_cut(&rest, '\t', &first))
		first = SPAN("");
	row.at = first;
	row.v[0] = row.v[1] = first;
	if (memchr(line.p, '\r', line.n)) {
		row.at.p = memchr(line.p, '\r', line.n);
		row.wrong = "a CR stands alone here; lines should end with LF or CR LF";
		return row;
	}
	if (!num_parse(first, &a)) {
		row.wrong = row.frequency ? "frequencies should be \\, TAB, low, TAB, high"
					  : "a label should be start, TAB, end, TAB, text";
		return row;
	}
	if (!span_cut(&rest, '\t', &second))
		second = SPAN_NONE;
	if (second.p && num_parse(second, &b)) {
		row.v[1] = second;
		row.words = rest.p ? rest : SPAN("");
	} else if (row.frequency) {
		row.wrong = "frequencies should be \\, TAB, low, TAB, high";
		return row;
	} else { /* as old versions wrote points */
		b = a;
		row.words = second.p ? span_of(second.p, line.p + line.n) : SPAN("");
	}
	if (!row.frequency && (a < 0 || b < a))
		row.wrong = "a label should not end before it starts, nor start before 0";
	return row;
}

static void
write_numbers(struct buf *b, const char *key, const struct row *row)
{
	jw_key(b, key);
	jw_open(b, '[');
	write_number_text(b, row->v[0]);
	write_number_text(b, row->v[1]);
	jw_close(b, ']');
}

/* The annotations of a file's text, as members of a list; what is wrong is said when `in` is there. */
static uint64_t
take_rows(struct span text, struct buf *list, struct importer *im, const char *name)
{
	struct span line;
	uint64_t n = 0, number = 0;
	bool open = false;

	while (text.n > 0 && span_cut(&text, '\n', &line)) {
		struct row row;

		number++;
		if (span_ends(line, SPAN("\r")))
			line.n--;
		if (line.n == 0)
			continue;
		row = take_row(line);
		if (row.frequency && !open && !row.wrong)
			row.wrong = "frequencies should follow a label";
		if (row.wrong && im) {
			error_at(pos_at(name, number, (uint64_t)(row.at.p - line.p) + 1),
			    "audacity", "%s", row.wrong);
			im->bad_annotations++;
		}
		if (open && !(row.frequency && !row.wrong)) {
			jw_close(list, '}');
			open = false;
		}
		if (row.wrong)
			continue;
		if (row.frequency) {
			write_numbers(list, "frequency", &row);
			jw_close(list, '}');
			open = false;
			continue;
		}
		jw_open(list, '{');
		write_numbers(list, "time", &row);
		jw_member_string(list, "text", row.words);
		open = true;
		n++;
	}
	if (open)
		jw_close(list, '}');
	return n;
}

/* A number as it stands; to compare rows (ex NULL), by its value. */
static void
add_number(const struct exporter *ex, struct buf *out, struct span text)
{
	double v;

	if (!ex && num_parse(text, &v))
		num_add(out, v);
	else
		buf_addspan(out, text);
	buf_addc(out, '\t');
}

/* The rows of an annotation, the other way round. False: it has no time. */
static bool
add_row(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *out)
{
	struct span time[2], band[2];
	struct buf scratch = BUF_INIT;
	struct span words = ann_string(a, ANN_TEXT, &scratch);
	bool changed = false;

	if (number_texts(a->v[ANN_TIME], time, 2) != 2)
		return false;
	if (!words.p)
		words = ann_string(a, ANN_NAME, &scratch);
	else if (a->v[ANN_NAME].p && ex)
		export_loss(ex, s, "annotation.name", 1);
	add_number(ex, out, time[0]);
	add_number(ex, out, time[1]);
	for (size_t i = 0; i < words.n; i++) {
		bool bad = words.p[i] == '\n' || words.p[i] == '\r' || words.p[i] == '\0';

		changed = changed || bad;
		buf_addc(out, bad ? ' ' : words.p[i]);
	}
	buf_addc(out, '\n');
	if (changed && ex)
		export_loss(ex, s, "annotation.line-ends", 1);
	if (number_texts(ann_member(a, "frequency"), band, 2) == 2) {
		buf_adds(out, "\\\t");
		add_number(ex, out, band[0]);
		add_number(ex, out, band[1]);
		out->p[out->n - 1] = '\n';
	}
	buf_release(&scratch);
	return true;
}

/* What add_row() makes of annotations that are the members of a list. */
static void
rows_of(struct exporter *ex, struct span list, struct buf *out)
{
	struct annotation a = { .m = NULL };
	struct span raw;
	struct json j;

	buf_reset(out);
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		if (ann_parse(&a, raw))
			add_row(ex, NULL, &a, out);
	ann_release(&a);
}

/* ---- reading ---- */

struct reader {
	struct importer *im;
	struct buf bytes, utf8, list, stem;
};

/* The recording beside a label file that was given alone, in r->stem; false: there is none. */
static bool
find_outside(struct reader *r, struct span stem)
{
	struct span rest = span_str(SOUNDS), ext;
	struct buf path = BUF_INIT;
	bool found = false;

	while (!found && span_cut(&rest, '|', &ext)) {
		buf_reset(&path);
		buf_reset(&r->stem);
		buf_addf(&path, "%.*s.%.*s", SPAN_ARG(stem), SPAN_ARG(ext));
		tree_source_at(r->im->tree, buf_span(&path), &r->stem);
		found = access(buf_str(&r->stem), F_OK) == 0;
	}
	buf_release(&path);
	return found;
}

/* The recording of a label file: beside it, with the same stem. In r->stem. */
static struct span
find_sound(struct reader *r, const struct node *node)
{
	struct span stem = path_stem(span_str(node->path));
	const struct node *n = tree_find_stem(r->im->tree, stem, SOUNDS);

	buf_reset(&r->stem);
	if (n) {
		tree_source(r->im->tree, n, &r->stem);
	} else if (!r->im->tree->single || !find_outside(r, stem)) {
		warning_at(pos_file(tree_name(r->im->tree, node)), "audacity",
		    "there is no recording of this name beside it; the source has no extension");
		buf_reset(&r->stem);
		tree_source_at(r->im->tree, stem, &r->stem);
	}
	return buf_span(&r->stem);
}

/* Does each row come back as it is? */
static bool
is_canonical(struct span text)
{
	struct span line, piece;
	bool same = text.n == 0 || (text.p[text.n - 1] == '\n' && !memchr(text.p, '\0', text.n));

	while (same && text.n > 0 && span_cut(&text, '\n', &line)) {
		struct span rest = line;
		size_t tabs = 0;

		for (; span_cut(&rest, '\t', &piece); tabs++)
			same =
			    same && (tabs > 1 || span_is(piece, "\\") ||
					(json_type_of(piece) == JSON_NUMBER && json_valid(piece)));
		same = same && tabs >= 3 && !span_ends(line, SPAN("\r")) && !take_row(line).wrong;
	}
	return same;
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct importer *im = r->im;
	struct span path = span_str(node->path), text;
	struct buf *b;
	uint64_t n;

	text = find_read_text(im, node, &r->bytes, &r->utf8);
	if (!text.p)
		return;
	b = import_record(im);
	import_begin_sample(b, find_sound(r, node), path_stem(path), 0, 0);
	buf_reset(&r->list);
	jw_open(&r->list, '[');
	n = take_rows(text, &r->list, im, tree_name(im->tree, node));
	jw_close(&r->list, ']');
	jw_key(b, "annotation");
	jw_raw(b, buf_span(&r->list));
	if (!is_canonical(text))
		jw_member_string(b, "audacity", text);
	jw_close(b, '}');
	import_sample(im, pos_file(tree_name(im->tree, node)), buf_span(b), n);
}

/* The first row is a label: numbers and TABs that no other text file has like this. */
static bool
looks_like(struct span head)
{
	struct span line, rest, first, second;
	size_t rows = 0;
	bool whole = head.n < HEAD;
	double v;

	if (span_starts(head, SPAN("\xef\xbb\xbf")))
		head = span_of(head.p + 3, head.p + head.n);
	while (head.n > 0 && span_cut(&head, '\n', &line)) {
		if (!head.p && !whole)
			break; /* cut off */
		if (span_ends(line, SPAN("\r")))
			line.n--;
		if (line.n == 0)
			continue;
		rest = line;
		if (take_row(line).wrong || !span_cut(&rest, '\t', &first) ||
		    !span_cut(&rest, '\t', &second))
			return false;
		if (!span_is(first, "\\") && (!num_parse(second, &v) || !rest.p))
			return false;
		rows++;
	}
	return rows > 0;
}

/* Is it a label file? Beside a recording it is one whatever is in it. */
static bool
is_labels(const struct tree *t, const struct node *n)
{
	struct buf head = BUF_INIT;
	bool is = t->single;

	if (!is && path_has_ext(span_str(n->path), "txt"))
		is = tree_find_stem(t, path_stem(span_str(n->path)), SOUNDS) ||
		     (recode_head(t, n, HEAD, &head) && looks_like(buf_span(&head)));
	buf_release(&head);
	return is;
}

/* A recording without a label file: nobody looked. */
static void
give_unlabelled(struct reader *r, const struct node *n)
{
	struct span stem = path_stem(span_str(n->path));
	struct buf *b = import_record(r->im);

	if (tree_find_stem(r->im->tree, stem, "txt"))
		return;
	buf_reset(&r->stem);
	tree_source(r->im->tree, n, &r->stem);
	import_begin_sample(b, buf_span(&r->stem), stem, 0, 0);
	jw_close(b, '}');
	import_sample(r->im, pos_file(tree_name(r->im->tree, n)), buf_span(b), 0);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };

	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++) {
		const struct node *n = &im->tree->node[i];

		if (is_labels(im->tree, n))
			read_file(&r, n);
		else if (path_has_ext(span_str(n->path), SOUNDS))
			give_unlabelled(&r, n);
		else if (path_has_ext(span_str(n->path), "txt"))
			import_pass_over(im, n);
	}
	buf_release(&r.bytes);
	buf_release(&r.utf8);
	buf_release(&r.list);
	buf_release(&r.stem);
}

/* Is there a recording with a text file beside it? */
static bool
has_pair(const struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path);

		if (path_has_ext(path, "txt") && tree_find_stem(t, path_stem(path), SOUNDS))
			return true;
	}
	return false;
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(
	    t, "txt", looks_like, has_pair(t) ? 90 : 60, "rows of start, TAB, end, TAB, text", why);
}

/* ---- writing ---- */

struct writer {
	struct buf rows, now, again, list, text;
};

/* The rows that the sample came from, when they still say the same; SPAN_NONE: they do not. */
static struct span
kept_rows(struct writer *w, const struct sample *s)
{
	struct span kept = rec_member(s->rec, "audacity");

	if (json_type_of(kept) != JSON_STRING)
		return SPAN_NONE;
	kept = json_value_text(kept, &w->text);
	buf_reset(&w->list);
	jw_open(&w->list, '[');
	take_rows(kept, &w->list, NULL, NULL);
	jw_close(&w->list, ']');
	rows_of(NULL, buf_span(&w->list), &w->again);
	rows_of(NULL, s->rec->v[REC_ANNOTATION], &w->now);
	return span_eq(buf_span(&w->again), buf_span(&w->now)) ? kept : SPAN_NONE;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct buf member = BUF_INIT;
	struct span stem = export_stem(ex, s, ""), kept;
	uint64_t written = 0;

	buf_reset(&w->rows);
	for (size_t i = 0; i < s->n; i++)
		written += add_row(ex, s, &s->ann[i], &w->rows);
	kept = kept_rows(w, s);
	export_picture(ex, s, "", stem);
	buf_addf(&member, "%.*s.txt", SPAN_ARG(stem));
	if (s->annotated)
		export_file(ex, buf_span(&member), kept.p ? kept : buf_span(&w->rows));
	export_unwritten(ex, s, written);
	buf_release(&member);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	buf_release(&w->rows);
	buf_release(&w->now);
	buf_release(&w->again);
	buf_release(&w->list);
	buf_release(&w->text);
}

static const struct label_writer writer = { false, NULL, write_sample, finish,
	sizeof(struct writer) };

const struct label_format label_audacity = {
	.name = "audacity",
	.aliases = "audacity-labels",
	.title = "Audacity's labels: start, end and text a row, a file a recording",
	.holds =
	    HOLDS(ANN_TIME) | HOLDS(ANN_TEXT) | HOLDS(ANN_NAME) | HOLDS_UNLABELLED | HOLDS_NEGATIVE,
	.keeps = "audacity|frequency",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
