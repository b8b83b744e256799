/*
 * JPEG: what a file is, whether it is whole, decoding, and the three ways
 * to write one (encode pixels, copy coefficients, mend the bytes).
 *
 *	jpeg_head.c	what the segments say (struct jpeg_head)
 *	jpeg_scan.c	is every bit of a baseline file decodable? (own entropy scanner)
 *	jpeg_lib.c	what all users of libjpeg share: errors, reading from memory
 *	jpeg_decode.c	to pixels
 *	jpeg_encode.c	from pixels
 *	jpeg_copy.c	coefficients to baseline, turned or not, without loss
 *
 * Source: ITU-T T.81 (JPEG), T.871 (JFIF), T.872 (Adobe marker, colour).
 */
#ifndef IMAGE_JPEG_H
#define IMAGE_JPEG_H

#include "image/image.h"

#define JPEG_COMPONENTS 4

struct jpeg_component {
	int id, h, v, tq; /* sampling factors, number of the quantisation table */
};

/* The segments up to the first scan. */
struct jpeg_head {
	int sof; /* 0xC0 baseline ... 0xCF; 0: none */
	int precision;
	uint32_t w, h;
	int n; /* components; only the first JPEG_COMPONENTS are kept */
	struct jpeg_component c[JPEG_COMPONENTS];
	bool jfif;
	int adobe;         /* transform of the Adobe marker, -1: no such marker */
	int orientation;   /* 1 to 8 */
	struct span exif;  /* the TIFF structure in the file; p NULL: none */
	size_t exif_value; /* offset of the orientation in exif, 0: none */
	bool metadata;     /* APPn (other than JFIF and Adobe) or COM are there */
	bool extraneous;   /* stray bytes between segments */
	bool mpo;          /* says that more pictures follow (MPF) */
	size_t scan;       /* offset of the first SOS marker; 0: none */
};

/* Colour model that the components are in, by libjpeg's rules. */
enum jpeg_colour { JPEG_GREY, JPEG_YCC, JPEG_RGB, JPEG_CMYK, JPEG_YCCK, JPEG_ODD };

/* Read the segments. False: no header that makes sense (rejected). The profile is put into *icc. */
bool jpeg_read_head(struct span file, struct jpeg_head *h, struct buf *icc, struct finding *f);

/* May this marker stand in a file that libjpeg reads? Which of them have no length? */
bool jpeg_marker_known(int marker);
bool jpeg_marker_bare(int marker);

enum jpeg_colour jpeg_colour(const struct jpeg_head *h);

/* Is the sampling one that every reader takes (4:4:4, 4:2:2, 4:2:0, 4:4:0)? */
bool jpeg_sampling_plain(const struct jpeg_head *h);

/* Does SOF say what the strictest readers take: baseline, 8 bit, three components YCbCr, plain sampling? */
bool jpeg_is_plain(const struct jpeg_head *h);

/* ---- is it whole? ---- */

enum jpeg_verdict {
	JPEG_SOUND,
	JPEG_NO_END,    /* all there but for the end marker */
	JPEG_TRUNCATED, /* the file ends before its picture does */
	JPEG_DAMAGED,
	JPEG_NOT_SCANNED, /* none of the kinds that the scanner knows */
};

/* What the scanner saw. */
struct jpeg_state {
	enum jpeg_verdict verdict;
	const char *why;  /* in words, when it is not sound */
	size_t end;       /* offset behind the end marker, or where the data ended */
	unsigned percent; /* of the rows were decoded */
	bool trailing;    /* bytes follow the end */
	bool grey;        /* no colour in any block (|DC| of chroma small) */
	double detail;    /* mean position of the last coefficient of a luma block, 0 to 63 */
};

/* Tables and the DC plane, reused from file to file; one a thread. */
struct jpeg_scanner;

struct jpeg_scanner *jpeg_scanner_new(void);
void jpeg_scanner_free(struct jpeg_scanner *s);

/*
 * Go through the whole entropy-coded data of a Huffman-coded sequential file of 8 bits with 1 or 3
 * components (SOF0, SOF1). Damage is: a code that no table has, a run that leaves its block, data
 * missing or left over, a marker missing or misplaced, a DC value that no picture can have.
 */
void jpeg_scan(
    struct jpeg_scanner *s, struct span file, const struct jpeg_head *h, struct jpeg_state *st);

/* The luma of the file that was scanned last at 1/8 of its size, as an image of one channel. */
void jpeg_scan_grey(const struct jpeg_scanner *s, struct image *small);

/* ---- through libjpeg ---- */

enum jpeg_cmyk { CMYK_REJECT, CMYK_INVERTED, CMYK_PLAIN }; /* without an Adobe marker */

struct jpeg_decoding {
	const struct image_limits *lim;
	enum jpeg_cmyk cmyk;
	int scale; /* eighths: 8 full size, 4, 2, 1 */
};

/* Pixels as RGB (for CMYK with a profile: four inks, channels 4, *inks true). */
bool jpeg_decode(struct span file, const struct jpeg_head *h, const struct jpeg_decoding *how,
    struct image *im, bool *inks, struct finding *f);

struct jpeg_encoding {
	int quality;   /* 1 to 100 */
	int h, v;      /* sampling of Y against chroma: 2,2 is 4:2:0 */
	bool optimize; /* Huffman tables of its own */
	bool progressive;
	struct span exif; /* an APP1 to put in; p NULL: none */
};

/* Append a JPEG of an RGB image to out. */
void jpeg_encode(const struct image *im, const struct jpeg_encoding *how, struct buf *out);

/* The same row by row: images of the same width, one below the other, h rows in all. */
struct jpeg_writer;

struct jpeg_writer *jpeg_writer_new(
    uint32_t w, uint32_t h, const struct jpeg_encoding *how, struct buf *out);
void jpeg_writer_rows(struct jpeg_writer *k, const struct image *im);
void jpeg_writer_end(struct jpeg_writer *k);  /* writes what is left, and frees it */
void jpeg_writer_drop(struct jpeg_writer *k); /* gives up; may be NULL */

/*
 * Baseline from the same coefficients, turned upright (1: as it is) where the edges allow, with
 * chroma added to a grey picture. False with f->code NULL: the edges do not allow it.
 */
bool jpeg_copy(struct span file, const struct jpeg_head *h, int orientation,
    const struct image_limits *lim, const struct jpeg_encoding *how, struct buf *out,
    struct finding *f);

/*
 * Append the bytes of `file` up to st->end, with an end marker if that is missing; without its
 * metadata when `strip` is set.
 */
void jpeg_copy_bytes(struct span file, const struct jpeg_state *st, bool strip, struct buf *out);

/* "libjpeg-turbo 2.1.5" */
const char *jpeg_library(void);

#endif
