/*
 * Line and column of any byte of a file, for messages about values that are read out of order.
 * The file is gone through once, when the first position is asked for, and one entry a
 * megabyte is kept.
 */
#ifndef LABEL_LINEPOS_H
#define LABEL_LINEPOS_H

#include <stdint.h>

#include "base/diag.h"

struct linepos {
	int fd; /* not owned */
	uint64_t begin, size;
	const char *name;

	struct linepos_block {
		uint64_t line;  /* of the block's first byte, from 0 */
		uint64_t start; /* offset where that line begins */
	} * block;

	size_t n;
};

/* `name` and `fd` must outlive it; the content is `size` bytes at `begin`. */
void linepos_init(struct linepos *l, int fd, uint64_t begin, uint64_t size, const char *name);
void linepos_release(struct linepos *l);

/* The position of the byte at `offset` of the content. */
struct pos linepos_at(struct linepos *l, uint64_t offset);

#endif
