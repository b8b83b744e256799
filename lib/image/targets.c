/* Names of the new files: see targets.h. */
#include "image/targets.h"

#include "base/path.h"
#include "base/strmap.h"

#define PART_MAX 240 /* bytes of one part of a path: NAME_MAX less "-NNNNNN.jpg" */

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
targets_name(struct targets *t, struct span source, struct span id, struct buf *out)
{
	struct span path = inner_path(source), stem = path_stem(path);
	size_t begin = out->n, end;

	add_parts(out, ends_in_id(stem, id) ? id : stem);
	end = out->n;
	buf_adds(out, ".jpg");
	for (unsigned i = 2; !hashset_add(&t->given, hash_bytes(out->p + begin, out->n - begin));
	     i++) {
		buf_cut(out, end);
		buf_addf(out, "-%u.jpg", i);
	}
}

void
targets_release(struct targets *t)
{
	hashset_release(&t->given);
}
