/* CRC-32C: see crc32c.h. */
#include "base/crc32c.h"

#include <string.h>

/* Four bits a step. */
static uint32_t
update_plain(uint32_t c, const unsigned char *p, size_t n)
{
	static const uint32_t table[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6,
		0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75 };

	for (; n > 0; n--, p++) {
		c ^= *p;
		c = table[c & 15] ^ c >> 4;
		c = table[c & 15] ^ c >> 4;
	}
	return c;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t
update_sse(uint32_t c, const unsigned char *p, size_t n)
{
	uint64_t wide = c, word;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&word, p, 8);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	return update_plain((uint32_t)wide, p, n);
}

#endif

uint32_t
crc32c(const void *p, size_t n)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~update_sse(UINT32_MAX, p, n);
#endif
	return ~update_plain(UINT32_MAX, p, n);
}
