/*
 * workflow.c: writes a workflow of any size to stdout:
 * `workflow STEPS [json|make|ninja|cwl|snakemake]`.
 *
 * The steps stand in layers of ten; each depends on two of the layer before and reads their
 * outputs. The same arguments give the same bytes. The other forms are the same graph, for
 *
 *	make -n -f FILE			a Makefile
 *	ninja -n -f FILE		a build.ninja
 *	cwltool --validate FILE.cwl	a CWL v1.2 workflow, in JSON
 *	snakemake -n -q -s FILE		a Snakefile, one rule a step (-q rules: for snakemake 7)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 10 };

static void
put_inputs(unsigned long i)
{
	unsigned long a = i - WIDTH, b = i % WIDTH ? i - WIDTH - 1 : i - 1;

	if (i % WIDTH == 0)
		b = a + WIDTH - 1;
	printf("\"depend_steps\":[\"step_%06lu\",\"step_%06lu\"],\"inputs\":[", a, b);
	printf(
	    "{\"name\":\"left\",\"type\":\"obs\",\"data\":\"$ref/consumptions/step_%06lu/out\"},",
	    a);
	printf(
	    "{\"name\":\"right\",\"type\":\"obs\",\"data\":\"$ref/consumptions/step_%06lu/out\"}],",
	    b);
}

static void
put_step(unsigned long i)
{
	printf("%s{\"name\":\"step_%06lu\",\"type\":\"job\",", i ? ",\n" : "", i);
	if (i >= WIDTH)
		put_inputs(i);
	printf("\"outputs\":[{\"name\":\"out\",\"type\":\"obs\",\"config\":{\"obs_url\":"
	       "\"$ref/storages(create_dir=True)/lab/%06lu/\"}}],",
	    i);
	printf("\"properties\":{\"algorithm\":{\"command\":\"true\",\"parameters\":["
	       "{\"name\":\"rate\",\"value\":\"$ref/parameters/rate\"}]}}}");
}

static void
put_json(unsigned long n)
{
	printf("{\"name\":\"bench\",\"parameters\":[{\"name\":\"rate\",\"type\":\"float\","
	       "\"default\":0.1}],\"storages\":[{\"name\":\"lab\",\"type\":\"obs\",\"path\":"
	       "\"/lab/run/\"}],\"steps\":[\n");
	for (unsigned long i = 0; i < n; i++)
		put_step(i);
	printf("]}\n");
}

/* A Makefile or a build.ninja: what stands before a name, between it and what it depends on, and at the end. */
static void
put_rules(unsigned long n, const char *before, const char *colon, const char *recipe)
{
	for (unsigned long i = 0; i < n; i++) {
		unsigned long a = i - WIDTH, b = i % WIDTH ? i - WIDTH - 1 : a + WIDTH - 1;

		printf("%sstep_%06lu%s", before, i, colon);
		if (i >= WIDTH)
			printf(" step_%06lu step_%06lu", a, b);
		fputs(recipe, stdout);
	}
}

/* The tool stands in each step: cwltool is far slower with one tool that all steps name. */
static void
put_cwl_step(unsigned long i)
{
	unsigned long a = i - WIDTH, b = i % WIDTH ? i - WIDTH - 1 : a + WIDTH - 1;

	printf(
	    "%s{\"id\":\"step_%06lu\",\"run\":{\"class\":\"CommandLineTool\",\"baseCommand\":"
	    "\"echo\",\"stdout\":\"out.txt\",\"inputs\":{\"left\":\"File?\",\"right\":\"File?\"},"
	    "\"outputs\":{\"out\":\"stdout\"}},\"in\":{",
	    i ? ",\n" : "", i);
	if (i >= WIDTH)
		printf("\"left\":\"step_%06lu/out\",\"right\":\"step_%06lu/out\"", a, b);
	printf("},\"out\":[\"out\"]}");
}

static void
put_cwl(unsigned long n)
{
	printf(
	    "{\"cwlVersion\":\"v1.2\",\"class\":\"Workflow\",\"id\":\"main\",\"inputs\":{},\"outputs\":"
	    "{\"last\":{\"type\":\"File\",\"outputSource\":\"step_%06lu/out\"}},\"steps\":[\n",
	    n - 1);
	for (unsigned long i = 0; i < n; i++)
		put_cwl_step(i);
	printf("]}\n");
}

static void
put_snakefile(unsigned long n)
{
	printf("rule all:\n    input: \"step_%06lu\"\n", n - 1);
	for (unsigned long i = 0; i < n; i++) {
		unsigned long a = i - WIDTH, b = i % WIDTH ? i - WIDTH - 1 : a + WIDTH - 1;

		printf("rule step_%06lu:\n", i);
		if (i >= WIDTH)
			printf("    input: \"step_%06lu\", \"step_%06lu\"\n", a, b);
		printf("    output: \"step_%06lu\"\n    shell: \"touch {output}\"\n", i);
	}
}

int
main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	const char *form = argc > 2 ? argv[2] : "json";

	if (n == 0) {
		fprintf(stderr, "usage: workflow STEPS [json|make|ninja|cwl|snakemake]\n");
		return 2;
	}
	if (strcmp(form, "make") == 0) {
		printf("all: step_%06lu\n", n - 1);
		put_rules(n, "", ":", "\n\ttrue\n");
	} else if (strcmp(form, "ninja") == 0) {
		printf("rule r\n  command = true\n");
		put_rules(n, "build ", ": r", "\n");
	} else if (strcmp(form, "cwl") == 0) {
		put_cwl(n);
	} else if (strcmp(form, "snakemake") == 0) {
		put_snakefile(n);
	} else {
		put_json(n);
	}
	return ferror(stdout) ? 2 : 0;
}
