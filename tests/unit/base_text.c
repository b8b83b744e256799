/* Pieces of text: base/span.h, buf.h, utf8.h, strmap.h, path.h. */
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "tap.h"

static void
test_span(void)
{
	struct span rest = SPAN("a,,b,"), piece, none = SPAN_NONE;
	struct buf all = BUF_INIT;

	while (span_cut(&rest, ',', &piece))
		buf_addf(&all, "<%.*s>", SPAN_ARG(piece));
	is_str(buf_str(&all), "<a><><b><>", "cut gives every piece");
	rest = SPAN("");
	ok(span_cut(&rest, ',', &piece) && piece.n == 0 && !span_cut(&rest, ',', &piece),
	    "the empty text is one empty piece");
	ok(!span_cut(&none, ',', &piece), "nothing is none");
	buf_reset(&all);
	rest = SPAN("  a\tb \r");
	while (span_word(&rest, &piece))
		buf_addf(&all, "<%.*s>", SPAN_ARG(piece));
	is_str(buf_str(&all), "<a><b>", "words");
	ok(!span_word(&none, &piece), "nothing has no words");
	ok(span_is(span_trim(SPAN(" \t\r\na b\n ")), "a b"), "trimmed");
	is_int(span_trim(SPAN(" \n ")).n, 0, "only blanks");
	is_int(span_trim(SPAN("\0")).n, 1, "NUL is no blank");
	ok(span_cmp(SPAN("a"), SPAN("b")) < 0 && span_cmp(SPAN("a"), SPAN("ab")) < 0 &&
		span_cmp(SPAN("\xff"), SPAN("a")) > 0 && span_cmp(SPAN(""), SPAN("")) == 0 &&
		span_cmp(SPAN_NONE, SPAN("a")) < 0,
	    "bytewise order");
	ok(span_starts(SPAN("abc"), SPAN("ab")) && !span_starts(SPAN("a"), SPAN("ab")), "starts");
	ok(span_ends(SPAN("abc"), SPAN("bc")) && !span_ends(SPAN("c"), SPAN("bc")), "ends");
	ok(span_eq(SPAN(""), SPAN_NONE) && !span_is(SPAN("a"), "ab"), "equality");
	buf_release(&all);
}

static void
test_buf(void)
{
	struct buf b = BUF_INIT;
	char *s;

	is_str(buf_str(&b), "", "an empty one is a string");
	buf_add(&b, NULL, 0);
	ok(b.p == NULL, "nothing was allocated");
	for (int i = 0; i < 1000; i++)
		buf_addc(&b, (char)('0' + i % 10));
	is_int(b.n, 1000, "a thousand bytes");
	is_int(strlen(b.p), 1000, "with a NUL behind them");
	buf_cut(&b, 3);
	buf_cut(&b, 10);
	is_str(b.p, "012", "cut never lengthens");
	buf_addf(&b, "%s-%d", "x", 5);
	buf_add(&b, "a\0b", 3);
	is_int(b.n, 9, "NULs count");
	buf_reset(&b);
	for (int i = 0; i < 300; i++)
		buf_addf(&b, "%0*d", i % 90 + 1, 7);
	is_int(b.p[b.n - 1], '7', "formatted text of any length");
	s = buf_detach(&b);
	ok(s && b.p == NULL && b.n == 0, "the caller has the string");
	free(s);
	s = buf_detach(&b);
	is_str(s, "", "also of an empty one");
	free(s);
}

static void
test_utf8(void)
{
	static const struct {
		struct span bytes;
		long c;
	} one[] = {
		{ { "a", 1 }, 'a' },
		{ { "\0", 1 }, 0 },
		{ { "\xc2\x80", 2 }, 0x80 },
		{ { "\xdf\xbf", 2 }, 0x7ff },
		{ { "\xe0\xa0\x80", 3 }, 0x800 },
		{ { "\xed\x9f\xbf", 3 }, 0xd7ff },
		{ { "\xee\x80\x80", 3 }, 0xe000 },
		{ { "\xef\xbf\xbf", 3 }, 0xffff },
		{ { "\xf0\x90\x80\x80", 4 }, 0x10000 },
		{ { "\xf4\x8f\xbf\xbf", 4 }, 0x10ffff },
		{ { "", 0 }, -1 },
		{ { "\x80", 1 }, -1 },
		{ { "\xc0\x80", 2 }, -1 },
		{ { "\xc1\xbf", 2 }, -1 },
		{ { "\xc2", 1 }, -1 },
		{ { "\xc2\x41", 2 }, -1 },
		{ { "\xe0\x9f\xbf", 3 }, -1 },
		{ { "\xe1\x80", 2 }, -1 },
		{ { "\xed\xa0\x80", 3 }, -1 },
		{ { "\xf0\x8f\xbf\xbf", 4 }, -1 },
		{ { "\xf4\x90\x80\x80", 4 }, -1 },
		{ { "\xf5\x80\x80\x80", 4 }, -1 },
		{ { "\xff", 1 }, -1 },
	};

	size_t wrong = 0;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(one); i++) {
		uint32_t c = 0;
		size_t n = utf8_decode(one[i].bytes.p, one[i].bytes.n, &c);

		if (one[i].c < 0)
			is_int(n, 0, "case %zu is invalid", i);
		else
			ok(n == one[i].bytes.n && c == one[i].c, "case %zu is U+%04lX", i,
			    one[i].c);
	}
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		uint32_t back = 0;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		buf_reset(&b);
		utf8_add(&b, c);
		wrong +=
		    utf8_decode(b.p, b.n, &back) != b.n || back != c || !utf8_valid(buf_span(&b));
	}
	is_int(wrong, 0, "every character comes back");
	for (size_t i = 0; i < 40; i++) { /* at every place of the words of eight bytes */
		buf_reset(&b);
		for (size_t k = 0; k < 40; k++)
			buf_addc(&b, k == i ? '\xff' : 'a');
		wrong += utf8_check(b.p, b.n) != i;
	}
	is_int(wrong, 0, "the first bad byte is found anywhere");
	is_int(utf8_check("aaaaaaa\xe4\xb8", 9), 7, "also a cut character");
	buf_release(&b);
}

static void
test_strmap(void)
{
	struct strmap m = STRMAP_INIT;
	size_t wrong = 0, n = 100000;
	const char *first;
	bool is_new;
	char key[40];

	ok(strmap_find(&m, SPAN("a")) == NULL, "an empty map has nothing");
	ok(strmap_put(&m, SPAN(""), 7, &is_new)->value == 7 && is_new, "the empty key is one");
	first = strmap_put(&m, SPAN("a\0b"), 8, NULL)->key.p;
	ok(strmap_put(&m, SPAN("a\0b"), 9, &is_new)->value == 8 && !is_new,
	    "the first value stays");
	ok(strmap_find(&m, SPAN("a")) == NULL, "NULs count");
	for (size_t i = 0; i < n; i++) {
		int len =
		    snprintf(key, sizeof(key), "%s%zu", i % 3 ? "name-of-some-length-" : "", i);

		strmap_put(&m, (struct span){ key, (size_t)len }, i, &is_new);
		wrong += !is_new;
	}
	is_int(m.n, n + 2, "%zu keys", n);
	for (size_t i = 0; i < n; i++) {
		int len =
		    snprintf(key, sizeof(key), "%s%zu", i % 3 ? "name-of-some-length-" : "", i);
		struct strmap_entry *e = strmap_find(&m, (struct span){ key, (size_t)len });

		wrong += !e || e->value != i || m.e[i + 2].value != i;
	}
	is_int(wrong, 0, "are found, and stand in order");
	ok(m.e[1].key.p == first, "a key keeps its address");
	strmap_release(&m);
	ok(m.n == 0 && strmap_find(&m, SPAN("")) == NULL, "empty again");
}

/*
 * Keys of 16 bytes whose second half undoes the state after the first all had one hash, and
 * a map of them took quadratic time.
 */
static void
test_collisions(void)
{
	struct strmap m = STRMAP_INIT;
	size_t n = 60000;

	alarm(60);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t k[2] = { i, 0 };
		__uint128_t r = (__uint128_t)((0x9e3779b97f4a7c15u ^ 16) ^ i) * 0xd6e8feb86659fd93u;

		k[1] = (uint64_t)r ^ (uint64_t)(r >> 64);
		strmap_put(&m, (struct span){ (const char *)k, 16 }, i, NULL);
	}
	alarm(0);
	is_int(m.n, n, "keys made to collide are a map like any other");
	strmap_release(&m);
}

/* ---- paths ---- */

static void
member(const char *path, const char *want)
{
	struct buf b = BUF_INIT;
	bool good = path_member(&b, span_str(path));

	is_str(good ? buf_str(&b) : NULL, want, "member path %s", path);
	ok(good || b.n == 0, "nothing is left of a bad one");
	buf_release(&b);
}

static void
parts(const char *path, const char *dir, const char *base, const char *stem, const char *ext)
{
	struct buf b = BUF_INIT;

	path_dir(&b, path);
	is_str(buf_str(&b), dir, "folder of %s", path);
	is_str(path_base(path), base, "name");
	ok(span_is(path_stem(span_str(path)), stem), "stem %s", stem);
	ok(span_is(path_ext(span_str(path)), ext), "extension %s", ext);
	buf_release(&b);
}

static const char *
join(const char *dir, const char *name)
{
	static struct buf b;

	buf_reset(&b);
	path_join(&b, span_str(dir), span_str(name));
	return buf_str(&b);
}

static void
test_path(void)
{
	parts("a/b.jpg", "a", "b.jpg", "a/b", "jpg");
	parts("b.tar.gz", ".", "b.tar.gz", "b.tar", "gz");
	parts("/b", "/", "b", "/b", "");
	parts("a.b/c", "a.b", "c", "a.b/c", "");
	parts("a//b", "a", "b", "a//b", "");
	parts(".x", ".", ".x", ".x", "");
	parts("d/.x.y", "d", ".x.y", "d/.x", "y");
	parts("a.", ".", "a.", "a", "");
	parts("d/.", "d", ".", "d/.", "");
	parts("d/..", "d", "..", "d/..", "");
	parts("..", ".", "..", "..", "");
	parts("", ".", "", "", "");
	is_str(join("a", "b"), "a/b", "joined");
	is_str(join("a/", "b"), "a/b", "one slash is enough");
	is_str(join("", "b"), "b", "no folder");
	is_str(join("a", "/b"), "/b", "an absolute name");
	is_str(join("a", ""), "a/", "no name");
	member("a/b", "a/b");
	member("./a//b/./c/", "a/b/c");
	member("a/../b", "b");
	member("a/b/../../c", "c");
	member("...", "...");
	member("a/..b", "a/..b");
	member("", NULL);
	member("/a", NULL);
	member("..", NULL);
	member("a/../../b", NULL);
	member("a/..", NULL);
	member(".", NULL);
	ok(!path_member(&(struct buf)BUF_INIT, SPAN("a\0b")), "no NUL in a member path");
	ok(path_is_uri(SPAN("s3://b/k")) && path_is_uri(SPAN("https://x")) &&
		path_is_uri(SPAN("a+b-c.1://")),
	    "URIs");
	ok(!path_is_uri(SPAN("c:/x")) && !path_is_uri(SPAN("/a://b")) &&
		!path_is_uri(SPAN("://")) && !path_is_uri(SPAN("1a://")) &&
		!path_is_uri(SPAN("a\0://x")) && !path_is_uri(SPAN("")),
	    "no URIs");
	ok(path_has_ext(SPAN("x.JPeG"), "jpg|jpeg") && !path_has_ext(SPAN("x.jp"), "jpg|jpeg") &&
		!path_has_ext(SPAN("jpg"), "jpg") && !path_has_ext(SPAN(".jpg"), "jpg"),
	    "extensions without case");
	ok(path_is_picture(SPAN("a/b.PNG")) && !path_is_picture(SPAN("a.txt")), "pictures");
}

int
main(void)
{
	test_span();
	test_buf();
	test_utf8();
	test_strmap();
	test_collisions();
	test_path();
	return done_testing();
}
