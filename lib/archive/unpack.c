/* An archive read once, forward, into a tree: see tree.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/reader.h"
#include "archive/treeimpl.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strmap.h"

#define BLOCK ((size_t)256 * 1024)

/* A hard link: resolved when all members are known. */
struct later {
	const char *path, *target;
};

struct unpack {
	struct tree *t;
	struct areader *r;
	char *block;
	struct buf head;  /* of a picture */
	struct buf name;  /* scratch: "a.tar!/member" */
	struct buf clean; /* scratch: the member path */
	struct later *link;
	size_t links, cap;
	struct strmap extracted; /* by this run; filled when a file is met that is there already */
	bool extracted_known;
};

static struct pos
at(struct unpack *u, const char *member)
{
	buf_reset(&u->name);
	buf_addf(&u->name, "%s!/%s", u->t->name, member);
	return pos_file(u->name.p);
}

/* ---- contents ---- */

/* Read the member to its end; each piece goes to `put`. False: left out, said so. */
static bool
each_piece(
    struct unpack *u, const char *path, bool (*put)(struct unpack *, void *, size_t), void *ctx)
{
	const char *fault;
	ssize_t n;

	while ((n = areader_read(u->r, u->block, BLOCK)) > 0)
		if (!put(u, ctx, (size_t)n))
			return false;
	if (n == 0)
		return true;
	fault = areader_fault(u->r);
	if (fault)
		error_at(at(u, path), "archive", "%s: left out", fault);
	return false;
}

static bool
put_spool(struct unpack *u, void *ctx, size_t n)
{
	(void)ctx;
	tree_spool(u->t, u->block, n);
	return true;
}

static void
spool_member(struct unpack *u, const char *path)
{
	uint64_t begin = u->t->priv->spooled;
	struct node *n;

	if (!each_piece(u, path, put_spool, NULL))
		return;
	n = tree_add(u->t, path);
	n->at = begin;
	n->size = u->t->priv->spooled - begin;
}

/* The size of a picture that stays in the archive. */
static void
size_member(struct unpack *u, const char *path)
{
	enum picsize_result found = PICSIZE_MORE;
	struct node *n = tree_add(u->t, path);
	struct picsize s;
	ssize_t got = 0;

	n->flags = NODE_MEDIA;
	if (!path_is_picture(span_str(path)))
		return;
	buf_reset(&u->head);
	while (found == PICSIZE_MORE && u->head.n < PICSIZE_MAX &&
	       (got = areader_read(u->r, u->block, u->head.n ? BLOCK : 16384)) > 0) {
		buf_add(&u->head, u->block, (size_t)got);
		found = picsize_bytes(buf_span(&u->head), &s);
	}
	if (found != PICSIZE_OK)
		return;
	n->at = (uint64_t)s.width << 32 | s.height;
	n->flags |= NODE_SIZED | (uint32_t)s.kind << 24 | (uint32_t)s.orientation << 28;
}

/* ---- putting down ---- */

static bool
put_file(struct unpack *u, void *ctx, size_t n)
{
	struct placed *f = ctx;

	if (write_all(f->fd, u->block, n) != 0)
		die("cannot write to %s/%s:", u->t->priv->o.extract, f->base);
	return true;
}

/* Was this path put down before by this run? (A member that is there twice.) */
static bool
extracted_before(struct unpack *u, const char *path)
{
	const struct tree *t = u->t;

	for (size_t i = 0; !u->extracted_known && i < t->n; i++)
		if (t->node[i].flags & NODE_EXTRACTED)
			strmap_put(&u->extracted, span_str(t->node[i].path), 0, NULL);
	u->extracted_known = true;
	return strmap_find(&u->extracted, span_str(path)) != NULL;
}

/* Nothing that was there before is replaced without --force; that ends the run, not the member. */
static bool
open_target(struct unpack *u, const char *path, struct placed *f)
{
	struct tree_private *p = u->t->priv;
	int r = place_file(&p->place, path, p->o.force ? PLACE_OVER : PLACE_WHOLE, f);

	if (r != 0 && errno == EEXIST && extracted_before(u, path))
		r = place_file(&p->place, path, PLACE_OVER, f);
	if (r == 0)
		return true;
	if (errno == EEXIST)
		die("%s/%s exists (--force replaces it)", p->o.extract, path);
	if (errno != ENOTDIR && errno != ELOOP && errno != EISDIR && errno != ENAMETOOLONG)
		die("cannot make %s/%s:", p->o.extract, path);
	error_at(at(u, path), "archive", "%s: left out", strerror(errno));
	return false;
}

static void
extract_member(struct unpack *u, const char *path)
{
	struct placed f;
	struct node *n;

	if (!open_target(u, path, &f))
		return;
	if (!each_piece(u, path, put_file, &f)) {
		place_drop(&f);
		return;
	}
	if (place_done(&f) != 0) {
		error_at(at(u, path), "archive", "%s: left out", strerror(errno));
		return;
	}
	n = tree_add(u->t, path);
	n->flags = NODE_MEDIA | NODE_EXTRACTED;
	if (u->extracted_known)
		strmap_put(&u->extracted, span_str(path), 0, NULL);
}

/* ---- members ---- */

/* The safe path of a member, kept; NULL: left out. */
static const char *
safe_path(struct unpack *u, const char *name)
{
	buf_reset(&u->clean);
	if (name == NULL || !path_member(&u->clean, span_str(name))) {
		error_at(at(u, name ? name : ""), "archive",
		    "a member must have a relative name that stays in its folder: left out");
		return NULL;
	}
	if (tree_is_ignored(buf_span(&u->clean))) {
		u->t->ignored++;
		return NULL;
	}
	return tree_keep_path(u->t, buf_span(&u->clean));
}

static void
add_link(struct unpack *u, const char *path, const char *target)
{
	buf_reset(&u->clean);
	if (!path_member(&u->clean, span_str(target))) {
		error_at(at(u, path), "archive", "a link that leads out of the archive: left out");
		return;
	}
	u->link = grow(u->link, &u->cap, u->links + 1, sizeof(*u->link));
	u->link[u->links++] = (struct later){ path, tree_keep_path(u->t, buf_span(&u->clean)) };
}

static void
add_member(struct unpack *u, const struct amember *m)
{
	const char *path;

	if (m->type == AMEMBER_FOLDER || (path = safe_path(u, m->name)) == NULL)
		return;
	if (m->type == AMEMBER_LINK)
		add_link(u, path, m->link);
	else if (m->type != AMEMBER_FILE)
		error_at(at(u, path), "archive", "a %s: left out",
		    m->type == AMEMBER_SYMLINK ? "symbolic link" : "device or pipe");
	else if (!tree_is_media(span_str(path)))
		spool_member(u, path);
	else if (u->t->priv->o.extract)
		extract_member(u, path);
	else
		size_member(u, path);
}

/* A compressed file that is no archive: "labels.json.gz" is the single file "labels.json". */
static void
add_raw(struct unpack *u)
{
	struct tree *t = u->t;
	const char *base = path_base(t->name);
	struct span stem = path_stem(span_str(base));

	spool_member(u, tree_keep_path(t, stem.n ? stem : span_str(base)));
	t->archive = false;
	t->single = t->priv->is_stream = t->priv->kept = true;
	buf_reset(&t->priv->prefix);
	buf_add(&t->priv->prefix, t->name, (size_t)(base - t->name));
	t->priv->root =
	    open(t->priv->prefix.n ? t->priv->prefix.p : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* ---- the end ---- */

/* A hard link is one more name of an earlier member: of the first `known` nodes, which are sorted. */
static void
resolve_link(struct unpack *u, const struct later *l, size_t known)
{
	struct tree *t = u->t;
	struct place *p = &t->priv->place;
	enum place_how how = t->priv->o.force ? PLACE_OVER : PLACE_WHOLE;
	size_t all = t->n;
	const struct node *target;
	struct node copy;

	t->n = known;
	target = tree_find(t, span_str(l->target));
	t->n = all;
	if (target == NULL) {
		error_at(at(u, l->path), "archive",
		    "a link to \"%s\", which is not there: left out", l->target);
		return;
	}
	copy = *target;
	if ((copy.flags & NODE_EXTRACTED) && place_link(p, l->path, how, p->fd, copy.path) != 0)
		die("cannot make %s/%s:", t->priv->o.extract, l->path);
	copy.path = l->path;
	copy.order = (uint32_t)all;
	*tree_add(t, l->path) = copy;
}

/* Of members with one path the last one counts. */
static void
drop_doubles(struct unpack *u)
{
	struct tree *t = u->t;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (i + 1 < t->n && strcmp(t->node[i].path, t->node[i + 1].path) == 0) {
			warning_at(at(u, t->node[i].path), "archive",
			    "is there more than once: the last one counts");
			continue;
		}
		t->node[n++] = t->node[i];
	}
	t->n = n;
}

static void
report_error(struct unpack *u)
{
	switch (areader_error(u->r)) {
	case AREADER_NO:
		break;
	case AREADER_MACHINE:
		trouble("cannot read %s: %s", u->t->name, areader_why(u->r));
		break;
	default:
		error_at(pos_file(u->t->name), "archive", "%s", areader_why(u->r));
	}
}

static void
read_members(struct unpack *u)
{
	struct amember m;

	while (areader_next(u->r, &m)) {
		if (m.raw) {
			add_raw(u);
			break;
		}
		add_member(u, &m);
	}
	report_error(u);
}

struct tree *
tree_unpack(struct tree *t, int fd, struct span head)
{
	struct unpack u = { .t = t, .extracted = STRMAP_INIT, .block = xmalloc(BLOCK) };
	bool bad;

	t->archive = true;
	buf_addf(&t->priv->prefix, "%s!/", t->name);
	tree_open_extract(t->priv);
	u.r = areader_new(fd, &t->priv->in, head, &t->priv->o);
	read_members(&u);
	bad = areader_error(u.r) != AREADER_NO && t->n == 0;
	tree_sort(t);
	drop_doubles(&u);
	for (size_t i = 0, known = t->n; i < u.links; i++)
		resolve_link(&u, &u.link[i], known);
	tree_sort(t);
	drop_doubles(&u);
	if (t->priv->place.fd >= 0 && syncfs(t->priv->place.fd) != 0)
		die("cannot write to %s:", t->priv->o.extract);
	areader_free(u.r);
	free(u.block);
	free(u.link);
	buf_release(&u.head);
	buf_release(&u.name);
	buf_release(&u.clean);
	strmap_release(&u.extracted);
	if (!bad)
		return t;
	tree_close(t);
	return NULL;
}
