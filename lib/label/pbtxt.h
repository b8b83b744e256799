/*
 * Label maps of the TensorFlow object detection API: text of protocol buffers,
 *
 *	item {
 *	  id: 1
 *	  name: '/m/01g317'
 *	  display_name: "person"
 *	}
 *
 * An item becomes a class of a header: {"name":"person","id":1,"pbtxt-name":"/m/01g317"}, where the
 * display name is the name when there is one; the text of other fields is the member "pbtxt".
 * Source: object_detection/protos/string_int_label_map.proto; protobuf.dev, "Text Format".
 */
#ifndef LABEL_PBTXT_H
#define LABEL_PBTXT_H

#include "base/buf.h"

/* Append the list of classes. False: said where the text of the file `name` is wrong. */
bool pbtxt_read(struct buf *classes, struct span text, const char *name);

/* Append one item: of the class as its raw JSON object (or SPAN_NONE), under that number. */
void pbtxt_add(struct buf *out, struct span class, struct span name, long id);

#endif
