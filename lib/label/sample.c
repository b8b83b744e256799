/* One sample taken apart: see sample.h. */
#include "label/sample.h"

#include <stdlib.h>

#include "base/num.h"

void
sample_take(struct sample *s, const struct record *r)
{
	struct annotation *a = s->ann;
	struct ann_iter it;

	s->rec = r;
	s->n = 0;
	s->annotated = rec_annotated(r);
	if (!rec_size(r, &s->width, &s->height))
		s->width = s->height = 0;
	ann_begin(&it, r);
	for (;;) {
		size_t before = s->cap;

		s->ann = a = grow(s->ann, &s->cap, s->n + 1, sizeof(*s->ann));
		for (size_t i = before; i < s->cap; i++)
			a[i] = (struct annotation){ .m = NULL };
		if (!ann_next(&it, &a[s->n]))
			break;
		s->n++;
	}
}

void
sample_release(struct sample *s)
{
	for (size_t i = 0; i < s->cap; i++)
		ann_release(&s->ann[i]);
	free(s->ann);
	*s = (struct sample){ .ann = NULL };
}

bool
sample_box(const struct sample *s, const struct annotation *a, struct box *box)
{
	if (!ann_box(a, box))
		return false;
	if (!ann_is_ratio(a))
		return true;
	box->x *= s->width;
	box->w *= s->width;
	box->y *= s->height;
	box->h *= s->height;
	return s->width > 0 && s->height > 0;
}

bool
sample_extent(const struct sample *s, uint32_t *width, uint32_t *height)
{
	if (!(s->width >= 1 && s->width <= UINT32_MAX && s->height >= 1 && s->height <= UINT32_MAX))
		return false;
	*width = (uint32_t)s->width;
	*height = (uint32_t)s->height;
	return true;
}

bool
ann_has_shape(const struct annotation *a)
{
	for (int f = 0; f < ANN_SHAPES; f++)
		if (a->v[f].p && json_type_of(a->v[f]) != JSON_NULL)
			return true;
	return false;
}

/* Has a double a place for it? Only what is long or has an exponent may be too large. */
static bool
in_range(struct span number)
{
	double v;

	return (number.n < 300 && !memchr(number.p, 'e', number.n) &&
		   !memchr(number.p, 'E', number.n)) ||
	       num_parse(number, &v);
}

size_t
number_texts(struct span list, struct span *v, size_t max)
{
	struct span raw;
	struct json j;
	size_t n = 0;

	if (json_type_of(list) != JSON_ARRAY)
		return SIZE_MAX;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j) && json_number(&j, &raw)) {
		if (!in_range(raw))
			return SIZE_MAX;
		if (n < max)
			v[n] = raw;
		n++;
	}
	return json_end(&j) ? n : SIZE_MAX;
}

bool
write_number_text(struct buf *b, struct span text)
{
	double v;

	if (!num_parse(text, &v))
		return false;
	if (json_type_of(text) == JSON_NUMBER && json_valid(text))
		jw_raw(b, text);
	else
		jw_number(b, v);
	return true;
}
