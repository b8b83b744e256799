/* Plain XML: see xml_plain.h. */
#include "label/xml_plain.h"

#include "base/mem.h"

/* What a byte may be part of. All others (& ] and what is not ASCII, too) are not plain. */
enum { TEXT = 1, NAME = 2, FIRST = 4 /* of a name */ };

static const unsigned char kind[256] = {
	['\t'] = TEXT,
	['\n'] = TEXT,
	['\r'] = TEXT,
	[' ' ... '%'] = TEXT,
	['\'' ... ','] = TEXT,
	['-' ... '.'] = TEXT | NAME,
	['/'] = TEXT,
	['0' ... '9'] = TEXT | NAME,
	[':' ... ';'] = TEXT,
	['=' ... '@'] = TEXT,
	['A' ... 'Z'] = TEXT | NAME | FIRST,
	['[' ... '\\'] = TEXT,
	['^'] = TEXT,
	['_'] = TEXT | NAME | FIRST,
	['`'] = TEXT,
	['a' ... 'z'] = TEXT | NAME | FIRST,
	['{' ... '~'] = TEXT,
};

struct plain {
	const char *begin, *p, *end;
	struct xml_node *node;
	size_t n, cap;
	uint32_t stack[XML_DEPTH];
	uint32_t last[XML_DEPTH]; /* last child of stack[i] */
	unsigned depth;
};

static inline const char *
pass(const char *p, const char *end, unsigned what)
{
	while (p < end && (kind[(unsigned char)*p] & what))
		p++;
	return p;
}

/* t->p is at '<': a start tag. */
static bool
open_element(struct plain *t)
{
	const char *name = t->p + 1, *after = pass(name, t->end, NAME);
	uint32_t i = (uint32_t)t->n, *last;

	if (after == t->end || *after != '>' || !(kind[(unsigned char)*name] & FIRST) ||
	    t->depth == XML_DEPTH || (t->depth == 0 && t->n > 1))
		return false;
	if (t->n == t->cap)
		t->node = grow(t->node, &t->cap, t->n + 1, sizeof(*t->node));
	t->node[t->n++] = (struct xml_node){ .name = (uint32_t)(name - t->begin),
		.name_n = (uint32_t)(after - name),
		.at = (uint32_t)(t->p - t->begin) };
	if (t->depth > 0) {
		last = &t->last[t->depth - 1];
		*(*last ? &t->node[*last].next : &t->node[t->stack[t->depth - 1]].child) = i;
		*last = i;
	}
	t->stack[t->depth] = i;
	t->last[t->depth++] = 0;
	t->p = after + 1;
	return true;
}

/* t->p is at the end tag of the innermost element, whose text (if it has no children) is before it. */
static bool
close_element(struct plain *t, const char *text)
{
	struct xml_node *top = t->depth ? &t->node[t->stack[t->depth - 1]] : NULL;
	struct span value = span_trim(span_of(text, t->p));
	const char *name = t->p + 2;

	if (!top || (size_t)(t->end - name) <= top->name_n || name[top->name_n] != '>' ||
	    memcmp(name, t->begin + top->name, top->name_n) != 0)
		return false;
	if (!top->child && value.n > 0) {
		if (memchr(value.p, '\r', value.n)) /* a line end inside: it would become LF */
			return false;
		top->text = (uint32_t)(text - t->begin);
		top->text_n = (uint32_t)(t->p - text);
	}
	t->depth--;
	t->p = name + top->name_n + 1;
	return true;
}

static bool
read_all(struct plain *t)
{
	const char *text;

	for (;;) {
		text = t->p;
		t->p = pass(text, t->end, TEXT);
		if (t->depth == 0 && span_trim(span_of(text, t->p)).n > 0)
			return false;
		if (t->p == t->end)
			return t->depth == 0 && t->n > 1;
		if (*t->p != '<' || t->end - t->p < 2)
			return false;
		if (!(t->p[1] == '/' ? close_element(t, text) : open_element(t)))
			return false;
	}
}

bool
xml_plain(struct span source, struct xml_node **node, size_t *n, size_t *cap)
{
	struct plain t = { .begin = source.p,
		.p = source.p,
		.end = source.p + source.n,
		.node = *node,
		.n = 1,
		.cap = *cap };
	bool good = source.n > 0 && read_all(&t);

	*node = t.node;
	*cap = t.cap;
	*n = good ? t.n : 1;
	return good;
}
