/* References and paths: see resolve.h. */
#include "workflow/resolve.h"

#include "base/path.h"
#include "json/write.h"
#include "workflow/params.h"

#define RESOLVE_DEPTH 8 /* references to references */

struct resolver {
	const struct wf *wf;
	const struct site *site;
	const struct json_node *node; /* for messages: the value in the document */
	unsigned depth;
};

void
resolved_release(struct resolved *r)
{
	buf_release(&r->text);
	buf_release(&r->path);
}

/* The bucket and what follows, without "obs://" or the slash; SPAN_NONE: no OBS path. */
static struct span
obs_key(struct span obs)
{
	if (span_starts(obs, SPAN("obs://")))
		return span_of(obs.p + 6, obs.p + obs.n);
	if (span_starts(obs, SPAN("/")))
		return span_of(obs.p + 1, obs.p + obs.n);
	return SPAN_NONE;
}

bool
obs_path(struct buf *out, const struct site *site, struct span obs)
{
	struct span key = obs_key(obs);
	size_t start = out->n;

	if (key.p == NULL)
		return false;
	buf_addf(out, "%s/", site->obs_root);
	if (key.n == 0 || path_member(out, key))
		return true;
	buf_cut(out, start);
	return false;
}

static bool resolve(struct resolver *v, struct resolved *r, const struct json_node *node);
static bool write_json(struct resolver *v, struct buf *out, const struct json_node *node);

/* A word: perhaps an OBS path. */
static bool
take_word(struct resolver *v, struct resolved *r, struct span word)
{
	buf_addspan(&r->text, word);
	if (obs_key(word).p == NULL || obs_path(&r->path, v->site, word))
		return true;
	error_at(
	    wf_pos(v->wf, v->node), "V07", "the path %.*s leads out of its bucket", SPAN_ARG(word));
	return false;
}

/* A JSON value that is no reference. */
static bool
take_value(struct resolver *v, struct resolved *r, const struct json_node *node)
{
	r->json = true;
	return write_json(v, &r->text, node);
}

/* A parameter: its value may be a path, or again a reference. */
static bool
take_parameter(struct resolver *v, struct resolved *r, uint32_t param)
{
	const struct json_node *value = wf_param_value(v->wf, param);

	if (value)
		return resolve(v, r, value);
	error_at(wf_pos(v->wf, v->node), "V06", "the parameter '%.*s' has no value",
	    SPAN_ARG(v->wf->param[param].name));
	return false;
}

static bool
take_data(struct resolver *v, struct resolved *r, const struct wf_object *object)
{
	const struct json_node *value = json_tree_get(&v->wf->tree, object->node, "value");

	if (value)
		return resolve(v, r, value);
	error_at(wf_pos(v->wf, v->node), "V06",
	    "'%.*s' has no value; give it one in the document, {\"obs_url\": \"/bucket/dir/\"}",
	    SPAN_ARG(object->name));
	return false;
}

static bool
take_storage(struct resolver *v, struct resolved *r, const struct ref *ref, uint32_t storage)
{
	const struct json_node *root =
	    json_tree_get(&v->wf->tree, v->wf->storage[storage].node, "path");
	struct resolved base = { .json = false };
	struct buf path = BUF_INIT;
	bool fine = json_node_type(root) == JSON_STRING && resolve(v, &base, root);

	if (json_node_type(root) != JSON_STRING)
		error_at(wf_pos(v->wf, v->node), "V06", "the storage '%.*s' has no path",
		    SPAN_ARG(ref->name));
	buf_addspan(&path, buf_span(&base.text));
	if (path.n == 0 || path.p[path.n - 1] != '/')
		buf_addc(&path, '/');
	if (ref->with_execution_id == 1)
		buf_addf(&path, "%s/", v->site->execution);
	buf_addspan(&path, ref->rest);
	r->create = ref->create_dir == 1;
	fine = fine && take_word(v, r, buf_span(&path));
	resolved_release(&base);
	buf_release(&path);
	return fine;
}

/* What is missing when the output of a step is not there. */
static bool
no_output(struct resolver *v, const struct ref *ref, const struct stamp *s)
{
	static const char *const rule = "F07";

	if (s->state == STEP_SKIPPED)
		error_at(wf_pos(v->wf, v->node), rule,
		    "the step '%.*s' was skipped, so there is no output '%.*s'; an input of type "
		    "data_selector takes the output of a step that ran",
		    SPAN_ARG(ref->name), SPAN_ARG(ref->output));
	else if (s->state == STEP_COMPLETED)
		error_at(wf_pos(v->wf, v->node), rule, "the step '%.*s' has left no output '%.*s'",
		    SPAN_ARG(ref->name), SPAN_ARG(ref->output));
	else
		error_at(wf_pos(v->wf, v->node), rule,
		    "the step '%.*s' has not run, so there is no output '%.*s'",
		    SPAN_ARG(ref->name), SPAN_ARG(ref->output));
	return false;
}

static void
read_producer(struct resolver *v, const struct ref *ref, struct stamp *s)
{
	struct buf name = BUF_INIT;

	step_file_name(&name, ref->name);
	stamp_read(s, v->site->run, buf_str(&name));
	buf_release(&name);
}

static bool
take_output(struct resolver *v, struct resolved *r, const struct ref *ref)
{
	const struct json_node *output, *url;
	struct buf scratch = BUF_INIT;
	struct stamp s;
	bool fine = true;

	read_producer(v, ref, &s);
	output = s.state == STEP_COMPLETED ? stamp_output(&s, ref->output) : NULL;
	url = json_tree_get(&s.tree, output, "obs_url");
	if (output == NULL)
		fine = no_output(v, ref, &s);
	else if (ref->rest.n > 0)
		output = json_tree_get_span(&s.tree, output, ref->rest);
	if (fine && output == NULL) {
		error_at(wf_pos(v->wf, v->node), "R06", "the output '%.*s' of '%.*s' has no '%.*s'",
		    SPAN_ARG(ref->output), SPAN_ARG(ref->name), SPAN_ARG(ref->rest));
		fine = false;
	} else if (fine && ref->rest.n == 0 && url) {
		fine = take_word(v, r, json_node_text(url, &scratch));
	} else if (fine && json_node_type(output) == JSON_STRING) {
		fine = take_word(v, r, json_node_text(output, &scratch));
	} else if (fine) {
		r->json = true;
		buf_addspan(&r->text, json_node_raw(output));
	}
	buf_release(&scratch);
	stamp_release(&s);
	return fine;
}

static bool
undefined(struct resolver *v, const struct ref *ref)
{
	error_at(wf_pos(v->wf, v->node), "R01", "there is no %s '%.*s'", ref_kind_name(ref->kind),
	    SPAN_ARG(ref->name));
	return false;
}

static bool
take_reference(struct resolver *v, struct resolved *r, const struct ref *ref)
{
	uint32_t i;

	switch (ref->kind) {
	case REF_PARAMETER:
		i = wf_find_param(v->wf, ref->name);
		return i == WF_NONE ? undefined(v, ref) : take_parameter(v, r, i);
	case REF_DATA:
		i = wf_find_data(v->wf, ref->name);
		return i == WF_NONE ? undefined(v, ref) : take_data(v, r, &v->wf->data[i]);
	case REF_REQUIREMENT:
		i = wf_find_requirement(v->wf, ref->name);
		return i == WF_NONE ? undefined(v, ref) : take_data(v, r, &v->wf->requirement[i]);
	case REF_STORAGE:
		i = wf_find_storage(v->wf, ref->name);
		return i == WF_NONE ? undefined(v, ref) : take_storage(v, r, ref, i);
	default:
		return take_output(v, r, ref);
	}
}

static bool
resolve_text(struct resolver *v, struct resolved *r, const struct json_node *node)
{
	struct buf scratch = BUF_INIT, wrong = BUF_INIT;
	struct span text = json_node_text(node, &scratch);
	struct ref ref = ref_parse(text, &wrong);
	bool fine;

	if (ref.kind == REF_NONE) {
		fine = take_word(v, r, text);
	} else if (ref.kind == REF_BAD) {
		error_at(wf_pos(v->wf, node), "R01", "%s", buf_str(&wrong));
		fine = false;
	} else {
		fine = take_reference(v, r, &ref);
	}
	buf_release(&scratch);
	buf_release(&wrong);
	return fine;
}

/* Has the step of a consumption completed? Other things always count. */
static bool
is_valid(struct resolver *v, const struct json_node *node)
{
	struct buf scratch = BUF_INIT;
	struct ref ref = ref_parse(json_node_text(node, &scratch), NULL);
	bool valid = true;
	struct stamp s;

	if (ref.kind == REF_CONSUMPTION) {
		read_producer(v, &ref, &s);
		valid = s.state == STEP_COMPLETED;
		stamp_release(&s);
	}
	buf_release(&scratch);
	return valid;
}

/* A selector: the first that is there. */
static bool
select_one(struct resolver *v, struct resolved *r, const struct json_node *list)
{
	const struct json_node *n, *found = NULL;
	uint32_t valid = 0;

	for (n = json_node_first(list); n; n = json_node_next(n)) {
		if (!is_valid(v, n))
			continue;
		valid++;
		found = found ? found : n;
	}
	if (valid > 1)
		warning_at(wf_pos(v->wf, list), "F05",
		    "%u outputs could be selected; the first one is taken", valid);
	if (found)
		return resolve(v, r, found);
	error_at(wf_pos(v->wf, list), "F03", "none of the steps to select from has completed");
	return false;
}

/* A list of references is a selector. */
static bool
is_selector(const struct json_node *list)
{
	const struct json_node *n = json_node_first(list);
	struct buf scratch = BUF_INIT;
	bool all = n != NULL;

	for (; n && all; n = json_node_next(n))
		all = ref_parse(json_node_text(n, &scratch), NULL).kind == REF_CONSUMPTION;
	buf_release(&scratch);
	return all;
}

static bool
resolve(struct resolver *v, struct resolved *r, const struct json_node *node)
{
	const struct json_node *url = json_tree_get(&v->wf->tree, node, "obs_url");
	bool fine;

	if (++v->depth > RESOLVE_DEPTH) {
		error_at(
		    wf_pos(v->wf, v->node), "R01", "references lead to references without end");
		return false;
	}
	switch (json_node_type(node)) {
	case JSON_STRING:
		fine = resolve_text(v, r, node);
		break;
	case JSON_OBJECT:
		fine = url ? resolve(v, r, url) : take_value(v, r, node);
		break;
	case JSON_ARRAY:
		fine = is_selector(node) ? select_one(v, r, node) : take_value(v, r, node);
		break;
	default:
		fine = take_value(v, r, node);
	}
	v->depth--;
	return fine;
}

/* ---- whole values ---- */

static bool
write_string(struct resolver *v, struct buf *out, const struct json_node *node)
{
	struct resolved r = { .json = false };
	bool fine = resolve(v, &r, node);

	if (fine && r.json)
		jw_raw(out, buf_span(&r.text));
	else if (fine)
		jw_string(out, buf_span(&r.text));
	resolved_release(&r);
	return fine;
}

static bool
write_json(struct resolver *v, struct buf *out, const struct json_node *node)
{
	enum json_type type = json_node_type(node);
	const struct json_node *n;
	bool fine = true;

	if (type == JSON_STRING)
		return write_string(v, out, node);
	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		jw_raw(out, json_node_raw(node));
		return true;
	}
	jw_open(out, type == JSON_OBJECT ? '{' : '[');
	for (n = json_node_first(node); n && fine; n = json_node_next(n)) {
		if (type == JSON_OBJECT)
			jw_key_raw(out, json_node_raw_key(n));
		fine = write_json(v, out, n);
	}
	jw_close(out, type == JSON_OBJECT ? '}' : ']');
	return fine;
}

bool
resolve_node(
    struct resolved *r, const struct wf *wf, const struct site *site, const struct json_node *node)
{
	struct resolver v = { wf, site, node, 0 };

	return resolve(&v, r, node);
}
