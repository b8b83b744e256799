/*
 * The members that each object of a workflow document has, as data.
 *
 * Source: the service's API reference (create, update, show) and its published SDK models;
 * members that are only seen in examples are here too.
 */
#ifndef WORKFLOW_SCHEMA_H
#define WORKFLOW_SCHEMA_H

#include <stddef.h>

#include "workflow/load.h"

enum {
	MAY_STRING = 1,
	MAY_NUMBER = 2,
	MAY_BOOL = 4,
	MAY_ARRAY = 8,
	MAY_OBJECT = 16,
	MAY_ANY = 31,
	MUST = 32,   /* required */
	SERVER = 64, /* filled in by the service: an answer has it, a call does not */
	OLD = 128,   /* an old spelling: see `now` */
};

struct schema;

struct schema_member {
	const char *name;
	unsigned may; /* which types, and the flags */
	/* of an object, or of the elements of an array; NULL: free, or `items` says enough */
	const struct schema *shape;
	unsigned items;  /* types of the elements of an array; 0: any */
	const char *now; /* of OLD: the new spelling */
};

struct schema {
	const char *what; /* "a step", for messages */
	const struct schema_member *member;
	size_t n;
};

/* The shape of a whole document. */
const struct schema *schema_document(enum wf_kind kind);

#endif
