/*
 * Supervisely: meta.json, DATASET/img/x.jpg and DATASET/ann/x.jpg.json.
 *
 * Rules from supervisely/supervisely, geometry/: pixels from 0. The far edges of a rectangle are the last
 * pixels inside (width = right - left + 1); the points of all other shapes are taken as they are. A
 * polygon may have holes (interior). A bitmap is base64 of a zlib stream of a PNG, with its top
 * left pixel (origin). Tags of an object are its property, tags of the picture are classes of it.
 *
 * Classes with all their members are the class list, the rest of meta.json the header's member
 * "supervisely"; in that of samples and annotations rides what has no field.
 */
#include <math.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/base64.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/decimal.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/geometry.h"
#include "label/mask.h"
#include "label/splits.h"
#include "record/rle.h"

#define BITMAP_MAX ((size_t)64 << 20) /* bytes that the zlib stream of a mask may hold */

enum { ID, CLASS, TYPE, POINTS, BITMAP, NODES, TAGS, LOGIN, CREATED, KEYS };

static const char *const object_key[KEYS] = { "id", "classTitle", "geometryType", "points",
	"bitmap", "nodes", "tags", "labelerLogin", "createdAt" };

/* ---- reading ---- */

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct buf text, line, annotations, scratch;
	const char *file;
	double width, height;
};

static bool
bad(struct reader *r, struct pos at, const char *what)
{
	error_at(at, "supervisely-object", "%s", what);
	r->im->bad_annotations++;
	return false;
}

/* A rectangle's x, y, w, h; its last pixels are inside. */
static bool
write_rectangle(struct buf *b, const struct span c[4])
{
	double v[4];

	for (int i = 0; i < 4; i++)
		if (!num_parse(c[i], &v[i]))
			return false;
	jw_key(b, "bbox");
	jw_open(b, '[');
	for (int i = 0; i < 2; i++)
		jw_raw(b, c[v[i] <= v[i + 2] ? i : i + 2]);
	for (int i = 0; i < 2; i++) {
		bool order = v[i] <= v[i + 2];

		jw_raw(b, SPAN(""));
		decimal_sum(b, c[order ? i + 2 : i], -1, c[order ? i : i + 2], 1);
	}
	jw_close(b, ']');
	return true;
}

/* The two points that a bbox gives. */
static void
make_rectangle(struct buf *b, const struct span v[4])
{
	buf_adds(b, "[[");
	buf_addf(b, "%.*s,%.*s],[", SPAN_ARG(v[0]), SPAN_ARG(v[1]));
	decimal_sum(b, v[0], 1, v[2], -1);
	buf_addc(b, ',');
	decimal_sum(b, v[1], 1, v[3], -1);
	buf_adds(b, "]]");
}

/* *keep: the points would not come back as they are. */
static bool
read_rectangle(struct reader *r, struct buf *b, struct span exterior, bool *keep)
{
	struct buf again = BUF_INIT;
	struct span c[4], v[4], box;
	size_t at = b->n;

	buf_reset(&r->scratch);
	if (coords_flatten(&r->scratch, exterior, NULL) != 2 ||
	    number_texts(buf_span(&r->scratch), c, 4) != 4 || !write_rectangle(b, c))
		return false;
	box = span_of(memchr(b->p + at, '[', b->n - at), b->p + b->n);
	number_texts(box, v, 4);
	make_rectangle(&again, v);
	*keep = !span_eq(buf_span(&again), exterior);
	buf_release(&again);
	return true;
}

static bool
read_polygon(struct buf *b, struct span points)
{
	struct span holes = json_member(points, "interior"), one;
	struct buf list = BUF_INIT;
	struct json j;
	size_t n = 1;
	bool ok;

	jw_key(b, "polygon");
	jw_open(b, '[');
	ok = coords_flatten(b, json_member(points, "exterior"), NULL) > 0;
	json_begin(&j, json_type_of(holes) == JSON_ARRAY ? holes : SPAN("[]"));
	json_array(&j);
	for (; ok && json_item(&j) && json_value(&j, &one); n++) {
		ok = coords_flatten(b, one, NULL) >= 0;
		jw_u64(&list, n);
	}
	jw_close(b, ']');
	if (list.n) {
		jw_key(b, "holes");
		jw_open(b, '[');
		buf_addspan(b, buf_span(&list));
		jw_close(b, ']');
	}
	buf_release(&list);
	return ok;
}

/* A bitmap's data and origin as an RLE behind b's text. */
static bool
bitmap_to_rle(struct buf *b, struct span bitmap, double width, double height)
{
	struct buf text = BUF_INIT, packed = BUF_INIT, png = BUF_INIT;
	struct span data = json_value_text(json_member(bitmap, "data"), &text);
	double at[2];
	bool ok = json_numbers(json_member(bitmap, "origin"), at, 2) == 2 && data.p &&
		  base64_decode(&packed, data) &&
		  zlib_inflate(&png, buf_span(&packed), BITMAP_MAX) &&
		  mask_png_to_rle(b, buf_span(&png), at[0], at[1], width, height);

	buf_release(&text);
	buf_release(&packed);
	buf_release(&png);
	return ok;
}

/* A graph: {"name":{"loc":[x,y]},...}. */
static bool
read_nodes(struct buf *b, struct span nodes)
{
	struct span key, node, v[3];
	struct json j;

	if (json_type_of(nodes) != JSON_OBJECT)
		return false;
	jw_key(b, "keypoints");
	jw_open(b, '[');
	json_begin(&j, nodes);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &node)) {
		if (number_texts(json_member(node, "loc"), v, 3) != 2)
			return false;
		jw_raw(b, v[0]);
		jw_raw(b, v[1]);
		jw_u64(b, json_type_of(json_member(node, "disabled")) == JSON_TRUE ? 1 : 2);
	}
	jw_close(b, ']');
	return true;
}

/* *keep: what is to ride along as "points", "nodes" or "bitmap". */
static bool
read_geometry(struct reader *r, struct buf *b, const struct span *v, struct pos at, int *keep)
{
	struct span type = json_unquote(v[TYPE]), exterior = json_member(v[POINTS], "exterior");
	bool points = false;

	*keep = KEYS;
	if (span_is(type, "polygon"))
		return read_polygon(b, v[POINTS]) ||
		       bad(r, at, "a polygon needs points: exterior and interior, lists of [x,y]");
	if (span_is(type, "rectangle")) {
		if (!read_rectangle(r, b, exterior, &points))
			return bad(r, at, "a rectangle needs two points");
		*keep = points ? POINTS : KEYS;
		return true;
	}
	if (span_is(type, "line") || span_is(type, "polyline")) {
		jw_key(b, "polyline");
		return coords_flatten(b, exterior, NULL) > 0 || bad(r, at, "a line needs points");
	}
	if (span_is(type, "point")) {
		jw_key(b, "point");
		return coords_flatten(b, exterior, NULL) == 1 ||
		       bad(r, at, "a point needs one point");
	}
	if (span_is(type, "bitmap")) {
		*keep = BITMAP;
		jw_key(b, "rle");
		return bitmap_to_rle(b, v[BITMAP], r->width, r->height) ||
		       bad(r, at,
			   "a bitmap needs data (a PNG in zlib in base64) and origin, and "
			   "the picture a size");
	}
	if (span_is(type, "graph")) {
		*keep = NODES;
		return read_nodes(b, v[NODES]) || bad(r, at, "a graph needs nodes with loc");
	}
	return bad(r, at,
	    "unknown geometryType; it may be polygon, rectangle, line, point, bitmap, graph");
}

/* [{"name":"a","value":1}] as {"a":1}; *plain: that is all that the tags say. */
static void
write_tags(struct buf *b, struct span tags, bool *plain)
{
	static const char *const key[] = { "name", "value" };
	struct buf rest = BUF_INIT;
	struct span tag, v[2];
	bool any = false;
	struct json j;

	*plain = true;
	if (json_type_of(tags) != JSON_ARRAY)
		return;
	json_begin(&j, tags);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &tag)) {
		buf_reset(&rest);
		json_pick(tag, key, v, 2, &rest);
		*plain = *plain && !rest.n && v[1].p && json_type_of(v[0]) == JSON_STRING;
		if (json_type_of(v[0]) != JSON_STRING)
			continue;
		if (!any) {
			jw_key(b, "property");
			jw_open(b, '{');
		}
		any = true;
		jw_key_raw(b, json_unquote(v[0]));
		jw_raw(b, v[1].p ? v[1] : SPAN("null"));
	}
	if (any)
		jw_close(b, '}');
	buf_release(&rest);
}

static void
write_private(struct buf *b, const struct span *v, int keep, bool tags, struct buf *rest)
{
	size_t begin = b->n, empty;

	jw_key(b, "supervisely");
	jw_open(b, '{');
	empty = b->n;
	if (rest->n)
		jw_raw(b, buf_span(rest));
	for (int i = POINTS; i <= NODES; i++) {
		bool used = i == POINTS
				? !span_is(v[TYPE], "\"bitmap\"") && !span_is(v[TYPE], "\"graph\"")
				: i == keep;

		if (v[i].p && (i == keep || !used))
			jw_member_raw(b, object_key[i], v[i]);
	}
	if (tags)
		jw_member_raw(b, "tags", v[TAGS]);
	if (b->n == empty)
		buf_cut(b, begin);
	else
		jw_close(b, '}');
}

static bool
give_object(struct reader *r, struct span raw, struct pos at)
{
	struct buf *b = &r->annotations, rest = BUF_INIT;
	struct span v[KEYS];
	size_t begin = b->n;
	bool plain, ok;
	int keep;

	buf_reset(&r->line);
	jw_compact(&r->line, raw);
	json_pick(buf_span(&r->line), object_key, v, KEYS, &rest);
	jw_open(b, '{');
	import_type(r->im, at, "classTitle", v[CLASS], JSON_STRING);
	import_type(r->im, at, "tags", v[TAGS], JSON_ARRAY);
	import_type(r->im, at, "labelerLogin", v[LOGIN], JSON_STRING);
	import_type(r->im, at, "createdAt", v[CREATED], JSON_STRING);
	import_type(r->im, at, "interior", json_member(v[POINTS], "interior"), JSON_ARRAY);
	if (json_type_of(v[CLASS]) == JSON_STRING)
		jw_member_raw(b, "name", v[CLASS]);
	if (v[ID].p)
		jw_member_raw(b, "id", v[ID]);
	ok = read_geometry(r, b, v, at, &keep);
	if (json_type_of(v[LOGIN]) == JSON_STRING)
		jw_member_raw(b, "annotated-by", v[LOGIN]);
	if (json_type_of(v[CREATED]) == JSON_STRING)
		jw_member_raw(b, "creation-time", v[CREATED]);
	write_tags(b, v[TAGS], &plain);
	write_private(b, v, keep, !plain, &rest);
	jw_close(b, '}');
	if (!ok)
		buf_cut(b, begin);
	buf_release(&rest);
	return ok;
}

/* A tag of the picture is a class of it; a value is its property. */
static uint64_t
give_tags(struct reader *r, struct span tags, struct pos at)
{
	static const char *const key[] = { "name", "value" };
	struct buf rest = BUF_INIT, *b = &r->annotations;
	struct span tag, v[2];
	struct json j;
	uint64_t n = 0;

	if (!import_type(r->im, at, "tags", tags, JSON_ARRAY) || json_type_of(tags) != JSON_ARRAY)
		return 0;
	json_begin(&j, tags);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &tag)) {
		if (!import_type(r->im, at, "tags", tag, JSON_OBJECT))
			continue;
		buf_reset(&r->line);
		jw_compact(&r->line, tag);
		buf_reset(&rest);
		json_pick(buf_span(&r->line), key, v, 2, &rest);
		if (!import_type(r->im, at, "name", v[0], JSON_STRING) ||
		    json_type_of(v[0]) != JSON_STRING)
			continue;
		jw_open(b, '{');
		jw_member_raw(b, "name", v[0]);
		if (v[1].p && json_type_of(v[1]) != JSON_NULL) {
			jw_key(b, "property");
			jw_open(b, '{');
			jw_member_raw(b, "value", v[1]);
			jw_close(b, '}');
		}
		if (rest.n) {
			jw_key(b, "supervisely");
			jw_open(b, '{');
			jw_raw(b, buf_span(&rest));
			jw_close(b, '}');
		}
		jw_close(b, '}');
		n++;
	}
	buf_release(&rest);
	return n;
}

static uint64_t
give_objects(struct reader *r, struct span objects, struct pos at)
{
	struct span raw;
	struct json j;
	uint64_t n = 0;

	json_begin_at(&j, objects, at.line, at.col);
	if (!json_array(&j))
		return 0;
	while (json_item(&j) && json_value(&j, &raw))
		n += give_object(r, raw, json_pos(&j, raw.p, r->file));
	return n;
}

/* "ds0" of "ds0/ann/x.jpg.json". */
static struct span
dataset_of(struct span path)
{
	struct span dir = find_dir(path);

	return span_is(path_base_span(dir), "ann") ? path_base_span(find_dir(dir)) : SPAN("");
}

static void
check_size(struct reader *r, struct span size, struct pos at)
{
	if (!import_type(r->im, at, "size", size, JSON_OBJECT))
		return;
	import_type(r->im, at, "width", json_member(size, "width"), JSON_NUMBER);
	import_type(r->im, at, "height", json_member(size, "height"), JSON_NUMBER);
}

static void
give_sample(struct reader *r, struct span path, struct span document, struct json *j)
{
	static const char *const key[] = { "size", "tags", "objects" };
	struct span v[3], source, height, width;
	struct buf *b = import_record(r->im), rest = BUF_INIT;
	struct picsize size;
	uint64_t n;

	json_pick(document, key, v, 3, &rest);
	source = pictures_beside(&r->pictures, path, "ann/", "img/", &size);
	check_size(r, v[0], v[0].p ? json_pos(j, v[0].p, r->file) : pos_file(r->file));
	width = json_member(v[0], "width");
	height = json_member(v[0], "height");
	if (!width.p || !num_parse(width, &r->width) || !height.p ||
	    !num_parse(height, &r->height)) {
		r->width = size.width;
		r->height = size.height;
	}
	buf_reset(&r->annotations);
	n = give_tags(r, v[1], v[1].p ? json_pos(j, v[1].p, r->file) : pos_file(r->file));
	n += give_objects(
	    r, v[2].p ? v[2] : SPAN("[]"), json_pos(j, v[2].p ? v[2].p : j->p, r->file));
	import_begin_sample(
	    b, source, find_id(path_stem(path), "ann", &r->scratch), r->width, r->height);
	split_write_usage(b, path);
	jw_key(b, "annotation");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&r->annotations));
	jw_close(b, ']');
	jw_key(b, "supervisely");
	jw_open(b, '{');
	if (dataset_of(path).n)
		jw_member_string(b, "dataset", dataset_of(path));
	if (rest.n)
		jw_compact(b, buf_span(&rest));
	jw_close(b, '}');
	jw_close(b, '}');
	import_sample(r->im, buf_span(b), n);
	buf_release(&rest);
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct span document;
	struct json j;

	r->im->files++;
	buf_reset(&r->text);
	if (!tree_read(r->im->tree, node, &r->text)) {
		r->im->bad_files++;
		return;
	}
	r->file = tree_name(r->im->tree, node);
	json_begin(&j, buf_span(&r->text));
	if (json_value(&j, &document) && json_end(&j) && json_type_of(document) == JSON_OBJECT &&
	    json_type_of(json_member(document, "objects")) == JSON_ARRAY) {
		json_begin(&j, buf_span(&r->text)); /* for positions */
		give_sample(r, span_str(node->path), document, &j);
		return;
	}
	r->im->bad_files++;
	if (j.error)
		json_error(&j, r->file);
	else
		error_at(pos_file(r->file), "supervisely",
		    "no annotation of Supervisely: it has no list \"objects\"");
}

static bool
is_annotation(const struct tree *t, const struct node *n)
{
	struct span path = span_str(n->path);

	return t->single ||
	       (path_has_ext(path, "json") && span_is(path_base_span(find_dir(path)), "ann"));
}

/* A class of meta.json: its title is the name. */
static void
write_class(struct reader *r, struct buf *b, struct span raw)
{
	static const char *const key[] = { "title" };
	struct buf rest = BUF_INIT;
	struct span v[1];

	if (!import_type(r->im, pos_file(r->file), "classes", raw, JSON_OBJECT))
		return;
	json_pick(raw, key, v, 1, &rest);
	import_type(r->im, pos_file(r->file), "title", v[0], JSON_STRING);
	if (json_type_of(v[0]) == JSON_STRING) {
		jw_open(b, '{');
		jw_member_raw(b, "name", v[0]);
		if (rest.n)
			jw_compact(b, buf_span(&rest));
		jw_close(b, '}');
	}
	buf_release(&rest);
}

static void
write_meta(struct reader *r, struct buf *b, struct span meta)
{
	static const char *const key[] = { "classes" };
	struct buf rest = BUF_INIT;
	struct span v[1], one;
	struct json j;

	if (!import_type(r->im, pos_file(r->file), "meta.json", meta, JSON_OBJECT))
		return;
	json_pick(meta, key, v, 1, &rest);
	import_type(r->im, pos_file(r->file), "classes", v[0], JSON_ARRAY);
	if (json_type_of(v[0]) == JSON_ARRAY) {
		jw_key(b, "classes");
		jw_open(b, '[');
		json_begin(&j, v[0]);
		json_array(&j);
		while (json_item(&j) && json_value(&j, &one))
			write_class(r, b, one);
		jw_close(b, ']');
	}
	if (rest.n) {
		jw_key(b, "supervisely");
		jw_open(b, '{');
		jw_compact(b, buf_span(&rest));
		jw_close(b, '}');
	}
	buf_release(&rest);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };
	const struct node *meta = NULL;
	struct buf *b;

	pictures_init(&r.pictures, im->tree);
	for (size_t i = 0; i < im->tree->n && !meta && !im->tree->single; i++)
		if (span_is(path_base_span(span_str(im->tree->node[i].path)), "meta.json"))
			meta = &im->tree->node[i];
	b = import_header(im);
	if (meta && tree_read(im->tree, meta, &r.text)) {
		r.file = tree_name(im->tree, meta);
		if (json_valid(buf_span(&r.text)))
			write_meta(&r, b, span_trim(buf_span(&r.text)));
		else
			error_at(pos_file(tree_name(im->tree, meta)), "json",
			    "it is no JSON; classes and tags are not known");
	}
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (is_annotation(im->tree, &im->tree->node[i]))
			read_file(&r, &im->tree->node[i]);
	pictures_release(&r.pictures);
	buf_release(&r.text);
	buf_release(&r.line);
	buf_release(&r.annotations);
	buf_release(&r.scratch);
}

static bool
looks_like(struct span head)
{
	return find_has(head, "\"objects\"") &&
	       (find_has(head, "\"classTitle\"") || find_has(head, "\"size\""));
}

static int
detect(const struct tree *t, struct buf *why)
{
	bool layout = false;

	for (size_t i = 0; i < t->n && !layout; i++)
		layout = is_annotation(t, &t->node[i]);
	return layout ? find_score(t, "json", looks_like, 85, "with \"objects\" in ann/", why) : 0;
}

/* ---- writing ---- */

struct writer {
	struct buf out, scratch, tags;
	struct corners box;
};

static void
begin(struct exporter *ex)
{
	ex->state = xcalloc(1, sizeof(struct writer));
}

static void
member_or(struct buf *b, const char *key, struct span v, const char *otherwise)
{
	jw_member_raw(b, key, v.p ? v : span_str(otherwise));
}

static void
write_points(struct buf *b, struct span exterior, struct span interior)
{
	jw_key(b, "points");
	jw_open(b, '{');
	jw_member_raw(b, "exterior", exterior);
	jw_member_raw(b, "interior", interior);
	jw_close(b, '}');
}

/* One polygon and the holes that follow it. */
static bool
write_polygon(
    const struct annotation *a, struct span *rest, struct span ring, size_t *index, struct buf *b)
{
	struct buf exterior = BUF_INIT, interior = BUF_INIT;
	struct span ahead = *rest, hole;
	bool ok = coords_pair(&exterior, ring, 2) > 0;

	jw_open(&interior, '[');
	while (coords_ring(&ahead, &hole) && coords_is_hole(a, *index)) {
		coords_pair(&interior, hole, 2);
		*rest = ahead;
		++*index;
	}
	jw_close(&interior, ']');
	jw_member_str(b, "geometryType", "polygon");
	write_points(b, buf_span(&exterior), buf_span(&interior));
	buf_release(&exterior);
	buf_release(&interior);
	return ok;
}

static bool
write_list(struct buf *b, const char *type, struct span flat, size_t stride)
{
	struct buf exterior = BUF_INIT;
	bool ok = coords_pair(&exterior, flat, stride) > 0;

	if (ok) {
		jw_member_str(b, "geometryType", type);
		write_points(b, buf_span(&exterior), SPAN("[]"));
	}
	buf_release(&exterior);
	return ok;
}

static bool
write_bitmap(const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct span kept = json_member(ann_member(a, "supervisely"), "bitmap");
	struct buf again = BUF_INIT, packed = BUF_INIT, text = BUF_INIT;
	uint32_t box[4];
	bool same = kept.p && bitmap_to_rle(&again, kept, s->width, s->height) &&
		    rle_same(buf_span(&again), a->v[ANN_RLE]),
	     ok = same;

	jw_member_str(b, "geometryType", "bitmap");
	buf_reset(&again);
	if (same) {
		jw_member_raw(b, "bitmap", kept);
	} else if ((ok = mask_rle_to_png(&again, a->v[ANN_RLE], box, true))) {
		zlib_deflate(&packed, buf_span(&again));
		base64_encode(&text, buf_span(&packed));
		jw_key(b, "bitmap");
		jw_open(b, '{');
		jw_member_string(b, "data", buf_span(&text));
		buf_addf(b, ",\"origin\":[%u,%u]", box[0], box[1]);
		jw_close(b, '}');
	}
	buf_release(&again);
	buf_release(&packed);
	buf_release(&text);
	return ok;
}

/* The nodes that came, when they are where the keypoints are; else numbered ones. */
static bool
write_nodes(const struct annotation *a, struct buf *b)
{
	struct span kept = json_member(ann_member(a, "supervisely"), "nodes"), *v;
	size_t n = number_texts(a->v[ANN_KEYPOINTS], NULL, 0);
	struct buf again = BUF_INIT, want = BUF_INIT;

	if (n == SIZE_MAX || n % 3)
		return false;
	jw_member_str(b, "geometryType", "graph");
	jw_key(&want, "keypoints");
	jw_raw(&want, a->v[ANN_KEYPOINTS]);
	if (kept.p && read_nodes(&again, kept) && span_eq(buf_span(&again), buf_span(&want))) {
		jw_member_raw(b, "nodes", kept);
	} else {
		v = xreallocarray(NULL, n + 1, sizeof(*v));
		number_texts(a->v[ANN_KEYPOINTS], v, n);
		jw_key(b, "nodes");
		jw_open(b, '{');
		for (size_t i = 0; i < n; i += 3) {
			jw_raw(b, SPAN(""));
			buf_addf(b, "\"%zu\":{\"loc\":[%.*s,%.*s]}", i / 3, SPAN_ARG(v[i]),
			    SPAN_ARG(v[i + 1]));
		}
		jw_close(b, '}');
		free(v);
	}
	buf_release(&again);
	buf_release(&want);
	return true;
}

/* The points of a rectangle that came with it, when they still are its box. */
static bool
write_box(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct span kept =
	    json_member(json_member(ann_member(a, "supervisely"), "points"), "exterior");
	struct writer *w = ex->state;
	struct buf made = BUF_INIT, again = BUF_INIT;
	struct span c[4];
	bool same;

	if (!coords_box(ex, s, a, &w->box))
		return false;
	make_rectangle(&made, w->box.v);
	buf_reset(&w->scratch);
	same = kept.p && coords_flatten(&w->scratch, kept, NULL) == 2 &&
	       number_texts(buf_span(&w->scratch), c, 4) == 4 && write_rectangle(&again, c) &&
	       span_ends(buf_span(&again), a->v[ANN_BBOX]);
	jw_member_str(b, "geometryType", "rectangle");
	write_points(b, same ? kept : buf_span(&made), SPAN("[]"));
	buf_release(&made);
	buf_release(&again);
	return true;
}

/* Geometry of anything but polygons. */
static bool
write_geometry(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	double r[5], p[8];

	if (a->v[ANN_RLE].p)
		return write_bitmap(s, a, b);
	if (a->v[ANN_POLYLINE].p || a->v[ANN_LINE].p)
		return write_list(
		    b, "line", a->v[a->v[ANN_POLYLINE].p ? ANN_POLYLINE : ANN_LINE], 2);
	if (a->v[ANN_POINT].p)
		return write_list(b, "point", a->v[ANN_POINT], 2);
	if (a->v[ANN_KEYPOINTS].p)
		return write_nodes(a, b);
	if (json_numbers(a->v[ANN_RBOX], r, 5) == 5 && !ann_is_ratio(a)) {
		struct buf flat = BUF_INIT;
		bool ok;

		rbox_corners(r, p);
		jw_open(&flat, '[');
		for (int i = 0; i < 8; i++) {
			jw_raw(&flat, SPAN(""));
			coord_number(&flat, ex->opt, p[i]);
		}
		jw_close(&flat, ']');
		ok = write_list(b, "polygon", buf_span(&flat), 2);
		buf_release(&flat);
		return ok;
	}
	return write_box(ex, s, a, b);
}

/* {"a":1} as [{"name":"a","value":1}]; the tags that came, when they say the same. */
static void
write_property(struct buf *b, const struct annotation *a)
{
	struct span kept = json_member(ann_member(a, "supervisely"), "tags"), key, value;
	struct buf again = BUF_INIT, want = BUF_INIT;
	struct json j;
	bool plain;

	jw_key(b, "tags");
	write_tags(&again, kept, &plain);
	if (a->v[ANN_PROPERTY].p) {
		jw_key(&want, "property");
		jw_raw(&want, a->v[ANN_PROPERTY]);
	}
	if (kept.p && span_eq(buf_span(&again), buf_span(&want))) {
		jw_raw(b, kept);
	} else {
		jw_open(b, '[');
		json_begin(&j, a->v[ANN_PROPERTY].p ? a->v[ANN_PROPERTY] : SPAN("{}"));
		for (json_object(&j); json_key(&j, &key) && json_value(&j, &value);) {
			jw_open(b, '{');
			jw_key(b, "name");
			jw_raw_string(b, key);
			jw_member_raw(b, "value", value);
			jw_close(b, '}');
		}
		jw_close(b, ']');
	}
	buf_release(&again);
	buf_release(&want);
}

/* Members that no one here knows. */
static void
write_rest(struct buf *b, struct span private, const char *const *known, size_t n)
{
	struct buf rest = BUF_INIT;
	struct span v[8];

	json_pick(private, known, v, n, &rest);
	if (rest.n)
		jw_raw(b, buf_span(&rest));
	buf_release(&rest);
}

/* What goes with a shape; closes the object. */
static void
finish_object(const struct annotation *a, struct buf *b)
{
	static const char *const known[] = { "points", "bitmap", "nodes", "tags" };
	struct span private = ann_member(a, "supervisely"), points = json_member(private, "points");
	struct span bitmap = json_member(private, "bitmap");

	if (points.p && (a->v[ANN_RLE].p || a->v[ANN_KEYPOINTS].p))
		jw_member_raw(b, "points", points);
	if (bitmap.p && !a->v[ANN_RLE].p)
		jw_member_raw(b, "bitmap", bitmap);
	if (a->v[ANN_ID].p)
		jw_member_raw(b, "id", a->v[ANN_ID]);
	if (a->v[ANN_ANNOTATED_BY].p)
		jw_member_raw(b, "labelerLogin", a->v[ANN_ANNOTATED_BY]);
	if (a->v[ANN_CREATION_TIME].p)
		jw_member_raw(b, "createdAt", a->v[ANN_CREATION_TIME]);
	write_property(b, a);
	write_rest(b, private, known, ARRAY_LEN(known));
	jw_close(b, '}');
}

static void
open_object(const struct annotation *a, struct buf *b)
{
	jw_open(b, '{');
	member_or(b, "classTitle", a->v[ANN_NAME], "\"\"");
}

static bool
write_object(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct span rest = a->v[ANN_POLYGON], ring;
	size_t begin = b->n, i = 0;
	bool any = false;

	if (coords_bbox_differs(a))
		export_loss(ex, s, "annotation.bbox", 1);
	if (json_type_of(rest) != JSON_ARRAY) {
		open_object(a, b);
		if (!write_geometry(ex, s, a, b)) {
			buf_cut(b, begin);
			return false;
		}
		finish_object(a, b);
		return true;
	}
	while (coords_ring(&rest, &ring)) {
		i++;
		if (coords_is_hole(a, i - 1))
			continue; /* of nothing */
		if (any && !coords_is_hole(a, i - 1))
			export_loss(ex, s, "annotation.polygon-parts", 1);
		begin = b->n;
		open_object(a, b);
		if (write_polygon(a, &rest, ring, &i, b)) {
			finish_object(a, b);
			any = true;
		} else {
			buf_cut(b, begin);
		}
	}
	return any;
}

/* Classes of the picture. */
static void
write_tag(const struct annotation *a, struct buf *b)
{
	struct span value = json_member(a->v[ANN_PROPERTY], "value");

	jw_open(b, '{');
	jw_member_raw(b, "name", a->v[ANN_NAME]);
	member_or(b, "value", value, "null");
	write_rest(b, ann_member(a, "supervisely"), NULL, 0);
	jw_close(b, '}');
}

static void
write_size(struct buf *b, const struct sample *s)
{
	jw_key(b, "size");
	jw_open(b, '{');
	jw_key(b, "height");
	jw_number(b, s->height);
	jw_key(b, "width");
	jw_number(b, s->width);
	jw_close(b, '}');
}

static uint64_t
write_document(struct exporter *ex, struct sample *s, struct buf *b)
{
	static const char *const known[] = { "dataset" };
	struct writer *w = ex->state;
	struct buf objects = BUF_INIT, pixels = BUF_INIT;
	uint64_t written = 0;

	buf_reset(&w->tags);
	for (size_t i = 0; i < s->n; i++) {
		struct annotation a;

		if (!coords_pixels(ex, s, &s->ann[i], &a, &pixels))
			continue;
		if (!ann_has_shape(&a) && a.v[ANN_NAME].p) {
			write_tag(&a, &w->tags);
			written++;
		} else {
			written += write_object(ex, s, &a, &objects);
		}
	}
	buf_release(&pixels);
	jw_open(b, '{');
	write_rest(b, rec_member(s->rec, "supervisely"), known, 1);
	write_size(b, s);
	jw_key(b, "tags");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&w->tags));
	jw_close(b, ']');
	jw_key(b, "objects");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&objects));
	jw_close(b, ']');
	jw_close(b, '}');
	buf_release(&objects);
	return written;
}

/* DATASET: what it came from, unless its split is another one now; else the split. */
static void
dataset_dir(struct exporter *ex, const struct sample *s, struct buf *dir)
{
	struct span kept = json_member(rec_member(s->rec, "supervisely"), "dataset");
	struct writer *w = ex->state;
	struct span name = json_value_text(kept, &w->scratch);
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);
	int split = split_of(ex, s);
	const char *said;

	buf_addspan(dir, name);
	buf_addc(dir, '/');
	said = split_of_path(buf_span(dir));
	buf_reset(dir);
	if (name.n && !memchr(name.p, '/', name.n) && name.p[0] != '.' &&
	    (!usage.n || (said && span_is(usage, said))))
		buf_addspan(dir, name);
	else
		buf_adds(dir, split ? split_dir(split) : "dataset");
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct buf dir = BUF_INIT, img = BUF_INIT, member = BUF_INIT, b = BUF_INIT;
	struct writer *w = ex->state;
	struct span picture;

	if (!export_size(ex, s))
		export_loss(ex, s, "sample.size-unknown", 1);
	dataset_dir(ex, s, &dir);
	buf_addf(&img, "%s/img", buf_str(&dir));
	picture = export_picture(ex, s, buf_str(&img), export_stem(ex, s, buf_str(&img)));
	buf_addf(&member, "%s/ann/%.*s.json", buf_str(&dir), SPAN_ARG(picture));
	export_unwritten(ex, s, write_document(ex, s, &b));
	buf_reset(&w->out);
	jw_indent(&w->out, buf_span(&b), 4);
	export_file(ex, buf_span(&member), buf_span(&w->out));
	buf_release(&dir);
	buf_release(&img);
	buf_release(&member);
	buf_release(&b);
}

/* A class as meta.json has it: shape and colour are needed. */
static void
put_class(struct buf *b, const struct class_def *c)
{
	static const char *const key[] = { "name", "shape", "color" };
	struct buf rest = BUF_INIT;
	struct span v[3];

	json_pick(span_str(c->raw), key, v, 3, &rest);
	jw_open(b, '{');
	jw_member_string(b, "title", span_str(c->name));
	member_or(b, "shape", json_type_of(v[1]) == JSON_STRING ? v[1] : SPAN_NONE, "\"any\"");
	if (json_type_of(v[2]) == JSON_STRING) {
		jw_member_raw(b, "color", v[2]);
	} else {
		jw_key(b, "color");
		buf_addf(
		    b, "\"#%06x\"", (unsigned)(hash_bytes(c->name, strlen(c->name)) & 0xffffff));
	}
	if (rest.n)
		jw_raw(b, buf_span(&rest));
	jw_close(b, '}');
	buf_release(&rest);
}

static void
finish(struct exporter *ex)
{
	struct span kept = dataset_member(&ex->dataset, "supervisely");
	struct writer *w = ex->state;
	struct buf b = BUF_INIT;

	jw_open(&b, '{');
	jw_key(&b, "classes");
	jw_open(&b, '[');
	for (size_t i = 0; i < ex->dataset.n; i++)
		put_class(&b, &ex->dataset.classes[i]);
	jw_close(&b, ']');
	if (!json_member(kept, "tags").p)
		jw_member_raw(&b, "tags", SPAN("[]"));
	write_rest(&b, kept, NULL, 0);
	jw_close(&b, '}');
	buf_reset(&w->out);
	jw_indent(&w->out, buf_span(&b), 4);
	export_file(ex, SPAN("meta.json"), buf_span(&w->out));
	buf_release(&b);
	buf_release(&w->out);
	buf_release(&w->scratch);
	buf_release(&w->tags);
	corners_release(&w->box);
	free(w);
	ex->state = NULL;
}

static const struct label_writer writer = {
	.needs_classes = true,
	.begin = begin,
	.sample = write_sample,
	.finish = finish,
};

const struct label_format label_supervisely = {
	.name = "supervisely",
	.aliases = "sly",
	.title = "Supervisely: a project with a JSON file a picture in DATASET/ann",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_RLE) |
		 HOLDS(ANN_KEYPOINTS) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) |
		 HOLDS(ANN_NAME) | HOLDS(ANN_ID) | HOLDS(ANN_ANNOTATED_BY) |
		 HOLDS(ANN_CREATION_TIME) | HOLDS(ANN_PROPERTY) | HOLDS_PARTS | HOLDS_HOLES |
		 HOLDS_CLASS | HOLDS_CLASSES | HOLDS_NEGATIVE | HOLDS_SIZE | HOLDS_USAGE |
		 HOLDS_CLASS_LIST | HOLDS_INFO,
	.keeps = "supervisely|corners|holes",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
