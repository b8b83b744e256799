/*
 * The samples of a Pascal VOC dataset, by its files: voc_tree.c, for the reader. No label file is read here.
 *
 * A sample is an XML file with its picture, which lies beside it or in JPEGImages/ (images/) beside its folder; or a
 * picture alone, at which nobody looked; in a tree that has neither, a mask of classes. Its id is the path of the XML
 * file below the folder that all have in common, without extension and the folders of the layout. Of pictures
 * that differ in their extension alone, the one that <filename> names goes with the XML file.
 *
 * The split is in ImageSets/Main/{train,val,test}.txt; in ImageSets/Segmentation/ when there are only those. Other
 * lists (one a class, Layout) follow from the labels.
 */
#ifndef LABEL_VOC_TREE_H
#define LABEL_VOC_TREE_H

#include "archive/tree.h"
#include "base/strmap.h"

/* A sample to be: its XML file, its picture, or both; where there are neither, its mask of classes. */
struct voc_entry {
	const struct node *xml, *picture, *mask;
	char *id;
};

struct voc_tree {
	const struct tree *tree;
	struct voc_entry *e; /* in the order of their ids */
	size_t n, cap;

	/* private */
	size_t root;         /* bytes of the path that all label files have in common */
	struct strmap usage; /* id -> index of a set */
	struct strmap ids;   /* of all entries */
};

/* Find all of them; label files without a picture are said. */
void voc_tree_find(struct voc_tree *v, const struct tree *t);
/* Read the split; names in it that no sample has are said. */
void voc_tree_read_sets(struct voc_tree *v);
void voc_tree_release(struct voc_tree *v);

/* "TRAIN", "EVAL" or "TEST"; NULL: the split does not say. */
const char *voc_tree_usage(const struct voc_tree *v, const struct voc_entry *e);

/* The file that the sample is named by. */
const struct node *voc_entry_node(const struct voc_entry *e);

/* "FOLDER/STEM.png" beside Annotations/ or JPEGImages/, of a folder like "SegmentationClass/"; NULL: there is none. */
const struct node *voc_find_mask(
    const struct tree *t, const struct voc_entry *e, const char *folder);

/* "a/Annotations/b.xml" gives "a/" and "b": the dataset's folder, and the stem below it. */
void voc_split_path(struct span path, struct span *folder, struct span *stem);

/* The sets, train.txt, val.txt, test.txt, in the words of records. */
enum { VOC_SETS = 3 };

extern const char *const voc_set_usage[VOC_SETS];

#endif
