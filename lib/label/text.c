/* Text in other encodings: see text.h. */
#include "label/text.h"

#include <errno.h>
#include <iconv.h>
#include <strings.h>

#include "base/diag.h"
#include "base/utf8.h"

/* GB2312 and GBK files hold letters of their supersets; WHATWG reads them so, too. */
static const char *
superset(const char *encoding)
{
	if (!strcasecmp(encoding, "gb2312") || !strcasecmp(encoding, "gbk"))
		return "GB18030";
	return encoding;
}

bool
text_encoding_known(const char *encoding)
{
	iconv_t cd = iconv_open("UTF-8", superset(encoding));

	if (cd == (iconv_t)-1)
		return false;
	iconv_close(cd);
	return true;
}

bool
text_convert(struct buf *out, struct span in, const char *encoding, size_t *bad)
{
	iconv_t cd = iconv_open("UTF-8", superset(encoding));
	char *from = (char *)(uintptr_t)in.p; /* iconv does not write there */
	size_t left = in.n, r = 0;

	*bad = 0;
	if (cd == (iconv_t)-1)
		return false;
	do {
		char *to;
		size_t room;

		buf_reserve(out, left + 64);
		to = out->p + out->n;
		room = out->cap - out->n - 1;
		r = iconv(cd, &from, &left, &to, &room);
		out->n = (size_t)(to - out->p);
		out->p[out->n] = '\0';
	} while (r == (size_t)-1 && errno == E2BIG);
	iconv_close(cd);
	*bad = in.n - left;
	return r != (size_t)-1;
}

bool
text_is_wide(const char *encoding)
{
	return !strncasecmp(encoding, "UTF-16", 6) || !strncasecmp(encoding, "UTF16", 5) ||
	       !strncasecmp(encoding, "UTF-32", 6) || !strncasecmp(encoding, "UTF32", 5) ||
	       !strncasecmp(encoding, "UCS", 3);
}

struct span
text_utf8(struct span in, const char *encoding, struct buf *scratch, size_t *bad)
{
	buf_reset(scratch);
	if (span_starts(in, SPAN("\xff\xfe")) || span_starts(in, SPAN("\xfe\xff"))) {
		encoding = "UTF-16";
	} else if (span_starts(in, SPAN("\xef\xbb\xbf"))) {
		in = span_of(in.p + 3, in.p + in.n);
		encoding = NULL;
	} else if (encoding && text_is_wide(encoding) && in.n > 0 && !memchr(in.p, '\0', in.n)) {
		encoding = NULL;
	}
	if (encoding && text_convert(scratch, in, encoding, bad))
		return buf_span(scratch);
	if (!encoding)
		*bad = utf8_check(in.p, in.n);
	return utf8_valid(in) ? in : SPAN_NONE;
}
