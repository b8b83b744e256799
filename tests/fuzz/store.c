/*
 * The parsers of a store: lines of a ledger, ratios, names of versions, files of samples; and the split itself, whose promises hold
 * for any units and locks.
 */
#include "base/diag.h"
#include "fuzz.h"
#include "record/files.h"
#include "store/history.h"
#include "store/split.h"
#include "store/store.h"

static void
parse(struct span text)
{
	struct buf key = BUF_INIT;
	struct ratio r;
	const char *why;
	uint8_t ever;

	if (ledger_parse(text, &key, &ever))
		must_hold(ever < 1 << USAGES);
	if (ratio_parse(&r, text))
		must_hold(r.weight[0] + r.weight[1] == r.total && r.total >= 1);
	if (ratio_parse_list(&r, text, &why))
		must_hold(ratio_from(&r, 0) == r.total);
	if (version_name_ok(text))
		must_hold(
		    text.n <= 32 && !memchr(text.p, '/', text.n) && !memchr(text.p, '.', text.n));
	must_hold(usage_parse(text) < USAGES);
	buf_release(&key);
}

static void
put_same(void *ctx, struct buf *out, size_t i)
{
	const struct named_files *f = ctx;

	must_hold(i < f->n && f->v[i].number < f->sources);
	buf_addspan(out, f->v[i].object);
}

/* The files that a sample names lie in its line, one after the other. */
static void
find_files(struct span text)
{
	struct named_files f = { .n = 0 };
	struct buf out = BUF_INIT;

	if (!json_valid(text) || json_type_of(text) != JSON_OBJECT)
		return;
	files_find(&f, text);
	must_hold(f.n >= 1 && f.v[0].first && f.sources >= 1 && f.sources <= f.n);
	files_replace(&out, text, &f, put_same, &f);
	must_hold(span_eq(buf_span(&out), text));
	files_release(&f);
	buf_release(&out);
}

/* Two bytes a unit: its classes, its size and its lock. */
static void
place(const uint8_t *data, size_t n)
{
	enum { CLASSES = 4 };
	struct split_units u = { .n = n / 2, .features = CLASSES, .classes = CLASSES };
	uint64_t *hash = xreallocarray(NULL, u.n + 1, sizeof(*hash));
	uint32_t *size = xreallocarray(NULL, u.n + 1, sizeof(*size));
	size_t *start = xreallocarray(NULL, u.n + 1, sizeof(*start)), z = 0;
	uint32_t *feature = xreallocarray(NULL, CLASSES * u.n + 1, sizeof(*feature));
	uint32_t *amount = xreallocarray(NULL, CLASSES * u.n + 1, sizeof(*amount));
	int8_t *lock = xmalloc(u.n + 1), *side = xmalloc(u.n + 1);
	struct split_side report[3];
	struct ratio r;
	const char *why;
	uint64_t got = 0, all = 0;

	for (size_t i = 0; i < u.n; i++) {
		uint8_t a = data[2 * i], b = data[2 * i + 1];

		hash[i] = split_hash(SPAN("fuzz"), (struct span){ (const char *)data, 2 * i + 2 });
		all += size[i] = 1 + (b & 7u);
		lock[i] = (int8_t)((b >> 4) % 8 < 3 ? (b >> 4) % 8 : SIDE_FREE);
		start[i] = z;
		for (uint32_t c = 0; c < CLASSES; c++)
			if (a >> c & 1) {
				feature[z] = c;
				amount[z++] = 1 + a % size[i];
			}
	}
	start[u.n] = z;
	u.hash = hash;
	u.size = size;
	u.start = start;
	u.feature = feature;
	u.amount = amount;
	u.lock = lock;
	must_hold(ratio_parse_list(&r, SPAN("train=0.7,eval=0.2,test=0.1"), &why));
	split(&u, &r, side, report);
	for (size_t i = 0; i < u.n; i++)
		must_hold(
		    side[i] >= 0 && side[i] < 3 && (lock[i] == SIDE_FREE || side[i] == lock[i]));
	for (int s = 0; s < 3; s++)
		got += report[s].got;
	must_hold(got == all);
	free(hash);
	free(size);
	free(start);
	free(feature);
	free(amount);
	free(lock);
	free(side);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	diag_quiet(true);
	parse((struct span){ (const char *)data, size });
	find_files((struct span){ (const char *)data, size });
	if (size <= 4096)
		place(data, size);
	return 0;
}
