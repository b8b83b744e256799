/* Features of an Example as single values and as JSON: see tfrecord_feature.h. */
#include "label/tfrecord_feature.h"

#include <math.h>
#include <string.h>

#include "base/base64.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/write.h"
#include "label/tfrecord.h"

struct span
tfrecord_bytes(const struct tf_example *e, const char *key)
{
	struct tf_value v;

	return tf_first(tf_example_find(e, key, TF_BYTES), &v) ? v.bytes : SPAN_NONE;
}

int64_t
tfrecord_int(const struct tf_example *e, const char *key)
{
	struct tf_value v;

	return tf_first(tf_example_find(e, key, TF_INTS), &v) ? v.whole : 0;
}

bool
tfrecord_is_text(struct span s)
{
	return utf8_valid(s) && !memchr(s.p, '\0', s.n);
}

void
tfrecord_write_value(struct buf *b, const struct tf_feature *f, const struct tf_value *v)
{
	switch (f->kind) {
	case TF_BYTES:
		if (tfrecord_is_text(v->bytes)) {
			jw_string(b, v->bytes);
			break;
		}
		jw_open(b, '{');
		jw_key(b, "base64");
		buf_addc(b, '"');
		base64_encode(b, v->bytes);
		buf_addc(b, '"');
		jw_close(b, '}');
		break;
	case TF_FLOATS:
		jw_raw(b, SPAN(""));
		if (isfinite(v->number))
			num_add_float(b, v->number);
		else
			buf_addf(b, "\"%s\"",
			    isnan(v->number) ? "NaN"
			    : v->number > 0  ? "Infinity"
					     : "-Infinity");
		break;
	default:
		jw_i64(b, v->whole);
	}
}

void
tfrecord_write_feature(struct buf *b, const struct tf_feature *f)
{
	struct tf_values it = { .of = f };
	struct tf_value v;

	jw_key_span(b, f->key);
	jw_open(b, '{');
	if (tf_kind_name[f->kind]) {
		jw_key(b, tf_kind_name[f->kind]);
		jw_open(b, '[');
		while (tf_values_next(&it, &v))
			tfrecord_write_value(b, f, &v);
		jw_close(b, ']');
	}
	jw_close(b, '}');
}
