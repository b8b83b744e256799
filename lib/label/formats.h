/*
 * The formats of the table, each defined in the file of its name. For label.c only; one line
 * a format, sorted.
 */
#ifndef LABEL_FORMATS_H
#define LABEL_FORMATS_H

#include "label/label.h"

extern const struct label_format label_audacity;
extern const struct label_format label_azure;
extern const struct label_format label_coco;
extern const struct label_format label_coco_panoptic;
extern const struct label_format label_conll;
extern const struct label_format label_createml;
extern const struct label_format label_csv_automl;
extern const struct label_format label_csv_kaggle;
extern const struct label_format label_csv_retinanet;
extern const struct label_format label_csv_tf;
extern const struct label_format label_csv_via;
extern const struct label_format label_cvat;
extern const struct label_format label_darknet;
extern const struct label_format label_doccano;
extern const struct label_format label_doccano_seq2seq;
extern const struct label_format label_dota;
extern const struct label_format label_hf;
extern const struct label_format label_imagenet;
extern const struct label_format label_kaldi;
extern const struct label_format label_kitti;
extern const struct label_format label_labelme;
extern const struct label_format label_labelstudio;
extern const struct label_format label_manifest;
extern const struct label_format label_modelarts_image;
extern const struct label_format label_modelarts_text;
extern const struct label_format label_modelarts_text_combine;
extern const struct label_format label_modelarts_voc;
extern const struct label_format label_nemo;
extern const struct label_format label_openimages;
extern const struct label_format label_sagemaker;
extern const struct label_format label_supervisely;
extern const struct label_format label_tfrecord;
extern const struct label_format label_vertex;
extern const struct label_format label_via;
extern const struct label_format label_voc;
extern const struct label_format label_webdataset;
extern const struct label_format label_yolo;

#endif
