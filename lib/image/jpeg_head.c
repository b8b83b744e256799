/* The segments of a JPEG before its first scan: see jpeg.h. */
#include "base/mem.h"
#include "image/bytes.h"
#include "image/exif.h"
#include "image/jpeg.h"

enum {
	M_SOF0 = 0xc0,
	M_DHT = 0xc4,
	M_JPG = 0xc8,
	M_DAC = 0xcc,
	M_RST0 = 0xd0,
	M_EOI = 0xd9,
	M_SOS = 0xda,
	M_DRI = 0xdd, /* and DQT, DNL before it */
	M_APP0 = 0xe0,
	M_COM = 0xfe,
};

/* The parts of a profile that is spread over APP2 segments, which may come in any order. */
struct icc_parts {
	struct span part[256];
	int count; /* as the parts say; 0: none seen; -1: they disagree */
};

static bool
marker_is_sof(int m)
{
	return m >= 0xc0 && m <= 0xcf && m != M_DHT && m != M_JPG && m != M_DAC;
}

bool
jpeg_marker_bare(int m)
{
	return m == 0x01 || (m >= M_RST0 && m <= M_RST0 + 7);
}

bool
jpeg_marker_known(int m)
{
	return jpeg_marker_bare(m) || (m >= M_SOF0 && m <= M_SOF0 + 15 && m != M_JPG) ||
	       (m >= M_EOI && m <= M_DRI) || (m >= M_APP0 && m <= M_APP0 + 15) || m == M_COM;
}

static bool
read_sof(struct jpeg_head *h, int marker, struct span body, struct finding *f)
{
	const unsigned char *p = (const unsigned char *)body.p;

	if (h->sof)
		return image_reject(f, "corrupt", "JPEG: it has two frame headers");
	if (body.n < 6 || body.n < 6 + 3 * (size_t)p[5])
		return image_reject(f, "corrupt", "JPEG: its frame header is too short");
	h->sof = marker;
	h->precision = p[0];
	h->h = be16(p + 1);
	h->w = be16(p + 3);
	h->n = p[5];
	for (int i = 0; i < h->n && i < JPEG_COMPONENTS; i++) {
		const unsigned char *q = p + 6 + 3 * i;

		h->c[i] = (struct jpeg_component){ q[0], q[1] >> 4, q[1] & 15, q[2] };
	}
	return true;
}

static void
read_icc_part(struct icc_parts *icc, struct span body)
{
	int at, count;

	if (body.n < 14 || icc->count < 0)
		return;
	at = (unsigned char)body.p[12];
	count = (unsigned char)body.p[13];
	if (at == 0 || at > count || (icc->count && icc->count != count) || icc->part[at].p) {
		icc->count = -1;
		return;
	}
	icc->count = count;
	icc->part[at] = (struct span){ body.p + 14, body.n - 14 };
}

static void
read_app(struct jpeg_head *h, int marker, struct span body, struct icc_parts *icc)
{
	if (marker == M_APP0 && span_starts(body, SPAN("JFIF\0"))) {
		h->jfif = true;
		return;
	}
	if (marker == M_APP0 + 14 && body.n >= 12 && span_starts(body, SPAN("Adobe"))) {
		h->adobe = (unsigned char)body.p[11];
		return;
	}
	h->metadata = true;
	if (marker == M_APP0 + 1 && body.n > 6 && span_starts(body, SPAN("Exif\0")) &&
	    h->exif.p == NULL) {
		h->exif = (struct span){ body.p + 6, body.n - 6 };
		h->orientation = exif_orientation(h->exif, &h->exif_value);
	} else if (marker == M_APP0 + 2 && span_starts(body, SPAN("ICC_PROFILE\0"))) {
		read_icc_part(icc, body);
	} else if (marker == M_APP0 + 2 && span_starts(body, SPAN("MPF\0"))) {
		h->mpo = true;
	}
}

/* Join the parts; a profile with a part missing is left empty. */
static void
join_icc(const struct icc_parts *icc, struct buf *out)
{
	for (int i = 1; i <= icc->count; i++)
		if (icc->part[i].p == NULL)
			return;
	for (int i = 1; i <= icc->count; i++)
		buf_addspan(out, icc->part[i]);
}

/* Offset of the next marker's code from `at` on, 0: none. Anything but fill bytes is noted. */
static size_t
next_marker(struct span file, size_t at, bool *stray)
{
	const unsigned char *p = (const unsigned char *)file.p;

	for (; at + 1 < file.n; at++) {
		if (p[at] == 0xff && p[at + 1] != 0xff && p[at + 1] != 0)
			return at + 1;
		if (p[at] != 0xff)
			*stray = true;
	}
	return 0;
}

static bool
read_segments(struct span file, struct jpeg_head *h, struct icc_parts *icc, struct finding *f)
{
	const unsigned char *p = (const unsigned char *)file.p;
	size_t at = 2, n;

	while ((at = next_marker(file, at, &h->extraneous)) != 0) {
		int m = p[at++];
		struct span body;

		if (m == M_EOI)
			return image_reject(
			    f, "truncated", "JPEG: it ends before its picture begins");
		if (!jpeg_marker_known(m))
			return image_reject(f, "corrupt", "JPEG: marker 0x%02x is out of place", m);
		if (jpeg_marker_bare(m))
			continue;
		n = file.n - at >= 2 ? be16(p + at) : 0;
		if (n < 2 || n > file.n - at)
			return image_reject(f, "truncated", "JPEG: the file ends in its header");
		body = (struct span){ file.p + at + 2, n - 2 };
		if (m == M_SOS) {
			h->scan = at - 2;
			return true;
		}
		if (marker_is_sof(m) && !read_sof(h, m, body, f))
			return false;
		if (m >= M_APP0 && m <= M_APP0 + 15)
			read_app(h, m, body, icc);
		else if (m == M_COM)
			h->metadata = true;
		at += n;
	}
	return image_reject(f, "truncated", "JPEG: the file ends in its header");
}

bool
jpeg_read_head(struct span file, struct jpeg_head *h, struct buf *icc, struct finding *f)
{
	struct icc_parts parts = { .count = 0 };

	*h = (struct jpeg_head){ .adobe = -1, .orientation = 1 };
	if (!read_segments(file, h, &parts, f))
		return false;
	if (!h->sof)
		return image_reject(f, "corrupt", "JPEG: it has no frame header");
	if (parts.count)
		join_icc(&parts, icc);
	if (parts.count && icc->n == 0)
		f->notes |= NOTE_ICC_IGNORED;
	return true;
}

enum jpeg_colour
jpeg_colour(const struct jpeg_head *h)
{
	bool rgb = h->c[0].id == 'R' && h->c[1].id == 'G' && h->c[2].id == 'B';

	switch (h->n) {
	case 1:
		return JPEG_GREY;
	case 3:
		if (h->jfif)
			return JPEG_YCC;
		if (h->adobe >= 0)
			return h->adobe == 0 ? JPEG_RGB : JPEG_YCC;
		return rgb ? JPEG_RGB : JPEG_YCC;
	case 4:
		return h->adobe > 0 ? JPEG_YCCK : JPEG_CMYK;
	default:
		return JPEG_ODD;
	}
}

bool
jpeg_sampling_plain(const struct jpeg_head *h)
{
	const struct jpeg_component *c = h->c;

	return h->n == 3 && c[0].h >= 1 && c[0].h <= 2 && c[0].v >= 1 && c[0].v <= 2 &&
	       c[1].h == 1 && c[1].v == 1 && c[2].h == 1 && c[2].v == 1;
}

bool
jpeg_is_plain(const struct jpeg_head *h)
{
	return h->sof == M_SOF0 && h->precision == 8 && jpeg_colour(h) == JPEG_YCC &&
	       jpeg_sampling_plain(h);
}
