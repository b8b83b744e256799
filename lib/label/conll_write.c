/* Writing CoNLL's columns: see conll.h and conll.c. */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/diag.h"
#include "base/utf8.h"
#include "label/conll.h"
#include "label/coords.h"
#include "label/jsonl.h"
#include "label/spans.h"
#include "label/splits.h"

struct writer {
	struct split_files files;
	struct buf name;          /* of the file */
	const char *gap[SPLITS];  /* what is missing behind the last sentence of each */
	enum conll_scheme scheme; /* of the sentence before: for one whose tags do not tell it */
	struct conll old;         /* the rows that the sample came with */
	struct conll now;         /* its tokens; its entities */
	size_t *tagged;           /* entity + 1 of each token of `now`, 0: none */
	size_t tagged_cap;
	struct buf text, source, rows, scratch, names, after;
	struct offsets offsets; /* of the text */
	bool *cut;              /* an entity begins or ends before this byte of the text */
	size_t cut_cap;
};

static struct out *
writer_out(struct exporter *ex, int split)
{
	struct writer *w = ex->state;

	return split_out_named(ex, &w->files, split, "conll", &w->name);
}

/* ---- tokens ---- */

/* Bytes of a blank of any kind at p, 0: it is none. */
static size_t
blank_length(struct span text, size_t i)
{
	uint32_t c;
	size_t n = utf8_decode(text.p + i, text.n - i, &c);

	if (n == 0)
		return 0;
	return c <= ' ' || c == 0x7f || c == 0xa0 || c == 0x3000 || c == 0xfeff || c == 0x2028 ||
		       c == 0x2029 || (c >= 0x2000 && c <= 0x200b)
		   ? n
		   : 0;
}

/* Scripts without blanks between words: there a character is a token. */
static bool
is_ideograph(uint32_t c)
{
	return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xff00 && c <= 0xffef) || (c >= 0x20000 && c <= 0x3ffff);
}

static bool
is_mark(char c)
{
	return c > ' ' && c < 0x7f && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c);
}

static void
add_token(struct conll *c, const char *begin, const char *end)
{
	if (end > begin)
		conll_add(c, (struct conll_token){ .word = span_of(begin, end) });
}

/* What stands between marks, ideographs by themselves. */
static void
add_core(struct conll *c, const char *p, const char *end)
{
	const char *begin = p;

	while (p < end) {
		uint32_t u = 0;
		size_t n = utf8_decode(p, (size_t)(end - p), &u);

		n = n ? n : 1;
		if (is_ideograph(u)) {
			add_token(c, begin, p);
			add_token(c, p, p + n);
			begin = p + n;
		}
		p += n;
	}
	add_token(c, begin, end);
}

/* A word between blanks: marks before and behind it are tokens. */
static void
add_word(struct conll *c, const char *p, const char *end)
{
	const char *last = end;

	for (; p < end && is_mark(*p); p++)
		add_token(c, p, p + 1);
	while (last > p && is_mark(last[-1]))
		last--;
	add_core(c, p, last);
	for (; last < end; last++)
		add_token(c, last, last + 1);
}

/* Cut a text into tokens: at blanks, where entities begin and end, and by the rules above. */
static void
cut_text(struct writer *w, const struct sample *s, struct span text)
{
	size_t begin = 0, blank, v[2];

	w->cut = grow(w->cut, &w->cut_cap, text.n + 1, sizeof(*w->cut));
	memset(w->cut, 0, (text.n + 1) * sizeof(*w->cut));
	for (size_t i = 0; i < s->n; i++)
		if (s->ann[i].v[ANN_SPAN].p && offsets_of(&w->offsets, &s->ann[i], v))
			w->cut[v[0]] = w->cut[v[1]] = true;
	conll_reset(&w->now);
	for (size_t i = 0; i < text.n; i += blank ? blank : 1) {
		blank = blank_length(text, i);
		if (blank || w->cut[i]) {
			add_word(&w->now, text.p + begin, text.p + i);
			begin = i + blank;
		}
	}
	add_word(&w->now, text.p + begin, text.p + text.n);
}

/* The tokens of the sample: those of its rows when these are the same text. False: those were cut. */
static bool
take_tokens(struct exporter *ex, const struct sample *s, struct span text, struct span rows)
{
	struct writer *w = ex->state;

	if (rows.p && conll_read_rows(&w->old, rows) && span_eq(buf_span(&w->old.text), text)) {
		conll_reset(&w->now);
		for (size_t i = 0; i < w->old.n; i++)
			conll_add(&w->now, w->old.token[i]);
		if (w->old.known && !(w->scheme == CONLL_BMES && w->old.scheme == CONLL_IOBES))
			w->scheme = w->old.scheme;
		return true;
	}
	cut_text(w, s, text);
	if (!span_eq(buf_span(&w->now.text), text))
		export_loss(ex, s, "sample.blanks", 1);
	return false;
}

/* ---- entities ---- */

/* The byte of `text` at which a token begins; one of rows knows it. */
static size_t
token_byte(const struct conll_token *t, const char *text, bool rows)
{
	return rows ? t->byte : (size_t)(t->word.p - text);
}

/* The tokens that bytes [v[0], v[1]) of `text` touch; *whole: none in part. False: there is none. */
static bool
find_tokens(const struct conll *c, const char *text, const size_t v[2], bool rows,
    struct conll_entity *e, bool *whole)
{
	size_t low = 0, high = c->n, begin, end = 0;

	while (low < high) { /* the first one that ends behind v[0] */
		size_t middle = low + (high - low) / 2;
		const struct conll_token *t = &c->token[middle];

		if (token_byte(t, text, rows) + t->word.n <= v[0])
			low = middle + 1;
		else
			high = middle;
	}
	e->first = low;
	*whole = true;
	for (; low < c->n; low++) {
		begin = token_byte(&c->token[low], text, rows);
		end = begin + c->token[low].word.n;
		if (begin >= v[1])
			break;
		*whole = *whole && begin >= v[0] && end <= v[1];
	}
	e->last = low - 1;
	return low > e->first;
}

/* Take one entity of the sample; false: it is none, or stands where another one does. */
static bool
take_entity(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span text, bool rows)
{
	struct writer *w = ex->state;
	struct conll *c = &w->now;
	struct conll_entity e = { 0, 0, SPAN_NONE };
	size_t v[2];
	struct span name;
	bool whole;

	if (!a->v[ANN_NAME].p || !a->v[ANN_SPAN].p || !offsets_of(&w->offsets, a, v) ||
	    !find_tokens(c, text.p, v, rows, &e, &whole))
		return false;
	for (size_t i = e.first; i <= e.last; i++)
		if (w->tagged[i])
			return false;
	name = coords_word(ex, s, a, "", &w->scratch);
	if (!name.n)
		return false;
	if (!whole)
		export_loss(ex, s, "annotation.part-of-token", 1);
	buf_addspan(&w->names, name); /* there is room: it does not move */
	e.name = span_of(w->names.p + w->names.n - name.n, w->names.p + w->names.n);
	c->entity = grow(c->entity, &c->entity_cap, c->entities + 1, sizeof(*c->entity));
	c->entity[c->entities++] = e;
	for (size_t i = e.first; i <= e.last; i++)
		w->tagged[i] = c->entities;
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const struct conll_entity *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The entities of the sample, sorted by place. Their number. */
static uint64_t
take_entities(struct exporter *ex, const struct sample *s, struct span text, bool rows)
{
	struct writer *w = ex->state;
	uint64_t n = 0;

	buf_reset(&w->names);
	buf_reserve(&w->names, s->rec->line.n); /* all names are in there */
	w->tagged = grow(w->tagged, &w->tagged_cap, w->now.n + 1, sizeof(*w->tagged));
	memset(w->tagged, 0, (w->now.n + 1) * sizeof(*w->tagged));
	for (size_t i = 0; i < s->n; i++)
		n += take_entity(ex, s, &s->ann[i], text, rows);
	if (w->now.entities > 1)
		qsort(w->now.entity, w->now.entities, sizeof(*w->now.entity), by_place);
	for (size_t i = 0; i < w->now.entities; i++)
		for (size_t k = w->now.entity[i].first; k <= w->now.entity[i].last; k++)
			w->tagged[k] = i + 1;
	return n;
}

static bool
same_entities(const struct conll *a, const struct conll *b)
{
	bool same = a->entities == b->entities;

	for (size_t i = 0; same && i < a->entities; i++)
		same = a->entity[i].first == b->entity[i].first &&
		       a->entity[i].last == b->entity[i].last &&
		       span_eq(a->entity[i].name, b->entity[i].name);
	return same;
}

/* ---- rows ---- */

/* The tag of token i of w->now. */
static void
add_tag(struct writer *w, size_t i)
{
	const struct conll_entity *e, *before;
	size_t k = w->tagged[i];
	bool touches;

	if (k == 0) {
		buf_addc(&w->rows, 'O');
		return;
	}
	e = &w->now.entity[k - 1];
	before = k > 1 ? e - 1 : NULL;
	touches = before && before->last + 1 == e->first && span_eq(before->name, e->name);
	buf_addf(&w->rows, "%c-%.*s", conll_prefix(w->scheme, i, e->first, e->last, touches),
	    SPAN_ARG(e->name));
}

/* Rows with new tags: in the rows that were there, or of tokens alone. */
static void
make_rows(struct writer *w, bool rows)
{
	for (size_t i = 0; i < w->now.n; i++) {
		const struct conll_token *t = &w->now.token[i];

		if (rows) {
			buf_addspan(&w->rows, span_of(t->row.p, t->tag.p));
			add_tag(w, i);
			buf_addspan(&w->rows, span_of(t->tag.p + t->tag.n, t->row.p + t->row.n));
		} else {
			buf_addspan(&w->rows, t->word);
			buf_addc(&w->rows, ' ');
			add_tag(w, i);
			buf_addc(&w->rows, '\n');
		}
	}
}

/* The sentence with what stands above and behind it. */
static void
write_sentence(struct exporter *ex, const struct sample *s, struct span template)
{
	struct writer *w = ex->state;
	int split = split_of_file(ex, s);
	struct out *out = writer_out(ex, split);
	struct span before = jsonl_string(json_member(template, "before"), &w->scratch), after;
	bool ended = w->rows.n > 0 && w->rows.p[w->rows.n - 1] == '\n';

	if (w->gap[split])
		buf_adds(&out->b, w->gap[split]);
	if (before.p)
		buf_addspan(&out->b, before);
	buf_addspan(&out->b, buf_span(&w->rows));
	after = jsonl_string(json_member(template, "after"), &w->after);
	if (!after.p)
		after = SPAN("\n");
	buf_addspan(&out->b, after);
	w->gap[split] = after.n > 0 && memchr(after.p, '\n', after.n) ? NULL
			: ended || after.n > 0                        ? "\n"
								      : "\n\n";
	out_tick(out);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span template = jsonl_template(ex, s);
	struct span rows = jsonl_string(json_member(template, "rows"), &w->text);
	struct span text = jsonl_text(ex, s, &w->source);
	uint64_t written;
	bool kept;

	if (!text.p) {
		export_left_out(ex, s);
		return;
	}
	offsets_set(&w->offsets, text);
	kept = take_tokens(ex, s, text, rows);
	if (w->now.n == 0) {
		error_at(rec_pos(s->rec, s->rec->v[REC_SOURCE]), "conll",
		    "a text without a word cannot be a sentence of CoNLL");
		export_left_out(ex, s);
		return;
	}
	written = take_entities(ex, s, text, kept);
	buf_reset(&w->rows);
	if (kept && same_entities(&w->old, &w->now))
		buf_addspan(&w->rows, rows);
	else
		make_rows(w, kept);
	write_sentence(ex, s, kept ? template : SPAN("{}"));
	export_unwritten(ex, s, written);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;
	struct buf *bufs[] = { &w->name, &w->text, &w->source, &w->rows, &w->scratch, &w->names,
		&w->after };

	if (!w->files.name)
		writer_out(ex, SPLIT_NONE);
	split_close(ex, &w->files, "");
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	conll_release(&w->old);
	conll_release(&w->now);
	offsets_release(&w->offsets);
	free(w->tagged);
	free(w->cut);
}

const struct label_writer conll_writer = { false, NULL, write_sample, finish,
	sizeof(struct writer) };
