/*
 * tap.h: the unit tests' voice. A test calls ok(), is_int(), is_str() and ends with `return
 * done_testing();`. Each check is one TAP line on stdout; a failed one is followed by where, and
 * what it got.
 */
#ifndef DS_TESTS_TAP_H
#define DS_TESTS_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

#define ok(cond, ...) tap_ok((cond) != 0, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_int((long long)(got), (long long)(want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) tap_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 5))) static inline int
tap_ok(int pass, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", pass ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!pass) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return pass;
}

#define tap_int(got, want, file, line, ...) \
	do { \
		long long got_ = (got), want_ = (want); \
		if (!tap_ok(got_ == want_, file, line, __VA_ARGS__)) \
			printf("# got %lld, wanted %lld\n", got_, want_); \
	} while (0)

#define tap_str(got, want, file, line, ...) \
	do { \
		const char *got_ = (got), *want_ = (want); \
		int same_ = got_ && want_ ? strcmp(got_, want_) == 0 : got_ == want_; \
		if (!tap_ok(same_, file, line, __VA_ARGS__)) \
			printf("# got    \"%s\"\n# wanted \"%s\"\n", got_ ? got_ : "(null)", \
			    want_ ? want_ : "(null)"); \
	} while (0)

static inline int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
