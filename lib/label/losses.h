/*
 * The loss report: what the target of an export could not hold.
 *
 * A code says what was lost, as "annotation.polygon" or "sample.usage". Of each the number
 * of cases, of samples, and the first places are kept.
 */
#ifndef LABEL_LOSSES_H
#define LABEL_LOSSES_H

#include "base/strmap.h"
#include "record/record.h"

#define LOSS_FIRST 3

struct loss {
	char *code;
	uint64_t count, samples;

	struct loss_place {
		struct pos at;
		char *id;
	} first[LOSS_FIRST];
	struct pos last; /* the sample counted last */
};

struct losses {
	struct strmap by_code;
	struct strmap files; /* names of inputs, which may be closed by the time of the report */
	struct loss *loss;   /* in the order they were met */
	size_t n, cap;
};

/* n cases of `code` in the record. With --strict the first one ends the run. */
void losses_add(struct losses *l, const struct record *r, const char *code, uint64_t n);

/* The same for a code whose index into l->loss was asked for before. */
size_t losses_code(struct losses *l, const char *code);
void losses_add_code(struct losses *l, const struct record *r, size_t code, uint64_t n);

/* A warning for each code, at its first place [loss]. */
void losses_report(const struct losses *l, const char *format);

/* {"code":"annotation.polygon","count":12,"samples":7,"first":[{"file":..,"line":..,"id":..}]} */
void losses_json(const struct losses *l, struct buf *out);

void losses_release(struct losses *l);

#endif
