/* What steps of each type do: see steptype.h. */
#include "workflow/steptype.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "workflow/modelstore.h"
#include "workflow/stepwork.h"

/* ---- commands ---- */

/* --NAME=VALUE */
static void
add_named(struct work *w, struct span name, struct span value)
{
	struct buf arg = BUF_INIT;

	buf_adds(&arg, "--");
	buf_addspan(&arg, name);
	buf_addc(&arg, '=');
	buf_addspan(&arg, value);
	work_arg(w, buf_str(&arg));
	buf_release(&arg);
}

static struct span
port_argument(const struct port *p)
{
	return buf_span(p->value.path.n ? &p->value.path : &p->value.text);
}

static bool
add_parameters(struct work *w, const struct json_node *list)
{
	const struct json_node *n, *value;
	bool fine = true;

	for (n = json_node_first(list); n; n = json_node_next(n)) {
		struct resolved r = { .json = false };
		struct buf scratch = BUF_INIT;

		value = json_tree_get(&w->wf->tree, n, "value");
		if (value && resolve_node(&r, w->wf, w->site, value))
			add_named(w,
			    json_node_text(json_tree_get(&w->wf->tree, n, "name"), &scratch),
			    buf_span(r.path.n ? &r.path : &r.text));
		else
			fine &= value == NULL;
		resolved_release(&r);
		buf_release(&scratch);
	}
	return fine;
}

/* Parameters, inputs, outputs, each --NAME=VALUE. */
static bool
add_arguments(struct work *w)
{
	const struct json_node *algorithm = step_property(w->wf, "algorithm");
	bool fine = add_parameters(w, json_tree_get(&w->wf->tree, algorithm, "parameters"));

	for (size_t i = 0; i < w->ninputs; i++)
		add_named(w, w->input[i].name, port_argument(&w->input[i]));
	for (size_t i = 0; i < w->noutputs; i++)
		if (w->output[i].value.path.n)
			add_named(w, w->output[i].name, port_argument(&w->output[i]));
	return fine;
}

/* A command is text for the shell: a reference is resolved, a path in it is its author's business. */
static bool
resolve_command(struct work *w, const struct json_node *node, struct buf *out)
{
	struct resolved r = { .json = false };
	struct buf scratch = BUF_INIT;
	struct span text = json_node_text(node, &scratch);
	bool fine = true;

	if (ref_parse(text, NULL).kind == REF_NONE)
		buf_addspan(out, text);
	else if ((fine = resolve_node(&r, w->wf, w->site, node)))
		buf_addspan(out, buf_span(&r.text));
	resolved_release(&r);
	buf_release(&scratch);
	return fine;
}

static enum work_kind
prepare_command(struct work *w, const struct json_node *command)
{
	struct buf line = BUF_INIT;
	bool fine = resolve_command(w, command, &line);

	buf_adds(&line, " \"$@\"");
	work_arg(w, "/bin/sh");
	work_arg(w, "-c");
	work_arg(w, buf_str(&line));
	work_arg(w, "sh");
	fine = fine && add_arguments(w);
	buf_release(&line);
	return fine ? WORK_COMMAND : WORK_FAILED;
}

static enum work_kind
prepare_boot_file(struct work *w, const struct json_node *file)
{
	struct buf path = BUF_INIT;
	bool fine = work_word(w, file, &path);

	work_arg(w, "python3");
	work_arg(w, buf_str(&path));
	fine = fine && add_arguments(w);
	buf_release(&path);
	return fine ? WORK_COMMAND : WORK_FAILED;
}

static bool
find_code_dir(struct work *w, const struct json_node *node)
{
	struct stat st;

	if (node == NULL)
		return true;
	if (!work_word(w, node, &w->cwd))
		return false;
	if (stat(buf_str(&w->cwd), &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	error_at(wf_pos(w->wf, node), "V07", "the code folder is not here: %s does not exist",
	    buf_str(&w->cwd));
	return false;
}

/* The first that is there: a member of `local`, of the algorithm, of the properties. */
static const struct json_node *
find_member(const struct work *w, const char *key)
{
	const struct json_node *n = step_local(w->wf, 0, key);

	if (!n)
		n = json_tree_get(&w->wf->tree, step_property(w->wf, "algorithm"), key);
	return n ? n : step_property(w->wf, key);
}

static enum work_kind
prepare_job(struct work *w)
{
	const struct json_node *command = find_member(w, "command");
	const struct json_node *boot = find_member(w, "boot_file");

	if (!find_code_dir(w, find_member(w, "code_dir")))
		return WORK_FAILED;
	if (json_node_type(command) == JSON_STRING)
		return prepare_command(w, command);
	if (json_node_type(boot) == JSON_STRING)
		return prepare_boot_file(w, boot);
	error_at(work_pos(w), "run",
	    "the step has no command that could run here: give properties.algorithm a \"command\", "
	    "or a \"code_dir\" and \"boot_file\", or properties.local a \"command\"");
	return WORK_FAILED;
}

/* ---- models and services ---- */

static enum work_kind
prepare_model(struct work *w)
{
	const struct json_node *name = step_property(w->wf, "model_name");
	struct buf text = BUF_INIT, folder = BUF_INIT, from = BUF_INIT, obs = BUF_INIT;
	bool fine = name == NULL || work_word(w, name, &text);

	if (text.n == 0)
		buf_addspan(&text, w->wf->step[0].name);
	step_file_name(&folder, buf_span(&text));
	for (size_t i = 0; i < w->ninputs && from.n == 0; i++)
		buf_addspan(&from, buf_span(&w->input[i].value.path));
	if (fine && from.n == 0) {
		error_at(work_pos(w), "run", "a model step needs an input that is an OBS path");
		fine = false;
	}
	fine = fine && model_add(&obs, w->site, buf_str(&folder), w->wf, buf_str(&from));
	for (size_t i = 0; fine && i < w->noutputs; i++) {
		struct resolved *value = &w->output[i].value;

		if (value->path.n)
			continue;
		buf_addspan(&value->text, buf_span(&obs));
		obs_path(&value->path, w->site, buf_span(&obs));
	}
	if (fine)
		buf_addf(&w->note, "registered as %s", buf_str(&obs));
	buf_release(&text);
	buf_release(&folder);
	buf_release(&from);
	buf_release(&obs);
	return fine ? WORK_DONE : WORK_FAILED;
}

static enum work_kind
prepare_service(struct work *w)
{
	if (find_member(w, "command"))
		return prepare_job(w);
	buf_adds(&w->note, "nothing is deployed here: the service has no command");
	return WORK_DONE;
}

enum work_kind
work_prepare(struct work *w)
{
	enum wf_step_type type = w->wf->step[0].type;

	if (type != WF_SERVICE && json_node_type(step_local(w->wf, 0, "command")) == JSON_STRING)
		return prepare_job(w);
	switch (type) {
	case WF_LABELING:
	case WF_DATASET_IMPORT:
	case WF_CREATE_DATASET:
		return work_import(w);
	case WF_RELEASE_DATASET:
		return work_release_dataset(w);
	case WF_MODEL:
		return prepare_model(w);
	case WF_SERVICE:
		return prepare_service(w);
	default:
		return prepare_job(w);
	}
}
