/*
 * What all users of libjpeg share, for jpeg_*.c only: errors that come back,
 * counted warnings, and reading from memory with the end of the data seen.
 *
 * Each use sets up a struct jpeg_trap and calls libjpeg below a
 * setjmp(trap.jump) in a function of its own whose locals do not change.
 */
#ifndef IMAGE_JPEG_LIB_H
#define IMAGE_JPEG_LIB_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "image/jpeg.h"

struct jpeg_trap {
	struct jpeg_error_mgr mgr; /* first: libjpeg hands back a pointer to it */
	struct jpeg_progress_mgr progress;
	struct jpeg_source_mgr source;
	jmp_buf jump;
	const struct image_limits *lim;
	struct finding *f;
	bool in_scan;      /* the header was read: stray bytes are damage from here on */
	bool ran_out;      /* the data ended */
	bool bits_missing; /* a progressive file did not bring all bits of its coefficients */
	bool hit_marker;   /* the entropy decoder met the end (or a marker) too early */
	unsigned bad_at;   /* the row of blocks where that was */
	long damage;       /* warnings that mean damage, the two above not counted */
	char text[JMSG_LENGTH_MAX]; /* the first of them */
};

/* Prepare a decompressor that reads `file`. */
void jpeg_trap_open(struct jpeg_trap *t, struct jpeg_decompress_struct *d, struct span file,
    const struct image_limits *lim, struct finding *f);
/* Prepare the error handler of a compressor. */
void jpeg_trap_compress(struct jpeg_trap *t, struct jpeg_compress_struct *c);
/* jpeg_finish_decompress(), and remember what it frees. */
void jpeg_trap_finish(struct jpeg_trap *t, struct jpeg_decompress_struct *d);
/* What the warnings of a finished pass mean: false when the picture is rejected for them. */
bool jpeg_trap_judge(struct jpeg_trap *t, struct jpeg_decompress_struct *d);

/* A destination that appends to a buf. */
struct jpeg_sink {
	struct jpeg_destination_mgr mgr;
	struct buf *out;
};

void jpeg_sink_init(struct jpeg_sink *s, struct jpeg_compress_struct *c, struct buf *out);

#endif
