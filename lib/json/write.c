/* Writing JSON: see write.h. */
#include "json/write.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"
#include "json/json.h"

static inline void
comma(struct buf *b)
{
	char last = b->n ? b->p[b->n - 1] : '\n';

	if (last != '{' && last != '[' && last != ':' && last != ',' && last != '\n')
		buf_addc(b, ',');
}

void
jw_open(struct buf *b, char bracket)
{
	comma(b);
	buf_addc(b, bracket);
}

void
jw_close(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

void
jw_raw(struct buf *b, struct span json)
{
	comma(b);
	buf_addspan(b, json);
}

void
jw_raw_string(struct buf *b, struct span s)
{
	comma(b);
	buf_addc(b, '"');
	buf_addspan(b, s);
	buf_addc(b, '"');
}

static bool
plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void
add_escaped(struct buf *b, unsigned char c)
{
	static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	const char *f = c ? strchr(from, c) : NULL;

	if (f) {
		buf_addc(b, '\\');
		buf_addc(b, to[f - from]);
	} else {
		buf_addf(b, "\\u%04x", c);
	}
}

/* Append a string literal, without a comma before it. */
static void
add_string(struct buf *b, struct span s)
{
	size_t i = 0, k, n;

	buf_addc(b, '"');
	while (i < s.n) {
		for (k = i; k < s.n && plain((unsigned char)s.p[k]); k++)
			continue;
		buf_add(b, s.p + i, k - i);
		i = k;
		if (i == s.n)
			break;
		if ((unsigned char)s.p[i] < 0x80) {
			add_escaped(b, (unsigned char)s.p[i++]);
		} else if ((n = utf8_length(s.p + i, s.n - i)) > 0) {
			buf_add(b, s.p + i, n);
			i += n;
		} else {
			buf_adds(b, "\xef\xbf\xbd");
			i++;
		}
	}
	buf_addc(b, '"');
}

void
jw_string(struct buf *b, struct span s)
{
	comma(b);
	add_string(b, s);
}

void
jw_str(struct buf *b, const char *s)
{
	jw_string(b, span_str(s));
}

/* This is written more often than anything else. */
void
jw_key_raw(struct buf *b, struct span key)
{
	char *p;

	buf_reserve(b, key.n + 4);
	comma(b);
	p = b->p + b->n;
	*p++ = '"';
	if (key.n)
		memcpy(p, key.p, key.n);
	p += key.n;
	memcpy(p, "\":", 3);
	b->n += key.n + 3;
}

void
jw_key(struct buf *b, const char *key)
{
	jw_key_raw(b, span_str(key));
}

void
jw_key_span(struct buf *b, struct span key)
{
	jw_string(b, key);
	buf_addc(b, ':');
}

void
jw_number(struct buf *b, double v)
{
	comma(b);
	num_add(b, v);
}

void
jw_u64(struct buf *b, uint64_t v)
{
	comma(b);
	num_add_u64(b, v);
}

void
jw_i64(struct buf *b, int64_t v)
{
	comma(b);
	num_add_i64(b, v);
}

void
jw_bool(struct buf *b, bool v)
{
	jw_raw(b, v ? SPAN("true") : SPAN("false"));
}

void
jw_null(struct buf *b)
{
	jw_raw(b, SPAN("null"));
}

static void
line_break(struct buf *b, int blanks)
{
	buf_addc(b, '\n');
	for (int i = 0; i < blanks; i++)
		buf_addc(b, ' ');
}

/* The end of the string that begins at p. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p + 1 < end ? p + 1 : end;
}

void
jw_compact(struct buf *b, struct span json)
{
	const char *p = json.p, *end = json.p + json.n, *q;

	comma(b);
	while (p < end) {
		for (q = p; q < end && (unsigned char)*q > ' ' && *q != '"'; q++)
			continue;
		if (q < end && *q == '"')
			q = string_end(q, end);
		buf_add(b, p, (size_t)(q - p));
		for (p = q; p < end && (unsigned char)*p <= ' '; p++)
			continue;
	}
}

void
jw_indent(struct buf *b, struct span json, int indent)
{
	const char *p = json.p, *end = json.p + json.n, *q;
	int depth = 0;

	for (; p < end; p++) {
		bool opens = *p == '{' || *p == '[', closes = *p == '}' || *p == ']';

		if (strchr(" \t\r\n", *p))
			continue;
		if (*p == '"') {
			q = string_end(p, end);
			buf_add(b, p, (size_t)(q - p));
			p = q - 1;
			continue;
		}
		if (closes && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
			line_break(b, (depth - 1) * indent);
		depth -= closes;
		buf_addc(b, *p);
		depth += opens;
		for (q = p + 1; q < end && strchr(" \t\r\n", *q); q++)
			continue;
		if (*p == ':')
			buf_addc(b, ' ');
		else if (*p == ',' || (opens && q < end && *q != '}' && *q != ']'))
			line_break(b, depth * indent);
	}
}

void
jw_member_string(struct buf *b, const char *key, struct span value)
{
	jw_key(b, key);
	jw_string(b, value);
}

void
jw_member_str(struct buf *b, const char *key, const char *value)
{
	jw_member_string(b, key, span_str(value));
}

void
jw_member_u64(struct buf *b, const char *key, uint64_t value)
{
	jw_key(b, key);
	jw_u64(b, value);
}

void
jw_member_bool(struct buf *b, const char *key, bool value)
{
	jw_key(b, key);
	jw_bool(b, value);
}

void
jw_member_raw(struct buf *b, const char *key, struct span json)
{
	jw_key(b, key);
	jw_raw(b, json);
}

static const struct json_change *
change_of(struct span key, const struct json_change *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_key_is(key, c[i].key))
			return &c[i];
	return NULL;
}

/* Where an edit stands: the object is in `out` up to `from`. */
struct edit {
	struct buf *out;
	const char *from; /* the first byte that is not copied yet */
	const char *last; /* behind '{', or behind the last member that was looked at */
	bool any;         /* a member is in the output */
};

/* The member goes with the comma before it. */
static void
drop_member(struct edit *e, const struct member *m)
{
	buf_add(e->out, e->from, (size_t)(e->last - e->from));
	e->from = m->value.p + m->value.n;
}

static void
keep_member(struct edit *e, const struct member *m, const struct json_change *c)
{
	const char *comma_at = memchr(e->from, ',', (size_t)(m->key.p - e->from));

	if (!e->any && comma_at) /* all members before it are gone: so must be the comma */
		e->from = comma_at + 1;
	e->any = true;
	if (!c)
		return;
	buf_add(e->out, e->from, (size_t)(m->value.p - e->from));
	buf_addspan(e->out, c->value);
	e->from = m->value.p + m->value.n;
}

static void
append_member(struct edit *e, const struct json_change *c)
{
	if (e->any)
		buf_addc(e->out, ',');
	e->any = true;
	add_string(e->out, span_str(c->key));
	buf_addc(e->out, ':');
	buf_addspan(e->out, c->value);
}

void
json_edit_members(struct buf *out, struct span object, const struct member *m, size_t count,
    const struct json_change *change, size_t n)
{
	struct edit e = { out, object.p, object.p + 1, false };
	uint64_t seen = 0; /* bit i: change i was applied */

	for (size_t i = 0; i < count; i++) {
		const struct json_change *c = change_of(m[i].key, change, n);
		uint64_t bit = c ? (uint64_t)1 << (c - change) : 0;

		if (c && (!c->value.p || (seen & bit)))
			drop_member(&e, &m[i]);
		else
			keep_member(&e, &m[i], c);
		seen |= bit;
		e.last = m[i].value.p + m[i].value.n;
	}
	buf_add(out, e.from, (size_t)(e.last - e.from));
	for (size_t i = 0; i < n; i++)
		if (change[i].value.p && !(seen >> i & 1))
			append_member(&e, &change[i]);
	buf_add(out, e.last, (size_t)(object.p + object.n - e.last));
}

void
json_edit(struct buf *out, struct span object, const struct json_change *change, size_t n)
{
	struct member *m = NULL;
	size_t count = 0, cap = 0;
	struct json j;

	json_begin(&j, object);
	json_members(&j, &m, &count, &cap);
	json_edit_members(out, object, m, count, change, n);
	free(m);
}
