/*
 * wf-cond: is a condition true? The answer is the exit status.
 *
 * In: metrics files, parameters, and one condition: an expression, a file of condition
 * objects, or a step of a workflow. Out: nothing, or with --trace one JSON object. What is
 * said on the way is kept in a sink until the end, because any error among it means that
 * the condition was not decided (2), and not that it is false (1).
 */
#include "base/diag.h"
#include "base/out.h"
#include "base/tool.h"
#include "json/tree.h"
#include "json/write.h"
#include "workflow/expr.h"
#include "workflow/params.h"

static struct strings opt_metrics, opt_param, opt_params;
static const char *opt_conditions, *opt_workflow, *opt_step;
static bool opt_trace;

static const struct opt opts[] = {
	{ 'm', "metrics", "[NAME=]FILE", OPT_LIST, &opt_metrics, NULL,
	    "a metrics.json; NAME is a word of your choice, or STEP, or STEP/OUTPUT" },
	{ 'p', "param", "NAME=VALUE", OPT_LIST, &opt_param, NULL, "the value of a parameter" },
	{ 0, "params", "FILE", OPT_LIST, &opt_params, NULL, "values of parameters, as JSON" },
	{ 'c', "conditions", "FILE", OPT_STRING, &opt_conditions, NULL,
	    "ModelArts condition objects instead of EXPRESSION" },
	{ 'w', "workflow", "FILE", OPT_STRING, &opt_workflow, NULL,
	    "a workflow, for its parameters and steps" },
	{ 's', "step", "NAME", OPT_STRING, &opt_step, NULL,
	    "the conditions of this step of the workflow" },
	{ 't', "trace", NULL, OPT_FLAG, &opt_trace, NULL,
	    "print each comparison with its values, as JSON" },
	{ 0 },
};

static const struct tool tool = {
	.name = "wf-cond",
	.synopsis = "[-m [NAME=]FILE] [-p NAME=VALUE] [-t] EXPRESSION | -c FILE | -w FILE -s STEP",
	.about = "Decide a condition over metrics and parameters: exit status 0 true, 1 false, 2 "
		 "could not be decided.",
	.opts = opts,
	.notes = "An expression: accuracy >= 0.8 && (loss < 1.5 || phase in [\"dev\", \"test\"])",
};

/* Everything that is known, and the condition. */
struct job {
	struct params params;
	struct metrics_set metrics;
	struct wf wf;
	struct json_tree conditions;
	struct cond *cond;
};

static void
check_usage(int operands)
{
	int ways = (operands > 0) + (opt_conditions != NULL) + (opt_step != NULL);

	if (operands > 1)
		tool_usage("one expression at a time; put it in quotes");
	if (ways != 1)
		tool_usage(ways ? "give an expression, or --conditions, or --step: one of them"
				: "what is to be decided? an expression, --conditions or --step");
	if (opt_step && !opt_workflow)
		tool_usage("--step needs --workflow");
}

static bool
load_values(struct job *job)
{
	enum diag_level level = diag_is_strict() ? DIAG_ERROR : DIAG_WARNING;
	bool fine = true;

	for (size_t i = 0; i < opt_params.n; i++)
		fine &= params_read(&job->params, opt_params.v[i]);
	for (size_t i = 0; i < opt_param.n; i++)
		fine &= params_add(&job->params, opt_param.v[i]);
	for (size_t i = 0; i < opt_metrics.n; i++)
		fine &= metrics_set_add(&job->metrics, opt_metrics.v[i], level);
	return fine;
}

static struct cond *
read_file(struct job *job)
{
	if (!json_tree_read(&job->conditions, opt_conditions, WF_MAX_BYTES))
		return NULL;
	return cond_read(json_node_raw(job->conditions.root),
	    json_tree_pos(&job->conditions, job->conditions.root));
}

/* The decision of a condition step, or what makes another step be skipped. */
static struct cond *
read_step(struct job *job)
{
	uint32_t i = wf_find_step(&job->wf, span_str(opt_step));
	const struct json_node *node;

	if (i == WF_NONE) {
		error_at(pos_file(opt_workflow), NULL, "the workflow has no step '%s'", opt_step);
		return NULL;
	}
	node = job->wf.step[i].conditions ? job->wf.step[i].conditions : job->wf.step[i].skip_if;
	if (node == NULL) {
		error_at(wf_pos(&job->wf, job->wf.step[i].node), "C01",
		    "the step '%s' has no conditions", opt_step);
		return NULL;
	}
	return cond_read(json_node_raw(node), wf_pos(&job->wf, node));
}

static bool
load(struct job *job, const char *expression)
{
	bool fine = load_values(job);

	if (opt_workflow && !wf_load_file(&job->wf, opt_workflow))
		return false;
	if (expression)
		job->cond = expr_parse(span_str(expression), "expression");
	else
		job->cond = opt_conditions ? read_file(job) : read_step(job);
	return fine && job->cond;
}

static void
print_trace(const struct job *job)
{
	struct buf *b = &out_stdout()->b;

	jw_open(b, '{');
	jw_key(b, "result");
	if (job->cond->verdict == VERDICT_UNKNOWN)
		jw_null(b);
	else
		jw_bool(b, job->cond->verdict == VERDICT_TRUE);
	jw_key(b, "metric_list");
	cond_metric_list(b, job->cond);
	jw_key(b, "trace");
	cond_trace(b, job->cond);
	jw_close(b, '}');
	buf_addc(b, '\n');
}

static enum verdict
decide(struct job *job)
{
	struct wf_known known = { &job->params, opt_workflow ? &job->wf : NULL, &job->metrics };
	struct cond_env env = wf_known_env(&known);
	enum verdict v = cond_eval(job->cond, &env);

	/* what is not known but made no difference is worth a word all the same */
	cond_report(job->cond, v == VERDICT_UNKNOWN ? DIAG_ERROR : DIAG_WARNING);
	if (opt_trace)
		print_trace(job);
	return v;
}

static void
job_release(struct job *job)
{
	cond_free(job->cond);
	if (opt_workflow)
		wf_release(&job->wf);
	json_tree_release(&job->conditions);
	metrics_set_release(&job->metrics);
	params_release(&job->params);
	strings_release(&opt_metrics);
	strings_release(&opt_param);
	strings_release(&opt_params);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	struct diag_sink said = { .status = 0 };
	struct job job = { .cond = NULL };
	enum verdict v = VERDICT_UNKNOWN;

	check_usage(argc - i);
	diag_sink(&said);
	if (load(&job, argv[i]))
		v = decide(&job);
	diag_sink(NULL);
	if (v == VERDICT_UNKNOWN || said.status != STATUS_OK)
		status_raise(STATUS_TROUBLE);
	else if (v == VERDICT_FALSE)
		status_raise(STATUS_FINDINGS);
	out_flush(out_stdout());
	diag_flush(&said);
	diag_sink_release(&said);
	job_release(&job);
	return tool_end();
}
