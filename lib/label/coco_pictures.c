/* Where the pictures of a COCO file are: see coco_pictures.h. */
#include "label/coco_pictures.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"

void
coco_pictures_init(struct coco_pictures *p, const struct tree *t, const struct node *file)
{
	*p = (struct coco_pictures){
		.tree = t, .file = file->path, .folder = span_of(file->path, path_base(file->path))
	};
}

void
coco_pictures_release(struct coco_pictures *p)
{
	free(p->base);
	buf_release(&p->source);
}

/* Append folder/base/name as a text, cleaned where that is possible. */
static void
join(const struct coco_pictures *p, const char *base, struct span name, struct buf *out)
{
	struct buf path = BUF_INIT;

	path_join(&path, p->folder, span_str(base));
	if (path.n > 0 && path.p[path.n - 1] != '/')
		buf_addc(&path, '/');
	buf_addspan(&path, name);
	if (!path_member(out, buf_span(&path)))
		buf_addspan(out, buf_span(&path));
	buf_release(&path);
}

/* Append the source of the picture `name` of the folder `base`. True: the tree has it. */
static bool
source_in(const struct coco_pictures *p, const char *base, struct span name, struct buf *out)
{
	const struct tree *t = p->tree;
	struct buf path = BUF_INIT, whole = BUF_INIT;
	const struct node *n;

	join(p, base, name, &path);
	n = tree_find(t, buf_span(&path));
	if (n) {
		tree_source(t, n, out);
	} else if (t->archive) {
		tree_source_at(t, buf_span(&path), out);
	} else {
		tree_source_at(t, SPAN("x"), &whole);
		buf_cut(&whole, whole.n - 1);
		buf_addspan(&whole, buf_span(&path));
		if (!path_member(out, buf_span(&whole)))
			buf_addspan(out, buf_span(&whole));
	}
	buf_release(&path);
	buf_release(&whole);
	return n != NULL;
}

/* "train2017" of "annotations/instances_train2017.json". */
static struct span
part_of_name(const char *path)
{
	struct span stem = path_stem(path_base_span(span_str(path)));
	const char *p = stem.p + stem.n;

	while (p > stem.p && p[-1] != '_')
		p--;
	return span_of(p, stem.p + stem.n);
}

/* True: it is there. Its source in p->source in any case. */
static bool
is_there(struct coco_pictures *p, const char *base, struct span name)
{
	bool there;

	buf_reset(&p->source);
	there = source_in(p, base, name, &p->source);
	return there || (!p->tree->archive && access(buf_str(&p->source), F_OK) == 0);
}

/* Pictures lie beside the file, or where COCO and its followers put them. The caller frees. */
static char *
find_base(struct coco_pictures *p, struct span name)
{
	static const char *const bases[] = { "", "images", "../images", "..", "data", "../data",
		"../JPEGImages" };
	static const char *const of_part[] = { "..", "../images" };
	struct span part = part_of_name(p->file);

	for (size_t i = 0; i < ARRAY_LEN(of_part); i++) {
		char *base = xasprintf("%s/%.*s", of_part[i], SPAN_ARG(part));

		if (is_there(p, base, name))
			return base;
		free(base);
	}
	for (size_t i = 0; i < ARRAY_LEN(bases); i++)
		if (is_there(p, bases[i], name))
			return xstrdup(bases[i]);
	return xstrdup("");
}

void
coco_picture_source(struct coco_pictures *p, struct span name, struct buf *out)
{
	if (p->base == NULL)
		p->base = find_base(p, name);
	source_in(p, p->base, name, out);
}

char *
coco_segment_picture(struct coco_pictures *p, struct span name)
{
	struct span stem = path_stem(path_base_span(span_str(p->file)));
	char *folder = xstrndup(stem.p, stem.n);

	if (!is_there(p, folder, name) && !is_there(p, "", name))
		is_there(p, folder, name);
	free(folder);
	return xstrdup(buf_str(&p->source));
}
