/*
 * The scanner with its vector kernels against the same scanner without them: same
 * verdict, same place, same words, on valid text, on spoiled text, and cut anywhere.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "json/json.h"
#include "json/scan.h"
#include "tap.h"

enum scan_result scan_value_scalar(
    const char *p, const char *end, unsigned depth, const char **stop, const char **why);
const char *skip_value_scalar(const char *p, const char *end);
bool skip_member_scalar(const char **p, const char *end, struct span *key, struct span *value);
size_t count_numbers_scalar(const char *p, const char *end);

#define SCAN_SCALAR
#define scan_value scan_value_scalar
#define skip_value skip_value_scalar
#define skip_member skip_member_scalar
#define count_numbers count_numbers_scalar
#include "json/scan.c"
#undef scan_value
#undef skip_value
#undef skip_member
#undef count_numbers

static uint64_t state = 1;

static unsigned
rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* ---- text ---- */

static void
add_digits(struct buf *b, unsigned max)
{
	for (unsigned n = 1 + rnd(max); n > 0; n--)
		buf_addc(b, (char)('0' + rnd(10)));
}

static void
add_number(struct buf *b)
{
	if (rnd(4) == 0)
		buf_addc(b, '-');
	if (rnd(5) == 0) {
		buf_addc(b, '0');
	} else {
		buf_addc(b, (char)('1' + rnd(9)));
		if (rnd(3))
			add_digits(b, rnd(30) ? 3 : 70);
	}
	if (rnd(2)) {
		buf_addc(b, '.');
		add_digits(b, rnd(30) ? 3 : 70);
	}
	if (rnd(40) == 0) {
		buf_addc(b, "eE"[rnd(2)]);
		buf_adds(b, (const char *[]){ "", "+", "-" }[rnd(3)]);
		add_digits(b, 3);
	}
}

static void
add_string(struct buf *b)
{
	static const char *const odd[] = { "\\n", "\\u00e9", "\\\"", "\xc3\xa9", "\xe4\xb8\xad",
		"\xf0\x9f\x98\x80", "\\\\", "\x7f" };

	buf_addc(b, '"');
	for (unsigned n = rnd(rnd(10) ? 20 : 90); n > 0; n--) {
		if (rnd(12))
			buf_addc(b, (char)('a' + rnd(26)));
		else
			buf_adds(b, odd[rnd(ARRAY_LEN(odd))]);
	}
	buf_addc(b, '"');
}

static void
add_blank(struct buf *b, unsigned style)
{
	if (style == 1)
		buf_addc(b, ' ');
	else if (style == 2)
		buf_adds(b, "\n    ");
	else if (style == 3)
		for (unsigned n = rnd(4); n > 0; n--)
			buf_addc(b, " \t\r\n"[rnd(4)]);
}

static void
add_value(struct buf *b, unsigned style, unsigned depth)
{
	unsigned kind = rnd(depth ? 10 : 4), n = rnd(rnd(3) ? 6 : 60);

	if (kind < 2) {
		add_number(b);
	} else if (kind == 2) {
		add_string(b);
	} else if (kind == 3) {
		buf_adds(b, (const char *[]){ "true", "false", "null", "[]", "{}" }[rnd(5)]);
	} else if (kind < 8) {
		buf_addc(b, '[');
		for (unsigned i = 0; i < n; i++) {
			if (i)
				buf_addc(b, ',');
			add_blank(b, style);
			if (kind < 7)
				add_number(b);
			else
				add_value(b, style, depth - 1);
			if (style == 3)
				add_blank(b, style);
		}
		buf_addc(b, ']');
	} else {
		buf_addc(b, '{');
		for (unsigned i = 0; i < n % 6; i++) {
			if (i)
				buf_addc(b, ',');
			add_blank(b, style);
			add_string(b);
			buf_addc(b, ':');
			add_blank(b, style);
			add_value(b, style, depth - 1);
		}
		buf_addc(b, '}');
	}
}

static void
spoil(struct buf *b)
{
	static const char bytes[] = "0123456789.,-+eE[]{}\":\\ \t\n\r\x01\x1f\x7f\x80\xc3\xe4tfnu";

	for (unsigned n = 1 + rnd(3); n > 0; n--) {
		size_t at = rnd((unsigned)b->n);
		char c = bytes[rnd(sizeof(bytes) - 1)];

		switch (rnd(3)) {
		case 0: /* change */
			b->p[at] = c;
			break;
		case 1: /* drop */
			memmove(b->p + at, b->p + at + 1, b->n - at - 1);
			buf_cut(b, b->n > 1 ? b->n - 1 : 1);
			break;
		default: /* double */
			buf_addc(b, ' ');
			memmove(b->p + at + 1, b->p + at, b->n - at - 1);
			b->p[at] = c;
			break;
		}
	}
}

/* ---- comparison ---- */

static bool
agree(const char *p, size_t n)
{
	const char *stop[2], *why[2];
	enum scan_result r[2];
	char *copy = xmemdup(p, n); /* exactly so many bytes: a sanitizer sees one too many */

	r[0] = scan_value(copy, copy + n, JSON_DEPTH, &stop[0], &why[0]);
	r[1] = scan_value_scalar(copy, copy + n, JSON_DEPTH, &stop[1], &why[1]);
	free(copy);
	if (r[0] != r[1] || (r[0] != SCAN_MORE && stop[0] != stop[1]))
		return false;
	return r[0] != SCAN_BAD || strcmp(why[0], why[1]) == 0;
}

static void
test_random(void)
{
	size_t cases = 60000, wrong = 0, valid = 0, cut = 0;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < cases; i++) {
		buf_reset(&b);
		add_value(&b, rnd(4), 4);
		if (i % 4)
			spoil(&b);
		valid += json_valid(buf_span(&b));
		wrong += !agree(b.p, b.n);
		for (int k = 0; k < 4; k++, cut++)
			wrong += !agree(b.p, rnd((unsigned)b.n + 1));
	}
	ok(valid > cases / 4 && valid < cases / 2 + cases / 4, "%zu of %zu texts are valid", valid,
	    cases);
	is_int(wrong, 0, "%zu texts and %zu beginnings: same answers", cases, cut);
	buf_release(&b);
}

/* Text that was accepted: the second look finds the end that the first found. */
static bool
skips(const char *p, size_t n)
{
	const char *stop, *why;
	char *copy = xmemdup(p, n);
	bool same = skip_value(copy, copy + n) == skip_value_scalar(copy, copy + n);

	/* a number is accepted for good when its end is */
	if (scan_value(copy, copy + n, JSON_DEPTH, &stop, &why) == SCAN_DONE &&
	    (stop == copy + n || json_type_of((struct span){ p, n }) != JSON_NUMBER))
		same = same && skip_value(copy, copy + n) == stop;
	free(copy);
	return same;
}

/* The members of an object that was accepted are those of the first look. */
static bool
same_members(struct span object)
{
	struct member *m[2] = { NULL, NULL };
	size_t n[2] = { 0, 0 }, cap[2] = { 0, 0 };
	struct json j[2];
	bool same;

	json_begin(&j[0], object);
	json_begin_valid(&j[1], object);
	same = json_members(&j[0], &m[0], &n[0], &cap[0]) &&
	       json_members(&j[1], &m[1], &n[1], &cap[1]) && n[0] == n[1];
	for (size_t i = 0; same && i < n[0]; i++)
		same = span_eq(m[0][i].key, m[1][i].key) && span_eq(m[0][i].value, m[1][i].value);
	free(m[0]);
	free(m[1]);
	return same;
}

/* How many numbers a list has, against what the scanner finds in it one by one. */
static bool
counts(const char *p, size_t n)
{
	struct span raw, list = { p, n };
	size_t want = 0, got = json_count_numbers(list);
	struct json j;

	if (*p != '[' || !json_valid(list))
		return true;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		want = want == SIZE_MAX || json_type_of(raw) != JSON_NUMBER ? SIZE_MAX : want + 1;
	return got == want && count_numbers_scalar(p + 1, p + n - 1) == want;
}

static void
test_second_look(void)
{
	size_t cases = 60000, wrong = 0, lists = 0;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < cases; i++) {
		buf_reset(&b);
		add_value(&b, rnd(4), i % 2 ? 1 : 4);
		lists += b.p[0] == '[';
		wrong += !counts(b.p, b.n);
		wrong += b.p[0] == '{' && !same_members(buf_span(&b));
		if (i % 4 == 0)
			spoil(&b);
		wrong += !skips(b.p, b.n);
		wrong += !skips(b.p, rnd((unsigned)b.n + 1));
	}
	ok(lists > cases / 4, "%zu of %zu texts are lists", lists, cases);
	is_int(wrong, 0, "%zu texts: passed over and counted as by the scanner", cases);
	buf_release(&b);
}

/* More commas than a byte of the kernel can count. */
static void
test_long_list(void)
{
	struct buf b = BUF_INIT;
	size_t n = 100000;

	buf_addc(&b, '[');
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, i ? ",1" : "1");
	buf_addc(&b, ']');
	is_int(json_count_numbers(buf_span(&b)), n, "a long list is counted");
	b.p[b.n / 2 | 1] = '"';
	is_int(json_count_numbers(buf_span(&b)), SIZE_MAX, "and one quote is seen in it");
	buf_release(&b);
}

/* Every string of a small alphabet in the middle of a list, at every place of a block. */
static void
test_rules(void)
{
	static const char bytes[] = "01.,- ]e";
	const unsigned n = sizeof(bytes) - 1;
	size_t wrong = 0, cases = 0;
	char text[256], middle[6] = "";

	for (unsigned code = 0; code < n * n * n * n * n; code++) {
		for (unsigned i = 0, c = code; i < 5; i++, c /= n)
			middle[i] = bytes[c % n];
		for (int pad = 55; pad < 66; pad += code % 7 == 0 ? 1 : 10) {
			int len = snprintf(text, sizeof(text), "[%.*s,%s,%s]", pad,
			    "1,22,333,4444,55555,6.6,77.77,-888,999,1.5,2.5,3.5,4.5,5.5,6.5,7.5,8.5",
			    middle,
			    "1.25,2.25,3.25,4.25,5.25,6.25,7.25,8.25,9.25,10.25,11.25,12.25");

			wrong += !agree(text, (size_t)len);
			cases++;
		}
	}
	is_int(wrong, 0, "%zu lists: same answers", cases);
}

int
main(void)
{
	test_random();
	test_rules();
	test_second_look();
	test_long_list();
	return done_testing();
}
