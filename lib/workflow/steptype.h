/*
 * What a step of each type does on this machine.
 *
 *	job, mrs_job	the algorithm's `command`, or `boot_file` with python3, in its `code_dir`
 *	dataset_import,	ds-import from all inputs into records.jsonl of the first output
 *	create_dataset,	(with pictures of archives beside it), with the labels that are excluded
 *	labeling	or included; behind inputs that are records, which are passed on as they are
 *	release_dataset	ds-release with train_evaluate_sample_ratio, into a store below the output
 *	model		a numbered entry below the bucket "models" of OBS_ROOT, with checksums
 *	service		its `command`, else nothing but a note
 *	condition	decided by steprun.c
 *
 * `properties.local`, which the service does not know, says what is to be done here instead:
 * {"command": ..., "code_dir": ..., "format": ..., "shards": N}.
 */
#ifndef WORKFLOW_STEPTYPE_H
#define WORKFLOW_STEPTYPE_H

#include "workflow/resolve.h"

/* An input or an output, resolved. */
struct port {
	struct span name, type;
	struct resolved value;
};

/* A step about to run. */
struct work {
	const struct wf *wf; /* the slice; the step is its first */
	const struct site *site;
	struct port *input, *output;
	size_t ninputs, noutputs;
	const char *log, *shard;
	struct buf note; /* something to say in the stamp */

	/* the command; args[] are owned */
	char **args;
	size_t nargs, capargs;
	struct buf cwd, output_file, input_file;
	bool may_leave_out; /* exit status 1 says that something was left out, and all is done */
};

enum work_kind {
	WORK_COMMAND, /* run args */
	WORK_DONE,    /* all is done already */
	WORK_FAILED,  /* it cannot be done; said so */
};

/* Find out what there is to do; ports are resolved and output folders made before. */
enum work_kind work_prepare(struct work *w);

/* Resolve inputs and outputs. False: said so. */
bool work_ports(struct work *w);
void work_release(struct work *w);

/* How many shards the step asks for; 0: none. */
uint64_t work_shards(const struct wf *wf, uint32_t step);

#endif
