/* Files in and out: base/file.h and base/input.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/input.h"
#include "base/tmpfiles.h"
#include "tap.h"

static char dir[200];

/* A path below the test's folder, in one of four buffers. */
static const char *
in_dir(const char *name)
{
	static _Thread_local char path[4][300];
	static _Thread_local int k;
	char *p = path[k++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static const char *
content(const char *name)
{
	static struct buf b;

	buf_reset(&b);
	return file_read(AT_FDCWD, in_dir(name), 1 << 20, &b) == 0 ? buf_str(&b) : NULL;
}

static int
entries(void)
{
	DIR *d = opendir(dir);
	int n = -2; /* . and .. */

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* ---- out ---- */

static void
test_write(void)
{
	is_int(file_write(in_dir("a"), SPAN("one"), 0), 0, "a new file");
	is_str(content("a"), "one", "has its content");
	ok(file_write(in_dir("a"), SPAN("two"), 0) == -1 && errno == EEXIST, "it is not replaced");
	is_str(content("a"), "one", "and keeps its content");
	is_int(file_write(in_dir("a"), SPAN("two"), FILE_FORCE), 0, "with FILE_FORCE it is");
	is_str(content("a"), "two", "and has the new content");
	is_int(file_write(in_dir("e"), SPAN(""), FILE_NOSYNC), 0, "an empty file");
	is_str(content("e"), "", "is empty");
	ok(file_write(in_dir("no/such/folder"), SPAN("x"), 0) == -1 && errno == ENOENT,
	    "no folder");
	symlink("nowhere", in_dir("dangling"));
	ok(file_write(in_dir("dangling"), SPAN("x"), 0) == -1 && errno == EEXIST,
	    "a dangling link is something too");
	unlink(in_dir("dangling"));
	is_int(entries(), 2, "and nothing else is left");
}

static void
test_newfile(void)
{
	struct newfile f, g;

	is_int(newfile_open(&f, in_dir("n"), 0), 0, "a file is begun");
	buf_adds(&f.out.b, "half");
	out_flush(&f.out);
	ok(content("n") == NULL, "it is not there yet");
	is_int(entries(), 3, "but its temporary file");
	newfile_abort(&f);
	is_int(entries(), 2, "which is gone after an abort");
	newfile_open(&f, in_dir("n"), 0);
	newfile_open(&g, in_dir("n"), 0);
	buf_adds(&f.out.b, "first");
	buf_adds(&g.out.b, "second");
	is_int(newfile_commit(&f), 0, "two write the same file: one wins");
	ok(newfile_commit(&g) == -1 && errno == EEXIST, "the other is told");
	is_str(content("n"), "first", "nothing was replaced");
	is_int(entries(), 3, "nothing is left over");
	newfile_open(&f, in_dir(""), FILE_FORCE);
	ok(newfile_commit(&f) == -1, "a folder is not replaced by a file");
}

static void
test_long_name(void)
{
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	is_int(file_write(in_dir(name), SPAN("x"), 0), 0, "the longest name");
	is_str(content(name), "x", "has its content");
	unlink(in_dir(name));
}

static void
test_others(void)
{
	ok(rename_new(in_dir("a"), in_dir("n")) == -1 && errno == EEXIST,
	    "rename replaces nothing");
	is_int(rename_new(in_dir("a"), in_dir("b")), 0, "a free name is taken");
	is_str(content("b"), "two", "by the file");
	is_int(file_copy(in_dir("b"), in_dir("c"), 0), 0, "a copy");
	is_str(content("c"), "two", "is the same");
	ok(file_copy(in_dir("n"), in_dir("c"), 0) == -1 && errno == EEXIST, "and not replaced");
	ok(file_copy(in_dir("none"), in_dir("d"), 0) == -1 && errno == ENOENT, "no source");
	is_int(make_dirs(in_dir("x/y/z/"), 0777), 0, "folders in folders");
	is_int(make_dirs(in_dir("x/y"), 0777), 0, "that are there");
	ok(make_dirs(in_dir("b/x"), 0777) == -1 && errno == ENOTDIR, "not below a file");
	is_int(file_write(in_dir("x/y/z/f"), SPAN("deep"), 0), 0, "a file in them");
	is_str(content("x/y/z/f"), "deep", "is there");
	unlink(in_dir("x/y/z/f"));
	rmdir(in_dir("x/y/z"));
	rmdir(in_dir("x/y"));
	rmdir(in_dir("x"));
}

static void
test_read(void)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "before ");
	is_int(file_read(AT_FDCWD, in_dir("b"), 3, &b), 0, "a file of exactly the limit");
	is_str(buf_str(&b), "before two", "is appended");
	ok(file_read(AT_FDCWD, in_dir("b"), 2, &b) == -1 && errno == EFBIG,
	    "a larger one is refused");
	ok(file_read(AT_FDCWD, in_dir("none"), 2, &b) == -1 && errno == ENOENT, "none");
	ok(file_read(AT_FDCWD, dir, 2, &b) == -1 && errno == EISDIR, "a folder");
	buf_release(&b);
}

/* ---- in ---- */

static void
lines_of(struct input *in, const char *want, const char *what)
{
	struct buf all = BUF_INIT;
	struct span line;

	while (input_line(in, &line)) {
		buf_addf(&all, "%d<", (int)in->line);
		buf_addspan(&all, line);
		buf_addc(&all, '>');
	}
	ok(span_is(buf_span(&all), want), "%s", what);
	if (!span_is(buf_span(&all), want))
		printf("# got %s\n", buf_str(&all));
	ok(!input_line(in, &line), "and no more");
	input_close(in);
	buf_release(&all);
}

/* From memory, and through a pipe that gives a few bytes at a time. */
static void
lines(const char *text, const char *want, const char *what)
{
	size_t size = strlen(text);
	struct input in;

	input_memory(&in, span_str(text), "m");
	lines_of(&in, want, what);
	for (size_t piece = 1; piece <= size; piece++) {
		int fd[2];
		pid_t pid;

		if (pipe(fd) != 0 || (pid = fork()) < 0)
			abort();
		if (pid == 0) {
			for (size_t i = 0; i < size; i += piece) {
				(void)!write(fd[1], text + i, piece < size - i ? piece : size - i);
				usleep(200);
			}
			_exit(0);
		}
		close(fd[1]);
		input_fd(&in, fd[0], "p");
		lines_of(&in, want, what);
	}
}

static void
test_lines(void)
{
	struct input in;
	struct span line;

	lines("", "", "no line");
	lines("a\nb\n", "1<a>2<b>", "two lines");
	lines("a\nb", "1<a>2<b>", "the last one without its end");
	lines("\n\na", "1<>2<>3<a>", "empty lines");
	lines("a\r\nb\r\r\n\r\nc\rd", "1<a>2<b\r>3<>4<c\rd>", "CR LF");
	lines("a\r", "1<a>", "CR at the end");
	input_memory(&in, SPAN("a\0b\n\0"), "m");
	ok(input_line(&in, &line) && span_eq(line, SPAN("a\0b")), "a NUL in a line");
	ok(input_line(&in, &line) && span_eq(line, SPAN("\0")), "a NUL alone");
	ok(input_pos(&in, 4).line == 2 && input_pos(&in, 4).col == 5, "its position");
	input_close(&in);
	input_memory(&in, SPAN_NONE, "m");
	ok(!input_line(&in, &line), "nothing has no lines");
	input_close(&in);
}

/* The lines of `text`, with INPUT_ANY or INPUT_GUESS, in a file: "1<a>2<b>". */
static void
ends(const char *text, enum input_ends how, const char *want, const char *name)
{
	struct buf got = BUF_INIT;
	struct input in;
	struct span line;

	file_write(in_dir("ends"), span_str(text), FILE_FORCE);
	input_open(&in, in_dir("ends"));
	in.ends = how;
	while (input_line(&in, &line))
		buf_addf(&got, "%d<%.*s>", (int)in.line, SPAN_ARG(line));
	input_close(&in);
	is_str(buf_str(&got), want, "%s", name);
	buf_release(&got);
}

static void
test_line_ends(void)
{
	ends("a\rb\nc\r\nd\r\r\ne\r", INPUT_ANY, "1<a>2<b>3<c>4<d>5<>6<e>", "any line end");
	ends("a\r\rb", INPUT_ANY, "1<a>2<>3<b>", "the last line without one");
	ends("", INPUT_ANY, "", "no line");
	ends("\r", INPUT_ANY, "1<>", "one empty line");
	ends("a\rb\r", INPUT_GUESS, "1<a>2<b>", "CRs and no LF");
	ends("a\rb\n", INPUT_GUESS, "1<a\rb>", "a CR in a line");
	ends("a\r\nb\r\n", INPUT_GUESS, "1<a>2<b>", "CR LF");
}

static void
test_long_lines(void)
{
	struct diag_sink said = { .status = 0 };
	struct buf b = BUF_INIT;
	struct input in;
	struct span line;

	for (int i = 0; i < 1000000; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\nshort\n");
	file_write(in_dir("long"), buf_span(&b), 0);
	ok(input_open(&in, in_dir("long")), "a file");
	ok(input_line(&in, &line) && line.n == 1000000, "a line longer than any buffer");
	ok(input_line(&in, &line) && span_is(line, "short"), "and the one behind it");
	input_close(&in);
	input_open(&in, in_dir("long"));
	in.line_max = 5;
	diag_sink(&said);
	ok(input_line(&in, &line) && span_is(line, "short"), "too long: left out");
	is_int(in.line, 2, "lines are counted all the same");
	in.line_max = 3;
	input_close(&in);
	input_memory(&in, SPAN("abcd\nabc\nabcdefgh"), "m");
	in.line_max = 3;
	ok(input_line(&in, &line) && span_is(line, "abc"), "also when all is in memory");
	ok(!input_line(&in, &line), "and at the end");
	input_close(&in);
	diag_sink(NULL);
	is_int(said.count[DIAG_ERROR], 3, "each is reported");
	ok(strstr(buf_str(&said.text),
	       "long:1: error: line longer than 5 bytes left out [line-length]"),
	    "with its place");
	unlink(in_dir("long"));
	diag_sink_release(&said);
	buf_release(&b);
}

static void
test_open(void)
{
	struct diag_sink said = { .status = 0 };
	struct input in;

	diag_sink(&said);
	ok(!input_open(&in, in_dir("none")), "no file");
	ok(!input_open(&in, dir), "a folder");
	diag_sink(NULL);
	is_int(said.status, 2, "is trouble");
	ok(strstr(buf_str(&said.text), "none: No such file or directory\n") &&
		strstr(buf_str(&said.text), "Is a directory\n"),
	    "and is said");
	diag_sink_release(&said);
}

/* Makes files and gives them up again, until the program ends. */
static void *
make_files(void *arg)
{
	for (int i = 0;; i++) {
		struct newfile f;
		char name[40];

		snprintf(name, sizeof(name), "busy-%d-%d", *(int *)arg, i);
		if (newfile_open(&f, in_dir(name), 0) == 0)
			newfile_abort(&f);
	}
	return NULL;
}

/* One thread ends the program while others are at it: each file was either not made yet, or is removed. */
static void
test_end_among_threads(void)
{
	static int number[3] = { 0, 1, 2 };
	int before = entries(), status, bad = 0;

	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			pthread_t t;

			for (int k = 0; k < 3; k++)
				pthread_create(&t, NULL, make_files, &number[k]);
			usleep(1000);
			tmpfiles_exit(7);
		}
		bad += waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		       WEXITSTATUS(status) != 7;
	}
	is_int(bad, 0, "the program ends with the status that was asked for");
	is_int(entries(), before, "nothing half made is left by any thread");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/base-file-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return 1;
	test_write();
	test_newfile();
	test_long_name();
	test_others();
	test_read();
	test_lines();
	test_line_ends();
	test_long_lines();
	test_open();
	test_end_among_threads();
	unlink(in_dir("b"));
	unlink(in_dir("c"));
	unlink(in_dir("e"));
	unlink(in_dir("ends"));
	unlink(in_dir("n"));
	is_int(rmdir(dir), 0, "the folder is empty at the end");
	return done_testing();
}
