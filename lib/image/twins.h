/*
 * Duplicates within a stream: the same bytes (SHA-256), or pictures that look
 * alike (a few bits of the difference hash apart).
 *
 * Asked in the order of the stream, so that the first of a group is the one
 * that the others are called duplicates of. Memory: a few hundred bytes a
 * picture. Of pictures that share a part of their hash with thousands of
 * others only the last 4096 are compared.
 */
#ifndef IMAGE_TWINS_H
#define IMAGE_TWINS_H

#include <stdint.h>

#include "base/sha256.h"

struct twins;

struct twins *twins_new(unsigned distance); /* greatest number of differing bits, 0 to 15 */
void twins_free(struct twins *t);

struct twin {
	const char *name; /* of the earlier picture; NULL: none; lives as long as `t` */
	int distance;     /* -1: the same bytes */
};

/* Has there been one like it? It is remembered under `name`. */
struct twin twins_ask(
    struct twins *t, const unsigned char digest[SHA256_SIZE], uint64_t hash, const char *name);

#endif
