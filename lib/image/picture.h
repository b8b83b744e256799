/*
 * A picture on its way through cleaning: from the record that names it to the
 * record of its new file.
 *
 *	picture_load_member()	serial, in order: what comes out of an archive
 *	picture_clean()		by any thread: everything costly
 *	picture_find_twin()	serial, in order, when duplicates are looked for
 *	picture_pack()		serial, in order: new files into an archive
 *
 * What is wrong with a picture is said as an error at its source, and makes
 * it CLEAN_REJECTED; a failing machine ends the program.
 */
#ifndef IMAGE_PICTURE_H
#define IMAGE_PICTURE_H

#include "archive/source.h"
#include "base/sha256.h"
#include "image/clean.h"
#include "image/labels.h"
#include "image/mask_set.h"
#include "image/output.h"
#include "image/rewrite.h"
#include "image/twins.h"
#include "record/record.h"

/* What is the same for all pictures of a run: set the fields, then cleaning_begin(). */
struct cleaning {
	struct clean_options policy;
	struct rewrite rewrite;
	enum label_space label_space;
	uint64_t max_bytes;   /* of one file; option --max-bytes */
	bool drop_marked;     /* reject pictures that signals mark */
	bool digests;         /* picture_find_twin() will be asked */
	struct output output; /* open */
	struct benches *idle; /* tools of threads that are not at work */
};

void cleaning_begin(struct cleaning *c);
void cleaning_end(struct cleaning *c); /* the output stays open */

/* Start with an all-zero one; it may be used again and again. */
struct picture {
	/* set by the caller */
	struct buf line, source; /* the record; what it names */
	struct buf name;         /* of the new file, for output.h */
	struct pos pos;          /* of the record */
	/* set by picture_load_member() */
	struct buf member; /* content, when the source is a member of an archive */
	int member_error;  /* errno of reading it, -1: it is no member */
	/* set by picture_clean() */
	struct clean_result result; /* but for .bytes, which are gone */
	struct buf out;             /* the record as it goes out, or to the rejects */
	double seconds;             /* it took */
	/* its own */
	struct record r;
	struct mask_set masks;             /* those that were moved */
	struct buf file;                   /* the new file, when it goes into an archive */
	unsigned char digest[SHA256_SIZE]; /* of the old file */
};

/* All members have to come from one reader, in the order of the stream. */
void picture_load_member(struct picture *p, struct source_reader *members);

/* Clean it, put its new files below the folder (or keep them for picture_pack()), and make p->out. */
void picture_clean(const struct cleaning *c, struct picture *p);

/*
 * Was there a picture like it before? Then its record says so; with `drop` it is rejected and its
 * new files are taken away. A rejected picture has no twin.
 */
bool picture_find_twin(const struct cleaning *c, struct picture *p, struct twins *twins, bool drop);

/* Put the new files of a picture into the archive, if that is where they go. */
void picture_pack(const struct cleaning *c, const struct picture *p);

void picture_release(struct picture *p);

#endif
