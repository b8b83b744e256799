/* Where the images and annotations of a COCO file are: see coco_index.h. */
#include "label/coco_index.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "json/json.h"
#include "json/write.h"
#include "label/recode.h"

#define SMALL_IMAGES (1 << 22)       /* 16 MiB at most */
#define SMALL_ID ((uint32_t)1 << 31) /* in coco_annotation.image: the rest is a small id */
#define SMALL_ANNOTATIONS (1 << 27)  /* 16 MiB at most */

struct pass {
	struct coco_index *x;
	struct json j;
	struct input in;
};

/* Every member of every annotation comes here: its length tells most names apart. */
enum coco_key
coco_key(struct span key)
{
	switch (key.n) {
	case 2:
		return memcmp(key.p, "id", 2) == 0 ? COCO_ID : COCO_OTHER;
	case 4:
		return memcmp(key.p, "bbox", 4) == 0   ? COCO_BBOX
		       : memcmp(key.p, "area", 4) == 0 ? COCO_AREA
						       : COCO_OTHER;
	case 5:
		return memcmp(key.p, "score", 5) == 0 ? COCO_SCORE : COCO_OTHER;
	case 7:
		return memcmp(key.p, "iscrowd", 7) == 0   ? COCO_ISCROWD
		       : memcmp(key.p, "caption", 7) == 0 ? COCO_CAPTION
							  : COCO_OTHER;
	case 8:
		return memcmp(key.p, "image_id", 8) == 0 ? COCO_IMAGE_ID : COCO_OTHER;
	case 9:
		return memcmp(key.p, "keypoints", 9) == 0 ? COCO_KEYPOINTS : COCO_OTHER;
	case 11:
		return memcmp(key.p, "category_id", 11) == 0 ? COCO_CATEGORY_ID : COCO_OTHER;
	case 12:
		return memcmp(key.p, "segmentation", 12) == 0 ? COCO_SEGMENTATION : COCO_OTHER;
	default:
		return COCO_OTHER;
	}
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

/*
 * Ids are small numbers nearly always. These have tables of their own, for a map costs several
 * cache misses and there is one look-up an annotation. False: it is no small number as JSON writes it.
 */
static bool
small_number(struct span id, uint32_t limit, uint32_t *v)
{
	*v = 0;
	if (id.n == 0 || id.n > 9 || (id.p[0] == '0' && id.n > 1))
		return false;
	for (size_t i = 0; i < id.n; i++) {
		if (id.p[i] < '0' || id.p[i] > '9')
			return false;
		*v = *v * 10 + (uint32_t)(id.p[i] - '0');
	}
	return *v < limit;
}

/* Grow a table of `size` bytes an element to hold index v; new elements are zero. */
static void *
reach(void *table, size_t *cap, size_t v, size_t size)
{
	size_t before = *cap;

	if (v < before)
		return table;
	table = grow(table, cap, v + 1, size);
	memset((char *)table + before * size, 0, (*cap - before) * size);
	return table;
}

static uint32_t
new_image(struct coco_index *x, struct span id)
{
	strmap_put(&x->ids, id, x->images, NULL);
	x->image = grow(x->image, &x->images_cap, x->images + 1, sizeof(*x->image));
	x->image[x->images] = (struct coco_image){ .length = 0 };
	if (x->images >= SMALL_ID)
		die("%s: more than %u images", x->name, SMALL_ID);
	return (uint32_t)x->images++;
}

/* The image of an id that is a small number, made when it is new. */
static uint32_t
image_of_small(struct coco_index *x, uint32_t v)
{
	struct buf text = BUF_INIT;

	x->small_ids = reach(x->small_ids, &x->small_cap, v, sizeof(*x->small_ids));
	if (x->small_ids[v] == 0) {
		num_add_u64(&text, v);
		x->small_ids[v] = new_image(x, buf_span(&text)) + 1;
		buf_release(&text);
	}
	return x->small_ids[v] - 1;
}

static uint32_t
image_of_text(struct coco_index *x, struct span id)
{
	struct strmap_entry *e = strmap_find(&x->ids, id);

	return e ? (uint32_t)e->value : new_image(x, id);
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
	uint32_t i, v;

	if (!json_value(&p->j, &raw))
		return;
	id = id_text(json_member(raw, "id"));
	if (!id.p || raw.n > UINT32_MAX) {
		bad_image(x, at, "an image must be an object with an \"id\"");
		return;
	}
	i = small_number(id, SMALL_IMAGES, &v) ? image_of_small(x, v) : image_of_text(x, id);
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

	if (x->n >= UINT32_MAX || offset(p) - at > UINT32_MAX)
		die("%s: more annotations than 4294967295, or one of 4 GiB", x->name);
	if (x->n == x->cap)
		x->ann = grow(x->ann, &x->cap, x->n + 1, sizeof(*x->ann));
	x->ann[x->n++] = (struct coco_annotation){ .offset = at & INT64_MAX,
		.string_id = string_id,
		.length = (uint32_t)(offset(p) - at),
		.image = image };
}

/*
 * Group the annotations by image. Their images lie anywhere in many megabytes: here, in loops
 * of their own, many of them can be waited for at once.
 */
static void
group_annotations(struct coco_index *x)
{
	uint32_t first = 0;

	for (size_t k = 0; k < x->n; k++) {
		struct coco_annotation *a = &x->ann[k];

		if (a->image & SMALL_ID)
			a->image = image_of_small(x, a->image & ~SMALL_ID);
		x->image[a->image].n++;
	}
	for (size_t i = 0; i < x->images; i++) {
		x->image[i].first = first;
		first += x->image[i].n;
		x->image[i].n = 0;
	}
	x->by_image = xreallocarray(NULL, x->n, sizeof(*x->by_image));
	for (size_t k = 0; k < x->n; k++) {
		struct coco_image *i = &x->image[x->ann[k].image];

		x->by_image[i->first + i->n++] = (uint32_t)k;
	}
}

/* Was no annotation of this id there before? */
static bool
is_first(struct coco_index *x, struct span id)
{
	uint64_t bit;
	uint32_t v;
	bool first;

	if (!small_number(id, SMALL_ANNOTATIONS, &v))
		return hashset_add(&x->seen_ids, hash_bytes(id.p, id.n));
	x->seen_bits = reach(x->seen_bits, &x->seen_cap, v / 64, sizeof(*x->seen_bits));
	bit = (uint64_t)1 << v % 64;
	first = !(x->seen_bits[v / 64] & bit);
	x->seen_bits[v / 64] |= bit;
	return first;
}

/* Note an annotation's own id. */
static void
see_id(struct pass *p, struct span id)
{
	if (is_first(p->x, id))
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
	bool found = false, string_id = false;
	uint32_t image = 0;
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
		found = true;
		if (small_number(id_text(value), SMALL_IMAGES, &image))
			image |= SMALL_ID;
		else
			image = image_of_text(p->x, id_text(value));
		string_id = json_type_of(value) == JSON_STRING;
	}
	if (p->j.error)
		return;
	if (found)
		add_annotation(p, at, image, string_id);
	else
		bad_annotation(p->x, at, "an annotation must have an \"image_id\"");
}

/* ---- the top level ---- */

/*
 * Where the value that begins at `at` ends, going by brackets and strings alone: it is not JSON (Python
 * writes NaN). The size of the file when they do not match.
 */
static uint64_t
rough_end(const struct coco_index *x, uint64_t at)
{
	struct coco_window w = { .at = 0 };
	bool in_string = false, escaped = false;
	long depth = 0;
	uint64_t end = x->file.size;

	for (; at < end; at++) {
		char c = *coco_text(x, &w, at, 1).p;

		if (escaped || (in_string && c != '"' && c != '\\'))
			escaped = false;
		else if (c == '\\')
			escaped = in_string;
		else if (c == '"')
			in_string = !in_string;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth <= 0)
			break;
	}
	buf_release(&w.text);
	return at < end ? at + 1 : end;
}

/* After an error in the element that began at `at`: say so, and go on behind it. False: it has no end. */
static bool
pass_over(struct pass *p, uint64_t at, unsigned depth)
{
	struct coco_index *x = p->x;
	uint64_t end = rough_end(x, at);

	if (end == x->file.size)
		return false;
	error_at(linepos_at(&x->lines, offset(p)), "json",
	    "%s: this element of the list is left out", p->j.error);
	input_close(&p->in);
	input_range(&p->in, x->file.fd, x->file.begin + end, x->file.size - end, x->name);
	p->in.offset = end;
	json_stream(&p->j, &p->in);
	p->j.depth = depth;
	return true;
}

static void
read_list(struct pass *p, void (*item)(struct pass *), const char *what, uint64_t *bad)
{
	unsigned depth;

	if (json_peek(&p->j) != JSON_ARRAY) {
		error_at(
		    linepos_at(&p->x->lines, offset(p)), "coco", "\"%s\" must be a list", what);
		json_skip(&p->j);
		return;
	}
	json_array(&p->j);
	depth = p->j.depth;
	while (json_item(&p->j)) {
		uint64_t at = offset(p);

		item(p);
		if (!p->j.error)
			continue;
		if (!pass_over(p, at, depth))
			return;
		++*bad;
	}
}

static void
read_annotations(struct pass *p)
{
	p->x->has_annotations = true;
	read_list(p, read_annotation, "annotations", &p->x->bad_annotations);
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
			read_list(p, read_image, "images", &p->x->bad_images);
		else if (span_is(key, "annotations"))
			read_annotations(p);
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
coco_index_read(struct coco_index *x, struct importer *im, const struct node *n, const char *name)
{
	struct pass p = { .x = x };
	bool good;

	*x = (struct coco_index){ .name = name, .ids = STRMAP_INIT };
	if (!recode_file(im, n, &x->file))
		return false;
	linepos_init(&x->lines, x->file.fd, x->file.begin, x->file.size, name);
	input_range(&p.in, x->file.fd, x->file.begin, x->file.size, name);
	json_stream(&p.j, &p.in);
	x->results = json_peek(&p.j) == JSON_ARRAY;
	if (x->results)
		read_annotations(&p);
	else
		read_top(&p);
	good = json_end(&p.j);
	if (!good)
		error_at(linepos_at(&x->lines, offset(&p)), "json", "%s",
		    p.j.error ? p.j.error : "text after the value");
	input_close(&p.in);
	group_annotations(x);
	hashset_release(&x->seen_ids);
	free(x->seen_bits);
	x->seen_bits = NULL;
	return good;
}

void
coco_index_release(struct coco_index *x)
{
	tree_file_close(&x->file);
	linepos_release(&x->lines);
	strmap_release(&x->ids);
	free(x->small_ids);
	free(x->image);
	free(x->order);
	free(x->ann);
	free(x->by_image);
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
