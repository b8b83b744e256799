/*
 * The split: see split.h.
 *
 * One round cuts one side off: E is what it has of each feature, T what it should have, d = E - T. The
 * cost is the sum of w d^2 with w = 2^32 / all, so that one sample of a rare class weighs more than one of a
 * common class; the total counts as a feature of four times its weight. A unit is moved when that lowers
 * the cost. w |d| and w a are at most 2^34, so the sums below cannot overflow 128 bits.
 */
#include "store/split.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/sha256.h"

enum { SWEEPS_MAX = 16, SWAP_WORK = 8 << 20 };

typedef __int128 cost;

/* What a round knows of a feature. */
struct tally {
	uint64_t n;     /* amount among the units of this round */
	uint64_t units; /* that have it */
	int64_t d;      /* amount on the side that is cut off, less the target */
	int64_t w, wd;  /* weight, weight * d */
	int64_t
	    low; /* d when the side has only one; below it the side would be without the feature */
	int64_t high; /* d when the others have only one each */
};

struct round {
	const struct split_units *u;
	int8_t *side; /* of all units; 0 .. cut: not placed on a later side */
	int cut;      /* the side that is cut off */
	struct tally total, *f;
	uint32_t *order; /* the free units, nearest to the threshold first */
	size_t nfree;
};

static inline uint32_t
unit_size(const struct split_units *u, size_t i)
{
	return u->size ? u->size[i] : 1;
}

static inline uint32_t
unit_amount(const struct split_units *u, size_t k)
{
	return u->amount ? u->amount[k] : 1;
}

static inline size_t
unit_first(const struct split_units *u, size_t i)
{
	return u->start ? u->start[i] : 0;
}

static inline bool
in_round(const struct round *r, size_t i)
{
	return r->side[i] <= r->cut;
}

/* ---- the order in which free units are looked at ---- */

struct __attribute__((packed)) distance { /* of 12 bytes: there are two a unit */
	uint64_t d;
	uint32_t unit;
};

/* Stable, so units of one distance stay in the order of their keys. */
static void
radix_sort(struct distance *a, size_t n)
{
	struct distance *b = xreallocarray(NULL, n ? n : 1, sizeof(*b)), *from = a, *to = b, *t;
	size_t count[256], sum, c;

	for (unsigned shift = 0; shift < 64; shift += 8) {
		memset(count, 0, sizeof(count));
		for (size_t i = 0; i < n; i++)
			count[from[i].d >> shift & 255]++;
		for (size_t k = sum = 0; k < 256; k++) {
			c = count[k];
			count[k] = sum;
			sum += c;
		}
		for (size_t i = 0; i < n; i++)
			to[count[from[i].d >> shift & 255]++] = from[i];
		t = from;
		from = to;
		to = t;
	}
	free(b); /* eight passes: the result is back in a */
}

/* The hash below which the sides from `side` on lie; saturates when they are everything. */
static uint64_t
threshold(const struct ratio *ratio, int side)
{
	__uint128_t t = ((__uint128_t)ratio_from(ratio, side) << 64) / ratio->total;

	return t > UINT64_MAX ? UINT64_MAX : (uint64_t)t;
}

static void
order_free(struct round *r, uint64_t limit)
{
	const struct split_units *u = r->u;
	struct distance *a = xreallocarray(NULL, u->n ? u->n : 1, sizeof(*a));

	r->nfree = 0;
	for (size_t i = 0; i < u->n; i++) {
		uint64_t h = u->hash[i];

		if (!in_round(r, i) || (u->lock && u->lock[i] != SIDE_FREE))
			continue;
		a[r->nfree++] = (struct distance){ h < limit ? limit - h : h - limit, (uint32_t)i };
	}
	radix_sort(a, r->nfree);
	r->order = xreallocarray(NULL, r->nfree ? r->nfree : 1, sizeof(*r->order));
	for (size_t i = 0; i < r->nfree; i++)
		r->order[i] = a[i].unit;
	free(a);
}

/* ---- targets ---- */

/* Everyone to the side of his hash or his lock: cut, or 0 for those that stay in the game. */
static void
place_prior(struct round *r, const struct ratio *ratio, uint64_t limit)
{
	const struct split_units *u = r->u;
	bool all = ratio_from(ratio, r->cut) == ratio->total;

	for (size_t i = 0; i < u->n; i++) {
		int lock = u->lock ? u->lock[i] : SIDE_FREE;
		bool cut = all || u->hash[i] < limit;

		if (in_round(r, i))
			r->side[i] =
			    (int8_t)((lock == SIDE_FREE ? cut : lock == r->cut) ? r->cut : 0);
	}
}

static void
count_unit(struct round *r, size_t i)
{
	const struct split_units *u = r->u;
	bool cut = r->side[i] == r->cut;
	uint32_t size = unit_size(u, i);

	r->total.n += size;
	r->total.units++;
	r->total.d += cut ? size : 0;
	for (size_t k = unit_first(u, i); k < unit_first(u, i + 1); k++) {
		struct tally *t = &r->f[u->feature[k]];
		uint32_t a = unit_amount(u, k);

		t->n += a;
		t->units++;
		t->d += cut ? a : 0;
	}
}

/*
 * `all` is the amount in all rounds, of which the share is taken; t->n is what this round still has. A class
 * with a unit for this side and one for each side that is still to come shall be on all of them.
 */
static void
set_target(struct tally *t, const struct ratio *ratio, int cut, uint64_t all, bool floor)
{
	int64_t target = (int64_t)ratio_target(ratio, cut, all), n = (int64_t)t->n;

	t->low = INT64_MIN;
	t->high = INT64_MAX;
	if (floor && ratio->weight[cut] > 0 && ratio->weight[cut] < ratio->total) {
		if (t->units > (uint64_t)cut) {
			target = target > n - cut ? n - cut : target;
			target = target < 1 ? 1 : target;
			t->low = 1 - target;
			t->high = n - cut - target;
		} else if (t->units == 1) {
			target = 0; /* one unit: it stays with side 0 */
		}
	}
	t->w = (int64_t)(((uint64_t)1 << 32) / (all ? all : 1));
	t->d -= target;
}

static void
set_targets(struct round *r, const struct ratio *ratio, const uint64_t *all)
{
	const struct split_units *u = r->u;

	set_target(&r->total, ratio, r->cut, all[u->features], false);
	r->total.w *= 4;
	r->total.wd = r->total.w * r->total.d;
	for (size_t c = 0; c < u->features; c++) {
		set_target(&r->f[c], ratio, r->cut, all[c], c < u->classes);
		if (c >= u->classes)
			r->f[c].w /= 2;
		r->f[c].wd = r->f[c].w * r->f[c].d;
	}
}

/* ---- moving units ---- */

/* The change of the cost when `a` of the feature go to the cut side (sign 1) or leave it (-1). */
static inline cost
gain(const struct tally *t, int sign, uint32_t a)
{
	return (cost)(2 * sign * t->wd + t->w * a) * a;
}

static cost
unit_gain(const struct round *r, size_t i, int sign)
{
	const struct split_units *u = r->u;
	cost g = gain(&r->total, sign, unit_size(u, i));

	for (size_t k = unit_first(u, i), end = unit_first(u, i + 1); k < end; k++)
		g += gain(&r->f[u->feature[k]], sign, unit_amount(u, k));
	return g;
}

static inline void
shift(struct tally *t, int64_t by)
{
	t->d += by;
	t->wd += t->w * by;
}

static inline int
move_sign(const struct round *r, size_t i)
{
	return r->side[i] == r->cut ? -1 : 1;
}

static void
unit_move(struct round *r, size_t i)
{
	const struct split_units *u = r->u;
	int sign = move_sign(r, i);

	r->side[i] = (int8_t)(sign > 0 ? r->cut : 0);
	shift(&r->total, sign * (int64_t)unit_size(u, i));
	for (size_t k = unit_first(u, i); k < unit_first(u, i + 1); k++)
		shift(&r->f[u->feature[k]], sign * (int64_t)unit_amount(u, k));
}

static bool
on_target(const struct round *r)
{
	if (r->total.d != 0)
		return false;
	for (size_t c = 0; c < r->u->features; c++)
		if (r->f[c].d != 0)
			return false;
	return true;
}

/* Each move lowers a whole number that is not negative, so this ends; the limit is for the long tail. */
static uint64_t
repair(struct round *r, unsigned *sweeps)
{
	uint64_t moves = 0, before;

	for (*sweeps = 0; *sweeps < SWEEPS_MAX && !on_target(r); ++*sweeps) {
		before = moves;
		for (size_t k = 0; k < r->nfree; k++)
			if (unit_gain(r, r->order[k], move_sign(r, r->order[k])) < 0) {
				unit_move(r, r->order[k]);
				moves++;
			}
		if (moves == before)
			break;
	}
	return moves;
}

/*
 * May the unit move for the sake of something else? Not when that leaves a class on one side only, nor when it takes a
 * class further from its target than that something is worth: so many percent of the class, and so many samples.
 */
enum worth { WORTH_LITTLE = 1, WORTH_MUCH = 10, WORTH_ALL = INT32_MAX };

static bool
may_move(const struct round *r, size_t i, int sign, enum worth worth)
{
	const struct split_units *u = r->u;

	for (size_t k = unit_first(u, i); k < unit_first(u, i + 1); k++) {
		const struct tally *t = &r->f[u->feature[k]];
		int64_t d = t->d + sign * (int64_t)unit_amount(u, k);
		int64_t room = (int64_t)(t->n * worth / 100) + worth / 3 + 1;

		if (llabs(d) > llabs(t->d) && llabs(d) > room)
			return false;
		if ((sign < 0 && d < t->low && t->d >= t->low) ||
		    (sign > 0 && d > t->high && t->d <= t->high))
			return false;
	}
	return true;
}

/* The cheapest unit, in the order of looking, that goes in direction `sign` and that `wanted` takes. */
static size_t
cheapest(const struct round *r, int sign, uint64_t size_max, long feature, enum worth worth)
{
	const struct split_units *u = r->u;
	size_t best = SIZE_MAX;
	cost least = 0;

	for (size_t k = 0; k < r->nfree; k++) {
		size_t i = r->order[k], m = unit_first(u, i), end = unit_first(u, i + 1);
		cost g;

		if (move_sign(r, i) != sign || unit_size(u, i) > size_max)
			continue;
		if (feature >= 0) {
			while (m < end && u->feature[m] != (uint32_t)feature)
				m++;
			if (m == end)
				continue;
		}
		g = unit_gain(r, i, sign);
		if ((best == SIZE_MAX || g < least) && may_move(r, i, sign, worth)) {
			best = i;
			least = g;
		}
	}
	return best;
}

/* A class that is still on one side only gets the unit that costs least. */
static uint64_t
repair_one_sided(struct round *r)
{
	uint64_t moves = 0;
	size_t i;

	for (size_t c = 0; c < r->u->classes; c++) {
		const struct tally *t = &r->f[c];
		int sign = t->d < t->low ? 1 : t->d > t->high ? -1 : 0;

		if (sign == 0)
			continue;
		i = cheapest(r, sign, UINT64_MAX, (long)c, WORTH_LITTLE);
		if (i == SIZE_MAX)
			i = cheapest(r, sign, UINT64_MAX, (long)c, WORTH_ALL);
		if (i == SIZE_MAX)
			continue;
		unit_move(r, i);
		moves++;
	}
	return moves;
}

/* Samples of free units that could go in direction `sign`. */
static uint64_t
movable(const struct round *r, int sign)
{
	uint64_t n = 0;

	for (size_t k = 0; k < r->nfree; k++)
		if (move_sign(r, r->order[k]) == sign)
			n += unit_size(r->u, r->order[k]);
	return n;
}

/*
 * Make the total exact when that can be done; when it cannot, leave the classes in peace: forcing what is
 * free into one side would flood it.
 */
static uint64_t
repair_total(struct round *r)
{
	uint64_t moves = 0;
	size_t i;

	if (r->total.d == 0 || movable(r, r->total.d < 0 ? 1 : -1) < (uint64_t)llabs(r->total.d))
		return 0;
	while (r->total.d != 0) {
		int sign = r->total.d < 0 ? 1 : -1;
		uint64_t most = (uint64_t)llabs(r->total.d);

		i = cheapest(r, sign, most, -1, WORTH_LITTLE);
		if (i == SIZE_MAX)
			i = cheapest(r, sign, most, -1, WORTH_MUCH);
		if (i == SIZE_MAX)
			break;
		unit_move(r, i);
		moves++;
	}
	return moves;
}

/* ---- swapping two units, where no single move helps any more ---- */

/* Would moving the unit bring something that is off nearer to its target? */
static bool
helps(const struct round *r, size_t i)
{
	const struct split_units *u = r->u;
	int sign = move_sign(r, i);

	if (sign * r->total.d < 0)
		return true;
	for (size_t k = unit_first(u, i); k < unit_first(u, i + 1); k++)
		if (sign * r->f[u->feature[k]].d < 0)
			return true;
	return false;
}

static size_t
count_one_sided(const struct round *r)
{
	size_t n = 0;

	for (size_t c = 0; c < r->u->classes; c++)
		n += r->f[c].d < r->f[c].low || r->f[c].d > r->f[c].high;
	return n;
}

/*
 * Move unit i, and the first unit of the other side that makes the whole better; the total stays as near, and no class
 * becomes one-sided. False: there is none, or no work is left, and i stays.
 */
static bool
swap_unit(struct round *r, size_t i, int64_t *work)
{
	const struct split_units *u = r->u;
	int sign = move_sign(r, i);
	int64_t off = llabs(r->total.d);
	size_t lost = count_one_sided(r);
	cost g = unit_gain(r, i, sign);

	unit_move(r, i);
	for (size_t k = 0; k<r->nfree && * work> 0; k++) {
		size_t j = r->order[k];

		if (j == i || move_sign(r, j) == sign)
			continue;
		*work -= 1 + (int64_t)(unit_first(u, j + 1) - unit_first(u, j));
		if (g + unit_gain(r, j, -sign) >= 0)
			continue;
		unit_move(r, j);
		if (llabs(r->total.d) <= off && count_one_sided(r) <= lost)
			return true;
		unit_move(r, j);
	}
	unit_move(r, i);
	return false;
}

/* As long as there is a swap that helps; the bound on the work keeps it from growing with the square of the units. */
static uint64_t
repair_swaps(struct round *r)
{
	int64_t work = SWAP_WORK + 16 * (int64_t)r->nfree;
	uint64_t moves = 0, before = 1;

	while (before != moves && work > 0 && !on_target(r)) {
		before = moves;
		for (size_t k = 0; k < r->nfree && work > 0; k++)
			if (helps(r, r->order[k]) && swap_unit(r, r->order[k], &work))
				moves += 2;
	}
	return moves;
}

/* ---- the whole ---- */

static void
cut_side(struct round *r, const struct ratio *ratio, const uint64_t *all, struct split_side *report)
{
	const struct split_units *u = r->u;
	uint64_t limit = threshold(ratio, r->cut);

	r->total = (struct tally){ .n = 0 };
	memset(r->f, 0, u->features * sizeof(*r->f));
	place_prior(r, ratio, limit);
	for (size_t i = 0; i < u->n; i++)
		if (in_round(r, i))
			count_unit(r, i);
	set_targets(r, ratio, all);
	order_free(r, limit);
	report->moves = repair(r, &report->sweeps);
	report->moves += repair_one_sided(r);
	report->moves += repair_total(r);
	report->moves += repair_swaps(r);
	free(r->order);
}

/* The amount of each feature in all units, and behind them the number of samples. */
static uint64_t *
count_all(const struct split_units *u)
{
	uint64_t *all = xcalloc(u->features + 1, sizeof(*all));

	for (size_t i = 0; i < u->n; i++) {
		all[u->features] += unit_size(u, i);
		for (size_t k = unit_first(u, i); k < unit_first(u, i + 1); k++)
			all[u->feature[k]] += unit_amount(u, k);
	}
	return all;
}

static void
report_sides(const struct split_units *u, const struct ratio *ratio, const int8_t *side,
    uint64_t samples, struct split_side *report)
{
	for (int s = 0; s < ratio->sides; s++)
		report[s].target = ratio_target(ratio, s, samples);
	for (size_t i = 0; i < u->n; i++) {
		struct split_side *s = &report[side[i]];

		s->got += unit_size(u, i);
		if (u->lock && u->lock[i] != SIDE_FREE)
			s->locked += unit_size(u, i);
		else
			s->free += unit_size(u, i);
	}
}

void
split(
    const struct split_units *u, const struct ratio *ratio, int8_t *side, struct split_side *report)
{
	uint64_t *all = count_all(u);
	struct round r = { .u = u, .side = side };

	r.f = xcalloc(u->features + 1, sizeof(*r.f));
	memset(side, 0, u->n);
	for (int s = 0; s < ratio->sides; s++)
		report[s] = (struct split_side){ .target = 0 };
	for (r.cut = ratio->sides - 1; r.cut > 0; r.cut--)
		cut_side(&r, ratio, all, &report[r.cut]);
	report_sides(u, ratio, side, all[u->features], report);
	free(r.f);
	free(all);
}

uint64_t
split_hash(struct span seed, struct span key)
{
	unsigned char digest[SHA256_SIZE];
	struct buf b = BUF_INIT;
	uint64_t h = 0;

	buf_addspan(&b, seed);
	buf_addc(&b, '\0');
	buf_addspan(&b, key);
	sha256_bytes(b.p, b.n, digest);
	buf_release(&b);
	for (int i = 0; i < 8; i++)
		h = h << 8 | digest[i];
	return h;
}

int
split_by_hash(const struct ratio *ratio, uint64_t hash)
{
	for (int side = ratio->sides - 1; side > 0; side--)
		if (ratio_from(ratio, side) == ratio->total || hash < threshold(ratio, side))
			return side;
	return 0;
}

/* ---- one pass ---- */

/*
 * For each feature the samples seen, and for each side x = total * on this side - weight * seen: how far it is
 * ahead of its share. Feature 0 is "every sample", of four times the weight.
 */
struct split_stream {
	struct ratio ratio;
	uint64_t *seen;
	__int128 *x; /* features * sides */
	size_t features, cap, xcap;
};

struct split_stream *
split_stream_new(const struct ratio *ratio)
{
	struct split_stream *s = xcalloc(1, sizeof(*s));

	s->ratio = *ratio;
	return s;
}

static void
stream_room(struct split_stream *s, size_t features)
{
	size_t sides = (size_t)s->ratio.sides, had = s->features;

	if (features <= had)
		return;
	s->seen = grow(s->seen, &s->cap, features, sizeof(*s->seen));
	s->x = grow(s->x, &s->xcap, features * sides, sizeof(*s->x));
	memset(s->seen + had, 0, (features - had) * sizeof(*s->seen));
	memset(s->x + had * sides, 0, (features - had) * sides * sizeof(*s->x));
	s->features = features;
}

/* How much a feature is against one more on `side`: ahead of its share is positive. */
static __int128
stream_cost(const struct split_stream *s, size_t f, int side)
{
	__int128 x = s->x[f * (size_t)s->ratio.sides + (size_t)side];
	int64_t w = (int64_t)(((uint64_t)(f == 0 ? 4 : 1) << 32) / (s->seen[f] + 1));

	return w * (x - (__int128)s->ratio.weight[side]);
}

static void
stream_count(struct split_stream *s, size_t f, int side)
{
	__int128 *x = s->x + f * (size_t)s->ratio.sides;

	s->seen[f]++;
	for (int i = 0; i < s->ratio.sides; i++)
		x[i] += (i == side ? (__int128)s->ratio.total : 0) - (__int128)s->ratio.weight[i];
}

int
split_stream_place(struct split_stream *s, const uint32_t *feature, size_t n, int lock)
{
	int best = lock;
	__int128 least = 0;

	stream_room(s, 1);
	for (size_t k = 0; k < n; k++)
		stream_room(s, (size_t)feature[k] + 2);
	for (int side = 0; lock == SIDE_FREE && side < s->ratio.sides; side++) {
		__int128 c = stream_cost(s, 0, side);

		for (size_t k = 0; k < n; k++)
			c += stream_cost(s, (size_t)feature[k] + 1, side);
		if (s->ratio.weight[side] > 0 && (best == SIDE_FREE || c < least)) {
			best = side;
			least = c;
		}
	}
	stream_count(s, 0, best);
	for (size_t k = 0; k < n; k++)
		stream_count(s, (size_t)feature[k] + 1, best);
	return best;
}

void
split_stream_free(struct split_stream *s)
{
	if (s == NULL)
		return;
	free(s->seen);
	free(s->x);
	free(s);
}
