/* Label files as UTF-8: see recode.h. */
#include "label/recode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/out.h"
#include "label/text.h"

#define MARK 3 /* bytes that tell a byte order mark */

static bool
has_wide_mark(struct span head)
{
	return span_starts(head, SPAN("\xff\xfe")) || span_starts(head, SPAN("\xfe\xff"));
}

/* Has a file that begins so to be converted as a whole? */
static bool
is_foreign(struct span head, const char *encoding, bool rows)
{
	if (has_wide_mark(head))
		return true;
	if (!encoding || span_starts(head, SPAN("\xef\xbb\xbf")))
		return false;
	return !rows || text_is_wide(encoding);
}

static void
say_foreign(const char *name, const char *encoding, size_t bad)
{
	error_at(pos_file(name), "encoding", "byte %zu is not %s; --encoding names another",
	    bad + 1, encoding ? encoding : "UTF-16");
}

/* All of `in` in UTF-8, there or in `utf8`; p NULL: that was said. */
static struct span
convert(const struct importer *im, struct input *in, struct buf *utf8)
{
	const char *encoding = im->opt->encoding;
	struct span text;
	size_t bad;

	while (in->w - in->r <= im->opt->max_text && input_more(in))
		continue;
	text = span_of(in->base + in->r, in->base + in->w);
	if (text.n > im->opt->max_text) {
		error_at(pos_file(in->name), "max-text",
		    "more than %" PRIu64
		    " bytes in another encoding than UTF-8 are more than --max-text allows",
		    im->opt->max_text);
		return SPAN_NONE;
	}
	text = text_utf8(text, encoding, utf8, &bad);
	if (!text.p)
		say_foreign(in->name, encoding, bad);
	return text;
}

/* Put the text in the place of what `in` reads. */
static void
replace(struct input *in, struct span text)
{
	char *name = xstrdup(in->name);
	int fd = file_spool();

	if (fd < 0 || write_all(fd, text.p, text.n) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		die("cannot write a temporary file:");
	input_close(in);
	input_fd(in, fd, name);
	in->ends = INPUT_GUESS;
	free(name);
}

static bool
open_recoded(const struct importer *im, const struct node *n, struct input *in, bool rows)
{
	struct buf utf8 = BUF_INIT;
	struct span text;
	bool good;

	if (!tree_input(im->tree, n, in))
		return false;
	while (in->w - in->r < MARK && input_more(in))
		continue;
	if (!is_foreign(span_of(in->base + in->r, in->base + in->w), im->opt->encoding, rows))
		return true;
	text = convert(im, in, &utf8);
	good = text.p != NULL;
	if (good && text.p == utf8.p)
		replace(in, text);
	if (!good)
		input_close(in);
	buf_release(&utf8);
	return good;
}

bool
recode_input(const struct importer *im, const struct node *n, struct input *in)
{
	return open_recoded(im, n, in, false);
}

bool
recode_rows(const struct importer *im, const struct node *n, struct input *in)
{
	return open_recoded(im, n, in, true);
}

bool
recode_file(const struct importer *im, const struct node *n, struct tree_file *f)
{
	struct input in;
	char head[MARK];
	ssize_t got;

	if (!tree_file_open(im->tree, n, f))
		return false;
	got = pread(f->fd, head, sizeof(head), (off_t)f->begin);
	if (got < 0 || !is_foreign((struct span){ head, (size_t)got }, im->opt->encoding, false))
		return true;
	tree_file_close(f);
	if (!recode_input(im, n, &in))
		return false;
	*f = (struct tree_file){ file_spool(), 0, 0, true };
	if (f->fd < 0)
		die("cannot write a temporary file:");
	while (in.r < in.w || input_more(&in)) {
		if (write_all(f->fd, in.base + in.r, in.w - in.r) != 0)
			die("cannot write a temporary file:");
		f->size += in.w - in.r;
		in.r = in.w;
	}
	input_close(&in);
	return true;
}

bool
recode_read(const struct importer *im, const struct node *n, struct buf *out)
{
	const char *encoding = im->opt->encoding;
	size_t before = out->n, bad;
	struct buf utf8 = BUF_INIT;
	struct span text;

	if (!tree_read(im->tree, n, out))
		return false;
	if (out->n == before)
		return true;
	text = span_of(out->p + before, out->p + out->n);
	if (!is_foreign(text, encoding, false))
		return true;
	text = text_utf8(text, encoding, &utf8, &bad);
	if (!text.p)
		say_foreign(tree_name(im->tree, n), encoding, bad);
	if (text.p == utf8.p) {
		buf_cut(out, before);
		buf_addspan(out, text);
	}
	buf_release(&utf8);
	return text.p != NULL;
}

bool
recode_head(const struct tree *t, const struct node *n, size_t max, struct buf *out)
{
	size_t before = out->n, bad;
	struct buf utf8 = BUF_INIT;
	struct span head;

	if (!tree_head(t, n, max, out))
		return false;
	if (out->n == before)
		return true;
	head = span_of(out->p + before, out->p + out->n);
	if (!has_wide_mark(head))
		return true;
	text_convert(&utf8, head, "UTF-16", &bad); /* half a character at the end does not matter */
	buf_cut(out, before);
	buf_addspan(out, buf_span(&utf8));
	buf_release(&utf8);
	return true;
}
