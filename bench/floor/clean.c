/*
 * clean.c: the floor for cleaning pictures: the least that libjpeg, libpng and libdeflate ask for the job.
 *
 *	OMP_NUM_THREADS=2 clean encode|pass png|deflate FOLDER <list
 *
 * Reads names of JPEG, PNG and BMP files, one a line, and writes each as NAME.jpg to FOLDER, which must be there.
 * `encode`: all are decoded and encoded (quality 90, 4:2:0). `pass`: baseline JPEGs of three components are decoded
 * at 1/8 in grey, which goes through all of their data, and their bytes are written; progressive ones are copied
 * coefficient by coefficient; the rest as before. `deflate` unpacks plain PNGs with libdeflate, `png` all with libpng.
 * No EXIF, no profiles, no transparency, nothing synced, BMP of 24 bits only: a floor does not care. What it cannot
 * read is counted as failed, and the status is 1.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jpeglib.h>
#include <png.h>

#if HAVE_DEFLATE
#include <libdeflate.h>
#endif

#include "image/png_filter.h"

struct bytes {
	unsigned char *p;
	size_t n, cap;
};

/* One thread's buffers; pixels are RGB. */
struct work {
	struct bytes file, px, packed, rows;
	unsigned char *out; /* the new JPEG; its memory is kept */
	unsigned long out_n, out_cap;
	uint32_t w, h;
	size_t at; /* how far libpng has read */
};

struct trap {
	struct jpeg_error_mgr mgr;
	jmp_buf jump;
};

static void
need(struct bytes *b, size_t n)
{
	if (n <= b->cap)
		return;
	free(b->p);
	b->cap = n + n / 4;
	b->p = malloc(b->cap);
	if (!b->p)
		abort();
}

static int
read_file(const char *name, struct bytes *b)
{
	FILE *f = fopen(name, "rb");
	struct stat s;
	int fine;

	if (!f || fstat(fileno(f), &s) != 0)
		return f ? fclose(f) - 1 : -1;
	setvbuf(f, NULL, _IONBF, 0);
	need(b, (size_t)s.st_size + 8);
	b->n = fread(b->p, 1, (size_t)s.st_size, f);
	fine = b->n == (size_t)s.st_size;
	fclose(f);
	return fine ? 0 : -1;
}

static int
write_file(const char *folder, const char *name, const unsigned char *p, size_t n)
{
	const char *base = strrchr(name, '/');
	char path[4096];
	FILE *f;
	int fine;

	snprintf(path, sizeof(path), "%s/%s.jpg", folder, base ? base + 1 : name);
	f = fopen(path, "wb");
	if (!f)
		return -1;
	setvbuf(f, NULL, _IONBF, 0);
	fine = fwrite(p, 1, n, f) == n;
	return fclose(f) == 0 && fine ? 0 : -1;
}

static void
set_size(struct work *k, uint32_t w, uint32_t h)
{
	k->w = w;
	k->h = h;
	need(&k->px, (size_t)w * h * 3 + 8);
}

/* ---- JPEG ---- */

static void
on_error(j_common_ptr c)
{
	longjmp(((struct trap *)c->err)->jump, 1);
}

/* Anything that libjpeg only warns of is damage here. */
static void
on_message(j_common_ptr c, int level)
{
	if (level < 0)
		on_error(c);
}

static void
trap_init(struct trap *t)
{
	jpeg_std_error(&t->mgr);
	t->mgr.error_exit = on_error;
	t->mgr.emit_message = on_message;
}

/* Pixels; at 1/8 in grey they are only looked at, as a cleaner does. */
static void
decode_pixels(struct jpeg_decompress_struct *d, struct work *k, int look)
{
	size_t stride;

	d->out_color_space = look ? JCS_GRAYSCALE : JCS_RGB;
	d->scale_num = 1;
	d->scale_denom = look ? 8 : 1;
	jpeg_start_decompress(d);
	set_size(k, d->output_width, d->output_height);
	stride = (size_t)d->output_width * (size_t)d->output_components;
	while (d->output_scanline < d->output_height) {
		JSAMPROW row = k->px.p + stride * d->output_scanline;

		jpeg_read_scanlines(d, &row, 1);
	}
}

/* The destination keeps its memory from picture to picture. */
static void
begin_output(struct jpeg_compress_struct *c, struct work *k, unsigned char **out)
{
	*out = k->out;
	k->out_n = k->out_cap;
	jpeg_mem_dest(c, out, &k->out_n);
}

static void
end_output(struct work *k, unsigned char *out)
{
	if (out == k->out)
		return;
	free(k->out);
	k->out = out;
	k->out_cap = k->out_n;
}

static void
copy_coefficients(struct jpeg_decompress_struct *d, struct work *k)
{
	jvirt_barray_ptr *coefficients = jpeg_read_coefficients(d);
	struct jpeg_compress_struct c = { .err = d->err };
	unsigned char *out;

	jpeg_create_compress(&c);
	begin_output(&c, k, &out);
	jpeg_copy_critical_parameters(d, &c);
	jpeg_write_coefficients(&c, coefficients);
	jpeg_finish_compress(&c);
	end_output(k, out);
	jpeg_destroy_compress(&c);
}

static void
encode(struct work *k)
{
	struct jpeg_compress_struct c = { 0 };
	struct trap t;
	unsigned char *out;

	trap_init(&t);
	if (setjmp(t.jump))
		abort();
	c.err = &t.mgr;
	jpeg_create_compress(&c);
	begin_output(&c, k, &out);
	c.image_width = k->w;
	c.image_height = k->h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 90, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		JSAMPROW row = k->px.p + (size_t)c.next_scanline * k->w * 3;

		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	end_output(k, out);
	jpeg_destroy_compress(&c);
}

enum result { FAILED, PIXELS, COPIED, SAME };

static enum result
read_jpeg(struct work *k, int pass)
{
	struct jpeg_decompress_struct d = { 0 };
	struct trap t;
	enum result r;

	trap_init(&t);
	d.err = &t.mgr;
	jpeg_create_decompress(&d);
	if (setjmp(t.jump)) {
		jpeg_destroy_decompress(&d);
		return FAILED;
	}
	jpeg_mem_src(&d, k->file.p, k->file.n);
	jpeg_read_header(&d, TRUE);
	r = !pass || d.num_components != 3 ? PIXELS : d.progressive_mode ? COPIED : SAME;
	if (r == COPIED)
		copy_coefficients(&d, k);
	else
		decode_pixels(&d, k, r == SAME);
	jpeg_finish_decompress(&d);
	jpeg_destroy_decompress(&d);
	return r;
}

/* ---- PNG ---- */

static void
png_bytes(png_structp png, png_bytep to, size_t n)
{
	struct work *k = png_get_io_ptr(png);

	if (n > k->file.n - k->at)
		png_error(png, "ends early");
	memcpy(to, k->file.p + k->at, n);
	k->at += n;
}

static void
png_quiet(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static enum result
read_png(struct work *k)
{
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, png_quiet);
	png_infop info = png_create_info_struct(png);
	int passes;

	k->at = 0;
	if (setjmp(png_jmpbuf(png))) {
		png_destroy_read_struct(&png, &info, NULL);
		return FAILED;
	}
	png_set_read_fn(png, k, png_bytes);
	png_read_info(png, info);
	png_set_expand(png);
	png_set_strip_16(png);
	png_set_strip_alpha(png);
	png_set_gray_to_rgb(png);
	passes = png_set_interlace_handling(png);
	png_read_update_info(png, info);
	set_size(k, png_get_image_width(png, info), png_get_image_height(png, info));
	for (int i = 0; i < passes; i++)
		for (uint32_t y = 0; y < k->h; y++)
			png_read_row(png, k->px.p + (size_t)y * k->w * 3, NULL);
	png_read_end(png, NULL);
	png_destroy_read_struct(&png, &info, NULL);
	return PIXELS;
}

#if HAVE_DEFLATE
static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* IHDR, and the data of all IDATs in a row; every checksum is looked at. NULL: it ends early or is damaged. */
static const unsigned char *
gather_chunks(struct work *k)
{
	const unsigned char *p = k->file.p, *head = NULL;

	need(&k->packed, k->file.n);
	k->packed.n = 0;
	for (size_t i = 8, n; k->file.n - i >= 12; i += n + 12) {
		n = be32(p + i);
		if (n > k->file.n - i - 12 ||
		    libdeflate_crc32(0, p + i + 4, n + 4) != be32(p + i + 8 + n))
			return NULL;
		if (memcmp(p + i + 4, "IHDR", 4) == 0 && n == 13)
			head = p + i + 8;
		if (memcmp(p + i + 4, "IDAT", 4) == 0) {
			memcpy(k->packed.p + k->packed.n, p + i + 8, n);
			k->packed.n += n;
		}
		if (memcmp(p + i + 4, "IEND", 4) == 0)
			return head;
	}
	return NULL;
}

/* Rows of RGB are undone into the pixels, those of RGBA in place. */
static enum result
undo_rows(struct work *k, size_t bpp)
{
	size_t n = (size_t)k->w * bpp;
	const unsigned char *up = memset(k->rows.p + (n + 1) * k->h, 0, n + 8);

	for (uint32_t y = 0; y < k->h; y++) {
		unsigned char *row = k->rows.p + (n + 1) * y, *to = k->px.p + (size_t)y * k->w * 3;
		unsigned char *out = bpp == 3 ? to : row + 1;

		if (!png_unfilter(row[0], row + 1, up, out, n, bpp))
			return FAILED;
		for (uint32_t x = 0; bpp == 4 && x < k->w; x++)
			memcpy(to + 3 * x, out + 4 * x, 3);
		up = out;
	}
	return PIXELS;
}

/* RGB and RGBA of 8 bits without interlacing; anything else is left to libpng. */
static enum result
read_plain_png(struct work *k)
{
	static _Thread_local struct libdeflate_decompressor *unpacker;
	const unsigned char *head = gather_chunks(k);
	size_t bpp, size, got;

	if (!head || head[8] != 8 || (head[9] != 2 && head[9] != 6) || head[12] != 0)
		return read_png(k);
	set_size(k, be32(head), be32(head + 4));
	bpp = head[9] == 2 ? 3 : 4;
	size = (k->w * bpp + 1) * k->h;
	need(&k->rows, size + k->w * bpp + 8);
	unpacker = unpacker ? unpacker : libdeflate_alloc_decompressor();
	if (libdeflate_zlib_decompress(unpacker, k->packed.p, k->packed.n, k->rows.p, size, &got) !=
		LIBDEFLATE_SUCCESS ||
	    got != size)
		return FAILED;
	return undo_rows(k, bpp);
}
#endif

/* ---- BMP ---- */

static uint32_t
le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum result
read_bmp(struct work *k)
{
	const unsigned char *p = k->file.p;
	size_t stride, at;

	if (k->file.n < 54 || p[28] != 24 || le32(p + 30) != 0 || (int32_t)le32(p + 22) <= 0)
		return FAILED;
	set_size(k, le32(p + 18), le32(p + 22));
	stride = ((size_t)k->w * 3 + 3) / 4 * 4;
	at = le32(p + 10);
	if (at > k->file.n || k->file.n - at < stride * k->h)
		return FAILED;
	for (uint32_t y = 0; y < k->h; y++) {
		const unsigned char *from = p + at + stride * (k->h - 1 - y);
		unsigned char *to = k->px.p + (size_t)y * k->w * 3;

		for (uint32_t x = 0; x < k->w; x++, from += 3, to += 3) {
			to[0] = from[2];
			to[1] = from[1];
			to[2] = from[0];
		}
	}
	return PIXELS;
}

/* ---- all of them ---- */

static enum result
read_picture(struct work *k, int pass, int deflate)
{
	const unsigned char *p = k->file.p;

	if (k->file.n > 3 && p[0] == 0xff && p[1] == 0xd8)
		return read_jpeg(k, pass);
	if (k->file.n > 2 && p[0] == 'B' && p[1] == 'M')
		return read_bmp(k);
	if (k->file.n < 8 || memcmp(p, "\x89PNG", 4) != 0)
		return FAILED;
#if HAVE_DEFLATE
	if (deflate)
		return read_plain_png(k);
#endif
	(void)deflate;
	return read_png(k);
}

static int
clean(struct work *k, const char *name, const char *folder, int pass, int deflate)
{
	enum result r;

	if (read_file(name, &k->file) != 0)
		return -1;
	r = read_picture(k, pass, deflate);
	if (r == PIXELS)
		encode(k);
	if (r == SAME)
		return write_file(folder, name, k->file.p, k->file.n);
	return r == FAILED ? -1 : write_file(folder, name, k->out, k->out_n);
}

int
main(int argc, char **argv)
{
	static char *names[1000000];
	char line[4096];
	int n = 0, failed = 0;

	if (argc != 4) {
		fputs("usage: clean encode|pass png|deflate FOLDER <list\n", stderr);
		return 2;
	}
#if !HAVE_DEFLATE
	if (argv[2][0] == 'd') {
		fputs("clean: built without libdeflate\n", stderr);
		return 2;
	}
#endif
	while (n < 1000000 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		names[n++] = strdup(line);
	}
#pragma omp parallel reduction(+ : failed)
	{
		struct work k = { 0 };

#pragma omp for schedule(dynamic)
		for (int i = 0; i < n; i++)
			failed +=
			    clean(&k, names[i], argv[3], argv[1][0] == 'p', argv[2][0] == 'd') != 0;
		free(k.file.p);
		free(k.px.p);
		free(k.packed.p);
		free(k.rows.p);
		free(k.out);
	}
	printf("%d pictures, %d failed\n", n, failed);
	return failed > 0;
}
