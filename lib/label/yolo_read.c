/* Reading YOLO sets: pictures, their label files, rows. See yolo.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hashset.h"
#include "base/num.h"
#include "base/path.h"
#include "base/strmap.h"
#include "label/find.h"
#include "label/import.h"
#include "label/splits.h"
#include "label/yolo.h"
#include "label/recode.h"

struct reading {
	struct importer *im;
	struct yolo_set set;
	uint8_t *used;        /* of each node: it is the label file of a picture */
	struct hashset rows;  /* of this file, to see doubles */
	struct span *word;    /* of this row */
	double *v;            /* their values, without the class */
	bool boxes, polygons; /* what this file has */
	struct buf path, text, id, source;
	struct pictures pictures;
	uint64_t without_picture, outside;
};

/* Without the byte order mark that editors put before the first line. */
static struct span
without_mark(struct span text)
{
	return span_starts(text, SPAN("\xef\xbb\xbf")) ? span_of(text.p + 3, text.p + text.n)
						       : text;
}

/* ---- rows ---- */

/* The kind of a row with n numbers behind the class; *score: the last one is a confidence. */
static bool
kind_of(const struct reading *r, size_t n, enum yolo_kind *kind, bool *score)
{
	size_t pose = 4 + (size_t)r->set.points * r->set.numbers;

	*score = false;
	*kind = YOLO_BOX;
	if (r->set.points && (n == pose || n == pose + 1)) {
		*kind = YOLO_POSE;
		*score = n > pose;
		return true;
	}
	if (n == 4 || n == 5) {
		*score = n == 5;
		return true;
	}
	*kind = n / 2 == 4 && r->im->opt->yolo_task == YOLO_TASK_OBB ? YOLO_TURNED : YOLO_POLYGON;
	*score = n % 2 == 1;
	return n >= 6 && !(r->set.points && n < 6);
}

static bool
row_error(const struct input *in, struct span row, struct span at, const char *why)
{
	error_at(input_pos(in, (size_t)(at.p - row.p)), "yolo", "%s: left out", why);
	return false;
}

/* The class: a whole number; some write 3.0. */
static bool
read_class(struct reading *r, const struct input *in, struct span row, uint64_t *class)
{
	struct span text = r->word[0];
	double v;

	if (!num_parse(text, &v) || !(v >= 0 && v <= 1e6) || v != (double)(uint64_t)v)
		return row_error(in, row, text, "the class must be a whole number from 0");
	*class = (uint64_t)v;
	if (!r->set.named || *class < r->set.n)
		return true;
	buf_reset(&r->text);
	buf_addf(&r->text, "class %llu is not in the list of %zu names", (unsigned long long)*class,
	    r->set.n);
	return row_error(in, row, text, r->text.p);
}

/* Ultralytics takes what is a little outside for rounding, and drops pictures with anything beyond. */
static bool
in_range(double v)
{
	return v >= -0.01 && v <= 1.01;
}

static bool
is_box(enum yolo_kind kind)
{
	return kind == YOLO_BOX || kind == YOLO_POSE;
}

static bool
read_numbers(struct reading *r, const struct input *in, struct span row, size_t n,
    enum yolo_kind kind, bool score)
{
	for (size_t i = 0; i < n; i++) {
		bool visible =
		    kind == YOLO_POSE && r->set.numbers == 3 && i >= 4 && (i - 4) % 3 == 2;

		if (!num_parse(r->word[i + 1], &r->v[i]))
			return row_error(in, row, r->word[i + 1], "this must be a number");
		if (!in_range(r->v[i]) && !visible && !(score && i + 1 == n))
			return row_error(in, row, r->word[i + 1],
			    "coordinates must be ratios of the picture's size, from 0 to 1");
	}
	if (is_box(kind) && (r->v[2] < 0 || r->v[3] < 0))
		return row_error(in, row, r->word[3], "the box has a negative width or height");
	if (is_box(kind) && (r->v[2] == 0 || r->v[3] == 0))
		warning_at(
		    input_pos(in, (size_t)(r->word[3].p - row.p)), "yolo", "the box has no extent");
	return true;
}

static void
put_row(struct reading *r, struct buf *b, enum yolo_kind kind, size_t n, bool score, uint64_t class,
    double width, double height)
{
	size_t shape = n - score;

	jw_open(b, '{');
	jw_member_string(b, "name", yolo_class(&r->set, class, &r->text));
	yolo_put_shape(b, kind, r->v, shape, r->set.numbers, width, height);
	if (score) {
		jw_key(b, "confidence");
		if (json_valid(r->word[n]))
			jw_raw(b, r->word[n]);
		else
			jw_number(b, r->v[n - 1]);
	}
	jw_key(b, "yolo");
	buf_addc(b, '"');
	for (size_t i = 1; i <= shape; i++) {
		if (i > 1)
			buf_addc(b, ' ');
		buf_addspan(b, r->word[i]);
	}
	buf_addc(b, '"');
	jw_close(b, '}');
}

/* One row; false: it was said what is wrong. */
static bool
read_row(struct reading *r, struct buf *b, const struct input *in, struct span row, double width,
    double height)
{
	size_t n = row_split(row, r->word, YOLO_WORDS);
	enum yolo_kind kind;
	uint64_t class = 0;
	bool score;

	if (n > YOLO_WORDS || n < 5 || !kind_of(r, n - 1, &kind, &score)) {
		error_at(input_pos(in, 0), "yolo",
		    "a row has a class and a box of 4 numbers, or a polygon of 6 or more; here are %zu "
		    "numbers: left out",
		    n);
		return false;
	}
	if (!read_class(r, in, row, &class) || !read_numbers(r, in, row, n - 1, kind, score))
		return false;
	if (!hashset_add(&r->rows, hash_bytes(row.p, row.n)))
		warning_at(input_pos(in, 0), "yolo", "the same row was there before; both stay");
	r->boxes |= kind == YOLO_BOX;
	r->polygons |= kind == YOLO_POLYGON || kind == YOLO_TURNED;
	put_row(r, b, kind, n - 1, score, class, width, height);
	return true;
}

/* The rows of a label file as a JSON list's items. */
static uint64_t
read_rows(struct reading *r, const struct node *label, struct buf *b, double width, double height)
{
	struct span line, row;
	struct input in;
	uint64_t n = 0;

	r->im->files++;
	r->boxes = r->polygons = false;
	if (!recode_rows(r->im, label, &in)) {
		r->im->bad_files++;
		return 0;
	}
	in.ends = INPUT_ANY;
	while (input_line(&in, &line)) {
		row = span_trim(in.line == 1 ? without_mark(line) : line);
		if (row.n == 0)
			continue;
		if (read_row(r, b, &in, row, width, height))
			n++;
		else
			r->im->bad_annotations++;
	}
	if (r->boxes && r->polygons)
		warning_at(pos_file(in.name), "yolo-mixed",
		    "boxes and polygons in one file; each row is taken for what it is, where "
		    "Ultralytics takes the boxes for polygons of two points");
	input_close(&in);
	hashset_release(&r->rows);
	return n;
}

/* ---- samples ---- */

/* The label file of a picture when `images` is turned into `labels` in its path; NULL. */
static const struct node *
label_in(struct reading *r, struct span stem, const char *images, const char *labels)
{
	size_t n = strlen(images);
	const char *at = NULL;

	for (const char *p = stem.p; p + n < stem.p + stem.n; p++)
		if (memcmp(p, images, n) == 0 && p[n] == '/' && (p == stem.p || p[-1] == '/'))
			at = p;
	if (!at)
		return NULL;
	buf_reset(&r->path);
	buf_add(&r->path, stem.p, (size_t)(at - stem.p));
	buf_adds(&r->path, labels);
	buf_addspan(&r->path, span_of(at + n, stem.p + stem.n));
	buf_adds(&r->path, ".txt");
	return tree_find(r->im->tree, buf_span(&r->path));
}

/* "a/images/b/1.jpg" has its labels in "a/labels/b/1.txt", else beside it. */
static const struct node *
label_of(struct reading *r, struct span picture)
{
	static const char *const folders[][2] = { { "images", "labels" },
		{ "JPEGImages", "labels" }, { "Images", "Annotations" } };
	struct span stem = path_stem(picture);
	const struct node *found = NULL;

	for (size_t i = 0; !found && i < ARRAY_LEN(folders); i++)
		found = label_in(r, stem, folders[i][0], folders[i][1]);
	if (found)
		return found;
	buf_reset(&r->path);
	buf_addspan(&r->path, stem);
	buf_adds(&r->path, ".txt");
	return tree_find(r->im->tree, buf_span(&r->path));
}

static void
put_usage(struct reading *r, struct buf *b, size_t i)
{
	const char *usage = r->set.splits ? yolo_usage[r->set.split[i]]
					  : split_of_path(span_str(r->im->tree->node[i].path));

	if (usage)
		jw_member_str(b, "usage", usage);
}

/* A sample of node i, which is its picture, or its label file when there is no picture. */
static void
put_sample(struct reading *r, size_t i, struct span source, const struct node *label, double width,
    double height)
{
	struct buf *b = import_record(r->im);
	struct span path = span_str(r->im->tree->node[i].path);
	const char *mark = path_is_picture(path) ? "images" : "labels";
	uint64_t n = 0;

	import_begin_sample(b, source, find_id(path, mark, &r->id), width, height);
	put_usage(r, b, i);
	if (label) {
		jw_key(b, "annotation");
		jw_open(b, '[');
		n = read_rows(r, label, b, width, height);
		jw_close(b, ']');
	}
	jw_close(b, '}');
	import_sample(
	    r->im, pos_file(tree_name(r->im->tree, &r->im->tree->node[i])), buf_span(b), n);
}

static void
put_picture(struct reading *r, size_t i)
{
	const struct tree *t = r->im->tree;
	const struct node *label = label_of(r, span_str(t->node[i].path));
	struct picsize size;
	uint32_t width = 0, height = 0;

	if (label)
		r->used[label - t->node] = 1;
	if (r->set.splits && r->set.split[i] == YOLO_NO_SPLIT)
		r->outside++;
	if (tree_picture(t, &t->node[i], &size))
		picsize_shown(&size, &width, &height);
	else if (label)
		warning_at(pos_file(tree_name(t, &t->node[i])), "yolo",
		    "the size of this picture cannot be read; its labels stay ratios");
	buf_reset(&r->source);
	tree_source(t, &t->node[i], &r->source);
	put_sample(r, i, buf_span(&r->source), label, width, height);
}

/* ---- label files without a picture ---- */

/* Is its first row one? An empty file is one when it lies in labels/. */
static bool
is_rows(struct reading *r, const struct node *n)
{
	struct span rest, line = SPAN(""), word[6];
	struct buf head = BUF_INIT;
	size_t words = 0;
	double v;
	bool good;

	if (!recode_head(r->im->tree, n, 4096, &head))
		return false;
	rest = without_mark(buf_span(&head));
	while (span_trim(line).n == 0 && span_cut(&rest, '\n', &line))
		continue;
	words = row_split(span_trim(line), word, ARRAY_LEN(word));
	good = words == 0 ? find_has(find_dir(span_str(n->path)), "labels") : words >= 5;
	for (size_t i = 0; good && i < words && i < ARRAY_LEN(word); i++)
		good = num_parse(word[i], &v);
	buf_release(&head);
	return good;
}

/* Are the numbers of its first rows ratios? Many files of other formats have rows of numbers. */
static bool
is_ratios(const struct reading *r, const struct node *n)
{
	struct span rest, line, word[5];
	struct buf head = BUF_INIT;
	bool good = true;
	double v;

	if (!recode_head(r->im->tree, n, 4096, &head))
		return false;
	rest = without_mark(buf_span(&head));
	while (good && span_cut(&rest, '\n', &line)) {
		size_t words = row_split(span_trim(line), word, ARRAY_LEN(word));

		for (size_t i = 1; good && words >= 5 && i < 5; i++)
			good = !num_parse(word[i], &v) || in_range(v);
	}
	buf_release(&head);
	return good;
}

static bool
is_label_file(struct reading *r, size_t i)
{
	struct span path = span_str(r->im->tree->node[i].path);

	return path_has_ext(path, "txt") && !r->used[i] && !r->set.is_list[i] &&
	       !yolo_is_description(path) && is_rows(r, &r->im->tree->node[i]);
}

static void
put_label_file(struct reading *r, size_t i)
{
	const struct node *n = &r->im->tree->node[i];

	/* the picture would lie in images/, under this name and some extension */
	buf_reset(&r->source);
	buf_addspan(
	    &r->source, pictures_beside(&r->pictures, span_str(n->path), "labels", "images", NULL));
	r->without_picture++;
	put_sample(r, i, buf_span(&r->source), n, 0, 0);
}

/* ---- the set ---- */

/* Without names the number of classes is that of the largest class in all rows. */
static void
count_classes(struct reading *r)
{
	const struct tree *t = r->im->tree;
	struct span line, word;
	struct input in;
	uint64_t most = 0;
	double v;

	for (size_t i = 0; i < t->n; i++) {
		if (!is_label_file(r, i) || !tree_input(t, &t->node[i], &in))
			continue;
		in.ends = INPUT_ANY;
		while (input_line(&in, &line))
			if (span_word(&line, &word) && num_parse(word, &v) && v >= (double)most &&
			    v < 1e6)
				most = (uint64_t)v + 1;
		input_close(&in);
	}
	r->set.n = (size_t)most;
	r->set.name = xcalloc(r->set.n + 1, sizeof(*r->set.name));
}

/* kpt_names of data.yaml: {0: [nose, left_eye, ...]}. */
static void
put_point_names(const struct reading *r, struct buf *b, size_t i)
{
	struct span map = json_member(buf_span(&r->set.more), "kpt_names"), names;
	char key[24];

	snprintf(key, sizeof(key), "%zu", i);
	names = json_type_of(map) == JSON_OBJECT ? json_member(map, key) : SPAN_NONE;
	if (json_type_of(names) == JSON_ARRAY)
		jw_member_raw(b, "keypoints", names);
}

static void
put_header(struct reading *r)
{
	struct buf *b = import_header(r->im);

	jw_key(b, "classes");
	jw_open(b, '[');
	for (size_t i = 0; i < r->set.n; i++) {
		jw_open(b, '{');
		jw_member_string(b, "name", yolo_class(&r->set, i, &r->text));
		jw_member_u64(b, "id", i);
		put_point_names(r, b, i);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	if (r->set.more.n)
		jw_member_raw(b, "yolo", buf_span(&r->set.more));
	import_header_end(r->im);
}

static void
report(const struct reading *r)
{
	const char *name = r->im->tree->name;

	if (r->without_picture)
		warning_at(pos_file(name), "yolo",
		    "%llu %s no picture here; the labels stay ratios",
		    COUNTED(r->without_picture, "label file has", "label files have"));
	if (r->outside)
		note_at(pos_file(name), "yolo", "%llu %s in no split of the description",
		    COUNTED(r->outside, "picture is", "pictures are"));
	if (r->im->samples == 0)
		error_at(pos_file(name), "yolo", "no pictures and no label files (.txt) are here");
}

static void
read_tree(struct importer *im)
{
	struct reading r = { .im = im };
	struct buf *bufs[] = { &r.path, &r.text, &r.id, &r.source };
	const struct tree *t = im->tree;

	yolo_set_read(&r.set, im);
	pictures_init(&r.pictures, t);
	r.used = xcalloc(t->n + 1, 1);
	r.word = xcalloc(YOLO_WORDS + 1, sizeof(*r.word));
	r.v = xcalloc(YOLO_WORDS + 1, sizeof(*r.v));
	if (!r.set.named)
		count_classes(&r);
	im->boxes_checked = true;
	put_header(&r);
	for (size_t i = 0; i < t->n; i++)
		if (path_is_picture(span_str(t->node[i].path)))
			put_picture(&r, i);
	for (size_t i = 0; i < t->n; i++)
		if (is_label_file(&r, i))
			put_label_file(&r, i);
	report(&r);
	yolo_set_release(&r.set);
	pictures_release(&r.pictures);
	free(r.used);
	free(r.word);
	free(r.v);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}

/* data.yaml by itself means the folder that it lies in. */
void
yolo_read(struct importer *im)
{
	const struct tree *given = im->tree;
	struct buf dir = BUF_INIT;
	struct tree *t;

	if (!given->single || !path_has_ext(span_str(given->name), "yaml|yml|data")) {
		read_tree(im);
		return;
	}
	path_dir(&dir, given->name);
	t = tree_open(buf_str(&dir), NULL);
	if (t) {
		im->tree = t;
		read_tree(im);
		im->tree = given;
		tree_close(t);
	}
	buf_release(&dir);
}

/* ---- detection ---- */

static bool
head_has_names(const struct tree *t, const struct node *n)
{
	struct buf head = BUF_INIT;
	bool found =
	    recode_head(t, n, 65536, &head) &&
	    (find_has(buf_span(&head), "names:") || find_has(buf_span(&head), "train:") ||
		find_has(buf_span(&head), "names =") || find_has(buf_span(&head), "names="));

	buf_release(&head);
	return found;
}

int
yolo_detect(const struct tree *t, struct buf *why)
{
	struct importer im = { .tree = t };
	struct reading r = { .im = &im };
	size_t rows = 0, looked = 0;
	int score = 0;

	for (size_t i = 0; i < t->n; i++)
		if (path_has_ext(span_str(t->node[i].path), "yaml|yml|data") &&
		    head_has_names(t, &t->node[i])) {
			buf_addf(why, "%s names classes and splits", t->node[i].path);
			return 90;
		}
	for (size_t i = 0; i < t->n && looked < 3; i++) {
		struct span path = span_str(t->node[i].path);

		if (!path_has_ext(path, "txt") || yolo_is_description(path))
			continue;
		looked++;
		rows += is_rows(&r, &t->node[i]) && is_ratios(&r, &t->node[i]);
	}
	if (rows > 0 && rows == looked)
		score = 60;
	else if (rows > 0)
		score = 30;
	if (score)
		buf_adds(why, "text files with rows of a class and four ratios or more");
	return score;
}
