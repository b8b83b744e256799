/*
 * What belongs to the dataset and to no sample: the header record.
 *
 *	{"dataset":{"name":"voc","format":"voc","classes":[{"name":"person","id":15}, ...], ...}}
 *
 * Headers may stand anywhere in a stream and there may be several (cat merges
 * datasets). Classes are merged by name, and the other members by key: what only a
 * later header has is added. Where two disagree the first stays, and that is reported;
 * so is an id that two names have (the second goes without one). Two classes of one name and
 * two ids in one header, as COCO may have them, stay two.
 */
#ifndef RECORD_DATASET_H
#define RECORD_DATASET_H

#include <stdbool.h>

#include "base/strmap.h"
#include "record/record.h"

struct class_def {
	char *name; /* decoded */
	char *id;   /* raw JSON as given, NULL when there is none */
	char *raw;  /* the whole object: as given, or with what later headers added */
};

struct dataset {
	struct class_def *classes; /* in order */
	size_t n, cap;
	struct strmap by_name; /* name -> index */
	struct strmap by_id;   /* raw id -> index */
	struct buf members;    /* raw JSON object of the first header's other members, "{...}" */
	bool seen;             /* there was a header */
	bool closed;           /* headers add no classes, only what these have besides their names */
};

void dataset_init(struct dataset *d);
void dataset_release(struct dataset *d);

/* Take in a header record. Clashes are warnings (rules "class-clash" and "header-clash"). */
void dataset_merge(struct dataset *d, const struct record *header);

/* Index of a class, -1 when unknown. dataset_add_class adds it at the end. */
long dataset_class(const struct dataset *d, struct span name);
/* The same; of several with that name (which one header may have) the one with this id (raw; may be SPAN_NONE). */
long dataset_class_of(const struct dataset *d, struct span name, struct span id);
size_t dataset_add_class(struct dataset *d, struct span name);

/* One class name a line (empty lines dropped): --classes FILE. False: said so. */
bool dataset_load_classes(struct dataset *d, const char *path);

/* A member of the header beside name, format, classes: raw JSON or SPAN_NONE. */
struct span dataset_member(const struct dataset *d, const char *key);

/* Append the header record with its line end. */
void dataset_write(const struct dataset *d, struct buf *out);

#endif
