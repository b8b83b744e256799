/* Writing the XML files of Pascal VOC: see voc_xml.h. */
#include "base/num.h"
#include "label/decimal.h"
#include "label/voc_xml.h"

/* The job of writing one file. */
struct writing {
	struct buf *out;
	const struct sample *s;
	const struct voc_rules *rules;
	struct buf text; /* a decoded string */
	uint64_t widened;
};

static void
indent(struct writing *w, int depth)
{
	for (int i = 0; i < depth; i++)
		buf_addc(w->out, '\t');
}

static void
open_tag(struct writing *w, int depth, struct span name)
{
	indent(w, depth);
	buf_addc(w->out, '<');
	buf_addspan(w->out, name);
	buf_addc(w->out, '>');
}

static void
close_tag(struct writing *w, struct span name)
{
	buf_adds(w->out, "</");
	buf_addspan(w->out, name);
	buf_adds(w->out, ">\n");
}

static void
leaf(struct writing *w, int depth, const char *name, struct span text)
{
	open_tag(w, depth, span_str(name));
	xml_escape(w->out, text);
	close_tag(w, span_str(name));
}

/* ---- JSON to XML ---- */

static bool
is_attribute(struct span key)
{
	return key.n > 1 && key.p[0] == '@';
}

/* The text of a raw scalar; objects and lists as their JSON. */
static struct span
scalar_text(struct writing *w, struct span raw)
{
	switch (json_type_of(raw)) {
	case JSON_STRING:
		return json_value_text(raw, &w->text);
	case JSON_NULL:
		return SPAN("");
	default:
		return raw;
	}
}

static void element_xml(struct writing *w, int depth, struct span name, struct span raw);

static void
attributes_xml(struct writing *w, struct span object)
{
	struct span key, value;
	struct json j;

	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (!is_attribute(key) || !xml_is_name(span_of(key.p + 1, key.p + key.n)))
			continue;
		buf_addc(w->out, ' ');
		buf_add(w->out, key.p + 1, key.n - 1);
		buf_adds(w->out, "=\"");
		xml_escape(w->out, scalar_text(w, value));
		buf_addc(w->out, '"');
	}
}

static void
object_xml(struct writing *w, int depth, struct span name, struct span object)
{
	struct span key, value, text = json_member(object, "#text");
	size_t children = 0;
	struct json j;

	indent(w, depth);
	buf_addc(w->out, '<');
	buf_addspan(w->out, name);
	attributes_xml(w, object);
	buf_addc(w->out, '>');
	if (text.p)
		xml_escape(w->out, scalar_text(w, text));
	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (is_attribute(key) || span_is(key, "#text"))
			continue;
		if (children++ == 0)
			buf_addc(w->out, '\n');
		element_xml(w, depth + 1, key, value);
	}
	if (children > 0)
		indent(w, depth);
	close_tag(w, name);
}

/* A member as an element, a list as several. A key that is no XML name is passed over. */
static void
element_xml(struct writing *w, int depth, struct span name, struct span raw)
{
	struct span item;
	struct json j;

	if (!xml_is_name(name))
		return;
	if (json_type_of(raw) == JSON_ARRAY) {
		json_begin(&j, raw);
		json_array(&j);
		while (json_item(&j) && json_value(&j, &item))
			element_xml(w, depth, name, item);
	} else if (json_type_of(raw) == JSON_OBJECT) {
		object_xml(w, depth, name, raw);
	} else {
		open_tag(w, depth, name);
		xml_escape(w->out, scalar_text(w, raw));
		close_tag(w, name);
	}
}

/* ---- boxes ---- */

static const char *const edge_name[4] = { "xmin", "ymin", "xmax", "ymax" };

/* Is the kept <bndbox> still the bbox of the annotation? Then its texts are right. */
static bool
bndbox_agrees(struct writing *w, struct span bndbox, const struct span v[4])
{
	struct span edge[4];
	struct buf b = BUF_INIT;
	bool same = true;

	for (int i = 0; i < 4; i++) {
		edge[i] = json_unquote(json_member(bndbox, edge_name[i]));
		buf_reset(&b);
		same = same && edge[i].p &&
		       (i < 2 ? decimal_sum(&b, edge[i], 1, SPAN("0"), -w->rules->base)
			      : decimal_sum(&b, edge[i], -1, edge[i - 2], w->rules->base)) &&
		       span_eq(buf_span(&b), v[i]);
	}
	buf_release(&b);
	return same;
}

/* Both edges of a pixel are inside, so no box of less than one pixel can be said. */
static struct span
at_least_one(struct writing *w, struct span extent)
{
	double v;

	if (w->rules->base == 0 || !num_parse(extent, &v) || v >= 1)
		return extent;
	w->widened++;
	return SPAN("1");
}

static void
edges_xml(struct writing *w, int depth, const struct span v[4])
{
	open_tag(w, depth, SPAN("bndbox"));
	buf_addc(w->out, '\n');
	for (int i = 0; i < 4; i++) {
		open_tag(w, depth + 1, span_str(edge_name[i]));
		if (i < 2)
			decimal_sum(w->out, v[i], 1, SPAN("0"), w->rules->base);
		else
			decimal_sum(w->out, v[i - 2], 1, at_least_one(w, v[i]), 0);
		close_tag(w, span_str(edge_name[i]));
	}
	indent(w, depth);
	close_tag(w, SPAN("bndbox"));
}

/* <bndbox> from the text of the bbox; false: it has none that could be taken as it is. */
static bool
bbox_xml(struct writing *w, int depth, struct span bbox, struct span bndbox)
{
	struct span v[4];

	if (number_texts(bbox, v, 4) != 4)
		return false;
	if (json_type_of(bndbox) == JSON_OBJECT && bndbox_agrees(w, bndbox, v))
		object_xml(w, depth, SPAN("bndbox"), bndbox);
	else
		edges_xml(w, depth, v);
	return true;
}

/* <bndbox> around whatever shape it has. */
static void
hull_xml(struct writing *w, int depth, const struct annotation *a)
{
	struct buf text[4] = { BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT };
	struct span v[4];
	struct box box;

	if (sample_box(w->s, a, &box)) {
		const double number[4] = { box.x, box.y, box.w, box.h };

		for (int i = 0; i < 4; i++) {
			num_add_trimmed(&text[i], number[i], w->rules->decimals);
			v[i] = buf_span(&text[i]);
		}
		edges_xml(w, depth, v);
	}
	for (int i = 0; i < 4; i++)
		buf_release(&text[i]);
}

/* ---- other shapes ---- */

/* Numbered points of a flat list. */
static void
points_xml(struct writing *w, const char *tag, struct span flat)
{
	bool numbered = strcmp(tag, "point") != 0;
	size_t n = 0;
	struct span raw;
	struct json j;

	open_tag(w, 2, span_str(tag));
	buf_addc(w->out, '\n');
	json_begin(&j, flat);
	json_array(&j);
	for (; json_item(&j) && json_number(&j, &raw); n++) {
		buf_reset(&w->text);
		buf_addc(&w->text, n & 1 ? 'y' : 'x');
		if (numbered)
			num_add_u64(&w->text, n / 2 + 1);
		open_tag(w, 3, buf_span(&w->text));
		decimal_sum(w->out, raw, 1, SPAN("0"), w->rules->base);
		close_tag(w, buf_span(&w->text));
	}
	indent(w, 2);
	close_tag(w, span_str(tag));
}

static void
circle_xml(struct writing *w, struct span circle)
{
	static const char *const part[3] = { "cx", "cy", "r" };
	struct span v[3];

	if (number_texts(circle, v, 3) != 3)
		return;
	open_tag(w, 2, SPAN("circle"));
	buf_addc(w->out, '\n');
	for (int i = 0; i < 3; i++) {
		open_tag(w, 3, span_str(part[i]));
		decimal_sum(w->out, v[i], 1, SPAN("0"), i < 2 ? w->rules->base : 0);
		close_tag(w, span_str(part[i]));
	}
	indent(w, 2);
	close_tag(w, SPAN("circle"));
}

/* The first ring; that there are more is a loss, which the frame notes. */
static struct span
first_ring(struct span polygon)
{
	struct span ring = SPAN_NONE;
	struct json j;

	if (json_type_of(polygon) != JSON_ARRAY)
		return SPAN_NONE;
	json_begin(&j, polygon);
	json_array(&j);
	if (json_item(&j))
		json_value(&j, &ring);
	return json_type_of(ring) == JSON_ARRAY ? ring : SPAN_NONE;
}

/* The shapes beside the box. Returns how many. */
static size_t
other_shapes_xml(struct writing *w, const struct annotation *a)
{
	static const struct {
		enum ann_field field;
		const char *tag;
	} flat[] = { { ANN_POLYLINE, "polyline" }, { ANN_LINE, "line" }, { ANN_POINT, "point" } };
	struct span ring = first_ring(a->v[ANN_POLYGON]);
	bool dashed = false;
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		dashed = dashed || (span_is(a->m[i].key, "dashed") &&
				       json_type_of(a->m[i].value) == JSON_TRUE);
	if (ring.p) {
		points_xml(w, "polygon", ring);
		n++;
	}
	for (size_t i = 0; i < ARRAY_LEN(flat); i++)
		if (json_type_of(a->v[flat[i].field]) == JSON_ARRAY) {
			points_xml(w, dashed && flat[i].field == ANN_LINE ? "dashed" : flat[i].tag,
			    a->v[flat[i].field]);
			n++;
		}
	if (json_type_of(a->v[ANN_CIRCLE]) == JSON_ARRAY) {
		circle_xml(w, a->v[ANN_CIRCLE]);
		n++;
	}
	return n;
}

/*
 * All shapes. Pascal VOC needs a box, so one is put around what has none, and knows nothing else;
 * ModelArts takes exactly one shape, and the finer one says more. Both write what a file of
 * the same kind had: many tools put a <polygon> beside the box.
 */
static void
shapes_xml(struct writing *w, const struct annotation *a)
{
	struct span bndbox = SPAN_NONE;
	bool ratio = ann_is_ratio(a), had_box = a->v[ANN_BBOX].p != NULL;

	for (size_t i = 0; i < a->n; i++)
		if (span_is(a->m[i].key, "bndbox"))
			bndbox = a->m[i].value;
	if (w->rules->modelarts && !ratio && other_shapes_xml(w, a) > 0)
		return;
	if (ratio || !had_box || !bbox_xml(w, 2, a->v[ANN_BBOX], bndbox))
		hull_xml(w, 2, a);
	if (!w->rules->modelarts && !w->rules->boxes_only && !ratio)
		other_shapes_xml(w, a);
}

/* ---- objects ---- */

static void
parts_xml(struct writing *w, const struct annotation *a)
{
	struct span list = SPAN_NONE, part, key, value;
	struct json j, k;

	for (size_t i = 0; i < a->n; i++)
		if (span_is(a->m[i].key, "part"))
			list = a->m[i].value;
	if (json_type_of(list) != JSON_ARRAY)
		return;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &part)) {
		if (json_type_of(part) != JSON_OBJECT)
			continue;
		open_tag(w, 2, SPAN("part"));
		buf_addc(w->out, '\n');
		json_begin(&k, part);
		json_object(&k);
		while (json_key(&k, &key) && json_value(&k, &value))
			if (span_is(key, "bbox"))
				bbox_xml(w, 3, value, json_member(part, "bndbox"));
			else if (!span_is(key, "bndbox"))
				element_xml(w, 3, key, value);
		indent(w, 2);
		close_tag(w, SPAN("part"));
	}
}

static void
flag_xml(struct writing *w, const struct annotation *a, enum ann_field f)
{
	const char *name = ann_field_name[f];
	int flag = ann_flag(a, f);

	if (flag >= 0)
		leaf(w, 2, name, flag ? SPAN("1") : SPAN("0"));
	else if (w->rules->fill && !json_member(a->v[ANN_PROPERTY], name).p)
		leaf(w, 2, name, SPAN("0"));
}

static void
flags_xml(struct writing *w, const struct annotation *a)
{
	struct span pose = json_type_of(a->v[ANN_PROPERTY]) == JSON_OBJECT
			       ? json_member(a->v[ANN_PROPERTY], "pose")
			       : SPAN_NONE;

	if (pose.p)
		element_xml(w, 2, SPAN("pose"), pose);
	else if (w->rules->fill)
		leaf(w, 2, "pose", SPAN("Unspecified"));
	flag_xml(w, a, ANN_TRUNCATED);
	if (ann_flag(a, ANN_OCCLUDED) >= 0 || w->rules->modelarts)
		flag_xml(w, a, ANN_OCCLUDED);
	flag_xml(w, a, ANN_DIFFICULT);
	if (json_type_of(a->v[ANN_CONFIDENCE]) == JSON_NUMBER)
		leaf(w, 2, "confidence", a->v[ANN_CONFIDENCE]);
}

/* The dialect's own elements beside <confidence>; the SDK and the service name one thing by two words. */
static bool
is_coefficient(const struct writing *w, struct span key)
{
	return w->rules->modelarts &&
	       (span_is(key, "hard-coefficient") || span_is(key, "difficult-coefficient"));
}

/* Free attributes as elements; in the dialect, or when the key is no name, below <properties>. */
static void
property_xml(struct writing *w, struct span property, bool listed)
{
	size_t n = 0;
	struct span key, value;
	struct json j;

	json_begin(&j, property);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (span_is(key, "pose") || is_attribute(key) ||
		    ((w->rules->modelarts && !is_coefficient(w, key)) || !xml_is_name(key)) !=
			listed)
			continue;
		if (!listed) {
			element_xml(w, 2, key, value);
			continue;
		}
		if (n++ == 0)
			buf_adds(w->out, "\t\t<properties>\n");
		buf_adds(w->out, "\t\t\t<property>\n");
		leaf(w, 4, "key", json_text(key, &w->text));
		leaf(w, 4, "value", scalar_text(w, value));
		buf_adds(w->out, "\t\t\t</property>\n");
	}
	if (n > 0)
		buf_adds(w->out, "\t\t</properties>\n");
}

/* Are masks of another format in SegmentationObject/ and SegmentationClass/ now? */
static bool
painted_elsewhere(const struct voc_rules *rules)
{
	return rules->segmented && rules->fill && !rules->modelarts;
}

/* <mask_color>r,g,b</mask_color> */
static void
mask_xml(struct writing *w, const struct annotation *a)
{
	struct span colour = json_type_of(a->v[ANN_MASK]) == JSON_OBJECT
				 ? json_member(a->v[ANN_MASK], "color")
				 : SPAN_NONE;

	if (json_type_of(colour) != JSON_ARRAY || painted_elsewhere(w->rules))
		return;
	open_tag(w, 2, SPAN("mask_color"));
	xml_escape(w->out, span_of(colour.p + 1, colour.p + colour.n - 1));
	close_tag(w, SPAN("mask_color"));
}

static void
object_of(struct writing *w, const struct annotation *a)
{
	struct span property = a->v[ANN_PROPERTY];
	bool free_ones = json_type_of(property) == JSON_OBJECT;

	indent(w, 1);
	buf_adds(w->out, "<object");
	if (free_ones)
		attributes_xml(w, property);
	buf_adds(w->out, ">\n");
	leaf(w, 2, "name", ann_string(a, ANN_NAME, &w->text));
	flags_xml(w, a);
	mask_xml(w, a);
	shapes_xml(w, a);
	parts_xml(w, a);
	if (free_ones) {
		property_xml(w, property, false);
		property_xml(w, property, true);
	}
	buf_adds(w->out, "\t</object>\n");
}

/* ---- the file ---- */

/* The record's own number, or what the picture was measured to have. */
static void
side_xml(struct writing *w, const char *name, struct span own, double measured)
{
	if (!own.p) {
		buf_reset(&w->text);
		num_add(&w->text, measured);
		own = buf_span(&w->text);
	}
	leaf(w, 2, name, own);
}

static void
size_xml(struct writing *w, struct span rest)
{
	struct span size = json_member(rest, "size"), key, value;
	struct json j;

	if (w->s->width <= 0 || w->s->height <= 0)
		return;
	buf_adds(w->out, "\t<size>\n");
	side_xml(w, "width", w->s->rec->v[REC_WIDTH], w->s->width);
	side_xml(w, "height", w->s->rec->v[REC_HEIGHT], w->s->height);
	if (json_type_of(size) == JSON_OBJECT) {
		json_begin(&j, size);
		json_object(&j);
		while (json_key(&j, &key) && json_value(&j, &value))
			element_xml(w, 2, key, value);
	} else {
		leaf(w, 2, "depth", SPAN("3"));
	}
	buf_adds(w->out, "\t</size>\n");
}

static bool
is_one_of(struct span key, const char *const *names)
{
	for (; *names; names++)
		if (span_is(key, *names))
			return true;
	return false;
}

/* What comes before the objects: as the record's "voc" says, in VOC's order. */
static void
head_xml(struct writing *w, struct span rest, struct span folder, struct span filename)
{
	static const char *const placed[] = { "folder", "filename", "size", "segmented", NULL };
	struct span own_folder = json_member(rest, "folder");
	struct span own_name = json_member(rest, "filename"), key, value;
	struct span segmented = json_member(rest, "segmented");
	bool fill = w->rules->fill;
	struct json j;

	if (own_folder.p)
		element_xml(w, 1, SPAN("folder"), own_folder);
	else if (fill)
		leaf(w, 1, "folder", folder);
	if (own_name.p)
		element_xml(w, 1, SPAN("filename"), own_name);
	else
		leaf(w, 1, "filename", filename);
	json_begin(&j, rest);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value))
		if (!is_attribute(key) && !is_one_of(key, placed) &&
		    !(span_is(key, "mask_source") &&
			(w->rules->mask_source.n > 0 || painted_elsewhere(w->rules))))
			element_xml(w, 1, key, value);
	if (w->rules->mask_source.n > 0)
		leaf(w, 1, "mask_source", w->rules->mask_source);
	if (fill && !json_member(rest, "source").p)
		buf_adds(w->out, "\t<source>\n\t\t<database>Unknown</database>\n\t</source>\n");
	size_xml(w, rest);
	if (segmented.p)
		element_xml(w, 1, SPAN("segmented"), segmented);
	else if (fill)
		leaf(w, 1, "segmented", w->rules->segmented ? SPAN("1") : SPAN("0"));
}

bool
voc_xml_takes(const struct sample *s, const struct annotation *a)
{
	struct buf text = BUF_INIT;
	bool named = ann_string(a, ANN_NAME, &text).n > 0;

	buf_release(&text);
	return named && sample_box(s, a, &(struct box){ 0 });
}

void
voc_xml_write(struct buf *out, const struct sample *s, const struct voc_rules *rules,
    struct span folder, struct span filename, struct voc_written *written)
{
	struct writing w = { .out = out, .s = s, .rules = rules, .text = BUF_INIT };
	struct span rest = rec_member(s->rec, "voc");

	if (json_type_of(rest) != JSON_OBJECT)
		rest = SPAN("{}");
	*written = (struct voc_written){ 0, 0 };
	buf_adds(out, "<annotation");
	attributes_xml(&w, rest);
	buf_adds(out, ">\n");
	head_xml(&w, rest, folder, filename);
	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		if (!voc_xml_takes(s, a))
			continue;
		object_of(&w, a);
		written->objects++;
	}
	written->widened = w.widened;
	buf_adds(out, "</annotation>\n");
	buf_release(&w.text);
}
