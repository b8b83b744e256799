/* Reading the XML files of Pascal VOC: see voc_xml.h. */
#include <stdlib.h>

#include "base/num.h"
#include "label/decimal.h"
#include "label/import.h"
#include "label/voc_xml.h"

/* What the children of <object> are. */
enum kind {
	KIND_OTHER, /* goes to "property" */
	KIND_NAME,
	KIND_FLAG, /* difficult, truncated, occluded with 0 or 1, or empty */
	KIND_BNDBOX,
	KIND_POINTS, /* a shape that is a list of numbered points */
	KIND_CIRCLE,
	KIND_CONFIDENCE,
	KIND_PART,
	KIND_PROPERTIES, /* of the dialect */
	KIND_MASK,       /* mask_color */
};

static const struct {
	struct span name;
	enum kind kind;
} kinds[] = {
	{ { "name", sizeof("name") - 1 }, KIND_NAME },
	{ { "truncated", sizeof("truncated") - 1 }, KIND_FLAG },
	{ { "difficult", sizeof("difficult") - 1 }, KIND_FLAG },
	{ { "bndbox", sizeof("bndbox") - 1 }, KIND_BNDBOX },
	{ { "occluded", sizeof("occluded") - 1 }, KIND_FLAG },
	{ { "polygon", sizeof("polygon") - 1 }, KIND_POINTS },
	{ { "polyline", sizeof("polyline") - 1 }, KIND_POINTS },
	{ { "line", sizeof("line") - 1 }, KIND_POINTS },
	{ { "dashed", sizeof("dashed") - 1 }, KIND_POINTS },
	{ { "point", sizeof("point") - 1 }, KIND_POINTS },
	{ { "circle", sizeof("circle") - 1 }, KIND_CIRCLE },
	{ { "confidence", sizeof("confidence") - 1 }, KIND_CONFIDENCE },
	{ { "part", sizeof("part") - 1 }, KIND_PART },
	{ { "properties", sizeof("properties") - 1 }, KIND_PROPERTIES },
	{ { "mask_color", sizeof("mask_color") - 1 }, KIND_MASK },
};

/* The job of reading one file. */
struct reading {
	struct voc_page *page;
	struct xml *x;
	const struct voc_rules *rules;
	double width, height; /* of the picture, 0: unknown */
};

static bool
is_flag(struct span text)
{
	return text.n == 0 || (text.n == 1 && (text.p[0] == '0' || text.p[0] == '1'));
}

static enum kind
kind_of(const struct reading *r, const struct xml_node *n)
{
	struct span name = xml_name(r->x, n);
	enum kind k = KIND_OTHER;
	double v;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && k == KIND_OTHER; i++)
		if (name.n == kinds[i].name.n && name.p[0] == kinds[i].name.p[0] &&
		    memcmp(name.p, kinds[i].name.p, name.n) == 0)
			k = kinds[i].kind;
	if (k == KIND_FLAG && (xml_child(r->x, n) || !is_flag(xml_text(r->x, n))))
		return KIND_OTHER;
	if (k == KIND_CONFIDENCE && !num_parse(xml_text(r->x, n), &v))
		return KIND_OTHER;
	if (k == KIND_PROPERTIES && !r->rules->modelarts)
		return KIND_OTHER;
	if (k == KIND_POINTS && !xml_child(r->x, n))
		return KIND_OTHER;
	return k;
}

/* ---- XML to JSON ---- */

static void element_json(struct buf *b, const struct xml *x, const struct xml_node *n);

/* One member for a run of neighbours of one name. Returns the last of the run. */
static const struct xml_node *
run_json(struct buf *b, const struct xml *x, const struct xml_node *n)
{
	struct span name = xml_name(x, n);
	const struct xml_node *next = xml_next(x, n);
	bool several = next && span_eq(xml_name(x, next), name);

	jw_key_span(b, name);
	if (several)
		jw_open(b, '[');
	element_json(b, x, n);
	for (; next && span_eq(xml_name(x, next), name); next = xml_next(x, n)) {
		n = next;
		element_json(b, x, n);
	}
	if (several)
		jw_close(b, ']');
	return n;
}

static void
attributes_json(struct buf *b, const struct xml *x, const struct xml_node *n)
{
	for (const struct xml_node *a = xml_attrs(x, n); a; a = xml_next(x, a)) {
		struct buf key = BUF_INIT;

		buf_addc(&key, '@');
		buf_addspan(&key, xml_name(x, a));
		jw_member_string(b, buf_str(&key), xml_text(x, a));
		buf_release(&key);
	}
}

static void
element_json(struct buf *b, const struct xml *x, const struct xml_node *n)
{
	const struct xml_node *c = xml_child(x, n);

	if (!c && !xml_attrs(x, n)) {
		jw_string(b, xml_text(x, n));
		return;
	}
	jw_open(b, '{');
	attributes_json(b, x, n);
	if (!c && xml_text(x, n).n > 0)
		jw_member_string(b, "#text", xml_text(x, n));
	for (; c; c = xml_next(x, c))
		c = run_json(b, x, c);
	jw_close(b, '}');
}

/* ---- boxes ---- */

static const char *const edge_name[4] = { "xmin", "ymin", "xmax", "ymax" };

/* Would the writer give the same text for this edge? */
static bool
comes_back(struct buf *scratch, struct span edge, struct span a, struct span b, int n)
{
	buf_reset(scratch);
	return decimal_sum(scratch, a, 1, b, n) && span_eq(buf_span(scratch), edge);
}

/* The same for all edges of a box as most are: the far one has the digits of the near one, or more. */
static bool
is_exact(const struct span edge[4])
{
	int scale[4];

	for (int i = 0; i < 4; i++)
		scale[i] = decimal_plain(edge[i]);
	return scale[0] >= 0 && scale[1] >= 0 && scale[2] >= scale[0] && scale[3] >= scale[1];
}

/*
 * Append "bbox":[x,y,w,h] for the edges. *exact tells whether their texts can be had
 * again from it. False: an edge is no number.
 */
static bool
bbox_json(struct buf *b, struct buf *scratch, const struct span edge[4], int base, bool *exact)
{
	struct span v[4];
	size_t start, end[4];

	jw_key(b, "bbox");
	start = b->n;
	buf_addc(b, '[');
	for (int i = 0; i < 4; i++) {
		if (!(i < 2 ? decimal_sum(b, edge[i], 1, SPAN("0"), -base)
			    : decimal_sum(b, edge[i], -1, edge[i - 2], base)))
			return false;
		end[i] = b->n;
		buf_addc(b, i < 3 ? ',' : ']');
	}
	for (int i = 0; i < 4; i++)
		v[i] = span_of(b->p + (i ? end[i - 1] : start) + 1, b->p + end[i]);
	*exact = is_exact(edge);
	if (*exact)
		return true;
	*exact = true;
	for (int i = 0; i < 4 && *exact; i++)
		*exact = i < 2 ? comes_back(scratch, edge[i], v[i], SPAN("0"), base)
			       : comes_back(scratch, edge[i], v[i - 2], v[i], 0);
	return true;
}

/* Boxes that were ratios once reach this far over the edge (6 digits of 10,000 pixels). */
#define ROUNDING 0.01

/* Say what is odd about a box that is kept. */
static void
check_outside(struct reading *r, const struct xml_node *n, const double v[4])
{
	int base = r->rules->base;
	bool zero = base == 1 && (v[0] == 0 || v[1] == 0);

	if (zero && r->page->zeros++ == 0)
		r->page->first_zero = xml_pos(r->x, n);
	if (v[2] - v[0] + base == 0 || v[3] - v[1] + base == 0)
		warning_at(xml_pos(r->x, n), "voc-box", "the box has no extent");
	if (r->width <= 0 || r->height <= 0)
		return;
	if (v[0] < (zero ? 0 : base) - ROUNDING || v[1] < (zero ? 0 : base) - ROUNDING ||
	    v[2] > r->width + ROUNDING || v[3] > r->height + ROUNDING)
		warning_at(xml_pos(r->x, n), "voc-box",
		    "the box reaches outside the picture of %gx%g", r->width, r->height);
}

/* The four edges of <bndbox>; false: said that they are no box. */
static bool
read_edges(struct reading *r, const struct xml_node *n, struct span edge[4])
{
	double v[4];

	for (int i = 0; i < 4; i++) {
		edge[i] = xml_find_text(r->x, n, edge_name[i]);
		if (edge[i].p && num_parse(edge[i], &v[i]))
			continue;
		error_at(xml_pos(r->x, n), "voc-box", "%s must be a number, not '%.*s'",
		    edge_name[i], SPAN_ARG(edge[i]));
		return false;
	}
	for (int i = 0; i < 2; i++)
		if (v[i] > v[i + 2]) {
			error_at(xml_pos(r->x, n), "voc-box", "%s %.*s is greater than %s %.*s",
			    edge_name[i], SPAN_ARG(edge[i]), edge_name[i + 2],
			    SPAN_ARG(edge[i + 2]));
			return false;
		}
	check_outside(r, n, v);
	return true;
}

/* Nothing but the four edges in it, so that the bbox says it all? */
static bool
plain_bndbox(const struct xml *x, const struct xml_node *n)
{
	size_t children = 0;

	for (const struct xml_node *c = xml_child(x, n); c; c = xml_next(x, c))
		children++;
	return children == 4 && !xml_attrs(x, n);
}

static bool
read_bndbox(struct reading *r, struct buf *b, const struct xml_node *n)
{
	struct span edge[4];
	bool exact;

	if (!read_edges(r, n, edge) ||
	    !bbox_json(b, &r->page->scratch, edge, r->rules->base, &exact))
		return false;
	if (!exact || !plain_bndbox(r->x, n)) {
		jw_key(b, "bndbox");
		element_json(b, r->x, n);
	}
	return true;
}

/* ---- other shapes ---- */

struct coordinate {
	uint64_t point; /* the number in the tag, 0: none */
	bool y;
	struct span text;
};

static int
by_point(const void *a, const void *b)
{
	const struct coordinate *p = a, *q = b;

	if (p->point != q->point)
		return p->point < q->point ? -1 : 1;
	return (int)p->y - (int)q->y;
}

/* <x1>..<yn> in the order of their numbers; NULL with *n 0 when they are not pairs of numbers. */
static struct coordinate *
read_points(struct reading *r, const struct xml_node *n, size_t *count)
{
	struct coordinate *v = NULL;
	size_t cap = 0;
	bool good = true;
	double d;

	*count = 0;
	for (const struct xml_node *c = xml_child(r->x, n); c; c = xml_next(r->x, c)) {
		struct span name = xml_name(r->x, c);
		struct coordinate one = { 0, name.p[0] == 'y', xml_text(r->x, c) };

		good = good && (name.p[0] == 'x' || name.p[0] == 'y') && num_parse(one.text, &d);
		if (name.n > 1)
			good =
			    good && num_parse_u64(span_of(name.p + 1, name.p + name.n), &one.point);
		v = grow(v, &cap, *count + 1, sizeof(*v));
		v[(*count)++] = one;
	}
	if (*count > 0)
		qsort(v, *count, sizeof(*v), by_point);
	for (size_t i = 0; i < *count; i++)
		good = good && v[i].y == (i & 1) && v[i].point == v[i & ~(size_t)1].point;
	if (good && *count > 0 && *count % 2 == 0)
		return v;
	free(v);
	*count = 0;
	return NULL;
}

static bool
read_point_shape(struct reading *r, struct buf *b, const struct xml_node *n)
{
	struct span name = xml_name(r->x, n);
	bool polygon = span_is(name, "polygon"), dashed = span_is(name, "dashed");
	size_t count;
	struct coordinate *v = read_points(r, n, &count);

	if (!v) {
		error_at(xml_pos(r->x, n), "voc-points", "<%.*s> must hold numbers x1 y1 x2 y2 ...",
		    SPAN_ARG(name));
		return false;
	}
	jw_key_span(b, dashed ? SPAN("line") : name);
	jw_open(b, '[');
	if (polygon)
		jw_open(b, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(b, ',');
		decimal_sum(b, v[i].text, 1, SPAN("0"), -r->rules->base);
	}
	if (polygon)
		jw_close(b, ']');
	jw_close(b, ']');
	if (dashed)
		jw_member_bool(b, "dashed", true);
	free(v);
	return true;
}

static bool
read_circle(struct reading *r, struct buf *b, const struct xml_node *n)
{
	static const char *const part[3] = { "cx", "cy", "r" };
	double d;

	jw_key(b, "circle");
	jw_open(b, '[');
	for (int i = 0; i < 3; i++) {
		struct span text = xml_find_text(r->x, n, part[i]);

		if (!text.p || !num_parse(text, &d)) {
			error_at(
			    xml_pos(r->x, n), "voc-points", "<circle> must hold numbers cx, cy, r");
			return false;
		}
		if (i > 0)
			buf_addc(b, ',');
		decimal_sum(b, text, 1, SPAN("0"), i < 2 ? -r->rules->base : 0);
	}
	jw_close(b, ']');
	return true;
}

/* <mask_color>r,g,b</mask_color> with the file's <mask_source>. */
static void
mask_json(struct reading *r, struct buf *b, const struct xml_node *root, struct span colour)
{
	struct span source = xml_find_text(r->x, root, "mask_source"), piece;
	struct voc_page *page = r->page;

	buf_reset(&page->mask);
	if (source.n > 0 && page->locate)
		page->locate(page->locate_ctx, source, &page->mask);
	if (page->mask.n > 0)
		source = buf_span(&page->mask);

	jw_key(b, "mask");
	jw_open(b, '{');
	if (source.n > 0)
		jw_member_string(b, "source", source);
	jw_key(b, "color");
	jw_open(b, '[');
	while (span_cut(&colour, ',', &piece))
		if (!write_number_text(b, span_trim(piece)))
			jw_string(b, span_trim(piece));
	jw_close(b, ']');
	jw_close(b, '}');
}

/* ---- objects ---- */

/* Did a child of that name come before? (Shapes are few: the first second one ends it.) */
static bool
is_second(const struct xml *x, const struct xml_node *parent, const struct xml_node *c)
{
	struct span name = xml_name(x, c);

	for (const struct xml_node *p = xml_child(x, parent); p != c; p = xml_next(x, p))
		if (span_eq(xml_name(x, p), name))
			return true;
	return false;
}

/* All shapes of the object. False: one is bad, or there is none; that was said. */
static bool
read_shapes(struct reading *r, struct buf *b, const struct xml_node *root, const struct xml_node *o)
{
	size_t shapes = 0;

	for (const struct xml_node *c = xml_child(r->x, o); c; c = xml_next(r->x, c)) {
		enum kind k = kind_of(r, c);

		if (k == KIND_MASK && r->page->instances.n == 0) /* which say more */
			mask_json(r, b, root, xml_text(r->x, c));
		if (k != KIND_BNDBOX && k != KIND_POINTS && k != KIND_CIRCLE)
			continue;
		if (is_second(r->x, o, c)) {
			error_at(xml_pos(r->x, c), "voc-object", "the object has two <%.*s>",
			    SPAN_ARG(xml_name(r->x, c)));
			return false;
		}
		if (!(k == KIND_BNDBOX     ? read_bndbox(r, b, c)
			: k == KIND_POINTS ? read_point_shape(r, b, c)
					   : read_circle(r, b, c)))
			return false;
		shapes++;
	}
	if (shapes == 0)
		error_at(xml_pos(r->x, o), "voc-object", "the object has no <bndbox>");
	if (shapes > 1 && r->rules->modelarts)
		warning_at(xml_pos(r->x, o), "voc-object",
		    "the object has %zu shapes, and must have one; all are kept", shapes);
	return shapes > 0;
}

static void
read_parts(struct reading *r, struct buf *b, const struct xml_node *o)
{
	bool any = false;

	for (const struct xml_node *c = xml_child(r->x, o); c; c = xml_next(r->x, c)) {
		const struct xml_node *box;
		size_t start;

		if (kind_of(r, c) != KIND_PART)
			continue;
		box = xml_find(r->x, c, "bndbox");
		if (!any) {
			jw_key(b, "part");
			jw_open(b, '[');
		}
		any = true;
		start = b->n;
		jw_open(b, '{');
		for (const struct xml_node *p = xml_child(r->x, c); p; p = xml_next(r->x, p))
			if (p != box)
				p = run_json(b, r->x, p);
		if (box && !read_bndbox(r, b, box)) {
			buf_cut(b, start);
			r->page->bad++;
			continue;
		}
		jw_close(b, '}');
	}
	if (any)
		jw_close(b, ']');
}

/* <properties>: free tags, or <property><key>k</key><value>v</value></property>. */
static void
read_properties(struct reading *r, struct buf *b, const struct xml_node *n)
{
	for (const struct xml_node *c = xml_child(r->x, n); c; c = xml_next(r->x, c)) {
		struct span key = xml_find_text(r->x, c, "key");

		if (key.p && span_is(xml_name(r->x, c), "property")) {
			struct span value = xml_find_text(r->x, c, "value");

			jw_key_span(b, key);
			jw_string(b, value.p ? value : SPAN(""));
		} else {
			jw_key_span(b, xml_name(r->x, c));
			element_json(b, r->x, c);
		}
	}
}

static void
read_property(struct reading *r, struct buf *b, const struct xml_node *o)
{
	size_t start = b->n, empty;

	jw_key(b, "property");
	jw_open(b, '{');
	empty = b->n;
	attributes_json(b, r->x, o);
	for (const struct xml_node *c = xml_child(r->x, o); c; c = xml_next(r->x, c)) {
		enum kind k = kind_of(r, c);

		if (k == KIND_PROPERTIES)
			read_properties(r, b, c);
		else if (k == KIND_OTHER &&
			 (xml_child(r->x, c) || xml_text(r->x, c).n > 0 || xml_attrs(r->x, c)))
			c = run_json(b, r->x, c);
	}
	if (b->n == empty)
		buf_cut(b, start);
	else
		jw_close(b, '}');
}

static void
read_flags(struct reading *r, struct buf *b, const struct xml_node *o)
{
	for (const struct xml_node *c = xml_child(r->x, o); c; c = xml_next(r->x, c)) {
		enum kind k = kind_of(r, c);
		struct span text = xml_text(r->x, c);

		if (k == KIND_FLAG && text.n > 0) {
			jw_key_span(b, xml_name(r->x, c));
			jw_bool(b, text.p[0] == '1');
		} else if (k == KIND_CONFIDENCE) {
			jw_key(b, "confidence");
			write_number_text(b, text);
		}
	}
}

/* Object n of the file is value n of the picture of instances. */
static void
instance_json(struct buf *b, struct span source, uint64_t number)
{
	if (source.n == 0)
		return;
	jw_key(b, "mask");
	jw_open(b, '{');
	jw_member_string(b, "source", source);
	jw_member_u64(b, "value", number);
	jw_close(b, '}');
}

/* Append the object as an annotation; false (and nothing appended): it is bad, which was said. */
static bool
read_object(struct reading *r, struct buf *b, const struct xml_node *root, const struct xml_node *o,
    uint64_t number)
{
	const struct xml_node *named = xml_find(r->x, o, "name");
	struct span name = named ? xml_text(r->x, named) : SPAN("");
	size_t start = b->n;

	if (name.n == 0) {
		error_at(xml_pos(r->x, o), "voc-object", "the object has no <name>");
		return false;
	}
	if (name.n < xml_whole_text(r->x, named).n)
		class_blanks_add(
		    &r->page->blanks, xml_pos(r->x, named), xml_whole_text(r->x, named));
	jw_open(b, '{');
	jw_member_string(b, "name", name);
	if (!read_shapes(r, b, root, o)) {
		buf_cut(b, start);
		return false;
	}
	instance_json(b, r->page->instances, number);
	read_flags(r, b, o);
	read_parts(r, b, o);
	read_property(r, b, o);
	jw_close(b, '}');
	return true;
}

/* ---- the file ---- */

/* <size>: width and height as they are good; the rest goes to "voc". */
static void
read_size(struct reading *r, const struct xml_node *root)
{
	const struct xml_node *size = xml_find(r->x, root, "size");
	struct voc_page *page = r->page;

	page->width = page->height = SPAN("");
	if (!size)
		return;
	page->width = xml_find_text(r->x, size, "width");
	page->height = xml_find_text(r->x, size, "height");
	if (num_parse(page->width, &r->width) && num_parse(page->height, &r->height) &&
	    r->width > 0 && r->height > 0)
		return;
	warning_at(xml_pos(r->x, size), "voc-size",
	    "width and height of the picture must be positive numbers");
	r->width = r->height = 0;
	page->width = page->height = SPAN("");
}

static void
rest_of_size(struct buf *b, const struct xml *x, const struct xml_node *size)
{
	size_t start = b->n, empty;

	jw_key(b, "size");
	jw_open(b, '{');
	empty = b->n;
	for (const struct xml_node *c = xml_child(x, size); c; c = xml_next(x, c))
		if (!span_is(xml_name(x, c), "width") && !span_is(xml_name(x, c), "height"))
			c = run_json(b, x, c);
	if (b->n == empty)
		buf_cut(b, start);
	else
		jw_close(b, '}');
}

static void
read_rest(struct reading *r, const struct xml_node *root, struct span picture)
{
	struct buf *b = &r->page->rest;
	const struct xml *x = r->x;

	jw_open(b, '{');
	attributes_json(b, x, root);
	for (const struct xml_node *c = xml_child(x, root); c; c = xml_next(x, c)) {
		struct span name = xml_name(x, c);

		if (span_is(name, "object") ||
		    (span_is(name, "filename") && span_eq(xml_text(x, c), picture)))
			continue;
		if (span_is(name, "size"))
			rest_of_size(b, x, c);
		else
			c = run_json(b, x, c);
	}
	jw_close(b, '}');
	if (b->n == 2)
		buf_reset(b);
}

static void
read_objects(struct reading *r, const struct xml_node *root)
{
	struct buf *b = &r->page->annotations;
	uint64_t number = 0;

	jw_open(b, '[');
	for (const struct xml_node *c = xml_child(r->x, root); c; c = xml_next(r->x, c)) {
		if (!span_is(xml_name(r->x, c), "object"))
			continue;
		if (read_object(r, b, root, c, ++number))
			r->page->objects++;
		else
			r->page->bad++;
	}
	jw_close(b, ']');
}

/* A file of MIT's old LabelMe has the same root, and its polygons have <pt>. */
static bool
is_labelme(const struct xml *x, const struct xml_node *root)
{
	const struct xml_node *o = xml_find(x, root, "object"), *polygon;

	for (; o; o = xml_next(x, o)) {
		polygon = xml_find(x, o, "polygon");
		if (polygon && xml_find(x, polygon, "pt"))
			return true;
	}
	return false;
}

bool
voc_xml_read(struct voc_page *page, struct xml *x, const struct voc_rules *rules, struct span bytes,
    const char *file, struct span picture)
{
	struct reading r = { .page = page, .x = x, .rules = rules };
	const struct xml_node *root = xml_parse(x, bytes, file, rules->encoding);

	buf_reset(&page->annotations);
	buf_reset(&page->rest);
	page->objects = page->bad = page->zeros = 0;
	if (!root)
		return false;
	if (!span_is(xml_name(x, root), "annotation")) {
		error_at(xml_pos(x, root), "voc", "the root must be <annotation>, not <%.*s>",
		    SPAN_ARG(xml_name(x, root)));
		return false;
	}
	if (is_labelme(x, root)) {
		error_at(xml_pos(x, root), "voc",
		    "a file of MIT's LabelMe (polygons of <pt>), another format, which is not read: "
		    "convert it to the JSON of labelme first");
		return false;
	}
	page->filename = xml_find_text(x, root, "filename");
	read_size(&r, root);
	read_objects(&r, root);
	read_rest(&r, root, picture);
	return true;
}

void
voc_page_release(struct voc_page *page)
{
	buf_release(&page->annotations);
	buf_release(&page->rest);
	buf_release(&page->scratch);
	buf_release(&page->mask);
	buf_release(&page->blanks);
}
