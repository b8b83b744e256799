/*
 * The graph of a workflow: steps and their depend_steps. Edges to unknown steps, to
 * the step itself and repeated ones are left out (rules G01, G02, G04 report them).
 * All of it is linear in steps and edges and uses no recursion.
 */
#ifndef WORKFLOW_GRAPH_H
#define WORKFLOW_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "workflow/load.h"

struct graph {
	uint32_t n;
	/* predecessors of step s: pred[pred_at[s]] ... pred[pred_at[s + 1] - 1], in order of
	 * the document; successors likewise, by index */
	uint32_t *pred_at, *pred, *succ_at, *succ;
	/* With GRAPH_BRANCHES a step also stands behind the conditions whose branches name it.
	 * Its dependencies are then only pred[pred_at[s]] ... pred[dep_end[s] - 1]. */
	uint32_t *dep_end;
	/* The branches that name step s: ctl[ctl_at[s]] ..., each 2 * the condition's index,
	 * + 1 when the branch is if_then_steps */
	uint32_t *ctl_at, *ctl;
	/* The steps in an order in which each stands behind its predecessors; of two that
	 * could both be next the one that stands first in the document. Steps of a cycle and
	 * behind one are not in it: norder < n. */
	uint32_t *order, norder;
	/* Strongly connected components of more than one step: members of cycle c are
	 * member[cycle_at[c]] ..., listed along one whole loop a -> b -> c (a depends on b);
	 * ncycles of them, by their first step in the document. */
	uint32_t *cycle_at, *member, ncycles;
	/* private: for graph_reaches() */
	uint32_t *level, *pre, *post, *mark, *stack, stamp;
	uint64_t budget;
};

/*
 * GRAPH_DEPENDS: the order by depend_steps alone, as the service has it. GRAPH_BRANCHES: also
 * no step before the decision that it hangs on, as plans and runs here have it.
 */
enum graph_edges { GRAPH_DEPENDS, GRAPH_BRANCHES };

void graph_init(struct graph *g, const struct wf *wf, enum graph_edges edges);
void graph_release(struct graph *g);

enum reach { REACH_NO, REACH_YES, REACH_UNKNOWN };

/*
 * Is `from` an ancestor of `to` (a path of dependencies leads from `to` back to it)? A step is
 * no ancestor of itself. Mostly answered at once; the rest by a search, and all searches
 * together look at no more than GRAPH_BUDGET steps: then REACH_UNKNOWN.
 */
enum reach graph_reaches(struct graph *g, uint32_t from, uint32_t to);
#define GRAPH_BUDGET ((uint64_t)20 * 1000 * 1000)

#endif
