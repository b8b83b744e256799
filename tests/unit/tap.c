/*
 * tap.c: do the words of tap.h tell right from wrong? A failing check is run in a child whose
 * output is read back.
 */
#include "tap.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
failing_checks(void)
{
	ok(0, "no");
	is_int(1, 2, "one is two");
	is_str("a", NULL, "a is nothing");
}

/* Run failing_checks() in a child; its output goes to text, its exit status is returned. */
static int
run_failing(char *text, size_t size)
{
	int fd[2], status;
	size_t len = 0;
	ssize_t n;

	if (pipe(fd) != 0)
		return -1;
	fflush(stdout);
	if (fork() == 0) {
		dup2(fd[1], STDOUT_FILENO);
		failing_checks();
		exit(done_testing());
	}
	close(fd[1]);
	while (len < size - 1 && (n = read(fd[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd[0]);
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
main(void)
{
	char text[2000];

	is_int(run_failing(text, sizeof text), 1, "a run with failures exits 1");
	ok(strstr(text, "not ok 1 - no\n# failed at "), "ok() reports a failure and its place");
	ok(strstr(text, "not ok 2 - one is two\n"), "is_int() compares");
	ok(strstr(text, "# got 1, wanted 2\n"), "is_int() shows both numbers");
	ok(strstr(text, "not ok 3 - a is nothing\n"), "is_str() tells a string from none");
	ok(strstr(text, "1..3\n"), "the plan counts the checks");
	is_str("a", "a", "is_str() passes equal strings");
	return done_testing();
}
