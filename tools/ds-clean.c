/*
 * ds-clean: records (or file names) in; the same records out, with a clean
 * JPEG in the output folder behind each `source`.
 *
 * Pictures are worked on in parallel and given out in the order of the input.
 * take() reads a record and gives its new file a name, work() does all that is
 * costly, give() writes the record and counts. Memory: at most one picture a
 * thread; rows are streamed where nothing needs the whole of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <png.h>

#include "archive/sink.h"
#include "archive/source.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/num.h"
#include "base/ordered.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/tool.h"
#include "base/utf8.h"
#include "image/clean.h"
#include "image/labels.h"
#include "image/mask_file.h"
#include "image/targets.h"
#include "image/place.h"
#include "image/png.h"
#include "image/twins.h"
#include "record/record.h"

static const char *output, *rejects_path, *report_path, *background = "ffffff", *resize;
static uint64_t quality = 90, max_pixels = 178956970, max_bytes = (uint64_t)1 << 30,
		max_scans = 200;
static uint64_t min_size, max_size, keep_rows = 100, distance = 5;
static double max_time = 60;
static int subsampling, images, cmyk, label_space;
static bool force, files_mode, nul, with_sha256, keep_damaged;
static bool with_signals, drop_marked, duplicates, drop_duplicates;
static struct clean_options policy;

static const struct opt opts[] = {
	{ 'o', "output", "DIR", OPT_STRING, &output, NULL,
	    "folder (or .tar, .zip) for the new files" },
	{ 'f', "force", NULL, OPT_FLAG, &force, NULL, "replace files that are there" },
	{ 0, "rejects", "FILE", OPT_STRING, &rejects_path, NULL,
	    "rejected records, each with the reason" },
	{ 0, "report", "FILE", OPT_STRING, &report_path, NULL,
	    "what was found and done, a JSON object a picture" },
	{ 0, "files", NULL, OPT_FLAG, &files_mode, NULL, "the input is file names, one a line" },
	{ '0', "null", NULL, OPT_FLAG, &nul, NULL, "file names end with NUL (implies --files)" },
	{ 0, "quality", "N", OPT_COUNT, &quality, NULL, "of new JPEGs, 1 to 100 (default 90)" },
	{ 0, "subsampling", "420|422|440|444", OPT_CHOICE, &subsampling, NULL,
	    "chroma of new JPEGs (default 420)" },
	{ 0, "optimize", NULL, OPT_FLAG, &policy.encoding.optimize, NULL,
	    "Huffman tables made for each picture" },
	{ 0, "progressive", NULL, OPT_FLAG, &policy.encoding.progressive, NULL,
	    "new JPEGs are progressive" },
	{ 0, "always-encode", NULL, OPT_FLAG, &policy.always_encode, NULL,
	    "decode and encode clean JPEGs too" },
	{ 0, "images", "copy|link|reflink", OPT_CHOICE, &images, NULL,
	    "how clean JPEGs are passed on (default copy)" },
	{ 0, "strip", NULL, OPT_FLAG, &policy.strip, NULL, "drop metadata of clean JPEGs" },
	{ 0, "keep-exif", NULL, OPT_FLAG, &policy.keep_exif, NULL,
	    "keep EXIF metadata of converted JPEGs" },
	{ 0, "resize", "WxH", OPT_STRING, &resize, NULL,
	    "shrink what does not fit into W x H (or N x N: N)" },
	{ 0, "min-size", "N", OPT_COUNT, &min_size, NULL, "reject pictures with a side below N" },
	{ 0, "max-size", "N", OPT_COUNT, &max_size, NULL, "reject pictures with a side above N" },
	{ 0, "background", "RRGGBB", OPT_STRING, &background, NULL,
	    "what transparent pixels are laid over (default ffffff)" },
	{ 0, "no-gamma", NULL, OPT_FLAG, &policy.no_gamma, NULL, "do not apply PNG's gAMA" },
	{ 0, "no-icc", NULL, OPT_FLAG, &policy.keep_icc, NULL,
	    "do not convert colour profiles to sRGB" },
	{ 0, "cmyk", "reject|inverted|plain", OPT_CHOICE, &cmyk, NULL,
	    "CMYK without an Adobe marker (default reject)" },
	{ 0, "label-space", "auto|raw|upright", OPT_CHOICE, &label_space, NULL,
	    "which way up labels of turned pictures are (default auto)" },
	{ 0, "sha256", NULL, OPT_FLAG, &with_sha256, NULL,
	    "add sha256 and bytes of the new files" },
	{ 0, "signals", NULL, OPT_FLAG, &with_signals, NULL,
	    "measure brightness, contrast, sharpness ...; mark odd pictures" },
	{ 0, "drop-marked", NULL, OPT_FLAG, &drop_marked, NULL,
	    "reject pictures that signals mark" },
	{ 0, "duplicates", NULL, OPT_FLAG, &duplicates, NULL,
	    "mark pictures that are like an earlier one" },
	{ 0, "drop-duplicates", NULL, OPT_FLAG, &drop_duplicates, NULL, "reject them" },
	{ 0, "distance", "BITS", OPT_COUNT, &distance, NULL,
	    "hash bits in which duplicates may differ, 0 to 15 (default 5)" },
	{ 0, "keep-rows", "PERCENT", OPT_COUNT, &keep_rows, NULL,
	    "keep truncated pictures with so many of their rows" },
	{ 0, "keep-damaged", NULL, OPT_FLAG, &keep_damaged, NULL,
	    "keep pictures whose data is damaged" },
	{ 0, "max-pixels", "N", OPT_COUNT, &max_pixels, NULL,
	    "of one picture (default 178956970)" },
	{ 0, "max-bytes", "N", OPT_SIZE, &max_bytes, NULL, "of one file (default 1G)" },
	{ 0, "max-scans", "N", OPT_COUNT, &max_scans, NULL, "of a progressive JPEG (default 200)" },
	{ 0, "max-time", "SECONDS", OPT_NUMBER, &max_time, NULL,
	    "for decoding one picture, 0: any (default 60)" },
	{ 0 },
};

static void
versions(struct buf *out)
{
	buf_addf(out, "%s\nlibpng %s\n", jpeg_library(), png_get_libpng_ver(NULL));
	if (png_plain_library())
		buf_addf(out, "%s\n", png_plain_library());
	if (colours_library())
		buf_addf(out, "%s\n", colours_library());
}

static const struct tool tool = {
	.name = "ds-clean",
	.synopsis = "-o DIR [--rejects FILE] [RECORDS ...]",
	.about =
	    "Turn the pictures of records into plain 8-bit RGB JPEG files; reject what is broken.",
	.opts = opts,
	.threads = true,
	.versions = versions,
};

/* ---- the run ---- */

struct run {
	/* input: records, or names of files */
	struct rec_reader in;
	struct record next;
	struct input list;
	struct source_reader *members; /* of archives */
	struct targets names;
	struct twins *twins; /* NULL: duplicates are not looked for */
	/* output */
	struct sink *archive; /* NULL: a folder */
	struct newfile rejects, report;
	/* tools of threads that are not at work */
	pthread_mutex_t lock;
	struct bench *bench[256];
	size_t benches;
	/* counts */
	uint64_t pictures, headers, duplicates, action[CLEAN_ENCODED + 1];
};

/* A mask of a record, moved along with its picture: a file beside the picture's. */
struct mask {
	char *source, *name; /* of the old file; member path of the new one */
	struct buf bytes;
};

struct job {
	struct buf line, source, name; /* the record; its source; the new file's member path */
	struct buf member;             /* content, when the source is a member of an archive */
	int member_error;              /* errno of reading it, -1: it is no member */
	struct pos pos;
	bool header;
	struct record r;
	struct clean_result result;
	struct mask *mask; /* those that were moved */
	size_t masks, masks_cap;
	struct buf file;                   /* the new file, when it goes into an archive */
	struct buf out;                    /* the record as it goes out, or to the rejects */
	double seconds;                    /* it took */
	unsigned char digest[SHA256_SIZE]; /* of the old file, when duplicates are looked for */
};

/* ---- take ---- */

/* A file name as a record. A name that is no UTF-8 cannot be one. */
static bool
next_name(struct run *run, struct job *job)
{
	struct span name;

	for (;;) {
		if (!input_piece(&run->list, nul ? '\0' : '\n', &name))
			return false;
		if (name.n == 0)
			continue;
		if (utf8_valid(name))
			break;
		error_at(input_pos(&run->list, 0), "bad-name",
		    "the file name is not UTF-8, so no record can hold it");
	}
	buf_reset(&job->line);
	jw_open(&job->line, '{');
	jw_member_string(&job->line, "source", name);
	jw_close(&job->line, '}');
	buf_reset(&job->source);
	buf_addspan(&job->source, name);
	job->pos = input_pos(&run->list, 0);
	return true;
}

static bool
next_record(struct run *run, struct job *job)
{
	struct buf scratch = BUF_INIT;

	if (!rec_next(&run->in, &run->next))
		return false;
	buf_reset(&job->line);
	buf_addspan(&job->line, run->next.line);
	job->pos = run->next.pos;
	job->header = run->next.header;
	buf_reset(&job->source);
	buf_addspan(&job->source, rec_string(&run->next, REC_SOURCE, &scratch));
	buf_release(&scratch);
	return true;
}

/* Members come from the one reader of the archive, in the order of the stream. */
static void
read_member(struct run *run, struct job *job)
{
	struct span archive, member;

	job->member_error = -1;
	if (!source_is_member(buf_str(&job->source), &archive, &member))
		return;
	buf_reset(&job->member);
	job->member_error =
	    source_read(run->members, buf_str(&job->source), &job->member) == 0 ? 0 : errno;
}

static bool
take(void *ctx, void *j)
{
	struct run *run = ctx;
	struct job *job = j;
	struct buf scratch = BUF_INIT;
	struct span id = SPAN_NONE;

	job->header = false;
	if (!(files_mode ? next_name(run, job) : next_record(run, job)))
		return false;
	if (job->header)
		return true;
	if (!files_mode)
		id = rec_string(&run->next, REC_ID, &scratch);
	buf_reset(&job->name);
	targets_name(&run->names, buf_span(&job->source), id, &job->name);
	buf_release(&scratch);
	read_member(run, job);
	return true;
}

/* ---- work ---- */

static struct bench *
borrow_bench(struct run *run)
{
	struct bench *b = NULL;

	pthread_mutex_lock(&run->lock);
	if (run->benches > 0)
		b = run->bench[--run->benches];
	pthread_mutex_unlock(&run->lock);
	return b ? b : bench_new(&policy);
}

static void
return_bench(struct run *run, struct bench *b)
{
	pthread_mutex_lock(&run->lock);
	if (run->benches < ARRAY_LEN(run->bench)) {
		run->bench[run->benches++] = b;
		b = NULL;
	}
	pthread_mutex_unlock(&run->lock);
	bench_free(b);
}

/* A file that is not there is the record's fault; anything else that stops us from reading is not. */
static bool
reject_unread(const char *source, int err, struct finding *f)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return image_reject(f, "missing", "%s", strerror(err));
	case EINVAL:
		return image_reject(f, "not-local", "only files on this machine can be read");
	case EFBIG:
		return image_reject(f, "too-large", "the file has more than --max-bytes %llu",
		    (unsigned long long)max_bytes);
	case EILSEQ:
		return image_reject(f, "damaged-archive", "the archive is damaged here");
	default:
		errno = err;
		die("cannot read %s:", source);
	}
}

static bool
load(struct job *job, struct bench *b, struct span *bytes)
{
	struct finding *f = &job->result.f;
	struct buf *in = bench_input(b);
	int err = job->member_error;

	*bytes = buf_span(&job->member);
	if (err == -1) {
		if (job->source.n == 0)
			return image_reject(f, "no-source", "the record has no source");
		if (path_is_uri(buf_span(&job->source)))
			return reject_unread(buf_str(&job->source), EINVAL, f);
		buf_reset(in);
		err = file_read(AT_FDCWD, buf_str(&job->source), max_bytes, in) == 0 ? 0 : errno;
		*bytes = buf_span(in);
	}
	return err == 0 || reject_unread(buf_str(&job->source), err, f);
}

/* Does the record say another size than the file has, either way up? That is worth a warning. */
static void
compare_size(const struct job *job, struct clean_result *res)
{
	double w, h;

	if (!rec_size(&job->r, &w, &h) || (w == res->w && h == res->h) ||
	    (w == res->h && h == res->w && turn_of(res->orientation).transpose))
		return;
	res->f.notes |= NOTE_SIZE;
	warning_at(pos_file(buf_str(&job->source)), "size-differs",
	    "the record says %g x %g, the file is %u x %u", w, h, res->w, res->h);
}

/* ---- masks ---- */

static struct mask *
find_mask(struct job *job, struct span source)
{
	for (size_t i = 0; i < job->masks; i++)
		if (span_eq(span_str(job->mask[i].source), source))
			return &job->mask[i];
	return NULL;
}

static bool
read_mask(const char *source, struct buf *file, struct buf *why)
{
	if (file_read(AT_FDCWD, source, max_bytes, file) == 0)
		return true;
	if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR && errno != EFBIG)
		die("cannot read %s:", source);
	buf_addf(why, "its mask %s: %s", source, strerror(errno));
	return false;
}

/* Read and move a mask that this record has not had yet. NULL: it cannot be, as *why says. */
static struct mask *
new_mask(struct job *job, const struct label_map *m, struct span source, struct buf *why)
{
	struct mask mask = { .source = xstrndup(source.p, source.n), .bytes = BUF_INIT };
	struct finding f = { .code = NULL };
	struct span stem = path_stem(buf_span(&job->name));
	struct buf file = BUF_INIT;
	bool fine = read_mask(mask.source, &file, why);

	if (fine &&
	    !mask_file_move(buf_span(&file), m->turn, m->sx, m->sy, &policy.lim, &mask.bytes, &f)) {
		buf_addf(why, "its mask %s: %s", mask.source, f.reason);
		fine = false;
	}
	buf_release(&file);
	if (!fine) {
		buf_release(&mask.bytes);
		free(mask.source);
		return NULL;
	}
	mask.name = xasprintf("%.*s-mask-%zu.png", SPAN_ARG(stem), job->masks + 1);
	job->mask = grow(job->mask, &job->masks_cap, job->masks + 1, sizeof(*job->mask));
	job->mask[job->masks] = mask;
	return &job->mask[job->masks++];
}

static void
drop_masks(struct job *job)
{
	for (size_t i = 0; i < job->masks; i++) {
		free(job->mask[i].source);
		free(job->mask[i].name);
		buf_release(&job->mask[i].bytes);
	}
	job->masks = 0;
}

/* The path of a new file, or its place in the new archive. */
static void
add_target(const struct run *run, struct span name, struct buf *path)
{
	if (run->archive)
		buf_addf(path, "%s!/%.*s", output, SPAN_ARG(name));
	else
		path_join(path, span_str(output), name);
}

struct mask_ctx {
	const struct run *run;
	struct job *job;
};

static bool
move_mask(void *ctx, const struct label_map *m, struct span raw, struct buf *out, struct buf *why)
{
	struct mask_ctx *c = ctx;
	struct buf scratch = BUF_INIT, path = BUF_INIT, value = BUF_INIT;
	struct span source = json_value_text(json_member(raw, "source"), &scratch);
	struct mask *mask = source.n ? find_mask(c->job, source) : NULL;

	if (mask == NULL && source.n)
		mask = new_mask(c->job, m, source, why);
	if (mask) {
		add_target(c->run, span_str(mask->name), &path);
		diag_json_string(&value, buf_span(&path));
		json_edit(out, raw, &(struct json_change){ "source", buf_span(&value) }, 1);
	}
	buf_release(&scratch);
	buf_release(&path);
	buf_release(&value);
	return mask != NULL;
}

/* The labels as they are after the picture was turned and scaled; empty: as before. */
static bool
move_labels(const struct run *run, struct job *job, struct buf *labels)
{
	struct clean_result *res = &job->result;
	enum label_space space = label_space;
	struct turn turn = turn_of(res->orientation);
	struct mask_ctx ctx = { run, job };
	struct label_map m = { .mask = move_mask, .ctx = &ctx };
	struct buf why = BUF_INIT;
	bool fine = true;

	if (space == SPACE_AUTO && res->orientation > 1)
		space = labels_space(&job->r, res->w, res->h, res->orientation);
	if (space == SPACE_AUTO && res->orientation > 1)
		return image_reject(&res->f, "label-space",
		    "it is turned, and the labels do not tell whether they are; see --label-space");
	m.w = turn.transpose ? res->h : res->w;
	m.h = turn.transpose ? res->w : res->h;
	m.sx = res->new_w / m.w;
	m.sy = res->new_h / m.h;
	m.turn = space == SPACE_UPRIGHT ? turn_of(1) : turn;
	if (labels_map_is_identity(&m) || !rec_annotated(&job->r))
		return true;
	if (!labels_move(&job->r, &m, labels, &why))
		fine = image_reject(&res->f, "label-geometry", "%s", buf_str(&why));
	buf_release(&why);
	return fine;
}

/* Signals as a JSON object. */
static void
add_signals(struct buf *b, const struct signals *s)
{
	unsigned marks = signals_marks(s);

	jw_open(b, '{');
	buf_addf(b,
	    "\"brightness\":%.3f,\"contrast\":%.3f,\"entropy\":%.2f,\"dark\":%.3f,\"light\":%.3f",
	    s->brightness, s->contrast, s->entropy, s->dark, s->light);
	if (s->detail >= 0)
		buf_addf(b, ",\"detail\":%.2f", s->detail);
	buf_addf(b, ",\"aspect\":%.3f", s->aspect);
	jw_key(b, "marks");
	jw_open(b, '[');
	for (int i = 0; i < SIGNAL_MARKS; i++)
		if (marks >> i & 1)
			jw_str(b, signal_mark_name(i));
	jw_close(b, ']');
	jw_close(b, '}');
}

/* The fingerprint by which ds-release knows pictures that look alike. */
static void
add_phash(struct buf *b, const struct signals *s)
{
	buf_addf(b, "\"%016llx\"", (unsigned long long)s->hash);
}

/* The changes of one record: `text` holds their values, one after the other. */
struct changes {
	struct buf text;
	struct json_change change[9];
	size_t end[9]; /* of each value in text */
	size_t n;
};

static void
end_change(struct changes *c, const char *key)
{
	c->end[c->n] = c->text.n;
	c->change[c->n++].key = key;
}

static void
add_digest(struct changes *c, struct span bytes)
{
	unsigned char digest[SHA256_SIZE];

	sha256_bytes(bytes.p, bytes.n, digest);
	buf_addc(&c->text, '"');
	sha256_hex(&c->text, digest);
	buf_addc(&c->text, '"');
	end_change(c, "sha256");
}

static void
apply_changes(struct changes *c, struct span record, struct buf *out)
{
	for (size_t i = 0, at = 0; i < c->n; at = c->end[i++])
		c->change[i].value = (struct span){ c->text.p + at, c->end[i] - at };
	json_edit(out, record, c->change, c->n);
	buf_release(&c->text);
}

static void
write_record(const struct run *run, struct job *job, struct span labels)
{
	const struct clean_result *res = &job->result;
	struct changes c = { .n = 0 };
	struct buf path = BUF_INIT, signals = BUF_INIT;

	add_target(run, buf_span(&job->name), &path);
	diag_json_string(&c.text, buf_span(&path));
	buf_release(&path);
	end_change(&c, "source");
	num_add_u64(&c.text, res->new_w);
	end_change(&c, "width");
	num_add_u64(&c.text, res->new_h);
	end_change(&c, "height");
	if (with_sha256 || job->r.v[REC_SHA256].p)
		add_digest(&c, res->bytes);
	if (with_sha256 || job->r.v[REC_BYTES].p) {
		num_add_u64(&c.text, res->bytes.n);
		end_change(&c, "bytes");
	}
	if (labels.n) {
		buf_addspan(&c.text, labels);
		end_change(&c, "annotation");
	}
	if (with_signals) {
		add_signals(&signals, &res->signals);
		buf_addspan(&c.text, buf_span(&signals));
		buf_release(&signals);
		end_change(&c, "signals");
	}
	if (with_signals || duplicates) {
		add_phash(&c.text, &res->signals);
		end_change(&c, "phash");
	}
	apply_changes(&c, buf_span(&job->line), &job->out);
}

static void
write_reject(struct job *job)
{
	struct buf v = BUF_INIT;

	jw_open(&v, '{');
	jw_member_str(&v, "code", job->result.f.code);
	jw_member_str(&v, "reason", job->result.f.reason);
	jw_close(&v, '}');
	json_edit(
	    &job->out, buf_span(&job->line), &(struct json_change){ "reject", buf_span(&v) }, 1);
	buf_release(&v);
	error_at(pos_file(job->source.n ? job->source.p : NULL), job->result.f.code, "%s",
	    job->result.f.reason);
}

/* Put the new file in place, or keep it for give(). */
static void
place(const struct run *run, struct job *job)
{
	const struct clean_result *res = &job->result;
	struct buf path = BUF_INIT;

	if (run->archive) {
		buf_reset(&job->file);
		buf_addspan(&job->file, res->bytes);
		return;
	}
	add_target(run, buf_span(&job->name), &path);
	if (res->action == CLEAN_PASSED && job->member_error == -1)
		place_source(path.p, buf_str(&job->source), res->bytes, images, force);
	else
		place_bytes(path.p, res->bytes, force);
	for (size_t i = 0; i < job->masks; i++) {
		buf_reset(&path);
		add_target(run, span_str(job->mask[i].name), &path);
		place_bytes(path.p, buf_span(&job->mask[i].bytes), force);
	}
	buf_release(&path);
}

static void
write_report(struct out *out, const struct job *job)
{
	const struct clean_result *res = &job->result;
	struct buf *b = &out->b;

	jw_open(b, '{');
	jw_member_string(b, "source", buf_span(&job->source));
	jw_member_str(b, "action", clean_action_name(res->action));
	if (res->f.code) {
		jw_member_str(b, "code", res->f.code);
		jw_member_str(b, "reason", res->f.reason);
	}
	if (res->w) {
		jw_member_u64(b, "width", res->w);
		jw_member_u64(b, "height", res->h);
		jw_member_u64(b, "orientation", (uint64_t)res->orientation);
	}
	jw_key(b, "notes");
	jw_open(b, '[');
	for (int i = 0; i < IMAGE_NOTES; i++)
		if (res->f.notes >> i & 1)
			jw_str(b, image_note_name(i));
	jw_close(b, ']');
	if (policy.measure && res->action != CLEAN_REJECTED) {
		struct buf signals = BUF_INIT;

		add_signals(&signals, &res->signals);
		jw_member_raw(b, "signals", buf_span(&signals));
		buf_release(&signals);
		jw_key(b, "phash");
		add_phash(b, &res->signals);
	}
	jw_key(b, "seconds");
	buf_addf(b, "%.6f", job->seconds);
	jw_close(b, '}');
	buf_addc(b, '\n');
	out_tick(out);
}

/* Reject what signals mark, when that was asked for. */
static bool
judge_marks(struct clean_result *res)
{
	unsigned marks = drop_marked ? signals_marks(&res->signals) : 0;

	for (int i = 0; i < SIGNAL_MARKS; i++)
		if (marks >> i & 1)
			return image_reject(
			    &res->f, "marked", "it is %s; see --drop-marked", signal_mark_name(i));
	return true;
}

/* Everything that is done for one picture. False: it is rejected. */
static bool
clean_one(const struct run *run, struct job *job, struct bench *b)
{
	struct buf labels = BUF_INIT;
	struct span bytes;
	bool fine;

	if (!rec_parse(&job->r, buf_span(&job->line), job->pos) || !load(job, b, &bytes))
		return false;
	clean_picture(b, bytes, buf_span(&job->source), &job->result);
	if (job->result.action == CLEAN_REJECTED || !judge_marks(&job->result))
		return false;
	if (run->twins)
		sha256_bytes(bytes.p, bytes.n, job->digest);
	compare_size(job, &job->result);
	fine = move_labels(run, job, &labels);
	if (fine) {
		place(run, job);
		write_record(run, job, buf_span(&labels));
	}
	buf_release(&labels);
	return fine;
}

static void
work(void *ctx, void *j)
{
	struct run *run = ctx;
	struct job *job = j;
	double begin = image_clock();
	struct bench *b;

	buf_reset(&job->out);
	drop_masks(job);
	if (job->header)
		return;
	b = borrow_bench(run);
	job->result = (struct clean_result){ .action = CLEAN_REJECTED };
	if (!clean_one(run, job, b)) {
		job->result.action = CLEAN_REJECTED;
		write_reject(job);
	}
	job->seconds = image_clock() - begin;
	return_bench(run, b);
}

/* ---- give ---- */

static void
remove_target(const struct run *run, struct span name)
{
	struct buf path = BUF_INIT;

	add_target(run, name, &path);
	if (!run->archive && unlink(path.p) != 0)
		die("cannot remove %s:", path.p);
	buf_release(&path);
}

/* Add the member "duplicate" to the record; or reject it, and take its new file away. */
static void
mark_duplicate(const struct run *run, struct job *job, struct twin twin)
{
	struct buf v = BUF_INIT, out = BUF_INIT;

	if (drop_duplicates) {
		image_reject(&job->result.f, "duplicate", "it is %s %s",
		    twin.distance < 0 ? "the same as" : "like", twin.name);
		job->result.action = CLEAN_REJECTED;
		remove_target(run, buf_span(&job->name));
		for (size_t i = 0; i < job->masks; i++)
			remove_target(run, span_str(job->mask[i].name));
		buf_reset(&job->out);
		write_reject(job);
	} else {
		jw_open(&v, '{');
		jw_member_str(&v, "of", twin.name);
		jw_member_bool(&v, "exact", twin.distance < 0);
		jw_member_u64(&v, "distance", twin.distance < 0 ? 0 : (uint64_t)twin.distance);
		jw_close(&v, '}');
		json_edit(&out, buf_span(&job->out),
		    &(struct json_change){ "duplicate", buf_span(&v) }, 1);
		buf_reset(&job->out);
		buf_addspan(&job->out, buf_span(&out));
	}
	buf_release(&v);
	buf_release(&out);
}

/* In the order of the stream, so that the first of a group is the one that stays. */
static void
look_for_twin(struct run *run, struct job *job)
{
	struct twin twin;

	if (run->twins == NULL || job->result.action == CLEAN_REJECTED)
		return;
	twin = twins_ask(run->twins, job->digest, job->result.signals.hash, buf_str(&job->source));
	if (twin.name == NULL)
		return;
	run->duplicates++;
	mark_duplicate(run, job, twin);
}

static void
give_line(struct out *out, struct span line)
{
	buf_addspan(&out->b, line);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

/* The new files of a record into the new archive. */
static void
give_files(struct run *run, const struct job *job)
{
	if (sink_add(run->archive, job->name.p, buf_span(&job->file)) != 0)
		die("cannot write %s!/%s:", output, job->name.p);
	for (size_t i = 0; i < job->masks; i++)
		if (sink_add(run->archive, job->mask[i].name, buf_span(&job->mask[i].bytes)) != 0)
			die("cannot write %s!/%s:", output, job->mask[i].name);
}

static void
give(void *ctx, void *j)
{
	struct run *run = ctx;
	struct job *job = j;

	if (job->header) {
		run->headers++;
		give_line(out_stdout(), buf_span(&job->line));
		return;
	}
	look_for_twin(run, job);
	run->pictures++;
	run->action[job->result.action]++;
	progress_step(1);
	if (job->result.action != CLEAN_REJECTED) {
		if (run->archive)
			give_files(run, job);
		give_line(out_stdout(), buf_span(&job->out));
	} else if (rejects_path) {
		give_line(&run->rejects.out, buf_span(&job->out));
	}
	if (report_path)
		write_report(&run->report.out, job);
}

static void
release(void *j)
{
	struct job *job = j;
	struct buf *all[] = { &job->line, &job->source, &job->name, &job->member, &job->file,
		&job->out };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		buf_release(all[i]);
	drop_masks(job);
	free(job->mask);
	rec_release(&job->r);
}

/* ---- options ---- */

static void
set_sampling(int choice)
{
	static const int h[] = { 2, 2, 1, 1 }, v[] = { 2, 1, 2, 1 };

	policy.encoding.h = h[choice];
	policy.encoding.v = v[choice];
}

static void
set_background(const char *hex)
{
	char *end;
	unsigned long v = strtoul(hex, &end, 16);

	if (strlen(hex) != 6 || *end != '\0')
		tool_usage("--background takes six hexadecimal digits (RRGGBB), not '%s'", hex);
	for (int i = 0; i < 3; i++)
		policy.background[i] = (unsigned char)(v >> (16 - 8 * i));
}

/* "800x600", or "1024" for both. */
static void
set_resize(const char *text)
{
	struct span rest = span_str(text), piece;
	uint64_t w, h;

	if (text == NULL)
		return;
	span_cut(&rest, 'x', &piece);
	if (!num_parse_u64(piece, &w) || !num_parse_u64(rest.p ? rest : piece, &h) || w < 1 ||
	    h < 1 || w > 65500 || h > 65500)
		tool_usage("--resize takes WxH or N (1 to 65500), not '%s'", text);
	policy.fit_w = (uint32_t)w;
	policy.fit_h = (uint32_t)h;
}

static void
set_policy(void)
{
	if (output == NULL)
		tool_usage("where to? give -o DIR");
	if (quality < 1 || quality > 100)
		tool_usage("--quality is 1 to 100");
	if (keep_rows < 1 || keep_rows > 100)
		tool_usage("--keep-rows is 1 to 100");
	if (distance > 15)
		tool_usage("--distance is 0 to 15");
	if (min_size > 65500 || max_size > 65500)
		tool_usage("--min-size and --max-size are at most 65500");
	files_mode |= nul;
	duplicates |= drop_duplicates;
	policy.measure = with_signals || drop_marked || duplicates;
	policy.min_size = (uint32_t)min_size;
	policy.max_size = (uint32_t)max_size;
	set_resize(resize);
	policy.encoding.quality = (int)quality;
	set_sampling(subsampling);
	set_background(background);
	policy.cmyk = (enum jpeg_cmyk)cmyk;
	policy.lim = (struct image_limits){ .pixels = max_pixels,
		.scans = (unsigned)(max_scans < 100000 ? max_scans : 100000),
		.seconds = max_time,
		.keep_rows = (int)keep_rows,
		.keep_damaged = keep_damaged };
}

/* ---- the run as a whole ---- */

static bool
is_archive_name(const char *path)
{
	static const char *const ends[] = { ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz",
		".zip" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (span_ends(span_str(path), span_str(ends[i])))
			return true;
	return false;
}

static void
open_side_file(struct newfile *f, const char *path)
{
	if (path == NULL)
		return;
	if (newfile_open(f, path, force ? FILE_FORCE : 0) == 0)
		return;
	if (errno == EEXIST)
		die("%s is there already; --force replaces it", path);
	die("cannot write %s:", path);
}

static void
close_side_file(struct newfile *f, const char *path)
{
	if (path && newfile_commit(f) != 0)
		die("cannot write %s:", path);
}

static void
open_output(struct run *run)
{
	if (is_archive_name(output)) {
		run->archive = sink_open(output, force ? SINK_FORCE : 0);
		if (run->archive == NULL)
			die(errno == EEXIST ? "%s is there already; --force replaces it"
					    : "cannot write %s:",
			    output);
	} else if (make_dirs(output, 0777) != 0) {
		die("cannot make the folder %s:", output);
	}
	open_side_file(&run->rejects, rejects_path);
	open_side_file(&run->report, report_path);
}

static void
close_output(struct run *run)
{
	if (run->archive ? sink_commit(run->archive) != 0 : file_sync_all(output) != 0)
		die("cannot write %s:", output);
	close_side_file(&run->rejects, rejects_path);
	close_side_file(&run->report, report_path);
}

/* Every record read is in exactly one of these numbers. */
static void
summarize(const struct run *run)
{
	const uint64_t *n = run->action;
	uint64_t rejected = n[CLEAN_REJECTED], passed = n[CLEAN_PASSED] + n[CLEAN_MENDED];
	uint64_t converted = n[CLEAN_RECODED] + n[CLEAN_ENCODED];

	if (tool_verbose())
		say("read %llu = passed %llu (%llu mended) + converted %llu (%llu without loss) + rejected %llu",
		    (unsigned long long)run->pictures, (unsigned long long)passed,
		    (unsigned long long)n[CLEAN_MENDED], (unsigned long long)converted,
		    (unsigned long long)n[CLEAN_RECODED], (unsigned long long)rejected);
	else if (rejected)
		say("%llu of %llu pictures were rejected", (unsigned long long)rejected,
		    (unsigned long long)run->pictures);
}

/* Names of files come from the operands one after the other, or from standard input. */
static void
run_lists(struct run *run, const struct ordered *o, char **files, int n)
{
	char *standard[] = { (char *)"-" };

	for (int i = 0; i < (n ? n : 1); i++)
		if (input_open(&run->list, n ? files[i] : standard[0])) {
			ordered_run(o, tool_jobs());
			input_close(&run->list);
		}
}

int
main(int argc, char **argv)
{
	static struct run run = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct ordered o = { sizeof(struct job), &run, take, work, give, release };
	int i = tool_begin(&tool, argc, argv);

	set_policy();
	open_output(&run);
	run.members = source_reader_new(max_bytes);
	if (duplicates)
		run.twins = twins_new((unsigned)distance);
	progress_begin("pictures", 0);
	if (files_mode) {
		run_lists(&run, &o, argv + i, argc - i);
	} else {
		rec_open(&run.in, argv + i, (size_t)(argc - i));
		ordered_run(&o, tool_jobs());
		rec_close(&run.in);
	}
	progress_end();
	close_output(&run);
	summarize(&run);
	rec_release(&run.next);
	targets_release(&run.names);
	twins_free(run.twins);
	source_reader_free(run.members);
	while (run.benches > 0)
		bench_free(run.bench[--run.benches]);
	return tool_end();
}
