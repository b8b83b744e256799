/*
 * A whole document as an index: one array of nodes over the text, in document
 * order. For read-only documents of any size that are walked more than once and
 * whose every part needs a position for messages. Nothing is decoded before it is
 * asked for: a node is spans of the text.
 *
 *	struct json_tree t;
 *	const struct json_node *steps, *s;
 *
 *	if (!json_tree_read(&t, path, max))
 *		return;				it was said why
 *	steps = json_tree_get(&t, t.root, "steps");
 *	for (s = json_node_first(steps); s; s = json_node_next(s))
 *		if (!json_tree_get(&t, s, "name"))
 *			error_at(json_tree_pos(&t, s), "wf-name", "...");
 *	json_tree_release(&t);
 *
 * All functions take NULL for a node that is not there, so look-ups can be chained.
 * A tree is constant after it was made: any number of threads may read it. It takes
 * 32 bytes a value; the text is limited by `max` and by 4 GB, nesting by JSON_DEPTH.
 */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "json/json.h"

struct json_node {
	const char *at;     /* the value's text, from its first byte */
	uint32_t n;         /* and its length */
	uint32_t key_n;     /* length of the raw key, without quotes. Of an element: its index */
	uint32_t up;        /* the parent is so many nodes before this one; 0: the root */
	uint32_t next;      /* the next sibling is so many nodes behind; 0: the last one */
	uint32_t count;     /* members or elements */
	uint32_t type : 3;  /* enum json_type */
	uint32_t plain : 1; /* a string that has no escapes for certain */
	uint32_t key_plain : 1; /* so is the key */
	uint32_t key_back : 27; /* the key begins so far before the value; 0: an element */
};

struct json_tree {
	const struct json_node *root;
	size_t n; /* nodes, from root on */
	/* private */
	struct json_node *node;
	size_t cap;
	const struct json_node **sorted; /* members of big objects, by object and key */
	size_t nsorted;
	struct json_mark *mark; /* line numbers, one a block of the text */
	struct span text;
	struct buf own; /* the text when it was read here */
	char *file;
};

/*
 * Index `text`, which must outlive the tree; `file` is its name in messages. False: it
 * is no JSON; that was reported at its place, and the tree is empty and released.
 */
bool json_tree_parse(struct json_tree *t, struct span text, const char *file);
/* The same for text that begins at a place in a file; what is wrong is reported with `rule`. */
bool json_tree_parse_at(struct json_tree *t, struct span text, struct pos at, const char *rule);
/* Read a file ("-": standard input) of at most `max` bytes and index it. A byte order mark is skipped. */
bool json_tree_read(struct json_tree *t, const char *path, size_t max);
void json_tree_release(struct json_tree *t);

/* ---- moving about ---- */

static inline enum json_type
json_node_type(const struct json_node *n)
{
	return n ? (enum json_type)n->type : JSON_NONE;
}

/* The value's text. */
static inline struct span
json_node_raw(const struct json_node *n)
{
	return (struct span){ n->at, n->n };
}

/* A member's key as it is written, without quotes; SPAN_NONE of an element and of the root. */
static inline struct span
json_node_raw_key(const struct json_node *n)
{
	return n->key_back ? (struct span){ n->at - n->key_back, n->key_n } : SPAN_NONE;
}

/* First member or element, NULL when there is none. */
static inline const struct json_node *
json_node_first(const struct json_node *n)
{
	return n && n->count ? n + 1 : NULL;
}

static inline const struct json_node *
json_node_next(const struct json_node *n)
{
	return n && n->next ? n + n->next : NULL;
}

static inline const struct json_node *
json_node_parent(const struct json_node *n)
{
	return n && n->up ? n - n->up : NULL;
}

/*
 * The member `key` (its decoded name) of an object; NULL when it has none, or is no
 * object. The first of duplicates: a member that json_tree_get() does not give for its
 * own key is a repeated one.
 */
const struct json_node *json_tree_get(
    const struct json_tree *t, const struct json_node *object, const char *key);
const struct json_node *json_tree_get_span(
    const struct json_tree *t, const struct json_node *object, struct span key);

/* The node at a JSON pointer (RFC 6901: "", "/steps/3/name"); NULL when there is none. */
const struct json_node *json_tree_at(const struct json_tree *t, struct span pointer);

/* ---- values ---- */

/* Decoded text of a string, or of a node's key; SPAN_NONE when there is none. See json_text(). */
struct span json_node_text(const struct json_node *n, struct buf *scratch);
struct span json_node_key(const struct json_node *n, struct buf *scratch);
/* Is it the string `s`? */
bool json_node_is(const struct json_node *n, const char *s);
/* The number; false when it is none, or too large for a double. */
bool json_node_number(const struct json_node *n, double *value);

/* ---- for messages ---- */

/* Where its value stands; of NULL, the file. */
struct pos json_tree_pos(const struct json_tree *t, const struct json_node *n);
/* Where its key stands; of an element, its value. */
struct pos json_tree_key_pos(const struct json_tree *t, const struct json_node *n);
/* The place of any byte of the text. */
struct pos json_tree_pos_of(const struct json_tree *t, const char *at);
/* Append the JSON pointer of a node. */
void json_node_pointer(const struct json_node *n, struct buf *out);

#endif
