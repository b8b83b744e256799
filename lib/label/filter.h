/*
 * What happens to samples between a format's reader and the stream: classes renamed
 * (--map), samples chosen (--include-class ...), faults repaired (--repair).
 *
 * The choices are those of a ModelArts import task (included_labels, excluded_labels,
 * difficult_only); the repairs those of its "MetaValidation" operator:
 *	width and height that differ from the picture's are set to these
 *	a box that is shorter than 2 pixels on a side is dropped
 *	a box with more than half of its area outside of the picture is dropped; another is clipped
 *	a sample that is labelled with nothing (then) is dropped
 * Each repair is a note, and each sample that passed has the property "@modelarts:data_checked":true, as in
 * the operator's own output. What the readers leave out (min > max, no XML, no shape) is an error of theirs.
 */
#ifndef LABEL_FILTER_H
#define LABEL_FILTER_H

#include "base/tool.h"
#include "label/classmap.h"
#include "label/sample.h"

struct tree;

struct filter {
	struct class_map map;
	struct strmap include, exclude; /* class names */
	bool hard_only, repair;

	/* scratch */
	struct record rec;
	struct sample sample;
	struct buf line, list, text;
};

/* Start with an all-zero filter. */
void filter_release(struct filter *f);
void filter_include(struct filter *f, const struct strings *classes);
void filter_exclude(struct filter *f, const struct strings *classes);

/* Is there anything to do? */
bool filter_any(const struct filter *f);

/*
 * One record (no line end) of a dataset in `tree`, where its picture is looked for. Returns false: the sample is not wanted. Else `out` (reset first) has
 * it, and *annotations is brought along.
 */
bool filter_record(struct filter *f, const struct tree *tree, struct span object, struct buf *out,
    uint64_t *annotations);

#endif
