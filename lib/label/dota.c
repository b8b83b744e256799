/*
 * DOTA: labelTxt/NAME.txt beside images/NAME.png, oriented boxes as four corners.
 *
 * Rules from CAPTAIN-WHU/DOTA_devkit: lines "imagesource:..." and "gsd:..." may come first, then a row an
 * object: x1 y1 x2 y2 x3 y3 x4 y4 class difficult, in pixels from the top left corner with fractions; the
 * first point is the top left of the object's head, then clockwise; points may lie outside. A class
 * has no blank; difficult is 0 or 1, 2 in later versions.
 *
 * A row is a polygon of four points in its order, since it need not be a rectangle. The first lines
 * are the member "dota" of a sample, a difficult other than 0 and 1 that of an annotation.
 */
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/geometry.h"
#include "label/splits.h"
#include "label/recode.h"

enum { CLASS = 8, DIFFICULT, COLUMNS };

/* ---- reading ---- */

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct buf annotations, head, id, text;
};

/* "gsd:0.146" in front of the rows. */
static bool
is_head(struct span line)
{
	return span_starts(line, SPAN("imagesource:")) || span_starts(line, SPAN("gsd:"));
}

static void
read_head(struct reader *r, struct span line)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct span value = span_of(colon + 1, line.p + line.n);

	jw_key_span(&r->head, span_of(line.p, colon));
	jw_string(&r->head, value);
}

static void
give_row(struct buf *b, const struct span c[COLUMNS], size_t n)
{
	int64_t difficult;

	jw_open(b, '{');
	jw_member_string(b, "name", c[CLASS]);
	jw_key(b, "polygon");
	jw_open(b, '[');
	jw_open(b, '[');
	for (int i = 0; i < 8; i++)
		write_number_text(b, c[i]);
	jw_close(b, ']');
	jw_close(b, ']');
	if (n > DIFFICULT && num_parse_i64(c[DIFFICULT], &difficult)) {
		jw_member_bool(b, "difficult", difficult > 0);
		if (difficult < 0 || difficult > 1) {
			jw_key(b, "dota");
			jw_i64(b, difficult);
		}
	}
	jw_close(b, '}');
}

static bool
read_row(struct reader *r, struct span row, const struct input *in)
{
	struct span c[COLUMNS];
	size_t n = row_split(row, c, COLUMNS);
	int64_t difficult;
	double v;

	if (n < DIFFICULT || n > COLUMNS) {
		error_at(input_pos(in, 0), "dota-row",
		    "%llu %s; a row has 8 coordinates, a class and difficult",
		    COUNTED(n, "column", "columns"));
		return false;
	}
	for (size_t i = 0; i < 8; i++)
		if (!num_parse(c[i], &v)) {
			error_at(input_pos(in, (size_t)(c[i].p - row.p)), "dota-row",
			    "column %zu should be a number", i + 1);
			return false;
		}
	if (n > DIFFICULT && !num_parse_i64(c[DIFFICULT], &difficult)) {
		error_at(input_pos(in, (size_t)(c[DIFFICULT].p - row.p)), "dota-row",
		    "difficult should be 0, 1 or 2");
		return false;
	}
	give_row(&r->annotations, c, n);
	return true;
}

static uint64_t
read_rows(struct reader *r, struct input *in)
{
	struct span line;
	uint64_t n = 0;

	buf_reset(&r->annotations);
	buf_reset(&r->head);
	while (row_next(r->im, in, &r->text, &line)) {
		if (is_head(line) && !r->annotations.n)
			read_head(r, line);
		else if (read_row(r, line, in))
			n++;
		else
			r->im->bad_annotations++;
	}
	return n;
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct span path = span_str(node->path), source;
	struct picsize size;
	struct input in;
	struct buf *b;
	uint64_t n;

	r->im->files++;
	if (!recode_rows(r->im, node, &in)) {
		r->im->bad_files++;
		return;
	}
	n = read_rows(r, &in);
	input_close(&in);
	b = import_record(r->im);
	source = pictures_beside(&r->pictures, path, "labelTxt", "images", &size);
	import_begin_sample(b, source, find_id(path, "labelTxt", &r->id), size.width, size.height);
	split_write_usage(b, path);
	jw_key(b, "annotation");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&r->annotations));
	jw_close(b, ']');
	if (r->head.n) {
		jw_key(b, "dota");
		jw_open(b, '{');
		jw_raw(b, buf_span(&r->head));
		jw_close(b, '}');
	}
	jw_close(b, '}');
	import_sample(r->im, pos_file(tree_name(r->im->tree, node)), buf_span(b), n);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };
	struct row_files files = row_files(im->tree, "labelTxt");

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
	buf_release(&r.head);
}

static bool
looks_like(struct span head)
{
	struct span line, c[COLUMNS];
	size_t n;
	double v;

	while (span_cut(&head, '\n', &line)) {
		if (is_head(line))
			return true;
		if (span_trim(line).n > 0)
			break;
	}
	n = row_split(line, c, COLUMNS);
	if (n < DIFFICULT || n > COLUMNS || num_parse(c[CLASS], &v))
		return false;
	for (size_t i = 0; i < 8; i++)
		if (!num_parse(c[i], &v))
			return false;
	return true;
}

static int
detect(const struct tree *t, struct buf *why)
{
	struct row_files files = row_files(t, "labelTxt");

	return row_files_score(&files, looks_like, "rows of 8 numbers and a class", why);
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

/* The texts of a polygon that is one ring of four points in pixels. */
static bool
four_points(const struct annotation *a, struct span v[8])
{
	struct span rest = a->v[ANN_POLYGON], ring, more;

	return !ann_is_ratio(a) && coords_ring(&rest, &ring) && !coords_ring(&rest, &more) &&
	       number_texts(ring, v, 8) == 8;
}

/* Eight computed numbers. */
static void
put_points(struct buf *b, const struct label_options *opt, const double v[8])
{
	for (int i = 0; i < 8; i++) {
		if (i)
			buf_addc(b, ' ');
		coord_number(b, opt, v[i]);
	}
}

static bool
put_corners(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	static const int pick[] = { 0, 1, 2, 1, 2, 3, 0, 3 }; /* clockwise from the top left */
	struct writer *w = ex->state;
	double r[5], p[8], *xy;
	struct span v[8];
	bool tight;
	size_t n;

	if (four_points(a, v)) {
		for (int i = 0; i < 8; i++)
			buf_addf(&w->out, "%s%.*s", i ? " " : "", SPAN_ARG(v[i]));
		return true;
	}
	if (json_numbers(a->v[ANN_RBOX], r, 5) == 5 && !ann_is_ratio(a)) {
		rbox_corners(r, p);
		put_points(&w->out, ex->opt, p);
		return true;
	}
	xy = coords_polygon(s, a, &n);
	tight = tight_rectangle(xy, n, p);
	free(xy);
	if (tight) {
		if (n != 4)
			export_loss(ex, s, "annotation.polygon", 1);
		put_points(&w->out, ex->opt, p);
		return true;
	}
	if (!coords_corners(ex, s, a, &w->corners))
		return false;
	for (int i = 0; i < 8; i++)
		buf_addf(&w->out, "%s%.*s", i ? " " : "", SPAN_ARG(w->corners.v[pick[i]]));
	return true;
}

static bool
from_dota(const struct exporter *ex)
{
	return span_is(json_unquote(dataset_member(&ex->dataset, "format")), "dota");
}

static bool
write_row(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span other = ann_member(a, "dota");
	int difficult = ann_flag(a, ANN_DIFFICULT);

	if (!put_corners(ex, s, a))
		return false;
	buf_addc(&w->out, ' ');
	buf_addspan(&w->out, coords_word(ex, s, a, "object", &w->name));
	if (difficult < 0 && from_dota(ex)) { /* a row without it */
		buf_addc(&w->out, '\n');
		return true;
	}
	buf_addc(&w->out, ' ');
	if (difficult > 0 && json_type_of(other) == JSON_NUMBER)
		buf_addspan(&w->out, other);
	else
		buf_addc(&w->out, difficult > 0 ? '1' : '0');
	buf_addc(&w->out, '\n');
	return true;
}

static void
write_head(struct buf *b, struct span head)
{
	struct buf text = BUF_INIT;
	struct span key, value;
	struct json j;

	if (json_type_of(head) != JSON_OBJECT)
		return;
	json_begin(&j, head);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		buf_addspan(b, json_text(key, &text));
		buf_addc(b, ':');
		buf_addspan(b, json_value_text(value, &text));
		buf_addc(b, '\n');
	}
	buf_release(&text);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct buf dir = BUF_INIT, member = BUF_INIT;
	int split = split_of(ex, s);
	uint64_t written = 0;
	struct span stem;

	buf_reset(&w->out);
	write_head(&w->out, rec_member(s->rec, "dota"));
	for (size_t i = 0; i < s->n; i++)
		written += write_row(ex, s, &s->ann[i]);
	buf_addf(&dir, "%s%simages", split_dir(split), split ? "/" : "");
	stem = export_stem(ex, s, buf_str(&dir));
	export_picture(ex, s, buf_str(&dir), stem);
	buf_addf(
	    &member, "%s%slabelTxt/%.*s.txt", split_dir(split), split ? "/" : "", SPAN_ARG(stem));
	export_file(ex, buf_span(&member), buf_span(&w->out));
	export_unwritten(ex, s, written);
	buf_release(&dir);
	buf_release(&member);
}

static const struct label_writer writer = {
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};

const struct label_format label_dota = {
	.name = "dota",
	.title = "DOTA: oriented boxes, a text file a picture in labelTxt",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_NAME) |
		 HOLDS(ANN_DIFFICULT) | HOLDS_NEGATIVE | HOLDS_USAGE,
	.keeps = "dota|corners",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
