/* The stream of records: see record.h. */
#include "record/record.h"

#include <stdlib.h>

#include "base/num.h"
#include "record/operand.h"

const char *const rec_field_name[REC_FIELDS] = {
	[REC_SOURCE] = "source",
	[REC_ID] = "id",
	[REC_WIDTH] = "width",
	[REC_HEIGHT] = "height",
	[REC_USAGE] = "usage",
	[REC_SHA256] = "sha256",
	[REC_BYTES] = "bytes",
	[REC_HARD] = "hard",
	[REC_HARD_COEFFICIENT] = "hard-coefficient",
	[REC_ANNOTATION] = "annotation",
	[REC_DATASET] = "dataset",
};

const char *const ann_field_name[ANN_FIELDS] = {
	[ANN_BBOX] = "bbox",
	[ANN_RBOX] = "rbox",
	[ANN_POLYGON] = "polygon",
	[ANN_RLE] = "rle",
	[ANN_MASK] = "mask",
	[ANN_KEYPOINTS] = "keypoints",
	[ANN_POLYLINE] = "polyline",
	[ANN_LINE] = "line",
	[ANN_POINT] = "point",
	[ANN_CIRCLE] = "circle",
	[ANN_SPAN] = "span",
	[ANN_TIME] = "time",
	[ANN_TEXT] = "text",
	[ANN_NAME] = "name",
	[ANN_ID] = "id",
	[ANN_CONFIDENCE] = "confidence",
	[ANN_AREA] = "area",
	[ANN_ISCROWD] = "iscrowd",
	[ANN_DIFFICULT] = "difficult",
	[ANN_TRUNCATED] = "truncated",
	[ANN_OCCLUDED] = "occluded",
	[ANN_GROUP] = "group",
	[ANN_UNIT] = "unit",
	[ANN_FROM] = "from",
	[ANN_TO] = "to",
	[ANN_SPEAKER] = "speaker",
	[ANN_ANNOTATED_BY] = "annotated-by",
	[ANN_CREATION_TIME] = "creation-time",
	[ANN_PROPERTY] = "property",
};

/* What a key can be: names, and for each length the fields whose name has it, the usual ones first. */
#define LONGEST 16
#define MOST 12
#define F(field) ((field) + 1) /* 0 ends a list */

struct names {
	const char *const *name;
	size_t n;
	unsigned char of_length[LONGEST + 1][MOST];
};

static const struct names rec_names = { rec_field_name, REC_FIELDS,
	{
	    [2] = { F(REC_ID) },
	    [4] = { F(REC_HARD) },
	    [5] = { F(REC_WIDTH), F(REC_USAGE), F(REC_BYTES) },
	    [6] = { F(REC_SOURCE), F(REC_HEIGHT), F(REC_SHA256) },
	    [7] = { F(REC_DATASET) },
	    [10] = { F(REC_ANNOTATION) },
	    [16] = { F(REC_HARD_COEFFICIENT) },
	} };

static const struct names ann_names = { ann_field_name, ANN_FIELDS,
	{
	    [2] = { F(ANN_ID), F(ANN_TO) },
	    [3] = { F(ANN_RLE) },
	    [4] = { F(ANN_NAME), F(ANN_BBOX), F(ANN_AREA), F(ANN_RBOX), F(ANN_MASK), F(ANN_LINE),
		F(ANN_SPAN), F(ANN_TIME), F(ANN_TEXT), F(ANN_UNIT), F(ANN_FROM) },
	    [5] = { F(ANN_POINT), F(ANN_GROUP) },
	    [6] = { F(ANN_CIRCLE) },
	    [7] = { F(ANN_POLYGON), F(ANN_ISCROWD), F(ANN_SPEAKER) },
	    [8] = { F(ANN_PROPERTY), F(ANN_POLYLINE), F(ANN_OCCLUDED) },
	    [9] = { F(ANN_KEYPOINTS), F(ANN_DIFFICULT), F(ANN_TRUNCATED) },
	    [10] = { F(ANN_CONFIDENCE) },
	    [12] = { F(ANN_ANNOTATED_BY) },
	    [13] = { F(ANN_CREATION_TIME) },
	} };

/* The field that `key` names, names->n when it is none of them. */
static size_t
find_name(struct span key, const struct names *names)
{
	const unsigned char *f = names->of_length[key.n <= LONGEST ? key.n : 0];

	for (; *f; f++) {
		const char *name = names->name[*f - 1];

		if (name[0] == key.p[0] && memcmp(name, key.p, key.n) == 0)
			return *f - 1u;
	}
	return names->n;
}

/* The same for a raw key: hardly one has escapes, so that is asked last. */
static size_t
field_of(struct span key, const struct names *names)
{
	struct buf scratch = BUF_INIT;
	size_t i = find_name(key, names);

	if (i == names->n && key.n > 0 && memchr(key.p, '\\', key.n) != NULL) {
		i = find_name(json_text(key, &scratch), names);
		buf_release(&scratch);
	}
	return i;
}

enum rec_field
rec_field_of(struct span key)
{
	return (enum rec_field)field_of(key, &rec_names);
}

enum ann_field
ann_field_of(struct span key)
{
	return (enum ann_field)field_of(key, &ann_names);
}

/* Read the members of the object at j; the known ones also into v. Of duplicates the first counts. */
static bool
members(struct json *j, struct member **m, size_t *n, size_t *cap, struct span *v, uint64_t *has,
    const struct names *names)
{
	*n = 0;
	*has = 0;
	for (size_t i = 0; i < names->n; i++)
		v[i] = SPAN_NONE;
	if (!json_members(j, m, n, cap))
		return false;
	for (size_t i = 0; i < *n; i++) {
		size_t f = field_of((*m)[i].key, names);

		if (f == names->n || v[f].p)
			continue;
		v[f] = (*m)[i].value;
		*has |= (uint64_t)1 << f;
	}
	return true;
}

static const struct {
	enum rec_field field;
	enum json_type type;
	const char *what;
} rec_type[] = {
	{ REC_SOURCE, JSON_STRING, "a string" },
	{ REC_WIDTH, JSON_NUMBER, "a number" },
	{ REC_HEIGHT, JSON_NUMBER, "a number" },
	{ REC_USAGE, JSON_STRING, "a string" },
	{ REC_ANNOTATION, JSON_ARRAY, "a list" },
	{ REC_DATASET, JSON_OBJECT, "an object" },
};

static bool
check_types(struct record *r)
{
	for (size_t i = 0; i < ARRAY_LEN(rec_type); i++) {
		struct span v = r->v[rec_type[i].field];
		enum json_type t = json_type_of(v);

		if (t == JSON_NONE || t == JSON_NULL || t == rec_type[i].type)
			continue;
		error_at(rec_pos(r, v), "record", "\"%s\" must be %s",
		    rec_field_name[rec_type[i].field], rec_type[i].what);
		return false;
	}
	r->header = json_type_of(r->v[REC_DATASET]) == JSON_OBJECT;
	if (r->header || json_type_of(r->v[REC_SOURCE]) == JSON_STRING)
		return true;
	error_at(
	    r->pos, "record", "a record needs \"source\" (a sample) or \"dataset\" (a header)");
	return false;
}

bool
rec_parse(struct record *r, struct span line, struct pos at)
{
	struct json j;

	r->line = span_trim(line);
	r->pos = at;
	r->pos.col += (uint64_t)(r->line.p - line.p);
	r->header = false;
	json_begin_at(&j, r->line, at.line ? at.line : 1, r->pos.col);
	if (!members(&j, &r->m, &r->n, &r->cap, r->v, &r->has, &rec_names) || !json_end(&j)) {
		json_error(&j, at.file);
		return false;
	}
	return check_types(r);
}

void
rec_release(struct record *r)
{
	free(r->m);
	*r = (struct record){ .m = NULL };
}

struct pos
rec_pos(const struct record *r, struct span value)
{
	struct pos at = r->pos;

	if (value.p >= r->line.p && value.p <= r->line.p + r->line.n)
		at.col += (uint64_t)(value.p - r->line.p);
	return at;
}

static struct span
text_of(struct span raw, struct buf *scratch)
{
	return json_type_of(raw) == JSON_NUMBER ? raw : json_value_text(raw, scratch);
}

struct span
rec_string(const struct record *r, enum rec_field f, struct buf *scratch)
{
	return text_of(r->v[f], scratch);
}

bool
rec_number(const struct record *r, enum rec_field f, double *value)
{
	return json_type_of(r->v[f]) == JSON_NUMBER && num_parse(r->v[f], value);
}

bool
rec_size(const struct record *r, double *width, double *height)
{
	return rec_number(r, REC_WIDTH, width) && rec_number(r, REC_HEIGHT, height) && *width > 0 &&
	       *height > 0;
}

struct span
rec_member(const struct record *r, const char *key)
{
	for (size_t i = 0; i < r->n; i++)
		if (json_key_is(r->m[i].key, key))
			return r->m[i].value;
	return SPAN_NONE;
}

void
rec_write(struct out *out, const struct record *r, const struct json_change *change, size_t n)
{
	if (n > 0)
		json_edit_members(&out->b, r->line, r->m, r->n, change, n);
	else
		buf_addspan(&out->b, r->line);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

/* ---- annotations ---- */

bool
rec_annotated(const struct record *r)
{
	return json_type_of(r->v[REC_ANNOTATION]) == JSON_ARRAY;
}

void
ann_begin(struct ann_iter *it, const struct record *r)
{
	it->open = rec_annotated(r);
	it->r = r;
	if (!it->open)
		return;
	json_begin_valid(&it->j, r->v[REC_ANNOTATION]);
	json_array(&it->j);
}

bool
ann_next(struct ann_iter *it, struct annotation *a)
{
	const char *start;

	while (it->open && json_item(&it->j)) {
		if (json_peek(&it->j) != JSON_OBJECT) {
			error_at(rec_pos(it->r, span_of(it->j.p, it->j.p)), "record",
			    "an annotation must be an object; this one is left out");
			json_skip(&it->j);
			continue;
		}
		start = it->j.p;
		if (!members(&it->j, &a->m, &a->n, &a->cap, a->v, &a->has, &ann_names))
			break;
		a->raw = span_of(start, it->j.p);
		return true;
	}
	it->open = false;
	return false;
}

bool
ann_parse(struct annotation *a, struct span raw)
{
	struct json j;

	json_begin(&j, raw);
	a->raw = raw;
	return members(&j, &a->m, &a->n, &a->cap, a->v, &a->has, &ann_names);
}

void
ann_release(struct annotation *a)
{
	free(a->m);
	*a = (struct annotation){ .m = NULL };
}

struct span
ann_string(const struct annotation *a, enum ann_field f, struct buf *scratch)
{
	return text_of(a->v[f], scratch);
}

bool
ann_number(const struct annotation *a, enum ann_field f, double *value)
{
	return json_type_of(a->v[f]) == JSON_NUMBER && num_parse(a->v[f], value);
}

int
json_flag(struct span raw)
{
	double v;

	switch (json_type_of(raw)) {
	case JSON_TRUE:
		return 1;
	case JSON_FALSE:
		return 0;
	case JSON_NUMBER:
		return num_parse(raw, &v) ? (v > 0 ? 1 : v < 0 ? -1 : 0) : -1;
	case JSON_STRING:
		raw = json_unquote(raw);
		if (span_is(raw, "true") || span_is(raw, "True") || span_is(raw, "1"))
			return 1;
		if (span_is(raw, "false") || span_is(raw, "False") || span_is(raw, "0"))
			return 0;
		return -1;
	default:
		return -1;
	}
}

int
ann_flag(const struct annotation *a, enum ann_field f)
{
	return json_flag(a->v[f]);
}

bool
ann_is_ratio(const struct annotation *a)
{
	return span_is(json_unquote(a->v[ANN_UNIT]), "ratio");
}

/* ---- files of records ---- */

void
rec_open(struct rec_reader *rr, char *const *files, size_t n)
{
	static char dash[] = "-";
	static char *const only_stdin[] = { dash };

	*rr = (struct rec_reader){ .files = n ? files : only_stdin, .nfiles = n ? n : 1 };
}

static bool
next_line(struct rec_reader *rr, struct span *line)
{
	char *path;

	for (;;) {
		if (rr->open && input_line(&rr->in, line))
			return true;
		if (rr->open)
			input_close(&rr->in);
		rr->open = false;
		if (rr->next == rr->nfiles)
			return false;
		path = rec_operand(rr->files[rr->next++]);
		rr->open = input_open(&rr->in, path);
		rr->unopened += !rr->open;
		free(path);
	}
}

bool
rec_next(struct rec_reader *rr, struct record *r)
{
	struct span line;

	while (next_line(rr, &line)) {
		if (rr->in.line == 1 && span_starts(line, SPAN("\xef\xbb\xbf")))
			line = span_of(line.p + 3, line.p + line.n);
		if (span_trim(line).n == 0)
			continue;
		rr->read++;
		if (rec_parse(r, line, input_pos(&rr->in, 0)))
			return true;
		rr->bad++;
	}
	return false;
}

void
rec_close(struct rec_reader *rr)
{
	if (rr->open)
		input_close(&rr->in);
	rr->open = false;
}
