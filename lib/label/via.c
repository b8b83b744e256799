/*
 * VGG Image Annotator (VIA) 1 and 2: the JSON of regions, and the project around it.
 *
 *	{"a.jpg4711":{"filename":"a.jpg","size":4711,"regions":[...],"file_attributes":{}}}
 *
 * The key is file name and size in bytes (-1: not known). A region has shape_attributes (rect, circle,
 * ellipse, polygon, polyline, point; pixels from the top left corner, far edges outside; theta in
 * radians) and region_attributes, free ones, of which one is the class: the attribute
 * that the project defines when it is the only one, else the one called class, label, name, type,
 * category or object. In version 1 `regions` is an object with numbers as keys.
 *
 * The rest of a project is the member "via" of the header, size and file_attributes that of a
 * sample, unknown members that of an annotation.
 */
#include "label/via.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/splits.h"

/* ---- regions: reading ---- */

struct span
via_class_key(struct span attributes, struct span wanted)
{
	static const char *const usual[] = { "class", "label", "name", "type", "category",
		"object" };
	size_t best = ARRAY_LEN(usual), n = 0;
	struct span key, value, found = SPAN_NONE, only = SPAN_NONE;
	struct json j;

	if (json_type_of(attributes) != JSON_OBJECT)
		return SPAN_NONE;
	json_begin(&j, attributes);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (json_type_of(value) != JSON_STRING)
			continue;
		if (wanted.n && span_eq(key, wanted))
			return key;
		only = key;
		n++;
		for (size_t i = 0; i < best; i++)
			if (strlen(usual[i]) == key.n && strncasecmp(usual[i], key.p, key.n) == 0) {
				found = key;
				best = i;
			}
	}
	return found.p ? found : n == 1 ? only : SPAN_NONE;
}

/* Members of an object but one, on one line; nothing when there are none. */
static void
others(struct buf *b, struct span object, struct span drop)
{
	struct span key, value;
	struct json j;

	if (json_type_of(object) != JSON_OBJECT)
		return;
	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (drop.p && span_eq(key, drop))
			continue;
		jw_raw(b, b->n ? SPAN("") : SPAN("{"));
		jw_key_raw(b, key);
		jw_compact(b, value);
	}
	if (b->n)
		jw_close(b, '}');
}

static bool
flat_member(struct buf *b, const char *key, const struct span *v, size_t n)
{
	jw_key(b, key);
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++)
		if (!write_number_text(b, v[i]))
			return false;
	jw_close(b, ']');
	return true;
}

/* x and y lists of one length as one flat list. */
static bool
read_points(struct buf *b, struct span xs, struct span ys)
{
	size_t n = number_texts(xs, NULL, 0);
	struct span *x, *y;

	if (n == SIZE_MAX || number_texts(ys, NULL, 0) != n)
		return false;
	x = xreallocarray(NULL, n + 1, sizeof(*x));
	y = xreallocarray(NULL, n + 1, sizeof(*y));
	number_texts(xs, x, n);
	number_texts(ys, y, n);
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++) {
		jw_raw(b, x[i]);
		jw_raw(b, y[i]);
	}
	jw_close(b, ']');
	free(x);
	free(y);
	return true;
}

enum { NAME, X, Y, WIDTH, HEIGHT, CX, CY, R, RX, RY, THETA, ALL_X, ALL_Y, SHAPE_KEYS };

static const char *const shape_key[SHAPE_KEYS] = { "name", "x", "y", "width", "height", "cx", "cy",
	"r", "rx", "ry", "theta", "all_points_x", "all_points_y" };

static bool
read_ellipse(struct buf *b, const struct span *v)
{
	struct span e[5] = { v[CX], v[CY], v[RX], v[RY], SPAN("0") };
	struct buf degrees = BUF_INIT;
	double theta = 0;
	bool ok;

	if (v[THETA].p && !num_parse(v[THETA], &theta))
		return false;
	num_add(&degrees, theta * (180 / M_PI));
	e[4] = buf_span(&degrees);
	ok = coords_write_ellipse(b, e);
	buf_release(&degrees);
	return ok;
}

static bool
read_shape(struct buf *b, const struct span *v, const char **why)
{
	struct span name = json_unquote(v[NAME]);
	bool ok;

	*why = "the shape lacks a number";
	if (span_is(name, "rect"))
		return flat_member(b, "bbox", v + X, 4);
	if (span_is(name, "circle"))
		return flat_member(b, "circle", v + CX, 3);
	if (span_is(name, "point"))
		return flat_member(b, "point", v + CX, 2);
	if (span_is(name, "ellipse"))
		return read_ellipse(b, v);
	*why = "all_points_x and all_points_y must be lists of one length";
	if (span_is(name, "polyline")) {
		jw_key(b, "polyline");
		return read_points(b, v[ALL_X], v[ALL_Y]);
	}
	if (span_is(name, "polygon")) {
		jw_key(b, "polygon");
		jw_open(b, '[');
		ok = read_points(b, v[ALL_X], v[ALL_Y]);
		jw_close(b, ']');
		return ok;
	}
	*why = "unknown shape; VIA has rect, circle, ellipse, polygon, polyline, point";
	return false;
}

/* {"KEY":"class", others}: what is written of a class and a property. */
static void
join_attributes(struct buf *b, struct span key, struct span name, struct span property)
{
	jw_open(b, '{');
	if (name.p) {
		jw_key_raw(b, key);
		jw_raw(b, name);
	}
	if (json_type_of(property) == JSON_OBJECT && property.n > 2)
		jw_raw(b, span_of(property.p + 1, property.p + property.n - 1));
	jw_close(b, '}');
}

/* What would not come back of itself: unknown members of the shape, attributes in another order. */
static void
write_private(struct buf *b, struct span rest, struct span raw, struct span again)
{
	bool same = span_eq(raw, again);

	if (same && !rest.n)
		return;
	jw_key(b, "via");
	jw_open(b, '{');
	if (rest.n)
		jw_compact(b, rest);
	if (!same)
		jw_member_raw(b, "region_attributes", raw);
	jw_close(b, '}');
}

bool
via_read_region(struct buf *b, struct span shape, struct span attributes, struct span class_key,
    const char **why)
{
	struct buf rest = BUF_INIT, raw = BUF_INIT, again = BUF_INIT, property = BUF_INIT;
	struct span v[SHAPE_KEYS], key, name = SPAN_NONE;
	size_t begin = b->n;
	bool ok;

	jw_compact(&raw, json_type_of(attributes) == JSON_OBJECT ? attributes : SPAN("{}"));
	key = via_class_key(buf_span(&raw), class_key);
	if (key.p) {
		struct json j;

		json_begin(&j, span_of(key.p + key.n + 2, raw.p + raw.n));
		json_value(&j, &name);
	}
	json_pick(shape, shape_key, v, SHAPE_KEYS, &rest);
	jw_open(b, '{');
	if (name.p)
		jw_member_raw(b, "name", name);
	ok = read_shape(b, v, why);
	others(&property, buf_span(&raw), key);
	if (property.n)
		jw_member_raw(b, "property", buf_span(&property));
	join_attributes(&again, class_key.n ? class_key : SPAN("class"), name, buf_span(&property));
	write_private(b, buf_span(&rest), buf_span(&raw), buf_span(&again));
	jw_close(b, '}');
	if (!ok)
		buf_cut(b, begin);
	buf_release(&rest);
	buf_release(&raw);
	buf_release(&again);
	buf_release(&property);
	return ok;
}

/* ---- regions: writing ---- */

/* Every second element of a flat list, from `first` on. */
static void
write_every_second(struct buf *b, const char *key, struct span flat, size_t first)
{
	size_t n = number_texts(flat, NULL, 0);
	struct span *v;

	jw_key(b, key);
	jw_open(b, '[');
	if (n != SIZE_MAX) {
		v = xreallocarray(NULL, n + 1, sizeof(*v));
		number_texts(flat, v, n);
		for (size_t i = first; i < n; i += 2)
			jw_raw(b, v[i]);
		free(v);
	}
	jw_close(b, ']');
}

static void
write_points(struct buf *b, const char *name, struct span flat)
{
	jw_member_str(b, "name", name);
	write_every_second(b, "all_points_x", flat, 0);
	write_every_second(b, "all_points_y", flat, 1);
}

static void
write_numbers(struct buf *b, const char *name, int first, const struct span *v, int n)
{
	jw_member_str(b, "name", name);
	for (int i = 0; i < n; i++)
		jw_member_raw(b, shape_key[first + i], v[i]);
}

static void
write_ellipse(struct buf *b, const struct span e[5])
{
	double degrees = 0;

	write_numbers(b, "ellipse", CX, e, 2);
	jw_member_raw(b, "rx", e[2]);
	jw_member_raw(b, "ry", e[3]);
	jw_key(b, "theta");
	num_parse(e[4], &degrees);
	jw_number(b, degrees * (M_PI / 180));
}

/* The geometry as members of shape_attributes. */
static bool
write_shape(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct buf *b)
{
	struct corners box = { .b = BUF_INIT };
	struct span v[5];
	bool ok = true;

	if (coords_ellipse(a, v))
		write_ellipse(b, v);
	else if (ring.p && number_texts(ring, NULL, 0) % 2)
		ok = false;
	else if (ring.p)
		write_points(b, "polygon", ring);
	else if (number_texts(a->v[ANN_CIRCLE], v, 3) == 3)
		write_numbers(b, "circle", CX, v, 3);
	else if (number_texts(a->v[ANN_POINT], v, 2) == 2)
		write_numbers(b, "point", CX, v, 2);
	else if (a->v[ANN_POLYLINE].p || a->v[ANN_LINE].p)
		write_points(b, "polyline", a->v[a->v[ANN_POLYLINE].p ? ANN_POLYLINE : ANN_LINE]);
	else if ((ok = coords_box(ex, s, a, &box)))
		write_numbers(b, "rect", X, box.v, 4);
	corners_release(&box);
	return ok;
}

/* The attributes as they came, when they still say class and property. */
static struct span
kept_attributes(const struct annotation *a, struct span private, struct span class_key)
{
	struct span raw = json_member(private, "region_attributes"), key, name = SPAN_NONE;
	struct buf property = BUF_INIT;
	struct json j;
	bool same;

	if (!raw.p)
		return SPAN_NONE;
	key = via_class_key(raw, class_key);
	if (key.p) {
		json_begin(&j, span_of(key.p + key.n + 2, raw.p + raw.n));
		json_value(&j, &name);
	}
	others(&property, raw, key);
	same = span_eq(name, a->v[ANN_NAME]) && span_eq(buf_span(&property), a->v[ANN_PROPERTY]);
	buf_release(&property);
	return same ? raw : SPAN_NONE;
}

bool
via_write_region(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct span class_key, struct buf *shape, struct buf *attributes)
{
	static const char *const known[] = { "region_attributes" };
	struct span private = ann_member(a, "via"), kept, v[1];
	struct buf rest = BUF_INIT;

	jw_open(shape, '{');
	if (!write_shape(ex, s, a, ring, shape))
		return false;
	json_pick(private, known, v, 1, &rest);
	if (rest.n)
		jw_raw(shape, buf_span(&rest));
	buf_release(&rest);
	jw_close(shape, '}');
	kept = kept_attributes(a, private, class_key);
	if (kept.p)
		buf_addspan(attributes, kept);
	else
		join_attributes(attributes, class_key, a->v[ANN_NAME], a->v[ANN_PROPERTY]);
	return true;
}

/* ---- files: reading ---- */

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct buf text, class_key, annotations, id, name;
	struct strmap seen; /* source -> hash of the entry */
	const char *file;
	uint64_t again;
};

static bool
load(struct reader *r, const struct node *node)
{
	buf_reset(&r->text);
	if (!tree_read(r->im->tree, node, &r->text))
		return false;
	if (span_starts(buf_span(&r->text), SPAN("\xef\xbb\xbf")))
		memmove(r->text.p, r->text.p + 3, r->text.n -= 3);
	r->file = tree_name(r->im->tree, node);
	return true;
}

/* The regions of one picture: a list, or in version 1 an object. False at the end. */
static bool
next_region(struct json *j, bool map, struct span *raw)
{
	struct span key;

	if (!(map ? json_key(j, &key) : json_item(j)))
		return false;
	return json_value(j, raw);
}

static uint64_t
give_regions(struct reader *r, struct span regions, struct pos at)
{
	static const char *const keys[] = { "shape_attributes", "region_attributes" };
	bool map = json_type_of(regions) == JSON_OBJECT;
	struct span raw, v[2];
	const char *why;
	struct json j;
	uint64_t n = 0;

	if (!map && !import_type(r->im, at, "regions", regions, JSON_ARRAY))
		return 0;
	json_begin_at(&j, regions, at.line, at.col);
	if (!(map ? json_object(&j) : json_array(&j)))
		return 0;
	while (next_region(&j, map, &raw)) {
		json_pick(raw, keys, v, 2, NULL);
		import_type(
		    r->im, json_pos(&j, raw.p, r->file), "region_attributes", v[1], JSON_OBJECT);
		if (via_read_region(&r->annotations, v[0], v[1], buf_span(&r->class_key), &why)) {
			n++;
			continue;
		}
		error_at(json_pos(&j, raw.p, r->file), "via-region", "%s", why);
		r->im->bad_annotations++;
	}
	return n;
}

/* Was this picture given before, word for word? */
static bool
given_before(struct reader *r, struct span source, struct span raw, struct pos at)
{
	uint64_t hash = hash_bytes(raw.p, raw.n);
	bool is_new;
	struct strmap_entry *e = strmap_put(&r->seen, source, hash, &is_new);

	if (is_new)
		return false;
	if (e->value == hash) {
		r->again++;
		return true;
	}
	warning_at(at, "via-twice", "this picture was there before, with other regions");
	return false;
}

/* Size, file attributes and what is not known. */
static void
write_sample_private(struct buf *b, const struct span *v, struct buf *rest, bool map)
{
	jw_key(b, "via");
	jw_open(b, '{');
	if (v[1].p)
		jw_member_raw(b, "size", v[1]);
	if (v[3].p && v[3].n > 2) {
		jw_key(b, "file_attributes");
		jw_compact(b, v[3]);
	}
	if (map)
		jw_member_bool(b, "map", true);
	if (rest->n)
		jw_compact(b, buf_span(rest));
	jw_close(b, '}');
}

static void
give_picture(struct reader *r, struct span raw, struct span dir, struct json *j)
{
	static const char *const keys[] = { "filename", "size", "regions", "file_attributes" };
	struct span v[4], name, source;
	struct pos at = json_pos(j, raw.p, r->file);
	struct buf *b = import_record(r->im), rest = BUF_INIT;
	struct picsize size;
	uint64_t n;

	json_pick(raw, keys, v, 4, &rest);
	name = json_value_text(v[0], &r->name);
	if (!name.n) {
		error_at(at, "via", "a picture needs \"filename\"");
		r->im->bad_samples++;
		buf_release(&rest);
		return;
	}
	source = pictures_source(&r->pictures, dir, name, &size);
	if (!given_before(r, source, raw, at)) {
		buf_reset(&r->annotations);
		n = give_regions(r, v[2], v[2].p ? json_pos(j, v[2].p, r->file) : at);
		buf_reset(&r->id);
		path_join(&r->id, dir, name);
		import_begin_sample(
		    b, source, path_stem(buf_span(&r->id)), size.width, size.height);
		split_write_usage(b, buf_span(&r->id));
		jw_key(b, "annotation");
		jw_open(b, '[');
		buf_addspan(b, buf_span(&r->annotations));
		jw_close(b, ']');
		write_sample_private(b, v, &rest, json_type_of(v[2]) == JSON_OBJECT);
		jw_close(b, '}');
		import_sample(r->im, buf_span(b), n);
	}
	buf_release(&rest);
}

/* All pictures of a file: its top level, or _via_img_metadata of a project. */
static void
read_file(struct reader *r, const struct node *node)
{
	struct span key, raw, dir = find_dir(span_str(node->path));
	bool project;
	struct json j;

	r->im->files++;
	if (!load(r, node)) {
		r->im->bad_files++;
		return;
	}
	project = json_member(buf_span(&r->text), "_via_img_metadata").p != NULL;
	json_begin(&j, buf_span(&r->text));
	if (json_object(&j))
		while (json_key(&j, &key)) {
			if (project && span_is(key, "_via_img_metadata") && json_object(&j)) {
				while (json_key(&j, &key) && json_value(&j, &raw))
					give_picture(r, raw, dir, &j);
			} else if (project) {
				json_skip(&j);
			} else if (json_value(&j, &raw)) {
				give_picture(r, raw, dir, &j);
			}
		}
	if (!json_end(&j)) {
		json_error(&j, r->file);
		r->im->bad_files++;
	}
}

/* The attribute that the project says, or that the first region with one has. */
static void
find_class_key(struct reader *r, struct span project)
{
	struct span defined = json_member(json_member(project, "_via_attributes"), "region");
	struct span key = SPAN_NONE;
	struct span pictures = json_member(project, "_via_img_metadata"), raw, regions, region;
	struct json j, k;
	size_t n = 0;

	buf_reset(&r->class_key);
	if (json_type_of(defined) == JSON_OBJECT) {
		json_begin(&j, defined);
		for (json_object(&j); json_key(&j, &raw) && json_skip(&j); n++)
			key = raw;
	}
	if (n == 1)
		buf_addspan(&r->class_key, key);
	json_begin(&j, pictures.p ? pictures : project);
	if (!json_object(&j))
		return;
	while (!r->class_key.n && json_key(&j, &raw) && json_value(&j, &raw)) {
		bool map;

		regions = json_member(raw, "regions");
		map = json_type_of(regions) == JSON_OBJECT;
		json_begin(&k, regions);
		if (!(map || json_type_of(regions) == JSON_ARRAY) ||
		    !(map ? json_object(&k) : json_array(&k)))
			continue;
		while (!r->class_key.n && next_region(&k, map, &region))
			buf_addspan(&r->class_key,
			    via_class_key(json_member(region, "region_attributes"), SPAN_NONE));
	}
}

static void
write_header(struct reader *r)
{
	static const char *const drop[] = { "_via_img_metadata", "_via_image_id_list" };
	struct span text = buf_span(&r->text), v[2];
	struct buf rest = BUF_INIT, *b = import_header(r->im);

	if (json_valid(text))
		find_class_key(r, text);
	jw_key(b, "via");
	jw_open(b, '{');
	if (r->class_key.n) {
		jw_key(b, "class");
		jw_raw_string(b, buf_span(&r->class_key));
	}
	if (r->class_key.n || json_valid(text))
		json_pick(text, drop, v, 2, &rest);
	if (json_valid(text) && v[0].p) {
		jw_key(b, "project");
		jw_open(b, '{');
		jw_compact(b, buf_span(&rest));
		jw_close(b, '}');
		jw_member_bool(b, "ids", v[1].p != NULL);
	}
	jw_close(b, '}');
	import_header_end(r->im);
	buf_release(&rest);
}

static bool
looks_like(struct span head)
{
	return find_has(head, "\"_via_settings\"") || find_has(head, "\"_via_img_metadata\"") ||
	       (find_has(head, "\"filename\"") && (find_has(head, "\"shape_attributes\"") ||
						      find_has(head, "\"file_attributes\"")));
}

static bool
is_ours(const struct tree *t, const struct node *n)
{
	struct buf head = BUF_INIT;
	bool ours = t->single || (path_has_ext(span_str(n->path), "json") &&
				     tree_head(t, n, 4096, &head) && looks_like(buf_span(&head)));

	buf_release(&head);
	return ours;
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };
	bool header = false;

	pictures_init(&r.pictures, im->tree);
	for (size_t i = 0; i < im->tree->n; i++) {
		if (!is_ours(im->tree, &im->tree->node[i]))
			continue;
		if (!header && load(&r, &im->tree->node[i]))
			write_header(&r);
		header = true;
		read_file(&r, &im->tree->node[i]);
	}
	if (r.again)
		note_at(POS_NONE, "via-twice",
		    "%zu pictures were there twice, word for word; they are given once",
		    (size_t)r.again);
	pictures_release(&r.pictures);
	strmap_release(&r.seen);
	buf_release(&r.text);
	buf_release(&r.class_key);
	buf_release(&r.annotations);
	buf_release(&r.id);
	buf_release(&r.name);
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "json", looks_like, 90, "with VIA's regions", why);
}

/* ---- files: writing ---- */

struct writer {
	struct split_files files;
	struct buf class_key, project, shape, attributes, keys[SPLITS];
	bool ids;
};

static void
begin(struct exporter *ex)
{
	ex->state = xcalloc(1, sizeof(struct writer));
}

/* What the header says, when the first sample comes. */
static void
open_writer(struct exporter *ex, struct writer *w)
{
	struct span via = dataset_member(&ex->dataset, "via"), key, project;

	if (w->files.name)
		return;
	key = json_unquote(json_member(via, "class"));
	buf_addspan(&w->class_key, key.n ? key : SPAN("class"));
	project = json_member(via, "project");
	buf_addspan(&w->project, project);
	w->ids = json_type_of(json_member(via, "ids")) == JSON_TRUE;
	w->files.name = project.n ? "via_project.json" : "via_region_data.json";
}

/* The beginning of a file: _via_settings stand before the pictures. */
static void
write_head(struct writer *w, struct buf *b)
{
	struct span settings = json_member(buf_span(&w->project), "_via_settings");

	jw_open(b, '{');
	if (!w->project.n)
		return;
	if (settings.p)
		jw_member_raw(b, "_via_settings", settings);
	jw_key(b, "_via_img_metadata");
	jw_open(b, '{');
}

static void
write_tail(struct writer *w, int split)
{
	static const char *const settings[] = { "_via_settings" };
	struct buf rest = BUF_INIT, *b;
	struct span v[1];

	if (!w->files.file[split])
		return;
	b = &sink_file_out(w->files.file[split])->b;
	if (w->project.n) {
		jw_close(b, '}');
		json_pick(buf_span(&w->project), settings, v, 1, &rest);
		if (rest.n)
			jw_raw(b, buf_span(&rest));
		if (w->ids) {
			jw_key(b, "_via_image_id_list");
			jw_open(b, '[');
			buf_addspan(b, buf_span(&w->keys[split]));
			jw_close(b, ']');
		}
	}
	buf_release(&rest);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	for (int i = 0; i < SPLITS; i++) {
		write_tail(w, i);
		buf_release(&w->keys[i]);
	}
	split_close(ex, &w->files, "}");
	buf_release(&w->class_key);
	buf_release(&w->project);
	buf_release(&w->shape);
	buf_release(&w->attributes);
	free(w);
	ex->state = NULL;
}

static bool
put_region(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct buf *b, uint64_t *number)
{
	struct writer *w = ex->state;
	bool map = json_type_of(json_member(rec_member(s->rec, "via"), "map")) == JSON_TRUE;
	struct buf key = BUF_INIT;

	buf_reset(&w->shape);
	buf_reset(&w->attributes);
	if (!via_write_region(ex, s, a, ring, buf_span(&w->class_key), &w->shape, &w->attributes))
		return false;
	if (map) {
		num_add_u64(&key, *number);
		jw_key_span(b, buf_span(&key));
		buf_release(&key);
	}
	++*number;
	jw_open(b, '{');
	jw_member_raw(b, "shape_attributes", buf_span(&w->shape));
	jw_member_raw(b, "region_attributes", buf_span(&w->attributes));
	jw_close(b, '}');
	return true;
}

/* A polygon of several rings becomes several regions (its parts are counted as lost). */
static bool
put_annotation(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct buf *b, uint64_t *number)
{
	struct span rest = a->v[ANN_POLYGON], ring;
	bool any = false;
	size_t i = 0;

	if (json_type_of(rest) != JSON_ARRAY)
		return put_region(ex, s, a, SPAN_NONE, b, number);
	if (coords_bbox_differs(a))
		export_loss(ex, s, "annotation.bbox", 1);
	while (coords_part(a, &rest, &i, &ring))
		any |= put_region(ex, s, a, ring, b, number);
	return any;
}

/* The picture's size in bytes as it came, or of the record; -1: not known. */
static struct span
bytes_of(const struct sample *s)
{
	struct span size = json_member(rec_member(s->rec, "via"), "size");

	if (size.p)
		return size;
	return s->rec->v[REC_BYTES].p ? s->rec->v[REC_BYTES] : SPAN("-1");
}

static uint64_t
put_regions(struct exporter *ex, struct sample *s, struct buf *b, bool map)
{
	struct buf pixels = BUF_INIT;
	struct annotation a;
	uint64_t written = 0, number = 0;

	jw_key(b, "regions");
	jw_open(b, map ? '{' : '[');
	for (size_t i = 0; i < s->n; i++)
		written += coords_pixels(ex, s, &s->ann[i], &a, &pixels) &&
			   put_annotation(ex, s, &a, b, &number);
	buf_release(&pixels);
	jw_close(b, map ? '}' : ']');
	return written;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	static const char *const known[] = { "size", "file_attributes", "map" };
	struct buf rest = BUF_INIT, key = BUF_INIT, *b;
	struct span v[3], bytes = bytes_of(s), picture;
	struct writer *w = ex->state;
	int split = split_of(ex, s);
	struct out *out;
	bool is_new;

	open_writer(ex, w);
	picture = export_picture(ex, s, split_dir(split), export_stem(ex, s, split_dir(split)));
	out = split_out(ex, &w->files, split, &is_new);
	b = &out->b;
	if (is_new)
		write_head(w, b);
	buf_addspan(&key, picture);
	buf_addspan(&key, json_type_of(bytes) == JSON_STRING ? json_unquote(bytes) : bytes);
	jw_key_span(b, buf_span(&key));
	if (w->ids)
		jw_string(&w->keys[split], buf_span(&key));
	json_pick(rec_member(s->rec, "via"), known, v, 3, &rest);
	jw_open(b, '{');
	jw_member_string(b, "filename", picture);
	jw_member_raw(b, "size", bytes);
	export_unwritten(ex, s, put_regions(ex, s, b, json_type_of(v[2]) == JSON_TRUE));
	jw_member_raw(b, "file_attributes", v[1].p ? v[1] : SPAN("{}"));
	if (rest.n)
		jw_raw(b, buf_span(&rest));
	jw_close(b, '}');
	out_tick(out);
	buf_release(&rest);
	buf_release(&key);
}

static const struct label_writer writer = {
	.begin = begin,
	.sample = write_sample,
	.finish = finish,
};

const struct label_format label_via = {
	.name = "via",
	.aliases = "vgg|vgg-via",
	.title = "VGG Image Annotator 1 and 2: regions or a project in JSON",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) |
		 HOLDS(ANN_POINT) | HOLDS(ANN_CIRCLE) | HOLDS(ANN_NAME) | HOLDS(ANN_PROPERTY) |
		 HOLDS_NEGATIVE | HOLDS_USAGE | HOLDS_INFO,
	.keeps = "via|ellipse|corners",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
