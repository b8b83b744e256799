/*
 * The family of CSV label files: TF object detection, RetinaNet, Kaggle, Open Images, VIA and
 * AutoML (Vertex). Which one a file is, its first row says, never its name.
 *
 * Columns are found by what the header calls them, in any order; RetinaNet and AutoML have no
 * header and fixed places. Coordinates are x, y from the top left corner, far edges outside: pixels, in
 * Open Images and AutoML parts of width and height (unit "ratio"). Columns that are not known ride in the
 * member "csv" of an annotation, the columns of a file that are not the usual ones in that of
 * the header. Rows of one picture need not stand together, nor in one file (gather.h).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/csv.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/gather.h"
#include "label/splits.h"
#include "label/via.h"

enum kind { TF, RETINANET, KAGGLE, OPENIMAGES, VIA, AUTOML, KINDS };

enum column {
	OTHER,
	FILE_NAME,
	WIDTH,
	HEIGHT,
	CLASS,
	X0,
	Y0,
	X1,
	Y1,
	BOX_W,
	BOX_H,
	BBOX,
	SCORE,
	SOURCE,
	OCCLUDED,
	TRUNCATED,
	GROUP_OF,
	USAGE,
	FILE_SIZE,
	FILE_ATTRIBUTES,
	REGION_COUNT,
	REGION_ID,
	SHAPE,
	ATTRIBUTES,
	MASK,
	CORNER, /* AutoML: the two corners that a box of two leaves empty */
	COLUMNS
};

/* What headers call them. */
static const struct {
	const char *names;
	enum column column;
} known[] = {
	{ "filename|image|image_name|image_id|imageid|img|file|path|file_name|image_path|frame",
	    FILE_NAME },
	{ "width|image_width|img_width", WIDTH },
	{ "height|image_height|img_height", HEIGHT },
	{ "class|label|label_name|class_name|labelname|category|cell_type|name", CLASS },
	{ "xmin|x1|x_min|left|boxxmin", X0 },
	{ "ymin|y1|y_min|top|boxymin", Y0 },
	{ "xmax|x2|x_max|right|boxxmax", X1 },
	{ "ymax|y2|y_max|bottom|boxymax", Y1 },
	{ "w|bbox_width|box_width", BOX_W },
	{ "h|bbox_height|box_height", BOX_H },
	{ "bbox", BBOX },
	{ "confidence|score", SCORE },
	{ "source", SOURCE },
	{ "isoccluded", OCCLUDED },
	{ "istruncated", TRUNCATED },
	{ "isgroupof", GROUP_OF },
	{ "ml_use|usage|split", USAGE },
	{ "file_size", FILE_SIZE },
	{ "file_attributes", FILE_ATTRIBUTES },
	{ "region_count", REGION_COUNT },
	{ "region_id", REGION_ID },
	{ "region_shape_attributes", SHAPE },
	{ "region_attributes", ATTRIBUTES },
	{ "maskpath", MASK },
};

static const struct kind_info {
	const char *columns; /* as written; without a header: its places */
	const char *file;    /* name of the file that is written */
	bool header, ratio;
} kinds[KINDS] = {
	[TF] = { "filename,width,height,class,xmin,ymin,xmax,ymax", "_annotations.csv", true,
	    false },
	[RETINANET] = { "filename,xmin,ymin,xmax,ymax,class", "_annotations.csv", false, false },
	[KAGGLE] = { "image_id,width,height,bbox,class", "train.csv", true, false },
	[OPENIMAGES] = { "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,"
			 "IsTruncated,IsGroupOf,IsDepiction,IsInside",
	    "annotations-bbox.csv", true, true },
	[VIA] = { "filename,file_size,file_attributes,region_count,region_id,"
		  "region_shape_attributes,region_attributes",
	    "via_region_data.csv", true, false },
	[AUTOML] = { "ml_use,filename,class,xmin,ymin,corner,corner,xmax,ymax,corner,corner",
	    "annotations.csv", false, true },
};

#define COLUMNS_MAX 64

/* How the rows of a file are to be read, or written. */
struct layout {
	enum kind kind;
	char separator;
	enum column of[COLUMNS_MAX];
	char *name[COLUMNS_MAX]; /* as the header has them */
	size_t n;
	size_t at[COLUMNS]; /* place of a column, from 1; 0: there is none */
	bool ratio;
};

static bool
is_word(struct span s, const char *words)
{
	struct span rest = span_str(words), word;

	while (span_cut(&rest, '|', &word))
		if (word.n == s.n && strncasecmp(word.p, s.p, s.n) == 0)
			return true;
	return false;
}

static void
layout_release(struct layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	l->n = 0;
}

static void
layout_add(struct layout *l, struct span name)
{
	enum column c = is_word(name, "corner") ? CORNER : OTHER;

	name = span_trim(name);
	for (size_t i = 0; i < ARRAY_LEN(known) && c == OTHER; i++)
		if (is_word(name, known[i].names))
			c = known[i].column;
	if (l->n == COLUMNS_MAX)
		return;
	if (c != CORNER && l->at[c])
		c = OTHER; /* a second one of that name */
	l->of[l->n] = c;
	l->name[l->n++] = xstrndup(name.p, name.n);
	if (c != OTHER && !l->at[c])
		l->at[c] = l->n;
}

static void
layout_columns(struct layout *l, const char *columns)
{
	struct span rest = span_str(columns), name;

	while (span_cut(&rest, ',', &name))
		layout_add(l, name);
}

static bool
has_box(const struct layout *l)
{
	return (l->at[X0] && l->at[Y0] &&
		   ((l->at[X1] && l->at[Y1]) || (l->at[BOX_W] && l->at[BOX_H]))) ||
	       l->at[BBOX];
}

/* The kind that a header means; KINDS: none of ours. */
static enum kind
kind_of_header(const struct layout *l)
{
	if (!l->at[FILE_NAME])
		return KINDS;
	if (l->at[SHAPE] && l->at[ATTRIBUTES])
		return VIA;
	if (is_word(span_str(l->name[l->at[FILE_NAME] - 1]), "ImageID") && l->at[CLASS] &&
	    (l->at[SCORE] || l->at[MASK]))
		return OPENIMAGES;
	if (l->at[BBOX])
		return KAGGLE;
	if (has_box(l) && l->at[CLASS])
		return TF;
	return l->at[CLASS] ? KAGGLE : KINDS;
}

static bool
number_or_empty(struct span s)
{
	double v;

	return span_trim(s).n == 0 || num_parse(span_trim(s), &v);
}

/* The kind that a first row without a header means. */
static enum kind
kind_of_row(const struct span *f, size_t n)
{
	if (n >= 3 && is_word(f[0], "TRAIN|VALIDATE|VALIDATION|TEST|UNASSIGNED"))
		return AUTOML;
	if (n != 6)
		return KINDS;
	for (int i = 1; i < 5; i++)
		if (!number_or_empty(f[i]))
			return KINDS;
	return f[0].n && !num_parse(f[0], &(double){ 0 }) ? RETINANET : KINDS;
}

/* The layout that the first row says; *header: it is no data. False: none of ours. */
static bool
layout_find(struct layout *l, const struct csv *c, bool *header)
{
	*l = (struct layout){ .separator = c->separator };
	for (size_t i = 0; i < c->n; i++)
		layout_add(l, c->field[i]);
	l->kind = kind_of_header(l);
	*header = l->kind != KINDS;
	if (!*header) {
		layout_release(l);
		l->kind = kind_of_row(c->field, c->n);
		if (l->kind == KINDS)
			return false;
		*l = (struct layout){ .kind = l->kind, .separator = c->separator };
		layout_columns(l, kinds[l->kind].columns);
	}
	l->ratio = kinds[l->kind].ratio;
	return true;
}

/* ---- reading ---- */

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct gather rows, absent, heads;
	struct layout *l;
	struct csv *c;
	struct strmap display; /* Open Images: id of a class -> place of its name in `names` */
	struct buf names, one, last, class_key, usage;
	size_t group;
	const char *file;
	bool measured; /* it was decided whether boxes are ratios */
};

static struct span
field(const struct reader *r, enum column column)
{
	size_t at = r->l->at[column];

	return at && at <= r->c->n ? span_trim(r->c->field[at - 1]) : SPAN("");
}

static bool
bad_row(struct reader *r, const char *rule, const char *what)
{
	error_at(pos_at(r->file, r->c->line, 1), rule, "%s", what);
	r->im->bad_annotations++;
	return false;
}

/* Parts of width and height in a file of a kind that has pixels? Its first box tells. */
static void
measure(struct reader *r, const struct span c[4])
{
	bool point = false, small = true;
	double v;

	if (r->measured || r->l->ratio)
		return;
	r->measured = true;
	for (int i = 0; i < 4; i++) {
		point = point || find_has(c[i], ".");
		small = small && num_parse(c[i], &v) && v >= 0 && v <= 1;
	}
	if (!point || !small)
		return;
	r->l->ratio = true;
	note_at(pos_at(r->file, r->c->line, 1), "csv-ratio",
	    "boxes here are taken for parts of width and height");
}

/* "[x, y, w, h]" with commas or blanks. */
static bool
bbox_texts(struct span s, struct span v[4])
{
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		size_t k = i;

		while (k < s.n && !strchr("[]() ,\t", s.p[k]))
			k++;
		if (k > i && n < 5) {
			if (n < 4)
				v[n] = (struct span){ s.p + i, k - i };
			n++;
		}
		i = k + (k < s.n && strchr("[]() ,\t", s.p[k]) != NULL);
		if (k == i && k < s.n)
			break;
	}
	return n == 4;
}

/* x y w h as "bbox". */
static bool
write_box(struct buf *b, const struct span v[4])
{
	jw_key(b, "bbox");
	jw_open(b, '[');
	for (int i = 0; i < 4; i++)
		if (!write_number_text(b, v[i]))
			return false;
	jw_close(b, ']');
	return true;
}

/* The box of the row. *none: there is none, which is no fault. False: it was said what is wrong. */
static bool
read_box(struct reader *r, struct buf *b, bool *none)
{
	struct span c[4] = { field(r, X0), field(r, Y0), field(r, X1), field(r, Y1) };
	bool sizes = r->l->at[BOX_W] != 0, ok;

	*none = false;
	if (sizes) {
		c[2] = field(r, BOX_W);
		c[3] = field(r, BOX_H);
	}
	if (r->l->at[BBOX] && !bbox_texts(field(r, BBOX), c)) {
		*none = field(r, BBOX).n == 0;
		return *none || bad_row(r, "csv-box", "bbox should be \"[x, y, w, h]\"");
	}
	*none = c[0].n + c[1].n + c[2].n + c[3].n == 0;
	if (*none)
		return true;
	measure(r, c);
	ok = r->l->at[BBOX] || sizes ? write_box(b, c) : coords_read_corners(b, c);
	if (ok && r->l->ratio)
		jw_member_str(b, "unit", "ratio");
	return ok || bad_row(r, "csv-box", "the box needs four numbers");
}

/* A box of four corners (AutoML) as a polygon when it is not upright. */
static bool
read_corners(struct reader *r, struct buf *b, bool *none)
{
	struct span v[8];
	size_t n = 0;

	for (size_t i = 3; i < 11 && i < r->c->n; i++)
		n += (v[i - 3] = span_trim(r->c->field[i])).n > 0;
	if (n != 8)
		return read_box(r, b, none);
	*none = false;
	jw_key(b, "polygon");
	jw_open(b, '[');
	jw_open(b, '[');
	for (int i = 0; i < 8; i++)
		if (!write_number_text(b, v[i]))
			return bad_row(r, "csv-box", "the box needs eight numbers");
	jw_close(b, ']');
	jw_close(b, ']');
	jw_member_str(b, "unit", "ratio");
	return true;
}

/* 1, 0, and -1 for unknown. */
static bool
read_flag(struct reader *r, struct buf *b, enum column column, const char *key)
{
	struct span v = field(r, column);

	if (v.n == 0 || span_is(v, "-1"))
		return true;
	if (!span_is(v, "0") && !span_is(v, "1"))
		return bad_row(r, "csv-flag", "a flag should be 0, 1 or -1");
	jw_member_bool(b, key, v.p[0] == '1');
	return true;
}

/* The columns that no one knows, by their names. */
static void
write_others(struct reader *r, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < r->l->n && i < r->c->n; i++) {
		if (r->l->of[i] != OTHER || r->c->field[i].n == 0)
			continue;
		if (!any) {
			jw_key(b, "csv");
			jw_open(b, '{');
		}
		any = true;
		jw_key_span(b, span_str(r->l->name[i]));
		jw_string(b, r->c->field[i]);
	}
	if (any)
		jw_close(b, '}');
}

/* The class, by the name that people gave it. */
static struct span
class_of(struct reader *r)
{
	struct span name = field(r, CLASS);
	struct strmap_entry *e = r->display.n ? strmap_find(&r->display, name) : NULL;

	return e ? span_str(r->names.p + e->value) : name;
}

static void
write_mask(struct reader *r, struct buf *b)
{
	struct span name = field(r, MASK);

	if (!name.n)
		return;
	jw_key(b, "mask");
	jw_open(b, '{');
	jw_member_string(b, "source", pictures_source(&r->pictures, SPAN("masks"), name, NULL));
	jw_key(b, "value");
	jw_u64(b, 1);
	jw_close(b, '}');
}

/* An annotation of a row of any kind but VIA; in r->one. *none: the row only names a picture. */
static bool
read_annotation(struct reader *r, bool *none)
{
	struct span name = class_of(r), score = field(r, SCORE);
	struct buf *b = &r->one;
	bool no_box;

	buf_reset(b);
	jw_open(b, '{');
	if (name.n)
		jw_member_string(b, "name", name);
	if (!(r->l->kind == AUTOML ? read_corners(r, b, &no_box) : read_box(r, b, &no_box)))
		return false;
	*none = no_box && !name.n;
	if (*none)
		return true;
	write_mask(r, b);
	if (score.n) {
		jw_key(b, "confidence");
		if (!write_number_text(b, score))
			return bad_row(r, "csv-score", "the confidence should be a number");
	}
	if (field(r, SOURCE).n)
		jw_member_string(b, "annotated-by", field(r, SOURCE));
	if (!read_flag(r, b, OCCLUDED, "occluded") || !read_flag(r, b, TRUNCATED, "truncated") ||
	    !read_flag(r, b, GROUP_OF, "iscrowd"))
		return false;
	write_others(r, b);
	jw_close(b, '}');
	return true;
}

static bool
read_region(struct reader *r, bool *none)
{
	struct span shape = field(r, SHAPE), attributes = field(r, ATTRIBUTES);
	const char *why;

	*none = shape.n == 0 || span_is(shape, "{}");
	if (*none)
		return true;
	buf_reset(&r->one);
	if (!json_valid(shape) || !json_valid(attributes))
		return bad_row(r, "csv-via", "the attributes of a region should be JSON");
	return via_read_region(&r->one, shape, attributes, buf_span(&r->class_key), &why) ||
	       bad_row(r, "csv-via", why);
}

static const char *
usage_of(struct span word)
{
	if (is_word(word, "TRAIN|TRAINING"))
		return "TRAIN";
	if (is_word(word, "VALIDATE|VALIDATION|VAL|VALID|EVAL"))
		return "EVAL";
	return is_word(word, "TEST|TESTING") ? "TEST" : NULL;
}

/* "oidv6-train-annotations-bbox.csv" names the split. */
static const char *
usage_of_file(struct span path)
{
	struct span rest = path_base_span(path), word;
	const char *usage = NULL;

	while (!usage && span_cut(&rest, '-', &word))
		usage = rest.p ? usage_of(word) : NULL;
	return usage;
}

/* What a sample begins with: source to usage and VIA's size. */
static void
write_head(
    struct reader *r, struct buf *b, struct span source, struct span id, struct picsize *size)
{
	struct span width = field(r, WIDTH), height = field(r, HEIGHT), ml = field(r, USAGE);
	const char *usage = ml.n ? usage_of(ml) : split_of_path(id);
	double w, h;

	import_begin_sample(b, source, id, 0, 0);
	if (num_parse(width, &w) && num_parse(height, &h) && w > 0 && h > 0) {
		jw_key(b, "width");
		write_number_text(b, width);
		jw_key(b, "height");
		write_number_text(b, height);
	} else if (size->width) {
		jw_member_u64(b, "width", size->width);
		jw_member_u64(b, "height", size->height);
	}
	if (!usage && r->usage.n)
		usage = r->usage.p;
	if (usage)
		jw_member_str(b, "usage", usage);
	if (r->l->kind == AUTOML && ml.n && !is_word(ml, "TRAIN|VALIDATION|TEST")) {
		jw_key(b, "csv");
		jw_open(b, '{');
		jw_member_string(b, "ml_use", ml);
		jw_close(b, '}');
	}
	if (r->l->kind == VIA) {
		jw_key(b, "via");
		jw_open(b, '{');
		if (num_parse(field(r, FILE_SIZE), &w)) {
			jw_key(b, "size");
			write_number_text(b, field(r, FILE_SIZE));
		}
		if (json_valid(field(r, FILE_ATTRIBUTES)) && field(r, FILE_ATTRIBUTES).n > 2) {
			jw_key(b, "file_attributes");
			jw_compact(b, field(r, FILE_ATTRIBUTES));
		}
		jw_close(b, '}');
	}
}

/* The group of the row's picture. */
static void
find_group(struct reader *r, struct span dir, struct span name)
{
	struct buf path = BUF_INIT, head = BUF_INIT;
	struct picsize size;
	struct span source;
	bool is_new;

	if (r->last.n && span_eq(name, buf_span(&r->last)))
		return;
	buf_reset(&r->last);
	buf_addspan(&r->last, name);
	path_join(&path, path_is_uri(name) ? SPAN("") : dir, name);
	if (r->l->kind == OPENIMAGES) { /* the files of a set are one dataset */
		buf_reset(&path);
		buf_addspan(&path, name);
	}
	r->group = gather_group(&r->rows, buf_span(&path), &is_new);
	if (is_new) {
		struct span id = buf_span(&path);

		if (path_is_uri(id))
			id = path_base_span(id);
		source = pictures_source(&r->pictures, dir, name, &size);
		write_head(r, &head, source, path_is_picture(id) ? path_stem(id) : id, &size);
		gather_group(&r->heads, buf_span(&path), &is_new);
		gather_add(&r->heads, r->group, buf_span(&head));
		gather_group(&r->absent, buf_span(&path), &is_new);
	}
	buf_release(&path);
	buf_release(&head);
}

static void
read_row(struct reader *r, struct span dir)
{
	struct span name = field(r, FILE_NAME), score = field(r, SCORE);
	bool none, label = r->l->kind == OPENIMAGES && !has_box(r->l) && !r->l->at[MASK];
	double v;

	if (r->c->n != r->l->n && (r->l->kind != AUTOML || r->c->n > 11)) {
		error_at(pos_at(r->file, r->c->line, 1), "csv-row",
		    "%zu fields; there should be %zu", r->c->n, r->l->n);
		r->im->bad_annotations++;
		return;
	}
	if (!name.n) {
		bad_row(r, "csv-row", "the file name is empty");
		return;
	}
	if (!(r->l->kind == VIA ? read_region(r, &none) : read_annotation(r, &none)))
		return;
	find_group(r, dir, name);
	if (label && num_parse(score, &v) && v == 0)
		gather_add(&r->absent, r->group, buf_span(&r->one));
	else if (!none)
		gather_add(&r->rows, r->group, buf_span(&r->one));
}

/* VIA: the attribute that is the class, from the first region that has one. */
static void
take_class_key(struct reader *r)
{
	if (r->l->kind != VIA || r->class_key.n || !json_valid(field(r, ATTRIBUTES)))
		return;
	buf_addspan(&r->class_key, via_class_key(field(r, ATTRIBUTES), SPAN_NONE));
}

static void
read_rows(struct reader *r, struct csv *c, struct span path)
{
	struct layout l;
	bool header;

	if (!csv_next(c, &r->im->bad_annotations))
		return;
	if (!layout_find(&l, c, &header)) {
		layout_release(&l);
		error_at(pos_at(r->file, 1, 1), "csv-header",
		    "the first row is none of TF, RetinaNet, Kaggle, Open Images, VIA, AutoML");
		r->im->bad_files++;
		return;
	}
	r->l = &l;
	r->c = c;
	r->measured = false;
	buf_reset(&r->last);
	buf_reset(&r->usage);
	if (l.kind == OPENIMAGES) {
		const char *usage = usage_of_file(path);

		buf_adds(&r->usage, usage ? usage : split_of_path(path) ? split_of_path(path) : "");
	}
	for (bool more = header ? csv_next(c, &r->im->bad_annotations) : true; more;
	     more = csv_next(c, &r->im->bad_annotations)) {
		take_class_key(r);
		read_row(r, find_dir(path));
	}
	layout_release(&l);
}

/* Files of Open Images that hold no labels. */
static bool
is_side_table(struct span path, struct span head)
{
	return find_has(path, "class-descriptions") || find_has(head, "OriginalLandingURL") ||
	       find_has(head, "DisplayName");
}

static bool
head_of(const struct tree *t, const struct node *n, struct buf *head)
{
	const char *end;

	buf_reset(head);
	if (!tree_head(t, n, 4096, head))
		return false;
	end = head->n ? memchr(head->p, '\n', head->n) : NULL;
	if (end)
		buf_cut(head, (size_t)(end - head->p));
	return true;
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct span path = span_str(node->path);
	struct buf head = BUF_INIT;
	struct input in;
	struct csv c;
	bool side = head_of(r->im->tree, node, &head) && is_side_table(path, buf_span(&head));

	buf_release(&head);
	if (side)
		return;
	r->im->files++;
	if (!tree_input(r->im->tree, node, &in)) {
		r->im->bad_files++;
		return;
	}
	r->file = in.name;
	csv_init(&c, &in, r->im->opt->encoding);
	read_rows(r, &c, path);
	csv_release(&c);
	input_close(&in);
}

/* class-descriptions.csv: id, name. */
static void
read_classes(struct reader *r, const struct node *node, struct buf *list)
{
	uint64_t bad = 0;
	struct input in;
	struct csv c;
	bool is_new;

	if (!tree_input(r->im->tree, node, &in))
		return;
	csv_init(&c, &in, r->im->opt->encoding);
	while (csv_next(&c, &bad)) {
		if (c.n < 2 || is_word(c.field[0], "LabelName"))
			continue;
		strmap_put(&r->display, c.field[0], r->names.n, &is_new);
		if (!is_new)
			continue;
		buf_addspan(&r->names, c.field[1]);
		buf_addc(&r->names, '\0');
		jw_open(list, '{');
		jw_member_string(list, "name", c.field[1]);
		jw_member_string(list, "id", c.field[0]);
		jw_close(list, '}');
	}
	csv_release(&c);
	input_close(&in);
}

/* Columns and separator, where they are not the usual ones. */
static void
write_layout(struct buf *b, const struct layout *l)
{
	struct buf columns = BUF_INIT;

	for (size_t i = 0; i < l->n; i++)
		csv_put(&columns, span_str(l->name[i]), ',', i == 0);
	if (l->separator != ',' ||
	    (kinds[l->kind].header && !span_is(buf_span(&columns), kinds[l->kind].columns))) {
		jw_key(b, "csv");
		jw_open(b, '{');
		jw_member_string(b, "columns", buf_span(&columns));
		jw_member_string(b, "separator", (struct span){ &l->separator, 1 });
		jw_close(b, '}');
	}
	buf_release(&columns);
}

/* What the header has to say of the first file with labels. */
static void
write_first_layout(struct reader *r, struct buf *b)
{
	struct buf head = BUF_INIT;
	struct layout l;
	bool header, done = false;

	for (size_t i = 0; i < r->im->tree->n && !done; i++) {
		const struct node *n = &r->im->tree->node[i];
		struct csv c = { .first = true };

		if (!path_has_ext(span_str(n->path), "csv") && !r->im->tree->single)
			continue;
		if (!head_of(r->im->tree, n, &head) ||
		    is_side_table(span_str(n->path), buf_span(&head)))
			continue;
		if (span_starts(buf_span(&head), SPAN("\xef\xbb\xbf")))
			memmove(head.p, head.p + 3, head.n -= 3);
		c.separator = csv_guess(buf_span(&head));
		csv_split(&c, span_trim(buf_span(&head)));
		done = layout_find(&l, &c, &header);
		if (done && header && l.kind != OPENIMAGES)
			write_layout(b, &l);
		layout_release(&l);
		csv_release(&c);
	}
	buf_release(&head);
}

static void
write_header(struct reader *r)
{
	struct buf classes = BUF_INIT, *b;

	for (size_t i = 0; i < r->im->tree->n; i++)
		if (find_has(span_str(r->im->tree->node[i].path), "class-descriptions"))
			read_classes(r, &r->im->tree->node[i], &classes);
	b = import_header(r->im);
	if (classes.n) {
		jw_key(b, "classes");
		jw_open(b, '[');
		buf_addspan(b, buf_span(&classes));
		jw_close(b, ']');
	}
	write_first_layout(r, b);
	import_header_end(r->im);
	buf_release(&classes);
}

static void
give_samples(struct reader *r)
{
	for (size_t i = 0; i < r->rows.n; i++) {
		struct buf *b = import_record(r->im);

		gather_read(&r->heads, i, b);
		jw_key(b, "annotation");
		jw_open(b, '[');
		gather_read(&r->rows, i, b);
		jw_close(b, ']');
		if (r->absent.group[i].count) {
			jw_key(b, "openimages-absent");
			jw_open(b, '[');
			gather_read(&r->absent, i, b);
			jw_close(b, ']');
		}
		jw_close(b, '}');
		import_sample(r->im, buf_span(b), r->rows.group[i].count);
	}
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };

	pictures_init(&r.pictures, im->tree);
	gather_init(&r.rows);
	gather_init(&r.absent);
	gather_init(&r.heads);
	write_header(&r);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->single || path_has_ext(span_str(im->tree->node[i].path), "csv"))
			read_file(&r, &im->tree->node[i]);
	give_samples(&r);
	pictures_release(&r.pictures);
	gather_release(&r.rows);
	gather_release(&r.absent);
	gather_release(&r.heads);
	strmap_release(&r.display);
	buf_release(&r.names);
	buf_release(&r.one);
	buf_release(&r.last);
	buf_release(&r.class_key);
	buf_release(&r.usage);
}

/* ---- finding out ---- */

static int
detect_kind(const struct tree *t, struct buf *why, enum kind kind)
{
	struct buf head = BUF_INIT;
	struct layout l;
	int score = 0;
	bool header;

	for (size_t i = 0; i < t->n && !score; i++) {
		struct csv c = { .first = true };

		if (!path_has_ext(span_str(t->node[i].path), "csv") ||
		    !head_of(t, &t->node[i], &head) ||
		    is_side_table(span_str(t->node[i].path), buf_span(&head)))
			continue;
		if (span_starts(buf_span(&head), SPAN("\xef\xbb\xbf")))
			memmove(head.p, head.p + 3, head.n -= 3);
		c.separator = csv_guess(buf_span(&head));
		csv_split(&c, span_trim(buf_span(&head)));
		if (layout_find(&l, &c, &header) && l.kind == kind)
			score = has_box(&l) || l.at[SHAPE] ? 80 : 40;
		layout_release(&l);
		csv_release(&c);
	}
	buf_release(&head);
	if (score)
		buf_adds(why, "the first row of a .csv file");
	return score;
}

/* ---- writing ---- */

struct writer {
	enum kind kind;
	struct layout l;
	struct split_files boxes, labels; /* labels: Open Images' classes of whole pictures */
	struct buf picture, cell, shape, attributes, class_key, classes;
	struct corners corners, box;
	bool open;
};

static void
begin_kind(struct exporter *ex, enum kind kind)
{
	struct writer *w = ex->state = xcalloc(1, sizeof(*w));

	w->kind = kind;
}

/* The columns that the header record says, else the usual ones. */
static void
open_writer(struct exporter *ex, struct writer *w)
{
	struct span csv = dataset_member(&ex->dataset, "csv"), via, text, separator;
	struct csv c = { .separator = ',' };
	struct buf scratch = BUF_INIT;

	if (w->open)
		return;
	w->open = true;
	w->l = (struct layout){ .kind = w->kind, .separator = ',' };
	text = json_value_text(json_member(csv, "columns"), &scratch);
	separator = json_unquote(json_member(csv, "separator"));
	if (separator.n)
		w->l.separator = separator.p[0] == '\\' ? '\t' : separator.p[0];
	csv_split(&c, text);
	for (size_t i = 0; text.n && kinds[w->kind].header && i < c.n; i++)
		layout_add(&w->l, c.field[i]);
	if (text.n && (!kinds[w->kind].header || kind_of_header(&w->l) != w->kind))
		layout_release(&w->l);
	if (!w->l.n) {
		w->l = (struct layout){ .kind = w->kind, .separator = w->l.separator };
		layout_columns(&w->l, kinds[w->kind].columns);
	}
	w->boxes.name = kinds[w->kind].file;
	w->labels.name = "annotations-human-imagelabels.csv";
	via = json_unquote(json_member(dataset_member(&ex->dataset, "via"), "class"));
	buf_addspan(&w->class_key, via.n ? via : SPAN("class"));
	csv_release(&c);
	buf_release(&scratch);
}

/* Open Images: the descriptions of classes that have an id. */
static void
write_classes(struct exporter *ex)
{
	struct buf b = BUF_INIT, scratch = BUF_INIT;

	for (size_t i = 0; i < ex->dataset.n; i++) {
		struct span id = span_str(ex->dataset.classes[i].id);

		if (json_type_of(id) != JSON_STRING)
			continue;
		csv_put(&b, json_value_text(id, &scratch), ',', true);
		csv_put(&b, span_str(ex->dataset.classes[i].name), ',', false);
		buf_addc(&b, '\n');
	}
	if (b.n)
		export_file(ex, SPAN("class-descriptions.csv"), buf_span(&b));
	buf_release(&b);
	buf_release(&scratch);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (w->kind == OPENIMAGES)
		write_classes(ex);
	split_close(ex, &w->boxes, "");
	split_close(ex, &w->labels, "");
	layout_release(&w->l);
	buf_release(&w->picture);
	buf_release(&w->cell);
	buf_release(&w->shape);
	buf_release(&w->attributes);
	buf_release(&w->class_key);
	corners_release(&w->corners);
	corners_release(&w->box);
	free(w);
	ex->state = NULL;
}

/* The box as parts of width and height. */
static bool
ratio_corners(struct exporter *ex, struct sample *s, const struct annotation *a, struct corners *c)
{
	struct annotation same = *a;
	size_t at[5] = { 0 };
	struct box box;

	if (ann_is_ratio(a)) {
		same.v[ANN_UNIT] = SPAN_NONE;
		return coords_corners(ex, s, &same, c);
	}
	if (!export_size(ex, s) || !export_box(ex, s, a, &box))
		return false;
	buf_reset(&c->b);
	for (int i = 0; i < 4; i++) {
		double v = i % 2 ? box.y + (i > 1 ? box.h : 0) : box.x + (i > 1 ? box.w : 0);

		coord_number(&c->b, ex->opt, v / (i % 2 ? s->height : s->width));
		at[i + 1] = c->b.n;
	}
	for (int i = 0; i < 4; i++)
		c->v[i] = (struct span){ c->b.p + at[i], at[i + 1] - at[i] };
	return true;
}

static struct span
flag_text(const struct annotation *a, enum ann_field f)
{
	int flag = ann_flag(a, f);

	return flag < 0 ? SPAN("-1") : flag ? SPAN("1") : SPAN("0");
}

/* The class; in Open Images by its id. */
static struct span
class_text(struct exporter *ex, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span name = ann_string(a, ANN_NAME, &w->cell), id;
	long i;

	if (w->kind != OPENIMAGES || !name.p || (i = dataset_class(&ex->dataset, name)) < 0)
		return name.p ? name : SPAN("");
	id = span_str(ex->dataset.classes[i].id);
	return json_type_of(id) == JSON_STRING ? json_value_text(id, &w->cell) : name;
}

static struct span
usage_text(const struct sample *s)
{
	struct span kept = json_unquote(json_member(rec_member(s->rec, "csv"), "ml_use"));
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);

	if (span_is(usage, "EVAL"))
		return usage_of(kept) ? kept : SPAN("VALIDATION");
	if (span_is(usage, "TRAIN") || span_is(usage, "TEST"))
		return usage;
	return kept.n && !usage_of(kept) ? kept : SPAN("UNASSIGNED");
}

static struct span
bbox_text(struct writer *w)
{
	buf_reset(&w->cell);
	for (int i = 0; i < 4; i++)
		buf_addf(&w->cell, "%s%.*s", i ? ", " : "[", SPAN_ARG(w->box.v[i]));
	buf_addc(&w->cell, ']');
	return buf_span(&w->cell);
}

/* What a column says of an annotation (NULL: of a picture without any). */
static struct span
cell(struct exporter *ex, const struct sample *s, const struct annotation *a, size_t i)
{
	struct writer *w = ex->state;
	enum column c = w->l.of[i];

	if (c == FILE_NAME)
		return buf_span(&w->picture);
	if (c == WIDTH || c == HEIGHT) {
		struct span text = s->rec->v[c == WIDTH ? REC_WIDTH : REC_HEIGHT];

		buf_reset(&w->cell);
		if (!text.p && s->width > 0)
			num_add(&w->cell, c == WIDTH ? s->width : s->height);
		return text.p ? text : buf_span(&w->cell);
	}
	if (c == USAGE)
		return usage_text(s);
	if (!a)
		return SPAN("");
	switch (c) {
	case CLASS:
		return class_text(ex, a);
	case X0:
	case Y0:
	case X1:
	case Y1:
		return ann_has_shape(a) ? w->corners.v[c - X0] : SPAN("");
	case BOX_W:
	case BOX_H:
		return w->box.v[c - BOX_W + 2];
	case BBOX:
		return bbox_text(w);
	case SCORE:
		return a->v[ANN_CONFIDENCE].p ? a->v[ANN_CONFIDENCE] : SPAN("1");
	case SOURCE:
		return ann_string(a, ANN_ANNOTATED_BY, &w->cell);
	case OCCLUDED:
		return flag_text(a, ANN_OCCLUDED);
	case TRUNCATED:
		return flag_text(a, ANN_TRUNCATED);
	case GROUP_OF:
		return flag_text(a, ANN_ISCROWD);
	case OTHER: {
		struct span v = json_member(ann_member(a, "csv"), w->l.name[i]);

		return v.p                     ? json_value_text(v, &w->cell)
		       : w->kind == OPENIMAGES ? SPAN("-1")
					       : SPAN("");
	}
	default:
		return SPAN("");
	}
}

static void
write_names(struct writer *w, struct buf *b)
{
	for (size_t i = 0; kinds[w->kind].header && i < w->l.n; i++)
		csv_put(b, span_str(w->l.name[i]), w->l.separator, i == 0);
	if (kinds[w->kind].header)
		buf_addc(b, '\n');
}

static void
write_row(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct writer *w = ex->state;

	for (size_t i = 0; i < w->l.n; i++)
		csv_put(b, cell(ex, s, a, i), w->l.separator, i == 0);
	buf_addc(b, '\n');
}

/* The box that the columns need, in w; false: it has none. */
static bool
take_box(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;

	if (kinds[w->kind].ratio)
		return ratio_corners(ex, s, a, &w->corners);
	return coords_corners(ex, s, a, &w->corners) && coords_box(ex, s, a, &w->box);
}

/* Open Images: a class of the whole picture. `absent`: verified that it is not there. */
static void
write_label(struct exporter *ex, const struct annotation *a, int split)
{
	struct writer *w = ex->state;
	struct span source;
	bool is_new;
	struct buf *b = &split_out(ex, &w->labels, split, &is_new)->b;

	if (is_new)
		buf_adds(b, "ImageID,Source,LabelName,Confidence\n");
	csv_put(b, buf_span(&w->picture), ',', true);
	source = ann_string(a, ANN_ANNOTATED_BY, &w->cell);
	csv_put(b, source.p ? source : SPAN("verification"), ',', false);
	csv_put(b, class_text(ex, a), ',', false);
	csv_put(b, a->v[ANN_CONFIDENCE].p ? a->v[ANN_CONFIDENCE] : SPAN("1"), ',', false);
	buf_addc(b, '\n');
}

static void
write_absent(struct exporter *ex, const struct sample *s, int split)
{
	struct span list = rec_member(s->rec, "openimages-absent"), raw;
	struct annotation a = { .m = NULL };
	struct json j;

	if (json_type_of(list) != JSON_ARRAY)
		return;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		if (ann_parse(&a, raw))
			write_label(ex, &a, split);
	ann_release(&a);
}

/* One annotation as a row. False: it has no place here. */
static bool
write_annotation(struct exporter *ex, struct sample *s, const struct annotation *a, int split)
{
	struct writer *w = ex->state;
	bool shape = ann_has_shape(a), is_new;
	struct out *out;

	if (!shape && w->kind == OPENIMAGES && a->v[ANN_NAME].p) {
		write_label(ex, a, split);
		return true;
	}
	if (shape ? !take_box(ex, s, a) : has_box(&w->l) && w->kind != AUTOML)
		return false;
	if (coords_bbox_differs(a))
		export_loss(ex, s, "annotation.polygon", 1);
	out = split_out(ex, &w->boxes, split, &is_new);
	if (is_new)
		write_names(w, &out->b);
	write_row(ex, s, a, &out->b);
	out_tick(out);
	return true;
}

/* The rows of one picture in VIA's form. */
static uint64_t
write_regions(struct exporter *ex, const struct sample *s, struct buf *b)
{
	struct writer *w = ex->state;
	struct span via = rec_member(s->rec, "via"), size = json_member(via, "size");
	struct span attributes = json_member(via, "file_attributes");
	uint64_t written = 0;
	char count[48];

	for (size_t i = 0; i < s->n; i++) {
		struct span rest = s->ann[i].v[ANN_POLYGON], ring = SPAN_NONE;

		coords_ring(&rest, &ring);
		buf_reset(&w->shape);
		buf_reset(&w->attributes);
		if (!via_write_region(ex, s, &s->ann[i], ring, buf_span(&w->class_key), &w->shape,
			&w->attributes))
			continue;
		csv_put(b, buf_span(&w->picture), ',', true);
		csv_put(b, size.p ? size : SPAN("-1"), ',', false);
		csv_put(b, attributes.p ? attributes : SPAN("{}"), ',', false);
		snprintf(count, sizeof(count), ",%zu,%zu", s->n, (size_t)written++);
		buf_adds(b, count);
		csv_put(b, buf_span(&w->shape), ',', false);
		csv_put(b, buf_span(&w->attributes), ',', false);
		buf_addc(b, '\n');
	}
	if (written > 0)
		return written;
	csv_put(b, buf_span(&w->picture), ',', true);
	csv_put(b, size.p ? size : SPAN("-1"), ',', false);
	csv_put(b, attributes.p ? attributes : SPAN("{}"), ',', false);
	buf_adds(b, ",0,0,{},{}\n");
	return 0;
}

/* A picture without annotations, where the rows can say so. */
static void
write_negative(struct exporter *ex, const struct sample *s, int split)
{
	struct writer *w = ex->state;
	bool is_new;
	struct out *out = split_out(ex, &w->boxes, split, &is_new);

	if (is_new)
		write_names(w, &out->b);
	write_row(ex, s, NULL, &out->b);
}

/* How rows call the picture: its file name; Open Images and Kaggle leave the extension out. */
static void
name_picture(struct exporter *ex, const struct sample *s, int split)
{
	struct writer *w = ex->state;
	struct span source = json_value_text(s->rec->v[REC_SOURCE], &w->cell);
	const char *dir = split_dir(split);
	struct span name;

	buf_reset(&w->picture);
	if (w->kind == AUTOML && path_is_uri(source)) {
		buf_addspan(&w->picture, source);
		return;
	}
	name = export_picture(ex, s, dir, export_stem(ex, s, dir));
	if (w->kind == OPENIMAGES)
		name = path_stem(name);
	buf_addspan(&w->picture, name);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	int split = split_of(ex, s);
	uint64_t written = 0;
	struct out *out;
	bool is_new;

	open_writer(ex, w);
	if (w->kind == AUTOML)
		split = SPLIT_NONE; /* a column says it */
	if (w->l.at[WIDTH] && !export_size(ex, s))
		export_loss(ex, s, "sample.size-unknown", 1);
	name_picture(ex, s, split);
	if (w->kind == VIA) {
		out = split_out(ex, &w->boxes, split, &is_new);
		if (is_new)
			write_names(w, &out->b);
		written = write_regions(ex, s, &out->b);
		out_tick(out);
	}
	for (size_t i = 0; w->kind != VIA && i < s->n; i++)
		written += write_annotation(ex, s, &s->ann[i], split);
	if (w->kind == OPENIMAGES)
		write_absent(ex, s, split);
	if (w->kind == RETINANET && written == 0)
		write_negative(ex, s, split);
	export_unwritten(ex, s, written);
}

/* ---- the table ---- */

#define CSV_FORMAT(id, kind, name_, aliases_, title_, holds_, keeps_) \
	static int id##_detect(const struct tree *t, struct buf *why) \
	{ \
		return detect_kind(t, why, kind); \
	} \
	static void id##_begin(struct exporter *ex) \
	{ \
		begin_kind(ex, kind); \
	} \
	static const struct label_writer id##_writer = { \
		.begin = id##_begin, \
		.sample = write_sample, \
		.finish = finish, \
	}; \
	const struct label_format label_##id = { \
		.name = name_, \
		.aliases = aliases_, \
		.title = title_, \
		.holds = holds_, \
		.keeps = keeps_, \
		.detect = id##_detect, \
		.read = read_tree, \
		.writer = &id##_writer, \
	}

#define BOX_AND_NAME (HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS_USAGE)

CSV_FORMAT(csv_automl, AUTOML, "csv-automl", "automl|vertex-csv",
    "CSV of AutoML and Vertex: a row a box, parts of width and height",
    BOX_AND_NAME | HOLDS_CLASS | HOLDS_CLASSES, "csv|corners");
CSV_FORMAT(csv_kaggle, KAGGLE, "csv-kaggle", "kaggle",
    "CSV as in Kaggle's contests: a row a box, \"[x, y, w, h]\" in one column",
    BOX_AND_NAME | HOLDS(ANN_CONFIDENCE) | HOLDS(ANN_ANNOTATED_BY) | HOLDS_SIZE | HOLDS_CLASS |
	HOLDS_CLASSES,
    "csv|corners");
CSV_FORMAT(csv_retinanet, RETINANET, "csv-retinanet", "retinanet",
    "CSV of keras-retinanet: a row a box, no header", BOX_AND_NAME | HOLDS_NEGATIVE, "corners");
CSV_FORMAT(csv_tf, TF, "csv-tf", "tf-csv|tfod-csv|roboflow-csv",
    "CSV of TensorFlow object detection: a row a box, with a header", BOX_AND_NAME | HOLDS_SIZE,
    "csv|corners");
CSV_FORMAT(csv_via, VIA, "csv-via", "via-csv", "CSV of the VGG Image Annotator: a row a region",
    BOX_AND_NAME | HOLDS(ANN_POLYGON) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) |
	HOLDS(ANN_CIRCLE) | HOLDS(ANN_PROPERTY) | HOLDS_NEGATIVE,
    "via|ellipse|corners");
CSV_FORMAT(openimages, OPENIMAGES, "openimages", "open-images|oid",
    "Open Images: CSV of boxes and of classes of pictures",
    BOX_AND_NAME | HOLDS(ANN_CONFIDENCE) | HOLDS(ANN_OCCLUDED) | HOLDS(ANN_TRUNCATED) |
	HOLDS(ANN_ISCROWD) | HOLDS(ANN_ANNOTATED_BY) | HOLDS_CLASS | HOLDS_CLASSES,
    "csv|corners|openimages-absent");
