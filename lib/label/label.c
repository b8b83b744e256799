/* The table of label formats: see label.h. A new format is one line in each list here. */
#include "label/label.h"

#include <stdlib.h>
#include <strings.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "base/tool.h"
#include "label/formats.h"

const struct label_format *const label_formats[] = {
	&label_audacity,
	&label_azure,
	&label_coco,
	&label_coco_panoptic,
	&label_conll,
	&label_createml,
	&label_csv_automl,
	&label_csv_kaggle,
	&label_csv_retinanet,
	&label_csv_tf,
	&label_csv_via,
	&label_cvat,
	&label_darknet,
	&label_doccano,
	&label_doccano_seq2seq,
	&label_dota,
	&label_hf,
	&label_imagenet,
	&label_kaldi,
	&label_kitti,
	&label_labelme,
	&label_labelstudio,
	&label_manifest,
	&label_modelarts_image,
	&label_modelarts_text,
	&label_modelarts_text_combine,
	&label_modelarts_voc,
	&label_nemo,
	&label_openimages,
	&label_sagemaker,
	&label_supervisely,
	&label_tfrecord,
	&label_vertex,
	&label_via,
	&label_voc,
	&label_webdataset,
	&label_yolo,
	NULL,
};

static const char *const beyond_name[HOLDS_BITS] = {
	[HOLDS_BIT_PARTS] = "polygon-parts",
	[HOLDS_BIT_HOLES] = "polygon-holes",
	[HOLDS_BIT_CLASS] = "sample-class",
	[HOLDS_BIT_CLASSES] = "sample-classes",
	[HOLDS_BIT_MORE] = "other-members",
	[HOLDS_BIT_UNLABELLED] = "unlabelled",
	[HOLDS_BIT_NEGATIVE] = "negative",
	[HOLDS_BIT_SIZE] = "size",
	[HOLDS_BIT_ID] = "sample-id",
	[HOLDS_BIT_USAGE] = "usage",
	[HOLDS_BIT_HARD] = "hard",
	[HOLDS_BIT_SAMPLE_MORE] = "other-sample-members",
	[HOLDS_BIT_CLASS_LIST] = "class-list",
	[HOLDS_BIT_INFO] = "dataset-info",
	[HOLDS_BIT_BOX_FIRST] = "box-first",
};

const char *
holds_name(int bit)
{
	if (bit < 0 || bit >= HOLDS_BITS)
		return NULL;
	return bit < ANN_FIELDS ? ann_field_name[bit] : beyond_name[bit];
}

static bool
same_name(struct span a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

const struct label_format *
label_format_find(const char *name)
{
	for (size_t i = 0; label_formats[i]; i++) {
		const struct label_format *f = label_formats[i];
		struct span rest = span_str(f->aliases), alias;

		if (same_name(span_str(f->name), name))
			return f;
		while (span_cut(&rest, '|', &alias))
			if (same_name(alias, name))
				return f;
	}
	return NULL;
}

const struct label_format *
label_format_option(const char *name)
{
	const struct label_format *f = label_format_find(name);
	const char *names[64] = { NULL }, *near;
	size_t n = 0;

	if (f)
		return f;
	for (; n < ARRAY_LEN(names) && label_formats[n]; n++)
		names[n] = label_formats[n]->name;
	near = nearest_word(name, names, n);
	if (near)
		tool_usage("unknown format '%s'; did you mean '%s'?", name, near);
	tool_usage("unknown format '%s'; --list-formats shows them", name);
}

#define SCORE_LIKELY 45 /* label.h: more than possible */

/* One that may be it, with its score and reason. */
struct candidate {
	const struct label_format *format;
	int score;
	struct buf why;
};

/* Say which formats it may be as well: those with at least this score, but for `but`. */
static void
name_candidates(const struct candidate *c, size_t n, int score, const struct label_format *but)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].score >= score && c[i].format != but)
			note_at(POS_NONE, "format", "it may %sbe %s: %s", but ? "also " : "",
			    c[i].format->name, buf_str(&c[i].why));
}

/*
 * The one with the highest score. Never in silence: what looks like another format too is
 * named, so is what is not more than possible, and of two that look equally good none is taken.
 */
static const struct label_format *
best_of(struct candidate *c, size_t n, const char *name)
{
	size_t best = 0, ties = 0;

	for (size_t i = 1; i < n; i++)
		if (c[i].score > c[best].score)
			best = i;
	for (size_t i = 0; i < n; i++)
		ties += c[i].score == c[best].score;
	if (n == 0) {
		trouble("%s: no known label format; name it with -f (--list-formats)", name);
		return NULL;
	}
	if (ties > 1) {
		name_candidates(c, n, c[best].score, NULL);
		trouble("%s: the label format is ambiguous; name it with -f", name);
		return NULL;
	}
	if (c[best].score < SCORE_LIKELY)
		note_at(POS_NONE, "format", "it is taken for %s: %s; -f names another",
		    c[best].format->name, buf_str(&c[best].why));
	name_candidates(c, n, SCORE_LIKELY, c[best].format);
	return c[best].format;
}

const struct label_format *
label_format_detect(const struct tree *tree)
{
	const struct label_format *found;
	struct candidate *c = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; label_formats[i]; i++) {
		struct candidate one = { label_formats[i], 0, BUF_INIT };

		if (one.format->detect && one.format->read)
			one.score = one.format->detect(tree, &one.why);
		if (one.score > 0) {
			c = grow(c, &cap, n + 1, sizeof(*c));
			c[n++] = one;
		} else {
			buf_release(&one.why);
		}
	}
	found = best_of(c, n, tree->name);
	for (size_t i = 0; i < n; i++)
		buf_release(&c[i].why);
	free(c);
	return found;
}

/* ---- --list-formats ---- */

static void
list_json(struct buf *out, const struct label_format *f)
{
	struct span rest = span_str(f->aliases), alias;

	jw_open(out, '{');
	jw_member_str(out, "name", f->name);
	jw_key(out, "aliases");
	jw_open(out, '[');
	while (span_cut(&rest, '|', &alias))
		jw_string(out, alias);
	jw_close(out, ']');
	jw_member_str(out, "title", f->title);
	jw_member_bool(out, "read", f->read != NULL);
	jw_member_bool(out, "write", f->writer != NULL);
	jw_key(out, "holds");
	jw_open(out, '[');
	for (int bit = 0; bit < HOLDS_BITS; bit++)
		if (f->holds & HOLDS(bit))
			jw_str(out, holds_name(bit));
	jw_close(out, ']');
	if (f->note)
		jw_member_str(out, "note", f->note);
	jw_close(out, '}');
	buf_addc(out, '\n');
}

static void
list_text(struct buf *out, const struct label_format *f)
{
	buf_addf(
	    out, "%-12s %s%s  %s\n", f->name, f->read ? "r" : "-", f->writer ? "w" : "-", f->title);
	if (f->aliases)
		buf_addf(out, "%-17sor: %s\n", "", f->aliases);
	buf_addf(out, "%-17sholds:", "");
	for (int bit = 0; bit < HOLDS_BITS; bit++)
		if (f->holds & HOLDS(bit))
			buf_addf(out, " %s", holds_name(bit));
	buf_addc(out, '\n');
	if (f->note)
		buf_addf(out, "%-17s%s\n", "", f->note);
}

void
label_formats_list(struct buf *out, bool json)
{
	for (size_t i = 0; label_formats[i]; i++)
		(json ? list_json : list_text)(out, label_formats[i]);
}
