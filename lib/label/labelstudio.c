/*
 * Label Studio: a JSON list of tasks.
 *
 * Rules from labelstud.io, guide/task_format: geometry in percent of original_width and
 * original_height; a rectangle is turned about its top left corner, clockwise; ellipses by their
 * centre; text offsets count UTF-16 units, end exclusive; audio in seconds; choices are classes of the
 * whole task; relations join results by id. The brush: brush.h.
 *
 * The export JSON_MIN, tasks without their frame, is read (labelstudio_min.c), and written as JSON.
 *
 * A task may have the annotations of several people. The one that is ground truth, else the first
 * that was not cancelled, is the sample's; the others, predictions and all else stay in the
 * member "labelstudio" of the sample and are written back.
 */
#include "label/labelstudio.h"

#include <stdlib.h>

#include "archive/tree.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/labelstudio_make.h"
#include "label/recode.h"

struct reader {
	struct importer *im;
	struct pictures pictures;
	struct buf task, annotations, text, name, id, scratch;
	const char *file;
	struct pos at; /* of the task */
	struct ls_frame frame;
	double width, height;   /* of the first result that says it */
	uint64_t min;           /* tasks of JSON_MIN */
	uint64_t several;       /* tasks of several people */
	uint64_t several_names; /* regions with several labels */
};

/* ---- what the task is about ---- */

static const struct {
	const char *key;
	bool text;
} media[] = { { "image", false }, { "img", false }, { "ocr", false }, { "audio", false },
	{ "sound", false }, { "video", false }, { "text", true }, { "url", false },
	{ "html", true } };

/* The value of `data` that is labelled; *text: it is the text itself. */
static struct span
find_source(struct span data, bool *text)
{
	struct span key, v;
	struct json j;

	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		v = json_member(data, media[i].key);
		*text = media[i].text;
		if (json_type_of(v) == JSON_STRING)
			return v;
	}
	*text = false;
	if (json_type_of(data) != JSON_OBJECT)
		return SPAN_NONE;
	json_begin(&j, data);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &v))
		if (json_type_of(v) == JSON_STRING)
			return v;
	return SPAN_NONE;
}

/* "/data/upload/1/abc-x.jpg" and "/data/local-files/?d=dir/x.jpg": the path of the picture. */
static struct span
local_path(struct span s)
{
	const char *d = s.n ? memmem(s.p, s.n, "?d=", 3) : NULL;

	if (d)
		return span_of(d + 3, s.p + s.n);
	while (s.n && s.p[0] == '/')
		s.p++, s.n--;
	return s;
}

static void
begin_sample(struct reader *r, struct buf *b, struct span data, struct span task_id)
{
	struct picsize size = { .width = 0 };
	bool text;
	struct span v = json_value_text(find_source(data, &text), &r->name), source;

	r->frame.text = SPAN_NONE;
	if (text && !path_is_uri(v)) {
		buf_reset(&r->text);
		buf_adds(&r->text, "content://");
		buf_addspan(&r->text, v);
		r->frame.text = span_of(r->text.p + 10, r->text.p + r->text.n);
		source = buf_span(&r->text);
	} else if (path_is_uri(v)) {
		source = v;
	} else {
		source = pictures_source(&r->pictures, SPAN(""), local_path(v), &size);
	}
	buf_reset(&r->id);
	buf_addspan(&r->id, json_type_of(task_id) == JSON_STRING ? json_unquote(task_id) : task_id);
	jw_open(b, '{');
	jw_member_string(b, "source", source);
	if (r->id.n)
		jw_member_string(b, "id", buf_span(&r->id));
	else if (!text)
		jw_member_string(b, "id", path_stem(path_base_span(source)));
	r->width = size.width;
	r->height = size.height;
}

/* ---- results ---- */

/* The sizes come last: only regions need them, others carry them along. */
enum { ID, TYPE, VALUE, SCORE, FROM_ID, TO_ID, WIDTH, HEIGHT, KEYS };

static const char *const key[KEYS] = { "id", "type", "value", "score", "from_id", "to_id",
	"original_width", "original_height" };

static bool
bad(struct reader *r, const char *what, struct span type)
{
	error_at(r->at, "labelstudio-result", "a result of type %.*s: %s", SPAN_ARG(type), what);
	r->im->bad_annotations++;
	return false;
}

/* First name of a list of labels; `more`: there are others. */
static struct span
first_label(struct span list, bool *more)
{
	struct span name = SPAN_NONE, next;
	struct json j;

	*more = false;
	if (json_type_of(list) != JSON_ARRAY)
		return SPAN_NONE;
	json_begin(&j, list);
	json_array(&j);
	if (json_item(&j) && json_value(&j, &name))
		*more = json_item(&j) && json_value(&j, &next);
	return json_type_of(name) == JSON_STRING ? name : SPAN_NONE;
}

/* Is it a type whose value has a meaning here? */
static bool
is_known(struct span type)
{
	static const char *const known[] = { "rectangle", "polygon", "ellipse", "keypoint", "brush",
		"textarea", "hypertext" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_starts(type, span_str(known[i])))
			return true;
	return span_is(type, "labels");
}

/* The members that have no field, behind what was written of the annotation. */
static void
write_private(struct reader *r, struct buf *b, const struct span *v, struct buf *rest, size_t begin,
    bool more)
{
	struct annotation a = { .m = NULL };
	struct span type = json_unquote(v[TYPE]), labels = ls_labels(type, v[VALUE]);
	struct buf whole = BUF_INIT, again = BUF_INIT;
	const char *made = NULL;
	bool same;

	buf_addspan(&whole, (struct span){ b->p + begin, b->n - begin });
	buf_addc(&whole, '}');
	same = ann_parse(&a,
		   *whole.p == ',' ? span_of(whole.p + 1, whole.p + whole.n) : buf_span(&whole)) &&
	       ls_make_value(&again, &a, SPAN_NONE, &r->frame, r->im->opt, &made) &&
	       span_is(type, made) && span_eq(buf_span(&again), v[VALUE]);
	jw_key(b, "labelstudio");
	jw_open(b, '{');
	if (rest->n)
		jw_raw(b, buf_span(rest));
	if (!same) {
		jw_member_raw(b, "type", v[TYPE]);
		jw_member_raw(b, "value", v[VALUE]);
	}
	if (more)
		jw_member_raw(b, "names", labels);
	r->several_names += more;
	jw_close(b, '}');
	ann_release(&a);
	buf_release(&whole);
	buf_release(&again);
}

static void
common_members(struct reader *r, struct buf *b, const struct span *v)
{
	if (v[ID].p)
		jw_member_raw(b, "id", v[ID]);
	import_type(r->im, r->at, "score", v[SCORE], JSON_NUMBER);
	if (json_type_of(v[SCORE]) == JSON_NUMBER)
		jw_member_raw(b, "confidence", v[SCORE]);
}

/* Each choice is a class of the sample. */
static uint64_t
give_choices(struct reader *r, const struct span *v, struct buf *rest)
{
	struct span list = json_member(v[VALUE], "choices"), name;
	struct buf *b = &r->annotations;
	struct json j;
	uint64_t n = 0;

	if (json_type_of(list) != JSON_ARRAY)
		return bad(r, "\"choices\" should be a list", SPAN("choices"));
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &name)) {
		if (!import_type(r->im, r->at, "choices", name, JSON_STRING) ||
		    json_type_of(name) != JSON_STRING)
			continue;
		jw_open(b, '{');
		jw_member_raw(b, "name", name);
		common_members(r, b, v);
		jw_key(b, "labelstudio");
		jw_open(b, '{');
		if (rest->n)
			jw_raw(b, buf_span(rest));
		jw_close(b, '}');
		jw_close(b, '}');
		n++;
	}
	return n;
}

static uint64_t
give_relation(struct reader *r, const struct span *v, struct buf *rest)
{
	struct buf *b = &r->annotations;

	if (json_type_of(v[FROM_ID]) != JSON_STRING || json_type_of(v[TO_ID]) != JSON_STRING)
		return bad(r, "from_id and to_id are needed", SPAN("relation"));
	jw_open(b, '{');
	jw_member_raw(b, "from", v[FROM_ID]);
	jw_member_raw(b, "to", v[TO_ID]);
	jw_key(b, "labelstudio");
	jw_open(b, '{');
	if (rest->n)
		jw_raw(b, buf_span(rest));
	jw_close(b, '}');
	jw_close(b, '}');
	return 1;
}

/* Ratings, taxonomies and others: the value as a property. */
static uint64_t
give_other(struct reader *r, const struct span *v, struct buf *rest)
{
	struct buf *b = &r->annotations;

	jw_open(b, '{');
	common_members(r, b, v);
	jw_key(b, "property");
	jw_open(b, '{');
	jw_key_raw(b, json_unquote(v[TYPE]));
	jw_raw(b, v[VALUE].p ? v[VALUE] : SPAN("null"));
	jw_close(b, '}');
	jw_key(b, "labelstudio");
	jw_open(b, '{');
	if (rest->n)
		jw_raw(b, buf_span(rest));
	jw_member_raw(b, "type", v[TYPE]);
	jw_close(b, '}');
	jw_close(b, '}');
	return 1;
}

static uint64_t
give_region(struct reader *r, const struct span *v, struct buf *rest)
{
	struct span type = json_unquote(v[TYPE]), name;
	struct buf *b = &r->annotations;
	size_t begin = b->n;
	const char *why;
	bool more;

	r->frame.width = r->frame.height = 0;
	import_type(r->im, r->at, "original_width", v[WIDTH], JSON_NUMBER);
	import_type(r->im, r->at, "original_height", v[HEIGHT], JSON_NUMBER);
	if (!num_parse(v[WIDTH].p ? v[WIDTH] : SPAN(""), &r->frame.width) ||
	    !num_parse(v[HEIGHT].p ? v[HEIGHT] : SPAN(""), &r->frame.height)) {
		r->frame.width = r->width;
		r->frame.height = r->height;
	} else {
		r->width = r->frame.width;
		r->height = r->frame.height;
	}
	name = first_label(ls_labels(type, v[VALUE]), &more);
	jw_open(b, '{');
	if (name.p)
		jw_member_raw(b, "name", name);
	common_members(r, b, v);
	if (!ls_read_value(b, type, v[VALUE], &r->frame, &why)) {
		buf_cut(b, begin);
		return bad(r, why, type);
	}
	write_private(r, b, v, rest, begin, more);
	jw_close(b, '}');
	return 1;
}

static uint64_t
give_result(struct reader *r, struct span raw)
{
	struct buf rest = BUF_INIT;
	struct span v[KEYS], type;
	uint64_t n;

	type = json_unquote(json_member(raw, "type"));
	json_pick(raw, key, v, is_known(type) ? KEYS : WIDTH, &rest);
	if (!type.n)
		n = bad(r, "it has no type", SPAN("\"\""));
	else if (span_is(type, "relation"))
		n = give_relation(r, v, &rest);
	else if (span_is(type, "choices"))
		n = give_choices(r, v, &rest);
	else if (is_known(type))
		n = give_region(r, v, &rest);
	else
		n = give_other(r, v, &rest);
	buf_release(&rest);
	return n;
}

/* ---- tasks ---- */

static bool
is_true(struct span object, const char *member)
{
	return json_type_of(json_member(object, member)) == JSON_TRUE;
}

/* The annotation that counts; its place in the list in *at. SPAN_NONE: there is none. */
static struct span
choose(struct span list, size_t *at, size_t *count)
{
	struct span one, best = SPAN_NONE;
	struct json j;
	size_t n = 0;

	*count = 0;
	if (json_type_of(list) != JSON_ARRAY)
		return SPAN_NONE;
	json_begin(&j, list);
	json_array(&j);
	for (; json_item(&j) && json_value(&j, &one); n++) {
		if (json_type_of(one) != JSON_OBJECT || is_true(one, "was_cancelled"))
			continue;
		++*count;
		if (!best.p || (is_true(one, "ground_truth") && !is_true(best, "ground_truth"))) {
			best = one;
			*at = n;
		}
	}
	return best;
}

/* The task without the results that became annotations. */
static void
write_task(struct buf *b, struct span task, const char *list_key, size_t at)
{
	struct json_change none = { "result", SPAN("[]") }, change = { list_key, SPAN_NONE };
	struct buf list = BUF_INIT;
	struct span one;
	struct json j;
	size_t n = 0;

	json_begin(&j, json_member(task, list_key));
	json_array(&j);
	jw_open(&list, '[');
	for (; json_item(&j) && json_value(&j, &one); n++) {
		jw_raw(&list, SPAN(""));
		if (n == at)
			json_edit(&list, one, &none, 1);
		else
			buf_addspan(&list, one);
	}
	jw_close(&list, ']');
	change.value = buf_span(&list);
	jw_key(b, "task");
	json_edit(b, task, &change, 1);
	jw_member_u64(b, "taken", at);
	buf_release(&list);
}

static uint64_t
give_results(struct reader *r, struct span results)
{
	struct span raw;
	struct json j;
	uint64_t n = 0;

	buf_reset(&r->annotations);
	if (!import_type(r->im, r->at, "result", results, JSON_ARRAY) ||
	    json_type_of(results) != JSON_ARRAY)
		return 0;
	json_begin(&j, results);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		n += give_result(r, raw);
	return n;
}

static void
give_task(struct reader *r, struct span raw, struct pos at)
{
	const char *list_key;
	struct span task, chosen;
	struct buf *b = import_record(r->im);
	size_t place = 0, count;
	uint64_t n;

	r->at = at;
	buf_reset(&r->task);
	if (ls_is_min(raw)) {
		r->min++;
		buf_reset(&r->scratch);
		ls_task_of_min(&r->scratch, raw);
		raw = buf_span(&r->scratch);
	}
	jw_compact(&r->task, raw);
	task = buf_span(&r->task);
	if (json_type_of(json_member(task, "data")) != JSON_OBJECT) {
		error_at(at, "labelstudio", "a task needs \"data\", an object");
		r->im->bad_samples++;
		return;
	}
	list_key = json_member(task, "annotations").p ? "annotations" : "completions";
	chosen = choose(json_member(task, list_key), &place, &count);
	r->several += count > 1;
	begin_sample(r, b, json_member(task, "data"), json_member(task, "id"));
	n = give_results(r, json_member(chosen, "result"));
	if (r->width > 0 && r->height > 0) {
		jw_key(b, "width");
		jw_number(b, r->width);
		jw_key(b, "height");
		jw_number(b, r->height);
	}
	if (chosen.p) {
		jw_key(b, "annotation");
		jw_open(b, '[');
		buf_addspan(b, buf_span(&r->annotations));
		jw_close(b, ']');
	}
	jw_key(b, "labelstudio");
	jw_open(b, '{');
	if (chosen.p)
		write_task(b, task, list_key, place);
	else
		jw_member_raw(b, "task", task);
	jw_close(b, '}');
	jw_close(b, '}');
	import_sample(r->im, at, buf_span(b), n);
}

static void
read_file(struct reader *r, const struct node *node)
{
	struct input in;
	struct span raw;
	struct json j;

	r->im->files++;
	if (!recode_input(r->im, node, &in)) {
		r->im->bad_files++;
		return;
	}
	r->file = in.name;
	json_stream(&j, &in);
	if (json_peek(&j) == JSON_OBJECT) { /* a file a task, as cloud storages hold them */
		if (json_value(&j, &raw))
			give_task(r, raw, json_pos(&j, raw.p, r->file));
	} else if (json_array(&j)) {
		while (json_item(&j)) {
			if (json_peek(&j) != JSON_OBJECT)
				json_fail(&j, "a task should be an object");
			else if (json_value(&j, &raw))
				give_task(r, raw, json_pos(&j, raw.p, r->file));
		}
	}
	if (!json_end(&j)) {
		json_error(&j, in.name);
		r->im->bad_files++;
	}
	input_close(&in);
}

static bool
looks_like(struct span head)
{
	return (find_has(head, "\"annotation_id\"") && find_has(head, "\"annotator\"")) ||
	       (find_has(head, "\"original_width\"") && find_has(head, "labels\"")) ||
	       (find_has(head, "\"from_name\"") && find_has(head, "\"to_name\"")) ||
	       (find_has(head, "\"result\"") &&
		   (find_has(head, "\"was_cancelled\"") || find_has(head, "\"completed_by\"")));
}

/* To a reader also tasks that nobody labelled. */
static bool
may_be_tasks(struct span head)
{
	return find_has(head, "\"data\"") || looks_like(head);
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .im = im };

	pictures_init(&r.pictures, im->tree);
	import_header(im);
	import_header_end(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (find_is_ours(im, &im->tree->node[i], "json", may_be_tasks))
			read_file(&r, &im->tree->node[i]);
	if (r.min)
		note_at(POS_NONE, "labelstudio-min",
		    "%llu %s of the export JSON_MIN, where a choice or a text that is a plain "
		    "string cannot be told from data: it stays data; the export JSON has all",
		    COUNTED(r.min, "task is", "tasks are"));
	if (r.several)
		note_at(POS_NONE, "labelstudio-several",
		    "%llu %s several annotations; one is taken, the others are kept aside",
		    COUNTED(r.several, "task has", "tasks have"));
	if (r.several_names)
		warning_at(POS_NONE, "labelstudio-names",
		    "%llu %s several labels; the first is the class, and only Label Studio gets the "
		    "others again",
		    COUNTED(r.several_names, "region has", "regions have"));
	pictures_release(&r.pictures);
	buf_release(&r.task);
	buf_release(&r.annotations);
	buf_release(&r.text);
	buf_release(&r.name);
	buf_release(&r.id);
	buf_release(&r.scratch);
}

static int
detect(const struct tree *t, struct buf *why)
{
	return find_score(t, "json", looks_like, 90, "with results of tasks", why);
}

const struct label_format label_labelstudio = {
	.name = "labelstudio",
	.aliases = "label-studio",
	.title = "Label Studio: a JSON list of tasks with pictures, text or sound",
	.own_digits = true,
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_RLE) |
		 HOLDS(ANN_POINT) | HOLDS(ANN_CIRCLE) | HOLDS(ANN_SPAN) | HOLDS(ANN_TIME) |
		 HOLDS(ANN_TEXT) | HOLDS(ANN_NAME) | HOLDS(ANN_ID) | HOLDS(ANN_CONFIDENCE) |
		 HOLDS(ANN_FROM) | HOLDS(ANN_TO) | HOLDS(ANN_UNIT) | HOLDS_CLASS | HOLDS_CLASSES |
		 HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_SIZE,
	.keeps = "labelstudio|ellipse|corners",
	.detect = detect,
	.read = read_tree,
	.writer = &ls_writer,
};
