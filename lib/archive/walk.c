/* The files of a folder, in bytewise order of their paths: see tree.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/treeimpl.h"
#include "base/path.h"

struct walk {
	struct tree *t;
	const char *operand;
	char *real;        /* the root without links; NULL: not asked for yet */
	const char **todo; /* folders still to be read, as paths below the root */
	size_t n, cap;
};

static void
add_folder(struct walk *w, const char *path)
{
	w->todo = grow(w->todo, &w->cap, w->n + 1, sizeof(*w->todo));
	w->todo[w->n++] = path;
}

static void
left_out(struct walk *w, const char *path, const char *why)
{
	struct buf name = BUF_INIT;

	buf_addspan(&name, buf_span(&w->t->priv->prefix));
	buf_adds(&name, path);
	warning_at(pos_file(buf_str(&name)), "tree", "%s: left out", why);
	buf_release(&name);
}

/* Does the link lead to a regular file inside the root? (Folders behind links could make a ring.) */
static bool
link_is_good(struct walk *w, const char *path)
{
	struct buf name = BUF_INIT;
	struct stat st;
	char *real;
	bool inside = false;

	buf_addspan(&name, buf_span(&w->t->priv->prefix));
	buf_adds(&name, path);
	real = realpath(buf_str(&name), NULL);
	if (w->real == NULL)
		w->real = realpath(w->operand, NULL);
	if (real && w->real) {
		size_t n = strlen(w->real);

		inside = strncmp(real, w->real, n) == 0 && (real[n] == '/' || n == 1) &&
			 stat(real, &st) == 0 && S_ISREG(st.st_mode);
	}
	free(real);
	buf_release(&name);
	return inside;
}

static unsigned char
type_of(int dirfd, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	if (fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return S_ISREG(st.st_mode)   ? DT_REG
	       : S_ISDIR(st.st_mode) ? DT_DIR
	       : S_ISLNK(st.st_mode) ? DT_LNK
				     : DT_UNKNOWN;
}

static void
add_entry(struct walk *w, struct span dir, int dirfd, const struct dirent *e)
{
	struct buf path = BUF_INIT;
	const char *kept;

	if (tree_is_ignored(span_str(e->d_name))) {
		w->t->ignored++;
		return;
	}
	path_join(&path, dir, span_str(e->d_name));
	kept = tree_keep_path(w->t, buf_span(&path));
	buf_release(&path);
	switch (type_of(dirfd, e)) {
	case DT_DIR:
		add_folder(w, kept);
		return;
	case DT_LNK:
		if (!link_is_good(w, kept)) {
			left_out(w, kept, "a link that leads to no file inside the folder");
			return;
		}
		break;
	case DT_REG:
		break;
	default:
		left_out(w, kept, "neither a file nor a folder");
		return;
	}
	if (tree_is_media(span_str(kept)))
		tree_add(w->t, kept)->flags = NODE_MEDIA;
	else
		tree_add(w->t, kept);
}

static void
read_folder(struct walk *w, const char *path)
{
	int fd = openat(
	    w->t->priv->root, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (d == NULL) {
		trouble("cannot open the folder %s%s:", buf_str(&w->t->priv->prefix), path);
		if (fd >= 0)
			close(fd);
		return;
	}
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			add_entry(w, span_str(path), fd, e);
	if (errno)
		trouble("cannot read the folder %s%s:", buf_str(&w->t->priv->prefix), path);
	closedir(d);
}

void
tree_walk(struct tree *t, const char *operand)
{
	struct walk w = { .t = t, .operand = operand };

	add_folder(&w, "");
	while (w.n > 0)
		read_folder(&w, w.todo[--w.n]);
	tree_sort(t);
	free(w.todo);
	free(w.real);
}
