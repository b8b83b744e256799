/*
 * Putting new files below the output folder, by any number of threads. Each
 * appears whole or not at all; nothing is synced here: the caller does that
 * once at the end (file_sync_all()).
 */
#ifndef IMAGE_PLACE_H
#define IMAGE_PLACE_H

#include <stdbool.h>

#include "base/buf.h"

enum place_how { PLACE_COPY, PLACE_LINK, PLACE_REFLINK };

/*
 * Write `bytes` to `path`, making its folders. A failure is the machine's (or an existing file
 * without `force`) and ends the program.
 */
void place_bytes(const char *path, struct span bytes, bool force);

/*
 * The same for bytes that are those of the file `source`: by a hard link or a clone where the file
 * system can, else by writing them.
 */
void place_source(
    const char *path, const char *source, struct span bytes, enum place_how how, bool force);

#endif
