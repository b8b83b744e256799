/*
 * CreateML: JSON lists of pictures with boxes, as Apple's Create ML reads and Roboflow writes them.
 *
 *	[{"image":"a.jpg","annotations":[{"label":"x","coordinates":{"x":..,"y":..,"width":..,"height":..}}]}]
 *
 * x and y are the CENTRE of the box in pixels from the top left corner, far edges outside. The older
 * keys imagefilename and annotation are read too. A picture without objects has an empty list.
 * A file a split folder: train/_annotations.createml.json with its pictures beside it.
 *
 * Members that have no place in a record, and coordinates whose digits do not follow from the box,
 * ride in the member "createml" of annotations and samples.
 */
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/splits.h"
#include "label/recode.h"

enum { X, Y, WIDTH, HEIGHT };

static const char *const coordinate[] = { "x", "y", "width", "height" };

/* ---- reading ---- */

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct buf rest, name, id, line;
	const char *file;
};

/* x y of the corner behind b's text; false: no number. */
static bool
write_box(struct buf *b, const struct span c[4])
{
	jw_key(b, "bbox");
	jw_open(b, '[');
	for (int i = 0; i < 2; i++) {
		jw_raw(b, SPAN(""));
		if (!coords_half(b, c[i], -1, c[i + 2]))
			return false;
	}
	if (!write_number_text(b, c[WIDTH]) || !write_number_text(b, c[HEIGHT]))
		return false;
	jw_close(b, ']');
	return true;
}

/* Would the centre come back in the same digits? */
static bool
comes_back(const struct span c[4])
{
	struct buf b = BUF_INIT;
	bool same = true;

	for (int i = 0; i < 2; i++) {
		size_t n;

		buf_reset(&b);
		coords_half(&b, c[i], -1, c[i + 2]);
		n = b.n;
		buf_reserve(&b, 128);
		coords_half(&b, (struct span){ b.p, n }, 1, c[i + 2]);
		same = same && span_eq((struct span){ b.p + n, b.n - n }, c[i]);
	}
	buf_release(&b);
	return same;
}

static bool
bad(struct reader *r, struct pos at, const char *what)
{
	error_at(at, "createml", "%s", what);
	r->im->bad_annotations++;
	return false;
}

static bool
give_object(struct reader *r, struct buf *b, struct span raw, struct pos at)
{
	static const char *const keys[] = { "label", "coordinates" };
	struct span v[2], c[4];
	size_t begin = b->n;
	bool same;

	buf_reset(&r->rest);
	json_pick(raw, keys, v, 2, &r->rest);
	json_pick(v[1], coordinate, c, 4, NULL);
	if (json_type_of(v[0]) != JSON_STRING)
		return bad(r, at, "an annotation needs a \"label\" that is a string");
	jw_open(b, '{');
	jw_member_raw(b, "name", v[0]);
	if (!write_box(b, c)) {
		buf_cut(b, begin);
		return bad(r, at, "\"coordinates\" needs the numbers x, y, width and height");
	}
	same = comes_back(c);
	if (!same || r->rest.n) {
		jw_key(b, "createml");
		jw_open(b, '{');
		if (!same) {
			jw_key(b, "coordinates");
			jw_compact(b, v[1]);
		}
		if (r->rest.n)
			jw_compact(b, buf_span(&r->rest));
		jw_close(b, '}');
	}
	jw_close(b, '}');
	return true;
}

static uint64_t
give_objects(struct reader *r, struct buf *b, struct span list, struct pos at)
{
	struct span raw;
	struct json j;
	uint64_t n = 0;

	json_begin_at(&j, list, at.line, at.col);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw)) {
		struct pos here = json_pos(&j, raw.p, r->file);

		n += json_type_of(raw) == JSON_OBJECT
			 ? give_object(r, b, raw, here)
			 : bad(r, here, "an annotation must be an object");
	}
	return n;
}

static void
give_picture(struct reader *r, struct span raw, struct span dir, struct json *j)
{
	static const char *const keys[] = { "image", "imagefilename", "annotations", "annotation" };
	struct span v[4], name, list, source;
	struct buf *b = import_record(r->im), rest = BUF_INIT, path = BUF_INIT;
	struct picsize size;
	uint64_t n = 0;

	json_pick(raw, keys, v, 4, &rest);
	name = json_value_text(v[v[0].p ? 0 : 1], &r->name);
	list = v[v[2].p ? 2 : 3];
	if (!name.n || (list.p && json_type_of(list) != JSON_ARRAY)) {
		error_at(json_pos(j, raw.p, r->file), "createml",
		    "a picture needs \"image\", its file name, and \"annotations\", a list");
		r->im->bad_samples++;
		buf_release(&rest);
		return;
	}
	source = pictures_source(&r->pictures, dir, name, &size);
	path_join(&path, dir, name);
	import_begin_sample(b, source, path_stem(buf_span(&path)), size.width, size.height);
	split_write_usage(b, buf_span(&path));
	if (list.p) {
		jw_key(b, "annotation");
		jw_open(b, '[');
		n = give_objects(r, b, list, json_pos(j, list.p, r->file));
		jw_close(b, ']');
	}
	if (rest.n) {
		jw_key(b, "createml");
		jw_open(b, '{');
		jw_compact(b, buf_span(&rest));
		jw_close(b, '}');
	}
	jw_close(b, '}');
	import_sample(r->im, json_pos(j, raw.p, r->file), buf_span(b), n);
	buf_release(&rest);
	buf_release(&path);
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct span raw, dir = find_dir(span_str(node->path));
	struct input in;
	struct json j;

	r->im->files++;
	if (!recode_input(r->im, node, &in)) {
		r->im->bad_files++;
		return;
	}
	r->file = in.name;
	json_stream(&j, &in);
	if (json_array(&j))
		while (json_item(&j)) {
			if (json_peek(&j) != JSON_OBJECT)
				json_fail(&j, "a picture should be an object");
			else if (json_value(&j, &raw))
				give_picture(r, raw, dir, &j);
		}
	if (!json_end(&j)) {
		json_error(&j, in.name);
		r->im->bad_files++;
	}
	input_close(&in);
}

static bool
looks_like(struct span head)
{
	return span_starts(span_trim(head), SPAN("[")) && find_has(head, "\"coordinates\"") &&
	       (find_has(head, "\"image\"") || find_has(head, "\"imagefilename\""));
}

/* To a reader also a list of pictures without objects. */
static bool
may_be_list(struct span head)
{
	return span_starts(span_trim(head), SPAN("[")) &&
	       (find_has(head, "\"image\"") || find_has(head, "\"imagefilename\"")) &&
	       (find_has(head, "\"annotations\"") || find_has(head, "\"annotation\""));
}

static bool
is_ours(struct importer *im, const struct node *n)
{
	return find_has(span_str(n->path), ".createml.json") ||
	       find_is_ours(im, n, "json", may_be_list);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };

	pictures_init(&r.pictures, im->tree);
	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (is_ours(im, &im->tree->node[i]))
			read_file(&r, &im->tree->node[i]);
	pictures_release(&r.pictures);
	buf_release(&r.rest);
	buf_release(&r.name);
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "json", looks_like, 90, "lists with \"coordinates\"", why);
}

/* ---- writing ---- */

struct writer {
	struct split_files files;
	struct corners box;
	struct buf text;
};

static void
begin(struct exporter *ex)
{
	struct writer *w = ex->state;

	w->files.name = "_annotations.createml.json";
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	split_close(ex, &w->files, "\n]\n");
	corners_release(&w->box);
	buf_release(&w->text);
}

/* The coordinates that rode along, when they still mean the box. */
static struct span
kept_coordinates(struct span private, const struct span box[4])
{
	struct span raw = json_member(private, "coordinates"), c[4];
	double v[4], b[4];

	json_pick(raw, coordinate, c, 4, NULL);
	for (int i = 0; i < 4; i++)
		if (!num_parse(c[i], &v[i]) || !num_parse(box[i], &b[i]))
			return SPAN_NONE;
	return fabs(v[X] - b[X] - b[WIDTH] / 2) < 1e-6 &&
		       fabs(v[Y] - b[Y] - b[HEIGHT] / 2) < 1e-6 && v[WIDTH] == b[WIDTH] &&
		       v[HEIGHT] == b[HEIGHT]
		   ? raw
		   : SPAN_NONE;
}

static void
write_coordinates(struct buf *b, const struct span c[4])
{
	jw_open(b, '{');
	for (int i = 0; i < 4; i++) {
		jw_key(b, coordinate[i]);
		if (i < 2)
			coords_half(b, c[i], 1, c[i + 2]);
		else
			jw_raw(b, c[i]);
	}
	jw_close(b, '}');
}

static void
write_rest(struct buf *b, struct span private)
{
	static const char *const known[] = { "coordinates" };
	struct buf rest = BUF_INIT;
	struct span v[1];

	json_pick(private, known, v, 1, &rest);
	if (rest.n)
		jw_raw(b, buf_span(&rest));
	buf_release(&rest);
}

static bool
write_object(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct span private = ann_member(a, "createml"), kept;
	struct writer *w = ex->state;

	if (!coords_box(ex, s, a, &w->box))
		return false;
	kept = kept_coordinates(private, w->box.v);
	jw_open(b, '{');
	jw_member_raw(b, "label", export_name(ex, s, a));
	jw_key(b, "coordinates");
	if (kept.p)
		jw_raw(b, kept);
	else
		write_coordinates(b, w->box.v);
	write_rest(b, private);
	jw_close(b, '}');
	return true;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	int split = split_of(ex, s);
	struct span stem, picture;
	uint64_t written = 0;
	struct out *out;
	struct buf *b;
	bool is_new;

	stem = export_stem(ex, s, split_dir(split));
	picture = export_picture(ex, s, split_dir(split), stem);
	out = split_out(ex, &w->files, split, &is_new);
	b = &out->b;
	buf_adds(b, is_new ? "[\n" : ",\n");
	jw_open(b, '{');
	jw_member_string(b, "image", picture);
	if (s->annotated) {
		jw_key(b, "annotations");
		jw_open(b, '[');
		for (size_t i = 0; i < s->n; i++)
			written += write_object(ex, s, &s->ann[i], b);
		jw_close(b, ']');
	}
	write_rest(b, rec_member(s->rec, "createml"));
	jw_close(b, '}');
	out_tick(out);
	export_unwritten(ex, s, written);
}

static const struct label_writer writer = {
	.begin = begin,
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};

const struct label_format label_createml = {
	.name = "createml",
	.aliases = "create-ml",
	.title = "CreateML: a JSON list of pictures a split, boxes by their centres",
	.holds =
	    HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_USAGE,
	.keeps = "createml|corners",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
