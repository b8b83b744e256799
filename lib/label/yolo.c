/* The YOLO family in the table of formats. See yolo.h. */
#include "label/formats.h"
#include "label/yolo.h"

const struct label_format label_yolo = {
	.name = "yolo",
	.aliases = "ultralytics|darknet|yolov5|yolov8|ModelArts YOLO 1.0",
	.title = "YOLO: a text file a picture, rows of ratios; data.yaml, obj.data",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_KEYPOINTS) |
		 HOLDS(ANN_NAME) | HOLDS(ANN_CONFIDENCE) | HOLDS_PARTS | HOLDS_HOLES |
		 HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_USAGE | HOLDS_CLASS_LIST,
	.keeps = "yolo|holes|category_id",
	.detect = yolo_detect,
	.read = yolo_read,
	.writer = &yolo_writer,
};
