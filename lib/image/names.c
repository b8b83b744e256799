/* Names of the new files: see names.h. */
#include "image/names.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/strmap.h"

#define PART_MAX 240 /* bytes of one part of a path: NAME_MAX less "-NNNNNN.jpg" */

/* Insert a hash. False: it is there already. */
static bool
insert(struct names *m, uint64_t hash)
{
	size_t i = hash & (m->slots - 1);

	while (m->slot[i] != 0) {
		if (m->slot[i] == hash)
			return false;
		i = (i + 1) & (m->slots - 1);
	}
	m->slot[i] = hash;
	m->n++;
	return true;
}

static void
grow_slots(struct names *m)
{
	struct names bigger = { NULL, m->slots ? m->slots * 2 : 1024, 0 };

	bigger.slot = xcalloc(bigger.slots, sizeof(*bigger.slot));
	for (size_t i = 0; i < m->slots; i++)
		if (m->slot[i] != 0)
			insert(&bigger, m->slot[i]);
	free(m->slot);
	*m = bigger;
}

/* Two names of one hash would only cost a needless "-2". */
static bool
take_name(struct names *m, struct span name)
{
	uint64_t hash = hash_bytes(name.p, name.n);

	if (m->n * 2 >= m->slots)
		grow_slots(m);
	return insert(m, hash ? hash : 1);
}

/* Append the parts of a path that are names, joined by '/'. */
static void
add_parts(struct buf *out, struct span path)
{
	size_t begin = out->n;
	struct span part;

	while (span_cut(&path, '/', &part)) {
		if (part.n == 0 || span_is(part, ".") || span_is(part, ".."))
			continue;
		if (out->n > begin)
			buf_addc(out, '/');
		buf_add(out, part.p, part.n < PART_MAX ? part.n : PART_MAX);
	}
	if (out->n == begin)
		buf_adds(out, "picture");
}

/* What follows "!/" when the source is a member of an archive, else all of it. */
static struct span
inner_path(struct span source)
{
	for (size_t i = source.n; i >= 2; i--)
		if (source.p[i - 2] == '!' && source.p[i - 1] == '/')
			return span_of(source.p + i, source.p + source.n);
	return source;
}

static bool
ends_in_id(struct span stem, struct span id)
{
	return id.n > 0 && span_ends(stem, id) &&
	       (stem.n == id.n || stem.p[stem.n - id.n - 1] == '/');
}

void
names_give(struct names *names, struct span source, struct span id, struct buf *out)
{
	struct span path = inner_path(source), stem = path_stem(path);
	size_t begin = out->n, end;

	add_parts(out, ends_in_id(stem, id) ? id : stem);
	end = out->n;
	buf_adds(out, ".jpg");
	for (unsigned i = 2; !take_name(names, span_of(out->p + begin, out->p + out->n)); i++) {
		buf_cut(out, end);
		buf_addf(out, "-%u.jpg", i);
	}
}

void
names_release(struct names *names)
{
	free(names->slot);
	*names = (struct names)NAMES_INIT;
}
