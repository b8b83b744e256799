/* wf_run.c: what a run stands on: names of files, paths that stay below OBS_ROOT, the decision, slices. */
#include "tap.h"

#include <stdlib.h>

#include "workflow/decide.h"
#include "workflow/makefile.h"
#include "workflow/resolve.h"
#include "workflow/rundir.h"
#include "workflow/slice.h"

static void
name_is(const char *name, const char *want)
{
	struct buf out = BUF_INIT;

	step_file_name(&out, span_str(name));
	is_str(buf_str(&out), want, "the file name of '%s'", name);
	buf_release(&out);
}

static void
test_names(void)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	char name[200];

	name_is("train", "train");
	name_is("a-b_c.9", "a-b_c.9");
	name_is("-x", "+2Dx");
	name_is(".x", "+2Ex");
	name_is("a b", "a+20b");
	name_is("a+20b", "a+2B20b");
	name_is("../x/$(y)", "+2E.+2Fx+2F+24+28y+29");
	name_is("\xe8\xae\xad", "+E8+AE+AD");
	memset(name, ' ', sizeof(name));
	step_file_name(&a, (struct span){ name, 100 });
	step_file_name(&b, (struct span){ name, 101 });
	ok(a.n <= STEP_FILE_MAX && b.n <= STEP_FILE_MAX, "long names are cut");
	ok(!span_eq(buf_span(&a), buf_span(&b)), "and stay different");
	buf_release(&a);
	buf_release(&b);
}

static void
path_is(const char *obs, const char *want)
{
	const struct site site = { "run", "/root", "execution-001" };
	struct buf out = BUF_INIT;
	bool fine = obs_path(&out, &site, span_str(obs));

	is_str(fine ? buf_str(&out) : NULL, want, "the path of %s", obs);
	buf_release(&out);
}

static void
test_paths(void)
{
	path_is("/bucket/dir/x", "/root/bucket/dir/x");
	path_is("obs://bucket/dir/", "/root/bucket/dir");
	path_is("/bucket/a/../b", "/root/bucket/b");
	path_is("/bucket//x", "/root/bucket/x");
	path_is("/../x", NULL);
	path_is("obs://../x", NULL);
	path_is("/a/../../x", NULL);
	path_is("//etc", NULL);
	path_is("relative", NULL);
	path_is("s3://x/y", NULL);
}

static void
test_words(void)
{
	struct buf out = BUF_INIT;

	ok(shell_word(&out, SPAN("it's $x `y` \\")), "a word for the shell");
	is_str(buf_str(&out), "'it'\\''s $x `y` \\'", "quotes are quoted");
	ok(!shell_word(&out, SPAN("a\nb")), "a line break cannot be held");
	ok(is_plain_path("a/b-c.d"), "a plain path");
	ok(!is_plain_path("a b") && !is_plain_path("$x") && !is_plain_path("") &&
		!is_plain_path("-r") && !is_plain_path("a:b") && !is_plain_path("a%"),
	    "paths that make cannot hold");
	buf_release(&out);
}

/* c decides between t and e; j joins them; k comes after t alone, s has a skip condition. */
static const char flow[] =
    "{\"name\":\"w\",\"steps\":["
    "{\"name\":\"c\",\"type\":\"condition\",\"if_then_steps\":[\"t\"],\"else_then_steps\":[\"e\"]},"
    "{\"name\":\"t\",\"type\":\"job\",\"depend_steps\":[\"c\"]},"
    "{\"name\":\"e\",\"type\":\"job\",\"depend_steps\":[\"c\"]},"
    "{\"name\":\"j\",\"type\":\"job\",\"depend_steps\":[\"t\",\"e\"]},"
    "{\"name\":\"k\",\"type\":\"job\",\"depend_steps\":[\"t\"]},"
    "{\"name\":\"s\",\"type\":\"job\",\"depend_steps\":[\"c\"],\"policy\":{\"skip_conditions\":[]}}]}";

struct known {
	enum step_state state[6];
	enum verdict verdict, skip;
};

static enum step_state
ask_state(void *ctx, uint32_t step)
{
	return ((struct known *)ctx)->state[step];
}

static enum verdict
ask_verdict(void *ctx, uint32_t step)
{
	(void)step;
	return ((struct known *)ctx)->verdict;
}

static enum verdict
ask_skip(void *ctx, uint32_t step)
{
	(void)step;
	return ((struct known *)ctx)->skip;
}

static void
decides(const struct wf *wf, const struct branches *b, struct known k, uint32_t step,
    enum step_action action, const char *reason)
{
	const struct decide_env env = { &k, ask_state, ask_verdict, ask_skip };
	struct decision d = step_decide(wf, b, step, &env);
	struct buf text = BUF_INIT;

	decision_reason(&text, wf, b, step, d);
	is_int(d.action, action, "what '%.*s' does", SPAN_ARG(wf->step[step].name));
	is_str(buf_str(&text), reason, "and why");
	buf_release(&text);
}

enum { C, T, E, J, K, S };

static void
test_decisions(const struct wf *wf, const struct branches *b)
{
	const struct known yes = { .state = { STEP_COMPLETED }, .verdict = VERDICT_TRUE };
	const struct known open = { .state = { STEP_UNKNOWN } };
	struct known k = yes;

	decides(wf, b, open, C, STEP_RUN, "");
	decides(wf, b, open, T, STEP_WAIT, "the condition 'c' is not decided");
	decides(wf, b, yes, T, STEP_RUN, "");
	decides(wf, b, yes, E, STEP_SKIP, "the condition 'c' was true");
	k.verdict = VERDICT_FALSE;
	decides(wf, b, k, T, STEP_SKIP, "the condition 'c' was false");
	k.state[T] = STEP_SKIPPED;
	decides(wf, b, k, K, STEP_SKIP, "the step 't' was skipped");
	decides(wf, b, k, J, STEP_WAIT, "it is not known whether the step 'e' runs");
	k.state[E] = STEP_COMPLETED;
	decides(wf, b, k, J, STEP_RUN, "");
	k.state[E] = STEP_SKIPPED;
	decides(wf, b, k, J, STEP_SKIP, "'t' and all other steps before it were skipped");
	k.state[E] = STEP_FAILED;
	decides(wf, b, k, J, STEP_BLOCK, "the step 'e' failed or did not run");
	k.state[E] = STEP_OUTSIDE;
	decides(wf, b, k, J, STEP_RUN, "");
	k = yes;
	k.skip = VERDICT_TRUE;
	decides(wf, b, k, S, STEP_SKIP, "its skip conditions hold");
	k.skip = VERDICT_UNKNOWN;
	decides(wf, b, k, S, STEP_WAIT, "its skip conditions are not decided");
	k.skip = VERDICT_FALSE;
	decides(wf, b, k, S, STEP_RUN, "");
	k.state[C] = STEP_SKIPPED;
	decides(wf, b, k, S, STEP_SKIP, "the step 'c' was skipped");
}

static void
test_slices(const struct wf *wf, const struct branches *b)
{
	unsigned char mark[6] = { 0 };
	struct params none = { .n = 0 };
	struct buf out = BUF_INIT;
	struct wf small;

	slice_write(&out, wf, b, &none, E, mark);
	is_str(buf_str(&out),
	    "{\"name\":\"w\",\"steps\":[{\"name\":\"e\",\"type\":\"job\",\"depend_steps\":[\"c\"]},"
	    "{\"name\":\"c\",\"type\":\"condition\",\"else_then_steps\":[\"e\"]}]}\n",
	    "the slice of 'e'");
	ok(wf_load(&small, buf_span(&out), pos_at("slice", 1, 1)), "a slice is a document");
	is_int(small.nsteps, 2, "of the step and the one before it");
	for (size_t i = 0; i < sizeof(mark); i++)
		ok(mark[i] == 0, "the scratch is clean");
	wf_release(&small);
	buf_release(&out);
}

int
main(void)
{
	struct branches b;
	struct wf wf;

	test_names();
	test_paths();
	test_words();
	if (!wf_load(&wf, span_str(flow), pos_at("flow.json", 1, 1)))
		return 1;
	branches_init(&b, &wf);
	test_decisions(&wf, &b);
	test_slices(&wf, &b);
	branches_release(&b);
	wf_release(&wf);
	return done_testing();
}
