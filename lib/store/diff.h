/*
 * What changed between two sets of records: a merge of two sorted streams, in constant memory.
 *
 * Samples are the same when their keys are. Of samples that are in both, the boxes of one class that
 * overlap (IoU of a half at least) are the same box; a box that has the place of another of another class
 * was relabelled.
 */
#ifndef STORE_DIFF_H
#define STORE_DIFF_H

#include "store/keyed.h"

/* What can be different about a sample. */
enum diff_kind {
	DIFF_USAGE,
	DIFF_LABEL,     /* annotations added, removed, of another class */
	DIFF_BOX,       /* the geometry of an annotation */
	DIFF_HARD,      /* hard, hard-coefficient */
	DIFF_SOURCE,    /* the file is elsewhere */
	DIFF_CONTENT,   /* sha256, bytes, width, height */
	DIFF_ATTRIBUTE, /* any other field, of the sample or an annotation */
	DIFF_KINDS,
};

extern const char *const diff_kind_name[DIFF_KINDS];

struct diff_counts {
	uint64_t before, after; /* samples */
	uint64_t added, removed, changed;
	uint64_t kind[DIFF_KINDS]; /* samples that differ so; one may count more than once */
	uint64_t to_train;         /* samples that left EVAL or TEST for TRAIN */
	uint64_t labels_added, labels_removed, relabelled, boxes_moved;
	bool dataset; /* the headers differ */
};

/* Called for each difference: text is one line of JSON, or of plain text, without line end. */
typedef void diff_line(void *ctx, struct span text);

enum diff_form { DIFF_NONE, DIFF_TEXT, DIFF_JSON };

/* Merge two opened streams. `line` is not called for DIFF_NONE. */
void diff_run(struct keyed *a, struct keyed *b, enum diff_form form, diff_line *line, void *ctx,
    struct diff_counts *counts);

static inline bool
diff_same(const struct diff_counts *c)
{
	return c->added + c->removed + c->changed == 0 && !c->dataset;
}

/*
 * The version number after `before` ("1.2.3") by Croissant's rule: what was there is gone or different, or changed
 * sides: the first number; only more samples: the second; the same samples: the third. The caller frees it.
 */
char *diff_semver(const struct diff_counts *c, const char *before);

#endif
