/* What became of a run: see runstate.h. */
#include "workflow/runstate.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"
#include "json/write.h"

void
runstate_read(struct runstate *s, const struct wf *wf, const char *run, const char *execution)
{
	struct buf name = BUF_INIT;

	*s = (struct runstate){ wf, run, execution,
		xcalloc((size_t)wf->nsteps + 1, sizeof(*s->stamp)) };
	for (uint32_t i = 0; i < wf->nsteps; i++) {
		buf_reset(&name);
		step_file_name(&name, wf->step[i].name);
		stamp_read(&s->stamp[i], run, buf_str(&name));
	}
	buf_release(&name);
}

void
runstate_release(struct runstate *s)
{
	for (uint32_t i = 0; i < s->wf->nsteps; i++)
		stamp_release(&s->stamp[i]);
	free(s->stamp);
}

struct span
runstate_status(const struct runstate *s, uint32_t step, struct buf *scratch)
{
	struct span text = stamp_text(&s->stamp[step], "status", scratch);

	if (s->stamp[step].running)
		return SPAN("running");
	return text.p ? text : SPAN("waiting");
}

static struct span
raw_member(const struct stamp *s, const char *key)
{
	const struct json_node *n = json_tree_get(&s->tree, s->tree.root, key);

	return n ? json_node_raw(n) : SPAN_NONE;
}

/* ---- the table ---- */

/* Columns that a terminal gives the text: two for the wide characters of East Asia. */
static size_t
columns(struct span text)
{
	size_t n = 0, i = 0, length;
	uint32_t c;

	while (i < text.n && (length = utf8_decode(text.p + i, text.n - i, &c)) > 0) {
		n += (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
			     (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
			     (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60)
			 ? 2
			 : 1;
		i += length;
	}
	return n;
}

static void
add_cell(struct buf *out, struct span text, size_t width)
{
	size_t n = columns(text);

	diag_escape(out, text);
	while (n++ < width)
		buf_addc(out, ' ');
}

static void
add_row(struct buf *out, const struct runstate *s, uint32_t i, size_t width)
{
	struct buf scratch = BUF_INIT, why = BUF_INIT;
	struct span duration = raw_member(&s->stamp[i], "duration");

	add_cell(out, s->wf->step[i].name, width);
	buf_adds(out, "  ");
	add_cell(out, runstate_status(s, i, &scratch), 9);
	buf_addf(out, "  %8.*s  ", duration.p ? (int)duration.n : 1, duration.p ? duration.p : "-");
	diag_escape(out, stamp_text(&s->stamp[i], "reason", &why));
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		buf_cut(out, out->n - 1);
	buf_addc(out, '\n');
	buf_release(&scratch);
	buf_release(&why);
}

uint32_t
runstate_table(struct buf *out, const struct runstate *s)
{
	size_t width = 4;
	uint32_t failed = 0;

	for (uint32_t i = 0; i < s->wf->nsteps; i++) {
		size_t n = columns(s->wf->step[i].name);

		width = n > width && n <= 64 ? n : width;
	}
	add_cell(out, SPAN("step"), width);
	buf_addf(out, "  %-9s  %8s  %s\n", "status", "seconds", "why");
	for (uint32_t i = 0; i < s->wf->nsteps; i++) {
		add_row(out, s, i, width);
		failed += s->stamp[i].state == STEP_FAILED || s->stamp[i].state == STEP_BLOCKED;
	}
	return failed;
}

/* ---- the execution record ---- */

/* The service's word for a status. */
static const char *
service_status(struct span status)
{
	static const char *const word[][2] = {
		{ "blocked", "init" },
		{ "waiting", "init" },
		{ "completed", "completed" },
		{ "skipped", "skipped" },
		{ "timeout", "timeout" },
		{ "stopped", "stopped" },
		{ "running", "running" },
	};

	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		if (span_is(status, word[i][0]))
			return word[i][1];
	return "failed";
}

static const char *
whole_status(const struct runstate *s)
{
	uint32_t open = 0, running = 0, bad = 0;

	for (uint32_t i = 0; i < s->wf->nsteps; i++) {
		open += s->stamp[i].state == STEP_UNKNOWN;
		running += s->stamp[i].running;
		bad += s->stamp[i].state == STEP_FAILED || s->stamp[i].state == STEP_BLOCKED;
	}
	if (running)
		return "running";
	return bad ? "abnormal" : open == s->wf->nsteps ? "init" : open ? "stopped" : "completed";
}

static void
copy_member(struct buf *out, const struct stamp *s, const char *from, const char *to)
{
	struct span raw = raw_member(s, from);

	if (raw.p)
		jw_member_raw(out, to, raw);
}

static void
write_conditions(struct buf *out, const struct stamp *s)
{
	enum verdict v = stamp_verdict(s);

	if (v == VERDICT_UNKNOWN)
		return;
	jw_key(out, "conditions_execution");
	jw_open(out, '{');
	jw_member_str(out, "result", v == VERDICT_TRUE ? "true" : "false");
	copy_member(out, s, "metric_list", "metric_list");
	jw_close(out, '}');
}

static void
write_execution(struct buf *out, const struct runstate *s, uint32_t i)
{
	const struct stamp *stamp = &s->stamp[i];
	struct buf scratch = BUF_INIT;
	double duration = 0;

	jw_open(out, '{');
	jw_member_string(out, "step_name", s->wf->step[i].name);
	if (s->wf->step[i].type < WF_TYPE_UNKNOWN)
		jw_member_str(out, "type", wf_step_type_names[s->wf->step[i].type]);
	jw_member_str(out, "status", service_status(runstate_status(s, i, &scratch)));
	copy_member(out, stamp, "start", "created_at");
	if (num_parse(raw_member(stamp, "duration"), &duration)) {
		jw_key(out, "duration");
		num_add_fixed(out, duration, 0);
	}
	copy_member(out, stamp, "inputs", "inputs");
	copy_member(out, stamp, "outputs", "outputs");
	write_conditions(out, stamp);
	if (stamp->state == STEP_FAILED && raw_member(stamp, "reason").p) {
		jw_key(out, "error_info");
		jw_open(out, '{');
		copy_member(out, stamp, "reason", "error_message");
		jw_close(out, '}');
	}
	jw_close(out, '}');
	buf_release(&scratch);
}

void
runstate_record(struct buf *out, const struct runstate *s)
{
	jw_open(out, '{');
	jw_member_str(out, "execution_id", s->execution);
	jw_member_str(out, "name", s->execution);
	jw_member_string(out, "workflow_name", s->wf->name);
	jw_member_str(out, "status", whole_status(s));
	jw_key(out, "steps_execution");
	jw_open(out, '[');
	for (uint32_t i = 0; i < s->wf->nsteps; i++) {
		buf_adds(out, i ? ",\n" : "\n");
		write_execution(out, s, i);
	}
	jw_close(out, ']');
	jw_close(out, '}');
	buf_addc(out, '\n');
}
