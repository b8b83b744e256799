/* Writing the JSON of the VGG Image Annotator: see via.c. */
#include "label/via.h"

#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "label/splits.h"

struct writer {
	struct split_files files;
	struct buf class_key, project, shape, attributes, keys[SPLITS];
	bool ids;
};

/* What the header says, when the first sample comes. */
static void
open_writer(struct exporter *ex, struct writer *w)
{
	struct span via = dataset_member(&ex->dataset, "via"), key, project;

	if (w->files.name)
		return;
	key = json_unquote(json_member(via, "class"));
	buf_addspan(&w->class_key, key.n ? key : SPAN("class"));
	project = json_member(via, "project");
	buf_addspan(&w->project, project);
	w->ids = json_type_of(json_member(via, "ids")) == JSON_TRUE;
	w->files.name = project.n ? "via_project.json" : "via_region_data.json";
}

/* The beginning of a file: _via_settings stand before the pictures. */
static void
write_head(struct writer *w, struct buf *b)
{
	struct span settings = json_member(buf_span(&w->project), "_via_settings");

	jw_open(b, '{');
	if (!w->project.n)
		return;
	if (settings.p)
		jw_member_raw(b, "_via_settings", settings);
	jw_key(b, "_via_img_metadata");
	jw_open(b, '{');
}

static void
write_tail(struct writer *w, int split)
{
	static const char *const settings[] = { "_via_settings" };
	struct buf rest = BUF_INIT, *b;
	struct span v[1];

	if (!w->files.file[split])
		return;
	b = &sink_file_out(w->files.file[split])->b;
	if (w->project.n) {
		jw_close(b, '}');
		json_pick(buf_span(&w->project), settings, v, 1, &rest);
		if (rest.n)
			jw_raw(b, buf_span(&rest));
		if (w->ids) {
			jw_key(b, "_via_image_id_list");
			jw_open(b, '[');
			buf_addspan(b, buf_span(&w->keys[split]));
			jw_close(b, ']');
		}
	}
	buf_release(&rest);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	for (int i = 0; i < SPLITS; i++) {
		write_tail(w, i);
		buf_release(&w->keys[i]);
	}
	split_close(ex, &w->files, "}");
	buf_release(&w->class_key);
	buf_release(&w->project);
	buf_release(&w->shape);
	buf_release(&w->attributes);
}

static bool
put_region(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct buf *b, uint64_t *number)
{
	struct writer *w = ex->state;
	bool map = json_type_of(json_member(rec_member(s->rec, "via"), "map")) == JSON_TRUE;
	struct buf key = BUF_INIT;

	buf_reset(&w->shape);
	buf_reset(&w->attributes);
	if (!via_write_region(ex, s, a, ring, buf_span(&w->class_key), &w->shape, &w->attributes))
		return false;
	if (map) {
		num_add_u64(&key, *number);
		jw_key_span(b, buf_span(&key));
		buf_release(&key);
	}
	++*number;
	jw_open(b, '{');
	jw_member_raw(b, "shape_attributes", buf_span(&w->shape));
	jw_member_raw(b, "region_attributes", buf_span(&w->attributes));
	jw_close(b, '}');
	return true;
}

/* A polygon of several rings becomes several regions (its parts are counted as lost). */
static bool
put_annotation(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct buf *b, uint64_t *number)
{
	struct span rest = a->v[ANN_POLYGON], ring;
	bool any = false;
	size_t i = 0;

	if (json_type_of(rest) != JSON_ARRAY)
		return put_region(ex, s, a, SPAN_NONE, b, number);
	if (coords_bbox_differs(a))
		export_loss(ex, s, "annotation.bbox", 1);
	while (coords_part(a, &rest, &i, &ring))
		any |= put_region(ex, s, a, ring, b, number);
	return any;
}

/* The picture's size in bytes as it came, or of the record; -1: not known. */
static struct span
bytes_of(const struct sample *s)
{
	struct span size = json_member(rec_member(s->rec, "via"), "size");

	if (size.p)
		return size;
	return s->rec->v[REC_BYTES].p ? s->rec->v[REC_BYTES] : SPAN("-1");
}

static uint64_t
put_regions(struct exporter *ex, struct sample *s, struct buf *b, bool map)
{
	struct buf pixels = BUF_INIT;
	struct annotation a;
	uint64_t written = 0, number = 0;

	jw_key(b, "regions");
	jw_open(b, map ? '{' : '[');
	for (size_t i = 0; i < s->n; i++)
		written += coords_pixels(ex, s, &s->ann[i], &a, &pixels) &&
			   put_annotation(ex, s, &a, b, &number);
	buf_release(&pixels);
	jw_close(b, map ? '}' : ']');
	return written;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	static const char *const known[] = { "size", "file_attributes", "map" };
	struct buf rest = BUF_INIT, key = BUF_INIT, *b;
	struct span v[3], bytes = bytes_of(s), picture;
	struct writer *w = ex->state;
	int split = split_of(ex, s);
	struct out *out;
	bool is_new;

	open_writer(ex, w);
	picture = export_picture(ex, s, split_dir(split), export_stem(ex, s, split_dir(split)));
	out = split_out(ex, &w->files, split, &is_new);
	b = &out->b;
	if (is_new)
		write_head(w, b);
	else
		buf_addc(b, ','); /* what is before it may be written already */
	buf_addspan(&key, picture);
	buf_addspan(&key, json_type_of(bytes) == JSON_STRING ? json_unquote(bytes) : bytes);
	jw_key_span(b, buf_span(&key));
	if (w->ids)
		jw_string(&w->keys[split], buf_span(&key));
	json_pick(rec_member(s->rec, "via"), known, v, 3, &rest);
	jw_open(b, '{');
	jw_member_string(b, "filename", picture);
	jw_member_raw(b, "size", bytes);
	export_unwritten(ex, s, put_regions(ex, s, b, json_type_of(v[2]) == JSON_TRUE));
	jw_member_raw(b, "file_attributes", v[1].p ? v[1] : SPAN("{}"));
	if (rest.n)
		jw_raw(b, buf_span(&rest));
	jw_close(b, '}');
	out_tick(out);
	buf_release(&rest);
	buf_release(&key);
}

const struct label_writer via_writer = {
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};
