/* CSV label files to records: see csv_formats.c. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/csv_layout.h"
#include "label/find.h"
#include "label/gather.h"
#include "label/splits.h"
#include "label/usage.h"
#include "label/via.h"
#include "label/recode.h"

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct gather rows, absent, heads;
	struct csv_layout *l;
	struct csv *c;
	struct strmap display; /* Open Images: id of a class -> place of its name in `names` */
	struct buf names, one, last, class_key, usage;
	size_t group;
	const char *file;
	const struct node *node; /* the same */

	struct place {
		const struct node *node;
		uint64_t line;
		double width, height; /* as that row says; 0: it does not */
	} * first;                    /* rows of the groups */

	size_t places;
	size_t before;  /* pictures of earlier files */
	uint64_t again; /* that are in this one, too */
	bool measured;  /* it was decided whether boxes are ratios */
};

static struct span
field(const struct reader *r, enum csv_column column)
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
read_flag(struct reader *r, struct buf *b, enum csv_column column, const char *key)
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
	size_t at = r->l->at[CLASS];
	struct strmap_entry *e = r->display.n ? strmap_find(&r->display, name) : NULL;

	if (name.n && name.n < r->c->field[at - 1].n)
		import_class_blanks(r->im, pos_at(r->file, r->c->line, 1), r->c->field[at - 1]);
	return e ? span_str(r->names.p + e->value) : name;
}

static bool
write_mask(struct reader *r, struct buf *b)
{
	struct span name = field(r, MASK);

	if (!name.n)
		return true;
	if (!pictures_inside(&r->pictures, SPAN("masks"), name))
		return bad_row(r, "csv-mask",
		    "MaskPath leads out of the dataset's folder; it should be a file in masks/");
	jw_key(b, "mask");
	jw_open(b, '{');
	jw_member_string(b, "source", pictures_source(&r->pictures, SPAN("masks"), name, NULL));
	jw_key(b, "value");
	jw_u64(b, 1);
	jw_close(b, '}');
	return true;
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
	if (!write_mask(r, b))
		return false;
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

/* What a sample begins with: source to usage and VIA's size. */
static void
write_head(
    struct reader *r, struct buf *b, struct span source, struct span id, struct picsize *size)
{
	struct span width = field(r, WIDTH), height = field(r, HEIGHT), ml = field(r, USAGE);
	const char *usage = ml.n ? csv_usage_of(ml) : split_of_path(id);
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
	if (r->l->kind == AUTOML && ml.n && !csv_is_word(ml, "TRAIN|VALIDATION|TEST")) {
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
	r->again += r->group < r->before;
	if (is_new) {
		struct span id = buf_span(&path);

		if (path_is_uri(id))
			id = path_base_span(id);
		source = pictures_source(&r->pictures, dir, name, &size);
		write_head(r, &head, source, path_is_picture(id) ? path_stem(id) : id, &size);
		gather_group(&r->heads, buf_span(&path), &is_new);
		gather_add(&r->heads, r->group, buf_span(&head));
		gather_group(&r->absent, buf_span(&path), &is_new);
		r->first = grow(r->first, &r->places, r->group + 1, sizeof(*r->first));
		r->first[r->group] = (struct place){ r->node, r->c->line, 0, 0 };
		num_parse(field(r, WIDTH), &r->first[r->group].width);
		num_parse(field(r, HEIGHT), &r->first[r->group].height);
	}
	buf_release(&path);
	buf_release(&head);
}

/* Width and height of a row are those of the picture's first row, or not there. */
static void
check_size(const struct reader *r)
{
	const struct place *first = &r->first[r->group];
	struct span width = field(r, WIDTH), height = field(r, HEIGHT);
	double w = first->width, h = first->height;

	if ((width.n > 0 && !num_parse(width, &w)) || (height.n > 0 && !num_parse(height, &h)) ||
	    w != first->width || h != first->height)
		warning_at(pos_at(r->file, r->c->line, 1), "csv-size",
		    "width and height should be those of the picture's first row (line %" PRIu64
		    "), which count",
		    first->line);
}

static void
read_row(struct reader *r, struct span dir)
{
	struct span name = field(r, FILE_NAME), score = field(r, SCORE);
	bool none, label = r->l->kind == OPENIMAGES && !csv_has_box(r->l) && !r->l->at[MASK];
	double v;

	if (r->c->n != r->l->n && (r->l->kind != AUTOML || r->c->n > 11)) {
		error_at(pos_at(r->file, r->c->line, 1), "csv-row", "%llu %s; there should be %zu",
		    COUNTED(r->c->n, "field", "fields"), r->l->n);
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
	check_size(r);
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
	struct csv_layout l;
	const char *usage;
	bool header;

	if (!csv_next(c, &r->im->bad_annotations))
		return;
	if (!csv_layout_find(&l, c, &header)) {
		csv_layout_release(&l);
		error_at(pos_at(r->file, 1, 1), "csv-header", "%s",
		    csv_lacks_edge(&l)
			? "the header should have all of xmin, ymin, xmax, ymax"
			: "the first row is none of TF, RetinaNet, Kaggle, Open Images, VIA, "
			  "AutoML");
		r->im->bad_files++;
		return;
	}
	r->l = &l;
	r->c = c;
	r->measured = false;
	r->before = r->rows.n;
	r->again = 0;
	buf_reset(&r->last);
	buf_reset(&r->usage);
	usage = usage_of_path(path); /* "train_labels.csv", "oidv6-train-annotations-bbox.csv" */
	if (!usage)
		usage = split_of_path(path);
	if (usage)
		buf_adds(&r->usage, usage);
	for (bool more = header ? csv_next(c, &r->im->bad_annotations) : true; more;
	     more = csv_next(c, &r->im->bad_annotations)) {
		take_class_key(r);
		read_row(r, find_dir(path));
	}
	if (r->again && l.kind != OPENIMAGES)
		warning_at(pos_file(r->file), "csv-twice", "%llu of its pictures %s joined",
		    COUNTED(r->again, "was in an earlier file; the rows are",
			"were in an earlier file; their rows are"));
	csv_layout_release(&l);
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct span path = span_str(node->path);
	struct buf head = BUF_INIT;
	struct input in;
	struct csv c;
	bool ours = csv_head(r->im->tree, node, &head);

	buf_release(&head);
	if (!ours) {
		if (!find_has(path, "class-descriptions"))
			import_pass_over(r->im, node);
		return;
	}
	r->im->files++;
	if (!recode_rows(r->im, node, &in)) {
		r->im->bad_files++;
		return;
	}
	r->file = in.name;
	r->node = node;
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

	if (!recode_rows(r->im, node, &in))
		return;
	csv_init(&c, &in, r->im->opt->encoding);
	while (csv_next(&c, &bad)) {
		if (c.n < 2 || csv_is_word(c.field[0], "LabelName"))
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
write_layout(struct buf *b, const struct csv_layout *l)
{
	struct buf columns = BUF_INIT;

	for (size_t i = 0; i < l->n; i++)
		csv_put(&columns, span_str(l->name[i]), ',', i == 0);
	if (l->separator != ',' ||
	    (csv_kind[l->kind].header && !span_is(buf_span(&columns), csv_kind[l->kind].columns))) {
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
	bool header, done = false;
	struct csv_layout l;

	for (size_t i = 0; i < r->im->tree->n && !done; i++) {
		const struct node *n = &r->im->tree->node[i];

		if (!path_has_ext(span_str(n->path), "csv") && !r->im->tree->single)
			continue;
		done = csv_layout_of_file(&l, r->im->tree, n, &header);
		if (done && header && l.kind != OPENIMAGES)
			write_layout(b, &l);
		csv_layout_release(&l);
	}
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
		import_sample(r->im,
		    pos_at(tree_name(r->im->tree, r->first[i].node), r->first[i].line, 1),
		    buf_span(b), r->rows.group[i].count);
	}
}

void
csv_read_tree(struct importer *im)
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
	free(r.first);
	buf_release(&r.names);
	buf_release(&r.one);
	buf_release(&r.last);
	buf_release(&r.class_key);
	buf_release(&r.usage);
}
