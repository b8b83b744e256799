/*
 * Small files behind the caller's back: see behind.h.
 *
 * There are two blocks of files: the caller fills one while the thread makes those of the other, and then they change
 * places. So memory is bounded, and the lock is taken once for hundreds of files.
 */
#include "archive/behind.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"

#define BLOCK ((size_t)256 * 1024)

struct behind {
	struct place place;
	enum place_how how;
	struct buf
	    filling; /* the caller's: for each file its path with a NUL, the size of its content, the content */
	bool started; /* the thread */
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t moved;
	struct buf making; /* the thread's while it is `busy` */
	bool busy, ended;
};

struct behind *
behind_new(const char *root, enum place_how how)
{
	struct behind *b = xcalloc(1, sizeof(*b));

	b->how = how;
	if (place_open(&b->place, root) != 0) {
		free(b);
		return NULL;
	}
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->moved, NULL);
	return b;
}

static void
make_files(struct behind *b, struct buf *block)
{
	const char *p = buf_str(block), *end = p + block->n, *path;
	size_t n;

	while (p < end) {
		path = p;
		p += strlen(path) + 1;
		memcpy(&n, p, sizeof(n));
		p += sizeof(n);
		if (place_content(&b->place, path, b->how, span_of(p, p + n)) != 0)
			die("cannot write %s:", path);
		p += n;
	}
	buf_reset(block);
}

static void *
run(void *arg)
{
	struct behind *b = arg;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		while (!b->busy && !b->ended)
			pthread_cond_wait(&b->moved, &b->lock);
		if (!b->busy)
			break;
		pthread_mutex_unlock(&b->lock);
		make_files(b, &b->making);
		pthread_mutex_lock(&b->lock);
		b->busy = false;
		pthread_cond_signal(&b->moved);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* The block is full: give it to the thread. Without one it is made here. */
static void
hand_over(struct behind *b)
{
	struct buf empty;

	if (!b->started)
		b->started = pthread_create(&b->thread, NULL, run, b) == 0;
	if (!b->started) {
		make_files(b, &b->filling);
		return;
	}
	pthread_mutex_lock(&b->lock);
	while (b->busy)
		pthread_cond_wait(&b->moved, &b->lock);
	empty = b->making;
	b->making = b->filling;
	b->filling = empty;
	b->busy = true;
	pthread_cond_signal(&b->moved);
	pthread_mutex_unlock(&b->lock);
}

void
behind_add(struct behind *b, const char *path, struct span bytes)
{
	size_t n = bytes.n;

	buf_add(&b->filling, path, strlen(path) + 1);
	buf_add(&b->filling, &n, sizeof(n));
	buf_addspan(&b->filling, bytes);
	if (b->filling.n >= BLOCK)
		hand_over(b);
}

/* Let the thread end, after the block that it has. */
void
behind_drop(struct behind *b)
{
	if (b->started) {
		pthread_mutex_lock(&b->lock);
		b->ended = true;
		pthread_cond_signal(&b->moved);
		pthread_mutex_unlock(&b->lock);
		pthread_join(b->thread, NULL);
	}
	pthread_cond_destroy(&b->moved);
	pthread_mutex_destroy(&b->lock);
	place_close(&b->place);
	buf_release(&b->filling);
	buf_release(&b->making);
	free(b);
}

void
behind_end(struct behind *b)
{
	if (b->started)
		hand_over(b);
	else
		make_files(b, &b->filling);
	behind_drop(b);
}
