/* Rules F: what runs and what is read, over all outcomes of the conditions. */
#include <stdlib.h>

#include "base/mem.h"
#include "workflow/finding.h"
#include "workflow/flow.h"

/* A step that reads from others through one input: plainly (one reference), or a selector. */
struct reader {
	uint32_t step, port;
	uint32_t at, n; /* its references: read[at] ... */
	bool selector;
	bool none, several; /* found: it runs with no input, with more than one */
	uint32_t met; /* bit k: what it reads ran together with what the k-th before it reads */
};

struct outcomes {
	struct check *c;
	struct graph graph; /* with the branches */
	struct flow flow;
	bool *ever; /* of each step: it runs in some outcome */
	struct reader *reader;
	size_t nreaders, reader_cap;
	const struct wf_reference **read;
	size_t nreads, read_cap;
	uint32_t *changed; /* of each variable: its value makes a difference */
	uint32_t unchanged, turn;
	uint64_t looks; /* how many more pairs of branches may be compared */
};

#define LOOKS_MAX ((uint64_t)10 * 1000 * 1000)

/* ---- which references are looked at ---- */

static void
add_read(struct outcomes *o, const struct wf_reference *r)
{
	o->read = grow(o->read, &o->read_cap, o->nreads + 1, sizeof(*o->read));
	o->read[o->nreads++] = r;
	o->reader[o->nreaders - 1].n++;
}

static void
add_reader(struct outcomes *o, const struct wf_reference *r, bool selector)
{
	o->reader = grow(o->reader, &o->reader_cap, o->nreaders + 1, sizeof(*o->reader));
	o->reader[o->nreaders++] =
	    (struct reader){ r->step, r->port, (uint32_t)o->nreads, 0, selector, false, false, 0 };
}

/* References to steps that may be skipped; those of one selector together. */
static void
collect_reads(struct outcomes *o)
{
	const struct wf *wf = o->c->wf;
	uint32_t selector = WF_NONE;

	for (uint32_t i = 0; i < wf->nrefs; i++) {
		const struct wf_reference *r = &wf->ref[i];
		bool sel;

		if (r->ref.kind != REF_CONSUMPTION || r->step == WF_NONE || r->target == WF_NONE ||
		    r->target == r->step)
			continue;
		sel = wf_in_selector(wf, r);
		if (!sel && !o->c->may_skip[r->target])
			continue;
		if (!sel || r->port != selector)
			add_reader(o, r, sel);
		selector = sel ? r->port : WF_NONE;
		add_read(o, r);
	}
}

/* ---- one word of outcomes ---- */

static void
look_at_reader(const struct outcomes *o, const struct flow_word *w, struct reader *r)
{
	uint64_t one = 0, two = 0, run = w->run[r->step] & w->valid;

	for (uint32_t i = r->at; i < r->at + r->n; i++) {
		uint64_t there = w->run[o->read[i]->target];

		two |= one & there;
		one |= there;
	}
	r->none |= (run & ~one) != 0;
	r->several |= (run & two) != 0;
}

/* How many of the plain readers of one step before a reader are compared with it. */
#define MET_MAX 32

/* The k-th reader of the same step before number i; NULL: there is none. */
static const struct reader *
reader_before(const struct outcomes *o, size_t i, uint32_t k)
{
	const struct reader *r = &o->reader[i];

	if (k >= MET_MAX || k >= i || r[-(ptrdiff_t)k - 1].step != r->step)
		return NULL;
	return &r[-(ptrdiff_t)k - 1];
}

static void
look_at_others(struct outcomes *o, const struct flow_word *w, size_t i)
{
	struct reader *r = &o->reader[i];
	uint64_t there = w->run[r->step] & w->valid & w->run[o->read[r->at]->target];
	const struct reader *other;

	for (uint32_t k = 0; (other = reader_before(o, i, k)) != NULL; k++)
		if (there & w->run[o->read[other->at]->target])
			r->met |= 1u << k;
}

static void
look(void *ctx, const struct flow_word *w)
{
	struct outcomes *o = ctx;

	for (uint32_t s = 0; s < o->flow.wf->nsteps; s++)
		o->ever[s] |= (w->run[s] & w->valid) != 0;
	for (size_t i = 0; i < o->nreaders; i++) {
		look_at_reader(o, w, &o->reader[i]);
		if (!o->reader[i].selector)
			look_at_others(o, w, i);
	}
}

/* Does a variable whose two values stand in this word make a difference to any step? */
static void
look_for_change(void *ctx, const struct flow_word *w)
{
	struct outcomes *o = ctx;
	uint32_t n = o->flow.nvars;

	for (uint32_t v = 0; v < n && o->unchanged; v++) {
		uint32_t place = (v + o->turn) % n;
		uint64_t diff = 0, low;

		if (o->changed[v] || place >= 6)
			continue;
		low = ~flow_pattern(place) & w->valid;
		for (uint32_t s = 0; s < o->flow.wf->nsteps && !diff; s++)
			diff = (w->run[s] ^ (w->run[s] >> (1u << place))) & low;
		if (diff) {
			o->changed[v] = true;
			o->unchanged--;
		}
	}
}

/* ---- F01, F08 ---- */

static bool
in_both_branches(const struct graph *g, uint32_t s)
{
	for (uint32_t i = g->ctl_at[s]; i + 1 < g->ctl_at[s + 1]; i++)
		if ((g->ctl[i] ^ 1) == g->ctl[i + 1])
			return true; /* C05 */
	return false;
}

static void
never_runs(struct outcomes *o)
{
	const struct graph *g = &o->graph;

	for (uint32_t s = 0; s < o->flow.wf->nsteps; s++) {
		uint32_t e = g->pred_at[s], end = g->dep_end[s];

		if (o->ever[s] || in_both_branches(g, s))
			continue;
		while (e < end && !o->ever[g->pred[e]])
			e++;
		if (e == end && end > g->pred_at[s])
			continue; /* it only follows the others */
		found(o->c, RULE_F01, o->flow.wf->step[s].node, s,
		    "it is skipped whatever the conditions say");
	}
}

static void
change_nothing(struct outcomes *o)
{
	o->unchanged = o->flow.nvars;
	for (uint32_t turn = 0; turn < o->flow.nvars && o->unchanged; turn += 6) {
		/* turned so that variables turn ... turn + 5 change inside of the words */
		o->turn = (o->flow.nvars - turn) % o->flow.nvars;
		flow_run(&o->flow, o->turn, look_for_change, o);
	}
	for (uint32_t v = 0; v < o->flow.nvars; v++)
		if (!o->changed[v])
			found(o->c, RULE_F08, o->flow.wf->step[o->flow.owner[v]].node,
			    o->flow.owner[v], "the same steps run whether it is true or false");
}

/* ---- F02 ---- */

static void
other_branch(struct outcomes *o, uint32_t s)
{
	const struct graph *g = &o->graph;

	for (uint32_t i = g->ctl_at[s]; i < g->ctl_at[s + 1]; i++)
		for (uint32_t e = g->pred_at[s]; e < g->dep_end[s]; e++) {
			uint32_t p = g->pred[e];

			for (uint32_t k = g->ctl_at[p]; k < g->ctl_at[p + 1] && o->looks;
			     k++, o->looks--)
				if (g->ctl[k] == (g->ctl[i] ^ 1))
					found(o->c, RULE_F02, o->c->wf->step[s].node, s,
					    "it depends on \"%.*s\", which is in the other branch of "
					    "\"%.*s\"",
					    SPAN_ARG(step_name(o->c, p)),
					    SPAN_ARG(step_name(o->c, g->ctl[i] / 2)));
		}
}

/* ---- F03, F07: plain references ---- */

/* A reader of the same step before this one whose data is never there together with its own; NULL. */
static const struct reader *
opposite(const struct outcomes *o, size_t i)
{
	const struct reader *r = &o->reader[i], *other;

	for (uint32_t k = 0; !o->flow.cut && (other = reader_before(o, i, k)) != NULL; k++)
		if (!other->selector && other->none && !(r->met >> k & 1) &&
		    o->ever[o->read[r->at]->target] && o->ever[o->read[other->at]->target])
			return other;
	return NULL;
}

/* Does a later reader of the same step name this one as its opposite? Then it is said there. */
static bool
is_opposite(const struct outcomes *o, size_t i)
{
	const struct reader *r = &o->reader[i];

	for (size_t k = i + 1; k < o->nreaders && k - i <= MET_MAX && o->reader[k].step == r->step;
	     k++)
		if (!o->reader[k].selector && o->reader[k].none && opposite(o, k) == r)
			return true;
	return false;
}

static void
plain_reader(struct outcomes *o, size_t i)
{
	const struct reader *r = &o->reader[i], *other;
	const struct wf_reference *ref = o->read[r->at];

	if (!r->none)
		return;
	other = opposite(o, i);
	if (other)
		found(o->c, RULE_F03, ref->node, r->step,
		    "only one of \"%.*s\" and \"%.*s\" runs; read them through one input of type "
		    "data_selector",
		    SPAN_ARG(o->read[other->at]->ref.name), SPAN_ARG(ref->ref.name));
	else if (!is_opposite(o, i))
		found(o->c, RULE_F07, ref->node, r->step,
		    "step \"%.*s\" can be skipped while this one runs: its output is not there then",
		    SPAN_ARG(ref->ref.name));
}

/* ---- F04 to F07: selectors ---- */

static bool
is_dependency(const struct graph *g, uint32_t step, uint32_t p)
{
	for (uint32_t e = g->pred_at[step]; e < g->dep_end[step]; e++)
		if (g->pred[e] == p)
			return true;
	return false;
}

static void
selector(struct outcomes *o, const struct reader *r)
{
	const struct wf_port *port = &o->c->wf->port[r->port];
	const struct json_node *at = port->body ? port->body : port->node;

	for (uint32_t i = r->at; i < r->at + r->n; i++)
		if (!is_dependency(&o->graph, r->step, o->read[i]->target))
			found(o->c, RULE_F04, o->read[i]->node, r->step,
			    "the selector reads from step \"%.*s\", which is not in depend_steps",
			    SPAN_ARG(o->read[i]->ref.name));
	if (r->n == 1)
		found(o->c, RULE_F06, at, r->step, "the selector has one entry only");
	else if (r->several)
		found(o->c, RULE_F05, at, r->step,
		    "more than one of the selector's steps can run; the first in the list is taken "
		    "then");
	if (r->none && r->n > 1)
		found(o->c, RULE_F07, at, r->step,
		    "all steps of the selector can be skipped while this one runs: there is no input "
		    "then");
	else if (r->none)
		found(o->c, RULE_F07, at, r->step,
		    "step \"%.*s\" can be skipped while this one runs: its output is not there then",
		    SPAN_ARG(o->read[r->at]->ref.name));
}

/* ---- all ---- */

static void
outcomes_release(struct outcomes *o)
{
	free(o->ever);
	free(o->changed);
	free(o->reader);
	free(o->read);
	flow_release(&o->flow);
	graph_release(&o->graph);
}

void
rules_flow(struct check *c)
{
	struct outcomes o = { .c = c, .looks = LOOKS_MAX };

	graph_init(&o.graph, c->wf, GRAPH_BRANCHES);
	if (o.graph.norder < o.graph.n) { /* a cycle: reported, and nothing can be said */
		graph_release(&o.graph);
		return;
	}
	flow_init(&o.flow, c->wf, &o.graph, c->levels->conditions);
	o.ever = xcalloc(c->wf->nsteps, sizeof(*o.ever));
	o.changed = xcalloc(o.flow.nvars, sizeof(*o.changed));
	collect_reads(&o);
	flow_run(&o.flow, 0, look, &o);
	if (o.flow.cut) {
		found(c, RULE_F09, json_tree_get(&c->wf->tree, c->wf->tree.root, "steps"), WF_NONE,
		    "%u different conditions: %llu of their outcomes were tried, not all; see "
		    "--max-conditions",
		    o.flow.nvars, (unsigned long long)o.flow.words * 64);
	} else if (o.flow.nvars > 0) {
		never_runs(&o);
		change_nothing(&o);
	}
	for (uint32_t s = 0; s < c->wf->nsteps; s++)
		if (o.graph.ctl_at[s] < o.graph.ctl_at[s + 1])
			other_branch(&o, s);
	for (size_t i = 0; i < o.nreaders; i++)
		if (o.reader[i].selector)
			selector(&o, &o.reader[i]);
		else
			plain_reader(&o, i);
	outcomes_release(&o);
}
