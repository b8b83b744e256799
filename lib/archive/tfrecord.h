/*
 * TFRecord: the file of records that TensorFlow reads and writes.
 *
 * A record is its length (8 bytes), the masked CRC-32C of those, the data, and the masked CRC-32C of the
 * data, all little-endian; a check sum is masked so that one over data that holds one stays
 * useful. Source: tensorflow/core/lib/io/record_writer.h and record_reader.cc, lib/hash/crc32c.h.
 */
#ifndef ARCHIVE_TFRECORD_H
#define ARCHIVE_TFRECORD_H

#include "base/input.h"

/* Around the data of a record. */
#define TFRECORD_HEAD 12
#define TFRECORD_TAIL 4

enum tfrecord_result { TFRECORD_END, TFRECORD_GOOD, TFRECORD_BAD };

/* Records one after the other. Set `in` and `max`; the rest is 0 at the beginning. */
struct tfrecord {
	struct input *in;
	uint64_t max;    /* longer data are passed over */
	uint64_t at;     /* byte offset of the record given last */
	uint64_t number; /* of it, from 1, bad ones counted */
	uint64_t skip;   /* private: to pass over before the next one */
	const char *why; /* TFRECORD_BAD: what is wrong */
};

/*
 * The next record; its data live until the next call. TFRECORD_BAD: it is damaged or too long and was
 * passed over, and the next call goes on behind it; when the length itself is damaged, at the next
 * place where a length has its check sum.
 */
enum tfrecord_result tfrecord_next(struct tfrecord *t, struct span *data);

/* Do these first bytes begin a record? */
bool tfrecord_is(struct span head);

/* Append data as a record. */
void tfrecord_add(struct buf *out, struct span data);

#endif
