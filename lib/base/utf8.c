/* UTF-8: see utf8.h. */
#include "base/utf8.h"

size_t
utf8_decode(const char *s, size_t n, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len;
	uint32_t v, least;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	least = len == 2 ? 0x80 : len == 3 ? 0x800 : 0x10000;
	if (n < len)
		return 0;
	v = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*c = v;
	return len;
}

size_t
utf8_length(const char *p, size_t n)
{
	uint32_t c;

	return utf8_decode(p, n, &c);
}

void
utf8_add(struct buf *b, uint32_t c)
{
	char s[4];
	size_t n;

	if (c < 0x80) {
		s[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		n = 3;
	} else {
		s[0] = (char)(0xf0 | c >> 18);
		n = 4;
	}
	for (size_t i = 1; i < n; i++)
		s[i] = (char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
	buf_add(b, s, n);
}

size_t
utf8_check(const char *p, size_t n)
{
	size_t i = 0, len;

	while (i < n) {
		uint64_t w;

		/* eight ASCII bytes at a time: most text is ASCII */
		while (n - i >= 8 && (memcpy(&w, p + i, 8), (w & 0x8080808080808080u) == 0))
			i += 8;
		if (i == n)
			break;
		len = utf8_length(p + i, n - i);
		if (len == 0)
			return i;
		i += len;
	}
	return n;
}
