/*
 * What a step does when its turn comes: run or be skipped. The one place where that is
 * decided; the plan (before anything runs) and the run (by make or a cluster) both ask here.
 *
 *	1. a predecessor failed, or was itself kept from running: the step is blocked
 *	2. a condition step came out the other way: a step of the branch not taken is skipped
 *	3. all its predecessors were skipped: it is skipped (a step without any never is)
 *	4. its own skip conditions hold: it is skipped
 *	5. it runs
 *
 * So a join of two branches runs when one of them did. A predecessor outside of the scene
 * that is run counts as completed.
 *
 * Source: the service's manual on branches ("steps whose only root is skipped are skipped
 * too"), put into a rule that fits every published example.
 */
#ifndef WORKFLOW_DECIDE_H
#define WORKFLOW_DECIDE_H

#include "workflow/load.h"
#include "workflow/value.h"

enum step_state {
	STEP_UNKNOWN, /* not known yet: it has not run, or a plan cannot tell */
	STEP_COMPLETED,
	STEP_SKIPPED,
	STEP_FAILED,
	STEP_BLOCKED, /* kept from running by a failure before it */
	STEP_OUTSIDE, /* not in the scene */
};

/* "unknown", "completed", "skipped", "failed", "blocked", "outside" */
const char *step_state_name(enum step_state state);

enum step_action {
	STEP_RUN,
	STEP_SKIP,
	STEP_BLOCK,
	STEP_WAIT, /* it depends on something that is not known */
};

enum step_reason {
	REASON_NONE,           /* RUN */
	REASON_FAILED,         /* BLOCK: `step` failed or is blocked */
	REASON_BRANCH,         /* SKIP: the condition `step` went the other way */
	REASON_PREDECESSORS,   /* SKIP: all were; `step` is the first of them */
	REASON_SKIP_CONDITION, /* SKIP: its own skip conditions hold */
	REASON_STATE,          /* WAIT: the state of `step` is not known */
	REASON_VERDICT,        /* WAIT: the condition `step` is not decided */
	REASON_SKIP_UNKNOWN,   /* WAIT: its own skip conditions are not decided */
};

struct decision {
	enum step_action action;
	enum step_reason reason;
	uint32_t step; /* of the reason, WF_NONE when it names none */
};

/* Which condition steps have a step in their lists: made once, used for all. */
struct branches {
	uint32_t *at; /* those of step s: entry[at[s]] ... entry[at[s + 1] - 1] */

	struct branch {
		uint32_t condition;
		bool then; /* in if_then_steps, else in else_then_steps */
	} * entry;
};

void branches_init(struct branches *b, const struct wf *wf);
void branches_release(struct branches *b);

/* Who knows what happened so far. */
struct decide_env {
	void *ctx;
	enum step_state (*state)(void *ctx, uint32_t step);
	/* how a condition step that has completed came out */
	enum verdict (*verdict)(void *ctx, uint32_t step);
	/* do the skip conditions of this step hold? asked only when it has some */
	enum verdict (*skip_if)(void *ctx, uint32_t step);
};

struct decision step_decide(
    const struct wf *wf, const struct branches *b, uint32_t step, const struct decide_env *env);

/* Append why, for people: "the condition 'gate' was false"; nothing for RUN. */
void decision_reason(struct buf *out, const struct wf *wf, const struct branches *b, uint32_t step,
    struct decision d);

#endif
