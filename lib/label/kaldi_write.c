/*
 * Records to a Kaldi data folder: see kaldi.h.
 *
 * Rows are gathered file by file and sorted at the end. There are segments only when an annotation has a time; then
 * those that are a whole recording become segments to its end, for Kaldi wants all utterances in that file.
 */
#include "label/kaldi.h"

#include <math.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/strmap.h"
#include "label/coords.h"
#include "label/jsonl.h"

/* Rows of a file; they are sorted at the end, as Kaldi wants them. */
struct rows {
	struct buf text;

	struct rows_at {
		size_t begin, n;
	} * at;

	size_t n, cap;
};

struct writer {
	struct rows rows[KALDI_FILES];
	struct strmap recordings, utterances; /* ids that are taken */
	struct rows whole;                    /* segments of utterances that are a recording */
	struct buf recording, utterance, sound, scratch, words;
};

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
	if (span_starts(source, SPAN(KALDI_PIPE))) {
		struct buf *b = row_begin(&w->rows[KALDI_WAV], buf_span(&w->recording));
		struct span command = span_of(source.p + strlen(KALDI_PIPE), source.p + source.n);

		buf_addspan(b, kept.p ? kept : command);
		if (!kept.p)
			buf_adds(b, " |");
		row_end(&w->rows[KALDI_WAV]);
		return;
	}
	add_pair(&w->rows[KALDI_WAV], buf_span(&w->recording), jsonl_media(ex, s, kept, ""));
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
	add_pair(&w->rows[KALDI_TEXT], buf_span(&w->utterance), buf_span(&w->words));
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
	add_pair(&w->rows[KALDI_UTT2SPK], utterance, buf_span(&w->words));
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
	buf_addf(row_begin(&w->rows[KALDI_SEGMENTS], buf_span(&w->utterance)), "%s %.*s %.*s",
	    buf_str(&w->recording), SPAN_ARG(text[0]), SPAN_ARG(text[1]));
	row_end(&w->rows[KALDI_SEGMENTS]);
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
		add_pair(&w->rows[KALDI_RECO2DUR], buf_span(&w->recording), duration);
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
	struct rows turned = { .n = 0 }, *from = &w->rows[KALDI_UTT2SPK],
		    *to = &w->rows[KALDI_SPK2UTT];
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

	if (w->rows[KALDI_SEGMENTS].n > 0) /* then all utterances have to be in there */
		for (size_t i = 0; i < w->whole.n; i++) {
			struct span row = { w->whole.text.p + w->whole.at[i].begin,
				w->whole.at[i].n - 1 };
			struct span key = SPAN("");

			span_word(&row, &key);
			add_pair(&w->rows[KALDI_SEGMENTS], key, span_trim(row));
		}
	gather_speakers(w);
	for (int f = 0; f < KALDI_FILES; f++) {
		if (f == KALDI_WAV || w->rows[f].n > 0)
			write_rows(ex, &w->rows[f], kaldi_file[f]);
		release_rows(&w->rows[f]);
	}
	release_rows(&w->whole);
	strmap_release(&w->recordings);
	strmap_release(&w->utterances);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}

const struct label_writer kaldi_writer = { false, NULL, write_sample, finish,
	sizeof(struct writer) };
