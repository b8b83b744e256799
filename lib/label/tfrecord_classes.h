/*
 * The names and numbers of classes in TFRecord files: tfrecord_classes.c, for the reader.
 *
 * A record gives a class by name, by number, or both. What belongs together says a label map (.pbtxt, see pbtxt.h):
 * that of --label-map, else all that lie beside the files; its classes are in the header before the samples.
 * Without one it is learned from records that say both, and the classes follow as a header behind the samples.
 */
#ifndef LABEL_TFRECORD_CLASSES_H
#define LABEL_TFRECORD_CLASSES_H

#include "label/import.h"
#include "record/dataset.h"

/* All of it is private. */
struct tfrecord_classes {
	struct importer *im;
	struct dataset list; /* of the label map, or as the records tell them */
	bool map;            /* there is a label map */
	uint64_t learned;    /* classes that the records told */
	struct strmap coded; /* names of items that have a display name -> class */
	struct buf text;
};

/* Read the label maps and write the header. */
void tfrecord_classes_begin(struct tfrecord_classes *c, struct importer *im);
/* Write the classes that were learned, in the order of their numbers. */
void tfrecord_classes_end(struct tfrecord_classes *c);
void tfrecord_classes_release(struct tfrecord_classes *c);

/* Remember a name and a number of a record of that file. True: the number follows from the name. */
bool tfrecord_learn(struct tfrecord_classes *c, struct span name, int64_t label, const char *file);

/*
 * The display name of the item with this name, which is what the class is called here; records may have either.
 * SPAN_NONE: no item with a display name has it.
 */
struct span tfrecord_display_of(const struct tfrecord_classes *c, struct span name);

/* The name for a number, "class_7" when nobody knows it; valid until the next call. */
struct span tfrecord_class_of(struct tfrecord_classes *c, int64_t label);

#endif
