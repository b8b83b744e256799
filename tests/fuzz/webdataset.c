/*
 * Members of a WebDataset shard: pieces of the input between bytes 0xff, each a line with the name, and
 * the content. What is read are records; written again they are as many samples, and read again the same.
 */
#include <fcntl.h>
#include <unistd.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "base/file.h"
#include "fuzz.h"
#include "label/export.h"
#include "label/import.h"

static char *
temporary(const char *what)
{
	const char *dir = getenv("TMPDIR");

	return xasprintf("%.100s/fuzz-wds-%ld-%s", dir ? dir : "/tmp", (long)getpid(), what);
}

static void
write_tar(const char *path, struct span bytes)
{
	struct sink *s = sink_open(path, SINK_FORCE);
	struct span piece, name;

	must_hold(s != NULL);
	while (span_cut(&bytes, '\xff', &piece)) {
		char *copy;

		if (!span_cut(&piece, '\n', &name))
			continue;
		copy = xstrndup(name.p, name.n);
		sink_add(s, copy, piece); /* a name that will not do is not there */
		free(copy);
	}
	must_hold(sink_commit(s) == 0);
}

/* The records of the tar, and their number. */
static uint64_t
read_tar(const char *path, struct buf *records)
{
	struct label_options options = LABEL_OPTIONS_INIT;
	struct tree *t = tree_open(path, NULL);
	struct importer im;
	struct out out;
	uint64_t n;

	if (!t)
		return 0; /* an archive of nothing */
	out_init(&out, open("/dev/null", O_WRONLY), "null");
	options.max_text = 1 << 20;
	importer_init(&im, &out, &options);
	import_tree(&im, label_format_find("webdataset"), t, "fuzz");
	n = im.samples;
	must_hold(out.written == 0);
	buf_addspan(records, buf_span(&out.b));
	importer_release(&im);
	out_close(&out);
	tree_close(t);
	return n;
}

static uint64_t
export_records(const char *target, const char *from)
{
	struct label_options options = LABEL_OPTIONS_INIT;
	char *copy = xstrdup(from), *files[] = { copy };
	struct sink *sink = sink_open(target, SINK_FORCE);
	struct rec_reader in;
	struct exporter ex;
	uint64_t n;

	must_hold(sink != NULL);
	options.images = IMAGES_NONE;
	exporter_init(&ex, label_format_find("webdataset"), sink, &options);
	rec_open(&in, files, 1);
	export_run(&ex, &in);
	must_hold(in.bad == 0);
	rec_close(&in);
	n = ex.samples;
	exporter_release(&ex);
	must_hold(sink_commit(sink) == 0);
	free(copy);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *one = temporary("one.tar"), *two = temporary("two.tar"), *text = temporary("jsonl");
	struct diag_sink said = { .count = { 0 } };
	struct buf records = BUF_INIT, again = BUF_INIT;
	struct newfile f;
	uint64_t n;

	diag_sink(&said);
	write_tar(one, (struct span){ (const char *)data, size });
	n = read_tar(one, &records);
	must_hold(newfile_open(&f, text, FILE_FORCE | FILE_NOSYNC) == 0);
	buf_addspan(&f.out.b, buf_span(&records));
	must_hold(newfile_commit(&f) == 0);
	must_hold(export_records(two, text) == n);
	must_hold(read_tar(two, &again) == n);
	diag_sink(NULL);
	diag_sink_release(&said);
	unlink(one);
	unlink(two);
	unlink(text);
	buf_release(&records);
	buf_release(&again);
	free(one);
	free(two);
	free(text);
	return 0;
}
