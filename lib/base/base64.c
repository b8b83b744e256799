/* Base64: see base64.h. */
#include "base/base64.h"

#include <stdint.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *out, struct span bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.p;

	buf_reserve(out, bytes.n / 3 * 4 + 4);
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
			     (left > 2 ? p[i + 2] : 0);

		buf_addc(out, letters[v >> 18]);
		buf_addc(out, letters[v >> 12 & 63]);
		buf_addc(out, left > 1 ? letters[v >> 6 & 63] : '=');
		buf_addc(out, left > 2 ? letters[v & 63] : '=');
	}
}

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
base64_decode(struct buf *out, struct span text)
{
	uint32_t v = 0;
	unsigned n = 0, pad = 0;

	buf_reserve(out, text.n / 4 * 3 + 3);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		int d = value_of(c);

		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			continue;
		if (c == '=' && ++pad <= 2)
			continue;
		if (d < 0 || pad)
			return false;
		v = v << 6 | (uint32_t)d;
		if (++n == 4) {
			buf_addc(out, (char)(v >> 16));
			buf_addc(out, (char)(v >> 8));
			buf_addc(out, (char)v);
			n = 0;
		}
	}
	if (n == 2)
		buf_addc(out, (char)(v >> 4));
	if (n == 3) {
		buf_addc(out, (char)(v >> 10));
		buf_addc(out, (char)(v >> 2));
	}
	return n != 1;
}
