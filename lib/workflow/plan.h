/*
 * The plan of a workflow: what each step would do, before anything runs.
 *
 * Steps are decided in order by step_decide() (decide.h), the same function that a run asks.
 * A step that would run counts as completed for those behind it; conditions are evaluated with the
 * parameters and metrics that are at hand, and what they leave open stays open.
 */
#ifndef WORKFLOW_PLAN_H
#define WORKFLOW_PLAN_H

#include "workflow/decide.h"
#include "workflow/graph.h"
#include "workflow/params.h"

/* What a step would do. */
enum plan_action {
	PLAN_RUN,
	PLAN_WAIT, /* run, after a delayed parameter or data object was given */
	PLAN_SKIP,
	PLAN_BLOCKED, /* kept from running by a failed step */
	PLAN_FAILED,  /* assumed to fail */
	PLAN_MAYBE,   /* depends on something that is not known */
	PLAN_OUTSIDE, /* not asked for: not in the scene, not behind the step to start from */
};

/* "run", "wait", "skip", "blocked", "fail", "maybe", "outside" */
const char *plan_action_name(enum plan_action action);

struct wf_plan_step {
	enum plan_action action;
	struct decision decision; /* why */
	enum step_state state;    /* for the steps behind it */
	enum verdict verdict;     /* of a condition step */
	enum verdict recorded;    /* the same in an execution record */
	bool assumed;             /* the state was given, not found */
};

struct wf_plan {
	struct wf *wf;
	struct graph graph; /* with the branches; graph.order is the order of the plan */
	struct branches branches;
	struct wf_plan_step *step;
	struct wf_known known;
	bool chosen; /* only some steps are asked for */
};

/* The wf, params and metrics must outlive the plan. False: a cycle leaves steps without an order; said so [G03]. */
bool wf_plan_init(
    struct wf_plan *p, struct wf *wf, const struct params *params, struct metrics_set *metrics);
void wf_plan_release(struct wf_plan *p);

/* The step of that name; WF_NONE: there is none; said so, with the nearest name (status 2). */
uint32_t wf_plan_find(const struct wf_plan *p, struct span name);

/* ---- what is asked for; before wf_plan_make() ---- */

/* Only the steps of a scene, one step, or a step and all behind it. Several add up. False: there is none; said so. */
bool wf_plan_scene(struct wf_plan *p, const char *name);
bool wf_plan_only(struct wf_plan *p, const char *step);
bool wf_plan_from(struct wf_plan *p, const char *step);
/* "STEP=completed|skipped|failed", or "STEP=true|false" of a condition. False: said so (status 2). */
bool wf_plan_assume(struct wf_plan *p, const char *argument);

/* Decide all steps. What leaves a condition open is said as notes. */
void wf_plan_make(struct wf_plan *p);

/* ---- what comes of it ---- */

/*
 * What input `port` of a step that runs reads: index of a reference of the wf (wf.ref), the one that a
 * selector takes among them.
 */
enum plan_source {
	SOURCE_FIXED,   /* no output of a step: data, a parameter, a value */
	SOURCE_OUTPUT,  /* the output that *ref names */
	SOURCE_EARLIER, /* the same of a step that is not run this time */
	SOURCE_OPEN,    /* not known yet which, or whether it is there */
	SOURCE_MISSING, /* the step of *ref is skipped, or all of a selector's are */
};

enum plan_source wf_plan_input(
    const struct wf_plan *p, uint32_t port, uint32_t *ref, bool *several);

/* The delayed parameter or data requirement without a value that a step waits for; NULL: none. */
const struct wf_object *wf_plan_waits_for(const struct wf_plan *p, uint32_t step);

/* Report inputs that will not be there (errors, F07), and selectors with a choice (warnings, F05). */
void wf_plan_report_inputs(const struct wf_plan *p);

/* Append why a step does what it does; nothing for a plain run. */
void wf_plan_reason(const struct wf_plan *p, uint32_t step, struct buf *out);

/* ---- a record of what happened ---- */

/*
 * Take over from an execution record what cannot be known before: failures and the results of
 * conditions that the plan leaves open. Before wf_plan_make().
 */
void wf_plan_assume_execution(struct wf_plan *p, struct wf *execution);
/* Where the record differs from the plan: X06. How many. */
size_t wf_plan_compare(const struct wf_plan *p, struct wf *execution);

#endif
