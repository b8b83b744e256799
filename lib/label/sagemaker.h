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
	struct span name, metadata_name; /* raw, without quotes */
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

/*
 * Bring the PNG of a class mask along; what the line says of it, in `value`: `kept`, what it said before, where
 * pictures stay. False: it cannot be had, which was said.
 */
bool sagemaker_copy_mask(struct exporter *ex, const struct sample *s, struct span kept,
    struct span source, struct buf *value);

/*
 * Paint the annotations with these indices on one PNG, a number a class; its name in `value`, as JSON, and the
 * classes' numbers and colours in `map`. Returns how many were painted; the others were counted.
 */
uint64_t sagemaker_paint_mask(struct exporter *ex, struct sample *s, const size_t *which, size_t n,
    struct buf *value, struct buf *map);

void sagemaker_read(struct importer *im);
extern const struct label_writer sagemaker_writer;

#endif
