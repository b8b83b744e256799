/*
 * The annotations of a tf.train.Example: tfrecord_object.c, for tfrecord_read.c.
 *
 * Boxes lie in lists that are walked together, one for each side, the class, each flag ... (tfrecord.h). A list may
 * be missing, but none may be longer than another. Boxes are parts of the picture, and pixels in records when its size
 * is known, else of "unit":"ratio". image/class/ is an annotation without a box.
 */
#ifndef LABEL_TFRECORD_OBJECT_H
#define LABEL_TFRECORD_OBJECT_H

#include "archive/tfexample.h"
#include "archive/tfrecord.h"
#include "label/import.h"
#include "label/tfrecord_classes.h"

/* The record that is being read, and what was known before it. Begins all zero but for `im` and the classes. */
struct tfrecord_reading {
	struct importer *im; /* counts what is left out */
	struct tfrecord_classes classes;
	const char *file; /* that it is in, for messages */
	struct tfrecord in;
	struct tf_example e;

	/* private */
	bool said_pixels;
	struct buf text, kept;
};

void tfrecord_reading_release(struct tfrecord_reading *r);

/* An error at the record. Returns false. */
bool tfrecord_bad(struct tfrecord_reading *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define TFRECORD_OBJECT_FEATURES 11 /* lists that the layout knows */

/* The lists of the boxes of a record. */
struct tfrecord_objects {
	size_t n;    /* boxes */
	bool listed; /* there is a list of them, be it empty: somebody looked */

	/* private */
	struct tf_values it[TFRECORD_OBJECT_FEATURES];
	struct tf_value v[TFRECORD_OBJECT_FEATURES]; /* of this box */
	bool has[TFRECORD_OBJECT_FEATURES];
	struct tf_values *more; /* features that ride with the annotations */
	size_t more_n, more_cap;
};

/* Find the lists. False: their lengths or kinds do not fit, which was said. Release it in any case. */
bool tfrecord_objects_begin(struct tfrecord_reading *r, struct tfrecord_objects *o);
void tfrecord_objects_release(struct tfrecord_objects *o);

/* Does this feature go with the boxes? One that the layout does not know rides with them if it has a value for each. */
bool tfrecord_objects_take(struct tfrecord_objects *o, const struct tf_feature *f);

/* Append the boxes as objects of an annotation list; their number. Width and height 0: unknown. */
uint64_t tfrecord_objects_write(struct tfrecord_reading *r, struct buf *b,
    struct tfrecord_objects *o, double width, double height);
/* Append the class of the whole picture; 1, or 0: it has none. */
uint64_t tfrecord_class_write(struct tfrecord_reading *r, struct buf *b);

/* "tfrecord":{...}: members of which a record has no field; nothing when there are none. */
void tfrecord_write_kept(struct buf *b, const struct buf *kept);

#endif
