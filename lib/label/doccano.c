/*
 * doccano's JSON Lines: a line a text.
 *
 *	{"id":1,"text":"..","label":["positive","short"]}			classification
 *	{"id":1,"text":"..","label":[[0,5,"person"]]}				sequence labelling
 *	{"id":1,"text":"..","entities":[{"id":7,"label":"person","start_offset":0,"end_offset":5}],
 *	 "relations":[{"id":9,"from_id":7,"to_id":8,"type":"lives in"}]}
 *	{"id":1,"text":"..","entities":[[0,5,"city"]],"cats":["flight"]}		intents and slots
 *	{"id":1,"text":"..","label":["eine Uebersetzung"]}			seq2seq
 *
 * Offsets count characters (Unicode code points), the end is outside. Older versions say "labels",
 * or "data" for "text". Nothing tells the labels of seq2seq from classes: that is the format
 * doccano-seq2seq, whose labels are texts.
 *
 * Source: doccano, its manual's examples of datasets and the serializers of data_export.
 *
 * A line that does not follow from its record rides in the member "doccano", and so does an entity or
 * relation with members of its own.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "label/formats.h"
#include "label/jsonl.h"
#include "label/spans.h"
#include "label/splits.h"
#include "label/usage.h"

enum { ID, TEXT, DATA, LABEL, LABELS, ENTITIES, RELATIONS, CATS, KEYS };

static const char *const keys[KEYS] = { "id", "text", "data", "label", "labels", "entities",
	"relations", "cats" };

enum { E_ID, E_LABEL, E_START, E_END, ENTITY_KEYS };

static const char *const entity_keys[ENTITY_KEYS] = { "id", "label", "start_offset", "end_offset" };

enum { R_ID, R_FROM, R_TO, R_TYPE, RELATION_KEYS };

static const char *const relation_keys[RELATION_KEYS] = { "id", "from_id", "to_id", "type" };

static bool
is_seq2seq(const struct label_format *f)
{
	return f == &label_doccano_seq2seq;
}

/* ---- reading ---- */

struct reader {
	struct buf text, scratch;
	struct offsets offsets; /* of the text */
	struct strmap ids;      /* of the line's entities, as their JSON */
};

static bool
is_id(struct span value)
{
	return json_type_of(value) == JSON_NUMBER || json_type_of(value) == JSON_STRING;
}

/* "span":[start,end] inside the text. False: it was said why not. */
static bool
write_span(struct jsonl *j, struct buf *b, struct span start, struct span end)
{
	struct reader *r = j->state;
	size_t byte;
	uint64_t from, to;

	if (!num_parse_u64(start, &from) || !num_parse_u64(end, &to))
		return jsonl_bad_annotation(
		    j, start.p ? start : j->line, "the offsets should be whole numbers");
	if (from > to || !offsets_byte(&r->offsets, (double)to, UNIT_CODEPOINT, &byte))
		return jsonl_bad_annotation(
		    j, end, "the offsets should lie in the text, the end behind the start");
	if (from == to)
		warning_at(jsonl_pos(j, start), "doccano", "the entity has no extent; it stays");
	jw_key(b, "span");
	jw_open(b, '[');
	jw_raw(b, start);
	jw_raw(b, end);
	jw_close(b, ']');
	jw_member_str(b, "unit", "codepoint");
	return true;
}

/* [start,end,label] */
static bool
give_triple(struct jsonl *j, struct buf *b, struct span raw)
{
	struct span v[3] = { SPAN_NONE }, value;
	size_t n = 0, begin = b->n;
	struct json items;

	json_begin(&items, raw);
	json_array(&items);
	while (json_item(&items) && json_value(&items, &value))
		if (n++ < 3)
			v[n - 1] = value;
	if (n != 3 || json_type_of(v[2]) != JSON_STRING)
		return jsonl_bad_annotation(j, raw, "an entity should be [start, end, \"label\"]");
	jw_open(b, '{');
	jw_member_raw(b, "name", v[2]);
	if (!write_span(j, b, v[0], v[1])) {
		buf_cut(b, begin);
		return false;
	}
	jw_close(b, '}');
	return true;
}

static bool
give_entity(struct jsonl *j, struct buf *b, struct span raw)
{
	struct span v[ENTITY_KEYS];
	size_t begin = b->n;

	json_pick(raw, entity_keys, v, ENTITY_KEYS, NULL);
	if (json_type_of(v[E_LABEL]) != JSON_STRING || (v[E_ID].p && !is_id(v[E_ID])))
		return jsonl_bad_annotation(j, raw,
		    "an entity needs label, start_offset and end_offset, and may have an id");
	jw_open(b, '{');
	if (v[E_ID].p)
		jw_member_raw(b, "id", v[E_ID]);
	jw_member_raw(b, "name", v[E_LABEL]);
	if (!write_span(j, b, v[E_START], v[E_END])) {
		buf_cut(b, begin);
		return false;
	}
	if (!jsonl_is_plain(raw, entity_keys, ENTITY_KEYS)) {
		jw_key(b, "doccano");
		jw_raw(b, raw);
	}
	jw_close(b, '}');
	return true;
}

static bool
give_relation(struct jsonl *j, struct buf *b, struct span raw)
{
	struct span v[RELATION_KEYS];

	json_pick(raw, relation_keys, v, RELATION_KEYS, NULL);
	if (json_type_of(v[R_TYPE]) != JSON_STRING || !is_id(v[R_FROM]) || !is_id(v[R_TO]) ||
	    (v[R_ID].p && !is_id(v[R_ID])))
		return jsonl_bad_annotation(j, raw, "a relation needs from_id, to_id and type");
	jw_open(b, '{');
	if (v[R_ID].p)
		jw_member_raw(b, "id", v[R_ID]);
	jw_member_raw(b, "name", v[R_TYPE]);
	jw_member_raw(b, "from", v[R_FROM]);
	jw_member_raw(b, "to", v[R_TO]);
	if (!jsonl_is_plain(raw, relation_keys, RELATION_KEYS)) {
		jw_key(b, "doccano");
		jw_raw(b, raw);
	}
	jw_close(b, '}');
	return true;
}

/* Note the id of an entity: relations are between these. */
static void
take_id(struct jsonl *j, struct span raw)
{
	struct span id = json_type_of(raw) == JSON_OBJECT ? json_member(raw, "id") : SPAN_NONE;
	struct reader *r = j->state;
	bool is_new = true;

	if (is_id(id))
		strmap_put(&r->ids, id, 0, &is_new);
	if (!is_new)
		warning_at(jsonl_pos(j, id), "doccano", "two entities have the id %.*s; both stay",
		    SPAN_ARG(id));
}

/* Does the relation lead somewhere? All entities of the line have been met. */
static void
check_relation(struct jsonl *j, struct span raw)
{
	struct reader *r = j->state;
	struct span v[RELATION_KEYS];

	json_pick(raw, relation_keys, v, RELATION_KEYS, NULL);
	for (int k = R_FROM; k <= R_TO; k++)
		if (is_id(v[k]) && !strmap_find(&r->ids, v[k]))
			warning_at(jsonl_pos(j, v[k]), "doccano",
			    "no entity of this text has the id %.*s; the relation stays",
			    SPAN_ARG(v[k]));
}

/* A class of the text, or what it should become. */
static bool
give_string(struct jsonl *j, struct buf *b, struct span raw)
{
	jw_open(b, '{');
	jw_member_raw(b, is_seq2seq(j->im->format) ? "text" : "name", raw);
	jw_close(b, '}');
	return true;
}

static bool
give_item(struct jsonl *j, struct buf *b, int key, struct span raw)
{
	switch (json_type_of(raw)) {
	case JSON_STRING:
		if (key == LABEL || key == LABELS || key == CATS)
			return give_string(j, b, raw);
		break;
	case JSON_ARRAY:
		if (key != RELATIONS && key != CATS)
			return give_triple(j, b, raw);
		break;
	case JSON_OBJECT:
		if (key == RELATIONS)
			return give_relation(j, b, raw);
		if (key != CATS)
			return give_entity(j, b, raw);
		break;
	default:
		break;
	}
	return jsonl_bad_annotation(j, raw, "this is no label that doccano knows");
}

static uint64_t
give_list(struct jsonl *j, struct buf *b, int key, struct span list)
{
	struct span raw;
	struct json items;
	uint64_t n = 0;

	if (json_type_of(list) == JSON_STRING)
		return give_item(j, b, key, list);
	json_begin(&items, list);
	json_array(&items);
	while (json_item(&items) && json_value(&items, &raw))
		if (give_item(j, b, key, raw)) {
			n++;
			if (key == RELATIONS)
				check_relation(j, raw);
			else
				take_id(j, raw);
		}
	return n;
}

/* "annotation", when the line has one of the lists. Their number. */
static uint64_t
give_annotations(struct jsonl *j, struct buf *b, const struct span v[KEYS])
{
	struct reader *r = j->state;
	uint64_t n = 0;
	bool any = false;

	strmap_release(&r->ids);
	r->ids = (struct strmap)STRMAP_INIT;
	for (int k = LABEL; k < KEYS; k++) {
		enum json_type type = json_type_of(v[k]);

		if (type == JSON_NONE || type == JSON_NULL)
			continue;
		if (type != JSON_ARRAY && type != JSON_STRING) {
			jsonl_bad_annotation(j, v[k], "the labels should be a list");
			continue;
		}
		if (!any) {
			jw_key(b, "annotation");
			jw_open(b, '[');
		}
		any = true;
		n += give_list(j, b, k, v[k]);
	}
	if (any)
		jw_close(b, ']');
	return n;
}

/* Would a writer make this line from the record alone? */
static bool
follows(struct jsonl *j, struct span line, const struct span v[KEYS])
{
	struct reader *r = j->state;
	bool same = json_type_of(v[ID]) == JSON_NUMBER && !v[DATA].p && !v[LABELS].p &&
		    json_type_of(v[LABEL]) != JSON_STRING && jsonl_is_compact(line, keys, KEYS);

	for (int k = LABEL; k < KEYS; k++)
		same = same && (!v[k].p || (json_type_of(v[k]) == JSON_ARRAY && v[k].n > 2));
	buf_reset(&r->scratch);
	jw_string(&r->scratch, buf_span(&r->text));
	return same && span_eq(buf_span(&r->scratch), v[TEXT]);
}

static bool
give_line(struct jsonl *j, struct span line)
{
	struct buf *b = import_record(j->im), scratch = BUF_INIT;
	struct reader *r = j->state;
	const char *usage = usage_of_path(span_str(j->path));
	struct span v[KEYS], text;
	uint64_t n;

	json_pick(line, keys, v, KEYS, NULL);
	text = jsonl_string(v[v[TEXT].p ? TEXT : DATA], &scratch);
	if (!text.p)
		return jsonl_bad(j, line, "a line needs \"text\", a string");
	buf_reset(&r->text);
	buf_addspan(&r->text, text);
	buf_release(&scratch);
	offsets_set(&r->offsets, buf_span(&r->text));
	jsonl_begin_text(b, buf_span(&r->text));
	if (is_id(v[ID]))
		jw_member_raw(b, "id", v[ID]);
	else
		jsonl_write_id(j, b);
	if (usage)
		jw_member_str(b, "usage", usage);
	n = give_annotations(j, b, v);
	if (!follows(j, line, v)) {
		jw_key(b, j->im->format->name);
		jw_raw(b, line);
	}
	jw_close(b, '}');
	import_sample(j->im, j->at, buf_span(b), n);
	return true;
}

/* The first line of `head`; of a longer one what is there. */
static struct span
first_line(struct span head)
{
	const char *end = head.n ? memchr(head.p, '\n', head.n) : NULL;

	return end ? span_of(head.p, end) : head;
}

/* Behind "key" and ':', without blanks; SPAN_NONE: it is not there. */
static struct span
behind_key(struct span line, const char *key)
{
	const char *p = line.n ? memmem(line.p, line.n, key, strlen(key)) : NULL;
	struct span rest;

	if (!p)
		return SPAN_NONE;
	rest = span_trim(span_of(p + strlen(key), line.p + line.n));
	if (rest.n == 0 || rest.p[0] != ':')
		return SPAN_NONE;
	return span_trim(span_of(rest.p + 1, rest.p + rest.n));
}

/* 'e': entities or relations, 's': a list of strings, '-': nothing labelled here, 0: not doccano's. */
static char
kind_of_line(struct span line)
{
	static const char *const lists[] = { "\"label\"", "\"labels\"", "\"entities\"" };
	struct span rest = behind_key(line, "\"entities\"");

	if (!find_has(line, "\"text\"") && !find_has(line, "\"data\""))
		return 0;
	if (span_starts(rest, SPAN("[{"))) /* which have members "label" themselves */
		return 'e';
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		rest = behind_key(line, lists[i]);
		if (!rest.p)
			continue;
		if (span_starts(rest, SPAN("\"")))
			return 's';
		if (!span_starts(rest, SPAN("[")))
			return 0;
		rest = span_trim(span_of(rest.p + 1, rest.p + rest.n));
		if (rest.n == 0 || i == 2)
			return 'e';
		return rest.p[0] == '"' ? 's' : rest.p[0] == ']' ? '-' : 'e';
	}
	return 0;
}

/* The kind of the first lines that tell: 'e', 's', '-', 0. */
static char
kind_of(struct span head)
{
	char kind = 0;

	while (head.n > 0) {
		struct span line = first_line(head);
		char k = span_starts(span_trim(line), SPAN("{")) ? kind_of_line(line) : 0;

		if (k == 'e' || k == 's')
			return k;
		if (k)
			kind = k;
		else if (span_trim(line).n > 0)
			return kind;
		head = span_of(line.p + line.n, head.p + head.n);
		if (head.n > 0)
			head = span_of(head.p + 1, head.p + head.n);
	}
	return kind;
}

static bool
is_other(struct span head)
{
	return find_has(head, "\"file_name\"") || find_has(head, "\"audio_filepath\"") ||
	       find_has(head, "\"image_url\"") || find_has(head, "\"dataset\"");
}

static bool
looks_like_any(struct span head)
{
	return !is_other(first_line(head)) && kind_of(head) != 0;
}

static bool
looks_like_entities(struct span head)
{
	return !is_other(first_line(head)) && kind_of(head) == 'e';
}

static void
read_tree(struct importer *im)
{
	struct reader r = { .text = BUF_INIT, .ids = STRMAP_INIT };

	import_header(im);
	import_header_end(im);
	jsonl_read(im, "jsonl|json", looks_like_any, give_line, &r);
	buf_release(&r.text);
	buf_release(&r.scratch);
	offsets_release(&r.offsets);
	strmap_release(&r.ids);
}

static int
detect(const struct tree *t, struct buf *why)
{
	int score = find_score(
	    t, "jsonl|json", looks_like_entities, 90, "lines with \"text\" and entities", why);

	if (score > 0)
		return score;
	return find_score(t, "jsonl|json", looks_like_any, 60,
	    "lines with \"text\" and a list of strings, which may be classes", why);
}

static int
detect_seq2seq(const struct tree *t, struct buf *why)
{
	size_t total;

	if (find_sniff(t, "jsonl|json", looks_like_entities, &total) > 0)
		return 0;
	return find_score(t, "jsonl|json", looks_like_any, 60,
	    "lines with \"text\" and a list of strings, which may be texts", why);
}

/* ---- writing ---- */

struct writer {
	struct split_files files;
	struct buf name; /* of the file */
	struct buf list[KEYS], text, source, value;
	struct offsets offsets; /* of the text */
};

static struct out *
writer_out(struct exporter *ex, int split)
{
	struct writer *w = ex->state;

	return split_out_named(ex, &w->files, split, "jsonl", &w->name);
}

/* What decides how a sample is written. */
struct form {
	bool objects; /* entities are objects, with relations beside them */
	bool cats;    /* classes beside entities go to "cats" */
	int list;     /* LABEL or LABELS or ENTITIES: for triples */
};

static struct form
form_of(const struct sample *s, struct span template)
{
	struct form f = { .list = LABEL };
	size_t entities = 0, classes = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		f.objects = f.objects || a->v[ANN_FROM].p || (a->v[ANN_SPAN].p && a->v[ANN_ID].p);
		entities += a->v[ANN_SPAN].p != NULL;
		classes += a->v[ANN_NAME].p && !ann_has_shape(a) && !a->v[ANN_FROM].p;
	}
	if (json_member(template, keys[RELATIONS]).p)
		f.objects = true;
	f.cats = json_member(template, keys[CATS]).p || (entities > 0 && classes > 0);
	if (json_member(template, keys[LABELS]).p)
		f.list = LABELS;
	if (f.cats || (json_member(template, keys[ENTITIES]).p && !f.objects))
		f.list = ENTITIES;
	return f;
}

/* An entity's numbers in characters; false: it does not lie in the text. */
static bool
add_offsets(struct writer *w, const struct annotation *a, struct span from_to[2])
{
	size_t v[2], cut;

	if (!offsets_of(&w->offsets, a, v))
		return false;
	if (span_unit_of(a->v[ANN_UNIT]) == UNIT_CODEPOINT)
		return number_texts(a->v[ANN_SPAN], from_to, 2) == 2;
	buf_reset(&w->value);
	num_add_u64(&w->value, offsets_count(&w->offsets, v[0], UNIT_CODEPOINT));
	cut = w->value.n;
	num_add_u64(&w->value, offsets_count(&w->offsets, v[1], UNIT_CODEPOINT));
	from_to[0] = span_of(w->value.p, w->value.p + cut);
	from_to[1] = span_of(w->value.p + cut, w->value.p + w->value.n);
	return true;
}

static bool
add_entity(struct exporter *ex, const struct form *f, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct buf *b = &w->list[f->objects ? ENTITIES : f->list];
	struct json_change c[ENTITY_KEYS];
	struct span at[2];
	size_t n = 0;

	if (!a->v[ANN_NAME].p || !add_offsets(w, a, at))
		return false;
	if (!f->objects) {
		jw_raw(b, SPAN(""));
		buf_addf(b, "[%.*s,%.*s,%.*s]", SPAN_ARG(at[0]), SPAN_ARG(at[1]),
		    SPAN_ARG(a->v[ANN_NAME]));
		return true;
	}
	if (a->v[ANN_ID].p)
		c[n++] = (struct json_change){ entity_keys[E_ID], a->v[ANN_ID] };
	c[n++] = (struct json_change){ entity_keys[E_LABEL], a->v[ANN_NAME] };
	c[n++] = (struct json_change){ entity_keys[E_START], at[0] };
	c[n++] = (struct json_change){ entity_keys[E_END], at[1] };
	jw_raw(b, SPAN(""));
	json_edit(b, jsonl_ann_template(ex, a), c, n);
	return true;
}

static bool
add_relation(struct exporter *ex, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct json_change c[RELATION_KEYS];
	size_t n = 0;

	if (!a->v[ANN_NAME].p || !a->v[ANN_TO].p)
		return false;
	if (a->v[ANN_ID].p)
		c[n++] = (struct json_change){ relation_keys[R_ID], a->v[ANN_ID] };
	c[n++] = (struct json_change){ relation_keys[R_FROM], a->v[ANN_FROM] };
	c[n++] = (struct json_change){ relation_keys[R_TO], a->v[ANN_TO] };
	c[n++] = (struct json_change){ relation_keys[R_TYPE], a->v[ANN_NAME] };
	jw_raw(&w->list[RELATIONS], SPAN(""));
	json_edit(&w->list[RELATIONS], jsonl_ann_template(ex, a), c, n);
	return true;
}

static bool
add_annotation(struct exporter *ex, const struct form *f, const struct annotation *a)
{
	struct writer *w = ex->state;
	struct span string = a->v[is_seq2seq(ex->format) ? ANN_TEXT : ANN_NAME];
	int list = f->cats ? CATS : f->list;

	if (a->v[ANN_SPAN].p)
		return !is_seq2seq(ex->format) && add_entity(ex, f, a);
	if (a->v[ANN_FROM].p)
		return !is_seq2seq(ex->format) && add_relation(ex, a);
	if (ann_has_shape(a) || json_type_of(string) != JSON_STRING)
		return false;
	if (f->objects && !f->cats)
		list = LABEL;
	jw_raw(&w->list[list], string);
	return true;
}

/* The list of one key as the line has it; SPAN_NONE: it gets none. */
static struct span
list_value(
    struct exporter *ex, const struct sample *s, const struct form *f, int k, struct span old)
{
	struct writer *w = ex->state;
	struct buf whole = BUF_INIT;
	bool empty = w->list[k].n == 0;
	bool needed = k == f->list && s->annotated && s->n == 0;

	if (empty && !old.p && !needed && !(f->objects && (k == ENTITIES || k == RELATIONS)))
		return SPAN_NONE;
	if (empty && (json_type_of(old) == JSON_NULL || (old.p && !s->annotated)))
		return old;
	buf_addf(&whole, "[%s]", buf_str(&w->list[k]));
	buf_reset(&w->list[k]);
	if (json_type_of(old) == JSON_STRING &&
	    span_eq(old, span_of(whole.p + 1, whole.p + whole.n - 1)))
		buf_addspan(&w->list[k], old); /* one label, which was no list */
	else
		buf_addspan(&w->list[k], buf_span(&whole));
	buf_release(&whole);
	return jsonl_keep(old, buf_span(&w->list[k]));
}

/* The whole line: the template with its text and lists. */
static void
write_line(struct exporter *ex, const struct sample *s, struct span template, const struct form *f)
{
	struct writer *w = ex->state;
	struct out *out = writer_out(ex, split_of_file(ex, s));
	struct span old[KEYS], list;
	struct json_change c[KEYS];
	size_t n = 0;
	int text;

	json_pick(template, keys, old, KEYS, NULL);
	text = !old[TEXT].p && old[DATA].p ? DATA : TEXT;
	if ((old[ID].p || span_is(template, "{}")) &&
	    json_type_of(s->rec->v[REC_ID]) == JSON_NUMBER)
		c[n++] = (struct json_change){ keys[ID], jsonl_keep(old[ID], s->rec->v[REC_ID]) };
	buf_reset(&w->source);
	jw_string(&w->source, buf_span(&w->text));
	c[n++] = (struct json_change){ keys[text], jsonl_keep(old[text], buf_span(&w->source)) };
	for (int k = LABEL; k < KEYS; k++) {
		list = list_value(ex, s, f, k, old[k]);
		if (list.p)
			c[n++] = (struct json_change){ keys[k], list };
	}
	json_edit(&out->b, template, c, n);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct span template = jsonl_template(ex, s), text = jsonl_text(ex, s, &w->source);
	struct form f = form_of(s, template);
	uint64_t written = 0;

	if (!text.p) {
		export_left_out(ex, s);
		return;
	}
	buf_reset(&w->text);
	buf_addspan(&w->text, text);
	offsets_set(&w->offsets, buf_span(&w->text));
	for (int k = 0; k < KEYS; k++)
		buf_reset(&w->list[k]);
	for (size_t i = 0; i < s->n; i++)
		written += add_annotation(ex, &f, &s->ann[i]);
	write_line(ex, s, template, &f);
	export_unwritten(ex, s, written);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;

	if (!w->files.name)
		writer_out(ex, SPLIT_NONE);
	split_close(ex, &w->files, "");
	for (int k = 0; k < KEYS; k++)
		buf_release(&w->list[k]);
	buf_release(&w->name);
	buf_release(&w->text);
	buf_release(&w->source);
	buf_release(&w->value);
	offsets_release(&w->offsets);
}

static const struct label_writer writer = { false, NULL, write_sample, finish,
	sizeof(struct writer) };

const struct label_format label_doccano = {
	.name = "doccano",
	.title = "doccano: JSON Lines of texts with classes, entities, relations",
	.holds = HOLDS(ANN_SPAN) | HOLDS(ANN_NAME) | HOLDS(ANN_ID) | HOLDS(ANN_FROM) |
		 HOLDS(ANN_TO) | HOLDS(ANN_UNIT) | HOLDS_CLASS | HOLDS_CLASSES | HOLDS_UNLABELLED |
		 HOLDS_NEGATIVE | HOLDS_USAGE,
	.single = "jsonl|json",
	.keeps = "doccano",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};

const struct label_format label_doccano_seq2seq = {
	.name = "doccano-seq2seq",
	.title = "doccano: JSON Lines of texts and what they should become",
	.holds = HOLDS(ANN_TEXT) | HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_USAGE,
	.single = "jsonl|json",
	.keeps = "doccano-seq2seq",
	.detect = detect_seq2seq,
	.read = read_tree,
	.writer = &writer,
};
