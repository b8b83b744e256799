/* The line of a sample as the release has it: see released.h. */
#include "store/released.h"

#include <stdio.h>
#include <stdlib.h>

/* The changes of one record, and the texts that they point to. */
struct changes {
	struct json_change c[6];
	size_t n;
	char fold[8], bytes[24];
	struct buf sha256;
};

static void
change(struct changes *x, const char *key, struct span value)
{
	x->c[x->n++] = (struct json_change){ key, value };
}

static void
quote_digest(struct buf *b, const unsigned char *digest)
{
	buf_addc(b, '"');
	sha256_hex(b, digest);
	buf_addc(b, '"');
}

static void
make_changes(const struct released *r, const struct pooled *s, struct changes *x)
{
	static const char *const quoted[USAGES] = { "\"TRAIN\"", "\"EVAL\"", "\"TEST\"",
		"\"INFERENCE\"" };
	const struct content *content = r->content ? &r->content[s - r->p->s] : NULL;

	change(x, "usage", s->usage >= 0 ? span_str(quoted[s->usage]) : SPAN_NONE);
	if (s->fold >= 0) {
		snprintf(x->fold, sizeof(x->fold), "%d", s->fold);
		change(x, "fold", span_str(x->fold));
	} else if (r->folds) {
		change(x, "fold", SPAN_NONE);
	}
	if (content && content->known) {
		quote_digest(&x->sha256, content->digest);
		snprintf(x->bytes, sizeof(x->bytes), "%llu", (unsigned long long)content->bytes);
		change(x, "sha256", buf_span(&x->sha256));
		change(x, "bytes", span_str(x->bytes));
	}
	if (r->clear_hard) {
		change(x, "hard", SPAN_NONE);
		change(x, "hard-coefficient", SPAN_NONE);
	}
}

/* A mask's object with what its file holds. */
static void
describe_mask(struct buf *out, struct span object, const struct content *c)
{
	struct buf hex = BUF_INIT;
	char bytes[24];
	struct json_change change[2] = { { "sha256", SPAN_NONE }, { "bytes", SPAN_NONE } };

	quote_digest(&hex, c->digest);
	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)c->bytes);
	change[0].value = buf_span(&hex);
	change[1].value = span_str(bytes);
	json_edit(out, object, change, 2);
	buf_release(&hex);
}

/* The contents of a sample's masks; the first of them. */
static const struct side_content *
find_sides(const struct side_contents *sides, size_t sample)
{
	size_t low = 0, high = sides->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sides->v[middle].sample < sample)
			low = middle + 1;
		else
			high = middle;
	}
	return sides->v + low;
}

struct masks {
	const struct named_files *files;
	const struct content *own; /* of the sample */
	const struct side_content *side;
};

static void
put_mask(void *ctx, struct buf *out, size_t i)
{
	const struct masks *x = ctx;
	const struct named_file *file = &x->files->v[i];
	const struct content *c = file->number == 0 ? x->own : &x->side[file->number - 1].content;

	if (c->known)
		describe_mask(out, file->object, c);
	else
		buf_addspan(out, file->object);
}

/* The line of the sample; its masks tell what their files hold. */
static struct span
with_masks(struct released *r, const struct pooled *s, struct span line)
{
	size_t sample = (size_t)(s - r->p->s);
	struct masks masks = { .files = &r->files };

	if (!r->sides->n)
		return line;
	files_find(&r->files, line);
	if (r->files.n < 2)
		return line;
	masks.own = &r->content[sample];
	masks.side = find_sides(r->sides, sample);
	buf_reset(&r->line);
	files_replace(&r->line, line, &r->files, put_mask, &masks);
	return buf_span(&r->line);
}

void
released_add(struct released *r, const struct pooled *s, struct span line, struct buf *out)
{
	struct changes x = { .n = 0 };

	make_changes(r, s, &x);
	json_edit(out, with_masks(r, s, line), x.c, x.n);
	buf_release(&x.sha256);
}

void
released_release(struct released *r)
{
	buf_release(&r->line);
	files_release(&r->files);
}
