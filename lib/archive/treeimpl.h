/*
 * What the files of tree.h share: tree.c (opening, finding), walk.c (folders), unpack.c (archives),
 * content.c (reading). Nobody else includes it.
 */
#ifndef ARCHIVE_TREEIMPL_H
#define ARCHIVE_TREEIMPL_H

#include "archive/place.h"
#include "archive/tree.h"

/* Paths lie one after the other in blocks, so that each costs its bytes and no more. */
struct path_block {
	struct path_block *next;
	size_t used;
	char text[64 * 1024 - 2 * sizeof(void *)]; /* more when one path needs it */
};

struct tree_private {
	struct tree_options o;
	uint64_t max_member;
	size_t cap; /* of node */
	struct path_block *paths;
	struct buf prefix;  /* before a path it makes the source: "VOC/", "a.tar!/" */
	struct buf text;    /* tree_name() */
	int root;           /* the folder; of a single file the one that holds it; -1: archive */
	int spool;          /* contents of members; or of the stream, once it was kept */
	uint64_t spooled;   /* bytes in it */
	struct place place; /* `extract` */
	struct input in;    /* the operand when it is a stream */
	bool put;           /* tree_put() made files there */
	bool has_stream;    /* `in` is open */
	bool is_stream;     /* the single file came as one ... */
	bool kept;          /* ... and is in the spool */
};

/* Copy a path into the tree's memory. */
const char *tree_keep_path(struct tree *t, struct span path);
/* A new node at the end, order = its number. */
struct node *tree_add(struct tree *t, const char *path);
/* By path, then by order. */
void tree_sort(struct tree *t);
bool tree_is_ignored(struct span path);

/* Add the files below the folder p->root. */
void tree_walk(struct tree *t, const char *operand);

/* Read the archive (fd, or p->in) and end with the tree, or NULL. */
struct tree *tree_unpack(struct tree *t, int fd, struct span head);

/* Make and open `extract`, when there is one. */
void tree_open_extract(struct tree_private *p);

/* Append to the spool; ends the program when the disk is full. */
void tree_spool(const struct tree *t, const void *p, size_t n);

#endif
