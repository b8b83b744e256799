/* Rules R: references, what they name, and who says that they are used. */
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/tool.h"
#include "workflow/finding.h"

/* ---- R01 to R06, R11 to R13: each reference by itself ---- */

/*
 * Strings that are meant as references and are none: an object whose name is in one of them is not
 * called unused.
 */
struct odd {
	struct span text[64];
	size_t n;
};

static void
odd_add(struct odd *odd, struct span text)
{
	if (odd->n < ARRAY_LEN(odd->text))
		odd->text[odd->n++] = text;
}

/* Was the object `name` meant by one of the odd strings, or by a name that is nearly this one? */
static bool
odd_means(const struct odd *odd, struct span name)
{
	for (size_t i = 0; i < odd->n; i++) {
		struct span s = odd->text[i];
		char *one = xstrndup(s.p, s.n), *other = xstrndup(name.p, name.n);
		bool near = nearest_word(one, (const char *const *)&other, 1) != NULL;

		free(one);
		free(other);
		if (near || memmem(s.p, s.n, name.p, name.n))
			return true;
	}
	return false;
}

static void
malformed(struct check *c, const struct wf_reference *r)
{
	struct buf wrong = BUF_INIT;

	ref_parse(wf_text(c->wf, r->node), &wrong);
	found(c, RULE_R01, r->node, r->step, "%s", buf_str(&wrong));
	buf_release(&wrong);
}

static void
undefined(struct check *c, const struct wf_reference *r, enum rule_id rule, enum name_list list)
{
	found(c, rule, r->node, r->step, "there is no %s \"%.*s\"%s", ref_kind_name(r->ref.kind),
	    SPAN_ARG(r->ref.name), guess_name(c, list, r->ref.name));
}

static void
check_consumption(struct check *c, const struct wf_reference *r)
{
	struct wf *wf = c->wf;

	if (r->target == WF_NONE) {
		found(c, RULE_R06, r->node, r->step, "there is no step \"%.*s\"%s",
		    SPAN_ARG(r->ref.name), guess_name(c, LIST_STEPS, r->ref.name));
		return;
	}
	if (r->target == r->step)
		found(c, RULE_R13, r->node, r->step, "it reads its own output \"%.*s\"",
		    SPAN_ARG(r->ref.output));
	if (r->output == WF_NONE)
		found(c, RULE_R06, r->node, r->step, "step \"%.*s\" has no output \"%.*s\"%s",
		    SPAN_ARG(r->ref.name), SPAN_ARG(r->ref.output),
		    guess_port(c, wf->step[r->target].outputs, r->ref.output));
}

static void
check_storage(struct check *c, const struct wf_reference *r)
{
	struct span path = r->ref.rest;

	if (r->target == WF_NONE)
		undefined(c, r, RULE_R05, LIST_STORAGES);
	if (r->ref.with_execution_id == 1 && r->ref.create_dir != 1)
		found(c, RULE_R11, r->node, r->step,
		    "with_execution_id=True goes together with create_dir=True");
	if (r->ref.create_dir != 1 || path.n == 0 || path.p[path.n - 1] == '/')
		return;
	if (path_ext(path).n > 0)
		found(c, RULE_R12, r->node, r->step,
		    "create_dir=True makes folders, but \"%.*s\" looks like a file",
		    SPAN_ARG(path));
	else
		found(c, RULE_R12, r->node, r->step, "the folder \"%.*s\" should end with '/'",
		    SPAN_ARG(path));
}

static void
check_reference(struct check *c, const struct wf_reference *r)
{
	switch (r->ref.kind) {
	case REF_BAD:
		malformed(c, r);
		break;
	case REF_PARAMETER:
		if (r->target == WF_NONE)
			undefined(c, r, RULE_R02, LIST_PARAMS);
		break;
	case REF_DATA:
		if (r->target == WF_NONE)
			undefined(c, r, RULE_R03, LIST_DATA);
		break;
	case REF_REQUIREMENT:
		if (r->target == WF_NONE)
			undefined(c, r, RULE_R04, LIST_REQUIREMENTS);
		break;
	case REF_STORAGE:
		check_storage(c, r);
		break;
	case REF_CONSUMPTION:
		check_consumption(c, r);
		break;
	case REF_NONE:
		break;
	}
}

/* ---- R07, R08: strings that are no references and look like it ---- */

/* Does `s` begin like a reference that somebody misspelt? */
static bool
nearly_reference(struct span s)
{
	static const char *const starts[] = { "${ref", "$(ref", "$ ref/", "$reference/",
		"ref/parameters/", "ref/consumptions/", "ref/storages/", "ref/storages(",
		"ref/data/", "ref/data_requirements/", "$ref.", "$ref:", "$refs/", "$ref\\" };

	if (s.n >= 5 && strncasecmp(s.p, "$ref/", 5) == 0)
		return true; /* another case: the exact form is taken */
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (s.n >= strlen(starts[i]) && strncasecmp(s.p, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* Is it a text for people? (An element of an array has no key: key.p is NULL then.) */
static bool
is_prose(const struct json_node *n)
{
	return json_node_raw_key(n).p && (span_is(json_node_raw_key(n), "description") ||
					     span_is(json_node_raw_key(n), "title") ||
					     span_is(json_node_raw_key(n), "example"));
}

static void
odd_string(struct check *c, const struct json_node *n, uint32_t step, struct odd *odd)
{
	struct span s = json_unquote(json_node_raw(n));

	if (span_starts(s, SPAN("$ref/")) || is_prose(n))
		return;
	if (!nearly_reference(s) && !memmem(s.p, s.n, "$ref/", 5))
		return;
	odd_add(odd, s);
	if (nearly_reference(s))
		found(c, RULE_R08, n, step,
		    "\"%.*s\" is taken as text; a reference begins with \"$ref/\"", SPAN_ARG(s));
	else
		found(c, RULE_R07, n, step,
		    "\"$ref/\" stands inside of a longer string and is not replaced");
}

static void
odd_strings(struct check *c, struct odd *odd)
{
	const struct json_node *n = c->wf->tree.root, *end = n + c->wf->tree.n, *in_step = NULL;
	uint32_t step = 0, steps = c->wf->nsteps;

	for (; n < end; n++) {
		/* the quick look: it begins with '$', 'r' or 'R', or holds a '$' */
		if (n->type != JSON_STRING || n->n < 7)
			continue;
		if (n->at[1] != 'r' && n->at[1] != 'R' && !memchr(n->at, '$', n->n))
			continue;
		while (step < steps && c->wf->step[step].node < n)
			in_step = c->wf->step[step++].node;
		odd_string(
		    c, n, in_step && n->at < in_step->at + in_step->n ? step - 1 : WF_NONE, odd);
	}
}

/* ---- R09, R10: who uses what ---- */

/* The references to the objects of one list, grouped by object. */
struct uses {
	uint32_t *at; /* uses of object i are ref[at[i]] ... ref[at[i + 1] - 1] */
	uint32_t *ref;
};

static struct uses
uses_make(const struct wf *wf, enum ref_kind kind, uint32_t count)
{
	struct uses u = { xcalloc((size_t)count + 2, sizeof(*u.at)), NULL };

	for (uint32_t i = 0; i < wf->nrefs; i++)
		if (wf->ref[i].ref.kind == kind && wf->ref[i].target != WF_NONE)
			u.at[wf->ref[i].target + 2]++;
	for (uint32_t i = 0; i < count; i++)
		u.at[i + 2] += u.at[i + 1];
	u.ref = xcalloc(u.at[count + 1], sizeof(*u.ref));
	for (uint32_t i = 0; i < wf->nrefs; i++)
		if (wf->ref[i].ref.kind == kind && wf->ref[i].target != WF_NONE)
			u.ref[u.at[wf->ref[i].target + 1]++] = i;
	return u;
}

/* used_steps of one object against the steps that refer to it. `mark` has a zero a step. */
static void
used_steps(struct check *c, const struct wf_object *o, const struct uses *u, uint32_t index,
    uint32_t *mark, const char *what)
{
	enum { LISTED = 1, READS = 2, SAID = 4 };
	const struct wf *wf = c->wf;

	for (uint32_t i = u->at[index]; i < u->at[index + 1]; i++)
		if (wf->ref[u->ref[i]].step != WF_NONE)
			mark[wf->ref[u->ref[i]].step] |= READS;
	for (uint32_t i = o->used_steps.at; i < o->used_steps.at + o->used_steps.n; i++) {
		const struct wf_link *l = &wf->link[i];

		if (l->step == WF_NONE) {
			found_as(c, RULE_R10, RULE_ERROR, l->node, WF_NONE,
			    "used_steps of %s \"%.*s\" names the unknown step \"%.*s\"%s", what,
			    SPAN_ARG(shown(o->name)), SPAN_ARG(l->name),
			    guess_name(c, LIST_STEPS, l->name));
			continue;
		}
		if (!(mark[l->step] & READS) && u->at[index] != u->at[index + 1])
			found(c, RULE_R10, l->node, WF_NONE,
			    "used_steps of %s \"%.*s\" names step \"%.*s\", which does not refer to "
			    "it",
			    what, SPAN_ARG(shown(o->name)), SPAN_ARG(l->name));
		mark[l->step] |= LISTED;
	}
	for (uint32_t i = u->at[index]; i < u->at[index + 1]; i++) {
		const struct wf_reference *r = &wf->ref[u->ref[i]];

		if (o->used_steps.n == 0 || r->step == WF_NONE || (mark[r->step] & (LISTED | SAID)))
			continue;
		mark[r->step] |= SAID;
		found(c, RULE_R10, json_tree_get(&wf->tree, o->node, "used_steps"), WF_NONE,
		    "used_steps of %s \"%.*s\" lacks step \"%.*s\", which refers to it", what,
		    SPAN_ARG(shown(o->name)), SPAN_ARG(step_name(c, r->step)));
	}
	for (uint32_t i = u->at[index]; i < u->at[index + 1]; i++)
		if (wf->ref[u->ref[i]].step != WF_NONE)
			mark[wf->ref[u->ref[i]].step] = 0;
	for (uint32_t i = o->used_steps.at; i < o->used_steps.at + o->used_steps.n; i++)
		if (wf->link[i].step != WF_NONE)
			mark[wf->link[i].step] = 0;
}

static uint32_t
first_of_name(const struct wf *wf, enum ref_kind kind, struct span name)
{
	switch (kind) {
	case REF_PARAMETER:
		return wf_find_param(wf, name);
	case REF_DATA:
		return wf_find_data(wf, name);
	case REF_REQUIREMENT:
		return wf_find_requirement(wf, name);
	default:
		return wf_find_storage(wf, name);
	}
}

static void
check_uses(struct check *c, enum ref_kind kind, const struct wf_object *v, uint32_t count,
    const struct odd *odd, const char *what)
{
	struct uses u = uses_make(c->wf, kind, count);
	uint32_t *mark = xcalloc(c->wf->nsteps, sizeof(*mark));

	for (uint32_t i = 0; i < count; i++) {
		if (u.at[i] == u.at[i + 1] && v[i].name.p && c->wf->nsteps > 0 &&
		    first_of_name(c->wf, kind, v[i].name) == i && !odd_means(odd, v[i].name))
			found(c, RULE_R09, v[i].node, WF_NONE, "%s \"%.*s\" is never referred to",
			    what, SPAN_ARG(v[i].name));
		used_steps(c, &v[i], &u, i, mark, what);
	}
	free(mark);
	free(u.at);
	free(u.ref);
}

/* ---- R14, R15: kinds of data ---- */

/* Types of data by what they are; those of one bit are the same thing under two names. */
static unsigned
kind_bit(struct span type)
{
	static const struct {
		const char *type;
		unsigned bit;
	} kinds[] = { { "dataset", 1 }, { "obs", 2 }, { "label_task", 4 }, { "swr", 8 },
		{ "image", 8 }, { "model", 16 }, { "model_list", 16 }, { "service", 32 } };

	for (size_t i = 0; type.p && i < ARRAY_LEN(kinds); i++)
		if (span_is(type, kinds[i].type))
			return kinds[i].bit;
	return 0;
}

/* What each step type takes; 0: anything. */
static const unsigned taken[] = { [WF_JOB] = 1 | 2,
	[WF_LABELING] = 1 | 4,
	[WF_RELEASE_DATASET] = 1 | 4,
	[WF_MODEL] = 2 | 8 | 16,
	[WF_SERVICE] = 16 | 32,
	[WF_MRS_JOB] = 0,
	[WF_DATASET_IMPORT] = 1 | 2 | 4,
	[WF_CREATE_DATASET] = 2,
	[WF_CONDITION] = 0,
	[WF_TYPE_UNKNOWN] = 0 };

static struct span
referred_type(const struct wf *wf, const struct wf_reference *r)
{
	switch (r->ref.kind) {
	case REF_DATA:
		return r->target == WF_NONE ? SPAN_NONE : wf->data[r->target].type;
	case REF_REQUIREMENT:
		return r->target == WF_NONE ? SPAN_NONE : wf->requirement[r->target].type;
	case REF_CONSUMPTION:
		return r->output == WF_NONE || r->ref.rest.n ? SPAN_NONE : wf->port[r->output].type;
	default:
		return SPAN_NONE;
	}
}

static void
check_kind(struct check *c, const struct wf_reference *r)
{
	const struct wf_step *s = &c->wf->step[r->step];
	struct span type = referred_type(c->wf, r), own = c->wf->port[r->port].type;
	unsigned bit = kind_bit(type);

	if (bit == 0)
		return;
	if (r->ref.kind != REF_CONSUMPTION && taken[s->type] && !(taken[s->type] & bit))
		found(c, RULE_R15, r->node, r->step, "a %s step takes no data of type %.*s",
		    wf_step_type_names[s->type], SPAN_ARG(type));
	else if (kind_bit(own) && kind_bit(own) != bit)
		found(c, RULE_R14, r->node, r->step,
		    "the input has type %.*s, but what it refers to has type %.*s", SPAN_ARG(own),
		    SPAN_ARG(type));
}

void
rules_references(struct check *c)
{
	struct wf *wf = c->wf;
	struct odd odd = { .n = 0 };

	for (uint32_t i = 0; i < wf->nrefs; i++) {
		check_reference(c, &wf->ref[i]);
		if (wf->ref[i].ref.kind == REF_BAD)
			odd_add(&odd, wf_text(wf, wf->ref[i].node));
		else if (wf->ref[i].target == WF_NONE)
			odd_add(&odd, wf->ref[i].ref.name);
		if (wf->ref[i].place == WF_IN_INPUT)
			check_kind(c, &wf->ref[i]);
	}
	odd_strings(c, &odd);
	check_uses(c, REF_PARAMETER, wf->param, wf->nparams, &odd, "parameter");
	check_uses(c, REF_DATA, wf->data, wf->ndata, &odd, "data object");
	check_uses(
	    c, REF_REQUIREMENT, wf->requirement, wf->nrequirements, &odd, "data requirement");
	check_uses(c, REF_STORAGE, wf->storage, wf->nstorages, &odd, "storage");
}
