/* Masks as PNG: there and back, palettes, damaged files. */
#include "label/mask.h"

#include <stdlib.h>

#include "record/rle.h"
#include "tap.h"

static void
grey(void)
{
	static const uint8_t v[] = { 0, 1, 2, 3, 250, 255 };
	struct buf png = BUF_INIT;
	const char *why;
	struct mask m;

	mask_write_png(&png, v, 3, 2);
	ok(mask_read_png(buf_span(&png), &m, &why), "a PNG of grey levels is read again");
	ok(m.w == 3 && m.h == 2 && memcmp(m.v, v, 6) == 0, "with its levels");
	free(m.v);
	for (size_t n = 0; n < png.n; n++)
		if (mask_read_png((struct span){ png.p, n }, &m, &why))
			break;
	ok(m.v == NULL, "cut short at any place it is refused");
	png.p[png.n / 2] ^= 0x55;
	ok(!mask_read_png(buf_span(&png), &m, &why), "damaged it is refused");
	is_str(why, "the PNG is damaged", "and says so");
	ok(!mask_read_png(SPAN("GIF89a.........."), &m, &why), "another kind is refused");
	buf_release(&png);
}

static void
runs(void)
{
	static const char rle[] = "{\"size\":[4,5],\"counts\":[5,2,2,2,9]}";
	struct buf png = BUF_INIT, again = BUF_INIT;
	uint32_t box[4];

	for (int bitmap = 0; bitmap < 2; bitmap++) {
		buf_reset(&png);
		buf_reset(&again);
		ok(mask_rle_to_png(&png, span_str(rle), box, bitmap), "runs as a PNG");
		ok(box[0] == 1 && box[1] == 1 && box[2] == 2 && box[3] == 2, "of their box");
		ok(mask_png_to_rle(&again, buf_span(&png), box[0], box[1], 5, 4), "and back");
		ok(rle_same(buf_span(&again), span_str(rle)), "are the same");
	}
	ok(!mask_rle_to_png(&png, SPAN("{\"size\":[4,5],\"counts\":[20]}"), box, false),
	    "an empty mask has no picture");
	ok(!mask_png_to_rle(&again, buf_span(&png), 0, 0, 1e300, 4), "a picture beyond all");
	buf_release(&png);
	buf_release(&again);
}

static void
zlib(void)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	char zeros[100000] = { 0 };

	zlib_deflate(&in, (struct span){ zeros, sizeof(zeros) });
	ok(zlib_inflate(&out, buf_span(&in), sizeof(zeros)) && out.n == sizeof(zeros),
	    "zlib there and back");
	buf_reset(&out);
	ok(!zlib_inflate(&out, buf_span(&in), 1000), "more than the limit is refused");
	ok(!zlib_inflate(&out, (struct span){ in.p, in.n - 5 }, 200000), "cut short is refused");
	buf_release(&in);
	buf_release(&out);
}

int
main(void)
{
	grey();
	runs();
	zlib();
	return done_testing();
}
