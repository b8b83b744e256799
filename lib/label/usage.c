/* Splits by their names: see usage.h. */
#include "label/usage.h"

#include <ctype.h>
#include <strings.h>

#include "base/mem.h"
#include "base/path.h"

static const struct {
	const char *word, *usage;
} words[] = {
	{ "train", "TRAIN" },
	{ "training", "TRAIN" },
	{ "trainval", "TRAIN" },
	{ "val", "EVAL" },
	{ "valid", "EVAL" },
	{ "validation", "EVAL" },
	{ "eval", "EVAL" },
	{ "dev", "EVAL" },
	{ "test", "TEST" },
	{ "testing", "TEST" },
};

const char *
usage_of_word(struct span word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].word) == word.n &&
		    strncasecmp(words[i].word, word.p, word.n) == 0)
			return words[i].usage;
	return NULL;
}

/* Of the words of letters in a name. */
static const char *
usage_in(struct span name)
{
	const char *p = name.p, *end = name.p + name.n, *q, *usage = NULL;

	for (; usage == NULL && p < end; p = q + 1) {
		for (q = p; q < end && isalpha((unsigned char)*q); q++)
			continue;
		usage = usage_of_word(span_of(p, q));
	}
	return usage;
}

const char *
usage_of_path(struct span path)
{
	struct span base = path_base_span(path), dir = span_of(path.p, base.p);
	const char *usage = usage_in(path_stem(base));

	if (usage || dir.n == 0)
		return usage;
	dir.n--;
	return usage_in(path_base_span(dir));
}

const char *
usage_split(struct span usage)
{
	if (span_is(usage, "EVAL"))
		return "val";
	if (span_is(usage, "TEST"))
		return "test";
	return span_is(usage, "INFERENCE") ? "inference" : "train";
}
