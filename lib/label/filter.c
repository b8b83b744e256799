/* Samples chosen and repaired: see filter.h. */
#include "label/filter.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>

#include "archive/source.h"
#include "archive/tree.h"
#include "base/num.h"
#include "base/path.h"

void
filter_release(struct filter *f)
{
	classmap_release(&f->map);
	strmap_release(&f->include);
	strmap_release(&f->exclude);
	rec_release(&f->rec);
	sample_release(&f->sample);
	buf_release(&f->line);
	buf_release(&f->list);
	buf_release(&f->text);
}

static void
add_classes(struct strmap *m, const struct strings *classes)
{
	for (size_t i = 0; i < classes->n; i++)
		strmap_put(m, span_str(classes->v[i]), 0, NULL);
}

void
filter_include(struct filter *f, const struct strings *classes)
{
	add_classes(&f->include, classes);
}

void
filter_exclude(struct filter *f, const struct strings *classes)
{
	add_classes(&f->exclude, classes);
}

bool
filter_any(const struct filter *f)
{
	return classmap_any(&f->map) || f->include.n > 0 || f->exclude.n > 0 || f->hard_only ||
	       f->repair;
}

/* ---- choosing ---- */

static bool
has_class(struct filter *f, const struct strmap *classes)
{
	for (size_t i = 0; i < f->sample.n; i++) {
		struct span name = ann_string(&f->sample.ann[i], ANN_NAME, &f->text);

		if (name.p && strmap_find(classes, name))
			return true;
	}
	return false;
}

/* The key that the service's API has for it, in a property. */
static bool
says_hard(struct span property)
{
	return json_type_of(property) == JSON_OBJECT &&
	       json_flag(json_member(property, "@modelarts:hard")) == 1;
}

/* Hard by itself, or by one of its annotations (difficult is VOC's word for it). */
static bool
is_hard(const struct filter *f)
{
	if (json_flag(f->rec.v[REC_HARD]) == 1 || says_hard(rec_member(&f->rec, "property")))
		return true;
	for (size_t i = 0; i < f->sample.n; i++) {
		const struct annotation *a = &f->sample.ann[i];

		if (ann_flag(a, ANN_DIFFICULT) == 1 || says_hard(a->v[ANN_PROPERTY]))
			return true;
		for (size_t k = 0; k < a->n; k++)
			if (span_is(a->m[k].key, "hard") && json_flag(a->m[k].value) == 1)
				return true;
	}
	return false;
}

static bool
is_wanted(struct filter *f)
{
	return (f->include.n == 0 || has_class(f, &f->include)) &&
	       (f->exclude.n == 0 || !has_class(f, &f->exclude)) && (!f->hard_only || is_hard(f));
}

/* ---- repairing ---- */

/* The size that the picture itself has; false: it is not here. */
static bool
measure(struct filter *f, const struct tree *tree, struct picsize *size)
{
	struct span source = rec_string(&f->rec, REC_SOURCE, &f->text), archive, member;
	const struct node *n;
	char *path;
	int r;

	if (!source.p || path_is_uri(source))
		return false;
	path = xstrndup(source.p, source.n);
	if (source_is_member(path, &archive, &member)) {
		n = tree_find(tree, member);
		r = n && tree_picture(tree, n, size) ? 0 : -1;
	} else {
		r = picsize_file(AT_FDCWD, path, size);
	}
	free(path);
	return r == 0;
}

static bool
is_short(const double v[4])
{
	return v[2] < 2 || v[3] < 2;
}

/*
 * The box clipped to the picture in v; its size is 0 when it is unknown. 0: nothing to do, 1: clipped, -1: it
 * goes. What is left of it can be too short, too: no second run would find anything.
 */
static int
clip(double v[4], double width, double height, const char **why)
{
	double x0 = fmax(v[0], 0), y0 = fmax(v[1], 0);
	double x1 = fmin(v[0] + v[2], width), y1 = fmin(v[1] + v[3], height);
	double inside = fmax(x1 - x0, 0) * fmax(y1 - y0, 0);

	*why = "is shorter than 2 pixels";
	if (is_short(v))
		return -1;
	if (width <= 0)
		return 0;
	*why = "is more than half outside the picture";
	if (inside < v[2] * v[3] / 2)
		return -1;
	if (x0 == v[0] && y0 == v[1] && x1 == v[0] + v[2] && y1 == v[1] + v[3])
		return 0;
	v[0] = x0, v[1] = y0, v[2] = x1 - x0, v[3] = y1 - y0;
	*why = "is shorter than 2 pixels inside the picture";
	if (is_short(v))
		return -1;
	*why = "was clipped to the picture";
	return 1;
}

static void
append_clipped(struct filter *f, const struct annotation *a, const double v[4])
{
	struct buf box = BUF_INIT;
	struct json_change c[2] = { { "bbox", SPAN_NONE }, { "bndbox", SPAN_NONE } };

	jw_open(&box, '[');
	for (int i = 0; i < 4; i++)
		jw_number(&box, v[i]);
	jw_close(&box, ']');
	c[0].value = buf_span(&box);
	if (f->list.n > 1)
		buf_addc(&f->list, ',');
	json_edit(&f->list, a->raw, c, 2);
	buf_release(&box);
}

/* The list of annotations in f->list, repaired. Returns the number of repairs; *kept annotations are left. */
static size_t
repair_boxes(struct filter *f, const char *source, double width, double height, uint64_t *kept)
{
	size_t repairs = 0;

	buf_reset(&f->list);
	buf_addc(&f->list, '[');
	*kept = 0;
	for (size_t i = 0; i < f->sample.n; i++) {
		const struct annotation *a = &f->sample.ann[i];
		struct span name = ann_string(a, ANN_NAME, &f->text);
		const char *why;
		double v[4];
		int verdict = 0;

		if (!ann_is_ratio(a) && json_numbers(a->v[ANN_BBOX], v, 4) == 4)
			verdict = clip(v, width, height, &why);
		if (verdict != 0) {
			repairs++;
			note_at(pos_file(source), "repair", "box %zu (%.*s) %s%s", i + 1,
			    SPAN_ARG(name), why, verdict < 0 ? ": dropped" : "");
		}
		if (verdict < 0)
			continue;
		++*kept;
		if (verdict > 0)
			append_clipped(f, a, v);
		else
			jw_raw(&f->list, a->raw);
	}
	buf_addc(&f->list, ']');
	return repairs;
}

/* The record's property with the mark; false: it has one that is no object, and stays as it is. */
static bool
mark_checked(struct filter *f, struct buf *property)
{
	const struct json_change mark = { "@modelarts:data_checked", SPAN("true") };
	struct span old = rec_member(&f->rec, "property"), inside = SPAN("{}");
	bool quoted = json_type_of(old) == JSON_STRING;
	struct buf text = BUF_INIT, object = BUF_INIT;

	if (quoted)
		inside = span_trim(json_value_text(old, &text));
	else if (old.p && json_type_of(old) != JSON_NULL)
		inside = old;
	if (json_type_of(inside) != JSON_OBJECT || !json_valid(inside)) {
		buf_release(&text);
		return false;
	}
	json_edit(quoted ? &object : property, inside, &mark, 1);
	if (quoted)
		jw_string(property, buf_span(&object));
	buf_release(&text);
	buf_release(&object);
	return true;
}

/* Append the record with its repairs. */
static void
write_repaired(struct filter *f, struct buf *out, bool boxes, const struct picsize *size)
{
	struct json_change c[4];
	struct buf property = BUF_INIT, w = BUF_INIT, h = BUF_INIT;
	size_t n = 0;

	if (mark_checked(f, &property))
		c[n++] = (struct json_change){ "property", buf_span(&property) };
	if (boxes)
		c[n++] = (struct json_change){ "annotation", buf_span(&f->list) };
	if (size) {
		num_add_u64(&w, size->width);
		num_add_u64(&h, size->height);
		c[n++] = (struct json_change){ "width", buf_span(&w) };
		c[n++] = (struct json_change){ "height", buf_span(&h) };
	}
	json_edit(out, f->rec.line, c, n);
	buf_release(&property);
	buf_release(&w);
	buf_release(&h);
}

static void
note_size(const char *source, const struct picsize *size, double width, double height)
{
	if (width > 0 && height > 0)
		note_at(pos_file(source), "repair", "width and height are %ux%u, not %gx%g",
		    size->width, size->height, width, height);
	else
		note_at(pos_file(source), "repair",
		    "width and height are %ux%u, which was not said", size->width, size->height);
}

/* False: the sample is dropped. */
static bool
repair(struct filter *f, const struct tree *tree, struct buf *out, uint64_t *annotations)
{
	struct span named = rec_string(&f->rec, REC_SOURCE, &f->text);
	char *source = xstrndup(named.p, named.n);
	double width = f->sample.width, height = f->sample.height;
	struct picsize size;
	size_t repairs;
	bool resized = measure(f, tree, &size) && (size.width != width || size.height != height);
	bool keep = true;

	if (resized && (f->sample.n > 0 || !f->sample.annotated))
		note_size(source, &size, width, height);
	if (resized) {
		width = size.width;
		height = size.height;
	}
	repairs = repair_boxes(f, source, width, height, annotations);
	if (f->sample.annotated && *annotations == 0) {
		note_at(pos_file(source), "repair", "the sample has no annotation: dropped");
		keep = false;
	} else {
		write_repaired(f, out, repairs > 0, resized ? &size : NULL);
	}
	free(source);
	return keep;
}

/* ---- the record ---- */

/* A text that is a record already; the frame made it. */
static bool
parse(struct filter *f, struct span text)
{
	return rec_parse(&f->rec, text, POS_NONE);
}

bool
filter_record(struct filter *f, const struct tree *tree, struct span object, struct buf *out,
    uint64_t *annotations)
{
	uint64_t dropped = 0;

	buf_reset(out);
	if (!parse(f, object))
		return false;
	if (classmap_any(&f->map)) {
		buf_reset(&f->line);
		classmap_apply(&f->map, &f->rec, &f->line, &dropped);
		if (!parse(f, buf_span(&f->line)))
			return false;
		*annotations -= dropped;
	}
	if (!f->rec.header) {
		sample_take(&f->sample, &f->rec);
		if (!is_wanted(f))
			return false;
		if (f->repair)
			return repair(f, tree, out, annotations);
	}
	buf_addspan(out, f->rec.line);
	return true;
}
