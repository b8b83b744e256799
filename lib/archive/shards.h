/*
 * Samples in tar files as WebDataset has them: what belongs to one sample stands together, and has one
 * name up to the first dot of its last part. A shard is PREFIX-000000.tar, and a new one is begun when one
 * is full.
 *
 * Source: webdataset/webdataset, src/webdataset/tariterators.py and writer.py.
 */
#ifndef ARCHIVE_SHARDS_H
#define ARCHIVE_SHARDS_H

#include "archive/sink.h"
#include "base/strmap.h"

struct shards {
	struct sink *into;    /* where they go */
	struct strmap *names; /* of samples so far, shared by all shards of a dataset */
	uint64_t max_samples; /* of a shard; 0: no limit */
	uint64_t max_bytes;   /* about; 0: no limit */
	struct span header;   /* content of a last member "__dataset__"; n 0: none */
	/* private */
	const char *prefix;
	uint64_t number;  /* of the next shard */
	struct sink *tar; /* the one under way */
	uint64_t samples; /* in it */
	struct buf path;  /* of the member */
	size_t stem;      /* what of it is the sample's name */
	uint64_t shards;  /* written */
};

/* A member of this name is no sample, for all readers of WebDataset. */
#define SHARD_HEADER "__dataset__"

/*
 * Begin a row of shards, from number `first` on; `prefix` NULL: all goes to `into`, which is one itself.
 * Ends the row before, if any.
 */
int shards_begin(struct shards *x, const char *prefix, uint64_t first);

/*
 * The next sample. A key that has dots, slashes or other signs in it, or is there already, is spelled
 * otherwise. 0, or -1 with errno, as all of these.
 */
int shards_sample(struct shards *x, struct span key);

/* A member "NAME.EXT" of the sample; its path, and where to put what has that path. */
const char *shards_path(struct shards *x, struct span ext);
struct sink *shards_sink(struct shards *x);
int shards_add(struct shards *x, struct span ext, struct span bytes);

int shards_end(struct shards *x);
void shards_release(struct shards *x);

#endif
