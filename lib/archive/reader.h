/*
 * One forward pass over the members of an archive, through libarchive. Only lib/archive
 * calls it.
 *
 * What the archive is, is found from its first bytes and libarchive is told so. Left to
 * guess, it walks into loops and gigabytes for a few hundred bytes (gzip in gzip, ISO, RAR).
 */
#ifndef ARCHIVE_READER_H
#define ARCHIVE_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"

struct input;
struct tree_options;
struct areader;

/* Enough of a file to know it by. */
#define AREADER_HEAD 1024

enum amember_type { AMEMBER_FILE, AMEMBER_FOLDER, AMEMBER_LINK, AMEMBER_SYMLINK, AMEMBER_OTHER };

struct amember {
	const char *name; /* as it stands in the archive; NULL: it has no name */
	const char *link; /* AMEMBER_LINK: the name of an earlier member */
	enum amember_type type;
	bool raw; /* the file is no archive but one compressed file: this is its content */
};

enum areader_error {
	AREADER_NO,      /* none */
	AREADER_DAMAGED, /* the archive: see areader_why() */
	AREADER_LIMIT,   /* a limit was hit: see areader_why() */
	AREADER_MACHINE, /* errno in areader_errno() */
};

/* Do these first bytes begin an archive or a compressed file? */
bool areader_is_archive(struct span head);

/*
 * Open what begins with `head`. `fd` is a regular file at its start (read by its own offset; not closed); with
 * fd -1 the bytes come from `in`, which holds the head unread.
 */
struct areader *areader_new(
    int fd, struct input *in, struct span head, const struct tree_options *o);
void areader_free(struct areader *r);

/* The next member; what was not read of the last one is passed over. False: the end, or an error. */
bool areader_next(struct areader *r, struct amember *m);

/* Bytes of the member; 0 at its end, -1 when there is something wrong: areader_fault() or areader_error(). */
ssize_t areader_read(struct areader *r, void *p, size_t n);

/* What is wrong with this member alone (the next one can be read); NULL: nothing. */
const char *areader_fault(const struct areader *r);

/* What ended the pass. */
enum areader_error areader_error(const struct areader *r);
const char *areader_why(const struct areader *r);
int areader_errno(const struct areader *r);

/*
 * libarchive puts names through the locale, and in the "C" one it loses what is not ASCII. From here on
 * this thread's character type is UTF-8, as all names are here; nothing else of ours asks the locale.
 */
void archive_use_utf8(void);

#endif
