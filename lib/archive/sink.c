/* Where an export goes: see sink.h. */
#include "archive/sink.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/behind.h"
#include "archive/place.h"
#include "archive/reader.h"
#include "archive/source.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/hashset.h"
#include "base/num.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/strmap.h"
#include "base/tmpfiles.h"
#include "base/tool.h"

enum kind { FOLDER, ARCHIVE, ONE };

struct sink {
	enum kind kind;
	unsigned flags;
	char *target;
	struct source_reader *reader; /* made when it is needed */
	struct hashset seen;          /* the paths that are there */
	sink_told *told;              /* NULL: nobody asks */
	void *ctx;                    /* for it */
	/* FOLDER */
	struct place place;
	enum place_how how;
	struct behind *behind; /* SINK_BEHIND */
	char *tmp; /* the folder until it is in place; NULL: files go to the target itself */
	struct tmpfile_entry *watch;
	bool over; /* the target is an empty folder */
	/* ARCHIVE, ONE */
	struct newfile file;
	struct out *out;          /* of `file`, of `member`, or standard output */
	struct sink_file *member; /* of another sink; NULL: this one stands alone */
	/* ARCHIVE */
	struct archive *a;
	struct archive_entry *e;
	bool zip;
	time_t mtime; /* 0: not said */
};

struct sink_file {
	struct sink *s;
	char *path;
	struct placed placed;
	struct out own, *out;
};

/* ---- names ---- */

static uint64_t
name_hash(const char *path)
{
	return hash_bytes(path, strlen(path));
}

int
sink_has(const struct sink *s, const char *path)
{
	return hashset_has(&s->seen, name_hash(path));
}

uint64_t
sink_written(const struct sink *s)
{
	return s->out ? s->out->written + s->out->b.n : 0;
}

int
sink_is_folder(const struct sink *s)
{
	return s->kind == FOLDER;
}

void
sink_watch(struct sink *s, sink_told *told, void *ctx)
{
	s->told = told;
	s->ctx = ctx;
}

int
sink_is_one(const struct sink *s)
{
	return s->kind == ONE;
}

const char *
sink_target(const struct sink *s)
{
	return s->target;
}

/* Is this a member path, as it is, and a new one? 0, or -1 with errno. */
static int
check_path(struct sink *s, const char *path)
{
	struct buf clean = BUF_INIT;
	bool good =
	    s->kind == ONE || (path_member(&clean, span_str(path)) && strcmp(clean.p, path) == 0);

	buf_release(&clean);
	if (good && !sink_has(s, path) && (s->kind != ONE || s->seen.n == 0))
		return 0;
	errno = good ? EEXIST : EINVAL;
	return -1;
}

static void
add_path(struct sink *s, const char *path)
{
	hashset_add(&s->seen, name_hash(path));
}

/* ---- opening ---- */

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool empty = d != NULL;

	while (d && empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (d)
		closedir(d);
	return empty;
}

static int
open_places(struct sink *s, const char *folder)
{
	if (place_open(&s->place, folder) != 0)
		return -1;
	if (s->flags & SINK_BEHIND)
		s->behind = behind_new(folder, s->how);
	return s->behind || !(s->flags & SINK_BEHIND) ? 0 : -1;
}

/* Files go one by one into the folder that is there. */
static int
open_in_place(struct sink *s)
{
	s->how = s->flags & SINK_FORCE ? PLACE_OVER : PLACE_WHOLE;
	return open_places(s, s->target);
}

static int
open_folder(struct sink *s)
{
	const char *base = path_base(s->target);
	struct stat st;
	bool there = lstat(s->target, &st) == 0, empty = there && is_empty(s->target);

	if (there && !empty && !(s->flags & SINK_FORCE)) {
		errno = EEXIST;
		return -1;
	}
	if (there && (!empty || S_ISLNK(st.st_mode) || base[strspn(base, ".")] == '\0'))
		return open_in_place(s);
	s->over = there;
	s->how = PLACE_DIRECT;
	s->tmp = tmp_beside(s->target);
	if (mkdir(s->tmp, 0777) != 0)
		return -1;
	s->watch = tmpfiles_add(s->tmp);
	return open_places(s, s->tmp);
}

static const struct {
	const char *ext;
	int filter; /* -1: zip */
} archives[] = {
	{ ".tar", ARCHIVE_FILTER_NONE },
	{ ".tar.gz", ARCHIVE_FILTER_GZIP },
	{ ".tgz", ARCHIVE_FILTER_GZIP },
	{ ".tar.zst", ARCHIVE_FILTER_ZSTD },
	{ ".tar.xz", ARCHIVE_FILTER_XZ },
	{ ".zip", -1 },
};

/* Index into archives[]; -1: a folder. */
static int
archive_kind(const char *target)
{
	struct span base = path_base_span(span_str(target));

	for (size_t i = 0; i < ARRAY_LEN(archives); i++)
		if (base.n > strlen(archives[i].ext) && span_ends(base, span_str(archives[i].ext)))
			return (int)i;
	return strcmp(target, "-") == 0 ? 0 : -1;
}

void
sink_check_target(const char *target)
{
	static const char endings[] =
	    "tar|zip|gz|tgz|bz2|tbz|tbz2|xz|txz|zst|tzst|lz4|lzma|7z|rar|cpio|iso";

	if (archive_kind(target) < 0 && path_has_ext(span_str(target), endings))
		tool_usage(
		    "'%s': archives end in .tar, .tar.gz, .tgz, .tar.zst, .tar.xz or .zip", target);
}

static int
open_file(struct sink *s)
{
	if (strcmp(s->target, "-") == 0) {
		s->out = out_stdout();
		return 0;
	}
	if (newfile_open(&s->file, s->target, s->flags & SINK_FORCE ? FILE_FORCE : 0) != 0)
		return -1;
	s->out = &s->file.out;
	return 0;
}

/* libarchive writes here; a full disk ends the program in out_flush(). */
static la_ssize_t
write_block(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct sink *s = ctx;

	(void)a;
	buf_add(&s->out->b, p, n);
	out_tick(s->out);
	return (la_ssize_t)n;
}

static void
set_time(struct sink *s)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t t;

	if (epoch == NULL || !num_parse_u64(span_str(epoch), &t) || t > INT32_MAX)
		return;
	s->mtime = (time_t)t;
	if (s->zip) { /* its times are local, and must not depend on where we are */
		setenv("TZ", "UTC0", 1);
		tzset();
	}
}

/* s->out is open. */
static int
begin_archive(struct sink *s, int filter)
{
	archive_use_utf8();
	s->a = archive_write_new();
	s->e = archive_entry_new();
	if (s->a == NULL || s->e == NULL)
		die("out of memory");
	s->zip = filter < 0;
	set_time(s);
	if (s->zip)
		archive_write_set_format_zip(s->a);
	else
		archive_write_set_format_pax_restricted(s->a);
	archive_write_add_filter(s->a, s->zip ? ARCHIVE_FILTER_NONE : filter);
	if (filter == ARCHIVE_FILTER_GZIP)
		archive_write_set_filter_option(s->a, "gzip", "timestamp", NULL);
	archive_write_set_bytes_per_block(s->a, s->zip ? 0 : 10240);
	archive_write_set_bytes_in_last_block(s->a, 1);
	if (archive_write_open(s->a, s, NULL, write_block, NULL) == ARCHIVE_OK)
		return 0;
	errno = archive_errno(s->a) > 0 ? archive_errno(s->a) : EINVAL;
	return -1;
}

static int
open_archive(struct sink *s, int filter)
{
	return open_file(s) == 0 ? begin_archive(s, filter) : -1;
}

static void
sink_free(struct sink *s)
{
	int err = errno;

	if (s->behind)
		behind_drop(s->behind);
	place_close(&s->place);
	source_reader_free(s->reader);
	if (s->a)
		archive_write_free(s->a);
	if (s->e)
		archive_entry_free(s->e);
	hashset_release(&s->seen);
	free(s->tmp);
	free(s->target);
	free(s);
	errno = err;
}

struct sink *
sink_open(const char *target, unsigned flags)
{
	struct sink *s = xcalloc(1, sizeof(*s));
	int kind = archive_kind(target), r;

	s->flags = flags;
	s->place.fd = -1;
	s->target = xstrdup(target);
	for (size_t n = strlen(target); n > 1 && target[n - 1] == '/'; n--)
		s->target[n - 1] = '\0';
	s->kind = flags & SINK_ONE ? ONE : kind >= 0 ? ARCHIVE : FOLDER;
	r = s->kind == ONE       ? open_file(s)
	    : s->kind == ARCHIVE ? open_archive(s, archives[kind].filter)
				 : open_folder(s);
	if (r == 0)
		return s;
	if (s->out == &s->file.out)
		newfile_abort(&s->file);
	sink_free(s);
	return NULL;
}

/* ---- members of an archive ---- */

static int
archive_failed(struct sink *s)
{
	errno = archive_errno(s->a) > 0 ? archive_errno(s->a) : EIO;
	return -1;
}

static int
begin_member(struct sink *s, const char *path, uint64_t size)
{
	archive_use_utf8(); /* the thread may be another one than at the start */
	archive_entry_clear(s->e);
	archive_entry_set_pathname(s->e, path);
	archive_entry_set_filetype(s->e, AE_IFREG);
	archive_entry_set_perm(s->e, 0644);
	archive_entry_set_size(s->e, (la_int64_t)size);
	if (s->mtime)
		archive_entry_set_mtime(s->e, s->mtime, 0);
	if (s->zip && path_is_picture(span_str(path)))
		archive_write_zip_set_compression_store(s->a);
	else if (s->zip)
		archive_write_zip_set_compression_deflate(s->a);
	return archive_write_header(s->a, s->e) < ARCHIVE_WARN ? archive_failed(s) : 0;
}

static int
member_bytes(struct sink *s, const void *p, size_t n)
{
	return n > 0 && archive_write_data(s->a, p, n) != (la_ssize_t)n ? archive_failed(s) : 0;
}

/* `size` bytes of an open file, from its start. */
static int
member_from(struct sink *s, const char *path, int fd, uint64_t size)
{
	const size_t block = 256 * 1024;
	char *p = xmalloc(block);
	uint64_t done = 0;
	ssize_t n = 0;
	int r = begin_member(s, path, size);

	while (r == 0 && done < size) {
		n = pread(fd, p, size - done < block ? (size_t)(size - done) : block, (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		r = member_bytes(s, p, (size_t)n);
		done += (uint64_t)n;
	}
	free(p);
	if (r == 0 && done < size)
		die("%s: cannot read on what is written to %s:", path, s->target);
	return r;
}

/* ---- members ---- */

static int
add_file(struct sink *s, const char *path, struct span bytes)
{
	if (!s->behind || bytes.n > BEHIND_MOST)
		return place_content(&s->place, path, s->how, bytes);
	behind_add(s->behind, path, bytes);
	return 0;
}

static int
add_one(struct sink *s, struct span bytes)
{
	buf_addspan(&s->out->b, bytes);
	out_tick(s->out);
	return 0;
}

static void
tell(struct sink *s, const char *path, struct span bytes)
{
	unsigned char digest[SHA256_SIZE];

	if (!s->told)
		return;
	sha256_bytes(bytes.p, bytes.n, digest);
	s->told(s->ctx, path, bytes.n, digest);
}

/* Of an open file, which was just written. */
static int
tell_file(struct sink *s, const char *path, int fd, uint64_t size)
{
	struct sha256 *h;
	unsigned char digest[SHA256_SIZE];
	char block[16384];
	ssize_t n = 1;

	if (!s->told)
		return 0;
	h = sha256_new();
	for (uint64_t at = 0; at < size && n > 0; at += n > 0 ? (uint64_t)n : 0) {
		n = pread(fd, block, sizeof(block), (off_t)at);
		if (n > 0)
			sha256_add(h, block, (size_t)n);
	}
	sha256_end(h, digest);
	sha256_free(h);
	if (n > 0)
		s->told(s->ctx, path, size, digest);
	return n > 0 ? 0 : -1;
}

int
sink_add(struct sink *s, const char *path, struct span bytes)
{
	int r = check_path(s, path);

	if (r == 0 && s->kind == ARCHIVE)
		r = begin_member(s, path, bytes.n) == 0 ? member_bytes(s, bytes.p, bytes.n) : -1;
	else if (r == 0)
		r = s->kind == FOLDER ? add_file(s, path, bytes) : add_one(s, bytes);
	if (r != 0)
		return -1;
	add_path(s, path);
	tell(s, path, bytes);
	return 0;
}

/* A regular file for reading and its size; -1 with errno. */
static int
open_regular(const char *source, uint64_t *size)
{
	int fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*size = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

static int
copy_to_folder(struct sink *s, const char *path, int from)
{
	struct placed f;
	int r;

	tmpfiles_enter(); /* nothing half done is left when another thread ends the program */
	r = place_file(&s->place, path, s->how, &f);
	if (r == 0 && file_copy_bytes(from, f.fd) != 0) {
		place_drop(&f);
		r = -1;
	} else if (r == 0) {
		r = place_done(&f);
	}
	tmpfiles_leave();
	return r;
}

static int
add_regular(struct sink *s, const char *path, const char *source, enum sink_how how)
{
	uint64_t size;
	int fd, r, err;

	if (s->kind == FOLDER && how == SINK_LINK) {
		if (place_link(&s->place, path, s->how, AT_FDCWD, source) == 0)
			return 0;
		if (errno != EXDEV && errno != EPERM && errno != EMLINK)
			return -1;
	}
	fd = open_regular(source, &size);
	if (fd < 0)
		return -1;
	r = s->kind == FOLDER ? copy_to_folder(s, path, fd) : member_from(s, path, fd, size);
	err = errno;
	close(fd);
	errno = err;
	return r;
}

static int
add_member_of(struct sink *s, const char *path, const char *source)
{
	struct buf content = BUF_INIT;
	sink_told *told = s->told;
	int r;

	if (s->reader == NULL)
		s->reader = source_reader_new(0);
	r = source_read(s->reader, source, &content);
	s->told = NULL; /* as other sources: not by its bytes */
	if (r == 0)
		r = sink_add(s, path, buf_span(&content));
	s->told = told;
	if (r == 0 && told)
		told(s->ctx, path, content.n, NULL);
	buf_release(&content);
	return r;
}

int
sink_add_source(struct sink *s, const char *path, const char *source, enum sink_how how)
{
	struct span archive, member;

	if (check_path(s, path) != 0)
		return -1;
	if (s->kind == ONE || path_is_uri(span_str(source))) {
		errno = EINVAL;
		return -1;
	}
	if (source_is_member(source, &archive, &member) && access(source, F_OK) != 0)
		return add_member_of(s, path, source);
	if (add_regular(s, path, source, how) != 0)
		return -1;
	add_path(s, path);
	if (s->told)
		s->told(s->ctx, path, 0, NULL);
	return 0;
}

/* ---- members of unknown length ---- */

struct sink_file *
sink_file_new(struct sink *s, const char *path)
{
	struct sink_file *f;
	int fd = -1;

	if (check_path(s, path) != 0)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->s = s;
	f->out = s->kind == ONE ? s->out : &f->own;
	if (s->kind == ARCHIVE)
		fd = file_spool();
	else if (s->kind == FOLDER && place_file(&s->place, path, s->how, &f->placed) == 0)
		fd = f->placed.fd;
	if (s->kind != ONE && fd < 0) {
		free(f);
		return NULL;
	}
	f->path = xstrdup(path);
	if (s->kind != ONE)
		out_init(&f->own, fd, f->path);
	add_path(s, path);
	return f;
}

struct out *
sink_file_out(struct sink_file *f)
{
	return f->out;
}

int
sink_file_close(struct sink_file *f)
{
	struct sink *s = f->s;
	int r = 0, err;

	if (s->kind != ONE)
		out_flush(f->out);
	if (s->kind != ONE)
		r = tell_file(s, f->path, f->own.fd, f->own.written);
	if (s->kind == FOLDER)
		r = place_done(&f->placed) == 0 ? r : -1;
	if (s->kind == ARCHIVE) {
		r = r == 0 ? member_from(s, f->path, f->own.fd, f->own.written) : -1;
		close(f->own.fd);
	}
	err = errno;
	buf_release(&f->own.b);
	free(f->path);
	free(f);
	errno = err;
	return r;
}

struct sink *
sink_open_in(struct sink *outer, const char *path)
{
	struct sink_file *member = sink_file_new(outer, path);
	struct sink *s;

	if (member == NULL)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->place.fd = -1;
	s->target = xstrdup(path);
	s->kind = ARCHIVE;
	s->member = member;
	s->out = sink_file_out(member);
	if (begin_archive(s, ARCHIVE_FILTER_NONE) != 0)
		die("cannot begin the archive %s:", path);
	return s;
}

/* ---- the end ---- */

static int
commit_folder(struct sink *s)
{
	int r;

	if (s->behind)
		behind_end(s->behind);
	s->behind = NULL;
	if (s->tmp == NULL)
		return file_sync_all(s->target);
	if (file_sync_all(s->tmp) != 0)
		return -1;
	r = s->over ? rename(s->tmp, s->target) : rename_new(s->tmp, s->target);
	if (r != 0)
		return -1;
	tmpfiles_forget(s->watch);
	return sync_parent(s->target);
}

static int
commit_file(struct sink *s)
{
	if (s->a && archive_write_close(s->a) < ARCHIVE_WARN) {
		archive_failed(s);
		if (s->out == &s->file.out)
			newfile_abort(&s->file);
		return -1;
	}
	if (s->out == &s->file.out)
		return newfile_commit(&s->file);
	if (s->member)
		return sink_file_close(s->member);
	out_flush(s->out);
	return 0;
}

int
sink_commit(struct sink *s)
{
	int r = s->kind == FOLDER ? commit_folder(s) : commit_file(s);

	sink_free(s);
	return r;
}

/*
 * A temporary folder is still watched: the end of the program removes it. An archive in a file of its own is ended
 * and then removed, since libarchive does not free all of one that has failed; others may not look complete.
 */
void
sink_abort(struct sink *s)
{
	bool own = s->out == &s->file.out;

	if (s->a && own)
		archive_write_close(s->a);
	else if (s->a)
		archive_write_fail(s->a);
	if (own)
		newfile_abort(&s->file);
	if (s->member)
		sink_file_close(s->member); /* the other sink is given up, too */
	sink_free(s);
}
