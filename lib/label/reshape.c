/* Shapes for what a target holds: see reshape.h. */
#include "label/reshape.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "archive/source.h"
#include "base/num.h"
#include "base/path.h"
#include "json/write.h"
#include "label/coords.h"
#include "label/export.h"
#include "label/geometry.h"

void
reshaper_release(struct reshaper *r)
{
	struct buf *bufs[] = { &r->value, &r->holes, &r->box, &r->png };

	for (size_t i = 0; i < r->n; i++)
		buf_release(&r->text[i]);
	free(r->text);
	free(r->source);
	free(r->mask.v);
	rle_release(&r->rle);
	rle_release(&r->ring);
	rle_release(&r->part);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}

static bool
has(const struct annotation *a, enum ann_field f, enum json_type type)
{
	return a->v[f].p && json_type_of(a->v[f]) == type;
}

bool
mask_is_of_class(const struct annotation *a)
{
	return has(a, ANN_MASK, JSON_OBJECT) &&
	       span_is(json_member(a->v[ANN_MASK], "kind"), "\"class\"");
}

/* ---- the pixels of a file ---- */

/* The numbers of the picture `source`, read unless it was the last one. */
static bool
read_mask(struct exporter *ex, const struct sample *s, struct span source, bool colours)
{
	struct reshaper *r = &ex->reshaper;
	const char *why;

	if (r->source && span_is(source, r->source) && r->colours == colours)
		return r->mask.v != NULL;
	free(r->source);
	free(r->mask.v);
	r->mask.v = NULL;
	r->source = xstrndup(source.p, source.n);
	r->colours = colours;
	if (!ex->sources)
		ex->sources = source_reader_new(0);
	buf_reset(&r->png);
	errno = 0;
	if (path_is_uri(source) || source_read(ex->sources, r->source, &r->png) != 0)
		why = path_is_uri(source) ? "it is elsewhere" : strerror(errno);
	else if (mask_read_ids(buf_span(&r->png), colours, &r->mask, &why))
		return true;
	if (errno == ENOMEM || errno == EMFILE || errno == ENFILE || errno == EIO)
		die("%s:", r->source);
	warning_at(rec_pos(s->rec, s->rec->v[REC_ANNOTATION]), "mask",
	    "cannot take the mask '%s': %s", r->source, why);
	return false;
}

/* The value that a pixel of the object has: "value", or "color":[r,g,b]. */
static bool
mask_value(struct span mask, bool *colours, uint32_t *value)
{
	double rgb[3];
	uint64_t v;

	*colours = json_numbers(json_member(mask, "color"), rgb, 3) == 3;
	if (*colours) {
		for (int i = 0; i < 3; i++)
			if (!(rgb[i] >= 0 && rgb[i] <= 255))
				return false;
		*value = (uint32_t)rgb[0] | (uint32_t)rgb[1] << 8 | (uint32_t)rgb[2] << 16;
		return true;
	}
	if (!num_parse_u64(json_member(mask, "value"), &v) || v > UINT32_MAX)
		return false;
	*value = (uint32_t)v;
	return true;
}

/* A mask may have another size than the picture: then it is scaled, each pixel keeping its number. */
static bool
runs_of_mask(struct rle *out, const struct id_mask *m, uint32_t value, uint32_t h, uint32_t w)
{
	if (!rle_start(out, h, w))
		return false;
	for (uint64_t x = 0; x < w; x++)
		for (uint64_t y = 0; y < h; y++)
			rle_push(out, m->v[y * m->h / h * m->w + x * m->w / w] == value, 1);
	return true;
}

static bool
mask_pixels(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct span mask = a->v[ANN_MASK], source;
	const struct id_mask *m = &ex->reshaper.mask;
	struct buf text = BUF_INIT;
	bool colours, ok;
	uint32_t value, width, height;

	source = json_value_text(json_member(mask, "source"), &text);
	ok =
	    source.n > 0 && mask_value(mask, &colours, &value) && read_mask(ex, s, source, colours);
	buf_release(&text);
	if (!ok || m->w == 0 || m->h == 0)
		return false;
	if (export_size(ex, s) && sample_extent(s, &width, &height) &&
	    (uint64_t)width * height <= MASK_PIXELS_MAX)
		return runs_of_mask(&ex->reshaper.rle, m, value, height, width);
	return runs_of_mask(&ex->reshaper.rle, m, value, m->h, m->w);
}

/* ---- outlines to pixels ---- */

static void
scale_points(double *xy, size_t n, double width, double height)
{
	for (size_t i = 0; i < n; i++)
		xy[i] *= i % 2 ? height : width;
}

/* The pixels of one ring, in r->ring. */
static bool
ring_pixels(struct reshaper *r, const struct sample *s, bool ratio, struct span ring)
{
	size_t n = json_numbers(ring, NULL, 0);
	double *xy;
	bool ok;

	if (n == SIZE_MAX || n < 6 || n % 2)
		return false;
	xy = xreallocarray(NULL, n, sizeof(*xy));
	json_numbers(ring, xy, n);
	if (ratio)
		scale_points(xy, n, s->width, s->height);
	ok = rle_from_polygon(&r->ring, (uint32_t)s->height, (uint32_t)s->width, xy, n / 2);
	free(xy);
	return ok;
}

static bool
start_empty(struct rle *r, const struct sample *s)
{
	uint32_t width, height;

	if (!sample_extent(s, &width, &height) || !rle_start(r, height, width))
		return false;
	rle_push(r, false, height * width);
	return true;
}

/* A part after the other, each less its holes, which stand behind it. */
static bool
polygon_pixels(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct reshaper *r = &ex->reshaper;
	struct span rest = a->v[ANN_POLYGON], ring;
	bool ratio = ann_is_ratio(a), any = false;

	if (!export_size(ex, s)) {
		export_loss(ex, s, "annotation.pixels-without-size", 1);
		return false;
	}
	if (!start_empty(&r->rle, s) || !start_empty(&r->part, s))
		return false;
	for (size_t i = 0; coords_ring(&rest, &ring); i++) {
		if (!ring_pixels(r, s, ratio, ring))
			continue;
		any = true;
		if (coords_is_hole(a, i)) {
			rle_cut(&r->part, &r->ring);
			continue;
		}
		rle_merge(&r->rle, &r->part);
		start_empty(&r->part, s);
		rle_merge(&r->part, &r->ring);
	}
	rle_merge(&r->rle, &r->part);
	return any;
}

bool
reshape_pixels(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct reshaper *r = &ex->reshaper;

	if (has(a, ANN_RLE, JSON_OBJECT)) {
		const char *why = rle_parse(&r->rle, a->v[ANN_RLE]);

		if (why)
			warning_at(rec_pos(s->rec, a->v[ANN_RLE]), "rle", "%s", why);
		return !why;
	}
	if (has(a, ANN_MASK, JSON_OBJECT) &&
	    !(has(a, ANN_POLYGON, JSON_ARRAY) && json_member(a->v[ANN_MASK], "color").p))
		return mask_pixels(ex, s, a);
	return has(a, ANN_POLYGON, JSON_ARRAY) && polygon_pixels(ex, s, a);
}

/* ---- rewriting ---- */

/* Member `from` becomes `key`; value.p NULL: it goes. from NULL: it is new. */
struct swap {
	const char *from, *key;
	struct span value;
};

struct swaps {
	struct swap v[8];
	size_t n;
};

static void
add_swap(struct swaps *s, const char *from, const char *key, struct span value)
{
	s->v[s->n++] = (struct swap){ from, key, value };
}

static const struct swap *
swap_of(const struct swaps *s, struct span key)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].from && span_is(key, s->v[i].from))
			return &s->v[i];
	return NULL;
}

static void
rewrite(struct buf *b, const struct annotation *a, const struct swaps *s)
{
	jw_open(b, '{');
	for (size_t i = 0; i < a->n; i++) {
		const struct swap *w = swap_of(s, a->m[i].key);

		if (w && w->value.p)
			jw_member_raw(b, w->key, w->value);
		if (w)
			continue;
		jw_key_raw(b, a->m[i].key);
		jw_raw(b, a->m[i].value);
	}
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].from)
			jw_member_raw(b, s->v[i].key, s->v[i].value);
	jw_close(b, '}');
}

/* The annotation number i as it is after the swaps. */
static void
apply(struct exporter *ex, struct sample *s, size_t i, const struct swaps *swaps)
{
	struct reshaper *r = &ex->reshaper;

	for (; r->n <= i; r->n++) {
		r->text = xreallocarray(r->text, r->n + 1, sizeof(*r->text));
		r->text[r->n] = (struct buf)BUF_INIT;
	}
	struct buf old = r->text[i]; /* what it was may lie there */

	r->text[i] = (struct buf)BUF_INIT;
	rewrite(&r->text[i], &s->ann[i], swaps);
	ann_parse(&s->ann[i], buf_span(&r->text[i]));
	buf_release(&old);
}

/* In parts of width and height, where the others are. */
static void
outline_as_ratio(struct buf *b, const struct rle *r)
{
	struct buf pixels = BUF_INIT;
	struct span rest, ring;
	double v;

	rle_write_polygon(&pixels, NULL, r);
	rest = buf_span(&pixels);
	jw_open(b, '[');
	while (coords_ring(&rest, &ring)) {
		struct span list = span_of(ring.p + 1, ring.p + ring.n - 1), word;

		jw_open(b, '[');
		for (size_t i = 0; span_cut(&list, ',', &word); i++) {
			num_parse(word, &v);
			jw_number(b, v / (i % 2 ? r->h : r->w));
		}
		jw_close(b, ']');
	}
	jw_close(b, ']');
	buf_release(&pixels);
}

/* Annotation i no longer says that its pixels are those of a class. */
static void
lose_kind(struct exporter *ex, const struct sample *s, size_t i)
{
	if (mask_is_of_class(&s->ann[i]))
		export_loss(ex, s, "annotation.class-mask", 1);
}

/* rle or mask to polygon. */
static void
to_polygon(struct exporter *ex, struct sample *s, size_t i, const char *from)
{
	struct reshaper *r = &ex->reshaper;
	const struct annotation *a = &s->ann[i];
	struct swaps swaps = { .n = 0 };

	buf_reset(&r->value);
	buf_reset(&r->holes);
	if (!reshape_pixels(ex, s, a) || rle_area(&r->rle) == 0 ||
	    !rle_write_polygon(&r->value, &r->holes, &r->rle))
		return;
	if (ann_is_ratio(a)) {
		buf_reset(&r->value);
		outline_as_ratio(&r->value, &r->rle);
	}
	lose_kind(ex, s, i);
	add_swap(&swaps, from, "polygon", buf_span(&r->value));
	if (r->holes.n > 2)
		add_swap(&swaps, NULL, "holes", buf_span(&r->holes));
	apply(ex, s, i, &swaps);
}

/* Has it a shape whose numbers "unit" is about, beside that one? */
static bool
has_other_numbers(const struct annotation *a, const char *but)
{
	for (int f = 0; f < ANN_SHAPES; f++)
		if (f != ANN_RLE && f != ANN_MASK && a->v[f].p &&
		    strcmp(ann_field_name[f], but) != 0)
			return true;
	return false;
}

/* polygon or mask to rle. */
static bool
to_rle(struct exporter *ex, struct sample *s, size_t i, const char *from)
{
	struct reshaper *r = &ex->reshaper;
	struct swaps swaps = { .n = 0 };

	if (!reshape_pixels(ex, s, &s->ann[i]))
		return false;
	if (rle_area(&r->rle) == 0 && has(&s->ann[i], ANN_POLYGON, JSON_ARRAY)) {
		export_loss(ex, s, "annotation.polygon-without-pixels", 1);
		return false;
	}
	lose_kind(ex, s, i);
	buf_reset(&r->value);
	rle_write(&r->value, &r->rle, true);
	if (has(&s->ann[i], ANN_MASK, JSON_OBJECT) && rle_area(&r->rle) == 0) {
		add_swap(&swaps, from, NULL, SPAN_NONE);
		export_loss(ex, s, "annotation.mask-without-pixels", 1);
	} else {
		add_swap(&swaps, from, "rle", buf_span(&r->value));
	}
	add_swap(&swaps, "holes", NULL, SPAN_NONE);
	if (ann_is_ratio(&s->ann[i]) && !has_other_numbers(&s->ann[i], from))
		add_swap(&swaps, "unit", NULL, SPAN_NONE);
	apply(ex, s, i, &swaps);
	return true;
}

void
reshape_set_mask(struct exporter *ex, struct sample *s, size_t i, struct span mask)
{
	struct swaps swaps = { .n = 0 };
	const char *from = s->ann[i].v[ANN_MASK].p ? "mask" : NULL;

	add_swap(&swaps, from, "mask", mask);
	apply(ex, s, i, &swaps);
}

void
reshape_mask(struct exporter *ex, struct sample *s, size_t i)
{
	if (has(&s->ann[i], ANN_MASK, JSON_OBJECT))
		to_rle(ex, s, i, "mask");
}

static bool
has_holes(const struct annotation *a)
{
	double first;

	return json_numbers(ann_member(a, "holes"), &first, 1) + 1 > 1;
}

/* A turned box as its corners. */
static void
reshape_rbox(struct exporter *ex, struct sample *s, size_t i)
{
	struct annotation *a = &s->ann[i];
	struct buf *b = &ex->reshaper.value;
	struct swaps swaps = { .n = 0 };
	uint64_t holds = ex->holds;
	double r[5], p[8];

	if (holds & HOLDS(ANN_RBOX) || !(holds & HOLDS(ANN_POLYGON)) || a->v[ANN_POLYGON].p ||
	    a->v[ANN_RLE].p || json_numbers(a->v[ANN_RBOX], r, 5) != 5)
		return;
	rbox_corners(r, p);
	buf_reset(b);
	jw_open(b, '[');
	jw_open(b, '[');
	for (int k = 0; k < 8; k++) {
		jw_raw(b, SPAN(""));
		num_add_trimmed(b, p[k], 6);
	}
	jw_close(b, ']');
	jw_close(b, ']');
	add_swap(&swaps, "rbox", "polygon", buf_span(b));
	apply(ex, s, i, &swaps);
	export_loss(ex, s, "annotation.rbox-as-polygon", 1);
}

/* An outline that is not written is not worth its time. */
static bool
box_is_enough(const struct annotation *a, uint64_t holds)
{
	return (holds & HOLDS_BOX_FIRST) && has(a, ANN_BBOX, JSON_ARRAY);
}

/* Has the format a place for this mask, which no polygon stands beside? A manifest has one for a colour, and a box. */
static bool
holds_mask(uint64_t holds, const struct annotation *a)
{
	if (!(holds & HOLDS(ANN_MASK)))
		return false;
	return holds & HOLDS(ANN_RLE) || !(holds & HOLDS(ANN_POLYGON)) ||
	       (json_member(a->v[ANN_MASK], "color").p && a->v[ANN_BBOX].p);
}

/* What somebody wants, or the format needs, of annotation i. */
static void
reshape_pixel_shapes(struct exporter *ex, struct sample *s, size_t i)
{
	uint64_t holds = ex->holds;
	enum mask_to to = ex->opt->mask_to;
	struct annotation *a = &s->ann[i];
	bool pixels = to == MASK_TO_RLE || to == MASK_TO_PNG;

	if (has(a, ANN_MASK, JSON_OBJECT) && !has(a, ANN_RLE, JSON_OBJECT) &&
	    !has(a, ANN_POLYGON, JSON_ARRAY)) {
		if (to == MASK_TO_POLYGON)
			to_polygon(ex, s, i, "mask");
		else if (to == MASK_TO_RLE ||
			 (!holds_mask(holds, a) &&
			     holds & (HOLDS(ANN_RLE) | HOLDS(ANN_POLYGON) | HOLDS(ANN_BBOX))))
			to_rle(ex, s, i, "mask");
	}
	if (has(a, ANN_RLE, JSON_OBJECT) && !has(a, ANN_POLYGON, JSON_ARRAY) &&
	    (holds & HOLDS(ANN_POLYGON)) &&
	    (to == MASK_TO_POLYGON || ((to == MASK_TO_AS_HELD || to == MASK_TO_PNG) &&
					  !(holds & HOLDS(ANN_RLE)) && !box_is_enough(a, holds))))
		to_polygon(ex, s, i, "rle");
	if (!has(a, ANN_POLYGON, JSON_ARRAY) || has(a, ANN_RLE, JSON_OBJECT) ||
	    !(holds & HOLDS(ANN_RLE)))
		return;
	if (pixels)
		to_rle(ex, s, i, "polygon");
	else if (to == MASK_TO_AS_HELD && has_holes(a) && !(holds & HOLDS_HOLES) &&
		 to_rle(ex, s, i, "polygon"))
		export_loss(ex, s, "annotation.polygon-as-rle", 1);
}

void
reshape_to_pixels(struct exporter *ex, struct sample *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct swaps swaps = { .n = 0 };
		struct annotation pixels;

		if (!ann_is_ratio(&s->ann[i]) ||
		    !coords_pixels(ex, s, &s->ann[i], &pixels, &ex->reshaper.value))
			continue;
		for (int f = 0; f < ANN_SHAPES; f++)
			if (pixels.v[f].p != s->ann[i].v[f].p)
				add_swap(&swaps, ann_field_name[f], ann_field_name[f], pixels.v[f]);
		add_swap(&swaps, "unit", NULL, SPAN_NONE);
		apply(ex, s, i, &swaps);
	}
}

/* ---- boxes ---- */

/* The box of the other shapes in the place of the one that was given. */
static void
reshape_box(struct exporter *ex, struct sample *s, size_t i)
{
	struct annotation rest = s->ann[i];
	struct swaps swaps = { .n = 0 };
	struct buf *b = &ex->reshaper.box;
	struct box box;

	rest.v[ANN_BBOX] = SPAN_NONE;
	if (!s->ann[i].v[ANN_BBOX].p || !ann_box(&rest, &box))
		return;
	buf_reset(b);
	jw_open(b, '[');
	for (int k = 0; k < 4; k++)
		jw_number(b, (const double[]){ box.x, box.y, box.w, box.h }[k]);
	jw_close(b, ']');
	add_swap(&swaps, "bbox", "bbox", buf_span(b));
	apply(ex, s, i, &swaps);
}

/* A box drawn from right to left in another format: the same corners, in order. */
static void
reshape_negative(struct exporter *ex, struct sample *s, size_t i)
{
	struct span from = json_unquote(dataset_member(&ex->dataset, "format"));
	struct span bbox = s->ann[i].v[ANN_BBOX];
	struct buf *b = &ex->reshaper.box;
	struct swaps swaps = { .n = 0 };
	double v[4];

	if (span_is(from, ex->format->name) || json_numbers(bbox, v, 4) != 4 ||
	    !(v[2] < 0 || v[3] < 0))
		return;
	for (int k = 0; k < 2; k++)
		if (v[k + 2] < 0) {
			v[k] += v[k + 2];
			v[k + 2] = -v[k + 2];
		}
	buf_reset(b);
	jw_open(b, '[');
	for (int k = 0; k < 4; k++)
		jw_number(b, v[k]);
	jw_close(b, ']');
	warning_at(rec_pos(s->rec, bbox), "box",
	    "the box has a negative width or height; its corners are put in order");
	add_swap(&swaps, "bbox", "bbox", buf_span(b));
	apply(ex, s, i, &swaps);
}

/* ---- digits ---- */

/* The first `n` numbers of a list, or of lists in it, with fewer digits. */
static void
round_list(struct buf *b, struct span list, size_t n, int decimals)
{
	const char *p = list.p, *end = list.p + list.n, *q;
	double v;

	for (; p < end; p = q) {
		for (q = p; q < end && strchr("+-.0123456789eE", *q); q++)
			continue;
		if (q == p) {
			buf_addc(b, *p);
			q++;
		} else if (n > 0 && num_parse(span_of(p, q), &v)) {
			num_add_trimmed(b, v, decimals);
			n--;
		} else {
			buf_addspan(b, span_of(p, q));
		}
	}
}

/* Of a box the edges are rounded, so that boxes that touch still do. */
static bool
round_box(struct buf *b, struct span bbox, int decimals)
{
	struct buf text = BUF_INIT;
	double v[4], edge[2];

	if (json_numbers(bbox, v, 4) != 4)
		return false;
	for (int i = 0; i < 2; i++) {
		buf_reset(&text);
		num_add_trimmed(&text, v[i], decimals);
		num_parse(buf_span(&text), &edge[0]);
		buf_reset(&text);
		num_add_trimmed(&text, v[i] + v[i + 2], decimals);
		num_parse(buf_span(&text), &edge[1]);
		v[i] = edge[0];
		v[i + 2] = edge[1] - edge[0];
	}
	buf_release(&text);
	jw_open(b, '[');
	for (int i = 0; i < 4; i++) {
		jw_raw(b, SPAN(""));
		num_add_trimmed(b, v[i], decimals);
	}
	jw_close(b, ']');
	return true;
}

/* All shapes of annotation i with --decimals. */
static void
round_annotation(struct exporter *ex, struct sample *s, size_t i)
{
	static const enum ann_field shapes[] = { ANN_BBOX, ANN_RBOX, ANN_POLYGON, ANN_KEYPOINTS,
		ANN_POLYLINE, ANN_LINE, ANN_POINT, ANN_CIRCLE };
	struct buf *b = &ex->reshaper.value;
	int decimals = ex->opt->decimals;

	for (size_t k = 0; k < ARRAY_LEN(shapes); k++) {
		const char *name = ann_field_name[shapes[k]];
		struct span old = s->ann[i].v[shapes[k]];
		struct swaps swaps = { .n = 0 };

		if (json_type_of(old) != JSON_ARRAY)
			continue;
		buf_reset(b);
		if (shapes[k] != ANN_BBOX)
			round_list(b, old, shapes[k] == ANN_RBOX ? 4 : SIZE_MAX, decimals);
		else if (!round_box(b, old, decimals))
			continue;
		add_swap(&swaps, name, name, buf_span(b));
		apply(ex, s, i, &swaps);
	}
}

/* --decimals for pixels that another format gave; what it had itself stays as it is. */
static void
round_sample(struct exporter *ex, struct sample *s)
{
	if (ex->opt->decimals < 0 || ex->format->own_digits ||
	    span_is(json_unquote(dataset_member(&ex->dataset, "format")), ex->format->name))
		return;
	reshape_to_pixels(ex, s);
	for (size_t i = 0; i < s->n; i++)
		if (!ann_is_ratio(&s->ann[i]))
			round_annotation(ex, s, i);
}

void
reshape_sample(struct exporter *ex, struct sample *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		if (a->v[ANN_BBOX].p && memchr(a->v[ANN_BBOX].p, '-', a->v[ANN_BBOX].n))
			reshape_negative(ex, s, i);
		if (a->v[ANN_RBOX].p)
			reshape_rbox(ex, s, i);
		if (a->v[ANN_MASK].p || a->v[ANN_RLE].p || a->v[ANN_POLYGON].p)
			reshape_pixel_shapes(ex, s, i);
		if (ex->opt->bbox_from == BBOX_FROM_SHAPE)
			reshape_box(ex, s, i);
	}
	round_sample(ex, s);
}
