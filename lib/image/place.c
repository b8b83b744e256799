/* New files below the output folder: see place.h. */
#include "image/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/path.h"

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
cannot_place(const char *path)
{
	if (errno == EEXIST)
		die("%s is there already; --force replaces it", path);
	die("cannot write %s:", path);
}

void
place_bytes(const char *path, struct span bytes, bool force)
{
	unsigned flags = FILE_NOSYNC | (force ? FILE_FORCE : 0);

	if (file_write(path, bytes, flags) == 0)
		return;
	if (errno != ENOENT || !make_folders(path) || file_write(path, bytes, flags) != 0)
		cannot_place(path);
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
try_place(const char *path, const char *source, enum place_how how, bool force)
{
	if (how == PLACE_LINK)
		return link_file(source, path, force);
	return file_copy(source, path, FILE_NOSYNC | (force ? FILE_FORCE : 0));
}

void
place_source(
    const char *path, const char *source, struct span bytes, enum place_how how, bool force)
{
	if (how == PLACE_COPY) {
		place_bytes(path, bytes, force);
		return;
	}
	if (try_place(path, source, how, force) == 0)
		return;
	if (errno == ENOENT && make_folders(path) && try_place(path, source, how, force) == 0)
		return;
	if (errno == EEXIST)
		cannot_place(path);
	place_bytes(path, bytes, force); /* another file system, or too many links */
}
