/* Segments of panoptic COCO: see coco_panoptic.h. */
#include "label/coco_panoptic.h"

#include <stdlib.h>

#include "archive/sink.h"
#include "base/hashset.h"
#include "base/num.h"
#include "base/path.h"
#include "json/write.h"
#include "label/find.h"
#include "label/recode.h"

#define ID_MAX 0xffffffu

/* ---- reading ---- */

bool
coco_is_panoptic(const struct tree *t, const struct node *n)
{
	struct buf head = BUF_INIT;
	bool found = find_has(path_base_span(span_str(n->path)), "panoptic");

	if (!found)
		found = recode_head(t, n, 65536, &head) &&
			find_has(buf_span(&head), "\"segments_info\"");
	buf_release(&head);
	return found;
}

/* ---- writing ---- */

struct segments {
	struct exporter *ex;
	struct sample *s;
	uint32_t *id; /* of each annotation; 0: it has no pixels */
	struct id_mask m;
	uint64_t written, over, lost;
};

static bool
has_pixels(const struct annotation *a)
{
	return json_type_of(a->v[ANN_RLE]) == JSON_OBJECT ||
	       json_type_of(a->v[ANN_MASK]) == JSON_OBJECT ||
	       json_type_of(a->v[ANN_POLYGON]) == JSON_ARRAY;
}

static bool
own_id(const struct annotation *a, uint32_t *id)
{
	uint64_t v;

	if (!num_parse_u64(a->v[ANN_ID], &v) || v == 0 || v > ID_MAX)
		return false;
	*id = (uint32_t)v;
	return true;
}

/* Own ids first; then new ones for those that have none, or one that somebody has. */
static void
give_ids(struct segments *g)
{
	struct hashset used = { .slot = NULL };
	uint32_t next = 1;

	for (size_t i = 0; i < g->s->n; i++) {
		uint32_t *id = &g->id[i];

		if (has_pixels(&g->s->ann[i]) && own_id(&g->s->ann[i], id) &&
		    !hashset_add(&used, hash_bytes((const char *)id, sizeof(*id))))
			*id = 0;
	}
	for (size_t i = 0; i < g->s->n; i++) {
		if (g->id[i] || !has_pixels(&g->s->ann[i]))
			continue;
		while (!hashset_add(&used, hash_bytes((const char *)&next, sizeof(next))))
			next++;
		g->id[i] = next;
	}
	hashset_release(&used);
}

static void
put_segment(struct segments *g, struct buf *b, size_t i, coco_category *category)
{
	const struct annotation *a = &g->s->ann[i];
	const struct rle *r = &g->ex->reshaper.rle;
	size_t before = b->n;
	uint32_t box[4];

	if (!reshape_pixels(g->ex, g->s, a) || r->w != g->m.w || r->h != g->m.h ||
	    rle_area(r) == 0) {
		g->lost++;
		return;
	}
	jw_open(b, '{');
	jw_member_u64(b, "id", g->id[i]);
	jw_key(b, "category_id");
	if (!category(g->ex, g->s, a, b)) {
		buf_cut(b, before);
		return;
	}
	jw_member_raw(b, "iscrowd", a->v[ANN_ISCROWD].p ? a->v[ANN_ISCROWD] : SPAN("0"));
	jw_key(b, "bbox");
	rle_box(r, box);
	if (a->v[ANN_BBOX].p && !ann_is_ratio(a)) {
		buf_addspan(b, a->v[ANN_BBOX]);
	} else {
		jw_open(b, '[');
		for (int k = 0; k < 4; k++)
			jw_u64(b, box[k]);
		jw_close(b, ']');
	}
	jw_key(b, "area");
	if (a->v[ANN_AREA].p)
		buf_addspan(b, a->v[ANN_AREA]);
	else
		jw_u64(b, rle_area(r));
	jw_close(b, '}');
	g->over += mask_paint(&g->m, r, g->id[i]) > 0;
	g->written++;
}

/* The one file that all masks are of, when it holds nothing else than their values, which are the ids. */
static bool
same_file(struct segments *g, struct buf *source)
{
	const struct id_mask *m = &g->ex->reshaper.mask;
	struct buf text = BUF_INIT;
	bool same = m->v && g->written > 0 && g->written == g->s->n && !g->over && m->w == g->m.w &&
		    m->h == g->m.h;
	uint64_t value;

	for (size_t i = 0; i < g->s->n && same; i++) {
		struct span mask = g->s->ann[i].v[ANN_MASK];
		struct span from = json_value_text(json_member(mask, "source"), &text);

		same = !g->s->ann[i].v[ANN_RLE].p && from.n > 0 &&
		       num_parse_u64(json_member(mask, "value"), &value) && value == g->id[i] &&
		       (i == 0 || span_eq(from, buf_span(source)));
		if (i == 0)
			buf_addspan(source, from);
	}
	buf_release(&text);
	return same && memcmp(m->v, g->m.v, (size_t)m->w * m->h * sizeof(*m->v)) == 0;
}

static void
write_png(struct segments *g, struct span member)
{
	struct buf source = BUF_INIT, png = BUF_INIT;
	char *path = xstrndup(member.p, member.n);

	if (!same_file(g, &source) ||
	    sink_add_source(g->ex->sink, path, buf_str(&source), SINK_COPY) != 0) {
		mask_write_ids(&png, &g->m);
		export_file(g->ex, member, buf_span(&png));
	}
	free(path);
	buf_release(&source);
	buf_release(&png);
}

static void
report(const struct segments *g)
{
	if (g->lost)
		export_loss(g->ex, g->s, "annotation.mask", g->lost);
	if (g->over)
		export_loss(g->ex, g->s, "annotation.mask-overlap", g->over);
}

bool
coco_panoptic_write(struct exporter *ex, struct sample *s, const char *folder, struct span image_id,
    coco_category *category, struct buf *out, uint64_t *written)
{
	struct segments g = { .ex = ex, .s = s };
	uint32_t width, height;
	struct buf member = BUF_INIT;
	struct span stem;

	*written = 0;
	if (!s->annotated)
		return false;
	if (!export_size(ex, s) || !sample_extent(s, &width, &height) ||
	    !mask_start(&g.m, width, height)) {
		export_loss(ex, s, "annotation.pixels-without-size", s->n);
		return false;
	}
	g.id = xcalloc(s->n + 1, sizeof(*g.id));
	give_ids(&g);
	stem = path_stem(path_base_span(buf_span(&ex->picture)));
	jw_open(out, '{');
	jw_key(out, "segments_info");
	jw_open(out, '[');
	for (size_t i = 0; i < s->n; i++)
		if (g.id[i])
			put_segment(&g, out, i, category);
	jw_close(out, ']');
	buf_addf(&member, "%.*s.png", SPAN_ARG(stem));
	jw_member_string(out, "file_name", buf_span(&member));
	jw_member_raw(out, "image_id", image_id);
	jw_close(out, '}');
	buf_reset(&member);
	buf_addf(&member, "%s/%.*s.png", folder, SPAN_ARG(stem));
	write_png(&g, buf_span(&member));
	report(&g);
	*written = g.written;
	buf_release(&member);
	free(g.m.v);
	free(g.id);
	return true;
}
