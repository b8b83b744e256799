/* Records and reports of cleaned pictures: see rewrite.h. */
#include "image/rewrite.h"

#include "base/diag.h"
#include "base/num.h"
#include "base/sha256.h"
#include "json/write.h"

/* Signals as a JSON object. */
static void
add_signals(struct buf *b, const struct signals *s)
{
	unsigned marks = signals_marks(s);

	jw_open(b, '{');
	buf_addf(b,
	    "\"brightness\":%.3f,\"contrast\":%.3f,\"entropy\":%.2f,\"dark\":%.3f,\"light\":%.3f",
	    s->brightness, s->contrast, s->entropy, s->dark, s->light);
	if (s->detail >= 0)
		buf_addf(b, ",\"detail\":%.2f", s->detail);
	buf_addf(b, ",\"aspect\":%.3f", s->aspect);
	jw_key(b, "marks");
	jw_open(b, '[');
	for (int i = 0; i < SIGNAL_MARKS; i++)
		if (marks >> i & 1)
			jw_str(b, signal_mark_name(i));
	jw_close(b, ']');
	jw_close(b, '}');
}

/* The fingerprint by which ds-release knows pictures that look alike. */
static void
add_phash(struct buf *b, const struct signals *s)
{
	buf_addf(b, "\"%016llx\"", (unsigned long long)s->hash);
}

/* ---- the record ---- */

/* The changes of one record: `text` holds their values, one after the other. */
struct changes {
	struct buf text;
	struct json_change change[9];
	size_t end[9]; /* of each value in text */
	size_t n;
};

static void
end_change(struct changes *c, const char *key)
{
	c->end[c->n] = c->text.n;
	c->change[c->n++].key = key;
}

static void
change_number(struct changes *c, const char *key, uint64_t v)
{
	num_add_u64(&c->text, v);
	end_change(c, key);
}

static void
change_digest(struct changes *c, struct span bytes)
{
	unsigned char digest[SHA256_SIZE];

	sha256_bytes(bytes.p, bytes.n, digest);
	buf_addc(&c->text, '"');
	sha256_hex(&c->text, digest);
	buf_addc(&c->text, '"');
	end_change(c, "sha256");
}

/* By a buffer of its own: behind another value the writer would begin with a comma. */
static void
change_signals(struct changes *c, const struct signals *s)
{
	struct buf signals = BUF_INIT;

	add_signals(&signals, s);
	buf_addspan(&c->text, buf_span(&signals));
	buf_release(&signals);
	end_change(c, "signals");
}

static void
apply_changes(struct changes *c, struct span record, struct buf *out)
{
	for (size_t i = 0, at = 0; i < c->n; at = c->end[i++])
		c->change[i].value = (struct span){ c->text.p + at, c->end[i] - at };
	json_edit(out, record, c->change, c->n);
	buf_release(&c->text);
}

void
rewrite_record(const struct record *r, const struct clean_result *res, struct span path,
    struct span labels, const struct rewrite *how, struct buf *out)
{
	struct changes c = { .n = 0 };

	diag_json_string(&c.text, path);
	end_change(&c, "source");
	change_number(&c, "width", res->new_w);
	change_number(&c, "height", res->new_h);
	if (how->sha256 || r->v[REC_SHA256].p)
		change_digest(&c, res->bytes);
	if (how->sha256 || r->v[REC_BYTES].p)
		change_number(&c, "bytes", res->bytes.n);
	if (labels.n) {
		buf_addspan(&c.text, labels);
		end_change(&c, "annotation");
	}
	if (how->signals)
		change_signals(&c, &res->signals);
	if (how->phash) {
		add_phash(&c.text, &res->signals);
		end_change(&c, "phash");
	}
	apply_changes(&c, r->line, out);
}

void
rewrite_rejected(struct span line, const struct finding *f, struct buf *out)
{
	struct buf v = BUF_INIT;

	jw_open(&v, '{');
	jw_member_str(&v, "code", f->code);
	jw_member_str(&v, "reason", f->reason);
	jw_close(&v, '}');
	json_edit(out, line, &(struct json_change){ "reject", buf_span(&v) }, 1);
	buf_release(&v);
}

void
rewrite_twin(struct span line, struct twin twin, struct buf *out)
{
	struct buf v = BUF_INIT;

	jw_open(&v, '{');
	jw_member_str(&v, "of", twin.name);
	jw_member_bool(&v, "exact", twin.distance < 0);
	jw_member_u64(&v, "distance", twin.distance < 0 ? 0 : (uint64_t)twin.distance);
	jw_close(&v, '}');
	json_edit(out, line, &(struct json_change){ "duplicate", buf_span(&v) }, 1);
	buf_release(&v);
}

/* ---- the report ---- */

static void
report_notes(struct buf *b, const struct finding *f)
{
	jw_key(b, "notes");
	jw_open(b, '[');
	for (int i = 0; i < IMAGE_NOTES; i++)
		if (f->notes >> i & 1)
			jw_str(b, image_note_name(i));
	jw_close(b, ']');
}

static void
report_signals(struct buf *b, const struct signals *s)
{
	struct buf signals = BUF_INIT;

	add_signals(&signals, s);
	jw_member_raw(b, "signals", buf_span(&signals));
	buf_release(&signals);
	jw_key(b, "phash");
	add_phash(b, s);
}

void
rewrite_report(struct span source, const struct clean_result *res, bool measured, double seconds,
    struct buf *b)
{
	jw_open(b, '{');
	jw_member_string(b, "source", source);
	jw_member_str(b, "action", clean_action_name(res->action));
	if (res->f.code) {
		jw_member_str(b, "code", res->f.code);
		jw_member_str(b, "reason", res->f.reason);
	}
	if (res->w) {
		jw_member_u64(b, "width", res->w);
		jw_member_u64(b, "height", res->h);
		jw_member_u64(b, "orientation", (uint64_t)res->orientation);
	}
	report_notes(b, &res->f);
	if (measured && res->action != CLEAN_REJECTED)
		report_signals(b, &res->signals);
	jw_key(b, "seconds");
	buf_addf(b, "%.6f", seconds);
	jw_close(b, '}');
}
