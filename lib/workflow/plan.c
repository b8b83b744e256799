/* What each step would do: see plan.h. */
#include "workflow/plan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/tool.h"

const char *
plan_action_name(enum plan_action action)
{
	static const char *const names[] = { "run", "wait", "skip", "blocked", "fail", "maybe",
		"outside" };

	return names[action];
}

bool
wf_plan_init(
    struct wf_plan *p, struct wf *wf, const struct params *params, struct metrics_set *metrics)
{
	*p = (struct wf_plan){ .wf = wf, .known = { params, wf, metrics } };
	graph_init(&p->graph, wf, GRAPH_BRANCHES);
	branches_init(&p->branches, wf);
	p->step = xcalloc(wf->nsteps, sizeof(*p->step));
	for (uint32_t s = 0; s < wf->nsteps; s++)
		p->step[s].verdict = p->step[s].recorded = VERDICT_UNKNOWN;
	if (p->graph.norder == p->graph.n)
		return true;
	error_at(pos_file(wf->file), "G03",
	    "steps wait for each other, by depend_steps and branches together; see wf-check");
	wf_plan_release(p);
	return false;
}

void
wf_plan_release(struct wf_plan *p)
{
	graph_release(&p->graph);
	branches_release(&p->branches);
	free(p->step);
	*p = (struct wf_plan){ .wf = NULL };
}

/* ---- what is asked for ---- */

uint32_t
wf_plan_find(const struct wf_plan *p, struct span name)
{
	uint32_t step = wf_find_step(p->wf, name), n = 0;
	const char **words;
	char *word;
	const char *near;

	if (step != WF_NONE)
		return step;
	words = xcalloc(p->wf->nsteps, sizeof(*words));
	for (uint32_t s = 0; s < p->wf->nsteps; s++)
		if (p->wf->step[s].name.p)
			words[n++] = xstrndup(p->wf->step[s].name.p, p->wf->step[s].name.n);
	word = xstrndup(name.p, name.n);
	near = nearest_word(word, words, n);
	trouble("%s has no step '%s'%s%s%s", p->wf->file, word, near ? "; did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
	while (n > 0)
		free((char *)words[--n]);
	free(words);
	free(word);
	return WF_NONE;
}

/* The first step that is asked for puts all others outside. */
static void
choose(struct wf_plan *p, uint32_t step)
{
	for (uint32_t s = 0; !p->chosen && s < p->wf->nsteps; s++)
		p->step[s].state = STEP_OUTSIDE;
	p->chosen = true;
	p->step[step].state = STEP_UNKNOWN;
}

bool
wf_plan_scene(struct wf_plan *p, const char *name)
{
	uint32_t scene = wf_find_scene(p->wf, span_str(name));
	struct wf_range r;

	if (scene == WF_NONE) {
		trouble("%s has no scene '%s'; there %s %u", p->wf->file, name,
		    p->wf->nscenes == 1 ? "is" : "are", p->wf->nscenes);
		return false;
	}
	r = p->wf->scene[scene].steps;
	for (uint32_t i = r.at; i < r.at + r.n; i++)
		if (p->wf->link[i].step != WF_NONE)
			choose(p, p->wf->link[i].step);
	return true;
}

bool
wf_plan_only(struct wf_plan *p, const char *step)
{
	uint32_t s = wf_plan_find(p, span_str(step));

	if (s != WF_NONE)
		choose(p, s);
	return s != WF_NONE;
}

bool
wf_plan_from(struct wf_plan *p, const char *step)
{
	uint32_t first = wf_plan_find(p, span_str(step));
	const struct graph *g = &p->graph;
	bool *behind;

	if (first == WF_NONE)
		return false;
	behind = xcalloc(g->n, sizeof(*behind));
	behind[first] = true;
	for (uint32_t i = 0; i < g->norder; i++) {
		uint32_t s = g->order[i];

		for (uint32_t e = g->pred_at[s]; e < g->pred_at[s + 1]; e++)
			behind[s] |= behind[g->pred[e]];
		if (behind[s])
			choose(p, s);
	}
	free(behind);
	return true;
}

static bool
assume(struct wf_plan *p, uint32_t step, struct span what)
{
	struct wf_plan_step *s = &p->step[step];
	bool yes = span_is(what, "true");

	if (p->wf->step[step].type == WF_CONDITION && (yes || span_is(what, "false"))) {
		s->verdict = yes ? VERDICT_TRUE : VERDICT_FALSE;
		return true;
	}
	for (int state = STEP_COMPLETED; state <= STEP_FAILED; state++)
		if (span_is(what, step_state_name((enum step_state)state))) {
			s->state = (enum step_state)state;
			s->assumed = true;
			return true;
		}
	return false;
}

bool
wf_plan_assume(struct wf_plan *p, const char *argument)
{
	const char *eq = strrchr(argument, '=');
	uint32_t step;

	if (eq == NULL) {
		trouble("--assume %s: the form is STEP=STATE", argument);
		return false;
	}
	step = wf_plan_find(p, span_of(argument, eq));
	if (step == WF_NONE)
		return false;
	if (assume(p, step, span_str(eq + 1)))
		return true;
	trouble(
	    "--assume %s: a step is completed, skipped or failed; a condition also true or false",
	    argument);
	return false;
}

/* ---- deciding ---- */

static enum verdict
evaluate(struct wf_plan *p, const struct json_node *list)
{
	struct cond *c = cond_read(json_node_raw(list), wf_pos(p->wf, list));
	struct cond_env env = wf_known_env(&p->known);
	enum verdict v;

	if (c == NULL)
		return VERDICT_UNKNOWN;
	v = cond_eval(c, &env);
	cond_report(c, DIAG_NOTE);
	cond_free(c);
	return v;
}

/* While a step is decided: `settled` takes what is unknown for done. */
struct asking {
	struct wf_plan *p;
	bool settled;
};

static enum step_state
ask_state(void *ctx, uint32_t step)
{
	const struct asking *a = ctx;
	enum step_state state = a->p->step[step].state;

	return state == STEP_UNKNOWN && a->settled ? STEP_OUTSIDE : state;
}

static enum verdict
ask_verdict(void *ctx, uint32_t step)
{
	const struct asking *a = ctx;

	return a->p->step[step].verdict;
}

static enum verdict
ask_skip_if(void *ctx, uint32_t step)
{
	const struct asking *a = ctx;

	return evaluate(a->p, a->p->wf->step[step].skip_if);
}

/* Will one of the predecessors have run for certain? Then those that are not known matter no more. */
static bool
any_completed(const struct wf_plan *p, uint32_t step)
{
	for (uint32_t e = p->graph.pred_at[step]; e < p->graph.dep_end[step]; e++)
		if (p->step[p->graph.pred[e]].state == STEP_COMPLETED)
			return true;
	return false;
}

static struct decision
decide(struct wf_plan *p, uint32_t step)
{
	struct asking a = { p, false };
	struct decide_env env = { &a, ask_state, ask_verdict, ask_skip_if };
	struct decision d = step_decide(p->wf, &p->branches, step, &env);

	if (d.action != STEP_WAIT || d.reason != REASON_STATE || !any_completed(p, step))
		return d;
	a.settled = true;
	return step_decide(p->wf, &p->branches, step, &env);
}

static void
take_decision(struct wf_plan *p, uint32_t step)
{
	static const enum plan_action action[] = { [STEP_RUN] = PLAN_RUN,
		[STEP_SKIP] = PLAN_SKIP,
		[STEP_BLOCK] = PLAN_BLOCKED,
		[STEP_WAIT] = PLAN_MAYBE };

	static const enum step_state state[] = { [STEP_RUN] = STEP_COMPLETED,
		[STEP_SKIP] = STEP_SKIPPED,
		[STEP_BLOCK] = STEP_BLOCKED,
		[STEP_WAIT] = STEP_UNKNOWN };
	struct wf_plan_step *s = &p->step[step];

	s->decision = decide(p, step);
	s->action = action[s->decision.action];
	s->state = state[s->decision.action];
	if (s->action == PLAN_RUN && wf_plan_waits_for(p, step))
		s->action = PLAN_WAIT;
}

/* A state that was given, or a step that was not asked for. False: neither. */
static bool
is_settled(struct wf_plan_step *s)
{
	s->decision = (struct decision){ STEP_RUN, REASON_NONE, WF_NONE };
	if (s->state == STEP_OUTSIDE)
		s->action = PLAN_OUTSIDE;
	else if (s->assumed)
		s->action = s->state == STEP_COMPLETED ? PLAN_RUN
			    : s->state == STEP_SKIPPED ? PLAN_SKIP
						       : PLAN_FAILED;
	return s->assumed || s->state == STEP_OUTSIDE;
}

void
wf_plan_make(struct wf_plan *p)
{
	for (uint32_t i = 0; i < p->graph.norder; i++) {
		uint32_t step = p->graph.order[i];
		const struct wf_step *w = &p->wf->step[step];
		struct wf_plan_step *s = &p->step[step];

		if (!is_settled(s))
			take_decision(p, step);
		if (w->type == WF_CONDITION && w->conditions && s->verdict == VERDICT_UNKNOWN &&
		    (s->action == PLAN_RUN || s->action == PLAN_WAIT))
			s->verdict = evaluate(p, w->conditions);
		if (s->verdict == VERDICT_UNKNOWN)
			s->verdict = s->recorded;
	}
}

/* ---- what comes of it ---- */

/* One reference: is its output there? */
static enum plan_source
source_of(const struct wf_plan *p, const struct wf_reference *r)
{
	switch (p->step[r->target].state) {
	case STEP_COMPLETED:
		return SOURCE_OUTPUT;
	case STEP_OUTSIDE:
		return SOURCE_EARLIER;
	case STEP_UNKNOWN:
		return SOURCE_OPEN;
	default:
		return SOURCE_MISSING;
	}
}

enum plan_source
wf_plan_input(const struct wf_plan *p, uint32_t port, uint32_t *ref, bool *several)
{
	const struct wf_range refs = wf_port_refs(p->wf, port);
	enum plan_source best = SOURCE_FIXED, now;

	*ref = WF_NONE;
	*several = false;
	for (uint32_t i = refs.at; i < refs.at + refs.n; i++) {
		const struct wf_reference *r = &p->wf->ref[i];

		if (r->ref.kind != REF_CONSUMPTION || r->target == WF_NONE)
			continue;
		now = source_of(p, r);
		if (best == SOURCE_OUTPUT && now == SOURCE_OUTPUT)
			*several = true;
		/* the order of the words is that of preference */
		if (best == SOURCE_FIXED || now < best) {
			best = now;
			*ref = i;
		}
	}
	return best;
}

static bool
is_late(const struct wf_plan *p, const struct wf_object *o)
{
	const struct json_tree *t = &p->wf->tree;

	return json_node_type(json_tree_get(t, o->node, "delay")) == JSON_TRUE;
}

const struct wf_object *
wf_plan_waits_for(const struct wf_plan *p, uint32_t step)
{
	const struct wf *wf = p->wf;
	const struct wf_range refs = wf->step[step].refs;

	for (uint32_t i = refs.at; i < refs.at + refs.n; i++) {
		const struct wf_reference *r = &wf->ref[i];
		const struct wf_object *o;

		if (r->target == WF_NONE)
			continue;
		if (r->ref.kind == REF_PARAMETER) {
			o = &wf->param[r->target];
			if (is_late(p, o) && !strmap_find(&p->known.params->index, o->name) &&
			    json_node_type(json_tree_get(&wf->tree, o->node, "value")) <= JSON_NULL)
				return o;
		} else if (r->ref.kind == REF_REQUIREMENT) {
			o = &wf->requirement[r->target];
			if (json_node_type(json_tree_get(&wf->tree, o->node, "value")) <= JSON_NULL)
				return o;
		}
	}
	return NULL;
}

void
wf_plan_report_inputs(const struct wf_plan *p)
{
	const struct wf *wf = p->wf;

	for (uint32_t i = 0; i < wf->nports; i++) {
		const struct wf_plan_step *s = &p->step[wf->port[i].step];
		struct span step = wf->step[wf->port[i].step].name, name = wf->port[i].name;
		uint32_t ref;
		bool several;

		if (s->action != PLAN_RUN && s->action != PLAN_WAIT)
			continue;
		if (wf_plan_input(p, i, &ref, &several) == SOURCE_MISSING)
			error_at(wf_pos(wf, wf->ref[ref].node), "F07",
			    "step \"%.*s\": its input \"%.*s\" will not be there: step \"%.*s\" %s",
			    SPAN_ARG(step), SPAN_ARG(name), SPAN_ARG(wf->ref[ref].ref.name),
			    p->step[wf->ref[ref].target].action == PLAN_SKIP ? "is skipped"
									     : "does not complete");
		else if (several && wf_in_selector(wf, &wf->ref[ref]))
			warning_at(wf_pos(wf, wf->ref[ref].node), "F05",
			    "step \"%.*s\": the selector \"%.*s\" has more than one output to take; it "
			    "takes the first",
			    SPAN_ARG(step), SPAN_ARG(name));
	}
}

void
wf_plan_reason(const struct wf_plan *p, uint32_t step, struct buf *out)
{
	const struct wf_plan_step *s = &p->step[step];
	const struct wf_object *late;

	if (s->assumed)
		buf_adds(out, "assumed");
	else if (s->action == PLAN_WAIT && (late = wf_plan_waits_for(p, step)) != NULL)
		buf_addf(out, "'%.*s' has to be given first", SPAN_ARG(late->name));
	else
		decision_reason(out, p->wf, &p->branches, step, s->decision);
}
