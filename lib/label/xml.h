/*
 * XML as small trees with positions, read by expat.
 *
 * Made for hostile input: declarations of entities are refused (so there are
 * no bombs), nothing outside is ever fetched, nesting is limited. Encodings:
 * what expat knows (UTF-8, UTF-16, ISO-8859-1, US-ASCII) and, by
 * declaration or by the caller's word, all of iconv(3).
 *
 *	struct xml *x = xml_new();
 *	const struct xml_node *root = xml_parse(x, bytes, "a.xml", NULL);
 *
 *	for (const struct xml_node *c = xml_child(x, root); c; c = xml_next(x, c))
 *		if (span_is(xml_name(x, c), "size")) ...
 *
 * A tree lives until the next xml_parse(), and as long as the bytes. Text is that of elements without
 * children, with white space at both ends dropped, in UTF-8. An xml belongs
 * to one thread at a time.
 */
#ifndef LABEL_XML_H
#define LABEL_XML_H

#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"

#define XML_DEPTH 64

struct xml;

/* Indices into the tree's node array; 0 is none. Attributes are nodes, too. */
struct xml_node {
	uint32_t name, name_n; /* in the tree's text */
	uint32_t text, text_n;
	uint32_t child, next, attr;
	uint32_t at; /* byte offset in the source, for the position */
};

struct xml *xml_new(void);
void xml_free(struct xml *x);

/*
 * Parse a whole document. NULL: it was said what is wrong (error, rule "xml").
 * `file` is used for messages and must live as long as the tree; `encoding` is that of text which
 * says nothing itself; may be NULL.
 */
const struct xml_node *xml_parse(
    struct xml *x, struct span bytes, const char *file, const char *encoding);

const struct xml_node *xml_child(const struct xml *x, const struct xml_node *n); /* first */
const struct xml_node *xml_next(const struct xml *x, const struct xml_node *n);  /* sibling */
struct span xml_name(const struct xml *x, const struct xml_node *n);
struct span xml_text(const struct xml *x, const struct xml_node *n); /* empty, never none */

struct span xml_whole_text(
    const struct xml *x, const struct xml_node *n); /* with its white space */

/* The first child of that name, NULL when there is none; its text (SPAN_NONE: no child). */
const struct xml_node *xml_find(const struct xml *x, const struct xml_node *n, const char *name);
struct span xml_find_text(const struct xml *x, const struct xml_node *n, const char *name);

/* Attributes: the first one (xml_next() goes on); the value by name, SPAN_NONE when absent. */
const struct xml_node *xml_attrs(const struct xml *x, const struct xml_node *n);
struct span xml_attr(const struct xml *x, const struct xml_node *n, const char *name);

/* Where the element begins. */
struct pos xml_pos(struct xml *x, const struct xml_node *n);

/* ---- writing ---- */

/* Append text with & < > (and " for attributes) as entities, control characters dropped. */
void xml_escape(struct buf *out, struct span text);

/* May it be the name of an element? (letters, digits, - _ . and all above ASCII) */
bool xml_is_name(struct span name);

#endif
