/* The annotations of a tf.train.Example: see tfrecord_object.h. */
#include "label/tfrecord_object.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/write.h"
#include "label/coords.h"
#include "label/tfrecord.h"
#include "label/tfrecord_feature.h"

/* Features of the layout with a value a box. */
static const struct {
	const char *key;
	enum tf_kind kind;
} object_feature[] = {
	{ TF_BBOX "xmin", TF_FLOATS },
	{ TF_BBOX "ymin", TF_FLOATS },
	{ TF_BBOX "xmax", TF_FLOATS },
	{ TF_BBOX "ymax", TF_FLOATS },
	{ TF_OBJECT "class/text", TF_BYTES },
	{ TF_OBJECT "class/label", TF_INTS },
	{ TF_OBJECT "difficult", TF_INTS },
	{ TF_OBJECT "truncated", TF_INTS },
	{ TF_OBJECT "is_crowd", TF_INTS },
	{ TF_OBJECT "area", TF_FLOATS },
	{ TF_OBJECT "view", TF_BYTES },
};

enum { X0, Y0, X1, Y1, TEXT, LABEL, DIFFICULT, TRUNCATED, CROWD, AREA, VIEW, OBJECT_FEATURES };

_Static_assert(OBJECT_FEATURES == TFRECORD_OBJECT_FEATURES, "lists of tfrecord_object.h");

bool
tfrecord_bad(struct tfrecord_reading *r, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	error_at(pos_file(r->file), "tfrecord", "record %" PRIu64 " at byte %" PRIu64 ": %s",
	    r->in.number, r->in.at, buf_str(&text));
	buf_release(&text);
	return false;
}

/* ---- the lists ---- */

static bool
is_object_feature(struct span key)
{
	for (size_t i = 0; i < OBJECT_FEATURES; i++)
		if (span_is(key, object_feature[i].key))
			return true;
	return false;
}

bool
tfrecord_objects_take(struct tfrecord_objects *o, const struct tf_feature *f)
{
	if (is_object_feature(f->key))
		return true;
	if (!f->kind || f->n != o->n || o->n == 0 || !span_starts(f->key, SPAN(TF_OBJECT)))
		return false;
	o->more = grow(o->more, &o->more_cap, o->more_n + 1, sizeof(*o->more));
	o->more[o->more_n++] = (struct tf_values){ .of = f };
	return true;
}

bool
tfrecord_objects_begin(struct tfrecord_reading *r, struct tfrecord_objects *o)
{
	const char *counted = NULL;

	*o = (struct tfrecord_objects){ .n = 0 };
	for (size_t i = 0; i < OBJECT_FEATURES; i++) {
		const struct tf_feature *any =
		    tf_example_find(&r->e, object_feature[i].key, TF_NONE);
		const struct tf_feature *f =
		    any && any->kind == object_feature[i].kind ? any : NULL;

		if (!f && any && any->kind != TF_NONE)
			return tfrecord_bad(r, "%s should be a list of %s", object_feature[i].key,
			    tf_kind_name[object_feature[i].kind]);
		if (!f || (f->n == 0 && i > Y1))
			continue;
		if (!counted) {
			o->n = f->n;
			counted = object_feature[i].key;
		}
		if (f->n != o->n)
			return tfrecord_bad(r, "%s has %zu values, %s has %zu",
			    object_feature[i].key, f->n, counted, o->n);
		o->it[i].of = f;
	}
	for (size_t i = X0; i <= Y1; i++)
		if (!o->it[i].of != !o->it[X0].of)
			return tfrecord_bad(r, "a box needs xmin, ymin, xmax and ymax");
	o->listed = o->it[X0].of || o->n > 0;
	return true;
}

void
tfrecord_objects_release(struct tfrecord_objects *o)
{
	free(o->more);
	*o = (struct tfrecord_objects){ .n = 0 };
}

/* ---- annotations ---- */

/* The pixels for a part f of `size`: the fewest decimals that give the float again. */
static void
write_pixels(struct buf *b, float f, double size)
{
	for (int decimals = 0; decimals <= 9; decimals++) {
		size_t at = b->n;
		double v;

		num_add_trimmed(b, (double)f * size, decimals);
		if (num_parse((struct span){ b->p + at, b->n - at }, &v) && (float)(v / size) == f)
			return;
		buf_cut(b, at);
	}
	num_add(b, (double)f * size);
}

static bool
write_box(struct tfrecord_reading *r, struct buf *b, const struct tfrecord_objects *o, double width,
    double height)
{
	size_t at[5] = { 0 };
	struct span c[4];
	bool ratio = !(width > 0 && height > 0), huge = true;

	buf_reset(&r->text);
	for (int i = 0; i < 4; i++) {
		float f = o->v[X0 + i].number;

		if (!isfinite(f))
			return tfrecord_bad(r, "a coordinate of a box is no finite number");
		huge = huge && f > 1.5F;
		if (ratio)
			num_add_float(&r->text, f);
		else
			write_pixels(&r->text, f, i % 2 ? height : width);
		at[i + 1] = r->text.n;
	}
	for (int i = 0; i < 4; i++)
		c[i] = (struct span){ r->text.p + at[i], at[i + 1] - at[i] };
	coords_read_corners(b, c);
	if (ratio)
		jw_member_str(b, "unit", "ratio");
	if (huge && !r->said_pixels)
		warning_at(pos_file(r->file), "tfrecord-pixels",
		    "record %" PRIu64 ": a box beyond 1.5: coordinates should be parts of width "
		    "and height, these seem to be pixels",
		    r->in.number);
	r->said_pixels = r->said_pixels || huge;
	return true;
}

/* The name: the text, else what the label map calls the number, else "class_7". */
static struct span
class_name(struct tfrecord_reading *r, struct span text, bool has_label, int64_t label)
{
	struct span display = text.n ? tfrecord_display_of(&r->classes, text) : SPAN_NONE;

	if (display.p)
		return display;
	if (text.n && utf8_valid(text))
		return text;
	if (text.n)
		tfrecord_bad(r, "the name of a class is not UTF-8");
	if (!has_label || (text.p && label == 0)) /* nobody's number */
		return SPAN_NONE;
	return tfrecord_class_of(&r->classes, label);
}

/* A flag that is 0 or 1; another value rides. */
static void
write_flag(
    struct buf *b, struct buf *kept, const struct tfrecord_objects *o, int i, const char *key)
{
	if (!o->has[i])
		return;
	if (o->v[i].whole == 0 || o->v[i].whole == 1) {
		jw_key(b, key);
		if (i == CROWD)
			jw_i64(b, o->v[i].whole);
		else
			jw_bool(b, o->v[i].whole == 1);
		return;
	}
	jw_key(kept, object_feature[i].key);
	buf_addf(kept, "{\"int64\":%" PRId64 "}", o->v[i].whole);
}

/* Everything but the box. */
static void
write_object(struct tfrecord_reading *r, struct buf *b, struct tfrecord_objects *o)
{
	struct buf *kept = &r->kept;
	struct tf_value v;

	write_flag(b, kept, o, DIFFICULT, "difficult");
	write_flag(b, kept, o, TRUNCATED, "truncated");
	write_flag(b, kept, o, CROWD, "iscrowd");
	if (o->has[AREA] && isfinite(o->v[AREA].number)) {
		jw_key(b, "area");
		num_add_float(b, o->v[AREA].number);
	}
	if (o->has[VIEW] && o->v[VIEW].bytes.n && tfrecord_is_text(o->v[VIEW].bytes)) {
		jw_key(b, "property");
		jw_open(b, '{');
		jw_member_string(b, "pose", o->v[VIEW].bytes);
		jw_close(b, '}');
	}
	for (size_t i = 0; i < o->more_n; i++) {
		if (!tf_values_next(&o->more[i], &v))
			continue;
		jw_key_span(kept, o->more[i].of->key);
		jw_open(kept, '{');
		jw_key(kept, tf_kind_name[o->more[i].of->kind]);
		tfrecord_write_value(kept, o->more[i].of, &v);
		jw_close(kept, '}');
	}
}

/* A number that is not that of the name in the class list. It is worth something only with this name. */
static void
keep_label(struct buf *b, struct span name, int64_t label)
{
	jw_key(b, "label");
	jw_i64(b, label);
	jw_member_string(b, "text", name);
}

/* The class goes by its display name, the record has the item's name. */
static void
keep_code(struct tfrecord_reading *r, struct buf *b, struct span text)
{
	if (text.n && tfrecord_display_of(&r->classes, text).p)
		jw_member_string(b, "pbtxt-name", text);
}

void
tfrecord_write_kept(struct buf *b, const struct buf *kept)
{
	if (kept->n == 0)
		return;
	jw_key(b, "tfrecord");
	jw_open(b, '{');
	buf_addspan(b, buf_span(kept));
	jw_close(b, '}');
}

static bool
give_object(struct tfrecord_reading *r, struct buf *b, struct tfrecord_objects *o, double width,
    double height)
{
	size_t begin = b->n;
	struct span text = o->has[TEXT] ? o->v[TEXT].bytes : SPAN_NONE;
	struct span name = class_name(r, text, o->has[LABEL], o->v[LABEL].whole);

	buf_reset(&r->kept);
	jw_open(b, '{');
	if (name.p)
		jw_member_string(b, "name", name);
	if (o->has[LABEL] && name.p &&
	    !tfrecord_learn(&r->classes, name, o->v[LABEL].whole, r->file))
		keep_label(&r->kept, name, o->v[LABEL].whole);
	keep_code(r, &r->kept, text);
	if (o->has[X0] && !write_box(r, b, o, width, height)) {
		buf_cut(b, begin);
		r->im->bad_annotations++;
		return false;
	}
	write_object(r, b, o);
	tfrecord_write_kept(b, &r->kept);
	jw_close(b, '}');
	return true;
}

uint64_t
tfrecord_objects_write(struct tfrecord_reading *r, struct buf *b, struct tfrecord_objects *o,
    double width, double height)
{
	uint64_t n = 0;

	for (size_t k = 0; k < o->n; k++) {
		for (int i = 0; i < OBJECT_FEATURES; i++)
			o->has[i] = tf_values_next(&o->it[i], &o->v[i]);
		n += give_object(r, b, o, width, height);
	}
	return n;
}

uint64_t
tfrecord_class_write(struct tfrecord_reading *r, struct buf *b)
{
	const struct tf_feature *label = tf_example_find(&r->e, "image/class/label", TF_INTS);
	struct span text = tfrecord_bytes(&r->e, "image/class/text"), name;
	int64_t number = tfrecord_int(&r->e, "image/class/label");
	bool has = label && label->n > 0;

	if (!text.n && !has)
		return 0;
	name = class_name(r, text, has, number);
	if (!name.p)
		return 0;
	jw_open(b, '{');
	jw_member_string(b, "name", name);
	buf_reset(&r->kept);
	if (has && !tfrecord_learn(&r->classes, name, number, r->file))
		keep_label(&r->kept, name, number);
	keep_code(r, &r->kept, text);
	tfrecord_write_kept(b, &r->kept);
	jw_close(b, '}');
	return 1;
}

void
tfrecord_reading_release(struct tfrecord_reading *r)
{
	tfrecord_classes_release(&r->classes);
	tf_example_release(&r->e);
	buf_release(&r->text);
	buf_release(&r->kept);
}
