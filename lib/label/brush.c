/* Label Studio's brush masks: see brush.h. */
#include "label/brush.h"

#include <stdlib.h>

#include "base/num.h"
#include "json/json.h"
#include "json/write.h"

/* ---- reading ---- */

struct bits {
	const uint8_t *p;
	size_t n;    /* bytes */
	uint64_t at; /* bit */
	bool over;   /* read behind the end */
};

static uint32_t
take(struct bits *s, unsigned count)
{
	uint32_t v = 0;

	for (; count > 0; count--, s->at++) {
		if (s->at / 8 >= s->n) {
			s->over = true;
			return 0;
		}
		v = v << 1 | (s->p[s->at / 8] >> (7 - s->at % 8) & 1);
	}
	return v;
}

/* Words go one by one; only each fourth, the alpha, counts. */
static void
put_words(uint8_t *alpha, uint64_t first, uint64_t n, uint32_t word)
{
	for (uint64_t i = first; i < first + n; i++)
		if (i % 4 == 3)
			alpha[i / 4] = word != 0;
}

static const char *
unpack(struct bits *s, uint8_t *alpha, uint64_t words)
{
	unsigned word_size, size[4];
	uint64_t at = 0;

	if (take(s, 32) != words)
		return "the size of the brush mask is not that of its picture";
	word_size = take(s, 5) + 1;
	for (int i = 0; i < 4; i++)
		size[i] = take(s, 4) + 1;
	while (at < words && !s->over) {
		bool repeat = take(s, 1);
		uint64_t n = take(s, size[take(s, 2)]) + (uint64_t)1;
		uint32_t word = 0;

		if (n > words - at)
			return "a run of the brush mask goes beyond its end";
		if (repeat) {
			word = take(s, word_size);
			put_words(alpha, at, n, word);
		}
		for (uint64_t i = 0; !repeat && i < n && !s->over; i++)
			put_words(alpha, at + i, 1, take(s, word_size));
		at += n;
	}
	return s->over ? "the brush mask ends too early" : NULL;
}

static bool
bytes_of(struct buf *b, struct span list)
{
	struct span text;
	struct json j;
	uint64_t v;

	if (json_type_of(list) != JSON_ARRAY)
		return false;
	json_begin(&j, list);
	json_array(&j);
	while (json_item(&j)) {
		if (!json_number(&j, &text) || !num_parse_u64(text, &v) || v > 255)
			return false;
		buf_addc(b, (char)v);
	}
	return j.error == NULL;
}

const char *
brush_decode(struct rle *r, struct span list, uint32_t width, uint32_t height)
{
	struct buf bytes = BUF_INIT;
	const char *why = NULL;
	uint8_t *alpha = NULL;

	if ((uint64_t)width * height > RLE_BITS_MAX)
		why = "the picture is too large for a brush mask";
	else if (!bytes_of(&bytes, list))
		why = "rle should be a list of bytes";
	if (!why) {
		struct bits s = { .p = (const uint8_t *)buf_str(&bytes), .n = bytes.n };

		alpha = xcalloc((size_t)width * height + 1, 1);
		why = unpack(&s, alpha, (uint64_t)width * height * 4);
	}
	if (!why && !rle_from_bits(r, height, width, alpha, 0, 0, width, height))
		why = "the picture is too large for a brush mask";
	free(alpha);
	buf_release(&bytes);
	return why;
}

/* ---- writing ---- */

struct packer {
	struct buf *out; /* the JSON list */
	uint32_t byte;
	unsigned count; /* bits in it */
};

static void
give(struct packer *p, uint32_t v, unsigned count)
{
	while (count-- > 0) {
		p->byte = p->byte << 1 | (v >> count & 1);
		if (++p->count == 8) {
			jw_u64(p->out, p->byte & 255);
			p->byte = p->count = 0;
		}
	}
}

/* n equal words. */
static void
give_run(struct packer *p, uint64_t n, uint32_t word)
{
	static const unsigned size[4] = { 3, 4, 8, 16 };

	while (n > 0) {
		uint64_t part = n > 65536 ? 65536 : n;
		unsigned which = 0;

		while (part > (uint64_t)1 << size[which])
			which++;
		give(p, 1, 1);
		give(p, which, 2);
		give(p, (uint32_t)part - 1, size[which]);
		give(p, word, 8);
		n -= part;
	}
}

bool
brush_encode(struct buf *b, const struct rle *r)
{
	uint64_t pixels = (uint64_t)r->w * r->h;
	uint8_t *bits = rle_bits(r, (uint32_t[]){ 0, 0, r->w, r->h });
	struct packer p = { .out = b };

	if (!bits)
		return false;
	jw_open(b, '[');
	give(&p, (uint32_t)(pixels * 4), 32);
	give(&p, 7, 5);
	for (int i = 0; i < 4; i++)
		give(&p, (const uint32_t[]){ 2, 3, 7, 15 }[i], 4);
	for (uint64_t i = 0, k; i < pixels; i = k) {
		for (k = i; k < pixels && bits[k] == bits[i]; k++)
			continue;
		give_run(&p, (k - i) * 4, bits[i] ? 255 : 0);
	}
	while (p.count > 0)
		give(&p, 0, 1);
	jw_close(b, ']');
	free(bits);
	return true;
}
