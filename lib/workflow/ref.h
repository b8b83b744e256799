/*
 * References: strings of the form "$ref/..." that stand for a parameter, a data
 * object, a storage path or the output of a step. A reference is always the whole
 * string.
 *
 *	$ref/parameters/NAME
 *	$ref/data/NAME
 *	$ref/data_requirements/NAME
 *	$ref/storages/NAME/PATH
 *	$ref/storages(with_execution_id=True, create_dir=True)/NAME/PATH
 *	$ref/consumptions/STEP/OUTPUT
 *	$ref/consumptions/STEP/OUTPUT/ATTRIBUTE
 *
 * Source: the ModelArts API reference and the provider's acceptance tests. The
 * attribute of a metrics output is the metric's key (our own reading; wf-workflow(5)).
 */
#ifndef WORKFLOW_REF_H
#define WORKFLOW_REF_H

#include <stdbool.h>

#include "base/buf.h"

enum ref_kind {
	REF_NONE, /* no reference: an ordinary string */
	REF_PARAMETER,
	REF_DATA,
	REF_REQUIREMENT,
	REF_STORAGE,
	REF_CONSUMPTION,
	REF_BAD, /* begins like one and is none */
};

enum { REF_UNSET = -1 };

struct ref {
	enum ref_kind kind;
	signed char with_execution_id; /* of a storage: 0, 1, or REF_UNSET */
	signed char create_dir;
	struct span name;   /* the parameter, data object, storage or step */
	struct span output; /* of a consumption */
	struct span rest;   /* attribute of an output, path below a storage; may be empty */
};

/*
 * Take `text` (decoded) apart; all spans are parts of it. Of a REF_BAD, what is wrong
 * and what would be right is appended to *wrong (may be NULL).
 */
struct ref ref_parse(struct span text, struct buf *wrong);

/* "parameter", "data object", "data requirement", "storage", "output". */
const char *ref_kind_name(enum ref_kind kind);

#endif
