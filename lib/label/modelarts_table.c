/* The CSV files of ModelArts' tables: see modelarts_table.h. */
#include "label/modelarts_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/num.h"
#include "json/json.h"
#include "label/csv.h"

struct column {
	struct span name; /* raw JSON string without quotes */
	const struct type *type;
	uint64_t bad;
	struct pos first;
};

struct table {
	struct column *column;
	size_t n, cap;
	uint64_t bad_rows;
	struct pos first_bad;
	size_t first_columns; /* of that row */
};

/* ---- types ---- */

static bool
is_number(struct span s)
{
	double v;

	return num_parse(s, &v);
}

static bool
is_boolean(struct span s)
{
	return (s.n == 4 && strncasecmp(s.p, "true", 4) == 0) ||
	       (s.n == 5 && strncasecmp(s.p, "false", 5) == 0);
}

/* Digits where the form has '0', its other characters elsewhere. */
static bool
has_form(struct span s, const char *form)
{
	if (s.n != strlen(form))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (form[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != form[i])
			return false;
	return true;
}

static int
two(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool
is_day(const char *p)
{
	return two(p + 5) >= 1 && two(p + 5) <= 12 && two(p + 8) >= 1 && two(p + 8) <= 31;
}

static bool
is_date(struct span s)
{
	return has_form(s, "0000-00-00") && is_day(s.p);
}

static bool
is_timestamp(struct span s)
{
	return has_form(s, "0000-00-00 00:00:00") && is_day(s.p) && two(s.p + 11) < 24 &&
	       two(s.p + 14) < 60 && two(s.p + 17) < 60;
}

static const struct type {
	const char *name;
	int64_t min, max; /* of whole numbers; is NULL */
	bool (*is)(struct span s);
} types[] = {
	{ "BYTE", INT8_MIN, INT8_MAX, NULL },
	{ "SHORT", INT16_MIN, INT16_MAX, NULL },
	{ "INT", INT32_MIN, INT32_MAX, NULL },
	{ "INTEGER", INT32_MIN, INT32_MAX, NULL },
	{ "LONG", INT64_MIN, INT64_MAX, NULL },
	{ "FLOAT", 0, 0, is_number },
	{ "DOUBLE", 0, 0, is_number },
	{ "BOOLEAN", 0, 0, is_boolean },
	{ "DATE", 0, 0, is_date },
	{ "TIMESTAMP", 0, 0, is_timestamp },
};

/* NULL: any value will do. */
static const struct type *
type_of(struct span raw)
{
	struct span name = json_unquote(raw);

	for (size_t i = 0; name.p && i < ARRAY_LEN(types); i++)
		if (name.n == strlen(types[i].name) &&
		    strncasecmp(name.p, types[i].name, name.n) == 0)
			return &types[i];
	return NULL;
}

static bool
fits(const struct type *t, struct span value)
{
	int64_t v;

	value = span_trim(value);
	if (!t || value.n == 0)
		return true;
	if (t->is)
		return t->is(value);
	return num_parse_i64(value, &v) && v >= t->min && v <= t->max;
}

/* ---- the schema ---- */

static void
add_column(struct table *t, struct span name, struct span type)
{
	t->column = grow(t->column, &t->cap, t->n + 1, sizeof(*t->column));
	t->column[t->n++] = (struct column){ .name = name, .type = type_of(type) };
}

static bool
read_schema(struct table *t, struct span schema)
{
	struct span key, value;
	struct json j;

	json_begin(&j, schema);
	if (json_type_of(schema) == JSON_OBJECT) {
		json_object(&j);
		while (json_pair(&j, &key, &value))
			add_column(t, key, value);
	} else if (json_type_of(schema) == JSON_ARRAY) {
		json_array(&j);
		while (json_item(&j) && json_value(&j, &value)) {
			if (json_type_of(value) != JSON_OBJECT)
				return false;
			add_column(t, json_unquote(json_member(value, "name")),
			    json_member(value, "type"));
		}
	}
	return t->n > 0;
}

/* ---- the rows ---- */

static bool
is_header(const struct table *t, const struct csv *c)
{
	struct buf name = BUF_INIT;
	bool same = c->n == t->n;

	for (size_t i = 0; i < t->n && same; i++) {
		buf_reset(&name);
		json_decode(&name, t->column[i].name.p ? t->column[i].name : SPAN(""));
		same = span_eq(span_trim(c->field[i]), buf_span(&name));
	}
	buf_release(&name);
	return same;
}

static void
check_row(struct table *t, const struct csv *c)
{
	struct pos at = pos_at(c->in->name, c->line, 0);

	if (c->n != t->n) {
		if (t->bad_rows++ == 0) {
			t->first_bad = at;
			t->first_columns = c->n;
		}
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		if (!fits(t->column[i].type, c->field[i]) && t->column[i].bad++ == 0)
			t->column[i].first = at;
}

static void
report(const struct table *t)
{
	if (t->bad_rows > 0)
		warning_at(t->first_bad, "table-row",
		    "%llu %s another number of columns than the schema's %zu, first here with %zu; "
		    "ModelArts leaves such rows out",
		    COUNTED(t->bad_rows, "row has", "rows have"), t->n, t->first_columns);
	for (size_t i = 0; i < t->n; i++)
		if (t->column[i].bad > 0)
			warning_at(t->column[i].first, "table-type",
			    "%" PRIu64
			    " values of column '%.*s' are no %s, first here; in ModelArts "
			    "they become null",
			    t->column[i].bad, SPAN_ARG(t->column[i].name), t->column[i].type->name);
}

bool
modelarts_table_check(struct input *in, struct span schema, const char *encoding)
{
	struct table t = { .n = 0 };
	bool good = read_schema(&t, schema);
	uint64_t bad = 0;
	struct csv c;

	if (good) {
		csv_init(&c, in, encoding);
		for (bool first = true; csv_next(&c, &bad); first = false)
			if (!first || !is_header(&t, &c))
				check_row(&t, &c);
		csv_release(&c);
		report(&t);
	}
	free(t.column);
	return good;
}
