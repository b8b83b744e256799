/*
 * A dataset of Pascal VOC or of ModelArts' flat layout to records: see voc.h.
 *
 * voc_tree.h finds the samples; threads take some of them at a time, read their XML files (voc_xml.h) and PNGs
 * (voc_classes.h) and make the records, which are given in their order.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/ordered.h"
#include "base/path.h"
#include "base/tool.h"
#include "label/find.h"
#include "label/import.h"
#include "label/voc.h"
#include "label/voc_classes.h"
#include "label/voc_tree.h"
#include "label/voc_xml.h"

struct voc_reading {
	struct importer *im;
	struct voc_tree samples;
	struct voc_rules rules;
	struct voc_classes classes;
	size_t next; /* of the samples */
	uint64_t zeros;
	char *first_zero; /* "file:line" */
};

/* So many are read at once by a thread: single ones are too little work. */
enum { BATCH = 16 };

/* What became of an entry. */
struct made {
	bool good;
	size_t begin, end; /* of its record in the job's text */
	uint64_t annotations;
};

/* Some entries on their way to records. */
struct job {
	const struct voc_entry *e;
	size_t n;
	struct made made[BATCH];
	struct buf records;
	uint64_t files, bad_annotations, zeros; /* of all of them */
	struct buf first_zero;                  /* "file:line" */
	/* of the one under way */
	struct buf bytes, name; /* of the XML file; its name is for messages */
	struct buf source;
	struct voc_png classes, objects;
	struct xml *xml;
	struct voc_page page;
};

static bool
take_entries(void *ctx, void *job)
{
	struct voc_reading *v = ctx;
	struct job *j = job;

	if (v->next == v->samples.n)
		return false;
	j->e = v->samples.e + v->next;
	j->n = v->samples.n - v->next < BATCH ? v->samples.n - v->next : BATCH;
	v->next += j->n;
	return true;
}

/* The XML file that names a PNG. */
struct where {
	const struct tree *tree;
	const struct voc_entry *e;
};

static void
locate_mask(void *ctx, struct span name, struct buf *source)
{
	const struct where *w = ctx;
	const struct node *n = find_tail(w->tree, find_dir(span_str(w->e->xml->path)), name);

	if (n)
		tree_source(w->tree, n, source);
}

/* The XML file into j->page; false: it is bad, which was said. */
static bool
read_page(const struct voc_reading *v, struct job *j, const struct voc_entry *e)
{
	struct where where = { v->samples.tree, e };
	struct span picture = SPAN("");
	const struct node *mask;

	j->files++;
	buf_reset(&j->name);
	tree_add_name(v->samples.tree, e->xml, &j->name);
	buf_reset(&j->bytes);
	if (!tree_read_text(v->samples.tree, e->xml, v->im->opt->max_text, &j->bytes))
		return false;
	if (!j->xml)
		j->xml = xml_new();
	if (e->picture)
		picture = path_base_span(span_str(e->picture->path));
	buf_reset(&j->source);
	mask = voc_find_mask(v->samples.tree, e, "SegmentationObject/");
	if (mask)
		tree_source(v->samples.tree, mask, &j->source);
	j->page.instances = buf_span(&j->source);
	j->page.locate = v->rules.modelarts ? locate_mask : NULL;
	j->page.locate_ctx = &where;
	return voc_xml_read(
	    &j->page, j->xml, &v->rules, buf_span(&j->bytes), buf_str(&j->name), picture);
}

/* "source": the picture, or where it should be. */
static void
source_json(const struct voc_reading *v, struct job *j, const struct voc_entry *e)
{
	struct buf path = BUF_INIT;
	struct span folder, stem, name = e->xml ? j->page.filename : SPAN_NONE;

	buf_reset(&j->source);
	if (e->picture) {
		tree_source(v->samples.tree, e->picture, &j->source);
	} else {
		struct span xml = span_str(voc_entry_node(e)->path);

		voc_split_path(xml, &folder, &stem);
		buf_addspan(&path, folder);
		if (folder.n < (size_t)(path_base_span(xml).p - xml.p))
			buf_adds(&path, "JPEGImages/");
		buf_addspan(&path, name.n && path_is_picture(name) ? path_base_span(name) : stem);
		if (!(name.n && path_is_picture(name)))
			buf_adds(&path, ".jpg");
		tree_source_at(v->samples.tree, buf_span(&path), &j->source);
		buf_release(&path);
	}
	jw_member_string(&j->records, "source", buf_span(&j->source));
}

/* Width and height as the file says, else as the picture says. */
static void
size_json(const struct voc_reading *v, struct job *j, const struct voc_entry *e)
{
	struct buf *b = &j->records;
	struct picsize size;

	if (e->xml && j->page.width.n > 0 && j->page.height.n > 0) {
		jw_key(b, "width");
		write_number_text(b, j->page.width);
		jw_key(b, "height");
		write_number_text(b, j->page.height);
	} else if (e->xml && import_repairs(v->im)) {
		return; /* the filter does it, and says so */
	} else if (!e->xml && !e->picture
		       ? tree_picture(v->samples.tree, e->mask, &size)
		       : e->picture && tree_picture(v->samples.tree, e->picture, &size)) {
		jw_member_u64(b, "width", size.width);
		jw_member_u64(b, "height", size.height);
	}
}

/* What the XML file says. */
static void
page_json(struct job *j)
{
	struct buf *b = &j->records;

	if (j->page.rest.n > 0)
		jw_member_raw(b, "voc", buf_span(&j->page.rest));
	j->bad_annotations += j->page.bad;
	if (j->zeros == 0 && j->page.zeros > 0)
		buf_addf(&j->first_zero, "%s:%" PRIu64, j->page.first_zero.file,
		    j->page.first_zero.line);
	j->zeros += j->page.zeros;
}

/* Its source, and its bytes unless an archive keeps them. */
static void
read_mask(const struct voc_reading *v, const struct node *n, struct voc_png *png)
{
	buf_reset(&png->source);
	buf_reset(&png->bytes);
	if (!n)
		return;
	tree_source(v->samples.tree, n, &png->source);
	if (!v->samples.tree->archive || n->flags & NODE_EXTRACTED)
		tree_read(v->samples.tree, n, &png->bytes);
}

/* What the pictures of masks say where no XML file tells of objects; the number of annotations. */
static uint64_t
masks_json(const struct voc_reading *v, struct job *j, const struct voc_entry *e,
    const struct node *classes)
{
	struct buf *b = &j->records;
	const char *why;
	uint64_t n;

	read_mask(v, classes, &j->classes);
	read_mask(v, voc_find_mask(v->samples.tree, e, "SegmentationObject/"), &j->objects);
	if (j->classes.bytes.n > 0) {
		jw_key(b, "annotation");
		jw_raw(b, SPAN(""));
		n = voc_classes_annotate(&v->classes, &j->classes, &j->objects, b, &why);
		if (why) {
			error_at(pos_file(buf_str(&j->classes.source)), "mask", "%s", why);
			j->bad_annotations++;
		}
		/* the PNG of classes is what the annotations say, or stands beside that of objects */
		if (n > 0 && j->objects.bytes.n == 0)
			return n;
	} else {
		n = 0;
		if (e->xml)
			jw_member_raw(b, "annotation", SPAN("[]"));
	}
	jw_member_string(b, "class-mask", buf_span(&j->classes.source));
	return n;
}

/* The labels; the number of annotations. */
static uint64_t
labels_json(const struct voc_reading *v, struct job *j, const struct voc_entry *e)
{
	const struct node *classes =
	    v->rules.modelarts ? NULL : voc_find_mask(v->samples.tree, e, "SegmentationClass/");
	struct buf *b = &j->records;

	if (e->xml)
		page_json(j);
	if (classes && (!e->xml || j->page.objects + j->page.bad == 0))
		return masks_json(v, j, e, classes);
	if (!e->xml)
		return 0;
	if (classes) {
		buf_reset(&j->source);
		tree_source(v->samples.tree, classes, &j->source);
		jw_member_string(b, "class-mask", buf_span(&j->source));
	}
	jw_member_raw(b, "annotation", buf_span(&j->page.annotations));
	return j->page.objects;
}

static uint64_t
make_record(const struct voc_reading *v, struct job *j, const struct voc_entry *e)
{
	const char *usage = voc_tree_usage(&v->samples, e);
	struct buf *b = &j->records;
	uint64_t annotations;

	jw_open(b, '{');
	source_json(v, j, e);
	jw_member_str(b, "id", e->id);
	size_json(v, j, e);
	if (usage)
		jw_member_str(b, "usage", usage);
	annotations = labels_json(v, j, e);
	jw_close(b, '}');
	return annotations;
}

static void
make_records(void *ctx, void *job)
{
	const struct voc_reading *v = ctx;
	struct job *j = job;

	j->files = j->bad_annotations = j->zeros = 0;
	buf_reset(&j->first_zero);
	buf_reset(&j->records);
	for (size_t i = 0; i < j->n; i++) {
		const struct voc_entry *e = &j->e[i];
		struct made *m = &j->made[i];

		m->good = !e->xml || read_page(v, j, e);
		m->begin = j->records.n;
		m->annotations = m->good ? make_record(v, j, e) : 0;
		m->end = j->records.n;
		buf_addc(&j->records, '\n');
	}
}

static void
give_records(void *ctx, void *job)
{
	struct voc_reading *v = ctx;
	struct job *j = job;
	struct importer *im = v->im;

	im->files += j->files;
	im->bad_annotations += j->bad_annotations;
	import_class_blanks_met(im, &j->page.blanks);
	if (v->zeros == 0 && j->zeros > 0)
		v->first_zero = xstrdup(buf_str(&j->first_zero));
	v->zeros += j->zeros;
	for (size_t i = 0; i < j->n; i++) {
		const struct made *m = &j->made[i];
		const struct voc_entry *e = &j->e[i];
		const char *p = j->records.p;

		im->bad_files += !m->good;
		im->bad_samples += !m->good;
		if (m->good)
			import_sample(im, pos_file(tree_name(v->samples.tree, voc_entry_node(e))),
			    span_of(p + m->begin, p + m->end), m->annotations);
	}
}

static void
release_job(void *job)
{
	struct job *j = job;
	struct buf *bufs[] = { &j->records, &j->first_zero, &j->bytes, &j->name, &j->source,
		&j->classes.source, &j->classes.bytes, &j->objects.source, &j->objects.bytes };

	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
	xml_free(j->xml);
	voc_page_release(&j->page);
}

/* Do masks alone say what is in the pictures? */
static bool
only_masks(const struct voc_reading *v)
{
	bool xml = false, masks = false;

	for (size_t i = 0; i < v->samples.n; i++) {
		xml |= v->samples.e[i].xml != NULL;
		masks =
		    masks || voc_find_mask(v->samples.tree, &v->samples.e[i], "SegmentationClass/");
	}
	return masks && !xml;
}

static void
header(struct voc_reading *v)
{
	bool masks = only_masks(v);
	struct buf *b = import_header(v->im);

	jw_member_u64(b, "voc-base", (uint64_t)v->rules.base);
	voc_classes_header(&v->classes, masks, b);
	import_header_end(v->im);
	if (masks && v->classes.assumed)
		note_at(pos_file(v->samples.tree->name), "mask",
		    "there is no labelmap.txt: the numbers in SegmentationClass are taken for the "
		    "classes of Pascal VOC");
}

static void
say_zeros(const struct voc_reading *v)
{
	if (v->zeros > 0)
		warning_at(pos_file(v->first_zero), "voc-base",
		    "%llu %s a coordinate 0, first here: pixels are counted from 0 in this dataset; "
		    "use --voc-base 0",
		    COUNTED(v->zeros, "box has", "boxes have"));
}

static void
read_samples(struct importer *im, int base, bool modelarts)
{
	struct voc_reading v = { .im = im };
	const struct ordered work = { sizeof(struct job), &v, take_entries, make_records,
		give_records, release_job };

	v.rules = (struct voc_rules){ .base = im->opt->voc_base >= 0 ? im->opt->voc_base : base,
		.modelarts = modelarts,
		.encoding = im->opt->encoding };
	voc_tree_find(&v.samples, im->tree);
	voc_classes_read(&v.classes, im);
	header(&v);
	voc_tree_read_sets(&v.samples);
	im->boxes_checked = true;
	ordered_run(&work, tool_jobs());
	say_zeros(&v);
	free(v.first_zero);
	voc_classes_release(&v.classes);
	voc_tree_release(&v.samples);
}

void
voc_read(struct importer *im)
{
	read_samples(im, 1, false);
}

void
voc_read_modelarts(struct importer *im)
{
	read_samples(im, 0, true);
}
