/* Buffered output: see out.h. */
#include "base/out.h"

#include <errno.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/tmpfiles.h"

int
write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0) {
		ssize_t k = write(fd, s, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		s += k;
		n -= (size_t)k;
	}
	return 0;
}

static void
failed(const struct out *o)
{
	if (errno == EPIPE)
		tmpfiles_exit(STATUS_TROUBLE); /* the reader had enough */
	die("%s: cannot write:", o->name);
}

void
out_init(struct out *o, int fd, const char *name)
{
	*o = (struct out){ .fd = fd, .name = name };
}

struct out *
out_stdout(void)
{
	static struct out standard = { .fd = STDOUT_FILENO, .name = "<stdout>" };

	return &standard;
}

void
out_flush(struct out *o)
{
	if (o->b.n == 0)
		return;
	if (o->closed) {
		errno = EBADF;
		failed(o);
	}
	if (write_all(o->fd, o->b.p, o->b.n) != 0)
		failed(o);
	o->written += o->b.n;
	buf_reset(&o->b);
}

void
out_close(struct out *o)
{
	out_flush(o);
	if (!o->closed && close(o->fd) != 0 && errno != EBADF)
		failed(o);
	o->closed = true;
	buf_release(&o->b);
}
