/* Pixels to JPEG through libjpeg: see jpeg.h. */
#include "image/jpeg_lib.h"

#include <stdlib.h>

#include "base/mem.h"

struct jpeg_writer {
	struct jpeg_compress_struct c;
	struct jpeg_trap t;
	struct jpeg_sink sink;
};

static void
set_parameters(
    struct jpeg_compress_struct *c, uint32_t w, uint32_t h, const struct jpeg_encoding *how)
{
	c->image_width = w;
	c->image_height = h;
	c->input_components = 3;
	c->in_color_space = JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, how->quality, TRUE);
	c->optimize_coding = how->optimize;
	c->comp_info[0].h_samp_factor = how->h;
	c->comp_info[0].v_samp_factor = how->v;
	if (how->progressive)
		jpeg_simple_progression(c);
}

/* Errors end the program here: pixels of a checked size cannot be at fault. */
struct jpeg_writer *
jpeg_writer_new(uint32_t w, uint32_t h, const struct jpeg_encoding *how, struct buf *out)
{
	struct jpeg_writer *k = xmalloc(sizeof(*k));

	jpeg_trap_compress(&k->t, &k->c);
	jpeg_sink_init(&k->sink, &k->c, out);
	set_parameters(&k->c, w, h, how);
	jpeg_start_compress(&k->c, TRUE);
	if (how->exif.p)
		jpeg_write_marker(
		    &k->c, JPEG_APP0 + 1, (const JOCTET *)how->exif.p, (unsigned)how->exif.n);
	return k;
}

void
jpeg_writer_rows(struct jpeg_writer *k, const struct image *im)
{
	for (uint32_t y = 0; y < im->h;) {
		JSAMPROW rows[16];
		uint32_t n = 0;

		for (; n < 16 && y < im->h; n++, y++)
			rows[n] = image_row(im, y);
		jpeg_write_scanlines(&k->c, rows, n);
	}
}

void
jpeg_writer_end(struct jpeg_writer *k)
{
	jpeg_finish_compress(&k->c);
	jpeg_writer_drop(k);
}

void
jpeg_writer_drop(struct jpeg_writer *k)
{
	if (k == NULL)
		return;
	jpeg_destroy_compress(&k->c);
	free(k);
}

void
jpeg_encode(const struct image *im, const struct jpeg_encoding *how, struct buf *out)
{
	struct jpeg_writer *k = jpeg_writer_new(im->w, im->h, how, out);

	jpeg_writer_rows(k, im);
	jpeg_writer_end(k);
}
