/*
 * Running one step of a run: what each recipe of the makefile, and each job of a cluster,
 * does. Reads the step's slice and the stamps of the steps before it, decides, does what a step of
 * its type does on this machine (steptype.h), and leaves a stamp.
 */
#ifndef WORKFLOW_STEPRUN_H
#define WORKFLOW_STEPRUN_H

#include "workflow/resolve.h"

struct steprun {
	struct site site;
	const char *name;       /* the step's file name */
	const char *stamp;      /* what its stamp is called: the same, or "STEP.I-of-N" */
	const char *shard;      /* "I/N", or NULL */
	uint64_t join;          /* not run, but made from the stamps of so many shards; 0: run */
	bool scene;             /* steps that have not run are outside of the scene */
	bool checksums;         /* of outputs */
	double limit;           /* seconds, instead of the document's; 0: the document's */
	const char *const *env; /* more "NAME=VALUE" for commands; NULL at the end; may be NULL */
};

/* The exit status: 0 completed or skipped; 1 failed, or kept from running; 2 could not. */
int step_run(const struct steprun *run);

#endif
