/* The model folder: see modelstore.h. */
#include "workflow/modelstore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/input.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/tmpfiles.h"
#include "json/write.h"

#define DEPTH_MAX 64 /* of folders below folders */

/* ---- files of a folder, sorted ---- */

struct names {
	char **v;
	size_t n, cap;
};

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool gather(struct names *names, const char *root, const char *below, unsigned depth);

static bool
gather_entry(struct names *names, const char *root, const char *path, unsigned depth)
{
	char *full = xasprintf("%s/%s", root, path);
	struct stat st;
	bool fine = stat(full, &st) == 0;

	if (!fine && errno == ENOENT) {
		fine = true; /* a link to nowhere */
	} else if (fine && S_ISDIR(st.st_mode)) {
		fine = depth < DEPTH_MAX && gather(names, root, path, depth + 1);
	} else if (fine && S_ISREG(st.st_mode)) {
		names->v = grow(names->v, &names->cap, names->n + 1, sizeof(*names->v));
		names->v[names->n++] = xstrdup(path);
	}
	free(full);
	return fine;
}

static bool
gather(struct names *names, const char *root, const char *below, unsigned depth)
{
	char *full = *below ? xasprintf("%s/%s", root, below) : xstrdup(root);
	DIR *dir = opendir(full);
	struct dirent *e;
	bool fine = dir != NULL;

	while (fine && (errno = 0, e = readdir(dir)) != NULL) {
		char *path;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		path = *below ? xasprintf("%s/%s", below, e->d_name) : xstrdup(e->d_name);
		fine = gather_entry(names, root, path, depth);
		free(path);
	}
	fine = fine && errno == 0;
	if (dir)
		closedir(dir);
	free(full);
	return fine;
}

/* The files below `path`; of a file, none. */
static bool
gather_all(struct names *names, const char *path)
{
	*names = (struct names){ NULL, 0, 0 };
	if (!gather(names, path, "", 0)) {
		trouble("cannot read %s:", path);
		return false;
	}
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), by_bytes);
	return true;
}

static void
names_release(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

static bool
list_file(struct buf *json, const char *full, const char *name)
{
	unsigned char digest[SHA256_SIZE];
	struct buf hex = BUF_INIT;
	uint64_t bytes;

	if (sha256_file(AT_FDCWD, full, digest, &bytes) != 0) {
		trouble("cannot read %s:", full);
		return false;
	}
	sha256_hex(&hex, digest);
	jw_open(json, '{');
	jw_member_str(json, "path", name);
	jw_member_u64(json, "bytes", bytes);
	jw_member_string(json, "sha256", buf_span(&hex));
	jw_close(json, '}');
	buf_release(&hex);
	return true;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
files_list(struct buf *json, const char *path)
{
	struct names names;
	bool fine;

	if (!is_folder(path))
		return list_file(json, path, path_base(path));
	fine = gather_all(&names, path);
	for (size_t i = 0; fine && i < names.n; i++) {
		char *full = xasprintf("%s/%s", path, names.v[i]);

		fine = list_file(json, full, names.v[i]);
		free(full);
	}
	names_release(&names);
	return fine;
}

/* ---- entries ---- */

/* The highest number of an entry below `dir`; 0: there is none. */
static unsigned
newest_entry(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned newest = 0;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		size_t digits = strspn(e->d_name, "0123456789");
		unsigned long n = strtoul(e->d_name, NULL, 10);

		if (digits >= 4 && digits < 10 && e->d_name[digits] == '\0' && n > newest)
			newest = (unsigned)n;
	}
	if (d)
		closedir(d);
	return newest;
}

static void
write_metadata(struct buf *out, const struct site *site, const char *name, const struct wf *wf,
    unsigned version, struct span files)
{
	const struct json_node *p = wf->step[0].properties;
	const struct json_node *type = json_tree_get(&wf->tree, p, "model_type");

	jw_open(out, '{');
	jw_member_str(out, "model", name);
	jw_member_u64(out, "version", version);
	if (type)
		jw_member_raw(out, "model_type", json_node_raw(type));
	jw_member_string(out, "workflow", wf->name);
	jw_member_string(out, "step", wf->step[0].name);
	jw_member_str(out, "execution", site->execution);
	jw_member_raw(out, "files", files);
	jw_close(out, '}');
	buf_addc(out, '\n');
}

/* Does the entry hold these files? */
static bool
holds(const char *entry, struct span files)
{
	char *path = xasprintf("%s/model.json", entry);
	struct buf text = BUF_INIT;
	bool same = file_read(AT_FDCWD, path, (size_t)1 << 30, &text) == 0 &&
		    json_valid(buf_span(&text)) &&
		    span_eq(json_member(buf_span(&text), "files"), files);

	buf_release(&text);
	free(path);
	return same;
}

static bool
copy_file(const char *from, const char *to)
{
	char *dir = xstrdup(to), *slash = strrchr(dir, '/');
	bool fine;

	*slash = '\0';
	fine = make_dirs(dir, 0777) == 0 && file_copy(from, to, FILE_NOSYNC | FILE_FORCE) == 0;
	if (!fine)
		trouble("cannot copy %s to %s:", from, to);
	free(dir);
	return fine;
}

static bool
copy_all(const char *from, const char *to)
{
	struct names names;
	bool fine;

	if (!is_folder(from)) {
		char *path = xasprintf("%s/%s", to, path_base(from));

		fine = copy_file(from, path);
		free(path);
		return fine;
	}
	fine = gather_all(&names, from);
	for (size_t i = 0; fine && i < names.n; i++) {
		char *a = xasprintf("%s/%s", from, names.v[i]);
		char *b = xasprintf("%s/%s", to, names.v[i]);

		fine = copy_file(a, b);
		free(a);
		free(b);
	}
	names_release(&names);
	return fine;
}

/* Wait until the model `dir` is ours alone. The lock ends when the descriptor is closed; -1: said so. */
static int
lock_model(const char *dir)
{
	int fd = -1;

	if (make_dirs(dir, 0777) == 0)
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		trouble("cannot make %s:", dir);
	else
		while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
			continue;
	return fd;
}

/* Make the entry under a temporary name, then rename it. What is there under that name was never finished. */
static bool
publish(const char *dir, const char *entry, const char *from, struct span metadata)
{
	char *tmp = xasprintf("%s/.new.tmp", dir), *file = xasprintf("%s/model.json", tmp);
	struct tmpfile_entry *watch = tmpfiles_add(tmp);
	bool fine;

	tmpfiles_remove(tmp);
	fine = copy_all(from, tmp);
	if (fine && file_write(file, metadata, FILE_NOSYNC | FILE_FORCE) == 0)
		file_sync_all(tmp);
	else if (fine)
		fine = (trouble("cannot write %s:", file), false);
	if (fine && rename_new(tmp, entry) != 0)
		fine = (trouble("cannot make %s:", entry), false);
	if (fine) {
		tmpfiles_forget(watch);
		sync_parent(entry);
	}
	free(file);
	free(tmp);
	return fine;
}

bool
model_add(struct buf *obs, const struct site *site, const char *name, const struct wf *wf,
    const char *from)
{
	char *dir = xasprintf("%s/models/%s", site->obs_root, name), *entry;
	struct buf files = BUF_INIT, metadata = BUF_INIT;
	unsigned newest = 0;
	int lock = -1;
	bool fine;

	jw_open(&files, '[');
	fine = files_list(&files, from);
	jw_close(&files, ']');
	if (fine && files.n == 2) {
		trouble("there are no files in %s: no model to register", from);
		fine = false;
	}
	if (fine)
		fine = (lock = lock_model(dir)) >= 0;
	if (fine)
		newest = newest_entry(dir);
	entry = xasprintf("%s/%04u", dir, newest);
	if (fine && !(newest > 0 && holds(entry, buf_span(&files)))) {
		free(entry);
		entry = xasprintf("%s/%04u", dir, ++newest);
		write_metadata(&metadata, site, name, wf, newest, buf_span(&files));
		fine = publish(dir, entry, from, buf_span(&metadata));
	}
	if (fine)
		buf_addf(obs, "/models/%s/%04u/", name, newest);
	if (lock >= 0)
		close(lock);
	free(entry);
	free(dir);
	buf_release(&files);
	buf_release(&metadata);
	return fine;
}
