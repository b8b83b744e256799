/*
 * wf_cond.c: any bytes as an expression, and as condition objects. What is accepted evaluates, says the
 * same twice, and its trace is JSON; what is refused was reported.
 */
#include "fuzz.h"

#include "base/diag.h"
#include "json/json.h"
#include "workflow/cond.h"
#include "workflow/expr.h"
#include "workflow/metrics.h"

static enum lookup
parameter(void *ctx, struct span name, struct value *value, struct buf *why)
{
	(void)ctx;
	if (name.n == 0 || name.p[0] != 'p') {
		buf_adds(why, "no such parameter");
		return LOOKUP_ABSENT;
	}
	if (name.n == 1)
		value_set_bool(value, true);
	else
		value_set_number(value, SPAN("0.10"));
	return LOOKUP_FOUND;
}

static void
evaluate(struct cond *c, struct metrics_set *set)
{
	struct cond_env env = { set, parameter, metrics_set_find };
	struct buf once = BUF_INIT, twice = BUF_INIT;
	enum verdict v = cond_eval(c, &env);

	cond_trace(&once, c);
	must_hold(cond_eval(c, &env) == v);
	cond_trace(&twice, c);
	must_hold(span_eq(buf_span(&once), buf_span(&twice)));
	must_hold(json_valid(buf_span(&once)));
	buf_reset(&once);
	cond_metric_list(&once, c);
	must_hold(json_valid(buf_span(&once)));
	cond_report(c, DIAG_WARNING);
	buf_release(&once);
	buf_release(&twice);
}

static void
try(struct cond *c, const struct diag_sink *said, struct metrics_set *set)
{
	must_hold((c == NULL) == (said->count[DIAG_ERROR] > 0));
	if (c)
		evaluate(c, set);
	cond_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct diag_sink said = { .status = 0 };
	struct metrics_set set = { .n = 0 };

	diag_sink(&said);
	try(expr_parse(text, "expression"), &said, &set);
	said.count[DIAG_ERROR] = 0;
	if (json_valid(text))
		try(cond_read(text, pos_at("cond.json", 1, 1)), &said, &set);
	diag_sink(NULL);
	diag_sink_release(&said);
	metrics_set_release(&set);
	return 0;
}
