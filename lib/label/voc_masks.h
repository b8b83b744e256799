/*
 * The masks of Pascal VOC, palette PNGs: SegmentationObject/, in which object n of the XML file has
 * number n, and SegmentationClass/. Numbers go to 254; 0 is background, 255 is for what is not to be looked at.
 *
 * A picture in which annotation n is value n is copied as it is; otherwise pictures are painted from the
 * annotations' pixels. Where two overlap the later one has the pixel [annotation.mask-overlap]. A sample in
 * which some objects have outlines only is not painted, unless it is asked for (--mask-to), which makes pixels
 * of the outlines: the pictures would say that these objects are not there.
 *
 * Masks of classes (mask_is_of_class()) are in SegmentationClass/ alone, and no objects.
 */
#ifndef LABEL_VOC_MASKS_H
#define LABEL_VOC_MASKS_H

#include "label/export.h"

struct voc_masks {
	bool painted, copied;
	uint64_t
	    of_classes; /* annotations that are masks of classes, and no objects of the XML file */
};

struct voc_masks voc_masks_write(struct exporter *ex, struct sample *s, struct span stem);

/* labelmap.txt, which says what the numbers and colours of SegmentationClass/ mean, as CVAT reads it. */
void voc_masks_legend(struct exporter *ex);

#endif
