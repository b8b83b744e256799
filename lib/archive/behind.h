/*
 * Small files that are made behind the caller's back: a thread of its own makes them below a folder while the caller
 * goes on. Only lib/archive calls it.
 *
 * Files are made in the order they were given, and all of them are there when behind_end() returns. What goes wrong
 * ends the program, with the name of the file. As long as they fit into one block, no thread is started.
 */
#ifndef ARCHIVE_BEHIND_H
#define ARCHIVE_BEHIND_H

#include "archive/place.h"
#include "base/span.h"

/* Larger files are not worth the copy: their caller makes them. */
#define BEHIND_MOST ((size_t)64 * 1024)

struct behind;

/* The folder must be there. NULL with errno. */
struct behind *behind_new(const char *root, enum place_how how);
/* `path` is a new member path. Both are copied. */
void behind_add(struct behind *b, const char *path, struct span bytes);
/* Wait for all files and free it. */
void behind_end(struct behind *b);
/* Free it; some files may not be there. */
void behind_drop(struct behind *b);

#endif
