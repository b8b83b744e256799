/*
 * ds-verify: are the versions of a store what was published, and are their splits what they claim to be?
 *
 * One line on standard output for each version; what is wrong goes to standard error.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/out.h"
#include "base/tool.h"
#include "store/store.h"
#include "store/verify.h"

static struct verify_options o;

static const struct opt opts[] = {
	{ 0, "quick", NULL, OPT_FLAG, &o.quick, NULL, "do not hash objects, look at their sizes" },
	{ 0, "sources", NULL, OPT_FLAG, &o.sources, NULL,
	    "check the files that records name, too" },
	{ 0 },
};

static const struct tool tool = {
	.name = "ds-verify",
	.synopsis = "[--quick] [--sources] STORE[@VERSION] ...",
	.about = "Check versions of a dataset: checksums, order, objects, ledger, leaks.",
	.opts = opts,
	.threads = true,
};

static void
verify_one(const struct store *s, const char *name)
{
	char *dir = store_path(s, "versions/%s", name);
	struct out *out = out_stdout();
	struct verify_result r;
	bool good = verify_version(s->path, dir, &o, &r);

	buf_addf(&out->b, "%s\t%s\t%llu %s\t%llu %s\t%llu bytes\n", name,
	    good && r.findings == 0 ? "ok" : "DAMAGED", COUNTED(r.samples, "sample", "samples"),
	    COUNTED(r.files, "file", "files"), (unsigned long long)r.bytes);
	out_tick(out);
	free(dir);
}

static void
verify_all(const struct store *s)
{
	struct version_list list;

	if (!store_list(s, &list))
		return;
	for (size_t i = 0; i < list.n; i++)
		verify_one(s, list.name[i]);
	version_list_release(&list);
}

static void
verify_operand(const char *operand)
{
	struct store s;
	char *store, *version;

	if (!store_operand(operand, &store, &version))
		return;
	if (store_open(&s, store, 0)) {
		if (version)
			verify_one(&s, version);
		else
			verify_all(&s);
		store_close(&s);
	}
	free(store);
	free(version);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);

	if (i == argc)
		tool_usage("give a store or a version");
	o.jobs = tool_jobs();
	for (; i < argc; i++)
		verify_operand(argv[i]);
	return tool_end();
}
