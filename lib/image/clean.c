/* The cleaning policy: see clean.h. */
#include "image/clean.h"

#include <stdlib.h>

#include "base/mem.h"
#include "image/bmp.h"
#include "image/exif.h"
#include "image/png.h"
#include "image/resize.h"
#include "image/turn.h"

enum {
	SOF_BASELINE = 0xc0,
	SOF_EXTENDED,
	SOF_PROGRESSIVE,
	SOF_ARITHMETIC = 0xc9,
	SOF_ARITHMETIC_PROGRESSIVE
};

/* Rows on their way from a decoder to the new file, none of them kept. */
struct passage {
	struct image_taker taker;
	struct bench *b;
	struct clean_result *r;
	struct jpeg_writer *writer; /* NULL: the decoder gives a whole picture */
	uint32_t y;                 /* rows so far */
};

struct bench {
	const struct clean_options *o;
	struct image_limits lim; /* with the present picture's deadline */
	struct buf input, out, exif;
	struct image im, spare, small;
	struct passage passage;
	struct jpeg_encoding encoding; /* with the present picture's metadata */
	struct jpeg_scanner *scanner;
	struct colours *colours;
};

struct bench *
bench_new(const struct clean_options *o)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->o = o;
	b->scanner = jpeg_scanner_new();
	b->colours = colours_new();
	return b;
}

void
bench_free(struct bench *b)
{
	if (b == NULL)
		return;
	buf_release(&b->input);
	buf_release(&b->out);
	buf_release(&b->exif);
	image_release(&b->im);
	image_release(&b->spare);
	image_release(&b->small);
	jpeg_scanner_free(b->scanner);
	colours_free(b->colours);
	free(b);
}

struct buf *
bench_input(struct bench *b)
{
	return &b->input;
}

const char *
clean_action_name(enum clean_action a)
{
	static const char *const name[] = { "rejected", "passed", "mended", "recoded", "encoded" };

	return name[a];
}

/* ---- pixels to a new JPEG ---- */

/* The size that the picture shall have, upright. True when it is smaller than it is now. */
static bool
new_size(const struct bench *b, struct clean_result *r)
{
	bool transpose = turn_of(r->orientation).transpose;

	return fit_size(transpose ? r->h : r->w, transpose ? r->w : r->h, b->o->fit_w, b->o->fit_h,
	    &r->new_w, &r->new_h);
}

/* Shrink and turn, in the order that moves fewer pixels. */
static void
fit_pixels(struct bench *b, struct clean_result *r)
{
	bool transpose = turn_of(r->orientation).transpose;
	uint32_t w, h;

	if (new_size(b, r))
		r->f.notes |= NOTE_RESIZED;
	w = transpose ? r->new_h : r->new_w;
	h = transpose ? r->new_w : r->new_h;
	if (b->im.w != w || b->im.h != h)
		image_shrink(&b->im, w, h, &b->spare);
	if (r->orientation > 1) {
		image_turn(&b->im, r->orientation, &b->spare);
		r->f.notes |= NOTE_TURNED;
	}
}

static enum colour_model
model_of(const struct clean_result *r)
{
	return r->f.notes & NOTE_GREY ? MODEL_GREY : MODEL_RGB;
}

/* sRGB, and no transparency. */
static void
plain_colours(struct bench *b, struct image *im, enum colour_model model, uint32_t *notes)
{
	if (b->o->keep_icc)
		buf_reset(&im->icc);
	if (b->o->no_gamma)
		im->gamma = 0;
	colours_convert(b->colours, im, model, notes);
	image_flatten(im, b->o->background, notes);
}

/* Row by row when the picture keeps its size and is upright. */
static bool
passage_begin(struct image_taker *t, struct image *im)
{
	struct passage *p = (struct passage *)t;
	struct bench *b = p->b;

	jpeg_writer_drop(p->writer);
	p->writer = NULL;
	p->y = 0;
	p->r->w = im->w;
	p->r->h = im->h;
	if (im->orientation > 1 || new_size(b, p->r))
		return false;
	buf_reset(&b->out);
	p->writer = jpeg_writer_new(im->w, im->h, &b->encoding, &b->out);
	if (b->o->measure)
		signal_begin(im->w, im->h, 8, &b->small);
	return true;
}

static void
passage_take(struct image_taker *t, struct image *im)
{
	struct passage *p = (struct passage *)t;
	struct bench *b = p->b;

	plain_colours(b, im, model_of(p->r), &p->r->f.notes);
	jpeg_writer_rows(p->writer, im);
	if (b->o->measure)
		signal_rows(im, 8, p->y, &b->small);
	p->y += im->h;
}

/* From here until encode_pixels() decoders may give rows one by one. */
static void
open_passage(struct bench *b, struct clean_result *r)
{
	b->passage = (struct passage){ .taker = { passage_begin, passage_take }, .b = b, .r = r };
	b->im.taker = &b->passage.taker;
}

static void
close_passage(struct bench *b)
{
	b->im.taker = NULL;
	jpeg_writer_drop(b->passage.writer);
	b->passage.writer = NULL;
}

/* Colours, background, size, upright, and the new file, as far as that is not done. */
static void
encode_pixels(struct bench *b, struct clean_result *r, enum colour_model model)
{
	struct image *im = &b->im;

	if (b->passage.writer) {
		jpeg_writer_end(b->passage.writer);
		b->passage.writer = NULL;
	} else {
		plain_colours(b, im, model, &r->f.notes);
		fit_pixels(b, r);
		buf_reset(&b->out);
		jpeg_encode(im, &b->encoding, &b->out);
		if (b->o->measure)
			signal_small(im, 8, &b->small);
	}
	r->bytes = buf_span(&b->out);
	r->action = CLEAN_ENCODED;
	if (b->o->measure)
		signals_measure(&b->small, r->new_w, r->new_h, -1, &r->signals);
}

/* ---- JPEG ---- */

static bool
reject_kind_of_jpeg(const struct jpeg_head *h, struct finding *f)
{
	if (h->sof == 0xc3 || h->sof == 0xcb)
		return image_reject(f, "unsupported-jpeg", "JPEG: it is lossless JPEG");
	if ((h->sof >= 0xc5 && h->sof <= 0xc7) || (h->sof >= 0xcd && h->sof <= 0xcf))
		return image_reject(f, "unsupported-jpeg", "JPEG: it is hierarchical JPEG");
	if (h->precision != 8)
		return image_reject(
		    f, "unsupported-jpeg", "JPEG: it has %d bits a sample, not 8", h->precision);
	if (h->n != 1 && h->n != 3 && h->n != 4)
		return image_reject(f, "unsupported-jpeg", "JPEG: it has %d components", h->n);
	return true;
}

static uint32_t
notes_of_jpeg(const struct jpeg_head *h)
{
	uint32_t notes = 0;

	if (h->sof == SOF_PROGRESSIVE || h->sof == SOF_ARITHMETIC_PROGRESSIVE)
		notes |= NOTE_PROGRESSIVE;
	if (h->sof == SOF_ARITHMETIC || h->sof == SOF_ARITHMETIC_PROGRESSIVE)
		notes |= NOTE_ARITHMETIC;
	if (h->sof == SOF_EXTENDED)
		notes |= NOTE_EXTENDED;
	if (h->extraneous)
		notes |= NOTE_EXTRANEOUS;
	if (h->mpo)
		notes |= NOTE_ANIMATED;
	if (h->n == 3 && !jpeg_sampling_plain(h))
		notes |= NOTE_SUBSAMPLING;
	return notes;
}

/* Can it be whole at all? A block of a sequential file takes a bit and a half at the very least. */
static bool
check_bytes(const struct jpeg_head *h, struct span file, struct finding *f)
{
	if ((h->sof == SOF_BASELINE || h->sof == SOF_EXTENDED) &&
	    (uint64_t)h->w * h->h > (uint64_t)file.n * 256)
		return image_reject(f, "truncated",
		    "JPEG: %zu bytes cannot hold its %u x %u pixels", file.n, h->w, h->h);
	return true;
}

/* Judge what the scanner saw. Pictures that are kept all the same go to the decoder. */
static bool
judge_scan(const struct jpeg_state *st, const struct image_limits *lim, struct finding *f)
{
	switch (st->verdict) {
	case JPEG_TRUNCATED:
		if (st->percent > 0 && st->percent >= (unsigned)lim->keep_rows)
			return true;
		return image_reject(
		    f, "truncated", "JPEG: %s, at %u %% of the rows", st->why, st->percent);
	case JPEG_DAMAGED:
		if (lim->keep_damaged) {
			f->notes |= NOTE_DAMAGED;
			return true;
		}
		return image_reject(f, "corrupt", "JPEG: %s", st->why);
	case JPEG_NO_END:
		f->notes |= NOTE_NO_END;
		return true;
	case JPEG_SOUND:
		f->notes |= st->trailing ? NOTE_TRAILING : 0;
		return true;
	case JPEG_NOT_SCANNED:
		break;
	}
	return true;
}

/* What is known of a JPEG before anything is done to it. */
struct jpeg_facts {
	struct jpeg_head h;
	struct jpeg_state st;
	enum profile_use profile;
	bool whole; /* scanned, and sound but for a missing end */
	bool resize;
};

static bool
examine_jpeg(struct bench *b, struct span file, struct jpeg_facts *j, struct clean_result *r)
{
	struct finding *f = &r->f;

	buf_reset(&b->im.icc);
	if (!jpeg_read_head(file, &j->h, &b->im.icc, f))
		return false;
	r->w = j->h.w;
	r->h = j->h.h;
	r->orientation = j->h.orientation;
	if (!image_check_size(j->h.w, j->h.h, &b->lim, f) || !reject_kind_of_jpeg(&j->h, f) ||
	    !check_bytes(&j->h, file, f))
		return false;
	f->notes |= notes_of_jpeg(&j->h);
	j->st.verdict = JPEG_NOT_SCANNED;
	if (!b->o->always_encode) {
		jpeg_scan(b->scanner, file, &j->h, &j->st);
		if (!judge_scan(&j->st, &b->lim, f))
			return false;
	}
	j->whole = j->st.verdict == JPEG_SOUND || j->st.verdict == JPEG_NO_END;
	j->profile = colours_profile(b->colours, buf_span(&b->im.icc),
	    j->h.n == 1   ? MODEL_GREY
	    : j->h.n == 4 ? MODEL_INKS
			  : MODEL_RGB);
	if (j->profile == PROFILE_IGNORED)
		f->notes |= NOTE_ICC_IGNORED;
	if (b->o->keep_icc)
		j->profile = j->profile == PROFILE_CONVERT ? PROFILE_IGNORED : j->profile;
	j->resize = new_size(b, r);
	return true;
}

/* The bytes as they are, or with segments dropped, cut off behind the end, or with an end marker added. */
static bool
pass_jpeg(struct bench *b, struct span file, const struct jpeg_facts *j, struct clean_result *r)
{
	bool strip =
	    (b->o->strip && j->h.metadata) || j->profile == PROFILE_IGNORED || j->h.extraneous;

	r->bytes = file;
	r->action = CLEAN_PASSED;
	if (strip || j->st.verdict == JPEG_NO_END || j->st.end < file.n) {
		buf_reset(&b->out);
		jpeg_copy_bytes(file, &j->st, strip, &b->out);
		r->bytes = buf_span(&b->out);
		r->f.notes |= strip && j->h.metadata ? NOTE_OBJECTS : 0;
		r->action = CLEAN_MENDED;
	}
	return true;
}

/* Can the coefficients be taken over? */
static bool
can_recode(const struct bench *b, const struct jpeg_facts *j)
{
	enum jpeg_colour colour = jpeg_colour(&j->h);

	return !b->o->always_encode && !j->resize && j->profile != PROFILE_CONVERT &&
	       (colour == JPEG_GREY || (colour == JPEG_YCC && jpeg_sampling_plain(&j->h))) &&
	       (j->whole || j->st.verdict == JPEG_NOT_SCANNED);
}

static bool
recode_jpeg(struct bench *b, struct span file, const struct jpeg_facts *j, struct clean_result *r)
{
	buf_reset(&b->out);
	if (!jpeg_copy(file, &j->h, r->orientation, &b->lim, &b->encoding, &b->out, &r->f))
		return false;
	r->bytes = buf_span(&b->out);
	r->action = CLEAN_RECODED;
	if (r->orientation > 1)
		r->f.notes |= NOTE_TURNED;
	return true;
}

/* The metadata for a new file: that of the old one, but upright. */
static void
keep_exif(struct bench *b, const struct jpeg_head *h)
{
	b->encoding.exif = SPAN_NONE;
	if (!b->o->keep_exif || h->exif.p == NULL)
		return;
	buf_reset(&b->exif);
	buf_add(&b->exif, "Exif\0", 6);
	buf_addspan(&b->exif, h->exif);
	exif_set_upright(b->exif.p + 6, h->exif.n);
	b->encoding.exif = buf_span(&b->exif);
}

/* Signals of a file whose pixels were not decoded: from the scan's DC values, else from the new file. */
static void
measure_jpeg(struct bench *b, const struct jpeg_facts *j, struct clean_result *r)
{
	struct jpeg_decoding how = { &b->lim, CMYK_PLAIN, 1 };
	struct finding nothing = { .code = NULL };
	struct jpeg_head head = { .n = 3 };
	double detail = -1;
	bool inks;

	if (!b->o->measure)
		return;
	if (j->whole) {
		jpeg_scan_grey(b->scanner, &b->small);
		detail = j->st.detail;
		image_turn(&b->small, r->orientation, &b->spare);
	} else if (jpeg_decode(r->bytes, &head, &how, &b->im, &inks, &nothing)) {
		signal_small(&b->im, 1, &b->small);
	} else {
		image_reject(
		    &r->f, "corrupt", "its coefficients make no picture: %s", nothing.reason);
		return;
	}
	signals_measure(&b->small, r->new_w, r->new_h, detail, &r->signals);
}

/* How many eighths of the size the decoder shall give: the least that is not too small. */
static int
decoding_scale(const struct clean_result *r, const struct jpeg_facts *j)
{
	bool transpose = turn_of(r->orientation).transpose;
	uint32_t w = transpose ? r->new_h : r->new_w, h = transpose ? r->new_w : r->new_h;
	int scale = 8;

	while (j->resize && scale > 1 && r->w * (uint64_t)(scale / 2) / 8 >= w &&
	       r->h * (uint64_t)(scale / 2) / 8 >= h)
		scale /= 2;
	return scale;
}

static void
clean_jpeg(struct bench *b, struct span file, struct clean_result *r)
{
	struct jpeg_decoding how = { .lim = &b->lim, .cmyk = b->o->cmyk };
	struct jpeg_facts j = { .resize = false };
	bool inks;

	if (!examine_jpeg(b, file, &j, r))
		return;
	if (j.whole && jpeg_is_plain(&j.h) && r->orientation == 1 && !j.resize &&
	    j.profile != PROFILE_CONVERT) {
		pass_jpeg(b, file, &j, r);
		measure_jpeg(b, &j, r);
		return;
	}
	keep_exif(b, &j.h);
	if (can_recode(b, &j) && recode_jpeg(b, file, &j, r)) {
		measure_jpeg(b, &j, r);
		return;
	}
	if (r->f.code)
		return;
	b->im.gamma = 0;
	b->im.orientation = r->orientation;
	how.scale = decoding_scale(r, &j);
	open_passage(b, r);
	if (jpeg_decode(file, &j.h, &how, &b->im, &inks, &r->f))
		encode_pixels(b, r, inks ? MODEL_INKS : model_of(r));
}

/* ---- the others ---- */

static void
clean_png(struct bench *b, struct span file, struct clean_result *r)
{
	struct image *im = &b->im;

	buf_reset(&im->icc);
	im->gamma = 0;
	im->orientation = 1;
	im->w = im->h = 0;
	open_passage(b, r);
	if (!png_decode(file, &b->lim, im, &r->f))
		return;
	r->w = im->w;
	r->h = im->h;
	r->orientation = im->orientation;
	encode_pixels(b, r, model_of(r));
}

static void
clean_bmp(struct bench *b, struct span file, struct clean_result *r)
{
	struct image *im = &b->im;
	struct span inner;

	buf_reset(&im->icc);
	im->gamma = 0;
	im->orientation = 1;
	open_passage(b, r);
	switch (bmp_decode(file, &b->lim, im, &inner, &r->f)) {
	case BMP_BAD:
		return;
	case BMP_DECODED:
		r->w = im->w;
		r->h = im->h;
		encode_pixels(b, r, MODEL_RGB);
		return;
	case BMP_EMBEDDED:
		close_passage(b);
		if (image_kind_of(inner) == KIND_JPEG)
			clean_jpeg(b, inner, r);
		else if (image_kind_of(inner) == KIND_PNG)
			clean_png(b, inner, r);
		else
			image_reject(
			    &r->f, "corrupt", "BMP: the picture within is neither JPEG nor PNG");
	}
}

/* Is the new picture of a size that was asked for? Odd sizes are noted. */
static void
check_new_size(const struct clean_options *o, struct clean_result *r)
{
	uint32_t least = r->new_w < r->new_h ? r->new_w : r->new_h;
	uint32_t most = r->new_w < r->new_h ? r->new_h : r->new_w;

	if (least < o->min_size)
		image_reject(&r->f, "too-small", "%u x %u pixels; --min-size is %u", r->new_w,
		    r->new_h, o->min_size);
	else if (o->max_size && most > o->max_size)
		image_reject(&r->f, "too-large",
		    "%u x %u pixels; --max-size is %u (--resize shrinks)", r->new_w, r->new_h,
		    o->max_size);
	if (least < 10)
		r->f.notes |= NOTE_TINY;
	if (most > 8192)
		r->f.notes |= NOTE_LARGE;
}

void
clean_picture(struct bench *b, struct span file, struct span name, struct clean_result *r)
{
	*r = (struct clean_result){ .kind = image_kind_of(file), .orientation = 1 };
	b->lim = b->o->lim;
	b->encoding = b->o->encoding;
	if (b->lim.seconds > 0)
		b->lim.deadline = image_clock() + b->lim.seconds;
	if (image_kind_misnamed(r->kind, name))
		r->f.notes |= NOTE_RENAMED;
	switch (r->kind) {
	case KIND_JPEG:
		clean_jpeg(b, file, r);
		break;
	case KIND_PNG:
		clean_png(b, file, r);
		break;
	case KIND_BMP:
		clean_bmp(b, file, r);
		break;
	case KIND_OTHER:
		image_reject_kind(file, &r->f);
		break;
	}
	close_passage(b);
	if (!r->f.code)
		check_new_size(b->o, r);
	if (r->f.code)
		r->action = CLEAN_REJECTED;
}
