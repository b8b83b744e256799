/*
 * Pascal VOC as a dataset: one XML file a picture (voc_xml.h), pictures beside them or
 * in JPEGImages/, the split in ImageSets/Main/.
 *
 * Sources: the VOC2012 development kit's documentation; HumanSignal/labelImg for what most
 * files in the world look like.
 *
 * Also here: the flat layout of ModelArts ("ModelArts PASCAL VOC 1.0": x.jpg with x.xml beside it).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/num.h"
#include "base/ordered.h"
#include "base/path.h"
#include "base/tool.h"
#include "label/export.h"
#include "label/find.h"
#include "label/import.h"
#include "label/modelarts_masks.h"
#include "label/voc_classes.h"
#include "label/voc_masks.h"
#include "label/voc_xml.h"
#include "label/recode.h"

/* ---- finding ---- */

static int
detect(const struct tree *t, struct buf *why)
{
	size_t xml = 0, voc = 0, looked = 0, masks = 0;
	bool folder = false;
	struct buf head = BUF_INIT;

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path);

		masks += path_has_ext(path, "png") &&
			 (span_starts(path, SPAN("SegmentationClass/")) ||
			     memmem(path.p, path.n, "/SegmentationClass/", 19));
		if (!find_has_ext(t, &t->node[i], "xml"))
			continue;
		xml++;
		folder = folder || memmem(path.p, path.n, "Annotations/", 12);
		if (looked == 5)
			continue;
		looked++;
		buf_reset(&head);
		if (recode_head(t, &t->node[i], 512, &head))
			voc += memmem(head.p, head.n, "<annotation", 11) &&
			       !memmem(head.p, head.n, "<annotations", 12);
	}
	buf_release(&head);
	if (voc > 0)
		buf_addf(why, "%llu %s, %zu of the first %zu with <annotation>",
		    COUNTED(xml, "XML file", "XML files"), voc, looked);
	if (voc > 0 || masks == 0)
		return voc == 0 ? 0 : folder ? 90 : 60;
	buf_addf(why, "%llu %s in SegmentationClass/", COUNTED(masks, "PNG file", "PNG files"));
	return 70;
}

/* ---- reading ---- */

/* A sample to be: its XML file, its picture, or both; where there are neither, its mask of classes. */
struct entry {
	const struct node *xml, *picture, *mask;
	char *id;
};

struct voc_reading {
	struct importer *im;
	const struct tree *tree;
	struct voc_rules rules;
	struct voc_classes classes;
	struct entry *e;
	size_t n, cap, next;
	size_t root;         /* bytes of the path that all label files have in common */
	struct strmap usage; /* id -> index of set_name */
	struct strmap ids;   /* of all entries */
	uint64_t zeros;
	char *first_zero; /* "file:line" */
};

static bool
is_folder_named(struct span folder, const char *name)
{
	return folder.n == strlen(name) && strncasecmp(folder.p, name, folder.n) == 0;
}

/* The file that the sample is named by. */
static const struct node *
node_of(const struct entry *e)
{
	return e->xml ? e->xml : e->picture ? e->picture : e->mask;
}

/* "a/Annotations/b.xml" gives "a/" and "b": the dataset's folder, and the stem below it. */
static void
split_label_path(struct span path, struct span *folder, struct span *stem)
{
	static const char *const names[] = { "Annotations", "Annotation", "JPEGImages", "images",
		"xmls", "labels", "SegmentationClass" };
	struct span dir = span_of(path.p, path_base_span(path).p);
	struct span last = dir.n ? path_base_span((struct span){ dir.p, dir.n - 1 }) : dir;

	*stem = path_stem(path_base_span(path));
	*folder = dir;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (is_folder_named(last, names[i]))
			*folder = span_of(dir.p, last.p);
}

/* The picture for an XML file: beside it, or in the folder for pictures beside its folder. */
static const struct node *
find_picture(const struct tree *t, struct span path)
{
	static const char *const folders[] = { "JPEGImages/", "images/", "Images/", "" };
	const struct node *found = tree_find_picture(t, path_stem(path));
	struct span folder, stem;
	struct buf b = BUF_INIT;

	split_label_path(path, &folder, &stem);
	for (size_t i = 0; i < ARRAY_LEN(folders) && !found; i++) {
		buf_reset(&b);
		buf_addspan(&b, folder);
		buf_adds(&b, folders[i]);
		buf_addspan(&b, stem);
		found = tree_find_picture(t, buf_span(&b));
	}
	buf_release(&b);
	return found;
}

/* In SegmentationClass/, SegmentationObject/, ModelArts' segmentationClassRaw/? */
static bool
is_mask(struct span path)
{
	struct span dir = span_of(path.p, path_base_span(path).p);

	dir = path_base_span((struct span){ dir.p, dir.n ? dir.n - 1 : 0 });
	return dir.n >= 12 && strncasecmp(dir.p, "segmentation", 12) == 0;
}

/* "folder/SegmentationX/stem.png" beside Annotations/ or JPEGImages/; NULL: there is none. */
static const struct node *
find_mask(const struct tree *t, const struct entry *e, const char *folder)
{
	struct span root, stem;
	struct buf path = BUF_INIT;
	const struct node *n;

	split_label_path(span_str(node_of(e)->path), &root, &stem);
	buf_addspan(&path, root);
	buf_adds(&path, folder);
	buf_addspan(&path, stem);
	n = tree_find_stem(t, buf_span(&path), "png");
	buf_release(&path);
	return n;
}

static bool
is_label_file(const struct tree *t, const struct node *n)
{
	return find_has_ext(t, n, "xml");
}

/* The folder that holds all label files, as a number of bytes of their paths. */
static size_t
common_root(const struct tree *t)
{
	struct span root = SPAN_NONE, folder, stem;

	for (size_t i = 0; i < t->n; i++) {
		if (!is_label_file(t, &t->node[i]))
			continue;
		split_label_path(span_str(t->node[i].path), &folder, &stem);
		if (!root.p)
			root = folder;
		while (root.n > 0 && !span_starts(folder, root))
			for (root.n--; root.n > 0 && root.p[root.n - 1] != '/';)
				root.n--;
	}
	return root.n;
}

static char *
id_of(const struct voc_reading *v, const struct node *n)
{
	struct span folder, stem;

	split_label_path(span_str(n->path), &folder, &stem);
	if (folder.n < v->root)
		return xasprintf("%.*s%.*s", SPAN_ARG(folder), SPAN_ARG(stem));
	return xasprintf("%.*s%.*s", (int)(folder.n - v->root), folder.p + v->root, SPAN_ARG(stem));
}

static void
add_entry(struct voc_reading *v, const struct node *xml, const struct node *picture)
{
	v->e = grow(v->e, &v->cap, v->n + 1, sizeof(*v->e));
	v->e[v->n++] =
	    (struct entry){ .xml = xml, .picture = picture, .id = id_of(v, xml ? xml : picture) };
}

static int
by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = strcmp(x->id, y->id);

	return c ? c : (x->xml == NULL) - (y->xml == NULL);
}

/* Is this picture the one that the label file's <filename> means, as far as its first bytes tell? */
static bool
is_named_in(const struct tree *t, const struct node *xml, const struct node *picture)
{
	struct span base = path_base_span(span_str(picture->path));
	struct buf head = BUF_INIT, want = BUF_INIT;
	bool named;

	buf_adds(&want, "<filename>");
	buf_addspan(&want, base);
	buf_adds(&want, "</filename>");
	named = recode_head(t, xml, 1024, &head) && memmem(head.p, head.n, want.p, want.n);
	buf_release(&head);
	buf_release(&want);
	return named;
}

/* Of pictures that differ in their extension alone, a label file's is the one that it names. */
static void
choose_pictures(struct voc_reading *v)
{
	struct entry *labelled = NULL;

	for (size_t i = 0; i < v->n; i++) {
		struct entry *e = &v->e[i];
		const struct node *other = e->picture;

		if (e->xml) {
			labelled = e;
		} else if (labelled && labelled->picture && strcmp(labelled->id, e->id) == 0 &&
			   is_named_in(v->tree, labelled->xml, other)) {
			e->picture = labelled->picture;
			labelled->picture = other;
		}
	}
}

/* Label files without picture. */
static void
check_entries(const struct voc_reading *v, bool pictures)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct entry *e = &v->e[i];

		if (pictures && e->xml && !e->picture)
			warning_at(pos_file(tree_name(v->tree, e->xml)), "voc-picture",
			    "there is no picture for this file");
	}
}

/* What tools export without the pictures: each mask of classes is a sample. */
static void
add_masks(struct voc_reading *v)
{
	const struct tree *t = v->tree;

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path), dir = find_dir(path);

		if (!is_folder_named(path_base_span(dir), "SegmentationClass") ||
		    !path_has_ext(path, "png"))
			continue;
		v->e = grow(v->e, &v->cap, v->n + 1, sizeof(*v->e));
		v->e[v->n++] = (struct entry){ .mask = &t->node[i], .id = id_of(v, &t->node[i]) };
	}
	if (v->n > 0)
		say("%s: no pictures here, only masks", t->name);
}

/* All label files with their pictures, then the pictures that have none: nobody looked at them. */
static void
find_entries(struct voc_reading *v)
{
	const struct tree *t = v->tree;
	bool *used = xcalloc(t->n + 1, sizeof(*used)), pictures = false;

	v->root = common_root(t);
	for (size_t i = 0; i < t->n; i++) {
		const struct node *picture = NULL;

		pictures = pictures || path_is_picture(span_str(t->node[i].path));
		if (!is_label_file(t, &t->node[i]))
			continue;
		picture = find_picture(t, span_str(t->node[i].path));
		if (picture)
			used[picture - t->node] = true;
		add_entry(v, &t->node[i], picture);
	}
	for (size_t i = 0; i < t->n; i++)
		if (!used[i] && path_is_picture(span_str(t->node[i].path)) &&
		    !is_mask(span_str(t->node[i].path)))
			add_entry(v, NULL, &t->node[i]);
	free(used);
	if (v->n == 0)
		add_masks(v);
	if (v->n > 1)
		qsort(v->e, v->n, sizeof(*v->e), by_id);
	if (!pictures && v->n > 0)
		say("%s: no pictures here, only label files", t->name);
	choose_pictures(v);
	check_entries(v, pictures);
}

/* ---- the split ---- */

static const char *const set_name[] = { "train.txt", "val.txt", "test.txt" };
static const char *const set_usage[] = { "TRAIN", "EVAL", "TEST" };

/* One line of a set: a stem, which may have blanks in it, or a stem and something. */
static void
read_set_line(
    struct voc_reading *v, struct input *in, struct span prefix, struct span line, size_t set)
{
	struct buf id = BUF_INIT;
	struct strmap_entry *e;
	struct span word = span_trim(line);
	bool is_new;

	buf_addspan(&id, prefix);
	buf_addspan(&id, word);
	if (!strmap_find(&v->ids, buf_span(&id))) {
		if (!span_word(&line, &word))
			return;
		buf_cut(&id, prefix.n);
		buf_addspan(&id, word);
	}
	e = strmap_put(&v->usage, buf_span(&id), set, &is_new);
	if (!is_new && e->value != set)
		warning_at(input_pos(in, 0), "voc-split", "'%.*s' is in %s, too; that stays",
		    SPAN_ARG(word), set_name[e->value]);
	buf_release(&id);
}

static void
read_set(struct voc_reading *v, const struct node *n, struct span folder, size_t set)
{
	struct input in;
	struct span line;

	if (!tree_input(v->tree, n, &in))
		return;
	if (folder.n >= v->root)
		folder = span_of(folder.p + v->root, folder.p + folder.n);
	while (input_line(&in, &line))
		read_set_line(v, &in, folder, line, set);
	input_close(&in);
}

/* {train,val,test}.txt in this folder. */
static void
read_sets_in(struct voc_reading *v, const char *folder)
{
	for (size_t i = 0; i < v->tree->n; i++) {
		struct span path = span_str(v->tree->node[i].path);
		struct span base = path_base_span(path), dir = span_of(path.p, base.p);

		if (!span_ends(dir, span_str(folder)))
			continue;
		dir.n -= strlen(folder);
		for (size_t set = 0; set < ARRAY_LEN(set_name); set++)
			if (span_is(base, set_name[set]))
				read_set(v, &v->tree->node[i], dir, set);
	}
}

/* Lists of segmentation count where they are the only ones; others (a class each, Layout) follow from the labels. */
static void
read_sets(struct voc_reading *v)
{
	for (size_t i = 0; i < v->n; i++)
		strmap_put(&v->ids, span_str(v->e[i].id), 0, NULL);
	read_sets_in(v, "ImageSets/Main/");
	if (v->usage.n == 0)
		read_sets_in(v, "ImageSets/Segmentation/");
}

/* Names in the sets that no file belongs to. */
static void
check_sets(const struct voc_reading *v)
{
	uint64_t missing = 0;
	const char *first = NULL;

	for (size_t i = 0; i < v->usage.n; i++)
		if (!strmap_find(&v->ids, v->usage.e[i].key) && missing++ == 0)
			first = v->usage.e[i].key.p;
	if (missing > 0)
		warning_at(pos_file(v->tree->name), "voc-split", "%llu %s no file, first '%s'",
		    COUNTED(missing, "name in ImageSets has", "names in ImageSets have"), first);
}

/* ---- the records ---- */

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
	const struct entry *e;
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

	if (v->next == v->n)
		return false;
	j->e = v->e + v->next;
	j->n = v->n - v->next < BATCH ? v->n - v->next : BATCH;
	v->next += j->n;
	return true;
}

/* The XML file that names a PNG. */
struct where {
	const struct tree *tree;
	const struct entry *e;
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
read_page(const struct voc_reading *v, struct job *j, const struct entry *e)
{
	struct where where = { v->tree, e };
	struct span picture = SPAN("");
	const struct node *mask;

	j->files++;
	buf_reset(&j->name);
	tree_add_name(v->tree, e->xml, &j->name);
	buf_reset(&j->bytes);
	if (!tree_read_text(v->tree, e->xml, v->im->opt->max_text, &j->bytes))
		return false;
	if (!j->xml)
		j->xml = xml_new();
	if (e->picture)
		picture = path_base_span(span_str(e->picture->path));
	buf_reset(&j->source);
	mask = find_mask(v->tree, e, "SegmentationObject/");
	if (mask)
		tree_source(v->tree, mask, &j->source);
	j->page.instances = buf_span(&j->source);
	j->page.locate = v->rules.modelarts ? locate_mask : NULL;
	j->page.locate_ctx = &where;
	return voc_xml_read(
	    &j->page, j->xml, &v->rules, buf_span(&j->bytes), buf_str(&j->name), picture);
}

/* "source": the picture, or where it should be. */
static void
source_json(const struct voc_reading *v, struct job *j, const struct entry *e)
{
	struct buf path = BUF_INIT;
	struct span folder, stem, name = e->xml ? j->page.filename : SPAN_NONE;

	buf_reset(&j->source);
	if (e->picture) {
		tree_source(v->tree, e->picture, &j->source);
	} else {
		struct span xml = span_str(node_of(e)->path);

		split_label_path(xml, &folder, &stem);
		buf_addspan(&path, folder);
		if (folder.n < (size_t)(path_base_span(xml).p - xml.p))
			buf_adds(&path, "JPEGImages/");
		buf_addspan(&path, name.n && path_is_picture(name) ? path_base_span(name) : stem);
		if (!(name.n && path_is_picture(name)))
			buf_adds(&path, ".jpg");
		tree_source_at(v->tree, buf_span(&path), &j->source);
		buf_release(&path);
	}
	jw_member_string(&j->records, "source", buf_span(&j->source));
}

/* Width and height as the file says, else as the picture says. */
static void
size_json(const struct voc_reading *v, struct job *j, const struct entry *e)
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
		       ? tree_picture(v->tree, e->mask, &size)
		       : e->picture && tree_picture(v->tree, e->picture, &size)) {
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
	tree_source(v->tree, n, &png->source);
	if (!v->tree->archive || n->flags & NODE_EXTRACTED)
		tree_read(v->tree, n, &png->bytes);
}

/* What the pictures of masks say where no XML file tells of objects; the number of annotations. */
static uint64_t
masks_json(
    const struct voc_reading *v, struct job *j, const struct entry *e, const struct node *classes)
{
	struct buf *b = &j->records;
	const char *why;
	uint64_t n;

	read_mask(v, classes, &j->classes);
	read_mask(v, find_mask(v->tree, e, "SegmentationObject/"), &j->objects);
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
labels_json(const struct voc_reading *v, struct job *j, const struct entry *e)
{
	const struct node *classes =
	    v->rules.modelarts ? NULL : find_mask(v->tree, e, "SegmentationClass/");
	struct buf *b = &j->records;

	if (e->xml)
		page_json(j);
	if (classes && (!e->xml || j->page.objects + j->page.bad == 0))
		return masks_json(v, j, e, classes);
	if (!e->xml)
		return 0;
	if (classes) {
		buf_reset(&j->source);
		tree_source(v->tree, classes, &j->source);
		jw_member_string(b, "class-mask", buf_span(&j->source));
	}
	jw_member_raw(b, "annotation", buf_span(&j->page.annotations));
	return j->page.objects;
}

static uint64_t
make_record(const struct voc_reading *v, struct job *j, const struct entry *e)
{
	struct strmap_entry *set = strmap_find(&v->usage, span_str(e->id));
	struct buf *b = &j->records;
	uint64_t annotations;

	jw_open(b, '{');
	source_json(v, j, e);
	jw_member_str(b, "id", e->id);
	size_json(v, j, e);
	if (set)
		jw_member_str(b, "usage", set_usage[set->value]);
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
		const struct entry *e = &j->e[i];
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
		const struct entry *e = &j->e[i];
		const char *p = j->records.p;

		im->bad_files += !m->good;
		im->bad_samples += !m->good;
		if (m->good)
			import_sample(im, pos_file(tree_name(v->tree, node_of(e))),
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

	for (size_t i = 0; i < v->n; i++) {
		xml |= v->e[i].xml != NULL;
		masks = masks || find_mask(v->tree, &v->e[i], "SegmentationClass/");
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
		note_at(pos_file(v->tree->name), "mask",
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
read_tree(struct importer *im, int base, bool modelarts)
{
	struct voc_reading v = { .im = im, .tree = im->tree };
	const struct ordered work = { sizeof(struct job), &v, take_entries, make_records,
		give_records, release_job };

	v.rules = (struct voc_rules){ .base = im->opt->voc_base >= 0 ? im->opt->voc_base : base,
		.modelarts = modelarts,
		.encoding = im->opt->encoding };
	find_entries(&v);
	voc_classes_read(&v.classes, im);
	header(&v);
	read_sets(&v);
	check_sets(&v);
	im->boxes_checked = true;
	ordered_run(&work, tool_jobs());
	say_zeros(&v);
	for (size_t i = 0; i < v.n; i++)
		free(v.e[i].id);
	free(v.e);
	free(v.first_zero);
	voc_classes_release(&v.classes);
	strmap_release(&v.usage);
	strmap_release(&v.ids);
}

static void
read_voc(struct importer *im)
{
	read_tree(im, 1, false);
}

static void
read_modelarts(struct importer *im)
{
	read_tree(im, 0, true);
}

/* ---- writing ---- */

struct voc_writing {
	struct voc_rules rules;
	bool flat;                /* x.jpg and x.xml in one folder */
	bool legend;              /* masks whose numbers are classes of ours */
	struct sink_file *set[4]; /* train, val, test, trainval */
	struct buf text, member, mask;
};

/* The base that VOC files had which the labels came from, unless an option says another. */
static int
base_of(const struct exporter *ex, bool from_voc)
{
	if (ex->opt->voc_base >= 0)
		return ex->opt->voc_base;
	return from_voc && span_is(dataset_member(&ex->dataset, "voc-base"), "0") ? 0 : 1;
}

static void
begin(struct exporter *ex, bool flat)
{
	struct voc_writing *w = xcalloc(1, sizeof(*w));

	w->flat = flat;
	w->rules.modelarts = flat;
	w->rules.decimals = ex->opt->decimals >= 0 ? ex->opt->decimals : 6;
	w->rules.base = -1;
	ex->state = w;
}

static void
begin_voc(struct exporter *ex)
{
	begin(ex, false);
}

static void
begin_modelarts(struct exporter *ex)
{
	begin(ex, true);
}

static bool
is_from_voc(const struct exporter *ex)
{
	return span_is(json_unquote(dataset_member(&ex->dataset, "format")), "voc");
}

/* Headers come before the samples that they are about: their rules count from then on. */
static void
settle_rules(struct exporter *ex, struct voc_writing *w)
{
	bool from_voc = is_from_voc(ex);

	if (w->rules.base >= 0)
		return;
	w->rules.base = w->flat ? 0 : base_of(ex, from_voc);
	w->rules.fill = w->flat || !from_voc;
	w->rules.boxes_only = !w->flat && !from_voc;
}

/* Pascal VOC has boxes; other shapes go back into files of the kind that had them. */
static uint64_t
holds_of(const struct exporter *ex)
{
	return ex->format->holds | (is_from_voc(ex) ? VOC_XML_SHAPES : 0);
}

static void
add_to_set(struct exporter *ex, struct voc_writing *w, int set, struct span stem)
{
	static const char *const path[] = { "ImageSets/Main/train.txt", "ImageSets/Main/val.txt",
		"ImageSets/Main/test.txt", "ImageSets/Main/trainval.txt" };
	struct out *out;

	if (!w->set[set])
		w->set[set] = sink_file_new(ex->sink, path[set]);
	if (!w->set[set])
		die("cannot write %s:", path[set]);
	out = sink_file_out(w->set[set]);
	buf_addspan(&out->b, stem);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
write_usage(struct exporter *ex, struct voc_writing *w, const struct sample *s, struct span stem)
{
	struct span usage = rec_string(s->rec, REC_USAGE, &w->text);

	if (w->flat || !usage.p)
		return;
	for (int set = 0; set < 3; set++)
		if (usage.n == strlen(set_usage[set]) &&
		    strncasecmp(usage.p, set_usage[set], usage.n) == 0) {
			add_to_set(ex, w, set, stem);
			if (set < 2)
				add_to_set(ex, w, 3, stem);
		}
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct voc_writing *w = ex->state;
	struct span stem = export_stem(ex, s, ""), name;
	struct voc_written written;
	struct voc_masks masks = { .painted = false };

	settle_rules(ex, w);
	reshape_to_pixels(ex, s);
	name = export_picture(ex, s, w->flat ? "" : "JPEGImages", stem);
	write_usage(ex, w, s, stem);
	if (!w->flat) {
		masks = voc_masks_write(ex, s, stem);
		w->rules.segmented = masks.painted || masks.copied;
		w->legend |= masks.painted || (masks.copied && ex->dataset.n > 0);
	}
	if (w->flat) {
		modelarts_masks_write(ex, s, "", stem, "", &w->mask);
		w->rules.mask_source = buf_span(&w->mask);
		w->rules.segmented = w->mask.n > 0;
	}
	if (!s->annotated)
		return;
	if (masks.of_classes == s->n && s->n > 0 && !rec_member(s->rec, "voc").p)
		return; /* there is no object */
	export_size(ex, s);
	buf_reset(&w->text);
	voc_xml_write(
	    &w->text, s, &w->rules, w->flat ? SPAN("NA") : SPAN("JPEGImages"), name, &written);
	export_unwritten(ex, s, written.objects + masks.of_classes);
	if (written.widened > 0)
		export_loss(ex, s, "annotation.bbox-below-a-pixel", written.widened);
	buf_reset(&w->member);
	buf_addf(&w->member, "%s%.*s.xml", w->flat ? "" : "Annotations/", SPAN_ARG(stem));
	export_file(ex, buf_span(&w->member), buf_span(&w->text));
}

static void
finish(struct exporter *ex)
{
	struct voc_writing *w = ex->state;

	for (int i = 0; i < 4; i++)
		if (w->set[i] && sink_file_close(w->set[i]) != 0)
			die("cannot write ImageSets/Main:");
	if (w->legend)
		voc_masks_legend(ex);
	buf_release(&w->text);
	buf_release(&w->member);
	buf_release(&w->mask);
	free(w);
}

static const struct label_writer voc_writer = { false, begin_voc, write_sample, finish };
static const struct label_writer modelarts_writer = { false, begin_modelarts, write_sample,
	finish };

const struct label_format label_voc = {
	.name = "voc",
	.aliases = "pascal-voc|pascal|labelimg",
	.title = "Pascal VOC: an XML file a picture, split in ImageSets",
	.holds = (VOC_XML_HOLDS & ~VOC_XML_SHAPES) | HOLDS(ANN_MASK) | HOLDS(ANN_RLE) |
		 HOLDS_UNLABELLED | HOLDS_USAGE,
	.holds_of = holds_of,
	.keeps = "voc|class-mask|part|bndbox|dashed",
	.detect = detect,
	.read = read_voc,
	.writer = &voc_writer,
};

const struct label_format label_modelarts_voc = {
	.name = "modelarts-voc",
	.aliases = "ModelArts PASCAL VOC 1.0|ModelArts image segmentation 1.0",
	.title = "ModelArts folder: x.jpg with x.xml beside it, pixels from 0",
	.holds = VOC_XML_HOLDS | HOLDS(ANN_MASK) | HOLDS_UNLABELLED,
	.keeps = "voc|bndbox|dashed",
	.detect = NULL, /* looks like voc; only the base tells them apart */
	.read = read_modelarts,
	.writer = &modelarts_writer,
};
