/*
 * Kaldi's data folders: text files of a key and a value a row, sorted by key.
 *
 *	wav.scp		RECORDING path, or a command whose output is the sound: "sph2pipe -f wav a.sph |"
 *	segments	UTTERANCE RECORDING start end	(seconds; end -1: the end of the recording)
 *	text		UTTERANCE words
 *	utt2spk		UTTERANCE SPEAKER	(spk2utt: SPEAKER UTTERANCE ...)
 *	reco2dur	RECORDING seconds
 *
 * Without segments an utterance is a recording. An utterance that is its own speaker has an unknown one.
 *
 * Source: Kaldi, "Data preparation"; utils/validate_data_dir.sh.
 *
 * A record is a recording, an utterance an annotation of it. A command is never run: it is the source
 * "pipe://COMMAND". What wav.scp said rides in the member "kaldi".
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/jsonl.h"

#define PIPE "pipe://"

enum { WAV, SEGMENTS, TEXT, UTT2SPK, SPK2UTT, RECO2DUR, FILES };

static const char *const file_name[FILES] = { "wav.scp", "segments", "text", "utt2spk", "spk2utt",
	"reco2dur" };

/* ---- reading ---- */

/* A file in memory (--max-text), by its keys. */
struct table {
	struct buf bytes, utf8;
	char *name;         /* for messages; NULL: there is no such file */
	struct strmap keys; /* -> index of its row */

	struct table_row {
		struct span key, value;
		uint64_t line;
		size_t
		    next; /* (segments) index + 1 of the next one of the same recording; 0: none */
	} * row;

	size_t n, cap;
};

struct reader {
	struct importer *im;
	struct table t[FILES];
	struct strmap first, last; /* (segments) recording -> index + 1 of its segments */
	struct strmap speakers;    /* (spk2utt) utterance -> row of its speaker */
	struct buf path, source;
	uint64_t pipes;
};

/* Where a piece of a row stands. */
static struct pos
row_pos(const struct table *t, const struct table_row *row, struct span at)
{
	return pos_at(t->name, row->line, (uint64_t)(at.p - row->key.p) + 1);
}

static bool
bad_row(struct reader *r, const struct table *t, const struct table_row *row, struct span at,
    const char *what)
{
	error_at(row_pos(t, row, at), "kaldi", "%s", what);
	r->im->bad_annotations++;
	return false;
}

/* Cut "key value": the value is all behind one blank. */
static void
add_row(struct reader *r, struct table *t, struct span line, uint64_t number)
{
	struct table_row row = { .line = number };
	struct span rest = line;
	bool is_new;

	if (span_ends(line, SPAN("\r")))
		rest = line = span_of(line.p, line.p + line.n - 1);
	if (memchr(line.p, '\r', line.n)) {
		row.key = span_of(memchr(line.p, '\r', line.n), line.p + line.n);
		bad_row(r, t, &row, row.key,
		    "a CR stands alone here; lines should end with LF or CR LF");
		return;
	}
	if (!span_word(&rest, &row.key))
		return;
	row.value = rest.n > 0 ? span_of(rest.p + 1, rest.p + rest.n) : SPAN("");
	strmap_put(&t->keys, row.key, t->n, &is_new);
	if (!is_new) {
		bad_row(r, t, &row, row.key, "this key was there before; the first one counts");
		return;
	}
	t->row = grow(t->row, &t->cap, t->n + 1, sizeof(*t->row));
	t->row[t->n++] = row;
}

static void
read_table(struct reader *r, struct span dir, int file)
{
	struct table *t = &r->t[file];
	const struct node *n;
	struct span text, line;
	uint64_t number = 0;

	buf_reset(&r->path);
	path_join(&r->path, dir, span_str(file_name[file]));
	n = tree_find(r->im->tree, buf_span(&r->path));
	if (!n)
		return;
	t->name = xstrdup(tree_name(r->im->tree, n));
	text = find_read_text(r->im, n, &t->bytes, &t->utf8);
	while (text.n > 0 && span_cut(&text, '\n', &line))
		add_row(r, t, line, ++number);
}

static void
release_table(struct table *t)
{
	buf_release(&t->bytes);
	buf_release(&t->utf8);
	strmap_release(&t->keys);
	free(t->row);
	free(t->name);
	*t = (struct table){ .name = NULL };
}

static const struct table_row *
find_row(const struct table *t, struct span key)
{
	const struct strmap_entry *e = t->n ? strmap_find(&t->keys, key) : NULL;

	return e ? &t->row[e->value] : NULL;
}

/* Chain the segments of each recording. */
static void
chain_segments(struct reader *r)
{
	struct table *t = &r->t[SEGMENTS];
	struct span rest, recording;
	struct strmap_entry *e;
	bool is_new;

	for (size_t i = 0; i < t->n; i++) {
		rest = t->row[i].value;
		if (!span_word(&rest, &recording) || !find_row(&r->t[WAV], recording)) {
			bad_row(r, t, &t->row[i], t->row[i].value,
			    "a segment should name a recording of wav.scp");
			continue;
		}
		strmap_put(&r->first, recording, i + 1, NULL);
		e = strmap_put(&r->last, recording, i + 1, &is_new);
		if (!is_new)
			t->row[e->value - 1].next = i + 1;
		e->value = i + 1;
	}
}

/* The speakers of utterances: those of utt2spk, or what spk2utt says; where both speak they should agree. */
static void
read_speakers(struct reader *r)
{
	const struct table *t = &r->t[SPK2UTT];

	for (size_t i = 0; i < t->n; i++) {
		struct span rest = t->row[i].value, utterance;

		while (span_word(&rest, &utterance)) {
			const struct table_row *row = find_row(&r->t[UTT2SPK], utterance);

			strmap_put(&r->speakers, utterance, i, NULL);
			if (r->t[UTT2SPK].name &&
			    (!row || !span_eq(span_trim(row->value), t->row[i].key)))
				warning_at(row_pos(t, &t->row[i], utterance), "kaldi",
				    "utt2spk does not say so; utt2spk counts");
		}
	}
}

static struct span
speaker_of(const struct reader *r, struct span utterance)
{
	const struct table_row *row = find_row(&r->t[UTT2SPK], utterance);
	const struct strmap_entry *e;

	if (row)
		return span_trim(row->value);
	if (r->t[UTT2SPK].name)
		return SPAN_NONE;
	e = r->speakers.n ? strmap_find(&r->speakers, utterance) : NULL;
	return e ? r->t[SPK2UTT].row[e->value].key : SPAN_NONE;
}

/* Text and speaker of an utterance; false: there is neither. */
static bool
write_words(struct buf *b, const struct reader *r, struct span utterance)
{
	const struct table_row *text = find_row(&r->t[TEXT], utterance);
	struct span speaker = speaker_of(r, utterance);

	if (text)
		jw_member_string(b, "text", text->value);
	if (speaker.n && !span_eq(speaker, utterance))
		jw_member_string(b, "speaker", speaker);
	return text || speaker.n;
}

/* "time" of a segment; none when it is the whole recording. False: it is no time, which was said. */
static bool
write_segment_time(struct reader *r, struct buf *b, const struct table_row *row)
{
	struct span rest = row->value, recording, v[2] = { SPAN_NONE, SPAN_NONE };
	const struct table *t = &r->t[SEGMENTS];
	const struct table_row *duration;
	double start, end;

	span_word(&rest, &recording);
	if (!span_word(&rest, &v[0]) || !num_parse(v[0], &start) || !span_word(&rest, &v[1]) ||
	    !num_parse(v[1], &end))
		return bad_row(
		    r, t, row, row->value, "a segment should be utterance, recording, start, end");
	if (end == -1 && start == 0)
		return true;
	duration = find_row(&r->t[RECO2DUR], recording);
	if (end == -1 && duration && num_parse(span_trim(duration->value), &end))
		v[1] = span_trim(duration->value);
	if (start < 0 || end < start)
		return bad_row(r, t, row, v[0],
		    "a segment should not end before it starts (an end of -1 needs reco2dur)");
	jw_key(b, "time");
	jw_open(b, '[');
	write_number_text(b, v[0]);
	write_number_text(b, v[1]);
	jw_close(b, ']');
	return true;
}

/* The annotations of a recording; their number. */
static uint64_t
write_utterances(struct reader *r, struct buf *b, struct span recording)
{
	const struct strmap_entry *e = r->first.n ? strmap_find(&r->first, recording) : NULL;
	size_t at = b->n, begin;
	uint64_t n = 0;

	jw_key(b, "annotation");
	jw_open(b, '[');
	for (size_t i = e ? e->value : 0; i > 0; i = r->t[SEGMENTS].row[i - 1].next) {
		const struct table_row *row = &r->t[SEGMENTS].row[i - 1];

		begin = b->n;
		jw_open(b, '{');
		jw_member_string(b, "id", row->key);
		if (write_segment_time(r, b, row)) {
			write_words(b, r, row->key);
			jw_close(b, '}');
			n++;
		} else {
			buf_cut(b, begin);
		}
	}
	if (!r->t[SEGMENTS].name) {
		begin = b->n;
		jw_open(b, '{');
		n = write_words(b, r, recording);
		jw_close(b, '}');
		if (n == 0)
			buf_cut(b, begin);
	}
	jw_close(b, ']');
	if (n == 0 && !e)
		buf_cut(b, at); /* nobody looked */
	return n;
}

/* What the record says of the sound, in r->source. */
static void
find_sound(struct reader *r, struct span dir, struct span value)
{
	const struct node *n;

	buf_reset(&r->source);
	buf_reset(&r->path);
	if (span_ends(value, SPAN("|"))) {
		buf_adds(&r->source, PIPE);
		buf_addspan(&r->source, span_trim(span_of(value.p, value.p + value.n - 1)));
		r->pipes++;
		return;
	}
	path_join(&r->path, dir, value);
	n = tree_find(r->im->tree, buf_span(&r->path));
	if (n)
		tree_source(r->im->tree, n, &r->source);
	else
		buf_addspan(&r->source, value);
}

static void
give_recording(struct reader *r, struct span dir, const struct table_row *row)
{
	struct span value = span_trim(row->value);
	const struct table_row *duration = find_row(&r->t[RECO2DUR], row->key);
	struct buf *b = import_record(r->im);
	uint64_t n;
	double v;

	if (value.n == 0) {
		error_at(row_pos(&r->t[WAV], row, row->key), "kaldi",
		    "a recording should have a path or a command");
		r->im->bad_samples++;
		return;
	}
	find_sound(r, dir, value);
	import_begin_sample(b, buf_span(&r->source), row->key, 0, 0);
	if (duration && num_parse(span_trim(duration->value), &v) && v >= 0) {
		jw_key(b, "duration");
		write_number_text(b, span_trim(duration->value));
	}
	n = write_utterances(r, b, row->key);
	if (!span_eq(buf_span(&r->source), row->value)) {
		jw_key(b, "kaldi");
		jw_open(b, '{');
		jw_member_string(b, "wav", row->value);
		jw_close(b, '}');
	}
	jw_close(b, '}');
	import_sample(r->im, row_pos(&r->t[WAV], row, row->key), buf_span(b), n);
}

/* Rows of text, utt2spk and reco2dur whose key nobody knows. */
static void
find_strays(struct reader *r)
{
	const struct table *utterances = r->t[SEGMENTS].name ? &r->t[SEGMENTS] : &r->t[WAV];

	for (int f = TEXT; f <= UTT2SPK; f++)
		for (size_t i = 0; i < r->t[f].n; i++)
			if (!find_row(utterances, r->t[f].row[i].key))
				bad_row(r, &r->t[f], &r->t[f].row[i], r->t[f].row[i].key,
				    r->t[SEGMENTS].name ? "this utterance is not in segments"
							: "this utterance is not in wav.scp");
	for (size_t i = 0; i < r->t[RECO2DUR].n; i++) {
		const struct table_row *row = &r->t[RECO2DUR].row[i];
		double v;

		if (!find_row(&r->t[WAV], row->key))
			bad_row(
			    r, &r->t[RECO2DUR], row, row->key, "this recording is not in wav.scp");
		else if (!num_parse(span_trim(row->value), &v) || v < 0)
			bad_row(r, &r->t[RECO2DUR], row, row->value,
			    "a duration should be a number of seconds");
	}
}

/* Rows of a table whose keys are not among those of a file that is here. */
static void
count_missing(const struct table *t, const struct strmap *has, const char *what, const char *file)
{
	const struct table_row *first = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if ((!has->n || !strmap_find(has, t->row[i].key)) && n++ == 0)
			first = &t->row[i];
	if (n > 0)
		warning_at(row_pos(t, first, first->key), "kaldi",
		    "%" PRIu64 " %s are not in %s, first this one", n, what, file);
}

/* Recordings without segments, utterances without text or speaker. */
static void
find_missing(const struct reader *r)
{
	const struct table *utterances = r->t[SEGMENTS].name ? &r->t[SEGMENTS] : &r->t[WAV];

	if (r->t[SEGMENTS].name)
		count_missing(&r->t[WAV], &r->first, "recordings", file_name[SEGMENTS]);
	for (int f = TEXT; f <= UTT2SPK; f++)
		if (r->t[f].name)
			count_missing(utterances, &r->t[f].keys, "utterances", file_name[f]);
}

/* Files beside these that are not read: said, for what they hold is left behind. */
static void
name_others(struct reader *r, struct span dir)
{
	for (size_t i = 0; i < r->im->tree->n; i++) {
		const struct node *n = &r->im->tree->node[i];
		struct span path = span_str(n->path), base = path_base_span(path);
		bool known = (n->flags & NODE_MEDIA) || !span_eq(find_dir(path), dir);

		for (int f = 0; f < FILES; f++)
			known = known || span_is(base, file_name[f]);
		if (!known)
			warning_at(
			    pos_file(tree_name(r->im->tree, n)), "kaldi", "this file is not read");
	}
}

static void
read_folder(struct reader *r, struct span dir)
{
	const struct table *wav = &r->t[WAV];

	for (int f = 0; f < FILES; f++)
		read_table(r, dir, f);
	chain_segments(r);
	read_speakers(r);
	find_strays(r);
	find_missing(r);
	name_others(r, dir);
	r->pipes = 0;
	for (size_t i = 0; i < wav->n; i++)
		give_recording(r, dir, &wav->row[i]);
	if (r->pipes > 0)
		note_at(pos_file(wav->name), "kaldi",
		    "%" PRIu64 " recordings are commands, which are never run", r->pipes);
	for (int f = 0; f < FILES; f++)
		release_table(&r->t[f]);
	strmap_release(&r->first);
	strmap_release(&r->last);
	strmap_release(&r->speakers);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };
	size_t folders = 0;

	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++) {
		struct span path = span_str(im->tree->node[i].path);

		if (!span_is(path_base_span(path), file_name[WAV]))
			continue;
		folders++;
		read_folder(&r, find_dir(path));
	}
	if (folders == 0)
		trouble("%s: there is no wav.scp here; a folder is wanted", im->tree->name);
	buf_release(&r.path);
	buf_release(&r.source);
}

static int
detect(const struct tree *t, struct buf *why)
{
	for (size_t i = 0; i < t->n; i++)
		if (span_is(path_base_span(span_str(t->node[i].path)), file_name[WAV])) {
			buf_addf(why, "%s", t->node[i].path);
			return 90;
		}
	return 0;
}

/* ---- writing ---- */

/* Rows of a file; they are sorted at the end, as Kaldi wants them. */
struct rows {
	struct buf text;

	struct rows_at {
		size_t begin, n;
	} * at;

	size_t n, cap;
};

struct writer {
	struct rows rows[FILES];
	struct strmap recordings, utterances; /* ids that are taken */
	struct rows whole;                    /* segments of utterances that are a recording */
	struct buf recording, utterance, sound, scratch, words;
};

static void
begin(struct exporter *ex)
{
	ex->state = xcalloc(1, sizeof(struct writer));
}

/* Begin a row with its key; the caller appends the value to ->text and ends it. */
static struct buf *
row_begin(struct rows *rows, struct span key)
{
	rows->at = grow(rows->at, &rows->cap, rows->n + 1, sizeof(*rows->at));
	rows->at[rows->n] = (struct rows_at){ rows->text.n, 0 };
	buf_addspan(&rows->text, key);
	buf_addc(&rows->text, ' ');
	return &rows->text;
}

static void
row_end(struct rows *rows)
{
	buf_addc(&rows->text, '\n');
	rows->at[rows->n].n = rows->text.n - rows->at[rows->n].begin;
	rows->n++;
}

static void
add_pair(struct rows *rows, struct span key, struct span value)
{
	buf_addspan(row_begin(rows, key), value);
	row_end(rows);
}

/* A word of `id` that is not taken: blanks become '_', "-2" goes behind. */
static void
take_id(struct strmap *taken, struct span id, struct buf *out)
{
	size_t end;
	bool is_new;

	buf_reset(out);
	buf_addspan(out, id.n ? id : SPAN("x"));
	for (size_t i = 0; i < out->n; i++)
		if ((unsigned char)out->p[i] <= ' ')
			out->p[i] = '_';
	end = out->n;
	strmap_put(taken, buf_span(out), 0, &is_new);
	for (unsigned k = 2; !is_new; k++) {
		buf_cut(out, end);
		buf_addf(out, "-%u", k);
		strmap_put(taken, buf_span(out), 0, &is_new);
	}
}

/* The row of wav.scp. */
static void
write_sound(struct exporter *ex, const struct sample *s)
{
	struct writer *w = ex->state;
	struct span kept = json_member(jsonl_template(ex, s), "wav"), source;
	struct span id = rec_string(s->rec, REC_ID, &w->scratch);

	if (!id.p)
		id = export_stem(ex, s, "");
	take_id(&w->recordings, id, &w->recording);
	kept = jsonl_string(kept, &w->sound);
	source = rec_string(s->rec, REC_SOURCE, &w->scratch);
	if (span_starts(source, SPAN(PIPE))) {
		struct buf *b = row_begin(&w->rows[WAV], buf_span(&w->recording));
		struct span command = span_of(source.p + strlen(PIPE), source.p + source.n);

		buf_addspan(b, kept.p ? kept : command);
		if (!kept.p)
			buf_adds(b, " |");
		row_end(&w->rows[WAV]);
		return;
	}
	add_pair(&w->rows[WAV], buf_span(&w->recording), jsonl_media(ex, s, kept, ""));
}

/* Line ends would end the row. */
static void
add_text(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span words = ann_string(a, ANN_TEXT, &w->scratch);
	bool changed = false;

	if (!words.p)
		return;
	buf_reset(&w->words);
	for (size_t i = 0; i < words.n; i++) {
		bool bad = words.p[i] == '\n' || words.p[i] == '\r' || words.p[i] == '\0';

		changed = changed || bad;
		buf_addc(&w->words, bad ? ' ' : words.p[i]);
	}
	if (changed)
		export_loss(ex, s, "annotation.line-ends", 1);
	add_pair(&w->rows[TEXT], buf_span(&w->utterance), buf_span(&w->words));
}

static void
add_speaker(struct exporter *ex, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span speaker = ann_string(a, ANN_SPEAKER, &w->scratch);
	struct span utterance = buf_span(&w->utterance);

	buf_reset(&w->words);
	buf_addspan(&w->words, speaker.n ? speaker : utterance);
	for (size_t i = 0; i < w->words.n; i++)
		if ((unsigned char)w->words.p[i] <= ' ')
			w->words.p[i] = '_';
	add_pair(&w->rows[UTT2SPK], utterance, buf_span(&w->words));
}

/* The id of an utterance: its own, else recording and hundredths of seconds. */
static void
name_utterance(struct writer *w, const struct annotation *a, const double time[2])
{
	struct span id = ann_string(a, ANN_ID, &w->scratch);
	struct span speaker;

	if (!id.n) {
		speaker = ann_string(a, ANN_SPEAKER, &w->scratch);
		buf_reset(&w->words);
		if (speaker.n)
			buf_addf(&w->words, "%.*s-", SPAN_ARG(speaker));
		buf_addf(&w->words, "%s-%07.0f-%07.0f", buf_str(&w->recording),
		    fmin(time[0] * 100, 1e12), fmin(time[1] * 100, 1e12));
		id = buf_span(&w->words);
	}
	take_id(&w->utterances, id, &w->utterance);
}

/* An utterance of a piece; false: it has no time. */
static bool
write_piece(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span text[2];
	double time[2];

	if (number_texts(a->v[ANN_TIME], text, 2) != 2 || !num_parse(text[0], &time[0]) ||
	    !num_parse(text[1], &time[1]) || time[0] < 0 || time[1] < time[0])
		return false;
	name_utterance(w, a, time);
	buf_addf(row_begin(&w->rows[SEGMENTS], buf_span(&w->utterance)), "%s %.*s %.*s",
	    buf_str(&w->recording), SPAN_ARG(text[0]), SPAN_ARG(text[1]));
	row_end(&w->rows[SEGMENTS]);
	add_text(ex, s, a);
	add_speaker(ex, a);
	return true;
}

/* An utterance that is the recording. */
static bool
write_whole(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span id = ann_string(a, ANN_ID, &w->scratch);

	if (ann_has_shape(a) || (!a->v[ANN_TEXT].p && !a->v[ANN_SPEAKER].p))
		return false;
	take_id(&w->utterances, id.n ? id : buf_span(&w->recording), &w->utterance);
	buf_addf(row_begin(&w->whole, buf_span(&w->utterance)), "%s 0 -1", buf_str(&w->recording));
	row_end(&w->whole);
	add_text(ex, s, a);
	add_speaker(ex, a);
	return true;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span duration = rec_member(s->rec, "duration");
	uint64_t written = 0;
	bool whole = false;

	write_sound(ex, s);
	if (json_type_of(duration) == JSON_NUMBER)
		add_pair(&w->rows[RECO2DUR], buf_span(&w->recording), duration);
	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		if (a->v[ANN_TIME].p)
			written += write_piece(ex, s, a);
		else if (!whole && (whole = write_whole(ex, s, a)))
			written++;
	}
	export_unwritten(ex, s, written);
}

static int
by_text(const void *a, const void *b, void *text)
{
	const struct rows_at *x = a, *y = b;
	const char *p = text;

	return span_cmp((struct span){ p + x->begin, x->n }, (struct span){ p + y->begin, y->n });
}

static void
sort_rows(struct rows *rows)
{
	if (rows->n > 1)
		qsort_r(rows->at, rows->n, sizeof(*rows->at), by_text, rows->text.p);
}

/* "speaker utterance ..." from the rows of utt2spk. */
static void
gather_speakers(struct writer *w)
{
	struct rows turned = { .n = 0 }, *from = &w->rows[UTT2SPK], *to = &w->rows[SPK2UTT];
	struct span last = SPAN_NONE;

	for (size_t i = 0; i < from->n; i++) {
		struct span row = { from->text.p + from->at[i].begin, from->at[i].n - 1 };
		struct span key = SPAN("");

		span_word(&row, &key);
		add_pair(&turned, span_trim(row), key);
	}
	sort_rows(&turned);
	for (size_t i = 0; i < turned.n; i++) {
		struct span row = { turned.text.p + turned.at[i].begin, turned.at[i].n - 1 };
		struct span key = SPAN("");

		span_word(&row, &key);
		if (last.p && span_eq(last, key)) {
			buf_addspan(&to->text, row);
			continue;
		}
		if (last.p)
			row_end(to);
		buf_addspan(row_begin(to, key), span_trim(row));
		last = key;
	}
	if (last.p)
		row_end(to);
	buf_release(&turned.text);
	free(turned.at);
}

static void
write_rows(struct exporter *ex, struct rows *rows, const char *name)
{
	struct buf text = BUF_INIT;

	sort_rows(rows);
	for (size_t i = 0; i < rows->n; i++)
		buf_add(&text, rows->text.p + rows->at[i].begin, rows->at[i].n);
	export_file(ex, span_str(name), buf_span(&text));
	buf_release(&text);
}

static void
release_rows(struct rows *rows)
{
	buf_release(&rows->text);
	free(rows->at);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;
	struct buf *bufs[] = { &w->recording, &w->utterance, &w->sound, &w->scratch, &w->words };

	if (w->rows[SEGMENTS].n > 0) /* then all utterances have to be in there */
		for (size_t i = 0; i < w->whole.n; i++) {
			struct span row = { w->whole.text.p + w->whole.at[i].begin,
				w->whole.at[i].n - 1 };
			struct span key = SPAN("");

			span_word(&row, &key);
			add_pair(&w->rows[SEGMENTS], key, span_trim(row));
		}
	gather_speakers(w);
	for (int f = 0; f < FILES; f++) {
		if (f == WAV || w->rows[f].n > 0)
			write_rows(ex, &w->rows[f], file_name[f]);
		release_rows(&w->rows[f]);
	}
	release_rows(&w->whole);
	strmap_release(&w->recordings);
	strmap_release(&w->utterances);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	free(w);
	ex->state = NULL;
}

static const struct label_writer writer = { false, begin, write_sample, finish };

const struct label_format label_kaldi = {
	.name = "kaldi",
	.aliases = "kaldi-data",
	.title = "Kaldi's data folders: wav.scp, segments, text, utt2spk",
	.holds = HOLDS(ANN_TIME) | HOLDS(ANN_TEXT) | HOLDS(ANN_ID) | HOLDS(ANN_SPEAKER) |
		 HOLDS_UNLABELLED,
	.keeps = "kaldi|duration",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
