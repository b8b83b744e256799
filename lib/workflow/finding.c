/* Findings: kept, sorted, said; and "did you mean". See finding.h. */
#include "workflow/finding.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/tool.h"

struct finding {
	const char *place; /* the byte of the text it is about; NULL: the file */
	const struct json_node *at;
	enum rule_id rule;
	bool key;
	enum rule_level level;
	uint32_t step;
	size_t seq; /* order of reporting */
	char *text;
};

/* Words that may be compared for "did you mean" in one document. */
#define GUESS_BUDGET ((uint64_t)1000 * 1000)

void
check_begin(struct check *c, struct wf *wf, const struct rule_levels *levels)
{
	static const struct rule_levels plain;

	*c = (struct check){ .wf = wf, .levels = levels ? levels : &plain };
	c->guesses = GUESS_BUDGET;
}

__attribute__((format(printf, 7, 0))) static void
keep(struct check *c, enum rule_id rule, enum rule_level level, const struct json_node *at,
    bool key, uint32_t step, const char *fmt, va_list ap)
{
	struct finding *f;
	struct buf text = BUF_INIT;

	c->seen[rule]++;
	level = rule_level(c->levels, rule, level);
	if (level == RULE_OFF)
		return;
	buf_vaddf(&text, fmt, ap);
	c->finding = grow(c->finding, &c->cap, c->n + 1, sizeof(*c->finding));
	f = &c->finding[c->n];
	*f = (struct finding){ NULL, at, rule, key && at && json_node_raw_key(at).p, level, step,
		c->n, buf_detach(&text) };
	if (at)
		f->place = f->key ? json_node_raw_key(at).p : at->at;
	c->n++;
	c->errors += level == RULE_ERROR;
}

void
found(struct check *c, enum rule_id rule, const struct json_node *at, uint32_t step,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(c, rule, rules[rule].level, at, false, step, fmt, ap);
	va_end(ap);
}

void
found_key(struct check *c, enum rule_id rule, const struct json_node *at, uint32_t step,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(c, rule, rules[rule].level, at, true, step, fmt, ap);
	va_end(ap);
}

void
found_as(struct check *c, enum rule_id rule, enum rule_level level, const struct json_node *at,
    uint32_t step, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(c, rule, level, at, false, step, fmt, ap);
	va_end(ap);
}

static int
by_place(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static void
say_finding(const struct check *c, const struct finding *f)
{
	static const enum diag_level levels[] = { DIAG_NOTE, DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };
	struct pos at = f->key ? wf_key_pos(c->wf, f->at) : wf_pos(c->wf, f->at);
	const char *id = rules[f->rule].id;

	if (f->step == WF_NONE)
		diag(levels[f->level], at, id, "%s", f->text);
	else
		diag(levels[f->level], at, id, "step \"%.*s\": %s", SPAN_ARG(step_name(c, f->step)),
		    f->text);
}

size_t
check_end(struct check *c)
{
	size_t errors = c->errors;

	if (c->n > 0)
		qsort(c->finding, c->n, sizeof(*c->finding), by_place);
	for (size_t i = 0; i < c->n; i++) {
		say_finding(c, &c->finding[i]);
		free(c->finding[i].text);
	}
	free(c->finding);
	for (int l = 0; l < LIST_COUNT; l++) {
		for (size_t i = 0; i < c->nnames[l]; i++)
			free((char *)c->names[l][i]);
		free(c->names[l]);
	}
	buf_release(&c->text);
	free(c->may_skip);
	graph_release(&c->graph);
	*c = (struct check){ 0 };
	return errors;
}

/* ---- did you mean ---- */

static size_t
list_length(const struct wf *wf, enum name_list list)
{
	const uint32_t n[] = { wf->nsteps, wf->nparams, wf->ndata, wf->nrequirements,
		wf->nstorages };

	return n[list];
}

static struct span
list_name(const struct wf *wf, enum name_list list, size_t i)
{
	const struct wf_object *objects[] = { NULL, wf->param, wf->data, wf->requirement,
		wf->storage };

	return list == LIST_STEPS ? wf->step[i].name : objects[list][i].name;
}

/* The names of a list as strings, made when the first one is missed. */
static void
make_names(struct check *c, enum name_list list)
{
	size_t n = list_length(c->wf, list);

	if (c->names[list])
		return;
	c->names[list] = xcalloc(n, sizeof(*c->names[list]));
	for (size_t i = 0; i < n; i++) {
		struct span name = list_name(c->wf, list, i);

		if (name.n > 0)
			c->names[list][c->nnames[list]++] = xstrndup(name.p, name.n);
	}
}

static const char *
guess(struct check *c, struct span word, const char *const *words, size_t n)
{
	char copy[256];
	const char *near = NULL;

	if (word.p && word.n < sizeof(copy) && n <= c->guesses) {
		memcpy(copy, word.p, word.n);
		copy[word.n] = '\0';
		c->guesses -= n;
		near = nearest_word(copy, words, n);
	}
	buf_reset(&c->text);
	if (near)
		buf_addf(&c->text, "; did you mean \"%s\"?", near);
	return near;
}

const char *
guess_name(struct check *c, enum name_list list, struct span word)
{
	make_names(c, list);
	guess(c, word, c->names[list], c->nnames[list]);
	return buf_str(&c->text);
}

const char *
guess_word(struct check *c, struct span word, const char *const *words, size_t n)
{
	if (guess(c, word, words, n) == NULL && n > 0) {
		buf_adds(&c->text, n > 1 ? "; there are" : "; there is");
		for (size_t i = 0; i < n; i++)
			buf_addf(&c->text, "%s %s", i ? "," : "", words[i]);
	}
	return buf_str(&c->text);
}

const char *
guess_port(struct check *c, struct wf_range ports, struct span word)
{
	const char *words[16] = { NULL };
	size_t n = 0;

	for (uint32_t i = 0; i < ports.n && n < ARRAY_LEN(words); i++)
		if (c->wf->port[ports.at + i].name.n > 0)
			words[n++] = xstrndup(
			    c->wf->port[ports.at + i].name.p, c->wf->port[ports.at + i].name.n);
	guess_word(c, word, words, n);
	for (size_t i = 0; i < n; i++)
		free((char *)words[i]);
	return buf_str(&c->text);
}

bool
word_in(struct span word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(word, words[i]))
			return true;
	return false;
}
