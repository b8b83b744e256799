/* Samples in tar shards: see shards.h. */
#include "archive/shards.h"

#include <stdlib.h>

#include "base/sha256.h"

/*
 * A sample's name ends at its first dot: what is behind is the kind of the member. A key with dots, slashes or other
 * signs is spelled without them, and then tells itself from others by a hash.
 */
static void
name_sample(struct shards *x, struct span key)
{
	struct buf *b = &x->path, hex = BUF_INIT;
	unsigned char digest[SHA256_SIZE];
	struct strmap_entry *e;
	bool plain = true, is_new;
	size_t hashed;

	buf_reset(b);
	for (size_t i = 0; i < key.n && b->n < 100; i++) {
		char c = key.p[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '_';

		buf_addc(b, good ? c : '_');
		plain = plain && good;
	}
	plain = plain && b->n == key.n && b->n > 0;
	e = strmap_put(x->names, buf_span(b), 1, &is_new);
	if (plain && is_new)
		return;
	sha256_bytes(key.p, key.n, digest);
	sha256_hex(&hex, digest);
	buf_addf(b, "-%.16s", hex.p);
	hashed = b->n;
	if (!is_new) /* even samples of one key */
		buf_addf(b, "-%llu", (unsigned long long)++e->value);
	/* somebody's key may look like that */
	for (unsigned i = 2; strmap_put(x->names, buf_span(b), 1, &is_new), !is_new; i++) {
		buf_cut(b, hashed);
		buf_addf(b, "-%u", i);
	}
	buf_release(&hex);
}

static int
end_shard(struct shards *x)
{
	struct sink *tar = x->tar;

	x->tar = NULL;
	x->samples = 0;
	if (tar == NULL)
		return 0;
	x->shards++;
	if (x->header.n && sink_add(tar, SHARD_HEADER, x->header) != 0)
		return -1;
	return tar == x->into ? 0 : sink_commit(tar);
}

static int
begin_shard(struct shards *x)
{
	char *path;

	x->tar = x->into;
	if (x->prefix) {
		path = xasprintf("%s-%06llu.tar", x->prefix, (unsigned long long)x->number++);
		x->tar = sink_open_in(x->into, path);
		free(path);
	}
	return x->tar ? 0 : -1;
}

int
shards_begin(struct shards *x, const char *prefix, uint64_t first)
{
	if (end_shard(x) != 0)
		return -1;
	x->prefix = prefix;
	x->number = first;
	return 0;
}

int
shards_sample(struct shards *x, struct span key)
{
	bool full = x->tar && x->prefix &&
		    ((x->max_samples && x->samples >= x->max_samples) ||
			(x->max_bytes && sink_written(x->tar) >= x->max_bytes));

	if (full && end_shard(x) != 0)
		return -1;
	if (x->tar == NULL && begin_shard(x) != 0)
		return -1;
	name_sample(x, key);
	x->stem = x->path.n;
	x->samples++;
	return 0;
}

const char *
shards_path(struct shards *x, struct span ext)
{
	buf_cut(&x->path, x->stem);
	buf_addc(&x->path, '.');
	buf_addspan(&x->path, ext);
	return x->path.p;
}

struct sink *
shards_sink(struct shards *x)
{
	return x->tar;
}

int
shards_add(struct shards *x, struct span ext, struct span bytes)
{
	return sink_add(x->tar, shards_path(x, ext), bytes);
}

int
shards_end(struct shards *x)
{
	return end_shard(x);
}

void
shards_release(struct shards *x)
{
	if (x->tar && x->tar != x->into)
		sink_abort(x->tar);
	x->tar = NULL;
	buf_release(&x->path);
}
