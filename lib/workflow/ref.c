/* References taken apart: see ref.h. */
#include "workflow/ref.h"

#include "base/tool.h"

static const char *const roots[] = { "parameters", "data", "data_requirements", "storages",
	"consumptions" };

static const enum ref_kind kinds[] = { REF_PARAMETER, REF_DATA, REF_REQUIREMENT, REF_STORAGE,
	REF_CONSUMPTION };

static const char *const forms[] = { "$ref/parameters/NAME", "$ref/data/NAME",
	"$ref/data_requirements/NAME", "$ref/storages/NAME/PATH", "$ref/consumptions/STEP/OUTPUT" };
static const char *const options[] = { "with_execution_id", "create_dir" };

const char *
ref_kind_name(enum ref_kind kind)
{
	static const char *const names[] = { "string", "parameter", "data object",
		"data requirement", "storage", "output", "reference" };

	return names[kind];
}

static struct ref bad(struct buf *wrong, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static struct ref
bad(struct buf *wrong, const char *fmt, ...)
{
	va_list ap;

	if (wrong) {
		va_start(ap, fmt);
		buf_vaddf(wrong, fmt, ap);
		va_end(ap);
	}
	return (
	    struct ref){ .kind = REF_BAD, .with_execution_id = REF_UNSET, .create_dir = REF_UNSET };
}

/* The nearest of the words, NULL when `word` is too long to be a slip of one. */
static const char *
near(struct span word, const char *const *words, size_t n)
{
	char copy[64];

	if (word.n >= sizeof(copy))
		return NULL;
	memcpy(copy, word.p, word.n);
	copy[word.n] = '\0';
	return nearest_word(copy, words, n);
}

static struct ref
bad_word(struct span word, const char *const *words, size_t n, struct buf *wrong, const char *what)
{
	const char *guess = near(word, words, n);
	struct ref r = bad(wrong, "a reference has no %s \"%.*s\"; ", what, SPAN_ARG(word));

	if (wrong == NULL)
		return r;
	if (guess) {
		buf_addf(wrong, "did you mean \"%s\"?", guess);
		return r;
	}
	buf_adds(wrong, "there are");
	for (size_t i = 0; i < n; i++)
		buf_addf(wrong, "%s %s", i ? "," : "", words[i]);
	return r;
}

/* One "key=value" of a storage; false when r has become REF_BAD. */
static bool
storage_option(struct ref *r, struct span option, struct buf *wrong)
{
	struct span value = option, key;
	signed char *dest;

	if (!span_cut(&value, '=', &key) || value.p == NULL) {
		*r = bad(wrong, "the storage option \"%.*s\" is not of the form create_dir=True",
		    SPAN_ARG(option));
		return false;
	}
	key = span_trim(key);
	value = span_trim(value);
	if (span_is(key, options[0])) {
		dest = &r->with_execution_id;
	} else if (span_is(key, options[1])) {
		dest = &r->create_dir;
	} else {
		*r = bad_word(key, options, ARRAY_LEN(options), wrong, "storage option");
		return false;
	}
	if (!span_is(value, "True") && !span_is(value, "False")) {
		*r = bad(wrong, "the storage option %.*s is \"%.*s\"; it is True or False",
		    SPAN_ARG(key), SPAN_ARG(value));
		return false;
	}
	*dest = span_is(value, "True");
	return true;
}

/* "(a=True, b=False)" behind "storages"; false when r has become REF_BAD. */
static bool
storage_options(struct ref *r, struct span list, struct buf *wrong)
{
	struct span inside, one;

	if (list.n < 2 || list.p[list.n - 1] != ')') {
		*r = bad(wrong, "the parenthesis of the storage options is not closed");
		return false;
	}
	inside = span_of(list.p + 1, list.p + list.n - 1);
	if (span_trim(inside).n == 0)
		return true;
	while (span_cut(&inside, ',', &one))
		if (!storage_option(r, span_trim(one), wrong))
			return false;
	return true;
}

/* The end of the root: the '/' behind it, which is none of those inside a parenthesis. */
static struct span
cut_root(struct span *rest)
{
	const char *open = memchr(rest->p, '(', rest->n), *end = rest->p + rest->n;
	const char *slash = memchr(rest->p, '/', rest->n), *close;
	struct span root;

	if (open && (slash == NULL || open < slash)) {
		close = memchr(open, ')', (size_t)(end - open));
		slash = close ? memchr(close, '/', (size_t)(end - close)) : NULL;
	}
	root = span_of(rest->p, slash ? slash : end);
	*rest = slash ? span_of(slash + 1, end) : SPAN_NONE;
	return root;
}

/* The parts behind the root; false when r has become REF_BAD. */
static bool
parts(struct ref *r, struct span rest, size_t i, struct span text, struct buf *wrong)
{
	if (!span_cut(&rest, '/', &r->name) || r->name.n == 0) {
		*r = bad(wrong, "the reference names no %s; the form is %s",
		    r->kind == REF_CONSUMPTION ? "step" : ref_kind_name(kinds[i]), forms[i]);
		return false;
	}
	if (r->kind == REF_CONSUMPTION && (!span_cut(&rest, '/', &r->output) || r->output.n == 0)) {
		*r = bad(wrong, "the reference names no output of step \"%.*s\"; the form is %s",
		    SPAN_ARG(r->name), forms[i]);
		return false;
	}
	if (r->kind == REF_PARAMETER && rest.p) {
		*r = bad(wrong,
		    "a parameter has no parts, but \"/%.*s\" follows \"%.*s\"; the form is %s",
		    SPAN_ARG(rest), SPAN_ARG(r->name), forms[i]);
		return false;
	}
	r->rest = rest.p ? rest : span_of(text.p + text.n, text.p + text.n);
	return true;
}

struct ref
ref_parse(struct span text, struct buf *wrong)
{
	struct ref r = {
		.kind = REF_NONE, .with_execution_id = REF_UNSET, .create_dir = REF_UNSET
	};
	struct span rest = text, root, list = SPAN_NONE;
	const char *open;

	if (text.n == 0 || !span_starts(text, SPAN("$ref/")))
		return r;
	rest = span_of(text.p + 5, text.p + text.n);
	root = cut_root(&rest);
	open = memchr(root.p, '(', root.n);
	if (open) {
		list = span_of(open, root.p + root.n);
		root = span_of(root.p, open);
	}
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		if (root.n == 0 || *root.p != *roots[i] || !span_is(root, roots[i]))
			continue;
		r.kind = kinds[i];
		if (list.p && r.kind != REF_STORAGE)
			return bad(
			    wrong, "only storages take options in parentheses, not %s", roots[i]);
		if (list.p && !storage_options(&r, list, wrong))
			return r;
		parts(&r, rest, i, text, wrong);
		return r;
	}
	return bad_word(root, roots, ARRAY_LEN(roots), wrong, "root");
}
