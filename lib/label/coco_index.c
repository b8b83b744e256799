/* Where the images and annotations of a COCO file are: see coco_index.h. */
#include "label/coco_index.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "json/json.h"
#include "json/write.h"

struct pass {
	struct coco_index *x;
	struct json j;
	struct input in;
};

static const char *const key_name[COCO_OTHER] = { "area", "bbox", "category_id", "id", "iscrowd",
	"image_id", "segmentation", "keypoints", "caption", "score" };

enum coco_key
coco_key(struct span key)
{
	int k = 0;

	while (k < COCO_OTHER && !span_is(key, key_name[k]))
		k++;
	return (enum coco_key)k;
}

/* Offset in the file of the byte that the scanner stands at. */
static uint64_t
offset(const struct pass *p)
{
	return p->in.offset + (uint64_t)(p->j.p - p->in.base);
}

/* ---- images by their ids ---- */

/* 7, "7" and 7.0 name the same image; SPAN_NONE: it is no id. */
static struct span
id_text(struct span raw)
{
	if (json_type_of(raw) == JSON_STRING)
		return json_unquote(raw);
	if (json_type_of(raw) != JSON_NUMBER)
		return SPAN_NONE;
	if (span_ends(raw, SPAN(".0")))
		raw.n -= 2;
	return raw;
}

/* The image of this id, made when it is new. */
static uint32_t
image_of(struct coco_index *x, struct span id)
{
	bool is_new;
	struct strmap_entry *e = strmap_put(&x->ids, id, x->images, &is_new);

	if (!is_new)
		return (uint32_t)e->value;
	x->image = grow(x->image, &x->images_cap, x->images + 1, sizeof(*x->image));
	x->image[x->images] = (struct coco_image){ .first = COCO_NONE, .last = COCO_NONE };
	return (uint32_t)x->images++;
}

static void
bad_image(struct coco_index *x, uint64_t at, const char *why)
{
	error_at(linepos_at(&x->lines, at), "coco", "%s: left out", why);
	x->bad_images++;
}

static void
read_image(struct pass *p)
{
	struct coco_index *x = p->x;
	uint64_t at = offset(p);
	struct span raw, id;
	struct coco_image *image;
	uint32_t i;

	if (!json_value(&p->j, &raw))
		return;
	id = id_text(json_member(raw, "id"));
	if (!id.p || raw.n > UINT32_MAX) {
		bad_image(x, at, "an image must be an object with an \"id\"");
		return;
	}
	i = image_of(x, id);
	image = &x->image[i];
	if (image->length > 0) {
		bad_image(x, at, "an image of this id was there before");
		return;
	}
	image->offset = at & INT64_MAX;
	image->length = (uint32_t)raw.n;
	image->string_id = id.p[-1] == '"';
	x->order = grow(x->order, &x->listed_cap, x->listed + 1, sizeof(*x->order));
	x->order[x->listed++] = i;
}

/* ---- annotations ---- */

/* Note the place of the annotation that was read, which began at `at`. */
static void
add_annotation(struct pass *p, uint64_t at, uint32_t image, bool string_id)
{
	struct coco_index *x = p->x;
	struct coco_image *i = &x->image[image];

	if (x->n >= COCO_NONE || offset(p) - at > UINT32_MAX)
		die("%s: more annotations than 4294967295, or one of 4 GiB", x->name);
	x->ann = grow(x->ann, &x->cap, x->n + 1, sizeof(*x->ann));
	x->ann[x->n] = (struct coco_annotation){ .offset = at & INT64_MAX,
		.string_id = string_id,
		.length = (uint32_t)(offset(p) - at),
		.next = COCO_NONE };
	if (i->first == COCO_NONE)
		i->first = (uint32_t)x->n;
	else
		x->ann[i->last].next = (uint32_t)x->n;
	i->last = (uint32_t)x->n++;
}

/* Note an annotation's own id. */
static void
see_id(struct pass *p, struct span id)
{
	if (hashset_add(&p->x->seen_ids, hash_bytes(id.p, id.n)))
		return;
	warning_at(linepos_at(&p->x->lines, offset(p) - id.n), "coco",
	    "annotation id %.*s was there before; both annotations stay", SPAN_ARG(id));
}

static void
bad_annotation(struct coco_index *x, uint64_t at, const char *why)
{
	error_at(linepos_at(&x->lines, at), "coco", "%s: left out", why);
	x->bad_annotations++;
}

/* The annotation is read member by member, so that it is scanned only once. */
static void
read_annotation(struct pass *p)
{
	uint64_t at = offset(p);
	uint32_t image = COCO_NONE;
	bool string_id = false;
	struct span key, value;
	enum coco_key k;

	if (json_peek(&p->j) != JSON_OBJECT) {
		bad_annotation(p->x, at, "an annotation must be an object");
		json_skip(&p->j);
		return;
	}
	json_object(&p->j);
	while (json_key(&p->j, &key)) {
		k = coco_key(key);
		if (!json_value(&p->j, &value))
			return;
		if (k < COCO_COUNTED)
			p->x->have[k]++;
		if (k == COCO_ID)
			see_id(p, value);
		if (k != COCO_IMAGE_ID || !id_text(value).p)
			continue;
		image = image_of(p->x, id_text(value));
		string_id = json_type_of(value) == JSON_STRING;
	}
	if (p->j.error)
		return;
	if (image == COCO_NONE)
		bad_annotation(p->x, at, "an annotation must have an \"image_id\"");
	else
		add_annotation(p, at, image, string_id);
}

/* ---- the top level ---- */

static void
read_list(struct pass *p, void (*item)(struct pass *), const char *what)
{
	if (json_peek(&p->j) != JSON_ARRAY) {
		error_at(
		    linepos_at(&p->x->lines, offset(p)), "coco", "\"%s\" must be a list", what);
		json_skip(&p->j);
		return;
	}
	json_array(&p->j);
	while (json_item(&p->j))
		item(p);
}

/* Keep a value of the top level as it is; the first of doubles. */
static void
keep_value(struct pass *p, struct buf *to)
{
	struct span raw;

	if (!json_value(&p->j, &raw) || to->n > 0)
		return;
	buf_addspan(to, raw);
	if (to == &p->x->categories)
		p->x->categories_at = offset(p) - raw.n;
}

static void
keep_extra(struct pass *p, struct span key)
{
	struct buf *b = &p->x->extra;
	struct span raw;

	if (b->n == 0)
		buf_addc(b, '{');
	jw_key_raw(b, key);
	if (json_value(&p->j, &raw))
		jw_raw(b, raw);
	else
		jw_null(b);
}

static void
read_top(struct pass *p)
{
	struct span key;

	json_object(&p->j);
	while (json_key(&p->j, &key)) {
		if (span_is(key, "images"))
			read_list(p, read_image, "images");
		else if (span_is(key, "annotations"))
			read_list(p, read_annotation, "annotations");
		else if (span_is(key, "categories"))
			keep_value(p, &p->x->categories);
		else if (span_is(key, "info"))
			keep_value(p, &p->x->info);
		else if (span_is(key, "licenses"))
			keep_value(p, &p->x->licenses);
		else
			keep_extra(p, key);
	}
	if (p->x->extra.n > 0)
		buf_addc(&p->x->extra, '}');
}

bool
coco_index_read(struct coco_index *x, const struct tree *t, const struct node *n, const char *name)
{
	struct pass p = { .x = x };
	bool good;

	*x = (struct coco_index){ .name = name, .ids = STRMAP_INIT };
	if (!tree_file_open(t, n, &x->file))
		return false;
	linepos_init(&x->lines, x->file.fd, x->file.begin, x->file.size, name);
	input_range(&p.in, x->file.fd, x->file.begin, x->file.size, name);
	json_stream(&p.j, &p.in);
	x->results = json_peek(&p.j) == JSON_ARRAY;
	if (x->results)
		read_list(&p, read_annotation, "");
	else
		read_top(&p);
	good = json_end(&p.j);
	if (!good)
		json_error(&p.j, name);
	input_close(&p.in);
	hashset_release(&x->seen_ids);
	return good;
}

void
coco_index_release(struct coco_index *x)
{
	tree_file_close(&x->file);
	linepos_release(&x->lines);
	strmap_release(&x->ids);
	free(x->image);
	free(x->order);
	free(x->ann);
	buf_release(&x->categories);
	buf_release(&x->info);
	buf_release(&x->licenses);
	buf_release(&x->extra);
}

/* ---- texts ---- */

#define AHEAD ((uint32_t)64 * 1024)

struct span
coco_text(const struct coco_index *x, struct coco_window *w, uint64_t offset, uint32_t length)
{
	uint64_t end = w->at + w->text.n;
	size_t want = length;

	if (offset >= w->at && offset + length <= end)
		return (struct span){ w->text.p + (offset - w->at), length };
	/* the next one is here or little farther on: then read ahead */
	if (offset >= w->at && offset <= end + 256 && want < AHEAD)
		want = AHEAD;
	if (want > x->file.size - offset)
		want = (size_t)(x->file.size - offset);
	buf_reset(&w->text);
	buf_reserve(&w->text, want);
	w->at = offset;
	while (w->text.n < length) {
		ssize_t got = pread(x->file.fd, w->text.p + w->text.n, want - w->text.n,
		    (off_t)(x->file.begin + offset + w->text.n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			die("%s: cannot read what was there before:", x->name);
		w->text.n += (size_t)got;
	}
	return (struct span){ w->text.p, length };
}
