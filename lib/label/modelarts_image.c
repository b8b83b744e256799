/*
 * Classified pictures in the folder form of ModelArts, "image classification 1.0": x.txt beside
 * x.jpg, a label a line.
 *
 * Source: ModelArts, "Specifications for Importing Data from an OBS Directory". The file counts,
 * not the name of the folder. A picture without a file is one that nobody looked at; an
 * empty file says that there is nothing.
 */
#include <stdlib.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "base/input.h"
#include "base/path.h"
#include "label/export.h"
#include "label/import.h"
#include "label/text.h"
#include "label/recode.h"

/* ---- reading ---- */

/* A short text whose lines are words, none of them a row of numbers? */
static bool
looks_like_labels(struct span head)
{
	size_t numbers = 0, words = 0;
	struct span word;

	while (span_word(&head, &word)) {
		words++;
		numbers += word.p[0] >= '0' && word.p[0] <= '9';
	}
	return words > 0 && words < 64 && numbers * 2 < words;
}

static int
detect(const struct tree *t, struct buf *why)
{
	size_t pairs = 0, labels = 0;
	struct buf head = BUF_INIT;

	for (size_t i = 0; i < t->n && pairs < 5; i++) {
		struct span path = span_str(t->node[i].path);

		if (!path_has_ext(path, "txt") || !tree_find_picture(t, path_stem(path)))
			continue;
		buf_reset(&head);
		if (!recode_head(t, &t->node[i], 512, &head) || head.n == 0)
			continue;
		pairs++;
		labels += looks_like_labels(buf_span(&head));
	}
	buf_release(&head);
	if (pairs == 0 || labels < pairs)
		return 0;
	buf_addf(why, "%llu %s",
	    COUNTED(pairs, "text with a word a line beside a picture",
		"texts with a word a line beside pictures"));
	return 30;
}

/* The text of a label file in UTF-8, or GBK, the other encoding of this form. */
static struct span
label_text(struct importer *im, const struct node *n, struct buf *bytes, struct buf *utf8)
{
	struct span text;
	size_t bad;

	if (!tree_read(im->tree, n, bytes)) {
		im->bad_files++;
		return SPAN("");
	}
	text = text_utf8(buf_span(bytes), im->opt->encoding, utf8, &bad);
	if (!text.p)
		text = text_utf8(buf_span(bytes), "GB18030", utf8, &bad);
	if (text.p)
		return text;
	error_at(pos_file(tree_name(im->tree, n)), "encoding", "byte %zu is neither UTF-8 nor GBK",
	    bad + 1);
	im->bad_files++;
	return SPAN("");
}

/* The lines of the file as annotations. Their number. */
static uint64_t
labels_json(struct importer *im, const struct node *n, struct buf *b)
{
	struct buf bytes = BUF_INIT, utf8 = BUF_INIT;
	struct span text = label_text(im, n, &bytes, &utf8), line;
	struct input in;
	uint64_t count = 0;

	jw_key(b, "annotation");
	jw_open(b, '[');
	input_memory(&in, text, tree_name(im->tree, n));
	in.ends = INPUT_ANY;
	while (input_line(&in, &line)) {
		line = span_trim(line);
		if (line.n == 0)
			continue;
		jw_open(b, '{');
		jw_member_string(b, "name", line);
		jw_close(b, '}');
		count++;
	}
	jw_close(b, ']');
	input_close(&in);
	buf_release(&utf8);
	buf_release(&bytes);
	return count;
}

static void
read_picture(struct importer *im, const struct node *picture, struct buf *source)
{
	struct span stem = path_stem(span_str(picture->path));
	const struct node *labels = tree_find_stem(im->tree, stem, "txt");
	struct buf *b = import_record(im);
	uint64_t n = 0;

	buf_reset(source);
	tree_source(im->tree, picture, source);
	import_begin_sample(b, buf_span(source), stem, 0, 0);
	if (labels) {
		im->files++;
		n = labels_json(im, labels, b);
	}
	jw_close(b, '}');
	import_sample(im, pos_file(tree_name(im->tree, picture)), buf_span(b), n);
}

static void
read_tree(struct importer *im)
{
	struct buf source = BUF_INIT;

	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++) {
		const struct node *n = &im->tree->node[i];
		struct span path = span_str(n->path);

		if (path_is_picture(path))
			read_picture(im, n, &source);
		else if (path_has_ext(path, "txt") && !tree_find_picture(im->tree, path_stem(path)))
			warning_at(pos_file(tree_name(im->tree, n)), "modelarts-image",
			    "there is no picture for this file");
	}
	buf_release(&source);
}

/* ---- writing ---- */

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct span stem = export_stem(ex, s, "");
	struct buf text = BUF_INIT, name = BUF_INIT, member = BUF_INIT;

	export_picture(ex, s, "", stem);
	for (size_t i = 0; i < s->n; i++) {
		struct span class = ann_string(&s->ann[i], ANN_NAME, &name);
		size_t start = text.n;

		if (!class.p || ann_has_shape(&s->ann[i]))
			continue;
		buf_addspan(&text, class);
		for (size_t k = start; k < text.n; k++)
			if (text.p[k] == '\n' || text.p[k] == '\r')
				text.p[k] = ' ';
		if (!span_eq(class, span_of(text.p + start, text.p + text.n)))
			export_loss(ex, s, "class.line-ends", 1);
		buf_addc(&text, '\n');
	}
	buf_addspan(&member, export_stem(ex, s, ""));
	buf_adds(&member, ".txt");
	if (s->annotated)
		export_file(ex, buf_span(&member), buf_span(&text));
	buf_release(&text);
	buf_release(&name);
	buf_release(&member);
}

static const struct label_writer writer = { .sample = write_sample };

const struct label_format label_modelarts_image = {
	.name = "modelarts-image",
	.aliases = "ModelArts image classification 1.0|ModelArts image classfication 1.0",
	.title = "ModelArts folder: x.jpg with x.txt beside it, a label a line",
	.holds = HOLDS(ANN_NAME) | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_UNLABELLED | HOLDS_NEGATIVE,
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
