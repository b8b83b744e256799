/*
 * Parallel work whose results come out in the order of its input.
 *
 * Jobs are taken in order by whichever thread is free, worked on in
 * parallel, and given away in order. At most a few jobs per thread are
 * under way, so memory is bounded, and a slow job holds nobody up until the
 * window is full. Output is the same for any number of threads.
 *
 *	take	serial, in order: fill the job; false when there is no more
 *	work	parallel: touches nothing but its job and what is constant
 *	give	serial, in order: write the result
 *
 * take and give never run at the same time. Diagnostics of work() go to the
 * job's own sink and are written just before its give().
 *
 * A job is `size` bytes, zero at first and then reused as give() left it,
 * so it can keep its buffers; `release` is called for each at the end.
 */
#ifndef BASE_ORDERED_H
#define BASE_ORDERED_H

#include <stdbool.h>
#include <stddef.h>

struct ordered {
	size_t size;
	void *ctx;
	bool (*take)(void *ctx, void *job);
	void (*work)(void *ctx, void *job);
	void (*give)(void *ctx, void *job);
	void (*release)(void *job); /* may be NULL */
};

void ordered_run(const struct ordered *o, int threads);

#endif
