/* Parallel work in order: base/ordered.h. Built with a thread sanitizer it also looks for races. */
#include <stdatomic.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/ordered.h"
#include "tap.h"

struct context {
	size_t n, taken, given;
	atomic_int inside; /* take() and give() at this moment */
	size_t wrong;
	struct buf result;
};

struct job {
	size_t number;
	struct buf text; /* kept from job to job */
};

static atomic_size_t released;

static bool
take(void *ctx, void *arg)
{
	struct context *c = ctx;
	struct job *j = arg;

	c->wrong += atomic_fetch_add(&c->inside, 1) != 0;
	j->number = c->taken;
	c->wrong += c->taken >= c->n + 1; /* asked again after the end */
	atomic_fetch_sub(&c->inside, 1);
	return c->taken++ < c->n;
}

/* Some jobs take much longer than others. */
static void
work(void *ctx, void *arg)
{
	struct job *j = arg;

	(void)ctx;
	for (size_t i = 0; i < (j->number % 7 == 0 ? 300u : 1u); i++)
		sched_yield();
	buf_reset(&j->text);
	buf_addf(&j->text, "%zu ", j->number);
	if (j->number % 3 == 0)
		note_at(pos_at("f", j->number + 1, 0), NULL, "a multiple of three");
	if (j->number % 5 == 0)
		error_at(pos_at("f", j->number + 1, 0), NULL, "a multiple of five");
}

static void
give(void *ctx, void *arg)
{
	struct context *c = ctx;
	struct job *j = arg;

	c->wrong += atomic_fetch_add(&c->inside, 1) != 0;
	c->wrong += j->number != c->given++;
	buf_addspan(&c->result, buf_span(&j->text));
	atomic_fetch_sub(&c->inside, 1);
}

static void
release(void *arg)
{
	struct job *j = arg;

	buf_release(&j->text);
	atomic_fetch_add(&released, 1);
}

/* All that the jobs gave, and all that they said. */
static char *
run(size_t n, int threads)
{
	struct context c = { .n = n };
	struct ordered o = { sizeof(struct job), &c, take, work, give, release };
	int before = dup(STDERR_FILENO);
	FILE *said = tmpfile();
	char block[4096];
	ssize_t k;

	atomic_store(&released, 0);
	dup2(fileno(said), STDERR_FILENO);
	ordered_run(&o, threads);
	dup2(before, STDERR_FILENO);
	close(before);
	is_int(c.given, n, "%zu jobs, %d threads: all were given", n, threads);
	is_int(c.wrong, 0, "in order, and one at a time");
	ok(atomic_load(&released) >= (size_t)threads, "every job was released");
	buf_addc(&c.result, '\n');
	for (off_t at = 0; (k = pread(fileno(said), block, sizeof(block), at)) > 0; at += k)
		buf_add(&c.result, block, (size_t)k);
	fclose(said);
	return buf_detach(&c.result);
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 2, 5, 1000 };
	char *want, *got;

	diag_program("prog");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		want = run(sizes[i], 1);
		for (int threads = 2; threads <= 16; threads *= 2) {
			got = run(sizes[i], threads);
			ok(strcmp(got, want) == 0, "the same results and the same diagnostics");
			free(got);
		}
		if (sizes[i] == 5)
			is_str(want,
			    "0 1 2 3 4 \nf:1: note: a multiple of three\nf:1: error: a multiple of five\n"
			    "f:4: note: a multiple of three\n",
			    "which are these");
		free(want);
	}
	is_int(status_get(), STATUS_FINDINGS, "errors of workers raise the status");
	is_int(diag_count(DIAG_ERROR), 5 * (1 + 1 + 1 + 200), "and are counted");
	return done_testing();
}
