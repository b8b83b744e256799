/* Label maps as text: see pbtxt.h. */
#include "label/pbtxt.h"

#include <ctype.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/write.h"

#define DEPTH 32

struct scan {
	const char *p, *end, *begin;
	const char *name; /* of the file */
};

static struct pos
place(const struct scan *s)
{
	uint64_t line = 1;
	const char *start = s->begin;

	for (const char *p = s->begin; p < s->p; p++)
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
	return pos_at(s->name, line, (uint64_t)(s->p - start) + 1);
}

static bool
wrong(const struct scan *s, const char *what)
{
	error_at(place(s), "label-map", "%s", what);
	return false;
}

/* Past blanks, comments and the commas that may stand between fields. */
static void
blanks(struct scan *s)
{
	while (s->p < s->end && (isspace((unsigned char)*s->p) || (*s->p && strchr(",;#", *s->p))))
		if (*s->p++ == '#')
			while (s->p < s->end && *s->p != '\n')
				s->p++;
}

static bool
is_next(struct scan *s, char c)
{
	blanks(s);
	return s->p < s->end && *s->p == c;
}

static bool
take(struct scan *s, char c)
{
	if (!is_next(s, c))
		return false;
	s->p++;
	return true;
}

static struct span
word(struct scan *s)
{
	const char *start;

	blanks(s);
	for (start = s->p;
	     s->p < s->end && (isalnum((unsigned char)*s->p) || (*s->p && strchr("_.+-", *s->p)));
	     s->p++)
		continue;
	return span_of(start, s->p);
}

/* A number of up to `digits` digits of a base. */
static unsigned
digits(struct scan *s, int base, int max)
{
	unsigned v = 0;

	for (; max > 0 && s->p < s->end && isxdigit((unsigned char)*s->p); max--, s->p++) {
		int c = tolower((unsigned char)*s->p);
		int d = isdigit(c) ? c - '0' : c - 'a' + 10;

		if (d >= base)
			break;
		v = v * (unsigned)base + (unsigned)d;
	}
	return v;
}

static void
escape(struct scan *s, struct buf *out)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	char c = *s->p;
	const char *at = strchr(from, c);

	if (c >= '0' && c <= '7') {
		buf_addc(out, (char)digits(s, 8, 3));
		return;
	}
	s->p++;
	if (c == 'x' || c == 'X')
		buf_addc(out, (char)digits(s, 16, 2));
	else if (c == 'u')
		utf8_add(out, digits(s, 16, 4));
	else
		buf_addc(out, at && c ? to[at - from] : c);
}

/* Strings that stand one behind the other are one. */
static bool
string(struct scan *s, struct buf *out)
{
	char quote;

	buf_reset(out);
	if (!is_next(s, '"') && !is_next(s, '\''))
		return wrong(s, "a string is needed here");
	while (is_next(s, '"') || is_next(s, '\'')) {
		for (quote = *s->p++; s->p < s->end && *s->p != quote && *s->p != '\n';)
			if (*s->p == '\\' && s->p + 1 < s->end && s->p++)
				escape(s, out);
			else
				buf_addc(out, *s->p++);
		if (s->p >= s->end || *s->p != quote)
			return wrong(s, "the string is not closed");
		s->p++;
	}
	return utf8_valid(buf_span(out)) || wrong(s, "the string is not UTF-8");
}

/* The value of a field that we do not look into. */
static bool
skip_value(struct scan *s, int depth)
{
	struct buf text = BUF_INIT;
	bool good = true;

	if (take(s, '{') || take(s, '<')) {
		while (good && !take(s, '}') && !take(s, '>')) {
			good = depth < DEPTH && word(s).n > 0;
			if (!good)
				return wrong(s, "the name of a field is needed here");
			take(s, ':');
			good = skip_value(s, depth + 1);
		}
	} else if (take(s, '[')) {
		while (good && !take(s, ']'))
			good =
			    depth < DEPTH ? skip_value(s, depth + 1) : wrong(s, "nested too deep");
	} else if (is_next(s, '"') || is_next(s, '\'')) {
		good = string(s, &text);
	} else if (word(s).n == 0) {
		good = wrong(s, "a value is needed here");
	}
	buf_release(&text);
	return good;
}

struct item {
	struct buf name, display, rest, id;
};

static bool
read_field(struct scan *s, struct item *x)
{
	struct span key = word(s), id;
	const char *start = key.p;
	uint64_t n;

	if (key.n == 0)
		return wrong(s, "a field of the item, or }, is needed here");
	take(s, ':');
	if (span_is(key, "name"))
		return string(s, &x->name);
	if (span_is(key, "display_name"))
		return string(s, &x->display);
	if (span_is(key, "id")) {
		id = word(s);
		if (!num_parse_u64(id, &n) || n > INT32_MAX)
			return wrong(s, "the id should be a whole number from 0 to 2147483647");
		buf_reset(&x->id);
		num_add_u64(&x->id, n);
		return true;
	}
	if (!skip_value(s, 0))
		return false;
	if (x->rest.n)
		buf_addc(&x->rest, '\n');
	buf_addspan(&x->rest, span_of(start, s->p));
	return true;
}

static bool
read_item(struct scan *s, struct item *x, struct buf *classes)
{
	buf_reset(&x->name);
	buf_reset(&x->display);
	buf_reset(&x->rest);
	buf_reset(&x->id);
	while (!take(s, '}') && !take(s, '>'))
		if (!read_field(s, x))
			return false;
	if (x->id.n == 0 || (x->name.n == 0 && x->display.n == 0))
		return wrong(s, "an item needs an id and a name");
	jw_open(classes, '{');
	jw_member_string(classes, "name", buf_span(x->display.n ? &x->display : &x->name));
	jw_member_raw(classes, "id", buf_span(&x->id));
	if (x->display.n && x->name.n)
		jw_member_string(classes, "pbtxt-name", buf_span(&x->name));
	if (x->rest.n)
		jw_member_string(classes, "pbtxt", buf_span(&x->rest));
	jw_close(classes, '}');
	return true;
}

bool
pbtxt_read(struct buf *classes, struct span text, const char *name)
{
	struct scan s = { text.p, text.p + text.n, text.p, name };
	struct item x = { .name = BUF_INIT };
	bool good = true;

	if (span_starts(text, SPAN("\xef\xbb\xbf")))
		s.p += 3;
	jw_open(classes, '[');
	for (blanks(&s); good && s.p < s.end; blanks(&s)) {
		if (!span_is(word(&s), "item"))
			good = wrong(&s, "a label map has items: item { id: 1 name: 'x' }");
		take(&s, ':');
		if (good && !take(&s, '{') && !take(&s, '<'))
			good = wrong(&s, "{ is needed here");
		good = good && read_item(&s, &x, classes);
	}
	jw_close(classes, ']');
	buf_release(&x.name);
	buf_release(&x.display);
	buf_release(&x.rest);
	buf_release(&x.id);
	return good;
}

/* ---- writing ---- */

static void
add_string(struct buf *out, const char *key, struct span text)
{
	buf_addf(out, "  %s: '", key);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '\'' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c < ' ')
			buf_addf(out, "\\%03o", c);
		else
			buf_addc(out, (char)c);
	}
	buf_adds(out, "'\n");
}

void
pbtxt_add(struct buf *out, struct span class, struct span name, long id)
{
	struct buf scratch = BUF_INIT;
	struct span own = SPAN_NONE, rest = SPAN_NONE, line;

	if (class.p)
		own = json_value_text(json_member(class, "pbtxt-name"), &scratch);
	buf_addf(out, "%sitem {\n  id: %ld\n", out->n ? "\n" : "", id);
	add_string(out, "name", own.p ? own : name);
	if (own.p)
		add_string(out, "display_name", name);
	if (class.p)
		rest = json_value_text(json_member(class, "pbtxt"), &scratch);
	while (span_cut(&rest, '\n', &line)) {
		buf_adds(out, "  ");
		buf_addspan(out, span_trim(line)); /* may hold a NUL */
		buf_addc(out, '\n');
	}
	buf_adds(out, "}\n");
	buf_release(&scratch);
}
