/*
 * The samples of a release, taken in one after the other.
 *
 * The lines go to a spool file and only what the split needs stays in memory: key, classes, what must stay
 * together (about 60 bytes a sample, its key, and 8 bytes a class that it has). Afterwards lines can be had in
 * any order.
 */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include <regex.h>

#include "base/strmap.h"
#include "record/dataset.h"
#include "record/record.h"
#include "store/ratio.h"

/* What a sample is known by, and what binds samples together. */
struct pool_rules {
	/* "id" (else the source), "source", "sha256" or another field */
	const char *key;
	/* field whose equal values stay together, "a.b" inside an object; NULL: none */
	const char *group;
	/* on the source: the first group (else the match) names the group; NULL: none */
	const regex_t *group_match;
	/* pictures whose phash differs in fewer bits stay together; 0: they need not */
	int near;
	int jobs; /* threads for that */
	/* of the hash */
	struct span seed;
	/* equal sha256 does not bind */
	bool ignore_content;
};

struct pooled {
	uint64_t line;  /* place in the spool */
	uint64_t key;   /* place in keys.p */
	uint64_t label; /* first in label[]; the next sample's is the end */
	uint64_t hash;  /* of the group, else of the key */
	uint32_t length, key_length;
	int8_t given;      /* usage in the input */
	int8_t past;       /* usage in the parent version, or before */
	uint8_t ever;      /* bit per usage: it had it in some ancestor */
	int8_t usage;      /* usage that it gets */
	int8_t fold;       /* fold that it gets, -1: none */
	int8_t given_fold; /* in the input, -1 */
	int8_t past_fold;  /* in the parent version, -1 */
	bool labelled : 1; /* somebody looked at it */
	bool hard : 1;
	bool grouped : 1;  /* hash is a group's */
	bool pictured : 1; /* phash[] of it is set */
	bool out : 1;      /* takes no part in the split */
};

struct pool_label {
	uint32_t name;  /* index into names */
	uint32_t boxes; /* annotations of that name */
};

/* Samples with one value of something belong together. */
struct pool_tie {
	unsigned char value[16]; /* start of its SHA-256 */
	uint32_t sample;
	uint32_t what; /* 0 content, 1 group */
};

struct pool {
	struct pool_rules rules;
	int fd;                     /* the spool */
	struct pool_window *window; /* what was read ahead of it */
	struct out spool;
	struct pooled *s; /* n of them in input order, and one more that ends label[] */
	size_t n, cap;
	struct buf keys;
	uint64_t *phash; /* perceptual hashes, as far as records have "phash"; NULL: none has */
	size_t phash_cap;
	struct strmap names; /* classes in the order seen */
	struct pool_label *label;
	size_t nlabel, label_cap;
	struct pool_tie *tie;
	size_t nties, tie_cap;
	struct pooled *header; /* only their lines */
	size_t nheader, header_cap;
	struct dataset dataset; /* all headers merged */
	uint32_t *order;        /* after pool_sort(): samples in the order of their keys */
};

/* Spools into an unnamed file in `dir` (NULL: the lines are not kept). False: said so. */
bool pool_open(struct pool *p, const char *dir, const struct pool_rules *rules);
void pool_release(struct pool *p);

/* Take a record in, sample or header. False: it has no key; said so (rule "key"). */
bool pool_add(struct pool *p, const struct record *r);

/* The content of a sample (64 hex digits): samples of one content stay together. */
void pool_bind(struct pool *p, size_t sample, struct span sha256);

/* Forget all samples, not the classes: for those who look at one sample at a time. */
void pool_forget(struct pool *p);

/*
 * All is in: sort by key. Samples of one key (reported, rule "duplicate-key") are
 * ordered by their lines, or as they came when the lines are not kept.
 */
void pool_sort(struct pool *p);

static inline struct span
pool_key(const struct pool *p, const struct pooled *s)
{
	return (struct span){ p->keys.p + s->key, s->key_length };
}

/* The line of a sample, in *line. Dies when the spool cannot be read. */
void pool_line(const struct pool *p, const struct pooled *s, struct buf *line);

/* The "fold" of a record, 0 to SIDES_MAX - 1; -1: none. */
int record_fold(const struct record *r);

/* The value of the key field of a record, decoded; SPAN_NONE when it has none. */
struct span record_key(const struct record *r, const char *key, struct buf *scratch);

#endif
