/* What the files of Label Studio share: see labelstudio.c. */
#ifndef LABEL_LABELSTUDIO_H
#define LABEL_LABELSTUDIO_H

#include "label/export.h"
#include "label/import.h"

/* What the numbers of a result are relative to. */
struct ls_frame {
	double width, height; /* original_width, original_height; 0: unknown */
	struct span text;     /* what offsets count in (decoded); p NULL: not at hand */
};

/*
 * Write the geometry of a result's `value` as members of an annotation (bbox, polygon, span ...).
 * `type` is the result's ("rectanglelabels"). False: *why says what is wrong.
 */
bool ls_read_value(
    struct buf *b, struct span type, struct span value, const struct ls_frame *f, const char **why);

/*
 * The `value` that an annotation makes, without its labels: members of an object. `ring`: one of a
 * polygon. The result's type in *type. False: it has no place in Label Studio.
 */
bool ls_write_value(struct buf *b, const struct annotation *a, struct span ring,
    const struct ls_frame *f, const struct label_options *opt, const char **type);

/* The member of value that lists the labels: of "rectanglelabels" that very word. */
struct span ls_labels(struct span type, struct span value);

/* A task of the export JSON_MIN, and the ordinary task that it stands for, appended (labelstudio_min.c). */
bool ls_is_min(struct span task);
void ls_task_of_min(struct buf *b, struct span flat);

extern const struct label_writer ls_writer;

#endif
