/*
 * files.c: the floor for writing label folders: `files FOLDER COUNT BYTES` creates that many files
 * of that many bytes, with no more than open, write and close.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int
write_file(const char *folder, unsigned long i, const char *data, size_t size)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof path, "%s/%012lu.txt", folder, i);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0)
		return -1;
	if (write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return -1;
	}
	return close(fd);
}

int
main(int argc, char **argv)
{
	unsigned long i, n = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	size_t size = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	char *data = calloc(1, size + 1);

	if (n == 0 || !data) {
		fputs("usage: files FOLDER COUNT BYTES\n", stderr);
		return 2;
	}
	mkdir(argv[1], 0777);
	for (i = 0; i < n; i++) {
		if (write_file(argv[1], i, data, size) != 0) {
			perror(argv[1]);
			return 2;
		}
	}
	free(data);
	return 0;
}
