/* Reading Supervisely: see supervisely.c. */
#include "label/supervisely.h"

#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/splits.h"
#include "label/recode.h"

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

/* *keep: the points would not come back as they are. */
static bool
read_rectangle(struct reader *r, struct buf *b, struct span exterior, bool *keep)
{
	struct buf again = BUF_INIT;
	struct span c[4], v[4], box;
	size_t at = b->n;

	buf_reset(&r->scratch);
	if (coords_flatten(&r->scratch, exterior, NULL) != 2 ||
	    number_texts(buf_span(&r->scratch), c, 4) != 4 || !supervisely_write_rectangle(b, c))
		return false;
	box = span_of(memchr(b->p + at, '[', b->n - at), b->p + b->n);
	number_texts(box, v, 4);
	supervisely_make_rectangle(&again, v);
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
		return supervisely_bitmap_to_rle(b, v[BITMAP], r->width, r->height) ||
		       bad(r, at,
			   "a bitmap needs data (a PNG in zlib in base64) and origin, and "
			   "the picture a size");
	}
	if (span_is(type, "graph")) {
		*keep = NODES;
		return supervisely_read_nodes(b, v[NODES]) ||
		       bad(r, at, "a graph needs nodes with loc");
	}
	return bad(r, at,
	    "unknown geometryType; it may be polygon, rectangle, line, point, bitmap, graph");
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
			jw_member_raw(b, supervisely_object_key[i], v[i]);
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
	json_pick(buf_span(&r->line), supervisely_object_key, v, KEYS, &rest);
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
	supervisely_write_tags(b, v[TAGS], &plain);
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

/* Without a byte order mark. */
static struct span
without_mark(struct span text)
{
	return span_starts(text, SPAN("\xef\xbb\xbf")) ? span_of(text.p + 3, text.p + text.n)
						       : text;
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
	    !num_parse(height, &r->height) || !(r->width > 0 && r->height > 0)) {
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
	import_sample(r->im, pos_file(r->file), buf_span(b), n);
	buf_release(&rest);
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct span document;
	struct json j;

	r->im->files++;
	buf_reset(&r->text);
	if (!recode_read(r->im, node, &r->text)) {
		r->im->bad_files++;
		return;
	}
	r->file = tree_name(r->im->tree, node);
	json_begin(&j, without_mark(buf_span(&r->text)));
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

void
supervisely_read(struct importer *im)
{
	struct reader r = { .im = im };
	const struct node *meta = NULL;
	struct buf *b;

	pictures_init(&r.pictures, im->tree);
	for (size_t i = 0; i < im->tree->n && !meta && !im->tree->single; i++)
		if (span_is(path_base_span(span_str(im->tree->node[i].path)), "meta.json"))
			meta = &im->tree->node[i];
	b = import_header(im);
	if (meta && recode_read(im, meta, &r.text)) {
		r.file = tree_name(im->tree, meta);
		im->files++;
		if (json_valid(without_mark(buf_span(&r.text))))
			write_meta(&r, b, span_trim(without_mark(buf_span(&r.text))));
		else
			error_at(pos_file(tree_name(im->tree, meta)), "json",
			    "it is no JSON; classes and tags are not known");
	}
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (supervisely_is_annotation(im->tree, &im->tree->node[i]))
			read_file(&r, &im->tree->node[i]);
	pictures_release(&r.pictures);
	buf_release(&r.text);
	buf_release(&r.line);
	buf_release(&r.annotations);
	buf_release(&r.scratch);
}
