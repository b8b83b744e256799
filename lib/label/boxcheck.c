/* Odd boxes of an import: see boxcheck.h. */
#include "label/boxcheck.h"

#include <inttypes.h>
#include <string.h>

#include "label/coords.h"

enum { NAMED = 100 };

/* What is odd about it; NULL: nothing. Boxes are often rounded outwards: half a pixel is no fault. */
static const char *
fault_of(const double v[4], double width, double height, double near)
{
	if (v[2] < 0 || v[3] < 0)
		return "has a negative width or height";
	if (v[2] == 0 || v[3] == 0)
		return "has no extent";
	if (width > 0 && (v[0] < -near || v[1] < -near || v[0] + v[2] > width + near ||
			     v[1] + v[3] > height + near))
		return "reaches outside the picture";
	return NULL;
}

static void
check_box(struct boxcheck *c, size_t i, struct pos at)
{
	const struct annotation *a = &c->sample.ann[i];
	bool ratio = ann_is_ratio(a);
	const char *fault;
	struct span name;
	double v[4];

	if (json_numbers(a->v[ANN_BBOX], v, 4) != 4)
		return;
	fault = fault_of(
	    v, ratio ? 1 : c->sample.width, ratio ? 1 : c->sample.height, ratio ? 0.01 : 0.5);
	if (!fault || c->said++ >= NAMED)
		return;
	name = ann_string(a, ANN_NAME, &c->name);
	if (name.n > 0)
		warning_at(at, "box", "box %zu (%.*s) %s; it stays", i + 1, SPAN_ARG(name), fault);
	else
		warning_at(at, "box", "box %zu %s; it stays", i + 1, fault);
}

static void
check_polygon(struct boxcheck *c, size_t i, struct pos at)
{
	struct span rest = c->sample.ann[i].v[ANN_POLYGON], ring;
	bool few = false;

	if (json_type_of(rest) != JSON_ARRAY)
		return;
	while (coords_ring(&rest, &ring))
		few = few || json_numbers(ring, NULL, 0) < 6;
	if (few && c->said++ < NAMED)
		warning_at(
		    at, "polygon", "polygon %zu has fewer than three points; it stays", i + 1);
}

void
boxcheck_sample(struct boxcheck *c, struct span record, struct pos at)
{
	if (!memmem(record.p, record.n, "\"bbox\":", 7) &&
	    !memmem(record.p, record.n, "\"polygon\":", 10))
		return;
	if (!rec_parse(&c->rec, record, POS_NONE))
		return;
	sample_take(&c->sample, &c->rec);
	for (size_t i = 0; i < c->sample.n; i++) {
		check_box(c, i, at);
		check_polygon(c, i, at);
	}
}

void
boxcheck_end(struct boxcheck *c, const char *dataset)
{
	if (c->said > NAMED)
		warning_at(pos_file(dataset), "box",
		    "%" PRIu64 " boxes and polygons in all are odd", c->said);
	rec_release(&c->rec);
	sample_release(&c->sample);
	buf_release(&c->name);
	*c = (struct boxcheck){ .said = 0 };
}
