/*
 * The scanner: see json.h.
 *
 * scan_value() is the heart: a loop over the bytes of one value with the kinds
 * of its open containers in a bit set. It runs on what is in memory and
 * answers "done", "wrong", or "more": then the window is made larger and the
 * value scanned again from its start. The window doubles, so a value is
 * scanned at most about twice.
 */
#include "json/json.h"

#include "base/num.h"
#include "base/utf8.h"
#include "json/scan.h"

#define CUT "the text ends inside a value"

void
json_begin_at(struct json *j, struct span text, uint64_t line, uint64_t col)
{
	if (text.p == NULL)
		text = SPAN("");
	*j = (struct json){
		.p = text.p, .end = text.p + text.n, .begin = text.p, .line = line, .col = col
	};
}

void
json_begin(struct json *j, struct span text)
{
	json_begin_at(j, text, 1, 1);
}

void
json_begin_valid(struct json *j, struct span text)
{
	json_begin(j, text);
	j->valid = true;
}

/* Advance j->line and j->col over text that is about to be dropped. */
static void
count_lines(uint64_t *line, uint64_t *col, const char *p, const char *end)
{
	const char *nl;

	while (p < end && (nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		(*line)++;
		*col = 1;
		p = nl + 1;
	}
	*col += (uint64_t)(end - p);
}

static void
set_window(struct json *j)
{
	const char *base = j->in->base ? j->in->base : "";

	j->begin = j->p = base + j->in->r;
	j->seen = NULL;
	j->end = base + j->in->w;
}

/* Get more text behind j->p, which may move. False at the end of the text. */
static bool
more(struct json *j)
{
	struct input *in = j->in;
	bool got;

	if (in == NULL || in->eof)
		return false;
	count_lines(&j->line, &j->col, j->begin, j->p);
	in->r = in->w - (size_t)(j->end - j->p);
	got = input_more(in);
	set_window(j);
	return got;
}

void
json_stream(struct json *j, struct input *in)
{
	*j = (struct json){ .in = in, .line = 1, .col = 1 };
	set_window(j);
	while (j->end - j->p < 3 && more(j))
		continue;
	if (j->end - j->p >= 3 && memcmp(j->p, "\xef\xbb\xbf", 3) == 0)
		j->begin = j->p += 3; /* columns count from behind it */
}

/*
 * Lines are counted from the place that was asked for last: a caller names the place of each of many values, of some
 * after what is in them.
 */
struct pos
json_pos(struct json *j, const char *at, const char *file)
{
	const char *nl;

	if (!at || !j->begin || at < j->begin)
		return pos_at(file, j->line, j->col);
	if (!j->seen) {
		j->seen = j->begin;
		j->seen_line = j->line;
		j->seen_col = j->col;
	}
	if (at >= j->seen) {
		count_lines(&j->seen_line, &j->seen_col, j->seen, at);
	} else if (!memchr(at, '\n', (size_t)(j->seen - at))) {
		j->seen_col -= (uint64_t)(j->seen - at);
	} else {
		for (nl = j->seen; (nl = memrchr(at, '\n', (size_t)(nl - at))) != NULL;)
			j->seen_line--;
		nl = memrchr(j->begin, '\n', (size_t)(at - j->begin));
		j->seen_col = nl ? (uint64_t)(at - nl) : j->col + (uint64_t)(at - j->begin);
	}
	j->seen = at;
	return pos_at(file, j->seen_line, j->seen_col);
}

static bool
fail_at(struct json *j, const char *at, const char *error)
{
	if (j->error == NULL) {
		j->error = error;
		j->error_pos = json_pos(j, at, NULL);
		j->p = j->end = at;
		if (j->in)
			j->in->eof = true;
	}
	return false;
}

bool
json_fail(struct json *j, const char *error)
{
	json_peek(j);
	return fail_at(j, j->p, error);
}

void
json_error(const struct json *j, const char *file)
{
	struct pos at = j->error_pos;

	at.file = file;
	error_at(at, "json", "%s", j->error ? j->error : "text after the value");
}

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool
skip_blank(struct json *j)
{
	for (;;) {
		while (j->p < j->end && is_blank(*j->p))
			j->p++;
		if (j->p < j->end)
			return true;
		if (j->error || !more(j))
			return false;
	}
}

/* Move to the next byte that is not white space. False at the end. */
static inline bool
blank(struct json *j)
{
	return (j->p < j->end && !is_blank(*j->p)) || skip_blank(j);
}

static const unsigned char type_of_byte[256] = {
	['n'] = JSON_NULL,
	['f'] = JSON_FALSE,
	['t'] = JSON_TRUE,
	['-'] = JSON_NUMBER,
	['0' ... '9'] = JSON_NUMBER,
	['"'] = JSON_STRING,
	['['] = JSON_ARRAY,
	['{'] = JSON_OBJECT,
};

static inline enum json_type
type_at(const char *p)
{
	return (enum json_type)type_of_byte[(unsigned char)*p];
}

enum json_type
json_peek(struct json *j)
{
	return !j->error && blank(j) ? type_at(j->p) : JSON_NONE;
}

enum json_type
json_type_of(struct span raw)
{
	return raw.p && raw.n ? type_at(raw.p) : JSON_NONE;
}

static bool
open_container(struct json *j, char c, const char *error)
{
	if (j->error)
		return false;
	if (!blank(j))
		return fail_at(j, j->p, j->depth ? CUT : "the text ends where a value should be");
	if (*j->p != c)
		return fail_at(j, j->p, error);
	if (++j->depth > JSON_DEPTH)
		return fail_at(j, j->p, TOO_DEEP);
	j->p++;
	j->fresh = true;
	return true;
}

bool
json_object(struct json *j)
{
	return open_container(j, '{', "an object should be here");
}

bool
json_array(struct json *j)
{
	return open_container(j, '[', "an array should be here");
}

/*
 * Before the next member or element: eat the comma. False when the container
 * closed or something is wrong.
 */
static inline bool
next(struct json *j, char close)
{
	bool fresh = j->fresh;

	if (j->error)
		return false;
	j->fresh = false;
	if (!blank(j))
		return fail_at(j, j->p, CUT);
	if (*j->p == close) {
		j->p++;
		j->depth--;
		return false;
	}
	if (fresh)
		return true;
	if (*j->p != ',')
		return fail_at(j, j->p,
		    close == '}' ? "',' or '}' should be here" : "',' or ']' should be here");
	j->p++;
	if (!blank(j))
		return fail_at(j, j->p, CUT);
	return true;
}

bool
json_item(struct json *j)
{
	if (!next(j, ']'))
		return false;
	if (type_at(j->p) == JSON_NONE)
		return fail_at(j, j->p, scan_no_value(*j->p));
	return true;
}

/*
 * Get more of a value of which the window holds only the beginning. It is scanned again
 * from its start, so a large one has to double each time, or the time would be quadratic.
 */
static bool
more_of_value(struct json *j)
{
	const size_t small = 65536;
	size_t had = (size_t)(j->end - j->p), want = had < small ? had + 1 : 2 * had;

	while ((size_t)(j->end - j->p) < want)
		if (!more(j))
			break;
	return (size_t)(j->end - j->p) > had;
}

/* Scan the value at j->p (white space is behind us); its text is [j->p, *after). */
static inline bool
scan(struct json *j, const char **after)
{
	if (j->valid) {
		*after = skip_value(j->p, j->end);
		return *after != NULL || fail_at(j, j->end, CUT);
	}
	for (;;) {
		const char *why = NULL;

		switch (scan_value(j->p, j->end, JSON_DEPTH - j->depth, after, &why)) {
		case SCAN_DONE:
			/* a number at the end of the window may go on */
			if (*after < j->end || j->in == NULL || type_at(j->p) != JSON_NUMBER ||
			    !more_of_value(j))
				return true;
			break;
		case SCAN_MORE:
			if (!more_of_value(j))
				return fail_at(j, j->end, CUT);
			break;
		case SCAN_BAD:
			return fail_at(j, *after, why);
		}
	}
}

bool
json_value(struct json *j, struct span *raw)
{
	const char *after;

	*raw = SPAN_NONE;
	if (j->error)
		return false;
	if (!blank(j))
		return fail_at(j, j->p, j->depth ? CUT : "the text ends where a value should be");
	if (!scan(j, &after))
		return false;
	*raw = span_of(j->p, after);
	j->p = after;
	j->fresh = false;
	return true;
}

/* A large container of a stream is passed over element by element. */
bool
json_skip(struct json *j)
{
	struct span raw;
	enum json_type type;

	if (j->in == NULL)
		return json_value(j, &raw);
	type = json_peek(j);
	if (type == JSON_ARRAY && json_array(j)) {
		while (json_item(j))
			json_skip(j);
		return !j->error;
	}
	if (type == JSON_OBJECT && json_object(j)) {
		while (json_key(j, &raw))
			json_skip(j);
		return !j->error;
	}
	return json_value(j, &raw);
}

bool
json_string(struct json *j, struct span *raw)
{
	if (json_peek(j) != JSON_STRING)
		return fail_at(j, j->p, "a string should be here");
	if (!json_value(j, raw))
		return false;
	*raw = span_of(raw->p + 1, raw->p + raw->n - 1);
	return true;
}

bool
json_number(struct json *j, struct span *raw)
{
	if (json_peek(j) != JSON_NUMBER)
		return fail_at(j, j->p, "a number should be here");
	return json_value(j, raw);
}

/* Behind a key: find its colon, keeping the key inside the window. */
static bool
find_colon(struct json *j, struct span *key)
{
	size_t back = (size_t)(j->p - key->p);

	while (j->p == j->end || is_blank(*j->p)) {
		if (j->p < j->end) {
			j->p++;
			back++;
			continue;
		}
		j->p -= back;
		if (!more(j))
			return fail_at(j, j->end, CUT);
		key->p = j->p;
		j->p += back;
	}
	return *j->p == ':' || fail_at(j, j->p, "':' should be here");
}

bool
json_key(struct json *j, struct span *key)
{
	const char *after;

	if (!next(j, '}'))
		return false;
	if (*j->p != '"')
		return fail_at(j, j->p, "a key in double quotes should be here");
	if (!scan(j, &after))
		return false;
	*key = span_of(j->p + 1, after - 1);
	j->p = after;
	if ((j->p == j->end || *j->p != ':') && !find_colon(j, key))
		return false;
	j->p++;
	return true;
}

bool
json_pair(struct json *j, struct span *key, struct span *value)
{
	if (!j->valid)
		return json_key(j, key) && json_value(j, value);
	if (!next(j, '}'))
		return false;
	return skip_member(&j->p, j->end, key, value) || fail_at(j, j->p, CUT);
}

bool
json_end(struct json *j)
{
	if (j->error)
		return false;
	if (blank(j))
		return fail_at(j, j->p, "text after the value");
	return true;
}

bool
json_valid(struct span text)
{
	struct json j;

	json_begin(&j, text);
	return json_skip(&j) && json_end(&j);
}

struct span
json_unquote(struct span raw)
{
	if (raw.n < 2 || raw.p[0] != '"')
		return SPAN_NONE;
	return (struct span){ raw.p + 1, raw.n - 2 };
}

static unsigned
hex4(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return v;
}

/* Decode the \u escape at p (which points behind "\u"); returns how far it reaches. */
static const char *
decode_u(struct buf *out, const char *p, const char *end)
{
	uint32_t c = hex4(p), low;

	p += 4;
	if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
		low = hex4(p + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			utf8_add(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
			return p + 6;
		}
	}
	utf8_add(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	return p;
}

void
json_decode(struct buf *out, struct span raw)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *p = raw.p, *end, *q;

	if (raw.n == 0)
		return;
	end = p + raw.n;
	while (p < end) {
		q = memchr(p, '\\', (size_t)(end - p));
		if (q == NULL || q + 1 >= end) {
			buf_add(out, p, (size_t)(end - p));
			return;
		}
		buf_add(out, p, (size_t)(q - p));
		p = q + 2;
		if (q[1] == 'u' && end - p >= 4) {
			p = decode_u(out, p, end);
		} else {
			const char *f = strchr(from, q[1]);

			buf_addc(out, f && *f ? to[f - from] : q[1]);
		}
	}
}

struct span
json_text(struct span raw, struct buf *scratch)
{
	if (raw.n == 0 || memchr(raw.p, '\\', raw.n) == NULL)
		return raw;
	buf_reset(scratch);
	json_decode(scratch, raw);
	return buf_span(scratch);
}

struct span
json_value_text(struct span raw, struct buf *scratch)
{
	return json_text(json_unquote(raw), scratch);
}

struct span
json_member(struct span object, const char *key)
{
	struct span k, v;
	struct json j;

	if (json_type_of(object) != JSON_OBJECT)
		return SPAN_NONE;
	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &k)) {
		if (!json_value(&j, &v))
			break;
		if (json_key_is(k, key))
			return v;
	}
	return SPAN_NONE;
}

void
json_pick(struct span object, const char *const *keys, struct span *v, size_t n, struct buf *rest)
{
	struct span key, value;
	struct json j;
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = SPAN_NONE;
	if (json_type_of(object) != JSON_OBJECT)
		return;
	json_begin(&j, object);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		for (i = 0; i < n && !json_key_is(key, keys[i]); i++)
			continue;
		if (i < n) {
			v[i] = v[i].p ? v[i] : value;
		} else if (rest) {
			if (rest->n)
				buf_addc(rest, ',');
			buf_addc(rest, '"');
			buf_addspan(rest, key);
			buf_adds(rest, "\":");
			buf_addspan(rest, value);
		}
	}
}

bool
json_members(struct json *j, struct member **m, size_t *n, size_t *cap)
{
	struct member x;

	if (!json_object(j))
		return false;
	while (json_pair(j, &x.key, &x.value)) {
		if (*n == *cap)
			*m = grow(*m, cap, *n + 1, sizeof(**m));
		(*m)[(*n)++] = x;
	}
	return j->error == NULL;
}

bool
json_key_is(struct span key, const char *name)
{
	struct buf scratch = BUF_INIT;
	size_t i = 0;
	bool same;

	while (i < key.n && key.p[i] == name[i] && key.p[i] != '\\')
		i++;
	if (i == key.n)
		return name[i] == '\0';
	if (key.p[i] != '\\')
		return false;
	same = span_is(json_text(key, &scratch), name);
	buf_release(&scratch);
	return same;
}

size_t
json_count_numbers(struct span array)
{
	if (json_type_of(array) != JSON_ARRAY || array.n < 2)
		return SIZE_MAX;
	return count_numbers(array.p + 1, array.p + array.n - 1);
}

size_t
json_numbers(struct span array, double *v, size_t max)
{
	const char *p, *end;
	size_t n = 0, length;
	double x;

	if (json_type_of(array) != JSON_ARRAY)
		return SIZE_MAX;
	end = array.p + array.n;
	for (p = array.p + 1; p < end && *p != ']';) {
		if (*p == ',' || is_blank(*p)) {
			p++;
			continue;
		}
		length = type_at(p) == JSON_NUMBER ? num_prefix(span_of(p, end), &x) : 0;
		if (length == 0)
			return SIZE_MAX;
		if (n < max)
			v[n] = x;
		n++;
		p += length;
	}
	return n;
}
