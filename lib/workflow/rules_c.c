/* Rules C: condition steps, their branches, and the condition objects (with T08). */
#include <stdlib.h>

#include "base/mem.h"
#include "workflow/finding.h"
#include "workflow/value.h"

/* ---- operands ---- */

/* What is known of an operand before anything runs. */
struct side {
	const struct json_node *node;
	enum value_type type; /* VALUE_NONE: not known; a parameter has that of its declaration */
	bool fixed;           /* a literal: value is set */
	bool metric;
	uint32_t param; /* the parameter it is, or WF_NONE */
	struct value value;
};

/* A single comparison: left op right. */
struct comparison {
	const struct json_node *node;
	enum compare_op op;
	struct side left, right;
};

/* The conditions of one step, while they are looked at. */
struct deciding {
	struct check *c;
	uint32_t step;
	struct comparison *all; /* of the list itself, not of those nested in `or` */
	size_t n, cap;
};

static enum value_type
declared_type(struct span type)
{
	static const struct {
		const char *name;
		enum value_type type;
	} types[] = { { "str", VALUE_STRING }, { "int", VALUE_NUMBER }, { "float", VALUE_NUMBER },
		{ "bool", VALUE_BOOL }, { "list", VALUE_LIST }, { "json", VALUE_OBJECT } };

	for (size_t i = 0; type.p && i < ARRAY_LEN(types); i++)
		if (span_is(type, types[i].name))
			return types[i].type;
	return VALUE_NONE;
}

/* The reference that stands at `node`, among those of the step; NULL. */
static const struct wf_reference *
reference_at(const struct check *c, uint32_t step, const struct json_node *node)
{
	struct wf_range r = c->wf->step[step].refs;
	uint32_t lo = r.at, hi = r.at + r.n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (c->wf->ref[mid].node == node)
			return &c->wf->ref[mid];
		if (c->wf->ref[mid].node < node)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool
is_metrics_output(const struct check *c, const struct wf_port *p)
{
	const struct json_tree *t = &c->wf->tree;

	return span_is(shown(p->type), "metrics") || json_tree_get(t, p->body, "metric_files") ||
	       json_tree_get(t, p->body, "metric_file") ||
	       json_tree_get(t, p->body, "metrics_config");
}

/* C15: can the metric that `r` names be read when this step decides? */
static void
check_metric(struct deciding *d, const struct wf_reference *r, bool has_key)
{
	struct check *c = d->c;
	const struct wf_step *s;

	if (!has_key) {
		found(c, RULE_C15, r->node, d->step,
		    "the operand names no metric; the form is $ref/consumptions/STEP/OUTPUT/KEY");
		return;
	}
	if (r->target == WF_NONE || r->output == WF_NONE || r->target == d->step)
		return; /* R06, R13 */
	s = &c->wf->step[r->target];
	if (s->type != WF_JOB && s->type != WF_TYPE_UNKNOWN)
		found(c, RULE_C15, r->node, d->step,
		    "step \"%.*s\" is of type %s; only a job has metrics", SPAN_ARG(r->ref.name),
		    wf_step_type_names[s->type]);
	else if (!is_metrics_output(c, &c->wf->port[r->output]))
		found(c, RULE_C15, r->node, d->step,
		    "output \"%.*s\" of step \"%.*s\" is none of metrics: give it the type metrics, or "
		    "metric_files in its config",
		    SPAN_ARG(r->ref.output), SPAN_ARG(r->ref.name));
	else if (graph_reaches(&c->graph, r->target, d->step) == REACH_NO)
		found(c, RULE_C15, r->node, d->step,
		    "step \"%.*s\" need not have run when this is decided; add it to depend_steps",
		    SPAN_ARG(r->ref.name));
}

/* A parameter: its declared type, else that of its value. */
static void
parameter_side(struct deciding *d, struct side *side, uint32_t param)
{
	const struct json_tree *t = &d->c->wf->tree;
	const struct wf_object *p = &d->c->wf->param[param];
	const struct json_node *value = wf_param_value(d->c->wf, param);
	const struct json_node *delay = json_tree_get(t, p->node, "delay");
	struct value v = VALUE_INIT;

	side->param = param;
	side->type = declared_type(p->type);
	if (side->type == VALUE_NONE && value) {
		value_set_json(&v, json_node_raw(value));
		side->type = v.type;
		value_release(&v);
	}
	if (value == NULL && json_node_type(delay) != JSON_TRUE)
		found(d->c, RULE_C17, side->node, d->step,
		    "parameter \"%.*s\" has neither value nor default; each run has to give it",
		    SPAN_ARG(shown(p->name)));
}

static void
reference_side(struct deciding *d, struct side *side, const struct wf_reference *r)
{
	if (r->ref.kind == REF_PARAMETER && r->target != WF_NONE) {
		parameter_side(d, side, r->target);
	} else if (r->ref.kind == REF_CONSUMPTION) {
		side->metric = true;
		side->type = VALUE_NUMBER;
		check_metric(d, r, r->ref.rest.n > 0);
	}
}

/* {"input_data": "$ref/consumptions/STEP/OUTPUT", "json_key": "KEY"} */
static bool
metric_object(struct deciding *d, struct side *side)
{
	const struct json_tree *t = &d->c->wf->tree;
	const struct json_node *data = json_tree_get(t, side->node, "input_data");
	const struct json_node *key = json_tree_get(t, side->node, "json_key");
	const struct wf_reference *r;

	if (data == NULL && key == NULL)
		return false;
	side->metric = true;
	side->type = VALUE_NUMBER;
	r = data ? reference_at(d->c, d->step, data) : NULL;
	if (r && r->ref.kind == REF_CONSUMPTION)
		check_metric(d, r, json_node_type(key) == JSON_STRING);
	else if (r == NULL)
		found(d->c, RULE_C15, data ? data : side->node, d->step,
		    "input_data must be a reference to a metrics output, "
		    "$ref/consumptions/STEP/OUTPUT");
	return true;
}

static struct side
read_side(struct deciding *d, const struct json_node *node)
{
	struct side side = { .node = node, .param = WF_NONE };
	const struct wf_reference *r = reference_at(d->c, d->step, node);

	if (r) {
		reference_side(d, &side, r);
		return side;
	}
	if (node->type == JSON_OBJECT && metric_object(d, &side))
		return side;
	value_set_json(&side.value, json_node_raw(node));
	side.type = side.value.type;
	side.fixed = true;
	/* a list may hold references: then it is not fixed */
	for (const struct json_node *e = json_node_first(node); e && node->type == JSON_ARRAY;
	     e = json_node_next(e))
		if (reference_at(d->c, d->step, e) || e->type == JSON_OBJECT)
			side.fixed = false;
	return side;
}

/* ---- one comparison ---- */

static bool
is_order(enum compare_op op)
{
	return op == COMPARE_GT || op == COMPARE_GE || op == COMPARE_LT || op == COMPARE_LE;
}

/* C11: an operand that the operator cannot take. False: said so. */
static bool
check_order_operand(struct deciding *d, const struct comparison *k, const struct side *s)
{
	if (s->type == VALUE_NONE || s->type == VALUE_NUMBER || s->type == VALUE_STRING)
		return true;
	found(d->c, RULE_C11, s->node, d->step, "%s has no order; %s takes numbers or strings",
	    value_type_name(s->type), compare_op_text(k->op));
	return false;
}

static bool
check_in(struct deciding *d, const struct comparison *k)
{
	enum value_type t = k->right.type;

	if (t == VALUE_NONE || t == VALUE_LIST)
		return true;
	if (t == VALUE_STRING)
		found_as(d->c, RULE_C11, RULE_WARNING, k->right.node, d->step,
		    "the right side of in is a string: looked for as a part of it; a list is meant "
		    "to stand here");
	else
		found(d->c, RULE_C11, k->right.node, d->step,
		    "the right side of in is %s; it is a list", value_type_name(t));
	return t == VALUE_STRING;
}

/* C11, C12. True: the types fit. */
static bool
check_types(struct deciding *d, const struct comparison *k)
{
	enum value_type a = k->left.type, b = k->right.type;

	if (k->op == COMPARE_IN)
		return check_in(d, k);
	if (is_order(k->op)) {
		bool left = check_order_operand(d, k, &k->left);

		if (!check_order_operand(d, k, &k->right) || !left)
			return false;
	}
	if (a == VALUE_NONE || b == VALUE_NONE || a == b)
		return true;
	if (is_order(k->op))
		found(d->c, RULE_C11, k->right.node, d->step, "%s and %s have no order",
		    value_type_name(a), value_type_name(b));
	else
		found(d->c, RULE_C12, k->right.node, d->step,
		    "%s is never equal to %s: %s is always %s", value_type_name(a),
		    value_type_name(b), compare_op_text(k->op),
		    k->op == COMPARE_EQ ? "false" : "true");
	return false;
}

/* Longer enums are not searched for every comparison. */
#define ENUM_MAX 1000

/* Is `value` among the enum of the parameter? True also when there is no enum. */
static bool
in_enum(const struct check *c, uint32_t param, const struct value *value)
{
	const struct json_node *list =
	    json_tree_get(&c->wf->tree, c->wf->param[param].node, "enum");
	struct value v = VALUE_INIT;
	struct buf why = BUF_INIT;
	bool hit = false;

	if (json_node_type(list) != JSON_ARRAY || list->count == 0 || list->count > ENUM_MAX)
		return true;
	for (const struct json_node *e = json_node_first(list); e && !hit; e = json_node_next(e)) {
		value_set_json(&v, json_node_raw(e));
		hit = value_compare(COMPARE_EQ, &v, value, &why) == VERDICT_TRUE;
	}
	value_release(&v);
	buf_release(&why);
	return hit;
}

static void
check_enum(struct deciding *d, const struct comparison *k)
{
	const struct side *p = k->left.param != WF_NONE ? &k->left : &k->right;
	const struct side *v = p == &k->left ? &k->right : &k->left;

	if (p->param == WF_NONE || !v->fixed || (k->op != COMPARE_EQ && k->op != COMPARE_NE) ||
	    in_enum(d->c, p->param, &v->value))
		return;
	found(d->c, RULE_C18, v->node, d->step,
	    "%.*s is not in the enum of parameter \"%.*s\": %s is always %s",
	    SPAN_ARG(json_node_raw(v->node)), SPAN_ARG(shown(d->c->wf->param[p->param].name)),
	    compare_op_text(k->op), k->op == COMPARE_EQ ? "false" : "true");
}

/* The only value that a side can have: a literal, or a parameter whose enum has one value. */
static bool
only_value(const struct check *c, const struct side *s, struct value *v)
{
	const struct json_node *list;

	if (s->fixed) {
		value_copy(v, &s->value);
		return true;
	}
	if (s->param == WF_NONE)
		return false;
	list = json_tree_get(&c->wf->tree, c->wf->param[s->param].node, "enum");
	if (json_node_type(list) != JSON_ARRAY || list->count != 1)
		return false;
	value_set_json(v, json_node_raw(json_node_first(list)));
	return true;
}

/* C13. True: said so. */
static bool
check_constant(struct deciding *d, const struct comparison *k)
{
	struct value left = VALUE_INIT, right = VALUE_INIT;
	struct buf why = BUF_INIT;
	enum verdict v = VERDICT_UNKNOWN;

	if (only_value(d->c, &k->left, &left) && only_value(d->c, &k->right, &right))
		v = value_compare(k->op, &left, &right, &why);
	if (v != VERDICT_UNKNOWN)
		found(d->c, RULE_C13, k->node, d->step, "both sides are fixed: it is always %s",
		    v == VERDICT_TRUE ? "true" : "false");
	value_release(&left);
	value_release(&right);
	buf_release(&why);
	return v != VERDICT_UNKNOWN;
}

static void
check_comparison(struct deciding *d, const struct comparison *k)
{
	if (!check_types(d, k))
		return;
	if ((k->left.metric || k->right.metric) && (k->op == COMPARE_EQ || k->op == COMPARE_NE))
		found(d->c, RULE_C16, k->node, d->step,
		    "a metric hardly ever equals a value exactly; write >= or <=");
	if (!check_constant(d, k))
		check_enum(d, k);
}

/* ---- C14: pairs of comparisons of one thing with literals ---- */

/* `thing op literal`, with the thing on the left. False: the comparison has not that form. */
static bool
normal_form(const struct comparison *k, const struct side **thing, enum compare_op *op,
    const struct value **literal)
{
	static const enum compare_op turned[] = { [COMPARE_EQ] = COMPARE_EQ,
		[COMPARE_NE] = COMPARE_NE,
		[COMPARE_GT] = COMPARE_LT,
		[COMPARE_GE] = COMPARE_LE,
		[COMPARE_LT] = COMPARE_GT,
		[COMPARE_LE] = COMPARE_GE };

	bool swap = k->left.fixed;

	if (k->op == COMPARE_IN || k->left.fixed == k->right.fixed)
		return false;
	*thing = swap ? &k->right : &k->left;
	*literal = swap ? &k->left.value : &k->right.value;
	*op = swap ? turned[k->op] : k->op;
	return (*literal)->type == VALUE_NUMBER || (*literal)->type == VALUE_STRING ||
	       (*literal)->type == VALUE_BOOL;
}

static bool
holds(enum compare_op op, const struct value *a, const struct value *b)
{
	struct buf why = BUF_INIT;
	bool yes = value_compare(op, a, b, &why) == VERDICT_TRUE;

	buf_release(&why);
	return yes;
}

/* Can nothing be both `op1 a` and `op2 b`? */
static bool
excludes(enum compare_op op1, const struct value *a, enum compare_op op2, const struct value *b)
{
	bool up1 = op1 == COMPARE_GT || op1 == COMPARE_GE,
	     up2 = op2 == COMPARE_GT || op2 == COMPARE_GE;

	if (a->type != b->type)
		return false;
	if (op1 == COMPARE_EQ)
		return !holds(op2, a, b);
	if (op2 == COMPARE_EQ)
		return !holds(op1, b, a);
	if (op1 == COMPARE_NE || op2 == COMPARE_NE || up1 == up2)
		return false;
	/* a lower and an upper bound: nothing is left when they cross, or touch and one is strict */
	if (!up1)
		return excludes(op2, b, op1, a);
	return holds(COMPARE_GT, a, b) ||
	       (holds(COMPARE_EQ, a, b) && (op1 == COMPARE_GT || op2 == COMPARE_LT));
}

static void
check_pair(struct deciding *d, const struct comparison *x, const struct comparison *y)
{
	const struct side *s1, *s2;
	const struct value *a, *b;
	enum compare_op op1, op2;

	if (!normal_form(x, &s1, &op1, &a) || !normal_form(y, &s2, &op2, &b) ||
	    !span_eq(json_node_raw(s1->node), json_node_raw(s2->node)))
		return;
	if (excludes(op1, a, op2, b))
		found(d->c, RULE_C14, y->node, d->step,
		    "together with the condition in line %zu it is never true",
		    (size_t)wf_pos(d->c->wf, x->node).line);
	else if (op1 == op2 && holds(COMPARE_EQ, a, b))
		found(d->c, RULE_C14, y->node, d->step, "it repeats the condition in line %zu",
		    (size_t)wf_pos(d->c->wf, x->node).line);
}

/* Of `or`: is one of the two always true? */
static void
check_or_pair(struct deciding *d, const struct comparison *x, const struct comparison *y)
{
	static const enum compare_op opposite[] = { [COMPARE_EQ] = COMPARE_NE,
		[COMPARE_NE] = COMPARE_EQ,
		[COMPARE_GT] = COMPARE_LE,
		[COMPARE_GE] = COMPARE_LT,
		[COMPARE_LT] = COMPARE_GE,
		[COMPARE_LE] = COMPARE_GT };
	const struct side *s1, *s2;
	const struct value *a, *b;
	enum compare_op op1, op2;

	if (normal_form(x, &s1, &op1, &a) && normal_form(y, &s2, &op2, &b) &&
	    span_eq(json_node_raw(s1->node), json_node_raw(s2->node)) &&
	    excludes(opposite[op1], a, opposite[op2], b))
		found(d->c, RULE_C14, y->node, d->step,
		    "one of the two conditions of or is always true");
}

/* Conditions of one list that are compared in pairs. */
#define PAIRED_MAX 64

static void
check_pairs(struct deciding *d)
{
	size_t n = d->n < PAIRED_MAX ? d->n : PAIRED_MAX;

	for (size_t j = 1; j < n; j++)
		for (size_t i = 0; i < j; i++)
			check_pair(d, &d->all[i], &d->all[j]);
}

/* ---- condition objects ---- */

static bool
is_condition(const struct check *c, const struct json_node *n)
{
	return json_tree_get(&c->wf->tree, n, "type") &&
	       (json_tree_get(&c->wf->tree, n, "left") || json_tree_get(&c->wf->tree, n, "right"));
}

/* T08, with the word that is meant for those of other languages. */
static void
unknown_operator(struct deciding *d, const struct json_node *cond, const struct json_node *type)
{
	static const char *const ops[] = { "==", "!=", ">", ">=", "<", "<=", "in", "or" };
	static const char *const meant[][2] = { { "=", "did you mean \"==\"?" },
		{ "===", "did you mean \"==\"?" }, { "eq", "did you mean \"==\"?" },
		{ "<>", "did you mean \"!=\"?" }, { "not", "did you mean \"!=\"?" },
		{ "ne", "did you mean \"!=\"?" }, { "gt", "did you mean \">\"?" },
		{ "=>", "did you mean \">=\"?" }, { "gte", "did you mean \">=\"?" },
		{ "ge", "did you mean \">=\"?" }, { "lt", "did you mean \"<\"?" },
		{ "=<", "did you mean \"<=\"?" }, { "lte", "did you mean \"<=\"?" },
		{ "le", "did you mean \"<=\"?" }, { "||", "did you mean \"or\"?" },
		{ "and", "write two conditions in the list, which are joined with and" },
		{ "&&", "write two conditions in the list, which are joined with and" } };
	struct span text = wf_text(d->c->wf, type);
	char word[8] = "";

	if (text.p == NULL) {
		found(d->c, RULE_T08, type ? type : cond, d->step,
		    "the condition has no operator; \"type\" is one of == != > >= < <= in or");
		return;
	}
	for (size_t i = 0; i < text.n && i + 1 < sizeof(word); i++)
		word[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] | 32) : text.p[i];
	for (size_t i = 0; i < ARRAY_LEN(meant); i++)
		if (text.n < sizeof(word) && strcmp(word, meant[i][0]) == 0) {
			found(d->c, RULE_T08, type, d->step, "unknown operator \"%.*s\"; %s",
			    SPAN_ARG(text), meant[i][1]);
			return;
		}
	found(d->c, RULE_T08, type, d->step, "unknown operator \"%.*s\"%s", SPAN_ARG(text),
	    guess_word(d->c, text, ops, ARRAY_LEN(ops)));
}

static void check_condition(
    struct deciding *d, const struct json_node *cond, struct comparison *nested);

static void
comparison_release(struct comparison *k)
{
	value_release(&k->left.value);
	value_release(&k->right.value);
}

static void
check_or(struct deciding *d, const struct json_node *left, const struct json_node *right)
{
	const struct json_node *both[] = { left, right };
	struct comparison k[2] = { { .node = NULL }, { .node = NULL } };

	for (int i = 0; i < 2; i++) {
		if (both[i] == NULL)
			continue;
		if (is_condition(d->c, both[i]))
			check_condition(d, both[i], &k[i]);
		else
			found(d->c, RULE_C08, both[i], d->step,
			    "the operands of or are conditions {\"type\", \"left\", \"right\"}");
	}
	if (k[0].node && k[1].node)
		check_or_pair(d, &k[0], &k[1]);
	comparison_release(&k[0]);
	comparison_release(&k[1]);
}

static void
keep_comparison(struct deciding *d, const struct comparison *k)
{
	d->all = grow(d->all, &d->cap, d->n + 1, sizeof(*d->all));
	d->all[d->n++] = *k;
}

static void
check_operands(struct deciding *d, const struct json_node *cond, enum compare_op op,
    const struct json_node *left, const struct json_node *right, struct comparison *nested)
{
	struct comparison k = { .node = cond, .op = op };
	bool bad = false;

	for (int i = 0; i < 2; i++)
		if (is_condition(d->c, i ? right : left)) {
			found(d->c, RULE_C09, i ? right : left, d->step,
			    "a condition stands as operand of %s; only or joins conditions",
			    compare_op_text(op));
			bad = true;
		}
	if (bad || left == NULL || right == NULL)
		return;
	k.left = read_side(d, left);
	k.right = read_side(d, right);
	check_comparison(d, &k);
	if (nested)
		*nested = k;
	else
		keep_comparison(d, &k);
}

/* A condition of the list itself, or (`nested` is set) one inside of `or`, which goes there. */
static void
check_condition(struct deciding *d, const struct json_node *cond, struct comparison *nested)
{
	const struct json_tree *t = &d->c->wf->tree;
	const struct json_node *type = json_tree_get(t, cond, "type");
	const struct json_node *left = json_tree_get(t, cond, "left");
	const struct json_node *right = json_tree_get(t, cond, "right");
	struct span word = wf_text(d->c->wf, type);
	enum compare_op op = word.p ? compare_op_of(word) : COMPARE_OPS;
	bool is_or = word.p && span_is(word, "or");

	if (op == COMPARE_OPS && !is_or)
		unknown_operator(d, cond, type);
	if (left == NULL || right == NULL)
		found(d->c, RULE_C10, cond, d->step, "the condition has no \"%s\"%s",
		    left ? "right" : "left", left || right ? "" : " and no \"right\"");
	if (is_or)
		check_or(d, left, right);
	else if (op != COMPARE_OPS)
		check_operands(d, cond, op, left, right, nested);
}

/* A list of conditions, or one. */
static void
check_conditions(struct check *c, uint32_t step, const struct json_node *list)
{
	struct deciding d = { .c = c, .step = step };

	if (json_node_type(list) == JSON_OBJECT)
		check_condition(&d, list, NULL);
	else if (json_node_type(list) == JSON_ARRAY)
		for (const struct json_node *k = json_node_first(list); k; k = json_node_next(k))
			if (k->type == JSON_OBJECT)
				check_condition(&d, k, NULL);
	check_pairs(&d);
	for (size_t i = 0; i < d.n; i++)
		comparison_release(&d.all[i]);
	free(d.all);
}

/* ---- branches ---- */

static void
check_branch_step(struct check *c, uint32_t step, const struct wf_link *l, const char *member)
{
	if (l->step == WF_NONE) {
		found(c, RULE_C03, l->node, step, "%s names the unknown step \"%.*s\"%s", member,
		    SPAN_ARG(l->name), guess_name(c, LIST_STEPS, l->name));
	} else if (l->step == step) {
		found(c, RULE_C07, l->node, step, "%s names the condition step itself", member);
	} else if (graph_reaches(&c->graph, l->step, step) == REACH_YES) {
		found(c, RULE_C07, l->node, step,
		    "%s names \"%.*s\", which has run when this is decided", member,
		    SPAN_ARG(l->name));
	} else if (graph_reaches(&c->graph, step, l->step) == REACH_NO) {
		found(c, RULE_C04, l->node, step,
		    "\"%.*s\" in %s does not depend on this condition and may start before the "
		    "decision",
		    SPAN_ARG(l->name), member);
	}
}

/* C05, by name: it is said also of a step that is unknown. */
static void
check_both(struct check *c, uint32_t step)
{
	const struct wf_step *s = &c->wf->step[step];
	struct strmap names = STRMAP_INIT;

	for (uint32_t i = s->if_then.at; i < s->if_then.at + s->if_then.n; i++)
		strmap_put(&names, c->wf->link[i].name, 0, NULL);
	for (uint32_t i = s->if_else.at; i < s->if_else.at + s->if_else.n; i++)
		if (strmap_find(&names, c->wf->link[i].name))
			found(c, RULE_C05, c->wf->link[i].node, step,
			    "\"%.*s\" is in both branches: it would never run",
			    SPAN_ARG(c->wf->link[i].name));
	strmap_release(&names);
}

static void
check_branches(struct check *c, uint32_t step)
{
	struct wf_range both[] = { c->wf->step[step].if_then, c->wf->step[step].if_else };
	static const char *const members[] = { "if_then_steps", "else_then_steps" };

	for (int b = 0; b < 2; b++)
		for (uint32_t i = both[b].at; i < both[b].at + both[b].n; i++)
			check_branch_step(c, step, &c->wf->link[i], members[b]);
	if (both[0].n && both[1].n)
		check_both(c, step);
}

/* ---- steps ---- */

static bool
is_empty(const struct json_node *list)
{
	return json_node_type(list) <= JSON_NULL || (list->type != JSON_STRING && list->count == 0);
}

static void
condition_step(struct check *c, uint32_t step)
{
	const struct wf_step *s = &c->wf->step[step];

	if (is_empty(s->conditions))
		found(c, RULE_C01, s->conditions ? s->conditions : s->node, step,
		    "a condition step without conditions has nothing to decide");
	if (s->if_then.n == 0 && s->if_else.n == 0)
		found(c, RULE_C06, s->node, step,
		    "neither if_then_steps nor else_then_steps: its result changes nothing");
}

static void
other_step(struct check *c, uint32_t step)
{
	const struct json_tree *t = &c->wf->tree;
	const struct wf_step *s = &c->wf->step[step];
	const struct json_node *conditions = json_tree_get(t, s->node, "conditions");

	if (s->if_then.n || s->if_else.n)
		found_key(c, RULE_C02,
		    json_tree_get(t, s->node, s->if_then.n ? "if_then_steps" : "else_then_steps"),
		    step, "branches belong to a step of type condition");
	else if (!is_empty(conditions) && s->type != WF_MRS_JOB)
		found_as(c, RULE_C02, RULE_WARNING, conditions, step,
		    "conditions on a step that is no condition: taken as its skip conditions");
}

void
rules_conditions(struct check *c)
{
	struct wf *wf = c->wf;

	for (uint32_t i = 0; i < wf->nsteps; i++) {
		const struct wf_step *s = &wf->step[i];

		if (s->type == WF_CONDITION)
			condition_step(c, i);
		else
			other_step(c, i);
		if (s->skip_if && !is_empty(s->skip_if) &&
		    (s->type == WF_CONDITION || s->type == WF_MRS_JOB))
			found(c, RULE_C19, s->skip_if, i,
			    "a step of type %s cannot have skip conditions",
			    wf_step_type_names[s->type]);
		check_conditions(c, i, s->conditions);
		check_conditions(c, i, s->skip_if);
		check_branches(c, i);
	}
}
