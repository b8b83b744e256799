/*
 * A version store: a folder of dataset versions, each of which appears complete by one rename and is
 * never changed again. The layout is described in ds-store(5).
 *
 *	STORE/format.json	what this folder is
 *	STORE/lock		flock: shared while a version is made, exclusive for gc and delete
 *	STORE/versions/V001/	a version
 *	STORE/versions/V002.deleted	its number is not given again
 *	STORE/current		symbolic link to a version
 *	STORE/tags/NAME		symbolic links to versions
 *	STORE/objects/ab/...	contents by SHA-256, only with snapshots
 *	STORE/tmp/...		work areas, each with a flock on it while its owner lives
 *	STORE/log.jsonl		what happened, one line an event
 *
 * No call here needs more than rename(2) to be atomic. A program that is killed leaves a work area behind,
 * which the next one sweeps.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct store {
	char *path;
	int lock; /* descriptor that holds the flock */
};

enum {
	STORE_CREATE = 1,    /* make it when it is not there */
	STORE_EXCLUSIVE = 2, /* nobody else may work in it (gc, delete) */
};

/* False: said so (status 2). */
bool store_open(struct store *s, const char *path, unsigned flags);
void store_close(struct store *s);

/* "STORE/" and the formatted rest; the caller frees it. */
char *store_path(const struct store *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Take "STORE", "STORE@VERSION" (a name, a tag or "current") or the folder of a version apart. *version is NULL for a
 * store alone; the caller frees both. False: it is none of them; said so.
 */
bool store_operand(const char *operand, char **store, char **version);

/* 1 to 32 letters, digits, '-' and '_', as ModelArts names versions. */
bool version_name_ok(struct span name);
/* 2 of "V002", 0 for other names. */
uint64_t version_number(const char *name);

/* Version names, sorted: V001, V002 ... V1000 by number, then the others by bytes. */
struct version_list {
	char **name;
	size_t n, cap;
};

bool store_list(const struct store *s, struct version_list *list);
void version_list_release(struct version_list *list);

/* The name of the current version; NULL when there is none. The caller frees it. */
char *store_current(const struct store *s);
/* Turn a name, tag, "current" or NULL (current) into a version's name; NULL: there is none. */
char *store_find(const struct store *s, const char *name);
/* The highest number that was ever given, also to versions that are deleted. */
uint64_t store_highest(const struct store *s);

/* Make STORE/LINK (current, tags/x) point to a version, by one rename. 0 or -1/errno. */
int store_link(const struct store *s, const char *link, const char *version);

/*
 * Append an event to the journal, under the platform's audit names (publishDatasetVersion ...);
 * `members` is the inside of a JSON object or empty. Status 2 when it cannot be written.
 */
void store_journal(const struct store *s, const char *event, struct span members);

/* Seconds since 1970: SOURCE_DATE_EPOCH when it is set, so that a release can be repeated. */
int64_t store_time(void);
/* As "2026-01-31T12:00:00Z". */
void time_add(struct buf *b, int64_t t);

/* ---- work areas ---- */

struct work {
	char *dir; /* STORE/tmp/... */
	int fd;    /* of dir, with a flock */
	struct tmpfile_entry *watch;
};

bool work_open(struct work *w, const struct store *s);
void work_close(struct work *w); /* and remove it */
/* Remove the work areas that nobody holds; their number. */
size_t work_sweep(const struct store *s);

/* Remove a file, or a folder with all in it, whatever its mode. 0 or -1/errno. */
int remove_tree(const char *path);

/*
 * Publish the folder w->dir/ver, whose files are complete, as the next version. `name_files` is called
 * with the name that the version will get and puts the files that carry it into the folder; it may be
 * called again with another name when somebody else was faster. `name` NULL: the next number. Returns the
 * name (the caller frees it), or NULL: said so. When it returns a name, the version is on the disk
 * and is the current one.
 */
char *store_publish(const struct store *s, struct work *w, const char *name,
    bool (*name_files)(void *ctx, const char *name), void *ctx);

#endif
