/*
 * class_masks.c: any bytes as the PNGs of classes and of objects of Pascal VOC. The first two bytes say how the classes
 * are named, and where the second PNG begins.
 */
#include <string.h>

#include "fuzz.h"
#include "json/json.h"
#include "label/mask.h"
#include "label/voc_classes.h"

/* What is drawn comes back. */
static void
check_palette(const struct id_mask *m)
{
	static const uint8_t rgb[256][3] = { { 255, 255, 255 }, { 1, 2, 3 } };
	struct buf png = BUF_INIT;
	struct id_mask again;
	const char *why;

	mask_write_palette(&png, m, rgb);
	must_hold(mask_read_ids(buf_span(&png), false, &again, &why));
	must_hold(again.w == m->w && again.h == m->h);
	for (size_t i = 0; i < (size_t)m->w * m->h; i++)
		must_hold(again.v[i] == (m->v[i] & 255));
	must_hold(mask_is_by_colour(buf_span(&png), 0, rgb[1]));
	must_hold(!mask_is_by_colour(buf_span(&png), 1, rgb[1]));
	free(again.v);
	buf_release(&png);
}

static void
check_reading(struct span png)
{
	struct id_mask ids;
	struct mask m;
	const char *why;
	static const uint8_t black[3];

	for (int colours = 0; colours < 2; colours++)
		if (mask_read_ids(png, colours, &ids, &why)) {
			for (size_t i = 0; i < (size_t)ids.w * ids.h; i++)
				must_hold(ids.v[i] < 1u << 24);
			if ((uint64_t)ids.w * ids.h < 10000)
				check_palette(&ids);
			free(ids.v);
		}
	if (mask_read_png(png, &m, &why))
		free(m.v);
	mask_is_by_colour(png, 0, black);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct voc_class some[] = { { (char *)(uintptr_t) "a", 1, 128, false },
		{ (char *)(uintptr_t) "background", 0, 0, true } };
	struct voc_classes classes = { some, 2, 2, false, false };
	struct voc_png one = { BUF_INIT, BUF_INIT }, two = one;
	struct buf json = BUF_INIT;
	const char *why;
	size_t cut;

	if (size < 2)
		return 0;
	classes.coloured = data[0] & 1;
	cut = 2 + (size_t)data[1] * (size - 2) / 255;
	buf_add(&one.bytes, data + 2, cut - 2);
	buf_add(&two.bytes, data + cut, size - cut);
	check_reading(buf_span(&one.bytes));
	voc_classes_annotate(&classes, &one, &two, &json, &why);
	must_hold(json_valid(buf_span(&json)));
	buf_reset(&json);
	buf_reset(&two.bytes);
	if (voc_classes_annotate(&classes, &one, &two, &json, &why) > 0)
		must_hold(!why);
	must_hold(json_valid(buf_span(&json)));
	buf_release(&json);
	buf_release(&one.bytes);
	buf_release(&two.bytes);
	return 0;
}
