/* DOT and Mermaid of a workflow: see draw.h. */
#include "workflow/draw.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/json.h"

/* How a type looks: graphviz's shape, and the brackets of Mermaid. */
static const struct look {
	const char *shape, *open, *close;
} looks[] = {
	[WF_JOB] = { "box", "[", "]" },
	[WF_LABELING] = { "note", "[/", "/]" },
	[WF_RELEASE_DATASET] = { "cylinder", "[(", ")]" },
	[WF_MODEL] = { "box3d", "[[", "]]" },
	[WF_SERVICE] = { "ellipse", "([", "])" },
	[WF_MRS_JOB] = { "component", "[\\", "\\]" },
	[WF_DATASET_IMPORT] = { "cylinder", "[(", ")]" },
	[WF_CREATE_DATASET] = { "cylinder", "[(", ")]" },
	[WF_CONDITION] = { "diamond", "{", "}" },
	[WF_TYPE_UNKNOWN] = { "plaintext", ">", "]" },
};

/* ---- text in labels ---- */

/* Control characters would make a broken SVG. */
static bool
put_control(struct buf *b, char c, const char *newline)
{
	if (c == '\n')
		buf_adds(b, newline);
	else if ((unsigned char)c < 0x20 || c == 0x7f)
		buf_addc(b, '?');
	else
		return false;
	return true;
}

static void
put_dot_text(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (put_control(b, s.p[i], "\\n"))
			continue;
		else if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addf(b, "\\%c", s.p[i]);
		else if (s.p[i] == '&')
			buf_adds(b, "&amp;");
		else
			buf_addc(b, s.p[i]);
}

static void
put_mermaid_text(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (put_control(b, s.p[i], "<br>"))
			continue;
		else if (strchr("\"#<>&;`", s.p[i]))
			buf_addf(b, "#%d;", s.p[i]);
		else
			buf_addc(b, s.p[i]);
}

static void
put_text(const struct drawing *d, struct buf *b, struct span s)
{
	if (d->form == DRAW_DOT)
		put_dot_text(b, s);
	else
		put_mermaid_text(b, s);
}

/* ---- steps ---- */

static bool
is_idle(const struct drawing *d, uint32_t step)
{
	return d->plan && d->plan[step] != PLAN_RUN && d->plan[step] != PLAN_WAIT &&
	       d->plan[step] != PLAN_MAYBE;
}

/* The name, and below it the title when there is another one. */
static void
put_label(const struct drawing *d, struct buf *b, uint32_t step)
{
	struct span name = d->wf->step[step].name;
	struct span title =
	    wf_text(d->wf, json_tree_get(&d->wf->tree, d->wf->step[step].node, "title"));

	put_text(d, b, name.p ? name : SPAN("(no name)"));
	if (title.n == 0 || (name.p && span_eq(title, name)))
		return;
	buf_adds(b, d->form == DRAW_DOT ? "\\n" : "<br>");
	put_text(d, b, title);
}

static void
put_step(const struct drawing *d, struct out *out, uint32_t step, const char *indent)
{
	const struct look *look = &looks[d->wf->step[step].type];
	struct buf *b = &out->b;

	buf_addf(b, "%sn%u%s\"", indent, step, d->form == DRAW_DOT ? " [label=" : look->open);
	put_label(d, b, step);
	if (d->form == DRAW_MERMAID) {
		buf_addf(b, "\"%s%s\n", look->close, is_idle(d, step) ? ":::idle" : "");
	} else {
		buf_addf(b, "\", shape=%s", look->shape);
		if (is_idle(d, step))
			buf_adds(b, ", color=gray, fontcolor=gray, style=dashed");
		else if (d->plan && d->plan[step] == PLAN_MAYBE)
			buf_adds(b, ", style=dashed");
		buf_adds(b, "];\n");
	}
	out_tick(out);
}

#define DRAWN (WF_NONE - 1)

/* The sub-graph of each step: the first that names it; WF_NONE. */
static uint32_t *
place_steps(const struct wf *wf)
{
	uint32_t *group = xcalloc(wf->nsteps, sizeof(*group));

	for (uint32_t s = 0; s < wf->nsteps; s++)
		group[s] = WF_NONE;
	for (uint32_t g = wf->nsubgraphs; g-- > 0;) {
		struct wf_range r = wf->subgraph[g].steps;

		for (uint32_t i = r.at; i < r.at + r.n; i++)
			if (wf->link[i].step != WF_NONE)
				group[wf->link[i].step] = g;
	}
	return group;
}

static void
put_group(const struct drawing *d, struct out *out, uint32_t g, uint32_t *group)
{
	const struct wf_group *sub = &d->wf->subgraph[g];

	buf_addf(&out->b,
	    d->form == DRAW_DOT ? "\tsubgraph cluster_%u {\n\t\tlabel=\"" : "\tsubgraph g%u[\"", g);
	put_text(d, &out->b, sub->name.p ? sub->name : SPAN(""));
	buf_adds(&out->b, d->form == DRAW_DOT ? "\";\n" : "\"]\n");
	for (uint32_t i = sub->steps.at; i < sub->steps.at + sub->steps.n; i++) {
		uint32_t s = d->wf->link[i].step;

		if (s == WF_NONE || group[s] != g)
			continue;
		put_step(d, out, s, "\t\t");
		group[s] = DRAWN; /* it may be listed twice */
	}
	buf_adds(&out->b, d->form == DRAW_DOT ? "\t}\n" : "\tend\n");
}

static void
put_steps(const struct drawing *d, struct out *out)
{
	uint32_t *group = place_steps(d->wf);

	for (uint32_t g = 0; g < d->wf->nsubgraphs; g++)
		put_group(d, out, g, group);
	for (uint32_t s = 0; s < d->wf->nsteps; s++)
		if (group[s] == WF_NONE)
			put_step(d, out, s, "\t");
	free(group);
}

/* ---- edges ---- */

/* "true", "false" or "" for the way from a condition to a step of its branches. */
static const char *
branch_label(const struct drawing *d, uint32_t from, uint32_t to)
{
	const struct graph *g = d->graph;

	for (uint32_t i = g->ctl_at[to]; i < g->ctl_at[to + 1]; i++)
		if (g->ctl[i] / 2 == from)
			return g->ctl[i] & 1 ? "true" : "false";
	return "";
}

static void
put_edge(const struct drawing *d, struct out *out, uint32_t from, uint32_t to, bool depends)
{
	const char *label = branch_label(d, from, to);
	bool idle = is_idle(d, from) || is_idle(d, to);

	if (d->form == DRAW_MERMAID) {
		buf_addf(&out->b, "\tn%u %s", from, depends && !idle ? "-->" : "-.->");
		buf_addf(&out->b, *label ? "|%s| n%u\n" : "%s n%u\n", label, to);
	} else {
		buf_addf(&out->b, "\tn%u -> n%u", from, to);
		if (*label || idle || !depends) {
			buf_addf(&out->b, " [%s%s%s", *label ? "label=\"" : "", label,
			    *label ? "\"" : "");
			if (!depends || idle)
				buf_addf(&out->b, "%sstyle=dashed", *label ? ", " : "");
			buf_addf(&out->b, "%s]", idle ? ", color=gray, fontcolor=gray" : "");
		}
		buf_adds(&out->b, ";\n");
	}
	out_tick(out);
}

static void
put_edges(const struct drawing *d, struct out *out)
{
	const struct graph *g = d->graph;

	for (uint32_t s = 0; s < g->n; s++)
		for (uint32_t e = g->pred_at[s]; e < g->pred_at[s + 1]; e++)
			put_edge(d, out, g->pred[e], s, e < g->dep_end[s]);
}

/* Beyond so many steps the picture is drawn tighter. */
#define MANY_STEPS 100

static void
draw_dot(const struct drawing *d, struct out *out)
{
	buf_adds(&out->b, "digraph \"");
	put_dot_text(&out->b, d->wf->name.p ? d->wf->name : SPAN("workflow"));
	buf_addf(&out->b, "\" {\n\trankdir=%s;\n", d->left_to_right ? "LR" : "TB");
	buf_adds(&out->b, "\tgraph [fontname=\"sans-serif\", fontsize=11];\n"
			  "\tnode [fontname=\"sans-serif\", fontsize=11];\n"
			  "\tedge [fontname=\"sans-serif\", fontsize=10];\n");
	if (d->wf->nsteps > MANY_STEPS)
		buf_adds(&out->b, "\tnodesep=0.1;\n\tranksep=0.3;\n\tsplines=polyline;\n");
	put_steps(d, out);
	put_edges(d, out);
	buf_adds(&out->b, "}\n");
}

void
draw(const struct drawing *d, struct out *out)
{
	if (d->form == DRAW_DOT) {
		draw_dot(d, out);
		return;
	}
	buf_addf(&out->b, "flowchart %s\n", d->left_to_right ? "LR" : "TB");
	put_steps(d, out);
	put_edges(d, out);
	if (d->plan)
		buf_adds(&out->b,
		    "\tclassDef idle fill:#eee,color:#999,stroke:#bbb,stroke-dasharray:4\n");
}

/* ---- a plan ---- */

static bool
action_of(struct span word, enum plan_action *action)
{
	for (int a = PLAN_RUN; a <= PLAN_OUTSIDE; a++)
		if (span_is(word, plan_action_name((enum plan_action)a))) {
			*action = (enum plan_action)a;
			return true;
		}
	return false;
}

/* One line; false when it is no line of a plan. */
static bool
read_line(const struct wf *wf, struct span line, enum plan_action *action, struct buf *scratch)
{
	struct span word, name;
	enum plan_action a;
	uint32_t step;

	if (!json_valid(line) || json_type_of(span_trim(line)) != JSON_OBJECT)
		return false;
	word = json_unquote(json_member(line, "action"));
	name = json_unquote(json_member(line, "step"));
	if (word.p == NULL || name.p == NULL || !action_of(word, &a))
		return false;
	step = wf_find_step(wf, json_text(name, scratch));
	if (step != WF_NONE)
		action[step] = a;
	return step != WF_NONE;
}

bool
draw_read_plan(const struct wf *wf, struct input *in, enum plan_action *action)
{
	struct buf scratch = BUF_INIT;
	struct span line;
	bool fine = true;

	while (input_line(in, &line)) {
		if (span_trim(line).n == 0 || read_line(wf, line, action, &scratch))
			continue;
		error_at(input_pos(in, 0), NULL,
		    "no line of a plan of this workflow: {\"step\": NAME, \"action\": ...}, as wf-plan "
		    "--json writes it");
		fine = false;
	}
	buf_release(&scratch);
	return fine;
}
