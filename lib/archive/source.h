/*
 * Reading what a record's `source` names: a file, a member of an archive
 * ("photos.tar!/a/b.jpg"), or a picture in a TFRecord ("train.record!/b.jpg").
 *
 * The last archive stays open. Members that are asked for in the order they
 * lie in (as ds-import gives them) are read in one pass; otherwise the archive is gone
 * through again, which is said once: extracting it first is better then.
 *
 * One reader belongs to one thread at a time.
 */
#ifndef ARCHIVE_SOURCE_H
#define ARCHIVE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct source_reader;

/* `max`: bytes that one source may have; 0: 8 GiB. */
struct source_reader *source_reader_new(uint64_t max);
void source_reader_free(struct source_reader *r);

/*
 * Append the content. 0, or -1 with errno: ENOENT (no such file or member), EFBIG,
 * EINVAL (a URI, or nothing that is stored here), EILSEQ (the archive is damaged),
 * others from the machine. Nothing is said; the caller knows the record.
 */
int source_read(struct source_reader *r, const char *source, struct buf *out);

/* Is it "ARCHIVE!/MEMBER"? Gives the two parts. */
bool source_is_member(const char *source, struct span *archive, struct span *member);

#endif
