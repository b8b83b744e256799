/*
 * Where the new files go: below a folder, or into a new archive.
 *
 * Below a folder any number of threads may put files; each appears whole or
 * not at all, and all are synced together at the end. An archive takes its
 * files from one thread at a time, in the order in which they shall lie
 * there, and appears when it is closed.
 *
 * A failure is the machine's, or that of a file that is there already: it ends
 * the program with status 2.
 */
#ifndef IMAGE_OUTPUT_H
#define IMAGE_OUTPUT_H

#include <stdbool.h>

#include "base/buf.h"

enum output_how { OUTPUT_COPY, OUTPUT_LINK, OUTPUT_REFLINK };

struct output {
	const char *root;     /* the folder, or the archive's name; the caller's */
	struct sink *archive; /* NULL: a folder */
	enum output_how how;  /* what output_share() does */
	bool force;           /* existing files are replaced */
};

/* The end of the name (.tar, .tar.gz, .tgz, .tar.zst, .tar.xz, .zip) tells an archive from a folder. */
void output_open(struct output *o, const char *root, enum output_how how, bool force);
void output_close(struct output *o);

/* Append what a record calls the new file `name`: a path, or a member of the archive. */
void output_path(const struct output *o, struct span name, struct buf *path);

/* Write `bytes` to the new file `name`, making its folders. */
void output_write(const struct output *o, const char *name, struct span bytes);

/*
 * The same for bytes that are those of the file `source`: by a hard link or a clone where o->how
 * asks for it and the file system can, else by writing them.
 */
void output_share(const struct output *o, const char *name, const char *source, struct span bytes);

/* Take a file away that was put below the folder. */
void output_remove(const struct output *o, const char *name);

#endif
