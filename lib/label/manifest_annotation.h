/*
 * The annotations of a line of a ModelArts manifest: manifest_annotation.c, for manifest_read.c. The format: manifest.h.
 *
 *	modelarts/object_detection ...	the objects of the VOC file that annotation-loc names, or the shape in
 *					the line (manifest_feature.h); what the line said is kept
 *	modelarts/text_entity		"span", from @modelarts:start_index and end_index
 *	modelarts/text_triplet		"from" and "to", from @modelarts:from and to
 *	modelarts/audio_content		"text" and "speaker", from @modelarts:content and source
 *	modelarts/audio_segmentation	these, and "time" from @modelarts:start_time and end_time
 *	anything else			as it is
 *
 * An annotation that cannot be read so stays as it is, which is said; only a bad shape in the line, and bad objects of
 * VOC files, are left out.
 */
#ifndef LABEL_MANIFEST_ANNOTATION_H
#define LABEL_MANIFEST_ANNOTATION_H

#include "label/manifest_feature.h"
#include "label/sample.h"
#include "label/spans.h"
#include "label/voc_xml.h"

struct importer;

/* A line on its way to a record. */
struct manifest_reading {
	struct importer *im;
	const char *dir; /* of the manifest in the tree: "" or "a/b/" */
	struct record rec;
	struct sample sample;

	/* what manifest_read_annotations() found */
	struct buf list;               /* the annotations */
	uint64_t n;                    /* their number */
	bool changed;                  /* `list` differs from what the line has */
	struct buf kept;               /* the list of those that pointed to files */
	struct buf voc, width, height; /* from the VOC file; empty: there was none */

	/* scratch of the reader as well */
	struct buf text, value, path, bytes;
	struct buf line;   /* a line that had to be repaired */
	struct buf source; /* that of the line, as the record has it */

	/* private */
	struct voc_rules rules;
	struct xml *xml;
	struct voc_page page;
	struct buf inside, respelt, content; /* of modern(), check_entity() */
	struct annotation other;
	struct feature feature;
	struct offsets offsets; /* of the sample's text ... */
	bool has_offsets;       /* ... when it was asked for */
	struct span gap;        /* between the annotation and the one before it */
	uint64_t ambiguous;     /* texts of entities with is_ambiguous() */
	struct pos first_ambiguous;
};

/* It must stay where it is. */
void manifest_reading_init(struct manifest_reading *r, struct importer *im);
void manifest_reading_release(struct manifest_reading *r);

/* Read those of r->sample, which was taken from r->rec. */
void manifest_read_annotations(struct manifest_reading *r);

/* Say how many texts had entities that can be counted in two ways, since this was called last. */
void manifest_note_ambiguous(struct manifest_reading *r);

/*
 * The file that `loc` names: by its path from the manifest's folder, else (it names a bucket
 * or another machine) by the longest tail of it that is there. Its name is in r->path. False: it is not here.
 */
bool manifest_read_located(struct manifest_reading *r, struct span loc, struct buf *out);

#endif
