/*
 * CVAT XML to records: see cvat.c.
 *
 * What the file's parts become: <meta> the header, an <image> a sample, the frames of all tracks together samples in
 * the order of their numbers. Shapes themselves: cvat_shape.h.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/num.h"
#include "base/path.h"
#include "label/cvat.h"
#include "label/cvat_shape.h"
#include "label/find.h"
#include "label/gather.h"
#include "label/xml.h"

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct xml *x;
	struct cvat_shapes shapes;
	struct buf text, annotations, id;
	const struct node *node;
	struct strmap ids;          /* of the document's images: id, task and subset */
	struct gather frames, away; /* shapes of tracks by frame; those that are outside */
};

/* ---- the header ---- */

/* Children that are text as string members. */
static void
write_texts(struct reader *r, struct buf *b, const struct xml_node *n)
{
	for (const struct xml_node *c = xml_child(r->x, n); c; c = xml_next(r->x, c)) {
		if (xml_child(r->x, c) || span_is(xml_name(r->x, c), "attributes"))
			continue;
		jw_key_span(b, xml_name(r->x, c));
		jw_string(b, xml_text(r->x, c));
	}
}

static void
write_label(struct reader *r, struct buf *b, const struct xml_node *label)
{
	const struct xml_node *list = xml_find(r->x, label, "attributes"), *a;
	struct span name = xml_find_text(r->x, label, "name");

	jw_open(b, '{');
	write_texts(r, b, label);
	a = list ? xml_child(r->x, list) : NULL;
	if (a) {
		jw_key(b, "attributes");
		jw_open(b, '[');
		for (; a; a = xml_next(r->x, a)) {
			cvat_add_type(&r->shapes, name, a);
			jw_open(b, '{');
			write_texts(r, b, a);
			jw_close(b, '}');
		}
		jw_close(b, ']');
	}
	jw_close(b, '}');
}

/* meta/task, project or job (whatever comes first with labels). */
static const struct xml_node *
find_labels(struct reader *r, const struct xml_node *meta)
{
	const struct xml_node *labels = NULL;

	if (meta)
		for (const struct xml_node *c = xml_child(r->x, meta); c && !labels;
		     c = xml_next(r->x, c))
			labels = xml_find(r->x, c, "labels");
	return labels;
}

/* The text of <meta> as it stands, when the file is UTF-8. */
static void
write_meta(struct reader *r, struct buf *b)
{
	const char *begin = memmem(r->text.p, r->text.n, "<meta>", 6), *end;

	end = begin ? memmem(begin, (size_t)(r->text.p + r->text.n - begin), "</meta>", 7) : NULL;
	if (!end)
		return;
	jw_key(b, "cvat");
	jw_open(b, '{');
	jw_member_string(b, "meta", span_of(begin, end + 7));
	jw_close(b, '}');
}

static void
write_header(struct reader *r, const struct xml_node *root)
{
	const struct xml_node *meta = xml_find(r->x, root, "meta"), *labels = find_labels(r, meta);
	struct buf *b = import_header(r->im);

	if (labels) {
		jw_key(b, "classes");
		jw_open(b, '[');
		for (const struct xml_node *c = xml_child(r->x, labels); c; c = xml_next(r->x, c))
			if (xml_find(r->x, c, "name"))
				write_label(r, b, c);
		jw_close(b, ']');
	}
	write_meta(r, b);
	import_header_end(r->im);
}

/* ---- samples ---- */

/* The picture, where CVAT's exports have it. */
static struct span
source_of(struct reader *r, struct span name, struct span subset, struct picsize *size)
{
	struct span dir = find_dir(span_str(r->node->path));
	struct buf below = BUF_INIT;
	struct span source;

	path_join(&below, dir, SPAN("images"));
	if (subset.n) {
		buf_addc(&below, '/');
		buf_addspan(&below, subset);
	}
	if (pictures_find_at(&r->pictures, buf_span(&below), name)) {
		source = pictures_source(&r->pictures, buf_span(&below), name, size);
	} else {
		buf_reset(&below);
		path_join(&below, dir, SPAN("images"));
		source = pictures_source(&r->pictures,
		    pictures_find_at(&r->pictures, buf_span(&below), name) ? buf_span(&below) : dir,
		    name, size);
	}
	buf_release(&below);
	return source;
}

static const char *
usage_of(struct span subset)
{
	static const struct {
		const char *word, *usage;
	} words[] = { { "train", "TRAIN" }, { "training", "TRAIN" }, { "val", "EVAL" },
		{ "valid", "EVAL" }, { "validation", "EVAL" }, { "test", "TEST" } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].word) == subset.n &&
		    strncasecmp(words[i].word, subset.p, subset.n) == 0)
			return words[i].usage;
	return NULL;
}

/* What of an image has no field, and a name with folders. */
static void
write_private(struct reader *r, struct buf *b, const struct xml_node *image)
{
	struct span name = xml_attr(r->x, image, "name");

	jw_key(b, "cvat");
	jw_open(b, '{');
	for (const struct xml_node *a = xml_attrs(r->x, image); a; a = xml_next(r->x, a)) {
		struct span key = xml_name(r->x, a);

		if (span_is(key, "name") || span_is(key, "width") || span_is(key, "height"))
			continue;
		jw_key_span(b, key);
		jw_string(b, xml_text(r->x, a));
	}
	if (memchr(name.p, '/', name.n))
		jw_member_string(b, "name", name);
	jw_close(b, '}');
}

/* An image has an id of its own, in its task and subset. One that is there twice is said elsewhere. */
static void
check_id(struct reader *r, const struct xml_node *image, struct span name)
{
	static const char *const part[] = { "id", "task_id", "subset" };
	uint64_t hash = hash_bytes(name.p, name.n);
	struct strmap_entry *e;

	buf_reset(&r->id);
	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		struct span value = xml_attr(r->x, image, part[i]);

		if (i == 0 && !value.p)
			return;
		buf_addspan(&r->id, value);
		buf_addc(&r->id, '\0');
	}
	e = strmap_put(&r->ids, buf_span(&r->id), hash, NULL);
	if (e->value != hash)
		warning_at(xml_pos(r->x, image), "cvat",
		    "the id %s was that of another image before; both stay", buf_str(&r->id));
}

static void
read_image(struct reader *r, const struct xml_node *image)
{
	struct span name = xml_attr(r->x, image, "name"), subset = xml_attr(r->x, image, "subset");
	struct span width = xml_attr(r->x, image, "width"),
		    height = xml_attr(r->x, image, "height");
	struct buf *b = import_record(r->im);
	struct picsize size;
	struct span source;
	uint64_t n = 0;

	if (!name.n) {
		error_at(xml_pos(r->x, image), "cvat", "an image needs a name");
		r->im->bad_samples++;
		return;
	}
	check_id(r, image, name);
	source = source_of(r, name, subset, &size);
	if (!num_parse(width, &r->shapes.width) || !num_parse(height, &r->shapes.height) ||
	    r->shapes.width <= 0 || r->shapes.height <= 0) {
		r->shapes.width = size.width;
		r->shapes.height = size.height;
	}
	buf_reset(&r->annotations);
	for (const struct xml_node *c = xml_child(r->x, image); c; c = xml_next(r->x, c))
		n += cvat_read_shape(&r->shapes, &r->annotations, c, NULL);
	buf_reset(&r->id);
	path_join(&r->id, subset.n ? subset : SPAN(""), path_stem(name));
	import_begin_sample(b, source, buf_span(&r->id), r->shapes.width, r->shapes.height);
	if (subset.p && usage_of(subset))
		jw_member_str(b, "usage", usage_of(subset));
	jw_key(b, "annotation");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&r->annotations));
	jw_close(b, ']');
	write_private(r, b, image);
	jw_close(b, '}');
	import_sample(r->im, xml_pos(r->x, image), buf_span(b), n);
}

/* The shapes of a track go to their frames. */
static void
read_track(struct reader *r, const struct xml_node *track)
{
	for (const struct xml_node *c = xml_child(r->x, track); c; c = xml_next(r->x, c)) {
		struct span frame = xml_attr(r->x, c, "frame");
		bool away = span_is(xml_attr(r->x, c, "outside"), "1"), is_new;
		uint64_t number;
		size_t group;

		if (span_is(xml_name(r->x, c), "attribute"))
			continue;
		if (!num_parse_u64(frame, &number)) {
			cvat_bad_shape(
			    &r->shapes, c, "a shape of a track needs its frame, a whole number");
			continue;
		}
		buf_reset(&r->annotations);
		if (!cvat_read_shape(&r->shapes, &r->annotations, c, track))
			continue;
		buf_reset(&r->id);
		num_add_u64(&r->id, number);
		group = gather_group(&r->frames, buf_span(&r->id), &is_new);
		gather_group(&r->away, buf_span(&r->id), &is_new);
		gather_add(away ? &r->away : &r->frames, group, buf_span(&r->annotations));
	}
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
give_frame(struct reader *r, uint64_t number)
{
	struct buf *b = import_record(r->im), name = BUF_INIT, key = BUF_INIT;
	struct span dir = find_dir(span_str(r->node->path)), source;
	struct picsize size;
	bool is_new;
	size_t group;

	num_add_u64(&key, number);
	group = gather_group(&r->frames, buf_span(&key), &is_new);
	buf_addf(&name, "frame_%06llu", (unsigned long long)number);
	source = source_of(r, buf_span(&name), SPAN(""), &size);
	if (!size.width) {
		buf_adds(&name, ".png");
		source = pictures_source(&r->pictures, dir, buf_span(&name), NULL);
	}
	import_begin_sample(b, source, path_stem(buf_span(&name)),
	    r->shapes.width > 0 ? r->shapes.width : size.width,
	    r->shapes.height > 0 ? r->shapes.height : size.height);
	jw_key(b, "annotation");
	jw_open(b, '[');
	gather_read(&r->frames, group, b);
	jw_close(b, ']');
	if (r->away.group[group].count) {
		jw_key(b, "cvat-outside");
		jw_open(b, '[');
		gather_read(&r->away, group, b);
		jw_close(b, ']');
	}
	jw_key(b, "cvat");
	jw_open(b, '{');
	jw_member_string(b, "frame", buf_span(&key));
	jw_close(b, '}');
	jw_close(b, '}');
	import_sample(r->im, pos_file(tree_name(r->im->tree, r->node)), buf_span(b),
	    r->frames.group[group].count);
	buf_release(&name);
	buf_release(&key);
}

static void
give_frames(struct reader *r)
{
	size_t n = r->frames.n;
	uint64_t *number = xreallocarray(NULL, n + 1, sizeof(*number));

	for (size_t i = 0; i < n; i++)
		num_parse_u64(r->frames.keys.e[i].key, &number[i]);
	if (n)
		qsort(number, n, sizeof(*number), by_number);
	for (size_t i = 0; i < n; i++)
		give_frame(r, number[i]);
	free(number);
}

/* The size of a video's frames: meta/task/original_size. */
static void
take_size(struct reader *r, const struct xml_node *root)
{
	const struct xml_node *meta = xml_find(r->x, root, "meta"), *size = NULL;

	r->shapes.width = r->shapes.height = 0;
	for (const struct xml_node *c = meta ? xml_child(r->x, meta) : NULL; c && !size;
	     c = xml_next(r->x, c))
		size = xml_find(r->x, c, "original_size");
	if (size) {
		num_parse(xml_find_text(r->x, size, "width"), &r->shapes.width);
		num_parse(xml_find_text(r->x, size, "height"), &r->shapes.height);
	}
}

static void
read_document(struct reader *r, const struct xml_node *root)
{
	gather_init(&r->frames);
	gather_init(&r->away);
	r->ids = (struct strmap)STRMAP_INIT;
	write_header(r, root);
	for (const struct xml_node *c = xml_child(r->x, root); c; c = xml_next(r->x, c))
		if (span_is(xml_name(r->x, c), "image"))
			read_image(r, c);
	take_size(r, root);
	for (const struct xml_node *c = xml_child(r->x, root); c; c = xml_next(r->x, c))
		if (span_is(xml_name(r->x, c), "track"))
			read_track(r, c);
	give_frames(r);
	gather_release(&r->frames);
	gather_release(&r->away);
	strmap_release(&r->ids);
}

static void
read_file(struct reader *r, const struct node *node)
{
	const struct xml_node *root;

	r->im->files++;
	r->node = node;
	buf_reset(&r->text);
	root = tree_read(r->im->tree, node, &r->text)
		   ? xml_parse(r->x, buf_span(&r->text), tree_name(r->im->tree, node),
			 r->im->opt->encoding)
		   : NULL;
	if (root && span_is(xml_name(r->x, root), "annotations")) {
		read_document(r, root);
		return;
	}
	r->im->bad_files++;
	if (root)
		error_at(
		    xml_pos(r->x, root), "cvat", "no CVAT file: its root is not <annotations>");
}

void
cvat_read(struct importer *im)
{
	struct xml *x = xml_new();
	struct reader r = { .im = im, .x = x, .shapes = { .im = im, .x = x } };

	pictures_init(&r.pictures, im->tree);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->single || path_has_ext(span_str(im->tree->node[i].path), "xml"))
			read_file(&r, &im->tree->node[i]);
	xml_free(x);
	pictures_release(&r.pictures);
	cvat_shapes_release(&r.shapes);
	buf_release(&r.text);
	buf_release(&r.annotations);
	buf_release(&r.id);
}
