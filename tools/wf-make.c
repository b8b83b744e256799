/*
 * wf-make: a workflow as a makefile, or as a submit script for Slurm. What the makefile needs
 * while it runs is here too: the slices of the document, and the table, the record and the
 * report of a run.
 *
 * In: a workflow document. Out: text on stdout; with --prepare, --record and --report, files of the run.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/out.h"
#include "base/path.h"
#include "base/tool.h"
#include "workflow/check.h"
#include "workflow/makefile.h"
#include "workflow/runstate.h"
#include "workflow/steptype.h"

static struct strings opt_param, opt_params;
static const char *opt_run, *opt_execution = "execution-001", *opt_obs_root = "obs", *opt_scene,
			    *opt_after, *opt_flavors;
static bool opt_prepare, opt_status, opt_record, opt_report;
static int opt_engine;

static const struct opt opts[] = {
	{ 'e', "engine", "make|slurm", OPT_CHOICE, &opt_engine, NULL,
	    "what to write: a makefile (default), or a script of sbatch lines" },
	{ 'p', "param", "NAME=VALUE", OPT_LIST, &opt_param, NULL, "the value of a parameter" },
	{ 0, "params", "FILE", OPT_LIST, &opt_params, NULL, "values of parameters, as JSON" },
	{ 'r', "run", "DIR", OPT_STRING, &opt_run, NULL,
	    "the folder of the run (default: WORKFLOW's name and .run/, the execution id)" },
	{ 'o', "obs-root", "DIR", OPT_STRING, &opt_obs_root, NULL,
	    "where /bucket/path is DIR/bucket/path (default: obs)" },
	{ 0, "execution", "ID", OPT_STRING, &opt_execution, NULL,
	    "the execution id (default: execution-001)" },
	{ 's', "scene", "NAME", OPT_STRING, &opt_scene, NULL, "only the steps of this scene" },
	{ 0, "flavors", "FILE", OPT_STRING, &opt_flavors, NULL,
	    "the site's flavors: {\"FLAVOR\": \"sbatch options\", ...}" },
	{ 0, "prepare", NULL, OPT_FLAG, &opt_prepare, NULL,
	    "write what each step needs into the run (the makefile calls this)" },
	{ 0, "status", NULL, OPT_FLAG, &opt_status, NULL, "a table of the steps of the run" },
	{ 0, "record", NULL, OPT_FLAG, &opt_record, NULL, "write execution.json into the run" },
	{ 0, "report", NULL, OPT_FLAG, &opt_report, NULL, "write report.html into the run" },
	{ 0, "after", "STEP", OPT_STRING, &opt_after, NULL,
	    "list the file names of STEP and of all steps after it" },
	{ 0 },
};

static const struct tool tool = {
	.name = "wf-make",
	.synopsis = "[-e make|slurm] [-p NAME=VALUE] [-r DIR] [-o DIR] [-s SCENE] WORKFLOW",
	.about = "Turn a ModelArts workflow into a makefile, or a submit script for Slurm.",
	.opts = opts,
	.notes = "wf-make flow.json >flow.mk && make -f flow.mk -j8",
};

/* The document and everything that is known of it. */
struct job {
	const char *workflow;
	struct wf wf;
	struct params params;
	struct branches branches;
	struct json_tree flavors;
	unsigned char *in;
	uint32_t scene;
	char *run;
};

/* ---- loading ---- */

/* When the makefile prepares a run, what was said when it was made is not said again. */
static bool
check(struct job *job)
{
	struct diag_sink said = { .status = 0 };
	size_t errors;

	diag_sink(&said);
	errors = wf_check(&job->wf, NULL);
	diag_sink(NULL);
	if (!opt_prepare || errors > 0)
		diag_flush(&said);
	diag_sink_release(&said);
	return errors == 0 &&
	       params_check(&job->params, &job->wf, opt_flavors ? &job->flavors : NULL);
}

static bool
load_params(struct job *job)
{
	bool fine = true;

	for (size_t i = 0; i < opt_params.n; i++)
		fine &= params_read(&job->params, opt_params.v[i]);
	for (size_t i = 0; i < opt_param.n; i++)
		fine &= params_add(&job->params, opt_param.v[i]);
	return fine;
}

static bool
load_flavors(struct job *job)
{
	if (!opt_flavors)
		return true;
	if (!json_tree_read(&job->flavors, opt_flavors, WF_MAX_BYTES))
		return false;
	if (json_node_type(job->flavors.root) == JSON_OBJECT)
		return true;
	error_at(json_tree_pos(&job->flavors, job->flavors.root), "slurm",
	    "a table of flavors is an object, {\"FLAVOR\": \"sbatch options\", ...}");
	return false;
}

/* The scene by its name, its id, or the file name of its name. */
static uint32_t
find_scene(const struct wf *wf)
{
	uint32_t i = wf_find_scene(wf, span_str(opt_scene));
	struct buf name = BUF_INIT;

	for (uint32_t s = 0; s < wf->nscenes && i == WF_NONE; s++) {
		buf_reset(&name);
		step_file_name(&name, wf->scene[s].name);
		i = span_is(buf_span(&name), opt_scene) ? s : WF_NONE;
	}
	buf_release(&name);
	return i;
}

static bool
choose_steps(struct job *job)
{
	const struct wf_group *scene;

	job->in = xcalloc((size_t)job->wf.nsteps + 1, 1);
	job->scene = WF_NONE;
	memset(job->in, opt_scene == NULL, job->wf.nsteps);
	if (opt_scene == NULL)
		return true;
	job->scene = find_scene(&job->wf);
	if (job->scene == WF_NONE) {
		error_at(
		    pos_file(job->workflow), "P09", "the workflow has no scene '%s'", opt_scene);
		return false;
	}
	scene = &job->wf.scene[job->scene];
	for (uint32_t i = 0; i < scene->steps.n; i++)
		if (job->wf.link[scene->steps.at + i].step != WF_NONE)
			job->in[job->wf.link[scene->steps.at + i].step] = 1;
	return true;
}

/* flow.json gives flow.run/execution-001 */
static char *
default_run(const char *workflow)
{
	struct span stem = path_stem(span_str(workflow));

	return xasprintf("%.*s.run/%s", SPAN_ARG(stem), opt_execution);
}

static bool
load(struct job *job)
{
	bool fine = load_params(job);

	job->run = opt_run ? xstrdup(opt_run) : default_run(job->workflow);
	if (!wf_load_file(&job->wf, job->workflow))
		return false;
	fine = load_flavors(job) && fine;
	fine = choose_steps(job) && fine;
	/* what only looks at a run does not judge the document again */
	if (!opt_status && !opt_record && !opt_report && !opt_after)
		fine = check(job) && fine;
	branches_init(&job->branches, &job->wf);
	return fine;
}

static void
job_release(struct job *job)
{
	branches_release(&job->branches);
	params_release(&job->params);
	json_tree_release(&job->flavors);
	wf_release(&job->wf);
	free(job->in);
	free(job->run);
	strings_release(&opt_param);
	strings_release(&opt_params);
}

/* ---- what is asked for ---- */

static struct makefile
makefile_of(const struct job *job)
{
	return (struct makefile){
		.wf = &job->wf,
		.branches = &job->branches,
		.workflow = job->workflow,
		.run = job->run,
		.execution = opt_execution,
		.obs_root = opt_obs_root,
		.param = &opt_param,
		.params = &opt_params,
		.given = &job->params,
		.scene = job->scene,
		.in = job->in,
		.flavors = opt_flavors ? &job->flavors : NULL,
	};
}

static void
check_paths(const struct job *job)
{
	const char *const path[] = { job->workflow, job->run, opt_obs_root, opt_execution };

	for (size_t i = 0; i < ARRAY_LEN(path); i++)
		if (!is_plain_path(path[i]))
			tool_usage("make cannot hold the path '%s': letters, digits and _-./+,@ "
				   "only, please",
			    path[i]);
	for (size_t i = 0; i < opt_params.n; i++)
		if (!is_plain_path(opt_params.v[i]))
			tool_usage("make cannot hold the path '%s'", opt_params.v[i]);
}

static void
write_engine(struct job *job)
{
	struct makefile m = makefile_of(job);

	check_paths(job);
	if (makefile_init(&m))
		(opt_engine ? slurm_write : makefile_write)(&out_stdout()->b, &m);
	makefile_release(&m);
}

/* The stamps of a step: its own, and those of its shards. */
static void
list_stamps(struct buf *out, const struct wf *wf, uint32_t step, const char *name)
{
	uint64_t shards = work_shards(wf, step);

	buf_addf(out, "%s\n", name);
	for (uint64_t i = 1; i <= shards; i++)
		buf_addf(out, "%s.%" PRIu64 "-of-%" PRIu64 "\n", name, i, shards);
}

/* STEP and everything that waits for it, in the order in which they run. */
static void
list_after(struct job *job)
{
	struct makefile m = makefile_of(job);
	unsigned char *after = xcalloc((size_t)job->wf.nsteps + 1, 1);
	struct buf name = BUF_INIT, *out = &out_stdout()->b;
	bool found = false;

	makefile_init(&m);
	for (uint32_t i = 0; i < m.graph.norder; i++) {
		uint32_t s = m.graph.order[i];

		buf_reset(&name);
		step_file_name(&name, job->wf.step[s].name);
		after[s] =
		    span_is(buf_span(&name), opt_after) || span_is(job->wf.step[s].name, opt_after);
		found |= after[s];
		for (uint32_t p = m.graph.pred_at[s]; p < m.graph.pred_at[s + 1]; p++)
			after[s] |= after[m.graph.pred[p]];
		if (after[s])
			list_stamps(out, &job->wf, s, buf_str(&name));
	}
	if (!found)
		trouble("the workflow has no step '%s'", opt_after);
	makefile_release(&m);
	free(after);
	buf_release(&name);
}

static void
write_run_file(const struct job *job, const char *name, const struct buf *text)
{
	char *path = xasprintf("%s/%s", job->run, name);

	if (make_dirs(job->run, 0777) != 0 || file_write(path, buf_span(text), FILE_FORCE) != 0)
		trouble("cannot write %s:", path);
	free(path);
}

static void
tell_run(struct job *job)
{
	struct runstate state;
	struct buf text = BUF_INIT;

	runstate_read(&state, &job->wf, job->run, opt_execution);
	if (opt_status && runstate_table(&out_stdout()->b, &state) > 0)
		status_raise(STATUS_FINDINGS);
	if (opt_record) {
		runstate_record(&text, &state);
		write_run_file(job, "execution.json", &text);
	}
	buf_reset(&text);
	if (opt_report) {
		runstate_report(&text, &state);
		write_run_file(job, "report.html", &text);
	}
	runstate_release(&state);
	buf_release(&text);
}

static void
work(struct job *job)
{
	if (opt_prepare)
		slices_write(job->run, &job->wf, &job->branches, &job->params);
	else if (opt_after)
		list_after(job);
	else if (opt_status || opt_record || opt_report)
		tell_run(job);
	else
		write_engine(job);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	struct job job = { .workflow = argv[i] };

	if (argc - i != 1)
		tool_usage("one workflow document, please");
	if (load(&job))
		work(&job);
	else
		status_raise(STATUS_FINDINGS);
	job_release(&job);
	return tool_end();
}
