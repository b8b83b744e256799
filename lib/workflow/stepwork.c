/* A step about to run: its members, ports and command. See stepwork.h. */
#include "workflow/stepwork.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/num.h"

/* ---- members of the step ---- */

const struct json_node *
step_property(const struct wf *wf, const char *key)
{
	return json_tree_get(&wf->tree, wf->step[0].properties, key);
}

const struct json_node *
step_local(const struct wf *wf, uint32_t step, const char *key)
{
	const struct json_node *node = json_tree_get(&wf->tree, wf->step[step].properties, "local");

	return json_tree_get(&wf->tree, node, key);
}

uint64_t
work_shards(const struct wf *wf, uint32_t step)
{
	const struct json_node *n = step_local(wf, step, "shards");
	uint64_t shards;

	if (json_node_type(n) != JSON_NUMBER || !num_parse_u64(json_node_raw(n), &shards))
		return 0;
	return shards > 100000 ? 100000 : shards;
}

struct pos
work_pos(const struct work *w)
{
	return wf_pos(w->wf, w->wf->step[0].node);
}

/* ---- inputs and outputs ---- */

/* The member of an output's config that says where it goes. */
static const struct json_node *
output_place(const struct wf *wf, const struct json_node *config)
{
	static const char *const key[] = { "obs_url", "obs_path", "metric_files", "metric_file" };
	const struct json_node *n = NULL;

	for (size_t i = 0; i < ARRAY_LEN(key) && !n; i++)
		n = json_tree_get(&wf->tree, config, key[i]);
	return json_node_type(n) == JSON_ARRAY ? json_node_first(n) : n;
}

/* Where an output goes that says nothing about it. */
static void
default_place(const struct work *w, struct port *p)
{
	struct buf step = BUF_INIT;

	step_file_name(&step, w->wf->step[0].name);
	buf_addf(&p->value.text, "/outputs/%s/%s/%.*s/", w->site->execution, buf_str(&step),
	    SPAN_ARG(p->name));
	obs_path(&p->value.path, w->site, buf_span(&p->value.text));
	buf_release(&step);
}

/* A folder is made, of a file the folder that it goes into. */
static bool
make_place(const struct port *p)
{
	struct span text = buf_span(&p->value.text);
	char *dir = xstrdup(buf_str(&p->value.path)), *slash;
	bool fine;

	if (!p->value.create && !span_ends(text, SPAN("/")) && (slash = strrchr(dir, '/')) != NULL)
		*slash = '\0';
	fine = make_dirs(dir, 0777) == 0;
	if (!fine)
		trouble("cannot make the folder %s:", dir);
	free(dir);
	return fine;
}

static bool
resolve_output(struct work *w, struct port *p, const struct wf_port *port)
{
	const struct json_node *place = output_place(w->wf, port->body);

	p->name = port->name;
	p->type = port->type;
	if (place && !resolve_node(&p->value, w->wf, w->site, place))
		return false;
	if (!place && !span_is(port->type, "service_content") && !span_is(port->type, "model"))
		default_place(w, p);
	return p->value.path.n == 0 || make_place(p);
}

static bool
resolve_input(struct work *w, struct port *p, const struct wf_port *port)
{
	const struct json_node *value = port->body;

	if (value == NULL)
		value = json_tree_get(&w->wf->tree, port->node, "value");
	p->name = port->name;
	p->type = port->type;
	if (value)
		return resolve_node(&p->value, w->wf, w->site, value);
	error_at(
	    wf_pos(w->wf, port->node), "S02", "the input '%.*s' has no data", SPAN_ARG(port->name));
	return false;
}

bool
work_ports(struct work *w)
{
	const struct wf_step *s = &w->wf->step[0];
	bool fine = true;

	w->input = xcalloc((size_t)s->inputs.n + 1, sizeof(*w->input));
	w->output = xcalloc((size_t)s->outputs.n + 1, sizeof(*w->output));
	for (; w->ninputs < s->inputs.n; w->ninputs++)
		fine &= resolve_input(
		    w, &w->input[w->ninputs], &w->wf->port[s->inputs.at + w->ninputs]);
	for (; w->noutputs < s->outputs.n; w->noutputs++)
		fine &= resolve_output(
		    w, &w->output[w->noutputs], &w->wf->port[s->outputs.at + w->noutputs]);
	return fine;
}

static void
release_ports(struct port *port, size_t n)
{
	for (size_t i = 0; i < n; i++)
		resolved_release(&port[i].value);
	free(port);
}

void
work_release(struct work *w)
{
	release_ports(w->input, w->ninputs);
	release_ports(w->output, w->noutputs);
	for (size_t i = 0; i < w->nargs; i++)
		free(w->args[i]);
	free(w->args);
	buf_release(&w->note);
	buf_release(&w->cwd);
	buf_release(&w->output_file);
	buf_release(&w->input_file);
}

/* ---- the command ---- */

void
work_arg(struct work *w, const char *text)
{
	w->args = grow(w->args, &w->capargs, w->nargs + 2, sizeof(*w->args));
	w->args[w->nargs++] = xstrdup(text);
	w->args[w->nargs] = NULL;
}

void
work_arg_span(struct work *w, struct span text)
{
	struct buf copy = BUF_INIT;

	buf_addspan(&copy, text);
	work_arg(w, buf_str(&copy));
	buf_release(&copy);
}

void
work_clear_args(struct work *w)
{
	while (w->nargs > 0)
		free(w->args[--w->nargs]);
}

void
work_note(struct work *w, const char *fmt, ...)
{
	va_list ap;

	if (w->note.n)
		buf_adds(&w->note, "; ");
	va_start(ap, fmt);
	buf_vaddf(&w->note, fmt, ap);
	va_end(ap);
}

/* A word of the document, perhaps a reference: its local path when it is an OBS path. */
bool
work_word(struct work *w, const struct json_node *node, struct buf *out)
{
	struct resolved r = { .json = false };
	bool fine = resolve_node(&r, w->wf, w->site, node);

	if (fine)
		buf_addspan(out, buf_span(r.path.n ? &r.path : &r.text));
	resolved_release(&r);
	return fine;
}
