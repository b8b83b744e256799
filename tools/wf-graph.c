/*
 * wf-graph: a picture of a workflow, as text for graphviz or Mermaid.
 *
 * In: one document, and with --plan what wf-plan --json said of it. Out: DOT or Mermaid.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/input.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/tool.h"
#include "workflow/draw.h"

static int form;
static const char *plan;
static bool left_to_right;

static const struct opt opts[] = {
	{ 'f', "format", "dot|mermaid", OPT_CHOICE, &form, NULL, "what to write (default: dot)" },
	{ 'p', "plan", "FILE", OPT_STRING, &plan, NULL,
	    "grey what does not run by this plan (of wf-plan --json)" },
	{ 'l', "left-to-right", NULL, OPT_FLAG, &left_to_right, NULL, "instead of top to bottom" },
	{ 0 },
};

static const struct tool tool = {
	.name = "wf-graph",
	.synopsis = "[-f FORMAT] [-p PLAN] [-l] [FILE]",
	.about = "Draw a workflow as a graph: text for graphviz (dot -Tsvg) or Mermaid.",
	.opts = opts,
};

static enum plan_action *
read_plan(const struct wf *wf)
{
	enum plan_action *action = xcalloc(wf->nsteps, sizeof(*action));
	struct input in;

	if (input_open(&in, plan)) {
		draw_read_plan(wf, &in, action);
		input_close(&in);
	}
	return action;
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	const char *path = i < argc ? argv[i] : "-";
	struct graph graph;
	struct wf wf;
	enum plan_action *action = NULL;

	if (argc - i > 1)
		tool_usage("one workflow at a time");
	if (!wf_load_file(&wf, path))
		return tool_end();
	if (plan)
		action = read_plan(&wf);
	graph_init(&graph, &wf, GRAPH_BRANCHES);
	draw(&(struct drawing){ &wf, &graph, (enum draw_form)form, left_to_right, action },
	    out_stdout());
	graph_release(&graph);
	wf_release(&wf);
	free(action);
	return tool_end();
}
