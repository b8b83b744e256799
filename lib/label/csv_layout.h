/*
 * How the files of the CSV family are laid out: csv_formats.c's table, csv_read.c, csv_write.c.
 */
#ifndef LABEL_CSV_LAYOUT_H
#define LABEL_CSV_LAYOUT_H

#include "archive/tree.h"
#include "label/csv.h"
#include "label/export.h"
#include "label/import.h"

enum csv_dialect { TF, RETINANET, KAGGLE, OPENIMAGES, VIA, AUTOML, CSV_KINDS };

enum csv_column {
	OTHER,
	FILE_NAME,
	WIDTH,
	HEIGHT,
	CLASS,
	X0,
	Y0,
	X1,
	Y1,
	BOX_W,
	BOX_H,
	BBOX,
	SCORE,
	SOURCE,
	OCCLUDED,
	TRUNCATED,
	GROUP_OF,
	USAGE,
	FILE_SIZE,
	FILE_ATTRIBUTES,
	REGION_COUNT,
	REGION_ID,
	SHAPE,
	ATTRIBUTES,
	MASK,
	CORNER, /* AutoML: the two corners that a box of two leaves empty */
	COLUMNS
};

/* A kind of file. */
struct csv_kind_info {
	const char *columns; /* as written; without a header: its places */
	const char *file;    /* name of the file that is written */
	bool header, ratio;
};

extern const struct csv_kind_info csv_kind[CSV_KINDS];

#define COLUMNS_MAX 64

/* How the rows of a file are to be read, or written. */
struct csv_layout {
	enum csv_dialect kind;
	char separator;
	enum csv_column of[COLUMNS_MAX];
	char *name[COLUMNS_MAX]; /* as the header has them */
	size_t n;
	size_t at[COLUMNS]; /* place of a column, from 1; 0: there is none */
	bool ratio;
};

void csv_layout_release(struct csv_layout *l);
/* The next column, by its name. */
void csv_layout_add(struct csv_layout *l, struct span name);
/* Names with commas between. */
void csv_layout_columns(struct csv_layout *l, const char *columns);
bool csv_has_box(const struct csv_layout *l);
/* Are there columns of edges, but not all of them? */
bool csv_lacks_edge(const struct csv_layout *l);
/* The kind that a header means; CSV_KINDS: none of ours. */
enum csv_dialect csv_kind_of_header(const struct csv_layout *l);
/* The layout that the first row says; *header: it is no data. False: none of ours. */
bool csv_layout_find(struct csv_layout *l, const struct csv *c, bool *header);
/* The same of a file of a tree; a side table of Open Images has none. */
bool csv_layout_of_file(
    struct csv_layout *l, const struct tree *t, const struct node *n, bool *header);
/* Its first row, without a byte order mark. False: it holds no labels. */
bool csv_head(const struct tree *t, const struct node *n, struct buf *head);

/* Is it one of these words ("a|b")? Case does not matter. */
bool csv_is_word(struct span s, const char *words);
/* "TRAIN", "EVAL", "TEST" for what files call them; NULL: none. */
const char *csv_usage_of(struct span word);

void csv_read_tree(struct importer *im);
/* The writer's; begin is told the kind. */
void csv_begin(struct exporter *ex, enum csv_dialect kind);
void csv_write_sample(struct exporter *ex, struct sample *s);
void csv_finish(struct exporter *ex);

#endif
