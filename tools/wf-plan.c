/*
 * wf-plan: what each step of a workflow would do, and why, before anything runs.
 *
 * In: one document, parameters, metrics. Out: one line a step, in the order they run: a table, or
 * JSON Lines.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/tool.h"
#include "base/utf8.h"
#include "json/write.h"
#include "workflow/check.h"
#include "workflow/flow.h"
#include "workflow/plan.h"

static struct strings opt_metrics, opt_param, opt_params, opt_only, opt_from, opt_assume;
static const char *opt_scene, *opt_compare;
static bool opt_json, opt_all;
static uint64_t max_conditions;

static const struct opt opts[] = {
	{ 'm', "metrics", "[NAME=]FILE", OPT_LIST, &opt_metrics, NULL,
	    "a metrics.json; NAME is STEP or STEP/OUTPUT" },
	{ 'p', "param", "NAME=VALUE", OPT_LIST, &opt_param, NULL, "the value of a parameter" },
	{ 0, "params", "FILE", OPT_LIST, &opt_params, NULL, "values of parameters, as JSON" },
	{ 's', "scene", "NAME", OPT_STRING, &opt_scene, NULL, "only the steps of this scene" },
	{ 'o', "only", "STEP", OPT_LIST, &opt_only, NULL, "only this step" },
	{ 'f', "from", "STEP", OPT_LIST, &opt_from, NULL, "this step and all behind it" },
	{ 'a', "assume", "STEP=STATE", OPT_LIST, &opt_assume, NULL,
	    "completed, skipped, failed; of a condition true, false" },
	{ 'A', "all", NULL, OPT_FLAG, &opt_all, NULL,
	    "try all outcomes of the conditions instead" },
	{ 0, "max-conditions", "N", OPT_COUNT, &max_conditions, NULL,
	    "try all outcomes of up to N conditions (default: 16, at most 30)" },
	{ 'c', "compare", "FILE", OPT_STRING, &opt_compare, NULL,
	    "an execution record: say where it differs" },
	{ 'J', "json", NULL, OPT_FLAG, &opt_json, NULL, "JSON Lines instead of a table" },
	{ 0 },
};

static const struct tool tool = {
	.name = "wf-plan",
	.synopsis = "[-p NAME=VALUE] [-m [NAME=]FILE] [-s SCENE] [-J] [FILE]",
	.about = "Say what each step of a workflow would do: run, skip, wait, and why.",
	.opts = opts,
	.notes = "Exit status: 0 planned, 1 something is wrong with the workflow, the plan or the "
		 "record.",
};

struct job {
	struct wf wf;
	struct params params;
	struct metrics_set metrics;
	struct wf_plan plan;
};

/* ---- rows ---- */

/* Columns of a character on a terminal: Chinese takes two. */
static size_t
width_of(struct span s)
{
	size_t width = 0, n;
	uint32_t c;

	for (size_t i = 0; i < s.n; i += n) {
		n = utf8_decode(s.p + i, s.n - i, &c);
		width += n && c >= 0x2e80 ? 2 : 1;
		n = n ? n : 1;
	}
	return width;
}

static void
put_cell(struct buf *b, struct span text, size_t width)
{
	size_t w = width_of(text);

	diag_escape(b, text);
	for (; w < width + 2; w++)
		buf_addc(b, ' ');
}

/* The type as the document has it: also one that is not known. */
static struct span
type_of(struct job *job, uint32_t step)
{
	struct wf *wf = &job->wf;
	struct span s = wf_text(wf, json_tree_get(&wf->tree, wf->step[step].node, "type"));

	return s.p ? s : SPAN("-");
}

static struct span
name_of(const struct job *job, uint32_t step)
{
	struct span s = job->wf.step[step].name;

	return s.p ? s : SPAN("-");
}

struct widths {
	size_t name, type;
};

static struct widths
measure(struct job *job)
{
	struct widths w = { 4, 4 };

	for (uint32_t s = 0; s < job->wf.nsteps; s++) {
		size_t name = width_of(name_of(job, s)), type = width_of(type_of(job, s));

		w.name = name > w.name ? name : w.name;
		w.type = type > w.type ? type : w.type;
	}
	return w;
}

/* For people: why, what a condition says, what selectors take. */
static void
put_why(struct job *job, uint32_t step, struct buf *b)
{
	const struct wf_plan_step *s = &job->plan.step[step];
	const struct wf_step *w = &job->wf.step[step];
	size_t start = b->n;

	wf_plan_reason(&job->plan, step, b);
	if (w->type == WF_CONDITION && (s->action == PLAN_RUN || s->action == PLAN_WAIT))
		buf_addf(b, "%s%s", b->n > start ? "; " : "",
		    s->verdict == VERDICT_TRUE    ? "true"
		    : s->verdict == VERDICT_FALSE ? "false"
						  : "not decided");
	for (uint32_t i = w->inputs.at; i < w->inputs.at + w->inputs.n; i++) {
		uint32_t ref;
		bool several;

		if ((s->action != PLAN_RUN && s->action != PLAN_WAIT) ||
		    wf_plan_input(&job->plan, i, &ref, &several) == SOURCE_FIXED ||
		    !wf_in_selector(&job->wf, &job->wf.ref[ref]))
			continue;
		buf_addf(
		    b, "%s%.*s from ", b->n > start ? "; " : "", SPAN_ARG(job->wf.port[i].name));
		diag_escape(b, job->wf.ref[ref].ref.name);
		buf_addf(b, "/%.*s", SPAN_ARG(job->wf.ref[ref].ref.output));
	}
}

/* A line without blanks at its end. */
static void
end_line(struct out *out)
{
	while (out->b.n > 0 && out->b.p[out->b.n - 1] == ' ')
		buf_cut(&out->b, out->b.n - 1);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
print_table(struct job *job)
{
	struct out *out = out_stdout();
	struct widths w = measure(job);

	put_cell(&out->b, SPAN("STEP"), w.name);
	put_cell(&out->b, SPAN("TYPE"), w.type);
	put_cell(&out->b, SPAN("ACTION"), 7);
	buf_adds(&out->b, "WHY");
	end_line(out);
	for (uint32_t i = 0; i < job->plan.graph.norder; i++) {
		uint32_t step = job->plan.graph.order[i];

		put_cell(&out->b, name_of(job, step), w.name);
		put_cell(&out->b, type_of(job, step), w.type);
		put_cell(&out->b, span_str(plan_action_name(job->plan.step[step].action)), 7);
		put_why(job, step, &out->b);
		end_line(out);
	}
}

static void
json_inputs(struct job *job, uint32_t step, struct buf *b)
{
	static const char *const states[] = { "fixed", "output", "earlier", "open", "missing" };
	const struct wf_range in = job->wf.step[step].inputs;

	jw_key(b, "inputs");
	jw_open(b, '[');
	for (uint32_t i = in.at; i < in.at + in.n; i++) {
		uint32_t ref;
		bool several;
		enum plan_source source = wf_plan_input(&job->plan, i, &ref, &several);

		if (source == SOURCE_FIXED)
			continue;
		jw_open(b, '{');
		if (job->wf.port[i].name.p)
			jw_member_string(b, "name", job->wf.port[i].name);
		jw_member_string(b, "step", job->wf.ref[ref].ref.name);
		jw_member_string(b, "output", job->wf.ref[ref].ref.output);
		jw_member_str(b, "state", states[source]);
		jw_close(b, '}');
	}
	jw_close(b, ']');
}

static void
json_row(struct job *job, uint32_t step, struct buf *b)
{
	const struct wf_plan_step *s = &job->plan.step[step];
	const struct wf_object *late;
	struct buf why = BUF_INIT;

	jw_open(b, '{');
	jw_member_string(b, "step", name_of(job, step));
	jw_member_string(b, "type", type_of(job, step));
	jw_member_str(b, "action", plan_action_name(s->action));
	if (job->wf.step[step].type == WF_CONDITION && s->action <= PLAN_WAIT) {
		jw_key(b, "result");
		if (s->verdict == VERDICT_UNKNOWN)
			jw_null(b);
		else
			jw_bool(b, s->verdict == VERDICT_TRUE);
	}
	wf_plan_reason(&job->plan, step, &why);
	if (why.n)
		jw_member_string(b, "reason", buf_span(&why));
	if (!s->assumed && s->decision.step != WF_NONE)
		jw_member_string(b, "through", name_of(job, s->decision.step));
	if (s->action == PLAN_WAIT && (late = wf_plan_waits_for(&job->plan, step)) != NULL)
		jw_member_string(b, "waits_for", late->name);
	if (s->action <= PLAN_WAIT)
		json_inputs(job, step, b);
	jw_close(b, '}');
	buf_release(&why);
}

static void
print_json(struct job *job)
{
	struct out *out = out_stdout();

	for (uint32_t i = 0; i < job->plan.graph.norder; i++) {
		json_row(job, job->plan.graph.order[i], &out->b);
		end_line(out);
	}
}

/* ---- --all ---- */

/* In how many outcomes each step runs. */
struct tally {
	uint64_t *runs, outcomes;
	uint32_t n;
};

static void
count_word(void *ctx, const struct flow_word *w)
{
	struct tally *t = ctx;

	t->outcomes += (uint64_t)__builtin_popcountll(w->valid);
	for (uint32_t s = 0; s < t->n; s++)
		t->runs[s] += (uint64_t)__builtin_popcountll(w->run[s] & w->valid);
}

static const char *
how_often(const struct tally *t, uint32_t step, bool cut)
{
	if (t->runs[step] == t->outcomes)
		return cut ? "sometimes" : "always";
	return t->runs[step] || cut ? "sometimes" : "never";
}

static void
outcome_row(struct job *job, const struct tally *t, uint32_t step, bool cut, struct widths w)
{
	struct buf *b = &out_stdout()->b;
	const char *often = how_often(t, step, cut);

	if (opt_json) {
		jw_open(b, '{');
		jw_member_string(b, "step", name_of(job, step));
		jw_member_string(b, "type", type_of(job, step));
		jw_member_str(b, "runs", often);
		jw_member_u64(b, "in", t->runs[step]);
		jw_member_u64(b, "of", t->outcomes);
		jw_close(b, '}');
	} else {
		put_cell(b, name_of(job, step), w.name);
		put_cell(b, type_of(job, step), w.type);
		put_cell(b, span_str(often), 9);
		buf_addf(b, "%llu of %llu", (unsigned long long)t->runs[step],
		    (unsigned long long)t->outcomes);
	}
	end_line(out_stdout());
}

static void
print_outcomes(struct job *job)
{
	struct tally t = { xcalloc(job->wf.nsteps, sizeof(*t.runs)), 0, job->wf.nsteps };
	struct widths w = measure(job);
	struct flow flow;

	flow_init(&flow, &job->wf, &job->plan.graph, (uint32_t)max_conditions);
	flow_run(&flow, 0, count_word, &t);
	if (!opt_json) {
		put_cell(&out_stdout()->b, SPAN("STEP"), w.name);
		put_cell(&out_stdout()->b, SPAN("TYPE"), w.type);
		buf_adds(&out_stdout()->b, "RUNS       OUTCOMES");
		end_line(out_stdout());
	}
	for (uint32_t i = 0; i < job->plan.graph.norder; i++)
		outcome_row(job, &t, job->plan.graph.order[i], flow.cut, w);
	flow_release(&flow);
	free(t.runs);
}

/* ---- all ---- */

static bool
load(struct job *job, const char *path)
{
	bool fine = true;

	for (size_t i = 0; i < opt_params.n; i++)
		fine &= params_read(&job->params, opt_params.v[i]);
	for (size_t i = 0; i < opt_param.n; i++)
		fine &= params_add(&job->params, opt_param.v[i]);
	for (size_t i = 0; i < opt_metrics.n; i++)
		fine &= metrics_set_add(&job->metrics, opt_metrics.v[i], DIAG_WARNING);
	return wf_load_file(&job->wf, path) && fine;
}

/* Nothing is planned of a workflow with errors. With --all the F rules are what is asked for. */
static bool
check(struct job *job)
{
	struct rule_levels levels = { .errors_only = true, .conditions = (uint32_t)max_conditions };
	struct buf wrong = BUF_INIT;

	if (opt_all)
		rule_levels_parse(&levels, "F01,F02,F03,F05,F06,F07,F08,F09", &wrong);
	buf_release(&wrong);
	return wf_check(&job->wf, &levels) == 0 && params_check_given(&job->params, &job->wf);
}

/* Metrics that are given by the name of a step that is not there would be left out in silence. */
static bool
check_metrics(const struct wf_plan *plan, const struct metrics_set *set)
{
	bool fine = true;

	for (size_t i = 0; i < set->n; i++) {
		struct span rest = span_str(set->source[i].name), step;

		if (rest.n > 0 && span_cut(&rest, '/', &step))
			fine &= wf_plan_find(plan, step) != WF_NONE;
	}
	return fine;
}

static bool
choose(struct wf_plan *plan)
{
	bool fine = opt_scene == NULL || wf_plan_scene(plan, opt_scene);

	for (size_t i = 0; i < opt_only.n; i++)
		fine &= wf_plan_only(plan, opt_only.v[i]);
	for (size_t i = 0; i < opt_from.n; i++)
		fine &= wf_plan_from(plan, opt_from.v[i]);
	for (size_t i = 0; i < opt_assume.n; i++)
		fine &= wf_plan_assume(plan, opt_assume.v[i]);
	return fine;
}

static void
make_plan(struct job *job)
{
	struct wf execution = { .file = NULL };

	if (opt_compare) {
		if (!wf_load_file(&execution, opt_compare))
			return;
		wf_check(&execution, NULL);
		wf_check_execution(&execution, &job->wf, NULL);
		wf_plan_assume_execution(&job->plan, &execution);
	}
	wf_plan_make(&job->plan);
	if (opt_compare)
		wf_plan_compare(&job->plan, &execution);
	else
		wf_plan_report_inputs(&job->plan);
	if (opt_json)
		print_json(job);
	else
		print_table(job);
	wf_release(&execution);
}

static void
job_release(struct job *job)
{
	wf_release(&job->wf);
	metrics_set_release(&job->metrics);
	params_release(&job->params);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	struct job job = { .wf = { .file = NULL } };

	if (argc - i > 1)
		tool_usage("one workflow at a time");
	if (max_conditions > FLOW_VARIABLES_MAX)
		tool_usage("--max-conditions: at most %d", FLOW_VARIABLES_MAX);
	if (load(&job, i < argc ? argv[i] : "-") && check(&job) &&
	    wf_plan_init(&job.plan, &job.wf, &job.params, &job.metrics)) {
		if (!choose(&job.plan) || !check_metrics(&job.plan, &job.metrics))
			status_raise(STATUS_TROUBLE);
		else if (opt_all)
			print_outcomes(&job);
		else
			make_plan(&job);
		wf_plan_release(&job.plan);
	}
	job_release(&job);
	return tool_end();
}
