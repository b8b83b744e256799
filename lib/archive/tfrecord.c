/* The framing of TFRecord files: see tfrecord.h. */
#include "archive/tfrecord.h"

#include "base/crc32c.h"

static uint32_t
masked(const void *p, size_t n)
{
	uint32_t c = crc32c(p, n);

	return (c >> 15 | c << 17) + 0xa282ead8u;
}

static uint64_t
little(const char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = bytes; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static void
add_little(struct buf *b, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++, v >>= 8)
		buf_addc(b, (char)(v & 0xff));
}

bool
tfrecord_is(struct span head)
{
	return head.n >= TFRECORD_HEAD && little(head.p + 8, 4) == masked(head.p, 8);
}

void
tfrecord_add(struct buf *out, struct span data)
{
	size_t at = out->n;

	buf_reserve(out, data.n + TFRECORD_HEAD + TFRECORD_TAIL);
	add_little(out, data.n, 8);
	add_little(out, masked(out->p + at, 8), 4);
	buf_addspan(out, data);
	add_little(out, masked(data.p, data.n), 4);
}

/* Have n unread bytes in the window. False: there are less to the end. */
static bool
want(struct input *in, uint64_t n)
{
	while (in->w - in->r < n)
		if (!input_more(in))
			return false;
	return true;
}

/* Pass over n bytes; less when the file ends before. */
static uint64_t
pass(struct input *in, uint64_t n)
{
	uint64_t left = n;

	while (left > 0 && (in->r < in->w || input_more(in))) {
		size_t piece = in->w - in->r < left ? in->w - in->r : (size_t)left;

		in->r += piece;
		left -= piece;
	}
	return n - left;
}

static struct span
window(const struct input *in)
{
	return span_of(in->base + in->r, in->base + in->w);
}

/* To the next place that begins a record, or to the end. */
static void
resynchronise(struct input *in)
{
	do
		in->r++;
	while (want(in, TFRECORD_HEAD) && !tfrecord_is(window(in)));
	if (in->w - in->r < TFRECORD_HEAD)
		in->r = in->w;
}

static enum tfrecord_result
bad(struct tfrecord *t, const char *why)
{
	t->why = why;
	return TFRECORD_BAD;
}

enum tfrecord_result
tfrecord_next(struct tfrecord *t, struct span *data)
{
	struct input *in = t->in;
	uint64_t n;
	bool whole;

	pass(in, t->skip);
	t->skip = 0;
	t->at = in->offset + in->r;
	if (!want(in, 1))
		return TFRECORD_END;
	t->number++;
	if (!want(in, TFRECORD_HEAD)) {
		in->r = in->w;
		return bad(t, "the file ends within a record");
	}
	if (!tfrecord_is(window(in))) {
		resynchronise(in);
		return bad(t, "the length of the record does not have its check sum");
	}
	n = little(in->base + in->r, 8);
	if (n > t->max || n > SIZE_MAX / 2) {
		whole = pass(in, TFRECORD_HEAD) == TFRECORD_HEAD && pass(in, n) == n &&
			pass(in, TFRECORD_TAIL) == TFRECORD_TAIL;
		return bad(t, whole ? "the record is too long (--max-text)"
				    : "the file ends within a record");
	}
	if (!want(in, n + TFRECORD_HEAD + TFRECORD_TAIL)) {
		in->r = in->w;
		return bad(t, "the file ends within a record");
	}
	*data = (struct span){ in->base + in->r + TFRECORD_HEAD, (size_t)n };
	t->skip = n + TFRECORD_HEAD + TFRECORD_TAIL;
	if (little(data->p + n, 4) != masked(data->p, data->n))
		return bad(t, "the data of the record do not have their check sum");
	return TFRECORD_GOOD;
}
