/*
 * The stream of records: what a sample is and how one is read, looked at and
 * changed. The form is described in ds-record(5).
 *
 * A record is a view of its line: every value is a span of raw JSON text in
 * the line, so numbers keep their digits and what nobody looks at is never
 * touched. The view lives until the next record is read.
 *
 *	struct rec_reader in;
 *	struct record r;
 *
 *	rec_open(&in, argv + i, argc - i);
 *	while (rec_next(&in, &r)) {
 *		if (r.header) ...
 *		else ...
 *		rec_write(out_stdout(), &r, changes, n);
 *	}
 *	rec_close(&in);
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/input.h"
#include "base/out.h"
#include "json/json.h"
#include "json/write.h"

/* Top-level fields that have a meaning; all others are carried through. */
enum rec_field {
	REC_SOURCE,
	REC_ID,
	REC_WIDTH,
	REC_HEIGHT,
	REC_USAGE,
	REC_SHA256,
	REC_BYTES,
	REC_HARD,
	REC_HARD_COEFFICIENT,
	REC_ANNOTATION,
	REC_DATASET, /* makes the line a header */
	REC_FIELDS,
};

/* Fields of an annotation. */
enum ann_field {
	/* shapes */
	ANN_BBOX,              /* [x, y, w, h] */
	ANN_RBOX,              /* [cx, cy, w, h, degrees clockwise] */
	ANN_POLYGON,           /* list of rings, each flat [x1,y1,x2,y2,...] */
	ANN_RLE,               /* {"size":[h,w],"counts":...} as COCO */
	ANN_MASK,              /* {"source":path,"value":n} */
	ANN_KEYPOINTS,         /* flat [x,y,v,...] */
	ANN_POLYLINE,          /* flat */
	ANN_LINE,              /* flat, two points */
	ANN_POINT,             /* [x, y] */
	ANN_CIRCLE,            /* [cx, cy, r] */
	ANN_SPAN,              /* [start, end) in characters */
	ANN_TIME,              /* [start, end) in seconds */
	ANN_TEXT,              /* caption or transcript */
	ANN_SHAPES = ANN_TEXT, /* the fields before this one are geometry */
	/* the rest */
	ANN_NAME,
	ANN_ID,
	ANN_CONFIDENCE,
	ANN_AREA,
	ANN_ISCROWD,
	ANN_DIFFICULT,
	ANN_TRUNCATED,
	ANN_OCCLUDED,
	ANN_GROUP,
	ANN_UNIT, /* "ratio": geometry is normalised; "codepoint": of a span */
	ANN_FROM, /* a relation */
	ANN_TO,
	ANN_SPEAKER, /* who speaks in `time` */
	ANN_ANNOTATED_BY,
	ANN_CREATION_TIME,
	ANN_PROPERTY,
	ANN_FIELDS,
};

extern const char *const rec_field_name[REC_FIELDS];
extern const char *const ann_field_name[ANN_FIELDS];

/* The field of a raw key (without quotes); REC_FIELDS, ANN_FIELDS: none of them. */
enum rec_field rec_field_of(struct span key);
enum ann_field ann_field_of(struct span key);

struct record {
	struct span line;          /* the whole object */
	struct pos pos;            /* of its first byte */
	struct span v[REC_FIELDS]; /* raw JSON; p NULL: absent */
	uint64_t has;              /* bit f: v[f] is there */
	struct member *m;          /* every member, in order */
	size_t n, cap;
	bool header;
};

struct annotation {
	struct span raw; /* the whole object */
	struct span v[ANN_FIELDS];
	uint64_t has;     /* bit f: v[f] is there */
	struct member *m; /* every member, in order */
	size_t n, cap;
};

/*
 * Parse one line. False: it is no JSON object, or a known field has the wrong
 * type; that was reported at its position with rule "record". `r` is reused: start
 * with an all-zero one, end with rec_release().
 */
bool rec_parse(struct record *r, struct span line, struct pos at);
void rec_release(struct record *r);

/*
 * Known fields. A string is decoded (into *scratch if it must be); a number, as ids often
 * are, gives its text; anything else, or nothing, gives SPAN_NONE.
 */
struct span rec_string(const struct record *r, enum rec_field f, struct buf *scratch);
bool rec_number(const struct record *r, enum rec_field f, double *value);
/* Width and height, when both are known and positive. */
bool rec_size(const struct record *r, double *width, double *height);
/* Any other member by name; SPAN_NONE when absent. */
struct span rec_member(const struct record *r, const char *key);

/* Position of a value of the record, for messages. */
struct pos rec_pos(const struct record *r, struct span value);

/*
 * Annotations one after the other. Whether there are none because nobody
 * looked (absent, null) or because there is nothing (empty list) is told by
 * rec_annotated().
 */
struct ann_iter {
	struct json j;
	const struct record *r;
	bool open;
};

bool rec_annotated(const struct record *r);
void ann_begin(struct ann_iter *it, const struct record *r);
/*
 * The next one; `a` is reused, start with an all-zero one. An element that is no object is
 * reported (rule "record") and left out.
 */
bool ann_next(struct ann_iter *it, struct annotation *a);
bool ann_parse(struct annotation *a, struct span raw); /* one object by itself */
void ann_release(struct annotation *a);

struct span ann_string(const struct annotation *a, enum ann_field f, struct buf *scratch);
bool ann_number(const struct annotation *a, enum ann_field f, double *value);
/* A flag: 1 true, 0 false, -1 absent (unknown). Takes true/false, 0/1, "true"/"0"... */
int ann_flag(const struct annotation *a, enum ann_field f);
int json_flag(struct span raw);

struct box {
	double x, y, w, h; /* pixels from the top left corner; the far edge is x + w */
};

/*
 * The bbox, or the hull of the other shapes it has (polygon, rbox, ...; of an rle the box of its
 * pixels). False: no geometry, or only the pixels of another file (mask).
 */
bool ann_box(const struct annotation *a, struct box *box);
/* Only the bbox field. */
bool ann_bbox(const struct annotation *a, struct box *box);
bool ann_is_ratio(const struct annotation *a); /* "unit":"ratio" */

/* Append the line with changes and a line end; nothing but the changes differs. */
void rec_write(struct out *out, const struct record *r, const struct json_change *change, size_t n);

/* Records from files or versions (see operand.h; none: standard input), one after the other. */
struct rec_reader {
	struct input in;
	char *const *files;
	size_t nfiles, next;
	bool open;
	uint64_t read;     /* lines seen that are not blank */
	uint64_t bad;      /* of them, left out with a diagnostic */
	uint64_t unopened; /* files that could not be opened; said so (status 2) */
};

void rec_open(struct rec_reader *rr, char *const *files, size_t n);
bool rec_next(struct rec_reader *rr, struct record *r);
void rec_close(struct rec_reader *rr);

#endif
