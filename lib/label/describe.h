/*
 * The Croissant description of an export: croissant.json beside its files, which is found by readers of
 * MLCommons' format.
 *
 * Single files are described with size and SHA-256. Pictures, and files of one kind in one folder when there are many,
 * are sets of files. The record sets are the splits, the classes, the pictures, and the
 * samples of tar shards.
 */
#ifndef LABEL_DESCRIBE_H
#define LABEL_DESCRIBE_H

#include "base/tool.h"
#include "label/export.h"
#include "record/croissant.h"

struct description {
	struct sink *sink;
	struct strmap groups; /* "FOLDER/EXT" -> index */
	struct file_group *group;
	size_t n, cap;
};

/* Watch the sink from now on. */
void describe_begin(struct description *d, struct sink *sink);

/*
 * Add croissant.json; ex is at its end. `about` has KEY=VALUE of the options, for name, description, license, url,
 * creator, cite-as, version, date; what it does not say is taken from the header where that has it. What Croissant
 * requires and nobody said is a warning [croissant].
 */
void describe_end(struct description *d, const struct exporter *ex, const struct strings *about);

/* Ends the program when one of them is no such option. */
void describe_check(const struct strings *about);

#endif
