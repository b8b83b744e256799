/*
 * wf_metrics.c: any bytes as a metrics file. What is refused was reported; of what is accepted each metric is
 * found under its key, and each number compares equal to itself.
 */
#include "fuzz.h"

#include "base/diag.h"
#include "json/json.h"
#include "workflow/metrics.h"

static void
check_metric(const struct metrics *m, const struct metric *metric)
{
	struct span number = buf_span(&metric->number);
	int order = 1;

	must_hold(metrics_find(m, metric->key) == metric);
	if (number.n == 0)
		return;
	must_hold(json_type_of(number) == JSON_NUMBER && json_valid(number));
	if (decimal_compare(number, number, &order))
		must_hold(order == 0);
}

/* A byte order mark before the text is skipped. */
static struct span
without_mark(struct span text)
{
	struct span mark = SPAN("\xef\xbb\xbf");

	return span_starts(text, mark) ? span_of(text.p + mark.n, text.p + text.n) : text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink said = { .status = 0 };
	struct metrics m;
	bool fine;

	diag_sink(&said);
	fine = metrics_parse(&m, (struct span){ (const char *)data, size }, pos_at("m.json", 1, 1),
	    DIAG_WARNING, NULL);
	diag_sink(NULL);
	must_hold(fine == (said.count[DIAG_ERROR] == 0));
	if (fine)
		must_hold(json_valid(without_mark((struct span){ (const char *)data, size })));
	for (size_t i = 0; fine && i < m.n; i++)
		check_metric(&m, &m.entry[i]);
	if (fine)
		metrics_release(&m);
	diag_sink_release(&said);
	return 0;
}
