/* The table of rules: see rules.h. */
#include "workflow/rules.h"

#include <strings.h>

#include "base/mem.h"
#include "base/tool.h"

const struct rule rules[RULE_COUNT] = {
#define RULE(id, level, title, why) [RULE_##id] = { #id, RULE_##level, title, why },
#include "workflow/rules.def"
#undef RULE
};

enum rule_id
rule_find(const char *id)
{
	int i = 0;

	while (i < RULE_COUNT && strcasecmp(rules[i].id, id) != 0)
		i++;
	return (enum rule_id)i;
}

const char *
rule_nearest(const char *id)
{
	const char *ids[RULE_COUNT];

	for (int i = 0; i < RULE_COUNT; i++)
		ids[i] = rules[i].id;
	return nearest_word(id, ids, RULE_COUNT);
}

const char *
rule_level_name(enum rule_level level)
{
	static const char *const names[] = { "off", "note", "warning", "error", "warning*" };

	return names[level];
}

enum rule_level
rule_level(const struct rule_levels *levels, enum rule_id rule, enum rule_level level)
{
	if (levels->set[rule])
		level = (enum rule_level)(levels->set[rule] - 1);
	if (level == RULE_STARRED)
		level = levels->strict ? RULE_ERROR : RULE_WARNING;
	if (level == RULE_WARNING && levels->fatal)
		level = RULE_ERROR;
	if (level < RULE_ERROR && levels->errors_only && !levels->set[rule])
		level = RULE_OFF;
	return level;
}

/* One rule, or all of a family that is named by its letter. False when there is none. */
static bool
set_rules(struct rule_levels *levels, const char *id, enum rule_level level)
{
	bool any = false;

	for (int i = 0; i < RULE_COUNT; i++) {
		if (strcasecmp(id, rules[i].id) != 0 &&
		    (id[0] == '\0' || id[1] != '\0' || strncasecmp(id, rules[i].id, 1) != 0))
			continue;
		levels->set[i] = (unsigned char)(level + 1);
		any = true;
	}
	return any;
}

static bool
parse_one(struct rule_levels *levels, char *word, struct buf *wrong)
{
	static const char *const names[] = { "off", "note", "warning", "error" };
	char *value = strchr(word, '=');
	bool no = strncmp(word, "no-", 3) == 0;
	int level = no ? RULE_OFF : RULE_WARNING;

	if (strcmp(word, "strict") == 0)
		return levels->strict = true;
	if (strcmp(word, "error") == 0)
		return levels->fatal = true;
	if (value) {
		*value++ = '\0';
		for (level = RULE_OFF; level <= RULE_ERROR; level++)
			if (strcmp(value, names[level]) == 0)
				break;
		if (level > RULE_ERROR || no) {
			buf_addf(wrong, "'%s' is none of off, note, warning, error", value);
			return false;
		}
	}
	if (set_rules(levels, word + (no ? 3 : 0), (enum rule_level)level))
		return true;
	buf_addf(wrong, "there is no rule '%s'; see --list-rules", word + (no ? 3 : 0));
	return false;
}

bool
rule_levels_parse(struct rule_levels *levels, const char *text, struct buf *wrong)
{
	struct span rest = span_str(text), word;
	char copy[32];

	while (span_cut(&rest, ',', &word)) {
		if (word.n >= sizeof(copy)) {
			buf_addf(
			    wrong, "there is no rule '%.*s'; see --list-rules", SPAN_ARG(word));
			return false;
		}
		memcpy(copy, word.p, word.n);
		copy[word.n] = '\0';
		if (!parse_one(levels, copy, wrong))
			return false;
	}
	return true;
}
