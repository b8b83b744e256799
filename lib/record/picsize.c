/* Picture sizes from header bytes: see picsize.h. */
#include "record/picsize.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static const unsigned char *
bytes(struct span s)
{
	return (const unsigned char *)s.p;
}

static uint32_t
be16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
le16(const unsigned char *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t
be32(const unsigned char *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static uint32_t
le32(const unsigned char *p)
{
	return le16(p + 2) << 16 | le16(p);
}

/* A size of 0 is no picture. */
static enum picsize_result
done(struct picsize *size, enum picsize_kind kind, uint32_t width, uint32_t height)
{
	size->kind = (uint8_t)kind;
	size->width = width;
	size->height = height;
	return width > 0 && height > 0 ? PICSIZE_OK : PICSIZE_UNKNOWN;
}

/* Tag 0x0112 of the first directory of a TIFF structure; 0 when it is not there or not sound. */
static unsigned
exif_orientation(const unsigned char *p, size_t n)
{
	bool le;
	uint32_t at, count;

	if (n < 8 || (memcmp(p, "II*\0", 4) != 0 && memcmp(p, "MM\0*", 4) != 0))
		return 0;
	le = p[0] == 'I';
	at = le ? le32(p + 4) : be32(p + 4);
	if (at > n - 2)
		return 0;
	count = le ? le16(p + at) : be16(p + at);
	for (p += at + 2, n -= at + 2; count > 0 && n >= 12; count--, p += 12, n -= 12) {
		uint32_t tag = le ? le16(p) : be16(p), type = le ? le16(p + 2) : be16(p + 2);
		uint32_t value = le ? le16(p + 8) : be16(p + 8);

		if (tag == 0x0112)
			return type == 3 && value >= 1 && value <= 8 ? value : 0;
	}
	return 0;
}

static bool
is_frame(unsigned marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

static bool
stands_alone(unsigned marker)
{
	return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

static enum picsize_result
jpeg_size(const unsigned char *p, const unsigned char *end, struct picsize *size)
{
	for (p += 2; end - p >= 4;) {
		unsigned marker = p[1];
		size_t len;

		if (p[0] != 0xff || marker == 0xff ||
		    marker == 0) { /* fill bytes, or dirt as libjpeg passes over it */
			p++;
			continue;
		}
		if (stands_alone(marker)) {
			p += 2;
			continue;
		}
		len = be16(p + 2);
		if (len < 2 || marker == 0xd9 || marker == 0xda)
			return PICSIZE_UNKNOWN;
		if ((size_t)(end - p) < len + 2)
			return PICSIZE_MORE;
		if (is_frame(marker))
			return len < 8 ? PICSIZE_UNKNOWN
				       : done(size, PICSIZE_JPEG, be16(p + 7), be16(p + 5));
		if (marker == 0xe1 && len >= 8 && memcmp(p + 4, "Exif\0\0", 6) == 0 &&
		    size->orientation == 0)
			size->orientation = (uint8_t)exif_orientation(p + 10, len - 8);
		p += len + 2;
	}
	return PICSIZE_MORE;
}

static enum picsize_result
png_size(const unsigned char *p, size_t n, struct picsize *size)
{
	if (n < 24)
		return PICSIZE_MORE;
	if (memcmp(p + 8, "\0\0\0\rIHDR", 8) != 0 || be32(p + 16) > INT32_MAX ||
	    be32(p + 20) > INT32_MAX)
		return PICSIZE_UNKNOWN;
	return done(size, PICSIZE_PNG, be32(p + 16), be32(p + 20));
}

static enum picsize_result
bmp_size(const unsigned char *p, size_t n, struct picsize *size)
{
	uint32_t header, height;

	if (n < 26)
		return PICSIZE_MORE;
	header = le32(p + 14);
	if (header == 12)
		return done(size, PICSIZE_BMP, le16(p + 18), le16(p + 20));
	height = le32(p + 22);
	if (height > INT32_MAX) /* negative: from the top down */
		height = 0 - height;
	if (header < 16 || header > 65536 || le32(p + 18) > INT32_MAX || height > INT32_MAX)
		return PICSIZE_UNKNOWN;
	return done(size, PICSIZE_BMP, le32(p + 18), height);
}

static enum picsize_result
gif_size(const unsigned char *p, size_t n, struct picsize *size)
{
	return n < 10 ? PICSIZE_MORE : done(size, PICSIZE_GIF, le16(p + 6), le16(p + 8));
}

enum picsize_result
picsize_bytes(struct span head, struct picsize *size)
{
	const unsigned char *p = bytes(head);

	*size = (struct picsize){ .width = 0 };
	if (head.n < 8)
		return PICSIZE_MORE;
	if (p[0] == 0xff && p[1] == 0xd8)
		return jpeg_size(p, p + head.n, size);
	if (memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0)
		return png_size(p, head.n, size);
	if (p[0] == 'B' && p[1] == 'M')
		return bmp_size(p, head.n, size);
	if (memcmp(p, "GIF87a", 6) == 0 || memcmp(p, "GIF89a", 6) == 0)
		return gif_size(p, head.n, size);
	return PICSIZE_UNKNOWN;
}

/* One more piece of the file behind what is in `head`; its length, 0 at the end, -1. */
static ssize_t
read_on(int fd, struct buf *head)
{
	size_t want = head->n ? head->n * 3 : 4096; /* four times as much each time */
	ssize_t got;

	buf_reserve(head, want);
	do
		got = pread(fd, head->p + head->n, want, (off_t)head->n);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		head->n += (size_t)got;
	return got;
}

int
picsize_fd(int fd, struct picsize *size)
{
	enum picsize_result r = PICSIZE_MORE;
	struct buf head = BUF_INIT;
	ssize_t got = 1;

	while (r == PICSIZE_MORE && head.n < PICSIZE_MAX && (got = read_on(fd, &head)) > 0)
		r = picsize_bytes(buf_span(&head), size);
	buf_release(&head);
	if (got < 0)
		return -1;
	errno = EILSEQ;
	return r == PICSIZE_OK ? 0 : -1;
}

int
picsize_file(int dirfd, const char *path, struct picsize *size)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r, err;

	if (fd < 0)
		return -1;
	r = picsize_fd(fd, size);
	err = errno;
	close(fd);
	errno = err;
	return r;
}

void
picsize_shown(const struct picsize *size, uint32_t *width, uint32_t *height)
{
	bool side = size->orientation >= 5;

	*width = side ? size->height : size->width;
	*height = side ? size->width : size->height;
}
