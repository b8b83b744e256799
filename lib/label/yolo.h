/*
 * What the files of the YOLO family share: yolo.c (the table's entry), yolo_set.c (descriptions:
 * data.yaml, obj.data, lists), yolo_row.c (rows), yolo_read.c, yolo_write.c. Rules: labels.md 8.
 *
 * A record has pixels where the picture's size is known, else "unit":"ratio". Beside them an annotation keeps
 * the numbers of its row as they were written,
 *
 *	{"name":"dog","bbox":[120,60,80,40],"yolo":"0.25 0.2 0.125 0.1"}
 *
 * and the writer takes these as long as they say the same as the shapes.
 */
#ifndef LABEL_YOLO_H
#define LABEL_YOLO_H

#include "archive/tree.h"
#include "label/label.h"

struct importer;

int yolo_detect(const struct tree *t, struct buf *why);
void yolo_read(struct importer *im);
extern const struct label_writer yolo_writer;

/* ---- descriptions ---- */

/* YOLO_BOTH: two splits name it, and so none does. */
enum yolo_split { YOLO_NO_SPLIT, YOLO_TRAIN, YOLO_EVAL, YOLO_TEST, YOLO_BOTH, YOLO_SPLITS };

/* What describes the files of a tree. */
struct yolo_set {
	struct importer *im;
	const struct tree *tree;
	char **name; /* of classes; NULL: a number without a name */
	size_t n, cap;
	bool named;       /* there is a list of names: a class must be in it */
	unsigned points;  /* kpt_shape: keypoints a row ... */
	unsigned numbers; /* ... and numbers a point, 2 or 3; 0: no pose */
	bool splits;      /* splits are described */
	uint8_t *split;   /* of each node of the tree: enum yolo_split */
	uint8_t *is_list; /* of each node: it describes (is no label file) */
	struct buf more;  /* other members of data.yaml as a JSON object; empty: none */
};

/* Find and read the description. What is wrong with it is said. */
void yolo_set_read(struct yolo_set *s, struct importer *im);
void yolo_set_release(struct yolo_set *s);
/* The name of a class; "class_7" when it has none. */
struct span yolo_class(const struct yolo_set *s, uint64_t number, struct buf *scratch);
/* Is this node a description by its name (data.yaml, obj.data, obj.names, classes.txt ...)? */
bool yolo_is_description(struct span path);
extern const char *const yolo_usage[YOLO_SPLITS]; /* "TRAIN" ...; NULL for none */

/* ---- rows ---- */

enum yolo_kind { YOLO_BOX, YOLO_POLYGON, YOLO_POSE, YOLO_TURNED };

#define YOLO_POINTS 1000 /* keypoints of a row */

#define YOLO_WORDS 20001 /* of a row: polygons of 10000 points */

/*
 * Append the shape members of a row's numbers ("bbox", "polygon", "keypoints", "rbox" of four corners that
 * are a rectangle, and "unit" when width is 0): v has n numbers behind the class, without a confidence.
 */
void yolo_put_shape(struct buf *b, enum yolo_kind kind, const double *v, size_t n, unsigned numbers,
    double width, double height);

#endif
