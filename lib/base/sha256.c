/* SHA-256: see sha256.h. */
#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"

struct sha256 {
	EVP_MD_CTX *ctx;
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
	check(EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL));
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *s = xmalloc(sizeof(*s));

	s->ctx = EVP_MD_CTX_new();
	if (s->ctx == NULL)
		die("out of memory");
	sha256_reset(s);
	return s;
}

void
sha256_add(struct sha256 *s, const void *p, size_t n)
{
	check(EVP_DigestUpdate(s->ctx, p, n));
}

void
sha256_end(struct sha256 *s, unsigned char digest[SHA256_SIZE])
{
	check(EVP_DigestFinal_ex(s->ctx, digest, NULL));
}

void
sha256_free(struct sha256 *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}

void
sha256_bytes(const void *p, size_t n, unsigned char digest[SHA256_SIZE])
{
	check(EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL));
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
