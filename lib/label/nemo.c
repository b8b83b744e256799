/*
 * NeMo's manifests of speech: JSON Lines, a line a recording or a piece of one.
 *
 *	{"audio_filepath":"a.wav","duration":3.2,"text":"so it goes"}
 *	{"audio_filepath":"b.wav","offset":1.5,"duration":2.0,"text":"..","speaker":"ann","label":"yes"}
 *
 * Seconds; a path that is not absolute is one from the manifest's folder. "label" (or "command") is a
 * class. Lines of one recording that follow each other and have an "offset" are one sample with an
 * annotation each, whose `time` is [offset, offset + duration].
 *
 * Source: NVIDIA NeMo, "ASR: Preparing Custom ASR Data"; manifest readers of its collections.
 *
 * What has no field in records (lang, pnc ...), and the line's own form, ride in the members "nemo".
 */
#include <inttypes.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "label/decimal.h"
#include "label/formats.h"
#include "label/jsonl.h"
#include "label/splits.h"
#include "label/usage.h"

enum { FILEPATH, OFFSET, DURATION, TEXT, SPEAKER, LABEL, COMMAND, KEYS };

static const char *const keys[KEYS] = { "audio_filepath", "offset", "duration", "text", "speaker",
	"label", "command" };

/* Is the value of a key one that records take? Others stay with the line. */
static bool
is_taken(int key, struct span value)
{
	return json_type_of(value) ==
	       (key == OFFSET || key == DURATION ? JSON_NUMBER : JSON_STRING);
}

/* ---- reading ---- */

/* Pieces of one recording, until another one comes. */
struct reader {
	struct buf
	    file; /* path of the manifest and "audio_filepath", as it stands; empty: none is open */
	struct buf record; /* the sample up to its annotations */
	struct buf list;
	struct buf source, text;
	struct buf name;   /* of the manifest, for messages */
	uint64_t line;     /* where it began */
	uint64_t timeless; /* lines without a duration */
	uint64_t n;
};

static void
flush(struct importer *im, struct reader *r)
{
	struct buf *b = import_record(im);

	if (r->file.n == 0)
		return;
	buf_addspan(b, buf_span(&r->record));
	jw_key(b, "annotation");
	jw_open(b, '[');
	buf_addspan(b, buf_span(&r->list));
	jw_close(b, ']');
	jw_close(b, '}');
	import_sample(im, pos_at(buf_str(&r->name), r->line, 1), buf_span(b), r->n);
	buf_reset(&r->file);
	buf_reset(&r->list);
	r->n = 0;
}

static void
begin_sample(struct jsonl *j, struct buf *b, struct span path)
{
	struct reader *r = j->state;
	const char *usage = usage_of_path(span_str(j->path));

	buf_reset(&r->source);
	buf_addspan(&r->source, pictures_source(&j->pictures, j->dir, path, NULL));
	import_begin_sample(b, buf_span(&r->source), SPAN_NONE, 0, 0);
	jsonl_write_id(j, b);
	if (usage)
		jw_member_str(b, "usage", usage);
}

/*
 * The line as the member "nemo", unless a line made from the record would be the same; `digits`: the
 * duration would be.
 */
static void
keep_line(struct jsonl *j, struct buf *b, struct span line, const struct span v[KEYS], bool digits)
{
	struct reader *r = j->state;
	struct buf path = BUF_INIT;
	bool follows = digits && !v[COMMAND].p && jsonl_is_compact(line, keys, KEYS);

	for (int i = 0; i < KEYS; i++)
		follows = follows && (!v[i].p || is_taken(i, v[i]));
	jw_string(&path, buf_span(&r->source));
	if (!follows || !span_eq(buf_span(&path), v[FILEPATH])) {
		jw_key(b, "nemo");
		jw_raw(b, line);
	}
	buf_release(&path);
}

static void
write_member(struct buf *b, const char *name, struct span value, int key)
{
	if (is_taken(key, value))
		jw_member_raw(b, name, value);
}

static struct span
class_of(const struct span v[KEYS])
{
	return json_type_of(v[LABEL]) == JSON_STRING ? v[LABEL] : v[COMMAND];
}

/* A piece: an annotation of the open sample, or of a new one. */
static bool
give_piece(struct jsonl *j, struct span line, const struct span v[KEYS], struct span path)
{
	struct reader *r = j->state;
	struct buf file = BUF_INIT, end = BUF_INIT, back = BUF_INIT, *b = &r->list;
	double offset;

	if (!num_parse(v[OFFSET], &offset) || offset < 0 ||
	    json_type_of(v[DURATION]) != JSON_NUMBER ||
	    !decimal_sum(&end, v[OFFSET], 1, v[DURATION], 0)) {
		buf_release(&end);
		return jsonl_bad(j, v[OFFSET],
		    "\"offset\" should be a number from 0 on with a \"duration\" beside it");
	}
	buf_addf(&file, "%s\n%.*s", j->path, SPAN_ARG(v[FILEPATH]));
	if (!span_eq(buf_span(&file), buf_span(&r->file))) {
		flush(j->im, r);
		buf_addspan(&r->file, buf_span(&file));
		buf_reset(&r->record);
		buf_reset(&r->name);
		buf_adds(&r->name, j->at.file);
		r->line = j->at.line;
		begin_sample(j, &r->record, path);
	}
	jw_open(b, '{');
	write_member(b, "name", class_of(v), LABEL);
	jw_key(b, "time");
	jw_open(b, '[');
	jw_raw(b, v[OFFSET]);
	jw_raw(b, buf_span(&end));
	jw_close(b, ']');
	write_member(b, "text", v[TEXT], TEXT);
	write_member(b, "speaker", v[SPEAKER], SPEAKER);
	keep_line(j, b, line, v,
	    decimal_sum(&back, buf_span(&end), -1, v[OFFSET], 0) &&
		span_eq(buf_span(&back), v[DURATION]));
	jw_close(b, '}');
	r->n++;
	buf_release(&back);
	buf_release(&file);
	buf_release(&end);
	return true;
}

/* A whole recording: its class, and its transcript. */
static void
give_recording(struct jsonl *j, struct span line, const struct span v[KEYS], struct span path)
{
	struct span class = class_of(v);
	bool named = json_type_of(class) == JSON_STRING;
	bool spoken = json_type_of(v[TEXT]) == JSON_STRING;
	struct buf *b;

	flush(j->im, j->state);
	b = import_record(j->im);
	begin_sample(j, b, path);
	write_member(b, "duration", v[DURATION], DURATION);
	((struct reader *)j->state)->timeless += !is_taken(DURATION, v[DURATION]);
	if (named || spoken) {
		jw_key(b, "annotation");
		jw_open(b, '[');
	}
	if (named) {
		jw_open(b, '{');
		jw_member_raw(b, "name", class);
		jw_close(b, '}');
	}
	if (spoken) {
		jw_open(b, '{');
		jw_member_raw(b, "text", v[TEXT]);
		write_member(b, "speaker", v[SPEAKER], SPEAKER);
		jw_close(b, '}');
	}
	if (named || spoken)
		jw_close(b, ']');
	keep_line(j, b, line, v, true);
	jw_close(b, '}');
	import_sample(j->im, j->at, buf_span(b), (uint64_t)named + spoken);
}

static bool
is_absent(struct span value)
{
	return !value.p || json_type_of(value) == JSON_NULL;
}

static bool
give_line(struct jsonl *j, struct span line)
{
	struct reader *r = j->state;
	struct span v[KEYS], path;
	double seconds;

	json_pick(line, keys, v, KEYS, NULL);
	path = jsonl_string(v[FILEPATH], &r->text);
	if (!path.n)
		return jsonl_bad(j, line, "a line needs \"audio_filepath\", a string");
	if (!is_absent(v[DURATION]) &&
	    (json_type_of(v[DURATION]) != JSON_NUMBER || !num_parse(v[DURATION], &seconds)))
		return jsonl_bad(j, v[DURATION], "\"duration\" should be a number of seconds");
	if (!is_absent(v[TEXT]) && json_type_of(v[TEXT]) != JSON_STRING)
		return jsonl_bad(j, v[TEXT], "\"text\" should be a string");
	if (!is_absent(v[OFFSET]))
		return give_piece(j, line, v, path);
	give_recording(j, line, v, path);
	return true;
}

/* A manifest of ModelArts may carry lines of this format along. */
static bool
looks_like(struct span head)
{
	return span_starts(span_trim(head), SPAN("{")) && find_has(head, "\"audio_filepath\"") &&
	       !find_has(head, "\"nemo\":{") && !find_has(head, "\"modelarts/");
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .n = 0 };
	struct buf *bufs[] = { &r.file, &r.record, &r.list, &r.source, &r.text, &r.name };

	import_header(im);
	import_header_end(im);
	jsonl_read(im, "jsonl|json|manifest", looks_like, give_line, &r);
	flush(im, &r);
	if (r.timeless > 0)
		note_at(pos_file(im->tree->name), "nemo",
		    "%llu %s no \"duration\", which NeMo needs",
		    COUNTED(r.timeless, "line has", "lines have"));
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(
	    t, "jsonl|json|manifest", looks_like, 90, "lines with \"audio_filepath\"", why);
}

/* ---- writing ---- */

struct writer {
	struct split_files files;
	struct buf name; /* of the file */
	struct buf path, duration, scratch;
};

static struct out *
writer_out(struct exporter *ex, int split)
{
	struct writer *w = ex->state;

	return split_out_named(ex, &w->files, split, "json", &w->name);
}

/* A line by its template; fields with p NULL are not in it. */
static void
write_line(struct exporter *ex, int split, struct span template, const struct span now[KEYS])
{
	struct out *out = writer_out(ex, split);
	struct json_change c[KEYS];
	struct span old[KEYS];
	size_t n = 0;

	json_pick(template, keys, old, KEYS, NULL);
	for (int i = 0; i < KEYS; i++) {
		if (!now[i].p && !is_taken(i, old[i]))
			continue;
		c[n++] = (struct json_change){ keys[i], jsonl_keep(old[i], now[i]) };
	}
	json_edit(&out->b, template, c, n);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

/* "audio_filepath" as the line had it, or where the sound is now; a JSON string in w->path. */
static void
place_sound(struct exporter *ex, const struct sample *s, struct span template, int split)
{
	struct writer *w = ex->state;
	struct span kept = jsonl_string(json_member(template, keys[FILEPATH]), &w->scratch);
	struct span now = jsonl_media(ex, s, kept, split_dir(split));

	buf_reset(&w->path);
	jw_string(&w->path, now);
}

/* Its class goes to the key that the line had. */
static void
set_class(struct span now[KEYS], struct span template, struct span name)
{
	bool command = json_type_of(json_member(template, keys[COMMAND])) == JSON_STRING;

	now[command ? COMMAND : LABEL] = name;
}

/* Offset and duration of a piece: those of its line when they say the same time. */
static bool
set_time(struct writer *w, struct span now[KEYS], struct span template, const struct annotation *a)
{
	struct span time[2], offset = json_member(template, keys[OFFSET]);
	struct span duration = json_member(template, keys[DURATION]);
	double x, y;
	bool same;

	if (number_texts(a->v[ANN_TIME], time, 2) != 2)
		return false;
	buf_reset(&w->duration);
	same = json_type_of(offset) == JSON_NUMBER && json_type_of(duration) == JSON_NUMBER &&
	       num_parse(offset, &x) && num_parse(time[0], &y) && x == y &&
	       decimal_sum(&w->duration, offset, 1, duration, 0) &&
	       num_parse(buf_span(&w->duration), &x) && num_parse(time[1], &y) && x == y;
	buf_reset(&w->duration);
	if (!same && !decimal_sum(&w->duration, time[1], -1, time[0], 0))
		return false;
	now[OFFSET] = same ? offset : time[0];
	now[DURATION] = same ? duration : buf_span(&w->duration);
	return true;
}

static bool
write_piece(struct exporter *ex, int split, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span template = jsonl_ann_template(ex, a);
	struct span now[KEYS] = { [FILEPATH] = buf_span(&w->path) };

	if (!set_time(w, now, template, a))
		return false;
	now[TEXT] = a->v[ANN_TEXT];
	now[SPEAKER] = a->v[ANN_SPEAKER];
	set_class(now, template, a->v[ANN_NAME]);
	write_line(ex, split, template, now);
	return true;
}

static bool
from_nemo(const struct exporter *ex)
{
	return span_is(json_unquote(dataset_member(&ex->dataset, "format")), "nemo");
}

/* The line of a whole recording: the first transcript and the first class. Returns how many it took. */
static uint64_t
write_recording(struct exporter *ex, const struct sample *s, int split)
{
	struct writer *w = ex->state;
	struct span template = jsonl_template(ex, s);
	struct span now[KEYS] = { [FILEPATH] = buf_span(&w->path) }, class = SPAN_NONE;
	uint64_t n = 0;

	now[DURATION] = rec_member(s->rec, "duration");
	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];
		bool text = a->v[ANN_TEXT].p && !now[TEXT].p, name = a->v[ANN_NAME].p && !class.p;

		if (ann_has_shape(a) || (!text && !name))
			continue;
		if (text) {
			now[TEXT] = a->v[ANN_TEXT];
			now[SPEAKER] = a->v[ANN_SPEAKER];
		}
		if (name)
			class = a->v[ANN_NAME];
		n++;
	}
	set_class(now, template, class);
	write_line(ex, split, template, now);
	if (!now[DURATION].p && !from_nemo(ex))
		export_loss(ex, s, "sample.duration-unknown", 1);
	return n;
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct span template = jsonl_template(ex, s);
	int split = split_of_file(ex, s);
	uint64_t pieces = 0, written = 0;

	for (size_t i = 0; i < s->n; i++)
		pieces += s->ann[i].v[ANN_TIME].p != NULL;
	if (pieces > 0 && span_is(template, "{}"))
		template = jsonl_ann_template(ex, &s->ann[0]);
	place_sound(ex, s, template, split);
	for (size_t i = 0; i < s->n; i++)
		if (s->ann[i].v[ANN_TIME].p)
			written += write_piece(ex, split, &s->ann[i]);
	if (pieces < s->n || s->n == 0)
		written += write_recording(ex, s, split);
	export_unwritten(ex, s, written);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (!w->files.name)
		writer_out(ex, SPLIT_NONE);
	split_close(ex, &w->files, "");
	buf_release(&w->name);
	buf_release(&w->path);
	buf_release(&w->duration);
	buf_release(&w->scratch);
}

static const struct label_writer writer = { false, NULL, write_sample, finish,
	sizeof(struct writer) };

const struct label_format label_nemo = {
	.name = "nemo",
	.aliases = "nemo-asr|nemo-manifest",
	.title = "NeMo's manifests of speech: JSON Lines",
	.holds = HOLDS(ANN_TIME) | HOLDS(ANN_TEXT) | HOLDS(ANN_NAME) | HOLDS(ANN_SPEAKER) |
		 HOLDS_CLASS | HOLDS_UNLABELLED | HOLDS_USAGE,
	.single = "json|jsonl|manifest",
	.keeps = "nemo|duration",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
