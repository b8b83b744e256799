/*
 * The XML file of Pascal VOC and of ModelArts' dialect of it: reading one into JSON,
 * writing one from a sample. For the formats of this room that use such files
 * (voc, modelarts-voc, manifest).
 *
 * Geometry. Pascal VOC counts pixels from 1 and both edges are inside (VOC2012 devkit,
 * section "annotations"): x = xmin - 1, w = xmax - xmin + 1. With base 0, as ModelArts and many tools
 * write: x = xmin, w = xmax - xmin. Sums are exact (decimal.h). Points of other shapes
 * are moved by the base, too.
 *
 * What of the file becomes what:
 *	size/width, height		the record's width, height
 *	object/name, flags, confidence	fields of the annotation
 *	object/bndbox, polygon, ...	its shapes
 *	object/part			"part":[{"name":..,"bbox":..}] of the annotation
 *	object/anything else		its "property"
 *	anything else			the record's "voc"
 * A bndbox whose digits could not be had again from the bbox (leading zeros, unlike numbers of
 * decimals) is kept beside it as "bndbox"; the writer uses it as long as both agree.
 *
 * XML becomes JSON like this: text a string; children an object; equal neighbours a
 * list; attributes members with '@' before their names.
 */
#ifndef LABEL_VOC_XML_H
#define LABEL_VOC_XML_H

#include "label/sample.h"
#include "label/xml.h"

struct voc_rules {
	int base;                /* 0 or 1 */
	bool modelarts;          /* the dialect: one shape an object, <properties> */
	bool fill;               /* (writing) say 0 for unknown flags, "Unspecified" for the pose */
	bool segmented;          /* (writing) there are masks */
	bool boxes_only;         /* (writing) no shape beside the box */
	struct span mask_source; /* (writing) the picture of masks; n 0: as the record says */
	int decimals;            /* (writing) of computed numbers */
	const char *encoding;    /* as of xml_parse() */
};

struct voc_page {
	struct buf annotations;    /* JSON list */
	struct buf rest;           /* JSON object, empty when there is nothing to keep */
	struct span width, height; /* number texts, in the tree of `x`; n 0: not given */
	struct span filename;
	struct span
	    instances; /* (in) source of SegmentationObject's picture: object n has value n in it */
	/* (in) Append the source of the PNG that <mask_source> names, where it is here; NULL: nobody knows. */
	void (*locate)(void *ctx, struct span name, struct buf *source);
	void *locate_ctx;
	struct buf mask;       /* what it said */
	uint64_t objects, bad; /* in the list; left out with a diagnostic */
	uint64_t zeros;        /* boxes with a coordinate 0 under base 1 */
	struct pos first_zero;
	struct buf blanks; /* of import_class_blanks_met(), from all files until that is called */
	struct buf scratch;
};

/*
 * Read one file. `page` is reused, start with an all-zero one; spans of it live until the next
 * read. `picture` is the name of the picture that it belongs to (empty: unknown). False: the file
 * as a whole is bad, which was said.
 */
bool voc_xml_read(struct voc_page *page, struct xml *x, const struct voc_rules *rules,
    struct span bytes, const char *file, struct span picture);
void voc_page_release(struct voc_page *page);

struct voc_written {
	uint64_t objects; /* annotations in the file; the others had no name or no geometry */
	uint64_t
	    widened; /* boxes of less than a pixel, which Pascal VOC cannot say: made one wide */
};

/*
 * Append a file for the sample. `filename` is the picture's name, used unless the record says
 * another.
 */
void voc_xml_write(struct buf *out, const struct sample *s, const struct voc_rules *rules,
    struct span folder, struct span filename, struct voc_written *written);

/* Does the sample's annotation become an object of the file (name and geometry)? */
bool voc_xml_takes(const struct sample *s, const struct annotation *a);

/* What such a file holds, for the formats' `holds`: Pascal VOC has boxes, the dialect has more shapes. */
#define VOC_XML_SHAPES \
	(HOLDS(ANN_POLYGON) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) | \
	    HOLDS(ANN_CIRCLE))
#define VOC_XML_HOLDS \
	(VOC_XML_SHAPES | HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS(ANN_CONFIDENCE) | \
	    HOLDS(ANN_DIFFICULT) | HOLDS(ANN_TRUNCATED) | HOLDS(ANN_OCCLUDED) | \
	    HOLDS(ANN_PROPERTY) | HOLDS_NEGATIVE | HOLDS_SIZE)

#endif
