/*
 * Renaming and merging classes: --map OLD=NEW, --map-file FILE.
 *
 * An empty NEW leaves the annotations of OLD out. Renaming happens once, not in chains.
 */
#ifndef LABEL_CLASSMAP_H
#define LABEL_CLASSMAP_H

#include "base/strmap.h"
#include "base/tool.h"
#include "record/record.h"

struct class_map {
	struct strmap to; /* old name -> index into name */
	char **name;
	bool *met; /* the old name was there */
	size_t n, cap, mets;
	struct strmap listed;  /* names in the list of classes at hand */
	struct buf list, text; /* scratch */
};

/*
 * From the values of --map and the lines of --map-file (NULL: none). A bad one ends the program, and so does a class with
 * two new names; the same twice is once.
 */
void classmap_init(struct class_map *m, const struct strings *pairs, const char *file);
void classmap_release(struct class_map *m);

/* A warning for each old name that was not met: a slip of the pen? */
void classmap_report(const struct class_map *m);

/* Is there anything to rename? */
bool classmap_any(const struct class_map *m);

/* The new name of a class (empty: it is left out); NULL: it stays as it is. */
const char *classmap_name(const struct class_map *m, struct span name);

/*
 * Append the record with its classes renamed (annotations of a sample, the class list of a header).
 * Without a change the line is appended as it is. *dropped counts annotations left out.
 */
void classmap_apply(
    struct class_map *m, const struct record *r, struct buf *out, uint64_t *dropped);

#endif
