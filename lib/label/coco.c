/* The COCO family in the table of formats. Reading is in coco_read.c, writing in coco_write.c. */
#include "label/coco.h"
#include "label/formats.h"

const struct label_format label_coco = {
	.name = "coco",
	.aliases = "coco-json|ms-coco|lvis",
	.title = "COCO: JSON files of images, annotations and categories",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_RLE) | HOLDS(ANN_KEYPOINTS) |
		 HOLDS(ANN_TEXT) | HOLDS(ANN_NAME) | HOLDS(ANN_ID) | HOLDS(ANN_CONFIDENCE) |
		 HOLDS(ANN_AREA) | HOLDS(ANN_ISCROWD) | HOLDS(ANN_DIFFICULT) |
		 HOLDS(ANN_TRUNCATED) | HOLDS(ANN_OCCLUDED) | HOLDS(ANN_GROUP) |
		 HOLDS(ANN_ANNOTATED_BY) | HOLDS(ANN_CREATION_TIME) | HOLDS(ANN_PROPERTY) |
		 HOLDS_PARTS | HOLDS_MORE | HOLDS_NEGATIVE | HOLDS_SIZE | HOLDS_ID | HOLDS_USAGE |
		 HOLDS_SAMPLE_MORE | HOLDS_CLASS_LIST | HOLDS_INFO,
	.holds_of = coco_holds,
	.single = "json",
	.detect = coco_detect,
	.read = coco_read,
	.writer = &coco_writer,
};

const struct label_format label_coco_panoptic = {
	.name = "coco-panoptic",
	.aliases = "panoptic",
	.title = "Panoptic COCO: JSON files of segments, a PNG of their numbers a picture",
	.holds = HOLDS(ANN_RLE) | HOLDS(ANN_MASK) | HOLDS(ANN_NAME) | HOLDS(ANN_ID) |
		 HOLDS(ANN_AREA) | HOLDS(ANN_ISCROWD) | HOLDS_UNLABELLED | HOLDS_NEGATIVE |
		 HOLDS_SIZE | HOLDS_ID | HOLDS_USAGE | HOLDS_SAMPLE_MORE | HOLDS_CLASS_LIST |
		 HOLDS_INFO,
	.keeps = "bbox|category_id", /* a box beside pixels */
	.detect = coco_panoptic_detect,
	.read = coco_read,
	.writer = &coco_panoptic_writer,
};
