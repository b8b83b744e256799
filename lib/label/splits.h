/*
 * The split of a sample as the folder that its files lie in: train/, valid/, test/.
 */
#ifndef LABEL_SPLITS_H
#define LABEL_SPLITS_H

#include "label/export.h"

/*
 * What a folder of the path says: "TRAIN" (train, training), "EVAL" (val, valid, validation,
 * eval), "TEST" (test, testing), else NULL. The last one counts. Case does not matter.
 */
const char *split_of_path(struct span path);

/* Write "usage" when the path says one. */
void split_write_usage(struct buf *b, struct span path);

enum { SPLIT_NONE, SPLIT_TRAIN, SPLIT_EVAL, SPLIT_TEST, SPLITS };

/* The split that the record's usage names; another usage is a loss ("sample.usage"). */
int split_of(struct exporter *ex, const struct sample *s);
/* Is the target one file, and does its name say this usage, so that it is read again? */
bool split_in_name(const struct exporter *ex, struct span usage);
/* The same as split_of() for formats that may be one file: that has no place for it but its name. */
int split_of_file(struct exporter *ex, const struct sample *s);
/* Its folder: "", "train", "valid" or "test". */
const char *split_dir(int split);

/* One file a split, opened when it is needed. */
struct split_files {
	const char *name; /* the file in the folder */
	struct sink_file *file[SPLITS];
};

/* Where to append; *is_new: the file was opened now. */
struct out *split_out(struct exporter *ex, struct split_files *f, int split, bool *is_new);
/* The same for files that are named like the dataset, with this extension; `name` has the name and outlives `f`. */
struct out *split_out_named(
    struct exporter *ex, struct split_files *f, int split, const char *extension, struct buf *name);
/* Close all; `tail` goes to the end of each. */
void split_close(struct exporter *ex, struct split_files *f, const char *tail);

#endif
