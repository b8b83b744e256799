/* Rows of comma separated values: see csv.h. */
#include "label/csv.h"

#include <stdlib.h>

#include "label/text.h"

void
csv_init(struct csv *c, struct input *in, const char *encoding)
{
	*c = (struct csv){ .in = in, .first = true, .encoding = encoding };
}

void
csv_release(struct csv *c)
{
	free(c->field);
	buf_release(&c->row);
	buf_release(&c->text);
	buf_release(&c->utf8);
}

char
csv_guess(struct span row)
{
	static const char separators[] = ",;\t";
	size_t count[3] = { 0 }, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < row.n; i++) {
		const char *s = strchr(separators, row.p[i]);

		quoted ^= row.p[i] == '"';
		if (s && row.p[i] && !quoted)
			count[s - separators]++;
	}
	for (size_t i = 1; i < 3; i++)
		if (count[i] > count[best])
			best = i;
	return separators[best];
}

static void
add_field(struct csv *c, size_t begin)
{
	c->field = grow(c->field, &c->cap, c->n + 1, sizeof(*c->field));
	c->field[c->n++] = (struct span){ c->text.p + begin, c->text.n - begin };
}

void
csv_split(struct csv *c, struct span row)
{
	const char *p, *end;
	size_t begin;

	if (!row.p)
		row = SPAN("");
	p = row.p;
	end = row.p + row.n;
	c->n = 0;
	buf_reset(&c->text);
	buf_reserve(&c->text, row.n + 1); /* so that fields stay where they are */
	for (;; p++) {
		begin = c->text.n;
		if (p < end && *p == '"') {
			for (p++; p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); p++) {
				p += *p == '"';
				buf_addc(&c->text, *p);
			}
			p += p < end;
		}
		while (p < end && *p != c->separator)
			buf_addc(&c->text, *p++);
		add_field(c, begin);
		if (p >= end)
			return;
	}
}

static bool
closed(struct span row)
{
	bool open = false;

	for (size_t i = 0; i < row.n; i++)
		open ^= row.p[i] == '"';
	return !open;
}

/* Lines until all quotes are closed. */
static bool
take_row(struct csv *c)
{
	struct span line;

	buf_reset(&c->row);
	if (!input_line(c->in, &line))
		return false;
	c->line = c->in->line;
	if (c->first && span_starts(line, SPAN("\xef\xbb\xbf")))
		line = span_of(line.p + 3, line.p + line.n);
	buf_addspan(&c->row, line);
	while (!closed(buf_span(&c->row)) && c->row.n < CSV_ROW_MAX && input_line(c->in, &line)) {
		buf_addc(&c->row, '\n');
		buf_addspan(&c->row, line);
	}
	return true;
}

bool
csv_next(struct csv *c, uint64_t *bad)
{
	struct span row;
	size_t at;

	while (take_row(c)) {
		if (span_trim(buf_span(&c->row)).n == 0)
			continue;
		if (!closed(buf_span(&c->row))) {
			error_at(pos_at(c->in->name, c->line, 1), "csv",
			    "a quote is opened here and never closed");
			++*bad;
			continue;
		}
		row = text_utf8(buf_span(&c->row), c->encoding, &c->utf8, &at);
		if (!row.p) {
			error_at(pos_at(c->in->name, c->line, at + 1), "encoding",
			    "the row is not %s; --encoding names another",
			    c->encoding ? c->encoding : "UTF-8");
			++*bad;
			continue;
		}
		if (c->first && !c->separator)
			c->separator = csv_guess(row);
		c->first = false;
		csv_split(c, row);
		return true;
	}
	return false;
}

void
csv_put(struct buf *b, struct span field, char separator, bool first)
{
	bool quote = false;

	if (!first)
		buf_addc(b, separator);
	for (size_t i = 0; i < field.n && !quote; i++)
		quote = field.p[i] == separator || strchr("\"\r\n", field.p[i]);
	if (!quote) {
		buf_addspan(b, field);
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < field.n; i++) {
		if (field.p[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, field.p[i]);
	}
	buf_addc(b, '"');
}
