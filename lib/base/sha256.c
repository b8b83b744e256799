/* SHA-256: see sha256.h. */
#include "base/sha256.h"

/*
 * The functions for this one hash, and not those for any (EVP): they need no set-up, which takes
 * a millisecond, and from libcrypto.a (see configure.ac) they come with nothing else. OpenSSL calls
 * them deprecated; they have the same code behind them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"

struct sha256 {
	SHA256_CTX ctx;
};

static void
check(int ok)
{
	if (!ok)
		die("libcrypto: SHA-256 failed");
}

void
sha256_reset(struct sha256 *s)
{
	check(SHA256_Init(&s->ctx));
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *s = xmalloc(sizeof(*s));

	sha256_reset(s);
	return s;
}

void
sha256_add(struct sha256 *s, const void *p, size_t n)
{
	check(SHA256_Update(&s->ctx, p, n));
}

void
sha256_end(struct sha256 *s, unsigned char digest[SHA256_SIZE])
{
	check(SHA256_Final(digest, &s->ctx));
}

void
sha256_free(struct sha256 *s)
{
	free(s);
}

void
sha256_bytes(const void *p, size_t n, unsigned char digest[SHA256_SIZE])
{
	struct sha256 s;

	sha256_reset(&s);
	sha256_add(&s, p, n);
	sha256_end(&s, digest);
}

int
sha256_file(int dirfd, const char *path, unsigned char digest[SHA256_SIZE], uint64_t *bytes)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	enum { BLOCK = 128 * 1024 };
	struct sha256 *s;
	uint64_t total = 0;
	char *block;
	ssize_t n;
	int err;

	if (fd < 0)
		return -1;
	s = sha256_new();
	block = xmalloc(BLOCK);
	while ((n = read(fd, block, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sha256_add(s, block, (size_t)n);
		total += (uint64_t)n;
	}
	err = errno;
	if (n == 0)
		sha256_end(s, digest);
	sha256_free(s);
	free(block);
	close(fd);
	if (bytes)
		*bytes = total;
	errno = err;
	return n < 0 ? -1 : 0;
}

void
sha256_hex(struct buf *out, const unsigned char digest[SHA256_SIZE])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < SHA256_SIZE; i++) {
		buf_addc(out, hex[digest[i] >> 4]);
		buf_addc(out, hex[digest[i] & 15]);
	}
}
