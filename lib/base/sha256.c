/* SHA-256: see sha256.h. */
#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"

struct sha256 {
	EVP_MD_CTX *ctx;
};

/*
 * libcrypto 3.0 crashes when there is no memory while it starts: so it never gets that answer. Nor is
 * it to run at the exit, when it may be in the middle of something, or to read its configuration.
 */
static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n ? xmalloc(n) : NULL;
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (n > 0)
		return xreallocarray(p, n, 1);
	free(p);
	return NULL;
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void
start_crypto(void)
{
	CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

static void
start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start_crypto);
}

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

	start();
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
	start();
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
