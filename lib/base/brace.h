/*
 * Names with braces, as lists of shards are written: "a-{000..002}.tar" is a-000.tar, a-001.tar, a-002.tar;
 * "{train,val}.tar" two. For names in quotes, which no shell has expanded.
 */
#ifndef BASE_BRACE_H
#define BASE_BRACE_H

#include <stdbool.h>

/*
 * Give each name to `give`, in order. A number has at least the digits of the range's first. False: there is no
 * brace in it that means anything, or it would be more than a million names; nothing was given.
 */
bool brace_expand(const char *name, void (*give)(void *ctx, const char *name), void *ctx);

#endif
