/*
 * pixels.c: what the decoders see, for tests. `pixels FILE` writes the picture as PPM, laid over white, neither
 * turned nor converted by a profile; `pixels --srgb FILE` converts it; `pixels --quads FILE` prints the mean colour around the middle of each quarter
 * as JSON: [[r,g,b], ...], top left, top right, bottom left, bottom right. Status 1: rejected.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/input.h"
#include "base/out.h"
#include "image/bmp.h"
#include "image/colour.h"
#include "image/jpeg.h"
#include "image/kind.h"
#include "image/png.h"

static const struct image_limits limits = { .pixels = 100000000, .scans = 500, .keep_rows = 100 };

static bool
decode_jpeg(struct span file, struct image *im, struct finding *f)
{
	struct jpeg_decoding how = { &limits, CMYK_PLAIN, 8 };
	struct buf icc = BUF_INIT;
	struct jpeg_head head;
	bool inks = false;
	bool fine = jpeg_read_head(file, &head, &icc, f) &&
		    image_check_size(head.w, head.h, &limits, f) &&
		    jpeg_decode(file, &head, &how, im, &inks, f);

	buf_release(&icc);
	if (fine && inks) {
		struct colours *c = colours_new();

		colours_convert(c, im, MODEL_INKS, &f->notes);
		colours_free(c);
	}
	return fine;
}

static bool
decode(struct span file, struct image *im, struct finding *f)
{
	struct span inner;

	switch (image_kind_of(file)) {
	case KIND_JPEG:
		return decode_jpeg(file, im, f);
	case KIND_PNG:
		return png_decode(file, &limits, im, f);
	case KIND_BMP:
		switch (bmp_decode(file, &limits, im, &inner, f)) {
		case BMP_EMBEDDED:
			return decode(inner, im, f);
		case BMP_DECODED:
			return true;
		default:
			return false;
		}
	default:
		return image_reject_kind(file, f);
	}
}

/* The mean of a square of an eighth of the picture around the middle of a quarter. */
static void
add_mean(struct buf *out, const struct image *im, unsigned quarter)
{
	uint32_t w = im->w / 8 + 1, h = im->h / 8 + 1;
	uint32_t x0 = im->w * (quarter & 1 ? 3 : 1) / 4 - w / 2,
		 y0 = im->h * (quarter & 2 ? 3 : 1) / 4 - h / 2;
	uint64_t sum[3] = { 0 }, n = (uint64_t)w * h;

	for (uint32_t y = y0; y < y0 + h; y++)
		for (uint32_t x = x0; x < x0 + w; x++)
			for (int i = 0; i < 3; i++)
				sum[i] += image_row(im, y)[3 * x + (unsigned)i];
	buf_addf(out, "%s[%u,%u,%u]", quarter ? "," : "", (unsigned)((sum[0] + n / 2) / n),
	    (unsigned)((sum[1] + n / 2) / n), (unsigned)((sum[2] + n / 2) / n));
}

static void
write_quads(struct buf *out, const struct image *im)
{
	buf_addc(out, '[');
	for (unsigned i = 0; i < 4; i++)
		add_mean(out, im, i);
	buf_adds(out, "]\n");
}

static void
write_ppm(struct buf *out, const struct image *im)
{
	buf_addf(out, "P6\n%u %u\n255\n", im->w, im->h);
	buf_addspan(out, buf_span(&im->px));
}

/* To sRGB, by the profile or the gamma that the file has. */
static void
convert(struct image *im, struct finding *f)
{
	struct colours *c = colours_new();

	colours_convert(c, im, f->notes & NOTE_GREY ? MODEL_GREY : MODEL_RGB, &f->notes);
	colours_free(c);
}

int
main(int argc, char **argv)
{
	static const unsigned char white[3] = { 255, 255, 255 };
	bool quads = argc == 3 && strcmp(argv[1], "--quads") == 0;
	bool srgb = argc == 3 && strcmp(argv[1], "--srgb") == 0;
	struct image im = { .w = 0 };
	struct finding f = { .code = NULL };
	struct buf file = BUF_INIT;
	struct out *out = out_stdout();
	int status = 1;

	if (argc != 2 + (quads || srgb) ||
	    file_read(AT_FDCWD, argv[argc - 1], SIZE_MAX / 2, &file) != 0)
		die("usage: pixels [--quads | --srgb] FILE");
	if (decode(buf_span(&file), &im, &f)) {
		if (srgb)
			convert(&im, &f);
		image_flatten(&im, white, &f.notes);
		quads ? write_quads(&out->b, &im) : write_ppm(&out->b, &im);
		status = 0;
	} else {
		fprintf(stderr, "%s: %s [%s]\n", argv[argc - 1], f.reason, f.code);
	}
	out_close(out);
	image_release(&im);
	buf_release(&file);
	return status;
}
