/*
 * Where an export goes: a folder, an archive, or standard output. A label
 * format writes members by their paths and need not know which.
 *
 *	struct sink *s = sink_open("out.tar", 0);
 *	sink_add(s, "labels/train/1.txt", text);
 *	if (sink_commit(s) != 0) ...
 *
 * The end of the target's name decides: .tar .tar.gz .tgz .tar.zst .tar.xz .zip, "-" is
 * a tar on standard output, everything else a folder.
 *
 * The target appears when sink_commit() is called, complete, or not at all. A folder
 * is filled under a temporary name beside it and renamed; files are not synced one by one but
 * together at the end. An existing folder that is not empty is refused (EEXIST)
 * without SINK_FORCE, and with it gets its files replaced one by one, each at once.
 *
 * Archives have the same bytes on every run: times are 0 or
 * SOURCE_DATE_EPOCH, owner 0, mode 0644; ustar, with pax headers only for what ustar cannot say.
 *
 * Paths are member paths (base/path.h); another one is EINVAL. A path that was there before is EEXIST.
 * Not for use by several threads at once.
 */
#ifndef ARCHIVE_SINK_H
#define ARCHIVE_SINK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/out.h"

struct sink;
struct sink_file;

enum {
	SINK_FORCE = 1,  /* replace what is there */
	SINK_ONE = 2,    /* the target is a single file (or "-" standard output): what is the one
	                   member's content; its path does not matter. A second one is EEXIST. */
	SINK_BEHIND = 4, /* another thread makes the small files of a folder: they are there after
	                    sink_commit(), and one that cannot be made ends the program */
};

enum sink_how {
	SINK_COPY, /* the bytes (shared blocks where the file system can: reflink) */
	SINK_LINK, /* a hard link in a folder, a copy where that is impossible and in archives */
};

/* NULL with errno. */
struct sink *sink_open(const char *target, unsigned flags);
/*
 * For the value of -o: a name that ends like an archive, but like none that can be written (.rar, .7z,
 * .ZIP), ends the program. It would become a folder, which nobody means.
 */
void sink_check_target(const char *target);

/* A member with all its bytes. 0, or -1 with errno. */
int sink_add(struct sink *s, const char *path, struct span bytes);

/*
 * A member from what a record's `source` names (archive/source.h). 0, or -1 with
 * errno (also those of source_read()); then nothing was added.
 */
int sink_add_source(struct sink *s, const char *path, const char *source, enum sink_how how);

/*
 * A member of unknown length: append to sink_file_out() (out_tick() it), then close. Several may be
 * open; in an archive they come in the order they are closed. NULL with errno; 0 or -1 with errno.
 */
struct sink_file *sink_file_new(struct sink *s, const char *path);
struct out *sink_file_out(struct sink_file *f);
int sink_file_close(struct sink_file *f);

/*
 * A tar as a member of another sink, written as its members come. sink_commit() it before that
 * one. NULL with errno.
 */
struct sink *sink_open_in(struct sink *s, const char *path);

/*
 * Be told of each member when it is complete: its path, bytes, and the SHA-256 of them; NULL for
 * what came from a source as it is (sink_add_source()).
 */
typedef void sink_told(void *ctx, const char *path, uint64_t bytes, const unsigned char *sha256);
void sink_watch(struct sink *s, sink_told *told, void *ctx);

/* Bytes of an archive so far, about: the last block may not be counted yet. */
uint64_t sink_written(const struct sink *s);

/* Is the target a folder? */
int sink_is_folder(const struct sink *s);
/* Was it opened with SINK_ONE? */
int sink_is_one(const struct sink *s);

/* The target as it was given to sink_open(). */
const char *sink_target(const struct sink *s);

/* Is a member of this path there already? */
int sink_has(const struct sink *s, const char *path);

/* Put it in place and free `s`, also when it fails: 0, or -1 with errno. */
int sink_commit(struct sink *s);
/* Remove all of it and free `s`. */
void sink_abort(struct sink *s);

#endif
