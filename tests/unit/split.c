/* The split from inside: exact, even, stable, the same for any order. */
#include "store/split.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"

enum { N = 2000, CLASSES = 12 };

/* A made-up dataset: sample i has a key, and classes of very different size. */
struct data {
	struct split_units u;
	uint64_t hash[N];
	uint32_t size[N];
	int8_t lock[N];
	size_t start[N + 1];
	uint32_t feature[N * CLASSES], amount[N * CLASSES];
};

static uint64_t
key_hash(size_t i)
{
	char key[32];
	int n = snprintf(key, sizeof(key), "k%zu", i);

	return split_hash(SPAN("seed"), (struct span){ key, (size_t)n });
}

static struct data *
make_data(size_t n)
{
	struct data *d = xcalloc(1, sizeof(*d));
	size_t z = 0;

	for (size_t i = 0; i < n; i++) {
		d->hash[i] = key_hash(i);
		d->size[i] = 1;
		d->lock[i] = SIDE_FREE;
		d->start[i] = z;
		for (uint32_t c = 0; c < CLASSES; c++) /* class c has about one of 2^c samples */
			if ((i * 2654435761u >> 7) % ((size_t)1 << c) == 0)
				d->feature[z++] = c;
	}
	d->start[n] = z;
	d->u = (struct split_units){ .n = n,
		.hash = d->hash,
		.size = d->size,
		.lock = d->lock,
		.start = d->start,
		.feature = d->feature,
		.features = CLASSES,
		.classes = CLASSES };
	return d;
}

static struct ratio
ratio_of(const char *text)
{
	struct ratio r;

	ok(ratio_parse(&r, span_str(text)), "%s is a ratio", text);
	return r;
}

/* The furthest that a class is from its share, in samples; and the number of one-sided ones. */
static int64_t
class_error(const struct data *d, const struct ratio *r, const int8_t *side, int *one_sided)
{
	int64_t n[CLASSES] = { 0 }, e[CLASSES] = { 0 }, worst = 0;

	for (size_t i = 0; i < d->u.n; i++)
		for (size_t k = d->start[i]; k < d->start[i + 1]; k++) {
			n[d->feature[k]]++;
			e[d->feature[k]] += side[i] == 1;
		}
	*one_sided = 0;
	for (int c = 0; c < CLASSES; c++) {
		int64_t target = (int64_t)ratio_target(r, 1, (uint64_t)n[c]), off;

		if (n[c] >= 2) /* on both sides */
			target = target < 1 ? 1 : target >= n[c] ? n[c] - 1 : target;
		off = llabs(e[c] - target);
		worst = off > worst ? off : worst;
		*one_sided += n[c] >= 2 && (e[c] == 0 || e[c] == n[c]);
	}
	return worst;
}

static void
test_exact_and_even(void)
{
	struct data *d = make_data(N);
	static const char *const texts[] = { "0.8", "0.5", "0.9", "0.333", "0.01" };
	struct split_side report[2];
	int8_t side[N];
	int one_sided;

	for (size_t t = 0; t < ARRAY_LEN(texts); t++) {
		struct ratio r = ratio_of(texts[t]);
		int64_t worst;

		split(&d->u, &r, side, report);
		is_int(report[1].got, ratio_target(&r, 1, N), "%s: the total is exact", texts[t]);
		worst = class_error(d, &r, side, &one_sided);
		ok(worst <= 1, "%s: no class is more than one sample off (%lld)", texts[t],
		    (long long)worst);
		is_int(one_sided, 0, "%s: no class is on one side only", texts[t]);
	}
	free(d);
}

/* Moving one unit at a time left classes of small sets one or two samples off where swapping two puts them right. */
static void
test_small_sets(void)
{
	static const size_t sizes[] = { 60, 100, 150, 400 };
	struct ratio r = ratio_of("0.8");

	for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
		struct data *d = make_data(sizes[k]);
		int off = 0, one_sided, sides = 0;

		for (uint64_t seed = 0; seed < 20; seed++) {
			struct split_side report[2];
			int8_t side[N];

			for (size_t i = 0; i < d->u.n; i++)
				d->hash[i] = (d->hash[i] + seed) * 0x9e3779b97f4a7c15u;
			split(&d->u, &r, side, report);
			off += class_error(d, &r, side, &one_sided) > 0;
			off += report[1].got != ratio_target(&r, 1, sizes[k]);
			sides += one_sided;
		}
		is_int(off, 0, "%zu samples: each class and the total are exact for 20 seeds",
		    sizes[k]);
		is_int(sides, 0, "%zu samples: no class is on one side only", sizes[k]);
		free(d);
	}
}

static void
test_all_or_nothing(void)
{
	struct data *d = make_data(N);
	struct split_side report[2];
	int8_t side[N];
	struct ratio r = ratio_of("1.00");

	split(&d->u, &r, side, report);
	is_int(report[0].got, N, "1.00: all are TRAIN");
	r = ratio_of("0");
	split(&d->u, &r, side, report);
	is_int(report[1].got, N, "0: all are EVAL");
	d->u.n = 0;
	split(&d->u, &r, side, report);
	is_int(report[0].got + report[1].got, 0, "no units are no trouble");
	free(d);
}

static void
test_growth(void)
{
	struct data *small = make_data(N / 2), *big = make_data(N);
	struct split_side report[2];
	struct ratio r = ratio_of("0.8");
	int8_t before[N], after[N];
	int moved = 0, one_sided;

	split(&small->u, &r, before, report);
	for (size_t i = 0; i < N / 2; i++)
		big->lock[i] = before[i];
	split(&big->u, &r, after, report);
	for (size_t i = 0; i < N / 2; i++)
		moved += after[i] != before[i];
	is_int(moved, 0, "what was placed stays");
	is_int(report[1].got, 400, "the total is exact again");
	ok(class_error(big, &r, after, &one_sided) <= 1, "and so are the classes");
	free(small);
	free(big);
}

static void
test_unreachable(void)
{
	struct data *d = make_data(N);
	struct split_side report[2];
	struct ratio r = ratio_of("0.5");
	int8_t side[N];
	int wrong = 0;

	for (size_t i = 0; i < N; i++)
		d->lock[i] = i % 10 == 0 ? SIDE_FREE : 0;
	split(&d->u, &r, side, report);
	for (size_t i = 0; i < N; i++)
		wrong += d->lock[i] == 0 && side[i] != 0;
	is_int(wrong, 0, "locks hold when the ratio is out of reach");
	is_int(report[1].target, 1000, "the target is told");
	ok(report[1].got < 1000, "and that it was missed");
	is_int(report[0].locked, 1800, "and what is locked");
	free(d);
}

static void
test_units(void)
{
	struct data *d = make_data(N);
	struct split_side report[2];
	struct ratio r = ratio_of("0.8");
	uint64_t samples = 0;
	int8_t side[N];

	for (size_t i = 0; i < N; i++) {
		samples += d->size[i] = i % 50 == 0 ? 40 : 1;
		for (size_t k = d->start[i]; k < d->start[i + 1]; k++)
			d->amount[k] = d->size[i];
	}
	d->u.amount = d->amount;
	split(&d->u, &r, side, report);
	is_int(report[1].got, ratio_target(&r, 1, samples),
	    "units of many samples: the total is exact");
	free(d);
}

static void
test_three_sides(void)
{
	struct data *d = make_data(N);
	struct split_side report[3];
	struct ratio r;
	const char *why;
	int8_t side[N];

	ok(ratio_parse_list(&r, SPAN("train=0.7,eval=0.2,test=0.1"), &why), "three shares");
	split(&d->u, &r, side, report);
	is_int(report[0].got, 1400, "TRAIN");
	is_int(report[1].got, 400, "EVAL");
	is_int(report[2].got, 200, "TEST");
	ok(!ratio_parse_list(&r, SPAN("train=0.7,eval=0.2"), &why), "shares that do not add up: %s",
	    why);
	ok(!ratio_parse_list(&r, SPAN("train=1,dev=0"), &why), "an unknown side: %s", why);
	ok(!ratio_parse_list(&r, SPAN("train=0.5,train=0.5"), &why), "a side twice");
	free(d);
}

static void
test_folds(void)
{
	struct data *d = make_data(N);
	struct split_side report[7];
	struct ratio r;
	int8_t side[N];
	uint64_t least = N, most = 0;

	ratio_folds(&r, 7);
	split(&d->u, &r, side, report);
	for (int k = 0; k < 7; k++) {
		least = report[k].got < least ? report[k].got : least;
		most = report[k].got > most ? report[k].got : most;
	}
	ok(most - least <= 1, "7 folds of %d differ by one sample at most (%d to %d)", N,
	    (int)least, (int)most);
	free(d);
}

static void
test_ratio_text(void)
{
	static const char *const bad[] = { "", ".", "1.1", "-0.1", "0,8", "0.8x", "80%", "1e-1",
		"0.1234567891", "2" };
	struct ratio r;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!ratio_parse(&r, span_str(bad[i])), "'%s' is no ratio", bad[i]);
	ok(ratio_parse(&r, SPAN("0.80")), "0.80");
	is_int(r.weight[0], 4, "is 4");
	is_int(r.total, 5, "of 5");
	is_int(ratio_target(&r, 1, 118287), 23657, "a fifth of 118287, half up");
	is_int(ratio_target(&r, 0, 118287) + ratio_target(&r, 1, 118287), 118287,
	    "the targets add up");
	is_int(usage_parse(SPAN("train")), USAGE_TRAIN, "train is TRAIN");
	is_int(usage_parse(SPAN("validation")), USAGE_NONE, "validation is no usage");
}

static void
test_by_hash(void)
{
	struct ratio r = ratio_of("0.8"), all = ratio_of("0");
	int n = 0;

	for (size_t i = 0; i < N; i++)
		n += split_by_hash(&r, key_hash(i)) == 1;
	ok(n > 340 && n < 460, "by hash about a fifth is EVAL (%d)", n);
	is_int(split_by_hash(&all, UINT64_MAX), 1, "ratio 0: even the last hash is EVAL");
	/* printf 's\0k' | sha256sum */
	ok(split_hash(SPAN("s"), SPAN("k")) == 0x85e238288c85c328, "the hash is SHA-256's start");
}

static void
test_stream(void)
{
	struct data *d = make_data(N);
	struct ratio r = ratio_of("0.8");
	struct split_stream *s = split_stream_new(&r);
	int8_t side[N];
	int one_sided, total = 0;

	for (size_t i = 0; i < N; i++) {
		side[i] = (int8_t)split_stream_place(
		    s, d->feature + d->start[i], d->start[i + 1] - d->start[i], SIDE_FREE);
		total += side[i] == 1;
	}
	ok(abs(total - 400) <= 1, "one pass: the total is within a sample (%d)", total);
	ok(class_error(d, &r, side, &one_sided) <= 2, "and every class within two");
	split_stream_free(s);
	free(d);
}

int
main(void)
{
	test_ratio_text();
	test_exact_and_even();
	test_small_sets();
	test_all_or_nothing();
	test_growth();
	test_unreachable();
	test_units();
	test_three_sides();
	test_folds();
	test_by_hash();
	test_stream();
	return done_testing();
}
