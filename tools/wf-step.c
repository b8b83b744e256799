/*
 * wf-step: run one step of a workflow. Each recipe of the makefile that wf-make writes, and
 * each job of a cluster, is one call of it.
 *
 * In: RUN/plan/STEP.json, the stamps of the steps before it. Out: RUN/done/STEP or
 * RUN/failed/STEP, RUN/log/STEP.log, and what the step makes.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/num.h"
#include "base/tool.h"
#include "workflow/steprun.h"

static const char *opt_run = "run", *opt_obs_root = "obs", *opt_execution, *opt_shard;
static uint64_t opt_join;
static double opt_limit;
static bool opt_scene, opt_no_checksums;

static const struct opt opts[] = {
	{ 'r', "run", "DIR", OPT_STRING, &opt_run, NULL, "the folder of the run (default: run)" },
	{ 'o', "obs-root", "DIR", OPT_STRING, &opt_obs_root, NULL,
	    "where /bucket/path is DIR/bucket/path (default: obs)" },
	{ 0, "execution", "ID", OPT_STRING, &opt_execution, NULL,
	    "the execution id (default: the name of the run's folder)" },
	{ 0, "shard", "I/N", OPT_STRING, &opt_shard, NULL,
	    "run shard I of N, with DS_SHARD=I/N in the environment" },
	{ 0, "join", "N", OPT_COUNT, &opt_join, NULL, "conclude a step whose N shards have run" },
	{ 0, "scene", NULL, OPT_FLAG, &opt_scene, NULL,
	    "steps before it that have not run are outside of the scene" },
	{ 0, "timeout", "SECONDS", OPT_NUMBER, &opt_limit, NULL,
	    "instead of the step's max_execution_minutes" },
	{ 0, "no-checksums", NULL, OPT_FLAG, &opt_no_checksums, NULL,
	    "no checksums of outputs in the stamp" },
	{ 0 },
};

static const struct tool tool = {
	.name = "wf-step",
	.synopsis = "[-r DIR] [-o DIR] [--execution ID] [--shard I/N] STEP",
	.about = "Run one step of a workflow that wf-make has prepared.",
	.opts = opts,
	.notes = "STEP is the name of the step's file in DIR/plan, without .json.",
};

/* "I/N", 1 to N. */
static void
check_shard(const char *shard)
{
	struct span rest = span_str(shard), i, n = SPAN_NONE;
	uint64_t number, count;

	if (!span_cut(&rest, '/', &i) || !span_cut(&rest, '/', &n) || rest.p ||
	    !num_parse_u64(i, &number) || !num_parse_u64(n, &count) || number < 1 || number > count)
		tool_usage("--shard: '%s' is not I/N with I from 1 to N", shard);
}

static char *
absolute_root(void)
{
	char *root;

	if (make_dirs(opt_obs_root, 0777) != 0 || (root = realpath(opt_obs_root, NULL)) == NULL)
		die("cannot use the folder %s:", opt_obs_root);
	return root;
}

/* The last part of the run's folder. */
static char *
default_execution(void)
{
	char *path = realpath(opt_run, NULL), *slash = path ? strrchr(path, '/') : NULL, *name;

	name = xstrdup(slash && slash[1] ? slash + 1 : "run");
	free(path);
	return name;
}

/* "STEP.I-of-N" for shard I/N */
static char *
stamp_name(const char *step)
{
	int i = opt_shard ? (int)strcspn(opt_shard, "/") : 0;

	return opt_shard ? xasprintf("%s.%.*s-of-%s", step, i, opt_shard, opt_shard + i + 1)
			 : xstrdup(step);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	struct steprun run = { .shard = opt_shard,
		.join = opt_join,
		.scene = opt_scene,
		.checksums = !opt_no_checksums,
		.limit = opt_limit };
	char *root, *stamp, *execution;

	if (argc - i != 1)
		tool_usage("which step? one name");
	if (strchr(argv[i], '/') || *argv[i] == '\0')
		tool_usage("'%s' is no file name of a step", argv[i]);
	if (opt_shard)
		check_shard(opt_shard);
	root = absolute_root();
	stamp = stamp_name(argv[i]);
	execution = opt_execution ? xstrdup(opt_execution) : default_execution();
	run.name = argv[i];
	run.stamp = stamp;
	run.site = (struct site){ .run = opt_run, .obs_root = root, .execution = execution };
	status_raise(step_run(&run));
	free(root);
	free(stamp);
	free(execution);
	return tool_end();
}
