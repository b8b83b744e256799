/*
 * A version as a package to give away: complete, with its files, the same bytes on every machine.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "store/croissant.h"

enum pack_form {
	PACK_TREE, /* records.jsonl, data/, version.json, croissant.json: a folder, tar or zip */
	PACK_WEBDATASET, /* a folder of tar shards for each side */
};

struct pack_options {
	enum pack_form form;
	const char *target;
	bool force;
	bool no_files;          /* only what is said about them */
	uint64_t shard_samples; /* at most so many samples ... */
	uint64_t shard_bytes;   /* ... and about so many bytes a shard */
	int jobs;               /* threads that read; the package is the same for any number */
	struct croissant_about about;
};

struct pack_counts {
	uint64_t samples, files, missing, shards;
};

/*
 * Pack the version `name` of `store`. A file that cannot be had is reported (rule "source") and counted; the rest goes
 * on. False: there is no package; said so.
 */
bool pack_version(const struct store *s, const char *name, const struct pack_options *o,
    struct pack_counts *counts);

#endif
