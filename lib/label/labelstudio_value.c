/*
 * Values of Label Studio's results to geometry, and back: see labelstudio.h.
 *
 * Percent become pixels by exact decimals (x * width / 100); the way back is a division, and
 * what it does not give digit for digit is kept aside by the reader.
 */
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"
#include "label/brush.h"
#include "label/coords.h"
#include "label/decimal.h"
#include "label/labelstudio.h"

/* ---- reading ---- */

/* x percent of `whole` as a number text. */
static bool
add_percent(struct buf *b, struct span x, double whole)
{
	struct decimal d;
	double v;

	jw_raw(b, SPAN(""));
	if (whole == floor(whole) && whole < 1e6 && decimal_parse(x, &d) && d.scale < 28 &&
	    d.digits < (__int128)1 << 100 && d.digits > -((__int128)1 << 100)) {
		d.digits *= (int)whole;
		d.scale += 2;
		for (; d.scale > 0 && d.digits % 10 == 0; d.scale--)
			d.digits /= 10;
		decimal_write(b, d);
		return true;
	}
	if (!num_parse(x, &v))
		return false;
	num_add(b, v * whole / 100);
	return true;
}

static bool
number_member(struct span value, const char *key, struct span *text, double *v)
{
	*text = json_member(value, key);
	return json_type_of(*text) == JSON_NUMBER && num_parse(*text, v);
}

static bool
read_rectangle(struct buf *b, struct span value, const struct ls_frame *f)
{
	static const char *const key[] = { "x", "y", "width", "height" };
	struct span t[4], turn;
	double v[4], degrees = 0, w, h, c, s;

	for (int i = 0; i < 4; i++)
		if (!number_member(value, key[i], &t[i], &v[i]))
			return false;
	number_member(value, "rotation", &turn, &degrees);
	if (degrees == 0) {
		jw_key(b, "bbox");
		jw_open(b, '[');
		for (int i = 0; i < 4; i++)
			add_percent(b, t[i], i % 2 ? f->height : f->width);
		jw_close(b, ']');
		return true;
	}
	w = v[2] * f->width / 100;
	h = v[3] * f->height / 100;
	c = cos(degrees * (M_PI / 180)) / 2;
	s = sin(degrees * (M_PI / 180)) / 2;
	jw_key(b, "rbox"); /* turned about its top left corner, not the centre */
	jw_open(b, '[');
	jw_number(b, v[0] * f->width / 100 + w * c - h * s);
	jw_number(b, v[1] * f->height / 100 + w * s + h * c);
	jw_number(b, w);
	jw_number(b, h);
	jw_raw(b, turn);
	jw_close(b, ']');
	return true;
}

static bool
read_polygon(struct buf *b, struct span value, const struct ls_frame *f)
{
	struct span points = json_member(value, "points"), pair, v[3];
	struct json j;

	if (json_type_of(points) != JSON_ARRAY)
		return false;
	jw_key(b, "polygon");
	jw_open(b, '[');
	jw_open(b, '[');
	json_begin(&j, points);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &pair)) {
		if (number_texts(pair, v, 3) != 2)
			return false;
		add_percent(b, v[0], f->width);
		add_percent(b, v[1], f->height);
	}
	jw_close(b, ']');
	jw_close(b, ']');
	return true;
}

static bool
read_ellipse(struct buf *b, struct span value, const struct ls_frame *f)
{
	static const char *const key[] = { "x", "y", "radiusX", "radiusY" };
	struct span e[5], t, all[4];
	struct buf texts[4] = { BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT };
	double v;
	bool ok = true;

	for (int i = 0; i < 4 && ok; i++) {
		ok = number_member(value, key[i], &all[i], &v) &&
		     add_percent(&texts[i], all[i], i % 2 ? f->height : f->width);
		e[i] = buf_span(&texts[i]);
	}
	e[4] = number_member(value, "rotation", &t, &v) ? t : SPAN("0");
	ok = ok && coords_write_ellipse(b, e);
	for (int i = 0; i < 4; i++)
		buf_release(&texts[i]);
	return ok;
}

static bool
read_point(struct buf *b, struct span value, const struct ls_frame *f)
{
	struct span x, y;
	double v;

	if (!number_member(value, "x", &x, &v) || !number_member(value, "y", &y, &v))
		return false;
	jw_key(b, "point");
	jw_open(b, '[');
	add_percent(b, x, f->width);
	add_percent(b, y, f->height);
	jw_close(b, ']');
	return true;
}

static bool
read_brush(struct buf *b, struct span value, const struct ls_frame *f, const char **why)
{
	struct rle r = { .run = NULL };

	*why = brush_decode(&r, json_member(value, "rle"), (uint32_t)f->width, (uint32_t)f->height);
	jw_key(b, "rle");
	if (!*why)
		rle_write(b, &r, true);
	rle_release(&r);
	return *why == NULL;
}

/* Offset `at` in UTF-16 units (or, `back`, in characters) in the other unit. False: it is outside. */
static bool
convert_offset(struct span text, double at, bool back, uint64_t *out)
{
	uint64_t units = 0, characters = 0;
	uint32_t c;

	for (size_t i = 0; i < text.n;) {
		size_t n = utf8_decode(text.p + i, text.n - i, &c);

		if ((double)(back ? characters : units) >= at)
			break;
		i += n ? n : 1;
		units += c > 0xffff ? 2 : 1;
		characters++;
	}
	*out = back ? units : characters;
	return (double)(back ? characters : units) == at;
}

static bool
read_span(struct buf *b, struct span value, const struct ls_frame *f, const char **why)
{
	struct span global = json_member(value, "globalOffsets"), from, to;
	double start, end;
	uint64_t first, last;

	*why = "start and end should be numbers inside the text";
	if (global.p)
		value = global;
	if (!number_member(value, "start", &from, &start) ||
	    !number_member(value, "end", &to, &end))
		return false;
	jw_key(b, "span");
	jw_open(b, '[');
	if (!f->text.p) {
		jw_raw(b, from);
		jw_raw(b, to);
		jw_close(b, ']');
		jw_member_str(b, "unit", "utf-16");
		return true;
	}
	if (!convert_offset(f->text, start, false, &first) ||
	    !convert_offset(f->text, end, false, &last))
		return false;
	jw_u64(b, first);
	jw_u64(b, last);
	jw_close(b, ']');
	jw_member_str(b, "unit", "codepoint");
	return true;
}

static bool
read_time(struct buf *b, struct span value)
{
	struct span from, to;
	double v;

	if (!number_member(value, "start", &from, &v) || !number_member(value, "end", &to, &v))
		return false;
	jw_key(b, "time");
	jw_open(b, '[');
	jw_raw(b, from);
	jw_raw(b, to);
	jw_close(b, ']');
	return true;
}

/* The lines of a textarea as one text. */
static bool
read_text(struct buf *b, struct span value)
{
	struct span text = json_member(value, "text"), line;
	struct buf all = BUF_INIT;
	struct json j;

	if (json_type_of(text) == JSON_STRING) {
		jw_member_raw(b, "text", text);
		return true;
	}
	if (json_type_of(text) != JSON_ARRAY)
		return false;
	json_begin(&j, text);
	json_array(&j);
	while (json_item(&j) && json_string(&j, &line)) {
		if (all.n)
			buf_adds(&all, "\\n");
		buf_addspan(&all, line);
	}
	jw_key(b, "text");
	jw_raw_string(b, buf_span(&all));
	buf_release(&all);
	return j.error == NULL;
}

static bool
starts(struct span type, const char *word)
{
	return span_starts(type, span_str(word));
}

bool
ls_read_value(
    struct buf *b, struct span type, struct span value, const struct ls_frame *f, const char **why)
{
	bool picture = starts(type, "rectangle") || starts(type, "polygon") ||
		       starts(type, "ellipse") || starts(type, "keypoint") || starts(type, "brush");

	*why = "a picture's result needs original_width and original_height";
	if (picture && (f->width < 1 || f->height < 1 || f->width > 1e9 || f->height > 1e9))
		return false;
	*why = "the value lacks a number";
	if (starts(type, "rectangle"))
		return read_rectangle(b, value, f);
	if (starts(type, "polygon"))
		return read_polygon(b, value, f);
	if (starts(type, "ellipse"))
		return read_ellipse(b, value, f);
	if (starts(type, "keypoint"))
		return read_point(b, value, f);
	if (starts(type, "brush"))
		return read_brush(b, value, f, why);
	if (starts(type, "textarea"))
		return read_text(b, value);
	if (span_is(type, "labels") || starts(type, "hypertext")) {
		struct span text = json_member(value, "text"), start = json_member(value, "start");

		if (text.p || f->text.p || json_type_of(start) == JSON_STRING)
			return read_span(b, value, f, why);
		return read_time(b, value);
	}
	*why = "unknown type";
	return false;
}

struct span
ls_labels(struct span type, struct span value)
{
	struct buf key = BUF_INIT;
	struct span list;

	buf_addspan(&key, type);
	list = json_member(value, buf_str(&key));
	buf_release(&key);
	return json_type_of(list) == JSON_ARRAY ? list : json_member(value, "labels");
}

/* ---- writing ---- */

/* A pixel text as percent of `whole`. */
static void
percent(struct buf *b, const struct label_options *opt, double v, double whole)
{
	jw_raw(b, SPAN(""));
	coord_number(b, opt, v * 100 / whole);
}

static void
percent_member(
    struct buf *b, const struct label_options *opt, const char *key, double v, double whole)
{
	jw_key(b, key);
	percent(b, opt, v, whole);
}

static void
write_rectangle(struct buf *b, const struct label_options *opt, const struct ls_frame *f,
    const double v[4], struct span rotation)
{
	percent_member(b, opt, "x", v[0], f->width);
	percent_member(b, opt, "y", v[1], f->height);
	percent_member(b, opt, "width", v[2], f->width);
	percent_member(b, opt, "height", v[3], f->height);
	jw_member_raw(b, "rotation", rotation);
}

static bool
write_rbox(struct buf *b, const struct label_options *opt, const struct ls_frame *f,
    const struct annotation *a)
{
	double r[5], c, s, v[4];
	struct span t[5];

	if (json_numbers(a->v[ANN_RBOX], r, 5) != 5)
		return false;
	number_texts(a->v[ANN_RBOX], t, 5);
	c = cos(r[4] * (M_PI / 180)) / 2;
	s = sin(r[4] * (M_PI / 180)) / 2;
	v[0] = r[0] - r[2] * c + r[3] * s;
	v[1] = r[1] - r[2] * s - r[3] * c;
	v[2] = r[2];
	v[3] = r[3];
	write_rectangle(b, opt, f, v, t[4]);
	return true;
}

static bool
write_polygon(struct buf *b, const struct label_options *opt, const struct ls_frame *f,
    struct span ring, bool ratio)
{
	size_t n = json_numbers(ring, NULL, 0);
	double *v;

	if (n == SIZE_MAX || n % 2)
		return false;
	v = xreallocarray(NULL, n + 1, sizeof(*v));
	json_numbers(ring, v, n);
	jw_key(b, "points");
	jw_open(b, '[');
	for (size_t i = 0; i < n; i += 2) {
		jw_open(b, '[');
		percent(b, opt, v[i], ratio ? 1 : f->width);
		percent(b, opt, v[i + 1], ratio ? 1 : f->height);
		jw_close(b, ']');
	}
	jw_close(b, ']');
	jw_member_bool(b, "closed", true);
	free(v);
	return true;
}

static void
write_ellipse(struct buf *b, const struct label_options *opt, const struct ls_frame *f,
    const double e[4], struct span rotation)
{
	percent_member(b, opt, "x", e[0], f->width);
	percent_member(b, opt, "y", e[1], f->height);
	percent_member(b, opt, "radiusX", e[2], f->width);
	percent_member(b, opt, "radiusY", e[3], f->height);
	jw_member_raw(b, "rotation", rotation);
}

static bool
write_brush(struct buf *b, const struct annotation *a)
{
	struct rle r = { .run = NULL };
	bool ok = !rle_parse(&r, a->v[ANN_RLE]);

	jw_member_str(b, "format", "rle");
	jw_key(b, "rle");
	ok = ok && brush_encode(b, &r);
	rle_release(&r);
	return ok;
}

static bool
write_span(struct buf *b, const struct annotation *a, const struct ls_frame *f)
{
	double v[2];
	uint64_t start, end;

	if (json_numbers(a->v[ANN_SPAN], v, 2) != 2)
		return false;
	if (f->text.p && !span_is(a->v[ANN_UNIT], "\"utf-16\"")) {
		if (!convert_offset(f->text, v[0], true, &start) ||
		    !convert_offset(f->text, v[1], true, &end))
			return false;
		v[0] = (double)start;
		v[1] = (double)end;
	}
	jw_key(b, "start");
	jw_number(b, v[0]);
	jw_key(b, "end");
	jw_number(b, v[1]);
	return true;
}

static bool
write_time(struct buf *b, const struct annotation *a)
{
	struct span t[2];

	if (number_texts(a->v[ANN_TIME], t, 2) != 2)
		return false;
	jw_member_raw(b, "start", t[0]);
	jw_member_raw(b, "end", t[1]);
	return true;
}

/* Shapes of pictures. */
static bool
write_shape(struct buf *b, const struct annotation *a, struct span ring, const struct ls_frame *f,
    const struct label_options *opt, const char **type)
{
	double v[5], scale[2] = { f->width, f->height };
	struct span t[5];
	struct box box;

	if (f->width <= 0 || f->height <= 0)
		return false;
	if (coords_ellipse(a, t)) {
		*type = "ellipselabels";
		for (int i = 0; i < 4; i++)
			num_parse(t[i], &v[i]);
		write_ellipse(b, opt, f, v, t[4]);
		return true;
	}
	*type = "polygonlabels";
	if (ring.p)
		return write_polygon(b, opt, f, ring, ann_is_ratio(a));
	*type = "brushlabels";
	if (a->v[ANN_RLE].p)
		return write_brush(b, a);
	*type = "ellipselabels";
	if (json_numbers(a->v[ANN_CIRCLE], v, 3) == 3) {
		v[3] = v[2];
		write_ellipse(b, opt, f, v, SPAN("0"));
		return true;
	}
	*type = "keypointlabels";
	if (json_numbers(a->v[ANN_POINT], v, 2) == 2) {
		percent_member(b, opt, "x", v[0], f->width);
		percent_member(b, opt, "y", v[1], f->height);
		jw_member_raw(b, "width", SPAN("0.5"));
		return true;
	}
	*type = "rectanglelabels";
	if (a->v[ANN_RBOX].p)
		return write_rbox(b, opt, f, a);
	if (!ann_box(a, &box))
		return false;
	for (int i = 0; i < 4; i++)
		v[i] = (const double[]){ box.x, box.y, box.w, box.h }[i] *
		       (ann_is_ratio(a) ? scale[i % 2] : 1);
	write_rectangle(b, opt, f, v, SPAN("0"));
	return true;
}

bool
ls_write_value(struct buf *b, const struct annotation *a, struct span ring,
    const struct ls_frame *f, const struct label_options *opt, const char **type)
{
	*type = "labels";
	if (a->v[ANN_SPAN].p)
		return write_span(b, a, f);
	if (a->v[ANN_TIME].p)
		return write_time(b, a);
	if (ann_has_shape(a) && !a->v[ANN_TEXT].p)
		return write_shape(b, a, ring, f, opt, type);
	if (ann_has_shape(a) && write_shape(b, a, ring, f, opt, type))
		return true;
	if (a->v[ANN_TEXT].p) {
		*type = "textarea";
		jw_key(b, "text");
		jw_open(b, '[');
		jw_raw(b, a->v[ANN_TEXT]);
		jw_close(b, ']');
		return true;
	}
	*type = "choices";
	return a->v[ANN_NAME].p != NULL;
}
