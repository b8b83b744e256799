/* Sources and ids that come twice: see twice.h. */
#include "label/twice.h"

#include <inttypes.h>
#include <string.h>

#include "json/json.h"

#define CONTENT "content://"

enum { NAMED = 100 }; /* a wrong list makes thousands */

static const char *const kind[] = { "source", "id" };

/* The text that is compared: "1" is 1. */
static struct span
text_of(struct twice_name *n, struct span value)
{
	if (value.n == 0 || *value.p != '"')
		return value;
	if (!memchr(value.p, '\\', value.n))
		return span_of(value.p + 1, value.p + value.n - 1);
	return json_value_text(value, &n->decoded);
}

static void
take(struct twice *t, int what, struct span value)
{
	struct twice_name *n = &t->name[what];

	n->text = text_of(n, value);
	n->hash = hash_seeded((uint64_t)what, n->text.p, n->text.n);
	hashset_expect(&t->seen, n->hash);
}

void
twice_take(struct twice *t, struct span source, struct span id)
{
	t->name[0].text = t->name[1].text = SPAN_NONE;
	if (source.p && !span_starts(source, SPAN("\"" CONTENT)))
		take(t, 0, source);
	if (id.p && *id.p != 'n') /* null */
		take(t, 1, id);
}

/* Remember one name; false: it was there before. */
static bool
remember(struct twice *t, const struct twice_name *n, uint64_t max)
{
	if (!n->text.p)
		return true;
	if (t->seen.n < max)
		return hashset_add(&t->seen, n->hash);
	if (hashset_has(&t->seen, n->hash))
		return false;
	t->forgotten++;
	return true;
}

bool
twice_check(struct twice *t, uint64_t max)
{
	bool source, id;

	if (max == 0)
		return true;
	source = remember(t, &t->name[0], max);
	id = remember(t, &t->name[1], max);
	t->what = source;
	return source && id;
}

void
twice_say(struct twice *t, struct pos at)
{
	if (t->said++ < NAMED)
		warning_at(at, "twice", "the %s '%.*s' was there before; both samples stay",
		    kind[t->what], SPAN_ARG(t->name[t->what].text));
}

void
twice_end(struct twice *t, const char *dataset, uint64_t max)
{
	if (t->said > NAMED)
		warning_at(pos_file(dataset), "twice",
		    "%" PRIu64 " samples in all have a source or an id that was there before",
		    t->said);
	if (t->forgotten > 0)
		note_at(pos_file(dataset), "max-names",
		    "after %" PRIu64 " sources and ids no more were remembered: what comes twice "
		    "among the other %" PRIu64 " is not found (--max-names)",
		    max, t->forgotten);
	hashset_release(&t->seen);
	buf_release(&t->name[0].decoded);
	buf_release(&t->name[1].decoded);
	*t = (struct twice){ .what = 0 };
}
