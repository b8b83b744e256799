/*
 * The family of CSV label files: TF object detection, RetinaNet, Kaggle, Open Images, VIA and
 * AutoML (Vertex). Which one a file is, its first row says, never its name.
 *
 * Columns are found by what the header calls them, in any order; RetinaNet and AutoML have no
 * header and fixed places. Coordinates are x, y from the top left corner, far edges outside: pixels, in
 * Open Images and AutoML parts of width and height (unit "ratio"). Columns that are not known ride in the
 * member "csv" of an annotation, the columns of a file that are not the usual ones in that of
 * the header. Rows of one picture need not stand together, nor in one file (gather.h).
 */
#include "base/path.h"
#include "label/csv_layout.h"
#include "label/find.h"
#include "label/formats.h"

static int
detect_kind(const struct tree *t, struct buf *why, enum csv_dialect kind)
{
	struct csv_layout l;
	int score = 0;
	bool header;

	for (size_t i = 0; i < t->n && !score; i++) {
		if (!find_has_ext(t, &t->node[i], "csv"))
			continue;
		if (csv_layout_of_file(&l, t, &t->node[i], &header) && l.kind == kind)
			score = csv_has_box(&l) || l.at[SHAPE]
				    ? 50
				    : 30; /* other formats bring CSV lists along */
		csv_layout_release(&l);
	}
	if (score)
		buf_adds(why, "the first row of a .csv file");
	return score;
}

#define CSV_FORMAT(id, kind, name_, aliases_, title_, holds_, keeps_) \
	static int id##_detect(const struct tree *t, struct buf *why) \
	{ \
		return detect_kind(t, why, kind); \
	} \
	static void id##_begin(struct exporter *ex) \
	{ \
		csv_begin(ex, kind); \
	} \
	static const struct label_writer id##_writer = { \
		.begin = id##_begin, \
		.sample = csv_write_sample, \
		.finish = csv_finish, \
	}; \
	const struct label_format label_##id = { \
		.name = name_, \
		.aliases = aliases_, \
		.title = title_, \
		.holds = holds_, \
		.own_digits = (kind) == AUTOML || (kind) == OPENIMAGES, \
		.keeps = keeps_, \
		.detect = id##_detect, \
		.read = csv_read_tree, \
		.writer = &id##_writer, \
	}

#define BOX_AND_NAME (HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS_USAGE)

CSV_FORMAT(csv_automl, AUTOML, "csv-automl", "automl|vertex-csv",
    "CSV of AutoML and Vertex: a row a box, parts of width and height",
    BOX_AND_NAME | HOLDS_CLASS | HOLDS_CLASSES, "csv|corners");
CSV_FORMAT(csv_kaggle, KAGGLE, "csv-kaggle", "kaggle",
    "CSV as in Kaggle's contests: a row a box, \"[x, y, w, h]\" in one column",
    BOX_AND_NAME | HOLDS(ANN_CONFIDENCE) | HOLDS(ANN_ANNOTATED_BY) | HOLDS_SIZE | HOLDS_CLASS |
	HOLDS_CLASSES,
    "csv|corners");
CSV_FORMAT(csv_retinanet, RETINANET, "csv-retinanet", "retinanet",
    "CSV of keras-retinanet: a row a box, no header", BOX_AND_NAME | HOLDS_NEGATIVE, "corners");
CSV_FORMAT(csv_tf, TF, "csv-tf", "tf-csv|tfod-csv|roboflow-csv",
    "CSV of TensorFlow object detection: a row a box, with a header", BOX_AND_NAME | HOLDS_SIZE,
    "csv|corners");
CSV_FORMAT(csv_via, VIA, "csv-via", "via-csv", "CSV of the VGG Image Annotator: a row a region",
    BOX_AND_NAME | HOLDS(ANN_POLYGON) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) |
	HOLDS(ANN_CIRCLE) | HOLDS(ANN_PROPERTY) | HOLDS_NEGATIVE,
    "via|ellipse|corners");
CSV_FORMAT(openimages, OPENIMAGES, "openimages", "open-images|oid",
    "Open Images: CSV of boxes, of masks and of classes of pictures",
    BOX_AND_NAME | HOLDS(ANN_MASK) | HOLDS(ANN_RLE) | HOLDS(ANN_CONFIDENCE) | HOLDS(ANN_OCCLUDED) |
	HOLDS(ANN_TRUNCATED) | HOLDS(ANN_ISCROWD) | HOLDS(ANN_ANNOTATED_BY) | HOLDS_CLASS |
	HOLDS_CLASSES,
    "csv|corners|openimages-absent");
