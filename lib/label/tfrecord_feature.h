/*
 * Features of an Example as single values and as JSON: tfrecord_feature.c, for the files that read TFRecord.
 * How records hold features: tfrecord.h.
 */
#ifndef LABEL_TFRECORD_FEATURE_H
#define LABEL_TFRECORD_FEATURE_H

#include "archive/tfexample.h"

/* The first value of a list of bytes; SPAN_NONE: there is none. */
struct span tfrecord_bytes(const struct tf_example *e, const char *key);
/* The first value of a list of whole numbers; 0: there is none. */
int64_t tfrecord_int(const struct tf_example *e, const char *key);

/* UTF-8 without NUL: bytes that are a string in JSON. */
bool tfrecord_is_text(struct span s);

/* A value of the feature: a string, {"base64":..}, a number, or for floats "NaN", "Infinity", "-Infinity". */
void tfrecord_write_value(struct buf *b, const struct tf_feature *f, const struct tf_value *v);
/* The feature as a member: "image/depth":{"int64":[3]}. */
void tfrecord_write_feature(struct buf *b, const struct tf_feature *f);

#endif
