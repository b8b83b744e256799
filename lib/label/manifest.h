/*
 * The ModelArts manifest: JSON Lines, a sample a line, boxes and polygons in VOC files beside it.
 *
 * Source: ModelArts, "Specifications for Importing a Manifest File"; huawei-clouds/modelarts-dataset-sdk.
 *
 * A manifest line is nearly a record. What differs is moved: reserved keys of an annotation's
 * "property" (@modelarts:start_index ...) to the fields of ds-record(5), and back. Annotations that
 * point to a VOC file become the objects of that file; what the line said about them
 * (annotation-loc, creation-time, property ...) is kept in the sample's member "manifest", a list.
 * Shapes in the line itself: manifest_feature.h.
 */
#ifndef LABEL_MANIFEST_H
#define LABEL_MANIFEST_H

#include "label/sample.h"

struct label_writer;

/* ---- writing, for other programs as well ---- */

struct manifest_writer;

/*
 * `folder` is where side files (VOC XML) go, relative to the manifest: "annotation". Names in it are
 * unique for one writer.
 */
struct manifest_writer *manifest_writer_new(const char *folder);
void manifest_writer_free(struct manifest_writer *w);

/*
 * Append the manifest line of a sample, without line end. When it has boxes or other shapes, the name
 * of its VOC file goes to `side_name` ("annotation/000005.xml") and the content to `side`; else
 * both stay empty. `writer` is a struct manifest_writer (so that this can be handed on as a
 * function of a void pointer).
 */
void manifest_line(void *writer, const struct record *r, struct buf *line, struct buf *side_name,
    struct buf *side);

/*
 * The same for a sample that was taken apart; source NULL: as the record says. Returns how many
 * annotations have no place: shapes without a class, or without pixels.
 */
uint64_t manifest_sample_line(struct manifest_writer *w, const struct sample *s, const char *source,
    struct buf *line, struct buf *side_name, struct buf *side);

/* Has the record shapes that belong into a VOC file? */
bool manifest_needs_file(const struct record *r);

/* ---- the rules of both directions, for the files manifest_*.c ---- */

extern const struct label_writer manifest_label_writer;

/* The type ("modelarts/object_detection") that the fields of an annotation ask for. */
const char *manifest_type(const struct sample *s, const struct annotation *a);

/* Does this type keep its geometry in a VOC file? */
bool manifest_type_has_file(struct span type);

/* What is between two annotations of a line that follow each other: a comma with blanks. Else a comma alone. */
struct span manifest_gap(
    struct span line, const struct annotation *before, const struct annotation *after);

/* "hh:mm:ss.SSS" to seconds as number text, exact; false: it has another form. And back. */
bool manifest_time_parse(struct span text, struct buf *seconds);
void manifest_time_write(struct buf *out, double seconds);

#endif
