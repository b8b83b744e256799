/*
 * Any bytes as a label file of any format: the first byte chooses the format. What comes out are
 * records.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/tree.h"
#include "fuzz.h"
#include "label/import.h"

static void
check_records(struct span text)
{
	struct record r = { .m = NULL };
	struct span line;

	while (span_cut(&text, '\n', &line))
		if (line.n > 0)
			must_hold(rec_parse(&r, line, POS_NONE));
	rec_release(&r);
}

static void
import_bytes(const struct label_format *format, const char *name)
{
	static const struct tree_options limits = { .max_member = 1 << 20, .max_total = 4 << 20 };
	struct label_options options = LABEL_OPTIONS_INIT;
	struct tree *t = tree_open(name, &limits);
	struct importer im;
	struct out out;

	if (!t)
		return;
	options.max_text = 1 << 20;
	out_init(&out, open("/dev/null", O_WRONLY), "null");
	importer_init(&im, &out, &options);
	import_tree(&im, format, t, "fuzz");
	check_records(buf_span(&out.b));
	importer_release(&im);
	out_close(&out);
	tree_close(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink said = { .count = { 0 } };
	size_t formats = 0;
	char name[64];
	int fd;

	while (label_formats[formats])
		formats++;
	if (size == 0 || !label_formats[data[0] % formats]->read)
		return 0;
	fd = memfd_create("fuzz", 0);
	must_hold(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	diag_sink(&said);
	import_bytes(label_formats[data[0] % formats], name);
	diag_sink(NULL);
	diag_sink_release(&said);
	close(fd);
	return 0;
}
