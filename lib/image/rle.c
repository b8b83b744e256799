/* COCO's run lengths: see rle.h. */
#include "image/rle.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "json/json.h"
#include "json/write.h"

#define AREA_MAX ((uint64_t)1 << 30)

struct mask {
	uint32_t w, h;
	unsigned char *bit; /* 0 or 1, down the columns */
};

/* Runs in order; stops filling when they would leave the mask. */
struct filler {
	struct mask *m;
	uint64_t at;
	unsigned char value;
	bool bad;
};

static void
fill_run(struct filler *f, int64_t n)
{
	if (n < 0 || (uint64_t)n > (uint64_t)f->m->w * f->m->h - f->at) {
		f->bad = true;
		return;
	}
	memset(f->m->bit + f->at, f->value, (size_t)n);
	f->at += (uint64_t)n;
	f->value ^= 1;
}

/* One number of the string; *p goes behind it. False: it is cut off or too long. */
static bool
read_packed(const char **p, const char *end, int64_t *value)
{
	int64_t x = 0;
	unsigned shift = 0, c;

	do {
		if (*p == end || shift > 40)
			return false;
		c = (unsigned char)*(*p)++ - 48u;
		if (c > 63)
			return false;
		x |= (int64_t)(c & 31) << shift;
		shift += 5;
	} while (c & 32);
	if (c & 16)
		x -= (int64_t)1 << shift;
	*value = x;
	return true;
}

static void
fill_string(struct filler *f, struct span text)
{
	const char *p = text.p, *end = text.p + text.n;
	int64_t before[2] = { 0, 0 }, x;

	for (size_t i = 0; p < end && !f->bad; i++) {
		if (!read_packed(&p, end, &x)) {
			f->bad = true;
			return;
		}
		if (i > 2)
			x += before[i & 1];
		before[i & 1] = x;
		fill_run(f, x);
	}
}

static void
fill_list(struct filler *f, struct span list)
{
	struct span number;
	struct json j;
	int64_t x;

	json_begin(&j, list);
	json_array(&j);
	while (!f->bad && json_item(&j)) {
		if (!json_number(&j, &number) || !num_parse_i64(number, &x)) {
			f->bad = true;
			return;
		}
		fill_run(f, x);
	}
}

static bool
read_mask(struct span raw, struct mask *m)
{
	struct span counts = json_member(raw, "counts");
	struct filler f = { .m = m };
	struct buf scratch = BUF_INIT;
	double size[2];

	if (json_numbers(json_member(raw, "size"), size, 2) != 2 || !(size[0] >= 1) ||
	    !(size[1] >= 1) || size[0] * size[1] > (double)AREA_MAX)
		return false;
	m->h = (uint32_t)size[0];
	m->w = (uint32_t)size[1];
	m->bit = xcalloc(m->w, m->h);
	if (json_type_of(counts) == JSON_STRING)
		fill_string(&f, json_value_text(counts, &scratch));
	else if (json_type_of(counts) == JSON_ARRAY)
		fill_list(&f, counts);
	else
		f.bad = true;
	buf_release(&scratch);
	return !f.bad && f.at == (uint64_t)m->w * m->h;
}

/* Each pixel of the new mask is the one of the old mask that its middle falls upon. */
static void
move_mask(const struct mask *from, struct turn t, double sx, double sy, struct mask *to)
{
	uint32_t tw = t.transpose ? from->h : from->w, th = t.transpose ? from->w : from->h;

	to->w = (uint32_t)fmax(1, round(tw * sx));
	to->h = (uint32_t)fmax(1, round(th * sy));
	to->bit = xcalloc(to->w, to->h);
	for (uint32_t x = 0; x < to->w; x++)
		for (uint32_t y = 0; y < to->h; y++) {
			uint32_t a = (uint32_t)((x + 0.5) * tw / to->w),
				 b = (uint32_t)((y + 0.5) * th / to->h);
			uint32_t fx, fy;

			a = t.mirror_x ? tw - 1 - a : a;
			b = t.mirror_y ? th - 1 - b : b;
			fx = t.transpose ? b : a;
			fy = t.transpose ? a : b;
			to->bit[(size_t)x * to->h + y] = from->bit[(size_t)fx * from->h + fy];
		}
}

static void
add_packed(struct buf *out, int64_t x)
{
	bool more = true;

	while (more) {
		unsigned c = (unsigned)(x & 31);

		x >>= 5;
		more = c & 16 ? x != -1 : x != 0;
		c = (c | (more ? 32u : 0)) + 48;
		if (c == '\\')
			buf_addc(out, '\\');
		buf_addc(out, (char)c);
	}
}

/* The runs of a mask as JSON, as a string or a list. */
static void
add_runs(const struct mask *m, bool packed, struct buf *out)
{
	size_t n = (size_t)m->w * m->h, at = 0;
	int64_t before[2] = { 0, 0 };
	unsigned char value = 0;

	buf_addc(out, packed ? '"' : '[');
	for (size_t i = 0; at < n; i++, value ^= 1) {
		size_t from = at;
		int64_t run;

		while (at < n && m->bit[at] == value)
			at++;
		run = (int64_t)(at - from);
		if (packed) {
			add_packed(out, i > 2 ? run - before[i & 1] : run);
			before[i & 1] = run;
		} else {
			if (i)
				buf_addc(out, ',');
			num_add_i64(out, run);
		}
	}
	buf_addc(out, packed ? '"' : ']');
}

static void
write_mask(struct span raw, const struct mask *m, struct buf *out)
{
	bool packed = json_type_of(json_member(raw, "counts")) == JSON_STRING;
	struct buf size = BUF_INIT, counts = BUF_INIT;

	buf_addf(&size, "[%u,%u]", m->h, m->w);
	add_runs(m, packed, &counts);
	json_edit(out, raw,
	    (struct json_change[]){ { "size", buf_span(&size) }, { "counts", buf_span(&counts) } },
	    2);
	buf_release(&size);
	buf_release(&counts);
}

bool
rle_move(struct span raw, struct turn turn, double sx, double sy, struct buf *out)
{
	struct mask from = { .bit = NULL }, to = { .bit = NULL };
	bool fine = json_type_of(raw) == JSON_OBJECT && read_mask(raw, &from);

	if (fine) {
		move_mask(&from, turn, sx, sy, &to);
		write_mask(raw, &to, out);
	}
	free(from.bit);
	free(to.bit);
	return fine;
}
