/* Masks of ModelArts: see modelarts_masks.h. */
#include "label/modelarts_masks.h"

#include <errno.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/path.h"
#include "json/write.h"
#include "label/mask.h"

enum { NUMBERS = 256 };

/* Where it goes: "annotation/segmentationClassRaw/STEM.png", behind `dots` in the file of labels. */
struct place {
	struct buf path;
	const char *dots;
};

/* The one file here that the coloured masks of the sample are of; it stays empty otherwise. */
static void
one_source(const struct sample *s, struct buf *source)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < s->n; i++) {
		struct span mask = s->ann[i].v[ANN_MASK], from;

		if (json_type_of(mask) != JSON_OBJECT || !json_member(mask, "color").p)
			continue;
		from = json_value_text(json_member(mask, "source"), &text);
		if (path_is_uri(from) || (source->n > 0 && !span_eq(from, buf_span(source)))) {
			buf_reset(source);
			break;
		}
		if (source->n == 0)
			buf_addspan(source, from);
	}
	buf_release(&text);
}

static void
copy_png(struct exporter *ex, const struct sample *s, const struct place *at, struct buf *source)
{
	struct buf from = BUF_INIT;

	one_source(s, &from);
	if (from.n > 0 && ex->opt->images != IMAGES_NONE) {
		if (sink_add_source(ex->sink, buf_str(&at->path), buf_str(&from), SINK_COPY) == 0)
			buf_addf(source, "%s%s", at->dots, buf_str(&at->path));
		else
			error_at(rec_pos(s->rec, s->rec->v[REC_ANNOTATION]), "picture",
			    "cannot take the mask '%s': %s", buf_str(&from), strerror(errno));
	}
	buf_release(&from);
}

static bool
is_area(const struct annotation *a)
{
	return a->v[ANN_NAME].p && (a->v[ANN_POLYGON].p || a->v[ANN_RLE].p || a->v[ANN_MASK].p);
}

struct painting {
	struct id_mask m;
	uint8_t rgb[NUMBERS][3];
	uint64_t painted, over, lost;
};

/* Paint annotation i in its class's colour, and say so in it. */
static void
paint(struct exporter *ex, struct painting *p, struct sample *s, size_t i, struct span path)
{
	const struct rle *r = &ex->reshaper.rle;
	long number = export_class(ex, s, &s->ann[i]) + 1;
	struct buf mask = BUF_INIT;

	if (number <= 0 || number >= NUMBERS || !reshape_pixels(ex, s, &s->ann[i]) ||
	    r->w != p->m.w || r->h != p->m.h) {
		p->lost++;
		return;
	}
	p->over += mask_paint(&p->m, r, (uint32_t)number) > 0;
	p->painted++;
	jw_open(&mask, '{');
	jw_member_string(&mask, "source", path);
	jw_key(&mask, "color");
	jw_open(&mask, '[');
	for (int k = 0; k < 3; k++)
		jw_u64(&mask, p->rgb[number][k]);
	jw_close(&mask, ']');
	jw_close(&mask, '}');
	reshape_set_mask(ex, s, i, buf_span(&mask));
	buf_release(&mask);
}

static void
paint_png(struct exporter *ex, struct sample *s, const struct place *at, struct buf *source)
{
	struct painting p = { .painted = 0 };
	struct buf png = BUF_INIT;
	uint32_t width, height;

	if (!export_size(ex, s) || !sample_extent(s, &width, &height) ||
	    !mask_start(&p.m, width, height)) {
		export_loss(ex, s, "annotation.pixels-without-size", 1);
		return;
	}
	for (unsigned i = 0; i < NUMBERS; i++)
		mask_voc_colour(i, p.rgb[i]);
	for (size_t i = 0; i < s->n; i++)
		if (is_area(&s->ann[i]))
			paint(ex, &p, s, i, buf_span(&at->path));
	if (p.painted > 0) {
		mask_write_palette(&png, &p.m, (const uint8_t(*)[3])p.rgb);
		export_file(ex, buf_span(&at->path), buf_span(&png));
		buf_addf(source, "%s%s", at->dots, buf_str(&at->path));
	}
	if (p.lost > 0)
		export_loss(ex, s, "annotation.mask", p.lost);
	if (p.over > 0)
		export_loss(ex, s, "annotation.mask-overlap", p.over);
	free(p.m.v);
	buf_release(&png);
}

void
modelarts_masks_write(struct exporter *ex, struct sample *s, const char *folder, struct span stem,
    const char *dots, struct buf *source)
{
	struct place at = { BUF_INIT, dots };
	bool areas = false;

	buf_reset(source);
	for (size_t i = 0; i < s->n; i++)
		areas |= is_area(&s->ann[i]);
	if (!areas || sink_is_one(ex->sink))
		return;
	path_join(&at.path, span_str(folder), SPAN("segmentationClassRaw/"));
	buf_addf(&at.path, "%.*s.png", SPAN_ARG(stem));
	if (ex->opt->mask_to == MASK_TO_PNG)
		paint_png(ex, s, &at, source);
	else
		copy_png(ex, s, &at, source);
	buf_release(&at.path);
}
