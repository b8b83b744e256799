/* Finding things in a tree: see find.h. */
#include "label/find.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/path.h"
#include "label/text.h"
#include "label/recode.h"

#define LOOK_AT 3
#define HEAD 4096
#define LONG_HEAD 65536 /* labels may begin behind a long description */

bool
find_has(struct span text, const char *word)
{
	return text.n && memmem(text.p, text.n, word, strlen(word)) != NULL;
}

bool
find_has_ext(const struct tree *t, const struct node *n, const char *extensions)
{
	struct span path = span_str(n->path);

	return path_has_ext(path, extensions) || (t->single && path_ext(path).n == 0);
}

size_t
find_sniff(
    const struct tree *t, const char *extensions, bool (*is)(struct span head), size_t *total)
{
	struct buf head = BUF_INIT;
	size_t seen = 0, ours = 0;

	*total = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (!find_has_ext(t, &t->node[i], extensions))
			continue;
		++*total;
		if (seen++ >= LOOK_AT)
			continue;
		buf_reset(&head);
		if (recode_head(t, &t->node[i], HEAD, &head))
			ours += is(buf_span(&head));
	}
	buf_release(&head);
	return ours;
}

int
find_score(const struct tree *t, const char *extensions, bool (*is)(struct span head), int score,
    const char *what, struct buf *why)
{
	size_t total, ours = find_sniff(t, extensions, is, &total);

	if (ours == 0)
		return 0;
	buf_addf(why, "%llu %s (%s), %s", COUNTED(total, "file", "files"), extensions, what);
	return ours == total || ours == LOOK_AT ? score : score / 2;
}

/* Nothing but white space, or an empty list or object. */
static bool
is_empty(struct span head)
{
	char first;

	head = span_trim(head);
	if (head.n < 2)
		return head.n == 0;
	first = head.p[0];
	return ((first == '[' && head.p[head.n - 1] == ']') ||
		   (first == '{' && head.p[head.n - 1] == '}')) &&
	       span_trim(span_of(head.p + 1, head.p + head.n - 1)).n == 0;
}

bool
find_is_ours(
    struct importer *im, const struct node *n, const char *extensions, bool (*is)(struct span head))
{
	struct buf head = BUF_INIT;
	bool ours = im->tree->single;
	struct span text;

	if (ours || !path_has_ext(span_str(n->path), extensions))
		return ours;
	if (recode_head(im->tree, n, LONG_HEAD, &head)) {
		text = buf_span(&head);
		if (span_starts(text, SPAN("\xef\xbb\xbf")))
			text = span_of(text.p + 3, text.p + text.n);
		ours = (head.n < LONG_HEAD && is_empty(text)) || is(text);
	}
	buf_release(&head);
	if (!ours)
		import_pass_over(im, n);
	return ours;
}

struct row_files
row_files(const struct tree *t, const char *mark)
{
	struct row_files f = { t, mark, false };

	for (size_t i = 0; i < t->n && !f.folders; i++)
		f.folders = find_has(find_dir(span_str(t->node[i].path)), mark);
	return f;
}

bool
row_files_has(const struct row_files *f, const struct node *n)
{
	struct span path = span_str(n->path);

	if (f->tree->single)
		return true;
	return path_has_ext(path, "txt") && (!f->folders || find_has(find_dir(path), f->mark));
}

int
row_files_score(
    const struct row_files *f, bool (*is)(struct span head), const char *what, struct buf *why)
{
	struct buf head = BUF_INIT;
	size_t looked = 0;
	bool ours = false;

	for (size_t i = 0; i < f->tree->n && !ours && looked < LOOK_AT; i++) {
		if (!row_files_has(f, &f->tree->node[i]))
			continue;
		looked++;
		buf_reset(&head);
		ours = recode_head(f->tree, &f->tree->node[i], HEAD, &head) && is(buf_span(&head));
	}
	buf_release(&head);
	if (ours)
		buf_adds(why, what);
	return ours ? 90 : 0;
}

/* Line and column of a byte. */
static struct pos
pos_of_byte(const char *name, struct span text, size_t at)
{
	struct pos pos = pos_at(name, 1, 1);

	for (size_t i = 0; i < at && i < text.n; i++) {
		pos.col++;
		if (text.p[i] == '\n')
			pos = pos_at(name, pos.line + 1, 1);
	}
	return pos;
}

struct span
find_read_text(struct importer *im, const struct node *n, struct buf *bytes, struct buf *utf8)
{
	struct span text = SPAN_NONE;
	size_t at;

	im->files++;
	buf_reset(bytes);
	if (tree_read_text(im->tree, n, im->opt->max_text, bytes)) {
		text = text_utf8(buf_span(bytes), im->opt->encoding, utf8, &at);
		if (!text.p)
			error_at(pos_of_byte(tree_name(im->tree, n), buf_span(bytes), at),
			    "encoding", "the file is not %s; --encoding names another",
			    im->opt->encoding ? im->opt->encoding : "UTF-8");
	}
	im->bad_files += text.p == NULL;
	return text;
}

bool
row_next(struct importer *im, struct input *in, struct buf *scratch, struct span *row)
{
	struct span line;
	size_t at;

	in->ends = INPUT_ANY;
	while (input_line(in, &line)) {
		if (span_trim(line).n == 0)
			continue;
		*row = text_utf8(line, im->opt->encoding, scratch, &at);
		if (row->p)
			return true;
		error_at(input_pos(in, at), "encoding",
		    "the row is not %s; --encoding names another",
		    im->opt->encoding ? im->opt->encoding : "UTF-8");
		im->bad_annotations++;
	}
	return false;
}

size_t
row_split(struct span row, struct span *c, size_t max)
{
	struct span word;
	size_t n = 0;

	for (; span_word(&row, &word); n++)
		if (n < max)
			c[n] = word;
	return n;
}

struct span
find_dir(struct span path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? span_of(path.p, slash) : SPAN("");
}

struct span
find_id(struct span path, const char *mark, struct buf *scratch)
{
	struct span rest = path_stem(path), part;

	buf_reset(scratch);
	while (span_cut(&rest, '/', &part)) {
		if (rest.p && find_has(part, mark))
			continue;
		if (scratch->n)
			buf_addc(scratch, '/');
		buf_addspan(scratch, part);
	}
	return buf_span(scratch);
}

struct span
find_below_host(struct span path)
{
	if (path_is_uri(path))
		path = span_of((const char *)memmem(path.p, path.n, "://", 3) + 3, path.p + path.n);
	while (path.n > 0 && path.p[0] == '/')
		path.p++, path.n--;
	return path;
}

/* dir/path, or path from the root. */
static const struct node *
find_in(const struct tree *t, struct span dir, struct span path)
{
	struct buf whole = BUF_INIT, clean = BUF_INIT;
	const struct node *n = NULL;

	path_join(&whole, dir, path);
	if (path_member(&clean, buf_span(&whole)))
		n = tree_find(t, buf_span(&clean));
	buf_release(&whole);
	buf_release(&clean);
	return n || dir.n == 0 ? n : find_in(t, SPAN(""), path);
}

const struct node *
find_tail(const struct tree *t, struct span dir, struct span path)
{
	const struct node *n = NULL;
	struct span part;

	for (path = find_below_host(path); !n && path.n > 0; span_cut(&path, '/', &part))
		n = find_in(t, dir, path);
	return n;
}

void
pictures_init(struct pictures *p, const struct tree *t)
{
	*p = (struct pictures){ .tree = t };
}

void
pictures_release(struct pictures *p)
{
	strmap_release(&p->by_base);
	buf_release(&p->path);
	buf_release(&p->source);
}

static void
index_name(struct pictures *p, struct span name, size_t i)
{
	bool is_new;
	struct strmap_entry *e = strmap_put(&p->by_base, name, i, &is_new);

	if (!is_new && e->value != i)
		e->value = SIZE_MAX;
}

static void
index_all(struct pictures *p)
{
	for (size_t i = 0; i < p->tree->n; i++) {
		struct span base = path_base_span(span_str(p->tree->node[i].path));

		if (!path_is_picture(base))
			continue;
		index_name(p, base, i);
		index_name(p, path_stem(base), i);
	}
	p->indexed = true;
}

/* dir/name as a member path in p->path; empty when it is none. */
static struct span
member(struct pictures *p, struct span dir, struct span name)
{
	struct buf joined = BUF_INIT;

	buf_reset(&p->path);
	path_join(&joined, dir, name);
	for (size_t i = 0; i < joined.n; i++)
		if (joined.p[i] == '\\')
			joined.p[i] = '/';
	path_member(&p->path, buf_span(&joined));
	buf_release(&joined);
	return buf_span(&p->path);
}

static const struct node *
at_path(struct pictures *p, struct span path)
{
	const struct node *n = path.n ? tree_find(p->tree, path) : NULL;

	if (n || !path.n)
		return n;
	return path_is_picture(path) ? NULL : tree_find_picture(p->tree, path);
}

bool
pictures_inside(struct pictures *p, struct span dir, struct span name)
{
	return path_is_uri(name) || member(p, dir, name).n > 0;
}

const struct node *
pictures_find_at(struct pictures *p, struct span dir, struct span name)
{
	return name.n ? at_path(p, member(p, dir, name)) : NULL;
}

/* Behind the last slash of either kind: of "..\\x\\a.jpg", which is no member path. */
static struct span
last_part(struct span name)
{
	struct span base = path_base_span(name);
	const char *slash = base.n ? memrchr(base.p, '\\', base.n) : NULL;

	return slash ? span_of(slash + 1, base.p + base.n) : base;
}

/* A bucket that was copied here, or a folder of it: "s3://bucket/a/b.jpg" as a/b.jpg or b.jpg. */
static const struct node *
at_uri(struct pictures *p, struct span dir, struct span uri)
{
	const struct node *n = NULL;
	const char *host = memmem(uri.p, uri.n, "://", 3);
	struct span rest = span_of(host + 3, uri.p + uri.n), part;

	while (!n && span_cut(&rest, '/', &part) && rest.n > 0) {
		n = at_path(p, member(p, dir, rest));
		if (!n && dir.n)
			n = at_path(p, member(p, SPAN(""), rest));
	}
	return n;
}

const struct node *
pictures_find(struct pictures *p, struct span dir, struct span name)
{
	const struct strmap_entry *e;
	const struct node *n;

	if (!name.n)
		return NULL;
	n = at_path(p, member(p, dir, name));
	if (!n && dir.n)
		n = at_path(p, member(p, SPAN(""), name));
	if (!n && path_is_uri(name))
		n = at_uri(p, dir, name);
	if (n)
		return n;
	if (!p->indexed)
		index_all(p);
	member(p, SPAN(""), name);
	e = strmap_find(&p->by_base, last_part(p->path.n ? buf_span(&p->path) : name));
	return e && e->value != SIZE_MAX ? &p->tree->node[e->value] : NULL;
}

/* As it is shown. */
static void
turn(struct picsize *size)
{
	uint32_t width, height;

	picsize_shown(size, &width, &height);
	size->width = width;
	size->height = height;
}

struct span
pictures_source(struct pictures *p, struct span dir, struct span name, struct picsize *size)
{
	const struct node *n = pictures_find(p, dir, name);
	struct span path;

	buf_reset(&p->source);
	if (size)
		*size = (struct picsize){ .width = 0 };
	if (n) {
		tree_source(p->tree, n, &p->source);
		if (size && tree_picture(p->tree, n, size))
			turn(size);
		return buf_span(&p->source);
	}
	if (path_is_uri(name)) {
		buf_addspan(&p->source, name);
		return buf_span(&p->source);
	}
	path = member(p, dir, name);
	tree_source_at(p->tree, path.n ? path : name, &p->source);
	if (size && path.n && tree_picture_at(p->tree, path, size))
		turn(size);
	return buf_span(&p->source);
}

struct span
pictures_beside(
    struct pictures *p, struct span path, const char *from, const char *to, struct picsize *size)
{
	struct span stem = path_stem(path), source;
	const char *at = memmem(stem.p, stem.n, from, strlen(from));
	struct buf name = BUF_INIT;

	if (at) {
		buf_add(&name, stem.p, (size_t)(at - stem.p));
		buf_adds(&name, to);
		stem = span_of(at + strlen(from), stem.p + stem.n);
	}
	buf_addspan(&name, stem);
	source = pictures_source(p, SPAN(""), buf_span(&name), size);
	buf_release(&name);
	return source;
}
