/*
 * What the numbers and colours in SegmentationClass/ and SegmentationObject/ mean, and what a picture without an XML
 * file is, by these PNGs.
 *
 * labelmap.txt (CVAT, datumaro: name:r,g,b:parts:actions) gives names to colours; class_names.txt (LabelMe) to
 * numbers, a line each from 0; without either the numbers are those of Pascal VOC's twenty classes. A coloured
 * PNG is read by VOC's colours for the numbers. 0 (black) is the background, 255 is not looked at.
 *
 * With instances each of them is an annotation of the class that has its pixels; with classes alone each class is
 * one, a mask of kind "class".
 */
#ifndef LABEL_VOC_CLASSES_H
#define LABEL_VOC_CLASSES_H

#include "label/import.h"

struct voc_class {
	char *name;
	uint32_t number; /* in a PNG of numbers */
	uint32_t colour; /* R + 256 G + 65536 B */
	bool nothing;    /* background, ignored */
};

struct voc_classes {
	struct voc_class *v;
	size_t n, cap;
	bool coloured; /* labelmap.txt: colours count */
	bool assumed;  /* neither file is there */
};

void voc_classes_read(struct voc_classes *c, struct importer *im);
void voc_classes_release(struct voc_classes *c);
/* "classes" of the header, as far as a file says them, or `used` says that the assumed ones are needed. */
void voc_classes_header(const struct voc_classes *c, bool used, struct buf *header);

/* A PNG of masks. */
struct voc_png {
	struct buf source, bytes; /* bytes empty: it is not read */
};

/*
 * Append the annotations of the two PNGs as a JSON list; their number. `objects` without bytes: there is none.
 * *why: what is wrong with a PNG; NULL: nothing. For threads: nothing is said here.
 */
uint64_t voc_classes_annotate(const struct voc_classes *c, const struct voc_png *classes,
    const struct voc_png *objects, struct buf *out, const char **why);

#endif
