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
	*in = (struct input){ .fd = fd, .name = xstrdup(name), .line_max = INPUT_LINE_MAX };
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
		.base = (char *)(uintptr_t)(bytes.p ? bytes.p : ""),
		.line_max = INPUT_LINE_MAX,
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

/* Pass over the rest of a line that is too long. False: it was the last. */
static bool
skip_long_line(struct input *in, char sep)
{
	const char *nl;

	error_at(pos_at(in->name, in->line, 0), "line-length",
	    "line longer than %zu bytes left out", in->line_max);
	for (;;) {
		nl = memchr(in->base + in->r, sep, in->w - in->r);
		if (nl) {
			in->r = (size_t)(nl - in->base) + 1;
			return true;
		}
		in->r = in->w;
		if (!input_more(in))
			return false;
	}
}

/* Bytes of the line that comes next, without its end; *ended says whether it has one. */
static size_t
line_length(struct input *in, char sep, bool *ended)
{
	size_t seen = 0;

	*ended = false;
	for (;;) {
		size_t have = in->w - in->r;
		const char *nl =
		    have > seen ? memchr(in->base + in->r + seen, sep, have - seen) : NULL;

		if (nl) {
			*ended = true;
			return (size_t)(nl - in->base) - in->r;
		}
		seen = have;
		if (seen > in->line_max || !input_more(in))
			return seen;
	}
}

bool
input_piece(struct input *in, char sep, struct span *piece)
{
	bool ended;
	size_t n;

	in->line++;
	while ((n = line_length(in, sep, &ended)) > in->line_max) {
		if (!skip_long_line(in, sep))
			return false;
		in->line++;
	}
	if (n == 0 && !ended)
		return false;
	*piece = (struct span){ in->base + in->r, n };
	in->r += n + ended;
	return true;
}

/* Settle INPUT_GUESS by what is in the window. */
static void
guess_ends(struct input *in)
{
	const char *text, *cr;
	size_t n;

	if (in->r == in->w)
		input_more(in);
	text = in->base + in->r;
	n = in->w - in->r;
	cr = n > 0 ? memchr(text, '\r', n) : NULL;
	in->ends = cr && !memchr(text, '\n', n) && (cr + 1 < text + n || in->eof || !input_more(in))
		       ? INPUT_ANY
		       : INPUT_LF;
}

/* Like input_piece(), where LF, CR LF and CR are ends. */
static bool
any_line(struct input *in, struct span *line)
{
	const char *p;
	size_t n = 0;

	for (in->line++;; n++) {
		if (in->r + n == in->w && (n > in->line_max || !input_more(in)))
			break;
		if (in->base[in->r + n] == '\n' || in->base[in->r + n] == '\r')
			break;
	}
	if (n > in->line_max) {
		skip_long_line(in, '\n');
		return any_line(in, line);
	}
	if (in->r + n == in->w) {
		*line = n > 0 ? (struct span){ in->base + in->r, n } : SPAN_NONE;
		in->r = in->w;
		return n > 0;
	}
	if (in->base[in->r + n] == '\r' && in->r + n + 1 == in->w)
		input_more(in);
	p = in->base + in->r;
	*line = (struct span){ p, n };
	in->r += n + 1;
	if (p[n] == '\r' && in->r < in->w && in->base[in->r] == '\n')
		in->r++;
	return true;
}

bool
input_line(struct input *in, struct span *line)
{
	if (in->ends == INPUT_GUESS)
		guess_ends(in);
	if (in->ends == INPUT_ANY)
		return any_line(in, line);
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
	uint64_t size = 0;
	int err, result = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		size = (uint64_t)st.st_size;
	errno = EFBIG;
	if (size <= max) {
		/* room for the last read() too, which finds the end */
		buf_reserve(out, size_add((size_t)size, SMALL_BLOCK + 1));
		result = fd_read(fd, max, out);
	}
	err = errno;
	close(fd);
	errno = err;
	return result;
}
