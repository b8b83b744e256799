/*
 * A small document as a cJSON tree, for code that wants to hold one and change it. What
 * is large, or only read, is better served by tree.h.
 *
 * The text goes through the strict scanner first, because cJSON takes text that is no
 * JSON; and what cJSON cannot hold is refused with its place: a NUL in a string
 * ("\u0000", where it would cut the string) and half a surrogate pair. Numbers in a cJSON
 * tree are doubles: where the digits matter, take their text from here. Look members up
 * with json_doc_member(): cJSON's own first choice ignores case.
 */
#ifndef JSON_DOC_H
#define JSON_DOC_H

#include <cJSON.h>

#include "json/tree.h"

struct json_doc {
	cJSON *root;
	struct json_tree tree; /* of the same text: places and digits */
};

/* The text must outlive the document. False: it was said why, and the document is empty. */
bool json_doc_parse(struct json_doc *d, struct span text, const char *file);
/* A file ("-": standard input) of at most `max` bytes. */
bool json_doc_read(struct json_doc *d, const char *path, size_t max);
void json_doc_release(struct json_doc *d);

/* The member of that very name, NULL when there is none. */
cJSON *json_doc_member(const cJSON *object, const char *key);

/* Line and column of the value at a JSON pointer (RFC 6901); the file when there is none. */
struct pos json_doc_pos(const struct json_doc *d, const char *pointer);
/* The text of the number at a JSON pointer, as it was read; SPAN_NONE when there is none. */
struct span json_doc_number(const struct json_doc *d, const char *pointer);

#endif
