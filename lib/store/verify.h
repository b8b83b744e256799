/*
 * Is a version what was published, and is its split what it claims to be?
 *
 * Findings are errors at the file that is damaged, with the rules checksum, missing, extra, order, record,
 * manifest, counts, leak, ledger, object, source.
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

struct verify_options {
	bool quick;   /* contents of objects are not hashed, only their sizes looked at */
	bool sources; /* look for the files that the records name, too */
	int jobs;
};

struct verify_result {
	uint64_t samples, files, bytes; /* looked at */
	uint64_t findings;
};

/*
 * Verify the version in `dir`; `store` is the folder of its store, NULL when it stands alone (then parent and objects
 * are not looked at). False: it is no version; said so.
 */
bool verify_version(const char *store, const char *dir, const struct verify_options *o,
    struct verify_result *result);

#endif
