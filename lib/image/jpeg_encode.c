/* Pixels to JPEG through libjpeg: see jpeg.h. */
#include "image/jpeg_lib.h"

#include "base/mem.h"

static void
set_parameters(
    struct jpeg_compress_struct *c, const struct image *im, const struct jpeg_encoding *how)
{
	c->image_width = im->w;
	c->image_height = im->h;
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

void
jpeg_encode(const struct image *im, const struct jpeg_encoding *how, struct buf *out)
{
	struct jpeg_compress_struct c;
	struct jpeg_trap t;
	struct jpeg_sink sink;

	/* errors end the program here: pixels of a checked size cannot be at fault */
	jpeg_trap_compress(&t, &c);
	jpeg_sink_init(&sink, &c, out);
	set_parameters(&c, im, how);
	jpeg_start_compress(&c, TRUE);
	if (how->exif.p)
		jpeg_write_marker(
		    &c, JPEG_APP0 + 1, (const JOCTET *)how->exif.p, (unsigned)how->exif.n);
	while (c.next_scanline < c.image_height) {
		JSAMPROW rows[16];
		unsigned n = 0;

		for (; n < 16 && c.next_scanline + n < c.image_height; n++)
			rows[n] = image_row(im, c.next_scanline + n);
		jpeg_write_scanlines(&c, rows, n);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
}
