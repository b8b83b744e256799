/*
 * Rows of CoNLL: tokens with a tag in the last column. What reading and writing share (conll.c,
 * conll_write.c).
 *
 * A sentence is its rows as text. Its own text is its tokens with one blank between, and its entities
 * are spans of that in characters.
 */
#ifndef LABEL_CONLL_H
#define LABEL_CONLL_H

#include "label/label.h"

struct conll_token {
	struct span row;  /* with its line end */
	struct span word; /* the first column */
	struct span tag;  /* the last one */
	uint64_t start;   /* where the word begins in the text, in characters */
	uint64_t end;
	size_t byte; /* the same in bytes */
};

struct conll_entity {
	size_t first, last; /* tokens, both inside */
	struct span name;
};

/* How entities are marked. */
enum conll_scheme { CONLL_IOB2, CONLL_IOB1, CONLL_IOBES, CONLL_BILOU, CONLL_BMES };

struct conll {
	struct conll_token *token;
	size_t n, cap;
	struct conll_entity *entity;
	size_t entities, entity_cap;
	bool known; /* the tags tell their scheme */
	enum conll_scheme scheme;
	struct buf text; /* of the sentence */
};

/* Cut a row into word and tag. NULL, or what is wrong with it (*at: where). */
const char *conll_row(struct span row, struct conll_token *t, struct span *at);

/* Take a token (of a row that was cut); the rows' text has to outlive the sentence. */
void conll_add(struct conll *c, struct conll_token t);
/* All tokens are there: find the entities and the scheme. */
void conll_end(struct conll *c);
void conll_reset(struct conll *c);
void conll_release(struct conll *c);

/* Take all rows of a text; false: one is wrong. */
bool conll_read_rows(struct conll *c, struct span rows);

/* What a tag begins with ("B" of B-PER) for token i of an entity of these tokens, behind another one or not. */
char conll_prefix(enum conll_scheme scheme, size_t i, size_t first, size_t last, bool touches);

extern const struct label_writer conll_writer;

#endif
