/* metrics.json, one file and a set of them: see metrics.h. */
#include "workflow/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/tool.h"
#include "base/utf8.h"
#include "json/json.h"

#define KEY_MAX 64 /* characters, of keys and titles */

/* One entry while it is read. */
struct entry {
	struct metrics *m;
	enum diag_level level;
	struct span raw;
	struct pos at;
	struct span key, title, type, data; /* raw; SPAN_NONE: absent */
};

static struct pos
place(const struct entry *e, struct span part)
{
	struct json j;

	if (part.p == NULL)
		return e->at;
	json_begin_at(&j, e->raw, e->at.line, e->at.col);
	return json_pos(&j, part.p, e->at.file);
}

__attribute__((format(printf, 5, 6))) static void
report(const struct metrics *m, enum rule_id rule, enum diag_level level, struct pos at,
    const char *fmt, ...)
{
	static const enum diag_level said[] = { DIAG_NOTE, DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };
	enum rule_level own = level == DIAG_ERROR     ? RULE_ERROR
			      : level == DIAG_WARNING ? RULE_WARNING
						      : RULE_NOTE;
	struct buf text = BUF_INIT;
	va_list ap;

	if (m->levels)
		own = rule_level(m->levels, rule, own);
	if (own == RULE_OFF)
		return;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	diag(said[own], at, rules[rule].id, "%s", buf_str(&text));
	buf_release(&text);
}

static size_t
characters(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* ---- the shapes of data (M02, M07) ---- */

static size_t
array_length(struct span raw)
{
	struct json j;
	size_t n = 0;

	if (json_type_of(raw) != JSON_ARRAY)
		return 0;
	json_begin(&j, raw);
	json_array(&j);
	for (; json_item(&j); n++)
		json_skip(&j);
	return n;
}

/* A value that is a JSON number goes to *number. */
static void
check_float(const struct entry *e, struct buf *number)
{
	struct span value = json_member(e->data, "value");

	if (json_type_of(value) == JSON_NUMBER)
		buf_addspan(number, value);
	else if (value.p == NULL)
		report(e->m, RULE_M02, e->level, place(e, e->data),
		    "a metric of type float has its number in data.value");
	else
		report(e->m, RULE_M02, e->level, place(e, value),
		    "the value of a metric of type float has to be a number, not %.*s",
		    value.n > 40 ? 40 : (int)value.n, value.p);
}

/* All series of an axis have to be as long as *n (SIZE_MAX: not known yet). One warning is enough. */
static bool
check_axis(const struct entry *e, const char *axis, size_t *n)
{
	struct span list = json_member(e->data, axis), series, values;
	struct json j;

	if (json_type_of(list) != JSON_ARRAY)
		return true;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &series)) {
		values = json_member(series, "value");
		if (json_type_of(values) != JSON_ARRAY)
			continue;
		if (*n == SIZE_MAX)
			*n = array_length(values);
		if (array_length(values) != *n) {
			report(e->m, RULE_M07, DIAG_WARNING, place(e, values),
			    "this axis has %llu %s; the one before it has %zu",
			    COUNTED(array_length(values), "value", "values"), *n);
			return false;
		}
	}
	return true;
}

static void
check_axes(const struct entry *e)
{
	size_t n = SIZE_MAX;

	if (check_axis(e, "x_axis", &n))
		check_axis(e, "y_axis", &n);
}

static void
check_table(const struct entry *e)
{
	struct span cells = json_member(e->data, "cell_value"), row;
	size_t width = SIZE_MAX;
	struct json j;

	if (json_type_of(cells) != JSON_ARRAY)
		return;
	json_begin(&j, cells);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &row)) {
		size_t n = array_length(row);

		if (json_type_of(row) != JSON_ARRAY)
			continue;
		if (width != SIZE_MAX && n != width) {
			report(e->m, RULE_M07, DIAG_WARNING, place(e, row),
			    "this row has %llu %s; the rows before it have %zu",
			    COUNTED(n, "cell", "cells"), width);
			return;
		}
		width = n;
	}
}

static const struct {
	const char *name;
	void (*check)(const struct entry *e); /* NULL: any object */
} types[] = {
	{ "float", NULL },
	{ "line chart", check_axes },
	{ "histogram", check_axes },
	{ "table", check_table },
	{ "one-dimensional-table", NULL },
};

static void
check_type(const struct entry *e, struct span type, struct buf *number)
{
	if (json_type_of(e->data) != JSON_OBJECT) {
		report(e->m, RULE_M01, e->level, place(e, e->data),
		    e->data.p ? "data has to be an object" : "the metric has no data");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (span_is(type, types[i].name)) {
			if (i == 0)
				check_float(e, number);
			else if (types[i].check)
				types[i].check(e);
			return;
		}
	report(e->m, RULE_M06, DIAG_WARNING, place(e, e->type),
	    "unknown type '%.*s'; only 'float' can be compared", SPAN_ARG(type));
}

/* ---- one entry ---- */

static void
check_name(const struct entry *e, struct span raw, const char *what, bool plain)
{
	struct buf scratch = BUF_INIT;
	struct span text = json_value_text(raw, &scratch);

	if (characters(text) > KEY_MAX)
		report(e->m, RULE_M03, DIAG_WARNING, place(e, raw),
		    "the %s has %zu characters; the limit is %d", what, characters(text), KEY_MAX);
	for (size_t i = 0; plain && i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 ||
		    strchr("\"'`\\<>&|!=()[]{},:;?*#%^~$", text.p[i])) {
			report(e->m, RULE_M03, DIAG_WARNING, place(e, raw),
			    "the %s '%.*s' has special characters in it", what, SPAN_ARG(text));
			break;
		}
	buf_release(&scratch);
}

static bool
has_strings(const struct entry *e)
{
	const struct {
		const char *name;
		struct span raw;
		bool needed;
	} want[] = { { "key", e->key, true }, { "type", e->type, true },
		{ "title", e->title, false } };

	bool all = true;

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		if (json_type_of(want[i].raw) == JSON_STRING)
			continue;
		report(e->m, RULE_M01, want[i].needed ? e->level : DIAG_WARNING,
		    place(e, want[i].raw),
		    want[i].raw.p ? "%s has to be a string" : "the metric has no %s", want[i].name);
		all &= !want[i].needed;
	}
	return all;
}

static void
add_entry(const struct entry *e)
{
	struct metrics *m = e->m;
	struct buf scratch = BUF_INIT;
	struct strmap_entry *slot;
	struct metric *metric;
	bool is_new;

	slot = strmap_put(&m->index, json_value_text(e->key, &scratch), m->n, &is_new);
	if (!is_new) {
		report(e->m, RULE_M04, DIAG_WARNING, place(e, e->key),
		    "the key '%.*s' was there before, in line %" PRIu64 "; the first one counts",
		    SPAN_ARG(slot->key), m->entry[slot->value].at.line);
		buf_release(&scratch);
		return;
	}
	m->entry = grow(m->entry, &m->cap, m->n + 1, sizeof(*m->entry));
	metric = &m->entry[m->n++];
	*metric = (struct metric){ .key = slot->key, .at = e->at };
	buf_addspan(&metric->type, json_value_text(e->type, &scratch));
	check_type(e, buf_span(&metric->type), &metric->number);
	check_name(e, e->key, "key", true);
	if (json_type_of(e->title) == JSON_STRING)
		check_name(e, e->title, "title", false);
	buf_release(&scratch);
}

static void
read_entry(struct metrics *m, enum diag_level level, struct span raw, struct pos at)
{
	struct entry e = { .m = m, .level = level, .raw = raw, .at = at };

	if (json_type_of(raw) != JSON_OBJECT) {
		report(m, RULE_M01, level, at,
		    "a metric is an object, {\"key\":...,\"title\":...,\"type\":...,\"data\":...}");
		return;
	}
	e.key = json_member(raw, "key");
	e.title = json_member(raw, "title");
	e.type = json_member(raw, "type");
	e.data = json_member(raw, "data");
	if (has_strings(&e))
		add_entry(&e);
}

/* ---- a file ---- */

/* Python writes NaN and Infinity as they are, which is no JSON. */
static void
syntax_error(const struct metrics *m, const struct json *j, const struct input *in)
{
	static const char *const word[] = { "NaN", "Infinity", "-Infinity" };
	struct span rest = span_of(j->p, in->base + in->w);
	struct pos at = j->error_pos;

	at.file = m->file;
	if (rest.n && rest.p > in->base && rest.p[-1] == '-')
		rest.p--, rest.n++, at.col--;
	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		if (span_starts(rest, span_str(word[i]))) {
			report(m, RULE_M02, DIAG_ERROR, at,
			    "%s is no number of JSON; the metric has no value", word[i]);
			return;
		}
	json_error(j, m->file);
}

/* What was read is counted once. */
static void
forget_passed(struct json *j)
{
	struct pos at = json_pos(j, j->p, NULL);

	j->line = at.line;
	j->col = at.col;
	j->begin = j->p;
}

static bool
read_entries(struct metrics *m, struct input *in, struct pos at, enum diag_level level)
{
	struct span raw;
	struct json j;

	json_stream(&j, in);
	j.line = at.line;
	j.col = at.col;
	if (json_peek(&j) != JSON_ARRAY && json_peek(&j) != JSON_NONE) {
		report(m, RULE_M01, DIAG_ERROR, json_pos(&j, j.p, m->file),
		    "a metrics file is an array of {\"key\",\"title\",\"type\",\"data\"}");
		return false;
	}
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw)) {
		read_entry(m, level, raw, json_pos(&j, raw.p, m->file));
		forget_passed(&j);
	}
	if (json_end(&j))
		return true;
	syntax_error(m, &j, in);
	return false;
}

static bool
read_input(struct metrics *m, struct input *in, struct pos at, enum diag_level level,
    const struct rule_levels *levels)
{
	bool fine;

	*m = (struct metrics){ .file = xstrdup(in->name), .levels = levels };
	fine = read_entries(m, in, at, level);
	m->levels = NULL;
	input_close(in);
	if (!fine)
		metrics_release(m);
	return fine;
}

bool
metrics_read(struct metrics *m, const char *path, enum diag_level level)
{
	struct input in;

	*m = (struct metrics){ .file = NULL };
	return input_open(&in, path) && read_input(m, &in, pos_at(NULL, 1, 1), level, NULL);
}

bool
metrics_parse(struct metrics *m, struct span text, struct pos at, enum diag_level level,
    const struct rule_levels *levels)
{
	struct input in;

	input_memory(&in, text, at.file);
	return read_input(m, &in, at, level, levels);
}

void
metrics_release(struct metrics *m)
{
	for (size_t i = 0; i < m->n; i++) {
		buf_release(&m->entry[i].type);
		buf_release(&m->entry[i].number);
	}
	free(m->entry);
	free(m->file);
	strmap_release(&m->index);
	*m = (struct metrics){ .file = NULL };
}

const struct metric *
metrics_find(const struct metrics *m, struct span key)
{
	const struct strmap_entry *slot = strmap_find(&m->index, key);

	return slot ? &m->entry[slot->value] : NULL;
}

/* ---- sets ---- */

bool
metrics_set_add(struct metrics_set *set, const char *argument, enum diag_level level)
{
	const char *equals = strchr(argument, '=');
	struct metrics_source *s;

	set->source = grow(set->source, &set->cap, set->n + 1, sizeof(*set->source));
	s = &set->source[set->n];
	if (!metrics_read(&s->metrics, equals ? equals + 1 : argument, level))
		return false;
	s->name = xstrndup(argument, equals ? (size_t)(equals - argument) : 0);
	set->n++;
	return true;
}

void
metrics_set_release(struct metrics_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		free(set->source[i].name);
		metrics_release(&set->source[i].metrics);
	}
	free(set->source);
	*set = (struct metrics_set){ NULL, 0, 0 };
}

static bool
set_has(const struct metrics_set *set, struct span name)
{
	for (size_t i = 0; i < set->n; i++)
		if (span_is(name, set->source[i].name))
			return true;
	return false;
}

/*
 * The name of the files that are meant by `source`: itself when it was given;
 * of STEP/OUTPUT, STEP when that was given; else no name.
 */
static struct span
set_meant(const struct metrics_set *set, struct span source)
{
	const char *slash = source.n ? memchr(source.p, '/', source.n) : NULL;
	struct span step = slash ? span_of(source.p, slash) : source;

	if (set_has(set, source))
		return source;
	if (slash)
		return set_has(set, step) ? step : SPAN("");
	return SPAN_NONE;
}

/* Appends "; did you mean 'x'?" when there is such an x. */
static void
suggest_key(const struct metrics *m, struct span key, struct buf *why)
{
	char *word = xstrndup(key.p, key.n), **keys = xcalloc(m->n + 1, sizeof(*keys));
	const char *near;

	for (size_t i = 0; i < m->n; i++)
		keys[i] = xstrndup(m->entry[i].key.p, m->entry[i].key.n);
	near = nearest_word(word, (const char *const *)keys, m->n);
	if (near)
		buf_addf(why, "; did you mean '%s'?", near);
	for (size_t i = 0; i < m->n; i++)
		free(keys[i]);
	free(keys);
	free(word);
}

static enum lookup
give(const struct metric *metric, struct span key, struct value *value, struct buf *why)
{
	if (metric->number.n) {
		value_set_number(value, buf_span(&metric->number));
		return LOOKUP_FOUND;
	}
	if (span_is(buf_span(&metric->type), "float"))
		buf_addf(why, "the metric '%.*s' has no number", SPAN_ARG(key));
	else
		buf_addf(why, "the metric '%.*s' is of type '%s'; only a float can be compared",
		    SPAN_ARG(key), buf_str(&metric->type));
	return LOOKUP_UNUSABLE;
}

static enum lookup
not_there(const struct metrics_set *set, struct span key, struct buf *why)
{
	if (set->n == 0)
		buf_adds(why, "no metrics file was given");
	else
		buf_addf(why, "no metrics file has a metric '%.*s'", SPAN_ARG(key));
	for (size_t i = 0, length = why->n; i < set->n && why->n == length; i++)
		suggest_key(&set->source[i].metrics, key, why);
	return LOOKUP_ABSENT;
}

enum lookup
metrics_set_find(
    void *ctx, struct span source, struct span key, struct value *value, struct buf *why)
{
	const struct metrics_set *set = ctx;
	const struct metric *found = NULL, *metric;
	struct span name = source.n ? set_meant(set, source) : SPAN_NONE;

	if (source.n && name.p == NULL) {
		buf_addf(why, "no metrics file has the name '%.*s'", SPAN_ARG(source));
		return LOOKUP_ABSENT;
	}
	if (key.n == 0) {
		buf_addf(why, "the reference names no metric of '%.*s'", SPAN_ARG(source));
		return LOOKUP_UNUSABLE;
	}
	for (size_t i = 0; i < set->n; i++) {
		if (name.p && !span_is(name, set->source[i].name))
			continue;
		metric = metrics_find(&set->source[i].metrics, key);
		if (metric && found) {
			buf_addf(why,
			    "more than one file has a metric '%.*s': give them names, -m NAME=FILE, "
			    "and write NAME:%.*s",
			    SPAN_ARG(key), SPAN_ARG(key));
			return LOOKUP_UNUSABLE;
		}
		found = metric ? metric : found;
	}
	return found ? give(found, key, value, why) : not_there(set, key, why);
}
