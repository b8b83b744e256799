/*
 * The frame around a format's reader: where records go, and the counts.
 *
 * A reader writes a header first, then one object a sample:
 *
 *	struct buf *b = import_header(im);	{"dataset":{"name":..,"format":..
 *	jw_key(b, "classes"); ...
 *	import_header_end(im);
 *
 *	b = import_record(im);			an empty buf
 *	jw_open(b, '{');
 *	jw_member_string(b, "source", source);
 *	...
 *	jw_close(b, '}');
 *	import_sample(im, at, buf_span(b), n);	n annotations are in it
 *
 * A reader that works in parallel (base/ordered.h) fills the bufs of its jobs and
 * calls import_sample() from give(). Faults of the input are diagnostics with a
 * position (error_at), and what could not be brought along is counted.
 */
#ifndef LABEL_IMPORT_H
#define LABEL_IMPORT_H

#include "base/out.h"
#include "base/strmap.h"
#include "json/write.h"
#include "label/boxcheck.h"
#include "label/label.h"
#include "label/twice.h"

struct node;

struct importer {
	const struct tree *tree;
	const struct label_format *format;
	const struct label_options *opt;
	const char *name; /* of the dataset, for the header */
	struct out *out;

	uint64_t files;           /* label files read */
	uint64_t samples;         /* given */
	uint64_t annotations;     /* in them */
	uint64_t bad_files;       /* label files that could not be read (to their end) */
	uint64_t bad_samples;     /* samples left out */
	uint64_t bad_annotations; /* annotations left out of samples that were given */
	uint64_t not_wanted, annotations_not_wanted; /* left out by options (filter.h) */

	struct buf record;  /* import_record() */
	struct buf chosen;  /* the same behind the filter */
	struct twice twice; /* sources and ids so far */
	struct boxcheck boxes;
	bool boxes_checked;       /* the reader does that itself */
	struct strmap blanks;     /* class names that had blanks at their ends */
	uint64_t passed_over;     /* files of this tree that do not look like the format ... */
	const struct node *first; /* ... and the first of them */
};

/* `out` and `opt` must outlive it. */
void importer_init(struct importer *im, struct out *out, const struct label_options *opt);
void importer_release(struct importer *im);

/*
 * Read one tree as one dataset: sets tree, format, name and calls the reader. False: it has nothing of
 * this format, neither good nor bad, and that was not said.
 */
bool import_tree(struct importer *im, const struct label_format *format, const struct tree *tree,
    const char *name);

/* What was read, as lines for -v. The numbers add up. */
void import_summary(const struct importer *im);

/* ---- for readers ---- */

struct buf *import_header(struct importer *im);
void import_header_end(struct importer *im);
struct buf *import_record(struct importer *im);
/* A sample that the label files give `at`, made with import_begin_sample(). */
void import_sample(struct importer *im, struct pos at, struct span object, uint64_t annotations);
/*
 * The same in two steps, for readers whose records come from elsewhere, or to whom a position is dear: give it (false: it is
 * not wanted), then name it. When that says false, twice_say(&im->twice, at) has to follow.
 */
bool import_give(struct importer *im, struct span object, uint64_t annotations);
bool import_name(struct importer *im, struct span source, struct span id);

/* A file is not read, for it does not look like this format. They are counted and said at the end. */
void import_pass_over(struct importer *im, const struct node *n);

/* --repair: what is missing in a label file is left to the filter, which says what it did. */
bool import_repairs(const struct importer *im);

/*
 * Is the member of the type that it must have? Absent and null are fine. Otherwise an error at `at` [name of the
 * format] says so, and false: the rest goes on without it.
 */
bool import_type(
    struct importer *im, struct pos at, const char *member, struct span value, enum json_type type);

/*
 * The reader drops blanks at the ends of class names, and this one had some: a note, once for each such name. The whole
 * text is given, line ends at the edges of it are layout and not noted. A job of its own collects what it meets and hands
 * it over later.
 */
void import_class_blanks(struct importer *im, struct pos at, struct span whole);
void class_blanks_add(struct buf *met, struct pos at, struct span whole);
void import_class_blanks_met(struct importer *im, struct buf *met); /* and empties it */

/* Members that most formats have; SPAN_NONE and 0 leave one out. */
void import_begin_sample(
    struct buf *b, struct span source, struct span id, double width, double height);

#endif
