/* Taking things out of a store: see manage.h. */
#include "store/manage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/sha256.h"
#include "store/describe.h"
#include "record/files.h"

/* ---- delete ---- */

/* Names of the tags that point to a version. */
static void
tags_of(const struct store *s, const char *name, struct version_list *tags)
{
	char *dir = store_path(s, "tags"), *found;
	DIR *d = opendir(dir);
	struct dirent *e;

	*tags = (struct version_list){ NULL, 0, 0 };
	free(dir);
	while (d && (e = readdir(d)) != NULL) {
		if (!version_name_ok(span_str(e->d_name)))
			continue;
		found = store_find(s, e->d_name);
		if (found && strcmp(found, name) == 0) {
			tags->name = grow(tags->name, &tags->cap, tags->n + 1, sizeof(char *));
			tags->name[tags->n++] = xstrdup(e->d_name);
		}
		free(found);
	}
	if (d)
		closedir(d);
}

/* The first version whose parent this one is; NULL: none. The caller frees it. */
static char *
child_of(const struct store *s, const char *name)
{
	struct version_list list;
	char *child = NULL;

	store_list(s, &list);
	for (size_t i = 0; i < list.n && !child; i++) {
		struct version_info v;
		struct span p;

		if (strcmp(list.name[i], name) != 0 && version_load(&v, s, list.name[i])) {
			p = json_member(span_str(v.text), "previous");
			if (json_type_of(p) == JSON_OBJECT &&
			    span_is(json_unquote(json_member(p, "name")), name))
				child = xstrdup(list.name[i]);
			version_release(&v);
		}
	}
	version_list_release(&list);
	return child;
}

static bool
may_delete(const struct store *s, const char *name)
{
	char *current = store_current(s), *child = child_of(s, name);
	uint64_t before = diag_count(DIAG_ERROR);
	struct version_list tags;

	tags_of(s, name, &tags);
	if (current && strcmp(current, name) == 0)
		error_at(POS_NONE, "in-use", "%s is the current version; --force deletes it", name);
	if (child)
		error_at(
		    POS_NONE, "in-use", "%s is the parent of %s; --force deletes it", name, child);
	for (size_t i = 0; i < tags.n; i++)
		error_at(POS_NONE, "in-use", "%s has the tag %s; --force deletes both", name,
		    tags.name[i]);
	version_list_release(&tags);
	free(current);
	free(child);
	return diag_count(DIAG_ERROR) == before;
}

static bool
write_tombstone(const struct store *s, const char *name)
{
	char *path = store_path(s, "versions/%s.deleted", name);
	struct version_info v;
	struct buf b = BUF_INIT;
	bool good;

	jw_open(&b, '{');
	jw_member_str(&b, "name", name);
	if (version_load(&v, s, name))
		jw_member_str(&b, "version_id", v.id_hex);
	version_release(&v);
	buf_adds(&b, ",\"deleted\":\"");
	time_add(&b, store_time());
	buf_adds(&b, "\"}\n");
	good = file_write(path, buf_span(&b), FILE_FORCE) == 0;
	if (!good)
		trouble("cannot write '%s':", path);
	buf_release(&b);
	free(path);
	return good;
}

/* The links that pointed to it: tags go, current moves on. */
static void
drop_links(const struct store *s, const struct version_list *tags, bool was_current)
{
	struct version_list list;
	char *p;

	for (size_t i = 0; i < tags->n; i++) {
		p = store_path(s, "tags/%s", tags->name[i]);
		unlink(p);
		free(p);
	}
	if (!was_current || !store_list(s, &list))
		return;
	p = store_path(s, "current");
	if (list.n == 0)
		unlink(p);
	else if (store_link(s, "current", list.name[list.n - 1]) != 0)
		trouble("cannot set '%s':", p);
	version_list_release(&list);
	free(p);
}

static bool
move_aside(const struct store *s, const char *name, struct work *w)
{
	char *from = store_path(s, "versions/%s", name), *to = xasprintf("%s/%s", w->dir, name);
	bool good;

	chmod(from, 0755); /* a folder that changes its parent has to be writable */
	good = rename(from, to) == 0 && sync_parent(from) == 0;
	if (!good)
		trouble("cannot delete '%s':", from);
	free(from);
	free(to);
	return good;
}

bool
store_delete(const struct store *s, const char *name, bool force)
{
	struct version_list tags;
	struct work w;
	struct buf b = BUF_INIT;
	char *current;
	bool good;

	if ((!force && !may_delete(s, name)) || !work_open(&w, s))
		return false;
	current = store_current(s);
	tags_of(s, name, &tags);
	good = write_tombstone(s, name) && move_aside(s, name, &w);
	if (good) {
		drop_links(s, &tags, current && strcmp(current, name) == 0);
		jw_member_str(&b, "version", name);
		store_journal(s, "deleteDatasetVersion", buf_span(&b));
	}
	work_close(&w);
	version_list_release(&tags);
	buf_release(&b);
	free(current);
	return good;
}

/* ---- gc ---- */

/* Digests that some version names; sorted. */
struct marks {
	unsigned char (*v)[SHA256_SIZE];
	size_t n, cap;
};

static int
digest_cmp(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
parse_digest(struct span hex, unsigned char digest[SHA256_SIZE])
{
	if (hex.n != SHA256_HEX)
		return false;
	for (int i = 0; i < SHA256_SIZE; i++) {
		int a = hex_value(hex.p[2 * i]), b = hex_value(hex.p[2 * i + 1]);

		if (a < 0 || b < 0)
			return false;
		digest[i] = (unsigned char)(a << 4 | b);
	}
	return true;
}

static bool
mark_version(const struct store *s, const char *name, struct marks *m)
{
	char *path = store_path(s, "versions/%s/records.jsonl", name);
	struct record r = { .m = NULL };
	struct named_files files = { .n = 0 };
	struct rec_reader in;
	bool good = access(path, R_OK) == 0;

	if (!good)
		trouble("cannot read '%s':", path);
	rec_open(&in, &path, good ? 1 : 0);
	while (good && rec_next(&in, &r)) {
		files_find(&files, r.line);
		for (size_t i = 0; i < files.n; i++) {
			m->v = grow(m->v, &m->cap, m->n + 1, sizeof(*m->v));
			m->n += parse_digest(json_unquote(files.v[i].sha256), m->v[m->n]);
		}
	}
	files_release(&files);
	good = good && in.bad == 0 && in.unopened == 0;
	rec_close(&in);
	rec_release(&r);
	free(path);
	return good;
}

static void
sweep_object(
    const char *path, const char *hex, const struct marks *m, bool remove, struct gc_result *result)
{
	unsigned char digest[SHA256_SIZE];
	struct stat st;

	if (hex[2] != '.' && !parse_digest(span_str(hex), digest))
		return; /* not ours */
	/* with a dot: what a release that was killed did not finish */
	if (hex[2] != '.' && m->n && bsearch(digest, m->v, m->n, sizeof(*m->v), digest_cmp)) {
		result->kept++;
		return;
	}
	result->garbage++;
	if (stat(path, &st) == 0)
		result->bytes += (uint64_t)st.st_size;
	if (remove && unlink(path) != 0)
		trouble("cannot remove '%s':", path);
}

static void
sweep_folder(const struct store *s, const char *two, const struct marks *m, bool remove,
    struct gc_result *result)
{
	char *dir = store_path(s, "objects/%s", two);
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		char *path, *hex;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		path = xasprintf("%s/%s", dir, e->d_name);
		hex = xasprintf("%s%s", two, e->d_name);

		sweep_object(path, hex, m, remove, result);
		free(path);
		free(hex);
	}
	if (d)
		closedir(d);
	free(dir);
}

bool
store_gc(const struct store *s, bool remove, struct gc_result *result)
{
	struct version_list list;
	struct marks m = { NULL, 0, 0 };
	bool good = store_list(s, &list);
	char two[3];

	*result = (struct gc_result){ .kept = 0 };
	for (size_t i = 0; i < list.n; i++)
		good = mark_version(s, list.name[i], &m) && good;
	version_list_release(&list);
	if (m.n)
		qsort(m.v, m.n, sizeof(*m.v), digest_cmp);
	for (int i = 0; good && i < 256; i++) {
		snprintf(two, sizeof(two), "%02x", i);
		sweep_folder(s, two, &m, remove, result);
	}
	result->areas = good && remove ? work_sweep(s) : 0;
	if (!good)
		trouble("nothing is removed, because not all versions could be read");
	free(m.v);
	return good;
}
