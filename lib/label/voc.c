/* Pascal VOC and ModelArts' flat layout in the table of formats, and how VOC is told: see voc.h. */
#include "label/voc.h"

#include "archive/tree.h"
#include "base/path.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/recode.h"
#include "label/voc_xml.h"

static int
detect(const struct tree *t, struct buf *why)
{
	size_t xml = 0, voc = 0, looked = 0, masks = 0;
	bool folder = false;
	struct buf head = BUF_INIT;

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path);

		masks += path_has_ext(path, "png") &&
			 (span_starts(path, SPAN("SegmentationClass/")) ||
			     memmem(path.p, path.n, "/SegmentationClass/", 19));
		if (!find_has_ext(t, &t->node[i], "xml"))
			continue;
		xml++;
		folder = folder || memmem(path.p, path.n, "Annotations/", 12);
		if (looked == 5)
			continue;
		looked++;
		buf_reset(&head);
		if (recode_head(t, &t->node[i], 512, &head))
			voc += memmem(head.p, head.n, "<annotation", 11) &&
			       !memmem(head.p, head.n, "<annotations", 12);
	}
	buf_release(&head);
	if (voc > 0)
		buf_addf(why, "%llu %s, %zu of the first %zu with <annotation>",
		    COUNTED(xml, "XML file", "XML files"), voc, looked);
	if (voc > 0 || masks == 0)
		return voc == 0 ? 0 : folder ? 90 : 60;
	buf_addf(why, "%llu %s in SegmentationClass/", COUNTED(masks, "PNG file", "PNG files"));
	return 70;
}

const struct label_format label_voc = {
	.name = "voc",
	.aliases = "pascal-voc|pascal|labelimg",
	.title = "Pascal VOC: an XML file a picture, split in ImageSets",
	.holds = (VOC_XML_HOLDS & ~VOC_XML_SHAPES) | HOLDS(ANN_MASK) | HOLDS(ANN_RLE) |
		 HOLDS_UNLABELLED | HOLDS_USAGE,
	.holds_of = voc_holds,
	.keeps = "voc|class-mask|part|bndbox|dashed",
	.detect = detect,
	.read = voc_read,
	.writer = &voc_writer,
};

const struct label_format label_modelarts_voc = {
	.name = "modelarts-voc",
	.aliases = "ModelArts PASCAL VOC 1.0|ModelArts image segmentation 1.0",
	.title = "ModelArts folder: x.jpg with x.xml beside it, pixels from 0",
	.holds = VOC_XML_HOLDS | HOLDS(ANN_MASK) | HOLDS_UNLABELLED,
	.keeps = "voc|bndbox|dashed",
	.detect = NULL, /* looks like voc; only the base tells them apart */
	.read = voc_read_modelarts,
	.writer = &voc_modelarts_writer,
};
