/*
 * A strict RFC 8259 scanner: one forward pass, no tree, no copy.
 *
 * The caller pulls: it opens an object or array, asks for its members one by
 * one, and takes each value as a span of the input (raw JSON text) or goes into
 * it. Everything that is passed over is checked: grammar, UTF-8, depth.
 *
 *	struct json j;
 *	struct span key, value;
 *
 *	json_begin(&j, text);
 *	if (json_object(&j))
 *		while (json_key(&j, &key))
 *			if (span_is(key, "bbox"))
 *				json_value(&j, &value);
 *			else
 *				json_skip(&j);
 *	if (!json_end(&j))
 *		json_error(&j, file);
 *
 * Errors are sticky: after one, every call returns false, so only the end has
 * to be looked at. Raw strings are given without their quotes and with their
 * escapes; json_text() decodes them.
 *
 * Over memory (json_begin) spans live as long as the text. Over a stream
 * (json_stream) a span lives until the next call, and memory is bounded by the
 * largest value that is asked for as a whole.
 *
 * What RFC 8259 leaves to the reader (the i_ files of JSONTestSuite):
 *
 *	duplicate keys			accepted; all are given, in order
 *	numbers of any size (1e9999)	accepted: they are text here; num_parse() refuses them
 *	\u0000				accepted, and decoded to a NUL in the span
 *	lone surrogates (\ud800)	accepted, and decoded as U+FFFD
 *	invalid UTF-8, surrogates in UTF-8, overlong forms	refused
 *	UTF-16, UTF-32			refused
 *	byte order mark			skipped before a stream, refused in memory
 *	nesting				accepted up to JSON_DEPTH levels
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/input.h"

#define JSON_DEPTH 512

enum json_type {
	JSON_NONE, /* end of the text, or no value starts here */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	const char *p, *end; /* unread text */
	const char *begin;   /* first byte of the text (or of the window) */
	struct input *in;    /* where more comes from; NULL for memory */
	uint64_t line;       /* line number of begin, from 1 */
	uint64_t col;        /* column of begin, from 1 */
	const char *seen;    /* the place that json_pos() was asked for last; NULL: none */
	uint64_t seen_line, seen_col;
	const char *error;    /* what is wrong; NULL: nothing so far */
	struct pos error_pos; /* its line and column */
	unsigned depth;
	bool fresh; /* a container was opened and nothing came yet */
	bool valid; /* the text was accepted before */
};

void json_begin(struct json *j, struct span text);
/*
 * The same for text that a scanner has accepted before, such as a value that it gave: the values in
 * it are passed over at many times the speed, for they are not checked again. (What is no
 * JSON after all gives an error, or some spans or other of the text.)
 */
void json_begin_valid(struct json *j, struct span text);
/* The same for text that starts at line `line`, column `col` of a file. */
void json_begin_at(struct json *j, struct span text, uint64_t line, uint64_t col);
void json_stream(struct json *j, struct input *in);

/* Type of the value that comes next. */
enum json_type json_peek(struct json *j);

/* Go into an object or an array. False when the next value is something else (error). */
bool json_object(struct json *j);
bool json_array(struct json *j);
/* Next member: true and its key; the value comes next. False at the end (consumed) or error. */
bool json_key(struct json *j, struct span *key);
/* Next member with its value, whole (in memory: over a stream the value moves the key). */
bool json_pair(struct json *j, struct span *key, struct span *value);
/* Is there a next element? It comes next. */
bool json_item(struct json *j);

/* Take the next value whole: its raw text (strings with quotes). */
bool json_value(struct json *j, struct span *raw);
/* Pass over the next value, holding nothing of it. */
bool json_skip(struct json *j);
/* Take a string (without quotes, escapes as they are) or a number (its text). */
bool json_string(struct json *j, struct span *raw);
bool json_number(struct json *j, struct span *raw);

/* True when there was no error and nothing but white space is left. */
bool json_end(struct json *j);
/* Record an error of the caller's own at the next value. Returns false. */
bool json_fail(struct json *j, const char *error);
/* Report the error that happened: "file:line:col: error: ... [json]". */
void json_error(const struct json *j, const char *file);
/* Line and column of a place in the text (for a stream: in the current window). */
struct pos json_pos(struct json *j, const char *at, const char *file);

/* ---- raw values: text that a scanner has accepted ---- */

enum json_type json_type_of(struct span raw);

/* Content of a raw string value: the quotes taken off; SPAN_NONE when it is no string. */
struct span json_unquote(struct span raw);

/* Append the decoded form of a raw string (without quotes). */
void json_decode(struct buf *out, struct span raw);

/*
 * The decoded string: the raw span itself when it has no escapes, else decoded
 * into *scratch (which is reset first). Takes the value with or without quotes
 * according to the function.
 */
struct span json_text(struct span raw, struct buf *scratch);       /* without quotes */
struct span json_value_text(struct span raw, struct buf *scratch); /* with quotes */

/* The value of member `key` of a raw object; SPAN_NONE when absent. The first of duplicates. */
struct span json_member(struct span object, const char *key);

/*
 * Sort the members of a raw object: v[i] becomes the value of keys[i] (SPAN_NONE when absent,
 * the first of duplicates), and every other member is appended to `rest` (which may be NULL) as
 * "key":value, to be written on as the members of an object (write.h's commas fit).
 */
void json_pick(
    struct span object, const char *const *keys, struct span *v, size_t n, struct buf *rest);

struct member {
	struct span key;   /* raw, without quotes */
	struct span value; /* raw JSON */
};

/*
 * Take the object that comes next and append its members, in order, to the array *m of *n
 * (capacity *cap, see grow()), which the caller frees. False on an error.
 */
bool json_members(struct json *j, struct member **m, size_t *n, size_t *cap);

/* Is `key`, raw and without quotes, the name `name`? */
bool json_key_is(struct span key, const char *name);

/* Numbers of a raw array, at most max; the count in the array, SIZE_MAX when it holds anything else. */
size_t json_numbers(struct span array, double *v, size_t max);

/* How many numbers a raw flat array holds, of whatever size; SIZE_MAX when it is no such array. */
size_t json_count_numbers(struct span array);

/* Is `text` one valid JSON value and nothing else? */
bool json_valid(struct span text);

#endif
