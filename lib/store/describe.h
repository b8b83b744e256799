/*
 * What version.json says of a version; the members are described in ds-store(5).
 */
#ifndef STORE_DESCRIBE_H
#define STORE_DESCRIBE_H

#include "base/sha256.h"
#include "store/plan.h"
#include "store/store.h"

/* Samples (or boxes) of each usage, and of none. */
struct by_usage {
	uint64_t n[USAGES + 1]; /* [USAGES]: no usage */
};

struct class_count {
	struct by_usage samples, boxes;
};

struct version_info {
	char *name, *key, *seed, *semver;
	unsigned char id[SHA256_SIZE]; /* SHA-256 of records.jsonl */
	char *id_hex;                  /* when it was loaded */
	char *text;                    /* when it was loaded: version.json */
	uint64_t folds; /* when it was loaded: into how many it is divided, 0: none */
	uint64_t total, labelled, hard;
	uint64_t added, modified, deleted; /* against the parent */
	struct by_usage usage;
	struct class_count *class; /* by index of pool names */
	size_t classes, cap;
	const struct strmap *names;
	const struct version_info *parent; /* NULL: none */
	const struct plan_options *plan;
	const struct plan_result *result;
	const char *ratio_text, *description, *group, *group_match;
	int near; /* as in pool_rules */
	bool clear_hard, snapshot, allow_leak;
};

/* Read STORE/versions/NAME/version.json: name, id_hex, key, seed, semver. False: said so. */
bool version_load(struct version_info *v, const struct store *s, const char *name);
/* The same for a version's folder wherever it is. */
bool version_load_dir(struct version_info *v, const char *dir);
void version_release(struct version_info *v);

/* Are its records the ones that were published? False: damaged; said so. */
bool version_intact(const struct version_info *v, const char *dir);

/* Count one sample of the version. */
void version_count(struct version_info *v, const struct pool *p, const struct pooled *s);

/* A member of the loaded version.json: a string or null (NULL; the caller frees it), true or not. */
char *version_text(const struct version_info *v, const char *key);
bool version_flag(const struct version_info *v, const char *key);
/* Its "group_near" as pool_rules have it; 0: none, or no version was loaded. */
int version_near(const struct version_info *v);

/* Append the part of version.json that counting gives: totals, usage, classes. */
void version_describe_counts(const struct version_info *v, struct buf *text);

/* Append the text of version.json. */
void version_describe(const struct version_info *v, struct buf *text);

/* By class and side: what is there, what the target was. For stats.json. */
void version_stats(const struct version_info *v, struct buf *text);

/* Classes that one of the split's sides lacks; warned about by name, rule "one-sided". */
void version_warn_classes(const struct version_info *v);

#endif
