/* All rules on a document: see check.h. */
#include "workflow/check.h"

#include "workflow/finding.h"

static void
check_workflow(struct check *c)
{
	graph_init(&c->graph, c->wf, GRAPH_DEPENDS);
	rules_names(c);
	rules_words(c);
	rules_references(c);
	rules_graph(c);
	rules_conditions(c);
	rules_flow(c);
	rules_policy(c);
	rules_values(c);
	if (c->graph.budget == 0)
		found_as(c, RULE_G07, RULE_NOTE, NULL, WF_NONE,
		    "the graph is so dense that not all ways in it were followed: findings of "
		    "G05, G07, C04, C07 and C15 may be missing");
}

size_t
wf_check(struct wf *wf, const struct rule_levels *levels)
{
	struct check c;

	check_begin(&c, wf, levels);
	rules_members(&c);
	switch (wf->kind) {
	case WF_DOC_CREATE:
	case WF_DOC_UPDATE:
	case WF_DOC_SHOW:
		check_workflow(&c);
		break;
	case WF_DOC_EXECUTION:
		rules_execution(&c);
		break;
	case WF_DOC_SCHEDULE:
		rules_schedule(&c);
		break;
	}
	return check_end(&c);
}
