/*
 * The formats of the table, each defined in the file of its name. For label.c only; one line
 * a format, sorted.
 */
#ifndef LABEL_FORMATS_H
#define LABEL_FORMATS_H

#include "label/label.h"

extern const struct label_format label_coco;
extern const struct label_format label_dota;
extern const struct label_format label_imagenet;
extern const struct label_format label_kitti;
extern const struct label_format label_labelme;
extern const struct label_format label_manifest;
extern const struct label_format label_modelarts_voc;
extern const struct label_format label_voc;

#endif
