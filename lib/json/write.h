/*
 * Writing JSON into a buf.
 *
 * There is no state but the text itself: a value or key puts a comma before
 * it when the text does not end in '{', '[', ':', ',' or a line end.
 *
 *	jw_open(b, '{');
 *	jw_key(b, "id");
 *	jw_u64(b, 7);
 *	jw_key(b, "bbox");
 *	jw_raw(b, span);		text that is JSON already
 *	jw_close(b, '}');
 *
 * Strings come in as UTF-8; invalid bytes become U+FFFD (check first where
 * that would lose something).
 */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/json.h"

void jw_open(struct buf *b, char bracket);        /* '{' or '[' */
void jw_close(struct buf *b, char bracket);       /* '}' or ']' */
void jw_key(struct buf *b, const char *key);      /* a name of ours: no escapes in it */
void jw_key_span(struct buf *b, struct span key); /* any string */
void jw_key_raw(struct buf *b, struct span key);  /* as the scanner gives it */
void jw_string(struct buf *b, struct span s);
void jw_str(struct buf *b, const char *s);
void jw_raw_string(
    struct buf *b, struct span s);       /* escapes as the scanner gave them, without quotes */
void jw_number(struct buf *b, double v); /* shortest round trip */
void jw_u64(struct buf *b, uint64_t v);
void jw_i64(struct buf *b, int64_t v);
void jw_bool(struct buf *b, bool v);
void jw_null(struct buf *b);
void jw_raw(struct buf *b, struct span json);

/* Append a valid JSON text on one line: without the white space between its tokens. */
void jw_compact(struct buf *b, struct span json);

/* Append a valid JSON text laid out with `indent` blanks a level, as Python's json.dump() does. */
void jw_indent(struct buf *b, struct span json, int indent);

/* key and value in one */
void jw_member_str(struct buf *b, const char *key, const char *value);
void jw_member_string(struct buf *b, const char *key, struct span value);
void jw_member_u64(struct buf *b, const char *key, uint64_t value);
void jw_member_bool(struct buf *b, const char *key, bool value);
void jw_member_raw(struct buf *b, const char *key, struct span json);

/*
 * Change top-level members of an object and leave every other byte alone.
 * A change with value.p NULL removes the member. A new member goes to the end, in
 * the order of the changes. All members of that name are meant (a duplicate is
 * dropped when it is replaced). `object` must have been accepted by the scanner;
 * at most 64 changes.
 */
struct json_change {
	const char *key;   /* decoded */
	struct span value; /* raw JSON */
};

void json_edit(struct buf *out, struct span object, const struct json_change *change, size_t n);

/* The same for an object whose `count` members are known already: nothing is scanned again. */
void json_edit_members(struct buf *out, struct span object, const struct member *m, size_t count,
    const struct json_change *change, size_t n);

#endif
