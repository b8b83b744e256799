/*
 * Any bytes as a COCO file: what comes out is records, each one line that the record reader takes.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "archive/tree.h"
#include "fuzz.h"
#include "label/formats.h"
#include "label/import.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct label_options o = LABEL_OPTIONS_INIT;
	struct diag_sink said = { .count = { 0 } };
	int fd = memfd_create("fuzz", 0), out_fd = memfd_create("out", 0);
	struct out out;
	struct importer im;
	struct tree *t;
	char name[64];

	must_hold(fd >= 0 && out_fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	out_init(&out, out_fd, "out");
	diag_sink(&said);
	t = tree_open(name, NULL);
	if (t && t->single) {
		importer_init(&im, &out, &o);
		import_tree(&im, &label_coco, t, "fuzz");
		importer_release(&im);
	}
	tree_close(t);
	diag_sink(NULL);
	if (out.written == 0)
		check_records(buf_span(&out.b));
	out_close(&out);
	diag_sink_release(&said);
	close(fd);
	return 0;
}
