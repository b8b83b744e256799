/* The files that a sample names: see files.h. */
#include "record/files.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/json.h"
#include "json/write.h"

static void
add_file(struct named_files *f, struct span object, struct span mask)
{
	static const char *const keys[] = { "source", "sha256", "bytes" };
	struct span v[3];
	struct named_file *file;

	json_pick(object, keys, v, 3, NULL);
	if (f->n > 0 && json_type_of(v[0]) != JSON_STRING)
		return;
	f->v = grow(f->v, &f->cap, f->n + 1, sizeof(*f->v));
	file = &f->v[f->n];
	*file = (struct named_file){ v[0], v[1], v[2], mask, f->sources, true };
	for (size_t i = 0; i < f->n && file->first; i++)
		if (span_eq(f->v[i].source, v[0])) {
			file->number = f->v[i].number;
			file->first = false;
		}
	f->sources += file->first;
	f->n++;
}

void
files_find(struct named_files *f, struct span line)
{
	struct span annotation, mask;
	struct json j;

	f->n = f->sources = 0;
	add_file(f, line, SPAN_NONE);
	if (!memmem(line.p, line.n, "\"mask\"", 6))
		return;
	annotation = json_member(line, "annotation");
	if (json_type_of(annotation) != JSON_ARRAY)
		return;
	json_begin(&j, annotation);
	json_array(&j);
	while (json_item(&j)) {
		struct span one;

		if (!json_value(&j, &one) || json_type_of(one) != JSON_OBJECT)
			continue;
		mask = json_member(one, "mask");
		if (json_type_of(mask) == JSON_OBJECT)
			add_file(f, mask, mask);
	}
}

void
files_release(struct named_files *f)
{
	free(f->v);
	*f = (struct named_files){ NULL, 0, 0, 0 };
}

void
files_replace(struct buf *out, struct span line, const struct named_files *f,
    void (*put)(void *ctx, struct buf *out, size_t i), void *ctx)
{
	const char *at = line.p;

	for (size_t i = 1; i < f->n; i++) {
		buf_add(out, at, (size_t)(f->v[i].object.p - at));
		put(ctx, out, i);
		at = f->v[i].object.p + f->v[i].object.n;
	}
	buf_add(out, at, (size_t)(line.p + line.n - at));
}

void
files_put_object(struct buf *out, const struct named_file *file, const char *name)
{
	struct buf quoted = BUF_INIT;

	if (name) {
		jw_string(&quoted, span_str(name));
		json_edit(
		    out, file->object, &(struct json_change){ "source", buf_span(&quoted) }, 1);
	} else {
		buf_addspan(out, file->object);
	}
	buf_release(&quoted);
}
