/* Small YAML files as JSON: see yaml.h. */
#include "label/yaml.h"

#include <yaml.h>

#include "base/num.h"
#include "json/json.h"
#include "json/write.h"

enum { MAX_DEPTH = 64, MAX_EVENTS = 1000000 };

struct converting {
	yaml_parser_t parser;
	const char *name;
	struct buf *json;
	char open[MAX_DEPTH]; /* '{' or '[' */
	int depth;
	bool key; /* the next scalar is one */
};

static bool
fail(struct converting *c, yaml_mark_t at, const char *why)
{
	error_at(pos_at(c->name, at.line + 1, at.column + 1), "yaml", "%s", why);
	return false;
}

static bool
in_mapping(const struct converting *c)
{
	return c->depth > 0 && c->open[c->depth - 1] == '{';
}

static bool
open_container(struct converting *c, const yaml_event_t *e, char bracket)
{
	if (c->key)
		return fail(c, e->start_mark, "a key must be a word");
	if (c->depth == MAX_DEPTH)
		return fail(c, e->start_mark, "nested too deep (64 levels are taken)");
	jw_open(c->json, bracket);
	c->open[c->depth++] = bracket;
	c->key = bracket == '{';
	return true;
}

static void
close_container(struct converting *c)
{
	jw_close(c->json, c->open[--c->depth] == '{' ? '}' : ']');
	c->key = in_mapping(c);
}

/* A plain scalar that JSON has too: a number in its grammar, true, false, null. */
static bool
is_literal(struct span s)
{
	double v;

	if (span_is(s, "true") || span_is(s, "false") || span_is(s, "null"))
		return true;
	return num_parse(s, &v) && json_valid(s);
}

static void
put_scalar(struct converting *c, const yaml_event_t *e)
{
	struct span s = { (const char *)e->data.scalar.value, e->data.scalar.length };
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (c->key)
		jw_key_span(c->json, s);
	else if (plain && (s.n == 0 || span_is(s, "~")))
		jw_null(c->json);
	else if (plain && is_literal(s))
		jw_raw(c->json, s);
	else
		jw_string(c->json, s);
	c->key = in_mapping(c) && !c->key;
}

/* False: an error, said. *end: the document is over. */
static bool
put_event(struct converting *c, const yaml_event_t *e, bool *end)
{
	switch (e->type) {
	case YAML_MAPPING_START_EVENT:
		return open_container(c, e, '{');
	case YAML_SEQUENCE_START_EVENT:
		return open_container(c, e, '[');
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		close_container(c);
		return true;
	case YAML_SCALAR_EVENT:
		put_scalar(c, e);
		return true;
	case YAML_ALIAS_EVENT:
		return fail(c, e->start_mark, "aliases are not taken");
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		*end = true;
		return true;
	default:
		return true;
	}
}

static bool
convert(struct converting *c)
{
	bool good = true, end = false;
	yaml_event_t e;

	for (int n = 0; good && !end; n++) {
		if (!yaml_parser_parse(&c->parser, &e)) {
			if (c->parser.error == YAML_MEMORY_ERROR)
				die("out of memory");
			return fail(c, c->parser.problem_mark,
			    c->parser.problem ? c->parser.problem : "no YAML");
		}
		good = n < MAX_EVENTS ? put_event(c, &e, &end)
				      : fail(c, e.start_mark, "more than a million values");
		yaml_event_delete(&e);
	}
	return good;
}

bool
yaml_to_json(struct buf *json, struct span text, const char *name)
{
	struct converting c = { .name = name, .json = json };
	size_t before = json->n;
	bool good;

	if (!yaml_parser_initialize(&c.parser))
		die("out of memory");
	yaml_parser_set_input_string(&c.parser, (const unsigned char *)text.p, text.n);
	good = convert(&c);
	yaml_parser_delete(&c.parser);
	if (good && json->n == before)
		jw_null(json);
	if (!good)
		buf_cut(json, before);
	return good;
}
