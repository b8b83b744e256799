/* image.c: the parts of lib/image: turning, labels, names, shrinking, duplicates, the scanner, EXIF. */
#include <stdlib.h>
#include <string.h>

#include "image/exif.h"
#include "image/jpeg.h"
#include "image/kind.h"
#include "image/labels.h"
#include "image/targets.h"
#include "image/png_filter.h"
#include "image/resize.h"
#include "image/signal.h"
#include "image/turn.h"
#include "image/twins.h"
#include "tap.h"

enum { W = 70, H = 130 }; /* more than a tile of image_turn(), and no multiple of it */

/* The table of EXIF 2.32: where the pixel (x, y) of a stored picture is seen. */
static void
seen_at(int orientation, uint32_t x, uint32_t y, uint32_t *sx, uint32_t *sy)
{
	const uint32_t to[9][2] = { { 0, 0 }, { x, y }, { W - 1 - x, y }, { W - 1 - x, H - 1 - y },
		{ x, H - 1 - y }, { y, x }, { H - 1 - y, x }, { H - 1 - y, W - 1 - x },
		{ y, W - 1 - x } };

	*sx = to[orientation][0];
	*sy = to[orientation][1];
}

static void
fill_pattern(struct image *im, int channels)
{
	image_size(im, W, H, channels);
	for (size_t i = 0; i < im->px.n; i++)
		im->px.p[i] = (char)(i * 31 + i / 251);
}

static void
test_turning(int orientation, int channels)
{
	struct image im = { .w = 0 }, old = { .w = 0 }, spare = { .w = 0 };
	bool right = true;

	fill_pattern(&im, channels);
	fill_pattern(&old, channels);
	image_turn(&im, orientation, &spare);
	for (uint32_t y = 0; y < H; y++)
		for (uint32_t x = 0; x < W; x++) {
			uint32_t sx, sy;

			seen_at(orientation, x, y, &sx, &sy);
			right &=
			    memcmp(image_row(&im, sy) + sx * (unsigned)channels,
				image_row(&old, y) + x * (unsigned)channels, (size_t)channels) == 0;
		}
	ok(right && im.w == (orientation > 4 ? H : W), "orientation %d turns %d channels",
	    orientation, channels);
	image_release(&im);
	image_release(&old);
	image_release(&spare);
}

/* ---- labels ---- */

static char *
moved(const char *annotation, int orientation, double sx, double sy)
{
	bool side = turn_of(orientation).transpose;
	struct label_map m = { .turn = turn_of(orientation),
		.w = side ? H : W,
		.h = side ? W : H,
		.sx = sx,
		.sy = sy };
	char *line = xasprintf("{\"source\":\"a\",\"annotation\":[%s]}", annotation);
	struct record r = { .n = 0 };
	struct buf out = BUF_INIT, why = BUF_INIT;

	rec_parse(&r, span_str(line), pos_file("test"));
	if (!labels_move(&r, &m, &out, &why)) {
		buf_reset(&out);
		buf_adds(&out, buf_str(&why));
	}
	rec_release(&r);
	buf_release(&why);
	free(line);
	return buf_detach(&out);
}

static void
is_moved(const char *annotation, int orientation, double sx, double sy, const char *want)
{
	char *got = moved(annotation, orientation, sx, sy);

	is_str(got, want, "%s, orientation %d, scale %g x %g", annotation, orientation, sx, sy);
	free(got);
}

/* A box around one pixel must end up around the place where that pixel is seen. */
static void
test_boxes(int orientation)
{
	uint32_t x, y;
	char want[80];

	seen_at(orientation, 12, 34, &x, &y);
	snprintf(want, sizeof(want), "[{\"bbox\":[%u,%u,1,1]}]", x, y);
	is_moved("{\"bbox\":[12,34,1,1]}", orientation, 1, 1, want);
	seen_at(orientation, 0, H - 1, &x, &y);
	snprintf(want, sizeof(want), "[{\"bbox\":[%u,%u,1,1]}]", x, y);
	is_moved("{\"bbox\":[0,129,1,1]}", orientation, 1, 1, want);
}

static void
test_labels(void)
{
	for (int i = 1; i <= 8; i++)
		test_boxes(i);
	is_moved("{\"bbox\":[12.3,0,10,10]}", 2, 1, 1, "[{\"bbox\":[47.7,0,10,10]}]");
	is_moved("{\"id\":12345678901234567890, \"bbox\":[1,2,3,4] ,\"x\":1.10}", 2, 1, 1,
	    "[{\"id\":12345678901234567890, \"bbox\":[66,2,3,4] ,\"x\":1.10}]");
	is_moved("{\"unit\":\"ratio\",\"bbox\":[0.25,0,0.5,1]}", 6, 1, 1,
	    "[{\"unit\":\"ratio\",\"bbox\":[0,0.25,1,0.5]}]");
	is_moved("{\"unit\":\"ratio\",\"bbox\":[0.25,0,0.5,1]}", 1, 0.5, 0.25,
	    "[{\"unit\":\"ratio\",\"bbox\":[0.25,0,0.5,1]}]");
	is_moved("{\"polygon\":[[0,0,10,0,10,5],[1,1,2,2,3,1]]}", 3, 1, 1,
	    "[{\"polygon\":[[70,130,60,130,60,125],[69,129,68,128,67,129]]}]");
	is_moved("{\"keypoints\":[1,2,2,0,0,0,0,0,1]}", 2, 1, 1,
	    "[{\"keypoints\":[69,2,2,0,0,0,70,0,1]}]");
	is_moved("{\"rbox\":[10,20,8,4,30]}", 2, 1, 1, "[{\"rbox\":[60,20,8,4,-30]}]");
	is_moved("{\"rbox\":[10,20,8,4,30]}", 3, 1, 1, "[{\"rbox\":[60,110,8,4,30]}]");
	is_moved("{\"rbox\":[10,20,8,4,30]}", 5, 1, 1, "[{\"rbox\":[20,10,8,4,60]}]");
	is_moved("{\"rbox\":[10,20,8,4,30]}", 6, 1, 1, "[{\"rbox\":[110,10,8,4,-60]}]");
	is_moved("{\"circle\":[10,20,5],\"area\":80}", 1, 0.5, 0.5,
	    "[{\"circle\":[5,10,2.5],\"area\":20}]");
	is_moved("{\"line\":[0,0,1,1],\"polyline\":[2,2],\"point\":[3,3],\"area\":7}", 4, 1, 1,
	    "[{\"line\":[0,130,1,129],\"polyline\":[2,128],\"point\":[3,127],\"area\":7}]");
	is_moved("{\"rle\":{\"size\":[2,3],\"counts\":[0,1,5]}}", 6, 1, 1,
	    "[{\"rle\":{\"size\":[3,2],\"counts\":[3,1,2]}}]");
	is_moved(
	    "{\"name\":\"a\"} , {\"bbox\":null}", 6, 1, 1, "[{\"name\":\"a\"} , {\"bbox\":null}]");
	is_moved("{\"bbox\":[1,2,3]}", 6, 1, 1, "a label's bbox makes no sense");
	is_moved("{\"keypoints\":[1,2]}", 6, 1, 1, "a label's keypoints makes no sense");
	is_moved("{\"polygon\":[[1,2,3]]}", 6, 1, 1, "a label's polygon makes no sense");
}

/* ---- in which frame labels are ---- */

static void
is_space(const char *line, int orientation, enum label_space want)
{
	struct record r = { .n = 0 };

	rec_parse(&r, span_str(line), pos_file("test"));
	is_int(
	    labels_space(&r, 600, 400, orientation), want, "orientation %d, %s", orientation, line);
	rec_release(&r);
}

static void
test_spaces(void)
{
	is_space("{\"source\":\"a\",\"annotation\":[{\"name\":\"x\"}]}", 6, SPACE_RAW);
	is_space("{\"source\":\"a\",\"annotation\":[{\"bbox\":[0,0,9,9]}]}", 6, SPACE_AUTO);
	is_space("{\"source\":\"a\",\"annotation\":[{\"bbox\":[0,0,9,9]}]}", 3, SPACE_AUTO);
	is_space(
	    "{\"source\":\"a\",\"width\":600,\"height\":400,\"annotation\":[{\"bbox\":[0,0,9,9]}]}",
	    6, SPACE_RAW);
	is_space(
	    "{\"source\":\"a\",\"width\":400,\"height\":600,\"annotation\":[{\"bbox\":[0,0,9,9]}]}",
	    8, SPACE_UPRIGHT);
	/* the size says raw, a box that leaves that frame says otherwise */
	is_space(
	    "{\"source\":\"a\",\"width\":600,\"height\":400,\"annotation\":[{\"bbox\":[0,500,9,90]}]}",
	    6, SPACE_UPRIGHT);
	is_space("{\"source\":\"a\",\"annotation\":[{\"bbox\":[500,0,90,9]}]}", 6, SPACE_RAW);
	is_space(
	    "{\"source\":\"a\",\"width\":640,\"height\":480,\"annotation\":[{\"bbox\":[0,0,9,9]}]}",
	    6, SPACE_AUTO);
}

/* ---- names ---- */

static void
is_name(struct targets *n, const char *source, const char *id, const char *want)
{
	struct buf out = BUF_INIT;

	targets_name(n, span_str(source), id ? span_str(id) : SPAN_NONE, &out);
	is_str(buf_str(&out), want, "%s with id %s", source, id ? id : "none");
	buf_release(&out);
}

static void
test_names(void)
{
	struct targets n = { .given = { .n = 0 } };

	is_name(&n, "raw/VOC/JPEGImages/0001.png", "0001", "0001.jpg");
	is_name(&n, "raw/a/b.jpg", "a/b", "a/b.jpg");
	is_name(&n, "raw/other/b.bmp", "b", "b.jpg");
	is_name(&n, "raw/third/b.bmp", "b", "b-2.jpg");
	is_name(&n, "raw/fourth/b.bmp", "b", "b-3.jpg");
	is_name(&n, "raw/0001.jpg", "139", "raw/0001.jpg");
	is_name(&n, "raw/x0001.jpg", "0001", "raw/x0001.jpg");
	is_name(&n, "../../etc/passwd", NULL, "etc/passwd.jpg");
	is_name(&n, "/./..//abs/x.tar.gz.png", NULL, "abs/x.tar.gz.jpg");
	is_name(&n, "..", NULL, "picture.jpg");
	is_name(&n, "a/../../x.jpg", "../../x", "x.jpg");
	is_name(&n, "photos.tar!/a/b.png", NULL, "a/b-2.jpg");
	targets_release(&n);
}

/* ---- shrinking ---- */

static void
is_fit(uint32_t w, uint32_t h, uint32_t fw, uint32_t fh, uint32_t nw, uint32_t nh)
{
	uint32_t gw, gh;
	bool shrinks = fit_size(w, h, fw, fh, &gw, &gh);

	ok(gw == nw && gh == nh && shrinks == (nw != w || nh != h),
	    "%ux%u into %ux%u is %ux%u (got %ux%u)", w, h, fw, fh, nw, nh, gw, gh);
}

static void
test_shrinking(void)
{
	struct image im = { .w = 0 }, spare = { .w = 0 };
	bool flat = true, rising = true;

	is_fit(100, 50, 0, 0, 100, 50);
	is_fit(100, 50, 200, 200, 100, 50);
	is_fit(100, 50, 50, 50, 50, 25);
	is_fit(50, 100, 50, 50, 25, 50);
	is_fit(1000, 3, 10, 10, 10, 1);
	is_fit(640, 480, 333, 333, 333, 250);
	image_size(&im, 97, 61, 3);
	memset(im.px.p, 201, im.px.n);
	image_shrink(&im, 10, 7, &spare);
	for (size_t i = 0; i < im.px.n; i++)
		flat &= (unsigned char)im.px.p[i] == 201;
	ok(im.w == 10 && im.h == 7 && flat, "a flat colour stays what it is");
	image_size(&im, 256, 4, 3);
	for (size_t i = 0; i < im.px.n; i++)
		im.px.p[i] = (char)(i / 3 % 256);
	image_shrink(&im, 32, 2, &spare);
	for (int i = 0; i < 32; i++)
		rising &= abs(image_row(&im, 1)[3 * i] - (8 * i + 4)) <= 1;
	ok(rising, "a ramp stays a ramp");
	image_release(&im);
	image_release(&spare);
}

/* ---- duplicates ---- */

static void
test_twins(void)
{
	struct twins *t = twins_new(3);
	unsigned char a[SHA256_SIZE] = { 1 }, b[SHA256_SIZE] = { 2 }, c[SHA256_SIZE] = { 3 };
	uint64_t hash = 0x123456789abcdef0;
	struct twin r;

	ok(twins_ask(t, a, hash, "a").name == NULL, "the first one is new");
	r = twins_ask(t, a, hash, "again");
	ok(r.name && strcmp(r.name, "a") == 0 && r.distance == -1, "the same bytes");
	r = twins_ask(t, b, hash ^ 0x8000000000000101, "b");
	ok(r.name && strcmp(r.name, "a") == 0 && r.distance == 3, "three bits apart");
	r = twins_ask(t, c, hash ^ 0x0700100000000000, "c");
	ok(r.name == NULL, "four bits apart");
	twins_free(t);
}

/* Every pair of hashes that differs in up to d bits is found, whichever bits those are. */
static void
test_twins_everywhere(void)
{
	unsigned found = 0;

	for (unsigned i = 0; i < 64; i++)
		for (unsigned j = i + 1; j < 64; j += 7) {
			struct twins *t = twins_new(2);
			unsigned char a[SHA256_SIZE] = { 1 }, b[SHA256_SIZE] = { 2 };

			twins_ask(t, a, 0x5555555555555555, "a");
			found +=
			    twins_ask(t, b, 0x5555555555555555 ^ (1ULL << i) ^ (1ULL << j), "b")
				.name == NULL;
			twins_free(t);
		}
	is_int(found, 0, "two bits apart are found wherever they are");
}

/* ---- filters ---- */

/* PNG specification 9.2, byte by byte. */
static void
unfilter_plainly(
    int f, const unsigned char *in, const unsigned char *up, unsigned char *out, int n, int bpp)
{
	for (int i = 0; i < n; i++) {
		int a = i >= bpp ? out[i - bpp] : 0, b = up[i], c = i >= bpp ? up[i - bpp] : 0,
		    p = a + b - c;
		int pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
		int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
		int guess[] = { 0, a, b, (a + b) / 2, paeth };

		out[i] = (unsigned char)(in[i] + guess[f]);
	}
}

static void
test_filters(void)
{
	enum { N = 240 };

	unsigned char in[N + 16], up[N + 16], want[N], got[N + 16];
	uint32_t x = 1;

	for (int round = 0; round < 20; round++)
		for (int bpp = 1; bpp <= 4; bpp++)
			for (int f = 0; f <= 4; f++) {
				for (int i = 0; i < N; i++) {
					x = x * 1664525 + 1013904223;
					in[i] = (unsigned char)(x >> 24);
					up[i] = (unsigned char)(x >> 16);
				}
				unfilter_plainly(f, in, up, want, N, bpp);
				if (!png_unfilter(f, in, up, got, N, (size_t)bpp) ||
				    memcmp(got, want, N) != 0) {
					ok(0, "filter %d with %d bytes a pixel", f, bpp);
					return;
				}
			}
	ok(1, "filters are undone as the specification says");
	ok(!png_unfilter(5, in, up, got, N, 3), "there is no filter 5");
}

/* ---- EXIF ---- */

static void
test_exif(void)
{
	char big[] = "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0";
	char little[] = "II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\10\0\0\0\0\0\0\0";
	struct span s = { big, sizeof(big) - 1 };

	is_int(exif_orientation(s, NULL), 6, "big-endian");
	is_int(exif_orientation((struct span){ little, sizeof(little) - 1 }, NULL), 8,
	    "little-endian");
	for (size_t n = 0; n < 22; n++)
		if (exif_orientation((struct span){ big, n }, NULL) != 1)
			ok(0, "cut to %zu bytes", n);
	exif_set_upright(big, s.n);
	is_int(exif_orientation(s, NULL), 1, "set upright");
	exif_set_upright(little, sizeof(little) - 1);
	is_int(
	    exif_orientation((struct span){ little, sizeof(little) - 1 }, NULL), 1, "set upright");
	big[19] = 9;
	is_int(exif_orientation(s, NULL), 1, "9 is no orientation");
}

/* ---- the scanner ---- */

static void
make_jpeg(struct buf *out, int sampling, bool progressive)
{
	struct jpeg_encoding how = {
		.quality = 90, .h = sampling, .v = sampling, .progressive = progressive
	};
	struct image im = { .w = 0 };
	uint32_t x = 7;

	image_size(&im, 203, 101, 3);
	for (size_t i = 0; i < im.px.n; i++) {
		x = x * 1664525 + 1013904223;
		im.px.p[i] = (char)(i / 3 % 203 / 2 + (x >> 28));
	}
	jpeg_encode(&im, &how, out);
	image_release(&im);
}

static enum jpeg_verdict
scan(struct jpeg_scanner *s, const struct buf *file, struct jpeg_state *st)
{
	struct finding f = { .code = NULL };
	struct buf icc = BUF_INIT;
	struct jpeg_head h;

	if (!jpeg_read_head(buf_span(file), &h, &icc, &f))
		return JPEG_TRUNCATED;
	buf_release(&icc);
	jpeg_scan(s, buf_span(file), &h, st);
	return st->verdict;
}

static void
test_scanner(int sampling)
{
	struct jpeg_scanner *s = jpeg_scanner_new();
	struct jpeg_state st;
	struct buf file = BUF_INIT;
	size_t whole, cuts = 0;

	make_jpeg(&file, sampling, false);
	whole = file.n;
	is_int(scan(s, &file, &st), JPEG_SOUND, "a sound file");
	ok(st.end == whole && !st.trailing, "it ends where it ends");
	buf_adds(&file, "behind the end");
	is_int(scan(s, &file, &st), JPEG_SOUND, "bytes behind the end do no harm");
	ok(st.end == whole && st.trailing, "and are seen");
	file.n = whole - 2;
	is_int(scan(s, &file, &st), JPEG_NO_END, "without its end marker");
	for (file.n = whole - 3; file.n > 700; file.n--)
		cuts += scan(s, &file, &st) != JPEG_TRUNCATED;
	is_int(cuts, 0, "cut anywhere, it is truncated");
	file.n = whole;
	memset(file.p + whole / 2, 0, whole - whole / 2);
	ok(scan(s, &file, &st) == JPEG_DAMAGED || st.verdict == JPEG_TRUNCATED,
	    "a tail of zeros is no picture");
	buf_reset(&file);
	make_jpeg(&file, sampling, false);
	memcpy(file.p + whole / 2, "\xff\xd9", 2);
	is_int(scan(s, &file, &st), JPEG_DAMAGED, "an end marker in the middle is damage");
	buf_reset(&file);
	make_jpeg(&file, sampling, true);
	is_int(scan(s, &file, &st), JPEG_NOT_SCANNED, "a progressive file is for libjpeg");
	buf_release(&file);
	jpeg_scanner_free(s);
}

/* The scanner's small picture is the mean of the pixels over blocks. */
static void
test_small_pictures(void)
{
	struct jpeg_scanner *s = jpeg_scanner_new();
	struct jpeg_decoding how = { .lim = &(struct image_limits){ .pixels = 1 << 20, .scans = 9 },
		.scale = 8 };
	struct image im = { .w = 0 }, a = { .w = 0 }, b = { .w = 0 };
	struct finding f = { .code = NULL };
	struct buf file = BUF_INIT, icc = BUF_INIT;
	struct jpeg_state st;
	struct jpeg_head h;
	bool inks, near = true;

	make_jpeg(&file, 2, false);
	scan(s, &file, &st);
	jpeg_scan_grey(s, &a);
	jpeg_read_head(buf_span(&file), &h, &icc, &f);
	ok(jpeg_decode(buf_span(&file), &h, &how, &im, &inks, &f), "it decodes");
	signal_small(&im, 8, &b);
	ok(a.w == b.w && a.h == b.h && a.w == 26 && a.h == 13, "both are of one size");
	for (uint32_t y = 0; y + 1 < a.h; y++)
		for (uint32_t x = 0; x + 1 < a.w; x++)
			near &= abs(image_row(&a, y)[x] - image_row(&b, y)[x]) <= 2;
	ok(near, "and of the same grey");
	image_release(&im);
	image_release(&a);
	image_release(&b);
	buf_release(&file);
	jpeg_scanner_free(s);
}

/* Collects the rows that it is given. */
struct collector {
	struct image_taker taker;
	bool wanted;
	struct buf px;
	unsigned bands;
};

static bool
collector_begin(struct image_taker *t, struct image *im)
{
	struct collector *c = (struct collector *)t;

	is_int(im->w, 203, "the width is known");
	is_int(im->h, 101, "the height is known");
	buf_reset(&c->px);
	return c->wanted;
}

static void
collector_take(struct image_taker *t, struct image *im)
{
	struct collector *c = (struct collector *)t;

	buf_addspan(&c->px, buf_span(&im->px));
	c->bands++;
	memset(im->px.p, 0, im->px.n); /* they are ours to spoil */
}

/* Rows given one band after the other are those of the whole picture. */
static void
test_bands(void)
{
	struct jpeg_decoding how = { .lim = &(struct image_limits){ .pixels = 1 << 20, .scans = 9 },
		.scale = 8 };
	struct collector c = { .taker = { collector_begin, collector_take } };
	struct image whole = { .w = 0 }, im = { .taker = &c.taker };
	struct finding f = { .code = NULL };
	struct buf file = BUF_INIT, icc = BUF_INIT;
	struct jpeg_head h;
	bool inks;

	make_jpeg(&file, 2, false);
	jpeg_read_head(buf_span(&file), &h, &icc, &f);
	jpeg_decode(buf_span(&file), &h, &how, &whole, &inks, &f);
	ok(jpeg_decode(buf_span(&file), &h, &how, &im, &inks, &f), "it decodes as a whole");
	is_int(c.bands, 0, "as nobody wants bands");
	ok(span_eq(buf_span(&im.px), buf_span(&whole.px)), "the same picture");
	c.wanted = true;
	ok(jpeg_decode(buf_span(&file), &h, &how, &im, &inks, &f), "it decodes in bands");
	is_int(c.bands, 7, "of 16 rows");
	ok(span_eq(buf_span(&c.px), buf_span(&whole.px)), "the same picture");
	is_int(im.h, 101, "whose height is what it was");
	image_release(&im);
	image_release(&whole);
	buf_release(&c.px);
	buf_release(&file);
}

int
main(void)
{
	test_bands();
	for (int i = 1; i <= 8; i++) {
		test_turning(i, 3);
		test_turning(i, 1);
	}
	test_labels();
	test_spaces();
	test_names();
	test_shrinking();
	test_twins();
	test_twins_everywhere();
	test_filters();
	test_exif();
	test_scanner(1);
	test_scanner(2);
	test_small_pictures();
	return done_testing();
}
