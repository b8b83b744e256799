/*
 * What the files of this room share: pixels, limits, and what is found out
 * about a picture.
 *
 * A decoder takes the bytes of a file and gives an image, or says why not:
 *
 *	bool bmp_decode(struct span file, const struct image_limits *lim,
 *	    struct image *im, struct finding *f);
 *
 * False means that the picture is at fault. When the machine is (no memory,
 * no descriptors, a failing disk) the program ends with status 2 and no
 * picture is called bad.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct image;

/*
 * Takes the rows of a picture as they are decoded, so that it is never in memory as a whole. A decoder
 * may begin anew, when a faster way turned out not to be open for a picture; the rows then come again.
 */
struct image_taker {
	/* The size, the orientation and the colours of `im` are known. False: all rows are wanted at once. */
	bool (*begin)(struct image_taker *t, struct image *im);
	/* The next im->h rows, to do with as one likes: IMAGE_BAND of them, but for the last ones. */
	void (*take)(struct image_taker *t, struct image *im);
};

#define IMAGE_BAND 16

/* Decoded pixels, reused from picture to picture. Start with an all-zero one. */
struct image {
	uint32_t w, h;
	int channels;              /* 3: RGB; 4: RGB and alpha, not premultiplied */
	struct buf px;             /* w * h * channels bytes, rows from the top, no padding */
	struct buf icc;            /* the colour profile; empty: none, which means sRGB */
	int orientation;           /* how to turn it, as EXIF numbers it: 1 (upright) to 8 */
	double gamma;              /* of the file's samples as PNG's gAMA has it; 0: sRGB */
	struct buf room[2];        /* for decoders to work in */
	struct image_taker *taker; /* NULL: all rows are kept in px */
	bool giving;               /* the taker gets the rows of the present picture */
};

/* Set the size and make room for the pixels (their content is undefined). */
void image_size(struct image *im, uint32_t w, uint32_t h, int channels);
void image_release(struct image *im);

/*
 * For decoders: say what the picture will be, then go through it in bands of as many rows as
 * image_begin() returned, each between image_band() and image_give(), and end with image_end(). All
 * rows are one band when nobody takes them, or when the decoder cannot give them one by one
 * (`in_order` false).
 */
uint32_t image_begin(struct image *im, uint32_t w, uint32_t h, int channels, bool in_order);
/* Room for the band from row y on of a picture of `h` rows: im->h of them. */
void image_band(struct image *im, uint32_t band, uint32_t y, uint32_t h, int channels);
void image_give(struct image *im);
void image_end(struct image *im, uint32_t h);

static inline unsigned char *
image_row(const struct image *im, uint32_t y)
{
	return (unsigned char *)im->px.p + (size_t)y * im->w * (size_t)im->channels;
}

/* What a hostile file may cost. */
struct image_limits {
	uint64_t pixels;   /* width times height; option --max-pixels */
	unsigned scans;    /* of a progressive JPEG; option --max-scans */
	double seconds;    /* for one picture, 0: any; option --max-time */
	double deadline;   /* when that is over for the present picture, on image_clock() */
	int keep_rows;     /* take a truncated picture with this share of its rows, in percent */
	bool keep_damaged; /* take pictures whose data is damaged */
};

/* Things worth saying of a picture that was taken. image_note_name() has their words. */
enum image_note {
	NOTE_RENAMED = 1 << 0,     /* the name's extension says another format */
	NOTE_PROGRESSIVE = 1 << 1, /* was progressive */
	NOTE_ARITHMETIC = 1 << 2,  /* was arithmetic coded */
	NOTE_GREY = 1 << 3,        /* one channel became three */
	NOTE_CMYK = 1 << 4,        /* four inks became RGB */
	NOTE_RGB_CODED = 1 << 5,   /* RGB inside JPEG became YCbCr */
	NOTE_TURNED = 1 << 6,      /* made upright */
	NOTE_ICC = 1 << 7,         /* converted from its colour profile to sRGB */
	NOTE_ICC_IGNORED = 1 << 8, /* the profile is broken, of another kind, or lcms2 is missing */
	NOTE_GAMMA = 1 << 9,       /* PNG gamma applied */
	NOTE_ALPHA = 1 << 10,      /* transparency laid over the background */
	NOTE_DEPTH = 1 << 11,      /* 16 bits a channel became 8 */
	NOTE_ANIMATED = 1 << 12,   /* further frames or pictures were left out */
	NOTE_TRAILING = 1 << 13,   /* bytes after the end of the picture were cut */
	NOTE_NO_END = 1 << 14,     /* the end marker was missing */
	NOTE_EXTRANEOUS = 1 << 15, /* stray bytes between the segments of the header */
	NOTE_CHECKSUM = 1 << 16,   /* a checksum of something unimportant is wrong */
	NOTE_PALETTE = 1 << 17,    /* palette index out of range: black */
	NOTE_TRUNCATED = 1 << 18,  /* rows are missing; taken because asked to */
	NOTE_DAMAGED = 1 << 19,    /* data is damaged; taken because asked to */
	NOTE_SUBSAMPLING = 1 << 20, /* had a chroma subsampling that some readers refuse */
	NOTE_RESIZED = 1 << 21,     /* shrunk */
	NOTE_TINY = 1 << 22,        /* a side is under 10 pixels */
	NOTE_LARGE = 1 << 23,       /* a side is over 8192 pixels */
	NOTE_FOURTH = 1 << 24,      /* a constant fourth channel was dropped */
	NOTE_SIZE = 1 << 25,        /* the record said another size */
	NOTE_OBJECTS = 1 << 26,     /* metadata was stripped */
	NOTE_EXTENDED = 1 << 27,    /* SOF1 became SOF0 */
};

#define IMAGE_NOTES 28

const char *image_note_name(int bit);

/* What was found out about one picture. */
struct finding {
	const char *code; /* why it is rejected; NULL: it is not */
	char reason[192]; /* the same in words */
	uint32_t notes;   /* enum image_note */
};

/* Reject: set code and reason (the first one stays). Returns false. */
bool image_reject(struct finding *f, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), cold));

/* Seconds on a clock that only goes forward, and: is the picture's time over (then it is rejected)? */
double image_clock(void);
bool image_late(const struct image_limits *lim, struct finding *f);

/* Is a picture of this size allowed? Rejects it if not. */
bool image_check_size(uint64_t w, uint64_t h, const struct image_limits *lim, struct finding *f);

#endif
