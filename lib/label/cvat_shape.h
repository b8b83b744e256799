/*
 * The elements of shapes and tags in CVAT's XML as annotations: cvat_shape.c, for cvat_read.c. The format: cvat.c.
 *
 *	box, rotation			"bbox"; turned "rbox", with its "corners" as the file has them
 *	polygon, polyline		"polygon", "polyline"
 *	ellipse				"polygon", with its numbers as "ellipse" (coords.h)
 *	points, skeleton, cuboid	"keypoints", of a skeleton with "cvat-points", their names; a single one "point"
 *	mask				"rle" of the whole picture
 *	tag				a class alone
 *	label, occluded, group_id	"name", "occluded", "group"
 *	<attribute>			in "property": a boolean or a number where <meta> says so and it is one
 *	all else, and the track		in "cvat"
 */
#ifndef LABEL_CVAT_SHAPE_H
#define LABEL_CVAT_SHAPE_H

#include "base/strmap.h"
#include "label/import.h"
#include "label/xml.h"

/* What shapes are read with. Begins all zero but for im and x. */
struct cvat_shapes {
	struct importer *im;  /* counts what is left out */
	struct xml *x;        /* the file; the caller's */
	double width, height; /* of the current picture, which masks need; 0: unknown */
	struct strmap types;  /* private: "label\nattribute" -> type */
	struct buf scratch;   /* private */
};

void cvat_shapes_release(struct cvat_shapes *r);

/* The type of an attribute of a label, as an <attribute> of <meta> declares it. */
void cvat_add_type(struct cvat_shapes *r, struct span label, const struct xml_node *attribute);

/*
 * Append an element as an object of an annotation list. `track`: the <track> around it, which has its label; NULL:
 * none. False: it is no shape; that was said and counted, and nothing appended.
 */
bool cvat_read_shape(
    struct cvat_shapes *r, struct buf *b, const struct xml_node *n, const struct xml_node *track);

/* Say what is wrong with a shape that is left out, and count it. Returns false. */
bool cvat_bad_shape(struct cvat_shapes *r, const struct xml_node *n, const char *what);

#endif
