/* Trees and sinks: what is written is read back, from folders and archives; hostile members stay out. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/sink.h"
#include "archive/source.h"
#include "archive/tree.h"
#include "base/file.h"
#include "tap.h"

/* a PNG as far as its size can be seen: 5 x 3 */
#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\5\0\0\0\3\10\2\0\0\0"

static struct span
png(void)
{
	return (struct span){ PNG, sizeof(PNG) - 1 };
}

static void
write_dataset(const char *target, unsigned flags)
{
	struct sink *s = sink_open(target, flags);
	struct sink_file *f;

	ok(s != NULL, "%s: opened", target);
	if (s == NULL)
		return;
	is_int(sink_add(s, "labels/b.txt", SPAN("0 1 2\n")), 0, "a member");
	is_int(sink_add(s, "images/\xc3\xa9.png", png()), 0, "a picture with a name beyond ASCII");
	f = sink_file_new(s, "a/long.json");
	for (int i = 0; f && i < 100000; i++) {
		buf_addf(&sink_file_out(f)->b, "%d,", i);
		out_tick(sink_file_out(f));
	}
	is_int(f ? sink_file_close(f) : -1, 0, "a member of unknown length");
	is_int(sink_add(s, "empty", SPAN("")), 0, "an empty member");
	errno = 0;
	ok(sink_add(s, "labels/b.txt", SPAN("x")) == -1 && errno == EEXIST,
	    "a path twice is refused");
	ok(sink_add(s, "../x", SPAN("x")) == -1 && errno == EINVAL,
	    "a path that leads out is refused");
	ok(sink_add(s, "/x", SPAN("x")) == -1 && errno == EINVAL, "an absolute path is refused");
	ok(access(target, F_OK) != 0 || flags, "nothing is there before the commit");
	is_int(sink_commit(s), 0, "committed");
}

static void
read_dataset(const char *target, const char *sep)
{
	struct tree *t = tree_open(target, NULL);
	struct buf text = BUF_INIT, want = BUF_INIT;
	const struct node *n;
	struct picsize size = { .width = 0 };
	struct input in;
	uint64_t bytes = 0;

	ok(t != NULL, "%s: read", target);
	if (t == NULL)
		return;
	is_int(t->n, 4, "members");
	is_str(t->node[0].path, "a/long.json", "sorted: first");
	is_str(t->node[2].path, "images/\xc3\xa9.png", "sorted: third");
	n = tree_find(t, SPAN("labels/b.txt"));
	ok(n && tree_read(t, n, &text), "found and read");
	is_str(buf_str(&text), "0 1 2\n", "its content");
	buf_reset(&text);
	ok(n && tree_read_text(t, n, 6, &text) && text.n == 6, "and with a limit that it keeps");
	diag_quiet(true);
	buf_reset(&text);
	ok(n && !tree_read_text(t, n, 5, &text), "but not with a smaller one");
	diag_quiet(false);
	n = tree_find_picture(t, SPAN("images/\xc3\xa9"));
	ok(n && tree_picture(t, n, &size), "the picture by its stem, and its size");
	ok(size.width == 5 && size.height == 3, "5 x 3");
	ok(tree_picture_at(t, SPAN("images/./\xc3\xa9.png"), &size), "the same by path");
	ok(tree_find(t, SPAN("labels/c.txt")) == NULL, "what is not there is not found");
	buf_reset(&text);
	tree_source(t, n, &text);
	buf_addf(&want, "%s%simages/\xc3\xa9.png", target, sep);
	is_str(buf_str(&text), buf_str(&want), "its source");
	ok(tree_input(t, &t->node[0], &in), "a member as a stream");
	bytes = 0;
	do {
		bytes += in.w - in.r;
		in.r = in.w;
	} while (input_more(&in));
	input_close(&in);
	is_int(bytes, 588890, "all of it");
	buf_release(&text);
	buf_release(&want);
	tree_close(t);
}

static void
read_source(const char *archive)
{
	struct source_reader *r = source_reader_new(0);
	struct buf name = BUF_INIT, out = BUF_INIT;

	buf_addf(&name, "%s!/images/\xc3\xa9.png", archive);
	is_int(source_read(r, name.p, &out), 0, "%s: a member by its source", archive);
	ok(span_eq(buf_span(&out), png()), "its bytes");
	buf_reset(&out);
	buf_reset(&name);
	buf_addf(&name, "%s!/labels/b.txt", archive);
	diag_quiet(true);
	is_int(source_read(r, name.p, &out), 0, "one that lies before it");
	is_str(buf_str(&out), "0 1 2\n", "its bytes");
	is_int(source_read(r, name.p, &out), 0, "the same again");
	diag_quiet(false);
	buf_addc(&name, 'x');
	ok(source_read(r, name.p, &out) == -1 && errno == ENOENT, "one that is not there");
	ok(source_read(r, "s3://a/b!/c", &out) == -1 && errno == EINVAL, "a URI");
	source_reader_free(r);
	buf_release(&name);
	buf_release(&out);
}

static void
same_bytes(const char *name)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	file_read(AT_FDCWD, name, 1 << 24, &a);
	write_dataset(name, SINK_FORCE);
	file_read(AT_FDCWD, name, 1 << 24, &b);
	ok(a.n > 0 && span_eq(buf_span(&a), buf_span(&b)), "%s: the same bytes every time", name);
	buf_release(&a);
	buf_release(&b);
}

static void
test_round_trips(void)
{
	static const char *const names[] = { "d.tar", "d.tar.gz", "d.tar.zst", "d.tar.xz",
		"d.zip" };

	write_dataset("folder", 0);
	read_dataset("folder", "/");
	ok(sink_open("folder", 0) == NULL && errno == EEXIST,
	    "a folder that is not empty is refused");
	write_dataset("folder", SINK_FORCE);
	read_dataset("folder", "/");
	mkdir("empty-one", 0777);
	write_dataset("empty-one", 1 << 8);
	read_dataset("empty-one", "/");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		write_dataset(names[i], 0);
		read_dataset(names[i], "!/");
		read_source(names[i]);
		same_bytes(names[i]);
		ok(sink_open(names[i], 0) == NULL && errno == EEXIST, "an archive is not replaced");
	}
}

/* ---- hostile ---- */

static void
entry(struct archive *a, const char *path, int type, const char *link, struct span bytes)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, path);
	archive_entry_set_perm(e, 0644);
	if (type)
		archive_entry_set_filetype(e, (unsigned)type);
	if (link && type == AE_IFLNK)
		archive_entry_set_symlink(e, link);
	else if (link)
		archive_entry_set_hardlink(e, link);
	archive_entry_set_size(e, (la_int64_t)bytes.n);
	archive_write_header(a, e);
	if (bytes.n)
		archive_write_data(a, bytes.p, bytes.n);
	archive_entry_free(e);
}

static void
write_hostile(const char *name)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_pax_restricted(a);
	archive_write_open_filename(a, name);
	entry(a, "../out.png", AE_IFREG, NULL, png());
	entry(a, "/tmp/absolute.png", AE_IFREG, NULL, png());
	entry(a, "a/../../out.txt", AE_IFREG, NULL, SPAN("x"));
	entry(a, "link", AE_IFLNK, "..", SPAN(""));
	entry(a, "link/planted.png", AE_IFREG, NULL, png());
	entry(a, "device", AE_IFCHR, NULL, SPAN(""));
	entry(a, "good.png", AE_IFREG, NULL, png());
	entry(a, "hard.png", 0, "good.png", SPAN(""));
	entry(a, "hard.txt", 0, "/etc/passwd", SPAN(""));
	entry(a, "gone.txt", 0, "nowhere", SPAN(""));
	entry(a, "._good.png", AE_IFREG, NULL, SPAN("x"));
	entry(a, "twice.txt", AE_IFREG, NULL, SPAN("first"));
	entry(a, "twice.txt", AE_IFREG, NULL, SPAN("second"));
	entry(a, "twice.png", AE_IFREG, NULL, SPAN("first"));
	entry(a, "twice.png", AE_IFREG, NULL, png());
	entry(a, "big.txt", AE_IFREG, NULL, SPAN("0123456789012345678901234567890123456789"));
	archive_write_free(a);
}

static void
test_hostile(void)
{
	struct tree_options o = { .extract = "x", .max_member = 39 };
	struct diag_sink said = { .count = { 0 } };
	struct buf text = BUF_INIT;
	struct tree *t;

	write_hostile("hostile.tar");
	diag_sink(&said);
	t = tree_open("hostile.tar", &o);
	diag_sink(NULL);
	ok(t != NULL, "a hostile archive is read");
	is_int(
	    said.count[DIAG_ERROR], 8, "errors: 3 names, link, device, 2 hard links, a large one");
	is_int(said.count[DIAG_WARNING], 2, "warnings: two that are there twice");
	is_int(t->ignored, 1, "one ignored");
	is_int(t->n, 5, "what is left");
	is_str(t->node[0].path, "good.png", "a picture");
	is_str(t->node[1].path, "hard.png", "a hard link to it");
	is_str(t->node[2].path, "link/planted.png", "below a folder of the link's name");
	ok(access("out.png", F_OK) != 0 && access("planted.png", F_OK) != 0, "nothing went out");
	ok(access("x/link/planted.png", F_OK) == 0 && access("x/hard.png", F_OK) == 0,
	    "all is inside");
	ok(t->n == 5 && tree_read(t, &t->node[4], &text), "a member that is there twice");
	is_str(buf_str(&text), "second", "is its last one");
	buf_reset(&text);
	ok(t->n == 5 && tree_read(t, &t->node[3], &text) && text.n == sizeof(PNG) - 1,
	    "so is a picture");
	tree_close(t);
	diag_sink_release(&said);
	buf_release(&text);
}

/* A gigabyte of zeros in 100 kB: ends at the ratio, in no time and no memory. */
static void
test_bomb(void)
{
	struct archive *a = archive_write_new();
	struct tree_options o = { .max_ratio = 100 };
	struct diag_sink said = { .count = { 0 } };
	struct archive_entry *e = archive_entry_new();
	char *zeros = xcalloc(1, 1 << 20);
	struct tree *t;

	archive_write_set_format_pax_restricted(a);
	archive_write_add_filter_gzip(a);
	archive_write_open_filename(a, "bomb.tar.gz");
	archive_entry_set_pathname(e, "zeros.txt");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_size(e, 200 << 20);
	archive_write_header(a, e);
	for (int i = 0; i < 200; i++)
		archive_write_data(a, zeros, 1 << 20);
	archive_write_free(a);
	archive_entry_free(e);
	free(zeros);
	diag_sink(&said);
	t = tree_open("bomb.tar.gz", &o);
	diag_sink(NULL);
	ok(t == NULL, "nothing is left of a bomb");
	ok(said.text.n && strstr(said.text.p, "--max-ratio"), "the option is named");
	diag_sink_release(&said);
}

static void
test_single(void)
{
	struct tree *t;
	struct tree_file f;
	struct buf text = BUF_INIT;
	struct picsize size;
	char c = 0;

	mkdir("one", 0777);
	file_write("one/labels.json", SPAN("{}"), 0);
	file_write("one/p.png", png(), 0);
	t = tree_open("one/labels.json", NULL);
	ok(t && t->single && t->n == 1, "a single file");
	is_str(t->node[0].path, "labels.json", "its path");
	ok(tree_head(t, &t->node[0], 1, &text) && text.n == 1, "its first byte");
	ok(tree_file_open(t, &t->node[0], &f) && f.size == 2 && pread(f.fd, &c, 1, 1) == 1 &&
		c == '}',
	    "its last byte");
	tree_file_close(&f);
	ok(tree_picture_at(t, SPAN("p.png"), &size) && size.width == 5, "a picture beside it");
	buf_reset(&text);
	tree_source_at(t, SPAN("p.png"), &text);
	is_str(buf_str(&text), "one/p.png", "and its source");
	tree_close(t);
	buf_release(&text);
}

static void
test_links(void)
{
	struct diag_sink said = { .count = { 0 } };
	struct tree *t;

	mkdir("links", 0777);
	file_write("links/a.txt", SPAN("a"), 0);
	file_write("links/._a.txt", SPAN("a"), 0);
	ok(symlink("a.txt", "links/b.txt") == 0 &&
		symlink("../one/labels.json", "links/c.txt") == 0 && symlink(".", "links/d") == 0,
	    "links made");
	diag_sink(&said);
	t = tree_open("links/", NULL);
	diag_sink(NULL);
	is_int(t->n, 2, "a file and a link to it; none to outside, no ring");
	is_int(said.count[DIAG_WARNING], 2, "two warnings");
	is_int(t->ignored, 1, "one ignored");
	tree_close(t);
	diag_sink_release(&said);
}

int
main(void)
{
	char dir[] = "/tmp/dsutils-unit.XXXXXX";
	int clean;

	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 99;
	diag_program("unit");
	test_round_trips();
	test_hostile();
	test_bomb();
	test_single();
	test_links();
	clean = chdir("/") == 0 && strncmp(dir, "/tmp/dsutils-unit.", 18) == 0;
	if (clean) {
		char *command = xasprintf("rm -rf %s", dir);

		clean = system(command) == 0;
		free(command);
	}
	return done_testing() || !clean;
}
