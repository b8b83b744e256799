/*
 * ds-pack: a version of a store as a package to give away: a folder, tar or zip, or WebDataset shards.
 */
#include <stdlib.h>

#include "archive/sink.h"
#include "base/diag.h"
#include "base/path.h"
#include "base/tool.h"
#include "store/pack.h"

static struct pack_options o = { .shard_samples = 10000, .shard_bytes = (uint64_t)1 << 30 };
static int form;

static const struct opt opts[] = {
	{ 'f', "format", "tree|webdataset", OPT_CHOICE, &form, NULL,
	    "one tree (default), or tar shards for each side" },
	{ 'o', "output", "TARGET", OPT_STRING, &o.target, NULL,
	    "folder; or .tar, .tar.gz, .tar.zst, .zip for a tree" },
	{ 0, "force", NULL, OPT_FLAG, &o.force, NULL, "replace what is there" },
	{ 0, "no-files", NULL, OPT_FLAG, &o.no_files, NULL, "only records, not the files" },
	{ 0, "shard-samples", "N", OPT_COUNT, &o.shard_samples, NULL,
	    "at most N samples a shard (10000)" },
	{ 0, "shard-bytes", "SIZE", OPT_SIZE, &o.shard_bytes, NULL, "about SIZE a shard (1G)" },
	{ 'n', "name", "NAME", OPT_STRING, &o.about.name, NULL,
	    "of the dataset (default: the store's folder)" },
	{ 0, "license", "URL", OPT_STRING, &o.about.license, NULL, "for the description" },
	{ 0, "url", "URL", OPT_STRING, &o.about.url, NULL, "for the description" },
	{ 0, "creator", "NAME", OPT_STRING, &o.about.creator, NULL, "for the description" },
	{ 0 },
};

static const struct tool tool = {
	.name = "ds-pack",
	.synopsis = "-o TARGET [-f FORMAT] [OPTION ...] STORE[@VERSION]",
	.about = "Pack a version of a dataset with its files and a Croissant description.",
	.opts = opts,
	.threads = true,
};

static void
pack(const struct store *s, const char *version)
{
	struct pack_counts c;

	if (!pack_version(s, version, &o, &c))
		return;
	say("version %s: %llu %s, %llu %s%s", version, COUNTED(c.samples, "sample", "samples"),
	    COUNTED(c.files, "file", "files"), o.form == PACK_WEBDATASET ? ", in shards" : "");
	if (c.missing)
		say("%llu %s could not be had", COUNTED(c.missing, "file", "files"));
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	char *store, *version, *name;
	struct store s;

	if (argc - i != 1 || !o.target)
		tool_usage("give a version, and a target with -o");
	sink_check_target(o.target);
	if (o.shard_samples == 0 || o.shard_bytes == 0)
		tool_usage("a shard holds at least one sample");
	o.form = (enum pack_form)form;
	o.jobs = tool_jobs();
	if (!store_operand(argv[i], &store, &version))
		return tool_end();
	if (store_open(&s, store, 0)) {
		name = realpath(store, NULL);
		if (!o.about.name)
			o.about.name = name ? path_base(name) : "dataset";
		if (!version)
			version = store_current(&s);
		if (version)
			pack(&s, version);
		else
			trouble("'%s' has no version", store);
		store_close(&s);
		free(name);
	}
	free(store);
	free(version);
	return tool_end();
}
