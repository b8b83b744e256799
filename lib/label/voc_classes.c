/* Classes of Pascal VOC's masks: see voc_classes.h. */
#include "label/voc_classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "archive/tree.h"
#include "base/num.h"
#include "base/path.h"
#include "label/mask.h"

#define VOID_COLOUR (224 | 224 << 8 | 192 << 16) /* what VOC's palette has for 255 */

enum { VALUES_MAX = 4096 }; /* of one PNG; more are no classes or objects */

/* VOC2012 devkit, VOCinit.m */
static const char *const twenty[] = { "aeroplane", "bicycle", "bird", "boat", "bottle", "bus",
	"car", "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike", "person",
	"pottedplant", "sheep", "sofa", "train", "tvmonitor" };

static bool
is_nothing(struct span name)
{
	static const char *const words[] = { "background", "_background_", "ignored", "__ignore__",
		"void" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (name.n == strlen(words[i]) && strncasecmp(name.p, words[i], name.n) == 0)
			return true;
	return false;
}

static uint32_t
voc_colour(uint32_t number)
{
	uint8_t rgb[3];

	mask_voc_colour(number, rgb);
	return rgb[0] | (uint32_t)rgb[1] << 8 | (uint32_t)rgb[2] << 16;
}

static void
add_class(struct voc_classes *c, struct span name, uint32_t number, uint32_t colour)
{
	c->v = grow(c->v, &c->cap, c->n + 1, sizeof(*c->v));
	c->v[c->n++] =
	    (struct voc_class){ xstrndup(name.p, name.n), number, colour, is_nothing(name) };
}

/* "128,0,0" */
static bool
read_colour(struct span text, uint32_t *colour)
{
	struct span word;
	uint64_t v;
	unsigned shift = 0;

	*colour = 0;
	for (; span_cut(&text, ',', &word); shift += 8) {
		if (shift > 16 || !num_parse_u64(span_trim(word), &v) || v > 255)
			return false;
		*colour |= (uint32_t)v << shift;
	}
	return shift == 24;
}

/* A line of labelmap.txt. Numbers are places, for PNGs without colours. */
static void
read_label(struct voc_classes *c, struct span line)
{
	struct span name, rgb = SPAN("");
	uint32_t colour = 0, number = 0;
	bool known;

	if (line.p[0] == '#' || !span_cut(&line, ':', &name) || name.n == 0)
		return;
	span_cut(&line, ':', &rgb);
	for (size_t i = 0; i < c->n; i++)
		number += !c->v[i].nothing;
	known = read_colour(rgb, &colour);
	c->coloured |= known;
	add_class(
	    c, name, is_nothing(name) ? 0 : number + 1, known ? colour : voc_colour(number + 1));
}

/* The file of this name at the root, or the only one. */
static const struct node *
find_file(const struct tree *t, struct span name)
{
	const struct node *found = tree_find(t, name);
	size_t n = 0;

	for (size_t i = 0; !found && n < 2 && i < t->n; i++)
		n += span_eq(path_base_span(span_str(t->node[i].path)), name);
	for (size_t i = 0; n == 1 && !found && i < t->n; i++)
		if (span_eq(path_base_span(span_str(t->node[i].path)), name))
			found = &t->node[i];
	return found;
}

static bool
read_lines(struct voc_classes *c, struct importer *im, struct span name, bool labels)
{
	const struct node *n = find_file(im->tree, name);
	struct span line;
	struct input in;
	uint32_t number = 0;

	if (!n || !tree_input(im->tree, n, &in))
		return false;
	while (input_line(&in, &line)) {
		line = span_trim(line);
		if (line.n && labels)
			read_label(c, line);
		else if (line.n && !span_is(line, "__ignore__")) {
			add_class(c, line, number, voc_colour(number));
			number++;
		}
	}
	input_close(&in);
	return true;
}

void
voc_classes_read(struct voc_classes *c, struct importer *im)
{
	*c = (struct voc_classes){ .v = NULL };
	if (read_lines(c, im, SPAN("labelmap.txt"), true) ||
	    read_lines(c, im, SPAN("class_names.txt"), false))
		return;
	c->assumed = true;
	for (uint32_t i = 0; i < ARRAY_LEN(twenty); i++)
		add_class(c, span_str(twenty[i]), i + 1, voc_colour(i + 1));
}

void
voc_classes_release(struct voc_classes *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].name);
	free(c->v);
}

void
voc_classes_header(const struct voc_classes *c, bool used, struct buf *header)
{
	if (c->assumed && !used)
		return;
	jw_key(header, "classes");
	jw_open(header, '[');
	for (size_t i = 0; i < c->n; i++) {
		const struct voc_class *one = &c->v[i];

		if (one->nothing && one->number == 0)
			continue;
		jw_open(header, '{');
		jw_member_str(header, "name", one->name);
		jw_member_u64(header, "id", one->number);
		if (one->colour != voc_colour(one->number)) {
			jw_key(header, "color");
			jw_open(header, '[');
			for (int k = 0; k < 3; k++)
				jw_u64(header, one->colour >> (8 * k) & 255);
			jw_close(header, ']');
		}
		jw_close(header, '}');
	}
	jw_close(header, ']');
}

/* ---- PNGs ---- */

/* What is on a PNG. */
struct values {
	struct id_mask m;
	bool colours; /* its values are colours */
	uint32_t *v;  /* each once, in order */
	size_t n;
};

/* Byte 25 of a PNG is its colour type: 2 and 6 are colours without a palette, 3 is a palette. */
static int
colour_type(const struct buf *png)
{
	return png->n > 25 ? png->p[25] : 0;
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The different ones. False: too many. */
static bool
collect(struct values *v)
{
	size_t pixels = (size_t)v->m.w * v->m.h;
	uint8_t *seen = xcalloc(1 << 21, 1); /* a bit for each of 2^24 */

	v->v = xreallocarray(NULL, VALUES_MAX, sizeof(*v->v));
	v->n = 0;
	for (size_t i = 0; i < pixels && v->n <= VALUES_MAX; i++) {
		uint32_t value = v->m.v[i];

		if (seen[value >> 3] >> (value & 7) & 1)
			continue;
		seen[value >> 3] |= (uint8_t)(1 << (value & 7));
		if (v->n < VALUES_MAX)
			v->v[v->n] = value;
		v->n++;
	}
	free(seen);
	if (v->n > VALUES_MAX)
		return false;
	qsort(v->v, v->n, sizeof(*v->v), by_value);
	return true;
}

static void
values_release(struct values *v)
{
	free(v->m.v);
	free(v->v);
	*v = (struct values){ .v = NULL };
}

static bool
values_read(struct values *v, const struct voc_png *png, bool colours, const char **why)
{
	*v = (struct values){ .colours = colours };
	if (mask_read_ids(buf_span(&png->bytes), colours, &v->m, why)) {
		*why = NULL;
		if (collect(v))
			return true;
		*why = "it has more values than a mask of classes or objects can have";
	}
	values_release(v);
	return false;
}

static bool
is_empty(const struct values *v, uint32_t value)
{
	return value == 0 || value == (v->colours ? VOID_COLOUR : 255);
}

static const struct voc_class *
class_of(const struct voc_classes *c, const struct values *v, uint32_t value)
{
	for (size_t i = 0; i < c->n; i++)
		if ((v->colours ? c->v[i].colour : c->v[i].number) == value)
			return &c->v[i];
	return NULL;
}

/* Its values as the classes want them: as colours, unless a palette has none of theirs. */
static bool
read_classes(
    const struct voc_classes *c, const struct voc_png *png, struct values *v, const char **why)
{
	int type = colour_type(&png->bytes);
	bool any = false;

	if (type == 2 || type == 6)
		return values_read(v, png, true, why);
	if (type != 3 || !c->coloured)
		return values_read(v, png, false, why);
	if (!values_read(v, png, true, why))
		return false;
	for (size_t i = 0; i < v->n; i++)
		any |= !is_empty(v, v->v[i]) && class_of(c, v, v->v[i]);
	if (any || v->n < 2)
		return true;
	values_release(v);
	return values_read(v, png, false, why);
}

/* "name" of a value; a number where nobody gave it one. */
static void
put_name(struct buf *out, const struct voc_class *class, const struct values *v, uint32_t value)
{
	char text[32];

	if (class) {
		jw_member_str(out, "name", class->name);
		return;
	}
	snprintf(text, sizeof(text), v->colours ? "#%02x%02x%02x" : "%u",
	    v->colours ? value & 255 : value, value >> 8 & 255, value >> 16 & 255);
	jw_member_str(out, "name", text);
}

static void
put_mask(
    struct buf *out, const struct voc_png *png, const struct values *v, uint32_t value, bool class)
{
	jw_key(out, "mask");
	jw_open(out, '{');
	jw_member_string(out, "source", buf_span(&png->source));
	if (v->colours) {
		jw_key(out, "color");
		jw_open(out, '[');
		for (int k = 0; k < 3; k++)
			jw_u64(out, value >> (8 * k) & 255);
		jw_close(out, ']');
	} else {
		jw_member_u64(out, "value", value);
	}
	if (class)
		jw_member_str(out, "kind", "class");
	jw_close(out, '}');
}

static uint64_t
put_classes(
    const struct voc_classes *c, const struct voc_png *png, const struct values *v, struct buf *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct voc_class *class = class_of(c, v, v->v[i]);

		if (is_empty(v, v->v[i]) || (class && class->nothing))
			continue;
		jw_open(out, '{');
		put_name(out, class, v, v->v[i]);
		put_mask(out, png, v, v->v[i], true);
		jw_close(out, '}');
		n++;
	}
	return n;
}

/* Of each object the class that the first of its pixels has which has one; 0: none has. The caller frees. */
static uint32_t *
classes_of(const struct voc_classes *c, const struct values *v, const struct values *objects)
{
	size_t pixels = (size_t)v->m.w * v->m.h;
	uint32_t *of = xcalloc(objects->n + 1, sizeof(*of));

	for (size_t i = 0; i < pixels; i++) {
		const struct voc_class *class;
		const uint32_t *object;

		if (is_empty(v, v->m.v[i]) ||
		    (i > 0 && v->m.v[i] == v->m.v[i - 1] && objects->m.v[i] == objects->m.v[i - 1]))
			continue;
		object = bsearch(
		    &objects->m.v[i], objects->v, objects->n, sizeof(*objects->v), by_value);
		class = class_of(c, v, v->m.v[i]);
		if (object && of[object - objects->v] == 0 && (!class || !class->nothing))
			of[object - objects->v] = v->m.v[i];
	}
	return of;
}

static uint64_t
put_objects(const struct voc_classes *c, const struct values *v, const struct voc_png *png,
    const struct values *objects, struct buf *out)
{
	uint32_t *of = classes_of(c, v, objects);
	uint64_t n = 0;

	for (size_t i = 0; i < objects->n; i++) {
		if (is_empty(objects, objects->v[i]) || of[i] == 0)
			continue;
		jw_open(out, '{');
		put_name(out, class_of(c, v, of[i]), v, of[i]);
		put_mask(out, png, objects, objects->v[i], false);
		jw_close(out, '}');
		n++;
	}
	free(of);
	return n;
}

uint64_t
voc_classes_annotate(const struct voc_classes *c, const struct voc_png *classes,
    const struct voc_png *objects, struct buf *out, const char **why)
{
	struct values v, o = { .v = NULL };
	int type = colour_type(&objects->bytes);
	uint64_t n = 0;

	*why = NULL;
	jw_open(out, '[');
	if (read_classes(c, classes, &v, why)) {
		if (objects->bytes.n == 0)
			n = put_classes(c, classes, &v, out);
		else if (values_read(&o, objects, type == 2 || type == 6, why) && o.m.w == v.m.w &&
			 o.m.h == v.m.h)
			n = put_objects(c, &v, objects, &o, out);
		else if (!*why)
			*why = "the PNGs of classes and of objects have different sizes";
		values_release(&o);
		values_release(&v);
	}
	jw_close(out, ']');
	return n;
}
