/*
 * Any bytes as a label file of any format: the first line names the format, else the first byte
 * chooses one. What comes out are records, and the format's writer takes them.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "fuzz.h"
#include "label/export.h"
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

/* A file of these bytes in memory; its name in `name`. */
static int
memory_file(struct span bytes, char name[64])
{
	int fd = memfd_create("fuzz", 0);

	must_hold(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	snprintf(name, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void
export_records(const struct label_format *format, struct span text, struct label_options *options)
{
	char name[64], target[160], *files[] = { name };
	int fd = memory_file(text, name);
	struct rec_reader in;
	struct exporter ex;
	struct sink *sink;

	snprintf(target, sizeof(target), "%.100s/fuzz-label-%ld.tar",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid());
	sink = sink_open(target, SINK_FORCE);
	must_hold(sink != NULL);
	options->images = IMAGES_NONE;
	exporter_init(&ex, format, sink, options);
	rec_open(&in, files, 1);
	export_run(&ex, &in);
	rec_close(&in);
	exporter_release(&ex);
	sink_commit(sink); /* libarchive 3.6 leaks when it is given up */
	unlink(target);
	close(fd);
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
	if (format->writer && out.written == 0)
		export_records(format, buf_span(&out.b), &options);
	importer_release(&im);
	out_close(&out);
	tree_close(t);
}

/* The format that the bytes begin with; the rest in *rest. */
static const struct label_format *
choose(const uint8_t *data, size_t size, struct span *rest)
{
	const char *text = (const char *)data, *end = size ? memchr(data, '\n', size) : NULL;
	size_t formats = 0;

	for (; label_formats[formats]; formats++) {
		struct span name = span_str(label_formats[formats]->name);

		if (end && span_eq(span_of(text, end), name)) {
			*rest = span_of(end + 1, text + size);
			return label_formats[formats];
		}
	}
	*rest = size ? span_of(text + 1, text + size) : SPAN("");
	return size ? label_formats[data[0] % formats] : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink said = { .count = { 0 } };
	struct span bytes;
	const struct label_format *format = choose(data, size, &bytes);
	char name[64];
	int fd;

	if (!format || !format->read || span_is(span_str(format->name), "imagenet"))
		return 0; /* imagenet wants a folder, and ends the program without one */
	fd = memory_file(bytes, name);
	diag_sink(&said);
	import_bytes(format, name);
	diag_sink(NULL);
	diag_sink_release(&said);
	close(fd);
	return 0;
}
