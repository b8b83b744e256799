/* What is said on stderr, and what it means for the status: base/diag.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "tap.h"

/* Run `body` in a child; what it says goes to `text`. Its exit status, 256 after a signal. */
static int
child(void (*body)(void), char *text, size_t size)
{
	FILE *f = tmpfile();
	pid_t pid = fork();
	ssize_t n;
	int status;

	if (pid == 0) {
		dup2(fileno(f), STDERR_FILENO);
		diag_program("prog");
		body();
		_exit(status_get());
	}
	waitpid(pid, &status, 0);
	n = pread(fileno(f), text, size - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	fclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

static void
says(void (*body)(void), int status, const char *want, const char *what)
{
	char text[4096];

	is_int(child(body, text, sizeof(text)), status, "%s: status", what);
	is_str(text, want, "%s: what is said", what);
}

static void
places(void)
{
	note_at(POS_NONE, NULL, "no place");
	note_at(pos_file("f"), "rule", "a file");
	note_at(pos_at("f", 3, 0), "rule", "a line");
	note_at(pos_at("f", 3, 4), "rule", "a column");
	warning_at(pos_at("f", 0, 4), "rule", "a column without a line");
}

static void
levels(void)
{
	error_at(pos_at("f", 1, 2), "rule", "%s is %d", "x", 5);
}

static void
with_errno(void)
{
	errno = ENOENT;
	trouble("cannot open %s:", "f");
	errno = EACCES;
	error_at(POS_NONE, NULL, "because:");
	if (errno != EACCES)
		_exit(9);
}

static void
escapes(void)
{
	error_at(pos_file("a\nb\x1b[31m\xff\xc2\x85\x7f\xe4\xb8\xad"), NULL, "\"x\\\r\xe4\xb8\t");
}

static void
json(void)
{
	diag_json(true);
	error_at(pos_at("a\"\n\xff\xe4\xb8\xad", 3, 7), "voc-box", "x\\\x7f");
	warning_at(pos_at("f", 3, 0), NULL, "no column");
	note_at(POS_NONE, "r", "no place");
	say("said");
}

static void
quiet(void)
{
	diag_quiet(true);
	note_at(POS_NONE, NULL, "a note");
	say("said");
	warning_at(POS_NONE, NULL, "a warning");
}

static void
strict(void)
{
	diag_strict(true);
	warning_at(POS_NONE, NULL, "a warning");
	error_at(POS_NONE, NULL, "the first");
	error_at(POS_NONE, NULL, "the second");
}

static void
strict_sink(void)
{
	struct diag_sink sink = { .status = 0 };

	diag_strict(true);
	diag_sink(&sink);
	error_at(POS_NONE, NULL, "the first");
	error_at(POS_NONE, NULL, "the second");
	diag_sink(NULL);
	diag_flush(&sink);
	_exit(9);
}

static void
dies(void)
{
	errno = ENOSPC;
	die("cannot write %s:", "a\nb");
}

static void
dies_json(void)
{
	diag_json(true);
	die("no \"%s\" in \xff", "x");
}

static void
dies_long(void)
{
	char name[5000];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	errno = ENOENT;
	die("%s:", name);
}

/* A worker that dies has said what is in its sink. */
static void
dies_in_sink(void)
{
	struct diag_sink sink = { .status = 0 };

	diag_sink(&sink);
	note_at(POS_NONE, NULL, "before");
	die("then");
}

static void
test_sink(void)
{
	struct diag_sink sink = { .status = 0 };

	ok(diag_sink(&sink) == NULL, "no sink before");
	error_at(pos_file("f"), "r", "one");
	trouble("two");
	note_at(POS_NONE, NULL, "three");
	is_int(status_get(), 0, "the status waits");
	is_int(sink.status, 2, "in the sink");
	ok(diag_sink(NULL) == &sink, "the sink is taken away");
	is_int(sink.count[DIAG_ERROR], 2, "two errors");
	is_int(sink.count[DIAG_NOTE], 1, "one note");
	is_str(buf_str(&sink.text), "f: error: one [r]\nprog: error: two\nprog: note: three\n",
	    "in order");
	diag_sink_release(&sink);
}

static void
test_long(void)
{
	char text[4096];

	is_int(child(dies_long, text, sizeof(text)), 2, "a long message: status");
	ok(strstr(text, "xxx No such file or directory\n") != NULL,
	    "is cut, and its reason is said");
}

int
main(void)
{
	diag_program("prog");
	says(places, 0,
	    "prog: note: no place\nf: note: a file [rule]\nf:3: note: a line [rule]\n"
	    "f:3:4: note: a column [rule]\nf: warning: a column without a line [rule]\n",
	    "places");
	says(levels, 1, "f:1:2: error: x is 5 [rule]\n", "an error");
	says(with_errno, 2,
	    "prog: error: cannot open f: No such file or directory\n"
	    "prog: error: because: Permission denied\n",
	    "errno");
	says(escapes, 1,
	    "a\\x0ab\\x1b[31m\\xff\\xc2\\x85\\x7f\xe4\xb8\xad: error: \"x\\\\x0d\\xe4\\xb8\\x09\n",
	    "escapes");
	says(json, 1,
	    "{\"program\":\"prog\",\"file\":\"a\\\"\\u000a\xef\xbf\xbd\xe4\xb8\xad\",\"line\":3,"
	    "\"column\":7,\"level\":\"error\",\"message\":\"x\\\\\\u007f\",\"rule\":\"voc-box\"}\n"
	    "{\"program\":\"prog\",\"file\":\"f\",\"line\":3,\"level\":\"warning\",\"message\":\"no "
	    "column\"}\n"
	    "{\"program\":\"prog\",\"level\":\"note\",\"message\":\"no place\",\"rule\":\"r\"}\n"
	    "{\"program\":\"prog\",\"level\":\"note\",\"message\":\"said\"}\n",
	    "JSON");
	says(quiet, 0, "prog: warning: a warning\n", "quiet");
	says(strict, 1, "prog: warning: a warning\nprog: error: the first\n", "strict");
	says(strict_sink, 1, "prog: error: the first\n", "strict in a worker");
	says(dies, 2, "prog: error: cannot write a?b: No space left on device\n", "die");
	says(dies_json, 2,
	    "{\"program\":\"prog\",\"level\":\"error\",\"message\":\"no ?x? in ?\"}\n",
	    "die in JSON");
	says(dies_in_sink, 2, "prog: note: before\nprog: error: then\n", "die in a worker");
	test_long();
	test_sink();
	return done_testing();
}
