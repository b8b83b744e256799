/*
 * Files that appear complete or not at all.
 *
 * A new file is written under a temporary name beside its target
 * (".NAME.XXXXXX.tmp", removed when the program ends early), synced, and
 * renamed. Nothing existing is replaced without FILE_FORCE.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/out.h"

enum {
	FILE_FORCE = 1,  /* replace an existing target */
	FILE_NOSYNC = 2, /* one of many: the caller syncs once at the end (file_sync_all) */
};

struct newfile {
	struct out out; /* write here */
	char *path, *tmp;
	struct tmpfile_entry *watch;
	unsigned flags;
};

/* 0, or -1 with errno (EEXIST: the target is there and FILE_FORCE is not set). */
int newfile_open(struct newfile *f, const char *path, unsigned flags);
/* Flush, sync, rename, sync the folder. 0, or -1 with errno; the temporary file is gone. */
int newfile_commit(struct newfile *f);
void newfile_abort(struct newfile *f);

/* The whole content at once. 0, or -1 with errno. */
int file_write(const char *path, struct span content, unsigned flags);

/* Rename that never replaces: -1 and EEXIST when `to` is there. */
int rename_new(const char *from, const char *to);

/* fsync the folder that holds `path`, and the file system behind an open folder. */
int sync_parent(const char *path);
int file_sync_all(const char *dir);

/* mkdir -p; existing folders are fine. 0, or -1 with errno. */
int make_dirs(const char *path, mode_t mode);

/* A name for a temporary neighbour of `path`; the caller frees it. Unique per call. */
char *tmp_beside(const char *path);

/* A new file without a name in $TMPDIR or /tmp, for reading and writing: gone when closed. -1/errno. */
int file_spool(void);

/* Copy the content of `from` to a new file `to` (reflink where the file system can). 0 or -1/errno. */
int file_copy(const char *from, const char *to, unsigned flags);

/* The same between open descriptors, from where they stand. */
int file_copy_bytes(int from, int to);

#endif
