/* Reading what a record's `source` names: see source.h. */
#include "archive/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/reader.h"
#include "archive/tfexample.h"
#include "archive/tfrecord.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/input.h"
#include "base/path.h"
#include "base/strmap.h"

#define MAX_SOURCE ((uint64_t)8 << 30)

struct source_reader {
	struct tree_options limit;
	char *archive; /* the open one; NULL: none */
	int fd;
	struct areader *r;
	struct buf clean;    /* scratch */
	struct strmap names; /* of all members, once we had to go back */
	bool names_known;
	bool damaged; /* there may be more, which nobody can read */

	/* of a TFRecord: where the pictures are, by the values of `names` */
	struct picture_place {
		uint64_t at, size;
	} * picture;

	size_t pictures, cap;
};

struct source_reader *
source_reader_new(uint64_t max)
{
	struct source_reader *s = xcalloc(1, sizeof(*s));

	s->limit.max_member = max ? max : MAX_SOURCE;
	s->fd = -1;
	return s;
}

static void
let_go(struct source_reader *s)
{
	if (s->r)
		areader_free(s->r);
	if (s->fd >= 0)
		close(s->fd);
	free(s->archive);
	strmap_release(&s->names);
	s->names = (struct strmap)STRMAP_INIT;
	s->names_known = s->damaged = false;
	free(s->picture);
	s->picture = NULL;
	s->pictures = s->cap = 0;
	s->r = NULL;
	s->fd = -1;
	s->archive = NULL;
}

void
source_reader_free(struct source_reader *s)
{
	if (s == NULL)
		return;
	let_go(s);
	buf_release(&s->clean);
	free(s);
}

bool
source_is_member(const char *source, struct span *archive, struct span *member)
{
	const char *cut = strstr(source, "!/");

	if (cut == NULL || cut == source || path_is_uri(span_str(source)))
		return false;
	*archive = span_of(source, cut);
	*member = span_str(cut + 2);
	return true;
}

/* To the start of the archive s->fd. 0, or -1 with errno. */
static int
rewind_archive(struct source_reader *s)
{
	char head[AREADER_HEAD];
	ssize_t n = pread(s->fd, head, sizeof(head), 0);

	if (s->r)
		areader_free(s->r);
	s->r = NULL;
	if (n < 0 || lseek(s->fd, 0, SEEK_SET) < 0)
		return -1;
	if (!areader_is_archive(span_of(head, head + n))) {
		errno = EILSEQ;
		return -1;
	}
	s->r = areader_new(s->fd, NULL, span_of(head, head + n), &s->limit);
	return 0;
}

/* ---- TFRecord: the pictures in its records ---- */

static void
index_record(struct source_reader *s, const struct tf_example *e, struct tfrecord *in,
    struct span data, struct name_set *names)
{
	struct tf_value v;

	buf_reset(&s->clean);
	tf_example_member(e, in->number, names, &s->clean);
	if (!tf_first(tf_example_find(e, "image/encoded", TF_BYTES), &v))
		return;
	s->picture = grow(s->picture, &s->cap, s->pictures + 1, sizeof(*s->picture));
	s->picture[s->pictures] =
	    (struct picture_place){ in->at + TFRECORD_HEAD + (uint64_t)(v.bytes.p - data.p),
		    v.bytes.n };
	strmap_put(&s->names, buf_span(&s->clean), s->pictures++, NULL);
}

/* Go through the records once. 0, or -1 with errno: it is no TFRecord. */
static int
index_records(struct source_reader *s, uint64_t size)
{
	enum tfrecord_result result;
	struct tf_example e = { .n = 0 };
	struct name_set names = { .n = 0 };
	char head[TFRECORD_HEAD];
	struct span data;
	struct input in;
	const char *why;

	if (pread(s->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    !tfrecord_is(span_of(head, head + sizeof(head)))) {
		errno = EILSEQ;
		return -1;
	}
	input_range(&in, s->fd, 0, size, s->archive);
	for (struct tfrecord t = { .in = &in, .max = s->limit.max_member };
	     (result = tfrecord_next(&t, &data)) != TFRECORD_END;)
		if (result == TFRECORD_GOOD && tf_example_parse(&e, data, &why))
			index_record(s, &e, &t, data, &names);
	input_close(&in);
	tf_example_release(&e);
	names_release(&names);
	s->names_known = true;
	return 0;
}

static int
read_picture(struct source_reader *s, struct span member, struct buf *out)
{
	const struct strmap_entry *e = strmap_find(&s->names, member);
	const struct picture_place *x = e ? &s->picture[e->value] : NULL;
	ssize_t n;

	if (!x) {
		errno = ENOENT;
		return -1;
	}
	buf_reserve(out, (size_t)x->size);
	for (uint64_t done = 0; done < x->size; done += (uint64_t)n) {
		n = pread(s->fd, out->p + out->n, (size_t)(x->size - done), (off_t)(x->at + done));
		if (n <= 0)
			return -1;
		out->n += (size_t)n;
	}
	out->p[out->n] = '\0';
	return 0;
}

/* ---- archives ---- */

static int
open_archive(struct source_reader *s, struct span path)
{
	struct stat st;
	int err;

	if (s->archive && span_is(path, s->archive))
		return 0;
	let_go(s);
	s->archive = xstrndup(path.p, path.n);
	s->fd = open(s->archive, O_RDONLY | O_CLOEXEC);
	if (s->fd >= 0 && fstat(s->fd, &st) == 0) {
		errno = EINVAL;
		if (S_ISREG(st.st_mode) &&
		    (rewind_archive(s) == 0 ||
			(errno == EILSEQ && index_records(s, (uint64_t)st.st_size) == 0)))
			return 0;
	}
	err = errno;
	let_go(s);
	errno = err;
	return -1;
}

/* The clean path of a member; false: it has none, or is no file. */
static bool
clean_path(struct source_reader *s, const struct amember *m)
{
	buf_reset(&s->clean);
	return m->type == AMEMBER_FILE && m->name && path_member(&s->clean, span_str(m->name));
}

/* Forward to the member. 1 found, 0 not in the rest, -1 with errno. */
static int
forward(struct source_reader *s, struct span member)
{
	struct amember m;

	while (areader_next(s->r, &m))
		if (clean_path(s, &m) && span_eq(buf_span(&s->clean), member))
			return 1;
	switch (areader_error(s->r)) {
	case AREADER_NO:
		return 0;
	case AREADER_MACHINE:
		errno = areader_errno(s->r);
		return -1;
	default:
		errno = EILSEQ;
		return -1;
	}
}

/* Go through all of the archive once for the names, so that what is not there is not looked for again. */
static int
learn_names(struct source_reader *s)
{
	struct amember m;

	note_at(pos_file(s->archive), "archive",
	    "members are asked for out of their order: extracting the archive first is faster");
	if (rewind_archive(s) != 0)
		return -1;
	while (areader_next(s->r, &m))
		if (clean_path(s, &m))
			strmap_put(&s->names, buf_span(&s->clean), 0, NULL);
	if (areader_error(s->r) == AREADER_MACHINE) {
		errno = areader_errno(s->r);
		return -1;
	}
	s->damaged = areader_error(s->r) != AREADER_NO;
	s->names_known = true;
	return 0;
}

/* To the member: forward from where we are, else once more from the start, where damage may be behind it. */
static int
find_member(struct source_reader *s, struct span member)
{
	int found = s->names_known && !strmap_find(&s->names, member) ? 0 : forward(s, member);

	if (found == 1)
		return 0;
	if (found < 0 && errno != EILSEQ)
		return -1;
	if (!s->names_known && learn_names(s) != 0)
		return -1;
	if (!strmap_find(&s->names, member)) {
		errno = s->damaged ? EILSEQ : ENOENT;
		return -1;
	}
	return rewind_archive(s) == 0 && forward(s, member) == 1 ? 0 : -1;
}

static int
read_member(struct source_reader *s, struct buf *out)
{
	const size_t block = 256 * 1024;
	size_t before = out->n;
	ssize_t n;

	do {
		buf_reserve(out, block);
		n = areader_read(s->r, out->p + out->n, block);
		if (n > 0)
			out->n += (size_t)n;
	} while (n > 0);
	out->p[out->n] = '\0';
	if (n == 0)
		return 0;
	errno = areader_error(s->r) == AREADER_MACHINE                  ? areader_errno(s->r)
		: areader_error(s->r) == AREADER_LIMIT                  ? EFBIG
		: out->n - before + block > (size_t)s->limit.max_member ? EFBIG
									: EILSEQ;
	buf_cut(out, before);
	return -1;
}

int
source_read(struct source_reader *s, const char *source, struct buf *out)
{
	struct span archive, member;
	struct stat st;

	if (!source_is_member(source, &archive, &member) || stat(source, &st) == 0) {
		if (!path_is_uri(span_str(source)))
			return file_read(AT_FDCWD, source, (size_t)s->limit.max_member, out);
		errno = EINVAL;
		return -1;
	}
	if (open_archive(s, archive) != 0)
		return -1;
	if (!s->r)
		return read_picture(s, member, out);
	if (find_member(s, member) != 0)
		return -1;
	return read_member(s, out);
}
