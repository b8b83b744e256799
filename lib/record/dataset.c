/* The header record: see dataset.h. */
#include "record/dataset.h"

#include <stdlib.h>

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

/* A class that is known by its name: is its id the same? */
static void
compare_class(const struct dataset *d, const struct record *h, struct span raw, struct span name,
    struct span id)
{
	const struct class_def *c = &d->classes[dataset_class(d, name)];

	if (id.p && c->id && !span_is(id, c->id))
		warning_at(rec_pos(h, raw), "class-clash",
		    "class \"%.*s\" has id %.*s here and %s before; %s stays", SPAN_ARG(name),
		    SPAN_ARG(id), c->id, c->id);
}

static void
merge_class(struct dataset *d, const struct record *h, struct span raw, struct buf *scratch)
{
	struct span name = json_value_text(json_member(raw, "name"), scratch);
	struct span id = json_member(raw, "id");
	struct strmap_entry *e;

	if (json_type_of(raw) == JSON_STRING)
		name = json_value_text(raw, scratch); /* "classes":["a","b"] is understood too */
	if (!name.p) {
		error_at(rec_pos(h, raw), "class", "a class must be an object with a \"name\"");
		return;
	}
	if (json_type_of(raw) == JSON_STRING) {
		dataset_add_class(d, name);
		return;
	}
	if (json_type_of(id) == JSON_NULL)
		id = SPAN_NONE;
	if (dataset_class(d, name) >= 0) {
		compare_class(d, h, raw, name, id);
		return;
	}
	e = id.p ? strmap_find(&d->by_id, id) : NULL;
	if (e)
		warning_at(rec_pos(h, raw), "class-clash",
		    "id %.*s of class \"%.*s\" is that of \"%s\" before; \"%.*s\" gets none",
		    SPAN_ARG(id), SPAN_ARG(name), d->classes[e->value].name, SPAN_ARG(name));
	if (e) {
		struct buf edited = BUF_INIT;
		struct json_change no_id = { "id", SPAN_NONE };

		json_edit(&edited, raw, &no_id, 1);
		add(d, name, SPAN_NONE, buf_span(&edited));
		buf_release(&edited);
	} else {
		add(d, name, id, raw);
	}
}

static void
merge_classes(struct dataset *d, const struct record *h, struct span list)
{
	struct buf scratch = BUF_INIT;
	struct span raw;
	struct json j;

	json_begin(&j, list);
	if (json_array(&j))
		while (json_item(&j) && json_value(&j, &raw))
			merge_class(d, h, raw, &scratch);
	buf_release(&scratch);
}

/* The first header's other members; later headers add the ones that are new. */
static void
merge_members(struct dataset *d, struct span object)
{
	struct buf key_text = BUF_INIT, merged = BUF_INIT;
	struct span key, value;
	struct json j;

	if (d->members.n == 0)
		buf_adds(&d->members, "{}");
	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		struct json_change c = { NULL, value };

		if (span_is(key, "classes"))
			continue;
		buf_reset(&key_text);
		buf_addspan(&key_text, key);
		c.key = buf_str(&key_text);
		if (json_member(buf_span(&d->members), c.key).p)
			continue;
		buf_reset(&merged);
		json_edit(&merged, buf_span(&d->members), &c, 1);
		buf_reset(&d->members);
		buf_addspan(&d->members, buf_span(&merged));
	}
	buf_release(&key_text);
	buf_release(&merged);
}

void
dataset_merge(struct dataset *d, const struct record *header)
{
	struct span object = header->v[REC_DATASET];
	struct span classes = json_member(object, "classes");

	d->seen = true;
	if (classes.p && json_type_of(classes) != JSON_NULL)
		merge_classes(d, header, classes);
	merge_members(d, object);
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
	while (input_line(&in, &line)) {
		line = span_trim(line);
		if (line.n == 0)
			continue;
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
