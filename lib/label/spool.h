/*
 * Records on their way to a writer, with their classes renamed (--map), and kept when
 * it needs all class names first.
 *
 * Without need the records are passed on as they come. spool_all() takes the whole stream into
 * a temporary file without a name and collects headers and class names; then spool_next()
 * gives the records from there, with the positions that they had.
 */
#ifndef LABEL_SPOOL_H
#define LABEL_SPOOL_H

#include "base/strmap.h"
#include "record/dataset.h"

struct class_map;

struct spool {
	struct rec_reader *in;
	struct class_map *map;
	struct record raw;   /* before it was renamed */
	struct buf line;     /* after that */
	struct record first; /* looked at, not given yet */
	bool has_first, replay;
	uint64_t dropped;    /* annotations whose class was renamed to nothing */
	struct input file;   /* "LINE FILE-NUMBER\tRECORD" a line */
	struct strmap names; /* of classes seen */
	struct strmap files; /* names of the inputs, by number */
};

/* `map` may be NULL. */
void spool_init(struct spool *sp, struct rec_reader *in, struct class_map *map);
void spool_release(struct spool *sp);

/* Is the first record a header with a class list? */
bool spool_begins_with_classes(struct spool *sp);

/* Read all; headers are merged into `d`. */
void spool_all(struct spool *sp, struct dataset *d);

/* The names of annotations, sorted bytewise. */
char **spool_names(struct spool *sp, size_t *n);
void spool_names_free(char **name, size_t n);

/* The next record. */
bool spool_next(struct spool *sp, struct record *r);

#endif
