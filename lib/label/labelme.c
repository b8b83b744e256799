/*
 * LabelMe: a JSON file a picture, as labelme 2 to 5 write it.
 *
 * Rules from wkentaro/labelme, labelme/_label_file.py and examples/instance_segmentation/labelme2coco.py:
 * pixels from the top left corner of the picture as EXIF turns it, far edges exclusive, any
 * number of digits, points may lie outside. Shapes of one label and one group_id are the parts of one
 * object. Keys that labelme does not know are kept.
 *
 * What has no place in a record rides in the member "labelme" of the sample (version, flags, other
 * keys) and of the annotation (points whose order matters, the PNG of a mask, description,
 * other keys, `at`: the places of an object's parts among the shapes). imageData, the picture
 * in base64, is passed over.
 */
#include "label/labelme.h"

#include "base/base64.h"
#include "base/num.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/mask.h"

const char *const labelme_shape_key[S_KEYS] = { "label", "points", "group_id", "description",
	"shape_type", "flags", "mask" };

/* A mask is a PNG of what is inside its two corners: as an RLE behind `b`. */
bool
labelme_mask_to_rle(
    struct buf *b, struct span mask, struct span points, double width, double height)
{
	struct buf text = BUF_INIT, png = BUF_INIT;
	struct span c[4], base64 = json_value_text(mask, &text);
	double v[2];
	bool ok = base64.p && base64_decode(&png, base64) && labelme_two_points(&text, points, c) &&
		  num_parse(c[0], &v[0]) && num_parse(c[1], &v[1]) &&
		  mask_png_to_rle(b, buf_span(&png), v[0], v[1], width, height);

	buf_release(&text);
	buf_release(&png);
	return ok;
}

/* Two points as four texts. */
bool
labelme_two_points(struct buf *scratch, struct span points, struct span c[4])
{
	buf_reset(scratch);
	return coords_flatten(scratch, points, NULL) == 2 &&
	       number_texts(buf_span(scratch), c, 4) == 4;
}

static bool
looks_like(struct span head)
{
	return find_has(head, "\"shapes\"") &&
	       (find_has(head, "\"flags\"") || find_has(head, "\"imagePath\"") ||
		   find_has(head, "\"shape_type\""));
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "json", looks_like, 90, "with \"shapes\" and \"flags\"", why);
}

const struct label_format label_labelme = {
	.name = "labelme",
	.title = "LabelMe: a JSON file a picture",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_RLE) |
		 HOLDS(ANN_KEYPOINTS) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) |
		 HOLDS(ANN_CIRCLE) | HOLDS(ANN_NAME) | HOLDS(ANN_GROUP) | HOLDS(ANN_PROPERTY) |
		 HOLDS_PARTS | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_NEGATIVE | HOLDS_SIZE,
	.keeps = "labelme|corners",
	.detect = detect,
	.read = labelme_read,
	.writer = &labelme_writer,
};
