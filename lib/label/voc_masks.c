/* The masks of Pascal VOC: see voc_masks.h. */
#include "label/voc_masks.h"

#include <errno.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/num.h"
#include "label/mask.h"
#include "label/voc_xml.h"

/* The picture of instances, when annotation n is value n of it for all; false: it is none. */
static bool
instances_of(const struct sample *s, struct buf *source)
{
	struct buf other = BUF_INIT;
	bool same = s->n > 0;
	uint64_t value;

	for (size_t i = 0; i < s->n && same; i++) {
		struct span mask = s->ann[i].v[ANN_MASK];
		struct span from = json_type_of(mask) == JSON_OBJECT
				       ? json_value_text(json_member(mask, "source"), &other)
				       : SPAN_NONE;

		same = from.n > 0 && num_parse_u64(json_member(mask, "value"), &value) &&
		       value == i + 1 && (i == 0 || span_eq(from, buf_span(source)));
		if (i == 0)
			buf_addspan(source, from);
	}
	buf_release(&other);
	return same;
}

/* Bring a mask along as it is. */
static void
copy_mask(struct exporter *ex, const struct sample *s, const char *folder, struct span stem,
    const char *source)
{
	char *path = xasprintf("%s/%.*s.png", folder, SPAN_ARG(stem));

	if (sink_add_source(ex->sink, path, source, SINK_COPY) != 0)
		error_at(s->rec->pos, "picture", "cannot take the mask '%s': %s", source,
		    strerror(errno));
	free(path);
}

/* The number of its class in SegmentationClass/: its place in the list, from 1. */
static uint32_t
class_number(struct exporter *ex, const struct annotation *a)
{
	struct buf text = BUF_INIT;
	struct span name = ann_string(a, ANN_NAME, &text);
	long i = dataset_class(&ex->dataset, name);

	if (i < 0)
		i = (long)dataset_add_class(&ex->dataset, name);
	buf_release(&text);
	return (uint32_t)i + 1;
}

static void
write_painting(struct exporter *ex, const char *folder, struct span stem, struct id_mask *m)
{
	struct buf png = BUF_INIT, member = BUF_INIT;

	mask_write_voc(&png, m);
	buf_addf(&member, "%s/%.*s.png", folder, SPAN_ARG(stem));
	export_file(ex, buf_span(&member), buf_span(&png));
	buf_release(&png);
	buf_release(&member);
}

/* Has it pixels of its own (not only an outline)? */
static bool
has_pixels(const struct annotation *a)
{
	return json_type_of(a->v[ANN_RLE]) == JSON_OBJECT ||
	       json_type_of(a->v[ANN_MASK]) == JSON_OBJECT;
}

/* Object n is number n; its class another number in the other picture. */
struct painting {
	struct id_mask classes, objects;
	uint32_t number; /* of the object */
	uint64_t painted, over, lost;
};

static void
paint(struct exporter *ex, struct painting *p, struct sample *s, const struct annotation *a)
{
	const struct rle *r = &ex->reshaper.rle;
	uint32_t class = class_number(ex, a);

	if (p->number > 254 || class > 254 || !reshape_pixels(ex, s, a) || r->w != p->objects.w ||
	    r->h != p->objects.h) {
		p->lost++;
		return;
	}
	p->over += mask_paint(&p->objects, r, p->number) > 0;
	mask_paint(&p->classes, r, class);
	p->painted++;
}

/* False: there is nothing on them, and no file. */
static bool
paint_masks(struct exporter *ex, struct sample *s, struct span stem)
{
	struct painting p = { .number = 0 };
	uint32_t width, height;

	if (!export_size(ex, s) || !sample_extent(s, &width, &height) ||
	    !mask_start(&p.classes, width, height) || !mask_start(&p.objects, width, height)) {
		free(p.classes.v);
		export_loss(ex, s, "annotation.mask", s->n);
		return false;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (!voc_xml_takes(s, &s->ann[i]))
			continue;
		p.number++;
		if (has_pixels(&s->ann[i]))
			paint(ex, &p, s, &s->ann[i]);
	}
	if (p.lost)
		export_loss(ex, s, "annotation.mask", p.lost);
	if (p.over)
		export_loss(ex, s, "annotation.mask-overlap", p.over);
	if (p.painted) {
		write_painting(ex, "SegmentationObject", stem, &p.objects);
		write_painting(ex, "SegmentationClass", stem, &p.classes);
	}
	free(p.objects.v);
	free(p.classes.v);
	return p.painted > 0;
}

/* Are there objects that would be missed on a painting of the pixels? */
static bool
has_outlines(const struct sample *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (json_type_of(s->ann[i].v[ANN_POLYGON]) == JSON_ARRAY && !has_pixels(&s->ann[i]))
			return true;
	return false;
}

/* No pictures are painted: what had pixels loses them. */
static void
lose_pixels(struct exporter *ex, const struct sample *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (has_pixels(&s->ann[i]))
			export_loss(ex, s,
			    s->ann[i].v[ANN_RLE].p ? "annotation.rle" : "annotation.mask", 1);
}

enum voc_masks
voc_masks_write(struct exporter *ex, struct sample *s, struct span stem)
{
	struct buf source = BUF_INIT, text = BUF_INIT;
	struct span classes = json_value_text(rec_member(s->rec, "class-mask"), &text);
	bool copied = instances_of(s, &source), painted = false;
	uint64_t pixels = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->ann[i].v[ANN_MASK].p && !ann_box(&s->ann[i], &(struct box){ 0 }))
			reshape_mask(ex, s, i); /* an object needs a box */
		pixels += has_pixels(&s->ann[i]);
	}
	if (copied)
		copy_mask(ex, s, "SegmentationObject", stem, buf_str(&source));
	else if (pixels > 0 && ex->opt->mask_to == MASK_TO_AS_HELD && has_outlines(s))
		lose_pixels(ex, s);
	else if (pixels > 0)
		painted = paint_masks(ex, s, stem);
	buf_reset(&source);
	buf_addspan(&source, classes);
	if (classes.n > 0 && !painted)
		copy_mask(ex, s, "SegmentationClass", stem, buf_str(&source));
	buf_release(&source);
	buf_release(&text);
	return painted ? VOC_PAINTED_MASKS : copied ? VOC_COPIED_MASKS : VOC_NO_MASKS;
}

/* What the numbers and colours of SegmentationClass/ mean: name:r,g,b:: as CVAT reads it. */
void
voc_masks_legend(struct exporter *ex)
{
	struct buf b = BUF_INIT;
	uint8_t rgb[3];

	buf_adds(&b, "# label:color_rgb:parts:actions\nbackground:0,0,0::\n");
	for (size_t i = 0; i < ex->dataset.n; i++) {
		mask_voc_colour((unsigned)i + 1, rgb);
		buf_addf(
		    &b, "%s:%d,%d,%d::\n", ex->dataset.classes[i].name, rgb[0], rgb[1], rgb[2]);
	}
	export_file(ex, SPAN("labelmap.txt"), buf_span(&b));
	buf_release(&b);
}

void
voc_masks_read_legend(struct importer *im, struct buf *header)
{
	const struct node *n = tree_find(im->tree, SPAN("labelmap.txt"));
	struct span line, name;
	struct input in;
	uint64_t id = 0;

	if (!n || !tree_input(im->tree, n, &in))
		return;
	jw_key(header, "classes");
	jw_open(header, '[');
	while (input_line(&in, &line)) {
		line = span_trim(line);
		if (!line.n || line.p[0] == '#' || !span_cut(&line, ':', &name) ||
		    span_is(name, "background"))
			continue;
		jw_open(header, '{');
		jw_member_string(header, "name", name);
		jw_member_u64(header, "id", ++id);
		jw_close(header, '}');
	}
	jw_close(header, ']');
	input_close(&in);
}
