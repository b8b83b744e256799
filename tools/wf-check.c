/*
 * wf-check: what is wrong with workflow documents, everything at once.
 *
 * In: files of one JSON document each, of one a line, or of an array of them. Out: nothing but diagnostics.
 */
#include "base/diag.h"
#include "base/input.h"
#include "base/out.h"
#include "base/tool.h"
#include "json/write.h"
#include "workflow/check.h"
#include "workflow/flow.h"
#include "workflow/metrics.h"

static struct strings warnings, explain;
static const char *workflow;
static bool list_rules;
static uint64_t max_conditions;
static int kind;

/* The words of --kind; those between are the kinds of load.h. */
enum { KIND_AUTO = 0, KIND_METRICS = WF_DOC_SCHEDULE + 2, KIND_LIST };

static const struct opt opts[] = {
	{ 'W', "rule", "RULE=LEVEL", OPT_LIST, &warnings, NULL,
	    "report RULE as off, note, warning or error; also strict, error" },
	{ 'k', "kind", "auto|create|update|show|execution|schedule|metrics|list", OPT_CHOICE, &kind,
	    NULL, "what the documents are (default: by their members)" },
	{ 'w', "workflow", "FILE", OPT_STRING, &workflow, NULL,
	    "the workflow that execution records are compared with" },
	{ 0, "max-conditions", "N", OPT_COUNT, &max_conditions, NULL,
	    "try all outcomes of up to N conditions (default: 16, at most 30)" },
	{ 'l', "list-rules", NULL, OPT_FLAG, &list_rules, NULL, "list all rules" },
	{ 'e', "explain", "RULE", OPT_LIST, &explain, NULL, "say what RULE is about" },
	{ 0 },
};

static const struct tool tool = {
	.name = "wf-check",
	.synopsis = "[-W RULE=LEVEL] [-k KIND] [-w WORKFLOW] [FILE ...]",
	.about = "Check ModelArts workflow documents: report everything that is wrong.",
	.opts = opts,
	.notes = "Exit status: 0 clean or warnings only, 1 errors, 2 a file could not be read.",
};

/* ---- the rules as text ---- */

static void
print_rules(void)
{
	struct out *out = out_stdout();

	for (int i = 0; i < RULE_COUNT; i++) {
		buf_addf(&out->b, "%-4s %-8s  %s\n", rules[i].id, rule_level_name(rules[i].level),
		    rules[i].title);
		out_tick(out);
	}
}

static void
print_rule(const char *id)
{
	enum rule_id i = rule_find(id);
	const char *near = i == RULE_COUNT ? rule_nearest(id) : NULL;

	if (near)
		tool_usage("there is no rule '%s'; did you mean %s?", id, near);
	if (i == RULE_COUNT)
		tool_usage("there is no rule '%s'; see --list-rules", id);
	buf_addf(&out_stdout()->b, "%s (%s): %s.\n%s\n", rules[i].id,
	    rule_level_name(rules[i].level), rules[i].title, rules[i].why);
	if (rules[i].level == RULE_STARRED)
		buf_adds(&out_stdout()->b, "With --strict, or -W strict, this is an error.\n");
}

/* ---- documents ---- */

struct job {
	struct rule_levels levels;
	struct wf wf; /* of --workflow */
	bool has_wf;
};

static void
check_metrics(struct job *job, struct span text, struct pos at)
{
	struct metrics m;

	if (metrics_parse(&m, text, at, DIAG_ERROR, &job->levels))
		metrics_release(&m);
}

static void check_document(struct job *job, struct span text, struct pos at);

/* The elements of an array, each a document of its own. */
static void
check_elements(struct job *job, const struct json_tree *t, const struct json_node *array)
{
	for (const struct json_node *n = json_node_first(array); n; n = json_node_next(n))
		check_document(job, json_node_raw(n), json_tree_pos(t, n));
}

static void
check_list(struct job *job, struct span text, struct pos at)
{
	struct json_tree t;

	if (!json_tree_parse_at(&t, text, at, "S01"))
		return;
	check_elements(job, &t, t.root);
	json_tree_release(&t);
}

/* The body of a list call: {"total": 2, "count": 2, "items": [...]}, with the workflows in `items`. */
static const struct json_node *
list_items(const struct wf *wf)
{
	const struct json_tree *t = &wf->tree;
	const struct json_node *items = json_tree_get(t, t->root, "items");

	if (json_node_type(items) != JSON_ARRAY || json_tree_get(t, t->root, "name") ||
	    json_tree_get(t, t->root, "steps"))
		return NULL;
	return items;
}

static void
check_workflow(struct job *job, struct span text, struct pos at)
{
	const struct json_node *items;
	struct wf wf;

	if (!wf_load(&wf, text, at))
		return;
	items = kind == KIND_AUTO || kind == KIND_LIST ? list_items(&wf) : NULL;
	if (items) {
		check_elements(job, &wf.tree, items);
	} else {
		if (kind != KIND_AUTO && kind != KIND_LIST)
			wf.kind = (enum wf_kind)(kind - 1);
		wf_check(&wf, &job->levels);
		if (job->has_wf && wf.kind == WF_DOC_EXECUTION)
			wf_check_execution(&wf, &job->wf, &job->levels);
	}
	wf_release(&wf);
}

/* Does the array hold workflows (or executions), as the answer to a list call does, and no metrics? */
static bool
holds_workflows(struct span text)
{
	struct span first;
	struct json j;

	json_begin(&j, text);
	if (!json_array(&j) || !json_item(&j) || !json_value(&j, &first))
		return false;
	return json_member(first, "steps").p || json_member(first, "workflow_id").p ||
	       json_member(first, "steps_execution").p;
}

static void
check_document(struct job *job, struct span text, struct pos at)
{
	bool array = span_starts(span_trim(text), SPAN("["));

	if (array && (kind == KIND_LIST || (kind == KIND_AUTO && holds_workflows(text))))
		check_list(job, text, at);
	else if (kind == KIND_METRICS || (kind == KIND_AUTO && array))
		check_metrics(job, text, at);
	else
		check_workflow(job, text, at);
}

/* ---- files: one document, or one a line ---- */

static bool
is_whole_object(struct span s)
{
	s = span_trim(s);
	return s.n >= 2 && s.p[0] == '{' && s.p[s.n - 1] == '}';
}

/*
 * The first line from *at on that is not blank, counted from the first unread byte. The input is
 * read as far as it reaches, and not used up. False: there is none.
 */
static bool
look_at_line(struct input *in, size_t *at, struct span *line)
{
	for (;; ++*at) {
		size_t seen = *at;
		const char *nl = NULL;

		do {
			const char *p = in->base ? in->base + in->r : "";

			nl = memchr(p + seen, '\n', in->w - in->r - seen);
			seen = in->w - in->r;
		} while (nl == NULL && input_more(in));
		seen = nl ? (size_t)(nl - in->base) - in->r : in->w - in->r;
		*line = span_trim((struct span){ in->base + in->r + *at, seen - *at });
		*at = seen;
		if (line->n > 0 || nl == NULL)
			return line->n > 0;
	}
}

/*
 * JSON Lines, or one document? Lines, when the first line that is not blank looks like a whole object
 * and another one follows, and that begins a new object or the first is one for certain.
 */
static bool
is_lines(struct input *in)
{
	size_t at = 0, begin;
	struct span line, first;

	if (!look_at_line(in, &at, &line) || !is_whole_object(line))
		return false;
	begin = (size_t)(line.p - in->base) - in->r;
	first = line;
	at++;
	if (at > in->w - in->r || !look_at_line(in, &at, &line))
		return false;
	first.p = in->base + in->r + begin; /* the window may have moved */
	return line.p[0] == '{' || json_valid(first);
}

/* Memory is that of the largest line. */
static void
check_lines(struct job *job, struct input *in)
{
	struct span line;

	while (input_line(in, &line))
		if (span_trim(line).n > 0)
			check_document(job, line, input_pos(in, 0));
}

static void
check_whole(struct job *job, struct input *in)
{
	while (in->w - in->r <= WF_MAX_BYTES && input_more(in))
		continue;
	if (in->w - in->r > WF_MAX_BYTES)
		trouble("%s is larger than %zu bytes", in->name, WF_MAX_BYTES);
	else
		check_document(
		    job, (struct span){ in->base + in->r, in->w - in->r }, pos_at(in->name, 1, 1));
}

static void
check_file(struct job *job, const char *path)
{
	struct input in;

	if (!input_open(&in, path))
		return;
	in.line_max = WF_MAX_BYTES;
	while (in.w - in.r < 3 && input_more(&in))
		continue;
	if (in.w - in.r >= 3 && memcmp(in.base + in.r, "\xef\xbb\xbf", 3) == 0)
		in.r += 3;
	if (is_lines(&in))
		check_lines(job, &in);
	else
		check_whole(job, &in);
	input_close(&in);
}

static void
set_levels(struct rule_levels *levels)
{
	struct buf wrong = BUF_INIT;

	if (max_conditions > FLOW_VARIABLES_MAX)
		tool_usage("--max-conditions: at most %d", FLOW_VARIABLES_MAX);
	levels->conditions = (uint32_t)max_conditions;
	levels->strict = diag_is_strict();
	for (size_t i = 0; i < warnings.n; i++)
		if (!rule_levels_parse(levels, warnings.v[i], &wrong))
			tool_usage("-W %s: %s", warnings.v[i], buf_str(&wrong));
	buf_release(&wrong);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	struct job job = { .has_wf = false };

	set_levels(&job.levels);
	if (list_rules)
		print_rules();
	for (size_t k = 0; k < explain.n; k++)
		print_rule(explain.v[k]);
	if (list_rules || explain.n > 0)
		return tool_end();
	if (workflow && !(job.has_wf = wf_load_file(&job.wf, workflow)))
		return status_raise(STATUS_TROUBLE), tool_end();
	if (i == argc)
		check_file(&job, "-");
	for (; i < argc; i++)
		check_file(&job, argv[i]);
	if (job.has_wf)
		wf_release(&job.wf);
	return tool_end();
}
