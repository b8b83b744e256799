/* Masks as runs: see rle.h. */
#include "record/rle.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "json/json.h"
#include "json/write.h"

void
rle_release(struct rle *r)
{
	free(r->run);
	*r = (struct rle){ .run = NULL };
}

bool
rle_start(struct rle *r, uint64_t h, uint64_t w)
{
	r->n = 0;
	if (h > UINT32_MAX || w > UINT32_MAX || (w && h > UINT32_MAX / w))
		return false;
	r->h = (uint32_t)h;
	r->w = (uint32_t)w;
	return true;
}

static void
add_run(struct rle *r, uint32_t length)
{
	r->run = grow(r->run, &r->cap, r->n + 1, sizeof(*r->run));
	r->run[r->n++] = length;
}

void
rle_push(struct rle *r, bool bit, uint32_t length)
{
	if (length == 0)
		return;
	if (r->n > 0 && ((r->n - 1) & 1) == bit) {
		r->run[r->n - 1] += length;
		return;
	}
	if ((r->n & 1) != bit)
		add_run(r, 0);
	add_run(r, length);
}

/* ---- the JSON of records ---- */

static const char *
parse_list(struct rle *r, struct json *j, uint64_t *sum)
{
	struct span text;
	uint64_t run;

	while (json_item(j)) {
		if (!json_number(j, &text) || !num_parse_u64(text, &run) || run > UINT32_MAX)
			return "counts must be whole numbers from 0 on";
		add_run(r, (uint32_t)run);
		*sum += run;
	}
	return NULL;
}

static const char *
parse_string(struct rle *r, struct span s, uint64_t *sum)
{
	const char *p = s.p, *end = s.p + s.n;

	while (p < end) {
		int64_t x = 0;
		unsigned shift = 0, c;

		do {
			/* a run and its difference to another fit 33 bits: seven groups */
			if (p == end || shift > 30 || *p < 48 || *p > 111)
				return "counts is no compressed RLE";
			c = (unsigned)(*p++ - 48);
			x |= (int64_t)(c & 31) << shift;
			shift += 5;
		} while (c & 32);
		if (c & 16)
			x -= (int64_t)1 << shift;
		if (r->n > 2)
			x += r->run[r->n - 2];
		if (x < 0 || x > UINT32_MAX)
			return "counts is no compressed RLE";
		add_run(r, (uint32_t)x);
		*sum += (uint64_t)x;
	}
	return NULL;
}

const char *
rle_parse(struct rle *r, struct span json)
{
	struct span counts = json_member(json, "counts");
	const char *why = "an RLE needs \"size\":[h,w] and \"counts\"";
	struct buf scratch = BUF_INIT;
	uint64_t sum = 0;
	struct json j;
	double size[2];

	if (json_numbers(json_member(json, "size"), size, 2) != 2 || !counts.p)
		return why;
	if (!(size[0] >= 0 && size[1] >= 0 && size[0] <= UINT32_MAX && size[1] <= UINT32_MAX) ||
	    !rle_start(r, (uint64_t)size[0], (uint64_t)size[1]))
		return "the size of the RLE is too large";
	if (json_type_of(counts) == JSON_STRING) {
		why = parse_string(r, json_value_text(counts, &scratch), &sum);
	} else if (json_type_of(counts) == JSON_ARRAY) {
		json_begin(&j, counts);
		json_array(&j);
		why = parse_list(r, &j, &sum);
	}
	buf_release(&scratch);
	if (!why && sum != (uint64_t)r->h * r->w)
		why = "the sum of the counts is not height * width";
	return why;
}

static struct rle
trimmed(const struct rle *r) /* without a last run of 0, merged */
{
	struct rle t = { .h = r->h, .w = r->w };

	for (size_t i = 0; i < r->n; i++)
		rle_push(&t, i & 1, r->run[i]);
	return t;
}

bool
rle_same(struct span a, struct span b)
{
	struct rle x = { .run = NULL }, y = { .run = NULL };
	bool same = false;

	if (!rle_parse(&x, a) && !rle_parse(&y, b)) {
		struct rle s = trimmed(&x), t = trimmed(&y);

		same = s.h == t.h && s.w == t.w && s.n == t.n &&
		       (s.n == 0 || memcmp(s.run, t.run, s.n * sizeof(*s.run)) == 0);
		rle_release(&s);
		rle_release(&t);
	}
	rle_release(&x);
	rle_release(&y);
	return same;
}

void
rle_write_string(struct buf *b, const struct rle *r)
{
	for (size_t i = 0; i < r->n; i++) {
		int64_t x = r->run[i];
		bool more = true;

		if (i > 2)
			x -= r->run[i - 2];
		while (more) {
			unsigned c = x & 31;

			x >>= 5;
			more = c & 16 ? x != -1 : x != 0;
			c = (c | (more ? 32u : 0)) + 48;
			if (c == '\\')
				buf_addc(b, '\\');
			buf_addc(b, (char)c);
		}
	}
}

void
rle_write(struct buf *b, const struct rle *r, bool compressed)
{
	jw_open(b, '{');
	jw_key(b, "size");
	jw_open(b, '[');
	jw_u64(b, r->h);
	jw_u64(b, r->w);
	jw_close(b, ']');
	jw_key(b, "counts");
	if (compressed) {
		buf_addc(b, '"');
		rle_write_string(b, r);
		buf_addc(b, '"');
	} else {
		jw_open(b, '[');
		for (size_t i = 0; i < r->n; i++)
			jw_u64(b, r->run[i]);
		jw_close(b, ']');
	}
	jw_close(b, '}');
}

uint64_t
rle_area(const struct rle *r)
{
	uint64_t area = 0;

	for (size_t i = 1; i < r->n; i += 2)
		area += r->run[i];
	return area;
}

/* ---- bitmaps ---- */

void
rle_box(const struct rle *r, uint32_t box[4])
{
	uint32_t x0 = UINT32_MAX, y0 = UINT32_MAX, x1 = 0, y1 = 0;
	uint64_t at = 0;

	memset(box, 0, 4 * sizeof(*box));
	for (size_t i = 0; i < r->n; at += r->run[i++]) {
		uint32_t first, last;

		if (!(i & 1) || r->run[i] == 0 || r->h == 0)
			continue;
		first = (uint32_t)(at / r->h);
		last = (uint32_t)((at + r->run[i] - 1) / r->h);
		x0 = first < x0 ? first : x0;
		x1 = last > x1 ? last : x1;
		if (first != last) {
			y0 = 0;
			y1 = r->h - 1;
			continue;
		}
		first = (uint32_t)(at % r->h);
		last = first + r->run[i] - 1;
		y0 = first < y0 ? first : y0;
		y1 = last > y1 ? last : y1;
	}
	if (x0 == UINT32_MAX)
		return;
	box[0] = x0;
	box[1] = y0;
	box[2] = x1 - x0 + 1;
	box[3] = y1 - y0 + 1;
}

uint8_t *
rle_bits(const struct rle *r, const uint32_t box[4])
{
	uint64_t at = 0, size = (uint64_t)box[2] * box[3];
	uint8_t *bits;

	if (size > RLE_BITS_MAX)
		return NULL;
	bits = xcalloc(size + 1, 1);
	for (size_t i = 0; i < r->n; at += r->run[i++]) {
		if (!(i & 1))
			continue;
		for (uint64_t p = at; p < at + r->run[i]; p++) {
			uint64_t x = p / r->h - box[0], y = p % r->h - box[1];

			if (x < box[2] && y < box[3])
				bits[y * box[2] + x] = 1;
		}
	}
	return bits;
}

bool
rle_from_bits(struct rle *r, uint64_t h, uint64_t w, const uint8_t *bits, int64_t x, int64_t y,
    uint32_t bw, uint32_t bh)
{
	int64_t x0 = x > 0 ? x : 0, y0 = y > 0 ? y : 0, x1 = x + bw, y1 = y + bh;
	uint64_t done = 0;

	if (!rle_start(r, h, w))
		return false;
	x1 = x1 < (int64_t)w ? x1 : (int64_t)w;
	y1 = y1 < (int64_t)h ? y1 : (int64_t)h;
	for (int64_t cx = x0; cx < x1 && y0 < y1; cx++) {
		uint64_t top = (uint64_t)cx * h + (uint64_t)y0;

		rle_push(r, false, (uint32_t)(top - done));
		for (int64_t cy = y0; cy < y1; cy++)
			rle_push(r, bits[(uint64_t)(cy - y) * bw + (uint64_t)(cx - x)] != 0, 1);
		done = top + (uint64_t)(y1 - y0);
	}
	rle_push(r, false, (uint32_t)(h * w - done));
	return true;
}

/* ---- polygons to runs: COCO's rule ---- */

#define SCALE 5 /* the outline is drawn on a grid five times as fine */

struct crossing {
	uint64_t *at; /* offsets (column by column) where the value changes */
	size_t n, cap;
	uint32_t h, w;
	bool any;
	long u, v; /* the fine point before */
};

static void
add_crossing(struct crossing *c, uint64_t at)
{
	c->at = grow(c->at, &c->cap, c->n + 1, sizeof(*c->at));
	c->at[c->n++] = at;
}

/* Where the outline steps over the middle of a pixel's column, the fill changes below it. */
static void
fine_point(struct crossing *c, long u, long v)
{
	long left = u < c->u ? u : u - 1, top = v < c->v ? v : c->v;
	double x = ((double)left + 0.5) / SCALE - 0.5, y = ((double)top + 0.5) / SCALE - 0.5;
	bool step = c->any && u != c->u;

	c->any = true;
	c->u = u;
	c->v = v;
	if (!step || floor(x) != x || x < 0 || x > c->w - 1.0)
		return;
	y = ceil(y < 0 ? 0 : y > c->h ? c->h : y);
	add_crossing(c, (uint64_t)x * c->h + (uint64_t)y);
}

/* The points of one edge, one step at a time along its longer side. */
static void
fine_edge(struct crossing *c, long xs, long ys, long xe, long ye)
{
	long dx = labs(xe - xs), dy = labs(ys - ye), n = dx >= dy ? dx : dy;
	bool flip = dx >= dy ? xs > xe : ys > ye;
	double slope;

	if (flip) {
		long t = xs;

		xs = xe;
		xe = t;
		t = ys;
		ys = ye;
		ye = t;
	}
	if (n == 0) {
		fine_point(c, xs, ys);
		return;
	}
	slope = dx >= dy ? (double)(ye - ys) / (double)dx : (double)(xe - xs) / (double)dy;
	for (long d = 0; d <= n; d++) {
		long t = flip ? n - d : d;

		if (dx >= dy)
			fine_point(c, xs + t, (long)((double)ys + slope * (double)t + 0.5));
		else
			fine_point(c, (long)((double)xs + slope * (double)t + 0.5), ys + t);
	}
}

static int
by_offset(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The value changes at each offset; changes at one offset cancel out in pairs. */
static void
fill_runs(struct rle *r, struct crossing *c)
{
	uint64_t end = (uint64_t)r->h * r->w, from = 0;
	bool bit = false;

	if (c->n)
		qsort(c->at, c->n, sizeof(*c->at), by_offset);
	for (size_t i = 0; i < c->n; i++) {
		uint64_t at = c->at[i] < end ? c->at[i] : end;

		rle_push(r, bit, (uint32_t)(at - from));
		from = at;
		bit = !bit;
	}
	rle_push(r, bit, (uint32_t)(end - from));
}

bool
rle_from_polygon(struct rle *r, uint32_t h, uint32_t w, const double *xy, size_t n)
{
	struct crossing c = { .h = h, .w = w };
	long *fine;
	double length = 0;

	if (!rle_start(r, h, w))
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t k = (i + 1) % n;

		length += fmax(fabs(xy[2 * i] - xy[2 * k]), fabs(xy[2 * i + 1] - xy[2 * k + 1]));
		if (!(fabs(xy[2 * i]) < 1e9 && fabs(xy[2 * i + 1]) < 1e9))
			return false;
	}
	if (length * SCALE > (double)RLE_BITS_MAX)
		return false;
	fine = xreallocarray(NULL, 2 * (n + 1), sizeof(*fine));
	for (size_t i = 0; i < 2 * n; i++)
		fine[i] = (long)(SCALE * xy[i] + 0.5);
	for (size_t i = 0; i < n; i++) {
		size_t k = (i + 1) % n;

		fine_edge(&c, fine[2 * i], fine[2 * i + 1], fine[2 * k], fine[2 * k + 1]);
	}
	fill_runs(r, &c);
	free(fine);
	free(c.at);
	return true;
}

/* r becomes: set in r or b; or (`cut`) set in r and not in b. */
static void
combine(struct rle *r, const struct rle *b, bool cut)
{
	struct rle sum = { .h = r->h, .w = r->w };
	size_t i = 0, k = 0;
	uint32_t left = r->n ? r->run[0] : 0, right = b->n ? b->run[0] : 0;

	while (i < r->n && k < b->n) {
		uint32_t step = left < right ? left : right;

		rle_push(&sum, cut ? (i & 1) && !(k & 1) : (i & 1) || (k & 1), step);
		left -= step;
		right -= step;
		if (left == 0 && ++i < r->n)
			left = r->run[i];
		if (right == 0 && ++k < b->n)
			right = b->run[k];
	}
	free(r->run);
	*r = sum;
}

void
rle_merge(struct rle *r, const struct rle *b)
{
	combine(r, b, false);
}

void
rle_cut(struct rle *r, const struct rle *b)
{
	combine(r, b, true);
}
