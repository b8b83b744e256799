/*
 * KITTI, object detection: label_2/NAME.txt beside image_2/NAME.png, a row an object.
 *
 * Rules from the development kit's readme: 15 columns (a 16th is the score), blanks between:
 * type truncated occluded alpha left top right bottom height width length x y z rotation_y. Boxes are in
 * pixels from 0 with fractions; right and bottom are read as far edges, exclusive, as
 * all converters do. Unknown are -1, -1, -10, -1 -1 -1, -1000 -1000 -1000, -10. There are neither sizes nor
 * a class list, and a type has no blank.
 *
 * The columns beside type, box and score are the properties truncated, occluded, alpha,
 * dimensions, location and rotation_y of an annotation. Its flags truncated and occluded are made from
 * them; a row made from flags alone says 0.00 or 1.00, and 0 or 1.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/recode.h"

enum { TYPE, TRUNCATED, OCCLUDED, ALPHA, BOX, SIZE = 8, PLACE = 11, ROTATION = 14, SCORE, COLUMNS };

/* ---- reading ---- */

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct buf annotations, id, text;
};

static void
add_list(struct buf *b, const char *key, const struct span *c, size_t n)
{
	jw_key(b, key);
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++)
		write_number_text(b, c[i]);
	jw_close(b, ']');
}

static void
add_number(struct buf *b, const char *key, struct span text)
{
	jw_key(b, key);
	write_number_text(b, text);
}

static void
add_flag(struct buf *b, const char *key, struct span text, double most)
{
	double v;

	if (num_parse(text, &v) && v >= 0 && v <= most)
		jw_member_bool(b, key, v > 0);
}

static void
give_row(struct buf *b, const struct span c[COLUMNS], size_t n)
{
	jw_open(b, '{');
	jw_member_string(b, "name", c[TYPE]);
	coords_read_corners(b, c + BOX);
	if (n > SCORE)
		add_number(b, "confidence", c[SCORE]);
	add_flag(b, "truncated", c[TRUNCATED], 1);
	add_flag(b, "occluded", c[OCCLUDED], 2);
	jw_key(b, "property");
	jw_open(b, '{');
	add_number(b, "truncated", c[TRUNCATED]);
	add_number(b, "occluded", c[OCCLUDED]);
	add_number(b, "alpha", c[ALPHA]);
	add_list(b, "dimensions", c + SIZE, 3);
	add_list(b, "location", c + PLACE, 3);
	add_number(b, "rotation_y", c[ROTATION]);
	jw_close(b, '}');
	jw_close(b, '}');
}

/* One row; false: it was said what is wrong. */
static bool
read_row(struct reader *r, struct span row, const struct input *in)
{
	struct span c[COLUMNS];
	size_t n = row_split(row, c, COLUMNS);
	double v;

	if (n < SCORE || n > COLUMNS) {
		error_at(input_pos(in, 0), "kitti-row", "%llu %s; a row has 15, or 16 with a score",
		    COUNTED(n, "column", "columns"));
		return false;
	}
	for (size_t i = 1; i < n; i++)
		if (!num_parse(c[i], &v)) {
			error_at(input_pos(in, (size_t)(c[i].p - row.p)), "kitti-row",
			    "column %zu should be a number", i + 1);
			return false;
		}
	give_row(&r->annotations, c, n);
	return true;
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct span line, path = span_str(node->path);
	struct picsize size;
	struct buf *b;
	struct input in;
	uint64_t n = 0;

	r->im->files++;
	if (!recode_rows(r->im, node, &in)) {
		r->im->bad_files++;
		return;
	}
	buf_reset(&r->annotations);
	while (row_next(r->im, &in, &r->text, &line)) {
		if (read_row(r, line, &in))
			n++;
		else
			r->im->bad_annotations++;
	}
	input_close(&in);
	b = import_record(r->im);
	line = pictures_beside(&r->pictures, path, "label_", "image_", &size);
	import_begin_sample(b, line, find_id(path, "label_", &r->id), size.width, size.height);
	jw_key(b, "annotation");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&r->annotations));
	jw_close(b, ']');
	jw_close(b, '}');
	import_sample(r->im, pos_file(tree_name(r->im->tree, node)), buf_span(b), n);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };
	struct row_files files = row_files(im->tree, "label_");

	pictures_init(&r.pictures, im->tree);
	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (row_files_has(&files, &im->tree->node[i]))
			read_file(&r, &im->tree->node[i]);
	pictures_release(&r.pictures);
	buf_release(&r.annotations);
	buf_release(&r.id);
	buf_release(&r.text);
}

static bool
looks_like(struct span head)
{
	struct span line, c[COLUMNS];
	size_t n;
	double v;

	while (span_cut(&head, '\n', &line))
		if (span_trim(line).n > 0)
			break;
	n = row_split(line, c, COLUMNS);
	if (n < SCORE || n > COLUMNS || num_parse(c[0], &v))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!num_parse(c[i], &v))
			return false;
	return true;
}

static int
detect(const struct tree *t, struct buf *why)
{
	struct row_files files = row_files(t, "label_");

	return row_files_score(&files, looks_like, "rows of a name and 14 or 15 numbers", why);
}

/* ---- writing ---- */

struct writer {
	struct buf out, name;
	struct corners corners;
};

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	buf_release(&w->out);
	buf_release(&w->name);
	corners_release(&w->corners);
}

static void
put(struct buf *b, struct span text)
{
	buf_addc(b, ' ');
	buf_addspan(b, text);
}

/* A property that is a number, unless the flag was changed meanwhile; else one made from the flag. */
static void
put_flag(struct buf *b, const struct annotation *a, enum ann_field f, const char *const made[3])
{
	struct span raw = json_member(a->v[ANN_PROPERTY], ann_field_name[f]);
	int flag = ann_flag(a, f);
	double v;

	if (json_type_of(raw) == JSON_NUMBER && num_parse(raw, &v) &&
	    (flag < 0 ? v < 0 || v > 2 : flag == (v > 0)))
		put(b, raw);
	else
		put(b, span_str(made[flag + 1]));
}

static void
put_number(struct buf *b, const struct annotation *a, const char *key, const char *unknown)
{
	struct span raw = json_member(a->v[ANN_PROPERTY], key);

	put(b, json_type_of(raw) == JSON_NUMBER ? raw : span_str(unknown));
}

static void
put_list(struct buf *b, const struct annotation *a, const char *key, const char *unknown)
{
	struct span v[3];

	if (number_texts(json_member(a->v[ANN_PROPERTY], key), v, 3) != 3)
		v[0] = v[1] = v[2] = span_str(unknown);
	for (int i = 0; i < 3; i++)
		put(b, v[i]);
}

/* Properties that are none of KITTI's columns. */
static bool
has_other_properties(const struct annotation *a)
{
	static const char *const keys[] = { "truncated", "occluded", "alpha", "dimensions",
		"location", "rotation_y" };
	struct span v[ARRAY_LEN(keys)];
	struct buf rest = BUF_INIT;
	bool others;

	json_pick(a->v[ANN_PROPERTY], keys, v, ARRAY_LEN(keys), &rest);
	others = rest.n > 0;
	buf_release(&rest);
	return others;
}

static bool
write_row(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	static const char *const truncated[] = { "-1", "0.00", "1.00" };
	static const char *const occluded[] = { "-1", "0", "1" };
	struct writer *w = ex->state;
	struct buf *b = &w->out;

	if (!coords_corners(ex, s, a, &w->corners))
		return false;
	if (a->v[ANN_PROPERTY].p && has_other_properties(a))
		export_loss(ex, s, "annotation.property", 1);
	buf_addspan(b, coords_word(ex, s, a, "DontCare", &w->name));
	put_flag(b, a, ANN_TRUNCATED, truncated);
	put_flag(b, a, ANN_OCCLUDED, occluded);
	put_number(b, a, "alpha", "-10");
	for (int i = 0; i < 4; i++)
		put(b, w->corners.v[i]);
	put_list(b, a, "dimensions", "-1");
	put_list(b, a, "location", "-1000");
	put_number(b, a, "rotation_y", "-10");
	if (json_type_of(a->v[ANN_CONFIDENCE]) == JSON_NUMBER)
		put(b, a->v[ANN_CONFIDENCE]);
	buf_addc(b, '\n');
	return true;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct buf member = BUF_INIT;
	uint64_t written = 0;
	struct span stem;

	buf_reset(&w->out);
	for (size_t i = 0; i < s->n; i++)
		written += write_row(ex, s, &s->ann[i]);
	stem = export_stem(ex, s, "");
	export_picture(ex, s, "image_2", stem);
	buf_addf(&member, "label_2/%.*s.txt", SPAN_ARG(stem));
	export_file(ex, buf_span(&member), buf_span(&w->out));
	export_unwritten(ex, s, written);
	buf_release(&member);
}

static const struct label_writer writer = {
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};

const struct label_format label_kitti = {
	.name = "kitti",
	.title = "KITTI object detection: a text file a picture in label_2",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS(ANN_CONFIDENCE) | HOLDS(ANN_TRUNCATED) |
		 HOLDS(ANN_OCCLUDED) | HOLDS(ANN_PROPERTY) | HOLDS_NEGATIVE,
	.keeps = "corners",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
