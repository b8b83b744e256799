/* Rules G: dependencies, cycles, order. */
#include <stdlib.h>

#include "base/mem.h"
#include "workflow/finding.h"

/* ---- G01, G02, G04: the entries of depend_steps ---- */

static void
check_entries(struct check *c, uint32_t step, uint32_t *seen)
{
	const struct wf_step *s = &c->wf->step[step];

	for (uint32_t i = s->depend.at; i < s->depend.at + s->depend.n; i++) {
		const struct wf_link *l = &c->wf->link[i];

		if (l->step == WF_NONE) {
			found(c, RULE_G01, l->node, step,
			    "it depends on the unknown step \"%.*s\"%s", SPAN_ARG(l->name),
			    guess_name(c, LIST_STEPS, l->name));
		} else if (l->step == step) {
			found(c, RULE_G02, l->node, step, "it depends on itself");
		} else {
			if (seen[l->step] == step + 1)
				found(c, RULE_G04, l->node, step,
				    "\"%.*s\" is in depend_steps twice", SPAN_ARG(l->name));
			seen[l->step] = step + 1;
		}
	}
}

/* ---- G03, G09: cycles ---- */

static const struct json_node *
depend_node(const struct check *c, uint32_t step)
{
	return json_tree_get(&c->wf->tree, c->wf->step[step].node, "depend_steps");
}

/* A loop of a thousand steps is shown by its ends. */
#define LOOP_SHOWN 50

static void
check_cycles(struct check *c)
{
	struct graph *g = &c->graph;
	struct buf text = BUF_INIT;

	for (uint32_t k = 0; k < g->ncycles; k++) {
		const uint32_t *m = g->member + g->cycle_at[k];
		uint32_t n = g->cycle_at[k + 1] - g->cycle_at[k];

		buf_reset(&text);
		for (uint32_t i = 0; i < n; i++)
			if (i < LOOP_SHOWN || i == n - 1)
				buf_addf(&text, "%.*s -> ", SPAN_ARG(step_name(c, m[i])));
			else if (i == LOOP_SHOWN)
				buf_addf(&text, "(%u more) -> ", n - 1 - LOOP_SHOWN);
		buf_addspan(&text, step_name(c, m[0]));
		found(c, RULE_G03, depend_node(c, m[0]), m[0],
		    "a cycle, each step waits for the next: %s", buf_str(&text));
	}
	buf_release(&text);
}

/* Steps that are in no order and in no cycle shown, once for all of them. */
static void
check_waiting(struct check *c)
{
	struct graph *g = &c->graph;
	bool *fine = xcalloc(g->n, sizeof(*fine));
	uint32_t first = WF_NONE, n = 0;

	for (uint32_t i = 0; i < g->norder; i++)
		fine[g->order[i]] = true;
	for (uint32_t i = 0; g->ncycles && i < g->cycle_at[g->ncycles]; i++)
		fine[g->member[i]] = true;
	for (uint32_t s = 0; s < g->n; s++) {
		if (fine[s])
			continue;
		first = first == WF_NONE ? s : first;
		n++;
	}
	if (n == 1)
		found(c, RULE_G09, depend_node(c, first), first, "it waits for a cycle for ever");
	else if (n > 1)
		found(c, RULE_G09, depend_node(c, first), first,
		    "it and %llu more %s wait for a cycle for ever",
		    COUNTED(n - 1, "step", "steps"));
	free(fine);
}

/* ---- G05: redundant dependencies ---- */

static void
check_redundant(struct check *c, uint32_t step)
{
	struct graph *g = &c->graph;
	const struct wf_step *s = &c->wf->step[step];
	uint32_t at = g->pred_at[step], end = g->pred_at[step + 1];

	for (uint32_t e = at; e < end; e++)
		for (uint32_t f = at; f < end; f++) {
			/* behind a step that can be skipped, the other one still counts */
			if (e == f || c->may_skip[g->pred[f]] ||
			    graph_reaches(g, g->pred[e], g->pred[f]) != REACH_YES)
				continue;
			for (uint32_t i = s->depend.at; i < s->depend.at + s->depend.n; i++)
				if (c->wf->link[i].step == g->pred[e])
					found(c, RULE_G05, c->wf->link[i].node, step,
					    "\"%.*s\" comes before \"%.*s\", for which it waits too",
					    SPAN_ARG(c->wf->link[i].name),
					    SPAN_ARG(step_name(c, g->pred[f])));
			break;
		}
}

/* Pairs of predecessors of one step that are compared for G05. */
#define PAIRS_MAX 10000

static void
check_all_redundant(struct check *c)
{
	struct graph *g = &c->graph;

	for (uint32_t s = 0; s < g->n; s++) {
		uint64_t n = g->pred_at[s + 1] - g->pred_at[s];

		if (n > 1 && n * n <= PAIRS_MAX)
			check_redundant(c, s);
	}
}

/* ---- G06, G08: what is connected to nothing ---- */

/* Steps that are named by a branch, a selector, a reference of another step. */
static bool *
mark_mentioned(const struct check *c)
{
	const struct wf *wf = c->wf;
	bool *mark = xcalloc(wf->nsteps, sizeof(*mark));

	for (uint32_t i = 0; i < wf->nrefs; i++) {
		const struct wf_reference *r = &wf->ref[i];

		if (r->ref.kind != REF_CONSUMPTION)
			continue;
		if (r->step != WF_NONE)
			mark[r->step] = true;
		if (r->target != WF_NONE)
			mark[r->target] = true;
	}
	for (uint32_t s = 0; s < wf->nsteps; s++) {
		struct wf_range both[] = { wf->step[s].if_then, wf->step[s].if_else };

		for (int b = 0; b < 2; b++)
			for (uint32_t i = both[b].at; i < both[b].at + both[b].n; i++) {
				mark[s] = true;
				if (wf->link[i].step != WF_NONE)
					mark[wf->link[i].step] = true;
			}
	}
	return mark;
}

static void
check_isolated(struct check *c)
{
	struct graph *g = &c->graph;
	bool *mentioned;

	/* a dependency that is misspelt leaves steps alone that were not meant to be */
	if (g->n < 2 || c->seen[RULE_G01] || c->seen[RULE_S03] || c->seen[RULE_S04])
		return;
	mentioned = mark_mentioned(c);
	for (uint32_t s = 0; s < g->n; s++)
		if (c->wf->step[s].depend.n == 0 && g->succ_at[s] == g->succ_at[s + 1] &&
		    !mentioned[s])
			found(c, RULE_G06, c->wf->step[s].node, s,
			    "it depends on no step, and no step on it; was depend_steps forgotten?");
	free(mentioned);
}

static void
check_unread_outputs(struct check *c)
{
	struct wf *wf = c->wf;
	bool *read;

	if (c->seen[RULE_R01] || c->seen[RULE_R06] || c->seen[RULE_R07] || c->seen[RULE_R08])
		return; /* one of them may mean the output */
	read = xcalloc(wf->nports, sizeof(*read));
	for (uint32_t i = 0; i < wf->nrefs; i++)
		if (wf->ref[i].output != WF_NONE)
			read[wf->ref[i].output] = true;
	for (uint32_t s = 0; s < wf->nsteps; s++) {
		const struct wf_step *step = &wf->step[s];

		if (step->type == WF_MODEL || step->type == WF_SERVICE ||
		    c->graph.succ_at[s] == c->graph.succ_at[s + 1])
			continue;
		for (uint32_t i = step->outputs.at; i < step->outputs.at + step->outputs.n; i++)
			if (!read[i])
				found(c, RULE_G08, wf->port[i].node, s,
				    "nothing reads its output \"%.*s\"",
				    SPAN_ARG(shown(wf->port[i].name)));
	}
	free(read);
}

/* ---- G07: data without order ---- */

static void
check_order_of_data(struct check *c)
{
	struct wf *wf = c->wf;

	for (uint32_t i = 0; i < wf->nrefs; i++) {
		const struct wf_reference *r = &wf->ref[i];

		/* conditions and selectors have rules of their own: C15, F04 */
		if (r->ref.kind != REF_CONSUMPTION || r->step == WF_NONE || r->output == WF_NONE ||
		    r->target == r->step || r->place == WF_IN_CONDITION || wf_in_selector(wf, r))
			continue;
		if (graph_reaches(&c->graph, r->target, r->step) == REACH_NO)
			found(c, RULE_G07, r->node, r->step,
			    "it reads from step \"%.*s\", but does not wait for it; add it to "
			    "depend_steps",
			    SPAN_ARG(r->ref.name));
	}
}

/* Steps that are skipped for some outcome of the conditions: not fewer than really can be. */
static void
mark_skippable(struct check *c)
{
	struct graph *g = &c->graph;
	struct wf *wf = c->wf;

	c->may_skip = xcalloc(g->n, sizeof(*c->may_skip));
	for (uint32_t s = 0; s < g->n; s++) {
		struct wf_range both[] = { wf->step[s].if_then, wf->step[s].if_else };

		for (int b = 0; b < 2; b++)
			for (uint32_t i = both[b].at; i < both[b].at + both[b].n; i++)
				if (wf->link[i].step != WF_NONE)
					c->may_skip[wf->link[i].step] = true;
		c->may_skip[s] |= wf->step[s].skip_if != NULL;
	}
	for (uint32_t i = 0; i < g->norder; i++) {
		uint32_t s = g->order[i], e = g->pred_at[s];

		while (e < g->pred_at[s + 1] && c->may_skip[g->pred[e]])
			e++;
		c->may_skip[s] |= e == g->pred_at[s + 1] && e > g->pred_at[s];
	}
}

void
rules_graph(struct check *c)
{
	uint32_t *seen = xcalloc(c->wf->nsteps, sizeof(*seen));

	for (uint32_t s = 0; s < c->wf->nsteps; s++)
		check_entries(c, s, seen);
	free(seen);
	mark_skippable(c);
	check_cycles(c);
	check_waiting(c);
	check_all_redundant(c);
	check_isolated(c);
	check_unread_outputs(c);
	check_order_of_data(c);
}
