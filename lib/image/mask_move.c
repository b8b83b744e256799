/* Masks, turned and scaled: see mask_move.h. */
#include "image/mask_move.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/json.h"
#include "json/write.h"
#include "record/rle.h"

#define AREA_MAX ((uint64_t)1 << 30)

struct mask {
	uint32_t w, h;
	unsigned char *bit; /* 0 or 1, down the columns */
};

/* The pixels of the runs. False: they make no sense, or are too many. */
static bool
read_mask(struct span raw, struct mask *m)
{
	struct rle r = { .run = NULL };
	bool fine =
	    rle_parse(&r, raw) == NULL && r.h > 0 && r.w > 0 && (uint64_t)r.h * r.w <= AREA_MAX;
	size_t at = 0;

	if (fine) {
		*m = (struct mask){ r.w, r.h, xcalloc(r.w, r.h) };
		for (size_t i = 0; i < r.n; at += r.run[i++])
			memset(m->bit + at, i & 1, r.run[i]);
	}
	rle_release(&r);
	return fine;
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

/* `raw` with the size and the runs of m, in the form in which it came. */
static void
write_mask(struct span raw, const struct mask *m, struct buf *out)
{
	bool packed = json_type_of(json_member(raw, "counts")) == JSON_STRING;
	struct json_change change[] = { { "size", SPAN_NONE }, { "counts", SPAN_NONE } };
	size_t n = (size_t)m->w * m->h, from;
	struct rle r = { .run = NULL };
	struct buf text = BUF_INIT;

	rle_start(&r, m->h, m->w);
	for (size_t at = 0; at < n; rle_push(&r, m->bit[from], (uint32_t)(at - from)))
		for (from = at; at < n && m->bit[at] == m->bit[from];)
			at++;
	rle_write(&text, &r, packed);
	for (size_t i = 0; i < ARRAY_LEN(change); i++)
		change[i].value = json_member(buf_span(&text), change[i].key);
	json_edit(out, raw, change, ARRAY_LEN(change));
	rle_release(&r);
	buf_release(&text);
}

bool
mask_move(struct span raw, struct turn turn, double sx, double sy, struct buf *out)
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
