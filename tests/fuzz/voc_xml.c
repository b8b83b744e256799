/*
 * Any bytes as a VOC file: what is read is JSON, and what is written of it is read as the same
 * annotations.
 */
#include "fuzz.h"
#include "json/json.h"
#include "label/voc_xml.h"

/* A record with the page's annotations. */
static void
make_record(struct buf *line, const struct voc_page *page)
{
	buf_adds(line, "{\"source\":\"a.jpg\"");
	if (page->width.n > 0 && page->height.n > 0) {
		jw_key(line, "width");
		write_number_text(line, page->width);
		jw_key(line, "height");
		write_number_text(line, page->height);
	}
	if (page->rest.n > 0)
		jw_member_raw(line, "voc", buf_span(&page->rest));
	jw_member_raw(line, "annotation", buf_span(&page->annotations));
	buf_addc(line, '}');
}

static void
write_again(const struct voc_page *page, const struct voc_rules *rules, struct xml *x)
{
	struct buf line = BUF_INIT, text = BUF_INIT;
	struct record r = { .m = NULL };
	struct sample s = { .ann = NULL };
	struct voc_page second = { .objects = 0 };
	struct voc_written written;

	make_record(&line, page);
	must_hold(rec_parse(&r, buf_span(&line), POS_NONE));
	sample_take(&s, &r);
	voc_xml_write(&text, &s, rules, SPAN("f"), SPAN("a.jpg"), &written);
	must_hold(written.objects <= s.n && s.n == page->objects);
	must_hold(voc_xml_read(&second, x, rules, buf_span(&text), "again", SPAN("a.jpg")));
	must_hold(second.objects == written.objects);
	voc_page_release(&second);
	sample_release(&s);
	rec_release(&r);
	buf_release(&line);
	buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink said = { .count = { 0 } };
	struct xml *x = xml_new(), *again = xml_new();
	struct voc_page page = { .objects = 0 };

	diag_sink(&said);
	for (int base = 0; base < 2; base++) {
		struct voc_rules rules = { .base = base, .modelarts = base == 0, .decimals = 6 };
		struct span bytes = { (const char *)data, size };

		if (!voc_xml_read(&page, x, &rules, bytes, "fuzz", SPAN("a.jpg")))
			continue;
		must_hold(json_valid(buf_span(&page.annotations)));
		must_hold(page.rest.n == 0 || json_valid(buf_span(&page.rest)));
		write_again(&page, &rules, again);
	}
	diag_sink(NULL);
	diag_sink_release(&said);
	voc_page_release(&page);
	xml_free(x);
	xml_free(again);
	return 0;
}
