/*
 * hashlink.c: the floor for a snapshot: `hashlink FOLDER` reads each file named on stdin, hashes it, links it into
 * FOLDER by its SHA-256, and syncs once.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char block[1 << 20];

static int
hash_and_link(const char *folder, const char *path)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char d[EVP_MAX_MD_SIZE];
	char to[4096];
	int fd = open(path, O_RDONLY), n;
	ssize_t got;

	if (fd < 0 || !ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		return -1;
	while ((got = read(fd, block, sizeof(block))) > 0)
		EVP_DigestUpdate(ctx, block, (size_t)got);
	close(fd);
	EVP_DigestFinal_ex(ctx, d, NULL);
	EVP_MD_CTX_free(ctx);
	n = snprintf(to, sizeof(to), "%s/%02x/", folder, d[0]);
	for (int i = 1; i < 32; i++)
		n += snprintf(to + n, sizeof(to) - (size_t)n, "%02x", d[i]);
	return link(path, to);
}

int
main(int argc, char **argv)
{
	char path[4096];
	int fd;

	if (argc != 2)
		return 2;
	mkdir(argv[1], 0777);
	for (int i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "%s/%02x", argv[1], i);
		mkdir(path, 0777);
	}
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		if (hash_and_link(argv[1], path) != 0) {
			perror(path);
			return 1;
		}
	}
	fd = open(argv[1], O_RDONLY);
	return fd < 0 || syncfs(fd) != 0;
}
