/* Rules S: duplicate, missing, wrongly typed and unknown members. */
#include "base/mem.h"
#include "workflow/finding.h"
#include "workflow/schema.h"

/* ---- S01: each name once in an object ---- */

/* The member of the same name that stands before `m`; NULL. */
static const struct json_node *
earlier(const struct check *c, const struct json_node *object, const struct json_node *m,
    struct buf *scratch)
{
	const struct json_node *first = json_node_first(object);

	if (object->count <= 16 && m->key_plain)
		for (; first != m && first->key_plain; first = json_node_next(first))
			if (first->key_n == m->key_n &&
			    span_eq(json_node_raw_key(first), json_node_raw_key(m)))
				return first;
	if (first != m) /* many, or keys with escapes */
		first = json_tree_get_span(&c->wf->tree, object, json_node_key(m, scratch));
	return first == m ? NULL : first;
}

static void
repeated_members(struct check *c)
{
	const struct json_node *end = c->wf->tree.root + c->wf->tree.n, *m, *first;
	struct buf scratch = BUF_INIT;

	for (const struct json_node *n = c->wf->tree.root; n < end; n++) {
		if (n->type != JSON_OBJECT || n->count < 2)
			continue;
		for (m = json_node_first(n); m; m = json_node_next(m))
			if ((first = earlier(c, n, m, &scratch)) != NULL)
				found_key(c, RULE_S01, m, WF_NONE,
				    "member \"%.*s\" stands in this object twice; the first is in "
				    "line %zu",
				    SPAN_ARG(json_node_raw_key(m)),
				    (size_t)wf_key_pos(c->wf, first).line);
	}
	buf_release(&scratch);
}

/* ---- S02 to S05, S07: against the schema ---- */

static unsigned
type_bit(const struct json_node *n)
{
	switch (json_node_type(n)) {
	case JSON_STRING:
		return MAY_STRING;
	case JSON_NUMBER:
		return MAY_NUMBER;
	case JSON_FALSE:
	case JSON_TRUE:
		return MAY_BOOL;
	case JSON_ARRAY:
		return MAY_ARRAY;
	case JSON_OBJECT:
		return MAY_OBJECT;
	case JSON_NULL:
	case JSON_NONE:
		break;
	}
	return 0;
}

static const char *
type_words(unsigned may)
{
	switch (may & MAY_ANY) {
	case MAY_STRING:
		return "a string";
	case MAY_NUMBER:
		return "a number";
	case MAY_BOOL:
		return "true or false";
	case MAY_ARRAY:
		return "an array [...]";
	case MAY_OBJECT:
		return "an object {...}";
	case MAY_STRING | MAY_NUMBER:
		return "a number or a string";
	case MAY_STRING | MAY_ARRAY:
		return "an array of strings";
	case MAY_OBJECT | MAY_ARRAY:
		return "an array of objects";
	case MAY_STRING | MAY_BOOL:
		return "true or false";
	default:
		return "a string or an object";
	}
}

/* The member `key`; *next is where to look first, and then behind it: objects repeat their order. */
static const struct schema_member *
shape_member(const struct schema *shape, struct span key, size_t *next)
{
	size_t i = *next;

	for (size_t k = 0; k < shape->n; k++, i++) {
		const char *name;

		i = i < shape->n ? i : 0;
		name = shape->member[i].name;
		if (key.n > 0 && *key.p == *name && span_is(key, name)) {
			*next = i + 1;
			return &shape->member[i];
		}
	}
	return NULL;
}

static void
unknown_member(
    struct check *c, const struct schema *shape, const struct json_node *m, uint32_t step)
{
	const char *words[64];
	const char *guess;
	size_t n = 0;

	for (size_t i = 0; i < shape->n && n < ARRAY_LEN(words); i++)
		words[n++] = shape->member[i].name;
	guess = guess_word(c, json_node_raw_key(m), words, n);
	/* the whole list of members would be too much */
	found_key(c, RULE_S04, m, step, "%s has no member \"%.*s\"%s", shape->what,
	    SPAN_ARG(json_node_raw_key(m)),
	    strstr(guess, "did you mean") ? guess : "; it is ignored");
}

static void check_shape(
    struct check *c, const struct schema *shape, const struct json_node *object, uint32_t step);

static void
check_items(
    struct check *c, const struct schema_member *what, const struct json_node *array, uint32_t step)
{
	for (const struct json_node *e = json_node_first(array); e; e = json_node_next(e)) {
		if (what->items && !(type_bit(e) & what->items))
			found(c, RULE_S03, e, step, "an element of \"%s\" must be %s", what->name,
			    type_words(what->items));
		else if (what->shape && e->type == JSON_OBJECT)
			check_shape(c, what->shape, e, step);
	}
}

static void
check_member(struct check *c, const struct schema *shape, const struct json_node *m, uint32_t step,
    size_t *next)
{
	struct buf scratch = BUF_INIT;
	const struct schema_member *what = shape_member(shape, json_node_key(m, &scratch), next);

	buf_release(&scratch);

	if (what == NULL) {
		unknown_member(c, shape, m, step);
		return;
	}
	if ((what->may & SERVER) && c->wf->kind == WF_DOC_CREATE)
		found_key(c, RULE_S05, m, step,
		    "\"%s\" is filled in by the service; leave it out of a "
		    "create call",
		    what->name);
	if (what->may & OLD)
		found_key(c, RULE_S07, m, step, "\"%s\" is an old spelling; write \"%s\"",
		    what->name, what->now);
	if (m->type == JSON_NULL)
		return;
	if (!(type_bit(m) & what->may))
		found(c, RULE_S03, m, step, "\"%s\" must be %s", what->name, type_words(what->may));
	else if (m->type == JSON_ARRAY)
		check_items(c, what, m, step);
	else if (m->type == JSON_OBJECT && what->shape)
		check_shape(c, what->shape, m, step);
}

static void
check_shape(
    struct check *c, const struct schema *shape, const struct json_node *object, uint32_t step)
{
	size_t next = 0;

	for (size_t i = 0; i < shape->n; i++)
		if ((shape->member[i].may & MUST) &&
		    json_node_type(json_tree_get(&c->wf->tree, object, shape->member[i].name)) <=
			JSON_NULL)
			found(c, RULE_S02, object, WF_NONE, "%s without \"%s\"", shape->what,
			    shape->member[i].name);
	for (const struct json_node *m = json_node_first(object); m; m = json_node_next(m))
		check_member(c, shape, m, step, &next);
}

/* The elements of "steps" are checked one by one, so that messages can name the step. */
static void
check_document(struct check *c)
{
	const struct schema *shape = schema_document(c->wf->kind);
	const struct json_node *root = c->wf->tree.root;
	const struct json_node *steps = json_tree_get(&c->wf->tree, root, "steps");
	size_t next = 0;
	const struct schema_member *what = shape_member(shape, SPAN("steps"), &next);
	struct schema rest = *shape;
	struct schema_member members[64];

	for (size_t i = 0; i < shape->n; i++) {
		members[i] = shape->member[i];
		if (&shape->member[i] == what)
			members[i].shape = NULL;
	}
	rest.member = members;
	check_shape(c, &rest, root, WF_NONE);
	if (what && steps)
		for (uint32_t i = 0; i < c->wf->nsteps; i++)
			check_shape(c, what->shape, c->wf->step[i].node,
			    c->wf->step[i].name.p ? i : WF_NONE);
}

/* ---- S06, S07 ---- */

static void
no_steps(struct check *c)
{
	const struct json_tree *t = &c->wf->tree;
	const struct json_node *steps = json_tree_get(t, t->root, "steps");

	if (c->wf->kind == WF_DOC_UPDATE || (steps && (steps->type != JSON_ARRAY || steps->count)))
		return;
	if (json_tree_get(t, t->root, "source_workflow_id") ||
	    json_tree_get(t, t->root, "gallery_subscription"))
		return;
	found(c, RULE_S06, steps ? steps : t->root, WF_NONE,
	    "the workflow has no steps, and neither source_workflow_id nor gallery_subscription");
}

static void
doubled_flavor(struct check *c)
{
	const struct json_tree *t = &c->wf->tree;

	for (uint32_t i = 0; i < c->wf->nsteps; i++) {
		const struct json_node *spec = json_tree_get(t, c->wf->step[i].properties, "spec");
		const struct json_node *resource = json_tree_get(t, spec, "resource");
		const struct json_node *flavor = json_tree_get(t, resource, "flavor");

		if (flavor && json_tree_get(t, resource, "flavor_id"))
			found_key(c, RULE_S07, flavor, i,
			    "the resource has both \"flavor\" and \"flavor_id\"; write one");
	}
}

void
rules_members(struct check *c)
{
	repeated_members(c);
	check_document(c);
	if (c->wf->kind == WF_DOC_EXECUTION || c->wf->kind == WF_DOC_SCHEDULE)
		return;
	no_steps(c);
	doubled_flavor(c);
}
