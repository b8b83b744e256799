/*
 * A workflow document in memory: steps, names and references, each with the node it
 * was read from.
 *
 * Loading never judges: a member that is missing or has the wrong JSON type is simply
 * not there in the model (the rules in check.h report it). So a document that passed
 * wf_check() is complete, and any other can still be looked at. Only text that is no
 * JSON, or no object, does not load.
 *
 *	struct wf wf;
 *
 *	if (!wf_load(&wf, text, pos_at("flow.json", 1, 1)))
 *		return;				it was said why
 *	for (uint32_t i = 0; i < wf.nsteps; i++)
 *		puts(wf.step[i].name.p);
 *	wf_release(&wf);
 *
 * Objects are known by their index: a step by its place in wf.step, and so on;
 * WF_NONE is no object. Names are decoded; they live as long as the wf. Lists are
 * ranges of arrays of the wf, see struct wf_range.
 */
#ifndef WORKFLOW_LOAD_H
#define WORKFLOW_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/strmap.h"
#include "json/tree.h"
#include "workflow/ref.h"

#define WF_NONE UINT32_MAX

/* What the document is, by its members: they differ in what they must and may have. */
enum wf_kind {
	WF_DOC_CREATE,    /* the body of a create call, or a file of the user's */
	WF_DOC_UPDATE,    /* the body of an update call (only when the caller says so) */
	WF_DOC_SHOW,      /* what the service answers: workflow_id, created_at ... */
	WF_DOC_EXECUTION, /* an execution record: steps_execution */
	WF_DOC_SCHEDULE,  /* a schedule: content.cron */
};

enum wf_step_type {
	WF_JOB,
	WF_LABELING,
	WF_RELEASE_DATASET,
	WF_MODEL,
	WF_SERVICE,
	WF_MRS_JOB,
	WF_DATASET_IMPORT,
	WF_CREATE_DATASET,
	WF_CONDITION,
	WF_TYPE_UNKNOWN, /* absent, or a word we do not know */
};

extern const char *const wf_step_type_names[WF_TYPE_UNKNOWN];

/* `n` elements of an array of the wf from `at` on; which array, says the member's comment. */
struct wf_range {
	uint32_t at, n;
};

/* A step's name in a list (depend_steps, if_then_steps, used_steps ...). */
struct wf_link {
	const struct json_node *node; /* the string */
	struct span name;
	uint32_t step; /* the step it means, WF_NONE when there is none */
};

/* An input or output of a step. */
struct wf_port {
	const struct json_node *node, *body; /* body: `data` of an input, `config` of an output */
	struct span name, type;              /* SPAN_NONE when absent */
	uint32_t step;
};

/* Where a reference stands. */
enum wf_place {
	WF_IN_INPUT,      /* inputs[].data */
	WF_IN_OUTPUT,     /* outputs[].config */
	WF_IN_CONDITION,  /* conditions, skip conditions */
	WF_IN_PROPERTIES, /* anywhere else in a step */
	WF_IN_DOCUMENT,   /* outside of the steps */
};

struct wf_reference {
	const struct json_node *node; /* the string */
	struct ref ref;
	enum wf_place place;
	uint32_t step;   /* the step it stands in; WF_NONE outside */
	uint32_t port;   /* the input or output it stands in (wf.port), else WF_NONE */
	uint32_t target; /* index of the parameter, data, ... or step; WF_NONE: undefined */
	uint32_t output; /* of a consumption: the output (wf.port); WF_NONE: undefined */
};

struct wf_step {
	const struct json_node *node;
	struct span name; /* SPAN_NONE when absent */
	enum wf_step_type type;
	struct wf_range depend, if_then, if_else; /* wf.link */
	struct wf_range inputs, outputs;          /* wf.port */
	struct wf_range refs;                     /* wf.ref */
	const struct json_node *conditions;       /* of a condition step; NULL: none */
	const struct json_node *skip_if; /* skip conditions: an array or one condition object */
	const struct json_node *properties, *policy;
};

/* A parameter, data object, data requirement or storage. */
struct wf_object {
	const struct json_node *node;
	struct span name, type;
	struct wf_range used_steps; /* wf.link */
};

/* A scene or a sub-graph. */
struct wf_group {
	const struct json_node *node;
	struct span name, id;
	struct wf_range steps; /* wf.link */
};

struct wf {
	const char *file; /* for messages; not owned */
	struct json_tree tree;
	enum wf_kind kind;
	struct span name;

	struct wf_step *step;
	struct wf_object *param, *data, *requirement, *storage;
	struct wf_group *scene, *subgraph;
	uint32_t nsteps, nparams, ndata, nrequirements, nstorages, nscenes, nsubgraphs;

	struct wf_link *link;
	struct wf_port *port;
	struct wf_reference *ref; /* in document order */
	uint32_t nlinks, nports, nrefs;

	/* private */
	struct strmap names; /* "kind:name" of everything that can be referred to */
	struct wf_text *texts;
};

/*
 * Read one document from `text`, which must outlive the wf as the name of the file must; it begins
 * at the place `at`. False: no JSON object; reported [S01], and nothing is held.
 */
bool wf_load(struct wf *wf, struct span text, struct pos at);
/* The same for a file ("-": standard input) that holds one document. */
bool wf_load_file(struct wf *wf, const char *path);
void wf_release(struct wf *wf);

#define WF_MAX_BYTES ((size_t)1 << 32) /* of a document */

/* Look up by name; the first of duplicates; WF_NONE when there is none. */
uint32_t wf_find_step(const struct wf *wf, struct span name);
uint32_t wf_find_param(const struct wf *wf, struct span name);
uint32_t wf_find_data(const struct wf *wf, struct span name);
uint32_t wf_find_requirement(const struct wf *wf, struct span name);
uint32_t wf_find_storage(const struct wf *wf, struct span name);
uint32_t wf_find_scene(const struct wf *wf, struct span name); /* by name, else by id */
uint32_t wf_find_output(const struct wf *wf, uint32_t step, struct span name);

/* The references that stand in an input or output. */
struct wf_range wf_port_refs(const struct wf *wf, uint32_t port);
/* Does the reference stand in an input of type data_selector? */
bool wf_in_selector(const struct wf *wf, const struct wf_reference *r);

/* The value that a parameter has in the document: `value`, else `default`; NULL: none. */
const struct json_node *wf_param_value(const struct wf *wf, uint32_t param);

/* A decoded string (of a string node) or key that lives as long as the wf; SPAN_NONE for others. */
struct span wf_text(struct wf *wf, const struct json_node *node);

/* For messages: where a value, or a key, stands. */
struct pos wf_pos(const struct wf *wf, const struct json_node *node);
struct pos wf_key_pos(const struct wf *wf, const struct json_node *node);

#endif
