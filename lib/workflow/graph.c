/* The graph of the steps, its order, its cycles, its ancestors: see graph.h. */
#include "workflow/graph.h"

#include <stdlib.h>

#include "base/mem.h"

static uint32_t *
array(size_t n)
{
	return xcalloc(n, sizeof(uint32_t));
}

/* ---- edges ---- */

/* Call `put` for each step that a branch of condition `cond` names: b is 1 for if_then_steps. */
static void
each_branch(struct graph *g, const struct wf *wf, uint32_t cond,
    void (*put)(struct graph *g, uint32_t step, uint32_t ctl, uint32_t *fill), uint32_t *fill)
{
	struct wf_range both[] = { wf->step[cond].if_else, wf->step[cond].if_then };

	for (uint32_t b = 0; wf->step[cond].type == WF_CONDITION && b < 2; b++)
		for (uint32_t i = both[b].at; i < both[b].at + both[b].n; i++)
			if (wf->link[i].step != WF_NONE && wf->link[i].step != cond)
				put(g, wf->link[i].step, 2 * cond + b, fill);
}

static void
count_control(struct graph *g, uint32_t step, uint32_t ctl, uint32_t *fill)
{
	(void)ctl;
	(void)fill;
	g->ctl_at[step + 1]++;
}

static void
put_control(struct graph *g, uint32_t step, uint32_t ctl, uint32_t *fill)
{
	g->ctl[fill[step]++] = ctl;
}

/* The branches of all conditions, turned round: for each step, who names it. */
static void
add_controls(struct graph *g, const struct wf *wf)
{
	uint32_t *fill = array((size_t)g->n + 1);

	for (uint32_t c = 0; c < g->n; c++)
		each_branch(g, wf, c, count_control, NULL);
	for (uint32_t s = 0; s < g->n; s++)
		g->ctl_at[s + 1] += g->ctl_at[s];
	memcpy(fill, g->ctl_at, ((size_t)g->n + 1) * sizeof(*fill));
	g->ctl = array(g->ctl_at[g->n]);
	for (uint32_t c = 0; c < g->n; c++)
		each_branch(g, wf, c, put_control, fill);
	free(fill);
}

static void
add_predecessors(struct graph *g, const struct wf *wf, enum graph_edges edges)
{
	uint32_t *seen = array(g->n); /* index + 1 of the step that named it last */
	uint32_t n = 0;

	for (uint32_t s = 0; s < g->n; s++) {
		struct wf_range r = wf->step[s].depend;

		g->pred_at[s] = n;
		for (uint32_t i = r.at; i < r.at + r.n; i++) {
			uint32_t p = wf->link[i].step;

			if (p == WF_NONE || p == s || seen[p] == s + 1)
				continue;
			seen[p] = s + 1;
			g->pred[n++] = p;
		}
		g->dep_end[s] = n;
		for (uint32_t i = g->ctl_at[s]; edges == GRAPH_BRANCHES && i < g->ctl_at[s + 1];
		     i++)
			if (seen[g->ctl[i] / 2] != s + 1) {
				seen[g->ctl[i] / 2] = s + 1;
				g->pred[n++] = g->ctl[i] / 2;
			}
	}
	g->pred_at[g->n] = n;
	free(seen);
}

/* Successors are the predecessors turned round, by counting. */
static void
add_successors(struct graph *g)
{
	uint32_t edges = g->pred_at[g->n], *fill = array((size_t)g->n + 1);

	g->succ = array(edges);
	for (uint32_t e = 0; e < edges; e++)
		g->succ_at[g->pred[e] + 1]++;
	for (uint32_t s = 0; s < g->n; s++)
		g->succ_at[s + 1] += g->succ_at[s];
	memcpy(fill, g->succ_at, ((size_t)g->n + 1) * sizeof(*fill));
	for (uint32_t s = 0; s < g->n; s++)
		for (uint32_t e = g->pred_at[s]; e < g->pred_at[s + 1]; e++)
			g->succ[fill[g->pred[e]]++] = s;
	free(fill);
}

/* ---- order and cycles: Tarjan's algorithm along the predecessors, without recursion ---- */

struct tarjan {
	struct graph *g;
	uint32_t *index, *low; /* from 1; 0 = not visited */
	uint32_t *edge;        /* next edge to look at */
	uint32_t *open, nopen; /* Tarjan's stack */
	uint32_t *path, npath; /* the call stack */
	uint32_t *comp;        /* component + 1; 0: none yet */
	uint32_t count, ncomp;
	uint32_t nmembers;
	bool *tainted; /* in a cycle, or behind one */
};

/* The members of the component that `root` closes: a single step goes into the order. */
static void
close_component(struct tarjan *t, uint32_t root)
{
	struct graph *g = t->g;
	uint32_t first = t->nopen;

	while (t->open[--first] != root)
		continue;
	t->ncomp++;
	for (uint32_t i = first; i < t->nopen; i++)
		t->comp[t->open[i]] = t->ncomp;
	if (t->nopen - first > 1) {
		g->cycle_at[g->ncycles++] = t->nmembers;
		for (uint32_t i = first; i < t->nopen; i++) {
			t->tainted[t->open[i]] = true;
			g->member[t->nmembers++] = t->open[i];
		}
	} else {
		for (uint32_t e = g->pred_at[root]; e < g->pred_at[root + 1]; e++)
			t->tainted[root] |= t->tainted[g->pred[e]];
		if (!t->tainted[root])
			g->order[g->norder++] = root;
	}
	t->nopen = first;
}

static void
enter(struct tarjan *t, uint32_t s)
{
	t->index[s] = t->low[s] = ++t->count;
	t->edge[s] = t->g->pred_at[s];
	t->open[t->nopen++] = s;
	t->path[t->npath++] = s;
}

static void
visit(struct tarjan *t, uint32_t start)
{
	struct graph *g = t->g;

	enter(t, start);
	while (t->npath > 0) {
		uint32_t s = t->path[t->npath - 1];

		if (t->edge[s] < g->pred_at[s + 1]) {
			uint32_t p = g->pred[t->edge[s]++];

			if (t->index[p] == 0)
				enter(t, p);
			else if (t->comp[p] == 0 && t->index[p] < t->low[s])
				t->low[s] = t->index[p];
			continue;
		}
		t->npath--;
		if (t->low[s] == t->index[s])
			close_component(t, s);
		if (t->npath > 0) {
			uint32_t up = t->path[t->npath - 1];

			if (t->low[s] < t->low[up])
				t->low[up] = t->low[s];
		}
	}
}

/*
 * Put one whole loop through the first member (of the document) in front of the others:
 * the shortest, by a breadth-first search along the predecessors that stays inside.
 * Returns its length.
 */
static uint32_t
find_loop(struct tarjan *t, uint32_t *member, uint32_t n, uint32_t *queue, uint32_t *from)
{
	struct graph *g = t->g;
	uint32_t start = member[0], head = 0, tail = 0, length = 0, comp;

	for (uint32_t i = 0; i < n; i++) {
		start = member[i] < start ? member[i] : start;
		from[member[i]] = WF_NONE;
	}
	comp = t->comp[start];
	queue[tail++] = start;
	for (; from[start] == WF_NONE; head++) {
		uint32_t s = queue[head];

		for (uint32_t e = g->pred_at[s]; e < g->pred_at[s + 1]; e++) {
			uint32_t p = g->pred[e];

			if (t->comp[p] == comp && from[p] == WF_NONE) {
				from[p] = s;
				if (p != start)
					queue[tail++] = p;
			}
		}
	}
	/* walk back from start: from[x] depends on x; the loop is written start -> pred -> ... */
	for (uint32_t s = from[start]; s != start; s = from[s])
		queue[length++] = s;
	member[0] = start;
	for (uint32_t i = 0; i < length; i++)
		member[1 + i] = queue[length - 1 - i];
	return length + 1;
}

static int
by_first(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (x[0] > y[0]) - (x[0] < y[0]);
}

/* Cut each component down to its loop, and sort the loops by their first step. */
static void
keep_loops(struct tarjan *t)
{
	struct graph *g = t->g;
	uint32_t *queue = array(g->n), *from = array(g->n), *out = array(g->n), n = 0;
	uint32_t(*key)[2] = xcalloc(g->ncycles, sizeof(*key));

	for (uint32_t c = 0; c < g->ncycles; c++) {
		uint32_t at = g->cycle_at[c];
		uint32_t end = c + 1 < g->ncycles ? g->cycle_at[c + 1] : t->nmembers;
		uint32_t length = find_loop(t, g->member + at, end - at, queue, from);

		key[c][0] = g->member[at];
		key[c][1] = at;
		out[at] = length;
	}
	qsort(key, g->ncycles, sizeof(*key), by_first);
	memcpy(queue, out, g->n * sizeof(*out));
	for (uint32_t c = 0; c < g->ncycles; c++) {
		uint32_t length = queue[key[c][1]];

		memcpy(out + n, g->member + key[c][1], length * sizeof(*out));
		g->cycle_at[c] = n;
		n += length;
	}
	g->cycle_at[g->ncycles] = n;
	free(g->member);
	g->member = out;
	free(queue);
	free(from);
	free(key);
}

static void
find_order(struct graph *g)
{
	struct tarjan t = { .g = g };

	t.index = array(g->n);
	t.low = array(g->n);
	t.edge = array(g->n);
	t.open = array(g->n);
	t.path = array(g->n);
	t.comp = array(g->n);
	t.tainted = xcalloc(g->n, sizeof(*t.tainted));
	for (uint32_t s = 0; s < g->n; s++)
		if (t.index[s] == 0)
			visit(&t, s);
	if (g->ncycles > 0)
		keep_loops(&t);
	free(t.index);
	free(t.low);
	free(t.edge);
	free(t.open);
	free(t.path);
	free(t.comp);
	free(t.tainted);
}

/* ---- ancestors ---- */

/* The longest path of dependencies above each step: an ancestor has a smaller level. */
static void
find_levels(struct graph *g)
{
	for (uint32_t i = 0; i < g->norder; i++) {
		uint32_t s = g->order[i];

		for (uint32_t e = g->pred_at[s]; e < g->pred_at[s + 1]; e++)
			if (g->level[g->pred[e]] + 1 > g->level[s])
				g->level[s] = g->level[g->pred[e]] + 1;
	}
}

/*
 * A forest that a depth-first walk along the successors spans: a step inside the interval
 * [pre, post] of another comes behind it for certain, and one that was finished later does not.
 */
static void
find_intervals(struct graph *g)
{
	uint32_t *edge = array(g->n), *path = g->stack, n = 0, clock = 0;

	for (uint32_t i = 0; i < g->norder; i++)
		g->mark[g->order[i]] = 1;
	g->stamp = 1;
	for (uint32_t i = 0; i < g->norder; i++) {
		if (g->pre[g->order[i]])
			continue;
		path[n++] = g->order[i];
		while (n > 0) {
			uint32_t s = path[n - 1];

			if (g->pre[s] == 0) {
				g->pre[s] = ++clock;
				edge[s] = g->succ_at[s];
			}
			while (edge[s] < g->succ_at[s + 1] &&
			       (g->pre[g->succ[edge[s]]] || !g->mark[g->succ[edge[s]]]))
				edge[s]++;
			if (edge[s] < g->succ_at[s + 1]) {
				path[n++] = g->succ[edge[s]];
			} else {
				g->post[s] = ++clock;
				n--;
			}
		}
	}
	free(edge);
}

static bool
surely_not(const struct graph *g, uint32_t from, uint32_t to)
{
	return g->level[from] >= g->level[to] || g->post[from] < g->post[to];
}

static bool
surely(const struct graph *g, uint32_t from, uint32_t to)
{
	return g->pre[from] < g->pre[to] && g->post[to] < g->post[from];
}

static enum reach
search(struct graph *g, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	g->stamp++;
	g->stack[n++] = to;
	while (n > 0) {
		uint32_t s = g->stack[--n];

		for (uint32_t e = g->pred_at[s]; e < g->pred_at[s + 1]; e++) {
			uint32_t p = g->pred[e];

			if (p == from || surely(g, from, p))
				return REACH_YES;
			if (g->budget == 0)
				return REACH_UNKNOWN;
			g->budget--;
			if (g->mark[p] == g->stamp || surely_not(g, from, p))
				continue;
			g->mark[p] = g->stamp;
			g->stack[n++] = p;
		}
	}
	return REACH_NO;
}

enum reach
graph_reaches(struct graph *g, uint32_t from, uint32_t to)
{
	if (from == to)
		return REACH_NO;
	if (g->pre[from] == 0 || g->pre[to] == 0)
		return REACH_UNKNOWN; /* in a cycle, or behind one */
	if (surely(g, from, to))
		return REACH_YES;
	if (surely_not(g, from, to))
		return REACH_NO;
	return search(g, from, to);
}

void
graph_init(struct graph *g, const struct wf *wf, enum graph_edges edges)
{
	size_t n = wf->nsteps;

	*g = (struct graph){ .n = wf->nsteps, .budget = GRAPH_BUDGET };
	g->pred_at = array(n + 1);
	g->succ_at = array(n + 1);
	g->pred = array(wf->nlinks); /* a branch's name is a link too */
	g->order = array(n);
	g->cycle_at = array(n / 2 + 1);
	g->member = array(n);
	g->level = array(n);
	g->pre = array(n);
	g->post = array(n);
	g->mark = array(n);
	g->stack = array(n);
	g->dep_end = array(n);
	g->ctl_at = array(n + 1);
	add_controls(g, wf);
	add_predecessors(g, wf, edges);
	add_successors(g);
	find_order(g);
	find_levels(g);
	find_intervals(g);
}

void
graph_release(struct graph *g)
{
	uint32_t *all[] = { g->pred_at, g->pred, g->succ_at, g->succ, g->order, g->cycle_at,
		g->member, g->level, g->dep_end, g->ctl_at, g->ctl, g->pre, g->post, g->mark,
		g->stack };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		free(all[i]);
	*g = (struct graph){ 0 };
}
