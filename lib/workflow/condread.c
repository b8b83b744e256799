/* Condition objects of the service, from their JSON: see cond_read() in cond.h. */
#include <stdlib.h>

#include "json/json.h"
#include "workflow/cond.h"
#include "workflow/ref.h"

/* The members that matter, with their places; SPAN_NONE when absent. */
struct parts {
	struct span type, left, right, input_data, json_key;
	struct pos type_at, left_at, right_at, data_at, key_at;
};

static struct cond *read_condition(struct span raw, struct pos at, unsigned depth);

/* Each level is scanned again by the one above it. */
#define DEPTH_MAX 64

static bool
too_deep(struct pos at, unsigned depth)
{
	if (depth < DEPTH_MAX)
		return false;
	error_at(at, "C09", "nested deeper than %d levels", DEPTH_MAX);
	return true;
}

/* Move `at`, the place in the file of *from, on to `to` behind it. */
static struct pos
place(struct pos *at, const char **from, const char *to)
{
	struct json j;

	json_begin_at(&j, span_of(*from, to), at->line, at->col);
	*at = json_pos(&j, to, at->file);
	*from = to;
	return *at;
}

static struct parts
take_parts(struct span raw, struct pos at)
{
	struct parts p = { .type = SPAN_NONE };

	const struct {
		const char *key;
		struct span *value;
		struct pos *at;
	} want[] = {
		{ "type", &p.type, &p.type_at },
		{ "left", &p.left, &p.left_at },
		{ "right", &p.right, &p.right_at },
		{ "input_data", &p.input_data, &p.data_at },
		{ "json_key", &p.json_key, &p.key_at },
	};

	const char *from = raw.p;
	struct json j;
	struct span key, value;

	json_begin(&j, raw);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value))
		for (size_t i = 0; i < ARRAY_LEN(want); i++)
			if (span_is(key, want[i].key) && want[i].value->p == NULL) {
				*want[i].value = value;
				*want[i].at = place(&at, &from, value.p);
			}
	return p;
}

static bool
is_condition(const struct parts *p)
{
	return p->type.p && (p->left.p || p->right.p);
}

/* ---- operands ---- */

static bool
set_reference(struct operand *o, const struct ref *ref)
{
	switch (ref->kind) {
	case REF_PARAMETER:
		o->kind = OPERAND_PARAMETER;
		buf_addspan(&o->name, ref->name);
		return true;
	case REF_CONSUMPTION:
		o->kind = OPERAND_METRIC;
		buf_addspan(&o->name, ref->rest);
		buf_addspan(&o->source, ref->name);
		buf_addc(&o->source, '/');
		buf_addspan(&o->source, ref->output);
		return true;
	default:
		error_at(o->at, "C11", "a %s has no value that could be compared",
		    ref_kind_name(ref->kind));
		return false;
	}
}

static bool
read_text(struct operand *o, struct span text)
{
	struct buf wrong = BUF_INIT;
	struct ref ref = ref_parse(text, &wrong);
	bool fine = ref.kind != REF_BAD;

	if (ref.kind == REF_NONE)
		value_set_string(&o->value, text);
	else if (fine)
		fine = set_reference(o, &ref);
	else
		error_at(o->at, "R01", "%s", buf_str(&wrong));
	buf_release(&wrong);
	return fine;
}

/* {"input_data": "$ref/consumptions/STEP/OUTPUT", "json_key": "KEY"} */
static bool
read_metric(struct operand *o, const struct parts *p)
{
	struct buf scratch = BUF_INIT;
	bool fine;

	if (json_type_of(p->input_data) != JSON_STRING ||
	    json_type_of(p->json_key) != JSON_STRING) {
		error_at(o->at, "C11",
		    "a metric is {\"input_data\":\"$ref/consumptions/STEP/OUTPUT\","
		    "\"json_key\":\"KEY\"}");
		return false;
	}
	fine = read_text(o, json_value_text(p->input_data, &scratch));
	if (fine && o->kind != OPERAND_METRIC) {
		error_at(p->data_at, "C11",
		    "input_data has to be the output of a step, $ref/consumptions/STEP/OUTPUT");
		fine = false;
	}
	buf_reset(&o->name);
	buf_addspan(&o->name, json_value_text(p->json_key, &scratch));
	buf_release(&scratch);
	return fine;
}

static bool
read_object(struct operand *o, struct span raw)
{
	struct parts p = take_parts(raw, o->at);

	if (p.input_data.p || p.json_key.p)
		return read_metric(o, &p);
	if (is_condition(&p))
		error_at(o->at, "C09",
		    "a condition stands here as an operand; only 'or' joins conditions");
	else
		error_at(o->at, "C11", "an object cannot be compared");
	return false;
}

static bool read_operand(struct operand *o, struct span raw, struct pos at, unsigned depth);

static bool
read_list(struct operand *o, struct span raw, unsigned depth)
{
	const char *from = raw.p;
	struct pos at = o->at;
	struct json j;
	struct span item;
	size_t cap = 0;
	bool fine = true;

	o->kind = OPERAND_LIST;
	if (too_deep(at, depth))
		return false;
	json_begin(&j, raw);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &item)) {
		o->item = grow(o->item, &cap, o->n + 1, sizeof(*o->item));
		o->item[o->n] = (struct operand){ .kind = OPERAND_VALUE };
		fine &= read_operand(&o->item[o->n++], item, place(&at, &from, item.p), depth + 1);
	}
	return fine;
}

static bool
read_operand(struct operand *o, struct span raw, struct pos at, unsigned depth)
{
	struct buf scratch = BUF_INIT;
	bool fine = true;

	o->kind = OPERAND_VALUE;
	o->at = at;
	switch (json_type_of(raw)) {
	case JSON_OBJECT:
		return read_object(o, raw);
	case JSON_ARRAY:
		return read_list(o, raw, depth);
	case JSON_STRING:
		fine = read_text(o, json_value_text(raw, &scratch));
		buf_release(&scratch);
		return fine;
	default:
		value_set_json(&o->value, raw);
		return true;
	}
}

/* ---- conditions ---- */

static const char *
operator_hint(struct span op)
{
	static const char *const hint[][2] = {
		{ "=", "; did you mean '=='?" },
		{ "===", "; did you mean '=='?" },
		{ "<>", "; did you mean '!='?" },
		{ "!", "; did you mean '!='?" },
		{ "not", "; did you mean '!='?" },
		{ "=>", "; did you mean '>='?" },
		{ "=<", "; did you mean '<='?" },
		{ "||", "; did you mean 'or'?" },
		{ "OR", "; did you mean 'or'?" },
		{ "IN", "; did you mean 'in'?" },
		{ "and", "; several conditions in the list are joined with 'and'" },
		{ "&&", "; several conditions in the list are joined with 'and'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(hint); i++)
		if (span_is(op, hint[i][0]))
			return hint[i][1];
	return "; there are == != > >= < <= in or";
}

/* A literal that the operator can never take; what is looked up is checked when it is known. */
static bool
check_literal(const struct cond *c, const struct operand *o, bool right)
{
	bool list = o->kind == OPERAND_LIST;
	enum value_type type = list ? VALUE_LIST : o->value.type;
	bool wrong = false;

	if (!list && o->kind != OPERAND_VALUE)
		return true;
	if (c->op == COMPARE_IN)
		wrong = right && type != VALUE_LIST && type != VALUE_STRING;
	else if (c->op != COMPARE_EQ && c->op != COMPARE_NE)
		wrong = type != VALUE_NUMBER && type != VALUE_STRING;
	if (wrong)
		error_at(o->at, "C11",
		    c->op == COMPARE_IN ? "the right side of '%s' has to be a list, not %s"
					: "'%s' has no meaning for %s",
		    compare_op_text(c->op), value_type_name(type));
	return !wrong;
}

static bool
read_compare(struct cond *c, const struct parts *p)
{
	bool left = read_operand(&c->left, p->left, p->left_at, 0);
	bool right = read_operand(&c->right, p->right, p->right_at, 0);

	c->kind = COND_COMPARE;
	left = left && check_literal(c, &c->left, false);
	right = right && check_literal(c, &c->right, true);
	return left && right;
}

static struct cond *
read_branch(struct span raw, struct pos at, unsigned depth)
{
	struct parts p = { .type = SPAN_NONE };

	if (too_deep(at, depth))
		return NULL;
	if (json_type_of(raw) == JSON_OBJECT)
		p = take_parts(raw, at);
	if (is_condition(&p))
		return read_condition(raw, at, depth);
	error_at(at, "C08", "'or' joins two conditions, {\"type\":...,\"left\":...,\"right\":...}");
	return NULL;
}

static bool
read_or(struct cond *c, const struct parts *p, unsigned depth)
{
	c->kind = COND_ANY;
	c->kid = xcalloc(2, sizeof(struct cond *));
	c->n = 2;
	c->kid[0] = read_branch(p->left, p->left_at, depth + 1);
	c->kid[1] = read_branch(p->right, p->right_at, depth + 1);
	return c->kid[0] && c->kid[1];
}

static bool
has_both_sides(const struct parts *p, struct pos at)
{
	if (p->left.p == NULL)
		error_at(at, "C10", "the condition has no \"left\"");
	if (p->right.p == NULL)
		error_at(at, "C10", "the condition has no \"right\"");
	return p->left.p && p->right.p;
}

static bool
read_parts(struct cond *c, const struct parts *p, struct pos at, unsigned depth)
{
	struct buf scratch = BUF_INIT;
	struct span op;
	bool both, fine = false;

	both = has_both_sides(p, at);
	if (json_type_of(p->type) != JSON_STRING) {
		error_at(p->type.p ? p->type_at : at, "S03",
		    "the condition needs a \"type\" that is one of == != > >= < <= in or");
		return false;
	}
	op = json_value_text(p->type, &scratch);
	c->op = compare_op_of(op);
	if (span_is(op, "or"))
		fine = both && read_or(c, p, depth);
	else if (c->op != COMPARE_OPS)
		fine = both && read_compare(c, p);
	else
		error_at(p->type_at, "T08", "unknown operator '%.*s'%s", SPAN_ARG(op),
		    operator_hint(op));
	buf_release(&scratch);
	return fine;
}

static struct cond *
read_condition(struct span raw, struct pos at, unsigned depth)
{
	struct parts p;
	struct cond *c;

	if (json_type_of(raw) != JSON_OBJECT) {
		error_at(at, "S03",
		    "a condition is an object, {\"type\":...,\"left\":...,\"right\":...}");
		return NULL;
	}
	p = take_parts(raw, at);
	c = xcalloc(1, sizeof(*c));
	c->at = at;
	if (read_parts(c, &p, at, depth))
		return c;
	cond_free(c);
	return NULL;
}

struct cond *
cond_read(struct span raw, struct pos at)
{
	const char *from = raw.p;
	struct json j;
	struct span item;
	struct cond *all;
	size_t cap = 0;
	bool fine = true;

	if (json_type_of(raw) != JSON_ARRAY)
		return read_condition(raw, at, 0);
	all = xcalloc(1, sizeof(*all));
	all->kind = COND_ALL;
	all->at = at;
	json_begin(&j, raw);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &item)) {
		all->kid = grow(all->kid, &cap, all->n + 1, sizeof(struct cond *));
		all->kid[all->n] = read_condition(item, place(&at, &from, item.p), 0);
		fine &= all->kid[all->n++] != NULL;
	}
	if (fine)
		return all;
	cond_free(all);
	return NULL;
}
