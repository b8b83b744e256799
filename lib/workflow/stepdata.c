/* Steps that import and release datasets, by the ds- programs. See stepwork.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/input.h"
#include "base/sha256.h"
#include "base/tool.h"
#include "record/operand.h"
#include "workflow/stepwork.h"

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
	error_at(work_pos(w), "run",
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

/* The classes of a list of labels, {"name": ...} or plain strings, each behind `option`. */
static void
add_labels(struct work *w, const char *option, const char *key)
{
	const struct json_node *n = step_property(w->wf, key);
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
		work_arg(w, option);
		work_arg_span(w, text);
	}
	buf_release(&scratch);
}

/* ds-import with what the properties ask for, but for the operands. */
static void
add_import(struct work *w)
{
	const struct json_node *format = step_local(w->wf, 0, "format");
	const struct json_node *name = step_property(w->wf, "dataset_name");
	struct buf text = BUF_INIT;

	work_arg(w, "ds-import");
	work_arg(w, "--force");
	work_arg(w, "--extract");
	work_arg(w, output_folder(w));
	if (json_node_type(format) == JSON_STRING) {
		work_arg(w, "--format");
		work_arg_span(w, json_node_text(format, &text));
	}
	buf_reset(&text);
	if (json_node_type(name) == JSON_STRING && work_word(w, name, &text)) {
		work_arg(w, "--name");
		work_arg_span(w, buf_span(&text));
	}
	add_labels(w, "--exclude-class", "excluded_labels");
	add_labels(w, "--include-class", "included_labels");
	if (json_node_type(step_property(w->wf, "difficult_only")) == JSON_TRUE)
		work_arg(w, "--hard-only");
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
		if (json_node_type(step_property(w->wf, parts[i])) == JSON_FALSE)
			work_note(w, "%s=false is not followed", parts[i]);
	for (size_t i = 0; records && i < ARRAY_LEN(filters); i++)
		if (json_node_type(step_property(w->wf, filters[i])) > JSON_FALSE)
			work_note(w, "%s is not followed for records", filters[i]);
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
		work_arg(w, "cat");
	for (size_t i = 0; !alone && i < ARRAY_LEN(shell); i++)
		work_arg(w, shell[i]);
	for (size_t i = 0; i < records->n; i++)
		work_arg(w, records->v[i]);
	work_note(w, "records are passed on as they are");
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
			work_note(
			    w, "the input '%.*s' is no path here", SPAN_ARG(w->input[i].name));
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
enum work_kind
work_import(struct work *w)
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
		work_arg(w, others.v[i]);
	w->may_leave_out = others.n > 0;
	release_paths(&records);
	release_paths(&others);
	return WORK_COMMAND;
}

static bool
add_option(struct work *w, const char *option, const char *key)
{
	const struct json_node *node = step_property(w->wf, key);
	struct buf value = BUF_INIT;
	bool fine = node == NULL || work_word(w, node, &value);

	if (fine && value.n) {
		work_arg(w, option);
		work_arg(w, buf_str(&value));
	}
	buf_release(&value);
	return fine;
}

static void
add_flag(struct work *w, const char *option, const char *key)
{
	/* the service's default for both is true; ours is to lose nothing that was not named */
	if (json_node_type(step_property(w->wf, key)) == JSON_TRUE)
		work_arg(w, option);
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
		work_clear_args(w);
		w->may_leave_out = false;
		work_arg(w, "cat");
		work_arg(w, there);
		work_note(w, "the version %s was published before, from the same", version);
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

	work_arg(w, "ds-release");
	work_arg(w, "--store");
	work_arg(w, store);
	work_arg(w, "--name");
	work_arg(w, version);
	fine = add_option(w, "--ratio", "train_evaluate_sample_ratio");
	fine &= add_option(w, "--description", "description");
	add_flag(w, "--clear-hard-property", "clear_hard_property");
	add_flag(w, "--remove-sample-usage", "remove_sample_usage");
	for (size_t i = 0; i < records->n; i++)
		work_arg(w, records->v[i]);
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
		error_at(work_pos(w), "run",
		    "there are no records in %s: a step that imports them has to come before",
		    others.v[i]);
	release_paths(&others);
	return fine;
}

enum work_kind
work_release_dataset(struct work *w)
{
	const struct json_node *name = step_property(w->wf, "version_name");
	struct strings records = { .n = 0 };
	struct buf store = BUF_INIT, version = BUF_INIT;
	bool fine = needs_ports(w) && (name == NULL || work_word(w, name, &version)) &&
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
