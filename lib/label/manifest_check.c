/* What the values in a line of a ModelArts manifest have to be: see manifest_check.h. */
#include "label/manifest_check.h"

#include "base/diag.h"
#include "base/num.h"

/* What a value must be. */
enum kind { A_STRING, A_NUMBER, A_FLAG, AN_ID, ATTRIBUTES };

static const char *const kind_name[] = { "a string", "a number", "true or false",
	"a string or a number", "an object, or a string that holds one" };

#define KEY(k) k, sizeof(k) - 1

static const struct {
	const char *key;
	size_t n; /* its length, which tells most apart */
	enum kind kind;
} typed[] = {
	{ KEY("type"), A_STRING }, /* the frequent ones first */
	{ KEY("name"), A_STRING },
	{ KEY("id"), AN_ID },
	{ KEY("property"), ATTRIBUTES },
	{ KEY("confidence"), A_NUMBER },
	{ KEY("annotated-by"), A_STRING },
	{ KEY("creation-time"), A_STRING },
	{ KEY("annotation-loc"), A_STRING },
	{ KEY("annotation-format"), A_STRING },
	{ KEY("hard"), A_FLAG },
	{ KEY("hard-coefficient"), A_NUMBER },
	{ KEY("inference-loc"), A_STRING },
	{ KEY("sample-type"), A_NUMBER },
};

static bool
is_kind(struct span value, enum kind kind)
{
	enum json_type type = json_type_of(value);
	double v;

	switch (kind) {
	case A_NUMBER: /* old tools wrote numbers as strings */
		return type == JSON_NUMBER ||
		       (type == JSON_STRING && num_parse(json_unquote(value), &v));
	case A_FLAG:
		return json_flag(value) >= 0 || span_is(value, "\"True\"") ||
		       span_is(value, "\"False\"");
	case AN_ID:
		return type == JSON_STRING || type == JSON_NUMBER;
	case ATTRIBUTES:
		return type == JSON_OBJECT || type == JSON_STRING;
	default:
		return type == JSON_STRING;
	}
}

static void
check_type(const struct record *rec, const struct member *m)
{
	size_t k = 0;

	while (k < ARRAY_LEN(typed) && !(m->key.n == typed[k].n && span_is(m->key, typed[k].key)))
		k++;
	if (k < ARRAY_LEN(typed) && json_type_of(m->value) != JSON_NULL &&
	    !is_kind(m->value, typed[k].kind))
		error_at(rec_pos(rec, m->value), "manifest", "\"%s\" must be %s; kept as it is",
		    typed[k].key, kind_name[typed[k].kind]);
}

void
manifest_check_types(const struct record *rec, const struct member *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_type(rec, &m[i]);
}
