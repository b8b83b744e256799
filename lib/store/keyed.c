/* Records in the order of their keys: see keyed.h. */
#include "store/keyed.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"
#include "record/operand.h"
#include "store/describe.h"

void
keyed_open_sorted(struct keyed *k, const char *path, const char *field)
{
	*k = (struct keyed){ .field = xstrdup(field), .path = xstrdup(path), .sorted = true };
	k->pool.fd = -1;
	dataset_init(&k->dataset);
	rec_open(&k->in, &k->path, 1);
}

bool
keyed_open_any(struct keyed *k, const char *operand, const char *field, const char *tmpdir)
{
	struct pool_rules rules = { .key = NULL, .ignore_content = true };

	*k = (struct keyed){ .field = xstrdup(field), .path = xstrdup(operand) };
	rules.key = k->field;
	dataset_init(&k->dataset);
	if (!pool_open(&k->pool, tmpdir, &rules))
		return false;
	rec_open(&k->in, &k->path, 1);
	while (rec_next(&k->in, &k->r))
		if (k->r.header)
			dataset_merge(&k->dataset, &k->r);
		else if (!pool_add(&k->pool, &k->r))
			k->bad = true;
	k->bad = k->bad || k->in.bad > 0;
	rec_close(&k->in);
	pool_sort(&k->pool);
	if (k->in.unopened == 0)
		return true;
	keyed_close(k);
	return false;
}

/* The version whose records these are; false: they are no version's. */
static bool
version_of(const char *path, struct version_info *v)
{
	struct buf dir = BUF_INIT;
	char *file;
	bool is;

	path_dir(&dir, path);
	file = xasprintf("%s/version.json", dir.p);
	is = strcmp(path_base(path), "records.jsonl") == 0 && access(file, F_OK) == 0 &&
	     version_load_dir(v, dir.p);
	free(file);
	buf_release(&dir);
	return is;
}

bool
keyed_open(struct keyed *k, const char *operand, const char *field, const char *tmpdir)
{
	char *path = rec_operand(operand);
	struct version_info v = { .name = NULL };
	bool version = version_of(path, &v), good = true;

	if (version && (!field || strcmp(field, v.key) == 0))
		keyed_open_sorted(k, path, v.key);
	else
		good = keyed_open_any(k, path, field ? field : "id", tmpdir);
	version_release(&v);
	free(path);
	return good;
}

static bool
next_pooled(struct keyed *k)
{
	const struct pooled *s;

	if (k->n == k->pool.n)
		return false;
	s = &k->pool.s[k->pool.order[k->n++]];
	pool_line(&k->pool, s, &k->line);
	k->key = pool_key(&k->pool, s);
	return rec_parse(&k->r, buf_span(&k->line), pos_file(k->path));
}

static bool
next_sorted(struct keyed *k)
{
	for (;;) {
		if (!rec_next(&k->in, &k->r))
			return false;
		if (k->r.header) {
			dataset_merge(&k->dataset, &k->r);
			continue;
		}
		k->key = record_key(&k->r, k->field, &k->scratch);
		if (k->key.p)
			break;
		error_at(k->r.pos, "key", "the record has no \"%s\" to be known by", k->field);
		k->bad = true;
	}
	if (k->n++ && span_cmp(buf_span(&k->last), k->key) > 0) {
		error_at(k->r.pos, "order", "\"%.*s\" comes after \"%s\": not in the order of keys",
		    SPAN_ARG(k->key), buf_str(&k->last));
		k->bad = true;
	}
	buf_reset(&k->last);
	buf_addspan(&k->last, k->key);
	return true;
}

bool
keyed_next(struct keyed *k)
{
	bool more = k->sorted ? next_sorted(k) : next_pooled(k);

	if (k->sorted && (k->in.bad || k->in.unopened))
		k->bad = true;
	return more;
}

void
keyed_close(struct keyed *k)
{
	if (k->sorted)
		rec_close(&k->in);
	pool_release(&k->pool);
	rec_release(&k->r);
	dataset_release(&k->dataset);
	buf_release(&k->scratch);
	buf_release(&k->last);
	buf_release(&k->line);
	free(k->path);
	free(k->field);
	*k = (struct keyed){ .n = 0 };
}
