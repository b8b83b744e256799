/*
 * The report of a run, one self-contained HTML page: see runstate.h. Nothing in it is
 * fetched, and no script runs; everything from outside is escaped.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/markup.h"
#include "base/num.h"
#include "base/utf8.h"
#include "workflow/runstate.h"

#define TAIL_BYTES 4000 /* of a log */
#define GRAPH_MAX 600   /* steps that are still drawn */
#define BOX_W 150
#define BOX_H 34
#define GAP_X 24
#define GAP_Y 46

static const char style[] =
    "body{font:14px sans-serif;margin:2em;color:#222;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:.25em .7em;text-align:left;border-bottom:1px solid #ddd}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "pre{background:#f4f4f4;padding:.7em;overflow:auto;max-width:70em}"
    ".bar{position:relative;width:24em;height:.9em;background:#f4f4f4}"
    ".bar i{position:absolute;top:0;bottom:0;min-width:2px;background:#4a7}"
    "svg text{font:12px sans-serif}svg path{fill:none;stroke:#999}"
    "rect{stroke:#555;rx:4}"
    ".completed{fill:#cdebd5}.skipped{fill:#eee}.failed,.timeout,.stopped,.blocked{fill:#f6c9c4}"
    ".running{fill:#cfe0f7}.waiting{fill:#fff}";

/* As text of HTML; what is no UTF-8 or a control character is shown as \xNN. */
static void
add_text(struct buf *out, struct span text)
{
	struct buf safe = BUF_INIT;
	const char *entity;

	diag_escape(&safe, text);
	for (size_t i = 0; i < safe.n; i++)
		if ((entity = markup_entity(safe.p[i])) != NULL)
			buf_adds(out, entity);
		else
			buf_addc(out, safe.p[i]);
	buf_release(&safe);
}

/* The same, line by line. */
static void
add_lines(struct buf *out, struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		add_text(out, line);
		if (text.p)
			buf_addc(out, '\n');
	}
}

static void
add_status_class(struct buf *out, const struct runstate *s, uint32_t step)
{
	struct buf scratch = BUF_INIT;

	add_text(out, runstate_status(s, step, &scratch));
	buf_release(&scratch);
}

/* ---- the graph ---- */

/* Rows from the top: a step stands below all that it depends on. */
struct layout {
	struct graph graph;
	uint32_t *row, *column, rows, columns;
};

static void
place_steps(struct layout *l)
{
	struct graph *g = &l->graph;
	uint32_t *used = xcalloc((size_t)g->n + 1, sizeof(*used));

	l->row = xcalloc((size_t)g->n + 1, sizeof(*l->row));
	l->column = xcalloc((size_t)g->n + 1, sizeof(*l->column));
	for (uint32_t i = 0; i < g->norder; i++) {
		uint32_t s = g->order[i];

		for (uint32_t p = g->pred_at[s]; p < g->pred_at[s + 1]; p++)
			if (l->row[s] <= l->row[g->pred[p]])
				l->row[s] = l->row[g->pred[p]] + 1;
		l->column[s] = used[l->row[s]]++;
		l->rows = l->row[s] >= l->rows ? l->row[s] + 1 : l->rows;
		l->columns = l->column[s] >= l->columns ? l->column[s] + 1 : l->columns;
	}
	free(used);
}

static void
draw_edges(struct buf *out, const struct layout *l)
{
	const struct graph *g = &l->graph;

	for (uint32_t s = 0; s < g->n; s++)
		for (uint32_t p = g->pred_at[s]; p < g->pred_at[s + 1]; p++) {
			uint32_t from = g->pred[p];
			unsigned x1 = l->column[from] * (BOX_W + GAP_X) + BOX_W / 2;
			unsigned y1 = l->row[from] * (BOX_H + GAP_Y) + BOX_H;
			unsigned x2 = l->column[s] * (BOX_W + GAP_X) + BOX_W / 2;
			unsigned y2 = l->row[s] * (BOX_H + GAP_Y);

			buf_addf(out, "<path d=\"M%u %uC%u %u %u %u %u %u\"/>\n", x1, y1, x1,
			    y1 + GAP_Y / 2, x2, y2 - GAP_Y / 2, x2, y2);
		}
}

/* The first characters that fit into a box. */
static struct span
short_name(struct span name)
{
	size_t i = 0, n = 0, length;

	while (i < name.n && n < 20 && (length = utf8_length(name.p + i, name.n - i)) > 0) {
		n += length > 2 ? 2 : 1;
		i += length;
	}
	return (struct span){ name.p, i };
}

static void
draw_boxes(struct buf *out, const struct runstate *s, const struct layout *l)
{
	for (uint32_t i = 0; i < s->wf->nsteps; i++) {
		unsigned x = l->column[i] * (BOX_W + GAP_X), y = l->row[i] * (BOX_H + GAP_Y);

		buf_addf(out, "<g><title>");
		add_text(out, s->wf->step[i].name);
		buf_addf(out, ": ");
		add_status_class(out, s, i);
		buf_addf(out, "</title><rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" class=\"",
		    x, y, BOX_W, BOX_H);
		add_status_class(out, s, i);
		buf_addf(out, "\"/><text x=\"%u\" y=\"%u\" text-anchor=\"middle\">", x + BOX_W / 2,
		    y + BOX_H / 2 + 4);
		add_text(out, short_name(s->wf->step[i].name));
		buf_adds(out, "</text></g>\n");
	}
}

static void
add_graph(struct buf *out, const struct runstate *s)
{
	struct layout l = { .rows = 0 };

	if (s->wf->nsteps > GRAPH_MAX) {
		buf_addf(out,
		    "<p>The graph of %" PRIu32 " steps is too large to be drawn here.</p>\n",
		    s->wf->nsteps);
		return;
	}
	graph_init(&l.graph, s->wf, GRAPH_BRANCHES);
	place_steps(&l);
	buf_addf(out, "<svg width=\"%u\" height=\"%u\" viewBox=\"-2 -2 %u %u\" role=\"img\">\n",
	    l.columns * (BOX_W + GAP_X), l.rows * (BOX_H + GAP_Y), l.columns * (BOX_W + GAP_X),
	    l.rows * (BOX_H + GAP_Y));
	draw_edges(out, &l);
	draw_boxes(out, s, &l);
	buf_adds(out, "</svg>\n");
	graph_release(&l.graph);
	free(l.row);
	free(l.column);
}

/* ---- times ---- */

/* "2026-01-31T12:00:00.250Z" in seconds; false: it is not there. */
static bool
start_of(const struct stamp *s, double *seconds)
{
	struct buf scratch = BUF_INIT;
	struct span text = stamp_text(s, "start", &scratch);
	char copy[32] = "", *rest;
	struct tm tm = { .tm_sec = 0 };
	double fraction = 0;
	bool fine;

	memcpy(copy, text.n ? text.p : "", text.n < sizeof(copy) ? text.n : 0);
	rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
	fine = rest && *rest == '.';
	if (fine && num_parse((struct span){ rest, strcspn(rest, "Z") }, &fraction))
		*seconds = (double)timegm(&tm) + fraction;
	buf_release(&scratch);
	return fine;
}

static double
duration_of(const struct stamp *s)
{
	const struct json_node *n = json_tree_get(&s->tree, s->tree.root, "duration");
	double seconds = 0;

	json_node_number(n, &seconds);
	return seconds;
}

struct times {
	double first, last;
};

static struct times
times_of(const struct runstate *s)
{
	struct times t = { 0, 0 };
	double start = 0;

	for (uint32_t i = 0; i < s->wf->nsteps; i++) {
		double end;

		if (!start_of(&s->stamp[i], &start))
			continue;
		end = start + duration_of(&s->stamp[i]);
		if (t.last == 0 || start < t.first)
			t.first = start;
		if (end > t.last)
			t.last = end;
	}
	return t;
}

static void
add_bar(struct buf *out, const struct stamp *s, const struct times *t)
{
	double whole = t->last - t->first, start = 0;

	buf_adds(out, "<td><div class=\"bar\">");
	if (whole > 0 && start_of(s, &start)) {
		buf_adds(out, "<i style=\"left:");
		num_add_fixed(out, 100 * (start - t->first) / whole, 2);
		buf_adds(out, "%;width:");
		num_add_fixed(out, 100 * duration_of(s) / whole, 2);
		buf_adds(out, "%\"></i>");
	}
	buf_adds(out, "</div></td>");
}

static void
add_row(struct buf *out, const struct runstate *s, uint32_t i, const struct times *t)
{
	struct buf scratch = BUF_INIT;

	buf_adds(out, "<tr><td>");
	add_text(out, s->wf->step[i].name);
	buf_adds(out, "</td><td>");
	add_status_class(out, s, i);
	buf_adds(out, "</td><td class=\"n\">");
	num_add_fixed(out, duration_of(&s->stamp[i]), 3);
	buf_adds(out, "</td>");
	add_bar(out, &s->stamp[i], t);
	buf_adds(out, "<td>");
	add_text(out, stamp_text(&s->stamp[i], "reason", &scratch));
	buf_adds(out, "</td></tr>\n");
	buf_release(&scratch);
}

static void
add_steps(struct buf *out, const struct runstate *s)
{
	struct times t = times_of(s);

	buf_adds(out, "<table>\n<tr><th>step</th><th>status</th><th>seconds</th><th>when</th>"
		      "<th>why</th></tr>\n");
	for (uint32_t i = 0; i < s->wf->nsteps; i++)
		add_row(out, s, i, &t);
	buf_adds(out, "</table>\n");
}

/* ---- logs ---- */

/* The last bytes of a file, from the beginning of a line on. */
static void
read_tail(struct buf *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	off_t at;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	at = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
	buf_reserve(out, TAIL_BYTES);
	n = pread(fd, out->p, TAIL_BYTES, at);
	close(fd);
	if (n <= 0)
		return;
	out->n = (size_t)n;
	out->p[n] = '\0';
	if (at > 0) {
		char *line = strchr(out->p, '\n');
		size_t cut = line ? (size_t)(line + 1 - out->p) : 0;

		memmove(out->p, out->p + cut, out->n - cut);
		buf_cut(out, out->n - cut);
	}
}

static void
add_log(struct buf *out, const struct runstate *s, uint32_t i)
{
	struct buf name = BUF_INIT, path = BUF_INIT, tail = BUF_INIT;
	bool bad = s->stamp[i].state == STEP_FAILED;

	step_file_name(&name, s->wf->step[i].name);
	run_path(&path, s->run, "log", buf_str(&name));
	read_tail(&tail, buf_str(&path));
	if (tail.n) {
		buf_addf(out, "<details%s><summary>", bad ? " open" : "");
		add_text(out, s->wf->step[i].name);
		buf_adds(out, "</summary><pre>");
		add_lines(out, buf_span(&tail));
		buf_adds(out, "</pre></details>\n");
	}
	buf_release(&name);
	buf_release(&path);
	buf_release(&tail);
}

void
runstate_report(struct buf *out, const struct runstate *s)
{
	buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"/><title>");
	add_text(out, s->wf->name);
	buf_addf(out, "</title>\n<style>%s</style></head>\n<body>\n<h1>", style);
	add_text(out, s->wf->name);
	buf_adds(out, "</h1>\n<p>");
	add_text(out, span_str(s->execution));
	buf_addf(out, ", %" PRIu32 " steps</p>\n", s->wf->nsteps);
	add_graph(out, s);
	buf_adds(out, "<h2>Steps</h2>\n");
	add_steps(out, s);
	buf_adds(out, "<h2>Logs</h2>\n");
	for (uint32_t i = 0; i < s->wf->nsteps; i++)
		add_log(out, s, i);
	buf_adds(out, "</body>\n</html>\n");
}
