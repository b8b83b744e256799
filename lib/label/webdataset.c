/* WebDataset in the table of formats, and what its reader and writer share: see webdataset.h. */
#include "label/webdataset.h"

#include "base/num.h"
#include "label/formats.h"

/* The only annotation without a shape that has the field `f`; NULL: none, or several. */
static const struct annotation *
only(const struct sample *s, enum ann_field f, enum ann_field other)
{
	const struct annotation *found = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct annotation *a = &s->ann[i];

		if (!a->v[f].p || ann_has_shape(a) || a->v[other].p)
			continue;
		if (found)
			return NULL;
		found = a;
	}
	return found;
}

void
webdataset_cls(struct buf *b, const struct sample *s, const struct dataset *d)
{
	const struct annotation *a = only(s, ANN_NAME, ANN_TEXT);
	struct buf scratch = BUF_INIT;
	struct span name;
	uint64_t number;
	long class;

	buf_reset(b);
	if (a) {
		name = ann_string(a, ANN_NAME, &scratch);
		class = dataset_class(d, name);
		if (class >= 0 && !num_parse_u64(name, &number))
			num_add_u64(b, (uint64_t) class);
		else
			buf_addspan(b, name);
	}
	buf_release(&scratch);
}

void
webdataset_txt(struct buf *b, const struct sample *s)
{
	const struct annotation *a = only(s, ANN_TEXT, ANN_NAME);
	struct buf scratch = BUF_INIT;

	buf_reset(b);
	if (a)
		buf_addspan(b, ann_string(a, ANN_TEXT, &scratch));
	buf_release(&scratch);
}

/* It holds records, so it holds everything. */
const struct label_format label_webdataset = {
	.name = "webdataset",
	.aliases = "wds",
	.title = "WebDataset: tar shards with the picture, the record and more of each sample",
	.own_digits = true,
	.holds = (HOLDS(ANN_FIELDS) - 1) | (HOLDS(HOLDS_BITS) - HOLDS_PARTS),
	.shards = true,
	.detect = webdataset_detect,
	.read = webdataset_read,
	.writer = &webdataset_writer,
};
