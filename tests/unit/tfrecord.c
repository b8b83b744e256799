/* TFRecord and tf.train.Example: base/crc32c.h, archive/tfrecord.h, archive/tfexample.h. */
#include "archive/tfexample.h"
#include "archive/tfrecord.h"
#include "base/crc32c.h"
#include "tap.h"

static void
test_crc(void)
{
	unsigned char bytes[64];
	bool same = true;

	is_int(crc32c("123456789", 9), 0xe3069283u, "the check value of CRC-32C");
	is_int(crc32c("", 0), 0, "nothing");
	memset(bytes, 0, 32);
	is_int(crc32c(bytes, 32), 0x8a9136aau, "RFC 3720 B.4: 32 zeros");
	memset(bytes, 0xff, 32);
	is_int(crc32c(bytes, 32), 0x62a8ab43u, "32 ones");
	/* a CRC is linear, whatever the length and alignment */
	for (size_t n = 0; n < 40; n++) {
		unsigned char a[64], b[64], x[64], zero[64] = { 0 };

		for (size_t i = 0; i < n; i++) {
			a[i] = (unsigned char)(i * 7 + n);
			b[i] = (unsigned char)(i * 31 ^ n);
			x[i] = a[i] ^ b[i];
		}
		same = same && (crc32c(a, n) ^ crc32c(b, n)) == (crc32c(x, n) ^ crc32c(zero, n));
	}
	ok(same, "linear for 0 to 39 bytes");
}

static void
test_framing(void)
{
	struct tfrecord t = { .max = 1 << 20 };
	struct buf file = BUF_INIT;
	struct span data;
	struct input in;

	tfrecord_add(&file, SPAN("abc"));
	tfrecord_add(&file, SPAN(""));
	tfrecord_add(&file, SPAN("defg"));
	is_int(file.n, 3 * (TFRECORD_HEAD + TFRECORD_TAIL) + 7, "length");
	ok(tfrecord_is(buf_span(&file)) && !tfrecord_is(SPAN("hello hello hello")), "sniffed");
	file.p[0] = 9;
	input_memory(&in, buf_span(&file), "x");
	t.in = &in;
	is_int(tfrecord_next(&t, &data), TFRECORD_BAD, "a length without its check sum");
	is_int(tfrecord_next(&t, &data), TFRECORD_GOOD, "the next one is found");
	ok(t.at == 19 && t.number == 2 && data.n == 0, "the empty one");
	ok(tfrecord_next(&t, &data) == TFRECORD_GOOD && span_is(data, "defg"), "the last one");
	is_int(tfrecord_next(&t, &data), TFRECORD_END, "the end");
	input_close(&in);
	buf_release(&file);
}

static void
test_example(void)
{
	struct tf_maker m = { .n = 0 };
	struct tf_example e = { .n = 0 };
	struct tf_values it = { .of = NULL };
	struct buf out = BUF_INIT;
	struct tf_value v;
	const char *why;
	size_t n = 0;

	tf_make_int(&m, SPAN("z"), -1);
	tf_make_int(&m, SPAN("z"), INT64_MAX);
	tf_make_float(&m, SPAN("f"), 0.1F);
	tf_make_bytes(&m, SPAN("a"), SPAN("\0x"));
	tf_make_bytes(&m, SPAN("a"), SPAN(""));
	tf_make_empty(&m, SPAN("e"), TF_FLOATS);
	tf_maker_write(&m, &out);
	ok(tf_example_parse(&e, buf_span(&out), &why) && e.n == 4 && e.unknown == 0, "read again");
	ok(span_is(e.v[0].key, "a") && span_is(e.v[3].key, "z"), "sorted");
	ok(tf_first(tf_example_find(&e, "f", TF_FLOATS), &v) && v.number == 0.1F, "a float");
	ok(!tf_first(tf_example_find(&e, "f", TF_INTS), &v), "of one kind only");
	ok(!tf_first(tf_example_find(&e, "e", TF_FLOATS), &v), "an empty list");
	for (it.of = tf_example_find(&e, "z", TF_INTS); tf_values_next(&it, &v); n++)
		ok(v.whole == (n ? INT64_MAX : -1), "whole number %zu", n);
	is_int(n, 2, "two of them");
	for (size_t cut = 1; cut < out.n; cut++)
		n += tf_example_parse(&e, span_of(out.p, out.p + out.n - cut), &why);
	is_int(n, 2, "no shorter text is an Example");
	tf_example_release(&e);
	tf_maker_release(&m);
	buf_release(&out);
}

int
main(void)
{
	test_crc();
	test_framing();
	test_example();
	return done_testing();
}
