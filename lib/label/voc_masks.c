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

		same = from.n > 0 && !mask_is_of_class(&s->ann[i]) &&
		       num_parse_u64(json_member(mask, "value"), &value) && value == i + 1 &&
		       (i == 0 || span_eq(from, buf_span(source)));
		if (i == 0)
			buf_addspan(source, from);
	}
	buf_release(&other);
	return same;
}

static bool
is_from_voc(const struct exporter *ex)
{
	return span_is(json_unquote(dataset_member(&ex->dataset, "format")), "voc");
}

/* The picture that all masks of classes are of, when it came from VOC: source stays empty otherwise. */
static void
one_class_mask(struct exporter *ex, const struct sample *s, struct buf *source)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < s->n && is_from_voc(ex); i++) {
		struct span from;

		if (!mask_is_of_class(&s->ann[i]))
			continue;
		from = json_value_text(json_member(s->ann[i].v[ANN_MASK], "source"), &text);
		if (source->n > 0 && !span_eq(from, buf_span(source))) {
			buf_reset(source);
			break;
		}
		if (source->n == 0)
			buf_addspan(source, from);
	}
	buf_release(&text);
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

/* The colour of class i: what labelmap.txt said, or that of its number. */
static void
class_colour(const struct exporter *ex, size_t i, uint8_t rgb[3])
{
	double v[3];

	mask_voc_colour((unsigned)i + 1, rgb);
	if (!is_from_voc(ex) || i >= ex->dataset.n ||
	    json_numbers(json_member(span_str(ex->dataset.classes[i].raw), "color"), v, 3) != 3)
		return;
	for (int k = 0; k < 3; k++)
		rgb[k] = v[k] >= 0 && v[k] <= 255 ? (uint8_t)v[k] : 0;
}

static void
write_painting(
    struct exporter *ex, const char *folder, struct span stem, struct id_mask *m, bool classes)
{
	uint8_t rgb[256][3];

	struct buf png = BUF_INIT, member = BUF_INIT;

	for (unsigned i = 0; i < 256; i++)
		mask_voc_colour(i, rgb[i]);
	for (size_t i = 0; classes && i < ex->dataset.n && i < 254; i++)
		class_colour(ex, i, rgb[i + 1]);
	mask_write_palette(&png, m, (const uint8_t(*)[3])rgb);
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
	uint64_t of_classes; /* of `painted`: masks that are no objects */
};

static void
paint(struct exporter *ex, struct painting *p, struct sample *s, const struct annotation *a)
{
	const struct rle *r = &ex->reshaper.rle;
	uint32_t class = class_number(ex, a);

	if (mask_is_of_class(a)) {
		if (class > 254 || !reshape_pixels(ex, s, a) || r->w != p->classes.w ||
		    r->h != p->classes.h) {
			p->lost++;
			return;
		}
		p->over += mask_paint(&p->classes, r, class) > 0;
		p->painted++;
		p->of_classes++;
		return;
	}
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
paint_masks(struct exporter *ex, struct sample *s, struct span stem, struct voc_masks *done)
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
		if (mask_is_of_class(&s->ann[i])) {
			paint(ex, &p, s, &s->ann[i]);
			continue;
		}
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
	if (p.painted > p.of_classes)
		write_painting(ex, "SegmentationObject", stem, &p.objects, false);
	if (p.painted)
		write_painting(ex, "SegmentationClass", stem, &p.classes, true);
	done->of_classes = p.of_classes;
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

/* Has it pixels that neither copied picture shows? */
static bool
must_paint(const struct sample *s, bool objects, bool classes)
{
	for (size_t i = 0; i < s->n; i++)
		if (has_pixels(&s->ann[i]) && !(mask_is_of_class(&s->ann[i]) ? classes : objects))
			return true;
	return false;
}

static uint64_t
class_masks(const struct sample *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += mask_is_of_class(&s->ann[i]);
	return n;
}

struct voc_masks
voc_masks_write(struct exporter *ex, struct sample *s, struct span stem)
{
	struct buf source = BUF_INIT, classes = BUF_INIT, text = BUF_INIT;
	struct voc_masks done = { .painted = false };
	uint64_t n = class_masks(s);
	bool objects, painting;

	for (size_t i = 0; i < s->n; i++)
		if (s->ann[i].v[ANN_MASK].p && !mask_is_of_class(&s->ann[i]) &&
		    !ann_box(&s->ann[i], &(struct box){ 0 }))
			reshape_mask(ex, s, i); /* an object needs a box */
	objects = instances_of(s, &source);
	one_class_mask(ex, s, &classes);
	painting = must_paint(s, objects, classes.n > 0);
	if (painting && n == 0 && ex->opt->mask_to == MASK_TO_AS_HELD && has_outlines(s)) {
		lose_pixels(ex, s);
		painting = false;
	} else if (painting) {
		done.painted = paint_masks(ex, s, stem, &done);
		painting = done.painted;
	}
	if (objects && !painting)
		copy_mask(ex, s, "SegmentationObject", stem, buf_str(&source));
	if (n == 0)
		buf_addspan(&classes, json_value_text(rec_member(s->rec, "class-mask"), &text));
	if (classes.n > 0 && !painting)
		copy_mask(ex, s, "SegmentationClass", stem, buf_str(&classes));
	done.copied = !painting && (objects || (n > 0 && classes.n > 0));
	if (done.copied)
		done.of_classes = n;
	buf_release(&source);
	buf_release(&classes);
	buf_release(&text);
	return done;
}

/* What the numbers and colours of SegmentationClass/ mean: name:r,g,b:: as CVAT reads it. */
void
voc_masks_legend(struct exporter *ex)
{
	struct buf b = BUF_INIT;
	uint8_t rgb[3];

	buf_adds(&b, "# label:color_rgb:parts:actions\nbackground:0,0,0::\n");
	for (size_t i = 0; i < ex->dataset.n; i++) {
		class_colour(ex, i, rgb);
		buf_addf(
		    &b, "%s:%d,%d,%d::\n", ex->dataset.classes[i].name, rgb[0], rgb[1], rgb[2]);
	}
	export_file(ex, SPAN("labelmap.txt"), buf_span(&b));
	buf_release(&b);
}
