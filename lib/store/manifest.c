/* The plain form of a ModelArts manifest line: see manifest.h. */
#include "store/manifest.h"

static const char *
annotation_type(const struct annotation *a)
{
	if (a->v[ANN_POLYGON].p || a->v[ANN_RLE].p || a->v[ANN_MASK].p)
		return "\"modelarts/image_segmentation\"";
	if (a->v[ANN_TIME].p)
		return "\"modelarts/audio_segmentation\"";
	if (a->v[ANN_SPAN].p)
		return "\"modelarts/text_entity\"";
	if (a->v[ANN_FROM].p)
		return "\"modelarts/text_triplet\"";
	for (int f = 0; f < ANN_SHAPES; f++)
		if (a->v[f].p)
			return "\"modelarts/object_detection\"";
	return "\"modelarts/image_classification\"";
}

void
manifest_plain(
    void *ctx, const struct record *r, struct buf *line, struct buf *side_name, struct buf *side)
{
	struct annotation a = { .m = NULL };
	struct buf list = BUF_INIT;
	struct ann_iter it;
	struct json_change type, change = { "annotation", SPAN_NONE };

	(void)ctx;
	(void)side_name;
	(void)side;
	if (!rec_annotated(r)) {
		buf_addspan(line, r->line);
		return;
	}
	jw_open(&list, '[');
	ann_begin(&it, r);
	while (ann_next(&it, &a)) {
		type = (struct json_change){ "type", span_str(annotation_type(&a)) };
		if (list.n > 1)
			buf_addc(&list, ',');
		json_edit_members(&list, a.raw, a.m, a.n, &type, 1);
	}
	jw_close(&list, ']');
	change.value = buf_span(&list);
	json_edit_members(line, r->line, r->m, r->n, &change, 1);
	ann_release(&a);
	buf_release(&list);
}
