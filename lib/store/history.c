/* The ledger: see history.h. It is a merge of two sorted files, in constant memory. */
#include "store/history.h"

#include <stdlib.h>
#include <unistd.h>

struct history {
	const char *key, *name;
	struct rec_reader records;
	char *records_path;
	struct input ledger;
	bool has_ledger, has_record, has_line, bad;
	struct record r;
	struct buf r_key, l_key, l_line;
	uint8_t l_ever;
};

static void
next_record(struct history *h)
{
	struct span k = SPAN_NONE;
	struct buf scratch = BUF_INIT;

	h->has_record = false;
	while (!k.p && rec_next(&h->records, &h->r))
		if (!h->r.header)
			k = record_key(&h->r, h->key, &scratch);
	if (k.p) {
		buf_reset(&h->r_key);
		buf_addspan(&h->r_key, k);
		h->has_record = true;
	}
	buf_release(&scratch);
}

bool
ledger_parse(struct span line, struct buf *key, uint8_t *ever)
{
	struct span k, v;
	struct json j;
	bool seen = false;

	*ever = 0;
	json_begin(&j, line);
	json_object(&j);
	while (json_key(&j, &k) && json_value(&j, &v)) {
		if (span_is(k, "key") && json_type_of(v) == JSON_STRING) {
			buf_reset(key);
			json_decode(key, json_unquote(v));
			seen = true;
		} else if (usage_parse(k) != USAGE_NONE) {
			*ever |= (uint8_t)(1 << usage_parse(k));
		}
	}
	return json_end(&j) && seen;
}

static void
next_line(struct history *h)
{
	struct span line;

	h->has_line = false;
	if (!h->has_ledger || !input_line(&h->ledger, &line))
		return;
	if (!ledger_parse(line, &h->l_key, &h->l_ever)) {
		error_at(input_pos(&h->ledger, 0), "ledger", "this is no line of a ledger");
		h->bad = true;
		return;
	}
	buf_reset(&h->l_line);
	buf_addspan(&h->l_line, line);
	h->has_line = true;
}

struct history *
history_open(const char *dir, const char *name, const char *key)
{
	struct history *h = xcalloc(1, sizeof(*h));
	char *path = xasprintf("%s/ledger.jsonl", dir);

	h->key = key;
	h->name = name;
	h->records_path = xasprintf("%s/records.jsonl", dir);
	rec_open(&h->records, &h->records_path, 1);
	if (access(path, F_OK) == 0) {
		h->has_ledger = input_open(&h->ledger, path);
		h->bad = !h->has_ledger;
	}
	free(path);
	next_record(h);
	next_line(h);
	return h;
}

/* A sample that came back: TRAIN when it was ever trained on, for then it can never test. */
static int
usage_of_past(uint8_t ever)
{
	for (int u = 0; u < USAGES; u++)
		if (ever & 1 << u)
			return u;
	return USAGE_NONE;
}

static void
take_line(struct history *h, struct past *p)
{
	buf_reset(&p->line);
	buf_addspan(&p->line, buf_span(&h->l_line));
	p->ever = h->l_ever;
	p->usage = usage_of_past(p->ever);
	next_line(h);
}

static void
take_record(struct history *h, struct past *p)
{
	struct buf scratch = BUF_INIT;
	int u = usage_parse(rec_string(&h->r, REC_USAGE, &scratch));

	if (u != USAGE_NONE && !(p->ever & 1 << u)) {
		buf_cut(&p->line, p->line.n - 1);
		jw_member_str(&p->line, usage_name[u], h->name);
		jw_close(&p->line, '}');
		p->ever |= (uint8_t)(1 << u);
	}
	if (u != USAGE_NONE)
		p->usage = u;
	p->fold = record_fold(&h->r);
	buf_release(&scratch);
	next_record(h);
}

bool
history_next(struct history *h, struct past *p)
{
	int c;

	if (!h->has_record && !h->has_line)
		return false;
	c = !h->has_line     ? -1
	    : !h->has_record ? 1
			     : span_cmp(buf_span(&h->r_key), buf_span(&h->l_key));
	buf_reset(&p->key);
	p->fold = -1;
	buf_addspan(&p->key, c <= 0 ? buf_span(&h->r_key) : buf_span(&h->l_key));
	if (c >= 0) {
		take_line(h, p);
	} else {
		buf_reset(&p->line);
		jw_open(&p->line, '{');
		jw_member_string(&p->line, "key", buf_span(&p->key));
		jw_close(&p->line, '}');
		p->ever = 0;
		p->usage = USAGE_NONE;
	}
	while (h->has_record && span_eq(buf_span(&h->r_key), buf_span(&p->key)))
		take_record(h, p);
	return true;
}

bool
history_bad(const struct history *h)
{
	return h->bad || h->records.bad > 0 || h->records.unopened > 0;
}

void
history_close(struct history *h)
{
	if (h == NULL)
		return;
	rec_close(&h->records);
	if (h->has_ledger)
		input_close(&h->ledger);
	rec_release(&h->r);
	buf_release(&h->r_key);
	buf_release(&h->l_key);
	buf_release(&h->l_line);
	free(h->records_path);
	free(h);
}

void
past_release(struct past *past)
{
	buf_release(&past->key);
	buf_release(&past->line);
}

bool
history_apply(struct history *h, struct pool *p, struct out *ledger)
{
	struct past past = { .usage = USAGE_NONE };
	size_t i = 0;
	int c;

	while (history_next(h, &past)) {
		buf_addspan(&ledger->b, buf_span(&past.line));
		buf_addc(&ledger->b, '\n');
		out_tick(ledger);
		for (; i < p->n; i++) {
			struct pooled *s = &p->s[p->order[i]];

			c = span_cmp(pool_key(p, s), buf_span(&past.key));
			if (c > 0)
				break;
			if (c == 0) {
				s->past = (int8_t)past.usage;
				s->past_fold = (int8_t)past.fold;
				s->ever = past.ever;
			}
		}
	}
	past_release(&past);
	return !history_bad(h);
}
