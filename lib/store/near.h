/*
 * Near duplicates by perceptual hashes: 64 bits a picture, compared by the number of bits that differ.
 *
 * All pairs are looked at, 118,287 pictures split 80/20 are 2.2e9 pairs: under a second a core.
 */
#ifndef STORE_NEAR_H
#define STORE_NEAR_H

#include <stddef.h>
#include <stdint.h>

struct near {
	uint32_t with;    /* index into y */
	uint8_t distance; /* bits that differ; 255: none is near */
};

/* For each of x the nearest of y (the first of equals) with at most `max` different bits. */
void near_search(const uint64_t *x, size_t nx, const uint64_t *y, size_t ny, unsigned max,
    struct near *out, int threads);

/* Call join(ctx, i, j) for chains of hashes with at most `max` different bits: who is near is connected. */
void near_join(const uint64_t *x, size_t n, unsigned max,
    void (*join)(void *ctx, uint32_t i, uint32_t j), void *ctx, int threads);

#endif
