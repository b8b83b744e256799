/*
 * The parser of expressions: see expr.h. Recursive descent over the text, one
 * token ahead. The first error is reported and ends the parsing: what stands
 * behind it would only be guessed at.
 */
#include "workflow/expr.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "json/json.h"
#include "workflow/ref.h"

enum token {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_STRING, /* with its quotes */
	TOKEN_WORD,
	TOKEN_QUOTED_WORD, /* without its backquotes */
	TOKEN_REFERENCE,
	TOKEN_MARK, /* one of ( ) [ ] , : ! && || == != > >= < <= */
	TOKEN_BAD,
};

struct parser {
	const char *p, *end, *begin;
	const char *file;
	enum token token; /* the one that comes next */
	struct span text;
	unsigned depth;
	bool failed;
};

static struct cond *parse_or(struct parser *e);

/* ---- tokens ---- */

static struct pos
pos_of(const struct parser *e, const char *p)
{
	struct json j;

	json_begin(&j, span_of(e->begin, e->end));
	return json_pos(&j, p, e->file);
}

/* The first error only. Always false. */
static bool __attribute__((format(printf, 4, 5)))
fail_at(struct parser *e, const char *p, const char *rule, const char *fmt, ...)
{
	va_list ap;

	if (!e->failed) {
		va_start(ap, fmt);
		vdiag(DIAG_ERROR, pos_of(e, p), rule, fmt, ap);
		va_end(ap);
	}
	e->failed = true;
	e->token = TOKEN_BAD;
	e->text = span_of(p, p);
	return false;
}

#define fail(e, ...) fail_at((e), (e)->text.p, NULL, __VA_ARGS__)

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("()[]{},:!=<>&|`\"'", c);
}

static bool
starts_number(const char *p, const char *end)
{
	p += p < end && (*p == '-' || *p == '+');
	p += p < end && *p == '.';
	return p < end && is_digit(*p);
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

/* The end of the number at p, or NULL: JSON's numbers, and those without a digit before the point. */
static const char *
number_end(const char *p, const char *end)
{
	const char *q;

	p += *p == '-';
	q = skip_digits(p, end);
	if (q > p + 1 && *p == '0')
		return NULL;
	p = q;
	if (p < end && *p == '.') {
		q = skip_digits(p + 1, end);
		if (q == p + 1)
			return NULL;
		p = q;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		q = skip_digits(p, end);
		if (q == p)
			return NULL;
		p = q;
	}
	return p < end && is_word(*p) ? NULL : p;
}

static void
take_number(struct parser *e)
{
	const char *p = *e->p == '+' ? NULL : number_end(e->p, e->end);

	if (p == NULL) {
		fail_at(e, e->p, NULL,
		    "no number is written like this; a name that begins with a digit or sign is "
		    "put in backquotes, like `1st`");
		return;
	}
	e->token = TOKEN_NUMBER;
	e->text = span_of(e->p, p);
	e->p = p;
}

static void
take_string(struct parser *e)
{
	char quote = *e->p;
	const char *p = e->p + 1;

	while (p < e->end && *p != quote)
		p += quote == '"' && *p == '\\' && p + 1 < e->end ? 2 : 1;
	if (p >= e->end) {
		fail_at(e, e->p, NULL, "the string is not closed");
		return;
	}
	p++;
	e->token = TOKEN_STRING;
	e->text = span_of(e->p, p);
	if (quote == '"' && !json_valid(e->text))
		fail_at(e, e->p, NULL, "the string is not valid; its escapes are those of JSON");
	e->p = p;
}

static void
take_quoted_word(struct parser *e)
{
	const char *p = memchr(e->p + 1, '`', (size_t)(e->end - e->p - 1));

	if (p == NULL || p == e->p + 1) {
		fail_at(e, e->p, NULL, p ? "an empty name" : "the backquote is not closed");
		return;
	}
	e->token = TOKEN_QUOTED_WORD;
	e->text = span_of(e->p + 1, p);
	e->p = p + 1;
}

static void
take_word(struct parser *e)
{
	const char *p = e->p;
	bool ref = span_starts(span_of(p, e->end), SPAN("$ref/"));

	while (p < e->end && is_word(*p))
		p++;
	e->token = ref ? TOKEN_REFERENCE : TOKEN_WORD;
	e->text = span_of(e->p, p);
	e->p = p;
}

static void
take_mark(struct parser *e)
{
	static const char *const mark[] = { "&&", "||", "==", "!=", ">=", "<=", "(", ")", "[", "]",
		",", ":", "!", ">", "<" };
	static const char *const hint[][2] = {
		{ "<>", "!=" },
		{ "=>", ">=" },
		{ "=<", "<=" },
		{ "=", "==" },
		{ "&", "&&" },
		{ "|", "||" },
	};
	struct span rest = span_of(e->p, e->end);

	for (size_t i = 0; i < ARRAY_LEN(hint); i++)
		if (span_starts(rest, span_str(hint[i][0])) &&
		    !(rest.n > 1 && hint[i][0][1] == '\0' && rest.p[1] == rest.p[0])) {
			fail_at(e, e->p, "T08", "unknown operator '%s'; did you mean '%s'?",
			    hint[i][0], hint[i][1]);
			return;
		}
	for (size_t i = 0; i < ARRAY_LEN(mark); i++)
		if (span_starts(rest, span_str(mark[i]))) {
			e->token = TOKEN_MARK;
			e->text = span_of(e->p, e->p + strlen(mark[i]));
			e->p += e->text.n;
			return;
		}
	fail_at(e, e->p, NULL, "no expression has such a character");
}

static void
next(struct parser *e)
{
	if (e->failed)
		return;
	while (e->p < e->end && is_blank(*e->p))
		e->p++;
	e->text = span_of(e->p, e->p);
	if (e->p == e->end)
		e->token = TOKEN_END;
	else if (starts_number(e->p, e->end))
		take_number(e);
	else if (*e->p == '"' || *e->p == '\'')
		take_string(e);
	else if (*e->p == '`')
		take_quoted_word(e);
	else if (is_word(*e->p))
		take_word(e);
	else
		take_mark(e);
}

static bool
sees(const struct parser *e, const char *text)
{
	return (e->token == TOKEN_MARK || e->token == TOKEN_WORD) && span_is(e->text, text);
}

static bool
accept(struct parser *e, const char *text)
{
	if (!sees(e, text))
		return false;
	next(e);
	return true;
}

/* Before going down a level; `e->depth--` when coming up. */
static bool
deeper(struct parser *e)
{
	if (e->depth < EXPR_DEPTH) {
		e->depth++;
		return true;
	}
	return fail(e, "nested deeper than %d levels", EXPR_DEPTH);
}

/* ---- operands ---- */

static bool
parse_number(struct parser *e, struct operand *o)
{
	size_t sign = e->text.p[0] == '-';
	struct buf text = BUF_INIT;

	buf_add(&text, "-", sign);
	if (e->text.p[sign] == '.')
		buf_addc(&text, '0');
	buf_add(&text, e->text.p + sign, e->text.n - sign);
	value_set_number(&o->value, buf_span(&text));
	buf_release(&text);
	next(e);
	return true;
}

static bool
parse_string(struct parser *e, struct operand *o)
{
	if (e->text.p[0] == '"')
		value_set_json(&o->value, e->text);
	else
		value_set_string(&o->value, (struct span){ e->text.p + 1, e->text.n - 2 });
	next(e);
	return true;
}

static bool
parse_reference(struct parser *e, struct operand *o)
{
	struct buf wrong = BUF_INIT;
	struct ref ref = ref_parse(e->text, &wrong);
	bool fine = ref.kind == REF_PARAMETER || ref.kind == REF_CONSUMPTION;

	o->kind = ref.kind == REF_PARAMETER ? OPERAND_PARAMETER : OPERAND_METRIC;
	if (ref.kind == REF_BAD)
		fail_at(e, e->text.p, "R01", "%s", buf_str(&wrong));
	else if (!fine)
		fail_at(e, e->text.p, "C11", "a %s has no value that could be compared",
		    ref_kind_name(ref.kind));
	else
		buf_addspan(&o->name, ref.kind == REF_PARAMETER ? ref.name : ref.rest);
	if (ref.kind == REF_CONSUMPTION) {
		buf_addspan(&o->source, ref.name);
		buf_addc(&o->source, '/');
		buf_addspan(&o->source, ref.output);
	}
	buf_release(&wrong);
	next(e);
	return fine;
}

/* WORD, WORD:WORD, param:WORD */
static bool
parse_name(struct parser *e, struct operand *o)
{
	struct span first = e->text;
	bool quoted = e->token == TOKEN_QUOTED_WORD;

	next(e);
	o->kind = OPERAND_NAME;
	if (!accept(e, ":")) {
		buf_addspan(&o->name, first);
		return true;
	}
	if (e->token != TOKEN_WORD && e->token != TOKEN_QUOTED_WORD)
		return fail(e, "the name of a metric or parameter should follow ':'");
	buf_addspan(&o->name, e->text);
	if (!quoted && span_is(first, "param")) {
		o->kind = OPERAND_PARAMETER;
	} else {
		o->kind = OPERAND_METRIC;
		buf_addspan(&o->source, first);
	}
	next(e);
	return true;
}

static bool parse_operand(struct parser *e, struct operand *o);

static bool
parse_list(struct parser *e, struct operand *o)
{
	size_t cap = 0;

	next(e);
	o->kind = OPERAND_LIST;
	if (accept(e, "]"))
		return true;
	if (!deeper(e))
		return false;
	do {
		o->item = grow(o->item, &cap, o->n + 1, sizeof(*o->item));
		o->item[o->n] = (struct operand){ .kind = OPERAND_VALUE };
		if (!parse_operand(e, &o->item[o->n++]))
			return false;
	} while (accept(e, ","));
	e->depth--;
	return accept(e, "]") || fail(e, "',' or ']' should be here");
}

static bool
parse_constant(struct parser *e, struct operand *o)
{
	static const char *const word[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		if (accept(e, word[i])) {
			value_set_json(&o->value, span_str(word[i]));
			return true;
		}
	return false;
}

static bool
parse_operand(struct parser *e, struct operand *o)
{
	o->at = pos_of(e, e->text.p);
	switch (e->token) {
	case TOKEN_NUMBER:
		return parse_number(e, o);
	case TOKEN_STRING:
		return parse_string(e, o);
	case TOKEN_REFERENCE:
		return parse_reference(e, o);
	case TOKEN_WORD:
		if (sees(e, "in") || sees(e, "or") || sees(e, "and") || sees(e, "not"))
			return fail(e,
			    "a value should be here; a name that is a word of the language is put "
			    "in backquotes");
		return parse_constant(e, o) || parse_name(e, o);
	case TOKEN_QUOTED_WORD:
		return parse_name(e, o);
	default:
		if (sees(e, "["))
			return parse_list(e, o);
		return fail(e, e->token == TOKEN_END ? "the expression ends where a value should be"
						     : "a value should be here");
	}
}

/* ---- conditions ---- */

static struct cond *
node_new(const struct parser *e, enum cond_kind kind)
{
	struct cond *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	c->at = pos_of(e, e->text.p);
	return c;
}

static void
node_add(struct cond *c, struct cond *kid)
{
	c->kid = xreallocarray(c->kid, c->n + 1, sizeof(struct cond *));
	c->kid[c->n++] = kid;
}

static struct cond *
parse_negation(struct parser *e, struct cond *(*inner)(struct parser *e))
{
	struct cond *c = node_new(e, COND_NOT);

	next(e);
	if (deeper(e)) {
		node_add(c, inner(e));
		e->depth--;
	}
	return c;
}

/* The operator, if one comes next. "not in" is taken as `in`, and *negated set. */
static bool
parse_operator(struct parser *e, struct cond *c, bool *negated)
{
	c->op =
	    e->token == TOKEN_MARK || e->token == TOKEN_WORD ? compare_op_of(e->text) : COMPARE_OPS;
	*negated = sees(e, "not");
	if (!*negated && c->op == COMPARE_OPS)
		return false;
	c->kind = COND_COMPARE;
	c->at = pos_of(e, e->text.p);
	next(e);
	if (*negated && !accept(e, "in"))
		fail(e, "'in' should follow 'not'");
	if (*negated)
		c->op = COMPARE_IN;
	return true;
}

static struct cond *
parse_comparison(struct parser *e)
{
	struct cond *c = node_new(e, COND_TRUTH), *outer;
	bool negated = false;

	if (!parse_operand(e, &c->left) || !parse_operator(e, c, &negated))
		return c;
	parse_operand(e, &c->right);
	if ((e->token == TOKEN_MARK || e->token == TOKEN_WORD) &&
	    compare_op_of(e->text) != COMPARE_OPS)
		fail(e, "comparisons do not chain; write a < b && b < c");
	if (!negated)
		return c;
	outer = xcalloc(1, sizeof(*outer));
	outer->kind = COND_NOT;
	outer->at = c->at;
	node_add(outer, c);
	return outer;
}

static struct cond *
parse_group(struct parser *e)
{
	struct cond *c;

	if (!deeper(e))
		return NULL;
	next(e);
	c = parse_or(e);
	e->depth--;
	if (!accept(e, ")"))
		fail(e, "')' should be here");
	else if ((e->token == TOKEN_MARK || e->token == TOKEN_WORD) &&
		 compare_op_of(e->text) != COMPARE_OPS)
		fail(e, "what stands in parentheses is true or false, and is not compared");
	return c;
}

static struct cond *
parse_not(struct parser *e)
{
	if (sees(e, "!") || sees(e, "not"))
		return parse_negation(e, parse_not);
	return sees(e, "(") ? parse_group(e) : parse_comparison(e);
}

/* inner { (mark | word) inner } */
static struct cond *
parse_joined(struct parser *e, enum cond_kind kind, const char *mark, const char *word,
    struct cond *(*inner)(struct parser *e))
{
	struct cond *first = inner(e), *all;
	size_t cap = 1;

	if (!sees(e, mark) && !sees(e, word))
		return first;
	all = node_new(e, kind);
	node_add(all, first);
	while (accept(e, mark) || accept(e, word)) {
		all->kid = grow(all->kid, &cap, all->n + 1, sizeof(struct cond *));
		all->kid[all->n++] = inner(e);
	}
	return all;
}

static struct cond *
parse_and(struct parser *e)
{
	return parse_joined(e, COND_ALL, "&&", "and", parse_not);
}

static struct cond *
parse_or(struct parser *e)
{
	return parse_joined(e, COND_ANY, "||", "or", parse_and);
}

struct cond *
expr_parse(struct span text, const char *file)
{
	struct parser e = { .p = text.p, .begin = text.p, .end = text.p + text.n, .file = file };
	struct cond *c;
	size_t bad = utf8_check(text.p, text.n);

	e.text = span_of(text.p, text.p);
	if (bad < text.n)
		fail_at(&e, text.p + bad, NULL, "invalid UTF-8");
	next(&e);
	c = parse_or(&e);
	if (e.token != TOKEN_END)
		fail(&e, "the expression should end here, or go on with && or ||");
	if (!e.failed)
		return c;
	cond_free(c);
	return NULL;
}
