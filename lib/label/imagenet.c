/*
 * A folder a class: [split/]class/x.jpg. ImageNet, torchvision's ImageFolder, Hugging Face's
 * imagefolder without metadata, ModelArts' "imageNet 1.0", and the same for sounds.
 *
 * The class is the name of the last folder, the split that of the nearest folder with a name of a
 * split; numbers of classes follow from their sorted names (torchvision.datasets.ImageFolder).
 */
#include <stdlib.h>
#include <strings.h>

#include "archive/tree.h"
#include "base/diag.h"
#include "base/path.h"
#include "base/strmap.h"
#include "base/tool.h"
#include "label/export.h"
#include "label/import.h"

static const struct {
	const char *folder, *usage;
} splits[] = {
	{ "train", "TRAIN" }, /* the first of a usage is the one that is written */
	{ "training", "TRAIN" },
	{ "val", "EVAL" },
	{ "valid", "EVAL" },
	{ "validation", "EVAL" },
	{ "eval", "EVAL" },
	{ "dev", "EVAL" },
	{ "test", "TEST" },
	{ "testing", "TEST" },
	{ "inference", "INFERENCE" },
};

static const char *
usage_of_folder(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(splits); i++)
		if (strlen(splits[i].folder) == name.n &&
		    strncasecmp(splits[i].folder, name.p, name.n) == 0)
			return splits[i].usage;
	return NULL;
}

/* What the folders of a path say. */
struct place {
	struct span class; /* p NULL: none */
	const char *usage; /* NULL: none */
};

static struct place
place_of(struct span path)
{
	struct span rest = span_of(path.p, path_base_span(path).p), part;
	struct place at = { SPAN_NONE, NULL };

	while (span_cut(&rest, '/', &part)) {
		const char *usage;

		if (part.n == 0)
			break;
		usage = usage_of_folder(part);
		at.class = usage ? SPAN_NONE : part;
		if (usage)
			at.usage = usage;
	}
	return at;
}

/* ---- reading ---- */

/* Folders of pictures and masks by kind, as other formats have them: they are no classes. */
static bool
is_kind_folder(struct span name)
{
	static const char *const kinds[] = { "image", "img", "picture", "jpegimage", "mask",
		"label", "annot", "segment", "gt", "depth", "data", "leftimg8bit", "train", "val",
		"test" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (name.n >= strlen(kinds[i]) &&
		    strncasecmp(name.p, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

static int
detect(const struct tree *t, struct buf *why)
{
	size_t media = 0, in_classes = 0, other = 0;
	struct strmap classes = STRMAP_INIT;
	size_t n;

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path);
		struct place at = place_of(path);

		if (!(t->node[i].flags & NODE_MEDIA)) {
			other += path_has_ext(path, "xml|json|jsonl|csv|txt|yaml|manifest");
			continue;
		}
		media++;
		if (at.class.p && is_kind_folder(at.class))
			at.class = SPAN_NONE;
		in_classes += at.class.p != NULL;
		if (at.class.p)
			strmap_put(&classes, at.class, 0, NULL);
	}
	n = classes.n;
	strmap_release(&classes);
	if (in_classes == 0 || n < 2 || in_classes * 2 < media || other > n)
		return 0;
	buf_addf(why, "%zu of %zu files in %zu folders", in_classes, media, n);
	if (other > 0)
		buf_addf(why, ", with %llu %s beside that may be labels",
		    COUNTED(other, "file", "files"));
	return other == 0 ? 60 : 30;
}

static int
by_bytes(const void *a, const void *b)
{
	return span_cmp(
	    ((const struct strmap_entry *)a)->key, ((const struct strmap_entry *)b)->key);
}

static void
header(struct importer *im)
{
	struct strmap classes = STRMAP_INIT;
	struct buf *b = import_header(im);

	for (size_t i = 0; i < im->tree->n; i++) {
		struct span class = place_of(span_str(im->tree->node[i].path)).class;

		if ((im->tree->node[i].flags & NODE_MEDIA) && class.p)
			strmap_put(&classes, class, 0, NULL);
	}
	if (classes.n > 1)
		qsort(classes.e, classes.n, sizeof(*classes.e), by_bytes);
	jw_key(b, "classes");
	jw_open(b, '[');
	for (size_t i = 0; i < classes.n; i++) {
		jw_open(b, '{');
		jw_member_string(b, "name", classes.e[i].key);
		jw_member_u64(b, "id", i);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	import_header_end(im);
	strmap_release(&classes);
}

static void
read_one(struct importer *im, const struct node *n, struct buf *source)
{
	struct span path = span_str(n->path);
	struct place at = place_of(path);
	struct buf *b = import_record(im);

	buf_reset(source);
	tree_source(im->tree, n, source);
	import_begin_sample(b, buf_span(source), path_stem(path), 0, 0);
	if (at.usage)
		jw_member_str(b, "usage", at.usage);
	if (at.class.p) {
		jw_key(b, "annotation");
		jw_open(b, '[');
		jw_open(b, '{');
		jw_member_string(b, "name", at.class);
		jw_close(b, '}');
		jw_close(b, ']');
	}
	jw_close(b, '}');
	import_sample(im, pos_file(tree_name(im->tree, n)), buf_span(b), at.class.p != NULL);
}

static void
read_tree(struct importer *im)
{
	struct buf source = BUF_INIT;

	header(im);
	for (size_t i = 0; i < im->tree->n; i++)
		if (im->tree->node[i].flags & NODE_MEDIA)
			read_one(im, &im->tree->node[i], &source);
	buf_release(&source);
}

/* ---- writing ---- */

static void
begin(struct exporter *ex)
{
	if (ex->opt->images == IMAGES_NONE)
		tool_usage(
		    "--images none: in this format the places of the pictures are the labels");
}

/* The folder of a class; a name that cannot be a folder's, or would be read as a split, is a loss. */
static void
add_class_folder(struct exporter *ex, const struct sample *s, struct span name, struct buf *dir)
{
	size_t start = dir->n;

	for (size_t i = 0; i < name.n; i++)
		buf_addc(dir, name.p[i] == '/' || name.p[i] == '\0' ? '_' : name.p[i]);
	if (name.n == 0 || span_is(name, ".") || span_is(name, ".."))
		buf_addc(dir, '_');
	if (!span_eq(name, span_of(dir->p + start, dir->p + dir->n)) || usage_of_folder(name))
		export_loss(ex, s, "class.name", 1);
}

static void
add_split_folder(const struct sample *s, struct buf *dir)
{
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);

	for (size_t i = 0; usage.p && i < ARRAY_LEN(splits); i++)
		if (strlen(splits[i].usage) == usage.n &&
		    strncasecmp(splits[i].usage, usage.p, usage.n) == 0) {
			buf_adds(dir, splits[i].folder);
			return;
		}
}

static void
write_sample(struct exporter *ex, struct sample *s)
{
	struct buf *dir = ex->state, name = BUF_INIT;

	buf_reset(dir);
	add_split_folder(s, dir);
	for (size_t i = 0; i < s->n; i++) {
		struct span class = ann_string(&s->ann[i], ANN_NAME, &name);

		if (!class.p || ann_has_shape(&s->ann[i]))
			continue;
		if (dir->n > 0)
			buf_addc(dir, '/');
		add_class_folder(ex, s, class, dir);
		break;
	}
	export_picture(ex, s, buf_str(dir), export_stem(ex, s, buf_str(dir)));
	buf_release(&name);
}

static void
finish(struct exporter *ex)
{
	buf_release(ex->state);
}

static const struct label_writer writer = { false, begin, write_sample, finish,
	sizeof(struct buf) };

const struct label_format label_imagenet = {
	.name = "imagenet",
	.aliases = "imagefolder|ModelArts imageNet 1.0|ModelArts audio classification dir 1.0|"
		   "ModelArts audio classfication dir 1.0",
	.title = "a folder a class: [split/]class/x.jpg, also for sounds",
	.holds = HOLDS(ANN_NAME) | HOLDS_CLASS | HOLDS_UNLABELLED | HOLDS_USAGE,
	.detect = detect,
	.read = read_tree,
	.writer = &writer,
};
