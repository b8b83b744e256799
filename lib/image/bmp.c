/*
 * The BMP reader: see bmp.h.
 *
 * bmp_header() finds out what the file says of itself, then one of two
 * loops runs: plain rows (bmp_rows) or run lengths (bmp_rle). Everything is
 * checked against the bytes that are there; nothing is believed.
 */
#include "image/bmp.h"

#include "base/mem.h"
#include "image/bytes.h"

enum {
	BI_RGB,
	BI_RLE8,
	BI_RLE4,
	BI_BITFIELDS, /* OS/2: Huffman 1D */
	BI_JPEG,      /* OS/2: RLE24 */
	BI_PNG,
	BI_ALPHABITFIELDS,
};

#define FILE_HEADER 14

/* One colour of a pixel that is made of bit fields. */
struct field {
	uint32_t mask;
	int shift, bits;
};

struct bmp {
	const unsigned char *p; /* the file */
	size_t n;
	size_t header; /* bytes of the information header */
	size_t offset; /* of the pixels */
	int64_t w, h;
	uint32_t bits, compression;
	bool os2, top_down;
	struct field field[4]; /* red, green, blue, alpha */
	size_t masks;          /* bytes of masks behind a header of 40 */
	unsigned char pal[256][3];
	uint32_t colours; /* entries of pal that the file has */
};

static bool
bad(struct finding *f, const char *why)
{
	return image_reject(f, "corrupt", "BMP: %s", why);
}

static bool
unsupported(struct finding *f, const char *what)
{
	return image_reject(f, "unsupported-bmp", "BMP: %s cannot be read", what);
}

/* Sizes and depth; OS/2 1.x has 16-bit numbers, OS/2 2.x may stop after any field from 16 on. */
static bool
read_info(struct bmp *b, struct finding *f)
{
	const unsigned char *info = b->p + FILE_HEADER;
	uint32_t planes;

	b->header = le32(info);
	b->offset = le32(b->p + 10);
	if ((b->header != 12 && b->header < 16) || b->header > b->n - FILE_HEADER)
		return bad(f, "the size of its header is impossible");
	if (b->header == 12) {
		b->w = le16(info + 4);
		b->h = le16(info + 6);
		planes = le16(info + 8);
		b->bits = le16(info + 10);
		b->os2 = true;
	} else {
		b->w = (int32_t)le32(info + 4);
		b->h = (int32_t)le32(info + 8);
		planes = le16(info + 12);
		b->bits = le16(info + 14);
		b->compression = b->header >= 20 ? le32(info + 16) : BI_RGB;
		b->colours = b->header >= 36 ? le32(info + 32) : 0;
		b->os2 = b->header < 40 || b->header == 64;
	}
	b->top_down = b->h < 0;
	b->h = b->h < 0 ? -b->h : b->h;
	if (planes != 1)
		return bad(f, "the number of planes is not 1");
	if (b->w < 0)
		return bad(f, "its width is negative");
	return true;
}

static bool
check_kind(struct bmp *b, struct finding *f)
{
	uint32_t c = b->compression;

	if (c == BI_BITFIELDS && b->os2)
		return unsupported(f, "Huffman 1D compression");
	if (c == BI_JPEG && b->os2) /* RLE24 */
		return b->bits == 24 ? true : bad(f, "RLE24 needs 24 bits a pixel");
	if (c == BI_JPEG || c == BI_PNG)
		return true;
	if (c > BI_ALPHABITFIELDS)
		return unsupported(f, "its kind of compression");
	if (b->bits == 64)
		return unsupported(f, "64 bits a pixel");
	if (b->bits != 1 && b->bits != 2 && b->bits != 4 && b->bits != 8 && b->bits != 16 &&
	    b->bits != 24 && b->bits != 32)
		return bad(f, "its number of bits a pixel is impossible");
	if ((c == BI_RLE8 && b->bits != 8) || (c == BI_RLE4 && b->bits != 4) ||
	    ((c == BI_BITFIELDS || c == BI_ALPHABITFIELDS) && b->bits != 16 && b->bits != 32))
		return bad(f, "its compression does not fit its bits a pixel");
	return true;
}

static bool
field_set(struct field *fd, uint32_t mask)
{
	*fd = (struct field){ mask, 0, 0 };
	if (mask == 0)
		return true;
	fd->shift = __builtin_ctz(mask);
	for (mask >>= fd->shift; mask & 1; mask >>= 1)
		fd->bits++;
	return mask == 0; /* no holes */
}

static inline unsigned char
field_get(const struct field *fd, uint32_t pixel)
{
	uint64_t v = (pixel & fd->mask) >> fd->shift, max = ((uint64_t)1 << fd->bits) - 1;

	if (fd->bits == 8)
		return (unsigned char)v;
	return fd->bits ? (unsigned char)((v * 255 + max / 2) / max) : 0;
}

/* Where red, green, blue and alpha are in 16 and 32 bits. */
static bool
read_masks(struct bmp *b, struct finding *f)
{
	static const uint32_t usual[2][4] = { { 0x7c00, 0x3e0, 0x1f, 0 },
		{ 0xff0000, 0xff00, 0xff, 0 } };
	bool given = b->compression == BI_BITFIELDS || b->compression == BI_ALPHABITFIELDS;
	size_t count = b->compression == BI_ALPHABITFIELDS || b->header >= 56 ? 4 : 3;
	uint32_t limit = b->bits == 16 ? 0xffff : 0xffffffff;

	if (b->bits != 16 && b->bits != 32)
		return true;
	if (given && b->header < 52)
		b->masks = 4 * count;
	if (given && FILE_HEADER + 40 + 4 * count > b->n)
		return bad(f, "the file ends in the colour masks");
	for (size_t i = 0; i < 4; i++) {
		uint32_t m = usual[b->bits == 32][i];

		if (given)
			m = i < count ? le32(b->p + FILE_HEADER + 40 + 4 * i) : 0;
		if ((m & ~limit) || !field_set(&b->field[i], m))
			return bad(f, "a colour mask is impossible");
	}
	if (!(b->field[0].mask | b->field[1].mask | b->field[2].mask))
		return bad(f, "it has no colour masks");
	return true;
}

/* The palette may be shorter than it says, when the pixels begin earlier or the file ends. */
static bool
read_palette(struct bmp *b, struct finding *f)
{
	size_t at = FILE_HEADER + b->header + b->masks, entry = b->header == 12 ? 3 : 4;
	uint32_t most;

	if (b->bits > 8)
		return true;
	most = 1u << b->bits;
	if (b->colours == 0 || b->colours > most)
		b->colours = most;
	if (b->offset > at && (b->offset - at) / entry < b->colours)
		b->colours = (uint32_t)((b->offset - at) / entry);
	if (at + b->colours * entry > b->n)
		b->colours = b->n > at ? (uint32_t)((b->n - at) / entry) : 0;
	if (b->colours == 0)
		return bad(f, "it has no palette");
	for (uint32_t i = 0; i < b->colours; i++) {
		const unsigned char *q = b->p + at + i * entry;

		b->pal[i][0] = q[2];
		b->pal[i][1] = q[1];
		b->pal[i][2] = q[0];
	}
	return true;
}

/* A V5 header can carry a colour profile of its own ("MBED"). */
static void
read_profile(const struct bmp *b, struct image *im)
{
	const unsigned char *info = b->p + FILE_HEADER;
	size_t at, size;

	if (b->header < 124 || le32(info + 56) != 0x4d424544)
		return;
	at = FILE_HEADER + (size_t)le32(info + 112);
	size = le32(info + 116);
	if (at <= b->n && size <= b->n - at)
		buf_add(&im->icc, b->p + at, size);
}

static bool
bmp_header(struct bmp *b, const struct image_limits *lim, struct image *im, struct finding *f)
{
	if (b->n < 26)
		return image_reject(f, "truncated", "BMP: the file ends in its header");
	if (!read_info(b, f) || !check_kind(b, f) ||
	    !image_check_size((uint64_t)b->w, (uint64_t)b->h, lim, f))
		return false;
	if (!b->os2 && (b->compression == BI_JPEG || b->compression == BI_PNG))
		return true;
	if (!read_masks(b, f) || !read_palette(b, f))
		return false;
	if (b->offset > b->n || b->offset < FILE_HEADER + 12)
		return image_reject(
		    f, "truncated", "BMP: its pixels begin behind the end of the file");
	read_profile(b, im);
	return true;
}

/* ---- plain rows ---- */

static void
row_24(const struct bmp *b, const unsigned char *s, unsigned char *q)
{
	for (int64_t x = 0; x < b->w; x++, s += 3, q += 3) {
		q[0] = s[2];
		q[1] = s[1];
		q[2] = s[0];
	}
}

/* Returns whether an index was beyond the palette (such a pixel is black). */
static bool
row_palette(const struct bmp *b, const unsigned char *s, unsigned char *q)
{
	uint32_t bits = b->bits, mask = (1u << bits) - 1, over = 0;

	for (int64_t x = 0; x < b->w; x++, q += 3) {
		uint32_t at = (uint32_t)x * bits, i = s[at >> 3] >> (8 - bits - (at & 7)) & mask;

		over |= i >= b->colours;
		memcpy(q, b->pal[i], 3);
	}
	return over;
}

/* Returns the or of all alpha values. */
static unsigned
row_fields(const struct bmp *b, const unsigned char *s, unsigned char *q, bool alpha)
{
	unsigned seen = 0;

	for (int64_t x = 0; x < b->w; x++) {
		uint32_t v = b->bits == 16 ? le16(s + 2 * x) : le32(s + 4 * x);

		*q++ = field_get(&b->field[0], v);
		*q++ = field_get(&b->field[1], v);
		*q++ = field_get(&b->field[2], v);
		if (alpha)
			seen |= *q++ = field_get(&b->field[3], v);
	}
	return seen;
}

/* 32 bits with the usual order of bytes: by far the most common of the bit fields. */
static bool
is_bgrx(const struct bmp *b)
{
	return b->bits == 32 && b->field[0].mask == 0xff0000 && b->field[1].mask == 0xff00 &&
	       b->field[2].mask == 0xff && b->field[3].mask == 0;
}

static void
row_bgrx(const struct bmp *b, const unsigned char *s, unsigned char *q)
{
	for (int64_t x = 0; x < b->w; x++, s += 4, q += 3) {
		q[0] = s[2];
		q[1] = s[1];
		q[2] = s[0];
	}
}

/* An alpha channel that is zero everywhere was never meant: drop it. */
static void
drop_alpha(struct image *im)
{
	unsigned char *s = (unsigned char *)im->px.p, *q = s;

	for (size_t i = (size_t)im->w * im->h; i > 0; i--, s += 4, q += 3)
		memmove(q, s, 3);
	im->channels = 3;
	im->px.n = (size_t)im->w * im->h * 3;
}

/* How rows are laid out, and how many of them the file has. */
struct rows {
	size_t stride;
	int64_t there;
	bool alpha, bgrx;
	unsigned seen; /* the or of all alpha values */
	bool over;     /* an index was beyond the palette */
};

/* Rows that are not there become white, and only for who asked to keep such pictures. */
static bool
find_rows(const struct bmp *b, struct rows *r, const struct image_limits *lim, struct finding *f)
{
	size_t row = ((size_t)b->w * b->bits + 7) / 8, left = b->n - b->offset;
	uint64_t there, percent;

	*r = (struct rows){ .stride = ((size_t)b->w * b->bits + 31) / 32 * 4,
		.alpha = b->bits > 8 && b->field[3].bits > 0,
		.bgrx = is_bgrx(b) };
	there = left < row ? 0 : (left - row) / r->stride + 1;
	r->there = there < (uint64_t)b->h ? (int64_t)there : b->h;
	percent = (uint64_t)r->there * 100 / (uint64_t)b->h;
	if (r->there == b->h)
		return true;
	if (percent < (uint64_t)lim->keep_rows || r->there == 0)
		return image_reject(f, "truncated", "BMP: only %u of %u rows are there (%u %%)",
		    (unsigned)r->there, (unsigned)b->h, (unsigned)percent);
	f->notes |= NOTE_TRUNCATED;
	return true;
}

/* Row y from the top. */
static void
read_row(const struct bmp *b, struct rows *r, int64_t y, unsigned char *q)
{
	int64_t at = b->top_down ? y : b->h - 1 - y;
	const unsigned char *s = b->p + b->offset + (size_t)at * r->stride;

	if (at >= r->there)
		memset(q, 255, (size_t)b->w * (r->alpha ? 4 : 3));
	else if (b->bits == 24)
		row_24(b, s, q);
	else if (b->bits <= 8)
		r->over |= row_palette(b, s, q);
	else if (r->bgrx)
		row_bgrx(b, s, q);
	else
		r->seen |= row_fields(b, s, q, r->alpha);
}

static bool
bmp_rows(const struct bmp *b, const struct image_limits *lim, struct image *im, struct finding *f)
{
	uint32_t h = (uint32_t)b->h, band;
	struct rows r;
	int channels;

	if (!find_rows(b, &r, lim, f))
		return false;
	channels = r.alpha ? 4 : 3;
	/* only after the last row is it known whether alpha was meant */
	band = image_begin(im, (uint32_t)b->w, h, channels, !r.alpha);
	for (uint32_t y = 0; y < h; y += band) {
		image_band(im, band, y, h, channels);
		for (uint32_t i = 0; i < im->h; i++)
			read_row(b, &r, y + i, image_row(im, i));
		image_give(im);
	}
	image_end(im, h);
	if (r.over)
		f->notes |= NOTE_PALETTE;
	if (r.alpha && r.seen == 0)
		drop_alpha(im);
	return true;
}

/* ---- run lengths ---- */

struct rle {
	const struct bmp *b;
	const unsigned char *p, *end;
	struct image *im;
	int64_t x, y;
	bool damaged; /* pixels outside the picture, or the data ends early */
};

static void
rle_put(struct rle *r, const unsigned char rgb[3])
{
	const struct bmp *b = r->b;

	if (r->x < b->w && r->y < b->h) {
		unsigned char *q =
		    image_row(r->im, (uint32_t)(b->top_down ? r->y : b->h - 1 - r->y));

		memcpy(q + 4 * r->x, rgb, 3);
		q[4 * r->x + 3] = 255;
	} else {
		r->damaged = true;
	}
	r->x++;
}

/* Pixel number i of a packet whose data is at s: an index, half of one, or blue, green, red. */
static void
rle_pixel(struct rle *r, const unsigned char *s, unsigned i)
{
	unsigned char rgb[3];

	switch (r->b->bits) {
	case 4:
		rle_put(r, r->b->pal[i & 1 ? s[i / 2] & 15 : s[i / 2] >> 4]);
		break;
	case 8:
		rle_put(r, r->b->pal[s[i]]);
		break;
	default:
		rgb[0] = s[3 * i + 2];
		rgb[1] = s[3 * i + 1];
		rgb[2] = s[3 * i];
		rle_put(r, rgb);
	}
}

/* One colour (two for RLE4) `count` times. */
static bool
rle_run(struct rle *r, unsigned count)
{
	size_t bytes = r->b->bits == 24 ? 3 : 1;

	if ((size_t)(r->end - r->p) < bytes)
		return false;
	for (unsigned i = 0; i < count; i++)
		rle_pixel(r, r->p, r->b->bits == 4 ? i & 1 : 0);
	r->p += bytes;
	return true;
}

/* `count` pixels as they are, padded to 16 bits. */
static bool
rle_literal(struct rle *r, unsigned count)
{
	size_t bytes = r->b->bits == 4   ? (count + 1) / 2
		       : r->b->bits == 8 ? count
					 : 3 * (size_t)count;
	size_t left = (size_t)(r->end - r->p);

	if (left < bytes)
		return false;
	for (unsigned i = 0; i < count; i++)
		rle_pixel(r, r->p, i);
	r->p += bytes + (bytes & 1 && left > bytes);
	return true;
}

static bool
rle_delta(struct rle *r)
{
	if (r->end - r->p < 2)
		return false;
	r->x += r->p[0];
	r->y += r->p[1];
	r->p += 2;
	return true;
}

/* Until the end mark. False: the data ended before it. */
static bool
rle_loop(struct rle *r)
{
	while (r->end - r->p >= 2 && r->y <= r->b->h) {
		unsigned count = *r->p++, code = *r->p;
		bool more = true;

		if (count > 0) {
			more = rle_run(r, count);
		} else {
			r->p++;
			switch (code) {
			case 0:
				r->x = 0;
				r->y++;
				break;
			case 1:
				return true;
			case 2:
				more = rle_delta(r);
				break;
			default:
				more = rle_literal(r, code);
			}
		}
		if (!more)
			return false;
	}
	return false;
}

static bool
all_opaque(const struct image *im)
{
	const unsigned char *q = (const unsigned char *)im->px.p + 3;
	unsigned all = 255;

	for (size_t i = (size_t)im->w * im->h; i > 0; i--, q += 4)
		all &= *q;
	return all == 255;
}

static bool
bmp_rle(const struct bmp *b, const struct image_limits *lim, struct image *im, struct finding *f)
{
	struct rle r = { b, b->p + b->offset, b->p + b->n, im, 0, 0, false };

	/* a byte pair makes at most 255 pixels; anything bigger is mostly background */
	if ((uint64_t)b->w * (uint64_t)b->h / 256 > b->n * 64)
		return image_reject(f, "truncated", "BMP: too few bytes for its size");
	image_size(im, (uint32_t)b->w, (uint32_t)b->h, 4);
	memset(im->px.p, 0, im->px.n); /* what no run reaches stays transparent */
	if (!rle_loop(&r) || r.damaged) {
		if (!lim->keep_damaged)
			return image_reject(f, "corrupt", "BMP: its run lengths %s",
			    r.damaged ? "leave the picture" : "end early");
		f->notes |= NOTE_DAMAGED;
	}
	if (all_opaque(im))
		drop_alpha(im);
	return true;
}

enum bmp_result
bmp_decode(struct span file, const struct image_limits *lim, struct image *im, struct span *inner,
    struct finding *f)
{
	struct bmp b = { .p = (const unsigned char *)file.p, .n = file.n };
	bool fine;

	if (!bmp_header(&b, lim, im, f))
		return BMP_BAD;
	if (!b.os2 && (b.compression == BI_JPEG || b.compression == BI_PNG)) {
		if (b.offset >= b.n) {
			image_reject(f, "truncated", "BMP: the picture within is missing");
			return BMP_BAD;
		}
		*inner = (struct span){ file.p + b.offset, b.n - b.offset };
		return BMP_EMBEDDED;
	}
	if (b.compression == BI_RLE4 || b.compression == BI_RLE8 || b.compression == BI_JPEG)
		fine = bmp_rle(&b, lim, im, f);
	else
		fine = bmp_rows(&b, lim, im, f);
	return fine ? BMP_DECODED : BMP_BAD;
}
