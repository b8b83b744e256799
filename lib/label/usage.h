/*
 * Splits by their names in files and folders: "train", "val", "test" and their relatives are the
 * record's usage TRAIN, EVAL, TEST.
 */
#ifndef LABEL_USAGE_H
#define LABEL_USAGE_H

#include "base/span.h"

/* The usage of one word ("train", "validation", "valid"); NULL: it is none. Case is ignored. */
const char *usage_of_word(struct span word);

/*
 * The usage that a path tells: the first word of its base name that is one
 * ("annotations/instances_train2017.json"), else of its folder ("valid/_annotations.json").
 * NULL: none.
 */
const char *usage_of_path(struct span path);

/* The word for a usage: "train", "val", "test"; for others the usage in lower case; "train" for none. */
const char *usage_split(struct span usage);

#endif
