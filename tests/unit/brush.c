/* Label Studio's brush masks, there and back, and damaged. */
#include "label/brush.h"

#include <stdlib.h>

#include "tap.h"

int
main(void)
{
	struct rle r = { .run = NULL }, t = { .run = NULL };
	struct buf b = BUF_INIT, one = BUF_INIT;
	/* 2 pixels by hand: 8 words of 8 bits; run sizes 3,4,8,16; 4 times 0, then 4 single words */
	static const char hand[] = "[0,0,0,8,57,27,252,96,1,128,129,1,255,128]";

	rle_parse(&r, SPAN("{\"size\":[5,700],\"counts\":[7,3,1000,1,2489]}"));
	ok(brush_encode(&b, &r), "encode");
	is_str(brush_decode(&t, buf_span(&b), 700, 5), NULL, "decode");
	rle_write(&one, &t, false);
	ok(rle_same(buf_span(&one), SPAN("{\"size\":[5,700],\"counts\":[7,3,1000,1,2489]}")),
	    "the same mask");
	ok(brush_decode(&t, buf_span(&b), 701, 5), "another size is refused");
	ok(brush_decode(&t, SPAN("[0,0,0,8]"), 2, 1), "cut short");
	ok(brush_decode(&t, SPAN("[256]"), 2, 1), "no byte");
	ok(brush_decode(&t, SPAN("{}"), 2, 1), "no list");
	ok(brush_decode(&t, buf_span(&b), 1u << 30, 1u << 30), "a picture beyond all");
	is_str(brush_decode(&t, span_str(hand), 2, 1), NULL, "words that are not repeated");
	buf_reset(&one);
	rle_write(&one, &t, false);
	is_str(buf_str(&one), "{\"size\":[1,2],\"counts\":[1,1]}", "give their pixels");
	rle_release(&r);
	rle_release(&t);
	buf_release(&b);
	buf_release(&one);
	return done_testing();
}
