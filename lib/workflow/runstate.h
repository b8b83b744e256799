/*
 * What became of a run: read from its stamps, and told as a table, as an execution record of
 * the service's form, and as one HTML page.
 */
#ifndef WORKFLOW_RUNSTATE_H
#define WORKFLOW_RUNSTATE_H

#include "workflow/graph.h"
#include "workflow/rundir.h"

struct runstate {
	const struct wf *wf;
	const char *run, *execution;
	struct stamp *stamp; /* one a step */
};

void runstate_read(struct runstate *s, const struct wf *wf, const char *run, const char *execution);
void runstate_release(struct runstate *s);

/* "completed", "skipped", "failed", "timeout", "stopped", "blocked", "running", "waiting" */
struct span runstate_status(const struct runstate *s, uint32_t step, struct buf *scratch);

/* A table: step, status, duration, why. Returns how many steps have failed. */
uint32_t runstate_table(struct buf *out, const struct runstate *s);

/* {"execution_id":..., "status":..., "steps_execution":[...]} */
void runstate_record(struct buf *out, const struct runstate *s);

/* One self-contained page: the graph, the steps on a line of time, and the ends of the logs. */
void runstate_report(struct buf *out, const struct runstate *s);

#endif
