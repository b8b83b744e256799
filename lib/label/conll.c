/*
 * CoNLL's columns: a token a row, a blank line behind each sentence, the tag of the token's entity last.
 *
 *	-DOCSTART- -X- -X- O
 *
 *	EU NNP I-NP B-ORG
 *	rejects VBZ I-VP O
 *
 * Source: the shared tasks CoNLL-2002 and CoNLL-2003 (IOB2 and IOB1); IOBES, BILOU and BMES as later
 * tools write them. Columns are parted by TABs, or by blanks.
 *
 * A record is a sentence: its source is the tokens with one blank between, entities are spans of it. The rows
 * themselves ride in the member "conll": {"before":what stood above them,"rows":..,"after":..}. "before" and an
 * "after" that is one line end are left out. They are written again as long as their tags say the same.
 */
#include "label/conll.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "base/path.h"
#include "base/utf8.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/jsonl.h"
#include "label/text.h"
#include "label/usage.h"
#include "label/recode.h"

#define HEAD 4096
#define BOM "\xef\xbb\xbf"
#define SURE_EXTENSIONS "conll|conll2002|conll2003|bio|iob|iob2|bioes|iobes|bilou|bmes"
#define EXTENSIONS SURE_EXTENSIONS "|txt|tsv|train|testa|testb|dev|test"
#define DOCSTART "-DOCSTART-"

/* ---- rows ---- */

/* 'O', or 'B' ... of "B-PER" with its name; 0: it is no tag. M and U, W are other names of I and S. */
static char
tag_prefix(struct span tag, struct span *name)
{
	*name = SPAN("");
	if (span_is(tag, "O"))
		return 'O';
	if (tag.n < 3 || tag.p[1] != '-' || !strchr("BIESLUMW", tag.p[0]))
		return 0;
	*name = span_of(tag.p + 2, tag.p + tag.n);
	return tag.p[0];
}

/* The next column of *rest. */
static bool
next_column(struct span *rest, bool tabs, struct span *column)
{
	return tabs ? span_cut(rest, '\t', column) : span_word(rest, column);
}

const char *
conll_row(struct span row, struct conll_token *t, struct span *at)
{
	struct span line = row, rest, column, name;
	size_t columns = 0;
	bool tabs;

	while (line.n > 0 && strchr(" \t\r\n", line.p[line.n - 1]))
		line.n--;
	tabs = memchr(line.p, '\t', line.n) != NULL;
	*t = (struct conll_token){ .row = row };
	for (rest = line; next_column(&rest, tabs, &column); columns++) {
		if (columns == 0)
			t->word = column;
		t->tag = column;
	}
	*at = columns ? t->tag : line;
	if (columns < 2)
		return "a row should have a token and, in its last column, a tag";
	if (t->word.n == 0)
		return "the first column should be a token";
	if (!tag_prefix(t->tag, &name))
		return "the last column should be O or a tag as B-PER (of IOB, IOBES, BILOU, BMES)";
	return NULL;
}

void
conll_add(struct conll *c, struct conll_token t)
{
	if (c->n > 0)
		buf_addc(&c->text, ' ');
	t.start = c->n > 0 ? c->token[c->n - 1].end + 1 : 0;
	t.byte = c->text.n;
	t.end = t.start;
	for (size_t i = 0; i < t.word.n; t.end++) {
		size_t n = utf8_length(t.word.p + i, t.word.n - i);

		i += n ? n : 1;
	}
	buf_addspan(&c->text, t.word);
	c->token = grow(c->token, &c->cap, c->n + 1, sizeof(*c->token));
	c->token[c->n++] = t;
}

static void
add_entity(struct conll *c, size_t i, struct span name)
{
	c->entity = grow(c->entity, &c->entity_cap, c->entities + 1, sizeof(*c->entity));
	c->entity[c->entities++] = (struct conll_entity){ i, i, name };
}

/* What the prefixes of an entity tell of the scheme. */
static void
note_scheme(struct conll *c, char prefix, bool opens)
{
	static const struct {
		char prefix;
		enum conll_scheme scheme;
	} sure[] = { { 'M', CONLL_BMES }, { 'L', CONLL_BILOU }, { 'U', CONLL_BILOU },
		{ 'W', CONLL_BILOU }, { 'E', CONLL_IOBES }, { 'S', CONLL_IOBES } };

	for (size_t i = 0; i < ARRAY_LEN(sure); i++)
		if (prefix == sure[i].prefix && !(c->known && c->scheme == CONLL_BMES)) {
			c->known = true;
			c->scheme = sure[i].scheme;
		}
	if (prefix == 'I' && opens && !c->known) {
		c->known = true;
		c->scheme = CONLL_IOB1;
	}
	if (prefix == 'B' && opens && !c->known) {
		c->known = true;
		c->scheme = CONLL_IOB2;
	}
}

/*
 * One rule reads all schemes: B, S, U and W begin an entity, and so does another prefix that does not go on with
 * the one before; S, U, W, E and L end it.
 */
void
conll_end(struct conll *c)
{
	bool open = false;

	for (size_t i = 0; i < c->n; i++) {
		struct span name;
		char prefix = tag_prefix(c->token[i].tag, &name);
		bool opens = !open || strchr("BSUW", prefix) ||
			     !span_eq(name, c->entity[c->entities - 1].name);

		if (prefix == 'O') {
			open = false;
			continue;
		}
		note_scheme(c, prefix, opens);
		if (opens)
			add_entity(c, i, name);
		c->entity[c->entities - 1].last = i;
		open = !strchr("SUWEL", prefix);
	}
}

void
conll_reset(struct conll *c)
{
	c->n = c->entities = 0;
	c->known = false;
	buf_reset(&c->text);
}

void
conll_release(struct conll *c)
{
	free(c->token);
	free(c->entity);
	buf_release(&c->text);
}

bool
conll_read_rows(struct conll *c, struct span rows)
{
	conll_reset(c);
	while (rows.n > 0) {
		const char *end = memchr(rows.p, '\n', rows.n);
		struct span row = end ? span_of(rows.p, end + 1) : rows, at;
		struct conll_token t;

		if (conll_row(row, &t, &at))
			return false;
		conll_add(c, t);
		rows = span_of(row.p + row.n, rows.p + rows.n);
	}
	conll_end(c);
	return c->n > 0;
}

char
conll_prefix(enum conll_scheme scheme, size_t i, size_t first, size_t last, bool touches)
{
	bool single = first == last;

	if (scheme == CONLL_IOB1)
		return i == first && touches ? 'B' : 'I';
	if (scheme == CONLL_IOB2)
		return i == first ? 'B' : 'I';
	if (single)
		return scheme == CONLL_BILOU ? 'U' : 'S';
	if (i == first)
		return 'B';
	if (i == last)
		return scheme == CONLL_BILOU ? 'L' : 'E';
	return scheme == CONLL_BMES ? 'M' : 'I';
}

/* ---- reading ---- */

/* The sentence that is being read; it is given when it is known what stands behind it. */
struct reader {
	struct importer *im;
	const char *path; /* of the file in the tree */
	const char *name; /* for messages */
	struct buf before, rows, after;
	uint64_t line; /* of its first row */
	uint64_t bad;  /* rows of it that are wrong */
	struct conll sentence;
	struct buf id, utf8;
};

static void
write_entities(struct buf *b, const struct conll *c)
{
	jw_key(b, "annotation");
	jw_open(b, '[');
	for (size_t i = 0; i < c->entities; i++) {
		const struct conll_entity *e = &c->entity[i];

		jw_open(b, '{');
		jw_member_string(b, "name", e->name);
		jw_key(b, "span");
		jw_open(b, '[');
		jw_u64(b, c->token[e->first].start);
		jw_u64(b, c->token[e->last].end);
		jw_close(b, ']');
		jw_member_str(b, "unit", "codepoint");
		jw_close(b, '}');
	}
	jw_close(b, ']');
}

static void
write_rows(struct buf *b, const struct reader *r)
{
	jw_key(b, "conll");
	jw_open(b, '{');
	if (r->before.n > 0)
		jw_member_string(b, "before", buf_span(&r->before));
	jw_member_string(b, "rows", buf_span(&r->rows));
	if (!span_is(buf_span(&r->after), "\n"))
		jw_member_string(b, "after", buf_span(&r->after));
	jw_close(b, '}');
}

/* Give the sentence, if there is one. */
static void
flush(struct reader *r)
{
	const char *usage = usage_of_path(span_str(r->path));
	struct buf *b = import_record(r->im);

	if (r->rows.n == 0)
		return;
	if (r->bad > 0 || !conll_read_rows(&r->sentence, buf_span(&r->rows))) {
		r->im->bad_samples++;
	} else {
		buf_reset(&r->id);
		buf_addspan(&r->id, path_stem(span_str(r->path)));
		buf_addf(&r->id, ".%09" PRIu64, r->line);
		jsonl_begin_text(b, buf_span(&r->sentence.text));
		jw_member_string(b, "id", buf_span(&r->id));
		if (usage)
			jw_member_str(b, "usage", usage);
		write_entities(b, &r->sentence);
		write_rows(b, r);
		jw_close(b, '}');
		import_sample(
		    r->im, pos_at(r->name, r->line, 1), buf_span(b), r->sentence.entities);
	}
	buf_reset(&r->before);
	buf_reset(&r->rows);
	buf_reset(&r->after);
	r->bad = 0;
}

static bool
is_between(struct span line)
{
	struct span trimmed = span_trim(line);

	return trimmed.n == 0 || span_starts(trimmed, SPAN(DOCSTART));
}

/*
 * The next sentence begins: what stands behind the first line end after the one before goes to it, and that one
 * is given.
 */
static void
begin_sentence(struct reader *r, uint64_t line)
{
	const char *end = r->after.n > 0 ? memchr(r->after.p, '\n', r->after.n) : NULL;
	size_t keep = end ? (size_t)(end + 1 - r->after.p) : r->after.n;
	struct buf before = BUF_INIT;

	if (r->rows.n > 0) {
		buf_add(&before, buf_str(&r->after) + keep, r->after.n - keep);
		buf_cut(&r->after, keep);
		flush(r);
		buf_addspan(&r->before, buf_span(&before));
		buf_release(&before);
	}
	r->line = line;
}

/* Append to what is held of a sentence, at most --max-text; what is more makes it a bad one. */
static void
hold(struct reader *r, struct input *in, struct buf *b, struct span line)
{
	uint64_t max = r->im->opt->max_text;

	if (b->n + line.n <= max) {
		buf_addspan(b, line);
		return;
	}
	if (r->bad++ == 0)
		error_at(input_pos(in, 0), "max-text",
		    "a sentence and what stands around it are more bytes than --max-text allows; "
		    "a blank line ends one");
}

/* A CR in a line that is not before its LF; NULL: there is none. */
static const char *
lone_cr(struct span line)
{
	const char *cr = memchr(line.p, '\r', line.n), *end = line.p + line.n;

	return cr && cr + 1 < end && !(end - cr == 2 && cr[1] == '\n') ? cr : NULL;
}

/* A line with its end; `damaged`: it is no text, which was said. */
static void
take_line(struct reader *r, struct input *in, struct span line, bool damaged)
{
	struct conll_token t;
	struct span at;
	const char *wrong = NULL;

	if (!damaged && is_between(line)) {
		hold(r, in, r->rows.n > 0 ? &r->after : &r->before, line);
		return;
	}
	if (r->rows.n == 0 || r->after.n > 0)
		begin_sentence(r, in->line);
	if (!damaged)
		wrong = conll_row(line, &t, &at);
	if (!damaged && lone_cr(line)) {
		wrong = "a CR stands alone here; lines should end with LF or CR LF";
		at = span_of(lone_cr(line), line.p + line.n);
	}
	if (wrong)
		error_at(input_pos(in, (size_t)(at.p - line.p)), "conll-row", "%s", wrong);
	r->bad += damaged || wrong;
	hold(r, in, &r->rows, line);
}

/* The line in UTF-8. False: it is not, which was said. */
static bool
decode_line(struct reader *r, const struct input *in, struct span *line)
{
	const char *encoding = r->im->opt->encoding;
	size_t bad;

	if (!encoding && utf8_valid(*line))
		return true;
	*line = text_utf8(*line, encoding, &r->utf8, &bad);
	if (line->p)
		return true;
	error_at(input_pos(in, bad), "encoding", "the row is not %s; --encoding names another",
	    encoding ? encoding : "UTF-8");
	*line = SPAN("?");
	return false;
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct buf whole = BUF_INIT;
	struct input in;
	struct span line;

	r->im->files++;
	if (!recode_rows(r->im, node, &in)) {
		r->im->bad_files++;
		return;
	}
	r->path = node->path;
	r->name = in.name;
	while (input_piece(&in, '\n', &line)) {
		bool ended = in.base[in.r - 1] == '\n';
		bool good;

		if (in.line == 1 && span_starts(line, SPAN(BOM))) {
			buf_adds(&r->before, BOM);
			line = span_of(line.p + strlen(BOM), line.p + line.n);
		}
		good = decode_line(r, &in, &line);
		buf_reset(&whole);
		buf_addspan(&whole, line);
		if (ended)
			buf_addc(&whole, '\n');
		take_line(r, &in, buf_span(&whole), !good);
	}
	flush(r);
	buf_reset(&r->before);
	buf_reset(&r->after);
	input_close(&in);
	buf_release(&whole);
}

/* All rows have a tag, and one of them, or -DOCSTART-, says what it is. */
static bool
looks_like(struct span head)
{
	bool cut = head.n >= HEAD, sure = false;
	struct conll_token t;
	struct span line, at;

	while (head.n > 0 && span_cut(&head, '\n', &line)) {
		if (!head.p && cut)
			break;
		sure = sure || span_starts(line, SPAN(DOCSTART));
		if (is_between(line))
			continue;
		if (conll_row(line, &t, &at))
			return false;
		sure = sure || t.tag.n > 1;
	}
	return sure;
}

/* A file that says so by its name, or looks like it. */
static bool
is_ours(const struct tree *t, const struct node *n)
{
	struct span path = span_str(n->path);
	struct buf head = BUF_INIT;
	bool ours = t->single || path_has_ext(path, SURE_EXTENSIONS);

	if (!ours && path_has_ext(path, EXTENSIONS))
		ours = recode_head(t, n, HEAD, &head) && looks_like(buf_span(&head));
	buf_release(&head);
	return ours;
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };

	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (is_ours(im->tree, &im->tree->node[i]))
			read_file(&r, &im->tree->node[i]);
	conll_release(&r.sentence);
	buf_release(&r.before);
	buf_release(&r.rows);
	buf_release(&r.after);
	buf_release(&r.id);
	buf_release(&r.utf8);
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, EXTENSIONS, looks_like, 90, "rows of a token and a tag as B-PER", why);
}

const struct label_format label_conll = {
	.name = "conll",
	.aliases = "conll2002|conll2003|conll-ner|iob",
	.title = "CoNLL: a token and its tag a row",
	.holds = HOLDS(ANN_SPAN) | HOLDS(ANN_NAME) | HOLDS(ANN_UNIT) | HOLDS_NEGATIVE | HOLDS_USAGE,
	.single = SURE_EXTENSIONS "|txt|tsv",
	.keeps = "conll",
	.detect = detect,
	.read = read_tree,
	.writer = &conll_writer,
};
