/* strmap.c: the map from strings to numbers. */
#include <stdlib.h>

#include "base/strmap.h"
#include "tap.h"

int
main(void)
{
	struct strmap m = STRMAP_INIT;
	size_t big = 1 << 20;
	char *long_key = calloc(1, big);
	bool is_new, strings = true;
	const char *first;

	memset(long_key, 'x', big);
	first = strmap_put(&m, span_str("a"), 7, &is_new)->key.p;
	ok(is_new, "the first time it is new");
	ok(strmap_put(&m, span_str("a"), 8, &is_new)->value == 7 && !is_new, "then it stays");
	strmap_put(&m, (struct span){ long_key, big }, 1, NULL);
	strmap_put(&m, (struct span){ long_key, 3 }, 2, NULL);
	strmap_put(&m, SPAN(""), 3, NULL);
	for (uint64_t i = 0; i < 5000; i++) {
		char key[24];
		int n = snprintf(key, sizeof(key), "k%llu", (unsigned long long)i);

		strmap_put(&m, (struct span){ key, (size_t)n }, i, NULL);
	}
	for (size_t i = 0; i < m.n; i++)
		strings = strings && m.e[i].key.p[m.e[i].key.n] == '\0';
	ok(strings, "each key is a string");
	ok(strmap_find(&m, span_str("a"))->key.p == first, "keys keep their address");
	is_int(strmap_find(&m, span_str("k4999"))->value, 4999, "many are found");
	is_int(strmap_find(&m, span_str("xxx"))->value, 2, "a key that begins another");
	is_int(strmap_find(&m, SPAN(""))->value, 3, "the empty key");
	ok(strmap_find(&m, span_str("none")) == NULL, "what is not there");
	is_int(m.n, 5004, "entries");
	strmap_release(&m);
	free(long_key);
	return done_testing();
}
