/*
 * Hugging Face's imagefolder (audiofolder) with metadata: pictures beside metadata.jsonl or metadata.csv.
 *
 *	{"file_name":"0001.png","label":"cat","text":"a cat on a mat",
 *	 "objects":{"bbox":[[x,y,w,h],..],"categories":["cat",..],"area":[..]}}
 *
 * file_name is from the folder of the metadata file. "label" is the class of the whole picture, "text"
 * (or "caption") its caption, "objects" a list a column. By custom boxes are in pixels from the top left
 * corner. A class is its name, or its number: then its digits are its name here. Splits are folders.
 *
 * Source: Hugging Face Datasets, "Create an image dataset"; datasets/packaged_modules/folder_based_builder.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/csv.h"
#include "label/decimal.h"
#include "label/formats.h"
#include "label/jsonl.h"
#include "label/splits.h"
#include "label/recode.h"

enum { FILE_NAME, LABEL, TEXT, OBJECTS, KEYS };

static const char *const keys[KEYS] = { "file_name", "label", "text", "objects" };
static const char *const object_keys[] = { "bbox", "categories", "id", "area" };
static const char *const class_keys[] = { "categories", "category", "label", "labels", "class",
	"class_id" };

/* The key of the column with the classes; NULL: there is none. */
static const char *
class_key(struct span objects)
{
	for (size_t i = 0; i < ARRAY_LEN(class_keys); i++)
		if (json_member(objects, class_keys[i]).p)
			return class_keys[i];
	return NULL;
}

static const char *
text_key(struct span line)
{
	if (json_type_of(json_member(line, "text")) != JSON_STRING &&
	    json_type_of(json_member(line, "caption")) == JSON_STRING)
		return "caption";
	return "text";
}

/* ---- reading ---- */

/* A class is a string, or a number whose digits are the name. False: it is neither. */
static bool
write_name(struct buf *b, struct span raw)
{
	if (json_type_of(raw) != JSON_STRING && json_type_of(raw) != JSON_NUMBER)
		return false;
	jw_key(b, "name");
	if (json_type_of(raw) == JSON_STRING)
		jw_raw(b, raw);
	else
		jw_string(b, raw);
	return true;
}

/* Would a number be written where this says a string, or the other way round? */
static bool
class_flips(struct span raw)
{
	bool string = json_type_of(raw) == JSON_STRING;

	return string == decimal_is_small_int(string ? json_unquote(raw) : raw);
}

/* The columns of "objects", read side by side. */
struct columns {
	struct member *m;
	struct json *at;
	size_t n, cap;
};

static bool
columns_open(struct columns *c, struct span objects)
{
	struct json j;

	*c = (struct columns){ .m = NULL };
	json_begin(&j, objects);
	json_members(&j, &c->m, &c->n, &c->cap);
	c->at = xcalloc(c->n + 1, sizeof(*c->at));
	for (size_t i = 0; i < c->n; i++) {
		bool list = json_type_of(c->m[i].value) == JSON_ARRAY;

		json_begin(&c->at[i], list ? c->m[i].value : SPAN("[]"));
		json_array(&c->at[i]);
	}
	return c->n > 0;
}

/* The next row into v. False: no column has one. */
static bool
columns_next(struct columns *c, struct span *v)
{
	bool any = false;

	for (size_t i = 0; i < c->n; i++) {
		v[i] = SPAN_NONE;
		if (json_item(&c->at[i]))
			any = json_value(&c->at[i], &v[i]) || any;
	}
	return any;
}

/* One object; `other` gets the cells of columns that have no place. */
static bool
give_object(struct jsonl *j, struct buf *b, const struct columns *c, const struct span *v,
    const char *class)
{
	struct buf other = BUF_INIT;
	size_t begin = b->n;
	bool box = false;

	jw_open(b, '{');
	for (size_t i = 0; i < c->n; i++) {
		struct span key = c->m[i].key;
		bool known = true;

		if (!v[i].p)
			continue;
		if (class && span_is(key, class))
			known = write_name(b, v[i]) && !class_flips(v[i]);
		else if (span_is(key, "bbox") && json_numbers(v[i], NULL, 0) == 4)
			box = true;
		else if (!(span_is(key, "area") && json_type_of(v[i]) == JSON_NUMBER) &&
			 !span_is(key, "id"))
			known = false;
		if (known && !(class && span_is(key, class))) {
			jw_key_raw(b, key);
			jw_compact(b, v[i]);
		} else if (!known) {
			jw_key_raw(&other, key);
			jw_compact(&other, v[i]);
		}
	}
	if (!box)
		buf_cut(b, begin);
	if (box && other.n > 0) {
		jw_key(b, "hf");
		jw_open(b, '{');
		jw_raw(b, buf_span(&other));
		jw_close(b, '}');
	}
	if (box)
		jw_close(b, '}');
	buf_release(&other);
	return box || jsonl_bad_annotation(j, v[0], "an object needs a \"bbox\" [x,y,w,h]");
}

static uint64_t
give_objects(struct jsonl *j, struct buf *b, struct span objects)
{
	const char *class = class_key(objects);
	struct columns c;
	struct span *v;
	uint64_t n = 0;
	bool whole = true;

	columns_open(&c, objects);
	for (size_t i = 0; i < ARRAY_LEN(object_keys); i++)
		import_type(j->im, jsonl_pos(j, objects), object_keys[i],
		    json_member(objects, object_keys[i]), JSON_ARRAY);
	v = xcalloc(c.n + 1, sizeof(*v));
	while (columns_next(&c, v)) {
		for (size_t i = 0; i < c.n; i++)
			whole = whole && (v[i].p || json_type_of(c.m[i].value) != JSON_ARRAY);
		n += give_object(j, b, &c, v, class);
	}
	if (!whole)
		warning_at(jsonl_pos(j, objects), "hf",
		    "the lists of \"objects\" should be of one length: some objects lack a part");
	free(v);
	free(c.m);
	free(c.at);
	return n;
}

static uint64_t
give_annotations(struct jsonl *j, struct buf *b, struct span line)
{
	struct span label = json_member(line, "label"), text = json_member(line, text_key(line));
	struct span objects = json_member(line, "objects");
	bool class = json_type_of(label) == JSON_STRING || json_type_of(label) == JSON_NUMBER;
	uint64_t n = 0;

	if (objects.p && json_type_of(objects) != JSON_OBJECT && json_type_of(objects) != JSON_NULL)
		warning_at(jsonl_pos(j, objects), "hf",
		    "\"objects\" should be an object of lists, a list a column: kept as it is");
	if (!class && json_type_of(text) != JSON_STRING && json_type_of(objects) != JSON_OBJECT)
		return 0;
	jw_key(b, "annotation");
	jw_open(b, '[');
	if (class) {
		jw_open(b, '{');
		write_name(b, label);
		jw_close(b, '}');
		n++;
	}
	if (json_type_of(text) == JSON_STRING) {
		jw_open(b, '{');
		jw_member_raw(b, "text", text);
		jw_close(b, '}');
		n++;
	}
	if (json_type_of(objects) == JSON_OBJECT)
		n += give_objects(j, b, objects);
	jw_close(b, ']');
	return n;
}

/* The member with the name of the file: file_name, else the first that ends so. */
static struct span
file_name(struct span line)
{
	struct span key, value, found = json_member(line, "file_name");
	struct json j;

	json_begin(&j, line);
	json_object(&j);
	while (!found.p && json_key(&j, &key) && json_value(&j, &value))
		if (span_ends(key, SPAN("_file_name")))
			found = value;
	return found;
}

static struct span
emptied(struct span objects, struct buf *out)
{
	struct columns c;
	struct json_change change[60];
	struct buf names = BUF_INIT;
	size_t n = 0, at = 0;

	columns_open(&c, objects);
	buf_reserve(&names, objects.n + c.n);
	for (size_t i = 0; i < c.n && n < ARRAY_LEN(change); i++) {
		if (json_type_of(c.m[i].value) != JSON_ARRAY)
			continue;
		at = names.n;
		json_decode(&names, c.m[i].key);
		buf_addc(&names, '\0');
		change[n++] = (struct json_change){ names.p + at, SPAN("[]") };
	}
	json_edit(out, objects, change, n);
	free(c.m);
	free(c.at);
	buf_release(&names);
	return buf_span(out);
}

/* The line without its objects, when the record alone would not give it. */
static void
write_template(struct buf *b, struct span line, bool own_place)
{
	struct span label = json_member(line, "label"), objects = json_member(line, "objects");
	struct json_change c = { "objects", SPAN_NONE };
	struct buf columns = BUF_INIT;
	bool lists = json_type_of(objects) == JSON_OBJECT;

	if (own_place && jsonl_is_plain(line, keys, KEYS) && !(label.p && class_flips(label)) &&
	    (!objects.p || (lists && jsonl_is_plain(objects, object_keys, 4) &&
			       json_member(objects, "categories").p)))
		return;
	if (lists)
		c.value = emptied(objects, &columns);
	jw_key(b, "hf");
	jw_raw(b, SPAN(""));
	json_edit(b, line, &c, lists);
	buf_release(&columns);
}

static bool
give_line(struct jsonl *j, struct span line)
{
	struct buf *b = import_record(j->im), text = BUF_INIT, path = BUF_INIT;
	struct span name = jsonl_string(file_name(line), &text), source;
	struct picsize size;
	uint64_t n;

	if (!name.n) {
		buf_release(&text);
		return jsonl_bad(j, line, "a line needs a \"file_name\"");
	}
	path_join(&path, j->dir, name);
	source = pictures_source(&j->pictures, j->dir, name, &size);
	import_begin_sample(b, source, path_stem(buf_span(&path)), size.width, size.height);
	split_write_usage(b, buf_span(&path));
	n = give_annotations(j, b, line);
	write_template(b, line, path_base_span(name).n == name.n);
	jw_close(b, '}');
	import_sample(j->im, j->at, buf_span(b), n);
	buf_release(&text);
	buf_release(&path);
	return true;
}

/* A row as an object of strings. */
static void
row_object(const struct csv *c, const struct buf *heads, struct buf *out)
{
	struct span rest = buf_span(heads), head;

	buf_reset(out);
	jw_open(out, '{');
	for (size_t i = 0; i < c->n && span_cut(&rest, '\0', &head); i++) {
		jw_key_span(out, head);
		jw_string(out, c->field[i]);
	}
	jw_close(out, '}');
}

static void
read_csv(struct importer *im, const struct node *node)
{
	struct jsonl j = { .im = im, .path = node->path, .dir = find_dir(span_str(node->path)) };
	struct buf heads = BUF_INIT, object = BUF_INIT;
	struct input in;
	struct csv c;

	im->files++;
	if (!recode_rows(im, node, &in)) {
		im->bad_files++;
		return;
	}
	pictures_init(&j.pictures, im->tree);
	csv_init(&c, &in, im->opt->encoding);
	c.separator = ',';
	if (csv_next(&c, &im->bad_samples))
		for (size_t i = 0; i < c.n; i++) {
			if (i > 0)
				buf_addc(&heads, '\0');
			buf_addspan(&heads, c.field[i]);
		}
	while (csv_next(&c, &im->bad_samples)) {
		row_object(&c, &heads, &object);
		j.at = pos_at(in.name, c.line, 1);
		j.line = SPAN_NONE;
		if (!give_line(&j, buf_span(&object)))
			im->bad_samples++;
	}
	csv_release(&c);
	pictures_release(&j.pictures);
	buf_release(&heads);
	buf_release(&object);
	input_close(&in);
}

static bool
is_metadata(const struct node *n, const char *name)
{
	return span_is(path_base_span(span_str(n->path)), name);
}

static bool
is_csv(const struct tree *t, const struct node *n)
{
	return t->single ? path_has_ext(span_str(n->path), "csv") : is_metadata(n, "metadata.csv");
}

static bool
looks_like(struct span head)
{
	return find_has(head, "file_name");
}

static void
read_tree(struct importer *im)
{
	const struct tree *t = im->tree;
	bool csv = false;
	struct buf *b;

	for (size_t i = 0; i < t->n; i++)
		csv = csv || is_csv(t, &t->node[i]);
	b = import_header(im);
	if (csv)
		jw_member_raw(b, "hf", SPAN("{\"file\":\"metadata.csv\"}"));
	import_header_end(im);
	for (size_t i = 0; i < t->n; i++)
		if (is_csv(t, &t->node[i]))
			read_csv(im, &t->node[i]);
	if (!t->single || !csv)
		jsonl_read(im, "jsonl", looks_like, give_line, NULL);
}

static int
detect(const struct tree *t, struct buf *why)
{
	struct buf head = BUF_INIT;
	int score = 0;

	for (size_t i = 0; i < t->n && score == 0; i++) {
		const struct node *n = &t->node[i];

		if (!is_metadata(n, "metadata.jsonl") && !is_metadata(n, "metadata.csv"))
			continue;
		buf_reset(&head);
		if (recode_head(t, n, 4096, &head) && looks_like(buf_span(&head)))
			score = 90;
		if (score > 0)
			buf_addf(why, "%s has a file_name", n->path);
	}
	buf_release(&head);
	return score;
}

/* ---- writing ---- */

struct writer {
	struct split_files files;
	bool csv;
	struct corners box;
	struct buf text, name, columns, cell, object, heads[SPLITS];
};

/* Which file it is, the header says. */
static void
choose_file(struct exporter *ex)
{
	struct writer *w = ex->state;
	struct span said = dataset_member(&ex->dataset, "hf");

	if (w->files.name)
		return;
	w->csv = json_type_of(said) == JSON_OBJECT && find_has(said, "metadata.csv");
	w->files.name = w->csv ? "metadata.csv" : "metadata.jsonl";
}

/* A class as it stands in the files: digits are a number, unless the line had a string. */
static void
add_class(struct buf *b, const struct annotation *a, struct span old, struct buf *scratch)
{
	struct span name = ann_string(a, ANN_NAME, scratch);
	struct span kept = json_type_of(old) == JSON_STRING ? json_unquote(old) : old;

	if (!name.p)
		jw_null(b);
	else if (old.p && span_eq(kept, name))
		jw_raw(b, old);
	else if (decimal_is_small_int(name))
		jw_raw(b, name);
	else
		jw_raw(b, a->v[ANN_NAME]);
}

/* Append the cell of one object in a column. */
static void
add_cell(struct writer *w, struct buf *b, const struct annotation *a, struct span key,
    const char *class, struct span template)
{
	buf_reset(&w->cell);
	buf_addspan(&w->cell, key);
	if (span_is(key, "bbox")) {
		jw_open(b, '[');
		for (int i = 0; i < 4; i++)
			jw_raw(b, w->box.v[i]);
		jw_close(b, ']');
	} else if (span_is(key, class)) {
		add_class(b, a, json_member(template, class), &w->name);
	} else if (span_is(key, "id") && a->v[ANN_ID].p) {
		jw_raw(b, a->v[ANN_ID]);
	} else if (span_is(key, "area") && a->v[ANN_AREA].p) {
		jw_raw(b, a->v[ANN_AREA]);
	} else {
		struct span other = json_member(template, buf_str(&w->cell));

		jw_raw(b, other.p ? other : SPAN("null"));
	}
}

/* One column of all objects. */
static uint64_t
add_column(struct exporter *ex, struct sample *s, struct buf *b, struct span key, const char *class)
{
	struct writer *w = ex->state;
	uint64_t n = 0;

	jw_key_span(b, key);
	jw_open(b, '[');
	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		if (!ann_has_shape(a) || !coords_box(ex, s, a, &w->box))
			continue;
		add_cell(w, b, a, key, class, jsonl_ann_template(ex, a));
		n++;
	}
	jw_close(b, ']');
	return n;
}

/* "objects" in w->columns. Returns how many there are. */
static uint64_t
write_objects(struct exporter *ex, struct sample *s, struct span template)
{
	struct writer *w = ex->state;
	const char *class = class_key(template);
	struct span key;
	struct json j;
	uint64_t n = 0;
	bool has[ANN_FIELDS] = { false };

	for (size_t i = 0; i < s->n; i++)
		for (int f = 0; f < ANN_FIELDS; f++)
			has[f] = has[f] || (ann_has_shape(&s->ann[i]) && s->ann[i].v[f].p);
	buf_reset(&w->columns);
	jw_open(&w->columns, '{');
	json_begin(&j, template);
	json_object(&j);
	while (json_key(&j, &key)) {
		struct span value;

		json_value(&j, &value);
		if (json_type_of(value) == JSON_ARRAY) {
			n = add_column(ex, s, &w->columns, key, class ? class : "categories");
		} else {
			jw_key_raw(&w->columns, key);
			jw_raw(&w->columns, value);
		}
	}
	if (!json_member(template, "bbox").p)
		n = add_column(ex, s, &w->columns, SPAN("bbox"), "categories");
	if (!class && !(span_starts(template, SPAN("{\"")) && !has[ANN_NAME]))
		add_column(ex, s, &w->columns, SPAN("categories"), "categories");
	if (has[ANN_ID] && !json_member(template, "id").p)
		add_column(ex, s, &w->columns, SPAN("id"), "categories");
	if (has[ANN_AREA] && !json_member(template, "area").p)
		add_column(ex, s, &w->columns, SPAN("area"), "categories");
	jw_close(&w->columns, '}');
	return n;
}

/* The line (or, in CSV, the row) as an object in w->object. Returns the annotations in it. */
static uint64_t
write_object(struct exporter *ex, struct sample *s, struct span name)
{
	struct writer *w = ex->state;
	struct span template = jsonl_template(ex, s), objects = json_member(template, "objects");
	struct span text = SPAN_NONE;
	struct json_change c[KEYS] = { { "file_name", SPAN_NONE } };
	uint64_t written = 0;
	size_t n = 1, shapes = 0;
	bool class = false;
	struct buf quoted = BUF_INIT;

	jw_string(&quoted, name);
	c[0].value = buf_span(&quoted);
	buf_reset(&w->text);
	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		shapes += ann_has_shape(a);
		if (!ann_has_shape(a) && a->v[ANN_NAME].p && !class) {
			class = true;
			add_class(&w->text, a, json_member(template, "label"), &w->name);
			c[n++] = (struct json_change){ "label", buf_span(&w->text) };
			written++;
		} else if (!ann_has_shape(a) && a->v[ANN_TEXT].p && !text.p) {
			text = a->v[ANN_TEXT];
			written++;
		}
	}
	if (text.p)
		c[n++] = (struct json_change){ text_key(template), text };
	if (shapes > 0 || json_type_of(objects) == JSON_OBJECT ||
	    (s->annotated && s->n == 0 && !json_member(template, "file_name").p)) {
		bool known = json_type_of(objects) == JSON_OBJECT;

		written += write_objects(ex, s, known ? objects : SPAN("{}"));
		c[n++] = (struct json_change){ "objects", buf_span(&w->columns) };
	}
	buf_reset(&w->object);
	json_edit(&w->object, template, c, n);
	buf_release(&quoted);
	return written;
}

/* The object as a row; the first one of a file makes the header. */
static void
write_row(struct exporter *ex, const struct sample *s, struct buf *out, struct buf *heads)
{
	struct writer *w = ex->state;
	struct span object = buf_span(&w->object), key, value, rest, head;
	struct json j;
	size_t members = 0;

	json_begin(&j, object);
	json_object(&j);
	for (; json_key(&j, &key); json_skip(&j))
		members++;
	if (heads->n == 0) {
		json_begin(&j, object);
		json_object(&j);
		for (; json_key(&j, &key); json_skip(&j)) {
			buf_reset(&w->cell);
			json_decode(&w->cell, key);
			csv_put(out, buf_span(&w->cell), ',', heads->n == 0);
			buf_addspan(heads, buf_span(&w->cell));
			buf_addc(heads, '\0');
		}
		buf_addc(out, '\n');
	}
	rest = (struct span){ heads->p, heads->n - 1 };
	for (bool first = true; span_cut(&rest, '\0', &head); first = false) {
		char *name = xstrndup(head.p, head.n);

		value = json_member(object, name);
		csv_put(out,
		    json_type_of(value) == JSON_STRING ? json_value_text(value, &w->cell)
		    : value.p                          ? value
						       : SPAN(""),
		    ',', first);
		members -= value.p != NULL;
		free(name);
	}
	buf_addc(out, '\n');
	if (members > 0)
		export_loss(ex, s, "sample.csv-column", members);
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct writer *w = ex->state;
	struct buf source = BUF_INIT, kept = BUF_INIT;
	struct span old, name;
	struct out *out;
	int split = split_of(ex, s);
	uint64_t written;
	bool is_new;

	choose_file(ex);
	old = jsonl_string(json_member(jsonl_template(ex, s), "file_name"), &kept);
	name = export_picture(ex, s, split_dir(split), export_stem(ex, s, split_dir(split)));
	if (ex->opt->images == IMAGES_NONE && old.p &&
	    span_eq(path_base_span(old), path_base_span(rec_string(s->rec, REC_SOURCE, &source))))
		name = old;
	written = write_object(ex, s, name);
	out = split_out(ex, &w->files, split, &is_new);
	if (w->csv)
		write_row(ex, s, &out->b, &w->heads[split]);
	else {
		buf_addspan(&out->b, buf_span(&w->object));
		buf_addc(&out->b, '\n');
	}
	out_tick(out);
	export_unwritten(ex, s, written);
	buf_release(&source);
	buf_release(&kept);
}

static void
finish(struct exporter *ex)
{
	struct writer *w = ex->state;
	bool is_new;

	choose_file(ex);
	if (!w->files.file[0] && !w->files.file[1] && !w->files.file[2] && !w->files.file[3])
		split_out(ex, &w->files, SPLIT_NONE, &is_new);
	split_close(ex, &w->files, "");
	corners_release(&w->box);
	buf_release(&w->text);
	buf_release(&w->name);
	buf_release(&w->columns);
	buf_release(&w->cell);
	buf_release(&w->object);
	for (int i = 0; i < SPLITS; i++)
		buf_release(&w->heads[i]);
}

static const struct label_writer writer = { false, NULL, write_sample, finish,
	sizeof(struct writer) };

const struct label_format label_hf = {
	.name = "hf",
	.aliases = "huggingface|imagefolder-metadata",
	.title = "Hugging Face imagefolder: metadata.jsonl or metadata.csv beside the pictures",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_NAME) | HOLDS(ANN_TEXT) | HOLDS(ANN_ID) |
		 HOLDS(ANN_AREA) | HOLDS_CLASS | HOLDS_UNLABELLED | HOLDS_NEGATIVE | HOLDS_USAGE,
	.keeps = "hf",
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
