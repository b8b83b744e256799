/*
 * What the rules have in common: the document under check, and how a finding is
 * reported. For check.c and the rules_*.c only.
 *
 * A rule is a function of struct check that looks at the model (load.h) and calls
 * found(). Findings are kept, sorted by place, and said at the end.
 */
#ifndef WORKFLOW_FINDING_H
#define WORKFLOW_FINDING_H

#include "base/strmap.h"
#include "workflow/graph.h"
#include "workflow/load.h"
#include "workflow/rules.h"

enum name_list { LIST_STEPS, LIST_PARAMS, LIST_DATA, LIST_REQUIREMENTS, LIST_STORAGES, LIST_COUNT };

struct finding;

struct check {
	struct wf *wf;
	const struct rule_levels *levels;
	struct graph graph;
	bool *may_skip; /* of each step; made by rules_graph() */
	uint32_t
	    seen[RULE_COUNT]; /* findings so far: what only follows from them is not reported */

	/* private to finding.c */
	struct finding *finding;
	size_t n, cap, errors;
	const char **names[LIST_COUNT]; /* of each list, for "did you mean" */
	size_t nnames[LIST_COUNT];
	uint64_t guesses; /* how many more words may be compared */
	struct buf text;
};

/*
 * Report a finding of `rule` at the value `at`; `step` is the step it is about, or WF_NONE. The
 * message says what is wrong and what would be right.
 */
void found(struct check *c, enum rule_id rule, const struct json_node *at, uint32_t step,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same at the key of a member. */
void found_key(struct check *c, enum rule_id rule, const struct json_node *at, uint32_t step,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same with another level than the rule's own. */
void found_as(struct check *c, enum rule_id rule, enum rule_level level, const struct json_node *at,
    uint32_t step, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/*
 * "; did you mean \"x\"?" for a word that is none of a list of names, else "". The text is valid until
 * the next call.
 */
const char *guess_name(struct check *c, enum name_list list, struct span word);
/* The same among fixed words; when none is near, "; there are a, b, c". */
const char *guess_word(struct check *c, struct span word, const char *const *words, size_t n);
/* The same among the inputs or outputs of a step. */
const char *guess_port(struct check *c, struct wf_range ports, struct span word);

/* Is `word` one of the n words? */
bool word_in(struct span word, const char *const *words, size_t n);

void check_begin(struct check *c, struct wf *wf, const struct rule_levels *levels);
/* Say all findings; the number of errors. */
size_t check_end(struct check *c);

/* for messages: the name of a step, parameter ..., "" when it has none */
static inline struct span
shown(struct span name)
{
	return name.p ? name : SPAN("");
}

static inline struct span
step_name(const struct check *c, uint32_t step)
{
	return shown(c->wf->step[step].name);
}

/* ---- the families, each in its file ---- */

void rules_members(struct check *c);    /* S */
void rules_names(struct check *c);      /* N */
void rules_words(struct check *c);      /* T */
void rules_references(struct check *c); /* R */
void rules_graph(struct check *c);      /* G */
void rules_conditions(struct check *c); /* C, T08 */
void rules_flow(struct check *c);       /* F */
void rules_policy(struct check *c);     /* P */
void rules_values(struct check *c);     /* V */
void rules_execution(struct check *c);  /* T09, X02, X03, X05 */
void rules_schedule(struct check *c);   /* V10 */

#endif
