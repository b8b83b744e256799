/* What sagemaker_read.c and sagemaker_write.c share: see sagemaker.c. */
#ifndef LABEL_SAGEMAKER_H
#define LABEL_SAGEMAKER_H

#include "label/export.h"
#include "label/import.h"

#define SAGEMAKER_METADATA "-metadata"

enum kind { BOXES, CLASS, CLASSES, ENTITIES, MASK, KINDS, OTHER = KINDS };

enum { MAX_JOBS = 24 };

/* A job of a line. */
struct job {
	struct span name; /* raw, without quotes */
	struct span value, metadata;
	enum kind kind;
};

/* The members of a box and of an entity, in the service's order. */
extern const char *const sagemaker_box_key[5];
extern const char *const sagemaker_entity_key[3];

/* The jobs of a line, in order; their number. */
size_t sagemaker_find_jobs(struct span line, struct job *job, size_t max);

/* `object` with one member changed, appended to `b`. */
void sagemaker_edit(struct buf *b, struct span object, const char *key, struct span value);

/* Does a file begin like a manifest of this service? */
bool sagemaker_looks_like(struct span head);

void sagemaker_read(struct importer *im);
extern const struct label_writer sagemaker_writer;

#endif
