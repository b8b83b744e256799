/* The frame around readers: see import.h. */
#include "label/import.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "label/filter.h"

void
importer_init(struct importer *im, struct out *out, const struct label_options *opt)
{
	*im = (struct importer){ .out = out, .opt = opt };
}

void
importer_release(struct importer *im)
{
	buf_release(&im->record);
	buf_release(&im->chosen);
	twice_end(&im->twice, NULL, 0);
	boxcheck_end(&im->boxes, NULL);
	strmap_release(&im->blanks);
}

/* All that was met so far, good or bad. */
static uint64_t
seen(const struct importer *im)
{
	return im->files + im->bad_files + im->samples + im->bad_samples + im->not_wanted;
}

void
import_pass_over(struct importer *im, const struct node *n)
{
	if (im->passed_over++ == 0)
		im->first = n;
}

static void
say_passed_over(const struct importer *im)
{
	if (im->passed_over > 0)
		note_at(pos_file(im->tree->name), "not-read",
		    "%llu %s look like %s and %s not read, first '%s'",
		    COUNTED(im->passed_over, "file does not", "files do not"), im->format->name,
		    im->passed_over == 1 ? "was" : "were", tree_name(im->tree, im->first));
}

bool
import_tree(struct importer *im, const struct label_format *format, const struct tree *tree,
    const char *name)
{
	uint64_t before = seen(im);

	im->format = format;
	im->tree = tree;
	im->name = name;
	im->passed_over = 0;
	im->boxes_checked = false;
	strmap_release(&im->blanks);
	im->blanks = (struct strmap)STRMAP_INIT;
	format->read(im);
	say_passed_over(im);
	boxcheck_end(&im->boxes, tree->name);
	twice_end(&im->twice, tree->name, im->opt->max_names);
	out_tick(im->out);
	return seen(im) > before || status_get() == STATUS_TROUBLE;
}

struct buf *
import_header(struct importer *im)
{
	struct buf *b = import_record(im);

	jw_open(b, '{');
	jw_key(b, "dataset");
	jw_open(b, '{');
	jw_member_str(b, "name", im->name);
	jw_member_str(b, "format", im->format->name);
	return b;
}

/* Through the filter to the output; false: it is not wanted. */
static bool
give(struct importer *im, struct span object, uint64_t *annotations)
{
	struct filter *filter = im->opt->filter;

	if (filter && filter_any(filter)) {
		if (!filter_record(filter, im->tree, object, &im->chosen, annotations))
			return false;
		object = buf_span(&im->chosen);
	}
	buf_addspan(&im->out->b, object);
	buf_addc(&im->out->b, '\n');
	out_tick(im->out);
	return true;
}

void
import_header_end(struct importer *im)
{
	struct buf *b = &im->record;
	uint64_t none = 0;

	jw_close(b, '}');
	jw_close(b, '}');
	give(im, buf_span(b), &none);
}

struct buf *
import_record(struct importer *im)
{
	buf_reset(&im->record);
	return &im->record;
}

bool
import_give(struct importer *im, struct span object, uint64_t annotations)
{
	uint64_t left = annotations;
	bool given = give(im, object, &left);

	if (given) {
		im->samples++;
		im->annotations += left;
	} else {
		im->not_wanted++;
		left = 0;
	}
	im->annotations_not_wanted += annotations - left;
	return given;
}

bool
import_name(struct importer *im, struct span source, struct span id)
{
	twice_take(&im->twice, source, id);
	return twice_check(&im->twice, im->opt->max_names);
}

/* The string behind `before` at the start of the text, with its quotes; *text goes on behind it. */
static struct span
take_string(struct span *text, struct span before)
{
	const char *end = text->p + text->n, *p = text->p + before.n, *quote;
	struct span rest, string;

	if (!span_starts(*text, before) || p == end || *p != '"')
		return SPAN_NONE;
	for (quote = p;;) {
		const char *back;

		quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
		if (!quote)
			return SPAN_NONE;
		for (back = quote; back[-1] == '\\'; back--)
			continue;
		if ((quote - back) % 2 == 0)
			break;
	}
	string = span_of(p, quote + 1);
	rest = span_of(quote + 1, end);
	*text = rest;
	return string;
}

void
import_sample(struct importer *im, struct pos at, struct span object, uint64_t annotations)
{
	struct span rest = object, source, id;

	if (!import_give(im, object, annotations))
		return;
	source = take_string(&rest, SPAN("{\"source\":"));
	id = take_string(&rest, SPAN(",\"id\":"));
	if (source.p && !id.p && span_starts(rest, SPAN(",\"id\":")))
		id = json_member(object, "id"); /* a number */
	if (!import_name(im, source, id))
		twice_say(&im->twice, at);
	if (!im->boxes_checked)
		boxcheck_sample(&im->boxes, object, at);
}

void
import_begin_sample(struct buf *b, struct span source, struct span id, double width, double height)
{
	jw_open(b, '{');
	jw_member_string(b, "source", source);
	if (id.p)
		jw_member_string(b, "id", id);
	if (width > 0 && height > 0) {
		jw_key(b, "width");
		jw_number(b, width);
		jw_key(b, "height");
		jw_number(b, height);
	}
}

bool
import_repairs(const struct importer *im)
{
	return im->opt->filter && im->opt->filter->repair;
}

/* Names with blanks that are named; of more it is only said that there are. */
#define BLANKS_NAMED 100

static bool
has_blanks(struct span whole)
{
	struct span name = span_trim(whole);
	struct span before = span_of(whole.p, name.p),
		    behind = span_of(name.p + name.n, whole.p + whole.n);

	return name.n > 0 && name.n < whole.n && !(before.n && memchr(before.p, '\n', before.n)) &&
	       !(behind.n && memchr(behind.p, '\n', behind.n));
}

void
import_class_blanks(struct importer *im, struct pos at, struct span whole)
{
	bool is_new;

	if (!has_blanks(whole) || im->blanks.n > BLANKS_NAMED)
		return;
	strmap_put(&im->blanks, whole, 0, &is_new);
	if (is_new && im->blanks.n > BLANKS_NAMED)
		note_at(at, "class-blanks", "more classes have blanks at their ends; not named");
	else if (is_new)
		note_at(at, "class-blanks",
		    "blanks at the ends of a class are no part of it: \"%.*s\" is \"%.*s\"",
		    SPAN_ARG(whole), SPAN_ARG(span_trim(whole)));
}

void
class_blanks_add(struct buf *met, struct pos at, struct span whole)
{
	if (!has_blanks(whole))
		return;
	buf_addspan(met, whole);
	buf_addc(met, '\0');
	buf_addf(met, "%s:%" PRIu64, at.file, at.line);
	buf_addc(met, '\0');
}

void
import_class_blanks_met(struct importer *im, struct buf *met)
{
	for (size_t i = 0; i < met->n;) {
		const char *name = met->p + i, *file = name + strlen(name) + 1;

		import_class_blanks(im, pos_file(file), span_str(name));
		i = (size_t)(file + strlen(file) + 1 - met->p);
	}
	buf_reset(met);
}

bool
import_type(
    struct importer *im, struct pos at, const char *member, struct span value, enum json_type type)
{
	static const char *const name[] = { [JSON_TRUE] = "true or false",
		[JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string",
		[JSON_ARRAY] = "a list",
		[JSON_OBJECT] = "an object" };
	enum json_type is = json_type_of(value);

	if (!value.p || is == JSON_NULL || is == type)
		return true;
	error_at(at, im->format->name, "\"%s\" must be %s: left out", member, name[type]);
	return false;
}

void
import_summary(const struct importer *im)
{
	say("%llu %s read, %llu of them bad", COUNTED(im->files, "label file", "label files"),
	    (unsigned long long)im->bad_files);
	say("%llu %s with %llu %s given", COUNTED(im->samples, "sample", "samples"),
	    COUNTED(im->annotations, "annotation", "annotations"));
	say("%llu %s and %llu %s left out", COUNTED(im->bad_samples, "sample", "samples"),
	    COUNTED(im->bad_annotations, "annotation", "annotations"));
	if (im->opt->filter && filter_any(im->opt->filter))
		say("%llu %s and %llu %s not wanted", COUNTED(im->not_wanted, "sample", "samples"),
		    COUNTED(im->annotations_not_wanted, "annotation", "annotations"));
}
