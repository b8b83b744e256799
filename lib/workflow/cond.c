/* Evaluating conditions and telling what was found: see cond.h. */
#include "workflow/cond.h"

#include <stdlib.h>

#include "json/write.h"

static void
operand_release(struct operand *o)
{
	for (size_t i = 0; i < o->n; i++)
		operand_release(&o->item[i]);
	free(o->item);
	value_release(&o->value);
	buf_release(&o->name);
	buf_release(&o->source);
	buf_release(&o->why);
}

void
cond_free(struct cond *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		cond_free(c->kid[i]);
	free(c->kid);
	operand_release(&c->left);
	operand_release(&c->right);
	buf_release(&c->why);
	free(c);
}

/* ---- evaluating ---- */

static void
look_up(struct operand *o, const struct cond_env *env)
{
	struct value other = VALUE_INIT;
	struct buf no = BUF_INIT;
	enum lookup metric = LOOKUP_ABSENT, parameter = LOOKUP_ABSENT;
	struct span name = buf_span(&o->name);

	if (o->kind != OPERAND_PARAMETER)
		metric = env->metric(env->ctx, buf_span(&o->source), name, &o->value, &o->why);
	if (o->kind == OPERAND_PARAMETER)
		parameter = env->parameter(env->ctx, name, &o->value, &o->why);
	else if (o->kind == OPERAND_NAME)
		parameter = env->parameter(env->ctx, name, &other, &no);

	o->rule = o->kind == OPERAND_PARAMETER ? "C17" : "M05";
	if (metric != LOOKUP_ABSENT && parameter != LOOKUP_ABSENT) {
		buf_reset(&o->why);
		buf_addf(&o->why,
		    "'%s' is a metric and a parameter: write param:%s for the parameter, or "
		    "the name of the metrics file before the metric",
		    buf_str(&o->name), buf_str(&o->name));
		value_release(&o->value);
	} else if (parameter == LOOKUP_FOUND && o->kind == OPERAND_NAME) {
		buf_reset(&o->why);
		value_copy(&o->value, &other);
		o->found = OPERAND_PARAMETER;
	} else if (metric == LOOKUP_FOUND) {
		o->found = OPERAND_METRIC;
	} else if (metric == LOOKUP_ABSENT && o->kind == OPERAND_NAME) {
		buf_reset(&no);
		buf_addf(&no, "'%s' is no parameter, and ", buf_str(&o->name));
		buf_addspan(&no, buf_span(&o->why));
		buf_reset(&o->why);
		buf_addspan(&o->why, buf_span(&no));
	}
	value_release(&other);
	buf_release(&no);
}

static void
resolve(struct operand *o, const struct cond_env *env)
{
	if (o->kind == OPERAND_VALUE)
		return;
	value_release(&o->value);
	buf_reset(&o->why);
	o->found = o->kind;
	if (o->kind != OPERAND_LIST) {
		look_up(o, env);
		return;
	}
	o->value.type = VALUE_LIST;
	o->value.item = o->n ? xcalloc(o->n, sizeof(*o->value.item)) : NULL;
	o->value.n = o->n;
	for (size_t i = 0; i < o->n; i++) {
		resolve(&o->item[i], env);
		value_copy(&o->value.item[i], &o->item[i].value);
	}
}

static enum verdict
eval_compare(struct cond *c)
{
	enum verdict v;

	if (c->left.value.type == VALUE_NONE || c->right.value.type == VALUE_NONE)
		return VERDICT_UNKNOWN; /* the operand says why */
	v = value_compare(c->op, &c->left.value, &c->right.value, &c->why);
	c->rule = v == VERDICT_UNKNOWN ? "C11" : "C12";
	return v;
}

static enum verdict
eval_truth(struct cond *c)
{
	const struct value *v = &c->left.value;

	if (v->type == VALUE_BOOL)
		return v->truth ? VERDICT_TRUE : VERDICT_FALSE;
	if (v->type != VALUE_NONE) {
		c->rule = "C11";
		buf_addf(&c->why, "%s is neither true nor false; compare it with something",
		    value_type_name(v->type));
	}
	return VERDICT_UNKNOWN;
}

/* One kid that is `decisive` decides; otherwise an unknown one makes all unknown. */
static enum verdict
eval_kids(struct cond *c, const struct cond_env *env, enum verdict decisive)
{
	enum verdict result = decisive == VERDICT_TRUE ? VERDICT_FALSE : VERDICT_TRUE;

	for (size_t i = 0; i < c->n; i++) {
		enum verdict v = cond_eval(c->kid[i], env);

		if (v == decisive || (v == VERDICT_UNKNOWN && result != decisive))
			result = v;
	}
	return result;
}

static enum verdict
eval_not(struct cond *c, const struct cond_env *env)
{
	switch (cond_eval(c->kid[0], env)) {
	case VERDICT_TRUE:
		return VERDICT_FALSE;
	case VERDICT_FALSE:
		return VERDICT_TRUE;
	default:
		return VERDICT_UNKNOWN;
	}
}

enum verdict
cond_eval(struct cond *c, const struct cond_env *env)
{
	buf_reset(&c->why);
	resolve(&c->left, env);
	resolve(&c->right, env);
	switch (c->kind) {
	case COND_ALL:
		c->verdict = eval_kids(c, env, VERDICT_FALSE);
		break;
	case COND_ANY:
		c->verdict = eval_kids(c, env, VERDICT_TRUE);
		break;
	case COND_NOT:
		c->verdict = eval_not(c, env);
		break;
	case COND_COMPARE:
		c->verdict = eval_compare(c);
		break;
	case COND_TRUTH:
		c->verdict = eval_truth(c);
		break;
	}
	return c->verdict;
}

void
cond_each_operand(struct cond *c, void (*visit)(void *ctx, struct operand *o), void *ctx)
{
	struct operand *side[] = { &c->left, &c->right };
	size_t sides = c->kind == COND_COMPARE ? 2 : c->kind == COND_TRUTH;

	for (size_t i = 0; i < c->n; i++)
		cond_each_operand(c->kid[i], visit, ctx);
	for (size_t s = 0; s < sides; s++) {
		visit(ctx, side[s]);
		for (size_t i = 0; i < side[s]->n; i++)
			visit(ctx, &side[s]->item[i]);
	}
}

/* ---- telling ---- */

static void
report_operand(const struct operand *o, enum diag_level level)
{
	if (o->why.n)
		diag(level, o->at, o->rule, "%s", buf_str(&o->why));
	for (size_t i = 0; i < o->n; i++)
		report_operand(&o->item[i], level);
}

void
cond_report(const struct cond *c, enum diag_level level)
{
	for (size_t i = 0; i < c->n; i++)
		cond_report(c->kid[i], level);
	report_operand(&c->left, level);
	report_operand(&c->right, level);
	if (c->why.n)
		diag(c->verdict == VERDICT_UNKNOWN ? level : DIAG_WARNING, c->at, c->rule, "%s",
		    buf_str(&c->why));
}

static void
trace_operand(struct buf *out, const char *key, const struct operand *o)
{
	static const char *const name[] = {
		[OPERAND_PARAMETER] = "parameter",
		[OPERAND_METRIC] = "metric",
		[OPERAND_NAME] = "name",
	};

	jw_key(out, key);
	jw_open(out, '{');
	if (o->kind != OPERAND_VALUE && o->kind != OPERAND_LIST)
		jw_member_string(out, name[o->found], buf_span(&o->name));
	if (o->source.n)
		jw_member_string(out, "source", buf_span(&o->source));
	jw_key(out, "value");
	value_write(out, &o->value);
	if (o->why.n)
		jw_member_string(out, "why", buf_span(&o->why));
	jw_close(out, '}');
}

static void
trace_result(struct buf *out, enum verdict v)
{
	jw_key(out, "result");
	if (v == VERDICT_UNKNOWN)
		jw_null(out);
	else
		jw_bool(out, v == VERDICT_TRUE);
}

void
cond_trace(struct buf *out, const struct cond *c)
{
	static const char *const join[] = { "&&", "||", "!" };

	jw_open(out, '{');
	jw_member_str(out, "op",
	    c->kind == COND_TRUTH     ? "is true"
	    : c->kind == COND_COMPARE ? compare_op_text(c->op)
				      : join[c->kind]);
	if (c->kind == COND_COMPARE || c->kind == COND_TRUTH) {
		trace_operand(out, "left", &c->left);
		if (c->kind == COND_COMPARE)
			trace_operand(out, "right", &c->right);
	} else {
		jw_key(out, "conditions");
		jw_open(out, '[');
		for (size_t i = 0; i < c->n; i++)
			cond_trace(out, c->kid[i]);
		jw_close(out, ']');
	}
	trace_result(out, c->verdict);
	if (c->why.n)
		jw_member_string(out, "why", buf_span(&c->why));
	jw_close(out, '}');
}

static void
list_metric(struct buf *out, const struct operand *o)
{
	for (size_t i = 0; i < o->n; i++)
		list_metric(out, &o->item[i]);
	if (o->found != OPERAND_METRIC || o->kind == OPERAND_VALUE)
		return;
	jw_open(out, '{');
	jw_member_string(out, "key", buf_span(&o->name));
	jw_key(out, "value");
	value_write(out, &o->value);
	jw_close(out, '}');
}

static void
list_metrics(struct buf *out, const struct cond *c)
{
	for (size_t i = 0; i < c->n; i++)
		list_metrics(out, c->kid[i]);
	list_metric(out, &c->left);
	list_metric(out, &c->right);
}

void
cond_metric_list(struct buf *out, const struct cond *c)
{
	jw_open(out, '[');
	list_metrics(out, c);
	jw_close(out, ']');
}
