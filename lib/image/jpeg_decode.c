/* JPEG to pixels through libjpeg: see jpeg.h. */
#include "image/jpeg_lib.h"

#include "base/mem.h"

struct decoding {
	struct jpeg_decompress_struct d;
	struct jpeg_trap t;
	const struct jpeg_decoding *how;
	struct image *im;
};

/* Which colours libjpeg shall give: it turns YCCK into CMYK, we turn that into RGB. */
static void
set_colours(struct jpeg_decompress_struct *d, const struct jpeg_head *h)
{
	d->out_color_space = h->n == 4 ? JCS_CMYK : JCS_RGB;
}

/* Four channels are looked at as a whole afterwards, and small pictures are for shrinking. */
static void
read_rows(struct decoding *c)
{
	struct jpeg_decompress_struct *d = &c->d;
	uint32_t h = d->output_height;
	int channels = d->output_components;
	uint32_t band =
	    image_begin(c->im, d->output_width, h, channels, channels == 3 && c->how->scale == 8);

	for (uint32_t y = 0; y < h; y += band) {
		image_band(c->im, band, y, h, channels);
		while (d->output_scanline < y + c->im->h) {
			JSAMPROW rows[16];
			unsigned n = 0, at = d->output_scanline - y;

			for (; n < 16 && at + n < c->im->h; n++)
				rows[n] = image_row(c->im, at + n);
			jpeg_read_scanlines(d, rows, n);
		}
		image_give(c->im);
	}
	image_end(c->im, h);
}

/* The one function that libjpeg jumps back to. */
static bool
read_pixels(struct decoding *c, const struct jpeg_head *h)
{
	struct jpeg_decompress_struct *d = &c->d;

	if (setjmp(c->t.jump))
		return false;
	jpeg_read_header(d, TRUE);
	c->t.in_scan = true;
	set_colours(d, h);
	d->scale_num = (unsigned)c->how->scale;
	d->scale_denom = 8;
	jpeg_start_decompress(d);
	read_rows(c);
	jpeg_trap_finish(&c->t, d);
	return jpeg_trap_judge(&c->t, d);
}

/* ---- four channels ---- */

static bool
fourth_is_constant(const struct image *im)
{
	const unsigned char *p = (const unsigned char *)im->px.p + 3;
	unsigned all = 255;

	for (size_t i = (size_t)im->w * im->h; i > 0; i--, p += 4)
		all &= *p;
	return all == 255;
}

static unsigned char
clamp(double v)
{
	return (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5);
}

/* YCbCr with a fourth channel that says nothing: T.871's equations. */
static void
ycc_to_rgb(struct image *im)
{
	const unsigned char *s = (const unsigned char *)im->px.p;
	unsigned char *q = (unsigned char *)im->px.p;

	for (size_t i = (size_t)im->w * im->h; i > 0; i--, s += 4, q += 3) {
		double y = s[0], cb = s[1] - 128.0, cr = s[2] - 128.0;

		q[0] = clamp(y + 1.402 * cr);
		q[1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
		q[2] = clamp(y + 1.772 * cb);
	}
	image_size(im, im->w, im->h, 3);
}

static void
invert(struct image *im)
{
	for (size_t i = 0; i < im->px.n; i++)
		im->px.p[i] = (char)~im->px.p[i];
}

/* Four inks, 255 = none: what Adobe writes, and what is left here for the profile to convert. */
static bool
read_inks(struct decoding *c, const struct jpeg_head *h, struct finding *f)
{
	if (h->adobe >= 0) {
		f->notes |= NOTE_CMYK;
		return true;
	}
	if (fourth_is_constant(c->im)) {
		ycc_to_rgb(c->im);
		f->notes |= NOTE_FOURTH;
		return true;
	}
	if (c->how->cmyk == CMYK_REJECT)
		return image_reject(f, "cmyk-ambiguous",
		    "JPEG: CMYK without an Adobe marker may be inverted or not; see --cmyk");
	if (c->how->cmyk == CMYK_PLAIN)
		invert(c->im);
	f->notes |= NOTE_CMYK;
	return true;
}

bool
jpeg_decode(struct span file, const struct jpeg_head *h, const struct jpeg_decoding *how,
    struct image *im, bool *inks, struct finding *f)
{
	struct decoding c = { .how = how, .im = im };
	bool fine;

	*inks = false;
	if (jpeg_colour(h) == JPEG_GREY)
		f->notes |= NOTE_GREY;
	if (jpeg_colour(h) == JPEG_RGB)
		f->notes |= NOTE_RGB_CODED;
	jpeg_trap_open(&c.t, &c.d, file, how->lim, f);
	fine = read_pixels(&c, h);
	jpeg_destroy_decompress(&c.d);
	if (!fine)
		return false;
	if (h->n == 4) {
		if (!read_inks(&c, h, f))
			return false;
		*inks = im->channels == 4;
	}
	return true;
}
