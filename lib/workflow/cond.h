/*
 * Conditions: the decisions of a workflow.
 *
 * A condition is a small tree. It comes from ModelArts condition objects
 * (cond_read) or from an expression (expr.h), and is evaluated against
 * whatever knows the parameters and the metrics (struct cond_env):
 *
 *	struct cond *c = cond_read(raw, at);	NULL: said what is wrong
 *
 *	switch (cond_eval(c, &env)) ...		TRUE, FALSE or UNKNOWN
 *	cond_report(c, DIAG_ERROR);		why it is unknown, and what is doubtful
 *	cond_trace(&out, c);			each comparison with its values, as JSON
 *	cond_free(c);
 *
 * The logic has three values: `unknown || true` is true, `unknown && false` is
 * false, everything else with unknown in it is unknown. Every comparison is
 * evaluated, so that the trace is whole.
 *
 * Sources: spec of the service's conditions as its manuals give them (a list is
 * joined with AND; `or` joins two nested conditions; `!=` is called NOT there).
 * The JSON form of a metric operand is not documented; we take both
 *	"$ref/consumptions/STEP/OUTPUT/KEY"
 *	{"input_data": "$ref/consumptions/STEP/OUTPUT", "json_key": "KEY"}
 */
#ifndef WORKFLOW_COND_H
#define WORKFLOW_COND_H

#include "base/diag.h"
#include "workflow/value.h"

enum operand_kind {
	OPERAND_VALUE,     /* a literal */
	OPERAND_PARAMETER, /* name */
	OPERAND_METRIC,    /* name = its key, source = "STEP/OUTPUT", a file's name, or "" */
	OPERAND_NAME,      /* of an expression: the metric or the parameter of that name */
	OPERAND_LIST,      /* item[] */
};

struct operand {
	enum operand_kind kind;
	struct pos at;
	struct buf name, source;
	struct operand *item; /* OPERAND_LIST */
	size_t n;

	/* the literal, or what the last cond_eval() found */
	struct value value;      /* VALUE_NONE: nothing */
	enum operand_kind found; /* of OPERAND_NAME: as what; OPERAND_NAME when not at all */
	struct buf why;          /* why nothing was found; empty: all is well */
	const char *rule;        /* of why: C17, M05 ... */
};

enum cond_kind {
	COND_ALL,     /* kid[]: all must hold; true when there are none */
	COND_ANY,     /* kid[]: one must hold */
	COND_NOT,     /* kid[0] */
	COND_COMPARE, /* left op right */
	COND_TRUTH,   /* left, a bool */
};

struct cond {
	enum cond_kind kind;
	enum compare_op op;
	struct pos at;
	struct operand left, right;
	struct cond **kid;
	size_t n;

	/* what the last cond_eval() found */
	enum verdict verdict;
	struct buf why;   /* what is wrong or doubtful with the types; empty: nothing */
	const char *rule; /* of why: C11 (unknown), C12 (doubtful) */
};

/*
 * Read raw JSON (accepted by the scanner before), which stands at `at` of its
 * file: a list of condition objects, or one. Everything wrong is reported
 * and NULL returned; the rules are
 *	T08 unknown operator		C08 `or` of something that is no condition
 *	R01 malformed reference		C09 a condition under another operator than `or`
 *	C10 left or right is missing	C11 a literal that the operator cannot take
 *	S03 not an object, a type that is no string
 * at.file must outlive the condition.
 */
struct cond *cond_read(struct span raw, struct pos at);
void cond_free(struct cond *c);

enum lookup {
	LOOKUP_ABSENT,   /* there is none of that name */
	LOOKUP_UNUSABLE, /* there is, but it has no value that can be compared */
	LOOKUP_FOUND,
};

/* Who knows the values. When the answer is not FOUND, `why` gets the reason. */
struct cond_env {
	void *ctx;
	enum lookup (*parameter)(void *ctx, struct span name, struct value *value, struct buf *why);
	enum lookup (*metric)(
	    void *ctx, struct span source, struct span key, struct value *value, struct buf *why);
};

enum verdict cond_eval(struct cond *c, const struct cond_env *env);

/*
 * After cond_eval(): say what could not be decided, each at its place and with
 * its rule, at `level`; doubtful comparisons are warnings.
 */
void cond_report(const struct cond *c, enum diag_level level);

/*
 * After cond_eval(): append the tree as JSON:
 *	{"op":"&&","result":true,"conditions":[
 *	 {"op":">=","left":{"metric":"accuracy","value":0.93},"right":{"value":0.9},"result":true}]}
 * result is null when unknown, with "why".
 */
void cond_trace(struct buf *out, const struct cond *c);

/* After cond_eval(): append [{"key":...,"value":...}], the metrics that were looked at. */
void cond_metric_list(struct buf *out, const struct cond *c);

/* Call `visit` for each operand of the tree, list elements too. */
void cond_each_operand(struct cond *c, void (*visit)(void *ctx, struct operand *o), void *ctx);

#endif
