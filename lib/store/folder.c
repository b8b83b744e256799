/* The files of a version while it is made: see folder.h. */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/path.h"

bool
folder_open(struct folder *f, const char *dir)
{
	*f = (struct folder){ .dir = xstrdup(dir) };
	if (mkdir(dir, 0777) == 0)
		return true;
	trouble("cannot make the folder '%s':", dir);
	return false;
}

void
folder_release(struct folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->sum[i].name);
	free(f->sum);
	free(f->dir);
	*f = (struct folder){ NULL, NULL, 0, 0, false };
}

static char *
file_path(const struct folder *f, const char *name)
{
	return xasprintf("%s/%s", f->dir, name);
}

static struct folder_sum *
find(const struct folder *f, const char *name)
{
	for (size_t i = f->n; i-- > 0;)
		if (strcmp(f->sum[i].name, name) == 0)
			return &f->sum[i];
	return NULL;
}

static void
add_sum(struct folder *f, const char *name, const unsigned char *digest)
{
	f->sum = grow(f->sum, &f->cap, f->n + 1, sizeof(*f->sum));
	f->sum[f->n].name = xstrdup(name);
	memcpy(f->sum[f->n++].digest, digest, SHA256_SIZE);
}

static int
create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	if (fd < 0)
		die("cannot make '%s':", path);
	return fd;
}

static void
sync_close(const struct folder *f, int fd, const char *path)
{
	if (!f->many && fsync(fd) != 0)
		die("cannot sync '%s':", path);
	if (close(fd) != 0)
		die("cannot write '%s':", path);
}

void
folder_begin(struct folder *f, const char *name, struct out *out)
{
	char *path = file_path(f, name);

	out_init(out, create(path), name);
	free(path);
}

void
folder_end(struct folder *f, const char *name, struct out *out, unsigned char *digest)
{
	unsigned char mine[SHA256_SIZE];
	char *path = file_path(f, name);

	out_flush(out);
	sync_close(f, out->fd, path);
	buf_release(&out->b);
	out->closed = true;
	if (sha256_file(AT_FDCWD, path, mine, NULL) != 0)
		die("cannot read '%s' back:", path);
	add_sum(f, name, mine);
	if (digest)
		memcpy(digest, mine, SHA256_SIZE);
	free(path);
}

void
folder_drop(struct folder *f, const char *name)
{
	struct folder_sum *s = find(f, name);
	char *path = file_path(f, name);

	unlink(path);
	free(path);
	if (s == NULL)
		return;
	free(s->name);
	*s = f->sum[--f->n];
}

void
folder_rename(struct folder *f, const char *from, const char *to)
{
	struct folder_sum *s = find(f, from);
	char *a = file_path(f, from), *b = file_path(f, to);

	if (s == NULL || rename(a, b) != 0)
		die("cannot rename '%s':", a);
	free(s->name);
	s->name = xstrdup(to);
	free(a);
	free(b);
}

void
folder_put(struct folder *f, const char *name, struct span content)
{
	unsigned char digest[SHA256_SIZE];
	char *path = file_path(f, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	if (fd < 0 && errno == ENOENT) {
		struct buf dir = BUF_INIT;

		path_dir(&dir, path);
		if (make_dirs(dir.p, 0777) != 0)
			die("cannot make the folder '%s':", dir.p);
		buf_release(&dir);
		fd = create(path);
	} else if (fd < 0) {
		die("cannot make '%s':", path);
	}
	if (write_all(fd, content.p, content.n) != 0)
		die("cannot write '%s':", path);
	sync_close(f, fd, path);
	sha256_bytes(content.p, content.n, digest);
	add_sum(f, name, digest);
	free(path);
}

/* By bytes, but version.json last: what is complete ends with it. */
static int
sum_cmp(const void *a, const void *b)
{
	const struct folder_sum *x = a, *y = b;
	bool xv = strcmp(x->name, "version.json") == 0, yv = strcmp(y->name, "version.json") == 0;

	return xv != yv ? xv - yv : strcmp(x->name, y->name);
}

void
folder_seal(struct folder *f)
{
	struct buf text = BUF_INIT;
	char *inside = file_path(f, "version.json");

	qsort(f->sum, f->n, sizeof(*f->sum), sum_cmp);
	for (size_t i = 0; i < f->n; i++) {
		sha256_hex(&text, f->sum[i].digest);
		buf_addf(&text, "  %s\n", f->sum[i].name);
	}
	folder_put(f, "SHA256SUMS", buf_span(&text));
	free(f->sum[--f->n].name); /* it does not list itself */
	buf_release(&text);
	if ((f->many ? file_sync_all(f->dir) : sync_parent(inside)) != 0)
		die("cannot sync '%s':", f->dir);
	free(inside);
}

bool
folder_name_ok(struct span name)
{
	struct buf clean = BUF_INIT;
	bool good = path_member(&clean, name) && span_eq(buf_span(&clean), name);

	for (size_t i = 0; i < name.n; i++)
		good = good && (unsigned char)name.p[i] >= ' ' && name.p[i] != '\\' &&
		       name.p[i] != 127;
	buf_release(&clean);
	return good;
}
