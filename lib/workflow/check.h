/*
 * Checking a workflow document by the rules of rules.def. Everything that is
 * wrong is reported in one run, in the order of the document, each at the value at fault:
 *
 *	flow.json:17:42: error: step "train": ... [R06]
 *
 * What only follows from a fault that was reported is not.
 */
#ifndef WORKFLOW_CHECK_H
#define WORKFLOW_CHECK_H

#include "workflow/load.h"
#include "workflow/rules.h"

/* How many errors there were; `levels` NULL is the table's. The kind of document is wf->kind. */
size_t wf_check(struct wf *wf, const struct rule_levels *levels);

/* An execution record against the workflow it is one of (rules X01, X04). */
size_t wf_check_execution(struct wf *execution, struct wf *wf, const struct rule_levels *levels);

#endif
