/* Layouts of CSV label files: see csv_layout.h. */
#include "label/csv_layout.h"

#include <stdlib.h>
#include <strings.h>

#include "base/num.h"
#include "base/path.h"
#include "label/find.h"
#include "label/recode.h"

/* What headers call them. */
static const struct {
	const char *names;
	enum csv_column column;
} known[] = {
	{ "filename|image|image_name|image_id|imageid|img|file|path|file_name|image_path|frame",
	    FILE_NAME },
	{ "width|image_width|img_width", WIDTH },
	{ "height|image_height|img_height", HEIGHT },
	{ "class|label|label_name|class_name|labelname|category|cell_type|name", CLASS },
	{ "xmin|x1|x_min|left|boxxmin", X0 },
	{ "ymin|y1|y_min|top|boxymin", Y0 },
	{ "xmax|x2|x_max|right|boxxmax", X1 },
	{ "ymax|y2|y_max|bottom|boxymax", Y1 },
	{ "w|bbox_width|box_width", BOX_W },
	{ "h|bbox_height|box_height", BOX_H },
	{ "bbox", BBOX },
	{ "confidence|score", SCORE },
	{ "source", SOURCE },
	{ "isoccluded", OCCLUDED },
	{ "istruncated", TRUNCATED },
	{ "isgroupof", GROUP_OF },
	{ "ml_use|usage|split", USAGE },
	{ "file_size", FILE_SIZE },
	{ "file_attributes", FILE_ATTRIBUTES },
	{ "region_count", REGION_COUNT },
	{ "region_id", REGION_ID },
	{ "region_shape_attributes", SHAPE },
	{ "region_attributes", ATTRIBUTES },
	{ "maskpath", MASK },
};

const struct csv_kind_info csv_kind[CSV_KINDS] = {
	[TF] = { "filename,width,height,class,xmin,ymin,xmax,ymax", "_annotations.csv", true,
	    false },
	[RETINANET] = { "filename,xmin,ymin,xmax,ymax,class", "_annotations.csv", false, false },
	[KAGGLE] = { "image_id,width,height,bbox,class", "train.csv", true, false },
	[OPENIMAGES] = { "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,"
			 "IsTruncated,IsGroupOf,IsDepiction,IsInside",
	    "annotations-bbox.csv", true, true },
	[VIA] = { "filename,file_size,file_attributes,region_count,region_id,"
		  "region_shape_attributes,region_attributes",
	    "via_region_data.csv", true, false },
	[AUTOML] = { "ml_use,filename,class,xmin,ymin,corner,corner,xmax,ymax,corner,corner",
	    "annotations.csv", false, true },
};

bool
csv_is_word(struct span s, const char *words)
{
	struct span rest = span_str(words), word;

	while (span_cut(&rest, '|', &word))
		if (word.n == s.n && strncasecmp(word.p, s.p, s.n) == 0)
			return true;
	return false;
}

void
csv_layout_release(struct csv_layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	l->n = 0;
}

void
csv_layout_add(struct csv_layout *l, struct span name)
{
	enum csv_column c = csv_is_word(name, "corner") ? CORNER : OTHER;

	name = span_trim(name);
	for (size_t i = 0; i < ARRAY_LEN(known) && c == OTHER; i++)
		if (csv_is_word(name, known[i].names))
			c = known[i].column;
	if (l->n == COLUMNS_MAX)
		return;
	if (c != CORNER && l->at[c])
		c = OTHER; /* a second one of that name */
	l->of[l->n] = c;
	l->name[l->n++] = xstrndup(name.p, name.n);
	if (c != OTHER && !l->at[c])
		l->at[c] = l->n;
}

void
csv_layout_columns(struct csv_layout *l, const char *columns)
{
	struct span rest = span_str(columns), name;

	while (span_cut(&rest, ',', &name))
		csv_layout_add(l, name);
}

bool
csv_has_box(const struct csv_layout *l)
{
	return (l->at[X0] && l->at[Y0] &&
		   ((l->at[X1] && l->at[Y1]) || (l->at[BOX_W] && l->at[BOX_H]))) ||
	       l->at[BBOX];
}

bool
csv_lacks_edge(const struct csv_layout *l)
{
	return !csv_has_box(l) && (l->at[X0] || l->at[Y0] || l->at[X1] || l->at[Y1]);
}

/* The kind that a header means; CSV_KINDS: none of ours. */
enum csv_dialect
csv_kind_of_header(const struct csv_layout *l)
{
	if (!l->at[FILE_NAME])
		return CSV_KINDS;
	if (l->at[SHAPE] && l->at[ATTRIBUTES])
		return VIA;
	if (csv_is_word(span_str(l->name[l->at[FILE_NAME] - 1]), "ImageID") && l->at[CLASS] &&
	    (l->at[SCORE] || l->at[MASK]))
		return OPENIMAGES;
	if (l->at[BBOX])
		return KAGGLE;
	if (csv_has_box(l) && l->at[CLASS])
		return TF;
	return l->at[CLASS] && !csv_lacks_edge(l) ? KAGGLE : CSV_KINDS;
}

static bool
number_or_empty(struct span s)
{
	double v;

	return span_trim(s).n == 0 || num_parse(span_trim(s), &v);
}

/* The kind that a first row without a header means. */
static enum csv_dialect
kind_of_row(const struct span *f, size_t n)
{
	if (n >= 3 && csv_is_word(f[0], "TRAIN|VALIDATE|VALIDATION|TEST|UNASSIGNED"))
		return AUTOML;
	if (n != 6)
		return CSV_KINDS;
	for (int i = 1; i < 5; i++)
		if (!number_or_empty(f[i]))
			return CSV_KINDS;
	return f[0].n && !num_parse(f[0], &(double){ 0 }) ? RETINANET : CSV_KINDS;
}

/* The layout that the first row says; *header: it is no data. False: none of ours. */
bool
csv_layout_find(struct csv_layout *l, const struct csv *c, bool *header)
{
	*l = (struct csv_layout){ .separator = c->separator };
	for (size_t i = 0; i < c->n; i++)
		csv_layout_add(l, c->field[i]);
	l->kind = csv_kind_of_header(l);
	*header = l->kind != CSV_KINDS;
	if (!*header) {
		csv_layout_release(l);
		l->kind = kind_of_row(c->field, c->n);
		if (l->kind == CSV_KINDS)
			return false;
		*l = (struct csv_layout){ .kind = l->kind, .separator = c->separator };
		csv_layout_columns(l, csv_kind[l->kind].columns);
	}
	l->ratio = csv_kind[l->kind].ratio;
	return true;
}

const char *
csv_usage_of(struct span word)
{
	if (csv_is_word(word, "TRAIN|TRAINING"))
		return "TRAIN";
	if (csv_is_word(word, "VALIDATE|VALIDATION|VAL|VALID|EVAL"))
		return "EVAL";
	return csv_is_word(word, "TEST|TESTING") ? "TEST" : NULL;
}

/* Files of Open Images that hold no labels. */
static bool
is_side_table(struct span path, struct span head)
{
	return find_has(path, "class-descriptions") || find_has(head, "OriginalLandingURL") ||
	       find_has(head, "DisplayName");
}

bool
csv_head(const struct tree *t, const struct node *n, struct buf *head)
{
	const char *end;

	buf_reset(head);
	if (!recode_head(t, n, 4096, head))
		return false;
	end = head->n ? memchr(head->p, '\n', head->n) : NULL;
	if (end)
		buf_cut(head, (size_t)(end - head->p));
	if (span_starts(buf_span(head), SPAN("\xef\xbb\xbf"))) {
		head->n -= 3;
		memmove(head->p, head->p + 3, head->n + 1);
	}
	return !is_side_table(span_str(n->path), buf_span(head));
}

/* The layout of a file, by its first bytes. False: it holds no labels of ours. */
bool
csv_layout_of_file(struct csv_layout *l, const struct tree *t, const struct node *n, bool *header)
{
	struct csv c = { .first = true };
	struct buf head = BUF_INIT;
	bool ours = csv_head(t, n, &head);

	*l = (struct csv_layout){ .n = 0 };
	if (ours) {
		c.separator = csv_guess(buf_span(&head));
		csv_split(&c, span_trim(buf_span(&head)));
		ours = csv_layout_find(l, &c, header);
	}
	csv_release(&c);
	buf_release(&head);
	return ours;
}
