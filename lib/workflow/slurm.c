/* A workflow as a submit script for Slurm: see makefile.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/num.h"
#include "json/write.h"
#include "workflow/makefile.h"
#include "workflow/rundir.h"
#include "workflow/steptype.h"

static const char head[] =
    "#\n"
    "# Each step is one job that waits for the jobs of the steps before it, however they end\n"
    "# (afterany): wf-step reads their stamps and decides. Run the script again to go on where it\n"
    "# stopped: a step with a stamp is not submitted unless something before it is.\n"
    "set -eu\n";

static const char functions[] =
    "\n"
    "SBATCH=${SBATCH:-sbatch} WF_MAKE=${WF_MAKE:-wf-make} WF_STEP=${WF_STEP:-wf-step}\n"
    "submitted=0 last=\n"
    "\n"
    "# submit NUMBER NAME TITLE \"SBATCH OPTIONS\" \"WF-STEP OPTIONS\" NUMBER-BEFORE...\n"
    "submit() {\n"
    "\tnumber=$1 name=$2 title=$3 options=$4 how=$5 after=\n"
    "\tshift 5\n"
    "\tfor before; do\n"
    "\t\teval \"id=\\${job_$before-}\"\n"
    "\t\t[ -z \"$id\" ] || after=$after:$id\n"
    "\tdone\n"
    "\tif [ -z \"$after\" ] && [ -e \"$RUN/done/$name\" ] &&\n"
    "\t\t[ -z \"$(find \"$RUN/plan/$name.json\" -newer \"$RUN/done/$name\")\" ]; then\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tid=$($SBATCH --parsable $options --job-name=\"$title\" --output=\"$RUN/log/slurm-%j.out\" \\\n"
    "\t\t${after:+\"--dependency=afterany$after\"} \\\n"
    "\t\t--wrap=\"$WF_STEP --run $RUN --obs-root $OBS_ROOT --execution $EXECUTION$SCENE $how $name\")\n"
    "\tid=${id%%;*}\n"
    "\teval \"job_$number=$id\"\n"
    "\tlast=$last:$id submitted=$((submitted + 1))\n"
    "}\n\n";

static void
add_word(struct buf *out, struct span word)
{
	struct buf clean = BUF_INIT;

	diag_escape(&clean, word);
	shell_word(out, buf_span(&clean));
	buf_release(&clean);
}

static void
write_head(struct buf *out, const struct makefile *m)
{
	struct buf options = BUF_INIT;

	buf_adds(out, "#!/bin/sh\n# Made by wf-make --engine slurm from the workflow ");
	diag_json_string(out, m->wf->name);
	buf_addf(out, "; do not edit, make it again.\n%s", head);
	buf_addf(out,
	    "WORKFLOW=%s RUN=${RUN:-%s} EXECUTION=${EXECUTION:-%s} OBS_ROOT=${OBS_ROOT:-%s} SCENE=%s\n",
	    m->workflow, m->run, m->execution, m->obs_root,
	    m->scene == WF_NONE ? "" : "' --scene'");
	buf_adds(out, functions);
	for (size_t i = 0; i < m->params->n; i++) {
		buf_adds(&options, " --params ");
		shell_word(&options, span_str(m->params->v[i]));
	}
	for (size_t i = 0; i < m->param->n; i++) {
		buf_adds(&options, " --param ");
		if (!shell_word(&options, span_str(m->param->v[i])))
			die("a script cannot hold a value with a line break; put it in a file, "
			    "--params FILE");
	}
	buf_addf(out,
	    "$WF_MAKE --prepare --run \"$RUN\" --obs-root \"$OBS_ROOT\" --execution \"$EXECUTION\"%s "
	    "\"$WORKFLOW\"\n\n",
	    buf_str(&options));
	buf_release(&options);
}

/* ---- what a step asks of the cluster ---- */

static const struct json_node *
resource(const struct makefile *m, uint32_t step, const char *key)
{
	const struct json_tree *t = &m->wf->tree;
	const struct json_node *n = json_tree_get(t, m->wf->step[step].properties, "spec");

	return json_tree_get(t, json_tree_get(t, n, "resource"), key);
}

/* A word, or the value of the parameter that it refers to. */
static void
add_value(struct buf *out, const struct makefile *m, const struct json_node *node)
{
	struct buf scratch = BUF_INIT, why = BUF_INIT;
	struct value value = VALUE_INIT;
	struct span text = json_node_text(node, &scratch);
	struct ref ref = ref_parse(text, NULL);

	if (ref.kind == REF_PARAMETER) {
		params_find(m->given, m->wf, ref.name, &value, &why);
		buf_addspan(out, buf_span(&value.text));
	} else {
		buf_addspan(out, json_node_type(node) == JSON_NUMBER ? json_node_raw(node) : text);
	}
	value_release(&value);
	buf_release(&scratch);
	buf_release(&why);
}

static void
add_count(struct buf *out, const struct makefile *m, const struct json_node *node,
    const char *option, uint64_t more)
{
	struct buf text = BUF_INIT;
	uint64_t n;

	if (node)
		add_value(&text, m, node);
	if (num_parse_u64(buf_span(&text), &n) && n > 0)
		buf_addf(out, " %s%" PRIu64, option, n + more);
	buf_release(&text);
}

/* The site's options for a flavor: words for sbatch. */
static void
add_flavor(struct buf *out, const struct makefile *m, uint32_t step)
{
	const struct json_node *node = resource(m, step, "flavor_id"), *options;
	struct buf name = BUF_INIT, scratch = BUF_INIT;

	if (!node)
		node = resource(m, step, "flavor");
	if (node && m->flavors) {
		add_value(&name, m, node);
		options = json_tree_get_span(m->flavors, m->flavors->root, buf_span(&name));
		if (json_node_type(options) == JSON_OBJECT)
			options = json_tree_get(m->flavors, options, "options");
		if (json_node_type(options) == JSON_STRING)
			buf_addf(out, " %.*s", SPAN_ARG(json_node_text(options, &scratch)));
		else
			warning_at(wf_pos(m->wf, node), "slurm",
			    "the table of flavors has no '%s'; the step runs wherever there is room",
			    buf_str(&name));
	}
	buf_release(&name);
	buf_release(&scratch);
}

static void
add_options(struct buf *out, const struct makefile *m, uint32_t step)
{
	const struct json_node *policy = m->wf->step[step].policy;

	/* a minute more: wf-step comes first, and leaves a stamp */
	add_count(
	    out, m, json_tree_get(&m->wf->tree, policy, "max_execution_minutes"), "--time=", 1);
	add_count(out, m, resource(m, step, "node_count"), "--nodes=", 0);
	add_flavor(out, m, step);
}

/* ---- steps ---- */

static void
write_submit(struct buf *out, const struct makefile *m, uint32_t step, uint32_t number,
    const char *options, const char *how)
{
	struct buf all = BUF_INIT, name = BUF_INIT;

	step_file_name(&name, m->wf->step[step].name);
	add_options(&all, m, step);
	buf_adds(&all, options);
	buf_addf(out, "submit %" PRIu32 " %s ", number, buf_str(&name));
	add_word(out, m->wf->step[step].name);
	buf_addc(out, ' ');
	add_word(out, buf_span(&all));
	buf_addc(out, ' ');
	shell_word(out, span_str(how));
	buf_release(&all);
	buf_release(&name);
}

static void
write_waits(struct buf *out, const struct makefile *m, uint32_t step)
{
	for (uint32_t i = m->graph.pred_at[step]; i < m->graph.pred_at[step + 1]; i++)
		if (m->in[m->graph.pred[i]])
			buf_addf(out, " %" PRIu32, m->graph.pred[i]);
	buf_addc(out, '\n');
}

/* Shards are a job array, and a job that joins them; the array has a number of its own. */
static void
write_step(struct buf *out, const struct makefile *m, uint32_t step)
{
	uint64_t shards = work_shards(m->wf, step);
	uint32_t array = m->wf->nsteps + step;
	char *options, *how;

	if (shards == 0) {
		write_submit(out, m, step, step, "", "");
		write_waits(out, m, step);
		return;
	}
	options = xasprintf(" --array=1-%" PRIu64, shards);
	how = xasprintf("--shard $SLURM_ARRAY_TASK_ID/%" PRIu64, shards);
	write_submit(out, m, step, array, options, how);
	write_waits(out, m, step);
	free(options);
	free(how);
	how = xasprintf("--join %" PRIu64, shards);
	write_submit(out, m, step, step, "", how);
	buf_addf(out, " %" PRIu32 "\n", array);
	free(how);
}

void
slurm_write(struct buf *out, const struct makefile *m)
{
	write_head(out, m);
	for (uint32_t i = 0; i < m->graph.norder; i++)
		if (m->in[m->graph.order[i]])
			write_step(out, m, m->graph.order[i]);
	buf_adds(out,
	    "\n[ -z \"$last\" ] ||\n"
	    "\t$SBATCH --parsable --job-name=record --output=/dev/null --dependency=\"afterany$last\" \\\n"
	    "\t\t--wrap=\"$WF_MAKE --record --run $RUN --obs-root $OBS_ROOT --execution $EXECUTION $WORKFLOW\" "
	    ">/dev/null\n"
	    "echo \"submitted $submitted jobs\"\n");
}
