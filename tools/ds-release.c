/*
 * ds-release: records in; a new immutable version of a store, and the records with their usage out.
 *
 * Reads all records before it writes the first (they wait in a spool file), because an exact split has to know
 * them all. --stream and --by-hash without a store do not.
 */
#include <limits.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/tool.h"
#include "label/manifest.h"
#include "store/manifest.h"
#include "store/release.h"
#include "store/store.h"

static struct release_options o = {
	.plan = { .stratify = true },
	.max_leak = UINT64_MAX,
};
static const char *ratio, *ratios, *group_match;
static uint64_t folds, near = UINT64_MAX, distance = 5;
static bool no_stratify, stream, by_hash, reset, voc_files;
static int usage, unlabelled;

static const struct opt opts[] = {
	{ 's', "store", "DIR", OPT_STRING, &o.store, NULL, "publish a version in this store" },
	{ 'r', "ratio", "SHARE", OPT_STRING, &ratio, NULL, "share of TRAIN, such as 0.8" },
	{ 0, "train-evaluate-sample-ratio", "SHARE", OPT_STRING, &ratio, NULL, "same as --ratio" },
	{ 0, "ratios", "LIST", OPT_STRING, &ratios, NULL, "train=0.7,eval=0.2,test=0.1" },
	{ 0, "kfold", "K", OPT_COUNT, &folds, NULL, "number the samples with folds 0 to K-1" },
	{ 0, "stratify", NULL, OPT_FLAG, &o.plan.stratify, NULL,
	    "share out every class (default)" },
	{ 0, "no-stratify", NULL, OPT_FLAG, &no_stratify, NULL, "only the total counts" },
	{ 0, "stratify-boxes", NULL, OPT_FLAG, &o.plan.boxes, NULL,
	    "share out the annotations of every class too" },
	{ 0, "stratify-hard", NULL, OPT_FLAG, &o.plan.hard, NULL, "share out hard samples too" },
	{ 0, "group", "FIELD", OPT_STRING, &o.rules.group, NULL,
	    "samples with one value of FIELD stay together" },
	{ 0, "group-match", "REGEX", OPT_STRING, &group_match, NULL,
	    "the part of the source that \\(...\\) matches is the group" },
	{ 0, "group-near", "BITS", OPT_COUNT, &near, NULL,
	    "pictures whose phash differs in at most BITS of 64 stay together" },
	{ 0, "no-group-near", NULL, OPT_FLAG, &o.no_near, NULL,
	    "not, though they did in the parent" },
	{ 0, "max-leak", "N", OPT_COUNT, &o.max_leak, NULL,
	    "more than N pictures that test and look like one that trains are an error" },
	{ 0, "near-distance", "BITS", OPT_COUNT, &distance, NULL,
	    "bits of phash that may differ in pictures that look alike (5)" },
	{ 0, "seed", "TEXT", OPT_STRING, &o.seed, NULL, "another split (default: the parent's)" },
	{ 0, "key", "FIELD", OPT_STRING, &o.rules.key, NULL,
	    "what a sample is known by: id (default), source, sha256, ..." },
	{ 0, "parent", "VERSION", OPT_STRING, &o.parent, NULL,
	    "keep its split (default: the current version), or none" },
	{ 0, "usage", "auto|keep|reset|require", OPT_CHOICE, &usage, NULL,
	    "what becomes of usage that is there already" },
	{ 0, "remove-sample-usage", NULL, OPT_FLAG, &reset, NULL, "same as --usage reset" },
	{ 0, "unlabelled", "in|apart|out", OPT_CHOICE, &unlabelled, NULL,
	    "samples that nobody labelled: split, without usage, left out" },
	{ 0, "clear-hard-property", NULL, OPT_FLAG, &o.clear_hard, NULL,
	    "drop hard and hard-coefficient" },
	{ 0, "allow-leak", NULL, OPT_FLAG, &o.allow_leak, NULL,
	    "publish although samples of one group are on two sides" },
	{ 0, "stream", NULL, OPT_FLAG, &stream, NULL, "one pass: place each sample as it comes" },
	{ 0, "by-hash", NULL, OPT_FLAG, &by_hash, NULL, "by the hash of the key alone" },
	{ 0, "voc-files", NULL, OPT_FLAG, &voc_files, NULL,
	    "boxes of the manifest in VOC files, as the platform has them" },
	{ 0, "snapshot", NULL, OPT_FLAG, &o.snapshot, NULL,
	    "keep the files in the store too, once per content" },
	{ 0, "export-images", NULL, OPT_FLAG, &o.snapshot, NULL, "same as --snapshot" },
	{ 0, "link", NULL, OPT_FLAG, &o.files.link, NULL,
	    "snapshot by hard links: never edit the files in place then" },
	{ 0, "paranoid", NULL, OPT_FLAG, &o.files.paranoid, NULL,
	    "snapshot: read all files, also those that look unchanged" },
	{ 'n', "name", "NAME", OPT_STRING, &o.name, NULL,
	    "name of the version (default: V001 ...)" },
	{ 0, "version-name", "NAME", OPT_STRING, &o.name, NULL, "same as --name" },
	{ 'd', "description", "TEXT", OPT_STRING, &o.description, NULL, "what is new in it" },
	{ 0 },
};

static const struct tool tool = {
	.name = "ds-release",
	.synopsis = "[-s STORE] [-r SHARE] [OPTION ...] [FILE ...]",
	.about = "Split a dataset into TRAIN and EVAL and publish it as a version.",
	.opts = opts,
	.threads = true,
};

/*
 * The platform keeps shapes in VOC files, one a sample. Thousands of files a version are not made unless asked for:
 * shapes then stay in the line.
 */
static void
write_line(
    void *writer, const struct record *r, struct buf *line, struct buf *side_name, struct buf *side)
{
	if (voc_files || !manifest_needs_file(r))
		manifest_line(writer, r, line, side_name, side);
	else
		manifest_plain(NULL, r, line, side_name, side);
}

static void
check_ratio(void)
{
	struct ratio *r = &o.plan.ratio;
	const char *why;

	if ((ratio != NULL) + (ratios != NULL) + (folds != 0) > 1)
		tool_usage("--ratio, --ratios and --kfold exclude each other");
	if (ratio && !ratio_parse(r, span_str(ratio)))
		tool_usage("--ratio: '%s' is not a number from 0 to 1 such as 0.8", ratio);
	if (ratios && !ratio_parse_list(r, span_str(ratios), &why))
		tool_usage("--ratios: '%s': %s", ratios, why);
	if (folds == 1 || folds > SIDES_MAX)
		tool_usage("--kfold takes 2 to %d", SIDES_MAX);
	if (folds)
		ratio_folds(r, (int)folds);
	o.plan.folds = folds != 0;
	o.ratio_text = ratio ? ratio : ratios;
}

static void
check_options(void)
{
	check_ratio();
	if (stream && by_hash)
		tool_usage("--stream and --by-hash exclude each other");
	if (o.no_near && near != UINT64_MAX)
		tool_usage("--group-near and --no-group-near exclude each other");
	if (stream && ((o.rules.group && *o.rules.group) || group_match))
		tool_usage("--stream cannot keep groups together; --by-hash can");
	if ((stream || by_hash) && o.plan.ratio.sides == 0)
		tool_usage("--stream and --by-hash need --ratio or --ratios");
	if ((stream || by_hash) && folds)
		tool_usage("--kfold needs to know all samples: not with --stream or --by-hash");
	if (o.rules.group && group_match)
		tool_usage("--group and --group-match exclude each other");
	if (o.name && !version_name_ok(span_str(o.name)))
		tool_usage("--name: '%s' is not 1 to 32 letters, digits, '-' and '_'", o.name);
	if ((o.files.link || o.files.paranoid) && !o.snapshot)
		tool_usage("--link and --paranoid need --snapshot");
	if (!o.store && o.snapshot)
		tool_usage("--snapshot needs --store");
	if (!o.store && (o.name || o.description || o.parent))
		tool_usage("--name, --description and --parent need --store");
	if (distance > 63 || (near != UINT64_MAX && near > 63))
		tool_usage("--near-distance and --group-near take 0 to 63");
	o.near_distance = (unsigned)distance;
	o.near_named = tool_verbose() ? UINT_MAX : 10;
	o.rules.near = near == UINT64_MAX ? 0 : (int)near + 1;
	o.rules.jobs = o.files.jobs = tool_jobs();
	o.plan.rule = stream ? SPLIT_STREAM : by_hash ? SPLIT_HASH : SPLIT_EXACT;
	o.plan.stratify = !no_stratify;
	o.plan.usage = reset ? USAGE_RESET : (enum usage_policy)usage;
	o.unlabelled = (enum unlabelled)unlabelled;
}

static void
compile_group(regex_t *re)
{
	char why[256];
	int r = regcomp(re, group_match, REG_EXTENDED);

	if (r != 0) {
		regerror(r, re, why, sizeof(why));
		tool_usage("--group-match: %s", why);
	}
	o.rules.group_match = re;
	o.group_text = group_match;
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	struct rec_reader in;
	struct record rec = { .m = NULL };
	struct release *r;
	regex_t re;

	check_options();
	if (group_match)
		compile_group(&re);
	o.manifest =
	    (struct manifest_form){ write_line, manifest_writer_new("annotation"), voc_files };
	r = release_begin(&o);
	if (r == NULL)
		return tool_end();
	rec_open(&in, argv + i, (size_t)(argc - i));
	while (rec_next(&in, &rec))
		release_add(r, &rec);
	rec_close(&in);
	rec_release(&rec);
	if (in.unopened)
		trouble("nothing is published, because not all input could be read");
	else if (release_publish(r)) {
		release_print(r, out_stdout());
		release_say(r);
	}
	release_end(r);
	manifest_writer_free(o.manifest.ctx);
	if (group_match)
		regfree(&re);
	return tool_end();
}
