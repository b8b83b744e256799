/*
 * Label files as UTF-8, whatever they are: UTF-16 by its byte order mark, other encodings by
 * --encoding. The same as the functions of archive/tree.h without these; a file that has to be
 * converted is held in memory meanwhile (--max-text). What is neither is said [encoding].
 */
#ifndef LABEL_RECODE_H
#define LABEL_RECODE_H

#include "archive/tree.h"
#include "label/import.h"

/* For readers of documents. */
bool recode_input(const struct importer *im, const struct node *n, struct input *in);
bool recode_file(const struct importer *im, const struct node *n, struct tree_file *f);
bool recode_read(const struct importer *im, const struct node *n, struct buf *out);
/* For readers that convert row by row, which cannot be done with UTF-16. */
bool recode_rows(const struct importer *im, const struct node *n, struct input *in);
/* The first bytes; of UTF-16 in UTF-8. */
bool recode_head(const struct tree *t, const struct node *n, size_t max, struct buf *out);

#endif
