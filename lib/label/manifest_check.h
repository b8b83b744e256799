/*
 * What the values in a line of a ModelArts manifest have to be: manifest_check.c, for manifest_read.c.
 *
 * Source: ModelArts, "Specifications for Importing a Manifest File". What old tools wrote passes as well: numbers
 * and flags as strings.
 */
#ifndef LABEL_MANIFEST_CHECK_H
#define LABEL_MANIFEST_CHECK_H

#include "record/record.h"

/* Say which members of a sample, or of an annotation in it, are of another type. They are kept. */
void manifest_check_types(const struct record *rec, const struct member *m, size_t n);

#endif
