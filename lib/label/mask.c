/* Masks that are pictures: see mask.h. */
#include "label/mask.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/diag.h"
#include "record/rle.h"

/* What libpng's callbacks need; also holds what must survive its longjmp. */
struct decoder {
	png_structp png;
	png_infop info;
	struct span in;
	const char *why;
	png_bytep *row;
	png_bytep pixels;
	png_uint_32 w, h;
	size_t stride;
	int channels;
	bool alpha;
	bool ids, colours; /* mask_read_ids() */
	uint64_t max;      /* pixels */
};

static void
on_error(png_structp png, png_const_charp message)
{
	if (strstr(message, "emory"))
		die("out of memory");
	((struct decoder *)png_get_error_ptr(png))->why = "the PNG is damaged";
	png_longjmp(png, 1);
}

static void
on_warning(png_structp png, png_const_charp message)
{
	(void)png, (void)message;
}

static void
on_read(png_structp png, png_bytep to, size_t n)
{
	struct decoder *d = png_get_io_ptr(png);

	if (n > d->in.n)
		png_error(png, "too short");
	memcpy(to, d->in.p, n);
	d->in = span_of(d->in.p + n, d->in.p + d->in.n);
}

/* Bring every kind to one byte a channel; palettes keep their indices unless they have alpha. */
static void
set_up(struct decoder *d)
{
	png_byte type = png_get_color_type(d->png, d->info);
	bool trns = png_get_valid(d->png, d->info, PNG_INFO_tRNS) != 0;

	png_set_strip_16(d->png);
	png_set_packing(d->png);
	d->alpha = (type & PNG_COLOR_MASK_ALPHA) || trns;
	if (trns)
		png_set_expand(d->png);
	png_set_interlace_handling(d->png);
	png_read_update_info(d->png, d->info);
	d->channels = png_get_channels(d->png, d->info);
	d->stride = png_get_rowbytes(d->png, d->info);
}

/* The same for numbers: 16 bits stay, palettes become colours where these are wanted. */
static void
set_up_ids(struct decoder *d)
{
	png_byte type = png_get_color_type(d->png, d->info);

	if (type & PNG_COLOR_MASK_COLOR && type != PNG_COLOR_TYPE_PALETTE)
		png_set_strip_16(d->png);
	png_set_packing(d->png);
	if (type == PNG_COLOR_TYPE_PALETTE && d->colours)
		png_set_palette_to_rgb(d->png);
	if (!(type & PNG_COLOR_MASK_COLOR) && d->colours) {
		png_set_strip_16(d->png);
		png_set_expand_gray_1_2_4_to_8(d->png);
		png_set_gray_to_rgb(d->png);
	}
	png_set_strip_alpha(d->png);
	png_set_interlace_handling(d->png);
	png_read_update_info(d->png, d->info);
	d->channels = png_get_channels(d->png, d->info);
	d->stride = png_get_rowbytes(d->png, d->info);
}

/* Everything in front of the pixels; may end in on_error(). */
static void
read_info(struct decoder *d)
{
	png_set_read_fn(d->png, d, on_read);
	png_set_user_limits(d->png, 1u << 20, 1u << 20);
	png_set_chunk_malloc_max(d->png, 8u << 20);
	png_read_info(d->png, d->info);
}

static bool
decode(struct decoder *d)
{
	if (setjmp(png_jmpbuf(d->png)))
		return false;
	read_info(d);
	d->w = png_get_image_width(d->png, d->info);
	d->h = png_get_image_height(d->png, d->info);
	if ((uint64_t)d->w * d->h > d->max) {
		d->why = "the PNG is too large for a mask";
		return false;
	}
	if (d->ids)
		set_up_ids(d);
	else
		set_up(d);
	d->pixels = xcalloc(d->h, d->stride);
	d->row = xcalloc(d->h, sizeof(*d->row));
	for (size_t y = 0; y < d->h; y++)
		d->row[y] = d->pixels + y * d->stride;
	png_read_image(d->png, d->row);
	png_read_end(d->png, NULL);
	return true;
}

/* One byte a pixel out of the channels. */
static void
flatten(const struct decoder *d, struct mask *m)
{
	int n = d->channels;

	*m = (struct mask){ d->w, d->h, xmalloc((size_t)d->w * d->h + 1) };
	for (size_t y = 0; y < d->h; y++)
		for (size_t x = 0; x < d->w; x++) {
			const png_byte *p = d->row[y] + x * (size_t)n;
			uint8_t v = *p;

			if (d->alpha)
				v = p[n - 1] != 0;
			else if (n > 1)
				v = p[0] || p[1] || p[2];
			m->v[y * d->w + x] = v;
		}
}

static void
flatten_ids(const struct decoder *d, struct id_mask *m)
{
	bool wide = d->channels == 1 && d->stride >= 2 * (size_t)d->w;

	*m = (struct id_mask){ d->w, d->h, xreallocarray(NULL, d->h, d->w * sizeof(*m->v)) };
	for (size_t y = 0; y < d->h; y++)
		for (size_t x = 0; x < d->w; x++) {
			const png_byte *p = d->row[y] + x * (size_t)(wide ? 2 : d->channels);
			uint32_t v = *p;

			if (wide)
				v = v << 8 | p[1];
			else if (d->channels == 3)
				v |= (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
			m->v[y * d->w + x] = v;
		}
}

static bool
begin_png(struct decoder *d)
{
	d->why = "it is no PNG";
	if (d->in.n < 8 || png_sig_cmp((png_const_bytep)d->in.p, 0, 8))
		return false;
	d->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, d, on_error, on_warning);
	d->info = d->png ? png_create_info_struct(d->png) : NULL;
	if (!d->info)
		die("out of memory");
	return true;
}

static bool
decode_all(struct decoder *d, struct mask *m, struct id_mask *ids)
{
	bool ok;

	if (!begin_png(d))
		return false;
	ok = decode(d);
	if (ok && m)
		flatten(d, m);
	else if (ok)
		flatten_ids(d, ids);
	png_destroy_read_struct(&d->png, &d->info, NULL);
	free(d->pixels);
	free(d->row);
	return ok;
}

bool
mask_read_png(struct span png, struct mask *m, const char **why)
{
	struct decoder d = { .in = png, .max = MASK_PIXELS_MAX };
	bool ok;

	*m = (struct mask){ .v = NULL };
	ok = decode_all(&d, m, NULL);
	*why = d.why;
	return ok;
}

bool
mask_read_ids(struct span png, bool colours, struct id_mask *m, const char **why)
{
	struct decoder d = {
		.in = png, .ids = true, .colours = colours, .max = MASK_PIXELS_MAX / 4
	};
	bool ok;

	*m = (struct id_mask){ .v = NULL };
	ok = decode_all(&d, NULL, m);
	*why = d.why;
	return ok;
}

/* Is number `i` of the palette this colour? */
static bool
has_colour(png_const_colorp palette, int n, uint32_t i, const uint8_t rgb[3])
{
	return i < (uint32_t)n && palette[i].red == rgb[0] && palette[i].green == rgb[1] &&
	       palette[i].blue == rgb[2];
}

static bool
is_by_colour(struct decoder *d, uint32_t number, const uint8_t rgb[3])
{
	png_colorp palette;
	png_byte type;
	int n = 0;

	if (setjmp(png_jmpbuf(d->png)))
		return false;
	read_info(d);
	type = png_get_color_type(d->png, d->info);
	if (type != PNG_COLOR_TYPE_PALETTE || !png_get_PLTE(d->png, d->info, &palette, &n))
		return type & PNG_COLOR_MASK_COLOR;
	for (int i = 0; i < n && !has_colour(palette, n, number, rgb); i++)
		if (has_colour(palette, n, (uint32_t)i, rgb))
			return true;
	return false;
}

bool
mask_is_by_colour(struct span png, uint32_t number, const uint8_t rgb[3])
{
	struct decoder d = { .in = png };
	bool is;

	if (!begin_png(&d))
		return false;
	is = is_by_colour(&d, number, rgb);
	png_destroy_read_struct(&d.png, &d.info, NULL);
	return is;
}

/* ---- writing ---- */

static void
on_write(png_structp png, png_bytep from, size_t n)
{
	buf_add(png_get_io_ptr(png), from, n);
}

static void
on_flush(png_structp png)
{
	(void)png;
}

enum kind { GREY, BITMAP, PALETTE, BITS, RGB };

void
mask_voc_colour(unsigned i, uint8_t rgb[3])
{
	memset(rgb, 0, 3);
	for (int bit = 7; i; bit--, i >>= 3)
		for (int c = 0; c < 3; c++)
			rgb[c] |= (uint8_t)((i >> c & 1) << bit);
}

static void
put_palette(struct decoder *d, enum kind kind, const uint8_t (*rgb)[3])
{
	static const png_color black_and_white[2] = { { 0, 0, 0 }, { 255, 255, 255 } };
	static const png_byte transparent[1] = { 0 };
	png_color colour[256];

	if (kind == BITMAP) {
		png_set_PLTE(d->png, d->info, black_and_white, 2);
		png_set_tRNS(d->png, d->info, transparent, 1, NULL);
	} else if (kind == PALETTE) {
		for (unsigned i = 0; i < 256; i++)
			colour[i] = (png_color){ rgb[i][0], rgb[i][1], rgb[i][2] };
		png_set_PLTE(d->png, d->info, colour, 256);
	}
}

/* Rows of `stride` bytes; `rgb`: the colours of a PALETTE. */
static void
write_png(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h, size_t stride, enum kind kind,
    const uint8_t (*rgb)[3])
{
	static const int type[] = { PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_PALETTE,
		PNG_COLOR_TYPE_PALETTE, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB };
	struct decoder d = { .why = NULL };

	d.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
	d.info = d.png ? png_create_info_struct(d.png) : NULL;
	if (!d.info || setjmp(png_jmpbuf(d.png)))
		die("out of memory"); /* writing into memory has no other fault */
	png_set_write_fn(d.png, out, on_write, on_flush);
	png_set_IHDR(d.png, d.info, w, h, kind == BITS ? 1 : 8, type[kind], PNG_INTERLACE_NONE,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	put_palette(&d, kind, rgb);
	png_set_filter(d.png, 0,
	    PNG_FILTER_NONE); /* areas of one value: the others take twice the time, for larger files */
	png_write_info(d.png, d.info);
	if (kind == BITS)
		png_set_packing(d.png);
	for (size_t y = 0; y < h; y++)
		png_write_row(d.png, v + y * stride);
	png_write_end(d.png, NULL);
	png_destroy_write_struct(&d.png, &d.info);
}

void
mask_write_png(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h)
{
	write_png(out, v, w, h, w, GREY, NULL);
}

void
mask_write_bitmap(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h)
{
	write_png(out, v, w, h, w, BITMAP, NULL);
}

bool
mask_start(struct id_mask *m, uint32_t w, uint32_t h)
{
	if (w == 0 || h == 0 || (uint64_t)w * h > MASK_PIXELS_MAX / 4)
		return false;
	*m = (struct id_mask){ w, h, xcalloc((size_t)w * h, sizeof(*m->v)) };
	return true;
}

uint64_t
mask_paint(struct id_mask *m, const struct rle *r, uint32_t number)
{
	uint64_t at = 0, over = 0;

	for (size_t i = 0; i < r->n; at += r->run[i++])
		for (uint64_t p = at; (i & 1) && p < at + r->run[i]; p++) {
			uint32_t *v = &m->v[p % m->h * m->w + p / m->h];

			over += *v != 0;
			*v = number;
		}
	return over;
}

/* A byte a pixel. */
static void
write_bytes(struct buf *out, const struct id_mask *m, enum kind kind, const uint8_t (*rgb)[3])
{
	size_t n = (size_t)m->w * m->h;
	uint8_t *v = xmalloc(n + 1);

	for (size_t i = 0; i < n; i++)
		v[i] = kind == BITS ? m->v[i] != 0 : (uint8_t)m->v[i];
	write_png(out, v, m->w, m->h, m->w, kind, rgb);
	free(v);
}

void
mask_write_palette(struct buf *out, const struct id_mask *m, const uint8_t rgb[256][3])
{
	write_bytes(out, m, PALETTE, rgb);
}

void
mask_write_bits(struct buf *out, const struct id_mask *m)
{
	write_bytes(out, m, BITS, NULL);
}

void
mask_write_ids(struct buf *out, const struct id_mask *m)
{
	size_t n = (size_t)m->w * m->h;
	uint8_t *rgb = xreallocarray(NULL, n + 1, 3);

	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < 3; c++)
			rgb[3 * i + (size_t)c] = (uint8_t)(m->v[i] >> (8 * c));
	write_png(out, rgb, m->w, m->h, 3 * (size_t)m->w, RGB, NULL);
	free(rgb);
}

/* ---- records ---- */

bool
mask_png_to_rle(struct buf *b, struct span png, double x, double y, double width, double height)
{
	struct rle r = { .run = NULL };
	const char *why;
	struct mask m;
	bool ok;

	if (!(fabs(x) < 1e9 && fabs(y) < 1e9 && width >= 1 && height >= 1 && width < 1e9 &&
		height < 1e9) ||
	    !mask_read_png(png, &m, &why))
		return false;
	ok = rle_from_bits(&r, (uint64_t)height, (uint64_t)width, m.v, (int64_t)floor(x),
	    (int64_t)floor(y), m.w, m.h);
	if (ok)
		rle_write(b, &r, true);
	rle_release(&r);
	free(m.v);
	return ok;
}

bool
mask_rle_to_png(struct buf *png, struct span rle, uint32_t box[4], bool bitmap)
{
	struct rle r = { .run = NULL };
	uint8_t *bits = NULL;

	if (!rle_parse(&r, rle)) {
		rle_box(&r, box);
		bits = box[2] ? rle_bits(&r, box) : NULL;
	}
	if (bits)
		(bitmap ? mask_write_bitmap : mask_write_png)(png, bits, box[2], box[3]);
	rle_release(&r);
	free(bits);
	return bits != NULL;
}

/* ---- zlib ---- */

bool
zlib_inflate(struct buf *out, struct span in, size_t max)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n };
	int r;

	if (in.n > UINT32_MAX)
		return false;
	if (inflateInit(&z) != Z_OK)
		die("out of memory");
	do {
		buf_reserve(out, 64 * 1024);
		z.next_out = (Bytef *)out->p + out->n;
		z.avail_out = 64 * 1024;
		r = inflate(&z, Z_NO_FLUSH);
		out->n += 64 * 1024 - z.avail_out;
		out->p[out->n] = '\0';
	} while (r == Z_OK && out->n <= max);
	inflateEnd(&z);
	if (r == Z_MEM_ERROR)
		die("out of memory");
	return r == Z_STREAM_END && out->n <= max;
}

void
zlib_deflate(struct buf *out, struct span in)
{
	uLongf n = compressBound((uLong)in.n);

	buf_reserve(out, n);
	if (compress((Bytef *)out->p + out->n, &n, (const Bytef *)in.p, (uLong)in.n) != Z_OK)
		die("out of memory");
	out->n += n;
	out->p[out->n] = '\0';
}
