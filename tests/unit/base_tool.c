/* The command line of every program: base/tool.h, through a small program of its own. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/out.h"
#include "base/tool.h"
#include "tap.h"

/* ---- the program: says what it was given ---- */

static bool flag;
static const char *string = "-";
static uint64_t count = 1, size = 2;
static double number = 0.5;
static struct strings list;
static int choice;
static char letter = '-';
static char called[100];

static void
call(const char *value)
{
	strcat(called, value ? value : "NULL");
}

static void
call_flag(const char *value)
{
	strcat(called, value ? "?" : "!");
}

static const struct opt opts[] = {
	{ 'f', "flag", NULL, OPT_FLAG, &flag, NULL, "a flag" },
	{ 's', "string", "TEXT", OPT_STRING, &string, NULL, "a string" },
	{ 'c', "count", "N", OPT_COUNT, &count, NULL, "a count" },
	{ 0, "size", "SIZE", OPT_SIZE, &size, NULL, "a size" },
	{ 'n', "number", "X", OPT_NUMBER, &number, NULL, "a number" },
	{ 'l', "list", "WORD", OPT_LIST, &list, NULL, "a word of a list" },
	{ 0, "choice", "red|green|blue", OPT_CHOICE, &choice, NULL, "a choice" },
	{ 0, "letter", "C", OPT_CHAR, &letter, NULL, NULL },
	{ 0, "call", "VALUE", OPT_CALL, NULL, call, NULL },
	{ 0, "an-option-with-a-long-name", "VALUE", OPT_CALL, NULL, call, "long" },
	{ 'x', "call-flag", NULL, OPT_CALL, NULL, call_flag, NULL },
	{ 0 },
};

static const struct tool tool = { "prog", "[OPTIONS] [FILE ...]", "Says what it was given.", opts,
	"A note.", true, NULL };

static int
program(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	struct buf *b = &out_stdout()->b;

	buf_addf(b,
	    "flag=%d string=%s count=%llu size=%llu number=%g choice=%d called=%s list=", flag,
	    string, (unsigned long long)count, (unsigned long long)size, number, choice, called);
	for (size_t k = 0; k < list.n; k++)
		buf_addf(b, "%s;", list.v[k]);
	if (letter != '-')
		buf_addf(b, " letter=%d", letter);
	buf_addf(b, " verbose=%d operands=", tool_verbose());
	for (; i < argc; i++)
		buf_addf(b, "%s;", argv[i]);
	note_at(POS_NONE, NULL, "done");
	return tool_end();
}

/* ---- running it ---- */

static char out_text[8192], err_text[8192];

static void
read_back(FILE *f, char *text, size_t room)
{
	ssize_t n = pread(fileno(f), text, room - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	fclose(f);
}

/* Words are separated by blanks. */
static int
run(const char *command)
{
	char *words = strdup(command), *argv[32];
	FILE *out = tmpfile(), *err = tmpfile();
	int argc = 0, status;
	pid_t pid;

	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	if ((pid = fork()) == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		_exit(program(argc, argv));
	}
	waitpid(pid, &status, 0);
	read_back(out, out_text, sizeof(out_text));
	read_back(err, err_text, sizeof(err_text));
	free(words);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

static void
gives(const char *command, const char *want)
{
	is_int(run(command), 0, "%s: status", command);
	is_str(out_text, want, "%s: output", command);
}

static void
refuses(const char *command, const char *want)
{
	char all[1024];

	snprintf(all, sizeof(all), "prog: error: %s\nprog: error: see 'prog --help' or man prog\n",
	    want);
	is_int(run(command), 2, "%s: status", command);
	is_str(out_text, "", "%s: no output", command);
	is_str(err_text, all, "%s: what is said", command);
}

static void
test_values(void)
{
	gives("prog",
	    "flag=0 string=- count=1 size=2 number=0.5 choice=0 called= list= verbose=0 operands=");
	is_str(err_text, "prog: note: done\n", "a note");
	gives("prog -f -s a -c 7 --size=3K -n -1.5e1 -l x -l y --choice blue -v a b",
	    "flag=1 string=a count=7 size=3072 number=-15 choice=2 called= list=x;y; verbose=1 "
	    "operands=a;b;");
	gives("prog a --string=-x -fc3 --size 2G -- -f --flag",
	    "flag=1 string=-x count=3 size=2147483648 number=0.5 choice=0 called= list= verbose=0 "
	    "operands=a;-f;--flag;");
	gives("prog -xx --call 5 --string= -",
	    "flag=0 string= count=1 size=2 number=0.5 choice=0 called=!!5 list= verbose=0 operands=-;");
	gives("prog -c18446744073709551615 --size 17179869183G",
	    "flag=0 string=- count=18446744073709551615 size=18446744072635809792 number=0.5 choice=0 "
	    "called= list= verbose=0 operands=");
	gives("prog --letter \\t",
	    "flag=0 string=- count=1 size=2 number=0.5 choice=0 called= list= letter=9 verbose=0 "
	    "operands=");
	gives("prog --letter ;",
	    "flag=0 string=- count=1 size=2 number=0.5 choice=0 called= list= letter=59 verbose=0 "
	    "operands=");
	gives("prog -q",
	    "flag=0 string=- count=1 size=2 number=0.5 choice=0 called= list= verbose=0 "
	    "operands=");
	is_str(err_text, "", "no note with -q");
	run("prog --json-errors");
	is_str(err_text, "{\"program\":\"prog\",\"level\":\"note\",\"message\":\"done\"}\n",
	    "notes as JSON");
}

static void
test_errors(void)
{
	refuses("prog --flog", "unknown option '--flog'; did you mean '--flag'?");
	refuses("prog --zzzzzz", "unknown option '--zzzzzz'");
	refuses("prog -Z", "unknown option '-Z'");
	/* the argument before was taken for the unknown one */
	refuses("prog --flag -fZf", "unknown option '-Z'");
	refuses("prog --flag=1", "option '--flag' takes no value");
	refuses("prog --string", "option '--string' needs a value");
	refuses("prog -s", "option '-s' needs a value");
	refuses("prog -c -1", "--count: '-1' is not a whole number");
	refuses("prog -c 1K", "--count: '1K' is not a whole number");
	refuses("prog -c 18446744073709551616",
	    "--count: '18446744073709551616' is not a whole number");
	refuses("prog --size 17179869184G", "--size: '17179869184G' is not a size such as 64M");
	refuses("prog --size 1KB", "--size: '1KB' is not a size such as 64M");
	refuses("prog --size=", "--size: '' is not a size such as 64M");
	refuses("prog -n x", "--number: 'x' is not a number");
	refuses("prog -n nan", "--number: 'nan' is not a number");
	refuses("prog --letter ab", "--letter: 'ab' is not one character");
	refuses("prog --letter=", "--letter: '' is not one character");
	refuses("prog --choice pink", "--choice: 'pink' is none of red|green|blue");
}

static void
test_help(void)
{
	is_int(run("prog -f --help --zzz"), 0, "--help: status");
	is_str(out_text,
	    "Usage: prog [OPTIONS] [FILE ...]\nSays what it was given.\n\nOptions:\n"
	    "  -f, --flag                  a flag\n"
	    "  -s, --string=TEXT           a string\n"
	    "  -c, --count=N               a count\n"
	    "      --size=SIZE             a size\n"
	    "  -n, --number=X              a number\n"
	    "  -l, --list=WORD             a word of a list\n"
	    "      --choice=red|green|blue\n"
	    "                              a choice\n"
	    "      --an-option-with-a-long-name=VALUE\n"
	    "                              long\n"
	    "  -j, --jobs=N                threads (default: all cores)\n"
	    "  -q, --quiet                 no notes and no summary\n"
	    "  -v, --verbose               a summary at the end\n"
	    "      --json-errors           diagnostics as JSON Lines\n"
	    "      --strict                stop at the first error\n"
	    "  -h, --help                  this help\n"
	    "  -V, --version               versions of the program and its libraries\n"
	    "\nA note.\n",
	    "--help: output");
	is_int(run("prog -V"), 0, "--version: status");
	ok(strncmp(out_text, "prog (dsutils) ", 15) == 0, "--version: output");
}

static void
test_words(void)
{
	static const char *const words[] = { "ratio", "seed", "stratify", "output" };

	is_str(nearest_word("rato", words, 4), "ratio", "a letter missing");
	is_str(nearest_word("raito", words, 4), "ratio", "letters swapped");
	is_str(nearest_word("stratfiyy", words, 4), "stratify", "two mistakes in a long word");
	is_str(nearest_word("xyz", words, 4), NULL, "nothing near");
	is_str(nearest_word("", words, 4), NULL, "no word");
	is_str(nearest_word("seed", words, 0), NULL, "no words");
}

static void
test_jobs(void)
{
	unsetenv("OMP_NUM_THREADS");
	ok(tool_jobs() >= 1, "at least one thread");
	setenv("OMP_NUM_THREADS", "3", 1);
	is_int(tool_jobs(), 3, "as many as the environment says");
	setenv("OMP_NUM_THREADS", "x", 1);
	ok(tool_jobs() >= 1, "nonsense in it is passed over");
	setenv("OMP_NUM_THREADS", "100000", 1);
	is_int(tool_jobs(), 256, "not without bound");
}

int
main(void)
{
	test_values();
	test_errors();
	test_help();
	test_words();
	test_jobs();
	return done_testing();
}
