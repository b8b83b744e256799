/* The annotations of COCO as those of records: see coco_annotation.h. */
#include "label/coco_annotation.h"

#include <stdlib.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/path.h"
#include "json/write.h"
#include "label/formats.h"
#include "label/import.h"

struct pos
coco_pos(struct coco_reading *r, uint64_t offset)
{
	return linepos_at(&r->x.lines, offset);
}

void
coco_copy_member(
    struct coco_reading *r, struct buf *b, struct span key, struct span value, bool foreign)
{
	if (!foreign) {
		jw_key_raw(b, key);
	} else {
		buf_reset(&r->text);
		buf_adds(&r->text, "coco:");
		buf_addspan(&r->text, key);
		jw_key_raw(b, buf_span(&r->text));
	}
	jw_raw(b, coco_one_line(r, value));
}

/* ---- members ---- */

/* An annotation on its way: what it says, and where. */
struct item {
	struct span text;
	uint64_t offset;
	bool bad; /* it is left out: that was said */
};

static struct pos
item_pos(struct coco_reading *r, const struct item *a, struct span value)
{
	return coco_pos(r, a->offset + (uint64_t)(value.p - a->text.p));
}

static void
reject(struct coco_reading *r, struct item *a, struct span value, const char *why)
{
	error_at(item_pos(r, a, value), "coco", "%s: left out", why);
	a->bad = true;
}

/* The category of an id; one that is a string here and a number there, or the other way round, is said. */
static struct coco_category *
find_category(struct coco_reading *r, const struct item *a, struct span id)
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
put_category(struct coco_reading *r, struct buf *b, struct item *a, struct span value)
{
	struct coco_category *c;

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
		jw_member_raw(b, "category_id", coco_one_line(r, value));
	} else if (r->unnamed) {
		jw_key(b, "name");
		if (json_type_of(value) == JSON_STRING)
			jw_raw(b, value);
		else
			jw_string(b, value);
	} else {
		buf_reset(&r->text);
		buf_addf(&r->text, "category_id %.*s is not in the list of categories",
		    SPAN_ARG(coco_one_line(r, value)));
		reject(r, a, value, buf_str(&r->text));
	}
}

static void
put_box(struct coco_reading *r, struct buf *b, struct item *a, struct span value)
{
	double v[4];
	size_t n = json_numbers(value, v, 4);

	if (json_type_of(value) == JSON_NULL || n == 0) {
		warning_at(item_pos(r, a, value), "coco", "\"bbox\" is empty; kept as it is");
		jw_member_raw(b, "coco:bbox", coco_one_line(r, value));
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
	jw_member_raw(b, "bbox", coco_one_line(r, value));
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
is_rle(struct coco_reading *r, struct item *a, struct span value)
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
put_segmentation(struct coco_reading *r, struct buf *b, struct item *a, struct span value)
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
	jw_member_raw(b, key, coco_one_line(r, value));
}

static void
put_keypoints(struct coco_reading *r, struct buf *b, struct item *a, struct span value)
{
	size_t n = json_numbers(value, NULL, 0);
	bool good = n != SIZE_MAX && n % 3 == 0;

	if (!good)
		warning_at(item_pos(r, a, value), "coco",
		    "\"keypoints\" must be numbers x, y, v by threes; kept as it is");
	jw_member_raw(b, good ? "keypoints" : "coco:keypoints", coco_one_line(r, value));
}

/* Does `key` mean something else in a record's annotation? */
static bool
is_foreign(struct span key)
{
	static const char *const taken[] = { "name", "rbox", "polygon", "rle", "mask", "polyline",
		"line", "point", "circle", "span", "time", "text", "confidence", "unit", "from",
		"to", "property" };

	return coco_is_taken(key, taken, ARRAY_LEN(taken));
}

static void
put_member(struct coco_reading *r, struct buf *b, struct item *a, enum coco_key k, struct span key,
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
		    coco_one_line(r, value));
		break;
	case COCO_SCORE:
		jw_member_raw(b, json_type_of(value) == JSON_NUMBER ? "confidence" : "coco:score",
		    coco_one_line(r, value));
		break;
	case COCO_ISCROWD:
		if (json_type_of(value) != JSON_NUMBER)
			warning_at(item_pos(r, a, value), "coco",
			    "\"iscrowd\" must be 0 or 1; kept as it is");
		jw_member_raw(b, "iscrowd", coco_one_line(r, value));
		break;
	default:
		coco_copy_member(r, b, key, value, is_foreign(key));
	}
}

/* Say which of the usual members are missing, unless most annotations here go without. */
static void
check_missing(struct coco_reading *r, struct item *a, const bool *has)
{
	static const char *const name[COCO_COUNTED] = { "area", "bbox", "category_id", "id",
		"iscrowd" };

	for (int k = 0; k < COCO_COUNTED; k++)
		if (!has[k] && !r->optional[k])
			warning_at(coco_pos(r, a->offset), "coco", "the annotation has no \"%s\"",
			    name[k]);
}

/* ---- segments of panoptic COCO ---- */

/* One segment; nothing when it is left out, which was said. */
static bool
put_segment(
    struct coco_reading *r, struct buf *b, struct item *a, struct span segment, struct span png)
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

/* The segments of a panoptic annotation; their number. -1: it is none. */
static long
put_segments(struct coco_reading *r, struct buf *b, struct item *a)
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
	png = coco_segment_picture(&r->pictures, name);
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &segment))
		n += put_segment(r, b, a, segment, span_str(png));
	free(png);
	return n;
}

uint64_t
coco_put_annotation(struct coco_reading *r, struct buf *b, const struct coco_annotation *c,
    const struct coco_image *i)
{
	struct item a = { coco_text(&r->x, &r->anns, c->offset, c->length), c->offset, false };
	bool has[COCO_OTHER + 1] = { false };
	size_t before = b->n;
	struct span key, value;
	struct json j;
	long segments;

	r->lines = coco_has_lines(a.text);
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
		warning_at(coco_pos(r, c->offset), "coco",
		    "\"image_id\" is a %s, the image's \"id\" is a %s",
		    c->string_id ? "string" : "number", i->string_id ? "string" : "number");
	if (!a.bad)
		check_missing(r, &a, has);
	if (a.bad)
		buf_cut(b, before);
	r->im->bad_annotations += a.bad;
	return !a.bad;
}

void
coco_reading_release(struct coco_reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->category[i].name);
	free(r->category);
	strmap_release(&r->ids);
	buf_release(&r->anns.text);
	buf_release(&r->row);
	buf_release(&r->text);
	rle_release(&r->rle);
	coco_pictures_release(&r->pictures);
	coco_index_release(&r->x);
}
