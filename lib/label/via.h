/*
 * Regions of the VGG Image Annotator, which its JSON and its CSV share (via_region.c), and the two halves of its
 * JSON (via_read.c, via_write.c): see via.c.
 */
#ifndef LABEL_VIA_H
#define LABEL_VIA_H

#include "label/coords.h"
#include "label/import.h"

/*
 * Write a region as an object of an annotation list. `class_key` names the attribute that is the
 * class; empty: found by its name (class, label, name, type, category, object), or the only one.
 * False: nothing was written; *why says what is wrong.
 */
bool via_read_region(struct buf *b, struct span shape, struct span attributes,
    struct span class_key, const char **why);

/* The attribute that is the class; SPAN_NONE: there is none. Raw, without quotes. */
struct span via_class_key(struct span attributes, struct span wanted);

/*
 * The shape_attributes and region_attributes of an annotation (of a polygon: of one `ring`) as JSON
 * objects. `class_key`: where its class goes. False: it has no geometry.
 */
bool via_write_region(struct exporter *ex, const struct sample *s, const struct annotation *a,
    struct span ring, struct span class_key, struct buf *shape, struct buf *attributes);

/* Are these the first bytes of such a JSON file? */
bool via_looks_like(struct span head);

void via_read(struct importer *im);
extern const struct label_writer via_writer;

#endif
