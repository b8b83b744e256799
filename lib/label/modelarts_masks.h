/*
 * The pictures of ModelArts' image segmentation: a PNG a picture, segmentationClassRaw/x.png, in which each
 * pixel has the colour of its class; the VOC file names it in <mask_source> and says the colour of each object in
 * <mask_color>, beside its polygon (ModelArts, "Specifications for Importing a Manifest File"). For modelarts-voc
 * and manifest.
 */
#ifndef LABEL_MODELARTS_MASKS_H
#define LABEL_MODELARTS_MASKS_H

#include "label/export.h"

/*
 * Bring the sample's PNG to "FOLDER/segmentationClassRaw/STEM.png", or, where that is wished (--mask-to png),
 * paint one in the colours of Pascal VOC and give its annotations these. What <mask_source> says goes to `source`,
 * `dots` in front of it; empty: what it said before.
 */
void modelarts_masks_write(struct exporter *ex, struct sample *s, const char *folder,
    struct span stem, const char *dots, struct buf *source);

#endif
