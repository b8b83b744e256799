/*
 * Small YAML files as JSON text, which the scanner then reads.
 *
 * Mappings become objects, sequences lists; plain scalars that are numbers, true, false or
 * null stay what they are, all others are strings. Aliases and tags are refused: no
 * description of a dataset needs them, and they are how a small file becomes a large one.
 */
#ifndef LABEL_YAML_H
#define LABEL_YAML_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/diag.h"

/*
 * Append the first document of `text`. False: said so, at its place in `name`. At most 64 levels
 * deep and a million values.
 */
bool yaml_to_json(struct buf *json, struct span text, const char *name);

#endif
