/* Names with braces: see brace.h. */
#include "base/brace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/num.h"

#define NAMES_MAX 1000000
#define DEPTH 8

/* "{000..146}" */
struct range {
	uint64_t first, last;
	int digits;
};

static bool
parse_range(struct span text, struct range *r)
{
	const char *dots = memmem(text.p, text.n, "..", 2);
	struct span first, last;

	if (!dots)
		return false;
	first = span_of(text.p, dots);
	last = span_of(dots + 2, text.p + text.n);
	if (!num_parse_u64(first, &r->first) || !num_parse_u64(last, &r->last) || first.n > 18)
		return false;
	r->digits = (int)first.n;
	return r->first <= r->last && r->last - r->first < NAMES_MAX;
}

struct expansion {
	void (*give)(void *ctx, const char *name);
	void *ctx;
	uint64_t n;
	bool count; /* only that */
};

static void expand(struct expansion *x, struct span begun, struct span rest, int depth);

/* begun + piece, and the names that the rest makes of it. */
static void
go_on(struct expansion *x, struct span begun, struct span piece, struct span rest, int depth)
{
	struct buf name = BUF_INIT;

	buf_addspan(&name, begun);
	buf_addspan(&name, piece);
	expand(x, buf_span(&name), rest, depth + 1);
	buf_release(&name);
}

/* The first brace that means something: its inside; what is before and behind. */
static bool
find_brace(struct span text, struct span *before, struct span *inside, struct span *behind)
{
	const char *end = text.p + text.n, *open, *close;
	struct range r;

	for (open = text.p; open < end; open++) {
		if (*open != '{' || !(close = memchr(open, '}', (size_t)(end - open))))
			continue;
		*before = span_of(text.p, open);
		*inside = span_of(open + 1, close);
		*behind = span_of(close + 1, end);
		if (parse_range(*inside, &r) || memchr(inside->p, ',', inside->n))
			return true;
	}
	return false;
}

static void
expand(struct expansion *x, struct span begun, struct span text, int depth)
{
	struct span before, inside, behind, piece;
	struct buf name = BUF_INIT;
	struct range r;

	buf_addspan(&name, begun);
	if (depth >= DEPTH || !find_brace(text, &before, &inside, &behind)) {
		buf_addspan(&name, text);
		x->n++;
		if (!x->count)
			x->give(x->ctx, buf_str(&name));
		buf_release(&name);
		return;
	}
	buf_addspan(&name, before);
	if (parse_range(inside, &r))
		for (uint64_t i = r.first; i <= r.last && x->n <= NAMES_MAX; i++) {
			char number[32];

			snprintf(number, sizeof(number), "%0*" PRIu64, r.digits, i);
			go_on(x, buf_span(&name), span_str(number), behind, depth);
		}
	else
		while (span_cut(&inside, ',', &piece) && x->n <= NAMES_MAX)
			go_on(x, buf_span(&name), piece, behind, depth);
	buf_release(&name);
}

bool
brace_expand(const char *name, void (*give)(void *ctx, const char *name), void *ctx)
{
	struct expansion count = { .count = true }, all = { .give = give, .ctx = ctx };
	struct span before, inside, behind;

	if (!find_brace(span_str(name), &before, &inside, &behind))
		return false;
	expand(&count, SPAN(""), span_str(name), 0);
	if (count.n > NAMES_MAX)
		return false;
	expand(&all, SPAN(""), span_str(name), 0);
	return true;
}
