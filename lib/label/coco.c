/* The COCO family in the table of formats, and how its files are told. Reading: coco_read.c, writing: coco_write.c. */
#include "label/coco.h"

#include "base/path.h"
#include "json/scan.h"
#include "label/coco_panoptic.h"
#include "label/formats.h"
#include "label/recode.h"

/* Do the first bytes of a JSON text have a member or items as COCO has them? */
static bool
looks_like_coco(struct span head, bool *results)
{
	struct span key, value;
	struct json j;

	*results = false;
	json_begin(&j, head);
	if (json_peek(&j) == JSON_ARRAY) {
		json_array(&j);
		*results =
		    json_item(&j) && json_value(&j, &value) && json_member(value, "image_id").p;
		return *results;
	}
	if (json_peek(&j) != JSON_OBJECT)
		return false;
	json_object(&j);
	while (json_key(&j, &key)) {
		bool list = json_peek(&j) == JSON_ARRAY;

		if (list && (span_is(key, "images") || span_is(key, "annotations") ||
				span_is(key, "categories")))
			return true;
		if (!json_value(&j, &value))
			return false;
	}
	return false;
}

bool
coco_is_file(struct span head)
{
	bool results;

	return looks_like_coco(head, &results);
}

/* 0: no COCO file; 1: it is one; 2: a list of detections. */
static int
kind_of(const struct tree *t, const struct node *n)
{
	struct buf head = BUF_INIT;
	bool results, found;

	if (!t->single && !path_has_ext(span_str(n->path), "json"))
		return 0;
	found = recode_head(t, n, 65536, &head) && looks_like_coco(buf_span(&head), &results);
	buf_release(&head);
	return found ? results ? 2 : 1 : 0;
}

int
coco_detect(const struct tree *t, struct buf *why)
{
	int kinds[3] = { 0 };

	for (size_t i = 0, looked = 0; i < t->n && looked < 100; i++)
		if (t->single || path_has_ext(span_str(t->node[i].path), "json")) {
			kinds[kind_of(t, &t->node[i])]++;
			looked++;
		}
	if (kinds[1] + kinds[2] == 0)
		return 0;
	buf_addf(why, "%d JSON files with images, annotations, categories", kinds[1] + kinds[2]);
	return kinds[1] ? 90 : 80;
}

int
coco_panoptic_detect(const struct tree *t, struct buf *why)
{
	struct buf scratch = BUF_INIT;
	int found = 0, all = 0;

	if (coco_detect(t, &scratch) < 90)
		t = NULL;
	buf_release(&scratch);
	for (size_t i = 0; t && i < t->n && all < 100; i++)
		if (kind_of(t, &t->node[i]) == 1) {
			found += coco_is_panoptic(t, &t->node[i]);
			all++;
		}
	if (found == 0 || found < all)
		return 0;
	buf_addf(why, "%d JSON files with images and segments", found);
	return 95;
}

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
