/* Rules V: values of parameters, paths, and of a few properties. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "workflow/finding.h"
#include "workflow/value.h"

/* ---- V01: has a value the declared type? ---- */

static bool
is_whole(struct span text)
{
	int64_t i;
	double v;

	return num_parse_i64(text, &i) ||
	       (num_parse(text, &v) && v > -9e15 && v < 9e15 && v == (double)(int64_t)v &&
		   !memchr(text.p, '.', text.n));
}

/* "int" also says how wide a JSON number may be. True also for types that are not known. */
static bool
has_type(const struct json_node *n, struct span type)
{
	enum json_type t = json_node_type(n);

	if (span_is(type, "int"))
		return t == JSON_NUMBER && is_whole(json_node_raw(n));
	if (span_is(type, "float"))
		return t == JSON_NUMBER;
	if (span_is(type, "bool"))
		return t == JSON_TRUE || t == JSON_FALSE;
	if (span_is(type, "str"))
		return t == JSON_STRING;
	if (span_is(type, "list"))
		return t == JSON_ARRAY;
	return true;
}

static const char *
example_of(struct span type)
{
	return span_is(type, "int")     ? "a whole number such as 10"
	       : span_is(type, "float") ? "a number such as 0.5"
	       : span_is(type, "bool")  ? "true or false"
	       : span_is(type, "str")   ? "a string \"...\""
					: "a list [...]";
}

static void
value_type(
    struct check *c, const struct wf_object *p, const struct json_node *n, const char *member)
{
	if (json_node_type(n) <= JSON_NULL || p->type.p == NULL || has_type(n, p->type))
		return;
	found(c, RULE_V01, n, WF_NONE, "%s of parameter \"%.*s\" of type %.*s must be %s", member,
	    SPAN_ARG(shown(p->name)), SPAN_ARG(p->type), example_of(p->type));
}

/* ---- V02, V03: enum ---- */

static bool
same(const struct json_node *a, const struct json_node *b)
{
	struct value x = VALUE_INIT, y = VALUE_INIT;
	struct buf why = BUF_INIT;
	bool yes;

	if (span_eq(json_node_raw(a), json_node_raw(b)))
		return true;
	value_set_json(&x, json_node_raw(a));
	value_set_json(&y, json_node_raw(b));
	yes = value_compare(COMPARE_EQ, &x, &y, &why) == VERDICT_TRUE;
	value_release(&x);
	value_release(&y);
	buf_release(&why);
	return yes;
}

static void
value_in_enum(struct check *c, const struct wf_object *p, const struct json_node *n,
    const struct json_node *list, const char *member)
{
	if (json_node_type(n) <= JSON_NULL || json_node_type(list) != JSON_ARRAY ||
	    list->count == 0)
		return;
	for (const struct json_node *e = json_node_first(list); e; e = json_node_next(e))
		if (same(n, e))
			return;
	found(c, RULE_V02, n, WF_NONE,
	    "%s of parameter \"%.*s\" is not in its enum; there are %.*s", member,
	    SPAN_ARG(shown(p->name)), list->n < 200 ? (int)list->n : 200, list->at);
}

static void
empty_enum(struct check *c, const struct wf_object *p, const struct json_node *list)
{
	bool must = p->type.p && span_is(p->type, "enum");

	if (list ? json_node_type(list) == JSON_ARRAY && list->count == 0 && must : must)
		found(c, RULE_V03, list ? list : p->node, WF_NONE,
		    "parameter \"%.*s\" of type enum needs a list \"enum\" of its values",
		    SPAN_ARG(shown(p->name)));
}

/* ---- V04: lists ---- */

static void
list_items(
    struct check *c, const struct wf_object *p, const struct json_node *n, struct span format)
{
	if (json_node_type(n) != JSON_ARRAY)
		return;
	for (const struct json_node *e = json_node_first(n); e; e = json_node_next(e))
		if (!has_type(e, format)) {
			found(c, RULE_V04, e, WF_NONE,
			    "an item of parameter \"%.*s\", a list of %.*s, must be %s",
			    SPAN_ARG(shown(p->name)), SPAN_ARG(format), example_of(format));
			return; /* the others are most likely the same */
		}
}

static void
list_parameter(struct check *c, const struct wf_object *p)
{
	static const char *const formats[] = { "str", "int", "float", "bool" };
	const struct json_tree *t = &c->wf->tree;
	const struct json_node *node = json_tree_get(t, p->node, "format");
	struct span format = wf_text(c->wf, node);

	if (p->type.p == NULL || !span_is(p->type, "list"))
		return;
	if (format.p == NULL || !word_in(format, formats, ARRAY_LEN(formats))) {
		found(c, RULE_V04, node ? node : p->node, WF_NONE,
		    "parameter \"%.*s\" of type list needs \"format\", the type of its items: str, "
		    "int, float or bool",
		    SPAN_ARG(shown(p->name)));
		return;
	}
	list_items(c, p, json_tree_get(t, p->node, "default"), format);
	list_items(c, p, json_tree_get(t, p->node, "value"), format);
}

/* ---- V05, V06: delay, and nothing at all ---- */

/* Of each parameter: a condition reads it, so that rule C17 speaks of it. */
static bool *
mark_in_conditions(const struct wf *wf)
{
	bool *mark = xcalloc(wf->nparams, sizeof(*mark));

	for (uint32_t i = 0; i < wf->nrefs; i++)
		if (wf->ref[i].place == WF_IN_CONDITION && wf->ref[i].ref.kind == REF_PARAMETER &&
		    wf->ref[i].target != WF_NONE)
			mark[wf->ref[i].target] = true;
	return mark;
}

static void
delayed(struct check *c, uint32_t param, const bool *in_condition)
{
	const struct json_tree *t = &c->wf->tree;
	const struct wf_object *p = &c->wf->param[param];
	const struct json_node *delay = json_tree_get(t, p->node, "delay");
	const struct json_node *required = json_tree_get(t, p->node, "required");
	const struct json_node *fallback = json_tree_get(t, p->node, "default");
	bool late = json_node_type(delay) == JSON_TRUE;

	if (late && json_node_type(required) == JSON_FALSE)
		found_as(c, RULE_V05, RULE_ERROR, required, WF_NONE,
		    "parameter \"%.*s\" is delayed, so that it must be required",
		    SPAN_ARG(shown(p->name)));
	if (late && json_node_type(fallback) > JSON_NULL)
		found(c, RULE_V05, fallback, WF_NONE,
		    "parameter \"%.*s\" is delayed and has a default: it is asked for all the same",
		    SPAN_ARG(shown(p->name)));
	if (!late && json_node_type(required) != JSON_FALSE && !wf_param_value(c->wf, param) &&
	    !in_condition[param])
		found(c, RULE_V06, p->node, WF_NONE,
		    "parameter \"%.*s\" has neither value nor default; each run has to give it",
		    SPAN_ARG(shown(p->name)));
}

/* ---- V07: storage paths ---- */

static void
storage_path(struct check *c, const struct json_node *n, bool folder)
{
	struct span text = wf_text(c->wf, n), path = text;
	const char *fault = NULL;

	if (text.n == 0 || span_starts(text, SPAN("$ref/")))
		return;
	if (span_starts(path, SPAN("obs://")))
		path = span_of(text.p + 5, text.p + text.n);
	if (memchr(text.p, '\\', text.n))
		fault = "has a backslash";
	else if (path.p[0] != '/')
		fault = "does not begin with '/' or obs://";
	else if (memmem(path.p, path.n, "//", 2))
		fault = "has an empty part";
	else if (memmem(path.p, path.n, "/../", 4) || span_ends(path, SPAN("/..")))
		fault = "has the part \"..\"";
	else if (folder && path.p[path.n - 1] != '/')
		fault = "does not end with '/'";
	if (fault)
		found(c, RULE_V07, n, WF_NONE, "the path \"%.*s\" %s; the form is /bucket/folder/",
		    SPAN_ARG(text), fault);
}

static void
all_paths(struct check *c)
{
	const struct json_tree *t = &c->wf->tree;
	struct wf *wf = c->wf;

	for (uint32_t i = 0; i < wf->nstorages; i++)
		storage_path(c, json_tree_get(t, wf->storage[i].node, "path"), true);
	for (uint32_t i = 0; i < wf->ndata; i++)
		storage_path(c,
		    json_tree_get(t, json_tree_get(t, wf->data[i].node, "value"), "obs_url"),
		    false);
	for (uint32_t i = 0; i < wf->nrequirements; i++)
		storage_path(c,
		    json_tree_get(t, json_tree_get(t, wf->requirement[i].node, "value"), "obs_url"),
		    false);
	for (uint32_t i = 0; i < wf->nports; i++)
		if (json_node_type(wf->port[i].body) == JSON_OBJECT)
			storage_path(c, json_tree_get(t, wf->port[i].body, "obs_url"), false);
}

/* ---- V08, V09: properties ---- */

static void
step_properties(struct check *c, uint32_t step)
{
	const struct json_tree *t = &c->wf->tree;
	const struct json_node *properties = c->wf->step[step].properties;
	const struct json_node *ratio = json_tree_get(t, properties, "train_evaluate_sample_ratio");
	const struct json_node *vpc = json_tree_get(t, properties, "vpc_id");
	struct span text;
	double v;

	if (json_node_type(ratio) == JSON_STRING || json_node_type(ratio) == JSON_NUMBER) {
		text = ratio->type == JSON_STRING ? wf_text(c->wf, ratio) : json_node_raw(ratio);
		if (!span_starts(text, SPAN("$ref/")) && (!num_parse(text, &v) || v < 0 || v > 1))
			found(c, RULE_V08, ratio, step,
			    "train_evaluate_sample_ratio is %.*s; it is a number from 0 to 1",
			    SPAN_ARG(json_node_raw(ratio)));
	}
	if (json_node_type(vpc) > JSON_NULL && !json_tree_get(t, properties, "subnet_network_id"))
		found(c, RULE_V09, vpc, step, "vpc_id goes together with subnet_network_id");
}

void
rules_values(struct check *c)
{
	const struct json_tree *t = &c->wf->tree;
	struct wf *wf = c->wf;
	bool *in_condition = mark_in_conditions(wf);

	for (uint32_t i = 0; i < wf->nparams; i++) {
		const struct wf_object *p = &wf->param[i];
		const struct json_node *list = json_tree_get(t, p->node, "enum");
		const struct json_node *value = json_tree_get(t, p->node, "value");
		const struct json_node *fallback = json_tree_get(t, p->node, "default");

		value_type(c, p, fallback, "default");
		value_type(c, p, value, "value");
		value_in_enum(c, p, fallback, list, "default");
		value_in_enum(c, p, value, list, "value");
		empty_enum(c, p, list);
		list_parameter(c, p);
		delayed(c, i, in_condition);
	}
	free(in_condition);
	all_paths(c);
	for (uint32_t i = 0; i < wf->nsteps; i++)
		if (wf->step[i].properties)
			step_properties(c, i);
}

/* ---- V10 ---- */

void
rules_schedule(struct check *c)
{
	const struct json_tree *t = &c->wf->tree;
	const struct json_node *n = json_tree_get(t, json_tree_get(t, t->root, "content"), "cron");
	struct span rest = wf_text(c->wf, n), word;
	int fields = 0;

	if (rest.p == NULL)
		return;
	while (span_word(&rest, &word))
		fields++;
	if (fields != 6)
		found(c, RULE_V10, n, WF_NONE,
		    "the cron expression has %d fields; it is second minute hour day month weekday, "
		    "such as \"0 0 12 * * ?\"",
		    fields);
}
