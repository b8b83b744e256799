/*
 * All outcomes of the conditions of a workflow, sixty-four at a time.
 *
 * Each condition step, and each step with skip conditions, is a variable that is true or false;
 * equal conditions are one variable. The steps that run are computed for all assignments of
 * them: the bits of a word are 64 assignments, so that a step costs a few operations.
 *
 * The rule: a step is skipped when a condition that was decided names it in the branch that is not
 * taken, when its skip conditions hold, or when it has dependencies and all of them are skipped.
 *
 * With too many variables a part of the assignments is tried, the same on every run: `cut` is true
 * then, and "never" cannot be said.
 */
#ifndef WORKFLOW_FLOW_H
#define WORKFLOW_FLOW_H

#include "workflow/graph.h"

/* How many variables are tried in full when the caller has no limit of its own (0); of large workflows fewer. */
#define FLOW_VARIABLES 16
#define FLOW_VARIABLES_MAX 30
#define FLOW_BUDGET ((uint64_t)20 * 1000 * 1000) /* steps times words, in that case */

struct flow {
	const struct wf *wf;
	const struct graph *graph;
	uint32_t *decides; /* of each step: the variable of its conditions, WF_NONE: none */
	uint32_t *skips;   /* of each step: the variable of its skip conditions */
	uint32_t *owner;   /* of each variable: the first step that has it */
	uint32_t nvars;
	uint64_t words; /* how many words of 64 assignments there are */
	bool cut;
};

/* One word of assignments. */
struct flow_word {
	uint64_t valid;      /* the bits that are assignments */
	const uint64_t *run; /* of each step: the assignments it runs in */
	uint64_t *var;       /* of each variable: those it is true in */
};

/* `graph` is one with GRAPH_BRANCHES and without cycles; both outlive the flow. */
void flow_init(struct flow *f, const struct wf *wf, const struct graph *graph, uint32_t limit);
void flow_release(struct flow *f);

/*
 * Try the assignments: `visit` is called with each word. Variable v changes inside of a word when
 * (v + turn) % nvars < 6, and from word to word otherwise.
 */
void flow_run(
    struct flow *f, uint32_t turn, void (*visit)(void *ctx, const struct flow_word *w), void *ctx);

/* The assignments of a word in which variable number `place` (0 to 5) is true. */
uint64_t flow_pattern(uint32_t place);

#endif
