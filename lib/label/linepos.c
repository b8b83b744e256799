/* Positions in a file: see linepos.h. */
#include "label/linepos.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 16)

void
linepos_init(struct linepos *l, int fd, uint64_t begin, uint64_t size, const char *name)
{
	*l = (struct linepos){ .fd = fd, .begin = begin, .size = size, .name = name };
}

void
linepos_release(struct linepos *l)
{
	free(l->block);
	l->block = NULL;
}

/* At most n bytes of the content at `offset`. A file that cannot be read any more ends here. */
static size_t
read_block(const struct linepos *l, char *p, size_t n, uint64_t offset)
{
	size_t got = 0;

	if (offset + n > l->size)
		n = (size_t)(l->size - offset);
	while (got < n) {
		ssize_t k = pread(l->fd, p + got, n - got, (off_t)(l->begin + offset + got));

		if (k < 0 && errno != EINTR)
			die("cannot read %s:", l->name);
		if (k == 0)
			break;
		got += k > 0 ? (size_t)k : 0;
	}
	return got;
}

/* Count the lines of p, which stands at `offset`. */
static void
count(struct linepos_block *b, const char *p, size_t n, uint64_t offset)
{
	const char *q = p, *end = p + n;

	while ((q = memchr(q, '\n', (size_t)(end - q))) != NULL) {
		b->line++;
		b->start = offset + (uint64_t)(++q - p);
	}
}

static void
index_all(struct linepos *l)
{
	char *p = xmalloc(BLOCK);
	struct linepos_block here = { 0, 0 };

	l->n = (size_t)(l->size / BLOCK) + 1;
	l->block = xcalloc(l->n, sizeof(*l->block));
	for (size_t i = 0; i < l->n; i++) {
		l->block[i] = here;
		count(&here, p, read_block(l, p, BLOCK, i * (uint64_t)BLOCK), i * (uint64_t)BLOCK);
	}
	free(p);
}

struct pos
linepos_at(struct linepos *l, uint64_t offset)
{
	struct linepos_block b;
	size_t i;
	char *p;

	if (offset > l->size)
		offset = l->size;
	if (l->block == NULL)
		index_all(l);
	i = (size_t)(offset / BLOCK);
	b = l->block[i];
	p = xmalloc(BLOCK);
	count(&b, p, read_block(l, p, (size_t)(offset % BLOCK), i * (uint64_t)BLOCK),
	    i * (uint64_t)BLOCK);
	free(p);
	return pos_at(l->name, b.line + 1, offset - b.start + 1);
}
