/* The plan against a record of what happened: see plan.h. */
#include "base/mem.h"
#include "workflow/plan.h"

static const struct json_node *
first_execution(const struct wf *execution)
{
	const struct json_node *list =
	    json_tree_get(&execution->tree, execution->tree.root, "steps_execution");

	return json_node_type(list) == JSON_ARRAY ? json_node_first(list) : NULL;
}

static uint32_t
step_of(const struct wf_plan *p, struct wf *execution, const struct json_node *record)
{
	struct span name = wf_text(execution, json_tree_get(&execution->tree, record, "step_name"));

	if (name.p == NULL)
		name = wf_text(execution, json_tree_get(&execution->tree, record, "name"));
	return name.p ? wf_find_step(p->wf, name) : WF_NONE;
}

/* conditions_execution.result is a bool, or one as a string in any case. */
static enum verdict
result_of(struct wf *execution, const struct json_node *record, const struct json_node **at)
{
	const struct json_node *c = json_tree_get(&execution->tree, record, "conditions_execution");
	struct span text;

	*at = json_tree_get(&execution->tree, c, "result");
	if (json_node_type(*at) == JSON_TRUE)
		return VERDICT_TRUE;
	if (json_node_type(*at) == JSON_FALSE)
		return VERDICT_FALSE;
	text = wf_text(execution, *at);
	if (text.p && (span_is(text, "true") || span_is(text, "True")))
		return VERDICT_TRUE;
	if (text.p && (span_is(text, "false") || span_is(text, "False")))
		return VERDICT_FALSE;
	return VERDICT_UNKNOWN;
}

static bool
is_failure(struct span status)
{
	static const char *const words[] = { "failed", "create_failed", "timeout", "stopped" };

	for (size_t i = 0; status.p && i < ARRAY_LEN(words); i++)
		if (span_is(status, words[i]))
			return true;
	return false;
}

void
wf_plan_assume_execution(struct wf_plan *p, struct wf *execution)
{
	for (const struct json_node *r = first_execution(execution); r; r = json_node_next(r)) {
		uint32_t step = step_of(p, execution, r);
		const struct json_node *at;

		if (step == WF_NONE)
			continue;
		if (is_failure(wf_text(execution, json_tree_get(&execution->tree, r, "status")))) {
			p->step[step].state = STEP_FAILED;
			p->step[step].assumed = true;
		}
		if (p->wf->step[step].type == WF_CONDITION)
			p->step[step].recorded = result_of(execution, r, &at);
	}
}

/* The condition came out another way than it should. */
static size_t
compare_result(
    const struct wf_plan *p, struct wf *execution, const struct json_node *r, uint32_t step)
{
	const struct json_node *at;
	enum verdict v = result_of(execution, r, &at), own = p->step[step].verdict;

	if (v == VERDICT_UNKNOWN || own == VERDICT_UNKNOWN || v == own)
		return 0;
	error_at(wf_pos(execution, at), "X06",
	    "step \"%.*s\": its condition was %s, but is %s by the document",
	    SPAN_ARG(p->wf->step[step].name), v == VERDICT_TRUE ? "true" : "false",
	    own == VERDICT_TRUE ? "true" : "false");
	return 1;
}

/* The step was skipped and should have run, or the other way round. */
static size_t
compare_status(
    const struct wf_plan *p, struct wf *execution, const struct json_node *r, uint32_t step)
{
	const struct json_node *at = json_tree_get(&execution->tree, r, "status");
	struct span status = wf_text(execution, at);
	enum plan_action action = p->step[step].action;
	struct buf why = BUF_INIT;
	bool differs;

	if (status.p == NULL)
		return 0;
	if (action == PLAN_RUN || action == PLAN_WAIT)
		differs = span_is(status, "skipped");
	else if (action == PLAN_SKIP || action == PLAN_BLOCKED)
		differs = span_is(status, "completed") || span_is(status, "running");
	else
		return 0;
	if (!differs)
		return 0;
	wf_plan_reason(p, step, &why);
	error_at(wf_pos(execution, at), "X06",
	    "step \"%.*s\": it is %.*s, but by the document it is to %s%s%s",
	    SPAN_ARG(p->wf->step[step].name), SPAN_ARG(status),
	    action == PLAN_SKIP      ? "be skipped"
	    : action == PLAN_BLOCKED ? "be blocked"
				     : "run",
	    why.n ? ": " : "", buf_str(&why));
	buf_release(&why);
	return 1;
}

size_t
wf_plan_compare(const struct wf_plan *p, struct wf *execution)
{
	size_t n = 0;

	for (const struct json_node *r = first_execution(execution); r; r = json_node_next(r)) {
		uint32_t step = step_of(p, execution, r);

		if (step == WF_NONE)
			continue; /* X01 */
		if (p->wf->step[step].type == WF_CONDITION)
			n += compare_result(p, execution, r, step);
		n += compare_status(p, execution, r, step);
	}
	return n;
}
