/* A set of hashes, and positions in a file that is not read in order. */
#include "base/hashset.h"

#include <unistd.h>

#include "base/file.h"
#include "label/linepos.h"
#include "tap.h"

static void
test_hashset(void)
{
	struct hashset s = { .slot = NULL };
	int wrong = 0;

	ok(!hashset_has(&s, 7), "an empty set has nothing");
	ok(hashset_add(&s, 0) && !hashset_add(&s, 0) && hashset_has(&s, 0),
	    "0 is a hash as others");
	for (uint64_t i = 2; i < 100000; i++)
		wrong += !hashset_add(&s, i * 0x9e3779b97f4a7c15u);
	for (uint64_t i = 2; i < 100000; i++)
		wrong += hashset_add(&s, i * 0x9e3779b97f4a7c15u);
	is_int(wrong, 0, "what was added is there, and nothing else");
	is_int(s.n, 99999, "their number");
	hashset_release(&s);
}

/* Texts that differ in one byte, in their length, in the seed. */
static void
test_hash_seeded(void)
{
	struct hashset s = { .slot = NULL };
	unsigned char text[40] = { 0 };
	int wrong = 0, added = 0;

	for (uint64_t seed = 0; seed < 2; seed++)
		for (size_t n = 0; n <= sizeof(text); n++, added++)
			wrong += !hashset_add(&s, hash_seeded(seed, text, n));
	for (size_t i = 0; i < sizeof(text); i++)
		for (int c = 1; c < 256; c++, added++) {
			text[i] = (unsigned char)c;
			wrong += !hashset_add(&s, hash_seeded(0, text, sizeof(text)));
			text[i] = 0;
		}
	for (uint64_t i = 0; i < 300000; i++, added++)
		wrong += !hashset_add(&s, hash_seeded(3, &i, sizeof(i)));
	is_int(wrong, 0, "each of them is new");
	is_int(s.n, added, "their number");
	ok(hashset_has(&s, hash_seeded(0, text, 7)) && !hashset_has(&s, hash_seeded(2, text, 7)),
	    "what was added is there, and nothing else");
	hashset_release(&s);
}

static void
at(struct linepos *l, uint64_t offset, uint64_t line, uint64_t col)
{
	struct pos p = linepos_at(l, offset);

	ok(p.line == line && p.col == col, "byte %llu is at %llu:%llu", (unsigned long long)offset,
	    (unsigned long long)line, (unsigned long long)col);
}

/* "x\n" a million and a half times behind a first line of 3 bytes, in three blocks. */
static void
test_linepos(void)
{
	enum { LINES = 1500000 };

	int fd = file_spool();
	struct buf b = BUF_INIT;
	struct linepos l;

	buf_adds(&b, "SKIPab\n");
	for (int i = 0; i < LINES; i++)
		buf_add(&b, "x\n", 2);
	ok(write_all(fd, b.p, b.n) == 0, "a file");
	linepos_init(&l, fd, 4, b.n - 4, "f");
	at(&l, 2 * LINES + 1, LINES + 1, 1);
	at(&l, 0, 1, 1);
	at(&l, 2, 1, 3);
	at(&l, 3, 2, 1);
	at(&l, 1 << 20, 1 << 19, 2);
	at(&l, (1 << 20) + 1, (1 << 19) + 1, 1);
	at(&l, 1000000000, LINES + 2, 1);
	linepos_release(&l);
	buf_release(&b);
	close(fd);
}

int
main(void)
{
	test_hashset();
	test_hash_seeded();
	test_linepos();
	return done_testing();
}
