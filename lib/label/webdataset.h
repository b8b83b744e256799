/*
 * What webdataset.c (the table's entry), webdataset_read.c and webdataset_write.c share: samples in tar
 * shards (archive/shards.h).
 *
 * A member is KEY.KIND, where KIND begins behind the first dot of the last part of its path; members that follow
 * each other with one KEY are a sample. What they hold is nobody's law; here it is
 *
 *	the first picture (sound, film)	the source
 *	json	the record, when it is one (it has "source"); its source is where the picture lies now
 *	cls	a number of the class list, or the name: a class of the whole sample
 *	txt	a text of the sample; alone: the source, "content://..."
 *
 * and all others ride in the record's member "webdataset", by their KIND: text as a string, bytes as
 * {"base64":".."}, more pictures as {"source":".."}, a json that is no record as it is. So
 * do cls and txt beside a record that does not say the same. "__dataset__" is the header.
 *
 * Source: webdataset/webdataset, src/webdataset/tariterators.py.
 */
#ifndef LABEL_WEBDATASET_H
#define LABEL_WEBDATASET_H

#include "label/export.h"
#include "label/import.h"

#define WDS_CONTENT "content://" /* before a text that is a source */

void webdataset_read(struct importer *im);
int webdataset_detect(const struct tree *t, struct buf *why);
extern const struct label_writer webdataset_writer;

/*
 * The content of cls, of the only annotation that is a class and nothing else, and of txt, of the only one
 * that is a text. Empty: there is none, or several.
 */
void webdataset_cls(struct buf *b, const struct sample *s, const struct dataset *d);
void webdataset_txt(struct buf *b, const struct sample *s);

#endif
