/*
 * Writing Croissant 1.1, a description of a dataset's files in JSON-LD.
 *
 *	struct croissant c;
 *
 *	croissant_begin(&c, &about);
 *	croissant_file(&c, "a.json", 12, digest, "application/json"); ...
 *	croissant_file_set(&c, "pictures", ...); ...
 *	croissant_splits(&c, usages, n);
 *	samples = croissant_record_set(&c, "samples");
 *	croissant_field(samples, "source", ...); ...
 *	croissant_end(&c, out);
 *
 * It is held as a tree until its end: files, sets of files and sets of records come in any order, each kind in the
 * order in which it was added. Strings are copied.
 *
 * Source: MLCommons, "Croissant Format Specification", version 1.1 (2026-01-29). The context has the names of its
 * appendix 1 and those that mlcroissant, the reader of MLCommons, asks for, under the "https" that this one
 * and all datasets of MLCommons use.
 */
#ifndef RECORD_CROISSANT_H
#define RECORD_CROISSANT_H

#include "base/buf.h"
#include "base/sha256.h"

/* Of the dataset; NULL: not said. The name is needed. */
struct croissant_about {
	const char *name, *description, *license, *url, *creator, *cite_as;
	const char *version;   /* "1.0.0" */
	const char *published; /* "2026-01-31" */
};

/* A description on its way; its nodes are cJSON's. */
struct croissant {
	struct cJSON *root, *files, *records;
};

void croissant_begin(struct croissant *c, const struct croissant_about *about);

/* Append the names of properties that the specification requires and that are not said, with ", " between. */
void croissant_missing(struct buf *out, const struct croissant_about *about);

void croissant_file(struct croissant *c, const char *name, uint64_t bytes,
    const unsigned char digest[SHA256_SIZE], const char *type);

/* A list of names. */
struct croissant_names {
	char **v;
	size_t n, cap;
};

/* Add a copy of it, unless it is there. */
void croissant_name(struct croissant_names *names, const char *name);
void croissant_names_release(struct croissant_names *names);

/* Files by patterns, beside the description or (contained->n) inside of files of that name. */
void croissant_file_set(struct croissant *c, const char *id, const struct croissant_names *types,
    const struct croissant_names *includes, const struct croissant_names *contained);

/* The usages (TRAIN, EVAL, TEST or others) as splits, in the vocabulary's words. */
void croissant_splits(struct croissant *c, const char *const *usage, size_t n);
/* A list of names with a number each ("classes/name", "classes/id"); id NULL: none has one. */
void croissant_classes(
    struct croissant *c, const char *const *name, const char *const *id, size_t n);

/* A record set for croissant_field(). */
struct cJSON *croissant_record_set(struct croissant *c, const char *id);

/* Where a field comes from. */
struct croissant_source {
	const char *file, *file_set;          /* the id of one of these */
	const char *column, *path, *property; /* what is taken: one of these */
	const char *references; /* a field with the values that it may have; NULL: any */
};

/* source NULL: the records are in the description. */
void croissant_field(
    struct cJSON *set, const char *name, const char *type, const struct croissant_source *source);

/* Append the text, one line, and forget the tree. */
void croissant_end(struct croissant *c, struct buf *out);

/* The type of a file by its name: "application/json". */
const char *croissant_type(struct span name);

#endif
