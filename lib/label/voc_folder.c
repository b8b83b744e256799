/*
 * Records to a dataset of Pascal VOC or of ModelArts' flat layout: see voc.h.
 *
 * Names and folders of pictures, XML files (voc_xml.h) and masks (voc_masks.h, modelarts_masks.h), and the split.
 */
#include <stdlib.h>
#include <strings.h>

#include "archive/sink.h"
#include "base/diag.h"
#include "label/export.h"
#include "label/modelarts_masks.h"
#include "label/voc.h"
#include "label/voc_masks.h"
#include "label/voc_tree.h"
#include "label/voc_xml.h"

struct writer {
	struct voc_rules rules;
	bool flat;                /* x.jpg and x.xml in one folder */
	bool legend;              /* masks whose numbers are classes of ours */
	struct sink_file *set[4]; /* train, val, test, trainval */
	struct buf text, member, mask;
};

/* The base that VOC files had which the labels came from, unless an option says another. */
static int
base_of(const struct exporter *ex, bool from_voc)
{
	if (ex->opt->voc_base >= 0)
		return ex->opt->voc_base;
	return from_voc && span_is(dataset_member(&ex->dataset, "voc-base"), "0") ? 0 : 1;
}

static void
begin(struct exporter *ex, bool flat)
{
	struct writer *w = ex->state;

	w->flat = flat;
	w->rules.modelarts = flat;
	w->rules.decimals = ex->opt->decimals >= 0 ? ex->opt->decimals : 6;
	w->rules.base = -1;
}

static void
begin_voc(struct exporter *ex)
{
	begin(ex, false);
}

static void
begin_modelarts(struct exporter *ex)
{
	begin(ex, true);
}

static bool
is_from_voc(const struct exporter *ex)
{
	return span_is(json_unquote(dataset_member(&ex->dataset, "format")), "voc");
}

/* Headers come before the samples that they are about: their rules count from then on. */
static void
settle_rules(struct exporter *ex, struct writer *w)
{
	bool from_voc = is_from_voc(ex);

	if (w->rules.base >= 0)
		return;
	w->rules.base = w->flat ? 0 : base_of(ex, from_voc);
	w->rules.fill = w->flat || !from_voc;
	w->rules.boxes_only = !w->flat && !from_voc;
}

uint64_t
voc_holds(const struct exporter *ex)
{
	return ex->format->holds | (is_from_voc(ex) ? VOC_XML_SHAPES : 0);
}

static void
add_to_set(struct exporter *ex, struct writer *w, int set, struct span stem)
{
	static const char *const path[] = { "ImageSets/Main/train.txt", "ImageSets/Main/val.txt",
		"ImageSets/Main/test.txt", "ImageSets/Main/trainval.txt" };
	struct out *out;

	if (!w->set[set])
		w->set[set] = sink_file_new(ex->sink, path[set]);
	if (!w->set[set])
		die("cannot write %s:", path[set]);
	out = sink_file_out(w->set[set]);
	buf_addspan(&out->b, stem);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
write_usage(struct exporter *ex, struct writer *w, const struct sample *s, struct span stem)
{
	struct span usage = rec_string(s->rec, REC_USAGE, &w->text);

	if (w->flat || !usage.p)
		return;
	for (int set = 0; set < VOC_SETS; set++)
		if (usage.n == strlen(voc_set_usage[set]) &&
		    strncasecmp(usage.p, voc_set_usage[set], usage.n) == 0) {
			add_to_set(ex, w, set, stem);
			if (set < 2)
				add_to_set(ex, w, 3, stem);
		}
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span stem = export_stem(ex, s, ""), name;
	struct voc_written written;
	struct voc_masks masks = { .painted = false };

	settle_rules(ex, w);
	reshape_to_pixels(ex, s);
	name = export_picture(ex, s, w->flat ? "" : "JPEGImages", stem);
	write_usage(ex, w, s, stem);
	if (!w->flat) {
		masks = voc_masks_write(ex, s, stem);
		w->rules.segmented = masks.painted || masks.copied;
		w->legend |= masks.painted || (masks.copied && ex->dataset.n > 0);
	}
	if (w->flat) {
		modelarts_masks_write(ex, s, "", stem, "", &w->mask);
		w->rules.mask_source = buf_span(&w->mask);
		w->rules.segmented = w->mask.n > 0;
	}
	if (!s->annotated)
		return;
	if (masks.of_classes == s->n && s->n > 0 && !rec_member(s->rec, "voc").p)
		return; /* there is no object */
	export_size(ex, s);
	buf_reset(&w->text);
	voc_xml_write(
	    &w->text, s, &w->rules, w->flat ? SPAN("NA") : SPAN("JPEGImages"), name, &written);
	export_unwritten(ex, s, written.objects + masks.of_classes);
	if (written.widened > 0)
		export_loss(ex, s, "annotation.bbox-below-a-pixel", written.widened);
	buf_reset(&w->member);
	buf_addf(&w->member, "%s%.*s.xml", w->flat ? "" : "Annotations/", SPAN_ARG(stem));
	export_file(ex, buf_span(&w->member), buf_span(&w->text));
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	for (int i = 0; i < 4; i++)
		if (w->set[i] && sink_file_close(w->set[i]) != 0)
			die("cannot write ImageSets/Main:");
	if (w->legend)
		voc_masks_legend(ex);
	buf_release(&w->text);
	buf_release(&w->member);
	buf_release(&w->mask);
}

const struct label_writer voc_writer = { false, begin_voc, write_sample, finish,
	sizeof(struct writer) };
const struct label_writer voc_modelarts_writer = { false, begin_modelarts, write_sample, finish,
	sizeof(struct writer) };
