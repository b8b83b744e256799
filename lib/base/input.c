/* Buffered input: see input.h. */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/out.h"

#define BLOCK ((size_t)256 * 1024)
#define SMALL_BLOCK ((size_t)4096)

void
input_fd(struct input *in, int fd, const char *name)
{
	*in = (struct input){ .fd = fd, .name = xstrdup(name) };
}

void
input_range(struct input *in, int fd, uint64_t offset, uint64_t size, const char *name)
{
	input_fd(in, fd, name);
	in->range = true;
	in->at = offset;
	in->left = size;
}

void
input_memory(struct input *in, struct span bytes, const char *name)
{
	/* the window is never written to when fd is -1 */
	*in = (struct input){ .fd = -1,
		.name = xstrdup(name),
		.base = (char *)(uintptr_t)bytes.p,
		.w = bytes.n,
		.cap = 0,
		.eof = true };
}

bool
input_open(struct input *in, const char *path)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") == 0) {
		input_fd(in, STDIN_FILENO, "<stdin>");
		return true;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		fd = -1;
		errno = EISDIR;
	}
	if (fd < 0) {
		trouble("cannot open %s:", path);
		return false;
	}
	input_fd(in, fd, path);
	return true;
}

void
input_close(struct input *in)
{
	if (in->fd > STDERR_FILENO && !in->range)
		close(in->fd);
	if (in->fd >= 0)
		free(in->base);
	free(in->name);
	*in = (struct input){ .fd = -1 };
}

/* What was written must be on its way before we wait for more. */
static void
flush_before_wait(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (out_stdout()->b.n > 0 && poll(&p, 1, 0) == 0)
		out_flush(out_stdout());
}

static void
make_room(struct input *in)
{
	if (in->r > 0 && (in->r == in->w || in->cap - in->w < BLOCK / 2)) {
		memmove(in->base, in->base + in->r, in->w - in->r);
		in->offset += in->r;
		in->w -= in->r;
		in->r = 0;
	}
	if (in->cap - in->w < BLOCK / 2)
		in->base = grow(in->base, &in->cap, size_add(in->w, BLOCK), 1);
}

static ssize_t
read_range(struct input *in)
{
	size_t room = in->cap - in->w;
	ssize_t n = pread(
	    in->fd, in->base + in->w, in->left < room ? (size_t)in->left : room, (off_t)in->at);

	if (n > 0) {
		in->at += (uint64_t)n;
		in->left -= (uint64_t)n;
	}
	return n;
}

bool
input_more(struct input *in)
{
	ssize_t n;

	if (in->eof)
		return false;
	make_room(in);
	if (!in->range)
		flush_before_wait(in->fd);
	do
		n = in->range ? read_range(in) : read(in->fd, in->base + in->w, in->cap - in->w);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		die("cannot read %s:", in->name);
	if (n == 0)
		in->eof = true;
	in->w += (size_t)n;
	return n > 0;
}

static bool
skip_long_line(struct input *in)
{
	const char *nl;

	error_at(pos_at(in->name, in->line, 0), "line-length",
	    "line longer than %zu bytes left out", INPUT_LINE_MAX);
	for (;;) {
		nl = memchr(in->base + in->r, '\n', in->w - in->r);
		if (nl) {
			in->r = (size_t)(nl - in->base) + 1;
			return true;
		}
		in->r = in->w;
		if (!input_more(in))
			return false;
	}
}

bool
input_piece(struct input *in, char sep, struct span *piece)
{
	size_t seen = 0;
	const char *nl;

	in->line++;
	for (;;) {
		nl = in->w - in->r > seen
			 ? memchr(in->base + in->r + seen, sep, in->w - in->r - seen)
			 : NULL;
		if (nl)
			break;
		seen = in->w - in->r;
		if (seen > INPUT_LINE_MAX) {
			if (!skip_long_line(in))
				return false;
			in->line++;
			seen = 0;
		} else if (!input_more(in)) {
			break;
		}
	}
	if (!nl && in->r == in->w)
		return false;
	*piece = span_of(in->base + in->r, nl ? nl : in->base + in->w);
	in->r += piece->n + (nl != NULL);
	return true;
}

bool
input_line(struct input *in, struct span *line)
{
	if (!input_piece(in, '\n', line))
		return false;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

int
fd_read(int fd, size_t max, struct buf *out)
{
	size_t before = out->n;
	ssize_t n;

	for (;;) {
		buf_reserve(out, SMALL_BLOCK);
		n = read(fd, out->p + out->n, out->cap - out->n - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : 0;
		out->n += (size_t)n;
		out->p[out->n] = '\0';
		if (out->n - before > max) {
			errno = EFBIG;
			return -1;
		}
	}
}

int
file_read(int dirfd, const char *path, size_t max, struct buf *out)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int err, result;

	if (fd < 0)
		return -1;
	/* room for the last read() too, which finds the end */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max)
		buf_reserve(out, size_add((size_t)st.st_size, SMALL_BLOCK + 1));
	result = fd_read(fd, max, out);
	err = errno;
	close(fd);
	errno = err;
	return result;
}
