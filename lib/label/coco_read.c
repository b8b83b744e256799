/* Reading COCO: the second pass, image by image. See coco.h and coco_index.h. */
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/num.h"
#include "base/path.h"
#include "label/coco.h"
#include "label/coco_index.h"
#include "label/coco_panoptic.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/import.h"
#include "label/usage.h"
#include "record/rle.h"
#include "label/recode.h"

struct category {
	char *name;  /* raw JSON */
	bool shared; /* two categories have this name: category_id is kept beside it */
};

struct reading {
	struct importer *im;
	const struct node *node;
	struct coco_index x;
	struct coco_window images, anns;
	struct category *category;
	size_t n, cap;
	struct strmap ids;    /* text of a category's id -> index */
	struct strmap names;  /* of categories -> index of the first */
	bool unnamed;         /* there are no categories: ids are names */
	const char *usage;    /* NULL: not said */
	struct span folder;   /* of the file, as a member path */
	char *base;           /* where pictures are, beside `folder`; NULL: not looked for yet */
	double width, height; /* of this image; 0: unknown */
	bool optional[COCO_COUNTED]; /* most annotations have no such member */
	struct hashset128 *sources;  /* of the files before; NULL: there is only this file */
	uint64_t again;              /* pictures that were in another file */
	bool lines;                  /* the text that is looked at has several lines */
	struct buf row;              /* one value on one line */
	struct rle rle;              /* the mask that is looked at */
	struct buf source, text;
	size_t source_at, source_end; /* the same in the record, as JSON */
};

static struct pos
at(struct reading *r, uint64_t offset)
{
	return linepos_at(&r->x.lines, offset);
}

/* Line ends (and the white space around them) stand only in pretty files. */
static bool
has_lines(struct span raw)
{
	return memchr(raw.p, '\n', raw.n) || memchr(raw.p, '\r', raw.n);
}

/* A value of the text that is looked at, on one line. */
static struct span
one_line(struct reading *r, struct span raw)
{
	if (!r->lines || !has_lines(raw))
		return raw;
	buf_reset(&r->row);
	jw_compact(&r->row, raw);
	return buf_span(&r->row);
}

static void
copy_member(struct reading *r, struct buf *b, struct span key, struct span value, bool foreign)
{
	if (!foreign) {
		jw_key_raw(b, key);
	} else {
		buf_reset(&r->text);
		buf_adds(&r->text, "coco:");
		buf_addspan(&r->text, key);
		jw_key_raw(b, buf_span(&r->text));
	}
	jw_raw(b, one_line(r, value));
}

/* A name of records, or one that stands for such a name. */
static bool
is_taken(struct span key, const char *const *taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (key.n > 0 && taken[i][0] == key.p[0] && span_is(key, taken[i]))
			return true;
	return span_starts(key, SPAN("coco:"));
}

/* ---- header ---- */

static void
add_category(struct reading *r, struct buf *classes, struct span raw, uint64_t offset)
{
	struct span id = json_member(raw, "id"), name = json_member(raw, "name");
	bool is_new;
	struct strmap_entry *e;

	if (json_type_of(name) != JSON_STRING || !id.p) {
		error_at(at(r, offset), "coco",
		    "a category must be an object with \"id\" and \"name\": left out");
		return;
	}
	e = strmap_put(&r->ids, id, r->n, &is_new);
	if (!is_new) {
		error_at(at(r, offset), "coco", "a category of id %.*s was there before: left out",
		    SPAN_ARG(id));
		return;
	}
	jw_raw(classes, one_line(r, raw));
	e = strmap_put(&r->names, name, r->n, &is_new);
	if (!is_new)
		warning_at(at(r, offset), "coco", "the name %.*s was there before, with another id",
		    SPAN_ARG(name));
	r->category = grow(r->category, &r->cap, r->n + 1, sizeof(*r->category));
	r->category[r->n++] = (struct category){ xstrndup(name.p, name.n), !is_new };
	r->category[e->value].shared |= !is_new;
}

static void
read_categories(struct reading *r, struct buf *classes)
{
	struct json j;
	struct span raw;

	json_begin(&j, buf_span(&r->x.categories));
	r->unnamed = json_peek(&j) != JSON_ARRAY;
	if (r->unnamed)
		return;
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		add_category(
		    r, classes, raw, r->x.categories_at + (uint64_t)(raw.p - r->x.categories.p));
}

static void
write_header(struct reading *r)
{
	struct buf *b = import_header(r->im), classes = BUF_INIT;

	r->lines = true;
	jw_open(&classes, '[');
	read_categories(r, &classes);
	jw_close(&classes, ']');
	if (!r->unnamed)
		jw_member_raw(b, "classes", buf_span(&classes));
	if (r->x.info.n)
		jw_member_raw(b, "info", one_line(r, buf_span(&r->x.info)));
	if (r->x.licenses.n)
		jw_member_raw(b, "licenses", one_line(r, buf_span(&r->x.licenses)));
	if (r->x.extra.n)
		jw_member_raw(b, "coco", one_line(r, buf_span(&r->x.extra)));
	import_header_end(r->im);
	buf_release(&classes);
}

/* ---- where pictures are ---- */

/* Append folder/base/name as a text, cleaned where that is possible. */
static void
join(const struct reading *r, const char *base, struct span name, struct buf *out)
{
	struct buf path = BUF_INIT;

	path_join(&path, r->folder, span_str(base));
	if (path.n > 0 && path.p[path.n - 1] != '/')
		buf_addc(&path, '/');
	buf_addspan(&path, name);
	if (!path_member(out, buf_span(&path)))
		buf_addspan(out, buf_span(&path));
	buf_release(&path);
}

/* Append the source of the picture `name` of the folder `base`. True: the tree has it. */
static bool
source_in(const struct reading *r, const char *base, struct span name, struct buf *out)
{
	const struct tree *t = r->im->tree;
	struct buf path = BUF_INIT, whole = BUF_INIT;
	const struct node *n;

	join(r, base, name, &path);
	n = tree_find(t, buf_span(&path));
	if (n) {
		tree_source(t, n, out);
	} else if (t->archive) {
		tree_source_at(t, buf_span(&path), out);
	} else {
		tree_source_at(t, SPAN("x"), &whole);
		buf_cut(&whole, whole.n - 1);
		buf_addspan(&whole, buf_span(&path));
		if (!path_member(out, buf_span(&whole)))
			buf_addspan(out, buf_span(&whole));
	}
	buf_release(&path);
	buf_release(&whole);
	return n != NULL;
}

/* "train2017" of "annotations/instances_train2017.json". */
static struct span
part_of_name(const char *path)
{
	struct span stem = path_stem(path_base_span(span_str(path)));
	const char *p = stem.p + stem.n;

	while (p > stem.p && p[-1] != '_')
		p--;
	return span_of(p, stem.p + stem.n);
}

static bool
is_there(struct reading *r, const char *base, struct span name)
{
	bool there;

	buf_reset(&r->source);
	there = source_in(r, base, name, &r->source);
	return there || (!r->im->tree->archive && access(buf_str(&r->source), F_OK) == 0);
}

/* Pictures lie beside the file, or where COCO and its followers put them. The caller frees. */
static char *
find_base(struct reading *r, struct span name)
{
	static const char *const bases[] = { "", "images", "../images", "..", "data", "../data",
		"../JPEGImages" };
	static const char *const of_part[] = { "..", "../images" };
	struct span part = part_of_name(r->node->path);

	for (size_t i = 0; i < ARRAY_LEN(of_part); i++) {
		char *base = xasprintf("%s/%.*s", of_part[i], SPAN_ARG(part));

		if (is_there(r, base, name))
			return base;
		free(base);
	}
	for (size_t i = 0; i < ARRAY_LEN(bases); i++)
		if (is_there(r, bases[i], name))
			return xstrdup(bases[i]);
	return xstrdup("");
}

/* ---- annotations ---- */

/* An annotation on its way: what it says, and where. */
struct item {
	struct span text;
	uint64_t offset;
	bool bad; /* it is left out: that was said */
};

static struct pos
item_pos(struct reading *r, const struct item *a, struct span value)
{
	return at(r, a->offset + (uint64_t)(value.p - a->text.p));
}

static void
reject(struct reading *r, struct item *a, struct span value, const char *why)
{
	error_at(item_pos(r, a, value), "coco", "%s: left out", why);
	a->bad = true;
}

/* The category of an id; one that is a string here and a number there, or the other way round, is said. */
static struct category *
find_category(struct reading *r, const struct item *a, struct span id)
{
	bool string = json_type_of(id) == JSON_STRING;
	struct strmap_entry *e = strmap_find(&r->ids, id);

	if (!e) {
		buf_reset(&r->text);
		if (string)
			buf_add(&r->text, id.p + 1, id.n - 2);
		else
			buf_addf(&r->text, "\"%.*s\"", SPAN_ARG(id));
		e = strmap_find(&r->ids, buf_span(&r->text));
		if (e)
			warning_at(item_pos(r, a, id), "coco",
			    "\"category_id\" is a %s, the category's \"id\" is a %s",
			    string ? "string" : "number", string ? "number" : "string");
	}
	return e ? &r->category[e->value] : NULL;
}

static void
put_category(struct reading *r, struct buf *b, struct item *a, struct span value)
{
	struct category *c;

	if (json_type_of(value) == JSON_NULL) {
		warning_at(item_pos(r, a, value), "coco", "\"category_id\" is null; kept as it is");
		jw_member_raw(b, "category_id", value);
		return;
	}
	c = find_category(r, a, value);
	if (c) {
		jw_key(b, "name");
		jw_raw(b, span_str(c->name));
		if (c->shared)
			jw_member_raw(b, "category_id", value);
	} else if (r->n == 0 && !r->unnamed) { /* an empty list: captions, where it says nothing */
		jw_member_raw(b, "category_id", one_line(r, value));
	} else if (r->unnamed) {
		jw_key(b, "name");
		if (json_type_of(value) == JSON_STRING)
			jw_raw(b, value);
		else
			jw_string(b, value);
	} else {
		buf_reset(&r->text);
		buf_addf(&r->text, "category_id %.*s is not in the list of categories",
		    SPAN_ARG(one_line(r, value)));
		reject(r, a, value, buf_str(&r->text));
	}
}

static void
put_box(struct reading *r, struct buf *b, struct item *a, struct span value)
{
	double v[4];
	size_t n = json_numbers(value, v, 4);

	if (json_type_of(value) == JSON_NULL || n == 0) {
		warning_at(item_pos(r, a, value), "coco", "\"bbox\" is empty; kept as it is");
		jw_member_raw(b, "coco:bbox", one_line(r, value));
		return;
	}
	if (n != 4) {
		reject(r, a, value, "\"bbox\" must be four numbers x, y, width, height");
		return;
	}
	if (v[2] < 0 || v[3] < 0) {
		reject(r, a, value, "the box has a negative width or height");
		return;
	}
	if (v[2] == 0 || v[3] == 0)
		warning_at(item_pos(r, a, value), "coco", "the box has no extent");
	/* half a pixel: boxes are often rounded outwards */
	if (r->width > 0 && (v[0] < -0.5 || v[1] < -0.5 || v[0] + v[2] > r->width + 0.5 ||
				v[1] + v[3] > r->height + 0.5))
		warning_at(item_pos(r, a, value), "coco",
		    "the box reaches outside the picture of %gx%g", r->width, r->height);
	jw_member_raw(b, "bbox", one_line(r, value));
}

enum rings { RINGS_GOOD, RINGS_NONE, RINGS_BAD };

/* Is it a list of flat rings of at least three points each? */
static enum rings
look_at_rings(struct span list)
{
	enum rings found = RINGS_NONE;
	struct span ring;
	struct json j;
	size_t n;

	json_begin_valid(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &ring)) {
		n = json_count_numbers(ring);
		if (n == 0)
			continue; /* [[]] */
		if (n == SIZE_MAX || n < 6 || n % 2)
			return RINGS_BAD;
		found = RINGS_GOOD;
	}
	return found;
}

/* Are the runs of a mask sound? One of another size than its picture is said, but is one. */
static bool
is_rle(struct reading *r, struct item *a, struct span value)
{
	const char *why = rle_parse(&r->rle, value);

	if (why)
		warning_at(item_pos(r, a, value), "coco", "%s; kept as it is", why);
	else if (r->width > 0 && (r->rle.w != r->width || r->rle.h != r->height))
		warning_at(item_pos(r, a, value), "coco",
		    "the mask's size is [%u,%u], the picture's is [height,width] = [%g,%g]",
		    r->rle.h, r->rle.w, r->height, r->width);
	return !why;
}

/* A mask in another form than the two is kept as it is, under its own name. */
static void
put_segmentation(struct reading *r, struct buf *b, struct item *a, struct span value)
{
	const char *key = "segmentation";
	enum rings rings;

	switch (json_type_of(value)) {
	case JSON_OBJECT:
		if (json_member(value, "counts").p && json_member(value, "size").p)
			key = is_rle(r, a, value) ? "rle" : key;
		else if (span_trim(span_of(value.p + 1, value.p + value.n - 1)).n > 0)
			warning_at(item_pos(r, a, value), "coco",
			    "a mask must have \"size\" and \"counts\"; kept as it is");
		break;
	case JSON_ARRAY:
		rings = look_at_rings(value);
		if (rings == RINGS_GOOD)
			key = "polygon";
		else if (rings == RINGS_BAD)
			warning_at(item_pos(r, a, value), "coco",
			    "a polygon must be lists of at least three points x, y; kept as it is");
		break;
	case JSON_NULL:
		break;
	default:
		warning_at(item_pos(r, a, value), "coco",
		    "\"segmentation\" must be a list or an object; kept as it is");
	}
	jw_member_raw(b, key, one_line(r, value));
}

static void
put_keypoints(struct reading *r, struct buf *b, struct item *a, struct span value)
{
	size_t n = json_numbers(value, NULL, 0);
	bool good = n != SIZE_MAX && n % 3 == 0;

	if (!good)
		warning_at(item_pos(r, a, value), "coco",
		    "\"keypoints\" must be numbers x, y, v by threes; kept as it is");
	jw_member_raw(b, good ? "keypoints" : "coco:keypoints", one_line(r, value));
}

/* Does `key` mean something else in a record's annotation? */
static bool
is_foreign(struct span key)
{
	static const char *const taken[] = { "name", "rbox", "polygon", "rle", "mask", "polyline",
		"line", "point", "circle", "span", "time", "text", "confidence", "unit", "from",
		"to", "property" };

	return is_taken(key, taken, ARRAY_LEN(taken));
}

static void
put_member(struct reading *r, struct buf *b, struct item *a, enum coco_key k, struct span key,
    struct span value)
{
	switch (k) {
	case COCO_IMAGE_ID:
		break;
	case COCO_CATEGORY_ID:
		put_category(r, b, a, value);
		break;
	case COCO_BBOX:
		put_box(r, b, a, value);
		break;
	case COCO_SEGMENTATION:
		put_segmentation(r, b, a, value);
		break;
	case COCO_KEYPOINTS:
		put_keypoints(r, b, a, value);
		break;
	case COCO_CAPTION:
		jw_member_raw(b, json_type_of(value) == JSON_STRING ? "text" : "coco:caption",
		    one_line(r, value));
		break;
	case COCO_SCORE:
		jw_member_raw(b, json_type_of(value) == JSON_NUMBER ? "confidence" : "coco:score",
		    one_line(r, value));
		break;
	case COCO_ISCROWD:
		if (json_type_of(value) != JSON_NUMBER)
			warning_at(item_pos(r, a, value), "coco",
			    "\"iscrowd\" must be 0 or 1; kept as it is");
		jw_member_raw(b, "iscrowd", one_line(r, value));
		break;
	default:
		copy_member(r, b, key, value, is_foreign(key));
	}
}

/* Say which of the usual members are missing, unless most annotations here go without. */
static void
check_missing(struct reading *r, struct item *a, const bool *has)
{
	static const char *const name[COCO_COUNTED] = { "area", "bbox", "category_id", "id",
		"iscrowd" };

	for (int k = 0; k < COCO_COUNTED; k++)
		if (!has[k] && !r->optional[k])
			warning_at(
			    at(r, a->offset), "coco", "the annotation has no \"%s\"", name[k]);
}

/* ---- segments of panoptic COCO ---- */

/* One segment; nothing when it is left out, which was said. */
static bool
put_segment(struct reading *r, struct buf *b, struct item *a, struct span segment, struct span png)
{
	struct item one = { a->text, a->offset, false };
	struct span key, value, id = json_member(segment, "id");
	size_t before = b->n;
	struct json j;
	uint64_t v;

	if (json_type_of(segment) != JSON_OBJECT || !num_parse_u64(id, &v) || v > 0xffffff) {
		reject(r, &one, segment, "a segment must be an object with an \"id\" below 2^24");
		r->im->bad_annotations++;
		return false;
	}
	json_begin(&j, segment);
	jw_open(b, '{');
	json_object(&j);
	while (!one.bad && json_key(&j, &key) && json_value(&j, &value))
		put_member(r, b, &one, coco_key(key), key, value);
	jw_key(b, "mask");
	jw_open(b, '{');
	jw_member_string(b, "source", png);
	jw_member_u64(b, "value", v);
	jw_close(b, '}');
	jw_close(b, '}');
	if (one.bad)
		buf_cut(b, before);
	r->im->bad_annotations += one.bad;
	return !one.bad;
}

static bool
leads_inside(struct span name)
{
	struct buf path = BUF_INIT;
	bool inside = path_member(&path, name);

	buf_release(&path);
	return inside;
}

/* The PNG lies in the folder that the file is named like, or beside it. The caller frees. */
static char *
segment_picture(struct reading *r, struct span name)
{
	struct span stem = path_stem(path_base_span(span_str(r->node->path)));
	char *folder = xstrndup(stem.p, stem.n);

	if (!is_there(r, folder, name) && !is_there(r, "", name))
		is_there(r, folder, name);
	free(folder);
	return xstrdup(buf_str(&r->source));
}

/* The segments of a panoptic annotation; their number. -1: it is none. */
static long
put_segments(struct reading *r, struct buf *b, struct item *a)
{
	struct span list, name, segment;
	struct json j;
	char *png;
	long n = 0;

	if (r->im->format != &label_coco_panoptic)
		return -1;
	list = json_member(a->text, "segments_info");
	name = json_value_text(json_member(a->text, "file_name"), &r->text);
	if (json_type_of(list) != JSON_ARRAY || !name.n)
		return -1;
	if (!leads_inside(name)) {
		reject(r, a, json_member(a->text, "file_name"),
		    "\"file_name\" should be a PNG below the folder of the segments");
		r->im->bad_annotations++;
		return 0;
	}
	png = segment_picture(r, name);
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &segment))
		n += put_segment(r, b, a, segment, span_str(png));
	free(png);
	return n;
}

/* Append one annotation, or its segments; their number. */
static uint64_t
put_annotation(
    struct reading *r, struct buf *b, const struct coco_annotation *c, const struct coco_image *i)
{
	struct item a = { coco_text(&r->x, &r->anns, c->offset, c->length), c->offset, false };
	bool has[COCO_OTHER + 1] = { false };
	size_t before = b->n;
	struct span key, value;
	struct json j;
	long segments;

	r->lines = has_lines(a.text);
	segments = put_segments(r, b, &a);
	if (segments >= 0)
		return (uint64_t)segments;
	json_begin_valid(&j, a.text);
	jw_open(b, '{');
	json_object(&j);
	while (!a.bad && json_pair(&j, &key, &value)) {
		enum coco_key k = coco_key(key);

		has[k] = true;
		put_member(r, b, &a, k, key, value);
	}
	jw_close(b, '}');
	if (!a.bad && c->string_id != i->string_id && i->length > 0)
		warning_at(at(r, c->offset), "coco",
		    "\"image_id\" is a %s, the image's \"id\" is a %s",
		    c->string_id ? "string" : "number", i->string_id ? "string" : "number");
	if (!a.bad)
		check_missing(r, &a, has);
	if (a.bad)
		buf_cut(b, before);
	r->im->bad_annotations += a.bad;
	return !a.bad;
}

/* ---- images ---- */

struct picture {
	struct span text, id, name, url, width, height;
	uint64_t offset;
};

/* Of members that are there twice the first one counts, as in records. */
static void
look_at_image(struct picture *i)
{
	struct span key, value, *to;
	struct json j;

	json_begin_valid(&j, i->text);
	json_object(&j);
	while (json_pair(&j, &key, &value)) {
		to = span_is(key, "file_name")  ? &i->name
		     : span_is(key, "coco_url") ? &i->url
		     : span_is(key, "width")    ? &i->width
		     : span_is(key, "height")   ? &i->height
		     : span_is(key, "id")       ? &i->id
						: NULL;
		if (to && !to->p)
			*to = value;
	}
}

/* LVIS has no file_name: there it is the tail of coco_url, "train2017/000000391895.jpg". */
static struct span
tail_of_url(struct span url)
{
	int slashes = 0;
	const char *p = url.p + url.n;

	while (p > url.p && (p[-1] != '/' || ++slashes < 2))
		p--;
	return span_of(p, url.p + url.n);
}

/* The name of the picture, decoded; SPAN_NONE: it has none. */
static struct span
picture_name(struct reading *r, const struct picture *i)
{
	struct span name = json_value_text(i->name, &r->text), url;

	if (name.p && name.n > 0)
		return name;
	url = json_value_text(i->url, &r->text);
	return url.p ? tail_of_url(url) : SPAN_NONE;
}

static void
put_source(struct reading *r, struct buf *b, const struct picture *i)
{
	struct span name = picture_name(r, i);

	if (name.p && r->base == NULL)
		r->base = find_base(r, name);
	buf_reset(&r->source);
	if (!name.p) {
		if (i->text.p)
			warning_at(at(r, i->offset), "coco",
			    "the image has no \"file_name\"; its id stands for it");
		buf_addspan(&r->source, i->id.p[0] == '"' ? json_unquote(i->id) : i->id);
	} else if (path_is_uri(name) || name.p[0] == '/') {
		buf_addspan(&r->source, name);
	} else {
		source_in(r, r->base, name, &r->source);
	}
	jw_key(b, "source");
	r->source_at = b->n;
	jw_string(b, buf_span(&r->source));
	r->source_end = b->n;
}

/* Is it a number above 0? */
static bool
is_size(struct span raw, double *value)
{
	return json_type_of(raw) == JSON_NUMBER && num_parse(raw, value) && *value > 0;
}

static void
check_size(struct reading *r, const struct picture *i)
{
	if (is_size(i->width, &r->width) && is_size(i->height, &r->height))
		return;
	r->width = r->height = 0;
	if (i->width.p || i->height.p)
		warning_at(at(r, i->offset), "coco",
		    "\"width\" and \"height\" must be positive numbers; kept as they are");
}

/* Does `key` mean something else in a record? */
static bool
is_foreign_to_sample(struct reading *r, struct span key)
{
	static const char *const taken[] = { "source", "usage", "sha256", "bytes", "hard",
		"hard-coefficient", "annotation", "dataset" };

	return is_taken(key, taken, ARRAY_LEN(taken)) ||
	       (r->width == 0 && (span_is(key, "width") || span_is(key, "height")));
}

static void
put_image_members(struct reading *r, struct buf *b, const struct picture *i)
{
	struct span key, value;
	struct json j;

	r->lines = has_lines(i->text);
	json_begin_valid(&j, i->text);
	json_object(&j);
	while (json_pair(&j, &key, &value))
		copy_member(r, b, key, value, is_foreign_to_sample(r, key));
}

/* Annotation k in the order of images. It lies anywhere in many megabytes: ask for it early. */
static const struct coco_annotation *
annotation_at(const struct reading *r, size_t k)
{
	const size_t ahead = 8;

	if (k + ahead < r->x.n)
		__builtin_prefetch(&r->x.ann[r->x.by_image[k + ahead]]);
	return &r->x.ann[r->x.by_image[k]];
}

/* Ids are unique in a file: that was looked at before. A position takes time, so it is found out when it is needed. */
static void
give_sample(struct reading *r, const struct coco_image *image, uint64_t n)
{
	const char *record = r->im->record.p;
	struct span source = span_of(record + r->source_at, record + r->source_end);

	if (!import_give(r->im, buf_span(&r->im->record), n))
		return;
	if (!import_name(r->im, source, SPAN_NONE))
		twice_say(&r->im->twice, at(r, image->offset));
	else if (r->sources && !hashset128_add(r->sources, hash128_bytes(0, source.p, source.n)))
		r->again++;
}

/* One record: the image and all its annotations. `id` is for images that are not listed. */
static void
put_sample(struct reading *r, const struct coco_image *image, struct span id)
{
	struct buf *b = import_record(r->im);
	struct picture i = { .id = id, .offset = image->offset };
	uint64_t n = 0;

	if (image->length > 0)
		i.text = coco_text(&r->x, &r->images, image->offset, image->length);
	if (i.text.p)
		look_at_image(&i);
	check_size(r, &i);
	jw_open(b, '{');
	put_source(r, b, &i);
	if (i.text.p) {
		put_image_members(r, b, &i);
	} else {
		jw_key(b, "id");
		jw_raw(b, id);
	}
	if (r->usage)
		jw_member_str(b, "usage", r->usage);
	if (!r->x.has_annotations) { /* image_info of a test set: nobody looked */
		jw_close(b, '}');
		give_sample(r, image, 0);
		return;
	}
	jw_key(b, "annotation");
	jw_open(b, '[');
	for (uint32_t k = 0; k < image->n; k++)
		n += put_annotation(r, b, annotation_at(r, image->first + k), image);
	jw_close(b, ']');
	jw_close(b, '}');
	give_sample(r, image, n);
}

/* ---- the file ---- */

static void
reject_unlisted(struct reading *r, const struct coco_image *image, struct span id)
{
	for (uint32_t k = 0; k < image->n; k++)
		error_at(at(r, annotation_at(r, image->first + k)->offset), "coco",
		    "image_id %.*s is not in the list of images: left out", SPAN_ARG(id));
	r->im->bad_annotations += image->n;
}

/* Annotations of images that are not listed: of a list of detections they are the samples. */
static void
put_unlisted(struct reading *r)
{
	struct buf id = BUF_INIT;

	for (size_t k = 0; k < r->x.n; k++) {
		const struct coco_annotation *a = &r->x.ann[k];
		const struct coco_image *image = &r->x.image[a->image];
		const struct span text = r->x.ids.e[a->image].key;

		if (image->length > 0 || r->x.by_image[image->first] != k)
			continue;
		if (!r->x.results) {
			reject_unlisted(r, image, text);
			continue;
		}
		buf_reset(&id);
		if (a->string_id)
			jw_string(&id, text);
		else
			buf_addspan(&id, text);
		put_sample(r, image, buf_span(&id));
	}
	buf_release(&id);
}

static void
put_listed(struct reading *r)
{
	for (size_t i = 0; i < r->x.listed; i++)
		put_sample(r, &r->x.image[r->x.order[i]], SPAN_NONE);
}

static void
reading_release(struct reading *r)
{
	struct buf *bufs[] = { &r->images.text, &r->anns.text, &r->row, &r->source, &r->text };

	for (size_t i = 0; i < r->n; i++)
		free(r->category[i].name);
	free(r->category);
	free(r->base);
	strmap_release(&r->ids);
	strmap_release(&r->names);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	rle_release(&r->rle);
	coco_index_release(&r->x);
}

static void
read_file(struct importer *im, const struct node *n, struct hashset128 *sources)
{
	struct reading r = {
		.im = im, .node = n, .ids = STRMAP_INIT, .names = STRMAP_INIT, .sources = sources
	};
	char *name = xstrdup(tree_name(im->tree, n));

	im->files++;
	if (!coco_index_read(&r.x, im, n, name))
		im->bad_files++;
	im->bad_samples += r.x.bad_images;
	im->bad_annotations += r.x.bad_annotations;
	for (int k = 0; k < COCO_COUNTED; k++)
		r.optional[k] = r.x.have[k] <= r.x.n / 2;
	r.folder = span_of(n->path, path_base(n->path));
	r.usage = usage_of_path(span_str(n->path));
	write_header(&r);
	put_unlisted(&r);
	put_listed(&r);
	if (r.again)
		warning_at(pos_file(name), "coco",
		    "%llu of its pictures were in another file before: their records stand beside "
		    "each other, they are not merged",
		    (unsigned long long)r.again);
	twice_end(&im->twice, name, im->opt->max_names); /* files share their pictures */
	reading_release(&r);
	free(name);
}

/* ---- which files ---- */

/* Do the first bytes of a JSON text have a member or items as COCO has them? */
static bool
looks_like_coco(struct span head, bool *results)
{
	struct span key, value;
	struct json j;

	*results = false;
	json_begin(&j, head);
	if (json_peek(&j) == JSON_ARRAY) {
		json_array(&j);
		*results =
		    json_item(&j) && json_value(&j, &value) && json_member(value, "image_id").p;
		return *results;
	}
	if (json_peek(&j) != JSON_OBJECT)
		return false;
	json_object(&j);
	while (json_key(&j, &key)) {
		bool list = json_peek(&j) == JSON_ARRAY;

		if (list && (span_is(key, "images") || span_is(key, "annotations") ||
				span_is(key, "categories")))
			return true;
		if (!json_value(&j, &value))
			return false;
	}
	return false;
}

static bool
is_coco(struct span head)
{
	bool results;

	return looks_like_coco(head, &results);
}

/* 0: no COCO file; 1: it is one; 2: a list of detections. */
static int
kind_of(const struct tree *t, const struct node *n)
{
	struct buf head = BUF_INIT;
	bool results, found;

	if (!t->single && !path_has_ext(span_str(n->path), "json"))
		return 0;
	found = recode_head(t, n, 65536, &head) && looks_like_coco(buf_span(&head), &results);
	buf_release(&head);
	return found ? results ? 2 : 1 : 0;
}

int
coco_detect(const struct tree *t, struct buf *why)
{
	int kinds[3] = { 0 };

	for (size_t i = 0, looked = 0; i < t->n && looked < 100; i++)
		if (t->single || path_has_ext(span_str(t->node[i].path), "json")) {
			kinds[kind_of(t, &t->node[i])]++;
			looked++;
		}
	if (kinds[1] + kinds[2] == 0)
		return 0;
	buf_addf(why, "%d JSON files with images, annotations, categories", kinds[1] + kinds[2]);
	return kinds[1] ? 90 : 80;
}

int
coco_panoptic_detect(const struct tree *t, struct buf *why)
{
	struct buf scratch = BUF_INIT;
	int found = 0, all = 0;

	if (coco_detect(t, &scratch) < 90)
		t = NULL;
	buf_release(&scratch);
	for (size_t i = 0; t && i < t->n && all < 100; i++)
		if (kind_of(t, &t->node[i]) == 1) {
			found += coco_is_panoptic(t, &t->node[i]);
			all++;
		}
	if (found == 0 || found < all)
		return 0;
	buf_addf(why, "%d JSON files with images and segments", found);
	return 95;
}

void
coco_read(struct importer *im)
{
	const struct tree *t = im->tree;
	struct hashset128 sources = { .slot = NULL };

	for (size_t i = 0; i < t->n; i++)
		if (find_is_ours(im, &t->node[i], "json", is_coco))
			read_file(im, &t->node[i], t->single ? NULL : &sources);
	if (im->files == 0)
		error_at(pos_file(t->name), "coco", "no COCO file (.json) is here");
	hashset128_release(&sources);
}
