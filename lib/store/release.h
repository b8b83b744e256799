/*
 * A release: records in, a new version of the store and the records with their usage out.
 *
 *	struct release *r = release_begin(&options);
 *
 *	while (rec_next(&in, &rec))
 *		release_add(r, &rec);
 *	if (release_publish(r))
 *		release_print(r, out_stdout());
 *	release_end(r);
 *
 * Without a store nothing is published, and the rules SPLIT_STREAM and SPLIT_HASH then print each record
 * as it comes, in constant memory.
 */
#ifndef STORE_RELEASE_H
#define STORE_RELEASE_H

#include "store/plan.h"
#include "store/snapshot.h"

/*
 * The manifest's form belongs to the label formats, which this room does not know: the program hands it in. Append
 * the line of `r` (without line end); a side file that the line refers to gets its name below the
 * version's folder and its content (both empty at first: none).
 */
struct manifest_form {
	void (*line)(void *ctx, const struct record *r, struct buf *line, struct buf *side_name,
	    struct buf *side);
	void *ctx;
	bool files; /* there will be many side files */
};

enum unlabelled { UNLABELLED_IN, UNLABELLED_APART, UNLABELLED_OUT };

struct release_options {
	const char *store;       /* NULL: only assign usage */
	const char *name;        /* NULL: the next of V001, V002 ... */
	const char *description; /* may be NULL */
	const char *parent;      /* name or tag; NULL: the current version; "none" */
	const char *seed;        /* NULL: the parent's, else "" */
	const char *ratio_text;  /* as given, for the description */
	const char *group_text;  /* the text of rules.group_match */
	/*
	 * key NULL: the parent's, else "id"; the seed is taken from above; no group, and near 0: the parent's; group "": none
	 */
	struct pool_rules rules;
	bool no_near; /* near 0 means none */
	struct plan_options plan;
	enum unlabelled unlabelled;
	bool clear_hard; /* drop hard and hard-coefficient */
	bool allow_leak;
	unsigned near_named;    /* how many of those below are named */
	unsigned near_distance; /* bits that may differ in pictures that look alike */
	uint64_t max_leak;      /* of them, test and train; UINT64_MAX: any number */
	bool snapshot;          /* keep the contents of the files too */
	struct snapshot_options files;
	struct manifest_form manifest;
};

struct release;

/* NULL: said so. The options must outlive the release. */
struct release *release_begin(const struct release_options *o);
void release_add(struct release *r, const struct record *rec);
/* Split and publish. False: nothing was published, and why was said. */
bool release_publish(struct release *r);
/* The records in the order in which they came, with their usage. */
void release_print(struct release *r, struct out *out);
/* One line about the result on stderr. */
void release_say(const struct release *r);
void release_end(struct release *r);

#endif
