/* Errors, source and destination of libjpeg: see jpeg_lib.h. */
#include "image/jpeg_lib.h"

#include <jerror.h>

#include "base/diag.h"
#include "base/mem.h"

/* libjpeg gives up. When the machine is at fault the program ends; else the picture is. */
static void
on_error(j_common_ptr c)
{
	struct jpeg_trap *t = (struct jpeg_trap *)c->err;

	c->err->format_message(c, t->text);
	if (c->err->msg_code == JERR_OUT_OF_MEMORY || t->f == NULL)
		die("libjpeg: %s", t->text);
	switch (c->err->msg_code) {
	case JERR_BAD_PRECISION:
	case JERR_SOF_UNSUPPORTED:
	case JERR_CONVERSION_NOTIMPL:
	case JERR_NOTIMPL:
	case JERR_COMPONENT_COUNT:
	case JERR_FRACT_SAMPLE_NOTIMPL:
	case JERR_CCIR601_NOTIMPL:
	case JERR_NOT_COMPILED:
		image_reject(t->f, "unsupported-jpeg", "JPEG: %s", t->text);
		break;
	case JERR_INPUT_EOF:
	case JERR_INPUT_EMPTY:
		image_reject(t->f, "truncated", "JPEG: the data ends early");
		break;
	default:
		image_reject(t->f, "corrupt", "JPEG: %s", t->text);
	}
	longjmp(t->jump, 1);
}

static void
on_warning(j_common_ptr c, int level)
{
	struct jpeg_trap *t = (struct jpeg_trap *)c->err;
	struct jpeg_decompress_struct *d = (struct jpeg_decompress_struct *)c;

	if (level >= 0 || !c->is_decompressor)
		return;
	switch (c->err->msg_code) {
	case JWRN_JPEG_EOF:
		return;
	case JWRN_HIT_MARKER:
		if (!t->hit_marker)
			t->bad_at = d->input_iMCU_row;
		t->hit_marker = true;
		return;
	case JWRN_EXTRANEOUS_DATA:
		if (!t->in_scan)
			return;
		break;
	case JWRN_ADOBE_XFORM:
		return;
	}
	if (t->damage++ == 0)
		c->err->format_message(c, t->text);
}

static void
on_message(j_common_ptr c)
{
	(void)c;
}

/* Called for each row of blocks and each pass: the place to notice that it takes too long. */
static void
on_progress(j_common_ptr c)
{
	struct jpeg_trap *t = (struct jpeg_trap *)c->err;
	struct jpeg_decompress_struct *d = (struct jpeg_decompress_struct *)c;

	if ((unsigned)d->input_scan_number > t->lim->scans) {
		image_reject(
		    t->f, "too-many-scans", "JPEG: more scans than --max-scans %u", t->lim->scans);
		longjmp(t->jump, 1);
	}
	if (image_late(t->lim, t->f))
		longjmp(t->jump, 1);
}

static void
source_init(j_decompress_ptr d)
{
	(void)d;
}

/* The data is over: libjpeg goes on with an end marker of ours, and we remember. */
static boolean
source_fill(j_decompress_ptr d)
{
	static const JOCTET end[2] = { 0xff, JPEG_EOI };
	struct jpeg_trap *t = (struct jpeg_trap *)d->err;

	t->ran_out = true;
	d->src->next_input_byte = end;
	d->src->bytes_in_buffer = 2;
	return TRUE;
}

static void
source_skip(j_decompress_ptr d, long n)
{
	if (n <= 0)
		return;
	if ((size_t)n > d->src->bytes_in_buffer) {
		source_fill(d);
		return;
	}
	d->src->next_input_byte += n;
	d->src->bytes_in_buffer -= (size_t)n;
}

static void
trap_init(struct jpeg_trap *t)
{
	*t = (struct jpeg_trap){ .lim = NULL };
	jpeg_std_error(&t->mgr);
	t->mgr.error_exit = on_error;
	t->mgr.emit_message = on_warning;
	t->mgr.output_message = on_message;
}

void
jpeg_trap_open(struct jpeg_trap *t, struct jpeg_decompress_struct *d, struct span file,
    const struct image_limits *lim, struct finding *f)
{
	trap_init(t);
	t->lim = lim;
	t->f = f;
	memset(d, 0, sizeof(*d));
	d->err = &t->mgr;
	jpeg_create_decompress(d);
	t->progress.progress_monitor = on_progress;
	d->progress = &t->progress;
	t->source = (struct jpeg_source_mgr){ .next_input_byte = (const JOCTET *)file.p,
		.bytes_in_buffer = file.n,
		.init_source = source_init,
		.fill_input_buffer = source_fill,
		.skip_input_data = source_skip,
		.resync_to_restart = jpeg_resync_to_restart,
		.term_source = source_init };
	d->src = &t->source;
}

void
jpeg_trap_compress(struct jpeg_trap *t, struct jpeg_compress_struct *c)
{
	trap_init(t);
	memset(c, 0, sizeof(*c));
	c->err = &t->mgr;
	jpeg_create_compress(c);
}

/* Did a progressive file that broke off bring the full precision of every coefficient? */
static bool
all_bits_there(const struct jpeg_decompress_struct *d)
{
	if (!d->progressive_mode || d->coef_bits == NULL)
		return true;
	for (int i = 0; i < d->num_components; i++)
		for (int k = 0; k < DCTSIZE2; k++)
			if (d->coef_bits[i][k] != 0)
				return false;
	return true;
}

void
jpeg_trap_finish(struct jpeg_trap *t, struct jpeg_decompress_struct *d)
{
	t->bits_missing = !all_bits_there(d);
	jpeg_finish_decompress(d);
}

static bool
judge_truncated(struct jpeg_trap *t, struct jpeg_decompress_struct *d)
{
	unsigned percent = d->total_iMCU_rows ? t->bad_at * 100 / d->total_iMCU_rows : 0;

	/* an end marker in the middle of the data leaves bytes behind: damage, not a cut */
	if (!t->ran_out) {
		if (t->lim->keep_damaged) {
			t->f->notes |= NOTE_DAMAGED;
			return true;
		}
		return image_reject(t->f, "corrupt",
		    "JPEG: a marker stands in the middle of the data, at %u %% of the rows",
		    percent);
	}
	if (d->progressive_mode)
		percent = 0;
	if (percent > 0 && percent >= (unsigned)t->lim->keep_rows) {
		t->f->notes |= NOTE_TRUNCATED;
		return true;
	}
	if (d->progressive_mode)
		return image_reject(
		    t->f, "truncated", "JPEG: the data ends before the last scan does");
	return image_reject(t->f, "truncated", "JPEG: the data ends at %u %% of the rows", percent);
}

bool
jpeg_trap_judge(struct jpeg_trap *t, struct jpeg_decompress_struct *d)
{
	if (t->f->code)
		return false;
	if (t->damage && !t->lim->keep_damaged)
		return image_reject(t->f, "corrupt", "JPEG: %s", t->text);
	if (t->damage)
		t->f->notes |= NOTE_DAMAGED;
	if (t->hit_marker || (t->ran_out && t->bits_missing))
		return judge_truncated(t, d);
	if (t->ran_out)
		t->f->notes |= NOTE_NO_END;
	else if (t->source.bytes_in_buffer > 0)
		t->f->notes |= NOTE_TRAILING;
	return true;
}

/* ---- destination ---- */

static void
sink_init(j_compress_ptr c)
{
	struct jpeg_sink *s = (struct jpeg_sink *)c->dest;

	buf_reserve(s->out, 64 * 1024);
	s->mgr.next_output_byte = (JOCTET *)s->out->p + s->out->n;
	s->mgr.free_in_buffer = s->out->cap - s->out->n - 1;
}

static boolean
sink_more(j_compress_ptr c)
{
	struct jpeg_sink *s = (struct jpeg_sink *)c->dest;

	s->out->n = s->out->cap - 1;
	buf_reserve(s->out, s->out->cap);
	sink_init(c);
	return TRUE;
}

static void
sink_term(j_compress_ptr c)
{
	struct jpeg_sink *s = (struct jpeg_sink *)c->dest;

	s->out->n = s->out->cap - 1 - s->mgr.free_in_buffer;
	s->out->p[s->out->n] = '\0';
}

void
jpeg_sink_init(struct jpeg_sink *s, struct jpeg_compress_struct *c, struct buf *out)
{
	s->out = out;
	s->mgr = (struct jpeg_destination_mgr){ .init_destination = sink_init,
		.empty_output_buffer = sink_more,
		.term_destination = sink_term };
	c->dest = &s->mgr;
}

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *
jpeg_library(void)
{
#ifdef LIBJPEG_TURBO_VERSION
	return "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION);
#else
	return "libjpeg " TEXT(JPEG_LIB_VERSION);
#endif
}
