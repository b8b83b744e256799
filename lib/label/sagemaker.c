/*
 * SageMaker Ground Truth's augmented manifest: JSON Lines, each label in the attribute of a job.
 *
 *	{"source-ref":"s3://b/1.jpg",
 *	 "JOB":{"annotations":[{"class_id":0,"width":4,"top":2,"height":3,"left":1}],"image_size":[{..}]},
 *	 "JOB-metadata":{"class-map":{"0":"cat"},"objects":[{"confidence":0.9}],"type":"groundtruth/..",..}}
 *
 * Jobs have any name: a job is a member that has another one called NAME-metadata beside it (of a
 * mask NAME-ref, older ones have theirs without -ref), and what it labels is seen from its value:
 * boxes, entities of a text, a class (a number), several classes (a list), a mask (a URI). Boxes
 * are in pixels from the top left corner, far edges outside. A mask is a PNG, most often with a
 * palette, in which a class has the number and the colour that "internal-color-map" says.
 *
 * Source: Amazon SageMaker AI, "Labeling job output data". Order of members as the service writes them.
 */
#include "label/sagemaker.h"

#include <stdlib.h>

#include "base/path.h"
#include "label/find.h"
#include "label/formats.h"

const char *const sagemaker_box_key[5] = { "class_id", "width", "top", "height", "left" };
const char *const sagemaker_entity_key[3] = { "label", "startOffset", "endOffset" };

static enum kind
kind_of(struct span value)
{
	struct span annotations;

	switch (json_type_of(value)) {
	case JSON_NUMBER:
		return CLASS;
	case JSON_ARRAY:
		return CLASSES;
	case JSON_STRING:
		return path_has_ext(json_unquote(value), "png") ? MASK : CLASS;
	case JSON_OBJECT:
		annotations = json_member(value, "annotations");
		if (json_type_of(annotations) == JSON_ARRAY)
			return BOXES;
		return json_type_of(annotations) == JSON_OBJECT ? ENTITIES : OTHER;
	default:
		return OTHER;
	}
}

/* Is `key` the metadata of a job of this name? */
static bool
is_metadata_of(struct span key, struct span name)
{
	struct span rest;

	if (!span_starts(key, name) || key.n < name.n)
		return false;
	rest = span_of(key.p + name.n, key.p + key.n);
	return span_is(rest, SAGEMAKER_METADATA);
}

/* The metadata of the job `name`; NULL: it has none. */
static const struct member *
metadata_of(const struct member *m, size_t n, struct span name)
{
	struct span stem = name;
	bool ref = span_ends(name, SPAN("-ref")) && !span_is(name, "source-ref");

	stem.n -= ref ? strlen("-ref") : 0;
	for (size_t k = 0; k < n; k++)
		if (is_metadata_of(m[k].key, name) && json_type_of(m[k].value) == JSON_OBJECT)
			return &m[k];
	for (size_t k = 0; ref && k < n; k++)
		if (is_metadata_of(m[k].key, stem) && json_type_of(m[k].value) == JSON_OBJECT &&
		    json_member(m[k].value, "internal-color-map").p)
			return &m[k];
	return NULL;
}

/* The jobs of a line, in order; their number. */
size_t
sagemaker_find_jobs(struct span line, struct job *job, size_t max)
{
	struct member *m = NULL;
	size_t n = 0, cap = 0, jobs = 0;
	struct json j;

	json_begin(&j, line);
	json_members(&j, &m, &n, &cap);
	for (size_t i = 0; i < n && jobs < max; i++) {
		const struct member *meta = metadata_of(m, n, m[i].key);

		if (meta)
			job[jobs++] = (struct job){ m[i].key, meta->key, m[i].value, meta->value,
				kind_of(m[i].value) };
	}
	free(m);
	return jobs;
}

/* `object` with one member changed, appended to `b`. */
void
sagemaker_edit(struct buf *b, struct span object, const char *key, struct span value)
{
	json_edit(b, object, &(struct json_change){ key, value }, 1);
}

bool
sagemaker_looks_like(struct span head)
{
	return span_starts(span_trim(head), SPAN("{")) &&
	       (find_has(head, "\"source-ref\"") ||
		   (find_has(head, SAGEMAKER_METADATA "\"") && find_has(head, "\"groundtruth/")));
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "manifest|json|jsonl", sagemaker_looks_like, 90,
	    "lines with \"source-ref\" or \"groundtruth/", why);
}

const struct label_format label_sagemaker = {
	.name = "sagemaker",
	.aliases = "groundtruth|ground-truth|augmented-manifest",
	.title = "SageMaker augmented manifest: JSON Lines, an attribute a job",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_MASK) | HOLDS(ANN_RLE) | HOLDS(ANN_SPAN) |
		 HOLDS(ANN_NAME) | HOLDS(ANN_CONFIDENCE) | HOLDS_CLASS | HOLDS_CLASSES |
		 HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_SIZE,
	.single = "manifest",
	.keeps = "sagemaker|job",
	.detect = detect,
	.read = sagemaker_read,
	.writer = &sagemaker_writer,
};
