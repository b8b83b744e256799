/*
 * photos.c: draws textured pictures for measuring: `photos FOLDER COUNT WIDTH HEIGHT [MIX]`
 *
 * Smooth colours with noise on them, which compress like photographs. Of the mix of ten (the
 * default) seven are JPEG, one of them progressive, two PNG and one BMP; with MIX `jpg` all are
 * baseline JPEG. The same bytes on every run.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

struct photo {
	unsigned w, h;
	unsigned char *rgb;
};

/* Two waves a channel, and noise that is coarse in one half of the picture. `across` has room for a row. */
static void
draw(struct photo *p, uint32_t seed, double *across)
{
	uint32_t x = seed * 2654435761u + 1;
	double f = 6.28 / p->w * (1 + seed % 5);
	unsigned char *to = p->rgb;

	for (unsigned i = 0; i < p->w * 3; i++)
		across[i] = 128 + 60 * sin(f * (i / 3) + i % 3 + seed);
	for (unsigned j = 0; j < p->h; j++) {
		double down[3];

		for (unsigned k = 0; k < 3; k++)
			down[k] = 50 * cos(f * j * (k + 1));
		for (unsigned i = 0; i < p->w * 3; i++) {
			double v = across[i] + down[i % 3];

			x = x * 1664525 + 1013904223;
			v += (double)(x >> 24) / (i / 3 * 2 < p->w ? 32 : 12) - 8;
			*to++ = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	}
}

static void
write_jpeg(FILE *f, const struct photo *p, int progressive)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, f);
	c.image_width = p->w;
	c.image_height = p->h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 92, TRUE);
	if (progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		JSAMPROW row = p->rgb + (size_t)c.next_scanline * p->w * 3;

		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
}

static void
write_png(FILE *f, const struct photo *p)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);

	png_init_io(png, f);
	png_set_IHDR(png, info, p->w, p->h, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, 3);
	png_write_info(png, info);
	for (unsigned j = 0; j < p->h; j++)
		png_write_row(png, p->rgb + (size_t)j * p->w * 3);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
}

static void
put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

static void
write_bmp(FILE *f, const struct photo *p)
{
	size_t stride = ((size_t)p->w * 3 + 3) / 4 * 4;
	unsigned char head[54] = { 'B', 'M', [10] = 54, [14] = 40, [26] = 1, [28] = 24 };
	unsigned char *row = calloc(1, stride);

	put32(head + 2, (uint32_t)(54 + stride * p->h));
	put32(head + 18, p->w);
	put32(head + 22, p->h);
	fwrite(head, 1, sizeof(head), f);
	for (unsigned j = p->h; row && j-- > 0;) {
		memcpy(row, p->rgb + (size_t)j * p->w * 3, (size_t)p->w * 3);
		fwrite(row, 1, stride, f);
	}
	free(row);
}

static int
write_photo(const char *folder, unsigned i, const struct photo *p, int all_jpeg)
{
	static const char *const kind[10] = { "jpg", "jpg", "png", "jpg", "bmp", "jpg", "prog.jpg",
		"jpg", "png", "jpg" };
	const char *ext = all_jpeg ? "jpg" : kind[i % 10];
	char name[4096];
	FILE *f;

	snprintf(name, sizeof(name), "%s/%05u.%s", folder, i, ext);
	f = fopen(name, "wb");
	if (f == NULL)
		return -1;
	if (strcmp(ext, "png") == 0)
		write_png(f, p);
	else if (strcmp(ext, "bmp") == 0)
		write_bmp(f, p);
	else
		write_jpeg(f, p, strcmp(ext, "jpg") != 0);
	return fclose(f);
}

int
main(int argc, char **argv)
{
	struct photo p;
	double *across;
	unsigned count;

	if (argc < 5) {
		fputs("usage: photos FOLDER COUNT WIDTH HEIGHT [jpg]\n", stderr);
		return 2;
	}
	count = (unsigned)atoi(argv[2]);
	p.w = (unsigned)atoi(argv[3]);
	p.h = (unsigned)atoi(argv[4]);
	p.rgb = malloc((size_t)p.w * p.h * 3);
	across = malloc(sizeof(*across) * p.w * 3);
	for (unsigned i = 0; p.rgb && across && i < count; i++) {
		draw(&p, i, across);
		if (write_photo(argv[1], i, &p, argc > 5) != 0) {
			perror(argv[1]);
			return 2;
		}
	}
	free(across);
	free(p.rgb);
	return 0;
}
