/* What cvat_read.c and cvat_write.c share: see cvat.c. */
#ifndef LABEL_CVAT_H
#define LABEL_CVAT_H

#include "label/export.h"
#include "label/import.h"

void cvat_read(struct importer *im);
extern const struct label_writer cvat_writer;

#endif
