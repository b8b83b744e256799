/* Workflow documents: loading, references, the graph. */
#include "base/mem.h"
#include "workflow/graph.h"
#include "workflow/load.h"
#include "tap.h"

static struct wf
load(const char *text)
{
	struct wf wf;

	if (!wf_load(&wf, span_str(text), pos_at("flow.json", 1, 1)))
		printf("Bail out! does not load: %s\n", text);
	return wf;
}

static void
test_reference(
    const char *text, enum ref_kind kind, const char *name, const char *output, const char *rest)
{
	struct buf wrong = BUF_INIT;
	struct ref r = ref_parse(span_str(text), &wrong);

	is_int(r.kind, kind, "kind of %s", text);
	ok(span_is(r.name, name), "name of %s", text);
	ok(output ? span_is(r.output, output) : r.output.p == NULL, "output of %s", text);
	ok(span_is(r.rest, rest), "rest of %s", text);
	is_str(buf_str(&wrong), "", "nothing wrong in %s", text);
	buf_release(&wrong);
}

static void
test_wrong(const char *text, const char *want)
{
	struct buf wrong = BUF_INIT;
	struct ref r = ref_parse(span_str(text), &wrong);

	is_int(r.kind, REF_BAD, "%s is wrong", text);
	is_str(buf_str(&wrong), want, "why %s is wrong", text);
	buf_release(&wrong);
}

static void
test_references(void)
{
	struct ref r;

	test_reference("$ref/parameters/a", REF_PARAMETER, "a", NULL, "");
	test_reference("$ref/data/x", REF_DATA, "x", NULL, "");
	test_reference("$ref/data_requirements/x", REF_REQUIREMENT, "x", NULL, "");
	test_reference(
	    "$ref/consumptions/\xe8\xae\xad/o", REF_CONSUMPTION, "\xe8\xae\xad", "o", "");
	test_reference("$ref/consumptions/s/o/a/b", REF_CONSUMPTION, "s", "o", "a/b");
	test_reference("$ref/storages/s", REF_STORAGE, "s", NULL, "");
	test_reference("$ref/storages/s/d/e/", REF_STORAGE, "s", NULL, "d/e/");
	test_reference("$ref/storages(create_dir=True)/s/d", REF_STORAGE, "s", NULL, "d");
	r = ref_parse(SPAN("$ref/storages(with_execution_id=True, create_dir=False)/s/"), NULL);
	is_int(r.with_execution_id, 1, "with_execution_id");
	is_int(r.create_dir, 0, "create_dir");
	is_int(ref_parse(SPAN("ref/x"), NULL).kind, REF_NONE, "ref/x is a string");
	is_int(ref_parse(SPAN("$refer"), NULL).kind, REF_NONE, "$refer is a string");

	test_wrong("$ref/consumption/a/b",
	    "a reference has no root \"consumption\"; did you mean \"consumptions\"?");
	test_wrong("$ref/steps/a/b",
	    "a reference has no root \"steps\"; there are parameters, data, data_requirements, "
	    "storages, consumptions");
	test_wrong("$ref/parameters",
	    "the reference names no parameter; the form is $ref/parameters/NAME");
	test_wrong("$ref/consumptions/a",
	    "the reference names no output of step \"a\"; the form is $ref/consumptions/STEP/OUTPUT");
	test_wrong("$ref/storages(create_dir=True/s",
	    "the parenthesis of the storage options is not closed");
	test_wrong("$ref/storages(create_dir=true)/s",
	    "the storage option create_dir is \"true\"; it is True or False");
	test_wrong("$ref/storages(create_dirs=True)/s",
	    "a reference has no storage option \"create_dirs\"; did you mean \"create_dir\"?");
}

static void
test_load(void)
{
	struct wf wf =
	    load("{\"name\":\"w\",\"storages\":[{\"name\":\"st\",\"type\":\"obs\"}],\n"
		 "\"steps\":[{\"name\":\"a\",\"type\":\"job\",\"outputs\":[{\"name\":\"o\","
		 "\"type\":\"obs\",\"config\":{\"u\":\"$ref/storages/st/x\"}}]},\n"
		 "{\"name\":\"b\\u0041\",\"type\":\"model\",\"depend_steps\":[\"a\",\"no\"],"
		 "\"inputs\":[{\"name\":\"i\",\"data\":\"$ref/consumptions/a/o\"}],"
		 "\"properties\":{\"deep\":[{\"v\":\"$ref/parameters/p\"}]}}],"
		 "\"parameters\":[{\"name\":\"p\",\"type\":\"int\",\"default\":3}]}");

	is_int(wf.nsteps, 2, "two steps");
	ok(span_is(wf.step[1].name, "bA"), "an escaped name is decoded");
	is_int(wf.step[1].type, WF_MODEL, "type");
	is_int(wf.step[1].depend.n, 2, "two dependencies");
	is_int(wf.link[wf.step[1].depend.at].step, 0, "the first is step a");
	ok(wf.link[wf.step[1].depend.at + 1].step == WF_NONE, "the second is unknown");
	is_int(wf.nrefs, 3, "three references");
	is_int(wf.ref[0].place, WF_IN_OUTPUT, "in an output");
	is_int(wf.ref[0].target, 0, "storage st");
	is_int(wf.ref[1].place, WF_IN_INPUT, "in an input");
	is_int(wf.ref[1].target, 0, "step a");
	is_int(wf.ref[1].output, 0, "its output o");
	is_int(wf.ref[2].place, WF_IN_PROPERTIES, "in properties");
	is_int(wf.ref[2].target, 0, "parameter p");
	is_int(wf_pos(&wf, wf.ref[1].node).line, 3, "line of a reference");
	is_int(wf.step[1].refs.n, 2, "two of them in step b");
	wf_release(&wf);
}

/* A document whose step I depends on the steps named in deps[I] (letters). */
static struct wf
flow(const char *const *deps, int n, struct buf *text)
{
	buf_adds(text, "{\"name\":\"w\",\"steps\":[");
	for (int i = 0; i < n; i++) {
		buf_addf(text, "%s{\"name\":\"%c\",\"depend_steps\":[", i ? "," : "", 'a' + i);
		for (const char *d = deps[i]; *d; d++)
			buf_addf(text, "%s\"%c\"", d > deps[i] ? "," : "", *d);
		buf_adds(text, "]}");
	}
	buf_adds(text, "]}");
	return load(buf_str(text));
}

static void
test_graph(void)
{
	/* d first in the document needs c; e alone; b twice; an unknown and a self edge */
	static const char *const deps[] = { "", "aa", "b?c", "a", "" };
	struct buf text = BUF_INIT;
	struct wf wf = flow(deps, 5, &text);
	struct graph g;

	graph_init(&g, &wf, GRAPH_DEPENDS);
	is_int(g.norder, 5, "all in order");
	is_int(g.pred_at[3] - g.pred_at[2], 1, "unknown and self edges are left out");
	is_int(g.succ_at[1] - g.succ_at[0], 2, "a has two successors");
	is_int(graph_reaches(&g, 0, 2), REACH_YES, "a is an ancestor of c");
	is_int(graph_reaches(&g, 2, 0), REACH_NO, "c is none of a");
	is_int(graph_reaches(&g, 3, 2), REACH_NO, "d is none of c");
	is_int(g.ncycles, 0, "no cycle");
	graph_release(&g);
	wf_release(&wf);
	buf_release(&text);
}

static void
test_cycles(void)
{
	/* a needs c needs b needs a; d behind it; e <-> f; g free */
	static const char *const deps[] = { "c", "a", "b", "c", "f", "e", "" };
	struct buf text = BUF_INIT;
	struct wf wf = flow(deps, 7, &text);
	struct graph g;

	graph_init(&g, &wf, GRAPH_DEPENDS);
	is_int(g.norder, 1, "only g is in order");
	is_int(g.ncycles, 2, "two cycles");
	is_int(g.cycle_at[1] - g.cycle_at[0], 3, "the first has three steps");
	is_int(g.member[0], 0, "a");
	is_int(g.member[1], 2, "-> c");
	is_int(g.member[2], 1, "-> b");
	is_int(g.member[3], 4, "the second begins with e");
	is_int(g.cycle_at[2], 5, "and has two");
	is_int(graph_reaches(&g, 0, 3), REACH_UNKNOWN, "nothing is said of steps behind a cycle");
	graph_release(&g);
	wf_release(&wf);
	buf_release(&text);
}

/* A random graph of n steps: reachability against a plain matrix. */
static void
test_reach(void)
{
	enum { N = 26 };

	uint32_t seed = 12345, wrong = 0;

	for (int round = 0; round < 200; round++) {
		static char text[N][N + 1];
		const char *deps[N];
		bool reach[N][N] = { { 0 } };
		struct buf doc = BUF_INIT;
		struct wf wf;
		struct graph g;

		for (int i = 0; i < N; i++) {
			int n = 0;

			for (int j = 0; j < i; j++) {
				seed = seed * 1664525 + 1013904223;
				if ((seed >> 16) % 9 == 0) {
					text[i][n++] = (char)('a' + j);
					reach[j][i] = true;
					for (int k = 0; k < N; k++)
						reach[k][i] |= reach[k][j];
				}
			}
			text[i][n] = '\0';
			deps[i] = text[i];
		}
		wf = flow(deps, N, &doc);
		graph_init(&g, &wf, GRAPH_DEPENDS);
		for (uint32_t i = 0; i < N; i++)
			for (uint32_t j = 0; j < N; j++)
				wrong += (graph_reaches(&g, i, j) == REACH_YES) != reach[i][j];
		graph_release(&g);
		wf_release(&wf);
		buf_release(&doc);
	}
	is_int(wrong, 0, "reachability in 200 random graphs");
}

int
main(void)
{
	test_references();
	test_load();
	test_graph();
	test_cycles();
	test_reach();
	return done_testing();
}
