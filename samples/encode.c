/*
 * encode.c: JPEG with libjpeg, PNG with libpng, BMP by hand. The libraries' default error
 * handlers, which end the program with a message, are what a build step wants.
 */
#include "encode.h"

#include <jpeglib.h>
#include <png.h>
#include <stdlib.h>

static const uint8_t *
pixel(const struct picture *p, int x, int y)
{
	return p->rgb + ((size_t)y * (size_t)p->w + (size_t)x) * 3;
}

static uint8_t
grey(const uint8_t *rgb)
{
	return (uint8_t)((rgb[0] * 77 + rgb[1] * 150 + rgb[2] * 29) >> 8);
}

/* The 256 colours of the palette kinds: three bits of red, three of green, two of blue. */
static uint8_t
palette_index(const uint8_t *rgb)
{
	return (uint8_t)((rgb[0] & 0xe0) | (rgb[1] & 0xe0) >> 3 | rgb[2] >> 6);
}

static void
palette_colour(int index, uint8_t rgb[3])
{
	rgb[0] = (uint8_t)((index >> 5) * 255 / 7);
	rgb[1] = (uint8_t)((index >> 2 & 7) * 255 / 7);
	rgb[2] = (uint8_t)((index & 3) * 255 / 3);
}

const char *
kind_extension(enum kind kind)
{
	return kind <= JPEG_PROGRESSIVE ? "jpg" : kind <= PNG_16_BIT ? "png" : "bmp";
}

int
kind_depth(enum kind kind)
{
	return kind == JPEG_GREY || kind == PNG_GREY ? 1 : 3;
}

/*
 * One row as the kind stores it; returns its length in bytes. The row has room for 8 bytes a
 * pixel.
 */
static size_t
pack_row(const struct picture *p, int y, enum kind kind, uint8_t *row)
{
	uint8_t *q = row;
	int x, c;

	for (x = 0; x < p->w; x++) {
		const uint8_t *rgb = pixel(p, x, y);

		switch (kind) {
		case JPEG_GREY:
		case PNG_GREY:
			*q++ = grey(rgb);
			break;
		case PNG_PALETTE:
		case BMP_PALETTE:
			*q++ = palette_index(rgb);
			break;
		case PNG_16_BIT:
			for (c = 0; c < 3; c++) {
				*q++ = rgb[c];
				*q++ = (uint8_t)(x * 7 + y * 3);
			}
			break;
		case BMP_24_BIT:
			for (c = 2; c >= 0; c--)
				*q++ = rgb[c];
			break;
		default:
			for (c = 0; c < 3; c++)
				*q++ = rgb[c];
			if (kind == PNG_ALPHA)
				*q++ = (uint8_t)(255 - x * 63 / p->w);
		}
	}
	return (size_t)(q - row);
}

static void
encode_jpeg(FILE *out, const struct picture *p, enum kind kind, uint8_t *row)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	int y;

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, out);
	c.image_width = (JDIMENSION)p->w;
	c.image_height = (JDIMENSION)p->h;
	c.input_components = kind_depth(kind);
	c.in_color_space = kind == JPEG_GREY ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 85, TRUE);
	c.dct_method = JDCT_ISLOW;
	if (kind == JPEG_PROGRESSIVE)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	for (y = 0; y < p->h; y++) {
		pack_row(p, y, kind, row);
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
}

static void
set_png_palette(png_structp png, png_infop info)
{
	png_color colours[256];
	uint8_t rgb[3];
	int i;

	for (i = 0; i < 256; i++) {
		palette_colour(i, rgb);
		colours[i] = (png_color){ rgb[0], rgb[1], rgb[2] };
	}
	png_set_PLTE(png, info, colours, 256);
}

static int
png_colour_type(enum kind kind)
{
	switch (kind) {
	case PNG_GREY:
		return PNG_COLOR_TYPE_GRAY;
	case PNG_PALETTE:
		return PNG_COLOR_TYPE_PALETTE;
	case PNG_ALPHA:
		return PNG_COLOR_TYPE_RGB_ALPHA;
	default:
		return PNG_COLOR_TYPE_RGB;
	}
}

static void
encode_png(FILE *out, const struct picture *p, enum kind kind, uint8_t *row)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	int y;

	if (!info || setjmp(png_jmpbuf(png)))
		exit(2);
	png_init_io(png, out);
	png_set_IHDR(png, info, (png_uint_32)p->w, (png_uint_32)p->h, kind == PNG_16_BIT ? 16 : 8,
	    png_colour_type(kind), PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
	    PNG_FILTER_TYPE_DEFAULT);
	if (kind == PNG_PALETTE)
		set_png_palette(png, info);
	png_write_info(png, info);
	for (y = 0; y < p->h; y++) {
		pack_row(p, y, kind, row);
		png_write_row(png, row);
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
}

/* An integer in n bytes, lowest first. */
static void
put_le(FILE *out, size_t v, int n)
{
	for (; n > 0; n--, v >>= 8)
		putc((int)(v & 0xff), out);
}

static void
put_bmp_header(FILE *out, const struct picture *p, int bits, size_t stride)
{
	size_t palette = bits == 8 ? 1024 : 0, size = stride * (size_t)p->h;

	fputs("BM", out);
	put_le(out, 54 + palette + size, 4);
	put_le(out, 0, 4);
	put_le(out, 54 + palette, 4);
	put_le(out, 40, 4);
	put_le(out, (size_t)p->w, 4);
	put_le(out, (size_t)p->h, 4);
	put_le(out, 1, 2);
	put_le(out, (size_t)bits, 2);
	put_le(out, 0, 4); /* not compressed */
	put_le(out, size, 4);
	put_le(out, 2835, 4); /* 72 dpi */
	put_le(out, 2835, 4);
	put_le(out, palette / 4, 4);
	put_le(out, 0, 4);
}

/* Rows go from the bottom up and are padded to four bytes. */
static void
encode_bmp(FILE *out, const struct picture *p, enum kind kind, uint8_t *row)
{
	int bits = kind == BMP_PALETTE ? 8 : 24, i, y;
	size_t len = (size_t)p->w * (size_t)bits / 8, stride = (len + 3) / 4 * 4;
	uint8_t rgb[3];

	put_bmp_header(out, p, bits, stride);
	for (i = 0; bits == 8 && i < 256; i++) {
		palette_colour(i, rgb);
		put_le(out, (size_t)rgb[2] | (size_t)rgb[1] << 8 | (size_t)rgb[0] << 16, 4);
	}
	for (y = p->h - 1; y >= 0; y--) {
		pack_row(p, y, kind, row);
		fwrite(row, 1, len, out);
		put_le(out, 0, (int)(stride - len));
	}
}

void
encode(FILE *out, const struct picture *p, enum kind kind)
{
	uint8_t *row = calloc((size_t)p->w, 8);

	if (!row)
		exit(2);
	if (kind <= JPEG_PROGRESSIVE)
		encode_jpeg(out, p, kind, row);
	else if (kind <= PNG_16_BIT)
		encode_png(out, p, kind, row);
	else
		encode_bmp(out, p, kind, row);
	free(row);
}
