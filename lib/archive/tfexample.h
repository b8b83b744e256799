/*
 * tf.train.Example: what a TFRecord usually holds, named lists of bytes, floats or whole numbers.
 * Read and written as bytes of the protocol buffers' wire format, without a library for it.
 *
 *	message Example   { Features features = 1; }
 *	message Features  { map<string, Feature> feature = 1; }
 *	message Feature   { oneof { BytesList = 1; FloatList = 2; Int64List = 3; } }
 *	message XList     { repeated X value = 1; }		floats, numbers: packed or not
 *
 * Source: tensorflow/core/example/example.proto and feature.proto; protobuf.dev, "Encoding".
 */
#ifndef ARCHIVE_TFEXAMPLE_H
#define ARCHIVE_TFEXAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/names.h"

enum tf_kind { TF_NONE, TF_BYTES, TF_FLOATS, TF_INTS };

struct tf_feature {
	struct span key;
	enum tf_kind kind;
	struct span list; /* private: the message of the list */
	size_t n;         /* values in it */
};

/* Views of the bytes that were parsed. Reused; begins all zero. */
struct tf_example {
	struct tf_feature *v; /* in their order; no key is twice */
	size_t n, cap;
	uint64_t unknown; /* fields that the messages above do not have */
};

/* False: it is no Example; *why says what is wrong. */
bool tf_example_parse(struct tf_example *e, struct span bytes, const char **why);
void tf_example_release(struct tf_example *e);

/* NULL: there is none of this name and kind (TF_NONE: any). */
const struct tf_feature *tf_example_find(
    const struct tf_example *e, const char *key, enum tf_kind kind);

struct tf_value {
	struct span bytes;
	float number;
	int64_t whole;
};

/* The values of a feature one by one; begin with {feature}. NULL has none. */
struct tf_values {
	const struct tf_feature *of;
	struct span rest, packed;
	bool begun;
};

bool tf_values_next(struct tf_values *it, struct tf_value *v);
/* The first value; false: there is none. */
bool tf_first(const struct tf_feature *f, struct tf_value *v);

/*
 * The name of the picture as a member of its file: image/filename, else image/source_id, else the
 * number of the record, with the extension of what image/encoded is, and unique in `names`.
 */
void tf_example_member(
    const struct tf_example *e, uint64_t number, struct name_set *names, struct buf *out);

/* ---- writing ---- */

/* Features in the making. Reused; begins all zero. */
struct tf_maker {
	struct tf_made {
		char *key;
		enum tf_kind kind;
		size_t n; /* values */
		struct buf list;
	} * v;

	size_t n, cap;
};

void tf_maker_reset(struct tf_maker *m);
void tf_maker_release(struct tf_maker *m);

/* One more value; a new feature is made. The kind of a feature is that of its first value. */
void tf_make_bytes(struct tf_maker *m, struct span key, struct span bytes);
void tf_make_float(struct tf_maker *m, struct span key, float number);
void tf_make_int(struct tf_maker *m, struct span key, int64_t whole);
/* A feature without values so far. */
void tf_make_empty(struct tf_maker *m, struct span key, enum tf_kind kind);

/* Is there a feature of this name? NULL: no. */
const struct tf_made *tf_maker_find(const struct tf_maker *m, struct span key);
/* Take a feature out again. */
void tf_maker_drop(struct tf_maker *m, size_t i);

/* Append the Example, with the features in the order of their names. */
void tf_maker_write(struct tf_maker *m, struct buf *out);

#endif
