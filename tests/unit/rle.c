/* Runs of masks: COCO's two forms, its polygon rule, outlines, bitmaps, hostile sizes. */
#include "record/rle.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/input.h"
#include "json/json.h"
#include "tap.h"

static struct rle r, t;
static struct buf out;

static const char *
parse(const char *json)
{
	return rle_parse(&r, span_str(json));
}

static const char *
written(bool compressed)
{
	buf_reset(&out);
	rle_write(&out, &r, compressed);
	return buf_str(&out);
}

static void
forms(void)
{
	uint32_t box[4];

	is_str(parse("{\"size\":[3,4],\"counts\":[1,2,3,6]}"), NULL, "a list of counts");
	is_int(rle_area(&r), 8, "its area");
	rle_box(&r, box);
	ok(box[0] == 0 && box[1] == 0 && box[2] == 4 && box[3] == 3, "its box");
	is_str(written(true), "{\"size\":[3,4],\"counts\":\"1234\"}", "compressed");
	is_str(parse("{\"size\":[3,4],\"counts\":\"1234\"}"), NULL, "a string of counts");
	is_str(written(false), "{\"size\":[3,4],\"counts\":[1,2,3,6]}", "not compressed");
	ok(rle_same(SPAN("{\"size\":[3,4],\"counts\":\"1234\"}"),
	       SPAN("{\"size\":[3,4],\"counts\":[1,2,3,6,0]}")),
	    "both are the same mask");
	is_str(parse("{\"size\":[200,300],\"counts\":[500,1000,40,17,58443]}"), NULL, "long runs");
	written(true);
	is_str(rle_parse(&t, buf_span(&out)), NULL, "compressed and back");
	ok(t.n == r.n && memcmp(t.run, r.run, t.n * sizeof(*t.run)) == 0, "are the same runs");
}

static void
faults(void)
{
	ok(parse("{\"size\":[3,4],\"counts\":[1,2]}"), "a sum that is not h * w");
	ok(parse("{\"size\":[3,4],\"counts\":[-1,13]}"), "a negative run");
	ok(parse("{\"size\":[3,4],\"counts\":[1.5,10.5]}"), "a run that is not whole");
	ok(parse("{\"size\":[65536,65536],\"counts\":[]}"), "more than 2^32 pixels");
	ok(parse("{\"size\":[1e99,1],\"counts\":[]}"), "a size beyond all");
	ok(parse("{\"size\":[3,4],\"counts\":\"o\"}"), "a string that ends inside a number");
	ok(parse("{\"size\":[3,4],\"counts\":\"oooooooooooooooooooo1\"}"), "a number too long");
	ok(parse("{\"size\":[3,4],\"counts\":\"1\\u00e9\"}"), "a letter out of range");
	ok(parse("{\"size\":[3,4]}"), "no counts");
	ok(parse("[]"), "no object");
	is_str(parse("{\"size\":[0,0],\"counts\":[]}"), NULL, "nothing at all is a mask");
}

/* Pixels by rows, for people. */
static const char *
picture(const struct rle *m)
{
	static char text[256];
	uint8_t *bits = rle_bits(m, (uint32_t[]){ 0, 0, m->w, m->h });
	size_t n = 0;

	for (uint32_t y = 0; y < m->h; y++) {
		for (uint32_t x = 0; x < m->w; x++)
			text[n++] = bits[y * m->w + x] ? '#' : '.';
		text[n++] = '/';
	}
	text[n] = '\0';
	free(bits);
	return text;
}

static void
polygons(void)
{
	static const double box[] = { 1, 1, 4, 1, 4, 3, 1, 3 }, third[] = { 0, 0, 5, 0, 0, 5 };
	static const double out_of[] = { -10, -10, 30, -10, 30, 2, -10, 2 },
			    far[] = { 0, 0, 1e300, 0, 0, 1 };

	ok(rle_from_polygon(&r, 4, 6, box, 4), "a box");
	is_str(picture(&r), "....../.###../.###../....../", "fills its pixels");
	ok(rle_from_polygon(&r, 5, 5, third, 3), "a triangle");
	is_str(picture(&r), "####./###../##.../#..../...../", "fills as COCO does");
	ok(rle_from_polygon(&r, 3, 3, out_of, 4), "points outside");
	is_str(picture(&r), "###/###/.../", "are cut off");
	ok(!rle_from_polygon(&r, 3, 3, far, 3), "points beyond all are refused");
	ok(rle_from_polygon(&r, 3, 3, box, 0), "no points");
	is_int(rle_area(&r), 0, "fill nothing");
}

static void
outlines(void)
{
	static const uint8_t ring[] = { 1, 1, 1, 1, 0, 1, 1, 1, 1 }, touch[] = { 1, 0, 0, 1 };
	static const uint8_t nested[] = {
		1, 1, 1, 1, 1, 1, 1, 0, 0, /* */
		1, 0, 0, 0, 0, 0, 1, 0, 0, /* */
		1, 0, 1, 1, 1, 0, 1, 0, 1, /* */
		1, 0, 1, 0, 1, 0, 1, 0, 1, /* */
		1, 0, 1, 1, 1, 0, 1, 0, 0, /* */
		1, 0, 0, 0, 0, 0, 1, 0, 0, /* */
		1, 1, 1, 1, 1, 1, 1, 0, 0, /* */
	};
	struct buf holes = BUF_INIT;

	ok(rle_from_bits(&r, 5, 6, ring, 2, 1, 3, 3), "a bitmap at a place");
	is_str(picture(&r), "....../..###./..#.#./..###./....../", "lies there");
	buf_reset(&out);
	ok(rle_write_polygon(&out, NULL, &r), "its outline");
	is_str(buf_str(&out), "[[2,1,5,1,5,4,2,4],[3,3,4,3,4,2,3,2]]",
	    "is a ring and a hole that runs the other way");
	buf_reset(&out);
	buf_reset(&holes);
	ok(rle_from_bits(&r, 7, 9, nested, 0, 0, 9, 7) && rle_write_polygon(&out, &holes, &r),
	    "a ring around a ring, and a ring beside");
	is_str(buf_str(&out),
	    "[[0,0,7,0,7,7,0,7],[1,6,6,6,6,1,1,1],[2,2,5,2,5,5,2,5],[3,4,4,4,4,3,3,3],[8,2,9,2,9,4,8,4]]",
	    "each is followed by its holes");
	is_str(buf_str(&holes), "[1,3]", "which are listed");
	ok(rle_from_bits(&r, 2, 2, touch, 0, 0, 2, 2), "two pixels that touch");
	buf_reset(&out);
	rle_write_polygon(&out, NULL, &r);
	is_str(buf_str(&out), "[[0,0,1,0,1,1,0,1],[1,1,2,1,2,2,1,2]]", "stay two rings");
	buf_reset(&out);
	buf_reset(&holes);
	is_str(parse("{\"size\":[3,3],\"counts\":[0,2,0,2,1,3,0,1]}"), NULL,
	    "runs that runs of 0 cut");
	ok(rle_write_polygon(&out, &holes, &r), "have an outline");
	is_str(buf_str(&out), "[[0,0,3,0,3,3,0,3],[1,2,2,2,2,1,1,1]]", "as if they were one");
	is_str(buf_str(&holes), "[1]", "with its hole");
	buf_release(&holes);
	ok(rle_from_bits(&r, 2, 2, ring, -1, -1, 3, 3), "a bitmap over the edge");
	is_str(picture(&r), ".#/##/", "is cut off");
	ok(rle_from_bits(&t, 2, 2, touch, 0, 0, 2, 2), "another");
	rle_merge(&r, &t);
	is_str(picture(&r), "##/##/", "is joined");
	rle_cut(&r, &t);
	is_str(picture(&r), ".#/#./", "and cut out again");
}

/* Rings filled by COCO's rule: an outer one, less the holes behind it, and so on. */
static void
fill_rings(struct rle *sum, struct span polygon, struct span holes, uint32_t h, uint32_t w)
{
	struct rle one = { .run = NULL }, ring = { .run = NULL };
	double hole[512], xy[4096];
	size_t n = json_numbers(holes, hole, 512), at = 0, i = 0;
	struct span raw;
	struct json j;

	rle_start(sum, h, w);
	rle_push(sum, false, h * w);
	rle_start(&one, h, w);
	rle_push(&one, false, h * w);
	json_begin(&j, polygon);
	json_array(&j);
	for (; json_item(&j) && json_value(&j, &raw); i++) {
		size_t k = json_numbers(raw, xy, 4096);

		rle_from_polygon(&ring, h, w, xy, k / 2);
		if (at < n && hole[at] == (double)i) {
			at++;
			rle_cut(&one, &ring);
			continue;
		}
		rle_merge(sum, &one);
		rle_start(&one, h, w);
		rle_push(&one, false, h * w);
		rle_merge(&one, &ring);
	}
	rle_merge(sum, &one);
	rle_release(&one);
	rle_release(&ring);
}

/* Masks of noise, in blocks of 1 to 4 pixels: outlined and filled again. */
static void
noise(void)
{
	struct buf holes = BUF_INIT, want = BUF_INIT;
	uint32_t random = 1;
	int bad = 0;

	for (int i = 0; i < 400; i++) {
		uint32_t size = 1 + i % 4, w = 1 + (uint32_t)i % 23, h = 1 + (uint32_t)i % 19;
		uint8_t bits[23 * 19];

		for (uint32_t y = 0; y < h; y++)
			for (uint32_t x = 0; x < w; x++) {
				random = random * 1664525 + 1013904223;
				bits[y * w + x] = x % size || y % size
						      ? bits[(y - y % size) * w + x - x % size]
						      : random >> 30 > (uint32_t)i % 3;
			}
		rle_from_bits(&r, h, w, bits, 0, 0, w, h);
		buf_reset(&out);
		buf_reset(&holes);
		rle_write_polygon(&out, &holes, &r);
		fill_rings(&t, buf_span(&out), buf_span(&holes), h, w);
		buf_reset(&want);
		buf_reset(&out);
		rle_write(&want, &r, true);
		rle_write(&out, &t, true);
		bad += !rle_same(buf_span(&want), buf_span(&out));
	}
	is_int(bad, 0, "masks of noise come back from their outlines");
	buf_release(&holes);
	buf_release(&want);
}

/* Every mask of the file: parsed, written again letter by letter, outlined and filled again. */
static void
real(void)
{
	struct span item, value;
	size_t n = 0, bad = 0, differ = 0;
	const char *corpora = getenv("DSUTILS_CORPORA");
	struct buf path = BUF_INIT;
	struct input in;
	struct json j;

	buf_addf(&path, "%s/labels/coco-results/results/instances_val2014_fakesegm100_results.json",
	    corpora ? corpora : "");
	if (!corpora || access(buf_str(&path), R_OK) != 0 || !input_open(&in, buf_str(&path))) {
		ok(1, "real masks # SKIP no corpora");
		buf_release(&path);
		return;
	}
	json_stream(&j, &in);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &item)) {
		value = json_member(item, "segmentation");
		bad += rle_parse(&r, value) != NULL;
		buf_reset(&out);
		rle_write_string(&out, &r);
		differ += !span_eq(buf_span(&out), json_unquote(json_member(value, "counts")));
		n++;
	}
	input_close(&in);
	ok(n > 100, "%zu real masks", n);
	is_int(bad, 0, "all of them are read");
	is_int(differ, 0, "all of them are written as they were");
	buf_release(&path);
}

int
main(void)
{
	forms();
	faults();
	polygons();
	outlines();
	noise();
	real();
	return done_testing();
}
