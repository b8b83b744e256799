/* Small documents through cJSON: see doc.h. */
#include "json/doc.h"

#include <stdlib.h>

#include "base/mem.h"

/* cJSON says the same for "no memory" and for "no JSON": so memory does not fail. */
static void
use_dying_allocator(void)
{
	cJSON_Hooks hooks = { xmalloc, free };

	cJSON_InitHooks(&hooks);
}

/* The character of a \uXXXX escape at p; 0xffffffff when there is none. */
static uint32_t
escaped(const char *p, const char *end)
{
	char hex[5] = "";

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return UINT32_MAX;
	memcpy(hex, p + 2, 4);
	return (uint32_t)strtoul(hex, NULL, 16);
}

/* What cJSON cannot hold of a raw string (valid, without quotes); NULL when it can. */
static const char *
unholdable(struct span raw)
{
	const char *p = raw.p, *end = raw.p + raw.n;

	while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		uint32_t c = escaped(p, end);
		bool high = c >= 0xd800 && c < 0xdc00;
		uint32_t low = high ? escaped(p + 6, end) : 0;

		if (c == 0)
			return "a string cannot hold \\u0000 here";
		if (high ? low < 0xdc00 || low > 0xdfff : c >= 0xdc00 && c <= 0xdfff)
			return "half a surrogate pair is no character";
		p += c == UINT32_MAX ? 2 : high ? 12 : 6;
	}
	return NULL;
}

static bool
check_strings(const struct json_tree *t)
{
	bool good = true;

	for (size_t i = 0; i < t->n; i++) {
		const struct json_node *n = &t->root[i];
		const char *key = json_node_raw_key(n).p ? unholdable(json_node_raw_key(n)) : NULL;
		const char *value =
		    n->type == JSON_STRING ? unholdable(json_unquote(json_node_raw(n))) : NULL;

		if (key)
			error_at(json_tree_key_pos(t, n), "json", "%s", key);
		if (value)
			error_at(json_tree_pos(t, n), "json", "%s", value);
		good = good && !key && !value;
	}
	return good;
}

/* The tree is made and says that all is well: cJSON's answer is then its own affair. */
static bool
parse(struct json_doc *d)
{
	struct span text = json_node_raw(d->tree.root);

	d->root = NULL;
	use_dying_allocator();
	if (check_strings(&d->tree)) {
		d->root = cJSON_ParseWithLength(text.p, text.n);
		if (!d->root)
			error_at(json_tree_pos(&d->tree, d->tree.root), "json",
			    "cJSON does not take this document");
	}
	if (!d->root)
		json_doc_release(d);
	return d->root != NULL;
}

bool
json_doc_parse(struct json_doc *d, struct span text, const char *file)
{
	*d = (struct json_doc){ .root = NULL };
	return json_tree_parse(&d->tree, text, file) && parse(d);
}

bool
json_doc_read(struct json_doc *d, const char *path, size_t max)
{
	*d = (struct json_doc){ .root = NULL };
	return json_tree_read(&d->tree, path, max) && parse(d);
}

void
json_doc_release(struct json_doc *d)
{
	cJSON_Delete(d->root);
	d->root = NULL;
	json_tree_release(&d->tree);
}

cJSON *
json_doc_member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

struct pos
json_doc_pos(const struct json_doc *d, const char *pointer)
{
	return json_tree_pos(&d->tree, json_tree_at(&d->tree, span_str(pointer)));
}

struct span
json_doc_number(const struct json_doc *d, const char *pointer)
{
	const struct json_node *n = json_tree_at(&d->tree, span_str(pointer));

	return json_node_type(n) == JSON_NUMBER ? json_node_raw(n) : SPAN_NONE;
}
