/* The masks of one record that are files: see mask_set.h. */
#include "image/mask_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "image/mask_file.h"
#include "json/json.h"

static struct moved_mask *
find_mask(struct mask_set *s, struct span source)
{
	for (size_t i = 0; i < s->n; i++)
		if (span_eq(span_str(s->v[i].source), source))
			return &s->v[i];
	return NULL;
}

static bool
read_mask(const char *source, uint64_t max_bytes, struct buf *file, struct buf *why)
{
	if (file_read(AT_FDCWD, source, max_bytes, file) == 0)
		return true;
	if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR && errno != EFBIG)
		die("cannot read %s:", source);
	buf_addf(why, "its mask %s: %s", source, strerror(errno));
	return false;
}

/* Read and move a mask that this record has not had yet. NULL: it cannot be, as *why says. */
static struct moved_mask *
new_mask(struct mask_set *s, const struct label_map *m, struct span source, struct buf *why)
{
	struct moved_mask mask = { .source = xstrndup(source.p, source.n), .bytes = BUF_INIT };
	struct finding f = { .code = NULL };
	struct buf file = BUF_INIT;
	bool fine = read_mask(mask.source, s->max_bytes, &file, why);

	if (fine &&
	    !mask_file_move(buf_span(&file), m->turn, m->sx, m->sy, s->lim, &mask.bytes, &f)) {
		buf_addf(why, "its mask %s: %s", mask.source, f.reason);
		fine = false;
	}
	buf_release(&file);
	if (!fine) {
		buf_release(&mask.bytes);
		free(mask.source);
		return NULL;
	}
	mask.name = xasprintf("%.*s-mask-%zu.png", SPAN_ARG(path_stem(s->picture)), s->n + 1);
	s->v = grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n] = mask;
	return &s->v[s->n++];
}

bool
mask_set_move(
    void *set, const struct label_map *m, struct span raw, struct buf *out, struct buf *why)
{
	struct mask_set *s = set;
	struct buf scratch = BUF_INIT, path = BUF_INIT, value = BUF_INIT;
	struct span source = json_value_text(json_member(raw, "source"), &scratch);
	struct moved_mask *mask = source.n ? find_mask(s, source) : NULL;

	if (mask == NULL && source.n)
		mask = new_mask(s, m, source, why);
	if (mask) {
		output_path(s->output, span_str(mask->name), &path);
		diag_json_string(&value, buf_span(&path));
		json_edit(out, raw, &(struct json_change){ "source", buf_span(&value) }, 1);
	}
	buf_release(&scratch);
	buf_release(&path);
	buf_release(&value);
	return mask != NULL;
}

void
mask_set_reset(struct mask_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].source);
		free(s->v[i].name);
		buf_release(&s->v[i].bytes);
	}
	s->n = 0;
}

void
mask_set_release(struct mask_set *s)
{
	mask_set_reset(s);
	free(s->v);
	s->v = NULL;
	s->cap = 0;
}
