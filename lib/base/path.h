/*
 * Paths as text: nothing here touches the file system.
 *
 * A "member path" is how a file inside a dataset or an archive is named: it is
 * relative, '/'-separated, without empty, "." or ".." parts, so it cannot
 * leave its root.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>

#include "base/buf.h"

/* The part after the last '/'. */
const char *path_base(const char *path);
struct span path_base_span(struct span path);

/* Extension without the dot, lower case not applied; empty when there is none ("a.b/c", ".x"). */
struct span path_ext(struct span path);

/* The path without its extension: "a/b.jpg" gives "a/b". */
struct span path_stem(struct span path);

/* The folder that holds `path` as a string that open(2) takes: "." or "/" at least. */
void path_dir(struct buf *out, const char *path);

/* Append "dir/name" to out; an absolute name, or an empty dir, gives the name. */
void path_join(struct buf *out, struct span dir, struct span name);

/*
 * Append the clean form of `path`: no "//", no "/./", no trailing '/', "a/../b"
 * resolved as text. False (nothing appended) when it is empty, absolute, leads
 * above its start, or holds a NUL: then it is no member path.
 */
bool path_member(struct buf *out, struct span path);

/* Does it have the form "scheme://..."? */
bool path_is_uri(struct span path);

/* Compare extensions without case: path_has_ext(p, "jpg|jpeg|png"). */
bool path_has_ext(struct span path, const char *alternatives);

/* A file name that is text for a picture any reader knows by its extension. */
bool path_is_picture(struct span path);

#endif
