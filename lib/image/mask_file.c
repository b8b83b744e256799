/* Masks that are PNG files: see mask_file.h. */
#include "image/mask_file.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"

#define CHUNK_MAX ((size_t)32 << 20)

/* All that is held while libpng reads and writes, so that a jump out of it loses nothing. */
struct mask {
	png_structp in, out;
	png_infop in_info, out_info;
	struct span file; /* what is not read yet */
	struct buf *to;
	unsigned char *old, *new; /* samples, without padding */
	uint32_t w, h;
	size_t pixel; /* bytes */
	size_t room;  /* the most that libpng may ask for at once */
	char error[128];
};

static void
on_error(png_structp png, png_const_charp message)
{
	struct mask *m = png_get_error_ptr(png);

	snprintf(m->error, sizeof(m->error), "%s", message);
	longjmp(png_jmpbuf(png), 1);
}

static void
on_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

/*
 * A chunk may claim any length, and libpng makes room before it looks whether the bytes are there. What
 * is more than the file can ask for is the file's fault; lack of memory ends the program.
 */
static png_voidp
on_malloc(png_structp png, png_alloc_size_t n)
{
	const struct mask *m = png_get_mem_ptr(png);

	return n > m->room ? NULL : xmalloc(n);
}

static void
on_free(png_structp png, png_voidp p)
{
	(void)png;
	free(p);
}

static void
on_read(png_structp png, png_bytep to, size_t n)
{
	struct mask *m = png_get_io_ptr(png);

	if (n > m->file.n)
		png_error(png, "the data ends early");
	memcpy(to, m->file.p, n);
	m->file = (struct span){ m->file.p + n, m->file.n - n };
}

static void
on_write(png_structp png, png_bytep from, size_t n)
{
	struct mask *m = png_get_io_ptr(png);

	buf_add(m->to, from, n);
}

static void
open_mask(struct mask *m)
{
	m->in = png_create_read_struct_2(
	    PNG_LIBPNG_VER_STRING, m, on_error, on_warning, m, on_malloc, on_free);
	m->out = png_create_write_struct_2(
	    PNG_LIBPNG_VER_STRING, m, on_error, on_warning, m, on_malloc, on_free);
	m->in_info = m->in ? png_create_info_struct(m->in) : NULL;
	m->out_info = m->out ? png_create_info_struct(m->out) : NULL;
	if (m->in_info == NULL || m->out_info == NULL)
		die("libpng %s does not start", png_get_libpng_ver(NULL));
	png_set_read_fn(m->in, m, on_read);
	png_set_write_fn(m->out, m, on_write, NULL);
	png_set_user_limits(m->in, 65500, 65500);
	png_set_chunk_malloc_max(m->in, CHUNK_MAX);
	png_set_chunk_cache_max(m->in, 1000);
	png_set_keep_unknown_chunks(m->in, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
}

/* The samples as they are, only unpacked to a byte where they are smaller. */
static bool
read_mask(struct mask *m, const struct image_limits *lim, struct finding *f)
{
	int passes;
	size_t stride;

	if (setjmp(png_jmpbuf(m->in)))
		return image_reject(f, "label-geometry", "a mask cannot be read: %s", m->error);
	png_read_info(m->in, m->in_info);
	m->w = png_get_image_width(m->in, m->in_info);
	m->h = png_get_image_height(m->in, m->in_info);
	if (!image_check_size(m->w, m->h, lim, f))
		return false;
	png_set_packing(m->in);
	passes = png_set_interlace_handling(m->in);
	png_read_update_info(m->in, m->in_info);
	stride = png_get_rowbytes(m->in, m->in_info);
	m->pixel = stride / m->w;
	m->old = xcalloc(m->h, stride);
	for (int pass = 0; pass < passes; pass++)
		for (uint32_t y = 0; y < m->h; y++)
			png_read_row(m->in, m->old + y * stride, NULL);
	png_read_end(m->in, NULL);
	return true;
}

/* Each new pixel is the old one that its middle falls upon. */
static void
move_samples(struct mask *m, struct turn t, uint32_t w, uint32_t h)
{
	uint32_t tw = t.transpose ? m->h : m->w, th = t.transpose ? m->w : m->h;

	m->new = xcalloc(size_mul(w, h), m->pixel);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			uint32_t a = (uint32_t)((x + 0.5) * tw / w),
				 b = (uint32_t)((y + 0.5) * th / h);
			size_t from;

			a = t.mirror_x ? tw - 1 - a : a;
			b = t.mirror_y ? th - 1 - b : b;
			from = t.transpose ? (size_t)a * m->w + b : (size_t)b * m->w + a;
			memcpy(m->new + ((size_t)y * w + x) * m->pixel, m->old + from * m->pixel,
			    m->pixel);
		}
}

/* What the samples mean goes along: palette and transparency. Grey of fewer bits keeps its numbers. */
static void
copy_header(struct mask *m, uint32_t w, uint32_t h)
{
	int depth = png_get_bit_depth(m->in, m->in_info) == 16 ? 16 : 8, n = 0;
	png_color_16p colour = NULL;
	png_colorp palette = NULL;
	png_bytep alpha = NULL;

	png_set_IHDR(m->out, m->out_info, w, h, depth, png_get_color_type(m->in, m->in_info),
	    PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (png_get_PLTE(m->in, m->in_info, &palette, &n))
		png_set_PLTE(m->out, m->out_info, palette, n);
	if (png_get_tRNS(m->in, m->in_info, &alpha, &n, &colour))
		png_set_tRNS(m->out, m->out_info, alpha, n, colour);
}

static bool
write_mask(struct mask *m, uint32_t w, uint32_t h, struct finding *f)
{
	if (setjmp(png_jmpbuf(m->out)))
		return image_reject(f, "label-geometry", "a mask cannot be written: %s", m->error);
	copy_header(m, w, h);
	png_write_info(m->out, m->out_info);
	for (uint32_t y = 0; y < h; y++)
		png_write_row(m->out, m->new + (size_t)y *w * m->pixel);
	png_write_end(m->out, m->out_info);
	return true;
}

bool
mask_file_move(struct span file, struct turn turn, double sx, double sy,
    const struct image_limits *lim, struct buf *out, struct finding *f)
{
	struct mask m = { .file = file, .to = out, .room = size_add(file.n, CHUNK_MAX) };
	uint32_t w, h;
	bool fine;

	open_mask(&m);
	fine = read_mask(&m, lim, f);
	if (fine) {
		w = (uint32_t)fmax(1, round((turn.transpose ? m.h : m.w) * sx));
		h = (uint32_t)fmax(1, round((turn.transpose ? m.w : m.h) * sy));
		move_samples(&m, turn, w, h);
		fine = write_mask(&m, w, h, f);
	}
	png_destroy_read_struct(&m.in, &m.in_info, NULL);
	png_destroy_write_struct(&m.out, &m.out_info);
	free(m.old);
	free(m.new);
	return fine;
}
