/*
 * The cleaning policy: what becomes of one file.
 *
 * A JPEG that every trainer reads as it is (baseline, 8 bits, YCbCr, plain
 * sampling, upright, sRGB, every bit decodable) stays as it is, bit for bit.
 * Where its bytes or coefficients can be mended without loss, they are. Only
 * the rest is decoded and encoded again. What is broken is rejected, with the
 * reason.
 */
#ifndef IMAGE_CLEAN_H
#define IMAGE_CLEAN_H

#include "image/colour.h"
#include "image/image.h"
#include "image/jpeg.h"
#include "image/kind.h"
#include "image/signal.h"

struct clean_options {
	struct image_limits lim;
	struct jpeg_encoding encoding;
	enum jpeg_cmyk cmyk;
	unsigned char background[3];
	bool no_gamma;               /* PNG's gAMA is not applied */
	bool keep_icc;               /* colours stay as they are, profiles are dropped */
	bool always_encode;          /* nothing is passed on or copied without loss */
	bool strip;                  /* metadata of what is passed on */
	bool keep_exif;              /* metadata of what is converted */
	uint32_t fit_w, fit_h;       /* shrink to fit; 0: do not */
	uint32_t min_size, max_size; /* of the shorter and the longer side; 0: any */
	bool measure;                /* quality signals */
};

enum clean_action {
	CLEAN_REJECTED,
	CLEAN_PASSED,  /* the same bytes */
	CLEAN_MENDED,  /* the same compressed data, segments changed */
	CLEAN_RECODED, /* the same coefficients */
	CLEAN_ENCODED, /* new pixels */
};

const char *clean_action_name(enum clean_action a);

/* What became of a file. */
struct clean_result {
	struct finding f;
	enum image_kind kind;
	enum clean_action action;
	uint32_t w, h;   /* as stored in the file; 0: unknown */
	int orientation; /* of the file */
	uint32_t new_w, new_h;
	struct signals signals; /* when measured */
	/* the new file: in the input or in the bench; valid until the next one */
	struct span bytes;
};

/* The tools and buffers of one thread. */
struct bench;

struct bench *bench_new(const struct clean_options *o); /* `o` must outlive it */
void bench_free(struct bench *b);
/* A buffer for the input, which stays the caller's until the next picture. */
struct buf *bench_input(struct bench *b);

/* Decide and do. `name` is the source's name, for its extension. */
void clean_picture(struct bench *b, struct span file, struct span name, struct clean_result *r);

#endif
