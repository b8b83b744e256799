/*
 * Finding things in a tree: what a format looks like, and the picture that a label file means.
 */
#ifndef LABEL_FIND_H
#define LABEL_FIND_H

#include "archive/tree.h"
#include "base/strmap.h"
#include "label/import.h"

/* Has the file one of these extensions, or, as the only one, none (standard input)? */
bool find_has_ext(const struct tree *t, const struct node *n, const char *extensions);

/*
 * Of the files with one of these extensions, the number of those among the first few that
 * `is` takes for its own by their first bytes (at most 4 KiB). *total: files with that extension.
 */
size_t find_sniff(
    const struct tree *t, const char *extensions, bool (*is)(struct span head), size_t *total);

/* All of the files that were looked at are ours: gives `score`, with the reason in words. */
int find_score(const struct tree *t, const char *extensions, bool (*is)(struct span head),
    int score, const char *what, struct buf *why);

/*
 * Is this a label file for the reader? The one that was named is. Of a folder those are that have one of these
 * extensions and that `is` takes for its own by their first bytes, and those that are empty: no lines, "[]", "{}". What
 * else has the extension is passed over (import_pass_over()).
 */
bool find_is_ours(struct importer *im, const struct node *n, const char *extensions,
    bool (*is)(struct span head));

/*
 * Formats of rows, a text file a picture: is it one of these files? With a folder of that name
 * (`mark` is in its path) anywhere in the tree only those below such a folder are.
 */
struct row_files {
	const struct tree *tree;
	const char *mark;
	bool folders;
};

struct row_files row_files(const struct tree *t, const char *mark);
bool row_files_has(const struct row_files *f, const struct node *n);
/* 90 when `is` takes one of the first few for its own. */
int row_files_score(
    const struct row_files *f, bool (*is)(struct span head), const char *what, struct buf *why);
/*
 * A label file as a whole, in UTF-8 (opt->encoding), in `bytes` or `utf8`. SPAN_NONE: it cannot be read,
 * is larger than --max-text or no text; that was said, and counted as a bad file.
 */
struct span find_read_text(
    struct importer *im, const struct node *n, struct buf *bytes, struct buf *utf8);
/*
 * The next row that is not blank, in UTF-8 (opt->encoding). False at the end; a row that is not
 * is reported [encoding], counted as a bad annotation and passed over.
 */
bool row_next(struct importer *im, struct input *in, struct buf *scratch, struct span *row);
/* The words of a row, at most max; the count in it. */
size_t row_split(struct span row, struct span *c, size_t max);

/* Does the text hold this string? */
bool find_has(struct span text, const char *word);

/* Pictures of a tree by what label files call them. */
struct pictures {
	const struct tree *tree;
	struct strmap by_base; /* base name with and without extension -> node; SIZE_MAX: several */
	bool indexed;
	struct buf path, source;
};

void pictures_init(struct pictures *p, const struct tree *t);
void pictures_release(struct pictures *p);

/*
 * The picture `name` of a label file in folder `dir` (member paths; backslashes are taken for
 * slashes): beside it, from the root, or the only one of that base name; the extension may be
 * missing. Of a URI any of its last parts may be that path. NULL: it is not here.
 */
const struct node *pictures_find(struct pictures *p, struct span dir, struct span name);

/* The same, but only at dir/name. */
const struct node *pictures_find_at(struct pictures *p, struct span dir, struct span name);

/*
 * Does that name, as it stands, lead to a place of the tree (or to a URI)? An absolute one and one with too many ".."
 * does not. A picture may lie elsewhere and is only named; what a program will open for its labels has to be here.
 */
bool pictures_inside(struct pictures *p, struct span dir, struct span name);

/*
 * What a record says of that picture: its source (of a missing one: dir/name as it stands), and
 * with `size` not NULL its size as shown; *size is all zero when it has none. The span lives
 * until the next call.
 */
struct span pictures_source(
    struct pictures *p, struct span dir, struct span name, struct picsize *size);

/*
 * The same for the picture of label file `path`: its name with the folder `from` turned into `to`,
 * without extension.
 */
struct span pictures_beside(
    struct pictures *p, struct span path, const char *from, const char *to, struct picsize *size);

/* A path, or a URI, without scheme and leading slashes. */
struct span find_below_host(struct span path);
/*
 * The node of a path below `dir`, or of its longest tail that is there or below the root; a URI without its scheme.
 * NULL: there is none. For several threads.
 */
const struct node *find_tail(const struct tree *t, struct span dir, struct span path);

/* The folder of a member path, without the last slash; empty at the root. */
struct span find_dir(struct span path);

/* What identifies the sample of a label file: its path without extension and the folder `mark`. */
struct span find_id(struct span path, const char *mark, struct buf *scratch);

#endif
