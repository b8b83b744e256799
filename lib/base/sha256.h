/*
 * SHA-256 through libcrypto (hardware instructions where the processor has them).
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stdint.h>

#include "base/buf.h"

#define SHA256_SIZE 32
#define SHA256_HEX 64

struct sha256;

struct sha256 *sha256_new(void);
void sha256_reset(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(
    struct sha256 *s, unsigned char digest[SHA256_SIZE]); /* reset before using it again */
void sha256_free(struct sha256 *s);

/* Of bytes in memory. */
void sha256_bytes(const void *p, size_t n, unsigned char digest[SHA256_SIZE]);

/* Of a file; *bytes (may be NULL) is its length. 0, or -1 with errno. */
int sha256_file(int dirfd, const char *path, unsigned char digest[SHA256_SIZE], uint64_t *bytes);

/* Append 64 lower-case hex digits. */
void sha256_hex(struct buf *out, const unsigned char digest[SHA256_SIZE]);

#endif
