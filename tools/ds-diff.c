/*
 * ds-diff: what changed between two versions, or two streams of records.
 *
 * Versions are sorted and merged in constant memory; other records are sorted through a spool file first.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/tool.h"
#include "store/diff.h"

static bool json, summary;
static const char *key;

static const struct opt opts[] = {
	{ 0, "json", NULL, OPT_FLAG, &json, NULL, "one JSON object a difference" },
	{ 0, "summary", NULL, OPT_FLAG, &summary, NULL, "only the summary, on standard output" },
	{ 0, "key", "FIELD", OPT_STRING, &key, NULL,
	    "what samples are known by (default: the version's key, else id)" },
	{ 0 },
};

static const struct tool tool = {
	.name = "ds-diff",
	.synopsis = "[--json] [--summary] [--key FIELD] A B",
	.about = "Say what changed between two versions or two streams of records.",
	.opts = opts,
	.notes = "A and B are STORE@VERSION, a STORE (its current version), or files of records.",
};

static void
print_line(void *ctx, struct span text)
{
	struct out *out = ctx;

	buf_addspan(&out->b, text);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
json_summary(const struct diff_counts *c, const char *semver, struct buf *b)
{
	jw_open(b, '{');
	jw_member_u64(b, "before", c->before);
	jw_member_u64(b, "after", c->after);
	jw_member_u64(b, "added", c->added);
	jw_member_u64(b, "removed", c->removed);
	jw_member_u64(b, "changed", c->changed);
	for (int k = 0; k < DIFF_KINDS; k++)
		jw_member_u64(b, diff_kind_name[k], c->kind[k]);
	jw_member_u64(b, "left_eval_for_train", c->to_train);
	jw_member_u64(b, "labels_added", c->labels_added);
	jw_member_u64(b, "labels_removed", c->labels_removed);
	jw_member_u64(b, "relabelled", c->relabelled);
	jw_member_u64(b, "boxes_moved", c->boxes_moved);
	jw_member_bool(b, "dataset", c->dataset);
	jw_member_str(b, "semver_step", semver);
	jw_close(b, '}');
}

static void
text_summary(const struct diff_counts *c, const char *semver, struct buf *b)
{
	buf_addf(b, "%llu %s, then %llu: %llu added, %llu removed, %llu changed",
	    COUNTED(c->before, "sample", "samples"), (unsigned long long)c->after,
	    (unsigned long long)c->added, (unsigned long long)c->removed,
	    (unsigned long long)c->changed);
	for (int k = 0, n = 0; k < DIFF_KINDS; k++)
		if (c->kind[k])
			buf_addf(b, "%s%s %llu", n++ ? ", " : " (", diff_kind_name[k],
			    (unsigned long long)c->kind[k]);
	if (c->changed)
		buf_addc(b, ')');
	if (c->to_train)
		buf_addf(b, "; %llu left EVAL or TEST for TRAIN", (unsigned long long)c->to_train);
	buf_addf(b, "; a %s change", semver);
}

static const char *
semver_step(const struct diff_counts *c)
{
	char *next = diff_semver(c, "1.1.1");
	const char *step = next[0] == '2' ? "major" : next[2] == '2' ? "minor" : "patch";

	free(next);
	return step;
}

static void
summarize(const struct diff_counts *c)
{
	struct buf b = BUF_INIT;

	if (json)
		json_summary(c, semver_step(c), &b);
	else
		text_summary(c, semver_step(c), &b);
	if (summary)
		print_line(out_stdout(), buf_span(&b));
	else if (!json)
		say("%s", b.p);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	const char *tmp = getenv("TMPDIR");
	struct diff_counts c;
	struct keyed a, b;

	if (argc - i != 2)
		tool_usage("give two versions or files");
	if (!tmp || !*tmp)
		tmp = "/tmp";
	if (!keyed_open(&a, argv[i], key, tmp))
		return tool_end();
	if (keyed_open(&b, argv[i + 1], key ? key : a.field, tmp)) {
		diff_run(&a, &b,
		    summary ? DIFF_NONE
		    : json  ? DIFF_JSON
			    : DIFF_TEXT,
		    print_line, out_stdout(), &c);
		if (a.bad || b.bad)
			status_raise(STATUS_TROUBLE);
		else if (!diff_same(&c))
			status_raise(STATUS_FINDINGS);
		if (!a.bad && !b.bad)
			summarize(&c);
		keyed_close(&b);
	}
	keyed_close(&a);
	return tool_end();
}
