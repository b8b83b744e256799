/*
 * What the references of a step stand for when it runs on this machine.
 *
 * OBS paths, "/bucket/dir/x" and "obs://bucket/dir/x", map below one folder: OBS_ROOT
 * ("obs" by default): OBS_ROOT/bucket/dir/x. They cannot leave it.
 */
#ifndef WORKFLOW_RESOLVE_H
#define WORKFLOW_RESOLVE_H

#include "workflow/rundir.h"

struct site {
	const char *run;       /* the folder of the run */
	const char *obs_root;  /* absolute */
	const char *execution; /* the execution id, a folder in paths that ask for it */
};

/* What one reference, or a plain value, came to. */
struct resolved {
	struct buf text; /* as the service has it: an OBS path, a word, or JSON */
	struct buf path; /* where it is here; empty when it is no path */
	bool json;       /* text is JSON: an object, list, number, bool */
	bool create;     /* a storage with create_dir=True */
};

void resolved_release(struct resolved *r);

/*
 * Append the local path of an OBS path. False: it is none, or leads out of OBS_ROOT.
 */
bool obs_path(struct buf *out, const struct site *site, struct span obs);

/*
 * Resolve a value of the document: a string, perhaps a reference; an object with obs_url; a list
 * (of an input of type data_selector: the first whose step has completed). What cannot be resolved is
 * reported at its place as an error; then false.
 */
bool resolve_node(
    struct resolved *r, const struct wf *wf, const struct site *site, const struct json_node *node);

#endif
