/* The YOLO family in the table of formats. See yolo.h. */
#include "label/export.h"
#include "label/formats.h"
#include "label/yolo.h"

/* Rows are boxes where there are boxes, unless a task says something else. */
static uint64_t
holds_of(const struct exporter *ex)
{
	enum yolo_task task = ex->opt->yolo_task;
	bool boxes = task == YOLO_TASK_GIVEN || task == YOLO_TASK_DETECT;

	return ex->format->holds | (boxes ? HOLDS_BOX_FIRST : 0);
}

const struct label_format label_yolo = {
	.name = "yolo",
	.aliases = "ultralytics|yolov5|yolov8",
	.title = "YOLO: a text file a picture, rows of ratios; data.yaml, obj.data",
	.own_digits = true,
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_KEYPOINTS) |
		 HOLDS(ANN_NAME) | HOLDS(ANN_CONFIDENCE) | HOLDS_PARTS | HOLDS_HOLES |
		 HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_USAGE | HOLDS_CLASS_LIST,
	.holds_of = holds_of,
	.keeps = "yolo|holes|category_id",
	.detect = yolo_detect,
	.read = yolo_read,
	.writer = &yolo_writer,
};
