/*
 * Label files of one JSON object a line: the frame around their readers, and how a writer gives
 * back what it does not understand.
 *
 * A record keeps the line it came from, without its labels, as the member named like the format
 * ("sagemaker":{...}), when a line made from the record alone would differ: unknown members, members
 * in another order. A writer fills this template with the record's labels again, so members nobody
 * knows, and the order of all, come back.
 */
#ifndef LABEL_JSONL_H
#define LABEL_JSONL_H

#include "label/export.h"
#include "label/find.h"

struct jsonl {
	struct importer *im;
	struct pictures pictures;
	const char *path; /* of the label file in the tree */
	struct span dir;  /* its folder */
	struct span line;
	struct pos at; /* of the line */
	void *state;   /* the reader's own */
};

/*
 * Read all files with one of these extensions that `is` takes for its own by their first bytes (a
 * single file is read whatever it is). `object` gets each line; false: it said why there is no sample.
 */
void jsonl_read(struct importer *im, const char *extensions, bool (*is)(struct span head),
    bool (*object)(struct jsonl *j, struct span object), void *state);

/* Position of a value of the line. */
struct pos jsonl_pos(const struct jsonl *j, struct span value);
/* An error at a value of the line [name of the format]. Returns false. */
bool jsonl_bad(const struct jsonl *j, struct span value, const char *what);
/* The same for an annotation, which is counted as left out. */
bool jsonl_bad_annotation(const struct jsonl *j, struct span value, const char *what);

/* "FILE.000000012": the file's path without extension and the number of the line. */
void jsonl_write_id(const struct jsonl *j, struct buf *b);

/* Are all members of the object of this list, and in its order? */
bool jsonl_is_plain(struct span object, const char *const *keys, size_t n);

/* The same, and there is no white space between its tokens: a writer would write it so. */
bool jsonl_is_compact(struct span object, const char *const *keys, size_t n);

/* The decoded string of a member; SPAN_NONE: it is no string. */
struct span jsonl_string(struct span value, struct buf *scratch);

/* ---- writing ---- */

/* The name of a file with all of it: "NAME.EXT" by the dataset's name. */
void jsonl_name(const struct exporter *ex, const char *extension, struct buf *out);
/* That file. */
struct sink_file *jsonl_open(struct exporter *ex, const char *extension);
void jsonl_close(struct sink_file *f);

/* The member of the record (or annotation) with the format's name, when it is an object; else "{}". */
struct span jsonl_template(const struct exporter *ex, const struct sample *s);
struct span jsonl_ann_template(const struct exporter *ex, const struct annotation *a);

/*
 * What the line says of the sample's picture: `kept` (the text of the line it came from; may be
 * SPAN_NONE; not when the picture has another name now) or the record's source when pictures stay where they are, else "images/NAME"
 * ("audio/NAME" of a sound), where it was brought to. Decoded; lives until the next call.
 */
struct span jsonl_picture(struct exporter *ex, const struct sample *s, struct span kept);
/* The same for a label file in folder `dir`, which gets the folder beside it. */
struct span jsonl_media(
    struct exporter *ex, const struct sample *s, struct span kept, const char *dir);

/*
 * The raw value to write where the line had `old`: `old` itself when it says the same as `now` (the
 * same string in other escapes, the same number in other digits, the same list in other blanks).
 */
struct span jsonl_keep(struct span old, struct span now);

/* ---- texts ---- */

/* The text of a sample: in its source ("content://..."), or in the .txt file it names. SPAN_NONE: said so. */
struct span jsonl_text(struct exporter *ex, const struct sample *s, struct buf *scratch);
/* Does its source hold a text, or name a text file? */
bool jsonl_is_text(const struct sample *s);
/* Begin a record for a text. */
void jsonl_begin_text(struct buf *b, struct span text);

#endif
