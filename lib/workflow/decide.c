/* Run or skip: see decide.h. */
#include "workflow/decide.h"

#include <stdlib.h>

const char *
step_state_name(enum step_state state)
{
	static const char *const name[] = { "unknown", "completed", "skipped", "failed", "blocked",
		"outside" };

	return name[state];
}

/* ---- branches ---- */

/* Call for each entry of the lists of all condition steps. */
static void
each_entry(const struct wf *wf, void (*visit)(struct branches *, uint32_t, struct branch),
    struct branches *b)
{
	for (uint32_t c = 0; c < wf->nsteps; c++) {
		const struct wf_range list[] = { wf->step[c].if_else, wf->step[c].if_then };

		for (unsigned then = 0; wf->step[c].type == WF_CONDITION && then < 2; then++)
			for (uint32_t i = 0; i < list[then].n; i++) {
				uint32_t s = wf->link[list[then].at + i].step;

				if (s != WF_NONE)
					visit(b, s, (struct branch){ c, then });
			}
	}
}

static void
count_entry(struct branches *b, uint32_t step, struct branch e)
{
	(void)e;
	b->at[step + 1]++;
}

/* at[step] runs through the step's entries and ends where the next one's begin. */
static void
put_entry(struct branches *b, uint32_t step, struct branch e)
{
	b->entry[b->at[step]++] = e;
}

void
branches_init(struct branches *b, const struct wf *wf)
{
	b->at = xcalloc((size_t)wf->nsteps + 1, sizeof(*b->at));
	each_entry(wf, count_entry, b);
	for (uint32_t s = 0; s < wf->nsteps; s++)
		b->at[s + 1] += b->at[s];
	b->entry = xcalloc((size_t)b->at[wf->nsteps] + 1, sizeof(*b->entry));
	each_entry(wf, put_entry, b);
	for (uint32_t s = wf->nsteps; s > 0; s--)
		b->at[s] = b->at[s - 1];
	b->at[0] = 0;
}

void
branches_release(struct branches *b)
{
	free(b->at);
	free(b->entry);
	*b = (struct branches){ NULL, NULL };
}

/* ---- the decision ---- */

static bool
find_failed(const struct wf *wf, uint32_t step, const struct decide_env *env, struct decision *d)
{
	const struct wf_range depend = wf->step[step].depend;

	for (uint32_t i = 0; i < depend.n; i++) {
		uint32_t p = wf->link[depend.at + i].step;
		enum step_state state = p == WF_NONE ? STEP_OUTSIDE : env->state(env->ctx, p);

		if (state == STEP_FAILED || state == STEP_BLOCKED) {
			*d = (struct decision){ STEP_BLOCK, REASON_FAILED, p };
			return true;
		}
	}
	return false;
}

/* One condition that went the other way is enough; one that is not decided leaves it open. */
static bool
find_branch(
    const struct branches *b, uint32_t step, const struct decide_env *env, struct decision *d)
{
	bool open = false;

	for (uint32_t i = b->at[step]; i < b->at[step + 1]; i++) {
		uint32_t c = b->entry[i].condition;
		enum step_state state = env->state(env->ctx, c);
		enum verdict v = VERDICT_UNKNOWN;

		if (state != STEP_COMPLETED && state != STEP_UNKNOWN)
			continue; /* skipped, outside: it decides nothing */
		if (state == STEP_COMPLETED)
			v = env->verdict(env->ctx, c);
		if (v == VERDICT_UNKNOWN && !open) {
			*d = (struct decision){ STEP_WAIT, REASON_VERDICT, c };
			open = true;
		} else if (v != VERDICT_UNKNOWN && (v == VERDICT_TRUE) != b->entry[i].then) {
			*d = (struct decision){ STEP_SKIP, REASON_BRANCH, c };
			return true;
		}
	}
	return open;
}

/* All skipped? One that is not known leaves it open, unless another one is there to run for. */
static bool
find_predecessors(
    const struct wf *wf, uint32_t step, const struct decide_env *env, struct decision *d)
{
	const struct wf_range depend = wf->step[step].depend;
	uint32_t skipped = 0, first = WF_NONE, unknown = WF_NONE;

	for (uint32_t i = 0; i < depend.n; i++) {
		uint32_t p = wf->link[depend.at + i].step;
		enum step_state state = p == WF_NONE ? STEP_OUTSIDE : env->state(env->ctx, p);

		if (state == STEP_UNKNOWN && unknown == WF_NONE)
			unknown = p;
		skipped += state == STEP_SKIPPED;
		if (state == STEP_SKIPPED && first == WF_NONE)
			first = p;
	}
	if (unknown != WF_NONE)
		*d = (struct decision){ STEP_WAIT, REASON_STATE, unknown };
	else if (depend.n > 0 && skipped == depend.n)
		*d = (struct decision){ STEP_SKIP, REASON_PREDECESSORS, first };
	else
		return false;
	return true;
}

struct decision
step_decide(
    const struct wf *wf, const struct branches *b, uint32_t step, const struct decide_env *env)
{
	struct decision d = { STEP_RUN, REASON_NONE, WF_NONE }, before = d;
	enum verdict v;

	if (find_failed(wf, step, env, &d) ||
	    (find_branch(b, step, env, &d) && d.action == STEP_SKIP))
		return d;
	if (find_predecessors(wf, step, env, &before) && before.action == STEP_SKIP)
		return before;
	if (d.action == STEP_WAIT || before.action == STEP_WAIT)
		return d.action == STEP_WAIT ? d : before;
	if (wf->step[step].skip_if == NULL)
		return d;
	v = env->skip_if(env->ctx, step);
	if (v == VERDICT_TRUE)
		return (struct decision){ STEP_SKIP, REASON_SKIP_CONDITION, WF_NONE };
	if (v == VERDICT_UNKNOWN)
		return (struct decision){ STEP_WAIT, REASON_SKIP_UNKNOWN, WF_NONE };
	return d;
}

static bool
is_in_then(const struct branches *b, uint32_t step, uint32_t condition)
{
	for (uint32_t i = b->at[step]; i < b->at[step + 1]; i++)
		if (b->entry[i].condition == condition && b->entry[i].then)
			return true;
	return false;
}

void
decision_reason(struct buf *out, const struct wf *wf, const struct branches *b, uint32_t step,
    struct decision d)
{
	struct span name = d.step == WF_NONE ? SPAN_NONE : wf->step[d.step].name;

	switch (d.reason) {
	case REASON_NONE:
		break;
	case REASON_FAILED:
		buf_addf(out, "the step '%.*s' failed or did not run", SPAN_ARG(name));
		break;
	case REASON_BRANCH:
		buf_addf(out, "the condition '%.*s' was %s", SPAN_ARG(name),
		    is_in_then(b, step, d.step) ? "false" : "true");
		break;
	case REASON_PREDECESSORS:
		buf_addf(out,
		    wf->step[step].depend.n == 1
			? "the step '%.*s' was skipped"
			: "'%.*s' and all other steps before it were skipped",
		    SPAN_ARG(name));
		break;
	case REASON_SKIP_CONDITION:
		buf_adds(out, "its skip conditions hold");
		break;
	case REASON_STATE:
		buf_addf(out, "it is not known whether the step '%.*s' runs", SPAN_ARG(name));
		break;
	case REASON_VERDICT:
		buf_addf(out, "the condition '%.*s' is not decided", SPAN_ARG(name));
		break;
	case REASON_SKIP_UNKNOWN:
		buf_adds(out, "its skip conditions are not decided");
		break;
	}
}
