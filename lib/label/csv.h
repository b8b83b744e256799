/*
 * Rows of comma separated values (RFC 4180): quotes, line ends inside them, a byte order mark, LF or
 * CR LF, and other separators than the comma.
 */
#ifndef LABEL_CSV_H
#define LABEL_CSV_H

#include "base/buf.h"
#include "base/input.h"

/* A row longer than this has a quote that was not closed. */
#define CSV_ROW_MAX ((size_t)1 << 20)

struct csv {
	struct input *in;
	char separator;
	struct span *field; /* of the current row, decoded; they live until the next one */
	size_t n, cap;
	uint64_t line;        /* of the current row */
	const char *encoding; /* of rows that are not UTF-8; NULL: not known */
	struct buf row, text, utf8;
	bool first;
};

void csv_init(struct csv *c, struct input *in, const char *encoding);
void csv_release(struct csv *c);

/* The next row that is not blank. False at the end. A faulty one is reported [csv] and passed over. */
bool csv_next(struct csv *c, uint64_t *bad);

/* The separator that the first row (a header) seems to have: comma, semicolon or tab. */
char csv_guess(struct span row);

/* Cut one row (without line ends) up. */
void csv_split(struct csv *c, struct span row);

/* Append a field, quoted when it must be; the separator goes before it unless the row is new. */
void csv_put(struct buf *b, struct span field, char separator, bool first);

#endif
