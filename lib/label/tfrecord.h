/*
 * What tfrecord.c (the table's entry), tfrecord_read.c and tfrecord_write.c share: the object-detection
 * layout of tf.train.Example and how records hold it.
 *
 *	image/encoded, image/filename, image/source_id, image/height, image/width, image/format
 *	image/object/bbox/xmin ... ymax		parts of width and height, far edges outside
 *	image/object/class/text, class/label	the name, and its number in the label map, from 1
 *	image/object/difficult, truncated, is_crowd, area, view (the pose)
 *	image/class/text, image/class/label	a class of the whole picture
 *
 * Source: tensorflow/models, research/object_detection/g3doc/using_your_own_dataset.md,
 * dataset_tools/create_pascal_tf_record.py, data_decoders/tf_example_decoder.py.
 *
 * In a record a box is in pixels: the shortest decimals that give the same floats again. Features
 * that are not in the list ride in the member "tfrecord", {"image/depth":{"int64":[3]}}; one of
 * image/object/ with a value a box rides with the annotation, {"image/object/weight":{"float":0.5}}.
 * Bytes are a string, or {"base64":".."} when they are no text.
 */
#ifndef LABEL_TFRECORD_H
#define LABEL_TFRECORD_H

#include "archive/tfexample.h"
#include "label/export.h"
#include "label/import.h"

#define TF_OBJECT "image/object/"
#define TF_BBOX TF_OBJECT "bbox/"

int tfrecord_detect(const struct tree *t, struct buf *why);
void tfrecord_read(struct importer *im);
extern const struct label_writer tfrecord_writer;

/* The words for kinds of lists in "tfrecord"; NULL for TF_NONE. */
extern const char *const tf_kind_name[TF_INTS + 1];

/* The word of image/format for a picture of that kind (picsize.h). */
const char *tf_picture_format(int kind);
/* Does it say that kind, in whatever spelling ("JPG")? */
bool tf_format_is(struct span format, int kind);

#endif
