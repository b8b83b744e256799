/* What steps of each type do: see steptype.h. */
#include "workflow/steptype.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/input.h"
#include "base/num.h"
#include "base/sha256.h"
#include "record/operand.h"
#include "base/tool.h"
#include "workflow/modelstore.h"

/* ---- members of the step ---- */

static const struct json_node *
property(const struct wf *wf, const char *key)
{
	return json_tree_get(&wf->tree, wf->step[0].properties, key);
}

static const struct json_node *
local(const struct wf *wf, uint32_t step, const char *key)
{
	const struct json_node *node = json_tree_get(&wf->tree, wf->step[step].properties, "local");

	return json_tree_get(&wf->tree, node, key);
}

uint64_t
work_shards(const struct wf *wf, uint32_t step)
{
	const struct json_node *n = local(wf, step, "shards");
	uint64_t shards;

	if (json_node_type(n) != JSON_NUMBER || !num_parse_u64(json_node_raw(n), &shards))
		return 0;
	return shards > 100000 ? 100000 : shards;
}

static struct pos
step_pos(const struct work *w)
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

/* ---- commands ---- */

static void
add_arg(struct work *w, const char *text)
{
	w->args = grow(w->args, &w->capargs, w->nargs + 2, sizeof(*w->args));
	w->args[w->nargs++] = xstrdup(text);
	w->args[w->nargs] = NULL;
}

static void
add_arg_span(struct work *w, struct span text)
{
	struct buf copy = BUF_INIT;

	buf_addspan(&copy, text);
	add_arg(w, buf_str(&copy));
	buf_release(&copy);
}

static void
clear_args(struct work *w)
{
	while (w->nargs > 0)
		free(w->args[--w->nargs]);
}

/* --NAME=VALUE */
static void
add_named(struct work *w, struct span name, struct span value)
{
	struct buf arg = BUF_INIT;

	buf_adds(&arg, "--");
	buf_addspan(&arg, name);
	buf_addc(&arg, '=');
	buf_addspan(&arg, value);
	add_arg(w, buf_str(&arg));
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
	const struct json_node *algorithm = property(w->wf, "algorithm");
	bool fine = add_parameters(w, json_tree_get(&w->wf->tree, algorithm, "parameters"));

	for (size_t i = 0; i < w->ninputs; i++)
		add_named(w, w->input[i].name, port_argument(&w->input[i]));
	for (size_t i = 0; i < w->noutputs; i++)
		if (w->output[i].value.path.n)
			add_named(w, w->output[i].name, port_argument(&w->output[i]));
	return fine;
}

/* A word of the document, perhaps a reference: its local path when it is an OBS path. */
static bool
resolve_word(struct work *w, const struct json_node *node, struct buf *out)
{
	struct resolved r = { .json = false };
	bool fine = resolve_node(&r, w->wf, w->site, node);

	if (fine)
		buf_addspan(out, buf_span(r.path.n ? &r.path : &r.text));
	resolved_release(&r);
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
	add_arg(w, "/bin/sh");
	add_arg(w, "-c");
	add_arg(w, buf_str(&line));
	add_arg(w, "sh");
	fine = fine && add_arguments(w);
	buf_release(&line);
	return fine ? WORK_COMMAND : WORK_FAILED;
}

static enum work_kind
prepare_boot_file(struct work *w, const struct json_node *file)
{
	struct buf path = BUF_INIT;
	bool fine = resolve_word(w, file, &path);

	add_arg(w, "python3");
	add_arg(w, buf_str(&path));
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
	if (!resolve_word(w, node, &w->cwd))
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
	const struct json_node *n = local(w->wf, 0, key);

	if (!n)
		n = json_tree_get(&w->wf->tree, property(w->wf, "algorithm"), key);
	return n ? n : property(w->wf, key);
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
	error_at(step_pos(w), "run",
	    "the step has no command that could run here: give properties.algorithm a \"command\", "
	    "or a \"code_dir\" and \"boot_file\", or properties.local a \"command\"");
	return WORK_FAILED;
}

/* ---- datasets ---- */

/* The first output that is a path; NULL: there is none. */
static const char *
output_folder(const struct work *w)
{
	for (size_t i = 0; i < w->noutputs; i++)
		if (w->output[i].value.path.n)
			return buf_str(&w->output[i].value.path);
	return NULL;
}

/* There has to be an input and an output that are paths. */
static bool
needs_ports(struct work *w)
{
	size_t paths = 0;

	for (size_t i = 0; i < w->ninputs; i++)
		paths += w->input[i].value.path.n > 0;
	if (paths > 0 && output_folder(w))
		return true;
	error_at(step_pos(w), "run",
	    "a step of this type needs an input and an output that are OBS paths, "
	    "{\"obs_url\": \"/bucket/dir/\"}");
	return false;
}

/* The records are in the folder, the input is a file of records, or it is a version of a store. */
static bool
find_records(const char *input, struct buf *path)
{
	struct span name = span_str(input);
	char *records = rec_operand(input);
	bool found = strcmp(records, input) != 0;

	if (!found)
		found = span_ends(name, SPAN(".jsonl")) && access(input, F_OK) == 0;
	buf_reset(path);
	buf_adds(path, records);
	free(records);
	return found;
}

static void
set_records_output(struct work *w)
{
	buf_addf(&w->output_file, "%s/records.jsonl", output_folder(w));
}

static void add_note(struct work *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
add_note(struct work *w, const char *fmt, ...)
{
	va_list ap;

	if (w->note.n)
		buf_adds(&w->note, "; ");
	va_start(ap, fmt);
	buf_vaddf(&w->note, fmt, ap);
	va_end(ap);
}

/* The classes of a list of labels, {"name": ...} or plain strings, each behind `option`. */
static void
add_labels(struct work *w, const char *option, const char *key)
{
	const struct json_node *n = property(w->wf, key);
	struct buf scratch = BUF_INIT;

	n = json_node_type(n) == JSON_ARRAY ? json_node_first(n) : NULL;
	for (; n; n = json_node_next(n)) {
		const struct json_node *name = n;
		struct span text;

		if (n->type == JSON_OBJECT)
			name = json_tree_get(&w->wf->tree, n, "name");
		text = json_node_text(name, &scratch);
		if (text.p == NULL)
			continue;
		add_arg(w, option);
		add_arg_span(w, text);
	}
	buf_release(&scratch);
}

/* ds-import with what the properties ask for, but for the operands. */
static void
add_import(struct work *w)
{
	const struct json_node *format = local(w->wf, 0, "format");
	const struct json_node *name = property(w->wf, "dataset_name");
	struct buf text = BUF_INIT;

	add_arg(w, "ds-import");
	add_arg(w, "--force");
	add_arg(w, "--extract");
	add_arg(w, output_folder(w));
	if (json_node_type(format) == JSON_STRING) {
		add_arg(w, "--format");
		add_arg_span(w, json_node_text(format, &text));
	}
	buf_reset(&text);
	if (json_node_type(name) == JSON_STRING && resolve_word(w, name, &text)) {
		add_arg(w, "--name");
		add_arg_span(w, buf_span(&text));
	}
	add_labels(w, "--exclude-class", "excluded_labels");
	add_labels(w, "--include-class", "included_labels");
	if (json_node_type(property(w->wf, "difficult_only")) == JSON_TRUE)
		add_arg(w, "--hard-only");
	buf_release(&text);
}

/* Properties that would change what is imported, and are not followed here. */
static void
note_unfollowed(struct work *w, bool records)
{
	static const char *const filters[] = { "excluded_labels", "included_labels",
		"difficult_only" };
	static const char *const parts[] = { "import_annotations", "import_samples" };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (json_node_type(property(w->wf, parts[i])) == JSON_FALSE)
			add_note(w, "%s=false is not followed", parts[i]);
	for (size_t i = 0; records && i < ARRAY_LEN(filters); i++)
		if (json_node_type(property(w->wf, filters[i])) > JSON_FALSE)
			add_note(w, "%s is not followed for records", filters[i]);
}

/* Print so many files, the first words behind their number, and be the command behind them. */
static const char print_and_run[] =
    "n=$1; shift; "
    "while [ \"$n\" -gt 0 ]; do cat \"$1\" || exit 2; shift; n=$((n - 1)); done; "
    "exec \"$@\"";

static void
add_records(struct work *w, const struct strings *records, bool alone)
{
	char *count = xasprintf("%zu", records->n);
	const char *const shell[] = { "/bin/sh", "-c", print_and_run, "sh", count };

	if (alone)
		add_arg(w, "cat");
	for (size_t i = 0; !alone && i < ARRAY_LEN(shell); i++)
		add_arg(w, shell[i]);
	for (size_t i = 0; i < records->n; i++)
		add_arg(w, records->v[i]);
	add_note(w, "records are passed on as they are");
	free(count);
}

/* A list of paths of its own. */
static void
release_paths(struct strings *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free((char *)(uintptr_t)paths->v[i]);
	strings_release(paths);
}

/* Which inputs are records, and which have to be imported: lists for release_paths(). */
static void
sort_inputs(struct work *w, struct strings *records, struct strings *others)
{
	struct buf path = BUF_INIT;

	for (size_t i = 0; i < w->ninputs; i++) {
		const char *input = buf_str(&w->input[i].value.path);

		if (*input == '\0')
			add_note(w, "the input '%.*s' is no path here", SPAN_ARG(w->input[i].name));
		else if (find_records(input, &path))
			strings_add(records, xstrdup(buf_str(&path)));
		else
			strings_add(others, xstrdup(input));
	}
	buf_release(&path);
}

/*
 * All inputs together become the records of the output: those that are records already, as they are,
 * and behind them what ds-import makes of the others.
 */
static enum work_kind
prepare_import(struct work *w)
{
	struct strings records = { .n = 0 }, others = { .n = 0 };

	if (!needs_ports(w))
		return WORK_FAILED;
	set_records_output(w);
	sort_inputs(w, &records, &others);
	note_unfollowed(w, records.n > 0);
	if (records.n > 0)
		add_records(w, &records, others.n == 0);
	if (others.n > 0)
		add_import(w);
	for (size_t i = 0; i < others.n; i++)
		add_arg(w, others.v[i]);
	w->may_leave_out = others.n > 0;
	release_paths(&records);
	release_paths(&others);
	return WORK_COMMAND;
}

static bool
add_option(struct work *w, const char *option, const char *key)
{
	const struct json_node *node = property(w->wf, key);
	struct buf value = BUF_INIT;
	bool fine = node == NULL || resolve_word(w, node, &value);

	if (fine && value.n) {
		add_arg(w, option);
		add_arg(w, buf_str(&value));
	}
	buf_release(&value);
	return fine;
}

static void
add_flag(struct work *w, const char *option, const char *key)
{
	/* the service's default for both is true; ours is to lose nothing that was not named */
	if (json_node_type(property(w->wf, key)) == JSON_TRUE)
		add_arg(w, option);
}

/* A digest of the command and of the records that it reads. False: said so. */
static bool
release_digest(const struct work *w, const struct strings *records, struct buf *hex)
{
	unsigned char digest[SHA256_SIZE];
	struct buf text = BUF_INIT;
	bool fine = true;

	for (size_t i = 0; i < w->nargs; i++)
		buf_add(&text, w->args[i], strlen(w->args[i]) + 1);
	for (size_t i = 0; i < records->n && fine; i++) {
		fine = sha256_file(AT_FDCWD, records->v[i], digest, NULL) == 0;
		if (fine)
			sha256_hex(&text, digest);
		else
			trouble("cannot read %s:", records->v[i]);
	}
	sha256_bytes(text.p, text.n, digest);
	sha256_hex(hex, digest);
	buf_addc(hex, '\n');
	buf_release(&text);
	return fine;
}

/*
 * A version is published once. When the step runs again, or was killed between publishing and its
 * stamp, the version that is there is taken if it was made from the same; what it was made
 * from is noted beside the store before it is made.
 */
static bool
reuse_version(struct work *w, const char *store, const char *version, const struct strings *records)
{
	char *there = xasprintf("%s/versions/%s/records.jsonl", store, version);
	char *mark = xasprintf("%s.%s.sha256", store, version);
	struct buf digest = BUF_INIT, old = BUF_INIT;
	bool fine = release_digest(w, records, &digest);
	bool same = fine && access(there, F_OK) == 0 &&
		    file_read(AT_FDCWD, mark, 4096, &old) == 0 &&
		    span_eq(buf_span(&old), buf_span(&digest));

	if (same) {
		clear_args(w);
		w->may_leave_out = false;
		add_arg(w, "cat");
		add_arg(w, there);
		add_note(w, "the version %s was published before, from the same", version);
	} else if (fine && access(there, F_OK) != 0 &&
		   file_write(mark, buf_span(&digest), FILE_FORCE) != 0) {
		trouble("cannot write %s:", mark);
		fine = false;
	}
	free(there);
	free(mark);
	buf_release(&digest);
	buf_release(&old);
	return fine;
}

/* ds-release with the options that the properties ask for. */
static bool
add_release(struct work *w, const char *store, const char *version, const struct strings *records)
{
	bool fine;

	add_arg(w, "ds-release");
	add_arg(w, "--store");
	add_arg(w, store);
	add_arg(w, "--name");
	add_arg(w, version);
	fine = add_option(w, "--ratio", "train_evaluate_sample_ratio");
	fine &= add_option(w, "--description", "description");
	add_flag(w, "--clear-hard-property", "clear_hard_property");
	add_flag(w, "--remove-sample-usage", "remove_sample_usage");
	for (size_t i = 0; i < records->n; i++)
		add_arg(w, records->v[i]);
	w->may_leave_out = true;
	return fine;
}

/* The records of all inputs. False: one has none; said so. */
static bool
collect_records(struct work *w, struct strings *records)
{
	struct strings others = { .n = 0 };
	bool fine;

	sort_inputs(w, records, &others);
	fine = others.n == 0;
	for (size_t i = 0; i < others.n; i++)
		error_at(step_pos(w), "run",
		    "there are no records in %s: a step that imports them has to come before",
		    others.v[i]);
	release_paths(&others);
	return fine;
}

static enum work_kind
prepare_release(struct work *w)
{
	const struct json_node *name = property(w->wf, "version_name");
	struct strings records = { .n = 0 };
	struct buf store = BUF_INIT, version = BUF_INIT;
	bool fine = needs_ports(w) && (name == NULL || resolve_word(w, name, &version)) &&
		    collect_records(w, &records);

	if (fine) {
		if (version.n == 0)
			buf_adds(&version, w->site->execution);
		buf_addf(&store, "%s/store", output_folder(w));
		set_records_output(w);
		fine = add_release(w, buf_str(&store), buf_str(&version), &records) &&
		       reuse_version(w, buf_str(&store), buf_str(&version), &records);
	}
	release_paths(&records);
	buf_release(&store);
	buf_release(&version);
	return fine ? WORK_COMMAND : WORK_FAILED;
}

/* ---- models and services ---- */

static enum work_kind
prepare_model(struct work *w)
{
	const struct json_node *name = property(w->wf, "model_name");
	struct buf text = BUF_INIT, folder = BUF_INIT, from = BUF_INIT, obs = BUF_INIT;
	bool fine = name == NULL || resolve_word(w, name, &text);

	if (text.n == 0)
		buf_addspan(&text, w->wf->step[0].name);
	step_file_name(&folder, buf_span(&text));
	for (size_t i = 0; i < w->ninputs && from.n == 0; i++)
		buf_addspan(&from, buf_span(&w->input[i].value.path));
	if (fine && from.n == 0) {
		error_at(step_pos(w), "run", "a model step needs an input that is an OBS path");
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

	if (type != WF_SERVICE && json_node_type(local(w->wf, 0, "command")) == JSON_STRING)
		return prepare_job(w);
	switch (type) {
	case WF_LABELING:
	case WF_DATASET_IMPORT:
	case WF_CREATE_DATASET:
		return prepare_import(w);
	case WF_RELEASE_DATASET:
		return prepare_release(w);
	case WF_MODEL:
		return prepare_model(w);
	case WF_SERVICE:
		return prepare_service(w);
	default:
		return prepare_job(w);
	}
}
