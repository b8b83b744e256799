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

static bool
decode(struct decoder *d)
{
	if (setjmp(png_jmpbuf(d->png)))
		return false;
	png_set_read_fn(d->png, d, on_read);
	png_set_user_limits(d->png, 1u << 20, 1u << 20);
	png_set_chunk_malloc_max(d->png, 8u << 20);
	png_read_info(d->png, d->info);
	d->w = png_get_image_width(d->png, d->info);
	d->h = png_get_image_height(d->png, d->info);
	if ((uint64_t)d->w * d->h > MASK_PIXELS_MAX) {
		d->why = "the PNG is too large for a mask";
		return false;
	}
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

bool
mask_read_png(struct span png, struct mask *m, const char **why)
{
	struct decoder d = { .in = png, .why = "it is no PNG" };
	bool ok;

	*m = (struct mask){ .v = NULL };
	*why = d.why;
	if (png.n < 8 || png_sig_cmp((png_const_bytep)png.p, 0, 8))
		return false;
	d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
	d.info = d.png ? png_create_info_struct(d.png) : NULL;
	if (!d.info)
		die("out of memory");
	ok = decode(&d);
	if (ok)
		flatten(&d, m);
	*why = d.why;
	png_destroy_read_struct(&d.png, &d.info, NULL);
	free(d.pixels);
	free(d.row);
	return ok;
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

static void
write_png(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h, bool bitmap)
{
	static const png_color colors[2] = { { 0, 0, 0 }, { 255, 255, 255 } };
	static const png_byte transparent[1] = { 0 };
	struct decoder d = { .why = NULL };

	d.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
	d.info = d.png ? png_create_info_struct(d.png) : NULL;
	if (!d.info || setjmp(png_jmpbuf(d.png)))
		die("out of memory"); /* writing into memory has no other fault */
	png_set_write_fn(d.png, out, on_write, on_flush);
	png_set_IHDR(d.png, d.info, w, h, 8, bitmap ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_GRAY,
	    PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (bitmap) {
		png_set_PLTE(d.png, d.info, colors, 2);
		png_set_tRNS(d.png, d.info, transparent, 1, NULL);
	}
	png_write_info(d.png, d.info);
	for (size_t y = 0; y < h; y++)
		png_write_row(d.png, v + y * w);
	png_write_end(d.png, NULL);
	png_destroy_write_struct(&d.png, &d.info);
}

void
mask_write_png(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h)
{
	write_png(out, v, w, h, false);
}

void
mask_write_bitmap(struct buf *out, const uint8_t *v, uint32_t w, uint32_t h)
{
	write_png(out, v, w, h, true);
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
