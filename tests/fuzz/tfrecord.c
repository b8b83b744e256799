/*
 * Any bytes as a tf.train.Example, in a record with sound check sums, as which hardly any mutated
 * file would be read; with a first byte of 'f' as a TFRecord file, with 'm' as a label map. What comes out are
 * records, which the writer takes, and a label map is written as one that reads the same.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/sink.h"
#include "archive/tfrecord.h"
#include "archive/tree.h"
#include "base/num.h"
#include "fuzz.h"
#include "label/export.h"
#include "label/import.h"
#include "label/pbtxt.h"

static int
memory_file(struct span bytes, char name[64])
{
	int fd = memfd_create("fuzz", 0);

	must_hold(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	snprintf(name, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void
export_records(const struct label_format *format, struct span text)
{
	struct label_options options = LABEL_OPTIONS_INIT;
	char name[64], target[160], *files[] = { name };
	int fd = memory_file(text, name);
	struct rec_reader in;
	struct exporter ex;
	struct sink *sink;

	snprintf(target, sizeof(target), "%.100s/fuzz-tfrecord-%ld.tar",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid());
	sink = sink_open(target, SINK_FORCE);
	must_hold(sink != NULL);
	options.images = IMAGES_NONE;
	exporter_init(&ex, format, sink, &options);
	rec_open(&in, files, 1);
	export_run(&ex, &in);
	must_hold(in.bad == 0);
	rec_close(&in);
	exporter_release(&ex);
	sink_commit(sink);
	unlink(target);
	close(fd);
}

static void
import_file(struct span bytes)
{
	static const struct tree_options limits = { .max_member = 1 << 20, .max_total = 4 << 20 };
	const struct label_format *format = label_format_find("tfrecord");
	struct label_options options = LABEL_OPTIONS_INIT;
	struct importer im;
	struct tree *t;
	struct out out;
	char name[64];
	int fd = memory_file(bytes, name);

	options.max_text = 1 << 20;
	t = tree_open(name, &limits);
	if (t) {
		out_init(&out, open("/dev/null", O_WRONLY), "null");
		importer_init(&im, &out, &options);
		import_tree(&im, format, t, "fuzz");
		if (out.written == 0)
			export_records(format, buf_span(&out.b));
		importer_release(&im);
		out_close(&out);
		tree_close(t);
	}
	close(fd);
}

/* A map that can be read is written as one that reads the same. */
static void
read_map(struct span text)
{
	struct buf one = BUF_INIT, two = BUF_INIT, copy = BUF_INIT, scratch = BUF_INIT;
	struct span item;
	uint64_t id;
	struct json j;

	if (pbtxt_read(&one, text, "fuzz")) {
		must_hold(json_valid(buf_span(&one)));
		json_begin(&j, buf_span(&one));
		json_array(&j);
		while (json_item(&j) && json_value(&j, &item)) {
			must_hold(num_parse_u64(json_member(item, "id"), &id));
			pbtxt_add(&copy, item, json_value_text(json_member(item, "name"), &scratch),
			    (long)id);
		}
		must_hold(pbtxt_read(&two, buf_span(&copy), "copy"));
	}
	buf_release(&one);
	buf_release(&two);
	buf_release(&copy);
	buf_release(&scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { (const char *)data, size };
	struct diag_sink said = { .count = { 0 } };
	struct buf file = BUF_INIT;

	diag_sink(&said);
	if (size > 0 && data[0] == 'f') {
		import_file((struct span){ bytes.p + 1, size - 1 });
	} else if (size > 0 && data[0] == 'm') {
		read_map((struct span){ bytes.p + 1, size - 1 });
	} else {
		tfrecord_add(&file, bytes);
		import_file(buf_span(&file));
	}
	diag_sink(NULL);
	diag_sink_release(&said);
	buf_release(&file);
	return 0;
}
