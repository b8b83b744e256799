/*
 * The values that a user gives to the parameters of a workflow, and what is
 * known when its conditions are decided.
 *
 * Of a parameter counts what was given, else its `value` in the document, else its
 * `default`. Given on a command line, NAME=VALUE, a value has the type that the
 * document declares; without a document it is a JSON number, true, false, null,
 * list or "string", and anything else is a string as it stands.
 */
#ifndef WORKFLOW_PARAMS_H
#define WORKFLOW_PARAMS_H

#include "base/strmap.h"
#include "workflow/cond.h"
#include "workflow/load.h"
#include "workflow/metrics.h"

struct params {
	struct param {
		struct span name;
		struct value value;
		struct buf text; /* as given on the command line; NULL in a file */
		struct pos at;
	} * given;

	size_t n, cap;
	struct strmap index; /* name to place in given */
	struct strmap files; /* names that `at` points to */
};

/* "NAME=VALUE"; a later one wins. False: it is not; said so (usage, status 2). */
bool params_add(struct params *p, const char *argument);
/*
 * A JSON file, {"NAME": VALUE, ...}, or [{"name": ..., "value": ...}, ...] as the
 * service has it in executions. False: said so.
 */
bool params_read(struct params *p, const char *path);
void params_release(struct params *p);

/*
 * What counts for parameter `name`; `wf` may be NULL: only what was given is there.
 * LOOKUP_UNUSABLE: declared, but without a value; `why` names it with its
 * description.
 */
enum lookup params_find(const struct params *p, const struct wf *wf, struct span name,
    struct value *value, struct buf *why);

/*
 * Before a workflow runs: each name given is declared [R02] and has the declared
 * type [V01] and one of the values of `enum` [V02]; what is known of a flavor meets the
 * parameter's `constraint` [V02]; each parameter that is used has a value [V06]. `flavors` (may be
 * NULL) is the site's table, {"FLAVOR": {"ATTRIBUTE": VALUE, ...}, ...}. False: something
 * is wrong; all of it was reported as errors.
 */
bool params_check(const struct params *p, const struct wf *wf, const struct json_tree *flavors);
/* The same of what was given alone: other parameters may stay without a value. */
bool params_check_given(const struct params *p, const struct wf *wf);

/* ---- what conditions are decided by ---- */

struct wf_known {
	const struct params *params;
	const struct wf *wf; /* may be NULL */
	struct metrics_set *metrics;
};

/* For cond_eval(); `k` must outlive it. */
struct cond_env wf_known_env(struct wf_known *k);

#endif
