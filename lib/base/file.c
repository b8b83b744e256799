/* Files that appear complete or not at all: see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/tmpfiles.h"

char *
tmp_beside(const char *path)
{
	static atomic_uint serial;
	const char *base = path_base(path);
	int dir = (int)(base - path);

	/* a long name is shortened: the temporary one must fit NAME_MAX too */
	return xasprintf("%.*s.%.200s.%lx-%x.tmp", dir, path, base, (unsigned long)getpid(),
	    atomic_fetch_add(&serial, 1));
}

int
rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* a file system without RENAME_NOREPLACE: link(2) never replaces either */
	if (link(from, to) == 0)
		return unlink(from);
	if (errno != EPERM)
		return -1;
	if (access(to, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

static int
sync_fd(const char *dir, int (*sync_call)(int))
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r, err;

	if (fd < 0)
		return -1;
	r = sync_call(fd);
	err = errno;
	close(fd);
	errno = err;
	if (r != 0 && (err == EINVAL || err == EROFS))
		return 0; /* a file system that cannot sync folders */
	return r;
}

int
sync_parent(const char *path)
{
	struct buf dir = BUF_INIT;
	int r;

	path_dir(&dir, path);
	r = sync_fd(buf_str(&dir), fsync);
	buf_release(&dir);
	return r;
}

int
file_sync_all(const char *dir)
{
	return sync_fd(dir, syncfs);
}

int
newfile_open(struct newfile *f, const char *path, unsigned flags)
{
	int fd, err;

	if (!(flags & FILE_FORCE) && access(path, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	*f = (struct newfile){ .path = xstrdup(path), .tmp = tmp_beside(path), .flags = flags };
	tmpfiles_enter();
	f->watch = tmpfiles_add(f->tmp);
	fd = open(f->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	err = errno;
	tmpfiles_leave();
	if (fd < 0) {
		tmpfiles_forget(f->watch);
		free(f->path);
		free(f->tmp);
		errno = err;
		return -1;
	}
	out_init(&f->out, fd, f->path);
	return 0;
}

/* Let go of everything but the error. */
static void
newfile_end(struct newfile *f)
{
	int err = errno;

	tmpfiles_forget(f->watch);
	buf_release(&f->out.b);
	free(f->path);
	free(f->tmp);
	errno = err;
}

void
newfile_abort(struct newfile *f)
{
	int err = errno;

	if (!f->out.closed)
		close(f->out.fd);
	unlink(f->tmp);
	errno = err;
	newfile_end(f);
}

static int
newfile_finish(struct newfile *f)
{
	bool sync = !(f->flags & FILE_NOSYNC);

	if (write_all(f->out.fd, f->out.b.p, f->out.b.n) != 0)
		return -1;
	f->out.b.n = 0;
	if (sync && fsync(f->out.fd) != 0)
		return -1;
	f->out.closed = true;
	if (close(f->out.fd) != 0)
		return -1;
	if (((f->flags & FILE_FORCE) ? rename(f->tmp, f->path) : rename_new(f->tmp, f->path)) != 0)
		return -1;
	return sync ? sync_parent(f->path) : 0;
}

int
newfile_commit(struct newfile *f)
{
	if (newfile_finish(f) != 0) {
		newfile_abort(f);
		return -1;
	}
	newfile_end(f);
	return 0;
}

int
file_write(const char *path, struct span content, unsigned flags)
{
	struct newfile f;

	if (newfile_open(&f, path, flags) != 0)
		return -1;
	if (write_all(f.out.fd, content.p, content.n) != 0) {
		newfile_abort(&f);
		return -1;
	}
	return newfile_commit(&f);
}

int
make_dirs(const char *path, mode_t mode)
{
	char *p = xstrdup(path);
	int r = 0;

	for (char *s = p + 1; r == 0 && *p; s++) {
		char c = *s;

		if (c != '/' && c != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, mode) != 0 && errno != EEXIST)
			r = -1;
		*s = c;
		if (c == '\0')
			break;
	}
	free(p);
	return r;
}

int
file_spool(void)
{
	const char *dir = getenv("TMPDIR");
	char *name;
	int fd, err;

	if (dir == NULL || *dir == '\0')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	name = xasprintf("%s/dsutils.XXXXXX", dir); /* a file system without O_TMPFILE */
	fd = mkostemp(name, O_CLOEXEC);
	err = errno;
	if (fd >= 0)
		unlink(name);
	free(name);
	errno = err;
	return fd;
}

int
file_copy_bytes(int from, int to)
{
	char *block;
	ssize_t n;
	int r = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	block = xmalloc(256 * 1024);
	while (r == 0 && (n = read(from, block, 256 * 1024)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -1 : write_all(to, block, (size_t)n);
	}
	free(block);
	return r;
}

int
file_copy(const char *from, const char *to, unsigned flags)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct newfile f;
	int r;

	if (fd < 0)
		return -1;
	if (newfile_open(&f, to, flags) != 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	r = file_copy_bytes(fd, f.out.fd);
	close(fd);
	if (r != 0) {
		newfile_abort(&f);
		return -1;
	}
	return newfile_commit(&f);
}
