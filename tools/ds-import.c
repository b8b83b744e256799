/* ds-import: labelled datasets, as people have them, to records. */
#include <stdlib.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/brace.h"
#include "base/diag.h"
#include "base/out.h"
#include "base/path.h"
#include "base/tool.h"
#include "label/filter.h"
#include "label/import.h"
#include "label/text.h"

static struct tree_options tree_options;
static struct label_options options = LABEL_OPTIONS_INIT;
static struct filter filter;
static struct strings map, include, exclude;
static const char *format_name, *dataset_name, *map_file;
static bool list_formats, json;
static int yolo_task;

static void
set_encoding(const char *value)
{
	if (!text_encoding_known(value))
		tool_usage("--encoding: '%s' is not known here (iconv -l lists them)", value);
	options.encoding = value;
}

static const struct opt opts[] = {
	{ 'f', "format", "FORMAT", OPT_STRING, &format_name, NULL,
	    "the label format (default: found out)" },
	{ 'x', "extract", "DIR", OPT_STRING, &tree_options.extract, NULL,
	    "put the pictures of archives below DIR" },
	{ 0, "force", NULL, OPT_FLAG, &tree_options.force, NULL, "replace files below DIR" },
	{ 0, "name", "NAME", OPT_STRING, &dataset_name, NULL,
	    "name of the dataset (default: from the operand)" },
	{ 0, "map", "OLD=NEW", OPT_LIST, &map, NULL, "rename a class; an empty NEW drops it" },
	{ 0, "map-file", "FILE", OPT_STRING, &map_file, NULL, "the same, OLD=NEW a line" },
	{ 0, "include-class", "NAME", OPT_LIST, &include, NULL,
	    "only samples that have the class (or another one given)" },
	{ 0, "exclude-class", "NAME", OPT_LIST, &exclude, NULL, "no samples that have the class" },
	{ 0, "hard-only", NULL, OPT_FLAG, &filter.hard_only, NULL, "only hard examples" },
	{ 0, "repair", NULL, OPT_FLAG, &filter.repair, NULL,
	    "clip and drop boxes, correct sizes, as ModelArts does" },
	{ 0, "encoding", "NAME", OPT_CALL, NULL, set_encoding,
	    "of label files that do not say it themselves" },
	{ 0, "text-separator", "C", OPT_CHAR, &options.text_separator, NULL,
	    "between a text and its labels (TAB)" },
	{ 0, "label-separator", "C", OPT_CHAR, &options.label_separator, NULL,
	    "between the labels of a text (,)" },
	{ 0, "voc-base", "0|1", OPT_CHOICE, &options.voc_base, NULL,
	    "pixels of VOC files are counted from 0 or 1" },
	{ 0, "yolo-task", "given|obb", OPT_CHOICE, &yolo_task, NULL,
	    "rows of four points of YOLO are polygons, or turned boxes (given: polygons)" },
	{ 0, "label-map", "FILE", OPT_STRING, &options.label_map, NULL,
	    "the .pbtxt with the classes of TFRecord files (default: found beside them)" },
	{ 0, "max-text", "SIZE", OPT_SIZE, &options.max_text, NULL,
	    "bytes of one label file read whole (256M)" },
	{ 0, "max-names", "N", OPT_COUNT, &options.max_names, NULL,
	    "sources and ids remembered, to find those that come twice (3 million)" },
	{ 0, "max-member", "SIZE", OPT_SIZE, &tree_options.max_member, NULL,
	    "bytes of one member of an archive (8G)" },
	{ 0, "max-total", "SIZE", OPT_SIZE, &tree_options.max_total, NULL,
	    "bytes of all members (4096G)" },
	{ 0, "max-ratio", "N", OPT_COUNT, &tree_options.max_ratio, NULL,
	    "how far an archive may unpack (1000)" },
	{ 0, "max-members", "N", OPT_COUNT, &tree_options.max_members, NULL,
	    "members of an archive (100 million)" },
	{ 0, "list-formats", NULL, OPT_FLAG, &list_formats, NULL,
	    "what formats there are and what they hold" },
	{ 0, "json", NULL, OPT_FLAG, &json, NULL, "with --list-formats: JSON Lines" },
	{ 0, NULL, NULL, 0, NULL, NULL, NULL },
};

static const struct tool tool = {
	.name = "ds-import",
	.synopsis = "[-f FORMAT] [-x DIR] [OPTION ...] [FILE ...]",
	.about = "Turn labelled datasets (folders, archives, files) into records.",
	.opts = opts,
	.threads = true,
};

/* "a/voc.tar.gz" is called "voc". */
static struct span
name_of(const char *operand)
{
	struct span name = span_str(operand);
	const char *dot;

	if (dataset_name)
		return span_str(dataset_name);
	while (name.n > 1 && name.p[name.n - 1] == '/')
		name.n--;
	name = path_base_span(name);
	if (span_is(name, "-") || span_is(name, ".") || span_is(name, "..") || name.n == 0)
		return SPAN("dataset");
	dot = memchr(name.p + 1, '.', name.n - 1);
	return dot && !path_is_picture(name) ? span_of(name.p, dot) : name;
}

static void
import_operand(struct importer *im, const struct label_format *format, const char *operand)
{
	struct tree *tree = tree_open(operand, &tree_options);
	struct span name = name_of(operand);
	char *own_name;

	if (!tree)
		return;
	if (!format)
		format = label_format_detect(tree);
	own_name = xstrndup(name.p, name.n);
	if (format && !import_tree(im, format, tree, own_name))
		trouble("%s: there is nothing of the format %s", tree->name, format->name);
	free(own_name);
	tree_close(tree);
}

/* An operand on its way through brace_expand(). */
struct many {
	struct importer *im;
	const struct label_format *format;
};

static void
import_one_of(void *ctx, const char *operand)
{
	struct many *m = ctx;

	import_operand(m->im, m->format, operand);
}

/* A name with braces that no file has stands for several ("x-{000..146}.tar"). */
static void
import_operands(struct importer *im, const struct label_format *format, const char *operand)
{
	struct many m = { im, format };
	char *name = xstrndup(operand, strcspn(operand, "{"));
	size_t n = strlen(name);
	bool named = dataset_name != NULL;

	while (n > 0 && strchr("-_.", name[n - 1]))
		name[--n] = '\0';
	if (access(operand, F_OK) == 0 || !strchr(operand, '{')) {
		import_operand(im, format, operand);
	} else {
		if (!named)
			dataset_name = *path_base(name) ? path_base(name) : "dataset";
		if (!brace_expand(operand, import_one_of, &m))
			import_operand(im, format, operand);
		if (!named)
			dataset_name = NULL;
	}
	free(name);
}

static void
import_all(const struct label_format *format, char **operands, int n)
{
	static char stdin_name[] = "-";
	struct importer im;

	importer_init(&im, out_stdout(), &options);
	for (int i = 0; i < n; i++)
		import_operands(&im, format, operands[i]);
	if (n == 0)
		import_operand(&im, format, stdin_name);
	if (tool_verbose())
		import_summary(&im);
	importer_release(&im);
}

int
main(int argc, char **argv)
{
	int first = tool_begin(&tool, argc, argv);
	const struct label_format *format = NULL;

	if (list_formats) {
		label_formats_list(&out_stdout()->b, json);
		return tool_end();
	}
	if (format_name)
		format = label_format_option(format_name);
	if (format && !format->read)
		tool_usage("%s cannot be read: %s", format->name, format->note);
	classmap_init(&filter.map, &map, map_file);
	filter_include(&filter, &include);
	filter_exclude(&filter, &exclude);
	options.filter = &filter;
	options.yolo_task = yolo_task ? YOLO_TASK_OBB : YOLO_TASK_GIVEN;
	import_all(format, argv + first, argc - first);
	classmap_report(&filter.map);
	filter_release(&filter);
	strings_release(&map);
	strings_release(&include);
	strings_release(&exclude);
	return tool_end();
}
