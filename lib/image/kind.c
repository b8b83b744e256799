/* The real type of a file: see kind.h. */
#include "image/kind.h"

#include "base/path.h"
#include "base/utf8.h"
#include "image/bytes.h"

enum image_kind
image_kind_of(struct span file)
{
	if (span_starts(file, SPAN("\xff\xd8\xff")))
		return KIND_JPEG;
	if (span_starts(file, SPAN("\x89PNG\r\n\x1a\n")))
		return KIND_PNG;
	/* the length of the header is checked too: "BM" alone also begins texts */
	if (file.n >= 26 && span_starts(file, SPAN("BM")) &&
	    le32((const unsigned char *)file.p + 14) < 1024)
		return KIND_BMP;
	return KIND_OTHER;
}

struct magic {
	size_t at;
	struct span bytes;
	const char *code, *name;
};

/* An ISO media file (HEIC, AVIF, MP4 ...) says its brand after "ftyp". */
static const char *
iso_brand(struct span file)
{
	static const char *const heic[] = { "heic", "heix", "heim", "heis", "hevc", "mif1",
		"msf1" };
	struct span brand = { file.p + 8, 4 };

	if (span_is(brand, "avif") || span_is(brand, "avis"))
		return "AVIF";
	for (size_t i = 0; i < sizeof(heic) / sizeof(*heic); i++)
		if (span_is(brand, heic[i]))
			return "HEIC";
	return "MP4 or a relative of it";
}

/* UTF-8 (or its beginning, as the piece may cut a character) without control characters. */
static bool
looks_like_text(struct span file)
{
	size_t n = file.n < 512 ? file.n : 512;

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)file.p[i] < 32 && !(file.p[i] >= '\t' && file.p[i] <= '\r'))
			return false;
	return utf8_check(file.p, n) + 3 >= n && utf8_check(file.p, n) > 0;
}

static const struct magic magics[] = {
	{ 0, SPAN("GIF8"), "unsupported-format", "GIF" },
	{ 0, SPAN("II*\0"), "unsupported-format", "TIFF" },
	{ 0, SPAN("MM\0*"), "unsupported-format", "TIFF" },
	{ 0, SPAN("II+\0"), "unsupported-format", "BigTIFF" },
	{ 0, SPAN("MM\0+"), "unsupported-format", "BigTIFF" },
	{ 8, SPAN("WEBP"), "unsupported-format", "WebP" },
	{ 0, SPAN("\xff\x4f\xff\x51"), "unsupported-format", "JPEG 2000" },
	{ 4, SPAN("jP  \r\n"), "unsupported-format", "JPEG 2000" },
	{ 4, SPAN("JXL \r\n"), "unsupported-format", "JPEG XL" },
	{ 0, SPAN("\xff\x0a"), "unsupported-format", "JPEG XL" },
	{ 0, SPAN("8BPS"), "unsupported-format", "Photoshop (PSD)" },
	{ 0, SPAN("\0\0\1\0"), "unsupported-format", "a Windows icon (ICO)" },
	{ 0, SPAN("qoif"), "unsupported-format", "QOI" },
	{ 0, SPAN("\x8aMNG"), "unsupported-format", "MNG" },
	{ 0, SPAN("\x8bJNG"), "unsupported-format", "JNG" },
	{ 0, SPAN("DDS "), "unsupported-format", "DDS" },
	{ 0, SPAN("v/1\1"), "unsupported-format", "OpenEXR" },
	{ 0, SPAN("#?RADIANCE"), "unsupported-format", "Radiance HDR" },
	{ 0, SPAN("\x1f\x8b"), "gzip", "gzip data; unpack it with gunzip first" },
	{ 0, SPAN("PK\3\4"), "not-an-image", "a zip archive" },
	{ 0, SPAN("%PDF"), "not-an-image", "PDF" },
	{ 0, SPAN("<?xml"), "not-an-image", "XML (or SVG)" },
	{ 0, SPAN("<svg"), "unsupported-format", "SVG" },
	{ 0, SPAN("<!DOCTYPE"), "not-an-image", "HTML" },
	{ 0, SPAN("<!doctype"), "not-an-image", "HTML" },
	{ 0, SPAN("<html"), "not-an-image", "HTML" },
	{ 0, SPAN("<HTML"), "not-an-image", "HTML" },
	{ 0, SPAN("version https://git-lfs"), "not-an-image", "a Git LFS pointer, not the file" },
};

bool
image_reject_kind(struct span file, struct finding *f)
{
	if (file.n == 0)
		return image_reject(f, "empty", "the file is empty");
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
		const struct magic *m = &magics[i];

		if (file.n > m->at &&
		    span_starts((struct span){ file.p + m->at, file.n - m->at }, m->bytes))
			return image_reject(f, m->code, "it is %s, not JPEG, PNG or BMP", m->name);
	}
	if (file.n >= 12 && memcmp(file.p + 4, "ftyp", 4) == 0)
		return image_reject(
		    f, "unsupported-format", "it is %s, not JPEG, PNG or BMP", iso_brand(file));
	if (file.n >= 3 && file.p[0] == 'P' && file.p[1] >= '1' && file.p[1] <= '7' &&
	    strchr(" \t\r\n", file.p[2]) && file.p[2])
		return image_reject(
		    f, "unsupported-format", "it is PNM (P%c), not JPEG, PNG or BMP", file.p[1]);
	if (looks_like_text(file))
		return image_reject(f, "not-an-image", "it is text, not a picture");
	return image_reject(f, "not-an-image", "it begins with no signature of a picture");
}

bool
image_kind_misnamed(enum image_kind kind, struct span path)
{
	static const char *const usual[] = { "jpg|jpeg|jpe|jfif", "png|apng", "bmp|dib|rle" };

	return kind < KIND_OTHER && path_ext(path).n > 0 && !path_has_ext(path, usual[kind]);
}
