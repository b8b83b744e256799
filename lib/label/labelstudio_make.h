/* Making Label Studio's results: labelstudio_write.c, and its reader to see what comes back. */
#ifndef LABEL_LABELSTUDIO_MAKE_H
#define LABEL_LABELSTUDIO_MAKE_H

#include "label/labelstudio.h"

/*
 * The whole "value" of a result from the fields of an annotation; its type in *type. False: it
 * has no place in Label Studio.
 */
bool ls_make_value(struct buf *b, const struct annotation *a, struct span ring,
    const struct ls_frame *f, const struct label_options *opt, const char **type);

#endif
