/* A workflow as a makefile: see makefile.h. */
#include "workflow/makefile.h"

#include <inttypes.h>
#include <stdlib.h>

#include "json/write.h"
#include "workflow/rundir.h"
#include "workflow/steptype.h"

bool
is_plain_path(const char *path)
{
	return *path && *path != '-' &&
	       path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "_-./+,@")] == '\0';
}

bool
shell_word(struct buf *out, struct span word)
{
	if (word.n && (memchr(word.p, '\n', word.n) || memchr(word.p, '\0', word.n)))
		return false;
	buf_addc(out, '\'');
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, word.p[i]);
	buf_addc(out, '\'');
	return true;
}

bool
makefile_init(struct makefile *m)
{
	const struct graph *g = &m->graph;

	graph_init(&m->graph, m->wf, GRAPH_BRANCHES);
	if (g->norder == m->wf->nsteps)
		return true;
	for (uint32_t c = 0; c < g->ncycles; c++) {
		struct buf text = BUF_INIT;
		uint32_t first = g->member[g->cycle_at[c]];

		for (uint32_t i = g->cycle_at[c]; i < g->cycle_at[c + 1]; i++)
			buf_addf(&text, "%.*s -> ", SPAN_ARG(m->wf->step[g->member[i]].name));
		error_at(wf_pos(m->wf, m->wf->step[first].node), "G03",
		    "the steps wait for each other: %s%.*s", buf_str(&text),
		    SPAN_ARG(m->wf->step[first].name));
		buf_release(&text);
	}
	return false;
}

void
makefile_release(struct makefile *m)
{
	graph_release(&m->graph);
}

/* ---- the text ---- */

static void
add_name(struct buf *out, const struct makefile *m, uint32_t step)
{
	step_file_name(out, m->wf->step[step].name);
}

/* A word for the shell in the value of a variable: '$' and '#' are make's. */
static void
add_recipe_word(struct buf *out, const char *word)
{
	struct buf quoted = BUF_INIT;

	if (!shell_word(&quoted, span_str(word)))
		die("a makefile cannot hold a value with a line break; put it in a file, --params FILE");
	for (size_t i = 0; i < quoted.n; i++) {
		if (quoted.p[i] == '#') {
			buf_adds(out, "$(HASH)");
			continue;
		}
		if (quoted.p[i] == '$')
			buf_addc(out, '$');
		buf_addc(out, quoted.p[i]);
	}
	buf_release(&quoted);
}

static void
add_options(struct buf *out, const struct makefile *m)
{
	for (size_t i = 0; i < m->params->n; i++) {
		buf_adds(out, " --params ");
		add_recipe_word(out, m->params->v[i]);
	}
	for (size_t i = 0; i < m->param->n; i++) {
		buf_adds(out, " --param ");
		add_recipe_word(out, m->param->v[i]);
	}
}

static void
write_head(struct buf *out, const struct makefile *m)
{
	buf_adds(out, "# Made by wf-make from the workflow ");
	diag_json_string(out, m->wf->name);
	buf_adds(out,
	    "; do not edit, make it again.\n"
	    "#\n"
	    "#   make -f THIS -j8                      run it; again: go on where it stopped\n"
	    "#   make -f THIS -n                       what would run\n"
	    "#   make -f THIS -j500 LAUNCH='srun -n1'  run each step through Slurm\n"
	    "#   make -f THIS status                   a table of the steps\n"
	    "#   make -f THIS step-NAME                up to that step\n"
	    "#   make -f THIS rerun-NAME               that step again\n"
	    "#   make -f THIS from-NAME                that step and everything after it again\n"
	    "#   make -f THIS scene-NAME               the steps of a scene\n"
	    "#   make -f THIS clean-failed             forget what failed\n"
	    "#   make -f THIS report execution         report.html, execution.json\n"
	    "\n");
	buf_addf(out, "WORKFLOW = %s\nRUN = %s\nEXECUTION = %s\nOBS_ROOT = %s\n", m->workflow,
	    m->run, m->execution, m->obs_root);
	buf_adds(out, "HASH := \\#\nLAUNCH =\nWF_MAKE = wf-make\nWF_STEP = wf-step\n");
	buf_addf(out,
	    "STEP = $(LAUNCH) $(WF_STEP)%s --run $(RUN) --obs-root $(OBS_ROOT) "
	    "--execution $(EXECUTION)\n",
	    m->scene == WF_NONE ? "" : " --scene");
	buf_adds(out, "OPTIONS = --run $(RUN) --obs-root $(OBS_ROOT) --execution $(EXECUTION)");
	add_options(out, m);
	buf_adds(out,
	    "\nTHIS := $(lastword $(MAKEFILE_LIST))\n"
	    "D = $(RUN)/done\nP = $(RUN)/plan\n\n"
	    ".SUFFIXES:\n"
	    ".DELETE_ON_ERROR:\n"
	    ".PHONY: all status report execution clean-failed FORCE\n"
	    "MAKEFLAGS += --no-builtin-rules --no-print-directory\n\n"
	    "all: $(RUN)/execution.json\n\n"
	    "# What each step needs of the document, a file each; rewritten where it changed.\n"
	    "include $P/.ready\n"
	    "$P/.ready: $(WORKFLOW) $(THIS)");
	for (size_t i = 0; i < m->params->n; i++)
		buf_addf(out, " %s", m->params->v[i]);
	buf_adds(out, "\n\t@$(WF_MAKE) --prepare $(OPTIONS) $(WORKFLOW)\n\n");
}

static void
write_waits(struct buf *out, const struct makefile *m, uint32_t step)
{
	const struct graph *g = &m->graph;

	for (uint32_t i = g->pred_at[step]; i < g->pred_at[step + 1]; i++) {
		if (!m->in[g->pred[i]])
			continue;
		buf_adds(out, " $D/");
		add_name(out, m, g->pred[i]);
	}
	buf_addc(out, '\n');
}

/* target, its slice, what it waits for, the call of wf-step */
static void
write_rule(struct buf *out, const struct makefile *m, uint32_t step, struct span name,
    uint64_t shard, uint64_t shards)
{
	buf_addf(out, "$D/%.*s", SPAN_ARG(name));
	if (shard)
		buf_addf(out, ".%" PRIu64 "-of-%" PRIu64, shard, shards);
	buf_addf(out, ": $P/%.*s.json", SPAN_ARG(name));
	write_waits(out, m, step);
	buf_adds(out, "\t@$(STEP)");
	if (shard)
		buf_addf(out, " --shard %" PRIu64 "/%" PRIu64, shard, shards);
	buf_addf(out, " %.*s\n", SPAN_ARG(name));
}

/* The step itself, behind its shards. */
static void
write_join(struct buf *out, struct span name, uint64_t shards)
{
	buf_addf(out, "$D/%.*s: $P/%.*s.json", SPAN_ARG(name), SPAN_ARG(name));
	for (uint64_t i = 1; i <= shards; i++)
		buf_addf(out, " $D/%.*s.%" PRIu64 "-of-%" PRIu64, SPAN_ARG(name), i, shards);
	buf_addf(out, "\n\t@$(STEP) --join %" PRIu64 " %.*s\n", shards, SPAN_ARG(name));
}

static void
write_step(struct buf *out, const struct makefile *m, uint32_t step)
{
	uint64_t shards = work_shards(m->wf, step);
	struct buf name = BUF_INIT;

	add_name(&name, m, step);
	buf_adds(out, "\n# ");
	diag_json_string(out, m->wf->step[step].name);
	buf_addc(out, '\n');
	if (shards == 0)
		write_rule(out, m, step, buf_span(&name), 0, 0);
	for (uint64_t i = 1; i <= shards; i++)
		write_rule(out, m, step, buf_span(&name), i, shards);
	if (shards)
		write_join(out, buf_span(&name), shards);
	buf_release(&name);
}

static void
write_tail(struct buf *out, const struct makefile *m)
{
	buf_adds(out, "\n$(RUN)/execution.json:");
	for (uint32_t i = 0; i < m->graph.norder; i++) {
		if (!m->in[m->graph.order[i]])
			continue;
		buf_adds(out, " $D/");
		add_name(out, m, m->graph.order[i]);
	}
	buf_adds(out,
	    "\n\t@$(WF_MAKE) --record $(OPTIONS) $(WORKFLOW)\n\n"
	    "status:\n\t@$(WF_MAKE) --status $(OPTIONS) $(WORKFLOW) || test $$? -eq 1\n\n"
	    "execution:\n\t@$(WF_MAKE) --record $(OPTIONS) $(WORKFLOW)\n\n"
	    "report:\n\t@$(WF_MAKE) --report $(OPTIONS) $(WORKFLOW)\n\n"
	    "clean-failed:\n"
	    "\t@find $(RUN)/failed $(RUN)/running -type f -exec rm -f {} +\n\n"
	    "# These are rules for the goals of the command line alone, lest they match files.\n"
	    "goals = $(filter $1-%,$(MAKECMDGOALS)) $1-\n\n"
	    "$(call goals,step): step-%: $D/% FORCE ;\n\n"
	    "$(call goals,rerun): rerun-%: FORCE\n"
	    "\t@test -e $P/$*.json || { echo \"there is no step $*\" >&2; exit 2; }\n"
	    "\t@rm -f $D/$* $D/$*.*-of-*\n"
	    "\t@$(MAKE) -f $(THIS) $D/$*\n\n"
	    "$(call goals,from): from-%: FORCE\n"
	    "\t@$(WF_MAKE) --after $* $(OPTIONS) $(WORKFLOW) >$(RUN)/after-$*\n"
	    "\t@cd $D && xargs rm -f <../after-$*\n"
	    "\t@$(MAKE) -f $(THIS) $$(sed 's|^|$D/|; /\\.[0-9]*-of-[0-9]*$$/d' "
	    "$(RUN)/after-$*)\n\n"
	    "$(call goals,scene): scene-%: FORCE\n"
	    "\t@$(WF_MAKE) --scene $* $(OPTIONS) $(WORKFLOW) >$(RUN)/scene-$*.mk\n"
	    "\t@$(MAKE) -f $(RUN)/scene-$*.mk\n");
}

void
makefile_write(struct buf *out, const struct makefile *m)
{
	write_head(out, m);
	for (uint32_t i = 0; i < m->graph.norder; i++)
		if (m->in[m->graph.order[i]])
			write_step(out, m, m->graph.order[i]);
	write_tail(out, m);
}
