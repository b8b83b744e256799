/* Rules T: words that are one of a list. (T08 is with the conditions, T09 with the executions.) */
#include "base/mem.h"
#include "workflow/finding.h"

/* What the lists hold, and what else is known to occur (`also`): not suggested, and accepted. */
struct words {
	const char *const *word;
	size_t n, also;
};

#define WORDS(list, known) ((struct words){ list, known, ARRAY_LEN(list) - (known) })

static const char *const input_types[] = { "dataset", "obs", "data_selector", "swr", "model",
	"model_list", "label_task", "service", "image", "metrics", "service_content" };
static const char *const output_types[] = { "obs", "model", "dataset", "metrics", "service_content",
	"label_task", "service" };
static const char *const data_types[] = { "dataset", "obs", "swr", "model", "label_task", "service",
	"image" };
static const char *const requirement_types[] = { "dataset", "obs", "swr", "model_list",
	"label_task", "service" };
static const char *const parameter_types[] = { "str", "int", "bool", "float", "json", "enum",
	"list" };
static const char *const parameter_formats[] = { "obs", "flavor", "train_flavor", "swr", "pacific",
	"schedule", "str", "int", "float", "bool" };
static const char *const asset_types[] = { "algorithm", "algorithm2", "model" };
static const char *const storage_types[] = { "obs" };
static const char *const data_operators[] = { "equal" };

static void
check_word(struct check *c, enum rule_id rule, const struct json_node *object, const char *member,
    struct words words, uint32_t step, const char *what)
{
	const struct json_node *n = json_tree_get(&c->wf->tree, object, member);
	struct span text = wf_text(c->wf, n);

	if (text.p == NULL || word_in(text, words.word, words.n + words.also))
		return;
	found(c, rule, n, step, "%s has the unknown %s \"%.*s\"%s", what, member, SPAN_ARG(text),
	    guess_word(c, text, words.word, words.n));
}

static void
port_words(
    struct check *c, struct wf_range ports, struct words words, uint32_t step, const char *what)
{
	for (uint32_t p = ports.at; p < ports.at + ports.n; p++)
		if (c->wf->port[p].type.p &&
		    !word_in(c->wf->port[p].type, words.word, words.n + words.also))
			check_word(c, RULE_T02, c->wf->port[p].node, "type", words, step, what);
}

static void
step_words(struct check *c)
{
	struct wf *wf = c->wf;

	for (uint32_t i = 0; i < wf->nsteps; i++) {
		const struct wf_step *s = &wf->step[i];

		if (s->type == WF_TYPE_UNKNOWN)
			check_word(c, RULE_T01, s->node, "type",
			    WORDS(wf_step_type_names, ARRAY_LEN(wf_step_type_names)), i, "it");
		port_words(c, s->inputs, WORDS(input_types, 3), i, "an input");
		port_words(c, s->outputs, WORDS(output_types, 5), i, "an output");
	}
}

static void
requirement_words(struct check *c, const struct wf_object *r)
{
	const struct json_node *list = json_tree_get(&c->wf->tree, r->node, "conditions");

	check_word(c, RULE_T03, r->node, "type",
	    WORDS(requirement_types, ARRAY_LEN(requirement_types)), WF_NONE, "a data requirement");
	if (json_node_type(list) == JSON_ARRAY)
		for (const struct json_node *d = json_node_first(list); d; d = json_node_next(d))
			check_word(c, RULE_T07, d, "operator", WORDS(data_operators, 1), WF_NONE,
			    "a condition on data");
}

static void
asset_words(struct check *c)
{
	const struct json_node *assets = json_tree_get(&c->wf->tree, c->wf->tree.root, "assets");

	if (json_node_type(assets) != JSON_ARRAY)
		return;
	for (const struct json_node *a = json_node_first(assets); a; a = json_node_next(a))
		check_word(c, RULE_T06, a, "type", WORDS(asset_types, ARRAY_LEN(asset_types)),
		    WF_NONE, "an asset");
}

void
rules_words(struct check *c)
{
	struct wf *wf = c->wf;

	step_words(c);
	for (uint32_t i = 0; i < wf->ndata; i++)
		check_word(c, RULE_T03, wf->data[i].node, "type",
		    WORDS(data_types, ARRAY_LEN(data_types)), WF_NONE, "a data object");
	for (uint32_t i = 0; i < wf->nrequirements; i++)
		requirement_words(c, &wf->requirement[i]);
	for (uint32_t i = 0; i < wf->nparams; i++) {
		check_word(c, RULE_T04, wf->param[i].node, "type",
		    WORDS(parameter_types, ARRAY_LEN(parameter_types)), WF_NONE, "a parameter");
		check_word(c, RULE_T10, wf->param[i].node, "format",
		    WORDS(parameter_formats, ARRAY_LEN(parameter_formats)), WF_NONE, "a parameter");
	}
	for (uint32_t i = 0; i < wf->nstorages; i++)
		check_word(c, RULE_T05, wf->storage[i].node, "type", WORDS(storage_types, 1),
		    WF_NONE, "a storage");
	asset_words(c);
}
