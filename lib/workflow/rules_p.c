/* Rules P: policies, scenes, sub-graphs. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "workflow/finding.h"

#define MINUTES_MAX 10080 /* 7 days, the service's default and limit */

/* ---- P01, P02: the numbers of a step's policy ---- */

/* A positive whole number, written as number or string; 0: reported, or absent. */
static uint64_t
policy_number(struct check *c, uint32_t step, const char *member)
{
	const struct json_node *n = json_tree_get(&c->wf->tree, c->wf->step[step].policy, member);
	struct span text;
	uint64_t value;

	if (json_node_type(n) != JSON_STRING && json_node_type(n) != JSON_NUMBER)
		return 0;
	text = n->type == JSON_STRING ? wf_text(c->wf, n) : json_node_raw(n);
	if (span_starts(text, SPAN("$ref/")))
		return 0;
	if (num_parse_u64(text, &value) && value > 0)
		return value;
	found(c, RULE_P01, n, step, "%s is %.*s; it is a whole number from 1", member,
	    SPAN_ARG(json_node_raw(n)));
	return 0;
}

static void
step_policy(struct check *c, uint32_t step)
{
	const struct json_node *policy = c->wf->step[step].policy;
	uint64_t poll = policy_number(c, step, "poll_interval_seconds");
	uint64_t most = policy_number(c, step, "max_execution_minutes");

	if (most > MINUTES_MAX)
		found(c, RULE_P02, json_tree_get(&c->wf->tree, policy, "max_execution_minutes"),
		    step, "max_execution_minutes is more than %d, 7 days", MINUTES_MAX);
	if (poll > (most ? most : MINUTES_MAX) * 60)
		found(c, RULE_P02, json_tree_get(&c->wf->tree, policy, "poll_interval_seconds"),
		    step, "the step is polled less often than it may run");
}

/* ---- P03, P06, P07, P08: groups ---- */

static void
group_steps(struct check *c, const struct wf_group *g, const char *what, unsigned char *mark)
{
	if (g->steps.n == 0)
		found(c, RULE_P06, g->node, WF_NONE, "%s \"%.*s\" holds no step", what,
		    SPAN_ARG(shown(g->name)));
	for (uint32_t i = g->steps.at; i < g->steps.at + g->steps.n; i++) {
		const struct wf_link *l = &c->wf->link[i];

		if (l->step == WF_NONE)
			found(c, RULE_P03, l->node, WF_NONE,
			    "%s \"%.*s\" names the unknown step \"%.*s\"%s", what,
			    SPAN_ARG(shown(g->name)), SPAN_ARG(l->name),
			    guess_name(c, LIST_STEPS, l->name));
		else if (mark[l->step] < 2)
			mark[l->step]++;
	}
}

/* ---- P04, P05: is a scene complete? ---- */

/* `inside` says of each step whether it is in the scene. */
static void
scene_reads(struct check *c, const struct wf_group *g, const bool *inside, uint32_t step)
{
	const struct wf_step *s = &c->wf->step[step];

	for (uint32_t i = s->refs.at; i < s->refs.at + s->refs.n; i++) {
		const struct wf_reference *r = &c->wf->ref[i];

		if (r->ref.kind == REF_CONSUMPTION && r->target != WF_NONE && !inside[r->target])
			found(c, RULE_P04, r->node, step,
			    "scene \"%.*s\" has this step but not \"%.*s\", whose output it reads",
			    SPAN_ARG(shown(g->name.p ? g->name : g->id)), SPAN_ARG(r->ref.name));
	}
	for (uint32_t i = c->graph.ctl_at[step]; i < c->graph.ctl_at[step + 1]; i++)
		if (!inside[c->graph.ctl[i] / 2])
			found(c, RULE_P05, g->node, step,
			    "scene \"%.*s\" has this step but not \"%.*s\", which decides whether it "
			    "runs",
			    SPAN_ARG(shown(g->name.p ? g->name : g->id)),
			    SPAN_ARG(step_name(c, c->graph.ctl[i] / 2)));
}

static void
check_scene(struct check *c, const struct wf_group *g, bool *inside)
{
	const struct wf_link *l = c->wf->link;

	for (uint32_t i = g->steps.at; i < g->steps.at + g->steps.n; i++)
		if (l[i].step != WF_NONE)
			inside[l[i].step] = true;
	for (uint32_t i = g->steps.at; i < g->steps.at + g->steps.n; i++)
		if (l[i].step != WF_NONE)
			scene_reads(c, g, inside, l[i].step);
	for (uint32_t i = g->steps.at; i < g->steps.at + g->steps.n; i++)
		if (l[i].step != WF_NONE)
			inside[l[i].step] = false;
}

/* ---- P09 ---- */

static void
chosen_scene(struct check *c, const char *member)
{
	const struct json_tree *t = &c->wf->tree;
	const struct json_node *n = json_tree_get(t, json_tree_get(t, t->root, "policy"), member);
	struct span text = wf_text(c->wf, n);
	const char *words[16] = { NULL };
	size_t count = 0;

	if (text.n == 0 || wf_find_scene(c->wf, text) != WF_NONE)
		return;
	for (uint32_t i = 0; i < c->wf->nscenes && count < ARRAY_LEN(words); i++)
		if (c->wf->scene[i].name.n)
			words[count++] = xstrndup(c->wf->scene[i].name.p, c->wf->scene[i].name.n);
	found(c, RULE_P09, n, WF_NONE, "%s names no scene: \"%.*s\"%s", member, SPAN_ARG(text),
	    guess_word(c, text, words, count));
	while (count > 0)
		free((char *)words[--count]);
}

void
rules_policy(struct check *c)
{
	struct wf *wf = c->wf;
	unsigned char *mark = xcalloc(wf->nsteps, sizeof(*mark));
	bool *inside = xcalloc(wf->nsteps, sizeof(*inside));

	for (uint32_t i = 0; i < wf->nsteps; i++)
		step_policy(c, i);
	for (uint32_t i = 0; i < wf->nsubgraphs; i++)
		group_steps(c, &wf->subgraph[i], "sub-graph", mark);
	for (uint32_t i = 0; i < wf->nsteps; i++)
		if (mark[i] > 1)
			found(c, RULE_P08, wf->step[i].node, i, "it is in two sub-graphs");
	memset(mark, 0, wf->nsteps);
	for (uint32_t i = 0; i < wf->nscenes; i++) {
		group_steps(c, &wf->scene[i], "scene", mark);
		check_scene(c, &wf->scene[i], inside);
	}
	for (uint32_t i = 0; i < wf->nsteps && wf->nscenes; i++)
		if (mark[i] == 0)
			found(c, RULE_P07, wf->step[i].node, i, "it is in no scene");
	chosen_scene(c, "use_scene");
	chosen_scene(c, "scene_id");
	free(inside);
	free(mark);
}
