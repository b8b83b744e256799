/* ds-export: records to labelled datasets in the format that somebody wants. */
#include <errno.h>

#include "archive/sink.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/out.h"
#include "base/path.h"
#include "base/tool.h"
#include "label/classmap.h"
#include "label/describe.h"
#include "label/export.h"

static struct label_options options = LABEL_OPTIONS_INIT;
static struct strings map, about;
static const char *format_name, *target, *map_file, *classes_file, *losses_file;
static int images, yolo_task, mask_to, bbox_from;
static bool force, list_formats, json, croissant;

static void
set_decimals(const char *value)
{
	if (value[0] < '0' || value[0] > '9' || value[1])
		tool_usage("--decimals: '%s' is not a number from 0 to 9", value);
	options.decimals = value[0] - '0';
}

static const struct opt opts[] = {
	{ 'f', "format", "FORMAT", OPT_STRING, &format_name, NULL, "the label format (needed)" },
	{ 'o', "output", "TARGET", OPT_STRING, &target, NULL,
	    "a folder, a .tar, .tar.gz, .tar.zst, .tar.xz or .zip file, - for a tar; coco: a .json "
	    "file too (needed)" },
	{ 0, "force", NULL, OPT_FLAG, &force, NULL, "replace what is there" },
	{ 0, "images", "copy|link|none", OPT_CHOICE, &images, NULL,
	    "what to do with the pictures (copy)" },
	{ 0, "classes", "FILE", OPT_STRING, &classes_file, NULL,
	    "the classes in order, a name a line; others are left out" },
	{ 0, "map", "OLD=NEW", OPT_LIST, &map, NULL, "rename a class; an empty NEW drops it" },
	{ 0, "map-file", "FILE", OPT_STRING, &map_file, NULL, "the same, OLD=NEW a line" },
	{ 0, "losses", "FILE", OPT_STRING, &losses_file, NULL,
	    "what the format cannot hold, as JSON Lines" },
	{ 0, "decimals", "N", OPT_CALL, NULL, set_decimals,
	    "digits behind the point of numbers from other formats" },
	{ 0, "text-separator", "C", OPT_CHAR, &options.text_separator, NULL,
	    "between a text and its labels (TAB)" },
	{ 0, "label-separator", "C", OPT_CHAR, &options.label_separator, NULL,
	    "between the labels of a text (,)" },
	{ 0, "voc-base", "0|1", OPT_CHOICE, &options.voc_base, NULL,
	    "count pixels of VOC files from 0 or 1" },
	{ 0, "mask-to", "held|polygon|rle|png", OPT_CHOICE, &mask_to, NULL,
	    "what masks and polygons become (held: what the format holds)" },
	{ 0, "bbox-from", "given|shape", OPT_CHOICE, &bbox_from, NULL,
	    "boxes as given beside a shape, or around it (given)" },
	{ 0, "yolo-task", "given|detect|segment|pose|obb", OPT_CHOICE, &yolo_task, NULL,
	    "what the rows of YOLO are (given: what the annotations are)" },
	{ 0, "shard-count", "N", OPT_COUNT, &options.shard_count, NULL,
	    "N shards for tfrecord and webdataset" },
	{ 0, "shard-size", "SIZE", OPT_SIZE, &options.shard_size, NULL,
	    "a new shard of webdataset after about SIZE (1G, or 10000 samples)" },
	{ 0, "croissant", NULL, OPT_FLAG, &croissant, NULL,
	    "describe the files in croissant.json" },
	{ 0, "about", "KEY=VALUE", OPT_LIST, &about, NULL,
	    "for that: name, description, license, url, creator, cite-as, version, date" },
	{ 0, "list-formats", NULL, OPT_FLAG, &list_formats, NULL,
	    "what formats there are and what they hold" },
	{ 0, "json", NULL, OPT_FLAG, &json, NULL, "with --list-formats: JSON Lines" },
	{ 0, NULL, NULL, 0, NULL, NULL, NULL },
};

static const struct tool tool = {
	.name = "ds-export",
	.synopsis = "-f FORMAT -o TARGET [OPTION ...] [FILE ...]",
	.about = "Write records as a dataset in a label format.",
	.opts = opts,
	.threads = true,
};

static const struct label_format *
wanted_format(void)
{
	const struct label_format *format;

	if (!format_name || !target)
		tool_usage("-f FORMAT and -o TARGET are needed");
	sink_check_target(target);
	format = label_format_option(format_name);
	if (!format->writer)
		tool_usage("%s cannot be written: %s", format->name, format->note);
	return format;
}

static void
check_mask_to(const struct label_format *format)
{
	static const struct {
		uint64_t bit;
		const char *what;
	} needs[] = {
		[MASK_TO_POLYGON] = { HOLDS(ANN_POLYGON), "polygons" },
		[MASK_TO_RLE] = { HOLDS(ANN_RLE), "masks" },
		[MASK_TO_PNG] = { HOLDS(ANN_MASK), "masks as pictures" },
	};

	if (!(format->holds & needs[mask_to].bit) && mask_to != MASK_TO_AS_HELD)
		tool_usage("--mask-to: %s has no place for %s", format->name, needs[mask_to].what);
}

static void
write_losses(const struct exporter *ex)
{
	struct buf text = BUF_INIT;

	if (!losses_file)
		return;
	export_losses_json(ex, &text);
	if (file_write(losses_file, buf_span(&text), force ? FILE_FORCE : 0) != 0)
		die("%s:", losses_file);
	buf_release(&text);
}

/* Is the target one file with all of it? */
static bool
is_one(const struct label_format *format)
{
	return format->single && path_has_ext(span_str(target), format->single);
}

static void
check_options(const struct label_format *format)
{
	if (options.shard_count && !format->shards)
		tool_usage("--shard-count: %s has no shards", format->name);
	if (options.shard_size && strcmp(format->name, "webdataset") != 0)
		tool_usage("--shard-size is for webdataset");
	if (about.n && !croissant)
		tool_usage("--about is for --croissant");
	if (options.shard_count && options.shard_size)
		tool_usage("--shard-count and --shard-size exclude each other");
	if (is_one(format) && (options.shard_count > 1 || croissant))
		tool_usage("--shard-count and --croissant need a folder or an archive for -o");
	describe_check(&about);
}

static void
export_all(const struct label_format *format, char **files, int n)
{
	bool one = is_one(format);
	unsigned flags =
	    (force ? SINK_FORCE : 0) | (one ? SINK_ONE : 0) | (tool_jobs() > 1 ? SINK_BEHIND : 0);
	struct sink *sink = sink_open(target, flags);
	struct description description;
	struct rec_reader in;
	struct exporter ex;

	if (!sink && errno == EEXIST)
		die("%s is there already (--force replaces)", target);
	if (!sink)
		die("%s:", target);
	if (one && !format->embeds)
		options.images = IMAGES_NONE; /* there is no place for them */
	if (croissant)
		describe_begin(&description, sink);
	exporter_init(&ex, format, sink, &options);
	if (classes_file)
		ex.closed_classes = ex.dataset.closed =
		    dataset_load_classes(&ex.dataset, classes_file);
	rec_open(&in, files, (size_t)n);
	export_run(&ex, &in);
	rec_close(&in);
	if (in.unopened) {
		sink_abort(sink);
		trouble("nothing is written, because not all input could be read");
		exporter_release(&ex);
		return;
	}
	if (croissant)
		describe_end(&description, &ex, &about);
	if (sink_commit(sink) != 0)
		die("%s:", target);
	export_report(&ex);
	write_losses(&ex);
	if (tool_verbose())
		export_summary(&ex);
	exporter_release(&ex);
}

int
main(int argc, char **argv)
{
	int first = tool_begin(&tool, argc, argv);
	const struct label_format *format;
	struct class_map classes;

	if (list_formats) {
		label_formats_list(&out_stdout()->b, json);
		return tool_end();
	}
	format = wanted_format();
	check_options(format);
	options.images = (enum images_how)images;
	options.yolo_task = (enum yolo_task)yolo_task;
	options.mask_to = (enum mask_to)mask_to;
	options.bbox_from = (enum bbox_from)bbox_from;
	check_mask_to(format);
	classmap_init(&classes, &map, map_file);
	options.map = &classes;
	export_all(format, argv + first, argc - first);
	classmap_report(&classes);
	classmap_release(&classes);
	strings_release(&map);
	strings_release(&about);
	return tool_end();
}
