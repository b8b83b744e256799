/* Values of parameters: see params.h. */
#include "workflow/params.h"

#include <stdlib.h>

#include "base/tool.h"

/* The entry of `name`, made when it is new, without a value. */
static struct param *
entry_of(struct params *p, struct span name)
{
	bool is_new;
	struct strmap_entry *slot = strmap_put(&p->index, name, p->n, &is_new);

	if (is_new) {
		p->given = grow(p->given, &p->cap, p->n + 1, sizeof(*p->given));
		p->given[p->n++] = (struct param){ .name = slot->key };
	}
	value_release(&p->given[slot->value].value);
	buf_release(&p->given[slot->value].text);
	return &p->given[slot->value];
}

bool
params_add(struct params *p, const char *argument)
{
	const char *equals = strchr(argument, '=');
	struct param *entry;

	if (equals == NULL || equals == argument) {
		trouble("--param %s: has to be NAME=VALUE", argument);
		return false;
	}
	entry = entry_of(p, span_of(argument, equals));
	buf_reserve(&entry->text, 1); /* even of nothing: it was given */
	buf_adds(&entry->text, equals + 1);
	value_set_argument(&entry->value, span_str(equals + 1));
	entry->at = POS_NONE;
	return true;
}

static void
add_node(
    struct params *p, const struct json_tree *t, struct span name, const struct json_node *value)
{
	struct param *entry = entry_of(p, name);
	struct pos at = json_tree_pos(t, value);

	value_set_json(&entry->value, json_node_raw(value));
	entry->at = pos_at(p->files.e[p->files.n - 1].key.p, at.line, at.col);
}

static void
add_member(struct params *p, const struct json_tree *t, const struct json_node *member)
{
	struct buf scratch = BUF_INIT;

	add_node(p, t, json_node_key(member, &scratch), member);
	buf_release(&scratch);
}

static bool
add_element(struct params *p, const struct json_tree *t, const struct json_node *element)
{
	const struct json_node *name = json_tree_get(t, element, "name");
	const struct json_node *value = json_tree_get(t, element, "value");
	struct buf scratch = BUF_INIT;

	if (json_node_type(name) != JSON_STRING || value == NULL) {
		error_at(json_tree_pos(t, element), "params",
		    "a parameter in a list is {\"name\":...,\"value\":...}");
		return false;
	}
	add_node(p, t, json_node_text(name, &scratch), value);
	buf_release(&scratch);
	return true;
}

static bool
add_tree(struct params *p, const struct json_tree *t)
{
	enum json_type type = json_node_type(t->root);
	const struct json_node *n;
	bool fine = true;

	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		error_at(json_tree_pos(t, t->root), "params",
		    "a file of parameters is an object, {\"NAME\": VALUE, ...}");
		return false;
	}
	for (n = json_node_first(t->root); n; n = json_node_next(n))
		if (type == JSON_OBJECT)
			add_member(p, t, n);
		else
			fine &= add_element(p, t, n);
	return fine;
}

bool
params_read(struct params *p, const char *path)
{
	struct json_tree t;
	bool fine;

	if (!json_tree_read(&t, path, WF_MAX_BYTES))
		return false;
	strmap_put(&p->files, (struct span){ path, strlen(path) + 1 }, 0, NULL);
	fine = add_tree(p, &t);
	json_tree_release(&t);
	return fine;
}

void
params_release(struct params *p)
{
	for (size_t i = 0; i < p->n; i++) {
		value_release(&p->given[i].value);
		buf_release(&p->given[i].text);
	}
	free(p->given);
	strmap_release(&p->index);
	strmap_release(&p->files);
	*p = (struct params){ .given = NULL };
}

static const struct param *
given(const struct params *p, struct span name)
{
	const struct strmap_entry *slot = strmap_find(&p->index, name);

	return slot ? &p->given[slot->value] : NULL;
}

/* A value from the command line, as the declared type reads it. */
static void
take_given(struct value *value, const struct param *param, struct span type)
{
	struct span text = buf_span(&param->text);

	if (param->text.p && span_is(type, "str"))
		value_set_string(value, text);
	else if (param->text.p && span_is(type, "json") && json_valid(text))
		value_set_json(value, text);
	else
		value_copy(value, &param->value);
}

static enum lookup
without_value(const struct wf *wf, uint32_t i, struct buf *why)
{
	const struct wf_object *o = &wf->param[i];
	struct buf scratch = BUF_INIT;
	struct span about =
	    json_node_text(json_tree_get(&wf->tree, o->node, "description"), &scratch);

	buf_addf(why, "the parameter '%.*s' has no value", SPAN_ARG(o->name));
	if (about.n)
		buf_addf(why, " (%.*s)", SPAN_ARG(about));
	buf_addf(why, "; give it one with --param %.*s=VALUE", SPAN_ARG(o->name));
	buf_release(&scratch);
	return LOOKUP_UNUSABLE;
}

enum lookup
params_find(const struct params *p, const struct wf *wf, struct span name, struct value *value,
    struct buf *why)
{
	const struct param *param = given(p, name);
	uint32_t i = wf ? wf_find_param(wf, name) : WF_NONE;
	const struct json_node *node;

	if (param && (wf == NULL || i != WF_NONE)) {
		take_given(value, param, wf ? wf->param[i].type : SPAN_NONE);
		return LOOKUP_FOUND;
	}
	if (i == WF_NONE) {
		buf_addf(why, "there is no parameter '%.*s'", SPAN_ARG(name));
		return LOOKUP_ABSENT;
	}
	node = wf_param_value(wf, i);
	if (node == NULL)
		return without_value(wf, i, why);
	value_set_json(value, json_node_raw(node));
	return LOOKUP_FOUND;
}

/* ---- checking ---- */

static const char *
nearest_param(const struct wf *wf, struct span name, struct buf *scratch)
{
	const char **names = xcalloc(wf->nparams + 1, sizeof(*names));
	char *word = xstrndup(name.p, name.n), *copy;
	const char *near;
	size_t n = 0;

	for (uint32_t i = 0; i < wf->nparams; i++)
		if (wf->param[i].name.p)
			names[n++] = xstrndup(wf->param[i].name.p, wf->param[i].name.n);
	near = nearest_word(word, names, n);
	if (near)
		buf_adds(scratch, near);
	while (n > 0) {
		copy = (char *)(uintptr_t)names[--n];
		free(copy);
	}
	free(word);
	free(names);
	return near ? buf_str(scratch) : NULL;
}

static void
report_undeclared(const struct wf *wf, const struct param *param)
{
	struct buf scratch = BUF_INIT;
	const char *near = nearest_param(wf, param->name, &scratch);

	error_at(param->at, "R02", "the workflow has no parameter '%.*s'%s%s%s",
	    SPAN_ARG(param->name), near ? "; did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
	buf_release(&scratch);
}

static bool
is_whole(const struct value *v)
{
	return v->type == VALUE_NUMBER && strpbrk(buf_str(&v->text), ".eE") == NULL;
}

/* The type that is wanted instead; NULL: it fits. */
static const char *
wanted_type(struct span type, const struct value *v)
{
	if (span_is(type, "int") && !is_whole(v))
		return "a whole number";
	if (span_is(type, "float") && v->type != VALUE_NUMBER)
		return "a number";
	if (span_is(type, "bool") && v->type != VALUE_BOOL)
		return "true or false";
	if (span_is(type, "str") && v->type != VALUE_STRING)
		return "a string";
	if (span_is(type, "list") && v->type != VALUE_LIST)
		return "a list";
	return NULL;
}

/* Is v one of the values of `enum`? Without an enum everything is. */
static bool
in_enum(const struct json_node *list, const struct value *v)
{
	const struct json_node *n = json_node_first(list);
	struct value allowed = VALUE_INIT;
	struct buf why = BUF_INIT;
	bool found = n == NULL;

	for (; n && !found; n = json_node_next(n)) {
		value_set_json(&allowed, json_node_raw(n));
		found = value_compare(COMPARE_EQ, v, &allowed, &why) == VERDICT_TRUE;
	}
	value_release(&allowed);
	buf_release(&why);
	return found;
}

static bool
check_given(const struct wf *wf, const struct param *param)
{
	uint32_t i = wf_find_param(wf, param->name);
	struct value value = VALUE_INIT;
	const struct json_node *list;
	struct buf text = BUF_INIT;
	const char *want;
	bool fine;

	if (i == WF_NONE) {
		report_undeclared(wf, param);
		return false;
	}
	take_given(&value, param, wf->param[i].type);
	value_write(&text, &value);
	want = wanted_type(wf->param[i].type, &value);
	list = json_tree_get(&wf->tree, wf->param[i].node, "enum");
	fine = want == NULL && in_enum(list, &value);
	if (want)
		error_at(param->at, "V01", "the parameter '%.*s' is of type %.*s: %s is not %s",
		    SPAN_ARG(param->name), SPAN_ARG(wf->param[i].type), buf_str(&text), want);
	else if (!fine)
		error_at(param->at, "V02", "the parameter '%.*s' cannot be %s; it is one of %.*s",
		    SPAN_ARG(param->name), buf_str(&text), SPAN_ARG(json_node_raw(list)));
	buf_release(&text);
	value_release(&value);
	return fine;
}

/* "required": false, a member of our own */
static bool
is_optional(const struct wf *wf, uint32_t param)
{
	return json_node_type(json_tree_get(&wf->tree, wf->param[param].node, "required")) ==
	       JSON_FALSE;
}

/* Parameters that something refers to need a value. */
static bool
check_used(const struct params *p, const struct wf *wf)
{
	bool *seen = xcalloc(wf->nparams + 1, sizeof(*seen)), fine = true;
	struct value value = VALUE_INIT;
	struct buf why = BUF_INIT;

	for (uint32_t r = 0; r < wf->nrefs; r++) {
		uint32_t i = wf->ref[r].target;

		if (wf->ref[r].ref.kind != REF_PARAMETER || i == WF_NONE || seen[i] ||
		    is_optional(wf, i))
			continue;
		seen[i] = true;
		buf_reset(&why);
		if (params_find(p, wf, wf->param[i].name, &value, &why) != LOOKUP_FOUND) {
			error_at(wf_pos(wf, wf->param[i].node), "V06", "%s", buf_str(&why));
			fine = false;
		}
	}
	free(seen);
	value_release(&value);
	buf_release(&why);
	return fine;
}

/* ---- constraints ---- */

/* Is `value` (raw JSON) the one allowed value, or one of an array of them? */
static bool
is_allowed(const struct json_node *allowed, struct span value)
{
	bool list = json_node_type(allowed) == JSON_ARRAY, found = false;
	const struct json_node *n = list ? json_node_first(allowed) : allowed;
	struct value want = VALUE_INIT, have = VALUE_INIT;
	struct buf why = BUF_INIT;

	value_set_json(&have, value);
	for (; n && !found; n = list ? json_node_next(n) : NULL) {
		value_set_json(&want, json_node_raw(n));
		found = value_compare(COMPARE_EQ, &have, &want, &why) == VERDICT_TRUE;
	}
	value_release(&want);
	value_release(&have);
	buf_release(&why);
	return found;
}

/* What is known of a flavor: the object that is the value itself, or the site's entry of that name. */
static struct span
flavor_attributes(const struct value *value, struct buf *text, const struct json_tree *flavors)
{
	const struct json_node *entry = NULL;

	if (value->type == VALUE_STRING && flavors)
		entry = json_tree_get_span(flavors, flavors->root, buf_span(&value->text));
	if (json_node_type(entry) == JSON_OBJECT)
		return json_node_raw(entry);
	value_write(text, value);
	return json_type_of(buf_span(text)) == JSON_OBJECT ? buf_span(text) : SPAN_NONE;
}

/* `constraint` is {"ATTRIBUTE": [VALUE, ...], ...}; an attribute that is not known decides nothing. */
static bool
meets_constraint(const struct wf *wf, uint32_t param, const struct json_node *constraint,
    struct span attributes, struct pos at)
{
	struct buf scratch = BUF_INIT;
	bool fine = true;

	for (const struct json_node *n = json_node_first(constraint); n; n = json_node_next(n)) {
		struct span key = json_node_key(n, &scratch);
		char *name = xstrndup(key.p, key.n);
		struct span have = json_member(attributes, name);

		if (have.p && !is_allowed(n, have)) {
			error_at(at, "V02",
			    "the parameter '%.*s' cannot have %s %.*s; its constraint says %.*s",
			    SPAN_ARG(wf->param[param].name), name, SPAN_ARG(have),
			    SPAN_ARG(json_node_raw(n)));
			fine = false;
		}
		free(name);
	}
	buf_release(&scratch);
	return fine;
}

static bool
check_constraints(const struct params *p, const struct wf *wf, const struct json_tree *flavors)
{
	struct value value = VALUE_INIT;
	struct buf why = BUF_INIT, text = BUF_INIT;
	bool fine = true;

	for (uint32_t i = 0; i < wf->nparams; i++) {
		const struct json_node *constraint =
		    json_tree_get(&wf->tree, wf->param[i].node, "constraint");
		const struct param *from;
		struct span attributes;

		buf_reset(&why);
		buf_reset(&text);
		if (json_node_type(constraint) != JSON_OBJECT || wf->param[i].name.p == NULL ||
		    params_find(p, wf, wf->param[i].name, &value, &why) != LOOKUP_FOUND)
			continue;
		from = given(p, wf->param[i].name);
		attributes = flavor_attributes(&value, &text, flavors);
		if (attributes.p)
			fine &= meets_constraint(wf, i, constraint, attributes,
			    from ? from->at : wf_pos(wf, wf_param_value(wf, i)));
	}
	value_release(&value);
	buf_release(&why);
	buf_release(&text);
	return fine;
}

bool
params_check_given(const struct params *p, const struct wf *wf)
{
	bool fine = true;

	for (size_t i = 0; i < p->n; i++)
		fine &= check_given(wf, &p->given[i]);
	return fine;
}

bool
params_check(const struct params *p, const struct wf *wf, const struct json_tree *flavors)
{
	bool fine = params_check_given(p, wf);

	fine &= check_constraints(p, wf, flavors);
	return check_used(p, wf) && fine;
}

/* ---- what is known ---- */

static enum lookup
known_parameter(void *ctx, struct span name, struct value *value, struct buf *why)
{
	const struct wf_known *k = ctx;

	return params_find(k->params, k->wf, name, value, why);
}

static enum lookup
known_metric(void *ctx, struct span source, struct span key, struct value *value, struct buf *why)
{
	const struct wf_known *k = ctx;

	return metrics_set_find(k->metrics, source, key, value, why);
}

struct cond_env
wf_known_env(struct wf_known *k)
{
	return (struct cond_env){ k, known_parameter, known_metric };
}
