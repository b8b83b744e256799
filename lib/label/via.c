/*
 * VGG Image Annotator (VIA) 1 and 2: the JSON of regions, and the project around it.
 *
 *	{"a.jpg4711":{"filename":"a.jpg","size":4711,"regions":[...],"file_attributes":{}}}
 *
 * The key is file name and size in bytes (-1: not known). A region has shape_attributes (rect, circle,
 * ellipse, polygon, polyline, point; pixels from the top left corner, far edges outside; theta in
 * radians) and region_attributes, free ones, of which one is the class: the attribute
 * that the project defines when it is the only one, else the one called class, label, name, type,
 * category or object. In version 1 `regions` is an object with numbers as keys.
 *
 * The rest of a project is the member "via" of the header, size and file_attributes that of a
 * sample, unknown members that of an annotation.
 */
#include "label/via.h"

#include "label/find.h"
#include "label/formats.h"

bool
via_looks_like(struct span head)
{
	return find_has(head, "\"_via_settings\"") || find_has(head, "\"_via_img_metadata\"") ||
	       (find_has(head, "\"filename\"") && (find_has(head, "\"shape_attributes\"") ||
						      find_has(head, "\"file_attributes\"")));
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "json", via_looks_like, 90, "with VIA's regions", why);
}

const struct label_format label_via = {
	.name = "via",
	.aliases = "vgg|vgg-via",
	.title = "VGG Image Annotator 1 and 2: regions or a project in JSON",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) |
		 HOLDS(ANN_POINT) | HOLDS(ANN_CIRCLE) | HOLDS(ANN_NAME) | HOLDS(ANN_PROPERTY) |
		 HOLDS_NEGATIVE | HOLDS_USAGE | HOLDS_INFO,
	.keeps = "via|ellipse|corners",
	.detect = detect,
	.read = via_read,
	.writer = &via_writer,
};
