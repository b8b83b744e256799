/*
 * CVAT for images and for video, XML 1.1.
 *
 * Rules from cvat-ai/cvat, manual/advanced/xml_format.md: pixels from the top left corner, far edges
 * outside. A box may be turned about its centre (degrees clockwise). The RLE of a mask counts the
 * pixels of its own rectangle row by row, and begins with those that are not set. `outside` means that
 * the object of a track is not there in that frame.
 *
 * Kept for the way back: the text of <meta> in the header's member "cvat"; of a sample its other
 * attributes (or its frame), and objects that are outside, in "cvat-outside"; of an annotation
 * attributes that have no field, its track, a cuboid, the names of a skeleton's points.
 */
#include "label/cvat.h"

#include "archive/tree.h"
#include "label/find.h"
#include "label/formats.h"

static bool
looks_like(struct span head)
{
	return find_has(head, "<annotations") && !find_has(head, "<annotation>") &&
	       (find_has(head, "<version>1") || find_has(head, "<image ") ||
		   find_has(head, "<track ") || find_has(head, "<meta>"));
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "xml", looks_like, 95, "with root <annotations>", why);
}

const struct label_format label_cvat = {
	.name = "cvat",
	.aliases = "cvat-xml",
	.title = "CVAT 1.1: one XML file for images, or for the tracks of a video",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_RLE) |
		 HOLDS(ANN_KEYPOINTS) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) |
		 HOLDS(ANN_CIRCLE) | HOLDS(ANN_NAME) | HOLDS(ANN_OCCLUDED) | HOLDS(ANN_GROUP) |
		 HOLDS(ANN_PROPERTY) | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_NEGATIVE | HOLDS_SIZE |
		 HOLDS_USAGE | HOLDS_CLASS_LIST | HOLDS_INFO,
	.keeps = "cvat|cvat-outside|cvat-points|corners|ellipse",
	.detect = detect,
	.read = cvat_read,
	.writer = &cvat_writer,
};
