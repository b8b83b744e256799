/*
 * Kaldi's data folders to records: see kaldi.h.
 *
 * The files of a folder are read whole, each as a table of its keys; then wav.scp is gone through, and the others
 * say what is known of each recording. Rows that nobody asks for, and those that are missing, are named.
 */
#include "label/kaldi.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "base/num.h"
#include "base/path.h"
#include "base/strmap.h"
#include "label/coords.h"
#include "label/find.h"

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
	struct table t[KALDI_FILES];
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
	row.value = rest.n > 0 ? span_of(rest.p + 1, rest.p + rest.n) : rest;
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
	path_join(&r->path, dir, span_str(kaldi_file[file]));
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
	struct table *t = &r->t[KALDI_SEGMENTS];
	struct span rest, recording;
	struct strmap_entry *e;
	bool is_new;

	for (size_t i = 0; i < t->n; i++) {
		rest = t->row[i].value;
		if (!span_word(&rest, &recording) || !find_row(&r->t[KALDI_WAV], recording)) {
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
	const struct table *t = &r->t[KALDI_SPK2UTT];

	for (size_t i = 0; i < t->n; i++) {
		struct span rest = t->row[i].value, utterance;

		while (span_word(&rest, &utterance)) {
			const struct table_row *row = find_row(&r->t[KALDI_UTT2SPK], utterance);

			strmap_put(&r->speakers, utterance, i, NULL);
			if (r->t[KALDI_UTT2SPK].name &&
			    (!row || !span_eq(span_trim(row->value), t->row[i].key)))
				warning_at(row_pos(t, &t->row[i], utterance), "kaldi",
				    "utt2spk does not say so; utt2spk counts");
		}
	}
}

static struct span
speaker_of(const struct reader *r, struct span utterance)
{
	const struct table_row *row = find_row(&r->t[KALDI_UTT2SPK], utterance);
	const struct strmap_entry *e;

	if (row)
		return span_trim(row->value);
	if (r->t[KALDI_UTT2SPK].name)
		return SPAN_NONE;
	e = r->speakers.n ? strmap_find(&r->speakers, utterance) : NULL;
	return e ? r->t[KALDI_SPK2UTT].row[e->value].key : SPAN_NONE;
}

/* Text and speaker of an utterance; false: there is neither. */
static bool
write_words(struct buf *b, const struct reader *r, struct span utterance)
{
	const struct table_row *text = find_row(&r->t[KALDI_TEXT], utterance);
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
	const struct table *t = &r->t[KALDI_SEGMENTS];
	const struct table_row *duration;
	double start, end;

	span_word(&rest, &recording);
	if (!span_word(&rest, &v[0]) || !num_parse(v[0], &start) || !span_word(&rest, &v[1]) ||
	    !num_parse(v[1], &end))
		return bad_row(
		    r, t, row, row->value, "a segment should be utterance, recording, start, end");
	if (end == -1 && start == 0)
		return true;
	duration = find_row(&r->t[KALDI_RECO2DUR], recording);
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
	for (size_t i = e ? e->value : 0; i > 0; i = r->t[KALDI_SEGMENTS].row[i - 1].next) {
		const struct table_row *row = &r->t[KALDI_SEGMENTS].row[i - 1];

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
	if (!r->t[KALDI_SEGMENTS].name) {
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
		buf_adds(&r->source, KALDI_PIPE);
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
	const struct table_row *duration = find_row(&r->t[KALDI_RECO2DUR], row->key);
	struct buf *b = import_record(r->im);
	uint64_t n;
	double v;

	if (value.n == 0) {
		error_at(row_pos(&r->t[KALDI_WAV], row, row->key), "kaldi",
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
	import_sample(r->im, row_pos(&r->t[KALDI_WAV], row, row->key), buf_span(b), n);
}

/* Rows of text, utt2spk and reco2dur whose key nobody knows. */
static void
find_strays(struct reader *r)
{
	const struct table *utterances =
	    r->t[KALDI_SEGMENTS].name ? &r->t[KALDI_SEGMENTS] : &r->t[KALDI_WAV];

	for (int f = KALDI_TEXT; f <= KALDI_UTT2SPK; f++)
		for (size_t i = 0; i < r->t[f].n; i++)
			if (!find_row(utterances, r->t[f].row[i].key))
				bad_row(r, &r->t[f], &r->t[f].row[i], r->t[f].row[i].key,
				    r->t[KALDI_SEGMENTS].name ? "this utterance is not in segments"
							      : "this utterance is not in wav.scp");
	for (size_t i = 0; i < r->t[KALDI_RECO2DUR].n; i++) {
		const struct table_row *row = &r->t[KALDI_RECO2DUR].row[i];
		double v;

		if (!find_row(&r->t[KALDI_WAV], row->key))
			bad_row(r, &r->t[KALDI_RECO2DUR], row, row->key,
			    "this recording is not in wav.scp");
		else if (!num_parse(span_trim(row->value), &v) || v < 0)
			bad_row(r, &r->t[KALDI_RECO2DUR], row, row->value,
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
		    "%llu %s%s not in %s, first this one", (unsigned long long)n, what,
		    n == 1 ? " is" : "s are", file);
}

/* Recordings without segments, utterances without text or speaker. */
static void
find_missing(const struct reader *r)
{
	const struct table *utterances =
	    r->t[KALDI_SEGMENTS].name ? &r->t[KALDI_SEGMENTS] : &r->t[KALDI_WAV];

	if (r->t[KALDI_SEGMENTS].name)
		count_missing(&r->t[KALDI_WAV], &r->first, "recording", kaldi_file[KALDI_SEGMENTS]);
	for (int f = KALDI_TEXT; f <= KALDI_UTT2SPK; f++)
		if (r->t[f].name)
			count_missing(utterances, &r->t[f].keys, "utterance", kaldi_file[f]);
}

/* Files beside these that are not read: said, for what they hold is left behind. */
static void
name_others(struct reader *r, struct span dir)
{
	for (size_t i = 0; i < r->im->tree->n; i++) {
		const struct node *n = &r->im->tree->node[i];
		struct span path = span_str(n->path), base = path_base_span(path);
		bool known = (n->flags & NODE_MEDIA) || !span_eq(find_dir(path), dir);

		for (int f = 0; f < KALDI_FILES; f++)
			known = known || span_is(base, kaldi_file[f]);
		if (!known)
			warning_at(
			    pos_file(tree_name(r->im->tree, n)), "kaldi", "this file is not read");
	}
}

static void
read_folder(struct reader *r, struct span dir)
{
	const struct table *wav = &r->t[KALDI_WAV];

	for (int f = 0; f < KALDI_FILES; f++)
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
		note_at(pos_file(wav->name), "kaldi", "%llu %s never run",
		    COUNTED(r->pipes, "recording is a command, which is",
			"recordings are commands, which are"));
	for (int f = 0; f < KALDI_FILES; f++)
		release_table(&r->t[f]);
	strmap_release(&r->first);
	strmap_release(&r->last);
	strmap_release(&r->speakers);
}

void
kaldi_read(struct importer *im)
{
	struct reader r = { .im = im };
	size_t folders = 0;

	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++) {
		struct span path = span_str(im->tree->node[i].path);

		if (!span_is(path_base_span(path), kaldi_file[KALDI_WAV]))
			continue;
		folders++;
		read_folder(&r, find_dir(path));
	}
	if (folders == 0)
		trouble("%s: there is no wav.scp here; a folder is wanted", im->tree->name);
	buf_release(&r.path);
	buf_release(&r.source);
}
