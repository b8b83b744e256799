/*
 * Writing Croissant 1.1, a description of a dataset's files in JSON-LD.
 *
 *	croissant_begin(b, &about);
 *	croissant_file(b, "a.json", 12, digest, "application/json"); ...
 *	croissant_file_set(b, "pictures", ...); ...
 *	croissant_records(b);
 *	croissant_splits(b, usages, n);
 *	croissant_record_set(b, "samples"); croissant_field(b, ...); ... croissant_record_set_end(b);
 *	croissant_end(b);
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

void croissant_begin(struct buf *b, const struct croissant_about *about);

/* Append the names of properties that the specification requires and that are not said, with ", " between. */
void croissant_missing(struct buf *out, const struct croissant_about *about);

void croissant_file(struct buf *b, const char *name, uint64_t bytes,
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
void croissant_file_set(struct buf *b, const char *id, const struct croissant_names *types,
    const struct croissant_names *includes, const struct croissant_names *contained);

void croissant_records(struct buf *b);
/* The usages (TRAIN, EVAL, TEST or others) as splits, in the vocabulary's words. */
void croissant_splits(struct buf *b, const char *const *usage, size_t n);
/* A list of names with a number each ("classes/name", "classes/id"); id NULL: none has one. */
void croissant_classes(struct buf *b, const char *const *name, const char *const *id, size_t n);

void croissant_record_set(struct buf *b, const char *id);
void croissant_record_set_end(struct buf *b);

/* Where a field comes from. */
struct croissant_source {
	const char *file, *file_set;          /* the id of one of these */
	const char *column, *path, *property; /* what is taken: one of these */
	const char *references; /* a field with the values that it may have; NULL: any */
};

/* `set`: the id of the record set. */
void croissant_field(struct buf *b, const char *set, const char *name, const char *type,
    const struct croissant_source *source);

void croissant_end(struct buf *b);

/* The type of a file by its name: "application/json". */
const char *croissant_type(struct span name);

#endif
