/* Writing JSON: see write.h. */
#include "json/write.h"

#include "base/num.h"
#include "base/utf8.h"
#include "json/json.h"

static void
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

void
jw_string(struct buf *b, struct span s)
{
	size_t i = 0, k, n;

	comma(b);
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
jw_str(struct buf *b, const char *s)
{
	jw_string(b, span_str(s));
}

void
jw_key_raw(struct buf *b, struct span key)
{
	jw_raw_string(b, key);
	buf_addc(b, ':');
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
		if (span_is(key, c[i].key))
			return &c[i];
	return NULL;
}

/*
 * Copy from `from` up to the value of each changed member, put the new value,
 * go on behind the old one. A removed member goes with the comma before it (or,
 * when it is the first, the one after it).
 */
void
json_edit(struct buf *out, struct span object, const struct json_change *change, size_t n)
{
	const char *from = object.p, *member_end;
	struct span key, value;
	uint64_t seen = 0; /* bit i: change i was applied (n is small) */
	bool any = false;  /* a member is in the output */
	struct json j;

	json_begin(&j, object);
	json_object(&j);
	member_end = j.p; /* behind '{' or behind the last member kept or dropped */
	while (json_key(&j, &key) && json_value(&j, &value)) {
		const struct json_change *c = change_of(key, change, n);
		bool again = c && (seen >> (c - change) & 1);

		if (c)
			seen |= (uint64_t)1 << (c - change);
		if (c && (!c->value.p || again)) {
			buf_add(out, from, (size_t)(member_end - from));
			from = value.p + value.n;
			member_end = from;
			continue;
		}
		if (!any && from > object.p) {
			/* the members before it are gone: so must be the comma */
			const char *comma_at = memchr(from, ',', (size_t)(key.p - from));

			if (comma_at)
				from = comma_at + 1;
		}
		any = true;
		if (c) {
			buf_add(out, from, (size_t)(value.p - from));
			buf_addspan(out, c->value);
			from = value.p + value.n;
		}
		member_end = value.p + value.n;
	}
	buf_add(out, from, (size_t)(member_end - from));
	for (size_t i = 0; i < n; i++) {
		if (!change[i].value.p || seen >> i & 1)
			continue;
		if (any)
			buf_addc(out, ',');
		any = true;
		buf_addf(out, "\"%s\":", change[i].key);
		buf_addspan(out, change[i].value);
	}
	buf_add(out, member_end, (size_t)(object.p + object.n - member_end));
}
