/* Files below one folder: see place.h. */
#include "archive/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/path.h"
#include "base/tmpfiles.h"

int
place_open(struct place *p, const char *root)
{
	*p = (struct place){ .fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	return p->fd < 0 ? -1 : 0;
}

void
place_close(struct place *p)
{
	for (size_t i = 0; i < PLACE_OPEN; i++)
		if (p->dir[i].path) {
			free(p->dir[i].path);
			close(p->dir[i].fd);
		}
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct place){ .fd = -1 };
}

/* Open the folder `name` of `dirfd`, which is made when it is not there. */
static int
enter(int dirfd, const char *name)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, name, how);

	if (fd < 0 && errno == ENOENT && (mkdirat(dirfd, name, 0777) == 0 || errno == EEXIST))
		fd = openat(dirfd, name, how);
	return fd;
}

/* Open the folder `path` below p->fd. */
static int
descend(const struct place *p, struct span path)
{
	int fd = p->fd, next, err;
	struct span part;
	char name[NAME_MAX + 1];

	while (fd >= 0 && span_cut(&path, '/', &part)) {
		if (part.n > NAME_MAX) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			snprintf(name, sizeof(name), "%.*s", SPAN_ARG(part));
			next = enter(fd, name);
		}
		err = errno;
		if (fd != p->fd)
			close(fd);
		errno = err;
		fd = next;
	}
	return fd;
}

/* The open folder that holds `path`, and the last part of `path`; -1 with errno. */
static int
parent(struct place *p, const char *path, const char **base)
{
	struct span dir;
	struct place_dir *d;
	int fd;

	*base = path_base(path);
	if (*base == path)
		return p->fd;
	dir = span_of(path, *base - 1);
	for (size_t i = 0; i < PLACE_OPEN; i++) {
		d = &p->dir[i];
		if (d->path && d->n == dir.n && memcmp(d->path, dir.p, dir.n) == 0)
			return d->fd;
	}
	fd = descend(p, dir);
	if (fd < 0)
		return -1;
	d = &p->dir[p->turn++ % PLACE_OPEN];
	if (d->path) {
		free(d->path);
		close(d->fd);
	}
	*d = (struct place_dir){ xstrndup(dir.p, dir.n), dir.n, fd };
	return fd;
}

static void
name_tmp(struct placed *f)
{
	static atomic_uint serial;

	snprintf(f->tmp, sizeof(f->tmp), ".%.200s.%lx-%x.tmp", f->base, (unsigned long)getpid(),
	    atomic_fetch_add(&serial, 1));
}

static int
make_file(struct place *p, const char *path, struct placed *f)
{
	f->dirfd = parent(p, path, &f->base);
	if (f->dirfd < 0)
		return -1;
	if (f->how == PLACE_WHOLE && faccessat(f->dirfd, f->base, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (f->how != PLACE_DIRECT)
		name_tmp(f);
	f->fd = openat(f->dirfd, f->how == PLACE_DIRECT ? f->base : f->tmp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	return f->fd < 0 ? -1 : 0;
}

int
place_file(struct place *p, const char *path, enum place_how how, struct placed *f)
{
	int r;

	f->how = how;
	f->tmp[0] = '\0';
	tmpfiles_enter();
	r = make_file(p, path, f);
	tmpfiles_leave();
	return r;
}

/* Move what is complete to its name. */
static int
into_place(struct placed *f)
{
	if (f->how == PLACE_OVER)
		return renameat(f->dirfd, f->tmp, f->dirfd, f->base);
	if (linkat(f->dirfd, f->tmp, f->dirfd, f->base, 0) == 0) /* never replaces */
		return unlinkat(f->dirfd, f->tmp, 0);
	if (errno != EPERM && errno != EOPNOTSUPP)
		return -1;
	return renameat(f->dirfd, f->tmp, f->dirfd, f->base);
}

int
place_done(struct placed *f)
{
	int r = close(f->fd), err;

	if (f->how == PLACE_DIRECT || (r == 0 && into_place(f) == 0))
		return r;
	err = errno;
	unlinkat(f->dirfd, f->tmp, 0);
	errno = err;
	return -1;
}

void
place_drop(struct placed *f)
{
	int err = errno;

	close(f->fd);
	unlinkat(f->dirfd, f->how == PLACE_DIRECT ? f->base : f->tmp, 0);
	errno = err;
}

int
place_content(struct place *p, const char *path, enum place_how how, struct span bytes)
{
	struct placed f;
	int r;

	tmpfiles_enter();
	r = place_file(p, path, how, &f);
	if (r == 0 && write_all(f.fd, bytes.p, bytes.n) != 0) {
		place_drop(&f);
		r = -1;
	} else if (r == 0) {
		r = place_done(&f);
	}
	tmpfiles_leave();
	return r;
}

static int
make_link(struct place *p, const char *path, enum place_how how, int fromfd, const char *from)
{
	struct placed f = { .fd = -1, .how = how };
	int err;

	f.dirfd = parent(p, path, &f.base);
	if (f.dirfd < 0)
		return -1;
	if (how != PLACE_OVER)
		return linkat(fromfd, from, f.dirfd, f.base, AT_SYMLINK_FOLLOW);
	name_tmp(&f);
	if (linkat(fromfd, from, f.dirfd, f.tmp, AT_SYMLINK_FOLLOW) != 0)
		return -1;
	if (renameat(f.dirfd, f.tmp, f.dirfd, f.base) == 0) {
		unlinkat(f.dirfd, f.tmp, 0); /* rename(2) leaves it when both are the same file */
		return 0;
	}
	err = errno;
	unlinkat(f.dirfd, f.tmp, 0);
	errno = err;
	return -1;
}

int
place_link(struct place *p, const char *path, enum place_how how, int fromfd, const char *from)
{
	int r;

	tmpfiles_enter();
	r = make_link(p, path, how, fromfd, from);
	tmpfiles_leave();
	return r;
}
