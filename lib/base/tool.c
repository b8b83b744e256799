/* The frame that every program shares: see tool.h. */
#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/out.h"
#include "base/tmpfiles.h"

static const struct tool *tool_now;
static bool verbose;
static uint64_t jobs;

static void
set_quiet(const char *v)
{
	(void)v;
	diag_quiet(true);
}

static void
set_json(const char *v)
{
	(void)v;
	diag_json(true);
}

static void
set_strict(const char *v)
{
	(void)v;
	diag_strict(true);
}

static void show_help(const char *v) __attribute__((noreturn));
static void show_version(const char *v) __attribute__((noreturn));

static const struct opt common[] = {
	{ 'q', "quiet", NULL, OPT_CALL, NULL, set_quiet, "no notes and no summary" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, NULL, "a summary at the end" },
	{ 0, "json-errors", NULL, OPT_CALL, NULL, set_json, "diagnostics as JSON Lines" },
	{ 0, "strict", NULL, OPT_CALL, NULL, set_strict, "stop at the first error" },
	{ 'h', "help", NULL, OPT_CALL, NULL, show_help, "this help" },
	{ 'V', "version", NULL, OPT_CALL, NULL, show_version,
	    "versions of the program and its libraries" },
};
static const struct opt common_jobs = { 'j', "jobs", "N", OPT_COUNT, &jobs, NULL,
	"threads (default: all cores)" };

void
strings_add(struct strings *s, const char *value)
{
	s->v = grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = value;
}

void
strings_release(struct strings *s)
{
	free(s->v);
	*s = (struct strings){ NULL, 0, 0 };
}

/* The i-th option of the program: its own first, then the common ones. */
static const struct opt *
opt_at(size_t i)
{
	const struct opt *o = tool_now->opts;

	for (; o && o->name; o++)
		if (i-- == 0)
			return o;
	if (tool_now->threads && i-- == 0)
		return &common_jobs;
	return i < ARRAY_LEN(common) ? &common[i] : NULL;
}

static void
help_line(struct buf *b, const struct opt *o)
{
	size_t start = b->n;

	if (o->letter)
		buf_addf(b, "  -%c, --%s", o->letter, o->name);
	else
		buf_addf(b, "      --%s", o->name);
	if (o->arg)
		buf_addf(b, "=%s", o->arg);
	if (b->n - start > 28)
		buf_addf(b, "\n%30s", "");
	else
		while (b->n - start < 30)
			buf_addc(b, ' ');
	buf_addf(b, "%s\n", o->help);
}

static void
show_help(const char *v)
{
	struct out *out = out_stdout();
	const struct opt *o;

	(void)v;
	buf_addf(&out->b, "Usage: %s %s\n%s\n\nOptions:\n", tool_now->name, tool_now->synopsis,
	    tool_now->about);
	for (size_t i = 0; (o = opt_at(i)) != NULL; i++)
		if (o->help)
			help_line(&out->b, o);
	if (tool_now->notes)
		buf_addf(&out->b, "\n%s\n", tool_now->notes);
	exit(tool_end());
}

static void
show_version(const char *v)
{
	struct out *out = out_stdout();

	(void)v;
	buf_addf(&out->b, "%s (dsutils) %s\n", tool_now->name, PACKAGE_VERSION);
	if (tool_now->versions)
		tool_now->versions(&out->b);
	if (tool_now->threads)
		buf_adds(&out->b, "OpenMP\n");
	exit(tool_end());
}

void
tool_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdiag(DIAG_ERROR, POS_NONE, NULL, fmt, ap);
	va_end(ap);
	die("see '%s --help' or man %s", tool_now->name, tool_now->name);
}

static void
bad_value(const struct opt *o, const char *value, const char *want)
{
	tool_usage("--%s: '%s' is not %s", o->name, value, want);
}

static uint64_t
parse_count(const struct opt *o, const char *value)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	unsigned long long n;
	unsigned shift = 0;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (o->type == OPT_SIZE && *end && (unit = strchr(units, *end)) != NULL) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (value[0] < '0' || value[0] > '9' || *end || errno || n > UINT64_MAX >> shift)
		bad_value(o, value, o->type == OPT_SIZE ? "a size such as 64M" : "a whole number");
	return (uint64_t)n << shift;
}

static int
parse_choice(const struct opt *o, const char *value)
{
	struct span rest = span_str(o->arg), word;

	for (int i = 0; span_cut(&rest, '|', &word); i++)
		if (span_is(word, value))
			return i;
	tool_usage("--%s: '%s' is none of %s", o->name, value, o->arg);
}

static char
parse_char(const struct opt *o, const char *value)
{
	if (strcmp(value, "\\t") == 0)
		return '\t';
	if (strlen(value) != 1)
		bad_value(o, value, "one character");
	return value[0];
}

static void
apply(const struct opt *o, const char *value)
{
	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->dest = true;
		break;
	case OPT_STRING:
		*(const char **)o->dest = value;
		break;
	case OPT_COUNT:
	case OPT_SIZE:
		*(uint64_t *)o->dest = parse_count(o, value);
		break;
	case OPT_NUMBER:
		if (!num_parse(span_str(value), o->dest))
			bad_value(o, value, "a number");
		break;
	case OPT_LIST:
		strings_add(o->dest, value);
		break;
	case OPT_CHOICE:
		*(int *)o->dest = parse_choice(o, value);
		break;
	case OPT_CHAR:
		*(char *)o->dest = parse_char(o, value);
		break;
	case OPT_CALL:
		o->call(value);
		break;
	}
}

/* "prog: error: unknown option '--rato'; did you mean '--ratio'?" */
static void
unknown_option(int argc, char **argv)
{
	const char *names[128];
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";
	const char *near = NULL;
	size_t n = 0;
	const struct opt *o;

	/* of a letter, `word` may be the argument before: only optopt tells */
	if (optopt >= 256)
		tool_usage("option '--%s' takes no value", opt_at((size_t)optopt - 256)->name);
	if (optopt)
		tool_usage("unknown option '-%c'", optopt);
	for (; n < ARRAY_LEN(names) && (o = opt_at(n)) != NULL; n++)
		names[n] = o->name;
	if (strncmp(word, "--", 2) == 0)
		near = nearest_word(word + 2, names, n);
	if (near)
		tool_usage("unknown option '%s'; did you mean '--%s'?", word, near);
	tool_usage("unknown option '%s'", word);
}

static void
parse_options(int argc, char **argv)
{
	struct option longs[128] = { { 0 } };
	char shorts[256] = ":";
	const struct opt *o;
	size_t n = 0, s = 1;
	int c;

	for (; (o = opt_at(n)) != NULL && n + 1 < ARRAY_LEN(longs); n++) {
		longs[n].name = o->name;
		longs[n].has_arg = o->arg ? required_argument : no_argument;
		longs[n].val = 256 + (int)n;
		if (o->letter) {
			shorts[s++] = o->letter;
			if (o->arg)
				shorts[s++] = ':';
		}
	}
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == ':')
			tool_usage("option '%s' needs a value", argv[optind - 1]);
		if (c == '?')
			unknown_option(argc, argv);
		for (size_t i = 0; (o = opt_at(i)) != NULL; i++)
			if (c == 256 + (int)i || (c < 256 && c == o->letter))
				break;
		if (o)
			apply(o, optarg);
	}
}

/* A closed descriptor 0 to 2 would become somebody's data file. */
static void
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/*
 * A library that ends the program (libgomp and libarchive do when there is no memory, with status 1) does
 * so in our name: that is trouble, not findings.
 */
static bool ended;

static void
check_end(void)
{
	if (!ended)
		tmpfiles_exit(STATUS_TROUBLE);
}

int
tool_begin(const struct tool *tool, int argc, char **argv)
{
	tool_now = tool;
	atexit(check_end);
	diag_program(tool->name);
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
		out_stdout()->closed = true; /* then "success" would be a lie */
	open_standard_descriptors();
	tmpfiles_signals();
	parse_options(argc, argv);
	return optind;
}

int
tool_end(void)
{
	out_close(out_stdout());
	tmpfiles_clean();
	ended = true;
	return status_get();
}

bool
tool_verbose(void)
{
	return verbose;
}

int
tool_jobs(void)
{
	const char *env = getenv("OMP_NUM_THREADS");
	long n = jobs ? (long)jobs : env ? strtol(env, NULL, 10) : 0;

	if (n < 1)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > 256 ? 256 : (int)n;
}

/* Edit distance (insert, delete, replace, swap of neighbours) up to 63 letters. */
static size_t
distance(const char *a, const char *b)
{
	size_t d[3][64] = { { 0 } };
	size_t na = strlen(a), nb = strlen(b);

	if (na > 63 || nb > 63)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *now = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			now[j] = best;
		}
	}
	return d[na % 3][nb];
}

const char *
nearest_word(const char *word, const char *const *words, size_t n)
{
	size_t best = (strlen(word) + 2) / 3;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, words[i]);

		if (d < best || (d == best && !found)) {
			best = d;
			found = words[i];
		}
	}
	return found;
}
