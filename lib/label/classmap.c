/* Renaming classes: see classmap.h. */
#include "label/classmap.h"

#include <stdlib.h>

#include "base/diag.h"

/* NULL, or what is wrong with the pair. A class that has a new name already keeps it. */
static const char *
add_pair(struct class_map *m, struct span pair)
{
	const char *eq = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
	struct strmap_entry *e;
	bool is_new;

	if (!eq || eq == pair.p)
		return "is not OLD=NEW";
	e = strmap_put(&m->to, span_of(pair.p, eq), m->n, &is_new);
	if (!is_new)
		return span_is(span_of(eq + 1, pair.p + pair.n), m->name[e->value])
			   ? NULL
			   : "gives a class a second new name";
	m->name = grow(m->name, &m->cap, m->n + 1, sizeof(*m->name));
	m->met = grow(m->met, &m->mets, m->n + 1, sizeof(*m->met));
	m->met[m->n] = false;
	m->name[m->n++] = xstrndup(eq + 1, (size_t)(pair.p + pair.n - eq - 1));
	return NULL;
}

/* "'cat=x' gives a class a second new name, beside 'cat=y'" */
static void
say_bad(struct class_map *m, struct buf *why, struct span pair, const char *what)
{
	const char *eq = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
	struct strmap_entry *e = eq ? strmap_find(&m->to, span_of(pair.p, eq)) : NULL;

	buf_addf(why, "'%.*s' %s", SPAN_ARG(pair), what);
	if (e)
		buf_addf(why, ", beside '%.*s=%s'", SPAN_ARG(e->key), m->name[e->value]);
}

static void
load_file(struct class_map *m, const char *file)
{
	struct buf why = BUF_INIT;
	struct input in;
	struct span line;
	const char *what;
	bool bad = false;

	if (!input_open(&in, file))
		die("cannot go on without --map-file");
	in.ends = INPUT_ANY;
	while (input_line(&in, &line)) {
		line = span_trim(line);
		what = line.n > 0 ? add_pair(m, line) : NULL;
		if (!what)
			continue;
		bad = true;
		buf_reset(&why);
		say_bad(m, &why, line, what);
		error_at(input_pos(&in, 0), "map", "%s", buf_str(&why));
	}
	input_close(&in);
	buf_release(&why);
	if (bad)
		die("cannot go on with this --map-file");
}

void
classmap_init(struct class_map *m, const struct strings *pairs, const char *file)
{
	*m = (struct class_map){ .to = STRMAP_INIT, .listed = STRMAP_INIT };
	for (size_t i = 0; i < pairs->n; i++) {
		struct span pair = span_str(pairs->v[i]);
		const char *what = add_pair(m, pair);
		struct buf why = BUF_INIT;

		if (!what)
			continue;
		say_bad(m, &why, pair, what);
		tool_usage("--map: %s", buf_str(&why));
	}
	if (file)
		load_file(m, file);
}

void
classmap_release(struct class_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->name[i]);
	free(m->name);
	free(m->met);
	strmap_release(&m->to);
	strmap_release(&m->listed);
	buf_release(&m->list);
	buf_release(&m->text);
}

bool
classmap_any(const struct class_map *m)
{
	return m->n > 0;
}

const char *
classmap_name(const struct class_map *m, struct span name)
{
	struct strmap_entry *e = strmap_find(&m->to, name);

	if (e)
		m->met[e->value] = true;
	return e ? m->name[e->value] : NULL;
}

void
classmap_report(const struct class_map *m)
{
	for (size_t i = 0; i < m->to.n; i++)
		if (!m->met[m->to.e[i].value])
			warning_at(POS_NONE, "map", "no class \"%.*s\" was here to be renamed",
			    SPAN_ARG(m->to.e[i].key));
}

/*
 * A renamed class of a header that has one of its new name: that one stays alone. Classes that keep their
 * names go before renamed ones, wherever they stand.
 */
static bool
joins(struct class_map *m, const struct record *r, struct span old, const char *name)
{
	bool is_new;

	if (!r)
		return false;
	strmap_put(&m->listed, span_str(name), 0, &is_new);
	if (!is_new)
		note_at(rec_pos(r, old), "class-map",
		    "class \"%.*s\" joins \"%s\", which stays as it is",
		    SPAN_ARG(json_unquote(old)), name);
	return !is_new;
}

/* The names of a header's classes that stay what they are. */
static void
list_names(struct class_map *m, struct span list)
{
	struct span raw, name;
	struct json j;

	strmap_release(&m->listed);
	m->listed = (struct strmap)STRMAP_INIT;
	if (json_type_of(list) != JSON_ARRAY)
		return;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw)) {
		name = json_type_of(raw) == JSON_OBJECT ? json_member(raw, "name") : raw;
		name = json_value_text(name, &m->text);
		if (name.p && !classmap_name(m, name))
			strmap_put(&m->listed, name, 0, NULL);
	}
}

/* Append one object of a list, with its "name" changed. False: it is left out. r: the header of a class. */
static bool
map_object(struct class_map *m, const struct record *r, struct span raw, bool *changed)
{
	struct span old = json_type_of(raw) == JSON_OBJECT ? json_member(raw, "name") : raw;
	const char *name = json_type_of(old) == JSON_STRING
			       ? classmap_name(m, json_value_text(old, &m->text))
			       : NULL;
	struct buf value = BUF_INIT, edited = BUF_INIT;
	struct json_change c = { "name", SPAN_NONE };

	if (!name) {
		jw_raw(&m->list, raw);
		return true;
	}
	*changed = true;
	if (!*name)
		return false;
	if (joins(m, r, old, name))
		return true;
	jw_str(&value, name);
	c.value = buf_span(&value);
	if (json_type_of(raw) == JSON_OBJECT)
		json_edit(&edited, raw, &c, 1);
	else
		buf_addspan(&edited, c.value);
	jw_raw(&m->list, buf_span(&edited));
	buf_release(&value);
	buf_release(&edited);
	return true;
}

/* The list with changed names in m->list. False: nothing changed. */
static bool
map_list(struct class_map *m, const struct record *r, struct span list, uint64_t *dropped)
{
	bool changed = false;
	struct span raw;
	struct json j;

	buf_reset(&m->list);
	if (json_type_of(list) != JSON_ARRAY)
		return false;
	jw_open(&m->list, '[');
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		*dropped += !map_object(m, r, raw, &changed);
	jw_close(&m->list, ']');
	return changed;
}

static void
map_header(struct class_map *m, const struct record *r, struct buf *out)
{
	struct json_change c = { "classes", SPAN_NONE }, d = { "dataset", SPAN_NONE };
	struct buf dataset = BUF_INIT;
	uint64_t dropped = 0;

	struct span list = json_member(r->v[REC_DATASET], "classes");

	list_names(m, list);
	if (!map_list(m, r, list, &dropped)) {
		buf_addspan(out, r->line);
		return;
	}
	c.value = buf_span(&m->list);
	json_edit(&dataset, r->v[REC_DATASET], &c, 1);
	d.value = buf_span(&dataset);
	json_edit(out, r->line, &d, 1);
	buf_release(&dataset);
}

void
classmap_apply(struct class_map *m, const struct record *r, struct buf *out, uint64_t *dropped)
{
	struct json_change c = { "annotation", SPAN_NONE };

	*dropped = 0;
	if (r->header) {
		map_header(m, r, out);
		return;
	}
	if (!map_list(m, NULL, r->v[REC_ANNOTATION], dropped)) {
		buf_addspan(out, r->line);
		return;
	}
	c.value = buf_span(&m->list);
	json_edit(out, r->line, &c, 1);
}
