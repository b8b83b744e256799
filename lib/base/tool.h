/*
 * The frame that every program shares: names, options, help, version, the
 * end. A program's main() is
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		int i = tool_begin(&tool, argc, argv);
 *
 *		... open, work ...
 *		return tool_end();
 *	}
 *
 * Every program understands -h/--help, -V/--version, -q/--quiet,
 * -v/--verbose, --json-errors, --strict, and -j N when it has threads.
 * --help is made from the option table; the man page must name each option
 * (a test compares them).
 */
#ifndef BASE_TOOL_H
#define BASE_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum opt_type {
	OPT_FLAG = 1, /* bool *: set to true */
	OPT_STRING,   /* const char ** */
	OPT_COUNT,    /* uint64_t *: a whole number */
	OPT_SIZE,     /* uint64_t *: a whole number with K, M, G (powers of 1024) */
	OPT_NUMBER,   /* double * */
	OPT_LIST,     /* struct strings *: may be given more than once */
	OPT_CHOICE,   /* int *: index of the word in `arg`, which is "a|b|c" */
	OPT_CHAR,     /* char *: one character; "\\t" is TAB */
	OPT_CALL,     /* void (*)(const char *value): value NULL for a flag (arg == NULL) */
};

struct opt {
	char letter;      /* 0: none */
	const char *name; /* long name, without dashes */
	const char *arg;  /* name of the value in the help; NULL for flags */
	enum opt_type type;
	void *dest;
	void (*call)(const char *value); /* OPT_CALL */
	const char *help;                /* one line; NULL: not shown */
};

/* A list of strings that the command line gave; they live as long as argv. */
struct strings {
	const char **v;
	size_t n, cap;
};

void strings_add(struct strings *s, const char *value);
void strings_release(struct strings *s);

struct tool {
	const char *name;                  /* "ds-import" */
	const char *synopsis;              /* "[-f FORMAT] [FILE ...]" */
	const char *about;                 /* one sentence */
	const struct opt *opts;            /* ended by an all-zero entry; may be NULL */
	const char *notes;                 /* more lines for --help; may be NULL */
	bool threads;                      /* has -j */
	void (*versions)(struct buf *out); /* "libpng 1.6.39\n" lines; may be NULL */
};

/*
 * Make descriptors 0 to 2 valid, install the clean-up on signals, read the
 * options. Answers --help and --version itself (status 0, or 2 when stdout
 * cannot be written). A wrong option ends the program with status 2.
 * Returns the index of the first operand in argv.
 */
int tool_begin(const struct tool *tool, int argc, char **argv);

/* "prog: error: ..." and "Try 'prog --help'", status 2. */
void tool_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn, cold));

/* Flush and close stdout, remove temporary files; the exit status. */
int tool_end(void);

/* -j, else OMP_NUM_THREADS, else the number of cores; at least 1. */
int tool_jobs(void);
bool tool_verbose(void);

/*
 * The nearest of n words to `word` for "did you mean", NULL when none is
 * near (more than a third of its letters differ).
 */
const char *nearest_word(const char *word, const char *const *words, size_t n);

#endif
