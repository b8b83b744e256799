/* Members of an archive in one forward pass: see reader.h. */
#include "archive/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/buf.h"
#include "base/input.h"

#define BLOCK ((size_t)256 * 1024)
#define RATIO_FREE ((uint64_t)64 << 20) /* so much may come out of anything */

struct areader {
	struct archive *a;
	struct input *in;
	struct tree_options limit;
	uint64_t members, total, member; /* seen so far; bytes of this member */
	enum areader_error error;
	bool ended; /* all members were seen */
	int err;
	struct buf why;   /* of the error */
	struct buf fault; /* of this member */
};

static const struct {
	const char *magic;
	unsigned char n;
	int filter;
} filters[] = {
	{ "\x1f\x8b\x08", 3, ARCHIVE_FILTER_GZIP },
	{ "\xfd"
	  "7zXZ\0",
	    6, ARCHIVE_FILTER_XZ },
	{ "\x28\xb5\x2f\xfd", 4, ARCHIVE_FILTER_ZSTD },
	{ "BZh", 3, ARCHIVE_FILTER_BZIP2 },
};

/* The value of an octal field; UINT64_MAX when it is none. */
static uint64_t
octal(const char *p, size_t n)
{
	uint64_t v = 0;
	size_t i = 0;

	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v * 8 + (uint64_t)(p[i] - '0');
	return i < n && p[i] != ' ' && p[i] != '\0' ? UINT64_MAX : v;
}

/* A tar header is known by its check sum, of which old writers added up signed bytes. */
static bool
is_tar(struct span head)
{
	uint64_t plain = 0;
	int64_t with_sign = 0;
	uint64_t want;

	if (head.n < 512)
		return false;
	for (size_t i = 0; i < 512; i++) {
		char c = i >= 148 && i < 156 ? ' ' : head.p[i];

		plain += (unsigned char)c;
		with_sign += (signed char)c;
	}
	want = octal(head.p + 148, 8);
	return head.p[0] != '\0' && (want == plain || (int64_t)want == with_sign);
}

static bool
is_zip(struct span head)
{
	return head.n >= 22 &&
	       (memcmp(head.p, "PK\3\4", 4) == 0 || memcmp(head.p, "PK\5\6", 4) == 0);
}

static int
filter_of(struct span head)
{
	for (size_t i = 0; i < ARRAY_LEN(filters); i++)
		if (head.n > filters[i].n && memcmp(head.p, filters[i].magic, filters[i].n) == 0)
			return filters[i].filter;
	return -1;
}

bool
areader_is_archive(struct span head)
{
	return is_zip(head) || filter_of(head) >= 0 || is_tar(head);
}

static ssize_t
pull(struct archive *a, void *ctx, const void **block)
{
	struct areader *r = ctx;
	struct input *in = r->in;

	size_t n;

	(void)a;
	if (in->r == in->w && !input_more(in))
		return 0;
	*block = in->base + in->r;
	n = in->w - in->r;
	in->r = in->w;
	return (ssize_t)n;
}

/* Keep why libarchive gave up. Its errno tells the machine's fault from the file's. */
static bool
failed(struct areader *r)
{
	const char *why = archive_error_string(r->a);
	int err = archive_errno(r->a);

	r->err = err;
	r->error = err == ENOMEM || err == EIO || err == EMFILE || err == ENFILE || err == EACCES
		       ? AREADER_MACHINE
		       : AREADER_DAMAGED;
	if (why && strcmp(why, "Unrecognized archive format") == 0)
		why = "it is damaged at its beginning, or cut short there";
	buf_adds(&r->why, why ? why : "the archive cannot be read");
	return false;
}

static void
over(struct areader *r, const char *what, uint64_t limit, const char *option)
{
	r->error = AREADER_LIMIT;
	buf_addf(&r->why, "%s than %llu (%s); the rest is left out", what,
	    (unsigned long long)limit, option);
}

/* A compressed file is a tar, or by itself ("raw"). */
static int
set_format(struct archive *a, struct span head, bool seekable)
{
	/* a tar may begin with a name like "BZh" */
	int filter = is_tar(head) ? -1 : filter_of(head);

	if (is_zip(head))
		return seekable ? archive_read_support_format_zip_seekable(a)
				: archive_read_support_format_zip_streamable(a);
	if (filter >= 0 && archive_read_append_filter(a, filter) < ARCHIVE_WARN)
		return ARCHIVE_FATAL;
	if (filter >= 0)
		archive_read_support_format_raw(a);
	return archive_read_support_format_tar(a);
}

static void
set_limits(struct areader *r, const struct tree_options *o)
{
	static const struct tree_options usual = { .max_member = (uint64_t)8 << 30,
		.max_total = (uint64_t)4 << 40,
		.max_ratio = 1000,
		.max_members = 100000000 };

	r->limit = o ? *o : usual;
	if (!r->limit.max_member)
		r->limit.max_member = usual.max_member;
	if (!r->limit.max_total)
		r->limit.max_total = usual.max_total;
	if (!r->limit.max_ratio)
		r->limit.max_ratio = usual.max_ratio;
	if (!r->limit.max_members)
		r->limit.max_members = usual.max_members;
}

void
archive_use_utf8(void)
{
	static _Thread_local locale_t utf8;

	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 != (locale_t)0)
		uselocale(utf8);
}

struct areader *
areader_new(int fd, struct input *in, struct span head, const struct tree_options *o)
{
	struct areader *r = xcalloc(1, sizeof(*r));
	int e;

	r->a = archive_read_new();
	if (r->a == NULL)
		die("out of memory");
	archive_use_utf8();
	r->in = in;
	set_limits(r, o);
	e = set_format(r->a, head, fd >= 0);
	if (e >= ARCHIVE_WARN)
		e = fd >= 0 ? archive_read_open_fd(r->a, fd, BLOCK)
			    : archive_read_open(r->a, r, NULL, pull, NULL);
	if (e < ARCHIVE_WARN)
		failed(r);
	return r;
}

void
areader_free(struct areader *r)
{
	archive_read_free(r->a);
	buf_release(&r->why);
	buf_release(&r->fault);
	free(r);
}

static enum amember_type
type_of(struct archive_entry *e)
{
	if (archive_entry_hardlink(e))
		return AMEMBER_LINK;
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		return AMEMBER_FILE;
	case AE_IFDIR:
		return AMEMBER_FOLDER;
	case AE_IFLNK:
		return AMEMBER_SYMLINK;
	case 0: /* zip without modes, raw */
		return AMEMBER_FILE;
	default:
		return AMEMBER_OTHER;
	}
}

bool
areader_next(struct areader *r, struct amember *m)
{
	struct archive_entry *e;
	int got;

	if (r->error || r->ended)
		return false;
	archive_use_utf8(); /* the thread may be another one than at the start */
	r->member = 0;
	buf_reset(&r->fault);
	do
		got = archive_read_next_header(r->a, &e);
	while (got == ARCHIVE_RETRY);
	r->ended = got == ARCHIVE_EOF; /* libarchive takes a further call for a fault */
	if (r->ended)
		return false;
	if (got < ARCHIVE_WARN)
		return failed(r);
	if (++r->members > r->limit.max_members) {
		over(r, "more members", r->limit.max_members, "--max-members");
		return false;
	}
	*m = (struct amember){ .name = archive_entry_pathname(e),
		.link = archive_entry_hardlink(e),
		.type = type_of(e),
		.raw = archive_format(r->a) == ARCHIVE_FORMAT_RAW };
	return true;
}

/* Does what came out stay in proportion with what went in? */
static bool
within_limits(struct areader *r)
{
	uint64_t in;

	if (r->total > r->limit.max_total)
		over(r, "more bytes in all", r->limit.max_total, "--max-total");
	if (r->total <= RATIO_FREE || r->error)
		return !r->error;
	in = (uint64_t)archive_filter_bytes(r->a, -1);
	if (r->total / r->limit.max_ratio > in)
		over(r, "more bytes out for a byte in", r->limit.max_ratio, "--max-ratio");
	return !r->error;
}

ssize_t
areader_read(struct areader *r, void *p, size_t n)
{
	la_ssize_t got;

	if (r->error || r->fault.n)
		return -1;
	do
		got = archive_read_data(r->a, p, n);
	while (got == ARCHIVE_RETRY);
	if (got == ARCHIVE_WARN || got == ARCHIVE_FAILED) { /* a wrong check sum, a password */
		buf_adds(&r->fault, archive_error_string(r->a));
		return -1;
	}
	if (got < 0) {
		failed(r);
		return -1;
	}
	r->member += (uint64_t)got;
	r->total += (uint64_t)got;
	if (r->member > r->limit.max_member)
		buf_addf(&r->fault, "larger than %llu bytes (--max-member)",
		    (unsigned long long)r->limit.max_member);
	return r->fault.n || !within_limits(r) ? -1 : (ssize_t)got;
}

const char *
areader_fault(const struct areader *r)
{
	return r->fault.n ? r->fault.p : NULL;
}

enum areader_error
areader_error(const struct areader *r)
{
	return r->error;
}

const char *
areader_why(const struct areader *r)
{
	return buf_str(&r->why);
}

int
areader_errno(const struct areader *r)
{
	return r->err;
}
