/*
 * Parallel work in order: see ordered.h.
 *
 * A ring of slots between `head` (next to be given) and `tail` (next to be
 * taken). One lock guards the ring; a thread that holds it takes jobs and
 * gives finished ones; work() runs without it. The one that finishes the
 * head gives it and every finished one after it.
 */
#include "base/ordered.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_DONE };

struct slot {
	enum slot_state state;
	struct diag_sink sink;
	void *job;
};

struct ring {
	const struct ordered *o;
	pthread_mutex_t lock;
	pthread_cond_t moved; /* head advanced, or the input ended */
	struct slot *slot;
	size_t slots;
	uint64_t head, tail;
	bool ended;
};

static struct slot *
slot_of(struct ring *r, uint64_t seq)
{
	return &r->slot[seq % r->slots];
}

/* With the lock held: the next job, or NULL when there is none left. */
static struct slot *
take(struct ring *r)
{
	struct slot *s;

	while (!r->ended && r->tail - r->head == r->slots)
		pthread_cond_wait(&r->moved, &r->lock);
	if (r->ended)
		return NULL;
	s = slot_of(r, r->tail);
	if (!r->o->take(r->o->ctx, s->job)) {
		r->ended = true;
		pthread_cond_broadcast(&r->moved);
		return NULL;
	}
	s->state = SLOT_BUSY;
	r->tail++;
	return s;
}

/* With the lock held: give all that is finished and next in order. */
static void
give(struct ring *r)
{
	bool moved = false;

	while (r->head < r->tail && slot_of(r, r->head)->state == SLOT_DONE) {
		struct slot *s = slot_of(r, r->head);

		diag_flush(&s->sink);
		r->o->give(r->o->ctx, s->job);
		s->state = SLOT_FREE;
		r->head++;
		moved = true;
	}
	if (moved)
		pthread_cond_broadcast(&r->moved);
}

static void
worker(struct ring *r)
{
	struct slot *s;

	pthread_mutex_lock(&r->lock);
	while ((s = take(r)) != NULL) {
		struct diag_sink *before;

		pthread_mutex_unlock(&r->lock);
		before = diag_sink(&s->sink);
		r->o->work(r->o->ctx, s->job);
		diag_sink(before);
		pthread_mutex_lock(&r->lock);
		s->state = SLOT_DONE;
		give(r);
	}
	pthread_mutex_unlock(&r->lock);
}

void
ordered_run(const struct ordered *o, int threads)
{
	struct ring r = { .o = o, .slots = threads > 1 ? (size_t)threads * 4 : 1 };

	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.moved, NULL);
	r.slot = xcalloc(r.slots, sizeof(*r.slot));
	for (size_t i = 0; i < r.slots; i++)
		r.slot[i].job = xcalloc(1, o->size);
	if (threads > 1) {
#pragma omp parallel num_threads(threads)
		worker(&r);
	} else {
		worker(&r);
	}
	for (size_t i = 0; i < r.slots; i++) {
		if (o->release)
			o->release(r.slot[i].job);
		free(r.slot[i].job);
		diag_sink_release(&r.slot[i].sink);
	}
	free(r.slot);
	pthread_cond_destroy(&r.moved);
	pthread_mutex_destroy(&r.lock);
}
