/* Base64: the vectors of RFC 4648 section 10, and what is none. */
#include "base/base64.h"

#include "tap.h"

static void
both(const char *bytes, const char *text)
{
	struct buf out = BUF_INIT;

	base64_encode(&out, span_str(bytes));
	is_str(buf_str(&out), text, "encode \"%s\"", bytes);
	buf_reset(&out);
	ok(base64_decode(&out, span_str(text)), "decode \"%s\"", text);
	is_str(buf_str(&out), bytes, "gives \"%s\"", bytes);
	buf_release(&out);
}

static void
bad(const char *text)
{
	struct buf out = BUF_INIT;

	ok(!base64_decode(&out, span_str(text)), "\"%s\" is refused", text);
	buf_release(&out);
}

int
main(void)
{
	both("", "");
	both("f", "Zg==");
	both("fo", "Zm8=");
	both("foo", "Zm9v");
	both("foob", "Zm9vYg==");
	both("fooba", "Zm9vYmE=");
	both("foobar", "Zm9vYmFy");
	bad("Z");
	bad("Zg==Zg==");
	bad("Zg===");
	bad("Z!==");
	return done_testing();
}
