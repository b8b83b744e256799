/*
 * Progress on stderr: only when it is a terminal, the work takes longer than a
 * second, and -q and --json-errors are not given. One line, redrawn, erased at
 * the end.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdint.h>

/* `what` names the things counted ("images"); total 0 = unknown. */
void progress_begin(const char *what, uint64_t total);
void progress_step(uint64_t n); /* n more are done; one thread at a time */
void progress_end(void);

#endif
