/* Slices of a workflow document: see slice.h. */
#include "workflow/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/input.h"
#include "json/write.h"
#include "workflow/rundir.h"

/* ---- the other steps ---- */

static void
write_member(struct buf *out, const struct wf *wf, const struct json_node *object, const char *key)
{
	const struct json_node *n = json_tree_get(&wf->tree, object, key);

	if (n)
		jw_member_raw(out, key, json_node_raw(n));
}

static void
write_branch(
    struct buf *out, const struct branches *b, const struct wf *wf, uint32_t step, uint32_t other)
{
	for (uint32_t i = b->at[step]; i < b->at[step + 1]; i++) {
		if (b->entry[i].condition != other)
			continue;
		jw_key(out, b->entry[i].then ? "if_then_steps" : "else_then_steps");
		jw_open(out, '[');
		jw_string(out, wf->step[step].name);
		jw_close(out, ']');
	}
}

static void
write_other(struct buf *out, const struct branches *b, const struct wf *wf, uint32_t step,
    uint32_t other, unsigned char *mark)
{
	const struct json_node *node = wf->step[other].node;

	if (mark[other])
		return;
	mark[other] = 1;
	jw_open(out, '{');
	write_member(out, wf, node, "name");
	write_member(out, wf, node, "type");
	write_member(out, wf, node, "outputs");
	write_branch(out, b, wf, step, other);
	jw_close(out, '}');
}

/* Call for the step itself and for each step it has to do with. */
static void
each_other(const struct wf *wf, const struct branches *b, uint32_t step,
    void (*visit)(void *ctx, uint32_t other), void *ctx)
{
	const struct wf_step *s = &wf->step[step];

	for (uint32_t i = 0; i < s->depend.n; i++)
		if (wf->link[s->depend.at + i].step != WF_NONE)
			visit(ctx, wf->link[s->depend.at + i].step);
	for (uint32_t i = b->at[step]; i < b->at[step + 1]; i++)
		visit(ctx, b->entry[i].condition);
	for (uint32_t i = 0; i < s->refs.n; i++) {
		const struct wf_reference *r = &wf->ref[s->refs.at + i];

		if (r->ref.kind == REF_CONSUMPTION && r->target != WF_NONE)
			visit(ctx, r->target);
	}
}

struct slice {
	struct buf *out;
	const struct wf *wf;
	const struct branches *b;
	uint32_t step;
	unsigned char *mark;
};

static void
visit_write(void *ctx, uint32_t other)
{
	struct slice *s = ctx;

	write_other(s->out, s->b, s->wf, s->step, other, s->mark);
}

static void
visit_clear(void *ctx, uint32_t other)
{
	struct slice *s = ctx;

	s->mark[other] = 0;
}

/* ---- parameters, data, storages ---- */

static void
write_param(struct buf *out, const struct wf *wf, const struct params *params, uint32_t i)
{
	struct value value = VALUE_INIT;
	struct buf why = BUF_INIT, text = BUF_INIT;
	struct json_change change = { .key = "value" };

	if (params_find(params, wf, wf->param[i].name, &value, &why) == LOOKUP_FOUND) {
		value_write(&text, &value);
		change.value = buf_span(&text);
	}
	if (change.value.p)
		json_edit(out, json_node_raw(wf->param[i].node), &change, 1);
	else
		jw_raw(out, json_node_raw(wf->param[i].node));
	value_release(&value);
	buf_release(&why);
	buf_release(&text);
}

/* Is it the first reference of the step to this object? */
static bool
is_first(struct strmap *seen, uint32_t target)
{
	bool is_new;

	strmap_put(seen, (struct span){ (const char *)&target, sizeof(target) }, 0, &is_new);
	return is_new;
}

static void
write_objects(struct slice *s, const struct params *params, const char *key, enum ref_kind kind,
    const struct wf_object *object)
{
	const struct wf_range refs = s->wf->step[s->step].refs;
	struct strmap seen = STRMAP_INIT;
	bool open = false;

	for (uint32_t i = refs.at; i < refs.at + refs.n; i++) {
		const struct wf_reference *r = &s->wf->ref[i];

		if (r->ref.kind != kind || r->target == WF_NONE || !is_first(&seen, r->target))
			continue;
		if (!open) {
			jw_key(s->out, key);
			jw_open(s->out, '[');
		}
		open = true;
		if (kind != REF_PARAMETER) {
			jw_raw(s->out, json_node_raw(object[r->target].node));
			continue;
		}
		if (s->out->p[s->out->n - 1] != '[')
			buf_addc(s->out, ',');
		write_param(s->out, s->wf, params, r->target);
	}
	if (open)
		jw_close(s->out, ']');
	strmap_release(&seen);
}

void
slice_write(struct buf *out, const struct wf *wf, const struct branches *b,
    const struct params *params, uint32_t step, unsigned char *mark)
{
	struct slice s = { out, wf, b, step, mark };

	jw_open(out, '{');
	write_member(out, wf, wf->tree.root, "name");
	jw_key(out, "steps");
	jw_open(out, '[');
	jw_raw(out, json_node_raw(wf->step[step].node));
	mark[step] = 1;
	each_other(wf, b, step, visit_write, &s);
	each_other(wf, b, step, visit_clear, &s);
	mark[step] = 0;
	jw_close(out, ']');
	write_objects(&s, params, "parameters", REF_PARAMETER, wf->param);
	write_objects(&s, params, "data", REF_DATA, wf->data);
	write_objects(&s, params, "data_requirements", REF_REQUIREMENT, wf->requirement);
	write_objects(&s, params, "storages", REF_STORAGE, wf->storage);
	jw_close(out, '}');
	buf_addc(out, '\n');
}

/* ---- all of them ---- */

/* Write it unless it is there with the same bytes: its time stamp means something. */
static bool
write_changed(const char *path, struct span text)
{
	struct buf old = BUF_INIT;
	bool same = file_read(AT_FDCWD, path, text.n, &old) == 0 && span_eq(buf_span(&old), text);

	buf_release(&old);
	if (same || file_write(path, text, FILE_FORCE | FILE_NOSYNC) == 0)
		return true;
	trouble("cannot write %s:", path);
	return false;
}

bool
slices_write(
    const char *run, const struct wf *wf, const struct branches *b, const struct params *params)
{
	unsigned char *mark = xcalloc((size_t)wf->nsteps + 1, 1);
	struct buf path = BUF_INIT, name = BUF_INIT, text = BUF_INIT;
	bool fine = run_make_dirs(run);

	for (uint32_t s = 0; s < wf->nsteps && fine; s++) {
		buf_reset(&path);
		buf_reset(&name);
		buf_reset(&text);
		step_file_name(&name, wf->step[s].name);
		run_path(&path, run, "plan", buf_str(&name));
		slice_write(&text, wf, b, params, s, mark);
		fine = write_changed(buf_str(&path), buf_span(&text));
	}
	buf_reset(&path);
	buf_addf(&path, "%s/plan/.ready", run);
	if (fine &&
	    file_write(buf_str(&path), SPAN("# all slices are written\n"), FILE_FORCE) != 0) {
		trouble("cannot write %s:", buf_str(&path));
		fine = false;
	}
	free(mark);
	buf_release(&path);
	buf_release(&name);
	buf_release(&text);
	return fine;
}
