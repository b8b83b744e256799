/*
 * ds-clean: records (or file names) in; the same records out, with a clean
 * JPEG in the output folder behind each `source`.
 *
 * Pictures are worked on in parallel and given out in the order of the input.
 * take() reads a record and gives its new file a name, work() does all that is
 * costly (image/picture.h), give() writes the record and counts. Memory: at
 * most one picture a thread; rows are streamed where nothing needs the whole
 * of it.
 */
#include <errno.h>
#include <stdlib.h>

#include <png.h>

#include "archive/source.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/num.h"
#include "base/ordered.h"
#include "base/progress.h"
#include "base/tool.h"
#include "base/utf8.h"
#include "image/clean.h"
#include "image/picture.h"
#include "image/output.h"
#include "image/png.h"
#include "image/rewrite.h"
#include "image/targets.h"
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
	struct cleaning clean;
	struct twins *twins; /* NULL: duplicates are not looked for */
	struct newfile rejects, report;
	/* counts */
	uint64_t pictures, action[CLEAN_ENCODED + 1];
};

struct job {
	bool header; /* p.line is one, and passes as it is */
	struct picture p;
};

/* ---- take ---- */

/* A file name as a record. A name that is no UTF-8 cannot be one. */
static bool
next_name(struct run *run, struct picture *p)
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
	buf_reset(&p->line);
	jw_open(&p->line, '{');
	jw_member_string(&p->line, "source", name);
	jw_close(&p->line, '}');
	buf_reset(&p->source);
	buf_addspan(&p->source, name);
	p->pos = input_pos(&run->list, 0);
	return true;
}

static bool
next_record(struct run *run, struct picture *p)
{
	struct buf scratch = BUF_INIT;

	if (!rec_next(&run->in, &run->next))
		return false;
	buf_reset(&p->line);
	buf_addspan(&p->line, run->next.line);
	p->pos = run->next.pos;
	buf_reset(&p->source);
	buf_addspan(&p->source, rec_string(&run->next, REC_SOURCE, &scratch));
	buf_release(&scratch);
	return true;
}

static bool
take(void *ctx, void *j)
{
	struct run *run = ctx;
	struct job *job = j;
	struct picture *p = &job->p;
	struct buf scratch = BUF_INIT;
	struct span id = SPAN_NONE;

	if (!(files_mode ? next_name(run, p) : next_record(run, p)))
		return false;
	job->header = !files_mode && run->next.header;
	if (job->header)
		return true;
	if (!files_mode)
		id = rec_string(&run->next, REC_ID, &scratch);
	buf_reset(&p->name);
	targets_name(&run->names, buf_span(&p->source), id, &p->name);
	buf_release(&scratch);
	picture_load_member(p, run->members);
	return true;
}

/* ---- work, give ---- */

static void
work(void *ctx, void *j)
{
	struct run *run = ctx;
	struct job *job = j;

	if (!job->header)
		picture_clean(&run->clean, &job->p);
}

static void
give_line(struct out *out, struct span line)
{
	buf_addspan(&out->b, line);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
give_report(struct out *out, const struct picture *p)
{
	rewrite_report(buf_span(&p->source), &p->result, policy.measure, p->seconds, &out->b);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
give(void *ctx, void *j)
{
	struct run *run = ctx;
	struct job *job = j;
	struct picture *p = &job->p;

	if (job->header) {
		give_line(out_stdout(), buf_span(&p->line));
		return;
	}
	if (run->twins)
		picture_find_twin(&run->clean, p, run->twins, drop_duplicates);
	run->pictures++;
	run->action[p->result.action]++;
	progress_step(1);
	picture_pack(&run->clean, p);
	if (p->result.action != CLEAN_REJECTED)
		give_line(out_stdout(), buf_span(&p->out));
	else if (rejects_path)
		give_line(&run->rejects.out, buf_span(&p->out));
	if (report_path)
		give_report(&run->report.out, p);
}

static void
release(void *j)
{
	struct job *job = j;

	picture_release(&job->p);
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
open_run(struct run *run)
{
	struct cleaning *c = &run->clean;

	c->policy = policy;
	c->rewrite = (struct rewrite){
		.sha256 = with_sha256, .signals = with_signals, .phash = with_signals || duplicates
	};
	c->label_space = (enum label_space)label_space;
	c->max_bytes = max_bytes;
	c->drop_marked = drop_marked;
	c->digests = duplicates;
	output_open(&c->output, output, (enum output_how)images, force);
	open_side_file(&run->rejects, rejects_path);
	open_side_file(&run->report, report_path);
	cleaning_begin(c);
	run->members = source_reader_new(max_bytes);
	if (duplicates)
		run->twins = twins_new((unsigned)distance);
}

static void
close_run(struct run *run)
{
	output_close(&run->clean.output);
	close_side_file(&run->rejects, rejects_path);
	close_side_file(&run->report, report_path);
	cleaning_end(&run->clean);
	source_reader_free(run->members);
	twins_free(run->twins);
	targets_release(&run->names);
	rec_release(&run->next);
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
		say("%llu of %llu %s rejected", (unsigned long long)rejected,
		    COUNTED(run->pictures, "picture was", "pictures were"));
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
	struct run run = { .pictures = 0 };
	struct ordered o = { sizeof(struct job), &run, take, work, give, release };
	int i = tool_begin(&tool, argc, argv);

	set_policy();
	open_run(&run);
	progress_begin("pictures", 0);
	if (files_mode) {
		run_lists(&run, &o, argv + i, argc - i);
	} else {
		rec_open(&run.in, argv + i, (size_t)(argc - i));
		ordered_run(&o, tool_jobs());
		rec_close(&run.in);
	}
	progress_end();
	close_run(&run);
	summarize(&run);
	return tool_end();
}
