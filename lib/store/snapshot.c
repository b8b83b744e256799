/* The contents of a version's files: see snapshot.h. */
#include "store/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/source.h"
#include "base/file.h"
#include "base/input.h"
#include "base/ordered.h"
#include "base/path.h"
#include "base/progress.h"
#include "record/files.h"

/* A content up to this size is read once, into memory; a larger one is read to hash it and again to copy it. */
enum { SMALL = 1 << 20 };

/* ---- what is known about files that did not change ---- */

struct stat_entry {
	uint64_t dev, ino, bytes;
	int64_t mtime, ctime; /* nanoseconds */
	unsigned char digest[SHA256_SIZE];
};

struct stat_cache {
	struct stat_entry *e; /* sorted by device and inode */
	size_t n, cap;
};

static int
entry_cmp(const void *a, const void *b)
{
	const struct stat_entry *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static int64_t
nanoseconds(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
entry_of(struct stat_entry *e, const struct stat *st)
{
	*e = (struct stat_entry){ .dev = st->st_dev,
		.ino = st->st_ino,
		.bytes = (uint64_t)st->st_size,
		.mtime = nanoseconds(st->st_mtim),
		.ctime = nanoseconds(st->st_ctim) };
}

/*
 * The file is this program's own scratch: a header that names form and machine, then the entries as they lie in
 * memory. One that does not fit is not used.
 */
static const char cache_magic[16] = "ds stat cache 1";

static void
cache_load(struct stat_cache *c, const struct store *s)
{
	char *path = store_path(s, "objects/stat");
	struct buf b = BUF_INIT;
	size_t n;

	*c = (struct stat_cache){ NULL, 0, 0 };
	if (file_read(AT_FDCWD, path, (size_t)1 << 34, &b) == 0 && b.n >= sizeof(cache_magic) &&
	    memcmp(b.p, cache_magic, sizeof(cache_magic)) == 0 &&
	    (b.n - sizeof(cache_magic)) % sizeof(*c->e) == 0) {
		n = (b.n - sizeof(cache_magic)) / sizeof(*c->e);
		c->e = grow(NULL, &c->cap, n + 1, sizeof(*c->e));
		memcpy(c->e, b.p + sizeof(cache_magic), n * sizeof(*c->e));
		c->n = n;
	}
	buf_release(&b);
	free(path);
}

/* Losing it costs only time, so a failure is no trouble. */
static void
cache_save(struct stat_cache *c, const struct store *s)
{
	char *path = store_path(s, "objects/stat");
	struct buf b = BUF_INIT;

	if (c->n)
		qsort(c->e, c->n, sizeof(*c->e), entry_cmp);
	buf_add(&b, cache_magic, sizeof(cache_magic));
	buf_add(&b, c->e, c->n * sizeof(*c->e));
	file_write(path, buf_span(&b), FILE_FORCE | FILE_NOSYNC);
	buf_release(&b);
	free(path);
}

static const struct stat_entry *
cache_find(const struct stat_cache *c, const struct stat_entry *e)
{
	const struct stat_entry *found =
	    c->n ? bsearch(e, c->e, c->n, sizeof(*c->e), entry_cmp) : NULL;

	return found && found->bytes == e->bytes && found->mtime == e->mtime &&
		       found->ctime == e->ctime
		   ? found
		   : NULL;
}

/* ---- taking one file ---- */

struct take {
	const struct store *store;
	const struct work *work;
	const struct pool *p;
	const struct snapshot_options *o;
	struct content *content;
	struct side_contents *sides;
	struct snapshot_counts *counts;
	struct staged *staged;
	struct stat_cache old, new;
	struct source_reader *reader; /* of archive members */
	struct buf line;              /* of the sample whose files are taken */
	struct named_files files;
	size_t at, next; /* file of it; next sample */
	int64_t now;
	atomic_bool no_reflink; /* found out by the first that tries */
	bool good;
};

struct file_job {
	size_t sample;
	bool side; /* not the sample's source, but a mask of it */
	struct buf source, data;
	struct buf want; /* sha256 of the record, or empty */
	struct content content;
	struct stat_entry entry;
	bool has_entry, member, unread, failed;
	bool added;  /* under a temporary name */
	bool linked; /* under its own */
};

static void
fail_file(struct file_job *j, const char *rule, const char *what)
{
	j->failed = true;
	if (errno == ENOENT || errno == ENOTDIR || errno == EISDIR || errno == EILSEQ || !errno)
		error_at(pos_file(j->source.p), rule, "%s", what);
	else
		trouble("%s: %s:", j->source.p, what);
}

static char *
object_path(const struct take *t, const unsigned char *digest)
{
	struct buf hex = BUF_INIT;
	char *path;

	sha256_hex(&hex, digest);
	path = store_path(t->store, "objects/%.2s/%s", hex.p, hex.p + 2);
	buf_release(&hex);
	return path;
}

/*
 * A new object waits under a temporary name in its own folder: renaming it there later is the cheapest way, and
 * threads in different folders do not wait for each other.
 */
static char *
staged_path(const struct take *t, const unsigned char *digest)
{
	struct buf hex = BUF_INIT;
	char *path;

	sha256_hex(&hex, digest);
	path =
	    store_path(t->store, "objects/%.2s/.%s.%s", hex.p, path_base(t->work->dir), hex.p + 2);
	buf_release(&hex);
	return path;
}

/* With --paranoid an object is read too; one that is damaged is made anew. */
static bool
has_object(const struct take *t, const struct content *c)
{
	char *path = object_path(t, c->digest);
	unsigned char digest[SHA256_SIZE];
	struct stat st;
	bool there = stat(path, &st) == 0 && (uint64_t)st.st_size == c->bytes;

	if (there && t->o->paranoid)
		there = sha256_file(AT_FDCWD, path, digest, NULL) == 0 &&
			memcmp(digest, c->digest, SHA256_SIZE) == 0;
	free(path);
	return there;
}

static int
copy_blocks(int from, int to)
{
	char *block = xmalloc(256 * 1024);
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(from, block, 256 * 1024)) != 0)
		if (n > 0)
			r = write_all(to, block, (size_t)n);
		else if (errno != EINTR)
			r = -1;
	free(block);
	return r;
}

/* Fill the new file `to`: shared blocks if the file system can, else what was read, else a copy. */
static int
fill(struct take *t, const struct file_job *j, int from, int to)
{
	if (from >= 0 && !t->no_reflink) {
		if (ioctl(to, FICLONE, from) == 0)
			return 0;
		t->no_reflink = true;
	}
	if (j->data.n == j->content.bytes)
		return write_all(to, j->data.p, j->data.n);
	return lseek(from, 0, SEEK_SET) < 0 ? -1 : copy_blocks(from, to);
}

/* A new file or link; its folder is made when it is the first there. */
static int
new_object(const struct take *t, const struct file_job *j, const char *path)
{
	bool link = t->o->link && !j->member;
	char *dir;
	int r;

	for (int try = 0;; try++) {
		r = link ? linkat(AT_FDCWD, j->source.p, AT_FDCWD, path, AT_SYMLINK_FOLLOW)
			 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
		if (r >= 0 || errno != ENOENT || try > 0)
			return r;
		dir = xstrndup(path, (size_t)(path_base(path) - path));
		if (mkdir(dir, 0777) != 0 && errno == EEXIST)
			errno = 0;
		free(dir);
	}
}

/* Put the content beside its place. Two samples of one content: the second finds it there. */
static int
stage(struct take *t, struct file_job *j, int from)
{
	char *path = staged_path(t, j->content.digest);
	int fd = new_object(t, j, path), r = fd < 0 ? -1 : 0, err;

	if (fd >= 0 && (!t->o->link || j->member)) {
		r = fill(t, j, from, fd);
		err = errno;
		if (close(fd) != 0 && r == 0)
			r = -1;
		else
			errno = err;
		if (r != 0)
			unlink(path);
	}
	j->added = r == 0;
	free(path);
	return r != 0 && errno == EEXIST ? 0 : r;
}

/*
 * A hard link may have its final name at once when what it holds is on the disk already: when the file last changed
 * before snapshot_take() synced everything. It stays when the release fails, since another release may count on it by
 * then; gc removes it. An object of another size is damaged and is made anew.
 */
static bool
link_settled(const struct take *t, struct file_job *j)
{
	char *path;
	int r;

	if (!t->o->link || j->entry.ctime >= t->now)
		return false;
	path = object_path(t, j->content.digest);
	r = new_object(t, j, path);
	free(path);
	j->linked = r == 0;
	return r == 0 || (errno == EEXIST && has_object(t, &j->content));
}

/*
 * Did the file stay as it was while its content was hashed, then linked or copied? A link changes ctime: the next snapshot
 * shall know the file by the new one.
 */
static bool
stayed(int fd, struct file_job *j)
{
	const struct stat_entry *before = &j->entry;
	struct stat_entry after;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	entry_of(&after, &st);
	if (after.bytes != before->bytes || after.mtime != before->mtime)
		return false;
	if (j->linked)
		j->entry.ctime = after.ctime;
	return true;
}

/* Up to its end, or to the size that it had when it was opened: stayed() tells when there is more. */
static int
hash_open_file(struct file_job *j, int fd)
{
	struct sha256 *h;
	ssize_t n;

	buf_reset(&j->data);
	buf_reserve(&j->data, SMALL + 1);
	j->content.bytes = 0;
	h = sha256_new();
	while ((n = read(fd, j->data.p, SMALL + 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sha256_add(h, j->data.p, (size_t)n);
		j->data.n = j->content.bytes == 0 ? (size_t)n : SIZE_MAX;
		j->content.bytes += (uint64_t)n;
		if (j->content.bytes == j->entry.bytes)
			break;
	}
	sha256_end(h, j->content.digest);
	sha256_free(h);
	if (j->data.n != j->content.bytes)
		j->data.n = 0; /* it is not all there */
	return n < 0 ? -1 : 0;
}

/* The file looks as it did when its content was last hashed, and that content is here: it need not be opened. */
static bool
is_unchanged(const struct take *t, struct file_job *j)
{
	const struct stat_entry *e;
	struct stat st;

	if (t->o->paranoid || t->old.n == 0 || stat(j->source.p, &st) != 0)
		return false;
	entry_of(&j->entry, &st);
	e = cache_find(&t->old, &j->entry);
	if (e == NULL)
		return false;
	j->entry = *e;
	memcpy(j->content.digest, e->digest, SHA256_SIZE);
	j->content.bytes = e->bytes;
	return has_object(t, &j->content);
}

static void
read_file(struct take *t, struct file_job *j)
{
	int fd = open(j->source.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && (errno = EISDIR))) {
		fail_file(j, "source", "the file of a sample cannot be read");
		if (fd >= 0)
			close(fd);
		return;
	}
	entry_of(&j->entry, &st);
	j->has_entry = j->entry.ctime < t->now - 2000000000;
	if (hash_open_file(j, fd) != 0 ||
	    (!link_settled(t, j) && !has_object(t, &j->content) && stage(t, j, fd) != 0)) {
		fail_file(j, "source", "the file of a sample cannot be taken in");
	} else if (!stayed(fd, j)) {
		errno = 0;
		fail_file(j, "changed", "the file changed while it was read");
	}
	memcpy(j->entry.digest, j->content.digest, SHA256_SIZE);
	close(fd);
}

static void
take_file(struct take *t, struct file_job *j)
{
	j->unread = is_unchanged(t, j);
	if (j->unread)
		j->has_entry = true;
	else
		read_file(t, j);
}

/* A member of an archive was read when its turn came. */
static void
take_member(struct take *t, struct file_job *j)
{
	j->content.bytes = j->data.n;
	sha256_bytes(j->data.p, j->data.n, j->content.digest);
	if (!has_object(t, &j->content) && stage(t, j, -1) != 0)
		fail_file(j, "source", "the file of a sample cannot be taken in");
}

static void
work_file(void *ctx, void *job)
{
	struct take *t = ctx;
	struct file_job *j = job;
	struct buf hex = BUF_INIT;

	if (!j->content.known || j->failed)
		return;
	errno = 0;
	if (j->member)
		take_member(t, j);
	else
		take_file(t, j);
	sha256_hex(&hex, j->content.digest);
	if (!j->failed && j->want.n && !span_eq(buf_span(&j->want), buf_span(&hex))) {
		errno = 0;
		fail_file(j, "content", "its SHA-256 is not the one that its record has");
	}
	buf_release(&hex);
}

/* ---- all of them, in order ---- */

/* The next file that a sample names: each of its files once. False: there is no more. */
static bool
next_named(struct take *t, struct file_job *j)
{
	const struct named_file *file;
	struct buf scratch = BUF_INIT;

	if (t->at == t->files.n) {
		if (t->next == t->p->n)
			return false;
		pool_line(t->p, &t->p->s[t->next++], &t->line);
		files_find(&t->files, buf_span(&t->line));
		t->at = 0;
	}
	file = &t->files.v[t->at];
	j->sample = t->next - 1;
	j->side = t->at > 0;
	buf_reset(&j->want);
	buf_addspan(&j->want, json_unquote(file->sha256));
	buf_reset(&j->source);
	buf_addspan(&j->source, json_value_text(file->source, &scratch));
	buf_release(&scratch);
	do
		t->at++;
	while (t->at < t->files.n && !t->files.v[t->at].first);
	return true;
}

static bool
next_file(void *ctx, void *job)
{
	struct take *t = ctx;
	struct file_job *j = job;
	struct span archive, member;

	if (!next_named(t, j))
		return false;
	j->has_entry = j->member = j->unread = j->added = j->linked = j->failed = false;
	j->content = (struct content){ .known = true };
	if (path_is_uri(buf_span(&j->source))) {
		j->content.known = false;
	} else if (source_is_member(buf_str(&j->source), &archive, &member)) {
		j->member = true;
		buf_reset(&j->data);
		if (source_read(t->reader, j->source.p, &j->data) != 0)
			fail_file(j, "source", "the file of a sample cannot be read");
	}
	return true;
}

static void
add_content(struct take *t, const struct file_job *j)
{
	struct side_contents *x = t->sides;

	if (!j->side) {
		t->content[j->sample] = j->content;
		return;
	}
	x->v = grow(x->v, &x->cap, x->n + 1, sizeof(*x->v));
	x->v[x->n++] = (struct side_content){ j->sample, j->content };
}

static void
add_staged(struct staged *x, const unsigned char *digest)
{
	x->v = grow(x->v, &x->cap, x->n + 1, sizeof(*x->v));
	memcpy(x->v[x->n++], digest, SHA256_SIZE);
}

static void
give_file(void *ctx, void *job)
{
	struct take *t = ctx;
	struct file_job *j = job;

	add_content(t, j);
	t->good = t->good && !j->failed;
	t->counts->no_file += !j->content.known;
	t->counts->files += j->content.known;
	t->counts->bytes += j->content.bytes;
	t->counts->unread += j->unread;
	if (j->added)
		add_staged(t->staged, j->content.digest);
	t->counts->added += j->added || j->linked;
	t->counts->added_bytes += j->added || j->linked ? j->content.bytes : 0;
	if (j->has_entry && !j->failed) {
		t->new.e = grow(t->new.e, &t->new.cap, t->new.n + 1, sizeof(*t->new.e));
		t->new.e[t->new.n++] = j->entry;
	}
	if (!j->side)
		progress_step(1);
}

static void
release_file(void *job)
{
	struct file_job *j = job;

	buf_release(&j->want);
	buf_release(&j->source);
	j->data.n = 0;
	buf_release(&j->data);
}

bool
snapshot_take(const struct store *s, const struct work *w, const struct pool *p,
    const struct snapshot_options *o, struct content *content, struct side_contents *sides,
    struct staged *staged, struct snapshot_counts *counts)
{
	struct take t = { .store = s, .work = w, .p = p, .o = o, .content = content, .good = true };
	struct ordered jobs = { .size = sizeof(struct file_job),
		.ctx = &t,
		.take = next_file,
		.work = work_file,
		.give = give_file,
		.release = release_file };
	struct timespec now;
	char *objects;

	*counts = (struct snapshot_counts){ .files = 0 };
	t.counts = counts;
	t.sides = sides;
	t.staged = staged;
	clock_gettime(CLOCK_REALTIME, &now);
	t.now = nanoseconds(now);
	t.reader = source_reader_new(0);
	objects = store_path(s, "objects");
	if (mkdir(objects, 0777) != 0 && errno != EEXIST)
		die("cannot make the folder '%s':", objects);
	if (o->link && file_sync_all(objects) != 0)
		die("cannot sync '%s':", objects);
	free(objects);
	cache_load(&t.old, s);
	progress_begin("files", p->n);
	ordered_run(&jobs, o->jobs);
	progress_end();
	if (t.good)
		cache_save(&t.new, s);
	free(t.old.e);
	free(t.new.e);
	buf_release(&t.line);
	files_release(&t.files);
	source_reader_free(t.reader);
	return t.good;
}

/* ---- publishing ---- */

static int
digest_cmp(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

/* The staged objects whose digests begin with `first`: give them their names, or remove them. */
static bool
finish_folder(const struct take *t, unsigned first, bool publish)
{
	const struct staged *x = t->staged;
	bool good = true;
	size_t i = 0;

	while (i < x->n && x->v[i][0] < first)
		i++;
	for (; i < x->n && x->v[i][0] == first; i++) {
		char *from = staged_path(t, x->v[i]), *to = object_path(t, x->v[i]);

		if (publish && rename(from, to) != 0) {
			trouble("cannot make the object '%s':", to);
			good = false;
		}
		if (!publish)
			unlink(from);
		free(from);
		free(to);
	}
	return good;
}

static bool
finish_all(const struct take *t, bool publish)
{
	struct staged *x = t->staged;
	bool good = true;

	if (x->n)
		qsort(x->v, x->n, sizeof(*x->v), digest_cmp);
#pragma omp parallel for schedule(dynamic) num_threads(t->o->jobs) reduction(&& : good)
	for (unsigned first = 0; first < 256; first++)
		good = finish_folder(t, first, publish) && good;
	x->n = 0;
	return good;
}

void
snapshot_publish(const struct store *s, const struct work *w, const struct snapshot_options *o,
    struct staged *staged)
{
	struct take t = { .store = s, .work = w, .o = o, .staged = staged };
	char *objects = store_path(s, "objects");

	/* contents first, names after: what has its name is whole */
	if (staged->n && file_sync_all(objects) != 0)
		die("cannot sync '%s':", objects);
	if (!finish_all(&t, true))
		die("not all objects could be made");
	/* also when nothing is new: what was found here may be another release's, which has not synced it yet */
	if (file_sync_all(objects) != 0)
		die("cannot sync '%s':", objects);
	free(objects);
}

void
snapshot_drop(const struct store *s, const struct work *w, const struct snapshot_options *o,
    struct staged *staged)
{
	struct take t = { .store = s, .work = w, .o = o, .staged = staged };

	if (staged->n)
		finish_all(&t, false);
	free(staged->v);
	*staged = (struct staged){ .n = 0 };
}
