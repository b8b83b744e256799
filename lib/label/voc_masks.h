/*
 * The masks of Pascal VOC, palette PNGs: SegmentationObject/, in which object n of the XML file has
 * number n, and SegmentationClass/. Numbers go to 254; 0 is background, 255 is for what is not to be looked at.
 *
 * A picture in which annotation n is value n is copied as it is; otherwise pictures are painted from the
 * annotations' pixels. Where two overlap the later one has the pixel [annotation.mask-overlap]. A sample in
 * which some objects have outlines only is not painted, unless it is asked for (--mask-to), which makes pixels
 * of the outlines: the pictures would say that these objects are not there.
 */
#ifndef LABEL_VOC_MASKS_H
#define LABEL_VOC_MASKS_H

#include "label/export.h"
#include "label/import.h"

enum voc_masks { VOC_NO_MASKS, VOC_COPIED_MASKS, VOC_PAINTED_MASKS };

enum voc_masks voc_masks_write(struct exporter *ex, struct sample *s, struct span stem);

/* labelmap.txt, which says what the numbers and colours of SegmentationClass/ mean, as CVAT reads it. */
void voc_masks_legend(struct exporter *ex);

/* Its classes as those of the header; nothing when there is no such file. */
void voc_masks_read_legend(struct importer *im, struct buf *header);

#endif
