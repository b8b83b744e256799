/* PNG through libpng: see png.h. */
#include "image/png.h"

#include <png.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"
#include "image/bytes.h"
#include "image/exif.h"

/* ---- the chunks ---- */

static bool
read_ihdr(struct span body, struct png_chunks *c)
{
	const unsigned char *p = (const unsigned char *)body.p;

	if (body.n != 13)
		return false;
	c->w = be32(p);
	c->h = be32(p + 4);
	c->depth = p[8];
	c->colour = p[9];
	c->interlaced = p[12] != 0;
	c->standard = p[10] == 0 && p[11] == 0;
	return true;
}

static void
note_chunk(struct span type, struct span body, struct png_chunks *c)
{
	if (span_is(type, "IDAT"))
		c->idat = true;
	else if (span_is(type, "PLTE"))
		c->palette = body;
	else if (span_is(type, "sRGB"))
		c->srgb = true;
	else if (span_is(type, "gAMA") && body.n == 4)
		c->gamma = be32((const unsigned char *)body.p);
	else if (span_is(type, "tRNS"))
		c->transparent = true;
	else if (span_is(type, "iCCP"))
		c->profile = true;
	else if (span_is(type, "acTL"))
		c->animated = true;
	else if (span_is(type, "eXIf") && c->exif.p == NULL)
		c->exif = body;
}

/* Walk the chunks without looking into them. False: not even a header. */
static bool
read_chunks(struct span file, struct png_chunks *c)
{
	const unsigned char *p = (const unsigned char *)file.p;
	size_t at = 8;

	*c = (struct png_chunks){ 0 };
	while (file.n - at >= 12) {
		size_t n = be32(p + at);
		struct span type = { file.p + at + 4, 4 };

		if (at == 8 && !span_is(type, "IHDR"))
			return false;
		if (n > file.n - at - 12)
			break;
		if (at == 8 && !read_ihdr((struct span){ file.p + 16, n }, c))
			return false;
		note_chunk(type, (struct span){ file.p + at + 8, n }, c);
		at += 12 + n;
		if (span_is(type, "IEND")) {
			c->end = at;
			return true;
		}
	}
	c->idat_cut = file.n - at >= 8 && memcmp(p + at + 4, "IDAT", 4) == 0;
	return at > 8;
}

/* ---- libpng ---- */

/* All that a decode holds, so that a jump out of libpng loses nothing. */
struct reader {
	png_structp png;
	png_infop info;
	const unsigned char *p;
	size_t left;
	bool ran_out;
	bool rows_done;
	bool palette;
	int channels;
	uint32_t rows;     /* complete ones; 0 of an interlaced picture until all are */
	uint32_t band, at; /* rows in a band, and where the present one begins */
	char error[128];
	uint32_t notes;
	bool damaged; /* IDAT is wrong in a way that libpng forgives */
};

static void
on_error(png_structp png, png_const_charp message)
{
	struct reader *r = png_get_error_ptr(png);

	snprintf(r->error, sizeof(r->error), "%s", message);
	longjmp(png_jmpbuf(png), 1);
}

/* libpng says what it forgives in words only; IDAT is never forgiven here. */
static void
on_warning(png_structp png, png_const_charp message)
{
	struct reader *r = png_get_error_ptr(png);

	if (strstr(message, "Extra compressed data") || strstr(message, "Too much image data"))
		r->notes |= NOTE_TRAILING;
	else if (strncmp(message, "IDAT", 4) == 0) {
		r->damaged = true;
		snprintf(r->error, sizeof(r->error), "%s", message);
	} else if (strstr(message, "CRC error"))
		r->notes |= NOTE_CHECKSUM;
}

static void
on_read(png_structp png, png_bytep to, size_t n)
{
	struct reader *r = png_get_io_ptr(png);

	if (n > r->left) {
		r->ran_out = true;
		png_error(png, "the data ends early");
	}
	memcpy(to, r->p, n);
	r->p += n;
	r->left -= n;
}

/* Lack of memory ends the program; what a file may ask for is limited in open_reader(). */
static png_voidp
on_malloc(png_structp png, png_alloc_size_t n)
{
	(void)png;
	return xmalloc(n);
}

static void
on_free(png_structp png, png_voidp p)
{
	(void)png;
	free(p);
}

static void
open_reader(struct reader *r, struct span file)
{
	*r = (struct reader){ .p = (const unsigned char *)file.p, .left = file.n };
	r->png = png_create_read_struct_2(
	    PNG_LIBPNG_VER_STRING, r, on_error, on_warning, NULL, on_malloc, on_free);
	r->info = r->png ? png_create_info_struct(r->png) : NULL;
	if (r->info == NULL)
		die("libpng %s does not start", png_get_libpng_ver(NULL));
	png_set_read_fn(r->png, r, on_read);
	png_set_user_limits(r->png, 65535, 65535);
	png_set_chunk_malloc_max(r->png, 32 << 20);
	png_set_chunk_cache_max(r->png, 1000);
	/* any profile is handed on: lcms2 judges it */
	png_set_option(r->png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
	png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
}

/* Colour profile, or a gamma that says something else than sRGB does. */
static void
read_colour(struct reader *r, const struct png_chunks *c, struct image *im)
{
	png_charp name;
	png_bytep icc;
	png_uint_32 n;
	int method, intent;
	double gamma;

	if (png_get_iCCP(r->png, r->info, &name, &method, &icc, &n))
		buf_add(&im->icc, icc, n);
	else if (c->profile)
		r->notes |= NOTE_ICC_IGNORED;
	else if (!png_get_sRGB(r->png, r->info, &intent) && png_get_gAMA(r->png, r->info, &gamma) &&
		 gamma > 0.01 && (gamma < 0.45455 * 0.95 || gamma > 0.45455 * 1.05))
		im->gamma = gamma;
}

/* What libpng gives of a band: it is as long as the pixels will be, or shorter, and stands at their end. */
static unsigned char *
unexpanded(const struct reader *r, const struct image *im)
{
	return (unsigned char *)im->px.p + im->px.n - png_get_rowbytes(r->png, r->info) * im->h;
}

/*
 * Palettes are looked up here and not in libpng, which does not say when an
 * index is beyond the palette. The indices stand at the end of the pixels'
 * room, so they are read before they are written over.
 */
static void
expand_palette(struct reader *r, struct image *im)
{
	const unsigned char *index = unexpanded(r, im);
	unsigned char table[256][4] = { { 0 } }, *q = (unsigned char *)im->px.p;
	png_colorp palette = NULL;
	png_bytep alpha = NULL;
	int n = 0, nalpha = 0;

	png_get_PLTE(r->png, r->info, &palette, &n);
	png_get_tRNS(r->png, r->info, &alpha, &nalpha, NULL);
	for (int i = 0; i < 256; i++) {
		table[i][3] = i < nalpha ? alpha[i] : 255;
		if (i < n)
			memcpy(table[i], &palette[i], 3);
	}
	for (size_t i = (size_t)im->w * im->h; i > 0; i--, q += im->channels) {
		if (*index >= n)
			r->notes |= NOTE_PALETTE;
		memcpy(q, table[*index++], (size_t)im->channels);
	}
}

static void
set_transforms(struct reader *r, const struct png_chunks *c)
{
	if (c->depth == 16) {
		png_set_scale_16(r->png);
		r->notes |= NOTE_DEPTH;
	}
	if (c->colour == PNG_COLOR_TYPE_PALETTE) {
		png_set_packing(r->png);
		return;
	}
	png_set_expand(r->png);
	if (!(c->colour & PNG_COLOR_MASK_COLOR))
		png_set_gray_to_rgb(r->png);
}

static bool
read_band(struct reader *r, int passes, const struct image_limits *lim, struct image *im,
    struct finding *f)
{
	size_t stride = png_get_rowbytes(r->png, r->info);

	for (int pass = 0; pass < passes; pass++)
		for (uint32_t y = 0; y < im->h; y++) {
			if (y % 64 == 0 && image_late(lim, f))
				return false;
			png_read_row(r->png, unexpanded(r, im) + y * stride, NULL);
			r->rows += passes == 1;
		}
	return true;
}

static bool
read_rows(struct reader *r, const struct png_chunks *c, const struct image_limits *lim,
    struct image *im, struct finding *f)
{
	int passes = png_set_interlace_handling(r->png);

	png_read_update_info(r->png, r->info);
	r->palette = c->colour == PNG_COLOR_TYPE_PALETTE;
	r->channels = r->palette ? (c->transparent ? 4 : 3) : png_get_channels(r->png, r->info);
	r->band = image_begin(im, c->w, c->h, r->channels, passes == 1);
	for (r->at = 0; r->at < c->h; r->at += r->band) {
		image_band(im, r->band, r->at, c->h, r->channels);
		if (!read_band(r, passes, lim, im, f))
			return false;
		if (r->palette)
			expand_palette(r, im);
		image_give(im);
	}
	image_end(im, c->h);
	r->rows_done = true;
	png_read_end(r->png, NULL);
	return true;
}

/* The one function that libpng jumps back to. */
static bool
read_png(struct reader *r, const struct png_chunks *c, const struct image_limits *lim,
    struct image *im, struct finding *f)
{
	if (setjmp(png_jmpbuf(r->png)))
		return false;
	png_read_info(r->png, r->info);
	read_colour(r, c, im);
	set_transforms(r, c);
	return read_rows(r, c, lim, im, f) && !r->damaged;
}

/* The data ended in the middle of a band: that and all after it become white where nothing came. */
static void
fill_rows(struct reader *r, const struct png_chunks *c, struct image *im)
{
	uint32_t done = r->rows - r->at;

	for (; r->at < c->h; r->at += r->band, done = 0) {
		image_band(im, r->band, r->at, c->h, r->channels);
		if (r->palette) {
			size_t stride = png_get_rowbytes(r->png, r->info);

			memset(unexpanded(r, im) + done * stride, 0, (im->h - done) * stride);
			expand_palette(r, im);
		}
		memset(image_row(im, done), 255,
		    (size_t)(im->h - done) * im->w * (size_t)im->channels);
		image_give(im);
	}
	image_end(im, c->h);
}

/* Take what there is of a picture that broke off, if that was asked for and is enough. */
static bool
keep_truncated(struct reader *r, const struct png_chunks *c, const struct image_limits *lim,
    struct image *im, struct finding *f)
{
	unsigned percent = (unsigned)((uint64_t)r->rows * 100 / c->h);

	if (f->code || !r->ran_out)
		return false;
	if (c->interlaced && !r->rows_done)
		return image_reject(f, "truncated", "PNG: %s, before the last pass does", r->error);
	if (r->rows == 0 || lim->keep_rows == 100 || percent < (unsigned)lim->keep_rows)
		return image_reject(
		    f, "truncated", "PNG: %s, at %u %% of the rows", r->error, percent);
	if (!r->rows_done)
		fill_rows(r, c, im);
	f->notes |= NOTE_TRUNCATED;
	return true;
}

static bool
decode_libpng(struct span file, const struct png_chunks *c, const struct image_limits *lim,
    struct image *im, struct finding *f)
{
	struct reader r;
	bool fine;

	open_reader(&r, file);
	if (c->idat_cut) /* so that the last bytes count too */
		png_set_compression_buffer_size(r.png, 64);
	fine = read_png(&r, c, lim, im, f);
	if (!fine && r.rows_done && r.ran_out && !c->idat_cut) {
		f->notes |= NOTE_NO_END;
		fine = !r.damaged;
	}
	if (!fine && !(r.rows_done && lim->keep_damaged))
		fine = keep_truncated(&r, c, lim, im, f);
	png_destroy_read_struct(&r.png, &r.info, NULL);
	f->notes |= r.notes;
	if (fine || f->code)
		return fine;
	if (r.rows_done && lim->keep_damaged) {
		f->notes |= NOTE_DAMAGED;
		return true;
	}
	return image_reject(f, "corrupt", "PNG: %s", r.error);
}

bool
png_decode(struct span file, const struct image_limits *lim, struct image *im, struct finding *f)
{
	struct png_chunks c;

	if (!read_chunks(file, &c))
		return image_reject(f, "corrupt", "PNG: its header is missing");
	if (!image_check_size(c.w, c.h, lim, f))
		return false;
	if (!c.idat && !(c.idat_cut && lim->keep_rows < 100))
		return image_reject(f, "truncated", "PNG: it has no complete chunk of pixels");
	f->notes |= c.colour & PNG_COLOR_MASK_COLOR ? 0 : NOTE_GREY;
	im->orientation = exif_orientation(c.exif, NULL);
	if (!png_plain(file, &c, im) && !decode_libpng(file, &c, lim, im, f))
		return false;
	if (c.animated)
		f->notes |= NOTE_ANIMATED;
	if (c.end && c.end < file.n)
		f->notes |= NOTE_TRAILING;
	return true;
}
