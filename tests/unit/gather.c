/* Texts gathered by key, small and beyond memory. */
#include "label/gather.h"

#include "tap.h"

static void
add(struct gather *g, const char *key, const char *text)
{
	bool is_new;

	gather_add(g, gather_group(g, span_str(key), &is_new), span_str(text));
}

int
main(void)
{
	struct buf out = BUF_INIT, big = BUF_INIT;
	struct gather g;
	bool is_new;
	size_t a;

	gather_init(&g);
	a = gather_group(&g, SPAN("a"), &is_new);
	ok(is_new, "a new key");
	gather_read(&g, a, &out);
	is_str(buf_str(&out), "", "has no texts");
	add(&g, "a", "1");
	add(&g, "a", "2");
	add(&g, "b", "3");
	add(&g, "a", "4");
	gather_read(&g, a, &out);
	is_str(buf_str(&out), "1,2,4", "texts in their order");
	is_int(g.chunks, 3, "neighbours are one run");
	buf_reserve(&big, 9 << 20);
	for (int i = 0; i < 9 << 20; i++)
		buf_addc(&big, 'x');
	for (int i = 0; i < 8; i++) {
		add(&g, "a", buf_str(&big));
		add(&g, "b", "5");
	}
	buf_reset(&out);
	gather_read(&g, a, &out);
	is_int(out.n, 5 + 8 * (1 + (9 << 20)), "beyond memory they come back");
	ok(memcmp(out.p, "1,2,4,xx", 8) == 0 && out.p[out.n - 1] == 'x', "as they were");
	buf_reset(&out);
	gather_read(&g, gather_group(&g, SPAN("b"), &is_new), &out);
	is_str(buf_str(&out), "3,5,5,5,5,5,5,5,5", "the other, too");
	ok(g.fd >= 0, "and they were in a file");
	gather_release(&g);
	buf_release(&out);
	buf_release(&big);
	return done_testing();
}
