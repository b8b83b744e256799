/* All outcomes of the conditions: see flow.h. */
#include "workflow/flow.h"

#include <stdlib.h>

#include "base/mem.h"

uint64_t
flow_pattern(uint32_t place)
{
	static const uint64_t patterns[] = { 0xaaaaaaaaaaaaaaaau, 0xccccccccccccccccu,
		0xf0f0f0f0f0f0f0f0u, 0xff00ff00ff00ff00u, 0xffff0000ffff0000u,
		0xffffffff00000000u };

	return patterns[place];
}

/* The variable of a list of conditions; those with the same text are the same. */
static uint32_t
variable(struct flow *f, struct strmap *seen, const struct json_node *list, uint32_t step)
{
	struct strmap_entry *e;
	bool is_new;

	if (list == NULL || json_node_type(list) == JSON_NULL)
		return WF_NONE;
	e = strmap_put(seen, json_node_raw(list), f->nvars, &is_new);
	if (is_new)
		f->owner[f->nvars++] = step;
	return (uint32_t)e->value;
}

/* How many words are affordable: those of `limit` variables; without one a budget counts too. */
static uint64_t
most_words(const struct flow *f, uint32_t limit)
{
	uint64_t steps = f->wf->nsteps ? f->wf->nsteps : 1, most = FLOW_BUDGET / steps, all;

	if (limit > FLOW_VARIABLES_MAX)
		limit = FLOW_VARIABLES_MAX;
	all = (uint64_t)1 << ((limit ? limit : FLOW_VARIABLES) - (limit && limit < 6 ? limit : 6));
	if (limit)
		return all;
	return most < 4 ? 4 : most < all ? most : all;
}

/* 2^nvars assignments, cut to what is affordable. */
static void
count_words(struct flow *f, uint32_t limit)
{
	uint64_t most = most_words(f, limit);

	f->words = f->nvars <= 6 ? 1 : f->nvars < 40 ? (uint64_t)1 << (f->nvars - 6) : UINT64_MAX;
	f->cut = f->words > most;
	if (f->cut)
		f->words = most;
}

void
flow_init(struct flow *f, const struct wf *wf, const struct graph *graph, uint32_t limit)
{
	struct strmap seen = STRMAP_INIT;

	*f = (struct flow){ .wf = wf, .graph = graph };
	f->decides = xcalloc(wf->nsteps, sizeof(*f->decides));
	f->skips = xcalloc(wf->nsteps, sizeof(*f->skips));
	f->owner = xcalloc((size_t)wf->nsteps * 2, sizeof(*f->owner));
	for (uint32_t s = 0; s < wf->nsteps; s++) {
		const struct wf_step *step = &wf->step[s];

		f->skips[s] = variable(f, &seen, step->skip_if, s);
		f->decides[s] = WF_NONE;
		if (step->type == WF_CONDITION && (step->if_then.n || step->if_else.n))
			f->decides[s] =
			    variable(f, &seen, step->conditions ? step->conditions : step->node, s);
	}
	count_words(f, limit);
	strmap_release(&seen);
}

void
flow_release(struct flow *f)
{
	free(f->decides);
	free(f->skips);
	free(f->owner);
	*f = (struct flow){ 0 };
}

/* The values of the variables in word number `word`. */
static void
assign(const struct flow *f, uint64_t *var, uint64_t word, uint32_t turn)
{
	for (uint32_t v = 0; v < f->nvars; v++) {
		uint32_t place = (v + turn) % f->nvars;

		if (f->cut) { /* scattered; the first two assignments are none and all */
			uint64_t seed[] = { word, v };

			var[v] = hash_bytes(seed, sizeof(seed));
			if (word == 0)
				var[v] = (var[v] & ~(uint64_t)3) | 2;
		} else {
			var[v] = place < 6                 ? flow_pattern(place)
				 : word >> (place - 6) & 1 ? UINT64_MAX
							   : 0;
		}
	}
}

/* The assignments in which step s runs. Those of all steps before it are known. */
static uint64_t
runs(const struct flow *f, const uint64_t *run, const uint64_t *var, uint32_t s)
{
	const struct graph *g = f->graph;
	uint64_t skipped = 0, all = UINT64_MAX;

	for (uint32_t i = g->ctl_at[s]; i < g->ctl_at[s + 1]; i++) {
		uint32_t cond = g->ctl[i] / 2;
		uint64_t truth = var[f->decides[cond]];

		skipped |= run[cond] & (g->ctl[i] & 1 ? ~truth : truth);
	}
	if (f->skips[s] != WF_NONE)
		skipped |= var[f->skips[s]];
	for (uint32_t e = g->pred_at[s]; e < g->dep_end[s]; e++)
		all &= ~run[g->pred[e]];
	if (g->dep_end[s] > g->pred_at[s])
		skipped |= all;
	return ~skipped;
}

void
flow_run(
    struct flow *f, uint32_t turn, void (*visit)(void *ctx, const struct flow_word *w), void *ctx)
{
	uint64_t *run = xcalloc(f->wf->nsteps, sizeof(*run));
	uint64_t *var = xcalloc(f->nvars, sizeof(*var));
	struct flow_word w = { UINT64_MAX, run, var };

	if (f->nvars < 6)
		w.valid = ((uint64_t)1 << (1u << f->nvars)) - 1;
	for (uint64_t word = 0; word < f->words; word++) {
		assign(f, var, word, turn);
		for (uint32_t i = 0; i < f->graph->norder; i++) {
			uint32_t s = f->graph->order[i];

			run[s] = runs(f, run, var, s);
		}
		visit(ctx, &w);
	}
	free(run);
	free(var);
}
