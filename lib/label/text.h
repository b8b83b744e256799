/*
 * Text in other encodings than UTF-8.
 */
#ifndef LABEL_TEXT_H
#define LABEL_TEXT_H

#include "base/buf.h"

/*
 * Make `in` valid UTF-8. A byte order mark (UTF-8, UTF-16) is obeyed and dropped. Without one
 * the text is converted from `encoding`, a name of iconv(3); NULL, or when that does not fit, it has to be
 * UTF-8. A line of a wide encoding that has no NUL is UTF-8 already. Returns the span itself or one in `scratch`. On failure p is NULL and *bad the offset of
 * the first byte at fault.
 */
struct span text_utf8(struct span in, const char *encoding, struct buf *scratch, size_t *bad);

/* Convert all of it; false with *bad at the first byte that has no meaning there. */
bool text_convert(struct buf *out, struct span in, const char *encoding, size_t *bad);

/* UTF-16, UTF-32 and their kin: no text of these can be cut into lines by its bytes. */
bool text_is_wide(const char *encoding);

/* Does iconv know it? */
bool text_encoding_known(const char *encoding);

#endif
