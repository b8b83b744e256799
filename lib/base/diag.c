/* Diagnostics and the exit status: see diag.h. */
#include "base/diag.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/tmpfiles.h"
#include "base/utf8.h"

/*
 * Process-wide by nature: one stderr, one exit status. The settings are
 * written once before threads start.
 */
static const char *program = "dsutils";
static bool as_json, quiet, strict;
static atomic_int status;
static atomic_uint_fast64_t counts[3];
static _Thread_local struct diag_sink *sink_now;

static const char *const level_name[] = { "note", "warning", "error" };

void
diag_program(const char *name)
{
	program = name;
}

const char *
diag_program_name(void)
{
	return program;
}

void
diag_json(bool on)
{
	as_json = on;
}

void
diag_quiet(bool on)
{
	quiet = on;
}

void
diag_strict(bool on)
{
	strict = on;
}

bool
diag_is_strict(void)
{
	return strict;
}

bool
diag_is_quiet(void)
{
	return quiet;
}

int
status_get(void)
{
	return atomic_load(&status);
}

uint64_t
diag_count(enum diag_level level)
{
	return atomic_load(&counts[level]);
}

void
status_raise(int s)
{
	int old = atomic_load(&status);

	if (sink_now) {
		if (s > sink_now->status)
			sink_now->status = s;
		return;
	}
	while (s > old && !atomic_compare_exchange_weak(&status, &old, s))
		continue;
}

void
diag_escape(struct buf *out, struct span s)
{
	size_t i = 0, n;

	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];

		n = utf8_length(s.p + i, s.n - i);
		if (n == 0 || c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0)) {
			buf_addf(out, "\\x%02x", c);
			i++;
		} else {
			buf_add(out, s.p + i, n);
			i += n;
		}
	}
}

void
diag_json_string(struct buf *out, struct span s)
{
	size_t i = 0, n;

	buf_addc(out, '"');
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];

		n = utf8_length(s.p + i, s.n - i);
		if (n == 0) {
			buf_adds(out, "\xef\xbf\xbd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			buf_addc(out, '\\');
			buf_addc(out, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_addf(out, "\\u%04x", c);
		} else {
			buf_add(out, s.p + i, n);
		}
		i += n;
	}
	buf_addc(out, '"');
}

static void
format_text(
    struct buf *out, enum diag_level level, struct pos at, const char *rule, struct span msg)
{
	if (at.file) {
		diag_escape(out, span_str(at.file));
		if (at.line)
			buf_addf(out, ":%" PRIu64, at.line);
		if (at.line && at.col)
			buf_addf(out, ":%" PRIu64, at.col);
		buf_adds(out, ": ");
	} else {
		buf_addf(out, "%s: ", program);
	}
	buf_addf(out, "%s: ", level_name[level]);
	diag_escape(out, msg);
	if (rule)
		buf_addf(out, " [%s]", rule);
	buf_addc(out, '\n');
}

static void
format_json(
    struct buf *out, enum diag_level level, struct pos at, const char *rule, struct span msg)
{
	buf_adds(out, "{\"program\":");
	diag_json_string(out, span_str(program));
	if (at.file) {
		buf_adds(out, ",\"file\":");
		diag_json_string(out, span_str(at.file));
	}
	if (at.file && at.line)
		buf_addf(out, ",\"line\":%" PRIu64, at.line);
	if (at.file && at.line && at.col)
		buf_addf(out, ",\"column\":%" PRIu64, at.col);
	buf_addf(out, ",\"level\":\"%s\",\"message\":", level_name[level]);
	diag_json_string(out, msg);
	if (rule) {
		buf_adds(out, ",\"rule\":");
		diag_json_string(out, span_str(rule));
	}
	buf_adds(out, "}\n");
}

static void
write_stderr(struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(STDERR_FILENO, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nowhere left to say it */
		s.p += n;
		s.n -= (size_t)n;
	}
}

static void
emit(enum diag_level level, struct pos at, const char *rule, struct span msg)
{
	struct buf line = BUF_INIT;

	if (strict && sink_now && sink_now->count[DIAG_ERROR] > 0)
		return; /* this job has its first error */
	if (sink_now)
		sink_now->count[level]++;
	else
		atomic_fetch_add(&counts[level], 1);
	if (level == DIAG_ERROR)
		status_raise(STATUS_FINDINGS);
	if (level == DIAG_NOTE && quiet)
		return;
	(as_json ? format_json : format_text)(&line, level, at, rule, msg);
	if (sink_now) {
		buf_addspan(&sink_now->text, buf_span(&line));
	} else {
		write_stderr(buf_span(&line));
		if (strict && level == DIAG_ERROR)
			tmpfiles_exit(status_get());
	}
	buf_release(&line);
}

/* The message; when the format ends in ':' with the text of `err` after it. */
__attribute__((format(printf, 2, 0))) static void
message(struct buf *out, const char *fmt, va_list ap, int err)
{
	size_t n = strlen(fmt);

	buf_vaddf(out, fmt, ap);
	if (n > 0 && fmt[n - 1] == ':')
		buf_addf(out, " %s", strerror(err));
}

void
vdiag(enum diag_level level, struct pos at, const char *rule, const char *fmt, va_list ap)
{
	struct buf msg = BUF_INIT;
	int err = errno;

	message(&msg, fmt, ap, err);
	emit(level, at, rule, buf_span(&msg));
	buf_release(&msg);
	errno = err;
}

void
diag(enum diag_level level, struct pos at, const char *rule, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdiag(level, at, rule, fmt, ap);
	va_end(ap);
}

void
trouble(const char *fmt, ...)
{
	va_list ap;

	status_raise(STATUS_TROUBLE);
	va_start(ap, fmt);
	vdiag(DIAG_ERROR, POS_NONE, NULL, fmt, ap);
	va_end(ap);
}

/* Does not allocate: it is called when there is no memory. */
void
die(const char *fmt, ...)
{
	char text[1024];
	struct buf msg = { text, 0, sizeof(text) };
	int err = errno;
	size_t n = strlen(fmt);
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text) - 128, fmt, ap);
	va_end(ap);
	msg.n = len < 0 ? 0 : (size_t)len < sizeof(text) - 128 ? (size_t)len : sizeof(text) - 129;
	if (n > 0 && fmt[n - 1] == ':')
		msg.n += (size_t)snprintf(text + msg.n, sizeof(text) - msg.n, " %s", strerror(err));
	if (sink_now)
		write_stderr(buf_span(&sink_now->text));
	if (as_json)
		dprintf(STDERR_FILENO, "{\"program\":\"%s\",\"level\":\"error\",\"message\":\"",
		    program);
	else
		dprintf(STDERR_FILENO, "%s: error: ", program);
	bool ascii_only = as_json && !utf8_valid(buf_span(&msg));

	for (size_t i = 0; i < msg.n; i++)
		if ((unsigned char)text[i] < 0x20 || (as_json && strchr("\"\\", text[i])) ||
		    (ascii_only && (unsigned char)text[i] >= 0x80))
			text[i] = '?';
	write_stderr((struct span){ text, msg.n });
	write_stderr(as_json ? SPAN("\"}\n") : SPAN("\n"));
	tmpfiles_exit(STATUS_TROUBLE);
}

void
say(const char *fmt, ...)
{
	struct buf msg = BUF_INIT, line = BUF_INIT;
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	buf_vaddf(&msg, fmt, ap);
	va_end(ap);
	if (as_json) {
		format_json(&line, DIAG_NOTE, POS_NONE, NULL, buf_span(&msg));
	} else {
		buf_addf(&line, "%s: ", program);
		diag_escape(&line, buf_span(&msg));
		buf_addc(&line, '\n');
	}
	if (sink_now)
		buf_addspan(&sink_now->text, buf_span(&line));
	else
		write_stderr(buf_span(&line));
	buf_release(&msg);
	buf_release(&line);
}

struct diag_sink *
diag_sink(struct diag_sink *sink)
{
	struct diag_sink *before = sink_now;

	sink_now = sink;
	return before;
}

void
diag_flush(struct diag_sink *sink)
{
	if (sink->text.n > 0)
		write_stderr(buf_span(&sink->text));
	for (int i = 0; i < 3; i++)
		atomic_fetch_add(&counts[i], sink->count[i]);
	status_raise(sink->status);
	if (strict && sink->count[DIAG_ERROR])
		tmpfiles_exit(status_get());
	buf_reset(&sink->text);
	memset(sink->count, 0, sizeof(sink->count));
	sink->status = 0;
}

void
diag_sink_release(struct diag_sink *sink)
{
	buf_release(&sink->text);
}
