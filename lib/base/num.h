/*
 * Numbers as text, independent of the locale.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Read a decimal number (JSON's grammar, also "+1", ".5", "1." and leading zeros,
 * as label files have them) that fills the whole span. Correctly rounded.
 * False when it is no number, NaN, infinite, or too large for a double.
 */
bool num_parse(struct span s, double *value);

/* The same for a number at the beginning of `s`: its length in bytes, 0 when there is none. */
size_t num_prefix(struct span s, double *value);

/* A whole number that fits; false otherwise. */
bool num_parse_u64(struct span s, uint64_t *value);
bool num_parse_i64(struct span s, int64_t *value);

/*
 * The shortest text that reads back as the same double. No exponent from 1e-5 to 1e15; -0
 * gives 0. JSON has no NaN and no infinity: all three give null.
 */
void num_add(struct buf *b, double value);
/* The shortest text that reads back as the same float. */
void num_add_float(struct buf *b, float value);

/* With `decimals` (0 to 9) digits after the point, rounded half away from zero. */
void num_add_fixed(struct buf *b, double value, int decimals);

/* The same without trailing zeros and point: 0.5 and not 0.500000. */
void num_add_trimmed(struct buf *b, double value, int decimals);

void num_add_u64(struct buf *b, uint64_t value);
void num_add_i64(struct buf *b, int64_t value);

#endif
