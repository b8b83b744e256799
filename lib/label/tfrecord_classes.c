/* The names and numbers of classes in TFRecord files: see tfrecord_classes.h. */
#include "label/tfrecord_classes.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/num.h"
#include "base/path.h"
#include "json/write.h"
#include "label/pbtxt.h"

static void
take_classes(struct tfrecord_classes *c, struct span list, const char *file)
{
	struct record header = { .m = NULL };
	struct buf line = BUF_INIT;

	jw_open(&line, '{');
	jw_key(&line, "dataset");
	jw_open(&line, '{');
	jw_member_raw(&line, "classes", list);
	jw_close(&line, '}');
	jw_close(&line, '}');
	if (rec_parse(&header, buf_span(&line), pos_file(file)))
		dataset_merge(&c->list, &header);
	c->map = true;
	rec_release(&header);
	buf_release(&line);
}

static void
read_map(struct tfrecord_classes *c, struct span text, const char *name)
{
	struct buf list = BUF_INIT;

	if (pbtxt_read(&list, text, name))
		take_classes(c, buf_span(&list), name);
	else
		c->im->bad_files++;
	buf_release(&list);
}

static void
read_maps(struct tfrecord_classes *c)
{
	const struct tree *t = c->im->tree;
	const char *option = c->im->opt->label_map;
	struct buf text = BUF_INIT;

	if (option && file_read(AT_FDCWD, option, c->im->opt->max_text, &text) != 0)
		die("%s:", option);
	if (option)
		read_map(c, buf_span(&text), option);
	for (size_t i = 0; !option && !t->single && i < t->n; i++) {
		if (!path_has_ext(span_str(t->node[i].path), "pbtxt"))
			continue;
		buf_reset(&text);
		c->im->files++;
		if (tree_read(t, &t->node[i], &text)) {
			char *name = xstrdup(tree_name(t, &t->node[i]));

			read_map(c, buf_span(&text), name);
			free(name);
		}
	}
	buf_release(&text);
}

static void
write_classes(struct buf *b, const struct dataset *d)
{
	jw_key(b, "classes");
	jw_open(b, '[');
	for (size_t i = 0; i < d->n; i++)
		jw_raw(b, span_str(d->classes[i].raw));
	jw_close(b, ']');
}

static int
by_id(const void *a, const void *b)
{
	const struct class_def *x = a, *y = b;
	double u = 0, v = 0;

	num_parse(span_str(x->id ? x->id : "0"), &u);
	num_parse(span_str(y->id ? y->id : "0"), &v);
	return u != v ? (u > v) - (u < v) : strcmp(x->name, y->name);
}

void
tfrecord_classes_end(struct tfrecord_classes *c)
{
	struct buf *b;

	if (c->map || c->learned == 0)
		return;
	qsort(c->list.classes, c->list.n, sizeof(*c->list.classes), by_id);
	b = import_header(c->im);
	write_classes(b, &c->list);
	import_header_end(c->im);
}

bool
tfrecord_learn(struct tfrecord_classes *c, struct span name, int64_t label, const char *file)
{
	struct buf id = BUF_INIT, list = BUF_INIT;
	long known = dataset_class(&c->list, name);
	bool same;

	num_add_i64(&id, label);
	if (known < 0 && !c->map && label >= 0 && !strmap_find(&c->list.by_id, buf_span(&id))) {
		jw_open(&list, '[');
		jw_open(&list, '{');
		jw_member_string(&list, "name", name);
		jw_member_raw(&list, "id", buf_span(&id));
		jw_close(&list, '}');
		jw_close(&list, ']');
		take_classes(c, buf_span(&list), file);
		c->map = false;
		c->learned++;
		known = dataset_class(&c->list, name);
	}
	same = known >= 0 && c->list.classes[known].id &&
	       span_is(buf_span(&id), c->list.classes[known].id);
	buf_release(&id);
	buf_release(&list);
	return same;
}

struct span
tfrecord_class_of(struct tfrecord_classes *c, int64_t label)
{
	struct strmap_entry *e;

	buf_reset(&c->text);
	num_add_i64(&c->text, label);
	e = strmap_find(&c->list.by_id, buf_span(&c->text));
	if (e)
		return span_str(c->list.classes[e->value].name);
	buf_reset(&c->text);
	buf_addf(&c->text, "class_%" PRId64, label);
	return buf_span(&c->text);
}

static void
find_coded(struct tfrecord_classes *c)
{
	struct buf text = BUF_INIT;
	struct span name;

	for (size_t i = 0; i < c->list.n; i++) {
		name = json_value_text(
		    json_member(span_str(c->list.classes[i].raw), "pbtxt-name"), &text);
		if (name.n)
			strmap_put(&c->coded, name, i, NULL);
	}
	buf_release(&text);
}

struct span
tfrecord_display_of(const struct tfrecord_classes *c, struct span name)
{
	const struct strmap_entry *e = c->coded.n ? strmap_find(&c->coded, name) : NULL;

	return e ? span_str(c->list.classes[e->value].name) : SPAN_NONE;
}

void
tfrecord_classes_begin(struct tfrecord_classes *c, struct importer *im)
{
	struct buf *b;

	*c = (struct tfrecord_classes){ .im = im };
	dataset_init(&c->list);
	read_maps(c);
	find_coded(c);
	b = import_header(im);
	if (c->map)
		write_classes(b, &c->list);
	import_header_end(im);
}

void
tfrecord_classes_release(struct tfrecord_classes *c)
{
	dataset_release(&c->list);
	strmap_release(&c->coded);
	buf_release(&c->text);
}
