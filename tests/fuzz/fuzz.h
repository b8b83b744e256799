/*
 * fuzz.h: what a fuzz target is: one function that eats any bytes, returns 0, and aborts when a
 * property is broken.
 */
#ifndef DS_TESTS_FUZZ_H
#define DS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the code under test; unlike assert() it is never compiled out. */
#define must_hold(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

#endif
