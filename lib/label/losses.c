/* The loss report: see losses.h. */
#include "label/losses.h"

#include <inttypes.h>
#include <stdlib.h>

size_t
losses_code(struct losses *l, const char *code)
{
	bool is_new;
	struct strmap_entry *e = strmap_put(&l->by_code, span_str(code), l->n, &is_new);

	if (is_new) {
		char *name = xstrdup(code);

		l->loss = grow(l->loss, &l->cap, l->n + 1, sizeof(*l->loss));
		l->loss[l->n++] = (struct loss){ .code = name };
	}
	return e->value;
}

/* The line of the record; the name of the file lives as long as the report. */
static struct pos
place_of(struct losses *l, const struct record *r)
{
	struct pos at = pos_at(NULL, r->pos.line, 0);

	if (r->pos.file)
		at.file = strmap_put(&l->files, span_str(r->pos.file), 0, NULL)->key.p;
	return at;
}

static bool
same_file(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void
losses_add(struct losses *l, const struct record *r, const char *code, uint64_t n)
{
	losses_add_code(l, r, losses_code(l, code), n);
}

void
losses_add_code(struct losses *l, const struct record *r, size_t code, uint64_t n)
{
	struct loss *loss = &l->loss[code];
	struct buf scratch = BUF_INIT;
	struct pos at;

	loss->count += n;
	if (loss->samples > 0 && loss->last.line == r->pos.line &&
	    same_file(loss->last.file, r->pos.file))
		return;
	at = place_of(l, r);
	if (diag_is_strict())
		error_at(r->pos, "loss", "%s would be lost", loss->code);
	loss->last = at;
	if (loss->samples < LOSS_FIRST) {
		struct span id = rec_string(r, REC_ID, &scratch);

		if (!id.p)
			id = rec_string(r, REC_SOURCE, &scratch);
		loss->first[loss->samples].at = at;
		loss->first[loss->samples].id = xstrndup(id.p, id.n);
		buf_release(&scratch);
	}
	loss->samples++;
}

void
losses_report(const struct losses *l, const char *format)
{
	for (size_t i = 0; i < l->n; i++)
		warning_at(l->loss[i].first[0].at, "loss",
		    "%s is lost: %s cannot hold it (%" PRIu64 " in %llu %s, first %s)",
		    l->loss[i].code, format, l->loss[i].count,
		    COUNTED(l->loss[i].samples, "sample", "samples"), l->loss[i].first[0].id);
}

static void
loss_json(struct buf *out, const struct loss *l)
{
	jw_open(out, '{');
	jw_member_str(out, "code", l->code);
	jw_member_u64(out, "count", l->count);
	jw_member_u64(out, "samples", l->samples);
	jw_key(out, "first");
	jw_open(out, '[');
	for (uint64_t k = 0; k < LOSS_FIRST && k < l->samples; k++) {
		jw_open(out, '{');
		if (l->first[k].at.file)
			jw_member_str(out, "file", l->first[k].at.file);
		jw_member_u64(out, "line", l->first[k].at.line);
		jw_member_str(out, "id", l->first[k].id);
		jw_close(out, '}');
	}
	jw_close(out, ']');
	jw_close(out, '}');
	buf_addc(out, '\n');
}

void
losses_json(const struct losses *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++)
		loss_json(out, &l->loss[i]);
}

void
losses_release(struct losses *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->loss[i].code);
		for (int k = 0; k < LOSS_FIRST; k++)
			free(l->loss[i].first[k].id);
	}
	free(l->loss);
	strmap_release(&l->by_code);
	strmap_release(&l->files);
	*l = (struct losses){ .loss = NULL };
}
