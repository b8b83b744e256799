/*
 * A picture of a workflow, as text for graphviz or Mermaid.
 *
 * Steps are shaped by their type, edges of branches say true or false, sub-graphs are clusters.
 * Of a plan, what does not run is grey.
 */
#ifndef WORKFLOW_DRAW_H
#define WORKFLOW_DRAW_H

#include "base/input.h"
#include "base/out.h"
#include "workflow/graph.h"
#include "workflow/plan.h"

enum draw_form { DRAW_DOT, DRAW_MERMAID };

struct drawing {
	struct wf *wf;
	const struct graph *graph; /* GRAPH_BRANCHES; cycles are fine */
	enum draw_form form;
	bool left_to_right;           /* instead of top to bottom */
	const enum plan_action *plan; /* of each step; NULL: no plan */
};

void draw(const struct drawing *d, struct out *out);

/*
 * Read a plan, JSON Lines as wf-plan writes them, into action[] of each step; steps that it does not
 * have run. False: something was wrong with it; said so, and the rest was taken.
 */
bool draw_read_plan(const struct wf *wf, struct input *in, enum plan_action *action);

#endif
