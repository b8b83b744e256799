/* A dataset as a tree of files: see tree.h. The walk through an archive is in unpack.c. */
#include "archive/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/reader.h"
#include "archive/treeimpl.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/path.h"

#define MAX_MEMBER ((uint64_t)8 << 30)

/* ---- building ---- */

const char *
tree_keep_path(struct tree *t, struct span path)
{
	struct tree_private *p = t->priv;
	struct path_block *b = p->paths;

	if (b == NULL || sizeof(b->text) - b->used <= path.n) {
		size_t size = path.n < sizeof(b->text) ? 0 : path.n + 1;

		b = xmalloc(size_add(sizeof(*b), size));
		b->used = 0;
		b->next = p->paths;
		p->paths = b;
	}
	memcpy(b->text + b->used, path.p, path.n);
	b->text[b->used + path.n] = '\0';
	b->used += path.n + 1;
	return b->text + b->used - path.n - 1;
}

struct node *
tree_add(struct tree *t, const char *path)
{
	struct node *n;

	t->node = grow(t->node, &t->priv->cap, t->n + 1, sizeof(*t->node));
	n = &t->node[t->n];
	*n = (struct node){ .path = path, .order = (uint32_t)t->n };
	t->n++;
	return n;
}

static int
by_path(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	int c = strcmp(x->path, y->path);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

void
tree_sort(struct tree *t)
{
	if (t->n > 1)
		qsort(t->node, t->n, sizeof(*t->node), by_path);
}

bool
tree_is_media(struct span path)
{
	return path_is_picture(path) ||
	       path_has_ext(
		   path, "wav|mp3|flac|ogg|opus|m4a|aac|mp4|m4v|avi|mov|mkv|webm|mpg|mpeg");
}

bool
tree_is_ignored(struct span path)
{
	struct span base = path_base_span(path);

	return span_starts(base, SPAN("._")) || span_is(base, ".DS_Store") ||
	       span_is(base, "Thumbs.db");
}

static struct tree *
tree_new(const char *name, const struct tree_options *o)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->name = xstrdup(name);
	t->priv = xcalloc(1, sizeof(*t->priv));
	t->priv->root = -1;
	t->priv->spool = -1;
	t->priv->place.fd = -1;
	t->priv->o = o ? *o : (struct tree_options){ .extract = NULL };
	t->priv->max_member = t->priv->o.max_member ? t->priv->o.max_member : MAX_MEMBER;
	return t;
}

void
tree_close(struct tree *t)
{
	struct tree_private *p;

	if (t == NULL)
		return;
	p = t->priv;
	while (p->paths) {
		struct path_block *next = p->paths->next;

		free(p->paths);
		p->paths = next;
	}
	if (p->has_stream)
		input_close(&p->in);
	if (p->root >= 0)
		close(p->root);
	if (p->spool >= 0)
		close(p->spool);
	if (p->put && syncfs(p->place.fd) != 0)
		die("cannot write to %s:", p->o.extract);
	place_close(&p->place);
	buf_release(&p->prefix);
	buf_release(&p->text);
	free(p);
	free(t->node);
	free((char *)(uintptr_t)t->name);
	free(t);
}

/* ---- opening ---- */

/* One file: its folder is the root, so that what it names beside itself can be found. */
static struct tree *
open_single(struct tree *t, const char *path)
{
	struct buf dir = BUF_INIT;

	path_dir(&dir, path);
	t->priv->root = open(buf_str(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buf_release(&dir);
	buf_add(&t->priv->prefix, path, (size_t)(path_base(path) - path));
	t->single = true;
	tree_add(t, tree_keep_path(t, span_str(path_base(path))));
	if (t->priv->root >= 0)
		return t;
	trouble("cannot open the folder of %s:", path);
	tree_close(t);
	return NULL;
}

static struct tree *
open_folder(struct tree *t, const char *path)
{
	size_t n = strlen(path);

	t->priv->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->priv->root < 0) {
		trouble("cannot open %s:", path);
		tree_close(t);
		return NULL;
	}
	buf_add(&t->priv->prefix, path, n);
	if (n > 0 && path[n - 1] != '/')
		buf_addc(&t->priv->prefix, '/');
	tree_walk(t, path);
	return t;
}

/* The file is open and regular: an archive, or one file. */
static struct tree *
open_file(struct tree *t, int fd, const char *path)
{
	char head[AREADER_HEAD];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0) {
		trouble("cannot read %s:", path);
		tree_close(t);
		t = NULL;
	} else if (areader_is_archive(span_of(head, head + n))) {
		t = tree_unpack(t, fd, span_of(head, head + n));
	} else {
		if (path_has_ext(span_str(path), "tar|tgz|zip|gz|xz|zst|bz2"))
			warning_at(
			    pos_file(path), "archive", "named like an archive, but it is none");
		t = open_single(t, path);
	}
	close(fd);
	return t;
}

/* A stream that is no archive is kept as it is until somebody wants more. */
static struct tree *
open_stream(struct tree *t)
{
	struct input *in = &t->priv->in;
	struct span head;

	t->priv->has_stream = true;
	while (in->w - in->r < AREADER_HEAD && input_more(in))
		continue;
	head = span_of(in->base + in->r, in->base + in->w);
	if (head.n && areader_is_archive(head))
		return tree_unpack(t, -1, head);
	t->single = t->priv->is_stream = true;
	t->priv->root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tree_add(t, tree_keep_path(t, span_str(t->name)));
	return t;
}

struct tree *
tree_open(const char *operand, const struct tree_options *o)
{
	bool standard = strcmp(operand, "-") == 0;
	struct tree *t = tree_new(standard ? "<stdin>" : operand, o);
	struct stat st;
	int fd;

	if (standard) {
		input_open(&t->priv->in, "-");
		return open_stream(t);
	}
	fd = open(operand, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		trouble("cannot open %s:", operand);
		tree_close(t);
		return NULL;
	}
	if (S_ISREG(st.st_mode))
		return open_file(t, fd, operand);
	if (S_ISDIR(st.st_mode)) {
		close(fd);
		return open_folder(t, operand);
	}
	input_fd(&t->priv->in, fd, operand); /* a pipe with a name */
	return open_stream(t);
}

struct tree *
tree_open_at(const struct tree *t, const struct node *n)
{
	struct buf path = BUF_INIT;
	struct tree *inner;

	tree_source(t, n, &path);
	inner = tree_open(buf_str(&path), &t->priv->o);
	buf_release(&path);
	return inner;
}

/* ---- finding ---- */

/* Where "PATH" would stand, or with `dot` "PATH.". */
static size_t
lower_bound(const struct tree *t, struct span path, bool dot)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const char *at = t->node[mid].path;
		int c = strncmp(at, path.p, path.n);

		if (c < 0 || (c == 0 && dot && at[path.n] < '.' && at[path.n] >= 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
tree_lower_bound(const struct tree *t, struct span path)
{
	return lower_bound(t, path, false);
}

const struct node *
tree_find(const struct tree *t, struct span path)
{
	size_t i = lower_bound(t, path, false);

	return i < t->n && span_is(path, t->node[i].path) ? &t->node[i] : NULL;
}

/* The first node "STEM.ext" with one of the extensions; NULL: those of pictures. */
static const struct node *
find_stem(const struct tree *t, struct span stem, const char *extensions)
{
	for (size_t i = lower_bound(t, stem, true); i < t->n; i++) {
		struct span path = span_str(t->node[i].path);

		if (!span_starts(path, stem) || path.p[stem.n] != '.')
			return NULL;
		if (span_eq(path_stem(path), stem) &&
		    (extensions ? path_has_ext(path, extensions) : path_is_picture(path)))
			return &t->node[i];
	}
	return NULL;
}

const struct node *
tree_find_stem(const struct tree *t, struct span stem, const char *extensions)
{
	return find_stem(t, stem, extensions);
}

const struct node *
tree_find_picture(const struct tree *t, struct span stem)
{
	return find_stem(t, stem, NULL);
}

/* ---- names ---- */

void
tree_source_at(const struct tree *t, struct span path, struct buf *out)
{
	struct buf clean = BUF_INIT;

	if (path_member(&clean, path)) {
		path = buf_span(&clean);
		/* a picture that is missing is missed where it would have been put */
		if (t->archive && t->priv->o.extract && path_is_picture(path))
			path_join(out, span_str(t->priv->o.extract), SPAN(""));
		else
			buf_addspan(out, buf_span(&t->priv->prefix));
	}
	buf_addspan(out, path);
	buf_release(&clean);
}

void
tree_source(const struct tree *t, const struct node *n, struct buf *out)
{
	const struct tree_private *p = t->priv;

	if (n->flags & NODE_EXTRACTED)
		path_join(out, span_str(p->o.extract), span_str(n->path));
	else if (p->is_stream)
		buf_adds(out, t->name);
	else {
		buf_addspan(out, buf_span(&p->prefix));
		buf_adds(out, n->path);
	}
}

void
tree_add_name(const struct tree *t, const struct node *n, struct buf *out)
{
	if (!t->single)
		buf_addspan(out, buf_span(&t->priv->prefix));
	buf_adds(out, t->single ? t->name : n->path);
}

const char *
tree_name(const struct tree *t, const struct node *n)
{
	struct buf *text = &t->priv->text;

	buf_reset(text);
	tree_add_name(t, n, text);
	return buf_str(text);
}

/* ---- pictures that label files hold ---- */

void
tree_open_extract(struct tree_private *p)
{
	const char *dir = p->o.extract;

	if (dir && p->place.fd < 0 &&
	    (make_dirs(dir, 0777) != 0 || place_open(&p->place, dir) != 0))
		die("cannot make the folder %s:", dir);
}

bool
tree_extracts(const struct tree *t)
{
	return t->priv->o.extract != NULL;
}

bool
tree_put(
    const struct tree *t, const char *path, struct span bytes, struct pos at, struct buf *source)
{
	struct tree_private *p = t->priv;
	struct placed f;

	tree_open_extract(p);
	if (place_file(&p->place, path, p->o.force ? PLACE_OVER : PLACE_WHOLE, &f) != 0) {
		if (errno == EEXIST)
			die("%s/%s exists (--force replaces it)", p->o.extract, path);
		if (errno != ENOTDIR && errno != ELOOP && errno != EISDIR && errno != ENAMETOOLONG)
			die("cannot make %s/%s:", p->o.extract, path);
		error_at(at, "picture", "%s: %s: not put down", path, strerror(errno));
		return false;
	}
	if (write_all(f.fd, bytes.p, bytes.n) != 0)
		die("cannot write to %s/%s:", p->o.extract, path);
	if (place_done(&f) != 0) {
		if (errno == EEXIST)
			die("%s/%s exists (--force replaces it)", p->o.extract, path);
		die("cannot make %s/%s:", p->o.extract, path);
	}
	p->put = true;
	path_join(source, span_str(p->o.extract), span_str(path));
	return true;
}
