/*
 * ModelArts manifests to records: see manifest.h.
 *
 * Files and their lines: a line is a record but for its annotations (manifest_annotation.h), a relative source, the
 * spelling of its usage, and keys as old tools wrote them.
 */
#include <stdlib.h>

#include "archive/tree.h"
#include "base/path.h"
#include "label/find.h"
#include "label/import.h"
#include "label/manifest.h"
#include "label/manifest_annotation.h"
#include "label/manifest_check.h"
#include "label/modelarts_table.h"
#include "label/recode.h"

static int
detect(const struct tree *t, struct buf *why)
{
	struct buf head = BUF_INIT;
	struct span text;
	int score = 0;

	for (size_t i = 0; i < t->n && score == 0; i++) {
		const struct node *n = &t->node[i];

		if (!t->single && !path_has_ext(span_str(n->path), "manifest"))
			continue;
		buf_reset(&head);
		if (!recode_head(t, n, 4096, &head))
			continue;
		text = buf_span(&head);
		if (memmem(text.p, text.n, "\"modelarts/", 11) ||
		    memmem(text.p, text.n, "\"@modelarts:", 12))
			score = 90;
		else if (path_has_ext(span_str(n->path), "manifest") &&
			 memmem(text.p, text.n, "\"source\"", 8) &&
			 !memmem(text.p, text.n, "-metadata\"", 10))
			score = 60;
		if (score > 0)
			buf_addf(why, "%s is a manifest of ModelArts", n->path);
	}
	buf_release(&head);
	return score;
}

/* ---- lines ---- */

/* usage in upper case; SPAN_NONE when it is that already. */
static struct span
upper_usage(struct manifest_reading *r)
{
	struct span usage = r->rec.v[REC_USAGE];
	bool lower = false;

	buf_reset(&r->value);
	for (size_t i = 0; i < usage.n; i++) {
		char c = usage.p[i];

		lower = lower || (c >= 'a' && c <= 'z');
		buf_addc(&r->value, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
	}
	return lower ? buf_span(&r->value) : SPAN_NONE;
}

/* A relative source is one from the manifest's folder; SPAN_NONE when it stays. */
static struct span
usable_source(struct manifest_reading *r)
{
	struct span source = rec_string(&r->rec, REC_SOURCE, &r->text);
	struct buf inside = BUF_INIT;
	struct buf usable = BUF_INIT;

	if (path_is_uri(source) || source.n == 0 || source.p[0] == '/')
		return SPAN_NONE;
	buf_adds(&inside, r->dir);
	buf_addspan(&inside, source);
	tree_source_at(r->im->tree, buf_span(&inside), &usable);
	buf_reset(&r->source);
	jw_string(&r->source, buf_span(&usable));
	buf_release(&inside);
	buf_release(&usable);
	return span_eq(buf_span(&r->source), r->rec.v[REC_SOURCE]) ? SPAN_NONE
								   : buf_span(&r->source);
}

/* The line as a record, changed where it must be. */
static void
give(struct manifest_reading *r, struct span source)
{
	struct json_change c[7];
	size_t n = 0;
	struct span usage = upper_usage(r);
	struct buf *b;
	bool given;

	if (usage.p)
		c[n++] = (struct json_change){ "usage", usage };
	if (source.p)
		c[n++] = (struct json_change){ "source", source };
	if (r->width.n > 0) {
		c[n++] = (struct json_change){ "width", buf_span(&r->width) };
		c[n++] = (struct json_change){ "height", buf_span(&r->height) };
	}
	if (r->voc.n > 0)
		c[n++] = (struct json_change){ "voc", buf_span(&r->voc) };
	if (r->kept.n > 2)
		c[n++] = (struct json_change){ "manifest", buf_span(&r->kept) };
	if (r->rec.v[REC_ANNOTATION].p && r->sample.n == 0)
		c[n++] = (struct json_change){ "annotation", SPAN_NONE }; /* not labelled */
	else if (r->changed)
		c[n++] = (struct json_change){ "annotation", buf_span(&r->list) };
	if (n == 0) {
		given = import_give(r->im, r->rec.line, r->n);
	} else {
		b = import_record(r->im);
		json_edit_members(b, r->rec.line, r->rec.m, r->rec.n, c, n);
		given = import_give(r->im, buf_span(b), r->n);
	}
	if (given && !twice_check(&r->im->twice, r->im->opt->max_names))
		twice_say(&r->im->twice, rec_pos(&r->rec, r->rec.v[REC_SOURCE]));
}

/* Old texts printed the key as "source " with a blank: a line without "source" is tried so. */
static bool
parse_old_key(struct manifest_reading *r, struct span line, struct pos at)
{
	static const char wrong[] = "\"source \"", right[] = "\"source\"";
	const char *p = memmem(line.p, line.n, wrong, strlen(wrong));

	if (!p)
		return false;
	buf_reset(&r->line);
	buf_addspan(&r->line, span_of(line.p, p));
	buf_adds(&r->line, right);
	buf_addspan(&r->line, span_of(p + strlen(wrong), line.p + line.n));
	if (!rec_parse(&r->rec, buf_span(&r->line), at))
		return false;
	warning_at(at, "manifest", "the key \"source \" has a blank; taken for \"source\"");
	return true;
}

static bool
parse_line(struct manifest_reading *r, struct span line, struct pos at)
{
	struct diag_sink said = { .status = 0 }, *before = diag_sink(&said);
	bool good = rec_parse(&r->rec, line, at);

	diag_sink(before);
	diag_sink_release(&said);
	if (good || parse_old_key(r, line, at))
		return true;
	return rec_parse(&r->rec, line, at); /* once more, to be heard */
}

/* Raw JSON, or what a string holds as JSON; SPAN_NONE: it holds none. */
static struct span
json_inside(struct span raw, struct buf *text)
{
	if (json_type_of(raw) == JSON_STRING)
		raw = json_value_text(raw, text);
	return raw.p && json_valid(raw) ? raw : SPAN_NONE;
}

/* A table's rows against its schema, which may be JSON in a string; nothing when the file is not here. */
static void
check_table(struct manifest_reading *r)
{
	struct span raw = r->rec.v[REC_SOURCE], property, schema = SPAN_NONE;
	struct buf inside = BUF_INIT, text = BUF_INIT, name = BUF_INIT;
	struct input in;

	if (raw.n < 6 || !path_has_ext(span_of(raw.p + 1, raw.p + raw.n - 1), "csv"))
		return;
	property = json_inside(rec_member(&r->rec, "property"), &inside);
	if (json_type_of(property) == JSON_OBJECT)
		schema = json_inside(json_member(property, "@modelarts:schema"), &text);
	buf_reset(&r->bytes);
	if (schema.p &&
	    manifest_read_located(r, rec_string(&r->rec, REC_SOURCE, &r->text), &r->bytes)) {
		buf_adds(&name, buf_str(&r->path));
		input_memory(&in, buf_span(&r->bytes), buf_str(&name));
		if (!modelarts_table_check(&in, schema, r->im->opt->encoding))
			warning_at(rec_pos(&r->rec, rec_member(&r->rec, "property")), "manifest",
			    "@modelarts:schema must be a list of columns with name and type");
		input_close(&in);
	}
	buf_release(&inside);
	buf_release(&text);
	buf_release(&name);
}

static void
read_line(struct manifest_reading *r, struct span line, struct pos at)
{
	struct span source;

	if (!parse_line(r, line, at)) {
		r->im->bad_samples++;
		return;
	}
	if (r->rec.header) {
		error_at(at, "manifest", "a line needs \"source\"");
		r->im->bad_samples++;
		return;
	}
	sample_take(&r->sample, &r->rec);
	source = usable_source(r);
	twice_take(&r->im->twice, source.p ? source : r->rec.v[REC_SOURCE], SPAN_NONE);
	manifest_check_types(&r->rec, r->rec.m, r->rec.n);
	for (size_t i = 0; i < r->sample.n; i++)
		manifest_check_types(&r->rec, r->sample.ann[i].m, r->sample.ann[i].n);
	manifest_read_annotations(r);
	check_table(r);
	give(r, source);
}

static void
read_manifest(struct manifest_reading *r, const struct node *n)
{
	struct span path = span_str(n->path), line;
	char *dir = xstrndup(path.p, (size_t)(path_base_span(path).p - path.p));
	struct input in;

	r->dir = dir;
	if (recode_input(r->im, n, &in)) {
		r->im->files++;
		while (input_line(&in, &line)) {
			if (in.line == 1 && span_starts(line, SPAN("\xef\xbb\xbf")))
				line = span_of(line.p + 3, line.p + line.n);
			if (span_trim(line).n > 0)
				read_line(r, line, input_pos(&in, 0));
		}
		manifest_note_ambiguous(r);
		input_close(&in);
	}
	free(dir);
}

static bool
is_manifest(const struct tree *t, const struct node *n)
{
	return t->single || path_has_ext(span_str(n->path), "manifest");
}

static void
read_tree(struct importer *im)
{
	struct manifest_reading r;
	size_t manifests = 0;

	manifest_reading_init(&r, im);
	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (is_manifest(im->tree, &im->tree->node[i])) {
			manifests++;
			read_manifest(&r, &im->tree->node[i]);
		}
	if (manifests == 0)
		trouble("%s: there is no .manifest file here", im->tree->name);
	if (manifests > 1)
		warning_at(pos_file(im->tree->name), "manifest",
		    "%zu manifests are here and all were read; name one file to read only that",
		    manifests);
	manifest_reading_release(&r);
}

const struct label_format label_manifest = {
	.name = "manifest",
	.aliases = "modelarts|modelarts-manifest",
	.title = "ModelArts manifest: JSON Lines, boxes and polygons in VOC files",
	.holds = VOC_XML_HOLDS | HOLDS(ANN_MASK) | HOLDS(ANN_SPAN) | HOLDS(ANN_TIME) |
		 HOLDS(ANN_TEXT) | HOLDS(ANN_ID) | HOLDS(ANN_FROM) | HOLDS(ANN_TO) |
		 HOLDS(ANN_SPEAKER) | HOLDS(ANN_ANNOTATED_BY) | HOLDS(ANN_CREATION_TIME) |
		 HOLDS_CLASS | HOLDS_CLASSES | HOLDS_UNLABELLED | HOLDS_ID | HOLDS_USAGE |
		 HOLDS_HARD | HOLDS_SAMPLE_MORE | HOLDS_MORE,
	.keeps = "bndbox|dashed|part", /* of what goes into VOC files */
	.detect = detect,
	.read = read_tree,
	.writer = &manifest_label_writer,
};
