/* Texts gathered by key: see gather.h. */
#include "label/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/out.h"

#define RECENT ((size_t)32 << 20)

struct gather_chunk {
	uint64_t at, n;
	size_t next; /* from 1; 0: none */
};

void
gather_init(struct gather *g)
{
	*g = (struct gather){ .fd = -1 };
}

void
gather_release(struct gather *g)
{
	strmap_release(&g->keys);
	free(g->group);
	free(g->chunk);
	buf_release(&g->recent);
	if (g->fd >= 0)
		close(g->fd);
	gather_init(g);
}

size_t
gather_group(struct gather *g, struct span key, bool *is_new)
{
	struct strmap_entry *e = strmap_put(&g->keys, key, g->n, is_new);

	if (*is_new) {
		g->group = grow(g->group, &g->cap, g->n + 1, sizeof(*g->group));
		g->group[g->n++] = (struct gather_group){ 0 };
	}
	return e->value;
}

static void
put_away(struct gather *g)
{
	if (g->fd < 0)
		g->fd = file_spool();
	if (g->fd < 0 || write_all(g->fd, g->recent.p, g->recent.n) != 0)
		die("cannot write a temporary file:");
	g->written += g->recent.n;
	buf_reset(&g->recent);
}

void
gather_add(struct gather *g, size_t group, struct span text)
{
	struct gather_group *x = &g->group[group];
	uint64_t at = g->written + g->recent.n;
	struct gather_chunk *last = x->last ? &g->chunk[x->last - 1] : NULL;

	if (x->count++)
		buf_addc(&g->recent, ',');
	buf_addspan(&g->recent, text);
	if (last && last->at + last->n == at) {
		last->n = g->written + g->recent.n - last->at;
	} else {
		g->chunk = grow(g->chunk, &g->chunk_cap, g->chunks + 1, sizeof(*g->chunk));
		g->chunk[g->chunks++] =
		    (struct gather_chunk){ at, g->written + g->recent.n - at, 0 };
		if (x->last)
			g->chunk[x->last - 1].next = g->chunks;
		else
			x->first = g->chunks;
		x->last = g->chunks;
	}
	if (g->recent.n >= RECENT)
		put_away(g);
}

/* Bytes that are in the file, from `at` on. */
static void
read_back(const struct gather *g, uint64_t at, uint64_t n, struct buf *out)
{
	buf_reserve(out, n);
	while (n > 0) {
		ssize_t r = pread(g->fd, out->p + out->n, n, (off_t)at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			die("cannot read a temporary file:");
		out->n += (size_t)r;
		out->p[out->n] = '\0';
		at += (uint64_t)r;
		n -= (uint64_t)r;
	}
}

void
gather_read(const struct gather *g, size_t group, struct buf *out)
{
	for (size_t i = g->group[group].first; i; i = g->chunk[i - 1].next) {
		uint64_t at = g->chunk[i - 1].at, n = g->chunk[i - 1].n, stored = 0;

		if (at < g->written) {
			stored = at + n > g->written ? g->written - at : n;
			read_back(g, at, stored, out);
		}
		if (stored < n)
			buf_add(out, g->recent.p + (at + stored - g->written), n - stored);
	}
}
