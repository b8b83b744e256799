/*
 * Base64 as RFC 4648 section 4 has it.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>

#include "base/buf.h"

/* Append the text of `bytes`, with padding, without line ends. */
void base64_encode(struct buf *out, struct span bytes);

/* Append the bytes of `text`; blanks and line ends are passed over. False: it is no base64. */
bool base64_decode(struct buf *out, struct span text);

#endif
