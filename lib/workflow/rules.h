/*
 * The table of rules (rules.def) and the level at which each is reported.
 */
#ifndef WORKFLOW_RULES_H
#define WORKFLOW_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum rule_id {

#define RULE(id, level, title, why) RULE_##id,
#include "workflow/rules.def"
#undef RULE
	RULE_COUNT
};

enum rule_level { RULE_OFF, RULE_NOTE, RULE_WARNING, RULE_ERROR, RULE_STARRED };

struct rule {
	const char *id; /* "R06" */
	enum rule_level level;
	const char *title; /* what is found */
	const char *why;   /* why it is a fault, what would be right */
};

extern const struct rule rules[RULE_COUNT];

/* RULE_COUNT when there is none of that id (case does not matter). */
enum rule_id rule_find(const char *id);
/* The rule whose id is nearest, for "did you mean"; NULL. */
const char *rule_nearest(const char *id);

/* "off", "note", "warning", "error" */
const char *rule_level_name(enum rule_level level);

/* At which level each rule is reported. All zero is the default of the table. */
struct rule_levels {
	unsigned char set[RULE_COUNT]; /* 0: as in the table; else level + 1 */
	bool strict;                   /* starred rules are errors */
	bool fatal;                    /* warnings are errors */
	uint32_t conditions;           /* how many are tried in all combinations; 0: see flow.h */
	bool errors_only;              /* nothing below an error is reported */
};

/* The level of a rule whose finding would by itself have `level`. */
enum rule_level rule_level(
    const struct rule_levels *levels, enum rule_id rule, enum rule_level level);

/*
 * What -W says: "RULE=LEVEL", "RULE" (the same as RULE=warning), "no-RULE"; RULE is an id or
 * the letter of a family ("R"); "strict"; "error" (warnings are errors); comma-separated.
 * False: `wrong` says why.
 */
bool rule_levels_parse(struct rule_levels *levels, const char *text, struct buf *wrong);

#endif
