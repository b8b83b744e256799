/*
 * A run: the folder in which the steps of one execution leave their marks.
 *
 *	RUN/plan/STEP.json	the step's own small document (slice.h)
 *	RUN/plan/.ready		all of them are written
 *	RUN/running/STEP	a step is at work; locked while it is, and then renamed to be its stamp
 *	RUN/done/STEP		the stamp of a step that completed or was skipped: make's target
 *	RUN/failed/STEP		the stamp of a step that failed or was kept from running
 *	RUN/log/STEP.log	what the step printed
 *
 * STEP is the file name of a step's name, see step_file_name(). A stamp is a JSON object;
 * it appears by rename, so it is there completely or not at all, whatever is killed. It is
 * not synced: when the machine itself goes down, what the step's command wrote last may be
 * gone as well.
 */
#ifndef WORKFLOW_RUNDIR_H
#define WORKFLOW_RUNDIR_H

#include "json/tree.h"
#include "workflow/decide.h"

/*
 * Append the name under which a step is known to make, the shell and the file system:
 * letters, digits, '_', '-' and '.' as they are, every other byte as '+' and two hex
 * digits; so is a '-' or '.' at the front. A name that would be longer than
 * STEP_FILE_MAX is cut, and ends in "++" and 16 hex digits of its hash.
 */
void step_file_name(struct buf *out, struct span name);
#define STEP_FILE_MAX 120

/* Append "RUN/kind/STEP" ("log" and "plan" with their extension). `name` is a file name. */
void run_path(struct buf *out, const char *run, const char *kind, const char *name);

/* Make the folders. False: said so (status 2). */
bool run_make_dirs(const char *run);

/* A stamp, read. */
struct stamp {
	struct json_tree tree; /* empty when there is none */
	enum step_state state; /* STEP_UNKNOWN: there is none */
	bool running;          /* at work now (no other member counts) */
};

/* Read the stamp of a step by its file name. A damaged stamp ends the program (status 2). */
void stamp_read(struct stamp *s, const char *run, const char *name);
void stamp_release(struct stamp *s);

/* A member that is a string; SPAN_NONE when absent. */
struct span stamp_text(const struct stamp *s, const char *key, struct buf *scratch);
/* "result" of a condition step's stamp. */
enum verdict stamp_verdict(const struct stamp *s);
/* The output `name` in it: an object {"name","type","obs_url"...}; NULL: none. */
const struct json_node *stamp_output(const struct stamp *s, struct span name);

/*
 * Make running/STEP, which `fd` is open on, the stamp of the step, in done/ or failed/; nothing
 * of it stays in the other. (No file of its own: thousands of short steps wait for each
 * name that is made.) Ends the program with status 2 when it cannot be written.
 */
void stamp_write(const char *run, const char *name, int fd, bool done, struct span json);
/* Before a step starts: no stamp is left. */
void stamp_clear(const char *run, const char *name);

#endif
