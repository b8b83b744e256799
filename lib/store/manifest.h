/*
 * The plain form of a ModelArts manifest line: the record itself, with a "type" in each annotation.
 *
 * Readers of manifests find source, usage, id, name, property, hard ... where they look for them; geometry
 * stays in the fields of ds-record(5) (bbox, polygon ...), which they pass over.
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include "record/record.h"

/* A manifest_form line function (release.h); it makes no side file. */
void manifest_plain(
    void *ctx, const struct record *r, struct buf *line, struct buf *side_name, struct buf *side);

#endif
