/* Picture sizes: headers that we write by hand, cut at every place, and damaged. */
#include "record/picsize.h"

#include "tap.h"

#define PIC(literal) ((struct span){ literal, sizeof(literal) - 1 })

/* SOI, APP1 with orientation 6 (big-endian), a fill byte, SOF0 of 640 x 480 */
#define EXIF \
	"\xff\xe1\x00\x22" \
	"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
#define SOF "\xff\xff\xc0\0\x11\x08\x01\xe0\x02\x80\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"

static void
size_is(struct span head, uint32_t width, uint32_t height, const char *what)
{
	struct picsize s;

	is_int(picsize_bytes(head, &s), PICSIZE_OK, "%s: found", what);
	is_int(s.width, width, "%s: width", what);
	is_int(s.height, height, "%s: height", what);
}

static void
unknown(struct span head, const char *what)
{
	struct picsize s;

	is_int(picsize_bytes(head, &s), PICSIZE_UNKNOWN, "%s", what);
}

static void
test_jpeg(void)
{
	struct span whole = PIC("\xff\xd8" EXIF SOF);
	struct picsize s;
	uint32_t w, h;
	int early = 0;

	size_is(whole, 640, 480, "JPEG");
	picsize_bytes(whole, &s);
	is_int(s.orientation, 6, "its orientation");
	picsize_shown(&s, &w, &h);
	ok(w == 480 && h == 640, "it is shown upright");
	for (size_t n = 0; n + 1 < whole.n; n++)
		early += picsize_bytes((struct span){ whole.p, n }, &s) != PICSIZE_MORE;
	is_int(early, 0, "a cut header asks for more");
	unknown(PIC("\xff\xd8\xff\xda\0\x08\0\0\0\0\0\0"), "a scan before the frame");
	unknown(PIC("\xff\xd8\xff\xe0\0\x01zzzzzz"), "a segment of length 1");
	unknown(PIC("\xff\xd8\xff\xc0\0\x11\x08\0\0\x02\x80\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"),
	    "height 0");
}

static void
test_others(void)
{
	size_is(PIC("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x02\0\0\0\x03"), 258, 3, "PNG");
	unknown(PIC("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x80\0\0\0\0\0\0\x03"), "PNG of width 2^31");
	unknown(PIC("\x89PNG\r\n\x1a\n\0\0\0\x04"
		    "CgBI\0\0\0\0\0\0\0\0"),
	    "PNG that begins with another chunk");
	size_is(PIC("GIF89a\x05\0\x00\x01"), 5, 256, "GIF");
	size_is(PIC("BM____\0\0\0\0____\x28\0\0\0\x07\0\0\0\xf8\xff\xff\xff"), 7, 8,
	    "BMP from the top down");
	size_is(PIC("BM____\0\0\0\0____\x0c\0\0\0\x07\0\x09\0____"), 7, 9, "BMP of OS/2");
	unknown(PIC("BM____\0\0\0\0____\x28\0\0\0\x07\0\0\0\0\0\0\x80"), "BMP of height -2^31");
	unknown(PIC("no picture at all"), "text");
}

int
main(void)
{
	test_jpeg();
	test_others();
	return done_testing();
}
