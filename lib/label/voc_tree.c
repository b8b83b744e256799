/* The samples of a Pascal VOC dataset, by its files: see voc_tree.h. */
#include "label/voc_tree.h"

#include <stdlib.h>
#include <strings.h>

#include "base/diag.h"
#include "base/input.h"
#include "base/path.h"
#include "label/find.h"
#include "label/recode.h"

static bool
is_folder_named(struct span folder, const char *name)
{
	return folder.n == strlen(name) && strncasecmp(folder.p, name, folder.n) == 0;
}

const struct node *
voc_entry_node(const struct voc_entry *e)
{
	return e->xml ? e->xml : e->picture ? e->picture : e->mask;
}

void
voc_split_path(struct span path, struct span *folder, struct span *stem)
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

	voc_split_path(path, &folder, &stem);
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

const struct node *
voc_find_mask(const struct tree *t, const struct voc_entry *e, const char *folder)
{
	struct span root, stem;
	struct buf path = BUF_INIT;
	const struct node *n;

	voc_split_path(span_str(voc_entry_node(e)->path), &root, &stem);
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
		voc_split_path(span_str(t->node[i].path), &folder, &stem);
		if (!root.p)
			root = folder;
		while (root.n > 0 && !span_starts(folder, root))
			for (root.n--; root.n > 0 && root.p[root.n - 1] != '/';)
				root.n--;
	}
	return root.n;
}

static char *
id_of(const struct voc_tree *v, const struct node *n)
{
	struct span folder, stem;

	voc_split_path(span_str(n->path), &folder, &stem);
	if (folder.n < v->root)
		return xasprintf("%.*s%.*s", SPAN_ARG(folder), SPAN_ARG(stem));
	return xasprintf("%.*s%.*s", (int)(folder.n - v->root), folder.p + v->root, SPAN_ARG(stem));
}

static void
add_entry(struct voc_tree *v, const struct node *xml, const struct node *picture)
{
	v->e = grow(v->e, &v->cap, v->n + 1, sizeof(*v->e));
	v->e[v->n++] = (struct voc_entry){
		.xml = xml, .picture = picture, .id = id_of(v, xml ? xml : picture)
	};
}

static int
by_id(const void *a, const void *b)
{
	const struct voc_entry *x = a, *y = b;
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
choose_pictures(struct voc_tree *v)
{
	struct voc_entry *labelled = NULL;

	for (size_t i = 0; i < v->n; i++) {
		struct voc_entry *e = &v->e[i];
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
check_entries(const struct voc_tree *v, bool pictures)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct voc_entry *e = &v->e[i];

		if (pictures && e->xml && !e->picture)
			warning_at(pos_file(tree_name(v->tree, e->xml)), "voc-picture",
			    "there is no picture for this file");
	}
}

/* What tools export without the pictures: each mask of classes is a sample. */
static void
add_masks(struct voc_tree *v)
{
	const struct tree *t = v->tree;

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path), dir = find_dir(path);

		if (!is_folder_named(path_base_span(dir), "SegmentationClass") ||
		    !path_has_ext(path, "png"))
			continue;
		v->e = grow(v->e, &v->cap, v->n + 1, sizeof(*v->e));
		v->e[v->n++] =
		    (struct voc_entry){ .mask = &t->node[i], .id = id_of(v, &t->node[i]) };
	}
	if (v->n > 0)
		say("%s: no pictures here, only masks", t->name);
}

void
voc_tree_find(struct voc_tree *v, const struct tree *t)
{
	bool *used = xcalloc(t->n + 1, sizeof(*used)), pictures = false;

	*v = (struct voc_tree){ .tree = t };
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
const char *const voc_set_usage[VOC_SETS] = { "TRAIN", "EVAL", "TEST" };

/* One line of a set: a stem, which may have blanks in it, or a stem and something. */
static void
read_set_line(
    struct voc_tree *v, struct input *in, struct span prefix, struct span line, size_t set)
{
	struct buf id = BUF_INIT;
	struct strmap_entry *e;
	struct span word = span_trim(line);
	bool is_new;

	buf_addspan(&id, prefix);
	buf_addspan(&id, word);
	if (!strmap_find(&v->ids, buf_span(&id)) && span_word(&line, &word)) {
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
read_set(struct voc_tree *v, const struct node *n, struct span folder, size_t set)
{
	struct input in;
	struct span line;

	if (!tree_input(v->tree, n, &in))
		return;
	if (folder.n >= v->root)
		folder = span_of(folder.p + v->root, folder.p + folder.n);
	while (input_line(&in, &line))
		if (span_trim(line).n > 0)
			read_set_line(v, &in, folder, line, set);
	input_close(&in);
}

/* {train,val,test}.txt in this folder. */
static void
read_sets_in(struct voc_tree *v, const char *folder)
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

/* Names in the sets that no file belongs to. */
static void
check_sets(const struct voc_tree *v)
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

void
voc_tree_read_sets(struct voc_tree *v)
{
	for (size_t i = 0; i < v->n; i++)
		strmap_put(&v->ids, span_str(v->e[i].id), 0, NULL);
	read_sets_in(v, "ImageSets/Main/");
	if (v->usage.n == 0)
		read_sets_in(v, "ImageSets/Segmentation/");
	check_sets(v);
}

const char *
voc_tree_usage(const struct voc_tree *v, const struct voc_entry *e)
{
	const struct strmap_entry *set = strmap_find(&v->usage, span_str(e->id));

	return set ? voc_set_usage[set->value] : NULL;
}

void
voc_tree_release(struct voc_tree *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->e[i].id);
	free(v->e);
	strmap_release(&v->usage);
	strmap_release(&v->ids);
}
