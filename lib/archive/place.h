/*
 * A folder in which files are made by their member paths. Only lib/archive calls it.
 *
 * Nothing is made outside the folder: every folder on the way is opened by
 * itself, without following a link. The last few folders stay open, so a
 * file costs one openat(2). A place belongs to one thread; several may be of one folder. Files appear inside the gate
 * of base/tmpfiles.h, so a thread that ends the program finds them all.
 */
#ifndef ARCHIVE_PLACE_H
#define ARCHIVE_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/span.h"

enum { PLACE_OPEN = 8 }; /* folders kept open */

struct place {
	int fd;

	struct place_dir {
		char *path;
		size_t n;
		int fd;
	} dir[PLACE_OPEN];

	unsigned turn; /* which one is given up next */
};

enum place_how {
	PLACE_DIRECT, /* at once under its name: the folder itself is not in place yet */
	PLACE_WHOLE,  /* under a temporary name, so that it appears complete */
	PLACE_OVER,   /* the same, and replaces what is there */
};

/* A file that is being made: write to fd, then place_done() or place_drop(). */
struct placed {
	int fd;
	int dirfd;
	const char *base; /* of the path that was given, which must live as long */
	enum place_how how;
	char tmp[NAME_MAX + 1];
};

/* The folder must be there. 0, or -1 with errno. */
int place_open(struct place *p, const char *root);
void place_close(struct place *p);

/* `path` is a member path. 0, or -1 with errno. */
int place_file(struct place *p, const char *path, enum place_how how, struct placed *f);
int place_done(struct placed *f);
void place_drop(struct placed *f);

/* A whole file with these bytes. 0, or -1 with errno. */
int place_content(struct place *p, const char *path, enum place_how how, struct span bytes);

/* A hard link to the file `from` (below the folder `fromfd`). 0, or -1 with errno. */
int place_link(struct place *p, const char *path, enum place_how how, int fromfd, const char *from);

#endif
