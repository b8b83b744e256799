/*
 * Any bytes as shapes: the first two choose a format and the wishes of an export, the rest are records that
 * it writes. A mask that is one must come back from its outline.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/sink.h"
#include "fuzz.h"
#include "label/export.h"

/* Filled again, the outlines of a mask without holes are that mask. */
static void
check_outline(struct span json)
{
	struct buf polygon = BUF_INIT, holes = BUF_INIT;
	struct rle r = { .run = NULL }, all = { .run = NULL }, one = { .run = NULL };
	struct span ring, list;
	double xy[512];
	struct json j;

	if (rle_parse(&r, json) || (uint64_t)r.h * r.w > 4096 ||
	    !rle_write_polygon(&polygon, &holes, &r))
		goto end;
	rle_start(&all, r.h, r.w);
	rle_push(&all, false, r.h * r.w);
	list = buf_span(&polygon);
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &ring)) {
		size_t n = json_numbers(ring, xy, 512);

		if (n > 512)
			goto end;
		must_hold(rle_from_polygon(&one, r.h, r.w, xy, n / 2));
		rle_merge(&all, &one);
	}
	if (holes.n == 2)
		must_hold(rle_area(&all) == rle_area(&r));
	else
		must_hold(rle_area(&all) > rle_area(&r));
end:
	rle_release(&r);
	rle_release(&all);
	rle_release(&one);
	buf_release(&polygon);
	buf_release(&holes);
}

static void
check_masks(struct span text)
{
	struct record r = { .m = NULL };
	struct annotation a = { .m = NULL };
	struct ann_iter it;
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		if (line.n == 0 || !rec_parse(&r, line, POS_NONE) || r.header)
			continue;
		ann_begin(&it, &r);
		while (ann_next(&it, &a))
			if (json_type_of(a.v[ANN_RLE]) == JSON_OBJECT)
				check_outline(a.v[ANN_RLE]);
	}
	ann_release(&a);
	rec_release(&r);
}

static void
export_bytes(const struct label_format *format, const struct label_options *options, char *name)
{
	char target[160], *files[] = { name };
	struct rec_reader in;
	struct exporter ex;
	struct sink *sink;

	snprintf(target, sizeof(target), "%.100s/fuzz-shapes-%ld.tar",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid());
	sink = sink_open(target, SINK_FORCE);
	must_hold(sink != NULL);
	exporter_init(&ex, format, sink, options);
	rec_open(&in, files, 1);
	export_run(&ex, &in);
	rec_close(&in);
	exporter_release(&ex);
	sink_commit(sink);
	unlink(target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink said = { .count = { 0 } };
	struct label_options options = LABEL_OPTIONS_INIT;
	const struct label_format *format;
	size_t formats = 0;
	char name[64];
	int fd;

	if (size < 3)
		return 0;
	while (label_formats[formats])
		formats++;
	format = label_formats[data[0] % formats];
	options.mask_to = data[1] & 3;
	options.bbox_from = data[1] >> 2 & 1;
	options.yolo_task = (data[1] >> 3) % 5;
	options.images = IMAGES_NONE;
	fd = memfd_create("fuzz", 0);
	must_hold(fd >= 0 && write(fd, data + 2, size - 2) == (ssize_t)(size - 2));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	diag_sink(&said);
	check_masks(span_of((const char *)data + 2, (const char *)data + size));
	/* imagenet wants another target, and ends the program without one */
	if (format->writer && !span_is(span_str(format->name), "imagenet"))
		export_bytes(format, &options, name);
	diag_sink(NULL);
	diag_sink_release(&said);
	close(fd);
	return 0;
}
