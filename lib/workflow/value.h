/*
 * The values that conditions compare: what a literal, a parameter or a metric
 * has.
 *
 * A number is its own text: 0.1 is exactly 0.1, and 9007199254740993 is not
 * 9007199254740992. Nothing here goes through a double.
 *
 * The rules of types (ModelArts leaves them open; Python's, less the
 * surprises): int and float are one type, number. A bool is never a number, a
 * string never a number. Values of different types are not equal, which is
 * worth a warning. Order is defined for numbers and for strings (by code
 * point). `in` is membership in a list, never a range; a string in a string is
 * a substring.
 */
#ifndef WORKFLOW_VALUE_H
#define WORKFLOW_VALUE_H

#include <stdbool.h>

#include "base/buf.h"

enum value_type {
	VALUE_NONE, /* not known; the zero value */
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_OBJECT,
};

struct value {
	enum value_type type;
	bool truth;         /* of a bool */
	struct buf text;    /* number: as written; string: decoded; object: raw JSON. Owned. */
	struct value *item; /* of a list; owned */
	size_t n;
};

#define VALUE_INIT \
	{ \
		.type = VALUE_NONE \
	}

/* Each value_set_* releases what *v held before. */
void value_release(struct value *v);
void value_copy(struct value *to, const struct value *from);
void value_set_bool(struct value *v, bool truth);
void value_set_number(struct value *v, struct span text);
void value_set_string(struct value *v, struct span text);

/* From raw JSON that the scanner has accepted. */
void value_set_json(struct value *v, struct span raw);

/*
 * From a command line: a JSON number, true, false, null, list or quoted string
 * is that value; anything else is a string as it stands.
 */
void value_set_argument(struct value *v, struct span text);

/* Append as JSON; numbers with the text they came with. */
void value_write(struct buf *out, const struct value *v);

/* "a number", "a list" ... for messages */
const char *value_type_name(enum value_type type);

/* ---- comparing ---- */

enum verdict {
	VERDICT_FALSE,
	VERDICT_TRUE,
	VERDICT_UNKNOWN, /* could not be decided */
};

enum compare_op {
	COMPARE_EQ,
	COMPARE_NE,
	COMPARE_GT,
	COMPARE_GE,
	COMPARE_LT,
	COMPARE_LE,
	COMPARE_IN,
	COMPARE_OPS, /* how many */
};

/* "==", "!=", ">", ">=", "<", "<=", "in" */
const char *compare_op_text(enum compare_op op);
/* COMPARE_OPS when it is none. */
enum compare_op compare_op_of(struct span text);

/*
 * Compare. When the answer is VERDICT_UNKNOWN, why (which is appended to) says
 * what is wrong with the types; when there is an answer all the same but the
 * types make it doubtful, why says so too. Otherwise why is left alone.
 */
enum verdict value_compare(
    enum compare_op op, const struct value *a, const struct value *b, struct buf *why);

/*
 * Order of two numbers in JSON's grammar, exactly: *order is negative, 0 or
 * positive. False when an exponent does not fit in 63 bits.
 */
bool decimal_compare(struct span a, struct span b, int *order);

#endif
