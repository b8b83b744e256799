/* The plan of a release: see plan.h. */
#include "store/plan.h"

#include <stdlib.h>

#include "base/diag.h"
#include "store/near.h"

enum { HELD = -2, MIXED = -3 };

/* ---- what belongs together: union-find, the smaller number is the root ---- */

static uint32_t
root_of(uint32_t *root, uint32_t i)
{
	while (root[i] != i) {
		root[i] = root[root[i]];
		i = root[i];
	}
	return i;
}

static void
join(uint32_t *root, uint32_t a, uint32_t b)
{
	a = root_of(root, a);
	b = root_of(root, b);
	if (a < b)
		root[b] = a;
	else
		root[a] = b;
}

static int
tie_cmp(const void *a, const void *b)
{
	const struct pool_tie *x = a, *y = b;
	int c = memcmp(x->value, y->value, sizeof(x->value));

	return c ? c : (x->what > y->what) - (x->what < y->what);
}

struct joining {
	uint32_t *root;
	const uint32_t *sample;
};

static void
join_near(void *ctx, uint32_t i, uint32_t j)
{
	struct joining *x = ctx;

	join(x->root, x->sample[i], x->sample[j]);
}

/* Hashes of the pictures that `usage` has (USAGES: all), and whose they are; the caller frees both. */
static size_t
collect_hashes(const struct pool *p, unsigned usages, uint64_t **hash, uint32_t **sample)
{
	size_t n = 0;

	*hash = xreallocarray(NULL, p->n + 1, sizeof(**hash));
	*sample = xreallocarray(NULL, p->n + 1, sizeof(**sample));
	for (size_t k = 0; k < p->n; k++) {
		uint32_t i = p->order[k];

		if (!p->s[i].pictured ||
		    (usages && (p->s[i].usage < 0 || !(usages & 1u << p->s[i].usage))))
			continue;
		(*hash)[n] = p->phash[i];
		(*sample)[n++] = i;
	}
	return n;
}

static void
bind_near(const struct pool *p, uint32_t *root)
{
	uint64_t *hash;
	uint32_t *sample;
	size_t n = collect_hashes(p, 0, &hash, &sample);
	struct joining x = { root, sample };

	near_join(hash, n, (unsigned)p->rules.near - 1, join_near, &x, p->rules.jobs);
	free(hash);
	free(sample);
}

uint64_t
plan_near_leaks(const struct pool *p, unsigned distance, unsigned named)
{
	uint64_t *test, *train, n = 0;
	uint32_t *tests, *trains;
	size_t nt = collect_hashes(p, 1u << USAGE_EVAL | 1u << USAGE_TEST, &test, &tests);
	size_t nr = collect_hashes(p, 1u << USAGE_TRAIN, &train, &trains);
	struct near *found = xreallocarray(NULL, nt + 1, sizeof(*found));

	near_search(test, nt, train, nr, distance, found, p->rules.jobs);
	for (size_t i = 0; i < nt; i++)
		if (found[i].distance <= distance && n++ < named) {
			struct span a = pool_key(p, &p->s[tests[i]]);
			struct span b = pool_key(p, &p->s[trains[found[i].with]]);

			warning_at(POS_NONE, "near-leak",
			    "\"%.*s\" tests and looks like \"%.*s\", which trains (%d of 64 bits differ)",
			    SPAN_ARG(a), SPAN_ARG(b), found[i].distance);
		}
	free(test);
	free(tests);
	free(train);
	free(trains);
	free(found);
	return n;
}

uint32_t *
plan_bind(const struct pool *p)
{
	uint32_t *root = xreallocarray(NULL, p->n + 1, sizeof(*root));

	for (size_t i = 0; i < p->n; i++)
		root[i] = (uint32_t)i;
	for (size_t i = 1; i < p->n; i++)
		if (span_eq(pool_key(p, &p->s[p->order[i]]), pool_key(p, &p->s[p->order[i - 1]])))
			join(root, p->order[i], p->order[i - 1]);
	if (p->nties)
		qsort(p->tie, p->nties, sizeof(*p->tie), tie_cmp);
	for (size_t i = 1; i < p->nties; i++)
		if (tie_cmp(&p->tie[i], &p->tie[i - 1]) == 0)
			join(root, p->tie[i].sample, p->tie[i - 1].sample);
	if (p->rules.near)
		bind_near(p, root);
	for (size_t i = 0; i < p->n; i++)
		root[i] = root_of(root, (uint32_t)i);
	return root;
}

/* ---- what is fixed ---- */

enum usage_policy
plan_usage(const struct plan_options *o)
{
	if (o->usage != USAGE_AUTO)
		return o->usage;
	return o->parent || o->ratio.sides == 0 || o->folds ? USAGE_KEEP : USAGE_RESET;
}

/* The parent's fold is kept; the input's where it is asked for, or where a parent shows what it stands for. */
static int
fold_lock(const struct pooled *s, const struct plan_options *o)
{
	int lock = o->past_folds ? s->past_fold : -1;

	if (lock < 0 && (o->past_folds || o->usage == USAGE_KEEP))
		lock = s->given_fold;
	return s->out || o->usage == USAGE_RESET || lock >= o->ratio.sides ? SIDE_FREE : lock;
}

int
plan_lock(struct pooled *s, const struct plan_options *o)
{
	int lock = s->past != USAGE_NONE ? s->past : s->given;

	if (o->folds) {
		s->out = lock > USAGE_EVAL || (o->apart && !s->labelled);
		return fold_lock(s, o);
	}
	if (plan_usage(o) == USAGE_RESET)
		lock = USAGE_NONE;
	else if (plan_usage(o) == USAGE_REQUIRE)
		lock = s->given;
	s->out = lock >= o->ratio.sides || (lock == USAGE_NONE && o->apart && !s->labelled);
	return lock;
}

/* ---- units ---- */

struct units {
	struct split_units u;
	uint32_t *of; /* unit of each sample; UINT32_MAX: none */
	uint64_t *hash;
	uint32_t *size;
	int8_t *lock;
	bool *grouped;
	size_t *start;
	uint32_t *feature, *amount;
	size_t cap_feature, cap_amount;
};

/* The lock of each root: a side, free, or MIXED when its samples are fixed on more than one. */
static int8_t *
root_locks(struct pool *p, const struct plan_options *o, const uint32_t *root)
{
	int8_t *lock = xmalloc(p->n + 1);

	memset(lock, SIDE_FREE, p->n + 1);
	for (size_t i = 0; i < p->n; i++) {
		int l = plan_lock(&p->s[i], o);

		if (l == USAGE_NONE)
			continue;
		if (lock[root[i]] == SIDE_FREE)
			lock[root[i]] = (int8_t)l;
		else if (lock[root[i]] != l)
			lock[root[i]] = MIXED;
	}
	return lock;
}

static uint32_t
new_unit(struct units *x, const struct pooled *s, int lock)
{
	size_t i = x->u.n++;

	x->hash[i] = s->hash;
	x->grouped[i] = s->grouped;
	x->size[i] = 0;
	x->lock[i] = (int8_t)lock;
	return (uint32_t)i;
}

/*
 * Units in the order of their first keys. Of a unit with samples fixed on two sides each fixed one is a unit
 * by itself, and the others are held back: either side would leak into the other.
 */
static void
number_units(struct units *x, struct pool *p, const struct plan_options *o, const uint32_t *root,
    const int8_t *locks, struct plan_result *result)
{
	uint32_t *unit_of_root = xreallocarray(NULL, p->n + 1, sizeof(*unit_of_root));

	memset(unit_of_root, 255, (p->n + 1) * sizeof(*unit_of_root));
	for (size_t k = 0; k < p->n; k++) {
		uint32_t i = p->order[k], r = root[i], *unit = &unit_of_root[r];
		struct pooled *s = &p->s[i];
		int lock = plan_lock(s, o);

		x->of[i] = UINT32_MAX;
		if (s->out) {
			s->usage = (int8_t)(o->folds ? s->given : lock);
			continue;
		}
		if (locks[r] == MIXED && lock == USAGE_NONE) {
			s->out = true;
			s->usage = (int8_t)(o->folds ? s->given : HELD);
			result->held++;
			continue;
		}
		if (locks[r] == MIXED)
			x->of[i] = new_unit(x, s, lock);
		else if (*unit == UINT32_MAX)
			x->of[i] = *unit = new_unit(x, s, locks[r]);
		else
			x->of[i] = *unit;
		if (s->grouped && !x->grouped[x->of[i]]) {
			x->grouped[x->of[i]] = true;
			x->hash[x->of[i]] = s->hash;
		}
		x->size[x->of[i]]++;
	}
	free(unit_of_root);
	for (size_t i = 0; i < p->n; i++)
		result->conflicts += root[i] == i && locks[i] == MIXED;
}

/* ---- features: the classes; "nobody labelled it"; "hard"; the classes counted in boxes ---- */

static void
add_feature(struct units *x, size_t first, size_t *n, size_t feature, uint32_t amount)
{
	for (size_t k = first; k < *n; k++)
		if (x->feature[k] == feature) {
			x->amount[k] += amount;
			return;
		}
	x->feature = grow(x->feature, &x->cap_feature, *n + 1, sizeof(*x->feature));
	x->amount = grow(x->amount, &x->cap_amount, *n + 1, sizeof(*x->amount));
	x->feature[*n] = (uint32_t)feature;
	x->amount[(*n)++] = amount;
}

static void
sample_features(struct units *x, const struct pool *p, const struct plan_options *o, uint32_t i,
    size_t first, size_t *n)
{
	const struct pooled *s = &p->s[i];
	size_t names = p->names.n;

	for (uint64_t k = s->label; k < p->s[i + 1].label; k++)
		add_feature(x, first, n, p->label[k].name, 1);
	if (!s->labelled)
		add_feature(x, first, n, names, 1);
	if (s->hard && o->hard)
		add_feature(x, first, n, names + 1, 1);
	for (uint64_t k = s->label; o->boxes && k < p->s[i + 1].label; k++)
		add_feature(x, first, n, names + 2 + p->label[k].name, p->label[k].boxes);
}

/* Samples of a unit one after the other; those of one unit need not be neighbours in the order of keys. */
static uint32_t *
by_unit(const struct units *x, const struct pool *p)
{
	uint32_t *list = xreallocarray(NULL, p->n + 1, sizeof(*list));
	size_t *at = xcalloc(x->u.n + 1, sizeof(*at));

	for (size_t u = 0; u < x->u.n; u++)
		at[u + 1] = at[u] + x->size[u];
	for (size_t k = 0; k < p->n; k++)
		if (x->of[p->order[k]] != UINT32_MAX)
			list[at[x->of[p->order[k]]]++] = p->order[k];
	free(at);
	return list;
}

static void
collect_features(struct units *x, const struct pool *p, const struct plan_options *o)
{
	uint32_t *list = by_unit(x, p);
	size_t n = 0, i = 0;

	for (size_t u = 0; u < x->u.n; u++) {
		x->start[u] = n;
		for (uint32_t k = 0; k < x->size[u]; k++)
			sample_features(x, p, o, list[i++], x->start[u], &n);
	}
	x->start[x->u.n] = n;
	x->u.classes = p->names.n + 2;
	x->u.features = x->u.classes + (o->boxes ? p->names.n : 0);
	x->u.start = x->start;
	x->u.feature = x->feature;
	x->u.amount = x->amount;
	free(list);
}

static void
units_init(struct units *x, size_t n)
{
	*x = (struct units){ .of = xreallocarray(NULL, n + 1, sizeof(uint32_t)) };
	x->hash = xreallocarray(NULL, n + 1, sizeof(*x->hash));
	x->size = xreallocarray(NULL, n + 1, sizeof(*x->size));
	x->start = xreallocarray(NULL, n + 1, sizeof(*x->start));
	x->lock = xmalloc(n + 1);
	x->grouped = xreallocarray(NULL, n + 1, sizeof(*x->grouped));
	x->u.hash = x->hash;
	x->u.size = x->size;
	x->u.lock = x->lock;
}

static void
units_release(struct units *x)
{
	free(x->of);
	free(x->hash);
	free(x->size);
	free(x->lock);
	free(x->grouped);
	free(x->start);
	free(x->feature);
	free(x->amount);
}

/* ---- the whole ---- */

static void
place_units(
    struct pool *p, const struct plan_options *o, const struct units *x, struct plan_result *result)
{
	int8_t *side = xmalloc(x->u.n + 1);

	split(&x->u, &o->ratio, side, result->side);
	for (size_t i = 0; i < p->n; i++)
		if (x->of[i] == UINT32_MAX)
			continue;
		else if (!o->folds)
			p->s[i].usage = side[x->of[i]];
		else {
			p->s[i].usage = p->s[i].given;
			p->s[i].fold = side[x->of[i]];
		}
	free(side);
}

static void
plan_exact(struct pool *p, const struct plan_options *o, struct plan_result *result)
{
	uint32_t *root = plan_bind(p);
	int8_t *locks = root_locks(p, o, root);
	struct units x;

	units_init(&x, p->n);
	number_units(&x, p, o, root, locks, result);
	free(locks);
	free(root);
	if (o->stratify)
		collect_features(&x, p, o);
	place_units(p, o, &x, result);
	result->units = x.u.n;
	units_release(&x);
}

/* By the classes of the sample; without any, "nobody labelled it" is its class. */
static int
place_stream(const struct pool *p, size_t i, const struct plan_options *o,
    struct split_stream *stream, int lock)
{
	const struct pooled *s = &p->s[i];
	uint32_t *f = xreallocarray(NULL, s[1].label - s->label + 1, sizeof(*f));
	size_t n = 0;
	int side;

	for (uint64_t k = s->label; o->stratify && k < s[1].label; k++)
		f[n++] = p->label[k].name + 1;
	if (o->stratify && !s->labelled)
		f[n++] = 0;
	side = split_stream_place(stream, f, n, lock);
	free(f);
	return side;
}

void
plan_each(struct pool *p, const struct plan_options *o, struct split_stream *stream,
    struct plan_result *result)
{
	for (size_t i = 0; i < p->n; i++) {
		struct pooled *s = &p->s[i];
		int lock = plan_lock(s, o), side = lock;

		if (!s->out && stream)
			side = place_stream(p, i, o, stream, lock);
		else if (!s->out && lock == USAGE_NONE && o->ratio.sides)
			side = split_by_hash(&o->ratio, s->hash);
		s->usage = (int8_t)side;
		if (s->out || side < 0)
			continue;
		result->side[side].got++;
		if (lock == USAGE_NONE)
			result->side[side].free++;
		else
			result->side[side].locked++;
	}
}

static void
fix_targets(const struct plan_options *o, struct plan_result *r)
{
	uint64_t n = 0;

	for (int s = 0; s < o->ratio.sides; s++)
		n += r->side[s].got;
	for (int s = 0; s < o->ratio.sides; s++)
		r->side[s].target = ratio_target(&o->ratio, s, n);
}

static int
fold_before(const struct pooled *s)
{
	return s->past_fold >= 0 ? s->past_fold : s->given_fold;
}

static void
count_result(struct pool *p, const struct plan_options *o, struct plan_result *r)
{
	enum { TESTED = 1 << USAGE_EVAL | 1 << USAGE_TEST, TRAINED = 1 << USAGE_TRAIN };

	for (size_t i = 0; i < p->n; i++) {
		struct pooled *s = &p->s[i];

		if (s->usage == HELD)
			s->usage = USAGE_NONE;
		if (s->past != USAGE_NONE && s->usage == s->past)
			r->overruled += s->given != USAGE_NONE && s->given != s->usage;
		r->cleared += s->given != USAGE_NONE && plan_usage(o) == USAGE_RESET && !o->folds;
		r->refolded += o->folds && fold_before(s) >= 0 && s->fold != fold_before(s);
		r->missing += s->given == USAGE_NONE && plan_usage(o) == USAGE_REQUIRE;
		r->reentered += s->usage == USAGE_TRAIN && (s->ever & TESTED) != 0;
		r->spoiled +=
		    (s->usage == USAGE_EVAL || s->usage == USAGE_TEST) && (s->ever & TRAINED) != 0;
	}
}

void
plan_release(struct pool *p, const struct plan_options *o, struct plan_result *result)
{
	struct split_stream *stream = NULL;

	*result = (struct plan_result){ .units = 0 };
	if (o->ratio.sides && o->rule == SPLIT_EXACT) {
		plan_exact(p, o, result);
	} else {
		if (o->ratio.sides && o->rule == SPLIT_STREAM)
			stream = split_stream_new(&o->ratio);
		plan_each(p, o, stream, result);
		fix_targets(o, result);
		split_stream_free(stream);
	}
	count_result(p, o, result);
}
