/* Values and how they compare: see value.h. */
#include "workflow/value.h"

#include <stdlib.h>

#include "base/num.h"
#include "json/json.h"
#include "json/write.h"

void
value_release(struct value *v)
{
	for (size_t i = 0; i < v->n; i++)
		value_release(&v->item[i]);
	free(v->item);
	buf_release(&v->text);
	*v = (struct value)VALUE_INIT;
}

void
value_copy(struct value *to, const struct value *from)
{
	value_release(to);
	to->type = from->type;
	to->truth = from->truth;
	buf_addspan(&to->text, buf_span(&from->text));
	if (from->n == 0)
		return;
	to->item = xcalloc(from->n, sizeof(*to->item));
	to->n = from->n;
	for (size_t i = 0; i < from->n; i++)
		value_copy(&to->item[i], &from->item[i]);
}

void
value_set_bool(struct value *v, bool truth)
{
	value_release(v);
	v->type = VALUE_BOOL;
	v->truth = truth;
}

void
value_set_number(struct value *v, struct span text)
{
	value_release(v);
	v->type = VALUE_NUMBER;
	buf_addspan(&v->text, text);
}

void
value_set_string(struct value *v, struct span text)
{
	value_release(v);
	v->type = VALUE_STRING;
	buf_addspan(&v->text, text);
}

static void
set_list(struct value *v, struct span raw)
{
	struct json j;
	struct span item;
	size_t cap = 0;

	v->type = VALUE_LIST;
	json_begin(&j, raw);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &item)) {
		v->item = grow(v->item, &cap, v->n + 1, sizeof(*v->item));
		v->item[v->n] = (struct value)VALUE_INIT;
		value_set_json(&v->item[v->n++], item);
	}
}

void
value_set_json(struct value *v, struct span raw)
{
	value_release(v);
	switch (json_type_of(raw)) {
	case JSON_NONE:
		break;
	case JSON_NULL:
		v->type = VALUE_NULL;
		break;
	case JSON_FALSE:
	case JSON_TRUE:
		value_set_bool(v, raw.p[0] == 't');
		break;
	case JSON_NUMBER:
		value_set_number(v, raw);
		break;
	case JSON_STRING:
		v->type = VALUE_STRING;
		json_decode(&v->text, json_unquote(raw));
		break;
	case JSON_ARRAY:
		set_list(v, raw);
		break;
	case JSON_OBJECT:
		v->type = VALUE_OBJECT;
		buf_addspan(&v->text, raw);
		break;
	}
}

void
value_set_argument(struct value *v, struct span text)
{
	struct span trimmed = span_trim(text);

	if (json_type_of(trimmed) != JSON_OBJECT && json_valid(trimmed))
		value_set_json(v, trimmed);
	else
		value_set_string(v, text);
}

void
value_write(struct buf *out, const struct value *v)
{
	switch (v->type) {
	case VALUE_NONE:
	case VALUE_NULL:
		jw_null(out);
		break;
	case VALUE_BOOL:
		jw_bool(out, v->truth);
		break;
	case VALUE_NUMBER:
	case VALUE_OBJECT:
		jw_raw(out, buf_span(&v->text));
		break;
	case VALUE_STRING:
		jw_string(out, buf_span(&v->text));
		break;
	case VALUE_LIST:
		jw_open(out, '[');
		for (size_t i = 0; i < v->n; i++)
			value_write(out, &v->item[i]);
		jw_close(out, ']');
		break;
	}
}

const char *
value_type_name(enum value_type type)
{
	static const char *const name[] = {
		[VALUE_NONE] = "nothing",
		[VALUE_NULL] = "null",
		[VALUE_BOOL] = "a bool",
		[VALUE_NUMBER] = "a number",
		[VALUE_STRING] = "a string",
		[VALUE_LIST] = "a list",
		[VALUE_OBJECT] = "an object",
	};

	return name[type];
}

/* ---- numbers ---- */

/* 0.d1 d2 d3 ... times 10 to the power of exp; the digits may have a point among them. */
struct decimal {
	bool negative, zero;
	const char *p, *end; /* from the first digit that is not 0 */
	int64_t exp;
};

static bool
decimal_read(struct span s, struct decimal *d)
{
	const char *p = s.p, *end = s.p + s.n, *mantissa, *stop, *point, *q;
	int64_t e = 0;

	d->negative = p < end && *p == '-';
	mantissa = p += d->negative;
	while (p < end && *p != 'e' && *p != 'E')
		p++;
	stop = p;
	point = memchr(mantissa, '.', (size_t)(stop - mantissa));
	if (point == NULL)
		point = stop;
	for (q = mantissa; q < stop && (*q == '0' || *q == '.'); q++)
		continue;
	*d = (struct decimal){ d->negative, q == stop, q, stop, 0 };
	if (d->zero)
		return true;
	if (p < end) {
		p += p + 1 < end && p[1] == '+' ? 2 : 1;
		if (!num_parse_i64(span_of(p, end), &e))
			return false;
	}
	/* digits before the point, or (negative) zeros behind it */
	return !__builtin_add_overflow(e, q < point ? point - q : point + 1 - q, &d->exp);
}

/* The next digit, '0' when there is none left. */
static char
digit(const char **p, const char *end)
{
	if (*p < end && **p == '.')
		(*p)++;
	return *p < end ? *(*p)++ : '0';
}

static int
magnitude_compare(struct decimal a, struct decimal b)
{
	if (a.zero || b.zero)
		return b.zero - a.zero;
	if (a.exp != b.exp)
		return a.exp < b.exp ? -1 : 1;
	while (a.p < a.end || b.p < b.end) {
		char x = digit(&a.p, a.end), y = digit(&b.p, b.end);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

bool
decimal_compare(struct span a, struct span b, int *order)
{
	struct decimal x, y;

	if (!decimal_read(a, &x) || !decimal_read(b, &y))
		return false;
	if (x.zero && y.zero)
		*order = 0;
	else if (x.negative != y.negative && !x.zero && !y.zero)
		*order = x.negative ? -1 : 1;
	else
		*order = magnitude_compare(x, y) * ((x.zero ? y : x).negative ? -1 : 1);
	return true;
}

/* ---- comparing ---- */

static const char *const op_text[COMPARE_OPS] = {
	[COMPARE_EQ] = "==",
	[COMPARE_NE] = "!=",
	[COMPARE_GT] = ">",
	[COMPARE_GE] = ">=",
	[COMPARE_LT] = "<",
	[COMPARE_LE] = "<=",
	[COMPARE_IN] = "in",
};

const char *
compare_op_text(enum compare_op op)
{
	return op_text[op];
}

enum compare_op
compare_op_of(struct span text)
{
	enum compare_op op = COMPARE_EQ;

	while (op < COMPARE_OPS && !span_is(text, op_text[op]))
		op++;
	return op;
}

static enum verdict
verdict_of(bool truth)
{
	return truth ? VERDICT_TRUE : VERDICT_FALSE;
}

static enum verdict
not_known(const struct value *a, const struct value *b, struct buf *why)
{
	enum value_type type = a->type == VALUE_NONE ? b->type : a->type;

	buf_addf(why, "%s cannot be compared", value_type_name(type));
	return VERDICT_UNKNOWN;
}

static enum verdict number_order(
    enum compare_op op, const struct value *a, const struct value *b, struct buf *why);
static enum verdict equal(const struct value *a, const struct value *b, struct buf *why);

static enum verdict
lists_equal(const struct value *a, const struct value *b, struct buf *why)
{
	enum verdict result = VERDICT_TRUE;

	if (a->n != b->n)
		return VERDICT_FALSE;
	for (size_t i = 0; i < a->n && result == VERDICT_TRUE; i++)
		result = equal(&a->item[i], &b->item[i], why);
	return result;
}

static enum verdict
equal(const struct value *a, const struct value *b, struct buf *why)
{
	if (a->type == VALUE_NONE || b->type == VALUE_NONE || a->type == VALUE_OBJECT ||
	    b->type == VALUE_OBJECT)
		return not_known(a, b, why);
	if (a->type != b->type) {
		buf_addf(why, "%s is never equal to %s", value_type_name(a->type),
		    value_type_name(b->type));
		return VERDICT_FALSE;
	}
	switch (a->type) {
	case VALUE_BOOL:
		return verdict_of(a->truth == b->truth);
	case VALUE_NUMBER:
		return number_order(COMPARE_EQ, a, b, why);
	case VALUE_STRING:
		return verdict_of(span_eq(buf_span(&a->text), buf_span(&b->text)));
	case VALUE_LIST:
		return lists_equal(a, b, why);
	default:
		return VERDICT_TRUE; /* null */
	}
}

static bool
order_is(enum compare_op op, int order)
{
	switch (op) {
	case COMPARE_GT:
		return order > 0;
	case COMPARE_GE:
		return order >= 0;
	case COMPARE_LT:
		return order < 0;
	case COMPARE_LE:
		return order <= 0;
	default:
		return order == 0;
	}
}

static enum verdict
number_order(enum compare_op op, const struct value *a, const struct value *b, struct buf *why)
{
	int order;

	if (decimal_compare(buf_span(&a->text), buf_span(&b->text), &order))
		return verdict_of(order_is(op, order));
	buf_adds(why, "a number has an exponent of more than 18 digits");
	return VERDICT_UNKNOWN;
}

static enum verdict
ordered(enum compare_op op, const struct value *a, const struct value *b, struct buf *why)
{
	if (a->type == VALUE_NUMBER && b->type == VALUE_NUMBER)
		return number_order(op, a, b, why);
	if (a->type == VALUE_STRING && b->type == VALUE_STRING)
		return verdict_of(order_is(op, span_cmp(buf_span(&a->text), buf_span(&b->text))));
	if (a->type == b->type)
		buf_addf(why, "'%s' has no meaning for %s", op_text[op], value_type_name(a->type));
	else
		buf_addf(why, "%s and %s have no order", value_type_name(a->type),
		    value_type_name(b->type));
	return VERDICT_UNKNOWN;
}

static enum verdict
member(const struct value *a, const struct value *list, struct buf *why)
{
	enum verdict result = VERDICT_FALSE;
	struct buf doubt = BUF_INIT;

	for (size_t i = 0; i < list->n && result != VERDICT_TRUE; i++) {
		buf_reset(&doubt);
		switch (equal(a, &list->item[i], &doubt)) {
		case VERDICT_TRUE:
			result = VERDICT_TRUE;
			break;
		case VERDICT_UNKNOWN:
			result = VERDICT_UNKNOWN;
			break;
		default:
			break;
		}
	}
	if (result == VERDICT_UNKNOWN)
		buf_adds(why, "an element of the list cannot be compared");
	buf_release(&doubt);
	return result;
}

static enum verdict
contained(const struct value *a, const struct value *b, struct buf *why)
{
	struct span part = buf_span(&a->text), whole = buf_span(&b->text);

	if (b->type == VALUE_LIST)
		return member(a, b, why);
	if (a->type == VALUE_STRING && b->type == VALUE_STRING) {
		buf_adds(why, "'in' looks for a part of a string here; for one of several words "
			      "the right side has to be a list");
		return verdict_of(memmem(whole.p, whole.n, part.p, part.n) != NULL);
	}
	buf_addf(why, "the right side of 'in' has to be a list, not %s", value_type_name(b->type));
	return VERDICT_UNKNOWN;
}

enum verdict
value_compare(enum compare_op op, const struct value *a, const struct value *b, struct buf *why)
{
	enum verdict v;

	switch (op) {
	case COMPARE_EQ:
		return equal(a, b, why);
	case COMPARE_NE:
		v = equal(a, b, why);
		return v == VERDICT_UNKNOWN ? v : verdict_of(v == VERDICT_FALSE);
	case COMPARE_IN:
		return contained(a, b, why);
	default:
		return ordered(op, a, b, why);
	}
}
