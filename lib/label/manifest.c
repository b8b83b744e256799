/* Rules of the ModelArts manifest that reading and writing share: see manifest.h. */
#include "label/manifest.h"

#include <math.h>

#include "base/num.h"
#include "base/path.h"

/* What a class of the whole sample is called depends on what the sample is. */
static const char *
classification_type(const struct sample *s)
{
	struct span source = json_unquote(s->rec->v[REC_SOURCE]);

	if (span_starts(source, SPAN("content://")) || path_has_ext(source, "txt|csv"))
		return "modelarts/text_classification";
	if (path_has_ext(source, "wav|mp3|flac|ogg|m4a|aac"))
		return "modelarts/audio_classification";
	return "modelarts/image_classification";
}

const char *
manifest_type(const struct sample *s, const struct annotation *a)
{
	if (a->v[ANN_MASK].p || a->v[ANN_RLE].p)
		return "modelarts/image_segmentation";
	if (a->v[ANN_TIME].p)
		return "modelarts/audio_segmentation";
	if (a->v[ANN_SPAN].p)
		return "modelarts/text_entity";
	if (a->v[ANN_FROM].p)
		return "modelarts/text_triplet";
	for (int f = 0; f < ANN_SPAN; f++)
		if (a->v[f].p)
			return "modelarts/object_detection";
	if (a->v[ANN_TEXT].p)
		return "modelarts/audio_content";
	return classification_type(s);
}

bool
manifest_type_has_file(struct span type)
{
	return span_is(type, "modelarts/object_detection") ||
	       span_is(type, "modelarts/image_segmentation");
}

struct span
manifest_gap(struct span line, const struct annotation *before, const struct annotation *after)
{
	const char *end = before->raw.p + before->raw.n;
	size_t n, commas = 0;

	if (end < line.p || end > after->raw.p || after->raw.p > line.p + line.n)
		return SPAN(","); /* one was changed, or they were in another order */
	n = (size_t)(after->raw.p - end);
	for (size_t i = 0; i < n; i++)
		if (end[i] == ',')
			commas++;
		else if (end[i] != ' ' && end[i] != '\t')
			return SPAN(",");
	return commas == 1 ? (struct span){ end, n } : SPAN(",");
}

/* Two digits at p. */
static bool
two_digits(const char *p, int *value)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*value = (p[0] - '0') * 10 + (p[1] - '0');
	return true;
}

bool
manifest_time_parse(struct span s, struct buf *seconds)
{
	int h, m, sec;

	if (s.n < 8 || s.p[2] != ':' || s.p[5] != ':' || !two_digits(s.p, &h) ||
	    !two_digits(s.p + 3, &m) || !two_digits(s.p + 6, &sec) || m > 59 || sec > 60)
		return false;
	for (size_t i = 8; i < s.n; i++)
		if (i == 8 ? s.p[i] != '.' || s.n == 9 : s.p[i] < '0' || s.p[i] > '9')
			return false;
	num_add_u64(seconds, (uint64_t)(h * 3600 + m * 60 + sec));
	buf_add(seconds, s.p + 8, s.n - 8);
	return true;
}

void
manifest_time_write(struct buf *out, double seconds)
{
	uint64_t ms = seconds > 0 && seconds < 1e9 ? (uint64_t)llround(seconds * 1000) : 0;

	buf_addf(out, "%02u:%02u:%02u.%03u", (unsigned)(ms / 3600000), (unsigned)(ms / 60000 % 60),
	    (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
}
