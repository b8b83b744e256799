/*
 * COCO to records: the second pass, image by image. See coco.h and, for the first, coco_index.h.
 *
 * A file's header, its images and their members, and which of them are samples. Annotations are coco_annotation.c's,
 * the places of pictures coco_pictures.c's.
 */
#include <stdlib.h>

#include "base/num.h"
#include "base/path.h"
#include "label/coco.h"
#include "label/coco_annotation.h"
#include "label/find.h"
#include "label/import.h"
#include "label/usage.h"

struct reading {
	struct coco_reading c;
	struct coco_window images;
	struct strmap names;        /* of categories -> index of the first */
	const char *usage;          /* NULL: not said */
	struct hashset *sources; /* of the files before; NULL: there is only this file */
	uint64_t again;             /* pictures that were in another file */
	struct buf source;
	size_t source_at, source_end; /* the same in the record, as JSON */
};

/* ---- header ---- */

static void
add_category(struct reading *r, struct buf *classes, struct span raw, uint64_t offset)
{
	struct span id = json_member(raw, "id"), name = json_member(raw, "name");
	bool is_new;
	struct strmap_entry *e;

	if (json_type_of(name) != JSON_STRING || !id.p) {
		error_at(coco_pos(&r->c, offset), "coco",
		    "a category must be an object with \"id\" and \"name\": left out");
		return;
	}
	e = strmap_put(&r->c.ids, id, r->c.n, &is_new);
	if (!is_new) {
		error_at(coco_pos(&r->c, offset), "coco",
		    "a category of id %.*s was there before: left out", SPAN_ARG(id));
		return;
	}
	jw_raw(classes, coco_one_line(&r->c, raw));
	e = strmap_put(&r->names, name, r->c.n, &is_new);
	if (!is_new)
		warning_at(coco_pos(&r->c, offset), "coco",
		    "the name %.*s was there before, with another id", SPAN_ARG(name));
	r->c.category = grow(r->c.category, &r->c.cap, r->c.n + 1, sizeof(*r->c.category));
	r->c.category[r->c.n++] = (struct coco_category){ xstrndup(name.p, name.n), !is_new };
	r->c.category[e->value].shared |= !is_new;
}

static void
read_categories(struct reading *r, struct buf *classes)
{
	struct json j;
	struct span raw;

	json_begin(&j, buf_span(&r->c.x.categories));
	r->c.unnamed = json_peek(&j) != JSON_ARRAY;
	if (r->c.unnamed)
		return;
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		add_category(r, classes, raw,
		    r->c.x.categories_at + (uint64_t)(raw.p - r->c.x.categories.p));
}

static void
write_header(struct reading *r)
{
	struct buf *b = import_header(r->c.im), classes = BUF_INIT;

	r->c.lines = true;
	jw_open(&classes, '[');
	read_categories(r, &classes);
	jw_close(&classes, ']');
	if (!r->c.unnamed)
		jw_member_raw(b, "classes", buf_span(&classes));
	if (r->c.x.info.n)
		jw_member_raw(b, "info", coco_one_line(&r->c, buf_span(&r->c.x.info)));
	if (r->c.x.licenses.n)
		jw_member_raw(b, "licenses", coco_one_line(&r->c, buf_span(&r->c.x.licenses)));
	if (r->c.x.extra.n)
		jw_member_raw(b, "coco", coco_one_line(&r->c, buf_span(&r->c.x.extra)));
	import_header_end(r->c.im);
	buf_release(&classes);
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
	struct span name = json_value_text(i->name, &r->c.text), url;

	if (name.p && name.n > 0)
		return name;
	url = json_value_text(i->url, &r->c.text);
	return url.p ? tail_of_url(url) : SPAN_NONE;
}

static void
put_source(struct reading *r, struct buf *b, const struct picture *i)
{
	struct span name = picture_name(r, i);

	buf_reset(&r->source);
	if (!name.p) {
		if (i->text.p)
			warning_at(coco_pos(&r->c, i->offset), "coco",
			    "the image has no \"file_name\"; its id stands for it");
		buf_addspan(&r->source, i->id.p[0] == '"' ? json_unquote(i->id) : i->id);
	} else if (path_is_uri(name) || name.p[0] == '/') {
		buf_addspan(&r->source, name);
	} else {
		coco_picture_source(&r->c.pictures, name, &r->source);
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
	if (is_size(i->width, &r->c.width) && is_size(i->height, &r->c.height))
		return;
	r->c.width = r->c.height = 0;
	if (i->width.p || i->height.p)
		warning_at(coco_pos(&r->c, i->offset), "coco",
		    "\"width\" and \"height\" must be positive numbers; kept as they are");
}

/* Does `key` mean something else in a record? */
static bool
is_foreign_to_sample(struct reading *r, struct span key)
{
	static const char *const taken[] = { "source", "usage", "sha256", "bytes", "hard",
		"hard-coefficient", "annotation", "dataset" };

	return coco_is_taken(key, taken, ARRAY_LEN(taken)) ||
	       (r->c.width == 0 && (span_is(key, "width") || span_is(key, "height")));
}

static void
put_image_members(struct reading *r, struct buf *b, const struct picture *i)
{
	struct span key, value;
	struct json j;

	r->c.lines = coco_has_lines(i->text);
	json_begin_valid(&j, i->text);
	json_object(&j);
	while (json_pair(&j, &key, &value))
		coco_copy_member(&r->c, b, key, value, is_foreign_to_sample(r, key));
}

/* Annotation k in the order of images. It lies anywhere in many megabytes: ask for it early. */
static const struct coco_annotation *
annotation_at(const struct reading *r, size_t k)
{
	const size_t ahead = 8;

	if (k + ahead < r->c.x.n)
		__builtin_prefetch(&r->c.x.ann[r->c.x.by_image[k + ahead]]);
	return &r->c.x.ann[r->c.x.by_image[k]];
}

/* Ids are unique in a file: that was looked at before. A position takes time, so it is found out when it is needed. */
static void
give_sample(struct reading *r, const struct coco_image *image, uint64_t n)
{
	const char *record = r->c.im->record.p;
	struct span source = span_of(record + r->source_at, record + r->source_end);

	if (!import_give(r->c.im, buf_span(&r->c.im->record), n))
		return;
	if (!import_name(r->c.im, source, SPAN_NONE))
		twice_say(&r->c.im->twice, coco_pos(&r->c, image->offset));
	else if (r->sources && !hashset_add(r->sources, hash_seeded(0, source.p, source.n)))
		r->again++;
}

/* One record: the image and all its annotations. `id` is for images that are not listed. */
static void
put_sample(struct reading *r, const struct coco_image *image, struct span id)
{
	struct buf *b = import_record(r->c.im);
	struct picture i = { .id = id, .offset = image->offset };
	uint64_t n = 0;

	if (image->length > 0)
		i.text = coco_text(&r->c.x, &r->images, image->offset, image->length);
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
	if (!r->c.x.has_annotations) { /* image_info of a test set: nobody looked */
		jw_close(b, '}');
		give_sample(r, image, 0);
		return;
	}
	jw_key(b, "annotation");
	jw_open(b, '[');
	for (uint32_t k = 0; k < image->n; k++)
		n += coco_put_annotation(&r->c, b, annotation_at(r, image->first + k), image);
	jw_close(b, ']');
	jw_close(b, '}');
	give_sample(r, image, n);
}

/* ---- the file ---- */

static void
reject_unlisted(struct reading *r, const struct coco_image *image, struct span id)
{
	for (uint32_t k = 0; k < image->n; k++)
		error_at(coco_pos(&r->c, annotation_at(r, image->first + k)->offset), "coco",
		    "image_id %.*s is not in the list of images: left out", SPAN_ARG(id));
	r->c.im->bad_annotations += image->n;
}

/* Annotations of images that are not listed: of a list of detections they are the samples. */
static void
put_unlisted(struct reading *r)
{
	struct buf id = BUF_INIT;

	for (size_t k = 0; k < r->c.x.n; k++) {
		const struct coco_annotation *a = &r->c.x.ann[k];
		const struct coco_image *image = &r->c.x.image[a->image];
		const struct span text = r->c.x.ids.e[a->image].key;

		if (image->length > 0 || r->c.x.by_image[image->first] != k)
			continue;
		if (!r->c.x.results) {
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
	for (size_t i = 0; i < r->c.x.listed; i++)
		put_sample(r, &r->c.x.image[r->c.x.order[i]], SPAN_NONE);
}

static void
reading_release(struct reading *r)
{
	strmap_release(&r->names);
	buf_release(&r->images.text);
	buf_release(&r->source);
	coco_reading_release(&r->c);
}

static void
read_file(struct importer *im, const struct node *n, struct hashset *sources)
{
	struct reading r = {
		.c = { .im = im, .ids = STRMAP_INIT }, .names = STRMAP_INIT, .sources = sources
	};
	char *name = xstrdup(tree_name(im->tree, n));

	im->files++;
	if (!coco_index_read(&r.c.x, im, n, name))
		im->bad_files++;
	im->bad_samples += r.c.x.bad_images;
	im->bad_annotations += r.c.x.bad_annotations;
	for (int k = 0; k < COCO_COUNTED; k++)
		r.c.optional[k] = r.c.x.have[k] <= r.c.x.n / 2;
	coco_pictures_init(&r.c.pictures, im->tree, n);
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

void
coco_read(struct importer *im)
{
	const struct tree *t = im->tree;
	struct hashset sources = { .slot = NULL };

	for (size_t i = 0; i < t->n; i++)
		if (find_is_ours(im, &t->node[i], "json", coco_is_file))
			read_file(im, &t->node[i], t->single ? NULL : &sources);
	if (im->files == 0)
		error_at(pos_file(t->name), "coco", "no COCO file (.json) is here");
	hashset_release(&sources);
}
