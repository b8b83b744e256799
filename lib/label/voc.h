/*
 * Pascal VOC as a dataset: one XML file a picture (voc_xml.h), pictures beside them or
 * in JPEGImages/, the split in ImageSets/Main/ (voc_tree.h).
 *
 * Sources: the VOC2012 development kit's documentation; HumanSignal/labelImg for what most
 * files in the world look like.
 *
 * Also here: the flat layout of ModelArts ("ModelArts PASCAL VOC 1.0": x.jpg with x.xml beside it).
 *
 * This is what voc.c (the table's entries), voc_samples.c (reading) and voc_folder.c (writing) share.
 */
#ifndef LABEL_VOC_H
#define LABEL_VOC_H

#include "label/export.h"
#include "label/import.h"

/* They differ in the number of the first pixel, if no option says it, and in the dialect of the XML files. */
void voc_read(struct importer *im);
void voc_read_modelarts(struct importer *im);

extern const struct label_writer voc_writer, voc_modelarts_writer;

/* Pascal VOC has boxes; other shapes go back into files of the kind that had them. */
uint64_t voc_holds(const struct exporter *ex);

#endif
