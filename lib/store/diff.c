/* What changed between two sets of records: see diff.h. */
#include "store/diff.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"

const char *const diff_kind_name[DIFF_KINDS] = { "usage", "label", "box", "hard", "source",
	"content", "attribute" };

/* ---- annotations ---- */

struct ann {
	struct span raw, name; /* name is raw, without quotes */
	struct box box;
	bool has_box, matched;
};

struct anns {
	struct ann *v;
	size_t n, cap;
};

struct differ {
	enum diff_form form;
	diff_line *line;
	void *ctx;
	struct diff_counts *c;
	struct anns a, b;
	struct buf text, labels; /* the line; its part about annotations */
	bool kind[DIFF_KINDS];
};

static void
read_annotations(struct anns *list, const struct record *r)
{
	struct annotation a = { .m = NULL };
	struct ann_iter it;

	list->n = 0;
	ann_begin(&it, r);
	while (ann_next(&it, &a)) {
		struct ann *x;

		list->v = grow(list->v, &list->cap, list->n + 1, sizeof(*list->v));
		x = &list->v[list->n++];
		*x = (struct ann){ .raw = a.raw, .name = json_unquote(a.v[ANN_NAME]) };
		x->has_box = ann_box(&a, &x->box);
	}
	ann_release(&a);
}

static double
iou(const struct box *a, const struct box *b)
{
	double x0 = a->x > b->x ? a->x : b->x, y0 = a->y > b->y ? a->y : b->y;
	double x1 = a->x + a->w < b->x + b->w ? a->x + a->w : b->x + b->w;
	double y1 = a->y + a->h < b->y + b->h ? a->y + a->h : b->y + b->h;
	double common = x1 > x0 && y1 > y0 ? (x1 - x0) * (y1 - y0) : 0;
	double all = a->w * a->h + b->w * b->h - common;

	return all > 0 ? common / all : 0;
}

/* Does the geometry differ, or only what is said about it? */
static bool
same_shape(struct span x, struct span y)
{
	struct annotation a = { .m = NULL }, b = { .m = NULL };
	bool same = ann_parse(&a, x) && ann_parse(&b, y);

	for (int f = 0; same && f <= ANN_SHAPES; f++)
		same = span_eq(a.v[f], b.v[f]) && (a.v[f].p != NULL) == (b.v[f].p != NULL);
	ann_release(&a);
	ann_release(&b);
	return same;
}

static void
begin_label(struct differ *d, const char *what, struct span name)
{
	if (d->form == DIFF_JSON) {
		jw_open(&d->labels, '{');
		jw_member_str(&d->labels, "change", what);
		jw_key(&d->labels, "name");
		jw_raw_string(&d->labels, name);
	} else {
		buf_adds(&d->labels, d->labels.n ? "; " : "");
		diag_escape(&d->labels, name);
		buf_addf(&d->labels, " %s", what);
	}
}

static void
end_label(struct differ *d)
{
	if (d->form == DIFF_JSON)
		jw_close(&d->labels, '}');
}

static void
label_alone(struct differ *d, const char *what, struct span name, uint64_t *count)
{
	++*count;
	d->kind[DIFF_LABEL] = true;
	if (d->form == DIFF_NONE)
		return;
	begin_label(d, what, name);
	end_label(d);
}

static void
label_moved(struct differ *d, const struct ann *x, const struct ann *y)
{
	d->c->boxes_moved++;
	d->kind[DIFF_BOX] = true;
	if (d->form == DIFF_NONE)
		return;
	begin_label(d, "moved", x->name);
	if (x->has_box && y->has_box && d->form == DIFF_JSON) {
		jw_key(&d->labels, "iou");
		num_add_fixed(&d->labels, iou(&x->box, &y->box), 3);
	} else if (x->has_box && y->has_box) {
		buf_adds(&d->labels, " (IoU ");
		num_add_fixed(&d->labels, iou(&x->box, &y->box), 3);
		buf_addc(&d->labels, ')');
	}
	end_label(d);
}

static void
label_renamed(struct differ *d, const struct ann *x, const struct ann *y)
{
	d->c->relabelled++;
	d->kind[DIFF_LABEL] = true;
	if (d->form == DIFF_NONE)
		return;
	begin_label(d, "relabelled", x->name);
	if (d->form == DIFF_JSON) {
		jw_key(&d->labels, "to");
		jw_raw_string(&d->labels, y->name);
	} else {
		buf_adds(&d->labels, " to ");
		diag_escape(&d->labels, y->name);
	}
	end_label(d);
}

/* Two annotations that are one: what is different about it? */
static void
compare_pair(struct differ *d, struct ann *x, struct ann *y)
{
	bool renamed = !span_eq(x->name, y->name);

	x->matched = y->matched = true;
	if (renamed)
		label_renamed(d, x, y);
	if (!same_shape(x->raw, y->raw))
		label_moved(d, x, y);
	else if (!renamed)
		d->kind[DIFF_ATTRIBUTE] = true;
}

static bool
both_open(const struct ann *x, const struct ann *y)
{
	return !x->matched && !y->matched;
}

static void
match_equal(struct differ *d)
{
	size_t j = 0;

	/* mostly in the same order, so looking on from the last match is enough */
	for (size_t i = 0; i < d->a.n; i++)
		for (size_t tried = 0; tried < d->b.n; tried++, j++) {
			struct ann *y = &d->b.v[j % d->b.n];

			if (y->matched || !span_eq(d->a.v[i].raw, y->raw))
				continue;
			d->a.v[i].matched = y->matched = true;
			j++;
			break;
		}
}

/* The pair of boxes that overlaps most, of one class or of two, as long as there is one. */
static void
match_boxes(struct differ *d, bool same_name)
{
	for (;;) {
		struct ann *best_x = NULL, *best_y = NULL;
		double most = 0.5;

		for (size_t i = 0; i < d->a.n; i++)
			for (size_t j = 0; j < d->b.n; j++) {
				struct ann *x = &d->a.v[i], *y = &d->b.v[j];
				double v;

				if (!both_open(x, y) || !x->has_box || !y->has_box ||
				    span_eq(x->name, y->name) != same_name)
					continue;
				v = iou(&x->box, &y->box);
				if (v > most || (v == most && best_x == NULL)) {
					most = v;
					best_x = x;
					best_y = y;
				}
			}
		if (best_x == NULL)
			return;
		compare_pair(d, best_x, best_y);
	}
}

/* What has no box, or too many to try all pairs: by name, in order. */
static void
match_names(struct differ *d, bool boxes)
{
	size_t j = 0;

	for (size_t i = 0; i < d->a.n; i++) {
		struct ann *x = &d->a.v[i];

		if (x->matched || (x->has_box && !boxes))
			continue;
		for (size_t tried = 0; tried < d->b.n; tried++, j++) {
			struct ann *y = &d->b.v[j % d->b.n];

			if (y->matched || (y->has_box && !boxes) || !span_eq(x->name, y->name))
				continue;
			compare_pair(d, x, y);
			break;
		}
	}
}

static size_t
count_open(const struct anns *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += !list->v[i].matched;
	return n;
}

static void
compare_annotations(struct differ *d, const struct record *x, const struct record *y)
{
	enum { PAIRS_MAX = 200 * 200 };

	bool few;

	if (span_eq(x->v[REC_ANNOTATION], y->v[REC_ANNOTATION]))
		return;
	if (rec_annotated(x) != rec_annotated(y))
		d->kind[DIFF_LABEL] = true;
	read_annotations(&d->a, x);
	read_annotations(&d->b, y);
	match_equal(d);
	few = size_mul(count_open(&d->a), count_open(&d->b)) <= PAIRS_MAX;
	if (few) {
		match_boxes(d, true);
		match_boxes(d, false);
	}
	match_names(d, !few);
	for (size_t i = 0; i < d->a.n; i++)
		if (!d->a.v[i].matched)
			label_alone(d, "removed", d->a.v[i].name, &d->c->labels_removed);
	for (size_t i = 0; i < d->b.n; i++)
		if (!d->b.v[i].matched)
			label_alone(d, "added", d->b.v[i].name, &d->c->labels_added);
}

/* ---- the other fields ---- */

static enum diff_kind
kind_of_field(struct span key)
{
	static const enum diff_kind kinds[REC_FIELDS] = { [REC_SOURCE] = DIFF_SOURCE,
		[REC_ID] = DIFF_ATTRIBUTE,
		[REC_WIDTH] = DIFF_CONTENT,
		[REC_HEIGHT] = DIFF_CONTENT,
		[REC_USAGE] = DIFF_USAGE,
		[REC_SHA256] = DIFF_CONTENT,
		[REC_BYTES] = DIFF_CONTENT,
		[REC_HARD] = DIFF_HARD,
		[REC_HARD_COEFFICIENT] = DIFF_HARD,
		[REC_ANNOTATION] = DIFF_KINDS,
		[REC_DATASET] = DIFF_ATTRIBUTE };

	for (int f = 0; f < REC_FIELDS; f++)
		if (span_is(key, rec_field_name[f]))
			return kinds[f];
	return DIFF_ATTRIBUTE;
}

static struct span
member_of(const struct record *r, struct span key)
{
	for (size_t i = 0; i < r->n; i++)
		if (span_eq(r->m[i].key, key))
			return r->m[i].value;
	return SPAN_NONE;
}

static int
usage_of(const struct record *r)
{
	return usage_parse(json_unquote(r->v[REC_USAGE]));
}

/* Fields of x that y has otherwise, or (only_missing) not at all. */
static void
compare_fields(struct differ *d, const struct record *x, const struct record *y, bool only_missing)
{
	for (size_t i = 0; i < x->n; i++) {
		enum diff_kind k = kind_of_field(x->m[i].key);
		struct span other = member_of(y, x->m[i].key);

		if (k == DIFF_KINDS || (only_missing && other.p) || span_eq(x->m[i].value, other))
			continue;
		if (k != DIFF_USAGE || usage_of(x) != usage_of(y))
			d->kind[k] = true;
	}
}

/* ---- writing ---- */

static void
text_key(struct differ *d, char sign, struct span key)
{
	buf_addc(&d->text, sign);
	buf_addc(&d->text, ' ');
	diag_escape(&d->text, key);
}

static void
give_line(struct differ *d)
{
	if (d->form != DIFF_NONE)
		d->line(d->ctx, buf_span(&d->text));
	buf_reset(&d->text);
}

static void
one_sided(struct differ *d, const struct keyed *k, bool added)
{
	uint64_t *count = added ? &d->c->added : &d->c->removed;

	++*count;
	if (d->form == DIFF_JSON) {
		jw_open(&d->text, '{');
		jw_member_str(&d->text, "change", added ? "added" : "removed");
		jw_member_string(&d->text, "key", k->key);
		if (k->r.v[REC_USAGE].p)
			jw_member_raw(&d->text, "usage", k->r.v[REC_USAGE]);
		jw_close(&d->text, '}');
	} else if (d->form == DIFF_TEXT) {
		text_key(d, added ? '+' : '-', k->key);
	}
	give_line(d);
}

static const char *
usage_text(int u)
{
	return u == USAGE_NONE ? "none" : usage_name[u];
}

static void
write_json(struct differ *d, struct span key, int before, int after)
{
	struct buf *b = &d->text;

	jw_open(b, '{');
	jw_member_str(b, "change", "changed");
	jw_member_string(b, "key", key);
	jw_key(b, "kinds");
	jw_open(b, '[');
	for (int k = 0; k < DIFF_KINDS; k++)
		if (d->kind[k])
			jw_str(b, diff_kind_name[k]);
	jw_close(b, ']');
	if (d->kind[DIFF_USAGE]) {
		jw_key(b, "usage");
		jw_open(b, '[');
		jw_str(b, usage_text(before));
		jw_str(b, usage_text(after));
		jw_close(b, ']');
	}
	if (d->labels.n > 1) {
		jw_close(&d->labels, ']');
		jw_member_raw(b, "labels", buf_span(&d->labels));
	}
	jw_close(b, '}');
}

static void
write_text(struct differ *d, struct span key, int before, int after)
{
	const char *sep = ": ";

	text_key(d, '~', key);
	if (d->kind[DIFF_USAGE]) {
		buf_addf(&d->text, "%susage %s to %s", sep, usage_text(before), usage_text(after));
		sep = "; ";
	}
	if (d->labels.n) {
		buf_addf(&d->text, "%s%s", sep, d->labels.p);
		sep = "; ";
	} else if (d->kind[DIFF_LABEL]) {
		buf_addf(&d->text, "%slabelled", sep);
		sep = "; ";
	}
	for (int k = DIFF_HARD; k < DIFF_KINDS; k++)
		if (d->kind[k]) {
			buf_addf(&d->text, "%s%s", sep, diff_kind_name[k]);
			sep = "; ";
		}
}

static void
compare_samples(struct differ *d, const struct keyed *a, const struct keyed *b)
{
	int before, after;
	bool any = false;

	if (span_eq(a->r.line, b->r.line))
		return;
	before = usage_of(&a->r);
	after = usage_of(&b->r);
	memset(d->kind, 0, sizeof(d->kind));
	buf_reset(&d->labels);
	if (d->form == DIFF_JSON)
		jw_open(&d->labels, '[');
	compare_fields(d, &a->r, &b->r, false);
	compare_fields(d, &b->r, &a->r, true);
	compare_annotations(d, &a->r, &b->r);
	for (int k = 0; k < DIFF_KINDS; k++) {
		d->c->kind[k] += d->kind[k];
		any = any || d->kind[k];
	}
	if (!any)
		return; /* the same values in another order */
	d->c->changed++;
	d->c->to_train += (before == USAGE_EVAL || before == USAGE_TEST) && after == USAGE_TRAIN;
	if (d->form == DIFF_JSON)
		write_json(d, b->key, before, after);
	else if (d->form == DIFF_TEXT)
		write_text(d, b->key, before, after);
	give_line(d);
}

/* ---- the merge ---- */

static void
compare_datasets(struct differ *d, struct keyed *a, struct keyed *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;

	dataset_write(&a->dataset, &x);
	dataset_write(&b->dataset, &y);
	d->c->dataset = a->dataset.seen != b->dataset.seen || !span_eq(buf_span(&x), buf_span(&y));
	if (d->c->dataset && d->form != DIFF_NONE) {
		buf_adds(&d->text,
		    d->form == DIFF_JSON ? "{\"change\":\"dataset\"}" : "~ dataset header");
		give_line(d);
	}
	buf_release(&x);
	buf_release(&y);
}

void
diff_run(struct keyed *a, struct keyed *b, enum diff_form form, diff_line *line, void *ctx,
    struct diff_counts *counts)
{
	struct differ d = { .form = form, .line = line, .ctx = ctx, .c = counts };
	bool more_a, more_b;

	*counts = (struct diff_counts){ .added = 0 };
	more_a = keyed_next(a);
	more_b = keyed_next(b);
	while (more_a || more_b) {
		int c = !more_a ? 1 : !more_b ? -1 : span_cmp(a->key, b->key);

		if (c == 0)
			compare_samples(&d, a, b);
		else
			one_sided(&d, c < 0 ? a : b, c > 0);
		if (c <= 0)
			more_a = keyed_next(a);
		if (c >= 0)
			more_b = keyed_next(b);
	}
	counts->before = a->n;
	counts->after = b->n;
	compare_datasets(&d, a, b);
	free(d.a.v);
	free(d.b.v);
	buf_release(&d.text);
	buf_release(&d.labels);
}

char *
diff_semver(const struct diff_counts *c, const char *before)
{
	unsigned major = 1, minor = 0, patch = 0;

	sscanf(before, "%u.%u.%u", &major, &minor, &patch);
	if (c->removed || c->changed || c->dataset)
		return xasprintf("%u.0.0", major + 1);
	if (c->added)
		return xasprintf("%u.%u.0", major, minor + 1);
	return xasprintf("%u.%u.%u", major, minor, patch + 1);
}
