/*
 * Any bytes as data.yaml and as a label file of a YOLO set (cut at the first NUL): YAML becomes valid
 * JSON or is refused; rows become records that the record reader takes.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/file.h"
#include "fuzz.h"
#include "json/json.h"
#include "label/formats.h"
#include "label/import.h"
#include "label/yaml.h"

static void
check_yaml(struct span text)
{
	struct buf json = BUF_INIT;

	if (yaml_to_json(&json, text, "data.yaml"))
		must_hold(json_valid(buf_span(&json)));
	else
		must_hold(json.n == 0);
	buf_release(&json);
}

static void
check_records(struct span lines)
{
	struct record r = { .m = NULL };
	struct span line;

	while (span_cut(&lines, '\n', &line))
		if (line.n > 0)
			must_hold(rec_parse(&r, line, pos_file("out")));
	rec_release(&r);
}

/* A folder with the two files, made once. */
static const char *
folder(void)
{
	static char name[] = "/dev/shm/fuzz-yolo.XXXXXX";
	static int made;

	if (!made)
		must_hold(mkdtemp(name) != NULL && chdir(name) == 0);
	made = 1;
	return ".";
}

static void
import_set(void)
{
	struct label_options o = LABEL_OPTIONS_INIT;
	struct tree *t = tree_open(folder(), NULL);
	struct out out;
	struct importer im;

	out_init(&out, memfd_create("out", 0), "out");
	importer_init(&im, &out, &o);
	if (t)
		import_tree(&im, &label_yolo, t, "fuzz");
	if (out.written == 0)
		check_records(buf_span(&out.b));
	out_close(&out);
	importer_release(&im);
	tree_close(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { (const char *)data, size };
	const char *cut = size ? memchr(data, 0, size) : NULL;
	struct span yaml = cut ? span_of(all.p, cut) : all;
	struct span rows = cut ? span_of(cut + 1, all.p + size) : all;
	struct diag_sink said = { .count = { 0 } };

	if (size > 20000)
		return 0;
	folder();
	must_hold(file_write("data.yaml", yaml, FILE_FORCE | FILE_NOSYNC) == 0);
	must_hold(file_write("a.txt", rows, FILE_FORCE | FILE_NOSYNC) == 0);
	diag_sink(&said);
	check_yaml(yaml);
	if (size < 5000)
		import_set();
	diag_sink(NULL);
	diag_sink_release(&said);
	return 0;
}
