/* A document as an array of nodes: see tree.h. */
#include "json/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "json/fast.h"

/* An object with more members than this is looked up by binary search. */
#define SMALL_OBJECT 16

/* Every so many bytes the line number is noted, so that a position costs no more than a block. */
#define MARK_BYTES ((size_t)4096)

struct json_mark {
	size_t line;  /* number of the line that goes on here, from 1 */
	size_t start; /* offset of its first byte */
};

/* ---- making ---- */

#define NO_NODE SIZE_MAX
#define KEY_BACK_MAX (((uint32_t)1 << 27) - 1)

/* A new node below `up`; `last` is its elder sibling. Both may be NO_NODE. */
static size_t
add_node(struct json_tree *t, size_t up, size_t last, struct span key)
{
	struct json_node *n;

	if (t->n == t->cap)
		t->node = grow(t->node, &t->cap, t->n + 1, sizeof(*t->node));
	n = &t->node[t->n];
	*n = (struct json_node){ .at = key.p, .key_n = (uint32_t)key.n };
	if (up != NO_NODE) {
		struct json_node *parent = &t->node[up];

		n->up = (uint32_t)(t->n - up);
		if (parent->type == JSON_ARRAY)
			n->key_n = parent->count;
		parent->count++;
	}
	if (last != NO_NODE)
		t->node[last].next = (uint32_t)(t->n - last);
	return t->n++;
}

static inline const char *
skip_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* json_key() for the common case: a plain key, right behind which is the colon. */
static inline bool
plain_key(struct json *j, struct span *key)
{
	const char *p = skip_blank(j->p, j->end), *after;

	if (!j->fresh) {
		if (p == j->end || *p != ',')
			return false;
		p = skip_blank(p + 1, j->end);
	}
	if (p == j->end || *p != '"')
		return false;
	after = fast_string(p, j->end);
	if (after == NULL || after == j->end || *after != ':')
		return false;
	*key = span_of(p + 1, after - 1);
	j->p = after + 1;
	j->fresh = false;
	return true;
}

/* Is there another child of node `up`? Then its key (if it has one) is set. */
static bool
next_child(struct json_tree *t, struct json *j, size_t up, struct span *key, bool *plain)
{
	*key = SPAN_NONE;
	*plain = false;
	if (t->node[up].type != JSON_OBJECT)
		return json_item(j);
	*plain = plain_key(j, key);
	return *plain || json_key(j, key);
}

/* Note how far the value is behind its key, of which `at` is the beginning until now. */
static bool
set_place(struct json_node *n, struct json *j)
{
	size_t back = n->at ? (size_t)(j->p - n->at) : 0;

	n->at = j->p;
	n->key_back = (uint32_t)back & KEY_BACK_MAX;
	return back <= KEY_BACK_MAX || json_fail(j, "more than 128 MB between a key and its value");
}

/* Take in the value that comes next; true when it was opened and not taken whole. */
static bool
take(struct json_tree *t, struct json *j, size_t at)
{
	struct json_node *n = &t->node[at];
	const char *after;
	struct span raw;

	n->type = json_peek(j) & 7;
	if (!set_place(n, j))
		return false;
	switch (n->type) {
	case JSON_OBJECT:
		return json_object(j);
	case JSON_ARRAY:
		return json_array(j);
	case JSON_STRING:
		after = fast_string(j->p, j->end);
		if (after) {
			n->n = (uint32_t)(after - j->p);
			n->plain = 1;
			j->p = after;
			j->fresh = false;
			return false;
		}
		__attribute__((fallthrough));
	default:
		json_value(j, &raw);
		n->n = (uint32_t)raw.n;
		return false;
	}
}

/*
 * One node a round. `up` is the container that is open, `last` the child of it that
 * was finished before. What closes is finished in the inner loop.
 */
static bool
build(struct json_tree *t, struct json *j)
{
	size_t up = NO_NODE, last = NO_NODE, at;
	struct span key = SPAN_NONE;
	bool plain = false;

	if (t->text.n > UINT32_MAX)
		return json_fail(j, "too long: more than 4 GB");
	do {
		if (t->n > UINT32_MAX - 1)
			return json_fail(j, "too many values: more than 4294967294");
		at = add_node(t, up, last, key);
		t->node[at].key_plain = plain;
		last = at;
		if (take(t, j, at)) {
			up = at;
			last = NO_NODE;
		}
		while (up != NO_NODE && !next_child(t, j, up, &key, &plain)) {
			struct json_node *n = &t->node[up];

			if (j->error)
				return false;
			n->n = (uint32_t)(j->p - n->at);
			last = up;
			up = n->up ? up - n->up : NO_NODE;
		}
	} while (up != NO_NODE);
	return json_end(j);
}

static bool
has_escape(struct span raw)
{
	return memchr(raw.p, '\\', raw.n) != NULL;
}

/* Is `key` the member's key? */
static inline bool
key_is(const struct json_node *n, struct span key)
{
	struct span raw = json_node_raw_key(n);
	struct buf scratch = BUF_INIT;
	bool same;

	if (raw.n == key.n)
		return memcmp(raw.p, key.p, key.n) == 0 && (n->key_plain || !has_escape(raw));
	if (raw.n < key.n || n->key_plain)
		return false;
	same = span_eq(json_text(raw, &scratch), key);
	buf_release(&scratch);
	return same;
}

/* Order of a member's decoded key and `key`. */
static int
key_cmp(const struct json_node *n, struct span key)
{
	struct buf scratch = BUF_INIT;
	int c = span_cmp(json_text(json_node_raw_key(n), &scratch), key);

	buf_release(&scratch);
	return c;
}

static int
member_cmp(const void *a, const void *b)
{
	const struct json_node *x = *(const struct json_node *const *)a;
	const struct json_node *y = *(const struct json_node *const *)b;
	struct buf scratch = BUF_INIT;
	int c = key_cmp(x, json_text(json_node_raw_key(y), &scratch));

	buf_release(&scratch);
	return c ? c : (x > y) - (x < y);
}

/* Sort the members of each big object by key; the objects stay in document order. */
static void
sort_members(struct json_tree *t)
{
	const struct json_node *n, *end = t->root + t->n, *m;
	size_t cap = 0, first;

	for (n = t->root; n < end; n++) {
		if (n->type != JSON_OBJECT || n->count <= SMALL_OBJECT)
			continue;
		first = t->nsorted;
		t->sorted = grow(t->sorted, &cap, first + n->count, sizeof(*t->sorted));
		for (m = json_node_first(n); m; m = json_node_next(m))
			t->sorted[t->nsorted++] = m;
		qsort(t->sorted + first, n->count, sizeof(*t->sorted), member_cmp);
	}
}

/* Note the line number at the start of every block. The first line begins `col - 1` bytes before the text. */
static void
mark_lines(struct json_tree *t, size_t line, size_t col)
{
	const char *begin = t->text.p, *end = begin + t->text.n, *nl = begin - 1;
	size_t blocks = t->text.n / MARK_BYTES + 1, start = 1 - col, i = 0;

	t->mark = xreallocarray(NULL, blocks, sizeof(*t->mark));
	while (nl + 1 < end && (nl = memchr(nl + 1, '\n', (size_t)(end - nl) - 1)) != NULL) {
		for (; i * MARK_BYTES <= (size_t)(nl - begin); i++)
			t->mark[i] = (struct json_mark){ line, start };
		line++;
		start = (size_t)(nl - begin) + 1;
	}
	for (; i < blocks; i++)
		t->mark[i] = (struct json_mark){ line, start };
}

bool
json_tree_parse(struct json_tree *t, struct span text, const char *file)
{
	return json_tree_parse_at(t, text, pos_at(file, 1, 1), "json");
}

bool
json_tree_parse_at(struct json_tree *t, struct span text, struct pos at, const char *rule)
{
	struct json j;

	*t = (struct json_tree){ .text = text, .file = xstrdup(at.file) };
	json_begin_at(&j, text, at.line, at.col);
	if (!build(t, &j)) {
		error_at(pos_at(at.file, j.error_pos.line, j.error_pos.col), rule, "%s", j.error);
		json_tree_release(t);
		return false;
	}
	t->root = t->node;
	sort_members(t);
	mark_lines(t, at.line, at.col);
	return true;
}

bool
json_tree_read(struct json_tree *t, const char *path, size_t max)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct buf own = BUF_INIT;
	struct span text;
	bool good = false;

	*t = (struct json_tree){ .n = 0 };
	if ((is_stdin ? fd_read(STDIN_FILENO, max, &own) : file_read(AT_FDCWD, path, max, &own)) <
	    0) {
		trouble("cannot read %s:", is_stdin ? "<stdin>" : path);
	} else {
		text = buf_span(&own);
		if (span_starts(text, SPAN("\xef\xbb\xbf")))
			text = span_of(text.p + 3, text.p + text.n);
		good = json_tree_parse(t, text, is_stdin ? "<stdin>" : path);
	}
	if (good)
		t->own = own;
	else
		buf_release(&own);
	return good;
}

void
json_tree_release(struct json_tree *t)
{
	free(t->node);
	free(t->sorted);
	free(t->mark);
	free(t->file);
	buf_release(&t->own);
	*t = (struct json_tree){ .n = 0 };
}

/* ---- look-up ---- */

/* The first of the sorted members of `object` with `key`: (object, key) is the order of `sorted`. */
static const struct json_node *
get_sorted(const struct json_tree *t, const struct json_node *object, struct span key)
{
	size_t low = 0, high = t->nsorted;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct json_node *m = t->sorted[mid], *of = m - m->up;

		if (of < object || (of == object && key_cmp(m, key) < 0))
			low = mid + 1;
		else
			high = mid;
	}
	if (low < t->nsorted && json_node_parent(t->sorted[low]) == object &&
	    key_cmp(t->sorted[low], key) == 0)
		return t->sorted[low];
	return NULL;
}

const struct json_node *
json_tree_get_span(const struct json_tree *t, const struct json_node *object, struct span key)
{
	const struct json_node *m;

	if (json_node_type(object) != JSON_OBJECT)
		return NULL;
	if (object->count > SMALL_OBJECT)
		return get_sorted(t, object, key);
	for (m = json_node_first(object); m; m = json_node_next(m))
		if (key_is(m, key))
			break;
	return m;
}

const struct json_node *
json_tree_get(const struct json_tree *t, const struct json_node *object, const char *key)
{
	return json_tree_get_span(t, object, span_str(key));
}

/* A reference token of a JSON pointer: "~1" is '/', "~0" is '~'. */
static struct span
unescape_token(struct span token, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < token.n; i++) {
		bool escape = token.p[i] == '~' && i + 1 < token.n;

		if (escape && token.p[i + 1] == '1')
			buf_addc(out, '/');
		else if (escape && token.p[i + 1] == '0')
			buf_addc(out, '~');
		else {
			buf_addc(out, token.p[i]);
			continue;
		}
		i++;
	}
	return buf_span(out);
}

static const struct json_node *
element(const struct json_node *array, struct span token)
{
	const struct json_node *e = NULL;
	uint64_t i;

	/* RFC 6901: digits without leading zeros */
	if (num_parse_u64(token, &i) && (token.n == 1 || token.p[0] != '0') && i < array->count)
		for (e = json_node_first(array); i > 0; i--)
			e = json_node_next(e);
	return e;
}

const struct json_node *
json_tree_at(const struct json_tree *t, struct span pointer)
{
	const struct json_node *n = t->root;
	struct buf scratch = BUF_INIT;
	struct span token;

	if (pointer.n == 0)
		return n;
	if (pointer.p[0] != '/')
		return NULL;
	pointer = span_of(pointer.p + 1, pointer.p + pointer.n);
	while (n && span_cut(&pointer, '/', &token))
		n = n->type == JSON_ARRAY
			? element(n, token)
			: json_tree_get_span(t, n, unescape_token(token, &scratch));
	buf_release(&scratch);
	return n;
}

/* ---- values ---- */

struct span
json_node_text(const struct json_node *n, struct buf *scratch)
{
	if (json_node_type(n) != JSON_STRING)
		return SPAN_NONE;
	if (n->plain)
		return (struct span){ n->at + 1, n->n - 2 };
	return json_value_text(json_node_raw(n), scratch);
}

struct span
json_node_key(const struct json_node *n, struct buf *scratch)
{
	if (n && n->key_plain)
		return json_node_raw_key(n);
	return n && n->key_back ? json_text(json_node_raw_key(n), scratch) : SPAN_NONE;
}

bool
json_node_is(const struct json_node *n, const char *s)
{
	struct buf scratch = BUF_INIT;
	struct span text = json_node_text(n, &scratch);
	bool same = text.p && span_is(text, s);

	buf_release(&scratch);
	return same;
}

bool
json_node_number(const struct json_node *n, double *value)
{
	return json_node_type(n) == JSON_NUMBER && num_parse(json_node_raw(n), value);
}

/* ---- messages ---- */

struct pos
json_tree_pos_of(const struct json_tree *t, const char *at)
{
	size_t offset = (size_t)(at - t->text.p);
	const struct json_mark *mark = &t->mark[offset / MARK_BYTES];
	size_t line = mark->line, start = mark->start;
	const char *p = t->text.p + offset / MARK_BYTES * MARK_BYTES;

	while (p < at && (p = memchr(p, '\n', (size_t)(at - p))) != NULL) {
		line++;
		start = (size_t)(++p - t->text.p);
	}
	return pos_at(t->file, line, offset - start + 1);
}

struct pos
json_tree_pos(const struct json_tree *t, const struct json_node *n)
{
	return n ? json_tree_pos_of(t, n->at) : pos_file(t->file);
}

struct pos
json_tree_key_pos(const struct json_tree *t, const struct json_node *n)
{
	return n && n->key_back ? json_tree_pos_of(t, n->at - n->key_back - 1)
				: json_tree_pos(t, n);
}

static void
add_token(struct buf *out, struct span key)
{
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] == '~')
			buf_adds(out, "~0");
		else if (key.p[i] == '/')
			buf_adds(out, "~1");
		else
			buf_addc(out, key.p[i]);
	}
}

void
json_node_pointer(const struct json_node *n, struct buf *out)
{
	const struct json_node *way[JSON_DEPTH + 1];
	struct buf scratch = BUF_INIT;
	size_t depth = 0;

	for (; json_node_parent(n); n = json_node_parent(n))
		way[depth++] = n;
	while (depth > 0) {
		n = way[--depth];
		buf_addc(out, '/');
		if (n->key_back)
			add_token(out, json_text(json_node_raw_key(n), &scratch));
		else
			num_add_u64(out, n->key_n);
	}
	buf_release(&scratch);
}
