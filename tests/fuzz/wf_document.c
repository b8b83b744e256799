/*
 * Workflow documents: load, check, plan, draw. Whatever the document is, loading holds what its header
 * promises, checking twice says the same, and a document without errors has a plan that agrees with the
 * outcomes that flow.h counts.
 */
#include "fuzz.h"

#include "base/mem.h"
#include "workflow/check.h"
#include "workflow/draw.h"
#include "workflow/flow.h"
#include "workflow/plan.h"

static void
check_model(const struct wf *wf)
{
	for (uint32_t i = 0; i < wf->nlinks; i++)
		must_hold(wf->link[i].step == WF_NONE || wf->link[i].step < wf->nsteps);
	for (uint32_t i = 0; i < wf->nrefs; i++) {
		const struct wf_reference *r = &wf->ref[i];

		must_hold(i == 0 || wf->ref[i - 1].node < r->node);
		must_hold(r->output == WF_NONE || wf->port[r->output].step == r->target);
		must_hold(r->port == WF_NONE || wf->port[r->port].step == r->step);
	}
	for (uint32_t s = 0; s < wf->nsteps; s++)
		must_hold(wf->step[s].name.p == NULL || wf_find_step(wf, wf->step[s].name) <= s);
}

/* Each step stands behind its predecessors; what is in no order has a cycle to show for it. */
static void
check_graph(const struct graph *g)
{
	uint32_t *place = xcalloc((size_t)g->n, sizeof(*place));

	for (uint32_t i = 0; i < g->norder; i++)
		place[g->order[i]] = i + 1;
	for (uint32_t s = 0; s < g->n; s++)
		for (uint32_t e = g->pred_at[s]; place[s] && e < g->pred_at[s + 1]; e++)
			must_hold(place[g->pred[e]] && place[g->pred[e]] < place[s]);
	must_hold((g->norder == g->n) == (g->ncycles == 0));
	for (uint32_t c = 0; c < g->ncycles; c++)
		must_hold(g->cycle_at[c + 1] >= g->cycle_at[c] + 2);
	free(place);
}

/* The assignment of one word in which each variable is as in the plan. */
struct match {
	struct flow *flow;
	const struct wf_plan *plan;
	bool comparable, found;
};

static void
compare_word(void *ctx, const struct flow_word *w)
{
	struct match *m = ctx;
	uint64_t bits = w->valid;

	for (uint32_t s = 0; s < m->flow->wf->nsteps; s++) {
		uint32_t v = m->flow->decides[s];

		if (v != WF_NONE && m->plan->step[s].action == PLAN_RUN)
			bits &= m->plan->step[s].verdict == VERDICT_TRUE ? w->var[v] : ~w->var[v];
	}
	if (bits == 0)
		return;
	m->found = true;
	bits &= ~bits + 1; /* any one of them */
	for (uint32_t s = 0; s < m->flow->wf->nsteps; s++)
		must_hold(((w->run[s] & bits) != 0) == (m->plan->step[s].action != PLAN_SKIP));
}

static void
check_plan(struct wf *wf)
{
	struct params params = { .n = 0 };
	struct metrics_set metrics = { .n = 0 };
	struct wf_plan plan;
	struct flow flow;
	struct match m = { &flow, &plan, true, false };

	if (!wf_plan_init(&plan, wf, &params, &metrics))
		return;
	wf_plan_make(&plan);
	wf_plan_report_inputs(&plan);
	flow_init(&flow, wf, &plan.graph, 0);
	for (uint32_t s = 0; s < wf->nsteps; s++) {
		const struct wf_plan_step *p = &plan.step[s];

		/* open verdicts, skip conditions and waits have no single assignment to look at */
		if ((p->action != PLAN_RUN && p->action != PLAN_SKIP) || wf->step[s].skip_if ||
		    (flow.decides[s] != WF_NONE && p->action == PLAN_RUN &&
			p->verdict == VERDICT_UNKNOWN))
			m.comparable = false;
	}
	if (m.comparable && !flow.cut) {
		flow_run(&flow, 0, compare_word, &m);
		must_hold(m.found);
	}
	flow_release(&flow);
	wf_plan_release(&plan);
}

static void
check_document(struct wf *wf, struct diag_sink *said)
{
	struct out *out = out_stdout();
	struct graph graph;
	size_t errors, length = said->text.n;

	check_model(wf);
	graph_init(&graph, wf, GRAPH_DEPENDS);
	check_graph(&graph);
	for (int form = DRAW_DOT; form <= DRAW_MERMAID; form++) {
		draw(&(struct drawing){ wf, &graph, (enum draw_form)form, false, NULL }, out);
		buf_reset(&out->b);
	}
	graph_release(&graph);
	errors = wf_check(wf, NULL);
	length = said->text.n - length;
	must_hold(wf_check(wf, NULL) == errors);
	must_hold(said->text.n == 2 * length);
	if (errors == 0)
		check_plan(wf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink said = { .status = 0 };
	struct wf wf;

	diag_sink(&said);
	if (wf_load(&wf, (struct span){ (const char *)data, size }, pos_at("flow.json", 1, 1))) {
		check_document(&wf, &said);
		wf_release(&wf);
	}
	diag_sink(NULL);
	diag_sink_release(&said);
	return 0;
}
