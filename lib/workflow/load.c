/* A workflow document becomes a model: see load.h. */
#include "workflow/load.h"

#include <stdlib.h>

#include "base/mem.h"

const char *const wf_step_type_names[WF_TYPE_UNKNOWN] = { "job", "labeling", "release_dataset",
	"model", "service", "mrs_job", "dataset_import", "create_dataset", "condition" };

/* A decoded string that had escapes; others are spans of the text. */
struct wf_text {
	struct wf_text *next;
	char bytes[];
};

/* What arrays the loader appends to, and how much room they have. */
struct loader {
	struct wf *wf;
	size_t link_cap, port_cap, ref_cap;
	struct buf key;
};

struct span
wf_text(struct wf *wf, const struct json_node *node)
{
	struct buf scratch = BUF_INIT;
	struct span s;
	struct wf_text *t;

	if (json_node_type(node) != JSON_STRING)
		return SPAN_NONE;
	s = json_node_text(node, &scratch);
	if (scratch.p == NULL || s.p != scratch.p)
		goto out; /* no escapes: a part of the text */
	t = xmalloc(size_add(sizeof(*t), s.n + 1));
	t->next = wf->texts;
	wf->texts = t;
	memcpy(t->bytes, s.p, s.n + 1);
	s.p = t->bytes;
out:
	buf_release(&scratch);
	return s;
}

struct pos
wf_pos(const struct wf *wf, const struct json_node *node)
{
	return json_tree_pos(&wf->tree, node);
}

struct pos
wf_key_pos(const struct wf *wf, const struct json_node *node)
{
	return json_tree_key_pos(&wf->tree, node);
}

/* ---- members ---- */

/* The wanted members of an object in one pass; the first of duplicates, NULL for absent ones. */
static void
members(
    const struct json_node *object, const struct span *keys, const struct json_node **out, size_t n)
{
	struct buf scratch = BUF_INIT;
	const struct json_node *m;

	memset(out, 0, n * sizeof(*out));
	if (json_node_type(object) != JSON_OBJECT)
		return;
	for (m = json_node_first(object); m; m = json_node_next(m)) {
		struct span key = json_node_key(m, &scratch);

		for (size_t i = 0; i < n; i++)
			if (out[i] == NULL && span_eq(key, keys[i])) {
				out[i] = m;
				break;
			}
	}
	buf_release(&scratch);
}

static const struct json_node *
typed(const struct json_node *node, enum json_type type)
{
	return json_node_type(node) == type ? node : NULL;
}

/* First element of an array; NULL for anything else. */
static const struct json_node *
first_item(const struct json_node *array)
{
	return json_node_first(typed(array, JSON_ARRAY));
}

/* ---- names ---- */

enum {
	N_STEP = 's',
	N_PARAM = 'p',
	N_DATA = 'd',
	N_REQUIREMENT = 'r',
	N_STORAGE = 't',
	N_OUTPUT = 'o'
};

static struct span
name_key(struct buf *key, char kind, uint32_t step, struct span name)
{
	buf_reset(key);
	buf_addc(key, kind);
	buf_add(key, &step, sizeof(step));
	buf_addspan(key, name);
	return buf_span(key);
}

static void
name_put(struct loader *l, char kind, uint32_t step, struct span name, uint32_t index)
{
	if (name.p)
		strmap_put(&l->wf->names, name_key(&l->key, kind, step, name), index, NULL);
}

static uint32_t
name_find(const struct wf *wf, char kind, uint32_t step, struct span name)
{
	struct buf key = BUF_INIT;
	const struct strmap_entry *e = NULL;

	if (name.p)
		e = strmap_find(&wf->names, name_key(&key, kind, step, name));
	buf_release(&key);
	return e ? (uint32_t)e->value : WF_NONE;
}

uint32_t
wf_find_step(const struct wf *wf, struct span name)
{
	return name_find(wf, N_STEP, 0, name);
}

uint32_t
wf_find_param(const struct wf *wf, struct span name)
{
	return name_find(wf, N_PARAM, 0, name);
}

uint32_t
wf_find_data(const struct wf *wf, struct span name)
{
	return name_find(wf, N_DATA, 0, name);
}

uint32_t
wf_find_requirement(const struct wf *wf, struct span name)
{
	return name_find(wf, N_REQUIREMENT, 0, name);
}

uint32_t
wf_find_storage(const struct wf *wf, struct span name)
{
	return name_find(wf, N_STORAGE, 0, name);
}

/* The ports of a step are few, as a rule: then looking at each is faster than hashing. */
#define FEW 8

static uint32_t
find_port(const struct wf *wf, struct wf_range r, struct span name)
{
	for (uint32_t i = r.at; i < r.at + r.n; i++)
		if (wf->port[i].name.p && name.p && span_eq(wf->port[i].name, name))
			return i;
	return WF_NONE;
}

uint32_t
wf_find_output(const struct wf *wf, uint32_t step, struct span name)
{
	struct wf_range r = wf->step[step].outputs;

	return r.n > FEW ? name_find(wf, N_OUTPUT, step, name) : find_port(wf, r, name);
}

uint32_t
wf_find_scene(const struct wf *wf, struct span name)
{
	for (uint32_t i = 0; i < wf->nscenes; i++)
		if (wf->scene[i].name.p && span_eq(wf->scene[i].name, name))
			return i;
	for (uint32_t i = 0; i < wf->nscenes; i++)
		if (wf->scene[i].id.p && span_eq(wf->scene[i].id, name))
			return i;
	return WF_NONE;
}

/* ---- lists ---- */

/* Step names: an array of strings, or one bare string as the SDK writes it. */
static struct wf_range
load_links(struct loader *l, const struct json_node *list)
{
	struct wf *wf = l->wf;
	struct wf_range r = { wf->nlinks, 0 };
	const struct json_node *m = typed(list, JSON_STRING);

	for (m = m ? m : first_item(list); m; m = m == list ? NULL : json_node_next(m)) {
		if (m->type != JSON_STRING)
			continue;
		wf->link = grow(wf->link, &l->link_cap, (size_t)wf->nlinks + 1, sizeof(*wf->link));
		wf->link[wf->nlinks++] = (struct wf_link){ m, wf_text(wf, m), WF_NONE };
	}
	r.n = wf->nlinks - r.at;
	return r;
}

static struct wf_range
load_ports(struct loader *l, const struct json_node *list, uint32_t step, bool input)
{
	static const struct span in[] = { SPAN("name"), SPAN("type"), SPAN("data") };
	static const struct span out[] = { SPAN("name"), SPAN("type"), SPAN("config") };
	struct wf *wf = l->wf;
	struct wf_range r = { wf->nports, 0 };
	const struct json_node *p, *m[3];

	for (p = first_item(list); p; p = json_node_next(p)) {
		if (p->type != JSON_OBJECT)
			continue;
		members(p, input ? in : out, m, 3);
		wf->port = grow(wf->port, &l->port_cap, (size_t)wf->nports + 1, sizeof(*wf->port));
		wf->port[wf->nports] =
		    (struct wf_port){ p, m[2], wf_text(wf, m[0]), wf_text(wf, m[1]), step };
		if (!input && list->count > FEW)
			name_put(l, N_OUTPUT, step, wf->port[wf->nports].name, wf->nports);
		wf->nports++;
	}
	r.n = wf->nports - r.at;
	return r;
}

static struct wf_object *
load_objects(struct loader *l, const struct json_node *list, char kind, uint32_t *n)
{
	static const struct span keys[] = { SPAN("name"), SPAN("type"), SPAN("used_steps") };
	struct wf_object *v = xcalloc(list ? list->count : 0, sizeof(*v));
	const struct json_node *o, *m[3];

	*n = 0;
	for (o = first_item(list); o; o = json_node_next(o)) {
		if (o->type != JSON_OBJECT)
			continue;
		members(o, keys, m, 3);
		v[*n] = (struct wf_object){ o, wf_text(l->wf, m[0]), wf_text(l->wf, m[1]),
			load_links(l, m[2]) };
		name_put(l, kind, 0, v[*n].name, *n);
		++*n;
	}
	return v;
}

static struct wf_group *
load_groups(struct loader *l, const struct json_node *list, uint32_t *n)
{
	static const struct span keys[] = { SPAN("name"), SPAN("id"), SPAN("steps") };
	struct wf_group *v = xcalloc(list ? list->count : 0, sizeof(*v));
	const struct json_node *g, *m[3];

	*n = 0;
	for (g = first_item(list); g; g = json_node_next(g)) {
		if (g->type != JSON_OBJECT)
			continue;
		members(g, keys, m, 3);
		v[(*n)++] = (struct wf_group){ g, wf_text(l->wf, m[0]), wf_text(l->wf, m[1]),
			load_links(l, m[2]) };
	}
	return v;
}

/* ---- references ---- */

static bool
within(const struct json_node *node, const struct json_node *outer)
{
	return outer && node->at >= outer->at && node->at < outer->at + outer->n;
}

/* The input or output among `ports` that `node` stands in. They are in document order. */
static uint32_t
port_around(const struct wf *wf, struct wf_range ports, const struct json_node *node)
{
	uint32_t lo = ports.at, hi = ports.at + ports.n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (within(node, wf->port[mid].node))
			return mid;
		if (wf->port[mid].node > node)
			hi = mid;
		else
			lo = mid + 1;
	}
	return WF_NONE;
}

static void
place_reference(const struct wf *wf, struct wf_reference *r)
{
	const struct wf_step *s;

	r->place = WF_IN_DOCUMENT;
	if (r->step == WF_NONE)
		return;
	s = &wf->step[r->step];
	r->place = WF_IN_PROPERTIES;
	if (within(r->node, s->conditions) || within(r->node, s->skip_if))
		r->place = WF_IN_CONDITION;
	else if ((r->port = port_around(wf, s->inputs, r->node)) != WF_NONE)
		r->place = WF_IN_INPUT;
	else if ((r->port = port_around(wf, s->outputs, r->node)) != WF_NONE)
		r->place = WF_IN_OUTPUT;
}

/* All strings "$ref/..." among the nodes [from, to). */
static void
load_references(
    struct loader *l, const struct json_node *from, const struct json_node *to, uint32_t step)
{
	struct wf *wf = l->wf;

	for (const struct json_node *n = from; n < to; n++) {
		struct span text;

		/* the fast look first: nearly all nodes end here ("\u0024ref" is not looked for) */
		if (n->type != JSON_STRING || n->n < 6 || memcmp(n->at + 1, "$ref", 4) != 0)
			continue;
		text = wf_text(wf, n);
		if (!span_starts(text, SPAN("$ref/")))
			continue;
		wf->ref = grow(wf->ref, &l->ref_cap, (size_t)wf->nrefs + 1, sizeof(*wf->ref));
		wf->ref[wf->nrefs] = (struct wf_reference){ n, ref_parse(text, NULL),
			WF_IN_DOCUMENT, step, WF_NONE, WF_NONE, WF_NONE };
		place_reference(wf, &wf->ref[wf->nrefs++]);
	}
}

/* The node behind the subtree of `node`. */
static const struct json_node *
behind(const struct wf *wf, const struct json_node *node)
{
	const struct json_node *n;

	for (n = node; n; n = json_node_parent(n))
		if (n->next)
			return n + n->next;
	return wf->tree.root + wf->tree.n;
}

/* References of the steps are ranges; all stay in document order. */
static void
load_all_references(struct loader *l)
{
	struct wf *wf = l->wf;
	const struct json_node *at = wf->tree.root;

	for (uint32_t i = 0; i < wf->nsteps; i++) {
		struct wf_step *s = &wf->step[i];

		load_references(l, at, s->node, WF_NONE);
		at = behind(wf, s->node);
		s->refs.at = wf->nrefs;
		load_references(l, s->node, at, i);
		s->refs.n = wf->nrefs - s->refs.at;
	}
	load_references(l, at, wf->tree.root + wf->tree.n, WF_NONE);
}

/* The step of a consumption: most often one that the reader depends on. */
static uint32_t
consumed_step(const struct wf *wf, const struct wf_reference *r)
{
	struct wf_range d = { 0, 0 };

	if (r->step != WF_NONE)
		d = wf->step[r->step].depend;
	for (uint32_t i = d.at; i < d.at + d.n && i < d.at + FEW; i++)
		if (span_eq(wf->link[i].name, r->ref.name))
			return wf->link[i].step;
	return wf_find_step(wf, r->ref.name);
}

/* Steps often refer to what the step before referred to; `last` is such a reference, or NULL. */
static uint32_t
object_of(const struct wf *wf, const struct wf_reference *r, const struct wf_reference *last)
{
	if (last && last->target != WF_NONE && span_eq(last->ref.name, r->ref.name))
		return last->target;
	switch (r->ref.kind) {
	case REF_PARAMETER:
		return wf_find_param(wf, r->ref.name);
	case REF_DATA:
		return wf_find_data(wf, r->ref.name);
	case REF_REQUIREMENT:
		return wf_find_requirement(wf, r->ref.name);
	default:
		return wf_find_storage(wf, r->ref.name);
	}
}

static void
resolve(const struct wf *wf, struct wf_reference *r, const struct wf_reference **last)
{
	switch (r->ref.kind) {
	case REF_PARAMETER:
	case REF_DATA:
	case REF_REQUIREMENT:
	case REF_STORAGE:
		r->target = object_of(wf, r, last[r->ref.kind]);
		last[r->ref.kind] = r;
		break;
	case REF_CONSUMPTION:
		r->target = consumed_step(wf, r);
		if (r->target != WF_NONE)
			r->output = wf_find_output(wf, r->target, r->ref.output);
		break;
	case REF_NONE:
	case REF_BAD:
		break;
	}
}

/* ---- steps ---- */

static enum wf_step_type
step_type(const struct json_node *type)
{
	for (int i = 0; type && i < WF_TYPE_UNKNOWN; i++)
		if (json_node_is(type, wf_step_type_names[i]))
			return (enum wf_step_type)i;
	return WF_TYPE_UNKNOWN;
}

static void
load_step(struct loader *l, const struct json_node *node)
{
	enum { NAME, TYPE, DEPEND, IF, ELSE, INPUTS, OUTPUTS, CONDITIONS, PROPERTIES, POLICY, N };
	static const struct span keys[N] = { SPAN("name"), SPAN("type"), SPAN("depend_steps"),
		SPAN("if_then_steps"), SPAN("else_then_steps"), SPAN("inputs"), SPAN("outputs"),
		SPAN("conditions"), SPAN("properties"), SPAN("policy") };
	static const struct span skip = SPAN("skip_conditions");
	struct wf *wf = l->wf;
	uint32_t index = wf->nsteps++;
	struct wf_step *s = &wf->step[index];
	const struct json_node *m[N], *skip_if, *conditions;

	members(node, keys, m, N);
	members(m[POLICY], &skip, &skip_if, 1);
	conditions = m[CONDITIONS];
	*s = (struct wf_step){ .node = node,
		.name = wf_text(wf, m[NAME]),
		.type = step_type(m[TYPE]),
		.depend = load_links(l, m[DEPEND]),
		.if_then = load_links(l, m[IF]),
		.if_else = load_links(l, m[ELSE]),
		.inputs = load_ports(l, m[INPUTS], index, true),
		.outputs = load_ports(l, m[OUTPUTS], index, false),
		.skip_if = skip_if,
		.properties = typed(m[PROPERTIES], JSON_OBJECT),
		.policy = typed(m[POLICY], JSON_OBJECT) };
	/* `conditions` of another type than condition are skip conditions (our reading) */
	if (s->type == WF_CONDITION || s->if_then.n || s->if_else.n)
		s->conditions = conditions;
	else if (s->skip_if == NULL)
		s->skip_if = conditions;
	name_put(l, N_STEP, 0, s->name, index);
}

static void
load_steps(struct loader *l, const struct json_node *list)
{
	struct wf *wf = l->wf;
	const struct json_node *s;

	wf->step = xcalloc(list ? list->count : 0, sizeof(*wf->step));
	for (s = first_item(list); s; s = json_node_next(s))
		if (s->type == JSON_OBJECT)
			load_step(l, s);
}

/* ---- the document ---- */

static enum wf_kind
document_kind(const struct wf *wf)
{
	const struct json_tree *t = &wf->tree;

	if (json_tree_get(t, t->root, "steps_execution") ||
	    json_tree_get(t, t->root, "execution_id"))
		return WF_DOC_EXECUTION;
	if (json_tree_get(t, json_tree_get(t, t->root, "content"), "cron"))
		return WF_DOC_SCHEDULE;
	if (json_tree_get(t, t->root, "workflow_id") && json_tree_get(t, t->root, "created_at"))
		return WF_DOC_SHOW;
	return WF_DOC_CREATE;
}

static void
load_document(struct wf *wf)
{
	enum { NAME, STEPS, PARAMS, DATA, REQUIREMENTS, STORAGES, SUBGRAPHS, POLICY, N };
	static const struct span keys[N] = { SPAN("name"), SPAN("steps"), SPAN("parameters"),
		SPAN("data"), SPAN("data_requirements"), SPAN("storages"), SPAN("sub_graphs"),
		SPAN("policy") };
	static const struct span scenes_key = SPAN("scenes");
	struct loader l = { .wf = wf };
	const struct wf_reference *last[REF_BAD + 1] = { NULL };
	const struct json_node *m[N], *scenes;

	members(wf->tree.root, keys, m, N);
	members(m[POLICY], &scenes_key, &scenes, 1);
	wf->kind = document_kind(wf);
	wf->name = wf_text(wf, m[NAME]);
	load_steps(&l, m[STEPS]);
	wf->param = load_objects(&l, m[PARAMS], N_PARAM, &wf->nparams);
	wf->data = load_objects(&l, m[DATA], N_DATA, &wf->ndata);
	wf->requirement = load_objects(&l, m[REQUIREMENTS], N_REQUIREMENT, &wf->nrequirements);
	wf->storage = load_objects(&l, m[STORAGES], N_STORAGE, &wf->nstorages);
	wf->scene = load_groups(&l, scenes, &wf->nscenes);
	wf->subgraph = load_groups(&l, m[SUBGRAPHS], &wf->nsubgraphs);
	load_all_references(&l);
	for (uint32_t i = 0; i < wf->nlinks; i++)
		wf->link[i].step = wf_find_step(wf, wf->link[i].name);
	for (uint32_t i = 0; i < wf->nrefs; i++)
		resolve(wf, &wf->ref[i], last);
	buf_release(&l.key);
}

static bool
load_tree(struct wf *wf)
{
	if (json_node_type(wf->tree.root) != JSON_OBJECT) {
		error_at(
		    wf_pos(wf, wf->tree.root), "S01", "a workflow document is a JSON object {...}");
		wf_release(wf);
		return false;
	}
	load_document(wf);
	return true;
}

bool
wf_load(struct wf *wf, struct span text, struct pos at)
{
	*wf = (struct wf){ .file = at.file };
	return json_tree_parse_at(&wf->tree, text, at, "S01") && load_tree(wf);
}

bool
wf_load_file(struct wf *wf, const char *path)
{
	*wf = (struct wf){ .file = strcmp(path, "-") == 0 ? "<stdin>" : path };
	return json_tree_read(&wf->tree, path, WF_MAX_BYTES) && load_tree(wf);
}

void
wf_release(struct wf *wf)
{
	while (wf->texts) {
		struct wf_text *next = wf->texts->next;

		free(wf->texts);
		wf->texts = next;
	}
	free(wf->step);
	free(wf->param);
	free(wf->data);
	free(wf->requirement);
	free(wf->storage);
	free(wf->scene);
	free(wf->subgraph);
	free(wf->link);
	free(wf->port);
	free(wf->ref);
	strmap_release(&wf->names);
	json_tree_release(&wf->tree);
	*wf = (struct wf){ 0 };
}

struct wf_range
wf_port_refs(const struct wf *wf, uint32_t port)
{
	struct wf_range r = wf->step[wf->port[port].step].refs;
	uint32_t lo = r.at, hi = r.at + r.n, end;

	while (lo < hi) { /* the first behind the port's beginning */
		uint32_t mid = lo + (hi - lo) / 2;

		if (wf->ref[mid].node < wf->port[port].node)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < r.at + r.n && wf->ref[end].port == port; end++)
		continue;
	return (struct wf_range){ lo, end - lo };
}

bool
wf_in_selector(const struct wf *wf, const struct wf_reference *r)
{
	return r->place == WF_IN_INPUT && wf->port[r->port].type.p &&
	       span_is(wf->port[r->port].type, "data_selector");
}

const struct json_node *
wf_param_value(const struct wf *wf, uint32_t param)
{
	const struct json_node *node = wf->param[param].node;
	const struct json_node *value = json_tree_get(&wf->tree, node, "value");

	if (json_node_type(value) > JSON_NULL)
		return value;
	value = json_tree_get(&wf->tree, node, "default");
	return json_node_type(value) > JSON_NULL ? value : NULL;
}
