/*
 * What is said of a cleaned picture in JSON: its record, the record among the
 * rejects, and its line of the report (members: ds-clean(1)).
 *
 * Of a record only those members change that follow from the new file; the
 * rest passes byte for byte. All functions append to `out`, without a line end.
 */
#ifndef IMAGE_REWRITE_H
#define IMAGE_REWRITE_H

#include "image/clean.h"
#include "image/twins.h"
#include "record/record.h"

/* Members that are added to records; sha256 and bytes are kept true where they are there already. */
struct rewrite {
	bool sha256, signals, phash;
};

/*
 * The record of a picture whose new file is called `path`. `labels` is its new annotation list in
 * raw JSON, empty: it stays as it is.
 */
void rewrite_record(const struct record *r, const struct clean_result *res, struct span path,
    struct span labels, const struct rewrite *how, struct buf *out);

/* The record `line` with the member "reject". */
void rewrite_rejected(struct span line, const struct finding *f, struct buf *out);

/* The record `line` with the member "duplicate". */
void rewrite_twin(struct span line, struct twin twin, struct buf *out);

/* What was found and done, as an object; with the signals when they were `measured`. */
void rewrite_report(struct span source, const struct clean_result *res, bool measured,
    double seconds, struct buf *out);

#endif
