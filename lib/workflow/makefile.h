/*
 * A workflow as a makefile for GNU make, and as a submit script for Slurm.
 *
 * Each step is one target, RUN/done/STEP, whose recipe is one call of wf-step. Conditions are not
 * known when make reads the file, so every step is a target and decides for itself when its turn comes; a
 * skipped step succeeds. So -j, -k, -n, -q, resuming and partial targets work as make has them.
 *
 * A step waits for the steps it depends on, and for the conditions that name it in their lists.
 */
#ifndef WORKFLOW_MAKEFILE_H
#define WORKFLOW_MAKEFILE_H

#include "base/tool.h"
#include "workflow/graph.h"
#include "workflow/params.h"
#include "workflow/slice.h"

struct makefile {
	const struct wf *wf;
	const struct branches *branches;
	const char *workflow; /* path of the document, as make will see it */
	const char *run, *execution, *obs_root;
	const struct strings *param, *params; /* options, to be given again when preparing */
	const struct params *given;
	uint32_t scene; /* WF_NONE: all steps */
	const char *scene_name;
	const unsigned char *in;         /* per step: is it to run? */
	const struct json_tree *flavors; /* site table for Slurm; NULL: none */

	struct graph graph; /* made by makefile_init(): who waits for whom, and an order */
};

/* False: the conditions' lists and the dependencies make a cycle; said so. */
bool makefile_init(struct makefile *m);
void makefile_release(struct makefile *m);

void makefile_write(struct buf *out, const struct makefile *m);
void slurm_write(struct buf *out, const struct makefile *m);

/* Append a word for the shell, in single quotes where needed. False: it holds a NUL or line break. */
bool shell_word(struct buf *out, struct span word);

/*
 * Can make and the shell hold this path as it is? Letters, digits and _ - . / + , @ only, and
 * no '-' in front.
 */
bool is_plain_path(const char *path);

#endif
