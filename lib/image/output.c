/* New files, below a folder or in an archive: see output.h. */
#include "image/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/sink.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

static bool
is_archive_name(const char *path)
{
	static const char *const ends[] = { ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz",
		".zip" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (span_ends(span_str(path), span_str(ends[i])))
			return true;
	return false;
}

static void
cannot_put(const char *path)
{
	if (errno == EEXIST)
		die("%s is there already; --force replaces it", path);
	die("cannot write %s:", path);
}

void
output_open(struct output *o, const char *root, enum output_how how, bool force)
{
	*o = (struct output){ .root = root, .how = how, .force = force };
	if (is_archive_name(root)) {
		o->archive = sink_open(root, force ? SINK_FORCE : 0);
		if (o->archive == NULL)
			cannot_put(root);
	} else if (make_dirs(root, 0777) != 0) {
		die("cannot make the folder %s:", root);
	}
}

void
output_close(struct output *o)
{
	if (o->archive ? sink_commit(o->archive) != 0 : file_sync_all(o->root) != 0)
		die("cannot write %s:", o->root);
	o->archive = NULL;
}

void
output_path(const struct output *o, struct span name, struct buf *path)
{
	if (o->archive)
		buf_addf(path, "%s!/%.*s", o->root, SPAN_ARG(name));
	else
		path_join(path, span_str(o->root), name);
}

/* ---- files below the folder ---- */

/* The folders are made when they turn out to be missing: that is once a folder, not once a file. */
static bool
make_folders(const char *path)
{
	struct buf dir = BUF_INIT;
	bool made;

	path_dir(&dir, path);
	made = make_dirs(dir.p, 0777) == 0;
	buf_release(&dir);
	return made;
}

static void
write_file(const char *path, struct span bytes, bool force)
{
	unsigned flags = FILE_NOSYNC | (force ? FILE_FORCE : 0);

	if (file_write(path, bytes, flags) == 0)
		return;
	if (errno != ENOENT || !make_folders(path) || file_write(path, bytes, flags) != 0)
		cannot_put(path);
}

/* link(2) never replaces, so with `force` it goes by a temporary name. */
static int
link_file(const char *source, const char *path, bool force)
{
	char *tmp;
	int r;

	if (!force)
		return link(source, path);
	tmp = tmp_beside(path);
	r = link(source, tmp);
	if (r == 0) {
		r = rename(tmp, path);
		unlink(tmp); /* rename leaves it when both are the same file */
	}
	free(tmp);
	return r;
}

static int
link_or_clone(const struct output *o, const char *path, const char *source)
{
	if (o->how == OUTPUT_LINK)
		return link_file(source, path, o->force);
	return file_copy(source, path, FILE_NOSYNC | (o->force ? FILE_FORCE : 0));
}

/* False: it has to be written, being on another file system, or having too many links. */
static bool
share_file(const struct output *o, const char *path, const char *source)
{
	if (link_or_clone(o, path, source) == 0)
		return true;
	if (errno == ENOENT && make_folders(path) && link_or_clone(o, path, source) == 0)
		return true;
	if (errno == EEXIST)
		cannot_put(path);
	return false;
}

/* ---- either ---- */

void
output_write(const struct output *o, const char *name, struct span bytes)
{
	struct buf path = BUF_INIT;

	output_path(o, span_str(name), &path);
	if (!o->archive)
		write_file(path.p, bytes, o->force);
	else if (sink_add(o->archive, name, bytes) != 0)
		die("cannot write %s:", path.p);
	buf_release(&path);
}

void
output_share(const struct output *o, const char *name, const char *source, struct span bytes)
{
	struct buf path = BUF_INIT;

	output_path(o, span_str(name), &path);
	if (o->archive || o->how == OUTPUT_COPY || !share_file(o, path.p, source))
		output_write(o, name, bytes);
	buf_release(&path);
}

void
output_remove(const struct output *o, const char *name)
{
	struct buf path = BUF_INIT;

	output_path(o, span_str(name), &path);
	if (!o->archive && unlink(path.p) != 0)
		die("cannot remove %s:", path.p);
	buf_release(&path);
}
