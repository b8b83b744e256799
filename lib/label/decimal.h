/*
 * Decimal fractions without rounding: what a label file says and what a record says differ by 1,
 * or by a difference, and must come back digit for digit ("45.70000076293945", "1.10").
 *
 * A number keeps its digits behind the point: 1.10 - 1 = 0.10. What does not fit (more than 30
 * digits, large exponents) is not a decimal here; callers then compute in doubles.
 */
#ifndef LABEL_DECIMAL_H
#define LABEL_DECIMAL_H

#include <stdbool.h>

#include "base/buf.h"

struct decimal {
	__int128 digits;
	int scale; /* the value is digits / 10^scale, 0 <= scale <= 30 */
};

/* The grammar of num_parse(). False: no number, or too long for exactness. */
bool decimal_parse(struct span s, struct decimal *d);

/* a + b and a - b; false when it does not fit. */
bool decimal_add(struct decimal a, struct decimal b, struct decimal *sum);
bool decimal_sub(struct decimal a, struct decimal b, struct decimal *difference);

static inline struct decimal
decimal_int(int n)
{
	return (struct decimal){ n, 0 };
}

/* As JSON takes it. */
void decimal_write(struct buf *out, struct decimal d);

/*
 * out = a + b + n, for number texts: exact where that is possible, else in doubles. `sign` -1
 * takes b away. False: a or b is no number.
 */
bool decimal_sum(struct buf *out, struct span a, int sign, struct span b, int n);

/*
 * The digits behind the point of a number in the usual form: up to 9 digits, without sign, exponent or leading zeros
 * ("0.50", "7"). -1: it is another. A sum that is one and has as many digits behind the point comes back as it was.
 */
int decimal_plain(struct span s);

/* Is it a whole number of up to 9 digits without sign or leading zeros? Sums of such come back as they were. */
bool decimal_is_small_int(struct span s);

#endif
