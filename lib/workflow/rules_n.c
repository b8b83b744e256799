/* Rules N: names, their letters, and that each stands once. */
#include "base/mem.h"
#include "base/utf8.h"
#include "workflow/finding.h"

#define NAME_MAX_LETTERS 64

/* Which letters a name may have. */
enum name_style {
	NAME_WIDE,  /* workflow and step: Chinese and spaces too; begins with a letter */
	NAME_PLAIN, /* parameter, storage, data ...: begins with a letter */
	NAME_PORT,  /* input, output: begins with anything */
};

static bool
is_letter(uint32_t ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

/* The blocks of Chinese characters. */
static bool
is_chinese(uint32_t ch)
{
	return (ch >= 0x4e00 && ch <= 0x9fff) || (ch >= 0x3400 && ch <= 0x4dbf) ||
	       (ch >= 0xf900 && ch <= 0xfaff) || (ch >= 0x20000 && ch <= 0x323af) || ch == 0x3007;
}

static bool
may_begin(uint32_t ch, enum name_style style)
{
	return is_letter(ch) || (style == NAME_WIDE && is_chinese(ch));
}

static bool
may_hold(uint32_t ch, enum name_style style)
{
	return may_begin(ch, style) || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-' ||
	       (style == NAME_WIDE && ch == ' ');
}

/* Nearly all names: letters, digits, '_' and '-', a letter first. They are fine in all styles. */
static bool
is_plain_name(struct span name)
{
	static const bool plain[256] = { ['a' ... 'z'] = true,
		['A' ... 'Z'] = true,
		['0' ... '9'] = true,
		['_'] = true,
		['-'] = true };

	if (name.n == 0 || name.n > NAME_MAX_LETTERS || !is_letter((unsigned char)name.p[0]))
		return false;
	for (size_t i = 1; i < name.n; i++)
		if (!plain[(unsigned char)name.p[i]])
			return false;
	return true;
}

/* What is wrong with a name; NULL: nothing. *bad is set to a letter at fault, or to n 0. */
static const char *
name_fault(struct span name, enum name_style style, struct span *bad)
{
	size_t letters = 0, n;
	uint32_t ch;

	*bad = SPAN("");
	if (is_plain_name(name))
		return NULL;
	if (name.n == 0)
		return "is empty";
	for (size_t i = 0; i < name.n; i += n, letters++) {
		n = utf8_decode(name.p + i, name.n - i, &ch);
		if (n == 0)
			return "is no UTF-8";
		*bad = (struct span){ name.p + i, n };
		if (!may_hold(ch, style))
			return "has the character";
		if (i == 0 && style != NAME_PORT && !may_begin(ch, style))
			return "begins with";
	}
	*bad = SPAN("");
	return letters > NAME_MAX_LETTERS ? "is longer than 64 characters" : NULL;
}

static const char *
style_words(enum name_style style)
{
	switch (style) {
	case NAME_WIDE:
		return "1 to 64 English or Chinese letters, digits, spaces, _ and -, a letter first";
	case NAME_PLAIN:
		return "1 to 64 English letters, digits, _ and -, a letter first";
	default:
		return "1 to 64 English letters, digits, _ and -";
	}
}

/* The node of an object's name. */
static const struct json_node *
name_node(const struct check *c, const struct json_node *object)
{
	const struct json_node *n = json_tree_get(&c->wf->tree, object, "name");

	return n ? n : object;
}

static bool
check_name(struct check *c, enum rule_id rule, struct span name, const struct json_node *object,
    enum name_style style, uint32_t step, const char *what)
{
	struct span bad;
	const char *fault = name_fault(name, style, &bad);

	if (fault == NULL)
		return true;
	if (bad.n > 0)
		found(c, rule, name_node(c, object), step,
		    "the name of the %s, \"%.*s\", %s \"%.*s\"; it is %s", what, SPAN_ARG(name),
		    fault, SPAN_ARG(bad), style_words(style));
	else
		found(c, rule, name_node(c, object), step, "the name of the %s %s; it is %s", what,
		    fault, style_words(style));
	return false;
}

/* A name that is right for the service and wrong for Python. */
static void
check_python_name(
    struct check *c, struct span name, const struct json_node *object, const char *what)
{
	struct span bad;

	if (name_fault(name, NAME_PLAIN, &bad))
		found(c, RULE_N03, name_node(c, object), WF_NONE,
		    "the name of the %s, \"%.*s\", cannot be written in the Python SDK: it has "
		    "\"%.*s\"",
		    what, SPAN_ARG(name), SPAN_ARG(bad));
}

static void
workflow_name(struct check *c)
{
	struct wf *wf = c->wf;
	enum name_style style = wf->kind == WF_DOC_UPDATE ? NAME_PLAIN : NAME_WIDE;

	if (wf->name.p &&
	    check_name(c, RULE_N01, wf->name, wf->tree.root, style, WF_NONE, "workflow"))
		check_python_name(c, wf->name, wf->tree.root, "workflow");
}

/* ---- each once ---- */

/* Names of one kind that were seen, and what they look like to a hasty reader. */
struct names {
	struct check *c;
	enum rule_id rule; /* of a repeated name */
	const char *what;
	struct strmap exact, folded;
	struct buf key;
};

/* Case, and the characters that are mixed up, are folded. */
static char
fold_letter(char ch)
{
	if (ch >= 'A' && ch <= 'Z' && ch != 'I')
		return (char)(ch + 'a' - 'A');
	return ch == '0' ? 'o' : ch == '1' || ch == 'I' ? 'l' : ch;
}

static struct span
fold(struct buf *key, struct span name)
{
	buf_reset(key);
	buf_reserve(key, name.n);
	for (size_t i = 0; i < name.n; i++)
		key->p[key->n++] = fold_letter(name.p[i]);
	key->p[key->n] = '\0';
	return buf_span(key);
}

static bool
fold_equal(struct span a, struct span b)
{
	if (a.n != b.n || a.p == NULL || b.p == NULL)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold_letter(a.p[i]) != fold_letter(b.p[i]))
			return false;
	return true;
}

/* The first object whose name looks the same; its name may be the same in fact. */
static void
name_seen(struct names *n, struct span name, const struct json_node *object, uint32_t step)
{
	struct check *c = n->c;
	const struct json_node *root = c->wf->tree.root, *first;
	struct strmap_entry *e;
	struct buf scratch = BUF_INIT;
	bool is_new, same;

	e = strmap_put(&n->folded, fold(&n->key, name), (uint64_t)(object - root), &is_new);
	if (is_new)
		return;
	first = name_node(c, root + e->value);
	same = span_eq(json_node_text(first, &scratch), name);
	buf_release(&scratch);
	if (!same) /* of three, the third may still repeat the second */
		e = strmap_put(&n->exact, name, (uint64_t)(object - root), &is_new);
	if (!same && !is_new) {
		first = name_node(c, root + e->value);
		same = true;
	}
	if (same)
		found(c, n->rule, name_node(c, object), step, "%s \"%.*s\" is already in line %zu",
		    n->what, SPAN_ARG(name), (size_t)wf_pos(c->wf, first).line);
	else
		found(c, RULE_N12, name_node(c, object), step,
		    "%s \"%.*s\" looks like the one in line %zu", n->what, SPAN_ARG(name),
		    (size_t)wf_pos(c->wf, first).line);
}

static struct names
names_begin(struct check *c, enum rule_id rule, const char *what)
{
	return (struct names){ .c = c, .rule = rule, .what = what };
}

static void
names_end(struct names *n)
{
	strmap_release(&n->exact);
	strmap_release(&n->folded);
	buf_release(&n->key);
}

/* ---- the lists ---- */

static void
object_names(
    struct check *c, const struct wf_object *v, uint32_t count, enum rule_id rule, const char *what)
{
	struct names names = names_begin(c, rule, what);

	for (uint32_t i = 0; i < count; i++) {
		if (v[i].name.p == NULL)
			continue;
		check_name(c, RULE_N04, v[i].name, v[i].node, NAME_PLAIN, WF_NONE, what);
		name_seen(&names, v[i].name, v[i].node, WF_NONE);
	}
	names_end(&names);
}

/* N08 across the two lists of data */
static void
data_in_both_lists(struct check *c)
{
	struct wf *wf = c->wf;

	for (uint32_t i = 0; i < wf->nrequirements; i++)
		if (wf->requirement[i].name.p &&
		    wf_find_data(wf, wf->requirement[i].name) != WF_NONE)
			found_as(c, RULE_N08, RULE_WARNING, name_node(c, wf->requirement[i].node),
			    WF_NONE, "\"%.*s\" is a data object and a data requirement",
			    SPAN_ARG(wf->requirement[i].name));
}

/* So few names are compared with each other, most often to find that they differ. */
#define FEW_PORTS 8

static bool
any_repeated(const struct check *c, struct wf_range ports)
{
	const struct wf_port *p = c->wf->port + ports.at;

	for (uint32_t i = 1; i < ports.n; i++)
		for (uint32_t k = 0; k < i; k++)
			if (fold_equal(p[i].name, p[k].name))
				return true;
	return false;
}

static void
port_names(struct check *c, uint32_t step, struct wf_range ports, const char *what)
{
	struct names names = names_begin(c, RULE_N09, what);

	for (uint32_t i = ports.at; i < ports.at + ports.n; i++) {
		const struct wf_port *p = &c->wf->port[i];

		if (p->name.p == NULL)
			continue;
		check_name(c, RULE_N04, p->name, p->node, NAME_PORT, step, what);
		if (ports.n > 1 && (ports.n > FEW_PORTS || any_repeated(c, ports)))
			name_seen(&names, p->name, p->node, step);
	}
	names_end(&names);
}

static void
step_names(struct check *c)
{
	struct names names = names_begin(c, RULE_N05, "step");
	struct wf *wf = c->wf;

	for (uint32_t i = 0; i < wf->nsteps; i++) {
		struct wf_step *s = &wf->step[i];

		if (s->name.p) {
			if (check_name(c, RULE_N02, s->name, s->node, NAME_WIDE, WF_NONE, "step"))
				check_python_name(c, s->name, s->node, "step");
			name_seen(&names, s->name, s->node, WF_NONE);
		}
		port_names(c, i, s->inputs, "input");
		port_names(c, i, s->outputs, "output");
	}
	names_end(&names);
}

static void
group_names(struct check *c, const struct wf_group *v, uint32_t count, const char *what)
{
	struct names names = names_begin(c, RULE_N10, what);

	for (uint32_t i = 0; i < count; i++)
		if (v[i].name.p)
			name_seen(&names, v[i].name, v[i].node, WF_NONE);
	names_end(&names);
}

static void
label_names(struct check *c)
{
	const struct json_node *labels = json_tree_get(&c->wf->tree, c->wf->tree.root, "labels");
	struct strmap seen = STRMAP_INIT;
	bool is_new;

	if (json_node_type(labels) != JSON_ARRAY)
		return;
	for (const struct json_node *l = json_node_first(labels); l; l = json_node_next(l)) {
		if (l->type != JSON_STRING)
			continue;
		strmap_put(&seen, wf_text(c->wf, l), 0, &is_new);
		if (!is_new)
			found(c, RULE_N11, l, WF_NONE, "label %.*s is in the list twice",
			    SPAN_ARG(json_node_raw(l)));
	}
	strmap_release(&seen);
}

void
rules_names(struct check *c)
{
	struct wf *wf = c->wf;

	workflow_name(c);
	step_names(c);
	object_names(c, wf->param, wf->nparams, RULE_N06, "parameter");
	object_names(c, wf->storage, wf->nstorages, RULE_N07, "storage");
	object_names(c, wf->data, wf->ndata, RULE_N08, "data object");
	object_names(c, wf->requirement, wf->nrequirements, RULE_N08, "data requirement");
	data_in_both_lists(c);
	group_names(c, wf->scene, wf->nscenes, "scene");
	group_names(c, wf->subgraph, wf->nsubgraphs, "sub-graph");
	label_names(c);
}
