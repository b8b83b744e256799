/* Reading the files of a tree: see tree.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/treeimpl.h"
#include "base/file.h"
#include "base/path.h"

/* Where the bytes of a node are. */
enum place_of {
	IN_FOLDER, /* a file below the root */
	IN_EXTRACT,
	IN_SPOOL,
	IN_STREAM, /* not read yet */
	NOWHERE,   /* a picture that was left in the archive */
};

static enum place_of
place_of(const struct tree *t, const struct node *n)
{
	if (t->archive)
		return n->flags & NODE_EXTRACTED ? IN_EXTRACT
		       : n->flags & NODE_MEDIA   ? NOWHERE
						 : IN_SPOOL;
	if (t->single && t->priv->kept)
		return IN_SPOOL;
	if (t->single && t->priv->is_stream)
		return IN_STREAM;
	return IN_FOLDER;
}

static struct buf
name_of(const struct tree *t, const struct node *n)
{
	struct buf b = BUF_INIT;

	if (t->single)
		buf_adds(&b, t->name);
	else
		tree_source(t, n, &b);
	return b;
}

/* Say why it could not be read: errno, or what errno means here. Returns false. */
static bool
unreadable(const struct tree *t, const struct node *n)
{
	struct buf name = name_of(t, n);
	int err = errno;

	if (err == ENODATA)
		error_at(pos_file(buf_str(&name)), "tree",
		    "was left in the archive: --extract puts it down");
	else if (err == ENOENT)
		error_at(pos_file(buf_str(&name)), "tree", "is not there any more");
	else {
		errno = err;
		trouble("cannot read %s:", buf_str(&name));
	}
	buf_release(&name);
	return false;
}

/* How much is read at once, and the option that says so. */
struct limit {
	uint64_t max;
	const char *option, *rule;
};

static bool
too_large(const struct tree *t, const struct node *n, const struct limit *limit)
{
	struct buf name = name_of(t, n);

	error_at(pos_file(buf_str(&name)), limit->rule, "larger than %" PRIu64 " bytes (%s)",
	    limit->max, limit->option);
	buf_release(&name);
	return false;
}

static int
folder_of(const struct tree *t, enum place_of where)
{
	return where == IN_EXTRACT ? t->priv->place.fd : t->priv->root;
}

/* n bytes at `at`, all of them. */
static int
read_at(int fd, uint64_t at, size_t n, struct buf *out)
{
	buf_reserve(out, n);
	while (n > 0) {
		ssize_t got = pread(fd, out->p + out->n, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = EIO;
			return -1;
		}
		out->n += (size_t)got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	if (out->p)
		out->p[out->n] = '\0';
	return 0;
}

static bool keep_stream(const struct tree *t, struct node *n);

static bool
read_whole(const struct tree *t, const struct node *n, const struct limit *limit, struct buf *out)
{
	enum place_of where = place_of(t, n);
	size_t max = limit->max > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)limit->max;
	int r = -1;

	switch (where) {
	case IN_STREAM: /* it may be read again */
		if (!keep_stream(t, &t->node[n - t->node]))
			return false;
		__attribute__((fallthrough));
	case IN_SPOOL:
		errno = EFBIG;
		if (n->size <= max)
			r = read_at(t->priv->spool, n->at, (size_t)n->size, out);
		break;
	case NOWHERE:
		errno = ENODATA;
		break;
	default:
		r = file_read(folder_of(t, where), n->path, max, out);
	}
	return r == 0 || (errno == EFBIG ? too_large(t, n, limit) : unreadable(t, n));
}

bool
tree_read(const struct tree *t, const struct node *n, struct buf *out)
{
	return read_whole(
	    t, n, &(struct limit){ t->priv->max_member, "--max-member", "tree" }, out);
}

bool
tree_read_text(const struct tree *t, const struct node *n, uint64_t max_text, struct buf *out)
{
	if (max_text >= t->priv->max_member)
		return tree_read(t, n, out);
	return read_whole(t, n, &(struct limit){ max_text, "--max-text", "max-text" }, out);
}

/* Hand the stream over to the caller, once. */
static bool
take_stream(const struct tree *t, struct input *in)
{
	struct tree_private *p = t->priv;

	if (!p->has_stream) {
		trouble("%s can be read only once", t->name);
		return false;
	}
	p->has_stream = false;
	*in = p->in;
	return true;
}

static bool
open_input(const struct tree *t, const struct node *n, struct input *in)
{
	enum place_of where = place_of(t, n);
	struct buf name;
	int fd;

	if (where == IN_STREAM)
		return take_stream(t, in);
	if (where == NOWHERE) {
		errno = ENODATA;
		return unreadable(t, n);
	}
	if (where == IN_SPOOL) {
		name = name_of(t, n);
		input_range(in, t->priv->spool, n->at, n->size, buf_str(&name));
		buf_release(&name);
		return true;
	}
	fd = openat(folder_of(t, where), n->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return unreadable(t, n);
	name = name_of(t, n);
	input_fd(in, fd, buf_str(&name));
	buf_release(&name);
	return true;
}

bool
tree_input(const struct tree *t, const struct node *n, struct input *in)
{
	bool opened = open_input(t, n, in);

	if (opened)
		in->ends = INPUT_GUESS;
	return opened;
}

bool
tree_head(const struct tree *t, const struct node *n, size_t max, struct buf *out)
{
	struct input in, *s = &t->priv->in;

	if (place_of(t, n) == IN_STREAM && t->priv->has_stream) {
		while (s->w - s->r < max && input_more(s))
			continue;
		buf_add(out, s->base + s->r, s->w - s->r < max ? s->w - s->r : max);
		return true;
	}
	if (!tree_input(t, n, &in))
		return false;
	while (in.w - in.r < max && input_more(&in))
		continue;
	buf_add(out, in.base + in.r, in.w - in.r < max ? in.w - in.r : max);
	input_close(&in);
	return true;
}

/* Copy the stream to the spool. */
static bool
keep_stream(const struct tree *t, struct node *n)
{
	struct input in;

	if (!take_stream(t, &in))
		return false;
	do {
		tree_spool(t, in.base + in.r, in.w - in.r);
		in.r = in.w;
	} while (input_more(&in));
	input_close(&in);
	n->at = 0;
	n->size = t->priv->spooled;
	t->priv->kept = true;
	return true;
}

bool
tree_file_open(const struct tree *t, const struct node *n, struct tree_file *f)
{
	enum place_of where = place_of(t, n);
	struct stat st;

	if (where == IN_STREAM && !keep_stream(t, &t->node[n - t->node]))
		return false;
	if (where == IN_STREAM || where == IN_SPOOL) {
		*f = (struct tree_file){ t->priv->spool, n->at, n->size, false };
		return true;
	}
	errno = ENODATA;
	f->fd = where == NOWHERE ? -1 : openat(folder_of(t, where), n->path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return unreadable(t, n);
	if (fstat(f->fd, &st) != 0)
		die("cannot look at %s:", tree_name(t, n));
	*f = (struct tree_file){ f->fd, 0, (uint64_t)st.st_size, true };
	return true;
}

void
tree_file_close(struct tree_file *f)
{
	if (f->own && f->fd >= 0)
		close(f->fd);
	*f = (struct tree_file){ .fd = -1 };
}

bool
tree_picture(const struct tree *t, const struct node *n, struct picsize *size)
{
	enum place_of where = place_of(t, n);

	if (n->flags & NODE_SIZED) {
		*size = (struct picsize){ .width = (uint32_t)(n->at >> 32),
			.height = (uint32_t)n->at,
			.kind = (uint8_t)(n->flags >> 24 & 0xf),
			.orientation = (uint8_t)(n->flags >> 28) };
		return true;
	}
	return (where == IN_FOLDER || where == IN_EXTRACT) &&
	       picsize_file(folder_of(t, where), n->path, size) == 0;
}

bool
tree_picture_at(const struct tree *t, struct span path, struct picsize *size)
{
	const struct node *n;
	struct buf clean = BUF_INIT;
	bool found = false;

	if (path_member(&clean, path)) {
		n = t->single ? NULL : tree_find(t, buf_span(&clean));
		if (n)
			found = tree_picture(t, n, size);
		else if (t->single)
			found = picsize_file(t->priv->root, buf_str(&clean), size) == 0;
	}
	buf_release(&clean);
	return found;
}

void
tree_spool(const struct tree *t, const void *p, size_t n)
{
	struct tree_private *priv = t->priv;

	if (priv->spool < 0)
		priv->spool = file_spool();
	if (priv->spool < 0)
		die("cannot make a temporary file (TMPDIR says where):");
	if (write_all(priv->spool, p, n) != 0)
		die("cannot write to a temporary file (TMPDIR says where):");
	priv->spooled += n;
}
