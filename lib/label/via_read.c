/* Reading the JSON of the VGG Image Annotator: see via.c. */
#include "label/via.h"

#include "base/path.h"
#include "label/find.h"
#include "label/splits.h"
#include "label/recode.h"

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
	if (!recode_read(r->im, node, &r->text))
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
given_before(struct reader *r, struct span source, struct span raw)
{
	uint64_t hash = hash_bytes(raw.p, raw.n);
	bool is_new;
	struct strmap_entry *e = strmap_put(&r->seen, source, hash, &is_new);

	if (is_new)
		return false;
	r->again += e->value == hash;
	return e->value == hash;
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
	if (!given_before(r, source, raw)) {
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
		import_sample(r->im, at, buf_span(b), n);
	}
	buf_release(&rest);
}

/* A project of VIA 3, which shares no more than the name? Said so. */
static bool
is_via3(struct reader *r)
{
	struct span text = buf_span(&r->text);

	if (!json_valid(text) || !json_member(text, "project").p || !json_member(text, "view").p ||
	    !json_member(text, "metadata").p)
		return false;
	error_at(pos_file(r->file), "via",
	    "a project of VIA 3, another format, which is not read: export it as one of the formats "
	    "of 'ds-import --list-formats'");
	return true;
}

/* All pictures of a file: its top level, or _via_img_metadata of a project. */
static void
read_file(struct reader *r, const struct node *node)
{
	struct span key, raw, dir = find_dir(span_str(node->path));
	bool project;
	struct json j;

	r->im->files++;
	if (!load(r, node) || is_via3(r)) {
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

void
via_read(struct importer *im)
{
	struct reader r = { .im = im };
	bool header = false;

	pictures_init(&r.pictures, im->tree);
	for (size_t i = 0; i < im->tree->n; i++) {
		if (!find_is_ours(im, &im->tree->node[i], "json", via_looks_like))
			continue;
		if (!header && load(&r, &im->tree->node[i]))
			write_header(&r);
		header = true;
		read_file(&r, &im->tree->node[i]);
	}
	if (r.again)
		note_at(POS_NONE, "via-twice", "%llu %s given once",
		    COUNTED(r.again, "picture was there twice, word for word; it is",
			"pictures were there twice, word for word; they are"));
	pictures_release(&r.pictures);
	strmap_release(&r.seen);
	buf_release(&r.text);
	buf_release(&r.class_key);
	buf_release(&r.annotations);
	buf_release(&r.id);
	buf_release(&r.name);
}
