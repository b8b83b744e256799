/* The frame around readers: see import.h. */
#include "label/import.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/diag.h"

void
importer_init(struct importer *im, struct out *out, const struct label_options *opt)
{
	*im = (struct importer){ .out = out, .opt = opt };
}

void
importer_release(struct importer *im)
{
	buf_release(&im->record);
	buf_release(&im->mapped);
}

void
import_tree(struct importer *im, const struct label_format *format, const struct tree *tree,
    const char *name)
{
	im->format = format;
	im->tree = tree;
	im->name = name;
	format->read(im);
	out_tick(im->out);
}

struct buf *
import_header(struct importer *im)
{
	struct buf *b = import_record(im);

	jw_open(b, '{');
	jw_key(b, "dataset");
	jw_open(b, '{');
	jw_member_str(b, "name", im->name);
	jw_member_str(b, "format", im->format->name);
	return b;
}

void
import_header_end(struct importer *im)
{
	struct buf *b = &im->record;

	jw_close(b, '}');
	jw_close(b, '}');
	buf_addspan(&im->out->b, buf_span(b));
	buf_addc(&im->out->b, '\n');
	out_tick(im->out);
}

struct buf *
import_record(struct importer *im)
{
	buf_reset(&im->record);
	return &im->record;
}

void
import_sample(struct importer *im, struct span object, uint64_t annotations)
{
	buf_addspan(&im->out->b, object);
	buf_addc(&im->out->b, '\n');
	out_tick(im->out);
	im->samples++;
	im->annotations += annotations;
}

void
import_begin_sample(struct buf *b, struct span source, struct span id, double width, double height)
{
	jw_open(b, '{');
	jw_member_string(b, "source", source);
	if (id.p)
		jw_member_string(b, "id", id);
	if (width > 0 && height > 0) {
		jw_key(b, "width");
		jw_number(b, width);
		jw_key(b, "height");
		jw_number(b, height);
	}
}

void
import_box(struct buf *b, double x, double y, double w, double h)
{
	jw_key(b, "bbox");
	jw_open(b, '[');
	jw_number(b, x);
	jw_number(b, y);
	jw_number(b, w);
	jw_number(b, h);
	jw_close(b, ']');
}

void
import_summary(const struct importer *im)
{
	say("%" PRIu64 " label files read, %" PRIu64 " of them bad", im->files, im->bad_files);
	say("%" PRIu64 " samples with %" PRIu64 " annotations given", im->samples, im->annotations);
	say("%" PRIu64 " samples and %" PRIu64 " annotations left out", im->bad_samples,
	    im->bad_annotations);
}
