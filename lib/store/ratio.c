/* The shares of a split: see ratio.h. */
#include "store/ratio.h"

#include <strings.h>

const char *const usage_name[USAGES] = { "TRAIN", "EVAL", "TEST", "INFERENCE" };

enum usage
usage_parse(struct span text)
{
	for (int i = 0; i < USAGES; i++)
		if (strlen(usage_name[i]) == text.n &&
		    strncasecmp(text.p, usage_name[i], text.n) == 0)
			return (enum usage)i;
	return USAGE_NONE;
}

enum { DECIMALS = 9 };

static const uint64_t one = 1000000000; /* 10^DECIMALS */

/* A decimal number from 0 to 1 as billionths. */
static bool
parse_share(struct span s, uint64_t *share)
{
	size_t i = 0, digits = 0, decimals = 0;
	uint64_t v = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && v <= 1; i++, digits++)
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	if (i < s.n && s.p[i] == '.')
		for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && decimals < DECIMALS;
		     i++, digits++, decimals++)
			v = v * 10 + (uint64_t)(s.p[i] - '0');
	if (i < s.n || digits == 0)
		return false;
	for (; decimals < DECIMALS; decimals++)
		v *= 10;
	*share = v;
	return v <= one;
}

static uint64_t
gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* Small numbers read better in a version's description: 4 and 1 of 5. */
static void
reduce(struct ratio *r)
{
	uint64_t g = r->total;

	for (int i = 0; i < r->sides; i++)
		g = gcd(r->weight[i], g);
	for (int i = 0; i < r->sides; i++)
		r->weight[i] /= g;
	r->total /= g;
}

bool
ratio_parse(struct ratio *r, struct span text)
{
	uint64_t train;

	if (!parse_share(text, &train))
		return false;
	*r = (struct ratio){ .weight = { train, one - train }, .total = one, .sides = 2 };
	reduce(r);
	return true;
}

bool
ratio_parse_list(struct ratio *r, struct span text, const char **why)
{
	struct span item, name;
	uint64_t sum = 0, share;
	bool seen[USAGES] = { false };

	*r = (struct ratio){ .total = one, .sides = 2 };
	while (span_cut(&text, ',', &item)) {
		enum usage u;

		*why = "give shares as train=0.7,eval=0.2,test=0.1";
		if (!span_cut(&item, '=', &name) || !item.p)
			return false;
		u = usage_parse(name);
		if (u == USAGE_NONE || u == USAGE_INFERENCE || seen[u] ||
		    !parse_share(item, &share))
			return false;
		seen[u] = true;
		r->weight[u] = share;
		sum += share;
		if ((int)u >= r->sides)
			r->sides = (int)u + 1;
	}
	*why = "the shares must add up to 1";
	if (sum != one)
		return false;
	reduce(r);
	return true;
}

void
ratio_folds(struct ratio *r, int k)
{
	*r = (struct ratio){ .total = (uint64_t)k, .sides = k };
	for (int i = 0; i < k; i++)
		r->weight[i] = 1;
}

uint64_t
ratio_from(const struct ratio *r, int side)
{
	uint64_t sum = 0;

	for (; side < r->sides; side++)
		sum += r->weight[side];
	return sum;
}

static uint64_t
half_up(uint64_t n, uint64_t num, uint64_t den)
{
	return (uint64_t)((2 * (__uint128_t)n * num + den) / (2 * (__uint128_t)den));
}

uint64_t
ratio_target(const struct ratio *r, int side, uint64_t n)
{
	return half_up(n, ratio_from(r, side), r->total) -
	       half_up(n, ratio_from(r, side + 1), r->total);
}
