/*
 * Expressions: conditions as people type them.
 *
 *	accuracy >= 0.8 && (loss < 1.5 || f1 in [0.7, 0.8])
 *
 *	or         = and { ("||" | "or") and }
 *	and        = not { ("&&" | "and") not }
 *	not        = ("!" | "not") not | comparison
 *	comparison = "(" or ")" | operand [ op operand ]
 *	op         = "==" | "!=" | ">" | ">=" | "<" | "<=" | "in" | "not" "in"
 *	operand    = number | string | "true" | "false" | "null" | list | name
 *	list       = "[" [ operand { "," operand } ] "]"
 *	string     = JSON's "..." | '...' without escapes
 *	name       = word | word ":" word | "$ref/..." as in a workflow document
 *	word       = letters, digits and any other character that is not white
 *	             space, a control character or one of ( ) [ ] { } , : ! = < > & | ` " '
 *	             and does not begin like a number; or anything between ` and `
 *
 * A word alone is a metric's key or a parameter; "param:x" is the parameter x,
 * "FILE:x" the metric x of the metrics file of that name. An operand alone has
 * to be a bool.
 */
#ifndef WORKFLOW_EXPR_H
#define WORKFLOW_EXPR_H

#include "workflow/cond.h"

/* How deep parentheses, "!" and lists may be nested. */
#define EXPR_DEPTH 200

/* Parse; NULL: said what is wrong at `file`:line:col. `file` must outlive the result. */
struct cond *expr_parse(struct span text, const char *file);

#endif
