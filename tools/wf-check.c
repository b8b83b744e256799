/*
 * wf-check: what is wrong with workflow documents, everything at once.
 *
 * In: files of one JSON document each, or of one a line. Out: nothing but diagnostics.
 */
#include <fcntl.h>
#include <unistd.h>

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
enum { KIND_AUTO = 0, KIND_METRICS = WF_DOC_SCHEDULE + 2 };

static const struct opt opts[] = {
	{ 'W', "rule", "RULE=LEVEL", OPT_LIST, &warnings, NULL,
	    "report RULE as off, note, warning or error; also strict, error" },
	{ 'k', "kind", "auto|create|update|show|execution|schedule|metrics", OPT_CHOICE, &kind,
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

/* A list is the file that conditions are decided by: the M rules. */
static void
check_metrics(struct span text, const char *file)
{
	struct metrics m;

	if (metrics_parse(&m, text, file, DIAG_ERROR))
		metrics_release(&m);
}

static void
check_document(struct job *job, struct span text, const char *file, uint64_t line)
{
	struct wf wf;

	if (kind == KIND_METRICS ||
	    (kind == KIND_AUTO && span_starts(span_trim(text), SPAN("[")))) {
		check_metrics(text, file);
		return;
	}

	if (!wf_load(&wf, text, file, line))
		return;
	if (kind != KIND_AUTO)
		wf.kind = (enum wf_kind)(kind - 1);
	wf_check(&wf, &job->levels);
	if (job->has_wf && wf.kind == WF_DOC_EXECUTION)
		wf_check_execution(&wf, &job->wf, &job->levels);
	wf_release(&wf);
}

/* One line of text, or SPAN_NONE at the end; *rest is what follows. */
static bool
next_line(struct span *rest, struct span *line)
{
	return rest->n > 0 && span_cut(rest, '\n', line);
}

static bool
is_whole_object(struct span s)
{
	s = span_trim(s);
	return s.n >= 2 && s.p[0] == '{' && s.p[s.n - 1] == '}';
}

/*
 * JSON Lines, or one document? Lines, when the first line that is not empty looks like a whole object
 * and another one follows, and that begins a new object or the first is one for certain.
 */
static bool
is_lines(struct span text)
{
	struct span line = SPAN_NONE, first;

	while (next_line(&text, &line) && span_trim(line).n == 0)
		continue;
	first = line;
	if (!is_whole_object(first))
		return false;
	while (next_line(&text, &line) && span_trim(line).n == 0)
		continue;
	line = span_trim(line);
	if (line.p == span_trim(first).p || line.n == 0)
		return false;
	return line.p[0] == '{' || json_valid(first);
}

static void
check_text(struct job *job, struct span text, const char *file)
{
	struct span line;

	if (span_starts(text, SPAN("\xef\xbb\xbf")))
		text = span_of(text.p + 3, text.p + text.n);
	if (!is_lines(text)) {
		check_document(job, text, file, 1);
		return;
	}
	for (uint64_t n = 1; next_line(&text, &line); n++)
		if (span_trim(line).n > 0)
			check_document(job, line, file, n);
}

static void
check_file(struct job *job, const char *path)
{
	struct buf text = BUF_INIT;
	bool is_stdin = strcmp(path, "-") == 0;

	if ((is_stdin ? fd_read(STDIN_FILENO, WF_MAX_BYTES, &text)
		      : file_read(AT_FDCWD, path, WF_MAX_BYTES, &text)) < 0)
		trouble("cannot read %s:", path);
	else
		check_text(job, buf_span(&text), is_stdin ? "<stdin>" : path);
	buf_release(&text);
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
