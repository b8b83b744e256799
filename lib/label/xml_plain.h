/*
 * The trees of plain XML, without a parser: elements without attributes, and text, all in ASCII,
 * without entities, comments, sections and declarations. Nearly all VOC files are that, and
 * reading them so takes a fifth of the time. Only xml.c calls it.
 *
 * What is plain is decided so narrowly that expat would give the same tree, and whatever is
 * not, or is wrong, is left to expat, which then says so (tests/fuzz/xml_plain.c compares them).
 */
#ifndef LABEL_XML_PLAIN_H
#define LABEL_XML_PLAIN_H

#include <stdbool.h>

#include "label/xml.h"

/*
 * Nodes from *n on, which must be 1; their names and texts are offsets in `source`. The array
 * (capacity *cap, see grow()) is the caller's. False: it is not plain.
 */
bool xml_plain(struct span source, struct xml_node **node, size_t *n, size_t *cap);

#endif
