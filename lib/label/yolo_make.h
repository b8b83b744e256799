/*
 * The row of a YOLO label file that an annotation makes: yolo_make.c, for yolo_write.c.
 */
#ifndef LABEL_YOLO_MAKE_H
#define LABEL_YOLO_MAKE_H

#include "label/bridge.h"
#include "label/export.h"
#include "label/yolo.h"

struct yolo_making {
	struct exporter *ex;
	enum yolo_task task;      /* what rows are to be */
	struct buf rows;          /* of this label file */
	unsigned points, numbers; /* kpt_shape: keypoints a row, numbers a point; 0: no poses */
	bool boxes, outlines;     /* what this file has */

	/* scratch */
	struct buf shape;
	struct bridge outline;
	struct span word[YOLO_WORDS];
	double v[YOLO_WORDS];
};

void yolo_making_release(struct yolo_making *m);

/*
 * Append the numbers behind the class, each with a blank before it. False: the annotation has
 * no shape, or one that cannot be had (counted); what was appended is to be cut off.
 */
bool yolo_make_shape(struct yolo_making *m, struct sample *s, const struct annotation *a);

#endif
