/* The header record: see dataset.h. */
#include "record/dataset.h"

#include <stdlib.h>

#include "base/utf8.h"

void
dataset_init(struct dataset *d)
{
	*d = (struct dataset){ .by_name = STRMAP_INIT, .by_id = STRMAP_INIT };
}

void
dataset_release(struct dataset *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->classes[i].name);
		free(d->classes[i].id);
		free(d->classes[i].raw);
	}
	free(d->classes);
	strmap_release(&d->by_name);
	strmap_release(&d->by_id);
	buf_release(&d->members);
	dataset_init(d);
}

long
dataset_class(const struct dataset *d, struct span name)
{
	struct strmap_entry *e = strmap_find(&d->by_name, name);

	return e ? (long)e->value : -1;
}

long
dataset_class_of(const struct dataset *d, struct span name, struct span id)
{
	struct strmap_entry *e = id.p ? strmap_find(&d->by_id, id) : NULL;

	return e && span_is(name, d->classes[e->value].name) ? (long)e->value
							     : dataset_class(d, name);
}

static size_t
add(struct dataset *d, struct span name, struct span id, struct span raw)
{
	struct class_def *c;

	d->classes = grow(d->classes, &d->cap, d->n + 1, sizeof(*d->classes));
	c = &d->classes[d->n];
	c->name = xstrndup(name.p, name.n);
	c->id = id.p ? xstrndup(id.p, id.n) : NULL;
	c->raw = xstrndup(raw.p, raw.n);
	strmap_put(&d->by_name, name, d->n, NULL);
	if (id.p)
		strmap_put(&d->by_id, id, d->n, NULL);
	return d->n++;
}

size_t
dataset_add_class(struct dataset *d, struct span name)
{
	struct buf raw = BUF_INIT;
	long known = dataset_class(d, name);
	size_t i;

	if (known >= 0)
		return (size_t)known;
	jw_open(&raw, '{');
	jw_member_string(&raw, "name", name);
	jw_close(&raw, '}');
	i = add(d, name, SPAN_NONE, buf_span(&raw));
	buf_release(&raw);
	return i;
}

/* ---- merging ---- */

/* Where a merged object comes from, for messages. */
struct merge {
	const struct record *h;
	const char *rule;
	const char *what; /* "class \"dog\"" */
};

/* A value in a message: not more than a glance. */
#define GLANCE 40
#define GLANCE_ARG(s) (int)((s).n < GLANCE ? (s).n : GLANCE), (s).p, (s).n < GLANCE ? "" : "..."

static void
compare_values(const struct merge *at, const struct member *m, struct span before)
{
	if (json_type_of(m->value) != JSON_NULL && !span_eq(m->value, before))
		warning_at(rec_pos(at->h, m->value), at->rule,
		    "\"%.*s\" of %s is %.*s%s here and %.*s%s before; the first stays",
		    SPAN_ARG(m->key), at->what, GLANCE_ARG(m->value), GLANCE_ARG(before));
}

/* Append to the object `into` the members that only `from` has; report where both differ. */
static void
merge_object(struct buf *into, struct span from, const char *without, const struct merge *at)
{
	struct strmap known = STRMAP_INIT;
	struct buf extra = BUF_INIT;
	struct member *m = NULL;
	size_t n = 0, cap = 0, before;
	struct json j;

	json_begin(&j, buf_span(into));
	json_members(&j, &m, &n, &cap);
	before = n;
	json_begin(&j, from);
	json_members(&j, &m, &n, &cap);
	for (size_t i = 0; i < n; i++) {
		bool is_new;
		size_t first = strmap_put(&known, m[i].key, i, &is_new)->value;

		if (i < before || json_key_is(m[i].key, without))
			continue;
		if (!is_new) {
			compare_values(at, &m[i], m[first].value);
			continue;
		}
		if (before > 0 || extra.n > 0)
			buf_addc(&extra, ',');
		jw_key_raw(&extra, m[i].key);
		buf_addspan(&extra, m[i].value);
	}
	buf_cut(into, into->n - 1);
	buf_addspan(into, buf_span(&extra));
	buf_addc(into, '}');
	buf_release(&extra);
	strmap_release(&known);
	free(m);
}

/* A class that is there already gets what it did not have. */
static void
merge_into_class(
    struct dataset *d, size_t index, struct span id, struct span raw, const struct record *h)
{
	struct class_def *c = &d->classes[index];
	char *what = xasprintf("class \"%s\"", c->name);
	struct merge at = { h, "class-clash", what };
	struct buf merged = BUF_INIT;

	buf_adds(&merged, c->raw);
	merge_object(&merged, raw, "name", &at);
	free(c->raw);
	c->raw = buf_detach(&merged);
	if (id.p && !c->id) {
		c->id = xstrndup(id.p, id.n);
		strmap_put(&d->by_id, id, index, NULL);
	}
	free(what);
}

static bool
is_twin(const struct class_def *c, struct span id)
{
	return c->id && id.p && !span_is(id, c->id);
}

/*
 * A class as an object, with its decoded name. A header may have two of one name with two ids, as COCO
 * may: they stay two. `first`: where the classes of this header begin.
 */
static void
merge_class(
    struct dataset *d, const struct record *h, struct span raw, struct span name, size_t first)
{
	struct span id = json_member(raw, "id");
	struct json_change no_id = { "id", SPAN_NONE };
	struct buf edited = BUF_INIT;
	struct strmap_entry *owner = NULL;
	long index;

	if (json_type_of(id) == JSON_NULL)
		id = SPAN_NONE;
	index = dataset_class_of(d, name, id);
	if (index < 0 && d->closed)
		return;
	if (id.p)
		owner = strmap_find(&d->by_id, id);
	if (owner && (long)owner->value != index) {
		warning_at(rec_pos(h, id), "class-clash",
		    "id %.*s of class \"%.*s\" is that of \"%s\" before; \"%.*s\" gets none",
		    SPAN_ARG(id), SPAN_ARG(name), d->classes[owner->value].name, SPAN_ARG(name));
		json_edit(&edited, raw, &no_id, 1);
		raw = buf_span(&edited);
		id = SPAN_NONE;
	}
	if (index < 0 || (index >= (long)first && is_twin(&d->classes[index], id)))
		add(d, name, id, raw);
	else
		merge_into_class(d, (size_t)index, id, raw, h);
	buf_release(&edited);
}

static void
merge_classes(struct dataset *d, const struct record *h, struct span list)
{
	struct buf scratch = BUF_INIT;
	struct span raw, name;
	size_t first = d->n;
	struct json j;

	json_begin(&j, list);
	if (!json_array(&j)) {
		error_at(rec_pos(h, list), "class", "\"classes\" must be a list");
		return;
	}
	while (json_item(&j) && json_value(&j, &raw)) {
		bool is_name = json_type_of(raw) == JSON_STRING; /* ["a","b"] is understood too */

		name = json_value_text(is_name ? raw : json_member(raw, "name"), &scratch);
		if (!name.p)
			error_at(rec_pos(h, raw), "class",
			    "a class must be an object with a \"name\"; this one is left out");
		else if (is_name && !d->closed)
			dataset_add_class(d, name);
		else if (!is_name)
			merge_class(d, h, raw, name, first);
	}
	buf_release(&scratch);
}

void
dataset_merge(struct dataset *d, const struct record *header)
{
	struct span object = header->v[REC_DATASET];
	struct span classes = json_member(object, "classes");
	struct merge at = { header, "header-clash", "the dataset" };

	d->seen = true;
	if (classes.p && json_type_of(classes) != JSON_NULL)
		merge_classes(d, header, classes);
	if (d->members.n == 0)
		buf_adds(&d->members, "{}");
	merge_object(&d->members, object, "classes", &at);
}

struct span
dataset_member(const struct dataset *d, const char *key)
{
	return d->members.n ? json_member(buf_span(&d->members), key) : SPAN_NONE;
}

bool
dataset_load_classes(struct dataset *d, const char *path)
{
	struct input in;
	struct span line;

	if (!input_open(&in, path))
		return false;
	in.ends = INPUT_ANY;
	while (input_line(&in, &line)) {
		line = span_trim(line);
		if (line.n == 0)
			continue;
		if (!utf8_valid(line)) {
			error_at(input_pos(&in, utf8_check(line.p, line.n)), "class",
			    "a class name must be UTF-8; this line is left out");
			continue;
		}
		if (dataset_class(d, line) >= 0)
			error_at(input_pos(&in, 0), "class", "class \"%.*s\" is there twice",
			    SPAN_ARG(line));
		dataset_add_class(d, line);
	}
	input_close(&in);
	d->seen = true;
	return true;
}

void
dataset_write(const struct dataset *d, struct buf *out)
{
	struct buf classes = BUF_INIT, object = BUF_INIT;
	struct json_change c = { "classes", SPAN_NONE };

	jw_open(&classes, '[');
	for (size_t i = 0; i < d->n; i++)
		jw_raw(&classes, span_str(d->classes[i].raw));
	jw_close(&classes, ']');
	c.value = buf_span(&classes);
	json_edit(&object, d->members.n ? buf_span(&d->members) : SPAN("{}"), &c, 1);
	buf_adds(out, "{\"dataset\":");
	buf_addspan(out, buf_span(&object));
	buf_adds(out, "}\n");
	buf_release(&classes);
	buf_release(&object);
}
