/*
 * A dataset as a tree of files, whatever it came in: a folder, an archive (tar
 * plain or through gzip, xz, zstd, bzip2; zip), one file, or one of these on
 * standard input. A label format reads all of them by the same few calls.
 *
 *	struct tree *t = tree_open(operand, &options);
 *	for (size_t i = 0; t && i < t->n; i++)
 *		if (tree_read(t, &t->node[i], &text)) ...
 *	tree_close(t);
 *
 * An archive is read once, forward, by tree_open(). Of a picture (or sound or
 * film) only the header is looked at, or it is put down below the folder
 * `extract`; every other member goes to a temporary file without a name, so
 * memory holds the paths and 32 bytes a member. What is not safe is left out
 * with a diagnostic: absolute names, "..", links to outside, devices. A
 * member that is there twice counts as its last one, as tar(1) extracts it.
 *
 * A folder is walked without following links out of it. `._*`, `.DS_Store`
 * and `Thumbs.db` are passed over, and counted.
 *
 * Several threads may find, read (tree_read(), tree_read_text(), tree_picture()) and name (tree_source(),
 * tree_source_at(), tree_add_name()) different nodes of one tree. Everything else is for one at a time.
 */
#ifndef ARCHIVE_TREE_H
#define ARCHIVE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/input.h"
#include "record/picsize.h"

/* All zero is a good default: a limit of 0 stands for the one beside it. */
struct tree_options {
	const char *extract; /* folder for the pictures of an archive; NULL: leave them there */
	bool force;          /* replace files that are in `extract` already */
	uint64_t max_member; /* bytes of one member: 8 GiB  (--max-member) */
	uint64_t max_total;  /* bytes of all: 4 TiB  (--max-total) */
	uint64_t
	    max_ratio; /* bytes out for a byte in, beyond the first 64 MiB: 1000  (--max-ratio) */
	uint64_t max_members; /* 100 million  (--max-members) */
};

enum {
	NODE_MEDIA = 1,     /* picture, sound or film, by its name */
	NODE_EXTRACTED = 2, /* it lies below `extract` now */
	NODE_SIZED = 4,     /* (of an archive) `at` is the size of the picture */
};

struct node {
	const char *path; /* member path (base/path.h), owned by the tree */
	uint64_t size;    /* bytes; of a folder's files: 0 */
	uint64_t at;      /* private */
	uint32_t order;   /* place in the archive, from 0 */
	uint32_t flags;
};

struct tree {
	const char *name;  /* the operand, for messages: "VOC", "a.tar", "<stdin>" */
	struct node *node; /* by path, bytewise */
	size_t n;
	bool archive;     /* sources are "a.tar!/member" or lie below `extract` */
	bool single;      /* the operand is one file that is no archive: n is 1 */
	uint64_t ignored; /* ._*, .DS_Store, Thumbs.db */
	struct tree_private *priv;
};

/*
 * Open an operand, "-" for standard input. NULL: it was said why (status 2 when
 * it could not be read, 1 when it is no sound archive and nothing of it is left).
 */
struct tree *tree_open(const char *operand, const struct tree_options *o);
void tree_close(struct tree *t);
/* Open an archive that is a file of a folder, with the same options. */
struct tree *tree_open_at(const struct tree *t, const struct node *n);

/* ---- finding ---- */

/* The node of this path, NULL when there is none. */
const struct node *tree_find(const struct tree *t, struct span path);
/* Index of the first node whose path is not below `path` (n: none): where a prefix begins. */
size_t tree_lower_bound(const struct tree *t, struct span path);
/* The first node "STEM.ext" with one of these extensions ("jpg|png"), in bytewise order. */
const struct node *tree_find_stem(const struct tree *t, struct span stem, const char *extensions);
/* The same for any picture (path_is_picture()). */
const struct node *tree_find_picture(const struct tree *t, struct span stem);

/* Is it a picture, sound or film by its name: what `extract` puts down? */
bool tree_is_media(struct span path);

/* ---- reading; all false: it was said (a machine's fault as status 2) ---- */

/* Append the whole content to `out`; at most max_member bytes. */
bool tree_read(const struct tree *t, const struct node *n, struct buf *out);

/* The same of a label file, which may be no larger than --max-text either [max-text]. */
bool tree_read_text(const struct tree *t, const struct node *n, uint64_t max_text, struct buf *out);

/*
 * The content as a stream. input_close() it before the tree. in->name is what
 * tree_name() gives. A single file on standard input can be read once, unless
 * tree_keep() was called before.
 */
bool tree_input(const struct tree *t, const struct node *n, struct input *in);

/* The first bytes (at most `max`), for finding out what it is; it can still be read after that. */
bool tree_head(const struct tree *t, const struct node *n, size_t max, struct buf *out);

/*
 * Make the content readable at any place: gives a descriptor and the offset in
 * it where the content begins, for pread(2). Standard input is copied to a
 * temporary file first. The descriptor is *owned by the caller when `own` says so.
 */
struct tree_file {
	int fd;
	uint64_t begin, size;
	bool own;
};

bool tree_file_open(const struct tree *t, const struct node *n, struct tree_file *f);
void tree_file_close(struct tree_file *f);

/* The size of a picture as it is stored, from its header; false without a word when it has none. */
bool tree_picture(const struct tree *t, const struct node *n, struct picsize *size);
/* The same by path; of a single file's tree: of a file beside it. */
bool tree_picture_at(const struct tree *t, struct span path, struct picsize *size);

/* ---- pictures that label files hold ---- */

/* Is there a folder to put them down in (`extract`)? */
bool tree_extracts(const struct tree *t);
/*
 * Put one down at the member path `path` below it, and append to `source` what a record says for
 * it. False: it could not have that name, which was said at `at`. What is there already ends the
 * program, as with archives.
 */
bool tree_put(
    const struct tree *t, const char *path, struct span bytes, struct pos at, struct buf *source);

/* ---- names ---- */

/*
 * Append what a record's `source` says for a node: the path as find(1) would
 * print it from where we stand ("VOC/JPEGImages/1.jpg"), where it was
 * extracted to, or "a.tar!/JPEGImages/1.jpg".
 */
void tree_source(const struct tree *t, const struct node *n, struct buf *out);
/* The same for a path that may not be there. `path` is used as it is when it is no member path. */
void tree_source_at(const struct tree *t, struct span path, struct buf *out);

/* The name for messages; it lives until the next call. The other appends it. */
const char *tree_name(const struct tree *t, const struct node *n);
void tree_add_name(const struct tree *t, const struct node *n, struct buf *out);

#endif
