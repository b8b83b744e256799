/*
 * The frame around a format's writer.
 *
 * export_run() reads the stream. For each sample it takes the annotations apart,
 * applies --map, notes what the format cannot hold, and calls the writer:
 *
 *	static void
 *	sample(struct exporter *ex, struct sample *s)
 *	{
 *		struct span picture = export_picture(ex, s, "JPEGImages", export_stem(ex, s, ""));
 *
 *		for (size_t i = 0; i < s->n; i++)
 *			if (export_box(ex, s, &s->ann[i], &box)) ...
 *		export_file(ex, member, text);
 *	}
 *
 * Class numbers come from the header's list, never from the order of appearance.
 * For a writer with needs_classes a stream that does not begin with a list (and no
 * --classes) is kept in a temporary file first and its names are collected, sorted.
 */
#ifndef LABEL_EXPORT_H
#define LABEL_EXPORT_H

#include "base/names.h"
#include "label/label.h"
#include "label/losses.h"
#include "label/reshape.h"
#include "label/sample.h"
#include "record/dataset.h"

struct sink;
struct source_reader;

struct exporter {
	struct sink *sink;
	const struct label_format *format;
	const struct label_options *opt;
	struct dataset dataset; /* headers so far, merged; the class list */
	bool closed_classes;    /* --classes FILE: a name that is not in it is left out */
	void *state;            /* the writer's own (label_writer.state) */

	uint64_t samples;     /* written */
	uint64_t annotations; /* in them */
	uint64_t bad_samples; /* left out, each with a diagnostic */
	uint64_t bad_annotations;
	uint64_t pictures; /* copied, linked */

	uint64_t holds;                /* what the format holds of this stream: see label_format */
	uint64_t lost;                 /* bit f: it has no place for field f of an annotation */
	size_t field_code[ANN_FIELDS]; /* of such fields in `losses`, + 1; 0: not met yet */
	struct strmap usages;          /* of the samples, in the order they were met */
	struct losses losses;
	struct reshaper reshaper;
	struct name_set names;
	struct source_reader *sources; /* to measure pictures; NULL: not needed so far */
	bool has_stem;                 /* export_stem() has an answer for this sample */
	struct buf stem, scope, picture, path, scratch; /* of the functions below */
};

/* `sink` and `opt` must outlive it. */
void exporter_init(struct exporter *ex, const struct label_format *format, struct sink *sink,
    const struct label_options *opt);
void exporter_release(struct exporter *ex);

/* Write all records of the reader. */
void export_run(struct exporter *ex, struct rec_reader *in);

/* Classes that differ only in case [class-case]. What was written and lost: a warning a kind of loss with its count and first place [loss]. */
void export_report(const struct exporter *ex);
void export_summary(const struct exporter *ex);
/* The losses as JSON Lines: {"code":..,"count":..,"samples":..,"first":[{"line":..,"id":..}]} */
void export_losses_json(const struct exporter *ex, struct buf *out);

/* ---- for writers ---- */

/* The raw name of its class, for formats that must have one: "" when it has none, which is a loss. */
struct span export_name(struct exporter *ex, const struct sample *s, const struct annotation *a);

/*
 * The number of the annotation's class: its index in ex->dataset.classes, from 0. -1: it has
 * no class, or none of the closed list; that was counted.
 */
long export_class(struct exporter *ex, const struct sample *s, const struct annotation *a);

/*
 * The box in pixels: bbox, or the hull of its other shapes; "unit":"ratio" is multiplied by
 * the sample's size. False: no geometry (a class of the whole sample), or the size that is
 * needed is unknown (counted).
 */
bool export_box(
    struct exporter *ex, const struct sample *s, const struct annotation *a, struct box *box);

/*
 * A name for the sample's files: the base name of its source without extension, a valid
 * member name, unique in its `scope`, which is a folder or "" ("a", then "a-2" for the a of another
 * folder). The same for every call for one sample and scope.
 */
struct span export_stem(struct exporter *ex, const struct sample *s, const char *scope);

/*
 * Bring the picture to "DIR/STEM.EXT" as --images says (dir "": no folder). Returns the name
 * "STEM.EXT", which label files may use; also when the picture could not be brought (that was
 * said).
 */
struct span export_picture(
    struct exporter *ex, const struct sample *s, const char *dir, struct span stem);

/*
 * Bring the picture to `path` of `to`, which may be another sink than the export's own, as --images
 * says. False: it was not (wanted, or to be had, which was said).
 */
bool export_picture_to(
    struct exporter *ex, const struct sample *s, struct sink *to, const char *path);

/*
 * The bytes of the picture, for formats that embed it. False: there are none: not wanted, remote
 * (counted), or not to be had (said).
 */
bool export_picture_bytes(struct exporter *ex, const struct sample *s, struct buf *bytes);

/* Width and height are needed: measures the picture when the record has none. False: unknown. */
bool export_size(struct exporter *ex, struct sample *s);

/*
 * `written` of the sample's annotations are in its label file: the others had no class or no
 * geometry that it could take, and are counted as left out.
 */
void export_unwritten(struct exporter *ex, const struct sample *s, uint64_t written);

/* The sample as a whole was left out, which the writer said. */
void export_left_out(struct exporter *ex, const struct sample *s);

/* Write a label file of the export. */
void export_file(struct exporter *ex, struct span member, struct span content);

/*
 * Note a loss beyond what `holds` tells: `code` as "annotation.pose" or "sample.text".
 * `n` things of this sample.
 */
void export_loss(struct exporter *ex, const struct sample *s, const char *code, uint64_t n);

/* The loss of all unknown members of an annotation but those that the format keeps. */
void export_lose_members(struct exporter *ex, const struct sample *s, const struct annotation *a);

#endif
