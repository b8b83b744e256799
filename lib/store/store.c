/* The version store's folders, links, journal and work areas: see store.h. */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/input.h"
#include "base/num.h"
#include "base/tmpfiles.h"
#include "json/json.h"
#include "json/write.h"

char *
store_path(const struct store *s, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	buf_addf(&b, "%s/", s->path);
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	return buf_detach(&b);
}

/* ---- opening ---- */

static const char format[] = "{\"format\":1,\"hash\":\"sha256\"}\n";

static bool
make_folders(const char *path)
{
	static const char *const dirs[] = { "versions", "tags", "tmp" };
	struct store s = { .path = (char *)path };
	bool good = make_dirs(path, 0777) == 0;
	char *p;

	for (size_t i = 0; good && i < ARRAY_LEN(dirs); i++) {
		p = store_path(&s, "%s", dirs[i]);
		good = mkdir(p, 0777) == 0 || errno == EEXIST;
		free(p);
	}
	if (!good)
		return false;
	p = store_path(&s, "format.json");
	good = file_write(p, span_str(format), 0) == 0 || errno == EEXIST;
	free(p);
	return good;
}

/* A folder that holds other things is not turned into a store. */
static bool
check_format(const struct store *s)
{
	char *p = store_path(s, "format.json");
	struct buf text = BUF_INIT;
	struct span v;
	bool good = false;

	if (file_read(AT_FDCWD, p, 65536, &text) != 0) {
		if (errno == ENOENT)
			trouble("'%s' is no version store: it has no format.json", s->path);
		else
			trouble("cannot read '%s':", p);
	} else {
		v = json_valid(span_trim(buf_span(&text))) ? json_member(buf_span(&text), "format")
							   : SPAN_NONE;
		good = v.p && span_is(v, "1");
		if (!good)
			trouble("'%s' is a version store of another format than 1", s->path);
	}
	buf_release(&text);
	free(p);
	return good;
}

static bool
is_empty_dir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool empty = true;

	if (d == NULL)
		return errno == ENOENT;
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = false;
	closedir(d);
	return empty;
}

/* Two that create it at once see each other's half: the marks of a store are then there already. */
static bool
may_create(const char *path)
{
	char *p = xasprintf("%s/versions", path);
	bool good = is_empty_dir(path) || access(p, F_OK) == 0;

	free(p);
	return good;
}

bool
store_open(struct store *s, const char *path, unsigned flags)
{
	char *p;

	*s = (struct store){ .path = xstrdup(path), .lock = -1 };
	while (strlen(s->path) > 1 && s->path[strlen(s->path) - 1] == '/')
		s->path[strlen(s->path) - 1] = '\0';
	if ((flags & STORE_CREATE) && may_create(s->path) && !make_folders(s->path)) {
		trouble("cannot make the store '%s':", path);
		store_close(s);
		return false;
	}
	if (!check_format(s)) {
		store_close(s);
		return false;
	}
	p = store_path(s, "lock");
	s->lock = open(p, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock < 0 && (errno == EACCES || errno == EROFS) && !(flags & STORE_CREATE))
		s->lock = open(p, O_RDONLY | O_CLOEXEC); /* a store that we may only read */
	if (s->lock >= 0)
		while (flock(s->lock, flags & STORE_EXCLUSIVE ? LOCK_EX : LOCK_SH) != 0 &&
		       errno == EINTR)
			continue;
	free(p);
	return true;
}

void
store_close(struct store *s)
{
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	*s = (struct store){ .lock = -1 };
}

/* ---- versions ---- */

bool
version_name_ok(struct span name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return name.n >= 1 && name.n <= 32;
}

uint64_t
version_number(const char *name)
{
	uint64_t n;

	if (name[0] != 'V' || strlen(name) < 4 || strlen(name) > 12 ||
	    !num_parse_u64(span_str(name + 1), &n))
		return 0;
	return n;
}

static int
version_cmp(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	uint64_t m = version_number(x), n = version_number(y);

	if (m && n && m != n)
		return m < n ? -1 : 1;
	if (!m != !n)
		return m ? -1 : 1;
	return strcmp(x, y);
}

bool
store_list(const struct store *s, struct version_list *list)
{
	char *p = store_path(s, "versions");
	DIR *d = opendir(p);
	struct dirent *e;

	*list = (struct version_list){ NULL, 0, 0 };
	if (d == NULL)
		trouble("cannot read '%s':", p);
	free(p);
	while (d && (e = readdir(d)) != NULL)
		if (version_name_ok(span_str(e->d_name))) {
			list->name = grow(list->name, &list->cap, list->n + 1, sizeof(char *));
			list->name[list->n++] = xstrdup(e->d_name);
		}
	if (list->n)
		qsort(list->name, list->n, sizeof(char *), version_cmp);
	return d && closedir(d) == 0;
}

void
version_list_release(struct version_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->name[i]);
	free(list->name);
	*list = (struct version_list){ NULL, 0, 0 };
}

uint64_t
store_highest(const struct store *s)
{
	char *p = store_path(s, "versions");
	DIR *d = opendir(p);
	struct dirent *e;
	uint64_t highest = 0, n;

	free(p);
	while (d && (e = readdir(d)) != NULL) {
		struct span name = span_str(e->d_name);
		char *base;

		if (span_ends(name, SPAN(".deleted")))
			name.n -= 8;
		base = xstrndup(name.p, name.n);
		n = version_number(base);
		highest = n > highest ? n : highest;
		free(base);
	}
	if (d)
		closedir(d);
	return highest;
}

/* The version that a link of the store points to. */
static char *
read_version_link(const struct store *s, const char *name)
{
	char *p = store_path(s, "%s", name), target[4096], *version = NULL;
	ssize_t n = readlink(p, target, sizeof(target) - 1);

	free(p);
	if (n <= 0)
		return NULL;
	target[n] = '\0';
	version = strrchr(target, '/');
	version = version ? version + 1 : target;
	p = store_path(s, "versions/%s", version);
	version =
	    version_name_ok(span_str(version)) && access(p, F_OK) == 0 ? xstrdup(version) : NULL;
	free(p);
	return version;
}

char *
store_current(const struct store *s)
{
	return read_version_link(s, "current");
}

char *
store_find(const struct store *s, const char *name)
{
	char *p, *version = NULL;

	if (name == NULL || strcmp(name, "current") == 0)
		return store_current(s);
	if (!version_name_ok(span_str(name)))
		return NULL;
	p = store_path(s, "versions/%s", name);
	if (access(p, F_OK) == 0)
		version = xstrdup(name);
	free(p);
	if (version == NULL) {
		p = xasprintf("tags/%s", name);
		version = read_version_link(s, p);
		free(p);
	}
	return version;
}

int
store_link(const struct store *s, const char *link, const char *version)
{
	char *p = store_path(s, "%s", link), *tmp = tmp_beside(p);
	char *target = xasprintf("%sversions/%s", strchr(link, '/') ? "../" : "", version);
	int r = symlink(target, tmp), err;

	if (r == 0 && (r = rename(tmp, p)) == 0)
		r = sync_parent(p);
	err = errno;
	if (r != 0)
		unlink(tmp);
	free(target);
	free(tmp);
	free(p);
	errno = err;
	return r;
}

static bool
has_file(const char *dir, const char *name)
{
	char *p = xasprintf("%s/%s", dir, name);
	bool there = access(p, F_OK) == 0;

	free(p);
	return there;
}

/* STORE/versions/NAME (or STORE/current): its real path tells both. */
static bool
version_folder(const char *dir, char **store, char **version)
{
	char *real = realpath(dir, NULL), *slash;

	if (real == NULL)
		return false;
	slash = strrchr(real, '/');
	*version = xstrdup(slash + 1);
	*slash = '\0';
	slash = strrchr(real, '/');
	if (slash && strcmp(slash, "/versions") == 0)
		*slash = '\0';
	*store = real;
	return true;
}

bool
store_operand(const char *operand, char **store, char **version)
{
	const char *at = strrchr(operand, '@');
	struct store s = { .lock = -1 };

	*version = NULL;
	if (has_file(operand, "format.json")) {
		*store = xstrdup(operand);
		while (strlen(*store) > 1 && (*store)[strlen(*store) - 1] == '/')
			(*store)[strlen(*store) - 1] = '\0';
		return true;
	}
	if (has_file(operand, "version.json"))
		return version_folder(operand, store, version);
	if (at && at > operand) {
		*store = xstrndup(operand, (size_t)(at - operand));
		s.path = *store;
		*version = has_file(*store, "format.json") ? store_find(&s, at + 1) : NULL;
		if (*version)
			return true;
		if (has_file(*store, "format.json"))
			trouble("there is no version '%s' in '%s'", at + 1, *store);
		else
			trouble("'%s' is no version store", *store);
		free(*store);
		*store = NULL;
		return false;
	}
	*store = NULL;
	trouble("'%s' is no version store and no version", operand);
	return false;
}

/* ---- journal ---- */

int64_t
store_time(void)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	int64_t t;

	return s && num_parse_i64(span_str(s), &t) ? t : (int64_t)time(NULL);
}

void
time_add(struct buf *b, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL)
		gmtime_r(&(time_t){ 0 }, &tm);
	buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void
store_journal(const struct store *s, const char *event, struct span members)
{
	char *p = store_path(s, "log.jsonl");
	int fd = open(p, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	struct buf line = BUF_INIT;

	buf_adds(&line, "{\"time\":\"");
	time_add(&line, store_time());
	buf_addf(&line, "\",\"event\":\"%s\",\"program\":\"%s\"", event, diag_program_name());
	if (members.n) {
		buf_addc(&line, ',');
		buf_addspan(&line, members);
	}
	buf_adds(&line, "}\n");
	if (fd < 0 || write_all(fd, line.p, line.n) != 0 || fsync(fd) != 0)
		trouble("cannot write the journal '%s':", p);
	if (fd >= 0)
		close(fd);
	buf_release(&line);
	free(p);
}

/* ---- work areas ---- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP || type == FTW_D || type == FTW_DNR ? rmdir(path) : unlink(path);
}

/* A published folder is read-only; nothing can be removed from it before it is made writable. */
static int
make_writable(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if ((type == FTW_D || type == FTW_DNR) && (st->st_mode & 0700) != 0700)
		chmod(path, 0700);
	return 0;
}

int
remove_tree(const char *path)
{
	nftw(path, make_writable, 16, FTW_PHYS);
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Open a work area and take its lock. Where locks do not work, its owner goes on without and nobody sweeps. */
static int
open_locked(const char *dir, bool owner)
{
	struct stat a, b;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	/* somebody may have swept it between mkdir() and flock() */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 ? stat(dir, &a) == 0 && fstat(fd, &b) == 0 &&
						    a.st_ino == b.st_ino && a.st_dev == b.st_dev
					      : owner && errno != EWOULDBLOCK)
		return fd;
	close(fd);
	errno = EWOULDBLOCK;
	return -1;
}

bool
work_open(struct work *w, const struct store *s)
{
	for (int try = 0; try < 100; try++) {
		w->dir = store_path(s, "tmp/%ld.XXXXXX", (long)getpid());
		if (mkdtemp(w->dir) == NULL)
			break;
		w->fd = open_locked(w->dir, true);
		if (w->fd >= 0) {
			w->watch = tmpfiles_add(w->dir);
			return true;
		}
		if (errno != EWOULDBLOCK && errno != ENOENT)
			break;
		free(w->dir);
	}
	trouble("cannot make a work area '%s':", w->dir);
	free(w->dir);
	*w = (struct work){ NULL, -1, NULL };
	return false;
}

void
work_close(struct work *w)
{
	if (w->dir == NULL)
		return;
	remove_tree(w->dir);
	tmpfiles_forget(w->watch);
	close(w->fd);
	free(w->dir);
	*w = (struct work){ NULL, -1, NULL };
}

size_t
work_sweep(const struct store *s)
{
	char *tmp = store_path(s, "tmp"), *p;
	DIR *d = opendir(tmp);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)) != NULL) {
		int fd;

		if (e->d_name[0] == '.')
			continue;
		p = xasprintf("%s/%s", tmp, e->d_name);
		fd = open_locked(p, false);
		if (fd >= 0 && remove_tree(p) == 0)
			n++;
		if (fd >= 0)
			close(fd);
		free(p);
	}
	if (d)
		closedir(d);
	free(tmp);
	return n;
}

/* ---- publishing ---- */

/* Only now can files no longer be added: the folder had to be writable to be renamed. */
static void
make_read_only(const char *path)
{
	chmod(path, 0555);
}

/*
 * The newest version becomes the current one. Who looks again after he has set the link can leave no
 * older one behind, whoever else is setting it at the same time.
 */
static int
set_current(const struct store *s, const char *name)
{
	uint64_t mine = version_number(name), newest;
	struct version_list list;
	char *now = NULL;
	int r = store_link(s, "current", name);

	for (int try = 0; r == 0 && mine && try < 100; try++) {
		newest = mine;
		if (store_list(s, &list))
			for (size_t i = 0; i < list.n; i++)
				if (version_number(list.name[i]) > newest)
					newest = version_number(list.name[i]);
		version_list_release(&list);
		if (newest == mine)
			break;
		mine = newest;
		now = xasprintf("V%03llu", (unsigned long long)newest);
		r = store_link(s, "current", now);
		free(now);
	}
	return r;
}

/* One try under one name: 0, or -1 with errno (EEXIST, ENOTEMPTY: the name is taken). */
static int
publish_as(const struct store *s, const char *ver, const char *name)
{
	char *to = store_path(s, "versions/%s", name),
	     *dead = store_path(s, "versions/%s.deleted", name);
	int r;

	if (access(dead, F_OK) == 0) {
		errno = EEXIST;
		r = -1;
	} else {
		/* replaces nothing but an empty folder, on any POSIX system */
		r = rename(ver, to);
		if (r == 0) {
			make_read_only(to);
			r = sync_parent(to);
			if (r != 0) {
				trouble("version %s is there, but it may not survive a power cut: "
					"cannot sync '%s/versions':",
				    name, s->path);
				errno = EIO;
			}
		}
	}
	free(to);
	free(dead);
	return r;
}

char *
store_publish(const struct store *s, struct work *w, const char *name,
    bool (*name_files)(void *ctx, const char *name), void *ctx)
{
	char *ver = xasprintf("%s/ver", w->dir), *versions = store_path(s, "versions"), *try = NULL;
	int lock = open(versions, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = -1;
	uint64_t n = 0;

	/* Waiting here saves writing the names again; where flock does not work, the rename decides. */
	if (lock >= 0)
		flock(lock, LOCK_EX);
	do {
		free(try);
		n = n ? n + 1 : store_highest(s) + 1;
		try = name ? xstrdup(name) : xasprintf("V%03llu", (unsigned long long)n);
		if (!name_files(ctx, try))
			goto done;
		r = publish_as(s, ver, try);
	} while (r != 0 && !name && (errno == EEXIST || errno == ENOTEMPTY));
	if (r != 0 && (errno == EEXIST || errno == ENOTEMPTY))
		trouble("there is, or was, a version %s; a name is given only once", try);
	else if (r != 0)
		trouble("cannot publish version %s in '%s':", try, s->path);
	else if (set_current(s, try) != 0)
		trouble("version %s is published, but 'current' cannot be set:", try);
done:
	if (r != 0) {
		free(try);
		try = NULL;
	}
	if (lock >= 0)
		close(lock);
	free(ver);
	free(versions);
	return try;
}
