/*
 * What a file really is, by its first bytes and never by its name.
 */
#ifndef IMAGE_KIND_H
#define IMAGE_KIND_H

#include <stdbool.h>

#include "image/image.h"

enum image_kind { KIND_JPEG, KIND_PNG, KIND_BMP, KIND_OTHER };

enum image_kind image_kind_of(struct span file);

/* Reject a file of KIND_OTHER: `empty`, `gzip`, `unsupported-format` or `not-an-image`, by name. */
bool image_reject_kind(struct span file, struct finding *f);

/* Does the extension of `path` say something else than `kind`? */
bool image_kind_misnamed(enum image_kind kind, struct span path);

#endif
