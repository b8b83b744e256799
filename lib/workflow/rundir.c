/* The folder of a run: see rundir.h. */
#include "workflow/rundir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

static bool
is_plain(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (!first && (c == '-' || c == '.'));
}

void
step_file_name(struct buf *out, struct span name)
{
	size_t start = out->n, room = STEP_FILE_MAX;

	for (size_t i = 0; i < name.n; i++) {
		if (is_plain(name.p[i], i == 0))
			buf_addc(out, name.p[i]);
		else
			buf_addf(out, "+%02X", (unsigned char)name.p[i]);
		if (out->n - start <= STEP_FILE_MAX - 18)
			room = out->n - start;
	}
	if (out->n - start <= STEP_FILE_MAX)
		return;
	buf_cut(out, start + room);
	buf_addf(out, "++%016" PRIx64, hash_bytes(name.p, name.n));
}

void
run_path(struct buf *out, const char *run, const char *kind, const char *name)
{
	const char *ext = strcmp(kind, "log") == 0    ? ".log"
			  : strcmp(kind, "plan") == 0 ? ".json"
						      : "";

	buf_addf(out, "%s/%s/%s%s", run, kind, name, ext);
}

bool
run_make_dirs(const char *run)
{
	static const char *const kind[] = { "plan", "running", "done", "failed", "log" };
	struct buf path = BUF_INIT;
	bool fine = true;

	for (size_t i = 0; i < ARRAY_LEN(kind) && fine; i++) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", run, kind[i]);
		fine = make_dirs(buf_str(&path), 0777) == 0;
		if (!fine)
			trouble("cannot make the folder %s:", buf_str(&path));
	}
	buf_release(&path);
	return fine;
}

/* ---- reading ---- */

/* Does somebody hold the lock on it? */
static bool
is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return locked;
}

static bool
read_from(struct stamp *s, const char *run, const char *kind, const char *name)
{
	struct buf path = BUF_INIT;
	bool there;

	run_path(&path, run, kind, name);
	there = access(buf_str(&path), F_OK) == 0;
	if (there && !json_tree_read(&s->tree, buf_str(&path), (size_t)1 << 30))
		die("the stamp %s is damaged; remove it and run the step again", buf_str(&path));
	buf_release(&path);
	return there;
}

static enum step_state
state_of(struct span status)
{
	static const enum step_state states[] = { STEP_COMPLETED, STEP_SKIPPED, STEP_BLOCKED };

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (span_is(status, step_state_name(states[i])))
			return states[i];
	return STEP_FAILED; /* "failed", "timeout", "stopped" */
}

void
stamp_read(struct stamp *s, const char *run, const char *name)
{
	struct buf path = BUF_INIT, scratch = BUF_INIT;

	*s = (struct stamp){ .state = STEP_UNKNOWN };
	run_path(&path, run, "running", name);
	s->running = is_locked(buf_str(&path));
	if (!s->running && (read_from(s, run, "done", name) || read_from(s, run, "failed", name)))
		s->state = state_of(stamp_text(s, "status", &scratch));
	buf_release(&path);
	buf_release(&scratch);
}

void
stamp_release(struct stamp *s)
{
	json_tree_release(&s->tree);
	s->state = STEP_UNKNOWN;
}

struct span
stamp_text(const struct stamp *s, const char *key, struct buf *scratch)
{
	return json_node_text(json_tree_get(&s->tree, s->tree.root, key), scratch);
}

enum verdict
stamp_verdict(const struct stamp *s)
{
	switch (json_node_type(json_tree_get(&s->tree, s->tree.root, "result"))) {
	case JSON_TRUE:
		return VERDICT_TRUE;
	case JSON_FALSE:
		return VERDICT_FALSE;
	default:
		return VERDICT_UNKNOWN;
	}
}

const struct json_node *
stamp_output(const struct stamp *s, struct span name)
{
	const struct json_node *n =
	    json_node_first(json_tree_get(&s->tree, s->tree.root, "outputs"));
	struct buf scratch = BUF_INIT;

	while (n && !span_eq(json_node_text(json_tree_get(&s->tree, n, "name"), &scratch), name))
		n = json_node_next(n);
	buf_release(&scratch);
	return n;
}

/* ---- writing ---- */

static void
remove_mark(const char *run, const char *kind, const char *name)
{
	struct buf path = BUF_INIT;

	run_path(&path, run, kind, name);
	if (unlink(buf_str(&path)) != 0 && errno != ENOENT)
		die("cannot remove %s:", buf_str(&path));
	buf_release(&path);
}

void
stamp_clear(const char *run, const char *name)
{
	remove_mark(run, "done", name);
	remove_mark(run, "failed", name);
}

static bool
write_whole(int fd, struct span text)
{
	size_t done = 0;

	while (done < text.n) {
		ssize_t n = pwrite(fd, text.p + done, text.n - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

void
stamp_write(const char *run, const char *name, int fd, bool done, struct span json)
{
	struct buf from = BUF_INIT, to = BUF_INIT;

	run_path(&from, run, "running", name);
	run_path(&to, run, done ? "done" : "failed", name);
	if (ftruncate(fd, 0) != 0 || !write_whole(fd, json) ||
	    rename(buf_str(&from), buf_str(&to)) != 0)
		die("cannot write %s:", buf_str(&to));
	remove_mark(run, done ? "failed" : "done", name);
	buf_release(&from);
	buf_release(&to);
}
