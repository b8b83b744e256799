/*
 * What a label format is, and the table of all of them.
 *
 * A format is one file of this room, lib/label/NAME.c, that defines one
 * `struct label_format`, and one line in the table in label.c. It turns a
 * dataset as people have it (a folder, an archive, a file: archive/tree.h)
 * into records (import.h), and records into such a dataset in a folder or an
 * archive (export.h, archive/sink.h). Everything that formats have in common
 * is done around them: detection, counting, class lists and their renaming,
 * names and copies of pictures, the report of what the target cannot hold.
 *
 * Geometry in records is in pixels from the top left CORNER of the picture,
 * the far edge is exclusive (ds-record(5)). A reader converts to that, a
 * writer converts back, so that the same numbers come out.
 */
#ifndef LABEL_LABEL_H
#define LABEL_LABEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "record/record.h"

struct tree;
struct importer;
struct exporter;
struct sample;

/*
 * What a format can hold: a set of bits. Bit ANN_X says that it has a place
 * for that field of an annotation (a shape, a flag, a score ...), the others
 * are below. What a record has and the target does not hold goes to the loss
 * report by itself (export.h).
 */
#define HOLDS(ann_field) ((uint64_t)1 << (ann_field))

enum {
	HOLDS_BIT_PARTS = 40,
	HOLDS_BIT_HOLES,
	HOLDS_BIT_CLASS,
	HOLDS_BIT_CLASSES,
	HOLDS_BIT_MORE,
	HOLDS_BIT_UNLABELLED,
	HOLDS_BIT_NEGATIVE,
	HOLDS_BIT_SIZE,
	HOLDS_BIT_ID,
	HOLDS_BIT_USAGE,
	HOLDS_BIT_HARD,
	HOLDS_BIT_SAMPLE_MORE,
	HOLDS_BIT_CLASS_LIST,
	HOLDS_BIT_INFO,
	HOLDS_BIT_BOX_FIRST,
	HOLDS_BITS,
};

#define HOLDS_PARTS HOLDS(HOLDS_BIT_PARTS)             /* polygons of several rings */
#define HOLDS_HOLES HOLDS(HOLDS_BIT_HOLES)             /* rings that are holes */
#define HOLDS_CLASS HOLDS(HOLDS_BIT_CLASS)             /* a class of the whole sample */
#define HOLDS_CLASSES HOLDS(HOLDS_BIT_CLASSES)         /* several of them */
#define HOLDS_MORE HOLDS(HOLDS_BIT_MORE)               /* unknown members of annotations */
#define HOLDS_UNLABELLED HOLDS(HOLDS_BIT_UNLABELLED)   /* samples nobody looked at */
#define HOLDS_NEGATIVE HOLDS(HOLDS_BIT_NEGATIVE)       /* looked at, nothing there */
#define HOLDS_SIZE HOLDS(HOLDS_BIT_SIZE)               /* width and height */
#define HOLDS_ID HOLDS(HOLDS_BIT_ID)                   /* the id of a sample */
#define HOLDS_USAGE HOLDS(HOLDS_BIT_USAGE)             /* the split */
#define HOLDS_HARD HOLDS(HOLDS_BIT_HARD)               /* hard, hard-coefficient of samples */
#define HOLDS_SAMPLE_MORE HOLDS(HOLDS_BIT_SAMPLE_MORE) /* unknown members of samples */
#define HOLDS_CLASS_LIST HOLDS(HOLDS_BIT_CLASS_LIST)   /* the classes in order, used or not */
#define HOLDS_INFO HOLDS(HOLDS_BIT_INFO)               /* the header's other members */
#define HOLDS_BOX_FIRST HOLDS(HOLDS_BIT_BOX_FIRST)     /* one shape: the box where there is one */

/* The name of a bit as --list-formats and the loss report show it. */
const char *holds_name(int bit);

/* --mask-to: what shapes that are areas become; as the format holds them. */
enum mask_to { MASK_TO_AS_HELD, MASK_TO_POLYGON, MASK_TO_RLE, MASK_TO_PNG };

/* --bbox-from: the box that a record gives beside a shape, or that of the shape. */
enum bbox_from { BBOX_FROM_GIVEN, BBOX_FROM_SHAPE };

/* --yolo-task: what rows of YOLO are; as the annotations have it. */
enum yolo_task {
	YOLO_TASK_GIVEN,
	YOLO_TASK_DETECT,
	YOLO_TASK_SEGMENT,
	YOLO_TASK_POSE,
	YOLO_TASK_OBB
};

/* Options that formats look at. Set by the programs, constant while formats run. */
enum images_how { IMAGES_COPY, IMAGES_LINK, IMAGES_NONE };

struct label_options {
	int voc_base;         /* 0 or 1; -1: as the header says, else 1 */
	const char *encoding; /* of text without its own mark; NULL: UTF-8 */
	char text_separator;  /* between a text and its labels; 0: TAB */
	char label_separator; /* between the labels of a text; 0: ',' */
	int decimals; /* digits behind the point, but of the same format's numbers; -1: as they are */
	enum yolo_task yolo_task;
	enum mask_to mask_to;
	enum bbox_from bbox_from;
	const char *label_map; /* (import) a .pbtxt of TensorFlow; NULL: look for it */
	uint64_t shard_count;  /* (export) so many shards; 0: the format's own way */
	uint64_t shard_size;   /* (export) about so many bytes a shard; 0: no limit */
	enum images_how images;
	struct class_map *map; /* (export) --map, --map-file; NULL: none (classmap.h) */
	struct filter *filter; /* (import) what is chosen and changed; NULL: nothing (filter.h) */
	uint64_t max_text;     /* bytes of one label file that is read whole (--max-text) */
	uint64_t max_names;    /* (import) sources and ids that are remembered (--max-names) */
};

#define LABEL_OPTIONS_INIT \
	{ \
		.voc_base = -1, .decimals = -1, .max_text = (uint64_t)256 << 20, \
		.max_names = 3000000 \
	}

struct label_writer {
	/* It needs the whole class list before the first sample (class numbers). */
	bool needs_classes;
	void (*begin)(struct exporter *ex); /* NULL: there is nothing to do */
	void (*sample)(struct exporter *ex, struct sample *s);
	void (*finish)(struct exporter *ex); /* NULL: there is nothing to do */
	/* Bytes of its own on ex->state: zero before begin(), freed behind finish(). 0: begin() and finish() see to it. */
	size_t state;
};

struct label_format {
	const char *name;    /* "voc": what -f takes and the header's "format" says */
	const char *aliases; /* other names, '|' between: "pascal-voc|ModelArts PASCAL VOC 1.0" */
	const char *title;   /* one line: "Pascal VOC: an XML file a picture" */
	uint64_t holds;
	/* What is held of a stream with the headers so far, where that differs; NULL: `holds`. */
	uint64_t (*holds_of)(const struct exporter *ex);
	const char
	    *single; /* a target with this extension is one file with all of it; NULL: none */
	bool shards; /* it can write shards: --shard-count */
	bool
	    own_digits; /* its numbers are no pixels, or the record's: --decimals is not for these */
	bool embeds;    /* pictures go into the label files, so into that one too */
	const char *keeps; /* members of its own that it writes back ("voc|part"); NULL: none */

	/*
	 * Is this it? 0 no, 100 beyond doubt; the reason in words ("3 XML files with root
	 * <annotation>") goes to `why`. Looks at names first and at few files. The scale:
	 * 90 a mark that nothing else has, 60 the usual layout, 30 possible.
	 */
	int (*detect)(const struct tree *tree, struct buf *why);
	void (*read)(struct importer *im); /* NULL: not possible, `note` says why */
	const struct label_writer *writer; /* NULL: not possible, `note` says why */
	const char *note;
};

/* All formats, sorted by name; ended by NULL. */
extern const struct label_format *const label_formats[];

/* By name or alias, case ignored. NULL: there is none. */
const struct label_format *label_format_find(const char *name);
/* The same for the value of -f; an unknown name ends the program with a near one named. */
const struct label_format *label_format_option(const char *name);

/*
 * The format of a tree. NULL when none fits or several do equally well: that was said
 * (trouble, with the candidates and their reasons), for it is never guessed.
 */
const struct label_format *label_format_detect(const struct tree *tree);

/* --list-formats: a table, or one JSON object a line. */
void label_formats_list(struct buf *out, bool json);

#endif
