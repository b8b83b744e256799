/* Progress on stderr: see progress.h. */
#include "base/progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"

/* one terminal, so one state for the process */
static struct {
	const char *what;
	uint64_t total, done;
	double start, drawn;
	bool on, visible;
} progress;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
progress_begin(const char *what, uint64_t total)
{
	progress.what = what;
	progress.total = total;
	progress.done = 0;
	progress.on = !diag_is_quiet() && isatty(STDERR_FILENO);
	progress.start = progress.drawn = progress.on ? now() : 0;
	progress.visible = false;
}

static void
draw(double t)
{
	double rate = (double)progress.done / (t - progress.start);

	if (progress.total > progress.done && rate > 0)
		dprintf(STDERR_FILENO, "\r\033[K%" PRIu64 " of %" PRIu64 " %s, %.0f/s, %.0f s left",
		    progress.done, progress.total, progress.what, rate,
		    (double)(progress.total - progress.done) / rate);
	else
		dprintf(STDERR_FILENO, "\r\033[K%" PRIu64 " %s, %.0f/s", progress.done,
		    progress.what, rate);
	progress.visible = true;
	progress.drawn = t;
}

void
progress_step(uint64_t n)
{
	double t;

	progress.done += n;
	if (!progress.on || (progress.done & 15))
		return;
	t = now();
	if (t - progress.start > 1 && t - progress.drawn > 0.2)
		draw(t);
}

void
progress_end(void)
{
	if (progress.visible)
		dprintf(STDERR_FILENO, "\r\033[K");
	progress.on = progress.visible = false;
}
