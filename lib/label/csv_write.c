/* Records to CSV label files: see csv_formats.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/csv_layout.h"
#include "label/splits.h"
#include "label/via.h"

struct writer {
	enum csv_dialect kind;
	struct csv_layout l;
	struct split_files boxes, labels, masks; /* labels, masks: of Open Images */
	size_t masks_of_sample;
	struct buf picture, cell, shape, attributes, class_key, pixels;
	struct corners corners, box;
	bool open;
};

void
csv_begin(struct exporter *ex, enum csv_dialect kind)
{
	struct writer *w = ex->state = xcalloc(1, sizeof(*w));

	w->kind = kind;
}

/* The columns that the header record says, else the usual ones. */
static void
open_writer(struct exporter *ex, struct writer *w)
{
	struct span csv = dataset_member(&ex->dataset, "csv"), via, text, separator;
	struct csv c = { .separator = ',' };
	struct buf scratch = BUF_INIT;

	if (w->open)
		return;
	w->open = true;
	w->l = (struct csv_layout){ .kind = w->kind, .separator = ',' };
	text = json_value_text(json_member(csv, "columns"), &scratch);
	separator = json_unquote(json_member(csv, "separator"));
	if (separator.n)
		w->l.separator = separator.p[0] == '\\' ? '\t' : separator.p[0];
	csv_split(&c, text);
	for (size_t i = 0; text.n && csv_kind[w->kind].header && i < c.n; i++)
		csv_layout_add(&w->l, c.field[i]);
	if (text.n && (!csv_kind[w->kind].header || csv_kind_of_header(&w->l) != w->kind))
		csv_layout_release(&w->l);
	if (!w->l.n) {
		w->l = (struct csv_layout){ .kind = w->kind, .separator = w->l.separator };
		csv_layout_columns(&w->l, csv_kind[w->kind].columns);
	}
	w->boxes.name = csv_kind[w->kind].file;
	w->labels.name = "annotations-human-imagelabels.csv";
	w->masks.name = "annotations-object-segmentation.csv";
	via = json_unquote(json_member(dataset_member(&ex->dataset, "via"), "class"));
	buf_addspan(&w->class_key, via.n ? via : SPAN("class"));
	csv_release(&c);
	buf_release(&scratch);
}

/* Open Images: the descriptions of classes that have an id. */
static void
write_classes(struct exporter *ex)
{
	struct buf b = BUF_INIT, scratch = BUF_INIT;

	for (size_t i = 0; i < ex->dataset.n; i++) {
		struct span id = span_str(ex->dataset.classes[i].id);

		if (json_type_of(id) != JSON_STRING)
			continue;
		csv_put(&b, json_value_text(id, &scratch), ',', true);
		csv_put(&b, span_str(ex->dataset.classes[i].name), ',', false);
		buf_addc(&b, '\n');
	}
	if (b.n)
		export_file(ex, SPAN("class-descriptions.csv"), buf_span(&b));
	buf_release(&b);
	buf_release(&scratch);
}

void
csv_finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (w->kind == OPENIMAGES)
		write_classes(ex);
	split_close(ex, &w->boxes, "");
	split_close(ex, &w->labels, "");
	split_close(ex, &w->masks, "");
	csv_layout_release(&w->l);
	buf_release(&w->picture);
	buf_release(&w->cell);
	buf_release(&w->shape);
	buf_release(&w->attributes);
	buf_release(&w->class_key);
	buf_release(&w->pixels);
	corners_release(&w->corners);
	corners_release(&w->box);
	free(w);
	ex->state = NULL;
}

static struct span
flag_text(const struct annotation *a, enum ann_field f)
{
	int flag = ann_flag(a, f);

	return flag < 0 ? SPAN("-1") : flag ? SPAN("1") : SPAN("0");
}

/* The class; in Open Images by its id. */
static struct span
class_text(struct exporter *ex, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span name = ann_string(a, ANN_NAME, &w->cell), id;
	long i;

	if (w->kind != OPENIMAGES || !name.p || (i = dataset_class(&ex->dataset, name)) < 0)
		return name.p ? name : SPAN("");
	id = span_str(ex->dataset.classes[i].id);
	return json_type_of(id) == JSON_STRING ? json_value_text(id, &w->cell) : name;
}

static struct span
usage_text(const struct sample *s)
{
	struct span kept = json_unquote(json_member(rec_member(s->rec, "csv"), "ml_use"));
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);

	if (span_is(usage, "EVAL"))
		return csv_usage_of(kept) ? kept : SPAN("VALIDATION");
	if (span_is(usage, "TRAIN") || span_is(usage, "TEST"))
		return usage;
	return kept.n && !csv_usage_of(kept) ? kept : SPAN("UNASSIGNED");
}

static struct span
bbox_text(struct writer *w)
{
	buf_reset(&w->cell);
	for (int i = 0; i < 4; i++)
		buf_addf(&w->cell, "%s%.*s", i ? ", " : "[", SPAN_ARG(w->box.v[i]));
	buf_addc(&w->cell, ']');
	return buf_span(&w->cell);
}

/* What a column says of an annotation (NULL: of a picture without any). */
static struct span
cell(struct exporter *ex, const struct sample *s, const struct annotation *a, size_t i)
{
	struct writer *w = ex->state;
	enum csv_column c = w->l.of[i];

	if (c == FILE_NAME)
		return buf_span(&w->picture);
	if (c == WIDTH || c == HEIGHT) {
		struct span text = s->rec->v[c == WIDTH ? REC_WIDTH : REC_HEIGHT];

		buf_reset(&w->cell);
		if (!text.p && s->width > 0)
			num_add(&w->cell, c == WIDTH ? s->width : s->height);
		return text.p ? text : buf_span(&w->cell);
	}
	if (c == USAGE)
		return usage_text(s);
	if (!a)
		return SPAN("");
	switch (c) {
	case CLASS:
		return class_text(ex, a);
	case X0:
	case Y0:
	case X1:
	case Y1:
		return ann_has_shape(a) ? w->corners.v[c - X0] : SPAN("");
	case BOX_W:
	case BOX_H:
		return w->box.v[c - BOX_W + 2];
	case BBOX:
		return bbox_text(w);
	case SCORE:
		return a->v[ANN_CONFIDENCE].p ? a->v[ANN_CONFIDENCE] : SPAN("1");
	case SOURCE:
		return ann_string(a, ANN_ANNOTATED_BY, &w->cell);
	case OCCLUDED:
		return flag_text(a, ANN_OCCLUDED);
	case TRUNCATED:
		return flag_text(a, ANN_TRUNCATED);
	case GROUP_OF:
		return flag_text(a, ANN_ISCROWD);
	case OTHER: {
		struct span v = json_member(ann_member(a, "csv"), w->l.name[i]);

		return v.p                     ? json_value_text(v, &w->cell)
		       : w->kind == OPENIMAGES ? SPAN("-1")
					       : SPAN("");
	}
	default:
		return SPAN("");
	}
}

static void
write_names(struct writer *w, struct buf *b)
{
	for (size_t i = 0; csv_kind[w->kind].header && i < w->l.n; i++)
		csv_put(b, span_str(w->l.name[i]), w->l.separator, i == 0);
	if (csv_kind[w->kind].header)
		buf_addc(b, '\n');
}

static void
write_row(struct exporter *ex, const struct sample *s, const struct annotation *a, struct buf *b)
{
	struct writer *w = ex->state;

	for (size_t i = 0; i < w->l.n; i++)
		csv_put(b, cell(ex, s, a, i), w->l.separator, i == 0);
	buf_addc(b, '\n');
}

/* The box that the columns need, in w; false: it has none. */
static bool
take_box(struct exporter *ex, struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;

	if (csv_kind[w->kind].ratio)
		return coords_ratio_corners(ex, s, a, &w->corners);
	return coords_corners(ex, s, a, &w->corners) && coords_box(ex, s, a, &w->box);
}

/* Open Images: a class of the whole picture. `absent`: verified that it is not there. */
static void
write_label(struct exporter *ex, const struct annotation *a, int split)
{
	struct writer *w = ex->state;
	struct span source;
	bool is_new;
	struct buf *b = &split_out(ex, &w->labels, split, &is_new)->b;

	if (is_new)
		buf_adds(b, "ImageID,Source,LabelName,Confidence\n");
	csv_put(b, buf_span(&w->picture), ',', true);
	source = ann_string(a, ANN_ANNOTATED_BY, &w->cell);
	csv_put(b, source.p ? source : SPAN("verification"), ',', false);
	csv_put(b, class_text(ex, a), ',', false);
	csv_put(b, a->v[ANN_CONFIDENCE].p ? a->v[ANN_CONFIDENCE] : SPAN("1"), ',', false);
	buf_addc(b, '\n');
}

static void
write_absent(struct exporter *ex, const struct sample *s, int split)
{
	struct span list = rec_member(s->rec, "openimages-absent"), raw;
	struct annotation a = { .m = NULL };
	struct json j;

	if (json_type_of(list) != JSON_ARRAY)
		return;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		if (ann_parse(&a, raw))
			write_label(ex, &a, split);
	ann_release(&a);
}

/* ---- masks of Open Images ---- */

/* The file of a mask that is one already, as it is; false: it cannot be had (said so). */
static bool
copy_mask(struct exporter *ex, const struct sample *s, struct span source, struct span name)
{
	char *path = xasprintf("masks/%.*s", SPAN_ARG(name)), *from = xstrndup(source.p, source.n);
	bool ok = sink_has(ex->sink, path) || sink_add_source(ex->sink, path, from, SINK_COPY) == 0;

	if (!ok)
		error_at(rec_pos(s->rec, s->rec->v[REC_ANNOTATION]), "picture",
		    "cannot take the mask '%s': %s", from, strerror(errno));
	free(path);
	free(from);
	return ok;
}

/* Its pixels as a file. */
static bool
paint_mask(struct exporter *ex, struct sample *s, const struct annotation *a, struct span name)
{
	struct buf png = BUF_INIT, path = BUF_INIT;
	struct id_mask m;
	bool ok =
	    reshape_pixels(ex, s, a) && mask_start(&m, ex->reshaper.rle.w, ex->reshaper.rle.h);

	if (ok) {
		mask_paint(&m, &ex->reshaper.rle, 1);
		mask_write_bits(&png, &m);
		free(m.v);
		buf_addf(&path, "masks/%.*s", SPAN_ARG(name));
		export_file(ex, buf_span(&path), buf_span(&png));
	}
	buf_release(&png);
	buf_release(&path);
	return ok;
}

/* Is the mask a file of two values, and so one of Open Images as it stands? */
static bool
is_own_mask(const struct exporter *ex, const struct annotation *a)
{
	return json_type_of(a->v[ANN_RLE]) != JSON_OBJECT &&
	       span_is(json_unquote(dataset_member(&ex->dataset, "format")), "openimages") &&
	       span_is(json_member(a->v[ANN_MASK], "value"), "1");
}

/* The file of the annotation's mask; its name in `name`. */
static bool
bring_mask(struct exporter *ex, struct sample *s, const struct annotation *a, struct buf *name)
{
	struct writer *w = ex->state;
	struct buf text = BUF_INIT;
	struct span source;
	bool ok;

	if (is_own_mask(ex, a)) {
		source = json_value_text(json_member(a->v[ANN_MASK], "source"), &text);
		buf_addspan(name, path_base_span(source));
		ok = copy_mask(ex, s, source, buf_span(name));
	} else {
		buf_addf(
		    name, "%.*s_%zu.png", SPAN_ARG(buf_span(&w->picture)), ++w->masks_of_sample);
		ok = paint_mask(ex, s, a, buf_span(name));
	}
	buf_release(&text);
	return ok;
}

/* What the rows of masks have no column for. */
static void
lose_flags(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	static const enum ann_field fields[] = { ANN_CONFIDENCE, ANN_OCCLUDED, ANN_TRUNCATED,
		ANN_ISCROWD, ANN_ANNOTATED_BY };

	char code[40];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (a->v[fields[i]].p) {
			snprintf(code, sizeof(code), "annotation.%s", ann_field_name[fields[i]]);
			export_loss(ex, s, code, 1);
		}
}

/* A row of the file of masks. False: there is no mask to be had. */
static bool
write_mask(struct exporter *ex, struct sample *s, const struct annotation *a, int split)
{
	static const char *const kept[] = { "BoxID", "PredictedIoU", "Clicks" };
	struct writer *w = ex->state;
	struct buf name = BUF_INIT;
	struct span v, csv = ann_member(a, "csv");
	bool is_new, ok = bring_mask(ex, s, a, &name);
	struct out *out;

	if (ok) {
		lose_flags(ex, s, a);
		out = split_out(ex, &w->masks, split, &is_new);
		if (is_new)
			buf_adds(&out->b, "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,"
					  "BoxYMin,BoxYMax,PredictedIoU,Clicks\n");
		csv_put(&out->b, buf_span(&name), ',', true);
		csv_put(&out->b, buf_span(&w->picture), ',', false);
		csv_put(&out->b, class_text(ex, a), ',', false);
		for (int i = 0; i < 3; i++) {
			v = json_member(csv, kept[i]);
			csv_put(&out->b, v.p ? json_value_text(v, &w->cell) : SPAN(""), ',', false);
			for (int k = 0; i == 0 && k < 4; k++) /* x0 x1 y0 y1 */
				csv_put(&out->b, w->corners.v[(k & 1) * 2 + (k >> 1)], ',', false);
		}
		buf_addc(&out->b, '\n');
		out_tick(out);
	}
	buf_release(&name);
	return ok;
}

/* One annotation as a row. False: it has no place here. */
static bool
write_annotation(struct exporter *ex, struct sample *s, const struct annotation *a, int split)
{
	struct writer *w = ex->state;
	bool shape = ann_has_shape(a), is_new;
	struct out *out;

	if (!shape && w->kind == OPENIMAGES && a->v[ANN_NAME].p) {
		write_label(ex, a, split);
		return true;
	}
	if (shape ? !take_box(ex, s, a) : csv_has_box(&w->l) && w->kind != AUTOML)
		return false;
	if (a->v[ANN_POLYGON].p && coords_bbox_differs(a))
		export_loss(ex, s, "annotation.polygon", 1);
	if (w->kind == OPENIMAGES && (a->v[ANN_RLE].p || a->v[ANN_MASK].p)) {
		if (write_mask(ex, s, a, split))
			return true;
		export_loss(ex, s, "annotation.mask", 1);
	}
	out = split_out(ex, &w->boxes, split, &is_new);
	if (is_new)
		write_names(w, &out->b);
	write_row(ex, s, a, &out->b);
	out_tick(out);
	return true;
}

/* The rows of one picture in VIA's form. */
static uint64_t
write_regions(struct exporter *ex, struct sample *s, struct buf *b)
{
	struct writer *w = ex->state;
	struct span via = rec_member(s->rec, "via"), size = json_member(via, "size");
	struct span attributes = json_member(via, "file_attributes");
	uint64_t written = 0;
	char count[48];

	for (size_t i = 0; i < s->n; i++) {
		struct span rest, ring = SPAN_NONE;
		struct annotation a;

		if (!coords_pixels(ex, s, &s->ann[i], &a, &w->pixels))
			continue;
		rest = a.v[ANN_POLYGON];
		coords_ring(&rest, &ring);
		buf_reset(&w->shape);
		buf_reset(&w->attributes);
		if (!via_write_region(
			ex, s, &a, ring, buf_span(&w->class_key), &w->shape, &w->attributes))
			continue;
		csv_put(b, buf_span(&w->picture), ',', true);
		csv_put(b, size.p ? size : SPAN("-1"), ',', false);
		csv_put(b, attributes.p ? attributes : SPAN("{}"), ',', false);
		snprintf(count, sizeof(count), ",%zu,%zu", s->n, (size_t)written++);
		buf_adds(b, count);
		csv_put(b, buf_span(&w->shape), ',', false);
		csv_put(b, buf_span(&w->attributes), ',', false);
		buf_addc(b, '\n');
	}
	if (written > 0)
		return written;
	csv_put(b, buf_span(&w->picture), ',', true);
	csv_put(b, size.p ? size : SPAN("-1"), ',', false);
	csv_put(b, attributes.p ? attributes : SPAN("{}"), ',', false);
	buf_adds(b, ",0,0,{},{}\n");
	return 0;
}

/* A picture without annotations, where the rows can say so. */
static void
write_negative(struct exporter *ex, const struct sample *s, int split)
{
	struct writer *w = ex->state;
	bool is_new;
	struct out *out = split_out(ex, &w->boxes, split, &is_new);

	if (is_new)
		write_names(w, &out->b);
	write_row(ex, s, NULL, &out->b);
}

/* How rows call the picture: its file name; Open Images and Kaggle leave the extension out. */
static void
name_picture(struct exporter *ex, const struct sample *s, int split)
{
	struct writer *w = ex->state;
	struct span source = json_value_text(s->rec->v[REC_SOURCE], &w->cell);
	const char *dir = split_dir(split);
	struct span name;

	buf_reset(&w->picture);
	if (w->kind == AUTOML && path_is_uri(source)) {
		buf_addspan(&w->picture, source);
		return;
	}
	name = export_picture(ex, s, dir, export_stem(ex, s, dir));
	if (w->kind == OPENIMAGES)
		name = path_stem(name);
	buf_addspan(&w->picture, name);
}

void
csv_write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	int split = split_of(ex, s);
	uint64_t written = 0;
	struct out *out;
	bool is_new;

	open_writer(ex, w);
	w->masks_of_sample = 0;
	if (w->kind == AUTOML)
		split = SPLIT_NONE; /* a column says it */
	if (w->l.at[WIDTH] && !export_size(ex, s))
		export_loss(ex, s, "sample.size-unknown", 1);
	name_picture(ex, s, split);
	if (w->kind == VIA) {
		out = split_out(ex, &w->boxes, split, &is_new);
		if (is_new)
			write_names(w, &out->b);
		written = write_regions(ex, s, &out->b);
		out_tick(out);
	}
	for (size_t i = 0; w->kind == OPENIMAGES && i < s->n; i++)
		if (s->ann[i].v[ANN_MASK].p && !ann_box(&s->ann[i], &(struct box){ 0 }))
			reshape_mask(ex, s, i); /* a row needs a box */
	for (size_t i = 0; w->kind != VIA && i < s->n; i++)
		written += write_annotation(ex, s, &s->ann[i], split);
	if (w->kind == OPENIMAGES)
		write_absent(ex, s, split);
	if (w->kind == RETINANET && written == 0)
		write_negative(ex, s, split);
	export_unwritten(ex, s, written);
}
