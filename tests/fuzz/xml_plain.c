/*
 * Plain XML, read without a parser, gives the tree that expat gives: the same names, texts, places
 * and no attributes. (With an encoding named, xml_parse() always asks expat.)
 */
#include <stdlib.h>

#include "fuzz.h"
#include "label/xml_plain.h"

static void
must_be_same(
    const struct xml *x, const struct xml_node *a, const struct xml *y, const struct xml_node *b)
{
	must_hold(span_eq(xml_name(x, a), xml_name(y, b)));
	must_hold(span_eq(xml_text(x, a), xml_text(y, b)));
	must_hold(a->at == b->at);
	must_hold(!xml_attrs(x, a) && !xml_attrs(y, b));
	a = xml_child(x, a);
	b = xml_child(y, b);
	for (; a && b; a = xml_next(x, a), b = xml_next(y, b))
		must_be_same(x, a, y, b);
	must_hold(!a && !b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { (const char *)data, size };
	struct diag_sink said = { .count = { 0 } };
	struct xml *x = xml_new(), *y = xml_new();
	struct xml_node *node = xcalloc(1, sizeof(*node));
	const struct xml_node *plain, *tree;
	size_t n, cap = 1;

	diag_sink(&said);
	if (xml_plain(bytes, &node, &n, &cap)) {
		plain = xml_parse(x, bytes, "fuzz", NULL);
		tree = xml_parse(y, bytes, "fuzz", "UTF-8");
		must_hold(plain && tree && said.count[DIAG_ERROR] == 0);
		must_be_same(x, plain, y, tree);
	}
	diag_sink(NULL);
	diag_sink_release(&said);
	free(node);
	xml_free(x);
	xml_free(y);
	return 0;
}
