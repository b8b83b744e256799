/*
 * metrics.json: what a training step writes down, and a set of such files.
 *
 * The file is a JSON array of {"key", "title", "type", "data"}. For the type
 * "float", data is {"value": number}; only such a metric may be compared. The
 * shapes of the other types are checked as far as they are known (M rules);
 * what is not of a known type passes with a warning.
 */
#ifndef WORKFLOW_METRICS_H
#define WORKFLOW_METRICS_H

#include "base/diag.h"
#include "base/strmap.h"
#include "workflow/cond.h"
#include "workflow/rules.h"

struct metric {
	struct span key;   /* decoded; lives as long as the metrics */
	struct pos at;     /* of the entry */
	struct buf type;   /* "float", ... */
	struct buf number; /* data.value as written; empty: there is none */
};

struct metrics {
	char *file;           /* for messages */
	struct metric *entry; /* in the order of the file; of equal keys the first only */
	size_t n, cap;
	struct strmap index;              /* key to index in entry */
	const struct rule_levels *levels; /* private */
};

/*
 * Read a file ("-" is standard input). What is wrong with the file as a whole
 * is an error and gives false (said so); what is wrong with one entry is said
 * at `level`, and that entry has no number.
 */
bool metrics_read(struct metrics *m, const char *path, enum diag_level level);
/*
 * The same from memory; the text begins at the place `at`. `levels` (may be NULL) are those
 * of the M rules, where the user chose others.
 */
bool metrics_parse(struct metrics *m, struct span text, struct pos at, enum diag_level level,
    const struct rule_levels *levels);
void metrics_release(struct metrics *m);

const struct metric *metrics_find(const struct metrics *m, struct span key);

/* ---- several files, each with a name ---- */

struct metrics_set {
	struct metrics_source {
		char *name; /* "" when none was given */
		struct metrics metrics;
	} * source;

	size_t n, cap;
};

/*
 * Add what `-m` says: "FILE", or "NAME=FILE" where NAME is any word, a step, or
 * "STEP/OUTPUT" (a path with '=' in it is written "=FILE"). False: said so.
 */
bool metrics_set_add(struct metrics_set *set, const char *argument, enum diag_level level);
void metrics_set_release(struct metrics_set *set);

/*
 * The value of metric `key` of `source`: a name given to a file; for
 * "STEP/OUTPUT" also a file named STEP, else a file without a name; for ""
 * all files. Has the form that struct cond_env wants for `metric`, with the
 * set as ctx.
 */
enum lookup metrics_set_find(
    void *set, struct span source, struct span key, struct value *value, struct buf *why);

#endif
