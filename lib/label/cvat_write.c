/*
 * Records to CVAT XML: see cvat.c.
 *
 * Images are written as they come; shapes of tracks are gathered by track and follow.
 */
#include <math.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "label/coords.h"
#include "label/cvat.h"
#include "label/gather.h"
#include "label/xml.h"
#include "record/rle.h"

struct writer {
	struct sink_file *file;
	struct buf element, text, scratch;
	struct corners corners;
	struct gather tracks;
	uint64_t images;  /* their ids */
	struct buf frame; /* of the current sample; empty: it is no frame */
};

static void
begin(struct exporter *ex)
{
	struct writer *w = ex->state;

	gather_init(&w->tracks);
}

/* ---- the head ---- */

static void
element(struct buf *b, int depth, const char *name, struct span text)
{
	for (int i = 0; i < depth; i++)
		buf_adds(b, "  ");
	buf_addf(b, "<%s>", name);
	xml_escape(b, text);
	buf_addf(b, "</%s>\n", name);
}

/* The members of a class that are text, as elements; those of its attributes too. */
static void
write_members(struct writer *w, struct buf *b, struct span object, int depth)
{
	static const char *const keys[] = { "name", "color", "type", "mutable", "input_type",
		"default_value", "values" };
	struct span v[ARRAY_LEN(keys)];

	json_pick(object, keys, v, ARRAY_LEN(keys), NULL);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_type_of(v[i]) == JSON_STRING)
			element(b, depth, keys[i], json_value_text(v[i], &w->scratch));
}

static void
write_label(struct writer *w, struct buf *b, struct span class)
{
	struct span list = json_member(class, "attributes"), one;
	struct json j;

	buf_adds(b, "        <label>\n");
	write_members(w, b, class, 5);
	if (json_type_of(list) == JSON_ARRAY) {
		buf_adds(b, "          <attributes>\n");
		json_begin(&j, list);
		json_array(&j);
		while (json_item(&j) && json_value(&j, &one)) {
			buf_adds(b, "            <attribute>\n");
			write_members(w, b, one, 7);
			buf_adds(b, "            </attribute>\n");
		}
		buf_adds(b, "          </attributes>\n");
	}
	buf_adds(b, "        </label>\n");
}

/* Are all classes in the text of <meta> that came with the header? */
static bool
meta_fits(struct exporter *ex, struct span meta)
{
	struct buf name = BUF_INIT;
	bool fits = meta.n > 0;

	for (size_t i = 0; i < ex->dataset.n && fits; i++) {
		buf_reset(&name);
		buf_adds(&name, "<name>");
		xml_escape(&name, span_str(ex->dataset.classes[i].name));
		buf_adds(&name, "</name>");
		fits = memmem(meta.p, meta.n, name.p, name.n) != NULL;
	}
	buf_release(&name);
	return fits;
}

static void
write_head(struct exporter *ex, struct buf *b)
{
	struct span raw = json_member(dataset_member(&ex->dataset, "cvat"), "meta"), meta;
	struct writer *w = ex->state;

	buf_adds(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n");
	buf_adds(b, "  <version>1.1</version>\n");
	meta = json_value_text(raw, &w->text);
	if (meta_fits(ex, meta)) {
		buf_adds(b, "  ");
		buf_addspan(b, meta);
		buf_addc(b, '\n');
		return;
	}
	buf_adds(b, "  <meta>\n    <task>\n      <labels>\n");
	for (size_t i = 0; i < ex->dataset.n; i++)
		write_label(w, b, span_str(ex->dataset.classes[i].raw));
	buf_adds(b, "      </labels>\n    </task>\n  </meta>\n");
}

static struct out *
output(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (!w->file) {
		w->file = sink_file_new(ex->sink, "annotations.xml");
		if (!w->file)
			die("cannot write annotations.xml:");
		write_head(ex, &sink_file_out(w->file)->b);
	}
	return sink_file_out(w->file);
}

/* ---- shapes ---- */

static void
attribute(struct buf *b, const char *name, struct span value)
{
	buf_addf(b, " %s=\"", name);
	xml_escape(b, value);
	buf_addc(b, '"');
}

static void
attribute_raw(struct writer *w, struct buf *b, struct span key, struct span raw)
{
	buf_addc(b, ' ');
	buf_addspan(b, key);
	buf_adds(b, "=\"");
	xml_escape(b, json_type_of(raw) == JSON_STRING ? json_value_text(raw, &w->scratch) : raw);
	buf_addc(b, '"');
}

static void
points_attribute(struct buf *b, struct span flat, size_t stride)
{
	size_t n = number_texts(flat, NULL, 0);
	struct span *v;

	if (n == SIZE_MAX)
		n = 0;
	v = xreallocarray(NULL, n + 1, sizeof(*v));
	number_texts(flat, v, n);
	buf_adds(b, " points=\"");
	for (size_t i = 0; i + stride <= n; i += stride)
		buf_addf(b, "%s%.*s,%.*s", i ? ";" : "", SPAN_ARG(v[i]), SPAN_ARG(v[i + 1]));
	buf_addc(b, '"');
	free(v);
}

static void
corner_attributes(struct buf *b, const struct span v[4])
{
	static const char *const key[] = { "xtl", "ytl", "xbr", "ybr" };

	for (int i = 0; i < 4; i++)
		attribute(b, key[i], v[i]);
}

static void
number_attribute(struct exporter *ex, struct buf *b, const char *name, double v)
{
	struct buf text = BUF_INIT;

	coord_number(&text, ex->opt, v);
	attribute(b, name, buf_span(&text));
	buf_release(&text);
}

/* A turned box: its corners before it was turned. */
static void
write_rbox(struct exporter *ex, const struct annotation *a, struct buf *b)
{
	static const char *const key[] = { "xtl", "ytl", "xbr", "ybr" };
	struct span v[5], kept[4];
	double r[5], c[4];

	json_numbers(a->v[ANN_RBOX], r, 5);
	number_texts(a->v[ANN_RBOX], v, 5);
	if (json_numbers(ann_member(a, "corners"), c, 4) == 4 &&
	    number_texts(ann_member(a, "corners"), kept, 4) == 4 &&
	    fabs((c[0] + c[2]) / 2 - r[0]) < 1e-6 && fabs((c[1] + c[3]) / 2 - r[1]) < 1e-6 &&
	    fabs(fabs(c[2] - c[0]) - r[2]) < 1e-6 && fabs(fabs(c[3] - c[1]) - r[3]) < 1e-6)
		corner_attributes(b, kept);
	else
		for (int i = 0; i < 4; i++)
			number_attribute(
			    ex, b, key[i], r[i % 2] + (i < 2 ? -1 : 1) * r[2 + i % 2] / 2);
	attribute(b, "rotation", v[4]);
}

static void
write_ellipse(struct buf *b, const struct span e[5])
{
	static const char *const key[] = { "cx", "cy", "rx", "ry" };
	double degrees = 0;

	for (int i = 0; i < 4; i++)
		attribute(b, key[i], e[i]);
	num_parse(e[4], &degrees);
	if (degrees != 0)
		attribute(b, "rotation", e[4]);
}

/* The rectangle of a mask that came with it, if all that is set lies inside. */
static void
mask_rectangle(const struct annotation *a, uint32_t box[4])
{
	static const char *const key[] = { "left", "top", "width", "height" };
	struct span private = ann_member(a, "cvat");
	uint64_t v[4];

	for (int i = 0; i < 4; i++)
		if (!num_parse_u64(json_unquote(json_member(private, key[i])), &v[i]))
			return;
	if (v[0] <= box[0] && v[1] <= box[1] && v[0] + v[2] >= (uint64_t)box[0] + box[2] &&
	    v[1] + v[3] >= (uint64_t)box[1] + box[3] && v[0] + v[2] <= UINT32_MAX &&
	    v[1] + v[3] <= UINT32_MAX)
		for (int i = 0; i < 4; i++)
			box[i] = (uint32_t)v[i];
}

static bool
write_mask(const struct annotation *a, struct buf *b)
{
	struct rle r = { .run = NULL };
	uint8_t *bits = NULL, value = 0;
	uint32_t box[4] = { 0 };
	uint64_t run = 0;

	if (!rle_parse(&r, a->v[ANN_RLE])) {
		rle_box(&r, box);
		mask_rectangle(a, box);
		bits = rle_bits(&r, box);
	}
	rle_release(&r);
	if (!bits)
		return false;
	buf_adds(b, " rle=\"");
	for (size_t i = 0; i <= (size_t)box[2] * box[3]; i++) {
		if (i < (size_t)box[2] * box[3] && bits[i] == value) {
			run++;
			continue;
		}
		buf_addf(b, "%s%llu", b->p[b->n - 1] == '"' ? "" : ", ", (unsigned long long)run);
		value = !value;
		run = 1;
	}
	buf_addf(b, "\" left=\"%u\" top=\"%u\" width=\"%u\" height=\"%u\"", box[0], box[1], box[2],
	    box[3]);
	free(bits);
	return true;
}

static void
write_cuboid(const struct annotation *a, struct buf *b)
{
	static const char *const key[] = { "xtl1", "ytl1", "xbl1", "ybl1", "xtr1", "ytr1", "xbr1",
		"ybr1", "xtl2", "ytl2", "xbl2", "ybl2", "xtr2", "ytr2", "xbr2", "ybr2" };
	struct span v[24];

	if (number_texts(a->v[ANN_KEYPOINTS], v, 24) == 24)
		for (int i = 0; i < 16; i++)
			attribute(b, key[i], v[i / 2 * 3 + i % 2]);
}

/* Points of a skeleton as children. */
static void
write_skeleton(struct writer *w, const struct annotation *a, struct buf *b)
{
	struct span names = ann_member(a, "cvat-points"), name, *v;
	size_t n = number_texts(a->v[ANN_KEYPOINTS], NULL, 0);
	struct json j;

	if (n == SIZE_MAX || json_type_of(names) != JSON_ARRAY)
		return;
	v = xreallocarray(NULL, n + 1, sizeof(*v));
	number_texts(a->v[ANN_KEYPOINTS], v, n);
	json_begin(&j, names);
	json_array(&j);
	for (size_t i = 0; i + 3 <= n; i += 3) {
		bool away = span_is(v[i + 2], "0"), hidden = span_is(v[i + 2], "1");

		name = json_item(&j) && json_value(&j, &name) ? name : SPAN("\"\"");
		buf_adds(b, "      <points");
		attribute_raw(w, b, SPAN("label"), name);
		buf_addf(b, " outside=\"%d\" occluded=\"%d\"", away, hidden);
		buf_addf(b, " points=\"%.*s,%.*s\">\n      </points>\n", SPAN_ARG(v[i]),
		    SPAN_ARG(v[i + 1]));
	}
	free(v);
}

/* The element's name and its geometry as attributes (in `b`). NULL: it cannot be written. */
static const char *
write_geometry(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct buf *b)
{
	struct span private = ann_member(a, "cvat"), shape, e[5];
	struct writer *w = ex->state;

	shape = json_unquote(json_member(private, "shape"));
	if (coords_ellipse(a, e)) {
		write_ellipse(b, e);
		return "ellipse";
	}
	if (ring.p) {
		points_attribute(b, ring, 2);
		return number_texts(ring, NULL, 0) % 2 ? NULL : "polygon";
	}
	if (a->v[ANN_RLE].p)
		return write_mask(a, b) ? "mask" : NULL;
	if (number_texts(a->v[ANN_RBOX], e, 5) == 5) {
		write_rbox(ex, a, b);
		return "box";
	}
	if (number_texts(a->v[ANN_CIRCLE], e, 3) == 3) {
		e[3] = e[2];
		e[4] = SPAN("0");
		write_ellipse(b, e);
		return "ellipse";
	}
	if (a->v[ANN_KEYPOINTS].p) {
		if (span_is(shape, "cuboid")) {
			write_cuboid(a, b);
			return "cuboid";
		}
		if (span_is(shape, "skeleton"))
			return "skeleton";
		points_attribute(b, a->v[ANN_KEYPOINTS], 3);
		return "points";
	}
	if (a->v[ANN_POLYLINE].p || a->v[ANN_LINE].p) {
		points_attribute(b, a->v[a->v[ANN_POLYLINE].p ? ANN_POLYLINE : ANN_LINE], 2);
		return "polyline";
	}
	if (a->v[ANN_POINT].p) {
		points_attribute(b, a->v[ANN_POINT], 2);
		return "points";
	}
	if (!ann_has_shape(a))
		return a->v[ANN_NAME].p ? "tag" : NULL;
	if (!coords_corners(ex, s, a, &w->corners))
		return NULL;
	corner_attributes(b, w->corners.v);
	return "box";
}

/* Attributes that no field of a record holds. */
static void
write_kept(struct writer *w, const struct annotation *a, struct buf *b)
{
	static const char *const known[] = { "shape", "left", "top", "width", "height", "track" };
	struct span private = ann_member(a, "cvat"), key, value;
	struct json j;

	if (json_type_of(private) != JSON_OBJECT)
		return;
	json_begin(&j, private);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		size_t i = 0;

		while (i < ARRAY_LEN(known) && !span_is(key, known[i]))
			i++;
		if (i == ARRAY_LEN(known) && xml_is_name(key))
			attribute_raw(w, b, key, value);
	}
}

static void
write_property(struct writer *w, const struct annotation *a, struct buf *b)
{
	struct span key, value, property = a->v[ANN_PROPERTY];
	struct buf name = BUF_INIT;
	struct json j;

	if (json_type_of(property) != JSON_OBJECT)
		return;
	json_begin(&j, property);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		buf_adds(b, "      <attribute");
		attribute(b, "name", json_text(key, &name));
		buf_addc(b, '>');
		xml_escape(b, json_type_of(value) == JSON_STRING
				  ? json_value_text(value, &w->scratch)
				  : value);
		buf_adds(b, "</attribute>\n");
	}
	buf_release(&name);
}

/* A whole element in w->element. `frame`: of a track. */
static bool
make_element(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct span frame)
{
	struct writer *w = ex->state;
	struct buf *b = &w->element, geometry = BUF_INIT;
	const char *name = write_geometry(ex, s, a, ring, &geometry);
	int occluded = ann_flag(a, ANN_OCCLUDED);

	buf_reset(b);
	if (name) {
		buf_addf(b, "    <%s", name);
		if (frame.n)
			attribute(b, "frame", frame);
		else
			attribute_raw(w, b, SPAN("label"), export_name(ex, s, a));
		if (occluded >= 0)
			attribute(b, "occluded", occluded ? SPAN("1") : SPAN("0"));
		buf_addspan(b, buf_span(&geometry));
		if (a->v[ANN_GROUP].p)
			attribute_raw(w, b, SPAN("group_id"), a->v[ANN_GROUP]);
		write_kept(w, a, b);
		buf_adds(b, ">\n");
		if (strcmp(name, "skeleton") == 0)
			write_skeleton(w, a, b);
		write_property(w, a, b);
		buf_addf(b, "    </%s>\n", name);
	}
	buf_release(&geometry);
	return name != NULL;
}

/* ---- samples ---- */

/* A shape of a track waits with the others of that track. */
static bool
put_in_track(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct span ring)
{
	struct span track = json_member(ann_member(a, "cvat"), "track"), key, value;
	struct writer *w = ex->state;
	struct buf head = BUF_INIT;
	bool is_new;
	struct json j;
	size_t group;

	if (json_type_of(track) != JSON_OBJECT ||
	    !make_element(ex, s, a, ring, buf_span(&w->frame)))
		return false;
	json_begin(&j, track);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value))
		if (xml_is_name(key))
			attribute_raw(w, &head, key, value);
	attribute_raw(w, &head, SPAN("label"), a->v[ANN_NAME].p ? a->v[ANN_NAME] : SPAN("\"\""));
	group = gather_group(&w->tracks, buf_span(&head), &is_new);
	gather_add(&w->tracks, group, buf_span(&w->element));
	buf_release(&head);
	return true;
}

static bool
put(struct exporter *ex, const struct sample *s, const struct annotation *a, struct span ring)
{
	struct writer *w = ex->state;

	if (w->frame.n)
		return put_in_track(ex, s, a, ring);
	if (!make_element(ex, s, a, ring, SPAN_NONE))
		return false;
	buf_addspan(&output(ex)->b, buf_span(&w->element));
	return true;
}

/* The rings of a polygon are shapes of their own. */
static bool
put_annotation(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct span rest = a->v[ANN_POLYGON], ring;
	bool any = false;
	size_t i = 0;

	if (coords_bbox_differs(a))
		export_loss(ex, s, "annotation.bbox", 1);
	if (json_type_of(rest) != JSON_ARRAY)
		return put(ex, s, a, SPAN_NONE);
	while (coords_part(a, &rest, &i, &ring))
		any |= put(ex, s, a, ring);
	return any;
}

static void
put_outside(struct exporter *ex, const struct sample *s)
{
	struct span list = rec_member(s->rec, "cvat-outside"), raw;
	struct annotation a = { .m = NULL };
	struct json j;

	if (json_type_of(list) != JSON_ARRAY)
		return;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		if (ann_parse(&a, raw))
			put_annotation(ex, s, &a);
	ann_release(&a);
}

/* The subset that it came from, or that its usage names; empty: none. Also the folder of its picture. */
static void
subset_of(const struct sample *s, struct buf *subset)
{
	struct span kept = json_member(rec_member(s->rec, "cvat"), "subset");
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);

	if (json_type_of(kept) == JSON_STRING)
		json_decode(subset, json_unquote(kept));
	else if (usage.n)
		buf_addspan(subset, span_is(usage, "TRAIN")  ? SPAN("Train")
				    : span_is(usage, "EVAL") ? SPAN("Validation")
				    : span_is(usage, "TEST") ? SPAN("Test")
							     : usage);
}

/* <image ...> with the attributes that it came with. */
static void
open_image(struct exporter *ex, const struct sample *s, struct span picture, struct span subset,
    struct buf *b)
{
	struct span private = rec_member(s->rec, "cvat"), id, task;
	struct writer *w = ex->state;

	id = json_member(private, "id");
	task = json_member(private, "task_id");
	buf_addf(b, "  <image id=\"");
	if (json_type_of(id) == JSON_STRING)
		xml_escape(b, json_value_text(id, &w->scratch));
	else
		num_add_u64(b, w->images);
	buf_addc(b, '"');
	w->images++;
	attribute(b, "name", picture);
	if (subset.n)
		attribute(b, "subset", subset);
	if (json_type_of(task) == JSON_STRING)
		attribute_raw(w, b, SPAN("task_id"), task);
	if (s->rec->v[REC_WIDTH].p)
		attribute(b, "width", s->rec->v[REC_WIDTH]);
	else if (s->width > 0)
		number_attribute(ex, b, "width", s->width);
	if (s->rec->v[REC_HEIGHT].p)
		attribute(b, "height", s->rec->v[REC_HEIGHT]);
	else if (s->height > 0)
		number_attribute(ex, b, "height", s->height);
	buf_adds(b, ">\n");
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span frame = json_member(rec_member(s->rec, "cvat"), "frame"), name, picture;
	uint64_t written = 0;
	struct out *out = output(ex);
	struct buf subset = BUF_INIT, dir = BUF_INIT, pixels = BUF_INIT;
	struct annotation a;

	subset_of(s, &subset);
	buf_adds(&dir, "images");
	if (subset.n && !memchr(subset.p, '/', subset.n) && subset.p[0] != '.') {
		buf_addc(&dir, '/');
		buf_addspan(&dir, buf_span(&subset));
	}
	buf_reset(&w->frame);
	if (json_type_of(frame) == JSON_STRING)
		buf_addspan(&w->frame, json_value_text(frame, &w->scratch));
	export_size(ex, s);
	picture = export_picture(ex, s, buf_str(&dir), export_stem(ex, s, buf_str(&dir)));
	name = json_member(rec_member(s->rec, "cvat"), "name");
	if (ex->opt->images == IMAGES_NONE && json_type_of(name) == JSON_STRING)
		picture = json_value_text(name, &w->text);
	if (!w->frame.n)
		open_image(ex, s, picture, buf_span(&subset), &out->b);
	for (size_t i = 0; i < s->n; i++)
		written +=
		    coords_pixels(ex, s, &s->ann[i], &a, &pixels) && put_annotation(ex, s, &a);
	buf_release(&pixels);
	put_outside(ex, s);
	if (!w->frame.n)
		buf_adds(&out->b, "  </image>\n");
	out_tick(out);
	export_unwritten(ex, s, written);
	buf_release(&subset);
	buf_release(&dir);
}

/* The tracks, in the order in which they appeared; commas between shapes are the gatherer's. */
static void
write_tracks(struct writer *w, struct out *out)
{
	struct buf shapes = BUF_INIT;

	for (size_t i = 0; i < w->tracks.n; i++) {
		struct span rest, line;

		buf_reset(&shapes);
		gather_read(&w->tracks, i, &shapes);
		buf_adds(&out->b, "  <track");
		buf_addspan(&out->b, w->tracks.keys.e[i].key);
		buf_adds(&out->b, ">\n");
		rest = buf_span(&shapes);
		while (span_cut(&rest, '\n', &line))
			if (line.n > 0) {
				buf_addspan(&out->b,
				    line.p[0] == ',' ? span_of(line.p + 1, line.p + line.n) : line);
				buf_addc(&out->b, '\n');
			}
		buf_adds(&out->b, "  </track>\n");
		out_tick(out);
	}
	buf_release(&shapes);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;
	struct out *out = output(ex);

	write_tracks(w, out);
	buf_adds(&out->b, "</annotations>\n");
	if (sink_file_close(w->file) != 0)
		die("cannot write annotations.xml:");
	gather_release(&w->tracks);
	corners_release(&w->corners);
	buf_release(&w->element);
	buf_release(&w->text);
	buf_release(&w->scratch);
	buf_release(&w->frame);
}

const struct label_writer cvat_writer = {
	.needs_classes = true,
	.begin = begin,
	.sample = write_sample,
	.finish = finish,
	.state = sizeof(struct writer),
};
