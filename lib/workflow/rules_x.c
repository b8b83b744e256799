/* Rules X and T09: execution records, by themselves and against their workflow. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "workflow/check.h"
#include "workflow/finding.h"

static const char *const execution_statuses[] = { "init", "running", "completed", "stopped",
	"abnormal" };
/* In the order that a step goes through them: see `rank`. */
static const char *const step_statuses[] = { "init", "wait_inputs", "pending", "hold", "creating",
	"created", "running", "stopping", "stopped", "timeout", "failed", "create_failed",
	"completed", "skipped" };
static const int rank[] = { 0, 1, 2, 2, 3, 4, 5, 6, 7, 7, 7, 7, 8, 8 };
static const char *const actions[] = { "retry", "stop", "continue" };

enum { RANK_RETRY = 3, RANK_ENDED = 7, RANK_FINAL = 8 };

static int
step_rank(struct span status)
{
	for (size_t i = 0; i < ARRAY_LEN(step_statuses); i++)
		if (span_is(status, step_statuses[i]))
			return rank[i];
	return -1;
}

/* ---- T09 ---- */

/* The status word of an object; SPAN_NONE when it has none, or an unknown one (reported). */
static struct span
check_status(struct check *c, const struct json_node *object, const char *member,
    const char *const *words, size_t n)
{
	const struct json_node *node = json_tree_get(&c->wf->tree, object, member);
	struct span text = wf_text(c->wf, node);

	if (text.p == NULL || word_in(text, words, n))
		return text;
	found(c, RULE_T09, node, WF_NONE, "unknown %s \"%.*s\"%s", member, SPAN_ARG(text),
	    guess_word(c, text, words, n));
	return SPAN_NONE;
}

/* ---- events ---- */

struct event {
	int64_t time; /* seconds; -1: none */
	struct span from, to;
};

/* Days from 1970-01-01 (proleptic Gregorian). */
static int64_t
days_of(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* "2024-01-31 12:00:00" at the start of `text`; -1 when it is none. */
static int64_t
time_of(struct span text)
{
	static const char form[] = "0000-00-00 00:00:00";
	int64_t v[6] = { 0 };
	int k = 0;

	if (text.n < sizeof(form) - 1)
		return -1;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] != '0') {
			if (text.p[i] != form[i])
				return -1;
			k++;
		} else if (text.p[i] < '0' || text.p[i] > '9') {
			return -1;
		} else {
			v[k] = v[k] * 10 + (text.p[i] - '0');
		}
	}
	return ((days_of(v[0], v[1], v[2]) * 24 + v[3]) * 60 + v[4]) * 60 + v[5];
}

/* "TIME change status from A to B" */
static bool
event_parse(struct span text, struct event *e)
{
	static const char middle[] = " change status from ";
	const char *p = memmem(text.p, text.n, middle, sizeof(middle) - 1), *to;

	if (p == NULL)
		return false;
	e->time = time_of(text);
	e->from = span_of(p + sizeof(middle) - 1, text.p + text.n);
	to = memmem(e->from.p, e->from.n, " to ", 4);
	if (to == NULL)
		return false;
	e->to = span_trim(span_of(to + 4, text.p + text.n));
	e->from = span_trim(span_of(e->from.p, to));
	return true;
}

/* Can a step go from one status to the other? */
static bool
possible(struct span from, struct span to)
{
	int a = step_rank(from), b = step_rank(to);

	if (a < 0 || b < 0)
		return true;
	if (a == RANK_ENDED)
		return b <= RANK_RETRY; /* a retry */
	return a != RANK_FINAL && (b > a || (b == a && !span_eq(from, to)));
}

/* X02, and the first and last event. False: there is none. */
static bool
check_events(struct check *c, const struct json_node *list, struct event *first, struct event *last)
{
	struct event e = { .time = -1 };
	bool any = false;

	if (json_node_type(list) != JSON_ARRAY)
		return false;
	for (const struct json_node *n = json_node_first(list); n; n = json_node_next(n)) {
		struct span text = wf_text(c->wf, n);

		if (text.p == NULL || !event_parse(text, &e))
			continue;
		if (!possible(e.from, e.to))
			found(c, RULE_X02, n, WF_NONE, "a step does not go from %.*s to %.*s",
			    SPAN_ARG(e.from), SPAN_ARG(e.to));
		else if (any && !span_eq(last->to, e.from))
			found(c, RULE_X02, n, WF_NONE,
			    "the change is from %.*s, but the one before led to %.*s",
			    SPAN_ARG(e.from), SPAN_ARG(last->to));
		if (!any)
			*first = e;
		*last = e;
		any = true;
	}
	return any;
}

/* Seconds by which duration and events may differ: rounding, and the service's own delays. */
#define SLACK_SECONDS 60

static void
check_duration(struct check *c, const struct json_node *object, int64_t seconds)
{
	const struct json_node *n = json_tree_get(&c->wf->tree, object, "duration");
	struct span text = json_node_type(n) == JSON_STRING ? wf_text(c->wf, n)
			   : n                              ? json_node_raw(n)
							    : SPAN("");
	int64_t duration;

	if (!num_parse_i64(text, &duration))
		return;
	if (llabs(duration - seconds) > SLACK_SECONDS + seconds / 10)
		found(c, RULE_X05, n, WF_NONE,
		    "the duration is %lld seconds, but the events span %lld", (long long)duration,
		    (long long)seconds);
}

static void
check_step_execution(struct check *c, const struct json_node *s)
{
	const struct json_tree *t = &c->wf->tree;
	struct span status = check_status(c, s, "status", step_statuses, ARRAY_LEN(step_statuses));
	const struct json_node *policy = json_tree_get(t, s, "policy");
	struct event first = { .time = -1 }, last = { .time = -1 };

	if (json_node_type(policy) == JSON_OBJECT)
		check_status(c, policy, "execution_policy", actions, ARRAY_LEN(actions));
	if (!check_events(c, json_tree_get(t, s, "events"), &first, &last))
		return;
	if (status.p && !span_eq(status, last.to))
		found(c, RULE_X03, json_tree_get(t, s, "status"), WF_NONE,
		    "the status is %.*s, but the last event led to %.*s", SPAN_ARG(status),
		    SPAN_ARG(last.to));
	if (first.time >= 0 && last.time > first.time)
		check_duration(c, s, last.time - first.time);
}

static const struct json_node *
first_step_execution(const struct check *c)
{
	const struct json_node *list =
	    json_tree_get(&c->wf->tree, c->wf->tree.root, "steps_execution");

	return json_node_type(list) == JSON_ARRAY ? json_node_first(list) : NULL;
}

void
rules_execution(struct check *c)
{
	check_status(
	    c, c->wf->tree.root, "status", execution_statuses, ARRAY_LEN(execution_statuses));
	for (const struct json_node *s = first_step_execution(c); s; s = json_node_next(s))
		check_step_execution(c, s);
}

/* ---- X01, X04: against the workflow ---- */

static struct span
executed_name(struct check *c, const struct json_node *s)
{
	struct span name = wf_text(c->wf, json_tree_get(&c->wf->tree, s, "step_name"));

	return name.p ? name : wf_text(c->wf, json_tree_get(&c->wf->tree, s, "name"));
}

/* The status of each step of the workflow in the record; X01. */
static struct span *
statuses_of(struct check *c, const struct wf *wf)
{
	struct span *status = xcalloc(wf->nsteps, sizeof(*status));

	for (const struct json_node *s = first_step_execution(c); s; s = json_node_next(s)) {
		struct span name = executed_name(c, s);
		uint32_t step = wf_find_step(wf, name);

		if (name.p && step == WF_NONE)
			found(c, RULE_X01, json_tree_get(&c->wf->tree, s, "step_name"), WF_NONE,
			    "the workflow %s has no step \"%.*s\"", wf->file, SPAN_ARG(name));
		else if (name.p)
			status[step] = wf_text(c->wf, json_tree_get(&c->wf->tree, s, "status"));
	}
	return status;
}

/* X04 of one step of the record. */
static void
check_before(
    struct check *c, const struct wf *wf, const struct span *status, const struct json_node *s)
{
	uint32_t step = wf_find_step(wf, executed_name(c, s));
	struct wf_range d;

	if (step == WF_NONE || !status[step].p || !span_is(status[step], "completed"))
		return;
	d = wf->step[step].depend;
	for (uint32_t i = d.at; i < d.at + d.n; i++) {
		struct span before =
		    wf->link[i].step == WF_NONE ? SPAN_NONE : status[wf->link[i].step];

		if (before.p && step_rank(before) != RANK_FINAL)
			found(c, RULE_X04, json_tree_get(&c->wf->tree, s, "status"), WF_NONE,
			    "step \"%.*s\" is completed, but \"%.*s\", which it depends on, is %.*s",
			    SPAN_ARG(shown(wf->step[step].name)), SPAN_ARG(wf->link[i].name),
			    SPAN_ARG(before));
	}
}

size_t
wf_check_execution(struct wf *execution, struct wf *wf, const struct rule_levels *levels)
{
	struct check c;
	struct span *status;

	check_begin(&c, execution, levels);
	status = statuses_of(&c, wf);
	for (const struct json_node *s = first_step_execution(&c); s; s = json_node_next(s))
		check_before(&c, wf, status, s);
	free(status);
	return check_end(&c);
}
