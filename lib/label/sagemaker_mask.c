/* The masks of SageMaker, a PNG a picture with a number a class: see sagemaker.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/path.h"
#include "label/jsonl.h"
#include "label/mask.h"
#include "label/sagemaker.h"

enum { NUMBERS = 256 }; /* of an 8-bit palette; 0 is the background */

/* "masks/STEM.png", by the name of the sample's picture. */
static void
name_mask(struct exporter *ex, const struct sample *s, struct buf *path)
{
	buf_addf(path, "masks/%.*s.png", SPAN_ARG(export_stem(ex, s, "masks")));
}

bool
sagemaker_copy_mask(struct exporter *ex, const struct sample *s, struct span kept,
    struct span source, struct buf *value)
{
	struct buf path = BUF_INIT;
	char *from;
	bool ok;

	if (ex->opt->images == IMAGES_NONE || path_is_uri(source)) {
		bool same = kept.p && span_eq(path_base_span(kept), path_base_span(source));

		jw_string(value, same ? kept : source);
		return true;
	}
	name_mask(ex, s, &path);
	from = xstrndup(source.p, source.n);
	ok = sink_add_source(ex->sink, buf_str(&path), from, SINK_COPY) == 0;
	if (ok)
		jw_string(value, buf_span(&path));
	else
		error_at(rec_pos(s->rec, s->rec->v[REC_ANNOTATION]), "picture",
		    "cannot take the mask '%s': %s", from, strerror(errno));
	free(from);
	buf_release(&path);
	return ok;
}

/* What is painted of each class. */
struct painting {
	struct id_mask m;
	const struct annotation *first[NUMBERS];
	uint64_t count[NUMBERS];
	uint64_t painted, over, lost, merged, boxes;
};

/* Does its bbox say something else than its pixels? */
static bool
box_differs(const struct annotation *a, const struct rle *r)
{
	struct box box;
	uint32_t own[4];

	if (!ann_bbox(a, &box))
		return false;
	rle_box(r, own);
	return box.x != own[0] || box.y != own[1] || box.w != own[2] || box.h != own[3];
}

static void
paint(struct exporter *ex, struct painting *p, struct sample *s, const struct annotation *a)
{
	const struct rle *r = &ex->reshaper.rle;
	long number = export_class(ex, s, a) + 1;

	if (number <= 0)
		return;
	if (number >= NUMBERS || !reshape_pixels(ex, s, a) || r->w != p->m.w || r->h != p->m.h) {
		p->lost++;
		return;
	}
	p->over += mask_paint(&p->m, r, (uint32_t)number) > 0;
	p->merged += p->count[number]++ > 0;
	p->boxes += box_differs(a, r);
	if (!p->first[number])
		p->first[number] = a;
	p->painted++;
}

static void
report(struct exporter *ex, const struct sample *s, const struct painting *p)
{
	const struct {
		const char *code;
		uint64_t n;
	} losses[] = { { "annotation.mask", p->lost }, { "annotation.mask-overlap", p->over },
		{ "annotation.instance", p->merged }, { "annotation.bbox", p->boxes } };

	for (size_t i = 0; i < ARRAY_LEN(losses); i++)
		if (losses[i].n > 0)
			export_loss(ex, s, losses[i].code, losses[i].n);
}

static void
colour_of(unsigned number, uint8_t rgb[3])
{
	if (number > 0)
		mask_voc_colour(number, rgb);
	else
		memset(rgb, 255, 3);
}

/* "7":{"class-name":"cow","hex-color":"#c08000","confidence":0.9} */
static void
write_entry(struct buf *b, unsigned number, struct span name, struct span confidence)
{
	char key[16];
	uint8_t rgb[3];

	colour_of(number, rgb);
	snprintf(key, sizeof(key), "%u", number);
	jw_key(b, key);
	jw_open(b, '{');
	jw_member_raw(b, "class-name", name);
	snprintf(key, sizeof(key), "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
	jw_member_str(b, "hex-color", key);
	if (confidence.p)
		jw_member_raw(b, "confidence", confidence);
	jw_close(b, '}');
}

static void
write_map(struct exporter *ex, const struct sample *s, const struct painting *p, struct buf *map)
{
	uint64_t lost = 0;

	jw_open(map, '{');
	write_entry(map, 0, SPAN("\"BACKGROUND\""), SPAN_NONE);
	for (unsigned i = 1; i < NUMBERS; i++) {
		struct span confidence;

		if (!p->first[i])
			continue;
		confidence = p->first[i]->v[ANN_CONFIDENCE];
		if (confidence.p && p->count[i] > 1) {
			lost++; /* one for all of them would be wrong */
			confidence = SPAN_NONE;
		}
		write_entry(map, i, p->first[i]->v[ANN_NAME], confidence);
	}
	jw_close(map, '}');
	if (lost > 0)
		export_loss(ex, s, "annotation.confidence", lost);
}

static void
write_png(struct exporter *ex, const struct sample *s, const struct id_mask *m, struct buf *value)
{
	struct buf png = BUF_INIT, path = BUF_INIT;
	uint8_t rgb[NUMBERS][3];

	for (unsigned i = 0; i < NUMBERS; i++)
		colour_of(i, rgb[i]);
	mask_write_palette(&png, m, (const uint8_t(*)[3])rgb);
	name_mask(ex, s, &path);
	export_file(ex, buf_span(&path), buf_span(&png));
	jw_string(value, buf_span(&path));
	buf_release(&png);
	buf_release(&path);
}

uint64_t
sagemaker_paint_mask(struct exporter *ex, struct sample *s, const size_t *which, size_t n,
    struct buf *value, struct buf *map)
{
	struct painting p = { .painted = 0 };
	uint32_t width, height;

	if (!export_size(ex, s) || !sample_extent(s, &width, &height) ||
	    !mask_start(&p.m, width, height)) {
		export_loss(ex, s, "annotation.pixels-without-size", n);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		paint(ex, &p, s, &s->ann[which[i]]);
	report(ex, s, &p);
	if (p.painted > 0) {
		write_png(ex, s, &p.m, value);
		write_map(ex, s, &p, map);
	}
	free(p.m.v);
	return p.painted;
}
