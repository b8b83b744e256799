/* TFRecord in the table of formats, and what its reader and writer share: see tfrecord.h. */
#include "label/tfrecord.h"

#include <strings.h>

#include "label/formats.h"
#include "record/picsize.h"

const char *const tf_kind_name[TF_INTS + 1] = { NULL, "bytes", "float", "int64" };

const char *
tf_picture_format(int kind)
{
	static const char *const name[] = { [PICSIZE_JPEG] = "jpeg",
		[PICSIZE_PNG] = "png",
		[PICSIZE_BMP] = "bmp",
		[PICSIZE_GIF] = "gif" };

	return name[kind];
}

bool
tf_format_is(struct span format, int kind)
{
	const char *want = tf_picture_format(kind);

	if (kind == PICSIZE_JPEG && format.n == 3)
		want = "jpg";
	return want && strlen(want) == format.n && strncasecmp(want, format.p, format.n) == 0;
}

const struct label_format label_tfrecord = {
	.name = "tfrecord",
	.aliases = "tf-record|tfod|tensorflow",
	.title = "TFRecord: files of tf.train.Example for TensorFlow's object detection",
	.own_digits = true,
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS(ANN_AREA) | HOLDS(ANN_ISCROWD) |
		 HOLDS(ANN_DIFFICULT) | HOLDS(ANN_TRUNCATED) | HOLDS_CLASS | HOLDS_UNLABELLED |
		 HOLDS_NEGATIVE | HOLDS_SIZE | HOLDS_ID | HOLDS_USAGE | HOLDS_CLASS_LIST,
	.single = "record|tfrecord|tfrecords|tfrec",
	.shards = true,
	.embeds = true,
	.keeps = "tfrecord|corners|property",
	.detect = tfrecord_detect,
	.read = tfrecord_read,
	.writer = &tfrecord_writer,
};
